import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvRecord} from '../../../src/catalog/csv.ts'
import {OFFER_COLUMNS, writePlaces, type Place} from '../../../src/catalog/parse/offers.ts'
import {REGION_COLUMNS} from '../../../src/catalog/parse/regions.ts'
import type {OfferFlag, Purchase, Service, Standing} from '../../../src/catalog/schema.ts'
import {byText, dateOf, mapped, numberOf, readFacts} from '../facts.ts'
import {readMachineFacts, type MachineFact} from '../machine-facts.ts'
import type {ImportContext} from '../part.ts'
import {locationOf} from '../region-locations.ts'
import {offersFromExtras} from '../extra-offers.ts'
import {writeGaps, type Gap} from '../gaps.ts'
import {standingOfText} from '../sources.ts'

/** An offer in one place, before equal prices are folded. */
export interface PlacedOffer {
  readonly provider: string
  readonly service: Service
  readonly instanceType: string
  readonly purchase: Purchase
  readonly region: string
  readonly zone: string | undefined
  readonly priceUsdPerHour: number
  readonly flags: ReadonlySet<OfferFlag>
  readonly source: string
  readonly asOf: string
  readonly standing: Standing
}

const PURCHASE: Readonly<Record<string, Purchase>> = {
  on_demand: 'on-demand',
  spot: 'spot',
  reserved_1y: 'reserved-1y',
  reserved_3y: 'reserved-3y',
  savings_plan_1y: 'savings-plan-1y',
  savings_plan_3y: 'savings-plan-3y',
  calendar: 'calendar',
  flex_start: 'flex-start',
  committed: 'committed',
  committed_3y: 'committed-3y',
  on_demand_community: 'community',
  // "Reserved from 0.98": neither the term nor the size it holds for is said.
  reserved_from: 'committed',
}

/** Purchases by another name: GCP sells commitments (CUD), which the facts list beside the reservations of others. */
const OWN_NAME: Readonly<Record<string, Partial<Record<Purchase, Purchase>>>> = {
  gcp: {'reserved-1y': 'committed', 'reserved-3y': 'committed-3y'},
}

/** 8 accelerators at the DWS "defined duration" price, mistaken for on-demand in a public catalog (feeds.md): never an on-demand price. */
const DWS_PRICES = [33.606, 35.391, 36.603]
/** Placeholder of a public catalog for "unknown", per TPU chip. */
const PLACEHOLDER_PER_CHIP = 700

export function importPart({from, to, sources}: ImportContext): void {
  const machines = readMachineFacts(from)
  const memoryGib = new Map(readFacts(from, 'hardware/accelerators.csv').map((record) => [record.cells['id']!, numberOf(record, 'memory_gib')!]))
  const gaps: Gap[] = []
  const offers: PlacedOffer[] = []
  for (const file of readdirSync(join(from, 'prices')).sort()) {
    // extras.csv is no list of machines, market_average.csv averages over vendors: nobody sells at it.
    if (!file.endsWith('.csv') || file === 'extras.csv' || file === 'market_average.csv') continue
    for (const record of readFacts(from, `prices/${file}`)) {
      const machine = machines.get(`${record.cells['provider']}/${record.cells['instance_type']}`)
      if (machine === undefined) throw new Error(`${record.file}:${record.line} — ${record.cells['instance_type']} is not in machines.csv`)
      refuseOtherMemory(record, machine, memoryGib)
      const why = machine.leftOut ?? trapOf(record, machine)
      if (why === undefined) offers.push(offerOf(record, machine))
      else gaps.push({provider: machine.provider, subject: machine.instanceType, reason: why})
    }
  }
  const extra = offersFromExtras(from, machines, offers)
  offers.push(...extra.offers)
  gaps.push(...extra.gaps)

  const kept = flagDearSpot(newestOnly(offers))
  writeOffers(kept, to, sources)
  writeRegions(kept, to, sources)
  writeGaps(from, to, gaps)
}

/** The size shown to guests of this card is 24 of its 28 GB. */
const SHOWN_SMALLER = 'radeon-pro-v710-28gb'

/** A price list that gives the accelerator another memory means another accelerator: 10 % allows for GB against GiB. */
function refuseOtherMemory(record: CsvRecord, machine: MachineFact, memoryGib: ReadonlyMap<string, number>): void {
  const listed = numberOf(record, 'accelerator_memory_gib')
  if (machine.acceleratorId === undefined || listed === undefined || machine.acceleratorId === SHOWN_SMALLER) return
  const known = memoryGib.get(machine.acceleratorId)!
  if (Math.abs(listed / known - 1) > 0.1) throw new Error(`${record.file}:${record.line} — ${listed} GiB listed, but ${machine.acceleratorId} has ${known}`)
}

function trapOf(record: CsvRecord, machine: MachineFact): string | undefined {
  const price = numberOf(record, 'price_usd_per_hour')!
  if (record.cells['purchase'] === 'on_demand' && record.cells['provider'] === 'gcp') {
    if (DWS_PRICES.some((dws) => Math.abs(price - dws) < 0.001)) return 'DWS price listed as on demand'
    if (/^tpu/.test(machine.instanceType) && price === PLACEHOLDER_PER_CHIP * machine.acceleratorCount) return 'placeholder price'
  }
  return undefined
}

function offerOf(record: CsvRecord, machine: MachineFact): PlacedOffer {
  const {provider, instanceType} = machine
  const region = record.cells['region']!
  const labelled = mapped(record, 'purchase', PURCHASE)
  const purchase = OWN_NAME[provider]?.[labelled] ?? labelled
  const [source, standing, audit] = sourceOf(record.cells['source']!)
  const flags = new Set<OfferFlag>()
  if (record.cells['purchase'] === 'reserved_from' || region === 'Global (lowest)') flags.add('from-price')
  if (purchase === 'community' || provider === 'vast') flags.add('marketplace')
  if (isUnitPrice(record, machine)) flags.add('unit-price')
  if (/unverified|probably too low|promotional/i.test(audit) || machine.believedRetired) flags.add('unverified')
  // Sold as spot and flex-start only; the on-demand figure is an equivalent (feeds.md).
  if (provider === 'gcp' && purchase === 'on-demand' && /^a3-highgpu-[124]g$/.test(instanceType)) flags.add('unverified')
  // "promotional or committed": the page does not say which.
  if (instanceType.endsWith('-promo')) flags.add('from-price')
  return {
    provider, service: 'vm', instanceType, purchase, region, zone: record.cells['zone'] || undefined,
    priceUsdPerHour: numberOf(record, 'price_usd_per_hour')!, flags, source, asOf: dateOf(record), standing,
  }
}

/** A price of one accelerator of a machine nobody describes: such a machine cannot be rented by that name. */
function isUnitPrice(record: CsvRecord, machine: MachineFact): boolean {
  if (/per-GPU list price|per GPU without CPU/.test(record.cells['source']!)) return true
  if (!/^per-GPU/.test(machine.record.cells['note']!) && !/^classic-/.test(machine.instanceType)) return false
  return numberOf(record, 'vcpus') === undefined && numberOf(record, 'memory_gib') === undefined
}

/** The source without the notes of the audit, the standing of the price, and the audit's note. */
function sourceOf(text: string): [source: string, standing: Standing, audit: string] {
  const [lead = '', audit = ''] = text.split(/ ; audit [\d-]+: /)
  const source = lead.replace('; GPU memory, vCPU and RAM from general knowledge', '')
  if (/Windows price/.test(audit)) {
    return [`derived: Linux price = printed Windows price less 0.046 USD per vCPU-hour, as in the sibling sizes of the region, from ${source}`, 'derived', audit]
  }
  if (/^host .* \+ |added up|^.*\(8 x /.test(source)) return [source, 'derived', audit]
  return [source, standingOfText(source), audit]
}

const placeKey = (offer: PlacedOffer): string =>
  [offer.provider, offer.service, offer.instanceType, offer.purchase, offer.region, offer.zone ?? ''].join('\t')

/** One offer per machine, service, purchase and place: the newest, then the cheaper. */
function newestOnly(offers: readonly PlacedOffer[]): PlacedOffer[] {
  const best = new Map<string, PlacedOffer>()
  for (const offer of offers) {
    const other = best.get(placeKey(offer))
    if (other === undefined || offer.asOf > other.asOf || (offer.asOf === other.asOf && offer.priceUsdPerHour < other.priceUsdPerHour)) best.set(placeKey(offer), offer)
  }
  return [...best.values()]
}

/** A spot price above the on-demand price of the same region is doubtful: the two are of different dates, or one is wrong. */
function flagDearSpot(offers: readonly PlacedOffer[]): PlacedOffer[] {
  const onDemand = new Map<string, number>()
  const key = (offer: PlacedOffer): string => [offer.provider, offer.service, offer.instanceType, offer.region].join('\t')
  for (const offer of offers) {
    if (offer.purchase === 'on-demand') onDemand.set(key(offer), Math.max(onDemand.get(key(offer)) ?? 0, offer.priceUsdPerHour))
  }
  return offers.map((offer) =>
    offer.purchase === 'spot' && offer.priceUsdPerHour > (onDemand.get(key(offer)) ?? Infinity) ? {...offer, flags: new Set([...offer.flags, 'unverified' as const])} : offer,
  )
}

function writeOffers(offers: readonly PlacedOffer[], to: string, sources: ImportContext['sources']): void {
  mkdirSync(join(to, 'offers'), {recursive: true})
  for (const [provider, own] of Map.groupBy(offers, (offer) => offer.provider)) {
    const folded = Map.groupBy(own, (offer) =>
      [offer.instanceType, offer.service, offer.purchase, offer.priceUsdPerHour, [...offer.flags].sort().join('+'), sources.sourceIdFor(offer.source), offer.asOf, offer.standing].join('\t'),
    )
    const rows = [...folded].map(([key, group]) => {
      const [instanceType, service, purchase, price, flags, sourceId, asOf, standing] = key.split('\t') as [string, string, string, string, string, string, string, string]
      const places: readonly Place[] = group.map(({region, zone}) => (zone === undefined ? {region} : {region, zone}))
      return [instanceType, service, purchase, price, writePlaces(places), flags, sourceId, asOf, standing]
    })
    rows.sort((a, b) => byText(a[0]!, b[0]!) || byText(a[1]!, b[1]!) || byText(a[2]!, b[2]!) || Number(a[3]) - Number(b[3]) || byText(a.join(), b.join()))
    writeFileSync(join(to, 'offers', `${provider}.csv`), writeCsv(OFFER_COLUMNS, rows))
  }
}

function writeRegions(offers: readonly PlacedOffer[], to: string, sources: ImportContext['sources']): void {
  const sourceId = sources.sourceIdFor('public knowledge of the providers\' region names (from memory)')
  const regions = new Map(offers.map((offer) => [`${offer.provider}\t${offer.region}`, locationOf(offer.provider, offer.region)]))
  const rows = [...regions].flatMap(([key, location]) => {
    if (location === undefined) return []
    const [provider, region] = key.split('\t') as [string, string]
    return [[provider, region, location.country, location.continent, sourceId, '2026-11-20', 'recalled']]
  })
  rows.sort((a, b) => byText(a[0]!, b[0]!) || byText(a[1]!, b[1]!))
  writeFileSync(join(to, 'regions.csv'), writeCsv(REGION_COLUMNS, rows))
}

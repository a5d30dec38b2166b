import type {CsvRecord} from '../../src/catalog/csv.ts'
import type {OfferFlag, Purchase, Service, Standing} from '../../src/catalog/schema.ts'
import {dateOf, numberOf, readFacts} from './facts.ts'
import type {Gap} from './gaps.ts'
import type {MachineFact} from './machine-facts.ts'
import type {PlacedOffer} from './parts/offers.ts'

const RESERVATION: Readonly<Record<string, Purchase>> = {
  reserved_1y: 'reserved-1y', reserved_3y: 'reserved-3y', savings_plan_1y: 'savings-plan-1y', savings_plan_3y: 'savings-plan-3y',
}
const ACCELERATOR_DISCOUNT: Readonly<Record<string, Purchase>> = {
  cud_1y: 'committed', cud_3y: 'committed-3y', dws_flex_start: 'flex-start', dws_calendar: 'calendar',
}

/** Offers that stand in prices/extras.csv: reservations, capacity blocks, accelerator discounts of GCP, managed services. */
export function offersFromExtras(
  from: string,
  machines: ReadonlyMap<string, MachineFact>,
  listed: readonly PlacedOffer[],
): {readonly offers: readonly PlacedOffer[]; readonly gaps: readonly Gap[]} {
  const records = readFacts(from, 'prices/extras.csv')
  const offers: PlacedOffer[] = []
  const gaps: Gap[] = []
  const leaveOut = (record: CsvRecord, reason: string): void => {
    gaps.push({provider: record.cells['provider']!, subject: `${record.cells['item']} (${record.cells['region']})`, reason})
  }
  for (const record of records) {
    switch (record.cells['category'] ?? '') {
      case 'capacity_block':
        // "until DATE" is a price that is no longer asked.
        if (/^since/.test(record.cells['tier']!)) offers.push(machineOffer(record, machines, record.cells['item']!, 'capacity-block'))
        else leaveOut(record, `superseded price, ${record.cells['tier']}`)
        break
      case 'discount': {
        const discounts = discountOffers(record, records, machines, listed)
        if (typeof discounts === 'string') leaveOut(record, discounts)
        else offers.push(...discounts)
        break
      }
      case 'managed_ml': {
        const managed = managedOffers(record, machines, listed)
        if (managed.length === 0) leaveOut(record, 'no machine that it applies to')
        offers.push(...managed)
        break
      }
    }
  }
  return {offers, gaps}
}

function machineOffer(record: CsvRecord, machines: ReadonlyMap<string, MachineFact>, instanceType: string, purchase: Purchase): PlacedOffer {
  const provider = record.cells['provider']!
  if (!machines.has(`${provider}/${instanceType}`)) throw new Error(`${record.file}:${record.line} — ${instanceType} is not in machines.csv`)
  return {
    provider, service: 'vm', instanceType, purchase, region: record.cells['region']!, zone: undefined,
    priceUsdPerHour: numberOf(record, 'price_usd')!, flags: new Set(), source: record.cells['source']!, asOf: dateOf(record), standing: 'read',
  }
}

/** A reservation names its machine; a discount of a GCP accelerator becomes one for every machine that holds it. A string = why not. */
function discountOffers(
  record: CsvRecord,
  records: readonly CsvRecord[],
  machines: ReadonlyMap<string, MachineFact>,
  listed: readonly PlacedOffer[],
): readonly PlacedOffer[] | string {
  const [label = '', ...rest] = record.cells['item']!.split(' ')
  const subject = rest.join(' ')
  const reservation = RESERVATION[label]
  if (reservation !== undefined) return [machineOffer(record, machines, subject, reservation)]
  const purchase = ACCELERATOR_DISCOUNT[label]
  if (purchase === undefined) return 'names no machine and no region'

  const family = /\(([a-z0-9-]+)\)$/.exec(subject)?.[1]
  const region = record.cells['region']!
  const full = records.find((other) => other.cells['category'] === 'gpu_sku' && other.cells['item'] === `on_demand ${subject}` && other.cells['region'] === region)
  if (family === undefined || full === undefined) return 'no on-demand price of the accelerator to compare with'
  const savingUsd = numberOf(full, 'price_usd')! - numberOf(record, 'price_usd')!
  if (savingUsd <= 0) return 'no cheaper than on demand'
  const derived = listed.flatMap((offer): PlacedOffer[] => {
    const machine = machines.get(`${offer.provider}/${offer.instanceType}`)!
    const applies = offer.provider === 'gcp' && offer.service === 'vm' && offer.purchase === 'on-demand' && offer.region === region && offer.zone === undefined
    if (!applies || !offer.instanceType.startsWith(`${family}-`)) return []
    // A4 prices carry the host in the accelerator and are listed as whole machines already.
    if (listed.some((other) => other.instanceType === offer.instanceType && other.region === region && other.purchase === purchase)) return []
    const price = offer.priceUsdPerHour - machine.acceleratorCount * savingUsd
    return [{
      ...offer, purchase, priceUsdPerHour: Number(price.toFixed(4)), standing: 'derived', flags: new Set<OfferFlag>(),
      asOf: [offer.asOf, dateOf(record)].sort()[0]!,
      source: `derived: whole machine on demand less the discount on its accelerators (${record.cells['source']}); host at the on-demand price, so an upper bound`,
    }]
  })
  return derived.length > 0 ? derived : 'listed as whole machines already, or no machine with an on-demand price in this region'
}

/**
 * SageMaker rows carry a price per machine. Vertex AI and Azure ML rows carry a surcharge on the machine's on-demand price; both are recalled
 * and marked UNVERIFIED, so their offers are, too. Vertex AI's row names one region and the A2 and A3 machines: it is not stretched further.
 */
function managedOffers(record: CsvRecord, machines: ReadonlyMap<string, MachineFact>, listed: readonly PlacedOffer[]): readonly PlacedOffer[] {
  const provider = record.cells['provider']!
  const price = numberOf(record, 'price_usd')
  const region = record.cells['region']!
  const instanceType = /^SageMaker ml\.(.+)$/.exec(record.cells['item']!)?.[1]
  if (instanceType !== undefined && price !== undefined) {
    return [{...machineOffer(record, machines, instanceType, 'on-demand'), service: 'sagemaker', standing: /inferred/.test(record.cells['note']!) ? 'derived' : 'read'}]
  }
  const surchargePercent = numberOf(record, 'percent')
  const service: Service | undefined = provider === 'gcp' ? 'vertex-ai' : provider === 'azure' ? 'azure-ml' : undefined
  if (surchargePercent === undefined || service === undefined) return []
  const applies = service === 'vertex-ai' ? /^a[23]-/ : /./
  return listed.flatMap((offer): PlacedOffer[] => {
    const covered = offer.provider === provider && offer.service === 'vm' && offer.purchase === 'on-demand' && (region === 'all' || offer.region === region)
    if (!covered || machines.get(`${provider}/${offer.instanceType}`)!.acceleratorCount === 0 || !applies.test(offer.instanceType)) return []
    const standing: Standing = 'recalled'
    return [{
      ...offer, service, standing, flags: new Set<OfferFlag>([...offer.flags, 'unverified']), source: record.cells['source']!,
      asOf: [offer.asOf, dateOf(record)].sort()[0]!,
      priceUsdPerHour: Number((offer.priceUsdPerHour * (1 + surchargePercent / 100)).toPrecision(12)),
    }]
  })
}

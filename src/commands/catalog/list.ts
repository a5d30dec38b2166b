import * as Flags from '@oclif/core/flags'
import type {InferredFlags} from '@oclif/core/interfaces'
import {readAcceleratorMemory, readAcceleratorSelector} from '../../catalog/accelerator-selector.ts'
import {foldPlaces, OFFER_ORDERS, selectOffers, sortOffers, type FoldedOffer, type ListedOffer, type OfferOrder, type OfferQuery} from '../../catalog/query.ts'
import {Purchase, Service} from '../../catalog/words.ts'
import type {Snapshot} from '../../catalog/snapshot.ts'
import {RigorCommand} from '../../command.ts'
import {RigorError} from '../../errors.ts'
import {exactFigure, significant, type DisplayCurrency} from '../../report/format.ts'
import {renderList, type Column} from '../../report/list.ts'
import {matchesGlob} from '../../text/glob.ts'
import {didYouMean} from '../../text/nearest.ts'
import {echo} from '../../text/safe.ts'
import {expectation, MEMORY, readQuantity} from '../../units/quantity.ts'
import {moneyToUsd, readMoneyPerHour} from '../../units/money.ts'

const DEFAULT_LIMIT = 20

export default class CatalogList extends RigorCommand {
  static override summary = 'Search the offers: what can be rented where, how and for how much.'
  static override description = 'One line per machine and way to buy it, at its cheapest place; --all-regions unfolds. --json holds every matching offer unless --limit is given.'
  static override flags = {
    provider: Flags.string({multiple: true, delimiter: ',', summary: 'Only these providers.', helpValue: 'NAME'}),
    service: Flags.string({multiple: true, delimiter: ',', summary: 'Only these services.', options: Service.options}),
    region: Flags.string({multiple: true, delimiter: ',', summary: 'Only these regions, as the provider writes them; us-* stands for all that begin so.', helpValue: 'NAME'}),
    country: Flags.string({multiple: true, delimiter: ',', summary: 'Only these countries.', helpValue: 'DE'}),
    purchase: Flags.string({multiple: true, delimiter: ',', summary: 'Only bought so.', options: Purchase.options}),
    accelerator: Flags.string({multiple: true, delimiter: ',', summary: 'Only with these accelerators: NAME (h100-* for all that begin so), NAME:8 or NAME:4..8 for their number in one machine, or 24GB..80GB for the memory of one.', helpValue: 'NAME[:COUNT]'}),
    machine: Flags.string({multiple: true, delimiter: ',', summary: 'Only these machines; p5* stands for all that begin so.', helpValue: 'NAME'}),
    'max-price': Flags.string({summary: 'At most this per hour and machine.', helpValue: '40USD/h'}),
    memory: Flags.string({summary: 'Memory of one accelerator, as a range.', helpValue: '24GB..80GB'}),
    'min-memory': Flags.string({summary: 'Accelerators with at least this much memory each.', helpValue: '80GB'}),
    'min-host-memory': Flags.string({summary: 'Machines with at least this much host memory.', helpValue: '1TB'}),
    'min-vcpus': Flags.integer({summary: 'Machines with at least so many vCPUs.', helpValue: 'N'}),
    sort: Flags.string({summary: 'Cheapest machine or cheapest accelerator first.', options: Object.keys(OFFER_ORDERS), default: 'price'}),
    limit: Flags.integer({summary: `Show at most so many (${DEFAULT_LIMIT} in the table, all under --json).`, helpValue: 'N', min: 1}),
    'all-regions': Flags.boolean({summary: 'One line per place instead of the cheapest.', default: false}),
  }
  static override examples = [
    {description: 'Eight H100 in one machine, cheapest first', command: '<%= config.bin %> catalog list --accelerator h100-sxm-80gb:8'},
    {description: 'Spot machines in Europe below 10 USD/h', command: '<%= config.bin %> catalog list --region "eu*,europe*" --purchase spot --max-price 10USD/h'},
    {description: 'For a script', command: '<%= config.bin %> catalog list --provider lambda --json'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(CatalogList)
    const snapshot = await this.openCatalog(flags)
    const query = readQuery(flags, snapshot)
    const order = flags.sort as OfferOrder
    const sorted = sortOffers(selectOffers(snapshot, query), order)
    const folded = flags['all-regions'] ? sorted.map((entry) => ({...entry, otherPlaces: 0, extraShare: 0})) : foldPlaces(sorted)
    const {columns: width, color} = this.terminal
    const shown = folded.slice(0, flags.limit ?? DEFAULT_LIMIT)
    const notes = [
      ...(shown.length < folded.length ? [`--limit ${folded.length} shows all.`] : []),
      ...(sorted.length > folded.length ? [`${sorted.length} offers with their other regions (--all-regions).`] : []),
    ]
    const currency = await this.currency(flags, snapshot)
    const noun = flags['all-regions'] ? 'offers' : 'machines by way to buy'
    this.print(renderList({columns: columnsIn(currency).filter((column) => column.title !== 'note' || shown.some((entry) => noteOf(entry) !== '')), rows: shown, total: folded.length, noun, sorted: OFFER_ORDERS[order].said, notes: [...notes, ...rateNote(currency)], width, color}))
    return {offers: (flags.limit === undefined ? sorted : sorted.slice(0, flags.limit)).map(offerJson), total: sorted.length, sortedBy: flags.sort}
  }
}

/** One offer of `catalog list --json` and `catalog show --json`. */
export function offerJson({offer, machine}: ListedOffer): Record<string, unknown> {
  return {
    provider: offer.provider,
    service: offer.service,
    instanceType: offer.instanceType,
    region: offer.region,
    zone: offer.zone ?? null,
    country: offer.country ?? null,
    purchase: offer.purchase,
    priceUsdPerHour: offer.priceUsdPerHour,
    asOf: offer.asOf,
    sourceId: offer.sourceId,
    standing: offer.standing,
    flags: offer.flags,
    accelerator: machine.acceleratorId ?? null,
    accelerators: machine.acceleratorCount,
    vcpus: machine.vcpus ?? null,
    memoryGib: machine.memoryGib ?? null,
  }
}

type QueryFlags = InferredFlags<typeof CatalogList.flags>

function readQuery(flags: QueryFlags, snapshot: Snapshot): OfferQuery {
  const memory = flags.memory === undefined ? undefined : readAcceleratorMemory(flags.memory, '--memory')
  return {
    providers: known('provider', flags.provider, new Set(snapshot.machines.map((machine) => machine.provider))),
    services: Service.options.filter((service) => flags.service?.includes(service)),
    regions: matched('region', flags.region, new Set(snapshot.regions.map(({region}) => region))),
    countries: known('country', flags.country?.map((country) => country.toUpperCase()), new Set(snapshot.regions.flatMap(({country}) => country ?? []))),
    purchases: Purchase.options.filter((purchase) => flags.purchase?.includes(purchase)),
    accelerators: flags.accelerator?.map((text) => readAcceleratorSelector(text, snapshot.accelerators, '--accelerator')),
    machines: matched('machine', flags.machine, new Set(snapshot.machines.map(({instanceType}) => instanceType))),
    minimumAcceleratorMemoryGib: flags['min-memory'] === undefined ? memory?.minimum : readAcceleratorMemory(flags['min-memory'], '--min-memory').minimum,
    maximumAcceleratorMemoryGib: memory?.maximum,
    minimumHostMemoryGib: readMemory('--min-host-memory', flags['min-host-memory']),
    minimumVcpus: flags['min-vcpus'],
    maximumPriceUsdPerHour: readPrice(flags['max-price'], snapshot),
  }
}

function readPrice(text: string | undefined, snapshot: Snapshot): number | undefined {
  if (text === undefined) return undefined
  const money = readMoneyPerHour(text)
  if (money === undefined) throw new RigorError('BAD_PRICE', `--max-price ${echo(text, 60)} — that is not a price per hour.`, {hint: 'Write it like "40 USD/h" or 40.'})
  return moneyToUsd(money, snapshot.exchangeRates)
}

function readMemory(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const memoryGib = readQuantity(text, MEMORY)
  if (memoryGib === undefined || memoryGib < 0) throw new RigorError('BAD_MEMORY', `${flag} ${echo(text, 60)} — that is not an amount of memory.`, {hint: `Write ${expectation(MEMORY)}.`})
  return memoryGib
}

/** Patterns that match at least one name: what matches none would find nothing, whatever else is asked. */
function matched(what: string, patterns: readonly string[] | undefined, names: ReadonlySet<string>): readonly string[] | undefined {
  for (const pattern of patterns ?? []) {
    if ([...names].some((name) => matchesGlob(pattern, name))) continue
    throw new RigorError(`UNKNOWN_${what.toUpperCase()}`, `--${what} ${echo(pattern, 60)} — no ${what} of the catalog is called so.`, {hint: didYouMean(pattern, names) ?? `Write it as the provider does, or with a star for any letters.`})
  }
  return patterns
}

function known(what: string, wanted: readonly string[] | undefined, names: ReadonlySet<string>): readonly string[] | undefined {
  for (const name of wanted ?? []) {
    if (!names.has(name)) throw new RigorError(`UNKNOWN_${what.toUpperCase()}`, `"${name}" is not a ${what} of the catalog.`, {hint: didYouMean(name, names) ?? `Known: ${[...names].sort().join(', ')}.`})
  }
  return wanted
}

const noteOf = ({offer}: ListedOffer): string => [...offer.flags, ...(offer.standing === 'read' ? [] : [offer.standing])].join(', ')

/** "1 USD = 0.86 EUR (2026-10)." for any other currency than the catalog's own. */
export const rateNote = ({code, perUsd, asOf}: DisplayCurrency): readonly string[] => (code === 'USD' ? [] : [`1 USD = ${significant(perUsd, 4)} ${code} (${asOf}).`])

const columnsIn = ({code, perUsd}: DisplayCurrency): readonly Column<FoldedOffer>[] => [
  {title: 'provider', align: 'left', priority: 0, cell: ({offer}) => (offer.service === 'vm' ? offer.provider : `${offer.provider}+${offer.service}`)},
  {title: 'machine', align: 'left', priority: 0, shrinksTo: 24, cell: ({offer}) => offer.instanceType},
  {title: 'accelerators', align: 'left', priority: 1, shrinksTo: 16, cell: ({machine}) => (machine.acceleratorId === undefined ? 'none' : `${machine.acceleratorCount}× ${machine.acceleratorId}`)},
  {title: 'bought', align: 'left', priority: 1, cell: ({offer}) => offer.purchase},
  {
    title: 'region',
    align: 'left',
    priority: 1,
    shrinksTo: 14,
    cell: ({offer, otherPlaces, extraShare}, width) => {
      const place = offer.zone ?? offer.region
      const others = otherPlaces > 0 ? ` +${otherPlaces}${extraShare >= 0.005 ? `, up to +${Math.round(extraShare * 100)} %` : ''}` : ''
      return place.length + others.length <= width ? place + others : place
    },
  },
  {title: `${code}/h`, align: 'right', priority: 0, cell: ({offer}) => exactFigure(offer.priceUsdPerHour * perUsd)},
  {title: `${code}/h per accelerator`, align: 'right', priority: 3, cell: ({offer, machine}) => (machine.acceleratorCount > 0 ? exactFigure((offer.priceUsdPerHour * perUsd) / machine.acceleratorCount) : '')},
  {title: 'as of', align: 'right', priority: 2, cell: ({offer}) => offer.asOf},
  {title: 'note', align: 'left', priority: 4, cell: noteOf},
]

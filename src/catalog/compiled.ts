import {RigorError} from '../errors.ts'
import type {CalibrationTable, Offer, OfferFlag, Purchase, Service, Standing} from './schema.ts'
import type {InterruptionBand, LeftOut, Snapshot} from './snapshot.ts'

/** Raised whenever the shape below changes: a compiled catalog of another format is refused, never misread. */
export const COMPILED_FORMAT = 5

export const SECTIONS = [
  'meta', 'accelerators', 'machines', 'offers', 'models', 'rigs', 'software', 'calibration', 'billing', 'extras', 'interruptions',
  'facility', 'pue', 'carbon', 'tariffs', 'exchangeRates', 'runtimes', 'sources', 'regions', 'gaps', 'devices', 'streams', 'mediaModels', 'migProfiles', 'networks', 'processors', 'audioModels',
] as const
export type Section = (typeof SECTIONS)[number]

/** A catalog ready to be opened: each section is JSON text, the calibration a page of it for each kind; read and parsed when first asked for. */
export interface CompiledCatalog {
  readonly hash: string
  section(name: Section): string
}

/** ASCII text that is taken piece by piece: a string, or bytes that are decoded where they are asked for. */
export interface AsciiText {
  readonly length: number
  slice(start: number, end: number): string
}

export interface CompiledMeta {
  readonly offerCount: number
  readonly asOfByProvider: Readonly<Record<string, string>>
}

/** region, zone, country, whether it is one region. */
export type CompiledPlace = readonly [region: string, zone: string | null, country: string | null, known: 0 | 1]

/** What many rows have in common. */
export interface CompiledTerms {
  readonly service: Service
  readonly purchase: Purchase
  readonly flags: readonly OfferFlag[]
  readonly sourceId: string
  readonly asOf: string
  readonly standing: Standing
}

/**
 * All offers. Row `i` has the terms `terms[rowTerms[i]]`, the price `rowPrice[i]` in USD per hour, and holds in the places
 * `placeLists[rowPlaces[i]]`, which are indices into `places`. A machine's rows are those from its first to before its last.
 */
export interface CompiledOffers {
  readonly terms: readonly CompiledTerms[]
  readonly places: readonly CompiledPlace[]
  readonly placeLists: readonly (readonly number[])[]
  readonly rowTerms: readonly number[]
  readonly rowPrice: readonly number[]
  readonly rowPlaces: readonly number[]
  readonly machines: Readonly<Record<string, readonly [first: number, last: number]>>
}

/** One line of JSON that says what follows, then one line per section. */
export function writeCompiled(compiled: CompiledCatalog, stamp: Readonly<Record<string, number>>): string {
  const texts = SECTIONS.map((section) => compiled.section(section))
  const header = {format: COMPILED_FORMAT, hash: compiled.hash, stamp, lengths: texts.map(({length}) => length)}
  return `${JSON.stringify(header)}\n${texts.map((text) => `${text}\n`).join('')}`
}

/** Texts by name behind their lengths, so that one is parsed without the others. */
export function writePages(pages: ReadonlyMap<string, string>): string {
  return `${JSON.stringify([...pages].map(([name, page]) => [name, page.length]))}\n${[...pages.values()].join('')}`
}

function readPages(text: string): ReadonlyMap<string, string> {
  let position = text.indexOf('\n') + 1
  const lengths = JSON.parse(text.slice(0, position)) as readonly (readonly [name: string, length: number])[]
  return new Map(lengths.map(([name, length]) => [name, text.slice(position, (position += length))]))
}

interface CompiledHeader {
  readonly format: number
  readonly hash: string
  /** path of each data file → its length in bytes when it was compiled. */
  readonly stamp: Readonly<Record<string, number>>
  readonly lengths: readonly number[]
}

export interface OpenedHeader extends CompiledHeader {
  /** Where the first section begins. */
  readonly end: number
}

export function readCompiledHeader(text: AsciiText, file: string): OpenedHeader {
  const refuse = (cause: unknown): RigorError =>
    new RigorError('BAD_CATALOG', `${file} — this is no compiled catalog of format ${COMPILED_FORMAT}.`, {hint: 'Name a folder laid out like data/, or compile the file again: node scripts/build-catalog.ts', cause})
  const line = firstLine(text)
  let header: CompiledHeader
  try {
    header = JSON.parse(line) as CompiledHeader
  } catch (error) {
    throw refuse(error)
  }
  if (header?.format !== COMPILED_FORMAT || header.lengths?.length !== SECTIONS.length) throw refuse(undefined)
  return {...header, end: line.length + 1}
}

/** Rather more than a header has; a longer one is found in steps. */
const HEADER_LENGTH = 1 << 14

function firstLine(text: AsciiText): string {
  for (let length = HEADER_LENGTH; ; length *= 2) {
    const start = text.slice(0, Math.min(length, text.length))
    const end = start.indexOf('\n')
    if (end >= 0 || length >= text.length) return start.slice(0, end)
  }
}

export function readCompiled(text: AsciiText, file: string): CompiledCatalog {
  const {hash, lengths, end} = readCompiledHeader(text, file)
  const starts = new Map<Section, number>()
  let position = end
  for (const [index, section] of SECTIONS.entries()) {
    starts.set(section, position)
    position += lengths[index]! + 1
  }
  if (position !== text.length) throw new RigorError('BAD_CATALOG', `${file} — the file is cut off or has been edited.`, {hint: 'Compile it again: node scripts/build-catalog.ts'})
  return {
    hash,
    section(name) {
      const start = starts.get(name)!
      return text.slice(start, start + lengths[SECTIONS.indexOf(name)]!)
    },
  }
}

/** Opens a compiled catalog. Nothing is parsed before it is asked for; offers are unfolded machine by machine. */
export function openCompiled(compiled: CompiledCatalog, leftOut: readonly LeftOut[] = []): Snapshot {
  const opened = new Map<Section, unknown>()
  const section = <T>(name: Section, unfold: (parsed: never) => T = (parsed) => parsed): T => {
    if (!opened.has(name)) opened.set(name, unfold(JSON.parse(compiled.section(name)) as never))
    return opened.get(name) as T
  }
  const meta = (): CompiledMeta => section('meta')
  const offersByMachine = new Map<string, readonly Offer[]>()
  let calibrationPages: ReadonlyMap<string, string> | undefined
  const calibrations = (): ReadonlyMap<string, string> => (calibrationPages ??= readPages(compiled.section('calibration')))
  const calibrationByKind = new Map<string, CalibrationTable>()
  function calibrationOf(kind: string): CalibrationTable {
    let table = calibrationByKind.get(kind)
    if (table === undefined) {
      const page = calibrations().get(kind)
      table = page === undefined ? NO_CALIBRATION : JSON.parse(page) as CalibrationTable
      calibrationByKind.set(kind, table)
    }
    return table
  }
  return {
    hash: compiled.hash,
    get offerCount() { return meta().offerCount },
    get asOfByProvider() { return meta().asOfByProvider },
    get accelerators() { return section<Snapshot['accelerators']>('accelerators') },
    get devices() { return section<Snapshot['devices']>('devices') },
    get machines() { return section<Snapshot['machines']>('machines') },
    offersOf(machineKey) {
      let offers = offersByMachine.get(machineKey)
      if (offers === undefined) {
        offers = unfoldOffers(section<CompiledOffers>('offers'), machineKey)
        offersByMachine.set(machineKey, offers)
      }
      return offers
    },
    get models() { return section<Snapshot['models']>('models') },
    get mediaModels() { return section<Snapshot['mediaModels']>('mediaModels') },
    get rigs() { return section<Snapshot['rigs']>('rigs') },
    get software() { return section<Snapshot['software']>('software') },
    get calibration() { return joinCalibrations([...calibrations().keys()].map(calibrationOf)) },
    calibrationOf,
    get billing() { return section<Snapshot['billing']>('billing') },
    get extras() { return section<Snapshot['extras']>('extras') },
    get interruptions() { return section('interruptions', unfoldInterruptions) },
    get facility() { return section<Snapshot['facility']>('facility') },
    get pueByProvider() { return section<Snapshot['pueByProvider']>('pue') },
    get carbonByCountry() { return section<Snapshot['carbonByCountry']>('carbon') },
    get tariffs() { return section<Snapshot['tariffs']>('tariffs') },
    get exchangeRates() { return section<Snapshot['exchangeRates']>('exchangeRates') },
    get runtimes() { return section<Snapshot['runtimes']>('runtimes') },
    get sources() { return section<Snapshot['sources']>('sources') },
    get streams() { return section<Snapshot['streams']>('streams') },
    get migProfiles() { return section<Snapshot['migProfiles']>('migProfiles') },
    get processors() { return section<Snapshot['processors']>('processors') },
    get audioModels() { return section<Snapshot['audioModels']>('audioModels') },
    get networks() { return section<Snapshot['networks']>('networks') },
    get regions() { return section<Snapshot['regions']>('regions') },
    get gaps() { return section<Snapshot['gaps']>('gaps') },
    leftOut,
  }
}

const NO_CALIBRATION: CalibrationTable = {schema: 'rigor.calibration/1', entries: [], spreads: [], evidence: []}

/** A table for each kind of work. */
export function splitCalibration({entries, spreads, evidence}: CalibrationTable): ReadonlyMap<string, CalibrationTable> {
  const kinds = new Set([...entries, ...spreads, ...evidence].map(({kind}) => kind))
  const of = <T extends {readonly kind: string}>(rows: readonly T[], kind: string): T[] => rows.filter(row => row.kind === kind)
  return new Map([...kinds].map(kind => [kind, {...NO_CALIBRATION, entries: of(entries, kind), spreads: of(spreads, kind), evidence: of(evidence, kind)}]))
}

function joinCalibrations(tables: readonly CalibrationTable[]): CalibrationTable {
  return {...NO_CALIBRATION, entries: tables.flatMap(({entries}) => entries), spreads: tables.flatMap(({spreads}) => spreads), evidence: tables.flatMap(({evidence}) => evidence)}
}

/** A band with its regions still folded: `eu-west-1|us-east-1`. */
export interface InterruptionRow extends Omit<InterruptionBand, 'region'> {
  readonly regions: string
}

function unfoldInterruptions(rows: readonly InterruptionRow[]): readonly InterruptionBand[] {
  return rows.flatMap(({regions, ...band}) => regions.split('|').map((region) => ({...band, region})))
}

function unfoldOffers(table: CompiledOffers, machineKey: string): readonly Offer[] {
  const rows = Object.hasOwn(table.machines, machineKey) ? table.machines[machineKey] : undefined
  if (rows === undefined) return []
  const slash = machineKey.indexOf('/')
  const provider = machineKey.slice(0, slash)
  const instanceType = machineKey.slice(slash + 1)
  const offers: Offer[] = []
  for (let row = rows[0]; row < rows[1]; row++) {
    const terms = table.terms[table.rowTerms[row]!]!
    const priceUsdPerHour = table.rowPrice[row]!
    for (const index of table.placeLists[table.rowPlaces[row]!]!) {
      const place = table.places[index]!
      // One shape for all, as the planner reads thousands of them: an absent country or zone is a key whose value is undefined.
      const offer: Record<keyof Offer, unknown> = {
        provider,
        service: terms.service,
        instanceType,
        region: place[0],
        regionKnown: place[3] === 1,
        country: place[2] ?? undefined,
        zone: place[1] ?? undefined,
        purchase: terms.purchase,
        priceUsdPerHour,
        flags: terms.flags,
        sourceId: terms.sourceId,
        asOf: terms.asOf,
        standing: terms.standing,
      }
      offers.push(offer as unknown as Offer)
    }
  }
  return offers
}

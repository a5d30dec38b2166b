import type {CalibrationEntry, CalibrationEvidence, CalibrationSpread} from '../catalog/schema.ts'
import {DISTANCES, type Distance} from './distance.ts'
import {Z90} from './interval.ts'
import type {Confidence} from './types.ts'

export interface CalibratedValue {
  readonly value: number
  /** Standard deviation of ln(predicted ÷ measured); a cautious default where nothing was measured. */
  readonly sigmaLog: number
  readonly basis: Confidence
}

/** ln-spread for hardware nobody measured: a factor of about 1.9 either way at the 10th and 90th percentile. */
export const UNMEASURED_SIGMA_LOG = 0.5

/** What stands in the place of an architecture in entries for all of a vendor's. */
export const vendorScope = (vendor: string): string => `vendor:${vendor}`

export interface Calibration {
  /**
   * The most specific entry: architecture and runtime, then architecture, then vendor, then runtime, then neither. A runtime with a version
   * (`vllm@0.11.0`) goes before the plain one. `undefined` = no entry at all.
   */
  lookup(kind: string, quantity: string, architecture: string, runtime: string, vendor?: string): CalibratedValue | undefined
  /** The same along scopes that the caller names, the most specific first; `*` only where it is among them. */
  lookupIn(kind: string, quantity: string, scopes: readonly string[], runtime: string): CalibratedValue | undefined
  /** How near the nearest measurement of this kind is. */
  distance(kind: string, accelerator: {readonly id: string; readonly architecture: string}, model: string): Distance
  /** Where four of five measurements lie around such a prediction. */
  spread(kind: string, metric: string, distance: Distance): Spread
  /** The measurements that decide the distance, the best measured first. */
  nearest(kind: string, accelerator: {readonly id: string; readonly architecture: string}, model: string): Nearest
  /** What is known of the error of each figure of a kind, so far from a measurement. */
  errors(kind: string, distance: Distance): readonly KnownError[]
}

export interface Nearest {
  readonly distance: Distance
  /** Of the same accelerator and model; else of the accelerator; else of its architecture; else none. */
  readonly rows: readonly CalibrationEvidence[]
}

export interface KnownError {
  readonly metric: string
  readonly spread: Spread
  /** Where the residuals are from: a nearer distance than asked for, whose spread was widened, where this one has none. */
  readonly from: Distance
  /** Configurations behind it. */
  readonly measurements: number
}

/** ln(p10 ÷ p50) and ln(p90 ÷ p50). */
export interface Spread {
  readonly lowLog: number
  readonly highLog: number
}

/** For figures nobody measured. */
const UNMEASURED_SPREAD: Spread = {lowLog: -Z90 * UNMEASURED_SIGMA_LOG, highLog: Z90 * UNMEASURED_SIGMA_LOG}
/** Farther off is never more certain: a distance without rows of its own has the spread of the next nearer one, widened. */
const WIDENING_PER_STEP = 1.3

/** quantity → architecture → runtime. */
type Quantities = Map<string, Map<string, Map<string, CalibratedValue>>>

function quantitiesOf(entries: readonly CalibrationEntry[]): Quantities {
  const quantities: Quantities = new Map()
  for (const entry of entries) {
    const architectures = quantities.get(entry.quantity) ?? new Map<string, Map<string, CalibratedValue>>()
    const runtimes = architectures.get(entry.architecture) ?? new Map<string, CalibratedValue>()
    quantities.set(entry.quantity, architectures)
    architectures.set(entry.architecture, runtimes)
    runtimes.set(entry.runtime, {
      value: entry.value,
      sigmaLog: entry.sigmaLog ?? UNMEASURED_SIGMA_LOG,
      basis: entry.measurements > 0 && entry.architecture !== '*' && !entry.architecture.startsWith(vendorScope('')) ? 'calibrated' : 'computed',
    })
  }
  return quantities
}

/** What is known of one kind of work. */
export interface CalibrationRows {
  readonly entries: readonly CalibrationEntry[]
  readonly spreads: readonly CalibrationSpread[]
  readonly evidence: readonly CalibrationEvidence[]
}

/** The rows of one kind, gathered once. */
interface KnownKind extends Omit<CalibrationRows, 'entries'> {
  readonly quantities: Quantities
  /** `accelerator|model`, `accelerator` and `|architecture` of all that was measured. */
  readonly measured: ReadonlySet<string>
}

export function createCalibration(entries: readonly CalibrationEntry[], spreads: readonly CalibrationSpread[] = [], evidence: readonly CalibrationEvidence[] = []): Calibration {
  return createCalibrationByKind(kind => ({entries: entries.filter(row => row.kind === kind), spreads: spreads.filter(row => row.kind === kind), evidence: evidence.filter(row => row.kind === kind)}))
}

/** Each kind is asked for once, when it is first of use: a plan has one, the catalog has all. */
export function createCalibrationByKind(rowsOf: (kind: string) => CalibrationRows): Calibration {
  const byKind = new Map<string, KnownKind>()
  const known = new Map<string, Spread>()

  function of(kind: string): KnownKind {
    let found = byKind.get(kind)
    if (found === undefined) {
      const {entries, spreads, evidence} = rowsOf(kind)
      const measured = new Set(evidence.flatMap(({accelerator, architecture, model}) => [`${accelerator}|${model}`, accelerator, `|${architecture}`]))
      byKind.set(kind, (found = {spreads, evidence, quantities: quantitiesOf(entries), measured}))
    }
    return found
  }

  function distance(kind: string, {id, architecture}: {readonly id: string; readonly architecture: string}, model: string): Distance {
    const {measured} = of(kind)
    return measured.has(`${id}|${model}`) ? 'measured' : measured.has(id) ? 'accelerator' : measured.has(`|${architecture}`) ? 'family' : 'none'
  }

  return {
    lookup(kind, quantity, architecture, runtime, vendor) {
      const architectures = of(kind).quantities.get(quantity)
      const own = architectures?.get(architecture)
      const maker = vendor === undefined ? undefined : architectures?.get(vendorScope(vendor))
      const any = architectures?.get('*')
      const plain = runtime.includes('@') ? runtime.slice(0, runtime.indexOf('@')) : runtime
      for (const scope of [own, maker, any]) {
        const found = scope?.get(runtime) ?? scope?.get(plain) ?? scope?.get('*')
        if (found !== undefined) return found
      }
      return undefined
    },
    lookupIn(kind, quantity, scopes, runtime) {
      const architectures = of(kind).quantities.get(quantity)
      for (const scope of scopes) {
        const own = architectures?.get(scope)
        const found = own?.get(runtime) ?? own?.get('*')
        if (found !== undefined) return found
      }
      return undefined
    },
    distance,
    spread(kind, metric, distance) {
      const key = `${kind} ${metric} ${distance}`
      let spread = known.get(key)
      if (spread === undefined) known.set(key, (spread = errorAt(of(kind).spreads, metric, distance)?.spread ?? UNMEASURED_SPREAD))
      return spread
    },
    nearest(kind, accelerator, model) {
      const near = distance(kind, accelerator, model)
      const rows = of(kind).evidence.filter(row => isAt(near, row, accelerator, model))
      return {distance: near, rows: rows.toSorted((a, b) => b.measurements - a.measurements || compareText(a.accelerator, b.accelerator) || compareText(a.model, b.model))}
    },
    errors(kind, near) {
      const {spreads} = of(kind)
      return [...new Set(spreads.map(({metric}) => metric))].flatMap(metric => errorAt(spreads, metric, near) ?? [])
    },
  }
}

/** Each quantity's value along its scopes, the most specific first, else where it starts. */
export function fittedValues<Quantity extends string>(
  {lookupIn}: Pick<Calibration, 'lookupIn'>, kind: string, starts: Readonly<Record<Quantity, number>>, runtime: string, scopesOf: (quantity: Quantity) => readonly string[],
): Record<Quantity, number> {
  const quantities = Object.keys(starts) as Quantity[]
  return Object.fromEntries(quantities.map(quantity => [quantity, lookupIn(kind, quantity, scopesOf(quantity), runtime)?.value ?? starts[quantity]])) as Record<Quantity, number>
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

function isAt(distance: Distance, row: CalibrationEvidence, accelerator: {readonly id: string; readonly architecture: string}, model: string): boolean {
  switch (distance) {
    case 'measured': return row.accelerator === accelerator.id && row.model === model
    case 'accelerator': return row.accelerator === accelerator.id
    case 'family': return row.architecture === accelerator.architecture
    case 'none': return false
    default: return distance satisfies never
  }
}

function errorAt(spreads: readonly CalibrationSpread[], metric: string, distance: Distance): KnownError | undefined {
  const own = spreads.filter(row => row.metric === metric)
  let widening = 1
  for (let step = DISTANCES.indexOf(distance); step >= 0; step--) {
    const row = own.find(each => each.distance === DISTANCES[step])
    if (row !== undefined) return {metric, spread: {lowLog: row.lowLog * widening, highLog: row.highLog * widening}, from: row.distance, measurements: row.measurements}
    widening *= WIDENING_PER_STEP
  }
  return undefined
}

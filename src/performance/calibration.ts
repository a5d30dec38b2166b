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

function quantitiesOf(entries: readonly CalibrationEntry[], kind: string): Quantities {
  const quantities: Quantities = new Map()
  for (const entry of entries) {
    if (entry.kind !== kind) continue
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

/** The rows of a kind are gathered when it is first asked for: a plan has one kind, the table has all. */
export function createCalibration(entries: readonly CalibrationEntry[], spreads: readonly CalibrationSpread[] = [], evidence: readonly CalibrationEvidence[] = []): Calibration {
  const byKind = new Map<string, Quantities>()
  let measured: ReadonlySet<string> | undefined
  const known = new Map<string, Spread>()

  function distance(kind: string, {id, architecture}: {readonly id: string; readonly architecture: string}, model: string): Distance {
    measured ??= new Set(evidence.flatMap(row => [`${row.kind}|${row.accelerator}|${row.model}`, `${row.kind}|${row.accelerator}`, `${row.kind}||${row.architecture}`]))
    return measured.has(`${kind}|${id}|${model}`) ? 'measured' : measured.has(`${kind}|${id}`) ? 'accelerator' : measured.has(`${kind}||${architecture}`) ? 'family' : 'none'
  }

  function architecturesOf(kind: string, quantity: string): ReadonlyMap<string, ReadonlyMap<string, CalibratedValue>> | undefined {
    let quantities = byKind.get(kind)
    if (quantities === undefined) byKind.set(kind, (quantities = quantitiesOf(entries, kind)))
    return quantities.get(quantity)
  }

  return {
    lookup(kind, quantity, architecture, runtime, vendor) {
      const architectures = architecturesOf(kind, quantity)
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
      const architectures = architecturesOf(kind, quantity)
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
      if (spread === undefined) known.set(key, (spread = spreadAt(spreads, kind, metric, distance)))
      return spread
    },
    nearest(kind, accelerator, model) {
      const near = distance(kind, accelerator, model)
      const rows = evidence.filter(row => row.kind === kind && isAt(near, row, accelerator, model))
      return {distance: near, rows: rows.toSorted((a, b) => b.measurements - a.measurements || compareText(a.accelerator, b.accelerator) || compareText(a.model, b.model))}
    },
    errors(kind, near) {
      const metrics = [...new Set(spreads.flatMap(row => (row.kind === kind ? [row.metric] : [])))]
      return metrics.flatMap(metric => errorAt(spreads, kind, metric, near) ?? [])
    },
  }
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

const spreadAt = (spreads: readonly CalibrationSpread[], kind: string, metric: string, distance: Distance): Spread => errorAt(spreads, kind, metric, distance)?.spread ?? UNMEASURED_SPREAD

function errorAt(spreads: readonly CalibrationSpread[], kind: string, metric: string, distance: Distance): KnownError | undefined {
  const own = spreads.filter(row => row.kind === kind && row.metric === metric)
  let widening = 1
  for (let step = DISTANCES.indexOf(distance); step >= 0; step--) {
    const row = own.find(each => each.distance === DISTANCES[step])
    if (row !== undefined) return {metric, spread: {lowLog: row.lowLog * widening, highLog: row.highLog * widening}, from: row.distance, measurements: row.measurements}
    widening *= WIDENING_PER_STEP
  }
  return undefined
}

import type {CalibrationEntry} from '../catalog/schema.ts'
import type {Confidence} from './types.ts'

export interface CalibratedValue {
  readonly value: number
  /** Standard deviation of ln(predicted ÷ measured); a cautious default where nothing was measured. */
  readonly sigmaLog: number
  readonly basis: Confidence
}

/** ln-spread for hardware nobody measured: a factor of about 1.9 either way at the 10th and 90th percentile. */
export const UNMEASURED_SIGMA_LOG = 0.5

export interface Calibration {
  /** The most specific entry: architecture and runtime, then architecture, then runtime, then neither. `undefined` = no entry at all. */
  lookup(kind: string, quantity: string, architecture: string, runtime: string): CalibratedValue | undefined
}

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
      basis: entry.measurements > 0 && entry.architecture !== '*' ? 'calibrated' : 'computed',
    })
  }
  return quantities
}

/** The rows of a kind are gathered when it is first asked for: a plan has one kind, the table has all. */
export function createCalibration(entries: readonly CalibrationEntry[]): Calibration {
  const byKind = new Map<string, Quantities>()
  return {
    lookup(kind, quantity, architecture, runtime) {
      let quantities = byKind.get(kind)
      if (quantities === undefined) byKind.set(kind, (quantities = quantitiesOf(entries, kind)))
      const architectures = quantities.get(quantity)
      const own = architectures?.get(architecture)
      const any = architectures?.get('*')
      return own?.get(runtime) ?? own?.get('*') ?? any?.get(runtime) ?? any?.get('*')
    },
  }
}

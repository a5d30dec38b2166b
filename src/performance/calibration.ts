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

const key = (kind: string, quantity: string, architecture: string, runtime: string): string => `${kind} ${quantity} ${architecture} ${runtime}`

export function createCalibration(entries: readonly CalibrationEntry[]): Calibration {
  const byKey = new Map<string, CalibratedValue>()
  for (const entry of entries) {
    byKey.set(key(entry.kind, entry.quantity, entry.architecture, entry.runtime), {
      value: entry.value,
      sigmaLog: entry.sigmaLog ?? UNMEASURED_SIGMA_LOG,
      basis: entry.measurements > 0 && entry.architecture !== '*' ? 'calibrated' : 'computed',
    })
  }
  return {
    lookup: (kind, quantity, architecture, runtime) =>
      byKey.get(key(kind, quantity, architecture, runtime)) ??
      byKey.get(key(kind, quantity, architecture, '*')) ??
      byKey.get(key(kind, quantity, '*', runtime)) ??
      byKey.get(key(kind, quantity, '*', '*')),
  }
}

import type {Interval, Confidence} from '../performance/types.ts'

/** The power-relevant facts of a target's machines (all nodes in use). */
export interface PowerModel {
  readonly acceleratorIdleWatts: number
  readonly acceleratorMaximumWatts: number
  /** Accelerators that are powered, used or not (whole nodes on rigs, the share in use on clouds). */
  readonly acceleratorsPowered: number
  /** Host, fans, switches: watts at idle and at full load, over all nodes (or the share of the nodes in use). */
  readonly hostIdleWatts: number
  readonly hostMaximumWatts: number
  /** DC out ÷ AC in of the supplies. */
  readonly supplyEfficiency: number
  /** Facility watts ÷ IT watts on clouds (fleet average); on own premises 1, cooling counted by COP. */
  readonly pue: number
  /** Heat moved ÷ electricity of the cooling, `null` where heat just leaves. */
  readonly coolingCop: number | null
  readonly gramsCo2PerKwh: number | null
  readonly basis: Confidence
}

export interface Power {
  /** Wall watts of the share in use, before cooling. */
  readonly averageWatts: Interval
  readonly peakWatts: Interval
  /** GPU-only. */
  readonly acceleratorWatts: Interval
  readonly confidence: Confidence
}

export interface Energy {
  readonly kwh: Interval
  readonly carbonKg: Interval | null
}

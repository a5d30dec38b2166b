import type {Spread} from '../performance/calibration.ts'
import type {Interval, Confidence} from '../performance/types.ts'

/**
 * How an accelerator's draw follows its work: idle + (maximum − idle) · z ÷ (1 + z⁴)^¼, where z is what the work would draw above idle without
 * the board's power limit ÷ (maximum − idle). Energies are fitted by `scripts/calibrate/power.ts`; here they are bound to an accelerator's rates,
 * so that each weight is a part of z at full share.
 */
export interface PowerCoefficients {
  /** Clocks up, caches and schedulers awake: what comes with computing at all. */
  readonly activeWeight: number
  /** Matmuls at the dense peak. */
  readonly flopsWeight: number
  /** Memory at its printed bandwidth. */
  readonly bytesWeight: number
  /** On top, for bytes that attention reads of earlier tokens. */
  readonly cacheBytesWeight: number
  /** On top, while vector units unpack and scale experts' weights. */
  readonly unpackWeight: number
  /** Of the accelerators' watts around the estimate. */
  readonly spread: Spread
  readonly basis: Confidence
}

/** The power-relevant facts of a target's machines (all nodes in use). `null` = not known; then watts are unknown, never 0. */
export interface PowerModel {
  readonly acceleratorIdleWatts: number | null
  readonly acceleratorMaximumWatts: number | null
  readonly coefficients: PowerCoefficients | null
  /** Accelerators that are powered, used or not (whole nodes on rigs, the rented share on clouds). The unused ones idle. */
  readonly acceleratorsPowered: number
  /** Host, fans, switches behind the supplies (DC): watts at idle and at full load, over all nodes (or the share of the nodes in use). */
  readonly hostIdleWatts: number | null
  readonly hostMaximumWatts: number | null
  /** Of readings at the wall around such estimates: never is the interval of what the wall gives above idle narrower. */
  readonly wallSpread: Spread
  /** DC out ÷ AC in of the supplies at half of their rating. */
  readonly supplyEfficiency: number
  /** Measured instead: output ÷ input over the share of all supplies' rating. */
  readonly supplyCurve?: {readonly ratedWatts: number; readonly points: readonly {readonly loadShare: number; readonly efficiency: number}[]}
  /** Facility watts ÷ IT watts: a cloud's fleet average, what an own site says; 1 where its cooling is counted by COP. */
  readonly pue: number | null
  /** Output ÷ input of the supply against failures of an own site; absent = there is none, or the PUE holds it. */
  readonly upsEfficiency?: number
  /** Heat moved ÷ electricity of the cooling, `null` where heat just leaves. */
  readonly coolingCop: number | null
  readonly gramsCo2PerKwh: number | null
  readonly basis: Confidence
  /** What was assumed, one sentence each. */
  readonly notes: readonly string[]
}

export interface Power {
  /** Wall watts of the share in use, before cooling; `null` = unknown. */
  readonly averageWatts: Interval | null
  readonly peakWatts: Interval | null
  /** Wall watts of the same machines doing nothing. */
  readonly idleWatts: number | null
  /** Accelerators only (used and idle ones together). */
  readonly acceleratorWatts: Interval | null
  readonly confidence: Confidence
}

export interface Energy {
  /** At the meter: wall energy and the facility's overhead; `null` = unknown. */
  readonly kwh: Interval | null
  /** Part of `kwh` that the machines draw at the wall. */
  readonly wallKwh: Interval | null
  /** Part of `kwh` that cooling and power distribution draw. */
  readonly overheadKwh: Interval | null
  readonly carbonKg: Interval | null
}

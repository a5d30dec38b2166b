import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {fittedValues, vendorScope, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'

export const CFD = 'cfd'
/** What measurements are of, in the evidence. */
export const LBM = 'lattice-boltzmann'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/cfd.md. */
export const CFD_QUANTITIES = {
  /** How one accelerator differs from its family in all it does: clocks it holds, drivers, channels that are filled. */
  'speed': 1,
  /** Achieved bandwidth ÷ that of a plain stream. */
  'memory-bandwidth': 0.9,
  /** Achieved ÷ printed rate of vector arithmetic. */
  'compute': 0.3,
  /** The same where distributions are stored in 16 bits, by hardware and by code ÷ where they are stored as they are computed. */
  'packing-fp16s': 1,
  'packing-fp16c': 1,
  /** Achieved ÷ printed rate of the slot, of an exchange through the host's memory: copies out and in, gathering included, wait for each other. */
  'host-exchange': 0.1,
  /** Seconds of a step that are neither: launches and synchronisation. */
  'step-overhead-seconds': 1e-5,
} as const
export type CfdQuantity = keyof typeof CFD_QUANTITIES
export type CfdFactors = Readonly<Record<CfdQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

/** Where factors of a family are looked up, the most specific first. Processors are a family each of their makers'. */
export function scopesOf(accelerator: Accelerator): readonly string[] {
  const {architecture, formFactor, vendor} = accelerator
  const sort = memorySort(accelerator)
  return [...(sort === undefined ? [] : [`${architecture} ${sort}`]), architecture, ...(formFactor === 'cpu' ? [] : [vendorScope(vendor)]), '*']
}

export function cfdFactors({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, accelerator: Accelerator, runtime: string): CfdFactors {
  const scopes = [accelerator.id, ...scopesOf(accelerator)]
  return {...fittedValues(calibration, CFD, CFD_QUANTITIES, runtime, () => scopes), streamShare: streamShare(accelerator)}
}

/** Figures that are as uncertain as each other: one accelerator alone, several that exchange, or processors. */
export const spreadMetric = (parts: number, {formFactor}: Accelerator): string => (formFactor === 'cpu' ? 'throughput-on-processors' : parts > 1 ? 'throughput' : 'throughput-alone')

export interface CfdCertainty {
  readonly distance: Distance
  readonly spread: Spread
  /** Name of the spread in the calibration. */
  readonly metric: string
  readonly basis: Confidence
}

/** `model`: the name that measurements of the same method have. */
export function cfdCertainty(calibration: Calibration, accelerator: Accelerator, model: string, parts: number): CfdCertainty {
  // Of meshes too few results are published for a spread of their own: the calibration then gives that of things nobody measured.
  const metric = model === LBM ? spreadMetric(parts, accelerator) : 'mesh-throughput'
  const distance = calibration.distance(CFD, accelerator, model)
  return {distance, metric, spread: calibration.spread(CFD, metric, distance), basis: model !== LBM ? 'assumed' : distance === 'none' ? 'computed' : 'calibrated'}
}

import type {Accelerator, MediaModel} from '../../catalog/schema.ts'
import {fittedValues, vendorScope, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/media.md. */
export const MEDIA_QUANTITIES = {
  /** How one accelerator differs from its family in all it does. */
  'speed': 1,
  /** Achieved ÷ sustained rate of large matmuls, of products with weights. */
  'matmul': 0.85,
  /** The same where a compiler tries out the kernels of each shape and joins what follows to them. */
  'tuned-matmul': 0.9,
  /** Achieved ÷ what attention kernels of their generation are known to reach (`attentionRate`). */
  'attention': 1,
  /** The same of 8-bit operands: scales and conversions beside the products. */
  'eight-bit': 0.95,
  /** Bytes between the matmuls ÷ what is counted of kernels as a framework calls them one by one. */
  'traffic': 1,
  /** What is left of that, and of launches, and of decoding, where a compiler fuses them. */
  'fusion': 0.2,
  /** Seconds of the host for one kernel: they are launched one after the other. */
  'launch-seconds': 2e-5,
  /** The same on top where a sequence lies on several accelerators: collectives, and a further round for each part of a ring. */
  'parallel-launch-seconds': 1e-5,
  /** Achieved ÷ printed rate of the links. */
  'link': 0.6,
  /** Values that a row of a norm over one head takes as long as, if it is shorter: a kernel gives each row as much, however short. */
  'head-norm-row': 256,
  /** Achieved ÷ sustained rate of matmuls, of the convolutions that decode images, and clips. */
  'decoder': 0.08,
  'clip-decoder': 0.1,
  /** Seconds of a batch beside all that: preparation, the encoders' launches, handing over. */
  'batch-seconds': 0.1,
  /** What is left of the rate where requests come at random and each has to be answered in time. */
  'serving': 0.95,
} as const
export type MediaQuantity = keyof typeof MEDIA_QUANTITIES
export type MediaFactors = Readonly<Record<MediaQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

/** Where factors are looked up, the most specific first. */
export const scopesOf = ({architecture, vendor}: Accelerator): readonly string[] => [architecture, vendorScope(vendor), '*']

/** The kind whose measurements factors for such a model come from. */
export const calibratedAs = ({modality}: Pick<MediaModel, 'modality'>): string => `${modality}-generation`

export function mediaFactors({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, kind: string, accelerator: Accelerator, runtime: string): MediaFactors {
  const scopes = [accelerator.id, ...scopesOf(accelerator)]
  return {...fittedValues(calibration, kind, MEDIA_QUANTITIES, runtime, () => scopes), streamShare: streamShare(accelerator)}
}

/** Figures that are as uncertain as each other: whole accelerators, and several that share a sequence. */
export const spreadMetric = (sharing: number): string => (sharing > 1 ? 'throughput' : 'throughput-alone')

export interface MediaCertainty {
  readonly distance: Distance
  /** Of a rate. */
  readonly spread: Spread
  readonly metric: string
  readonly basis: Confidence
}

export function mediaCertainty(calibration: Calibration, kind: string, accelerator: Accelerator, model: string, sharing: number): MediaCertainty {
  const metric = spreadMetric(sharing)
  const distance = calibration.distance(kind, accelerator, model)
  return {distance, metric, spread: calibration.spread(kind, metric, distance), basis: distance === 'none' ? 'computed' : 'calibrated'}
}

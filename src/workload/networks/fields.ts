import * as z from 'zod'
import {patternField} from './size-field.ts'
import {bandwidthBytesPerSecond, byteCount, count, label, later, latencySeconds, lazyShape, whole, word, yesOrNo} from '../fields.ts'
import {OPTIMIZERS} from './step.ts'

/** Where samples are made ready: decoded, cut, turned. */
export const LOADING_PLACES = ['host', 'accelerator', 'none'] as const

const DataLoading = z
  .strictObject(lazyShape(() => ({
    /** `host`: its processors decode and cut samples; `accelerator`: it does so itself (DALI, NVDEC); `none`: they lie ready. */
    place: word(LOADING_PLACES, {cpu: 'host', gpu: 'accelerator', ready: 'none'}).optional(),
    /** Of one processor thread of the host, for one sample: "7 ms". */
    perSample: latencySeconds({maximum: 3600}).optional(),
    /** As stored: "110 kB". Together with `readRate`. */
    bytesPerSample: byteCount({maximum: 1e15}).optional(),
    /** What each machine reads of its storage: "2 GB/s". */
    readRate: bandwidthBytesPerSecond().optional(),
  })))
  .refine(({bytesPerSample, readRate}) => (bytesPerSample === undefined) === (readRate === undefined), {error: () => 'bytesPerSample and readRate tell something together only'})
export type DataLoading = z.infer<typeof DataLoading>

/** Fields that kinds of networks share. */
export const networkFields = lazyShape(() => ({
  /** A name of data/network-models.csv: "resnet50", "vit-base", "bert-large". */
  model: label(120),
  /** `torch.compile` or the like: kernels are joined. Absent = no. */
  compiled: yesOrNo().optional(),
  dataLoading: later(() => DataLoading).optional(),
}))

export const trainingFields = lazyShape(() => ({
  /** Passes over all samples. Absent = 1. */
  epochs: count({maximum: 1e6}).optional(),
  /** Absent = sgd for convolutions, adamw for transformers. */
  optimizer: word(OPTIMIZERS, {adam: 'adamw', momentum: 'sgd'}).optional(),
}))

export const visionFields = lazyShape(() => ({
  /** Images: "1.28M". Exactly one of samples, frames, volumes. */
  samples: count({maximum: 1e15}).optional(),
  /** Frames of videos. */
  frames: count({maximum: 1e15}).optional(),
  /** Volumes or patches of them, as large as `resolution` says. */
  volumes: count({maximum: 1e15}).optional(),
  /** What the network sees: 224, "800x1333" (height, width), "128x128x128" (depth before them). Absent = what its figures are published for. */
  resolution: patternField().optional(),
}))

export const textFields = lazyShape(() => ({
  /** Texts: "10M". */
  samples: count({maximum: 1e15}),
  /** Tokens of the longest text; longer ones are cut. Absent = what the network was made for. */
  sequenceLength: whole({maximum: 1e6}).optional(),
  /** Encoder and decoder: tokens of the longest text that is written. Absent = as many as are read. */
  targetLength: whole({maximum: 1e6}).optional(),
  /** Tokens of a text on average. Absent = all are as long as the longest. */
  meanLength: count({maximum: 1e6}).optional(),
  /** `full`: all texts are padded to the longest. `bins`: those of like length go together. `none`: they are packed. Absent = bins where meanLength is given, full otherwise. */
  padding: word(['full', 'bins', 'none'], {packed: 'none', bucketed: 'bins'}).optional(),
}))

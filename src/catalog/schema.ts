import * as z from 'zod'
import {OfferFlag, Purchase, Service, Standing} from './words.ts'
import {DISTANCES} from '../performance/distance.ts'

export {OfferFlag, Precision, Purchase, Service, Standing} from './words.ts'

export const Source = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  title: z.string().min(1),
  address: z.string(),
  licence: z.string(),
  standing: Standing,
})
export type Source = z.infer<typeof Source>

const provenance = {sourceId: z.string(), asOf: z.iso.date(), standing: Standing}
const positive = z.number().positive().finite()
const amount = z.number().nonnegative().finite()

/** The architecture slugs that `data/software.csv` and the calibration are keyed by. */
export const Accelerator = z.strictObject({
  id: z.string(),
  vendor: z.string(),
  name: z.string(),
  aliases: z.array(z.string()),
  architecture: z.string(),
  releaseYear: z.number().int().optional(),
  formFactor: z.string(),
  /** Of the data sheet only memory, bandwidth and vector rates are known (data/devices.csv): kinds of work that read more refuse it. */
  partialSheet: z.literal(true).optional(),
  /** What software sees, where known. */
  memoryGib: positive,
  memoryType: z.string().optional(),
  memoryBandwidthBytesPerSecond: positive,
  /** Dense rates, fp32 accumulation, FLOP/s (or op/s for int8). `fp64` and `fp32` are vector rates. */
  peakFlops: z.strictObject({
    fp64: positive.optional(),
    fp64Tensor: positive.optional(),
    fp32: positive.optional(),
    tf32: positive.optional(),
    bf16: positive.optional(),
    fp16: positive.optional(),
    fp8: positive.optional(),
    int8: positive.optional(),
    fp4: positive.optional(),
  }),
  /** Best matmul rate anyone sustained (MAMF), FLOP/s. */
  sustainedMatmulFlops: z.strictObject({bf16: positive.optional(), fp8: positive.optional()}),
  powerWatts: positive.optional(),
  idleWatts: amount.optional(),
  interconnect: z.string(),
  /** Accelerator-to-accelerator link (NVLink, ICI, …), bytes/s per accelerator in ONE direction. */
  linkBytesPerSecond: positive.optional(),
  pcieGeneration: z.number().int().optional(),
  migMaxInstances: z.number().int().optional(),
  rayTracingCores: z.boolean(),
  displayOutput: z.boolean(),
  /** Units that write pixels (ROPs). */
  rasterUnits: z.number().int().optional(),
  multiprocessors: z.number().int().optional(),
  price: z.strictObject({usd: positive, lowUsd: positive.optional(), highUsd: positive.optional(), kind: z.string(), asOf: z.string(), sourceId: z.string().optional()}).optional(),
  note: z.string().optional(),
  ...provenance,
})
export type Accelerator = z.infer<typeof Accelerator>

/** A model of speech or sound: the shape that its work and memory are counted from. */
export const AudioModel = z.strictObject({
  id: z.string(),
  aliases: z.array(z.string()),
  makes: z.enum(['text', 'sound']),
  /** Conformer blocks have two feed-forward halves and a convolution beside attention. */
  encoder: z.enum(['transformer', 'conformer', 'none']),
  encoderLayers: z.number().int().nonnegative(),
  encoderHidden: z.number().int().nonnegative(),
  encoderIntermediate: z.number().int().nonnegative(),
  /** Positions that the encoder works on in a second of audio. */
  encoderFramesPerSecond: positive.optional(),
  /** Audio that goes through in one piece, seconds: 30 whatever was said, or what recordings are cut into. */
  windowSeconds: positive.optional(),
  /** `none`: each position is a letter or silence (CTC). */
  decoder: z.enum(['autoregressive', 'transducer', 'none']),
  decoderLayers: z.number().int().nonnegative(),
  decoderHidden: z.number().int().nonnegative(),
  decoderIntermediate: z.number().int().nonnegative(),
  vocab: z.number().int().positive(),
  /** Heads over the vocabulary, all of them at each step. */
  codebooks: z.number().int().positive(),
  /** Of the decoder for a second of sound; absent = as many as what is said has tokens. */
  stepsPerSecond: positive.optional(),
  /** 2 where each step runs with and without the prompt. */
  guidancePasses: z.number().int().positive(),
  parameters: positive,
  nativeDtype: z.string(),
  note: z.string().optional(),
  ...provenance,
})
export type AudioModel = z.infer<typeof AudioModel>

export const IntraNodeLink = z.enum(['none', 'pcie', 'nvlink-bridge', 'nvlink', 'nvswitch', 'ici', 'neuronlink', 'infinity-fabric', 'unknown'])
export type IntraNodeLink = z.infer<typeof IntraNodeLink>
export const Rdma = z.enum(['none', 'unknown', 'efa', 'infiniband', 'roce', 'gpudirect-tcpx', 'ici'])
export type Rdma = z.infer<typeof Rdma>

/** A node type of a cloud. The key is `provider/instanceType`. */
export const Machine = z.strictObject({
  provider: z.string(),
  instanceType: z.string(),
  /** Absent on machines without an accelerator. */
  acceleratorId: z.string().optional(),
  /** 0 without; fractional where a machine holds a slice of one. */
  acceleratorCount: amount,
  vcpus: amount.optional(),
  memoryGib: amount.optional(),
  localSsdGb: amount.optional(),
  cpuModel: z.string().optional(),
  networkBytesPerSecond: positive.optional(),
  rdma: Rdma,
  rdmaBytesPerSecond: positive.optional(),
  intraNodeLink: IntraNodeLink,
  /** A TPU slice is one machine of `acceleratorCount` chips. */
  slice: z.boolean().optional(),
  note: z.string().optional(),
  ...provenance,
})
export type Machine = z.infer<typeof Machine>

export const Offer = z.strictObject({
  provider: z.string(),
  service: Service,
  instanceType: z.string(),
  /** As the provider writes it. */
  region: z.string(),
  /** False for "global", "EU / US" and the like: such an offer fails `regions` and `dataResidency`. */
  regionKnown: z.boolean(),
  /** ISO 3166 alpha-2 of the region, where known. */
  country: z.string().length(2).optional(),
  zone: z.string().optional(),
  purchase: Purchase,
  /** The whole machine, all its accelerators included. */
  priceUsdPerHour: positive,
  flags: z.array(OfferFlag),
  ...provenance,
})
export type Offer = z.infer<typeof Offer>

/** A language model's shape: all that the memory and FLOP formulas need. */
export const LanguageModel = z.strictObject({
  id: z.string(),
  aliases: z.array(z.string()),
  family: z.string(),
  /** Total parameters. */
  parameters: positive,
  /** Parameters one token passes through. */
  activeParameters: positive,
  layers: z.number().int().positive(),
  hidden: z.number().int().positive(),
  intermediate: z.number().int().nonnegative(),
  heads: z.number().int().positive(),
  kvHeads: z.number().int().positive(),
  headDim: z.number().int().positive(),
  vocab: z.number().int().positive(),
  experts: z.number().int().positive().optional(),
  expertsPerToken: z.number().int().positive().optional(),
  sharedExperts: z.number().int().nonnegative().optional(),
  moeIntermediate: z.number().int().positive().optional(),
  firstDenseLayers: z.number().int().nonnegative().optional(),
  moeLayerStep: z.number().int().positive().optional(),
  attention: z.enum(['mha', 'gqa', 'mqa', 'mla', 'swa', 'hybrid-mamba2', 'hybrid-linear', 'hybrid-compressed', 'hybrid-linear-mla']),
  /** Tokens a windowed layer looks back; absent = full attention everywhere. */
  window: z.number().int().positive().optional(),
  fullAttentionLayers: z.number().int().nonnegative().optional(),
  kvLoraRank: z.number().int().positive().optional(),
  qLoraRank: z.number().int().positive().optional(),
  qkRopeHeadDim: z.number().int().positive().optional(),
  qkNopeHeadDim: z.number().int().positive().optional(),
  vHeadDim: z.number().int().positive().optional(),
  maxContext: z.number().int().positive().optional(),
  nativeDtype: z.string(),
  tiedEmbeddings: z.boolean(),
  gatedMlp: z.boolean(),
  learnedPositions: z.boolean(),
  visionParameters: amount.optional(),
  note: z.string().optional(),
  ...provenance,
})
export type LanguageModel = z.infer<typeof LanguageModel>

/** A diffusion model that makes images or clips: the shape of the denoiser, and what goes with it. */
export const MediaModel = z.strictObject({
  id: z.string(),
  aliases: z.array(z.string()),
  modality: z.enum(['image', 'video']),
  /** Of all copies of the denoiser. */
  coreParameters: positive,
  /** Denoisers of which one works at a time (experts for early and late steps). */
  coreCopies: z.number().int().positive(),
  /** Text encoders and the decoder of the latents. */
  auxiliaryParameters: amount,
  /** Usual number of denoising steps, and passes of the denoiser in each (2 = classifier-free guidance). */
  steps: z.number().int().positive(),
  guidancePasses: z.number().int().positive(),
  /** Pixels and frames that it was made for; those of U-Nets' FLOP. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  frames: z.number().int().positive(),
  core: z.enum(['transformer', 'unet']),
  layers: z.number().int().positive(),
  hidden: z.number().int().positive(),
  intermediate: z.number().int().positive().optional(),
  gatedMlp: z.boolean(),
  /** `joint`: text tokens stand among those of the image. `cross`: it attends to them. `linear`: it does so, and its own attention is linear in tokens. */
  attention: z.enum(['joint', 'cross', 'linear']).optional(),
  /** Layers with a second attention over the tokens of the image alone, and layers that join an earlier one's output. */
  dualAttentionLayers: z.number().int().nonnegative(),
  skipLayers: z.number().int().nonnegative(),
  /** Layers that have weights of their own for text tokens. */
  twoStreamLayers: z.number().int().nonnegative(),
  /** Whether queries and keys are rotated; whether they are normed, over each head or over all. */
  rope: z.boolean(),
  qkNorm: z.enum(['no', 'head', 'all']),
  heads: z.number().int().positive(),
  textTokens: z.number().int().nonnegative(),
  /** Pixels along an edge, and frames, of one latent; latents along an edge, and in time, of one token. */
  latentScale: z.number().int().positive(),
  latentFrames: z.number().int().positive(),
  patch: z.number().int().positive(),
  framePatch: z.number().int().positive(),
  /** U-Nets: FLOP of a pass at `width` × `height`, the part of it that is quadratic in pixels, and values that its blocks hand on. */
  unetFlops: positive.optional(),
  unetAttentionFlops: positive.optional(),
  unetElements: positive.optional(),
  decoderFlopsPerPixel: positive,
  nativeDtype: z.string(),
  note: z.string().optional(),
  /** Where the shape is from; `sourceId` is of the other figures. */
  shapeSourceId: z.string(),
  ...provenance,
}).refine(({core, intermediate, attention, unetFlops, unetAttentionFlops, unetElements}) => (core === 'unet' ? unetFlops !== undefined && unetAttentionFlops !== undefined && unetElements !== undefined : intermediate !== undefined && attention !== undefined), 'its shape is not whole')
export type MediaModel = z.infer<typeof MediaModel>

export const SoftwareSupport = z.strictObject({
  runtime: z.string(),
  architecture: z.string(),
  kinds: z.array(z.string()),
  precisions: z.array(z.string()),
  status: z.enum(['yes', 'partial', 'no']),
  minimumVersion: z.string().optional(),
  note: z.string().optional(),
  ...provenance,
})
export type SoftwareSupport = z.infer<typeof SoftwareSupport>

/** One efficiency factor fitted to published measurements: predicted rate = ideal rate × factor × exp(±sigmaLog). */
export const CalibrationEntry = z.strictObject({
  kind: z.string(),
  /** What is scaled, e.g. `compute`, `memory-bandwidth`, `link`, `step-overhead-seconds`. */
  quantity: z.string(),
  /** Architecture slug, `vendor:` with a vendor for all of its, or `*`; or what else a kind's factors are of: an accelerator, a program, a host. */
  architecture: z.string(),
  /** Runtime id, or `*`. */
  runtime: z.string(),
  value: z.number().finite(),
  /** Standard deviation of ln(predicted ÷ measured) over the rows it was fitted on; absent where nothing was measured. */
  sigmaLog: amount.optional(),
  measurements: z.number().int().nonnegative(),
  ...provenance,
})
export type CalibrationEntry = z.infer<typeof CalibrationEntry>

/**
 * How far measurements lie from predictions that were made without them: 10th and 90th percentile of ln(measured ÷ predicted)
 * for a figure of a kind, by the distance to the nearest measurement that the prediction could rest on.
 */
export const CalibrationSpread = z.strictObject({
  kind: z.string(),
  /** `throughput`, `ttft`, `tpot`, `step-time`, `memory`, `power`, … */
  metric: z.string(),
  distance: z.enum(DISTANCES),
  lowLog: z.number().max(0),
  highLog: z.number().nonnegative(),
  /** Configurations behind it. */
  measurements: z.number().int().nonnegative(),
})
export type CalibrationSpread = z.infer<typeof CalibrationSpread>

/** What was measured: configurations of a kind on an accelerator with a model (catalog ids, or a name of its own for what the catalog lacks). */
export const CalibrationEvidence = z.strictObject({
  kind: z.string(),
  accelerator: z.string(),
  architecture: z.string(),
  model: z.string(),
  measurements: z.number().int().positive(),
})
export type CalibrationEvidence = z.infer<typeof CalibrationEvidence>

export const CalibrationTable = z.strictObject({
  schema: z.literal('rigor.calibration/1'),
  entries: z.array(CalibrationEntry),
  spreads: z.array(CalibrationSpread),
  evidence: z.array(CalibrationEvidence),
})
export type CalibrationTable = z.infer<typeof CalibrationTable>

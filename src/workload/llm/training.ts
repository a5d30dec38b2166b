import type {LanguageModel} from '../../catalog/schema.ts'
import type {Hardware} from '../../performance/types.ts'
import {peakFlops} from '../../performance/peak.ts'
import {WEIGHT_BITS} from './architecture.ts'
import {isLowPrecision} from './training-factors.ts'
import type {TrainingShape} from './training-shape.ts'
import {modelFlopsPerToken, trainingShape} from './training-shape.ts'

export const OPTIMIZERS = ['adamw', 'adamw-8bit', 'adafactor', 'muon', 'lion', 'sgd'] as const
export type Optimizer = (typeof OPTIMIZERS)[number]

/** What pre-training and fine-tuning ask of the physics they share. */
export interface TrainingWork {
  readonly kind: string
  readonly model: LanguageModel
  readonly sequenceLength: number
  /** Sequences per optimizer step. */
  readonly globalBatch: number
  /** Tokens that pass forward and backward in the whole run. */
  readonly tokens: number
  /** Starts from weights that exist, so that adapters on them could do. */
  readonly tunes: boolean
  /** `adapters`: the base is frozen and low-rank matrices are trained (LoRA, QLoRA). */
  readonly trains: 'all' | 'adapters'
  readonly rank: number
  /** Beside adapters: whether input embedding and output head are trained as well, in copies of their own (new tokens; PEFT's `modules_to_save`). */
  readonly trainsEmbeddings: boolean
  /** How the frozen base is stored: `nf4` under QLoRA, `int8` under LLM.int8() (Dettmers et al. 2022), else as computed. */
  readonly base: 'computed' | 'nf4' | 'int8'
  readonly optimizer: Optimizer
  /** A 32-bit copy of the weights in the optimizer, as mixed precision keeps it (Micikevicius et al. 2018). */
  readonly masterWeights: boolean
  /** Forward passes beside the trained one: 1 for the frozen reference of DPO, 2 for GRPO (old policy and reference). */
  readonly extraForwardPasses: number
  /** Whether that reference needs weights of its own (with adapters it is the base itself). */
  readonly referenceWeights: boolean
  /** The loss is computed in chunks, so that the logits of a micro-batch never stand in memory as a whole. */
  readonly chunkedLoss: boolean
  /** How the runtime does it, where that is known; absent = as its usual recipes. */
  readonly implementation?: Implementation
  readonly rollout: {readonly promptTokens: number; readonly completionTokens: number; readonly completionsPerPrompt: number} | undefined
}

/** Choices of a runtime that change its time and no result. */
export interface Implementation {
  /** Chunks of layers that interleaved pipelines split a stage into; 1 = plain 1F1B. */
  readonly virtualStages?: number
  /** The kernels of a whole step are recorded once and replayed (CUDA graphs): the host launches almost nothing. */
  readonly recordedLaunches?: boolean
  /** Layers are compiled, or run kernel by kernel. */
  readonly compiled?: boolean
  /** Collectives of tensor parallelism run in pieces beside the matmuls. */
  readonly asyncTensorParallel?: boolean
  /** 8-bit matrices have one scale per row: two more passes to find them. */
  readonly rowwiseScaling?: boolean
  /** Generation of FlashAttention, or scores that stand in memory and are computed behind the mask as well (before it). Absent = the newest. */
  readonly attention?: 'materialised' | 1 | 2 | 3
  /** Packed weights are unpacked by a chain of elementwise kernels (GPTQ's in PyTorch) instead of one. */
  readonly unpacksStepwise?: boolean
  /** Weights are updated as soon as their gradient exists: gradients never stand in memory together. */
  readonly fusedOptimizer?: boolean
  /** Saved activations wait in host memory. */
  readonly offloadedActivations?: boolean
  /** Each accelerator loads the whole weights before they are sharded. */
  readonly loadsWhole?: boolean
  /** The partition of the gradients is kept in 32 bit as well, as DeepSpeed's ZeRO does. */
  readonly wideGradients?: boolean
}

/** A configuration with nothing left open, and what follows from it. */
export interface TrainingLayout {
  readonly runtime: string
  readonly precision: string
  readonly tp: number
  readonly pp: number
  readonly dp: number
  readonly ep: number
  readonly cp: number
  readonly microBatch: number
  readonly checkpointing: 'none' | 'selective' | 'full'
  readonly zeroStage: 0 | 1 | 2 | 3
  readonly offload: 'none' | 'optimizer' | 'all'
  /** Micro-batches of one optimizer step and replica. */
  readonly microBatches: number
  /** Sequences really taken per step: dp × microBatch × microBatches. */
  readonly sequencesPerStep: number
}

/** Interleaved schedules split a stage into this many chunks (Narayanan et al. 2021, arXiv 2104.04473), Megatron's by default five; other runtimes run plain 1F1B. */
export function virtualStages({implementation, model}: TrainingWork, {runtime, microBatches, pp}: TrainingLayout): number {
  if (pp === 1 || microBatches < pp) return 1
  return Math.min(implementation?.virtualStages ?? (/megatron|nemo/.test(runtime) ? 5 : 1), Math.ceil(model.layers / pp))
}

/** Bytes of optimizer state per trained parameter, 32-bit copy of the weights not counted. */
export function optimizerStateBytes(optimizer: Optimizer, masterWeights: boolean): number {
  // Without a 32-bit copy the state is kept in the 16-bit type of the weights.
  const width = masterWeights ? 4 : 2
  switch (optimizer) {
    case 'adamw': return 2 * width
    case 'adamw-8bit': return 2 * (1 + 4 / 256) // two 8-bit moments, one 32-bit scale per block of 256 (Dettmers et al. 2022)
    case 'adafactor': return 0.02 // row and column sums (Shazeer & Stern 2018)
    case 'muon': return width // one momentum
    case 'lion': return width
    case 'sgd': return 0
    default: return optimizer satisfies never
  }
}

/** Low-rank matrices beside the linear layers; adapters of another sort (prompts, scales) have rank 0. */
export const hasLowRank = (work: TrainingWork): boolean => work.trains === 'adapters' && work.rank > 0

/** Parameters of the adapters. */
export function adapterParameters(work: TrainingWork): number {
  return work.trains === 'all' ? 0 : trainingShape(work.model).adapterParametersPerRank * work.rank
}

/** Parameters of embedding and head that are trained beside adapters. */
export function trainedEmbeddingParameters(work: TrainingWork): number {
  return work.trains === 'adapters' && work.trainsEmbeddings ? trainingShape(work.model).embeddingParameters : 0
}

/** Parameters that get gradients. */
export function trainedParameters(work: TrainingWork): number {
  return work.trains === 'all' ? work.model.parameters : adapterParameters(work) + trainedEmbeddingParameters(work)
}

/** Bytes of one stored weight of the base model. */
export function baseWeightBytes(work: TrainingWork, precision: string): number {
  if (work.base !== 'computed') return (WEIGHT_BITS[work.base] ?? 8) / 8
  return precision === 'fp32' || precision === 'tf32' || precision === 'fp64' ? 4 : 2
}

/** Stored weights of the fullest pipeline stage on one accelerator before ZeRO divides them: dense and routed apart, since experts are spread differently. */
export function weightsPerAccelerator(shape: TrainingShape, layout: TrainingLayout): {readonly dense: number; readonly routed: number} {
  const layers = Math.ceil(shape.model.layers / layout.pp)
  const ends = layout.pp === 1 ? shape.embeddingParameters : shape.headParameters
  return {
    dense: (shape.denseParametersPerLayer * layers + ends) / layout.tp,
    routed: (shape.routedParameters * (layers / shape.model.layers)) / (layout.ep > 1 ? layout.ep : layout.tp),
  }
}

/** Accelerators over which data parallelism spreads dense and routed weights. */
export function dataParallelGroups(layout: TrainingLayout): {readonly dense: number; readonly routed: number} {
  const dense = layout.dp * layout.cp
  return {dense, routed: layout.ep > 1 ? Math.max(1, (dense * layout.tp) / layout.ep) : dense}
}

/** Accelerators that links of a node's kind join: a node, or the whole rack where NVLink reaches through it. */
export function linkDomain(hardware: Hardware): number {
  const perNode = Math.max(1, Math.floor(hardware.acceleratorsPerNode))
  return hardware.network?.kind === 'nvlink-rack' ? perNode * hardware.nodes : perNode
}

/** Seconds per optimizer step that no implementation beats: the model's FLOP at dense peak on all accelerators. */
export function stepLowerBoundSeconds(work: TrainingWork, hardware: Hardware, precision: string, sequences: number): number {
  const peak = Math.max(peakFlops(hardware.accelerator, precision) ?? 0, isLowPrecision(precision) ? (peakFlops(hardware.accelerator, 'bf16') ?? 0) : 0)
  const accelerators = Math.max(hardware.acceleratorsPerNode * hardware.nodes, 1e-9)
  const shape = trainingShape(work.model)
  const headGradient = work.trains === 'adapters' && work.trainsEmbeddings ? 2 * shape.headParameters : 0
  const flops = (modelFlopsPerToken(shape, work.sequenceLength, work.trains === 'all') + headGradient) * work.sequenceLength * sequences
  return peak === 0 ? 0 : flops / (peak * accelerators)
}

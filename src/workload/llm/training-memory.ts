import type {Hardware, MemoryLine} from '../../performance/types.ts'
import {isLowPrecision, type TrainingFactors} from './training-factors.ts'
import type {TrainingShape} from './training-shape.ts'
import {trainingShape} from './training-shape.ts'
import type {TrainingLayout, TrainingWork} from './training.ts'
import {adapterParameters, baseWeightBytes, dataParallelGroups, optimizerStateBytes, trainedEmbeddingParameters, trainedParameters, virtualStages, weightsPerAccelerator} from './training.ts'

const GIB = 2 ** 30

/** Bytes on the fullest accelerator that do not depend on the micro-batch, and bytes per sequence of it. */
export interface TrainingMemory {
  readonly lines: readonly MemoryLine[]
  readonly neededGib: number
  /** What would be needed without activations: no micro-batch helps below this. */
  readonly staticGib: number
  readonly perSequenceGib: number
}

/**
 * Bytes of saved activations per token and layer (16 bit), one accelerator's share under tensor and sequence
 * parallelism: what Korthikanti et al. 2022 count, by width instead of by multiples of the hidden size, with
 * FlashAttention (the 5·a·s/h term is gone) and without dropout masks. For h, 4h, no gate: 32·h.
 *
 * - none: inputs of the norms (models with RMSNorm, recognised by their gated MLP, keep a 32-bit copy: +8·h), of every matmul, the queries,
 *   keys, values, and the MLP's inner values;
 * - selective: the attention output and every second matmul's output, the rest is computed again (as torchtitan's per-operator policy);
 * - full: the layer's input only.
 */
export function activationBytesPerTokenPerLayer(shape: TrainingShape, checkpointing: TrainingLayout['checkpointing']): number {
  const {hidden} = shape.model
  const mixtureShare = shape.experts === 0 ? 0 : shape.mixtureLayers / shape.model.layers
  const routed = shape.expertsPerToken * mixtureShare
  const attention = shape.queryWidth + shape.keyValueWidth
  const intermediate = shape.denseIntermediate + routed * shape.expertIntermediate
  if (checkpointing === 'full') return 2 * hidden
  if (checkpointing === 'selective') return 2 * (2 * hidden + attention / 2 + shape.queryWidth + (shape.inputsOfMlp * intermediate) / 2 + routed * hidden)
  const normCopies = shape.inputsOfMlp === 2 ? 4 * hidden : 0
  return 2 * (4 * hidden + normCopies + attention + shape.queryWidth + (shape.inputsOfMlp === 2 ? 4 : 2) * intermediate + routed * 2 * hidden)
}

/**
 * The same with Megatron's fused kernels (Transformer Engine): norms keep their 16-bit input alone, gate and up stand once, and inputs of
 * matmuls are kept in the format they are multiplied in. Selective recomputation makes outputs of norms and activation functions again, no matmul.
 */
function fusedActivationBytes(shape: TrainingShape, checkpointing: TrainingLayout['checkpointing'], low: boolean): number {
  const {hidden} = shape.model
  if (checkpointing === 'full') return 2 * hidden
  const mixtureShare = shape.experts === 0 ? 0 : shape.mixtureLayers / shape.model.layers
  const routed = shape.expertsPerToken * mixtureShare
  const intermediate = shape.denseIntermediate + routed * shape.expertIntermediate
  const width = low ? 1 : 2
  const made = checkpointing === 'selective' ? 0 : width * (2 * hidden + intermediate)
  // Attention keeps its 16-bit output for its own backward pass, the projection behind it a narrow copy.
  const attention = 2 * (shape.queryWidth + shape.keyValueWidth) + 2 * shape.queryWidth + (low ? shape.queryWidth : 0)
  return made + 4 * hidden + attention + 2 * shape.inputsOfMlp * intermediate + routed * width * shape.expertHidden
}

const FUSED = /^(?:megatron|nemo)$/

/** Saved activations per token and layer as the runtime and the precision of a layout keep them. */
export function savedBytesPerTokenPerLayer(shape: TrainingShape, {runtime, precision, checkpointing}: Pick<TrainingLayout, 'runtime' | 'precision' | 'checkpointing'>): number {
  return FUSED.test(runtime) ? fusedActivationBytes(shape, checkpointing, isLowPrecision(precision)) : activationBytesPerTokenPerLayer(shape, checkpointing)
}

/** Logits and their gradient in 16 bit, one over the other but for the buffer of the matmul behind. */
const FUSED_LOSS_BYTES = 4
/** Of saved activations where layers are compiled: cheap ones are made again in the backward pass. An assumption. */
const COMPILED_ACTIVATIONS = 0.85
/** Buffers of loading ÷ weights: a shard on its way. An assumption. */
const LOADING_BUFFER = 0.15

/** Packed linear layers keep inputs and outputs in copies of their own, in the 16 bit that they compute in; where layers are made again, one layer's. */
function packedCopies(work: TrainingWork, shape: TrainingShape, layout: TrainingLayout): number {
  return work.base === 'computed' || layout.checkpointing !== 'none' ? 0 : (2 * ((shape.inputsOfMlp + 1) * shape.denseIntermediate + work.model.hidden)) / layout.tp
}

function loadingBytes(work: TrainingWork, layout: TrainingLayout): number {
  return work.model.parameters * baseWeightBytes(work, layout.precision) * (1 + 1 / dataParallelGroups(layout).dense + LOADING_BUFFER)
}

/** The line that no allocator counts: context, buffers of libraries, and holes between blocks that come and go. */
export const RESERVE = 'context, collectives, allocator'

/** A chunked loss holds this many tokens' logits at a time, in 32 bit with their gradient. */
const CHUNK_TOKENS = 1024

/**
 * Memory of the fullest accelerator, line by line. Weights, gradients and optimizer states are divided as ZeRO divides
 * them (Rajbhandari et al. 2020): stage 1 the states, stage 2 the gradients too, stage 3 the weights too. The first
 * pipeline stage holds as many micro-batches in flight as there are stages (1F1B); the last one holds the logits.
 */
export function trainingMemory(work: TrainingWork, layout: TrainingLayout, factors: TrainingFactors): TrainingMemory {
  const shape = trainingShape(work.model)
  const {model} = shape
  const weights = weightsPerAccelerator(shape, layout)
  const groups = dataParallelGroups(layout)
  const stored = baseWeightBytes(work, layout.precision)
  const width = stored < 2 ? 2 : stored
  const trainedShare = work.trains === 'all' ? 1 : adapterParameters(work) / model.parameters
  const split = (from: number, bytesPerParameter: number): number =>
    layout.zeroStage >= from
      ? (weights.dense / groups.dense + weights.routed / groups.routed) * bytesPerParameter
      : (weights.dense + weights.routed) * bytesPerParameter
  const onHost = layout.offload
  const layers = Math.ceil(model.layers / layout.pp)

  const embeddingKept = work.base !== 'computed' ? (shape.embeddingParameters / layout.tp / (layout.zeroStage === 3 ? groups.dense : 1)) * (2 - stored) : 0
  const weightBytes = onHost === 'all' ? 0 : split(3, stored) + embeddingKept
  const adapterBytes = work.trains === 'adapters' ? split(4, trainedShare * (work.masterWeights ? 4 : 2)) : 0
  // Gradients have the type of what they belong to: adapters beside a 16-bit base are trained in 32 bit.
  const gradientWidth = work.trains === 'adapters' && work.masterWeights ? 4 : width
  const gradientBytes = onHost === 'all' || work.implementation?.fusedOptimizer === true ? 0 : split(2, gradientWidth * trainedShare) + (work.implementation?.wideGradients === true && onHost === 'none' ? split(1, 4 * trainedShare) : 0)
  const stateWidth = optimizerStateBytes(work.optimizer, work.masterWeights) + (work.masterWeights && work.trains === 'all' ? 4 : 0)
  const stateBytes = onHost === 'none' ? split(1, stateWidth * trainedShare) : 0
  // Copies of embedding and head keep the 16-bit type of the base, their gradients and states too.
  const embeddingBytes = embeddingCopyBytes(work, layout, groups.dense)
  const referenceBytes = work.referenceWeights && onHost !== 'all' ? split(3, 2) : 0
  // Stage 3 and streamed weights keep the layer at work and the next one whole; stage 3 also that layer's gradients. In a pipeline
  // the stage stays whole for the step, or each micro-batch would gather it again (torchtitan's default).
  const gatheredLayers = layout.zeroStage === 3 && layout.pp > 1 ? layers : layout.zeroStage === 3 || onHost === 'all' ? Math.min(2, layers) : 0
  const perLayer = (shape.denseParametersPerLayer + shape.routedParameters / model.layers / Math.max(1, layout.ep)) / layout.tp
  // Embedding or head stand whole beside the layers, with their gradient; in a pipeline the stage's gradients are summed in 32 bit.
  const ends = layout.zeroStage === 3 ? (shape.headParameters / layout.tp) * (2 + (work.trains === 'all' ? 2 : 0)) : 0
  const gatheredBytes = ends + gatheredLayers * perLayer * (work.base !== 'computed' ? stored : 2) + (gatheredLayers > 0 && work.trains === 'all' ? perLayer * (layout.pp > 1 ? 4 * gatheredLayers : 2) : 0)
  const unpackedBytes = work.base !== 'computed' ? perLayer * 2 : 0

  const tokens = (layout.microBatch * work.sequenceLength) / layout.cp
  const chunks = virtualStages(work, layout)
  // Interleaving keeps (pp − 1) / (pp · v) more (Korthikanti et al. 2022, §5).
  const inFlight = layout.pp === 1 ? 1 : Math.min(layout.pp, layout.microBatches) * (chunks === 1 ? 1 : 1 + (layout.pp - 1) / (layout.pp * chunks))
  const saved = (savedBytesPerTokenPerLayer(shape, layout) * layers * inFlight) / layout.tp
  const kept = work.implementation?.offloadedActivations === true ? 0 : saved
  const working =
    layout.checkpointing === 'none' ? 0 : savedBytesPerTokenPerLayer(shape, {...layout, checkpointing: 'none'}) / layout.tp
  // Frozen layers keep the inputs of their adapters; nothing else changes.
  const compiled = work.implementation?.compiled === true ? COMPILED_ACTIVATIONS : 1
  const perToken = factors.activationMemory * compiled
  const activationBytes = tokens * (kept + working + packedCopies(work, shape, layout) * layers) * perToken
  const lossTokens = work.chunkedLoss ? Math.min(tokens, CHUNK_TOKENS) : tokens
  const perLogit = work.implementation?.fusedLoss === true ? Math.min(FUSED_LOSS_BYTES, factors.lossBytes) : factors.lossBytes
  const lossBytes = (lossTokens * model.vocab * perLogit) / layout.tp
  // Early stages hold more micro-batches, the last one the logits: the fuller of the two counts.
  const lastStageSaved = layout.pp === 1 ? activationBytes : tokens * (kept / inFlight + working) * perToken
  const lossCounts = layout.pp === 1 || lastStageSaved + lossBytes > activationBytes
  const activationsCounted = lossCounts ? lastStageSaved : activationBytes
  const lossCounted = lossCounts ? lossBytes : 0

  const lines: MemoryLine[] = []
  const add = (item: string, bytes: number): void => {
    if (bytes > 0) lines.push({item, gib: bytes / GIB})
  }
  add(work.base === 'nf4' ? 'weights (4 bit)' : work.base === 'int8' ? 'weights (8 bit)' : 'weights', weightBytes)
  add('adapters', adapterBytes)
  add('gradients', gradientBytes)
  add('optimizer states', stateBytes)
  add('trained embeddings', embeddingBytes)
  add('reference model', referenceBytes)
  add('gathered layers', gatheredBytes)
  add('unpacked layer', unpackedBytes)
  const statics = lines.length
  add('activations', activationsCounted)
  add('logits and loss', lossCounted)
  // At the optimizer's step activations are gone: its temporaries count where they are more than that.
  add("optimizer's temporaries", temporaryBytes(work, layout, split(1, trainedShare)) - gatheredBytes - unpackedBytes - activationsCounted - lossCounted)
  // Loading may take more than training: the whole weights, the shard that is kept and a buffer between them.
  const running = weightBytes + adapterBytes + gradientBytes + stateBytes + embeddingBytes + referenceBytes + gatheredBytes + unpackedBytes + activationsCounted + lossCounted
  if (work.implementation?.loadsWhole === true && layout.zeroStage === 3) add('loading whole weights', loadingBytes(work, layout) - running)
  const fragmentsGib = (factors.fragmentation * (activationsCounted + lossCounted)) / GIB
  lines.push({item: RESERVE, gib: factors.reserveGib + fragmentsGib})
  let neededGib = 0
  let staticGib = factors.reserveGib
  for (let index = 0; index < lines.length; index++) {
    const {gib} = lines[index]!
    neededGib += gib
    if (index < statics) staticGib += gib
  }
  return {lines, neededGib, staticGib, perSequenceGib: ((activationsCounted + lossCounted) / GIB + fragmentsGib) / layout.microBatch}
}

/** PyTorch's optimizers walk through lists of tensors with intermediates as large as the parameters (`foreach`, torch.optim); fused ones need none. */
const FOREACH: ReadonlySet<string> = new Set(['pytorch'])
/** Sharded states are updated in groups of so many parameters (DeepSpeed's sub_group_size). */
const SUB_GROUP_PARAMETERS = 1e9

function temporaryBytes({optimizer, implementation, masterWeights}: TrainingWork, {runtime, offload, zeroStage}: TrainingLayout, trained: number): number {
  const listed = FOREACH.has(runtime) && (optimizer === 'adamw' || optimizer === 'lion') && offload === 'none' && implementation?.fusedOptimizer !== true
  return listed ? (masterWeights ? 4 : 2) * (zeroStage === 0 ? trained : Math.min(trained, SUB_GROUP_PARAMETERS)) : 0
}

/** Weights, gradients and states of trained embeddings on one accelerator; offloading takes the states. */
function embeddingCopyBytes(work: TrainingWork, layout: TrainingLayout, group: number): number {
  const parameters = trainedEmbeddingParameters(work) / layout.tp
  if (parameters === 0) return 0
  const {zeroStage, offload} = layout
  const states = offload === 'none' ? optimizerStateBytes(work.optimizer, false) / (zeroStage >= 1 ? group : 1) : 0
  return parameters * (2 / (zeroStage === 3 ? group : 1) + 2 / (zeroStage >= 2 ? group : 1) + states)
}

/** Bytes that the host of one node holds under offloading. */
export function offloadedBytesPerNode(work: TrainingWork, layout: TrainingLayout, acceleratorsPerNode: number): number {
  if (layout.offload === 'none') return 0
  const weights = weightsPerAccelerator(trainingShape(work.model), layout)
  const groups = dataParallelGroups(layout)
  const trainedShare = work.trains === 'all' ? 1 : trainedParameters(work) / work.model.parameters
  const shards = layout.zeroStage >= 1
  const here = (shards ? weights.dense / groups.dense + weights.routed / groups.routed : weights.dense + weights.routed)
  const states = here * trainedShare * (optimizerStateBytes(work.optimizer, work.masterWeights) + (work.masterWeights ? 4 : 0) + 4)
  const streamed = layout.offload === 'all' ? here * baseWeightBytes(work, layout.precision) : 0
  return (states + streamed) * acceleratorsPerNode
}

/** Share of a host's memory that offloaded states may take: the system, the data loader and pinned buffers need the rest. An assumption. */
const HOST_SHARE = 0.9

/** Memory that the host of each node must have for what is offloaded to it, GiB; 0 without offloading. */
export function hostGibNeeded(work: TrainingWork, layout: TrainingLayout, hardware: Hardware): number {
  const used = layout.tp * layout.pp * layout.dp * layout.cp
  return offloadedBytesPerNode(work, layout, Math.min(used, Math.max(1, hardware.acceleratorsPerNode))) / GIB / HOST_SHARE
}

/** Whether the host has room for what is offloaded to it. A host that nobody described is taken at the user's word. */
export function hostHolds(work: TrainingWork, layout: TrainingLayout, hardware: Hardware): boolean {
  return layout.offload === 'none' || hardware.host.memoryGib === undefined || hostGibNeeded(work, layout, hardware) <= hardware.host.memoryGib
}

/** What has to be written at a checkpoint: the weights in 16 bit and the optimizer's states (32-bit copy included), or just the adapters with theirs. */
export function checkpointBytes(work: TrainingWork): number {
  const perParameter = 2 + optimizerStateBytes(work.optimizer, work.masterWeights) + (work.masterWeights ? 4 : 0)
  const embeddings = trainedEmbeddingParameters(work)
  return (trainedParameters(work) - embeddings) * perParameter + embeddings * (2 + optimizerStateBytes(work.optimizer, false))
}

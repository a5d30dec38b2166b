import type {Accelerator} from '../../catalog/schema.ts'
import {baseWeightBytes, hasLowRank} from './training.ts'
import {kvCacheBytes} from './architecture.ts'
import type {StepContext} from './training-context.ts'
import {isLowPrecision} from './training-factors.ts'
import {attentionFlopsPerTokenForward, averageContext} from './training-shape.ts'

/** What a micro-batch does on one accelerator, operator by operator. Formulas: docs/models/llm-training.md. */

/** Rows × columns of an output tile of today's matmul kernels (NVIDIA, Matrix Multiplication Background User's Guide: the most efficient of the usual sizes). */
const TILE_ROWS = 128
const TILE_COLUMNS = 256
/** The last wave of tiles is half full on average: w / (w + ½) with w waves (wave quantisation, same guide). */
const TAIL_WAVES = 0.5
/** Rate that tiles of half and of a quarter of the size reach ÷ the rate of whole ones (same guide, figure of tile sizes). */
const HALF_TILE_RATE = 0.9
const QUARTER_TILE_RATE = 0.75
/**
 * Values of width h that a state-space or linear-attention layer moves beside its matmuls: convolution, scan over chunks and gated norm at an
 * inner width of 2·h (Dao & Gu 2024, arXiv 2405.21060).
 */
const RECURRENT_WIDTHS = 24

/** One forward pass of some operator, on one accelerator. */
export interface ForwardPass {
  readonly seconds: number
  readonly flops: number
  readonly bytes: number
}

const NOTHING: ForwardPass = {seconds: 0, flops: 0, bytes: 0}

/** Matmuls of all layers but the routed experts, one forward pass: a kernel loads the next tiles while it multiplies, so FLOP ÷ rate and bytes ÷ bandwidth add as squares. */
export function denseForward({work, layout: {tp}, shape, rates, tokens, layers}: StepContext): ForwardPass {
  const {hidden} = work.model
  const attentionIn = (shape.queryWidth + shape.keyValueWidth) / tp
  const attentionOut = shape.queryWidth / tp
  const mlpIn = (shape.inputsOfMlp * shape.denseIntermediate) / tp
  const mlpOut = shape.denseIntermediate / tp
  const flops = (2 * tokens * shape.denseParametersPerLayer) / tp
  const attentionShare = shape.attentionParametersPerLayer / shape.denseParametersPerLayer
  const slowdown =
    attentionShare * 0.5 * (tail(tokens, attentionIn, rates.processors) + tail(tokens, hidden, rates.processors)) +
    (1 - attentionShare) * 0.5 * (tail(tokens, mlpIn, rates.processors) + tail(tokens, hidden, rates.processors))
  const bytes =
    2 * tokens * (hidden + attentionIn + attentionOut + hidden + hidden + mlpIn + mlpOut + hidden) + (2 * shape.denseParametersPerLayer) / tp
  return {seconds: Math.hypot((flops * slowdown) / rates.matmulFlops, bytes / rates.matmulBandwidth) * layers, flops: flops * layers, bytes: bytes * layers}
}

/** Routed experts of all mixture layers of the stage, one forward pass. */
export function expertForward({work, layout: {tp, ep}, shape, rates, factors, weights, tokens, layers, mixtureLayers}: StepContext): ForwardPass {
  if (mixtureLayers <= 0) return NOTHING
  const perToken = shape.routedParametersPerToken * (layers / work.model.layers)
  const flops = (2 * tokens * perToken) / tp
  const rowsPerExpert = (tokens * shape.expertsPerToken * (ep > 1 ? ep / tp : 1)) / shape.experts
  // A tile is never less than full: rows are padded to the tile, half a tile on average per expert.
  const padding = (rowsPerExpert + TILE_ROWS / 2) / Math.max(rowsPerExpert, 1)
  const moved = ((tokens * shape.expertsPerToken) / tp) * 2 * (6 * shape.expertHidden + (shape.inputsOfMlp + 1) * shape.expertIntermediate) * mixtureLayers
  return {
    seconds: (flops * Math.min(padding, 4)) / (rates.matmulFlops * factors.mixture) + (2 * weights.routed) / rates.matmulBandwidth + moved / rates.bandwidth,
    flops,
    bytes: 2 * weights.routed + moved,
  }
}

/**
 * Bytes that a score costs in one forward pass where scores stand in memory: written, read and written by mask and softmax, by dropout with its mask, read for the values.
 */
const SCORE_BYTES = 13

/**
 * Rate of older attention kernels ÷ the newest's: the first generation reaches half of the second (Dao 2023, arXiv 2307.08691), and neither has the
 * asynchronous matmuls that Hopper and later need, which halves it there (Shah et al. 2024, arXiv 2407.08608).
 */
function attentionRate(generation: 1 | 2 | 3, {architecture}: Accelerator): number {
  const asynchronous = /^(?:hopper|blackwell-datacenter)$/.test(architecture)
  return generation === 3 ? 1 : (generation === 1 ? 0.6 : 1) * (asynchronous ? 0.5 : 1)
}

/** Attention scores and values, one forward pass; always 16 bit. Fused, its bytes are those of the elementwise work around it. */
export function attentionForward({work, hardware, layout: {tp}, shape, rates, factors, tokens, layers}: StepContext): ForwardPass {
  const flops = (attentionFlopsPerTokenForward(shape, work.sequenceLength) * tokens * (layers / work.model.layers)) / tp
  const generation = work.implementation?.attention ?? 3
  if (generation !== 'materialised') return {seconds: flops / (rates.wideFlops * factors.attention * attentionRate(generation, hardware.accelerator)), flops, bytes: 0}
  const bytes = (SCORE_BYTES * work.model.heads * work.sequenceLength * tokens * layers) / tp
  return {seconds: (2 * flops) / rates.wideFlops + bytes / rates.bandwidth, flops: 2 * flops, bytes}
}

/**
 * Casting for 8- and 4-bit matmuls, all passes: inputs of the linear layers are read in 16 bit and written narrow, as they are and transposed, gradients of
 * their outputs too. One scale per row needs the rows read before, and the columns for the backward pass.
 * LLM.int8() reads a forward pass's inputs for their largest values and its outliers, and again to narrow them, and scales 32-bit sums to 16 bit (Dettmers et al. 2022, §3).
 */
export function castingWork({work, layout, shape, rates, passes, tokens, layers}: StepContext): {readonly seconds: number; readonly bytes: number} {
  const forwardOnly = work.base === 'int8'
  if (!forwardOnly && !isLowPrecision(layout.precision)) return {seconds: 0, bytes: 0}
  const {hidden} = work.model
  const routed = (shape.expertsPerToken * shape.mixtureLayers) / work.model.layers
  const intermediate = shape.denseIntermediate + routed * shape.expertIntermediate
  const inputs = 2 * hidden + shape.queryWidth + intermediate + routed * shape.expertHidden
  const gradients = shape.queryWidth + shape.keyValueWidth + 2 * hidden + shape.inputsOfMlp * intermediate + routed * shape.expertHidden
  if (forwardOnly) {
    // As many outputs as there are gradients of them.
    const bytes = (tokens * (5 * inputs + 10 * gradients) * passes.forward * layers) / layout.tp
    return {seconds: bytes / rates.bandwidth, bytes}
  }
  const bytes = (4 * tokens * (inputs * passes.forward + gradients) * layers * (work.implementation?.rowwiseScaling === true ? 3 : 1)) / layout.tp
  return {seconds: bytes / rates.bandwidth, bytes}
}

/** Bytes of elementwise work that a compiler leaves over by fusing kernels: an assumption. */
const COMPILED_SHARE = 0.4

/** Norms, residuals, rotary embedding, activation function and adapters, all passes: bound by memory. */
export function elementwise({work, layout: {tp}, shape, rates, factors, passes, tokens, layers}: StepContext): {readonly seconds: number; readonly bytes: number; readonly adapterBytes: number} {
  const {hidden} = work.model
  const recurrentWidth = shape.recurrentShare * RECURRENT_WIDTHS * hidden * factors.recurrent
  const mlpIn = (shape.inputsOfMlp * shape.denseIntermediate) / tp
  const mlpOut = shape.denseIntermediate / tp
  const perPass = ((2 * tokens * (10 * hidden + recurrentWidth + 2 * (shape.queryWidth + shape.keyValueWidth) + (shape.inputsOfMlp + 1) * shape.denseIntermediate)) / tp) * layers
  const adaptersPerPass =
    hasLowRank(work) ? ((2 * tokens * (8 * hidden + 2 * (shape.queryWidth + shape.keyValueWidth) + 2 * mlpIn * tp + mlpOut * tp)) / tp) * layers : 0
  const kernels = factors.elementwise * (work.implementation?.compiled === true ? COMPILED_SHARE : 1)
  const bytes = perPass * passes.elementwise * kernels
  const adapterBytes = adaptersPerPass * (passes.forward + 2) * kernels
  return {seconds: (bytes + adapterBytes) / rates.bandwidth, bytes, adapterBytes}
}

/** Output head and loss on the last stage, all passes; 20 bytes per token and vocabulary entry for the softmax in 32 bit. */
export function outputHead({work, layout: {tp}, shape, rates, passes, tokens, headShare}: StepContext): ForwardPass {
  const flops = ((2 * tokens * shape.headParameters) / tp) * passes.head * headShare
  const bytes = ((20 * tokens * work.model.vocab) / tp) * headShare
  return {seconds: flops / rates.wideFlops + bytes / rates.bandwidth, flops, bytes}
}

/** A chain of elementwise kernels writes the unpacked integers in 16 bit and reads them again. */
const STEPWISE_BYTES = 4

/** Seconds of unpacking a packed base for each pass: 0.516 bytes read in 4 bit (Dettmers et al. 2023) or 1 in 8, and 2 written per weight. LLM.int8() multiplies as it stores and unpacks for the backward pass alone. */
export function unpackingSeconds({work, factors, rates, passes, weights}: StepContext): number {
  if (work.base === 'computed' || work.trains !== 'adapters') return 0
  const perWeight = baseWeightBytes(work, 'bf16') + 2 + (work.implementation?.unpacksStepwise === true ? STEPWISE_BYTES : 0)
  const unpacked = work.base === 'int8' ? 1 : passes.forward + 1
  return ((weights.dense + weights.routed) * perWeight * unpacked) / (rates.nominalBandwidth * factors.dequantise)
}

/** Kernels of a linear layer whose base is packed ÷ of one that is not: 4 bit is unpacked first; LLM.int8() scales, looks for outliers and multiplies twice. */
const BASE_LAUNCHES = {computed: 1, nf4: 1.4, int8: 4} as const
/** Kernels that a compiler leaves over: an assumption. */
const COMPILED_LAUNCHES = 0.6
/** Embedding, head, loss and the micro-batch's own work launch about as many kernels as so many layers. */
const ENDS = 1.5
/** Of the launches of a step that is recorded once and replayed; an assumption that decides little, as such steps are bound by the device. */
const RECORDED_SHARE = 0.1

/** Seconds the host takes to launch the kernels of a micro-batch one by one; a device that finishes sooner waits for it. */
export function launchSeconds({work, layout, factors, passes, layers, mixtureLayers}: StepContext): number {
  // Adapters and unpacking add kernels to each linear layer; by how much is an assumption that the fitted overheads absorb in part.
  const launches = (1 + (passes.recomputedLinear + work.extraForwardPasses) / 3) * (hasLowRank(work) ? 1.5 : 1) * BASE_LAUNCHES[work.base] * (work.implementation?.compiled === true ? COMPILED_LAUNCHES : 1)
  // Pipelines gather once per step, not for each micro-batch.
  const gathering = layout.zeroStage === 3 && layout.pp === 1 ? factors.shardingOverheadSeconds * layers : 0
  return ((factors.layerOverheadSeconds * (layers + ENDS) + factors.mixtureOverheadSeconds * mixtureLayers) * launches + gathering) * (work.implementation?.recordedLaunches === true ? RECORDED_SHARE : 1)
}

/** Slow-down of a matmul by its half-empty last wave of tiles: (w + ½) / w; libraries take smaller tiles where that is better, which reach less. 1 where the number of processors is unknown. */
function tail(rows: number, columns: number, processors: number): number {
  if (processors === 0 || columns < 1) return 1
  const waves = (Math.max(rows, 1) / TILE_ROWS) * (Math.max(columns, 1) / TILE_COLUMNS) / processors
  return Math.min((waves + TAIL_WAVES) / waves, (waves + TAIL_WAVES / 2) / waves / HALF_TILE_RATE, (waves + TAIL_WAVES / 4) / waves / QUARTER_TILE_RATE, 8)
}

/**
 * Generation of the completions of one step (GRPO): each replica decodes its share in waves as large as memory holds;
 * a decode step reads the weights and the KV caches and does 2·active FLOP per sequence. Nothing where nothing is sampled.
 */
export function rollout({work, hardware, layout, shape, rates}: StepContext): ForwardPass {
  const plan = work.rollout
  if (plan === undefined) return NOTHING
  const accelerators = layout.tp * layout.pp * layout.cp
  const sequences = layout.sequencesPerStep / layout.dp
  const weights = work.model.parameters * baseWeightBytes(work, layout.precision)
  const memory = hardware.accelerator.memoryGib * 2 ** 30 * accelerators * 0.9
  const perSequence = kvCacheBytes(work.model, plan.promptTokens + plan.completionTokens, 2)
  const concurrent = Math.max(1, Math.min(sequences, (memory - weights) / perSequence))
  const waves = sequences / concurrent
  const meanCache = kvCacheBytes(work.model, plan.promptTokens + plan.completionTokens / 2, 2)
  const decodeSteps = waves * plan.completionTokens
  const bytes = (decodeSteps * (weights + concurrent * meanCache)) / accelerators
  const decodeFlops = decodeSteps * 2 * (shape.denseParametersPerLayer * work.model.layers + shape.routedParametersPerToken + shape.headParameters) * concurrent
  const promptFlops =
    (2 * (shape.denseParametersPerLayer * work.model.layers + shape.routedParametersPerToken) +
      shape.attentionFlopsPerContext * shape.fullAttentionLayers * averageContext(plan.promptTokens, undefined)) *
    plan.promptTokens * (sequences / plan.completionsPerPrompt)
  const flops = (decodeFlops + promptFlops) / accelerators
  return {seconds: bytes / rates.bandwidth + flops / rates.matmulFlops, flops, bytes}
}

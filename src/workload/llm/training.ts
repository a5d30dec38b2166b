import type {LanguageModel} from '../../catalog/schema.ts'
import type {Hardware, Operator} from '../../performance/types.ts'
import {allGatherSeconds, allReduceSeconds, allToAllSeconds, sendSeconds} from '../../performance/collectives.ts'
import {peakFlops} from '../../performance/peak.ts'
import {kvCacheBytes, WEIGHT_BITS} from './architecture.ts'
import type {TrainingFactors} from './training-factors.ts'
import {isLowPrecision, sustainedFlops} from './training-factors.ts'
import type {TrainingShape} from './training-shape.ts'
import {attentionFlopsPerTokenForward, averageContext, modelFlopsPerToken, trainingShape} from './training-shape.ts'

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
  /** `adapters`: the base is frozen and low-rank matrices are trained (LoRA, QLoRA). */
  readonly trains: 'all' | 'adapters'
  readonly rank: number
  /** How the frozen base is stored: `nf4` under QLoRA, else as computed. */
  readonly base: 'computed' | 'nf4'
  readonly optimizer: Optimizer
  /** A 32-bit copy of the weights in the optimizer, as mixed precision keeps it (Micikevicius et al. 2018). */
  readonly masterWeights: boolean
  /** Forward passes beside the trained one: 1 for the frozen reference of DPO, 2 for GRPO (old policy and reference). */
  readonly extraForwardPasses: number
  /** Whether that reference needs weights of its own (with adapters it is the base itself). */
  readonly referenceWeights: boolean
  /** The loss is computed in chunks, so that the logits of a micro-batch never stand in memory as a whole. */
  readonly chunkedLoss: boolean
  readonly rollout: {readonly promptTokens: number; readonly completionTokens: number; readonly completionsPerPrompt: number} | undefined
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

/** One optimizer step: the operators sum to `seconds`. */
export interface TrainingStep {
  readonly seconds: number
  readonly operators: readonly Operator[]
  /** FLOP of one accelerator that the hardware really executes, recomputation included. */
  readonly flopsPerAccelerator: number
  readonly bytesPerAccelerator: number
  /** Seconds of communication, hidden or not, inside nodes and between them. */
  readonly linkSeconds: number
  readonly hostSeconds: number
  readonly computeSeconds: number
  readonly memorySeconds: number
}

/** Weights read by matmuls come in whole lines at close to the nominal rate (STREAM-like kernels reach 0.85–0.93). */
const MATMUL_BANDWIDTH_SHARE = 0.85
/** Rows × columns of an output tile of today's matmul kernels. */
const TILE_ROWS = 128
const TILE_COLUMNS = 256
/** The last wave of tiles is half full on average: w / (w + ½) with w waves. */
const TAIL_WAVES = 0.5
/** Effective ÷ nominal PCIe rate of large copies. */
const PCIE_SHARE = 0.8
const PCIE_BYTES_PER_SECOND: Readonly<Record<number, number>> = {3: 15.75e9, 4: 31.5e9, 5: 63e9, 6: 126e9}
/** A host that updates offloaded weights streams its memory at about this rate per node (two sockets of DDR4/DDR5, half of nominal). */
const HOST_MEMORY_BYTES_PER_SECOND = 200e9
/**
 * Values of width h that a state-space or linear-attention layer moves beside its matmuls: convolution, scan over chunks and gated norm at an
 * inner width of 2·h (Dao & Gu 2024, arXiv 2405.21060).
 */
const RECURRENT_WIDTHS = 24
/** Share of a micro-batch's time that is its backward pass: gradients are there to be reduced meanwhile. */
const BACKWARD_SHARE = 0.6
/** Backward attention recomputes the scores: five matmuls against two (Dao et al. 2022). */
const ATTENTION_BACKWARD = 2.5
/** Collectives over TCP copy through the host and reach about half of what RDMA does on the same card. */
const TCP_SHARE = 0.5

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

/** Parameters that get gradients. */
export function trainedParameters(work: TrainingWork): number {
  return work.trains === 'all' ? work.model.parameters : trainingShape(work.model).adapterParametersPerRank * work.rank
}

/** Bytes of one stored weight of the base model. */
export function baseWeightBytes(work: TrainingWork, precision: string): number {
  if (work.base === 'nf4') return (WEIGHT_BITS['nf4'] ?? 4.127) / 8
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

/** Interleaved schedules split a stage into this many chunks (Narayanan et al. 2021); other runtimes run plain 1F1B. */
function interleaving(runtime: string, layersPerStage: number, microBatches: number, pp: number): number {
  return /megatron|nemo/.test(runtime) && microBatches >= pp ? Math.min(5, layersPerStage) : 1
}

/**
 * Time of one optimizer step, operator by operator. `undefined` = a link on the way is unknown or the precision does
 * not exist. Formulas: docs/models/llm-training.md.
 */
export function trainingStep(work: TrainingWork, hardware: Hardware, layout: TrainingLayout, factors: TrainingFactors): TrainingStep | undefined {
  const {accelerator} = hardware
  const shape = trainingShape(work.model)
  const {model} = shape
  const low = isLowPrecision(layout.precision)
  const sustained = sustainedFlops(accelerator, layout.precision)
  const peak = peakFlops(accelerator, layout.precision)
  if (sustained === undefined || peak === undefined) return undefined
  const wide = low ? (peakFlops(accelerator, 'bf16') === undefined ? 'fp16' : 'bf16') : layout.precision
  const wideSustained = sustainedFlops(accelerator, wide) ?? sustained
  const widePeak = peakFlops(accelerator, wide) ?? peak
  const wideRate = Math.min(widePeak, wideSustained * factors.compute * factors.software)
  const rate = low ? Math.min(peak, Math.max(wideRate, sustained * factors.compute * factors.software * factors.lowPrecisionCompute)) : wideRate
  const nominalBandwidth = accelerator.memoryBandwidthBytesPerSecond
  const bandwidth = Math.min(nominalBandwidth, nominalBandwidth * factors.memoryBandwidth)
  const matmulBandwidth = nominalBandwidth * MATMUL_BANDWIDTH_SHARE
  const processors = accelerator.multiprocessors ?? 0

  const {tp, pp, cp, dp, ep, microBatches} = layout
  const tokens = (layout.microBatch * work.sequenceLength) / cp
  const layers = Math.ceil(model.layers / pp)
  const mixtureLayers = shape.experts === 0 ? 0 : (shape.mixtureLayers / model.layers) * layers
  const recomputes = layout.checkpointing === 'full' ? 1 : 0
  // Selective recomputation does every second matmul and all elementwise work again, but not attention.
  const recomputedMatmuls = layout.checkpointing === 'full' ? 1 : layout.checkpointing === 'selective' ? 0.5 : 0
  const passesForward = 1 + recomputes + work.extraForwardPasses
  const passesBackward = work.trains === 'all' ? 2 : 1
  const linearPasses = 1 + recomputedMatmuls + work.extraForwardPasses + passesBackward

  // Dense matmuls of a layer, one forward pass.
  const {hidden} = model
  const attentionIn = (shape.queryWidth + shape.keyValueWidth) / tp
  const attentionOut = shape.queryWidth / tp
  const mlpIn = (shape.inputsOfMlp * shape.denseIntermediate) / tp
  const mlpOut = shape.denseIntermediate / tp
  const denseFlops = (2 * tokens * shape.denseParametersPerLayer) / tp
  const attentionShare = shape.attentionParametersPerLayer / shape.denseParametersPerLayer
  const slowdown =
    attentionShare * 0.5 * (tail(tokens, attentionIn, processors) + tail(tokens, hidden, processors)) +
    (1 - attentionShare) * 0.5 * (tail(tokens, mlpIn, processors) + tail(tokens, hidden, processors))
  const denseBytes =
    2 * tokens * (hidden + attentionIn + attentionOut + hidden + hidden + mlpIn + mlpOut + hidden) + (2 * shape.denseParametersPerLayer) / tp
  const denseSeconds = ((denseFlops * slowdown) / rate + denseBytes / matmulBandwidth) * layers

  // Routed experts, one forward pass over all mixture layers of the stage.
  let mixtureSeconds = 0
  let mixtureFlops = 0
  let mixtureBytes = 0
  if (mixtureLayers > 0) {
    const perToken = shape.routedParametersPerToken * (layers / model.layers)
    mixtureFlops = (2 * tokens * perToken) / tp
    const rowsPerExpert = (tokens * shape.expertsPerToken * (ep > 1 ? ep / tp : 1)) / shape.experts
    // A tile is never less than full: rows are padded to the tile, half a tile on average per expert.
    const padding = (rowsPerExpert + TILE_ROWS / 2) / Math.max(rowsPerExpert, 1)
    const weights = weightsPerAccelerator(shape, layout).routed
    const moved = ((tokens * shape.expertsPerToken) / tp) * 2 * (6 * hidden + (shape.inputsOfMlp + 1) * shape.expertIntermediate) * mixtureLayers
    mixtureBytes = 2 * weights + moved
    mixtureSeconds =
      (mixtureFlops * Math.min(padding, 4)) / (rate * factors.mixture) + (2 * weights) / matmulBandwidth + moved / bandwidth
  }

  // Attention scores and values.
  const attentionFlops =
    (attentionFlopsPerTokenForward(shape, work.sequenceLength) * tokens * (layers / model.layers)) / tp
  const attentionSeconds = attentionFlops / (wideRate * factors.attention)
  const attentionPasses = passesForward + ATTENTION_BACKWARD

  // Norms, residuals, rotary embedding, activation function: bound by memory.
  const activeIntermediate = shape.denseIntermediate
  const recurrentWidth = shape.recurrentShare * RECURRENT_WIDTHS * hidden
  const elementwiseBytes = ((2 * tokens * (10 * hidden + recurrentWidth + 2 * (shape.queryWidth + shape.keyValueWidth) + (shape.inputsOfMlp + 1) * activeIntermediate)) / tp) * layers
  const elementwisePasses = passesForward + 2 + (layout.checkpointing === 'selective' ? 1 : 0)
  const adapterBytes =
    work.trains === 'adapters' ? ((2 * tokens * (8 * hidden + 2 * (shape.queryWidth + shape.keyValueWidth) + 2 * mlpIn * tp + mlpOut * tp)) / tp) * layers : 0
  const elementwiseSeconds = (elementwiseBytes * elementwisePasses + adapterBytes * (passesForward + 2)) / bandwidth

  // Output head and loss, on the last stage.
  const headFlops = (2 * tokens * shape.headParameters) / tp
  const headPasses = 1 + work.extraForwardPasses + passesBackward
  const lossBytes = (20 * tokens * model.vocab) / tp
  const headSeconds = (headFlops * headPasses) / wideRate + lossBytes / bandwidth

  const dequantiseSeconds =
    work.base === 'nf4' && work.trains === 'adapters'
      ? ((weightsPerAccelerator(shape, layout).dense + weightsPerAccelerator(shape, layout).routed) * (0.516 + 2) * (passesForward + 1)) /
        (nominalBandwidth * factors.dequantise)
      : 0

  // Communication of one micro-batch.
  const width = 2
  const activationBytes = tokens * hidden * width
  const intra = factors.link
  const domain = linkDomain(hardware)
  const network = hardware.network?.rdma === false ? factors.network * TCP_SHARE : factors.network
  const acrossNodes = (extent: number): number => (extent > domain ? network : intra)
  const reducesPerLayer = ep > 1 && layers > 0 ? 2 - mixtureLayers / layers : 2
  const reduces = reducesPerLayer * (passesForward + 1) * layers
  const oneReduce = allReduceSeconds(hardware, tp, 1, activationBytes, acrossNodes(tp))
  const oneExchange = mixtureLayers > 0 && ep > 1 ? expertExchangeSeconds(hardware, ep, activationBytes / tp, shape.expertsPerToken, factors) : 0
  const ringBytes = (tokens * shape.keyValueWidth * width) / tp
  const oneRing = cp > 1 ? sendSeconds(hardware, tp, ringBytes, acrossNodes(tp * cp)) : 0
  const oneSend = pp > 1 ? sendSeconds(hardware, tp * cp * dp, activationBytes / tp, acrossNodes(tp * cp * dp * 2)) : 0
  if (oneReduce === undefined || oneExchange === undefined || oneRing === undefined || oneSend === undefined) return undefined
  const tensorSeconds = oneReduce * reduces
  const exchangeSeconds = oneExchange * 2 * (passesForward + 1) * mixtureLayers
  const ringSeconds = oneRing * (cp - 1) * (passesForward + 2) * layers
  const sendsSeconds = oneSend * 2

  const deviceSeconds =
    denseSeconds * linearPasses + mixtureSeconds * linearPasses + attentionSeconds * attentionPasses + elementwiseSeconds + headSeconds + dequantiseSeconds
  const exposedTensor = tensorSeconds * (1 - factors.tensorOverlap)
  const exposedExchange = exchangeSeconds * (1 - factors.tensorOverlap)
  const exposedRing = Math.max(ringSeconds * 0.1, ringSeconds - attentionSeconds * attentionPasses)
  const exposedSends = sendsSeconds * (1 - factors.overlap)

  // The host launches kernels one by one; a device that finishes sooner waits for it.
  const launches = (1 + (recomputedMatmuls + work.extraForwardPasses) / 3) * (work.trains === 'adapters' ? 1.5 : 1) * (work.base === 'nf4' ? 1.4 : 1)
  const hostMicroSeconds = (factors.layerOverheadSeconds * layers + factors.mixtureOverheadSeconds * mixtureLayers) * launches
  const busyMicroSeconds = deviceSeconds + exposedTensor + exposedExchange + exposedRing + exposedSends
  const waitingMicroSeconds = Math.max(0, hostMicroSeconds - busyMicroSeconds)

  // Sharded weights are gathered for each micro-batch, gradients reduced.
  const weights = weightsPerAccelerator(shape, layout)
  const groups = dataParallelGroups(layout)
  const weightWidth = baseWeightBytes(work, layout.precision)
  const trainedShare = work.trains === 'all' ? 1 : trainedParameters(work) / model.parameters
  const groupSeconds = (bytesPerParameter: number, share: number): number | undefined => {
    const dense = allGatherSeconds(hardware, groups.dense, tp, weights.dense * bytesPerParameter * share, acrossNodes(groups.dense * tp))
    const routed =
      weights.routed === 0 || groups.routed <= 1
        ? 0
        : allGatherSeconds(hardware, groups.routed, ep > 1 ? ep : tp, weights.routed * bytesPerParameter * share, acrossNodes(groups.dense * tp))
    return dense === undefined || routed === undefined ? undefined : dense + routed
  }
  const gather = groups.dense > 1 && layout.zeroStage === 3 ? groupSeconds(weightWidth, 1) : 0
  const reduce = groups.dense > 1 ? groupSeconds(width, trainedShare) : 0
  if (gather === undefined || reduce === undefined) return undefined
  // Pipelines gather the weights of their stage once per step.
  const gathersPerMicro = layout.zeroStage === 3 && pp === 1
  const perMicroData = gathersPerMicro ? gather * 2 + reduce : layout.zeroStage === 2 ? reduce : 0
  const perStepData = gathersPerMicro ? 0 : layout.zeroStage === 3 ? gather + reduce : layout.zeroStage === 2 ? reduce : 2 * reduce
  const workMicroSeconds = Math.max(busyMicroSeconds, hostMicroSeconds)
  // What is hidden shares the time there is to hide behind: first the micro-batch's own traffic, then the last backward pass.
  const hiddenMicroData = Math.min(perMicroData * factors.overlap, workMicroSeconds)
  const exposedMicroData = perMicroData - hiddenMicroData
  const exposedStepData = perStepData - Math.min(perStepData * factors.overlap, (workMicroSeconds - hiddenMicroData) * BACKWARD_SHARE)

  // Offloading moves gradients down and weights up once per step; everything, and the weights stream in for each pass.
  const trainedHere = ((weights.dense / shardsOf(layout, groups.dense)) + weights.routed / shardsOf(layout, groups.routed)) * trainedShare
  const pcie = (PCIE_BYTES_PER_SECOND[accelerator.pcieGeneration ?? 4] ?? 31.5e9) * PCIE_SHARE
  const stateBytes = optimizerStateBytes(work.optimizer, work.masterWeights) + (work.masterWeights ? 4 : 0)
  const updateBytes = trainedHere * (6 + 2 * stateBytes)
  const perNode = Math.max(1, Math.min(hardware.acceleratorsPerNode, tp * pp * cp * dp))
  const offloadStepSeconds =
    layout.offload === 'none' ? 0 : (trainedHere * 2 * width) / pcie + (updateBytes * perNode) / HOST_MEMORY_BYTES_PER_SECOND
  const offloadMicroSeconds =
    layout.offload === 'all' ? ((weights.dense / shardsOf(layout, groups.dense) + weights.routed / shardsOf(layout, groups.routed)) * weightWidth * 2) / pcie : 0
  const exposedOffloadMicro = Math.max(0, offloadMicroSeconds - (workMicroSeconds - hiddenMicroData) * (1 - BACKWARD_SHARE))
  const muonFlops = work.optimizer === 'muon' ? trainedHere * 30 * hidden : 0 // five Newton–Schulz steps of three matmuls (Jordan et al. 2024)
  const optimizerSeconds = layout.offload === 'none' ? updateBytes / bandwidth + muonFlops / wideRate : 0

  const chunks = interleaving(layout.runtime, layers, microBatches, pp)
  // The other stages have no output head.
  const bubbleSeconds = ((pp - 1) / chunks) * (Math.max(busyMicroSeconds - headSeconds, hostMicroSeconds) + exposedMicroData + exposedOffloadMicro)
  const rolloutSeconds = work.rollout === undefined ? 0 : rollout(work, work.rollout, hardware, layout, rate, bandwidth)
  const stepOverhead = factors.stepOverheadSeconds

  const operators: Operator[] = []
  const add = (name: string, seconds: number, bound: Operator['bound'], flops?: number, bytes?: number): void => {
    if (seconds <= 0) return
    const entry: {name: string; seconds: number; bound: Operator['bound']; flops?: number; bytes?: number} = {name, seconds, bound}
    if (flops !== undefined) entry.flops = flops
    if (bytes !== undefined) entry.bytes = bytes
    operators.push(entry)
  }
  const trainedPasses = linearPasses - recomputedMatmuls
  const m = microBatches
  add('matmuls of dense layers', denseSeconds * trainedPasses * m, 'compute', denseFlops * layers * trainedPasses * m, denseBytes * layers * trainedPasses * m)
  add('matmuls of experts', mixtureSeconds * trainedPasses * m, 'compute', mixtureFlops * trainedPasses * m, mixtureBytes * trainedPasses * m)
  add('attention', attentionSeconds * (attentionPasses - recomputes) * m, 'compute', attentionFlops * (attentionPasses - recomputes) * m)
  add(
    'recomputation', ((denseSeconds + mixtureSeconds) * recomputedMatmuls + attentionSeconds * recomputes) * m, 'compute',
    ((denseFlops * layers + mixtureFlops) * recomputedMatmuls + attentionFlops * recomputes) * m,
  )
  add('elementwise', elementwiseSeconds * m, 'memory-bandwidth', undefined, (elementwiseBytes * elementwisePasses + adapterBytes * (passesForward + 2)) * m)
  add('output head and loss', headSeconds * m, 'compute', headFlops * headPasses * m, lossBytes * m)
  add('unpacking of 4-bit weights', dequantiseSeconds * m, 'memory-bandwidth')
  add('tensor-parallel collectives', exposedTensor * m, tp > domain ? 'network' : 'link')
  add('expert exchange', exposedExchange * m, ep > domain ? 'network' : 'link')
  add('context ring', exposedRing * m, tp * cp > domain ? 'network' : 'link')
  add('pipeline hand-over', exposedSends * m, hardware.nodes > 1 ? 'network' : 'link')
  add('waiting for the host', waitingMicroSeconds * m, 'host')
  add('data-parallel collectives', exposedMicroData * m + exposedStepData, groups.dense * tp > domain ? 'network' : 'link')
  add('pipeline bubble', bubbleSeconds, 'overhead')
  add('optimizer', optimizerSeconds, 'memory-bandwidth', undefined, updateBytes)
  add('offload', offloadStepSeconds + exposedOffloadMicro * m, 'host')
  add('rollout', rolloutSeconds, 'memory-bandwidth')
  add('start of a step', stepOverhead, 'overhead')
  let seconds = 0
  for (const operator of operators) seconds += operator.seconds

  const computeMicro = denseSeconds * linearPasses + mixtureSeconds * linearPasses + attentionSeconds * attentionPasses + (headFlops * headPasses) / wideRate
  const bytes =
    (denseBytes * layers * linearPasses + mixtureBytes * linearPasses + elementwiseBytes * elementwisePasses + adapterBytes * (passesForward + 2) + lossBytes) * m + updateBytes
  return {
    seconds,
    operators,
    flopsPerAccelerator: (denseFlops * layers * linearPasses + mixtureFlops * linearPasses + attentionFlops * attentionPasses + headFlops * headPasses) * m,
    bytesPerAccelerator: bytes,
    linkSeconds: (tensorSeconds + exchangeSeconds + ringSeconds + sendsSeconds + perMicroData) * m + perStepData,
    hostSeconds: Math.min(hostMicroSeconds * m + offloadStepSeconds + stepOverhead, seconds),
    computeSeconds: computeMicro * m,
    memorySeconds: bytes / nominalBandwidth,
  }
}

/**
 * Seconds to hand every token to its experts: over the fast links one copy per expert; between nodes one copy per node,
 * which spreads it there (DeepSeek-V3 2024, §3.2.2). The slower of the two decides.
 */
function expertExchangeSeconds(hardware: Hardware, ep: number, bytesOfTokens: number, expertsPerToken: number, factors: TrainingFactors): number | undefined {
  const domain = linkDomain(hardware)
  const inside = Math.min(ep, domain)
  const within = allToAllSeconds(hardware, inside, 1, bytesOfTokens * expertsPerToken, factors.link)
  if (ep <= domain || within === undefined) return within
  const nodes = ep / inside
  const copies = nodes * (1 - (1 - 1 / nodes) ** expertsPerToken)
  const between = allToAllSeconds(hardware, ep, 1, bytesOfTokens * copies, factors.network)
  return between === undefined ? undefined : Math.max(within, between)
}

/** Accelerators that links of a node's kind join: a node, or the whole rack where NVLink reaches through it. */
export function linkDomain(hardware: Hardware): number {
  const perNode = Math.max(1, Math.floor(hardware.acceleratorsPerNode))
  return hardware.network?.kind === 'nvlink-rack' ? perNode * hardware.nodes : perNode
}

function shardsOf(layout: TrainingLayout, group: number): number {
  return layout.zeroStage >= 1 ? group : 1
}

/** Slow-down of a matmul by its half-empty last wave of tiles: (w + ½) / w. 1 where the number of processors is unknown. */
function tail(rows: number, columns: number, processors: number): number {
  if (processors === 0 || columns < 1) return 1
  const waves = (Math.max(rows, 1) / TILE_ROWS) * (Math.max(columns, 1) / TILE_COLUMNS) / processors
  return Math.min((waves + TAIL_WAVES) / waves, 8)
}

/**
 * Generation of the completions of one step (GRPO): each replica decodes its share in waves as large as memory holds;
 * a decode step reads the weights and the KV caches and does 2·active FLOP per sequence.
 */
function rollout(
  work: TrainingWork, plan: NonNullable<TrainingWork['rollout']>, hardware: Hardware, layout: TrainingLayout, rate: number, bandwidth: number,
): number {
  const shape = trainingShape(work.model)
  const accelerators = layout.tp * layout.pp * layout.cp
  const sequences = layout.sequencesPerStep / layout.dp
  const weights = work.model.parameters * baseWeightBytes(work, layout.precision)
  const memory = hardware.accelerator.memoryGib * 2 ** 30 * accelerators * 0.9
  const perSequence = kvCacheBytes(work.model, plan.promptTokens + plan.completionTokens, 2)
  const concurrent = Math.max(1, Math.min(sequences, (memory - weights) / perSequence))
  const waves = sequences / concurrent
  const meanCache = kvCacheBytes(work.model, plan.promptTokens + plan.completionTokens / 2, 2)
  const stepSeconds =
    (weights + concurrent * meanCache) / (bandwidth * accelerators) +
    (2 * (shape.denseParametersPerLayer * work.model.layers + shape.routedParametersPerToken + shape.headParameters) * concurrent) / (rate * accelerators)
  const promptFlops =
    (2 * (shape.denseParametersPerLayer * work.model.layers + shape.routedParametersPerToken) +
      shape.attentionFlopsPerContext * shape.fullAttentionLayers * averageContext(plan.promptTokens, undefined)) *
    plan.promptTokens * (sequences / plan.completionsPerPrompt)
  return waves * plan.completionTokens * stepSeconds + promptFlops / (rate * accelerators)
}

/** Seconds per optimizer step that no implementation beats: the model's FLOP at dense peak on all accelerators, or its weights read once. */
export function stepLowerBoundSeconds(work: TrainingWork, hardware: Hardware, precision: string, sequences: number): number {
  const peak = Math.max(peakFlops(hardware.accelerator, precision) ?? 0, isLowPrecision(precision) ? (peakFlops(hardware.accelerator, 'bf16') ?? 0) : 0)
  const accelerators = Math.max(hardware.acceleratorsPerNode * hardware.nodes, 1e-9)
  const flops = modelFlopsPerToken(trainingShape(work.model), work.sequenceLength, work.trains === 'all') * work.sequenceLength * sequences
  return peak === 0 ? 0 : flops / (peak * accelerators)
}

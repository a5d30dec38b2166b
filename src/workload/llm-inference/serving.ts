import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import {allReduceSeconds, allToAllSeconds, sendSeconds} from '../../performance/collectives.ts'
import {unpacksExperts} from '../../performance/load.ts'
import type {Hardware} from '../../performance/types.ts'
import {atSpeed, overlapsHost, type Factors} from './factors.ts'
import {formatOf, peakFlopsFor, WHOLE_FILE_RUNTIMES, type Format} from './format.ts'
import {numbersFor, stageStretch, STATE_BYTES_PER_ELEMENT, STATE_ELEMENTS_PER_HIDDEN, weightBytesOf, type Layout, type ModelNumbers} from './layout.ts'

/** One replica on its hardware, as rates and times per accelerator: all that the time formulas need. */
export interface Serving {
  readonly model: ModelNumbers
  readonly layout: Layout
  readonly format: Format
  readonly factors: Factors
  readonly memoryBytes: number
  readonly weightBytes: number
  readonly routedWeightBytes: number
  /** Fullest pipeline stage ÷ mean stage. */
  readonly stretch: number
  /** Read in every pass: shared weights and head, without the embedding look-up. */
  readonly sharedReadBytes: number
  readonly kvBytesPerToken: number
  readonly kvBytesPerWindowToken: number
  readonly stateBytes: number
  /** Of the shared matrices; of attention and output head, which multiply in 16 bit. */
  readonly sharedFlopsPerSecond: number
  readonly wideFlopsPerSecond: number
  /** Of a prompt's attention to itself. */
  readonly promptAttentionFlopsPerSecond: number
  readonly weightBytesPerSecond: number
  readonly kvBytesPerSecond: number
  readonly peakFlopsPerSecond: number
  readonly peakBytesPerSecond: number
  /** Replicas that share one set of experts. */
  readonly groups: number
  /** Accelerators over which whole experts are spread; their expected fullest lies so many standard deviations above the mean. */
  readonly expertRanks: number
  readonly expertRanksMaximum: number
  /** Bytes/s and FLOP/s in the experts, cut into shards as they are. */
  readonly expertBytesPerSecond: number
  readonly expertFlopsPerSecond: number
  /** Of every layer in a pass: launches, small kernels, quantising of operands. */
  readonly layerSeconds: number
  /** Seconds the host takes to launch a pass kernel by kernel. */
  readonly launchSeconds: number
  /** Seconds to write the weights of a stage out in 16 bit and read them again, for each chunk of a prompt. */
  readonly unpackSeconds: number
  /** Decoding is launched so as well. */
  readonly eager: boolean
  /** What the host does per sequence goes on beside the accelerator's work. */
  readonly hostOverlaps: boolean
  /** Attention reads all that is reserved for a sequence, whatever of it is filled. */
  readonly fixedShapes: boolean
  /** Seconds of a pass ÷ those of a rank on its own; 1 where ranks do not wait for each other. */
  readonly lockstep: number
  readonly allReduceLatencySeconds: number
  readonly allReduceSecondsPerByte: number
  readonly allToAllLatencySeconds: number
  readonly allToAllSecondsPerByte: number
  readonly sendLatencySeconds: number
  readonly sendSecondsPerByte: number
  readonly linkKnown: boolean
  /** Tokens that a pass looks at for each sequence, and how many of them it yields on average; 1 and 1 without speculation. */
  readonly passTokens: number
  readonly tokensPerPass: number
  /** Replicas that prefill only, for each that decodes; 0 = every replica does both. */
  readonly prefillersPerDecoder: number
  /** One batch at a time, instead of a sequence taking the place of any that ends. */
  readonly staticBatch: boolean
  /** Seconds that the cache of a prompt takes from one to the other. */
  readonly handOverSeconds: number
  /** Weights of experts are unpacked before they are multiplied. */
  readonly unpacksExperts: boolean
}

/**
 * Share of the printed clock that the board's power limit leaves to matmuls; half as wide operands take half the energy. Power falls with the
 * third power of the clock where the voltage falls along, and linearly below the voltage's floor: the exponent is fitted between them.
 */
function clockShare(accelerator: Accelerator, peak: number, operandBits: number, {computeWatts, clockExponent}: Factors): number {
  const {powerWatts} = accelerator
  if (powerWatts === undefined) return 1
  const wanted = (peak / 1e12) * (operandBits / 16) * computeWatts
  // A rounded corner: kernels differ, and the first of them throttle before the mean does.
  return (1 + (wanted / powerWatts) ** 4) ** (-clockExponent / 4)
}

const LARGE_MESSAGE_BYTES = 1e9

/** Runtimes that write packed weights out in 16 bit for the matmuls of a prompt, which the vendor's library does: llama.cpp's builds of May 2024, which are those that were measured; Metal unpacks in the kernel. */
const UNPACKS_FOR_PROMPTS: ReadonlySet<string> = new Set(['llama.cpp'])
const UNPACKED_BYTES = 2

/**
 * Runtimes that compile prompts and decoding for a number of tokens and its doubles: the token in the middle takes as long after 128 + 3,968 tokens as after
 * 2,048 + 2,048, and longer of 8,192, while the tokens/s of the first are up to a fifth more than that of the token in the middle (AWS Neuron's own tables).
 */
const FIXED_SHAPES: ReadonlySet<string> = new Set(['neuron'])
const LEAST_SHAPE = 128
/** The smallest shape that holds so many tokens. */
export const shapeFor = (tokens: number): number => LEAST_SHAPE * 2 ** Math.max(0, Math.ceil(Math.log2(tokens / LEAST_SHAPE)))
/** Runtimes that launch each step anew: Transformers and LitGPT as they come (7B in 16 bit on an A100 took 40 ms a token, 8 of them reading weights; PyTorch's "Accelerating Generative AI" of 2023). */
const EAGER: ReadonlySet<string> = new Set(['pytorch'])
/**
 * Launches of a layer whose weights bitsandbytes unpacks ÷ of one that is not: each of its four or five matmuls passes a Python wrapper that unpacks the
 * scales, casts, allocates and calls the library, some six launches each beside thirty. An assumption; LitGPT's own pairs in 16 and 4 bit are 1.5 to 1.9.
 */
const UNPACKING_LAUNCHES = 1.8

/** Tokens drafted per pass, and the share of them that the model would have chosen itself. */
export interface Speculation {
  readonly draftTokens: number
  readonly acceptance: number
}

/** Tokens that a pass yields: those accepted in a row and one of the model's own, (1 − αⁿ⁺¹) ÷ (1 − α) (Leviathan et al. 2023, equation 1). */
export const expectedTokens = ({draftTokens, acceptance}: Speculation): number => (1 - acceptance ** (draftTokens + 1)) / (1 - acceptance)

/** Expected largest of 1, 2, 4, … 256 standard normal values (order statistics; Harter 1961, Biometrika 48). */
const EXPECTED_MAXIMUM = [0, 0.5642, 1.0294, 1.4236, 1.766, 2.0697, 2.3437, 2.5946, 2.8272]
const expectedMaximum = (count: number): number => EXPECTED_MAXIMUM[Math.min(EXPECTED_MAXIMUM.length - 1, Math.round(Math.log2(Math.max(1, count))))] ?? 0

/** What stored weights of so many bits leave of the bandwidth. */
const narrowed = (bits: number, eight: number, four: number): number => (bits > 10 ? 1 : bits > 6 ? eight : four)

const over = (seconds: number | undefined, speed: number): number | undefined => (seconds === undefined ? undefined : seconds / speed)

/**
 * Binds a model, a layout and a machine. `speed` = how many times as fast as the factors say the user measured it to be: every rate times it,
 * every overhead divided by it. `undefined` = the accelerator has no known matmul rate.
 */
export function createServing(model: LanguageModel, hardware: Hardware, layout: Layout, plainFactors: Factors, speed = 1, speculation?: Speculation): Serving | undefined {
  const factors = speed === 1 ? plainFactors : atSpeed(plainFactors, speed)
  const {accelerator} = hardware
  const {tp, pp, ep} = layout
  const numbers = numbersFor(model, layout)
  const format = formatOf(model, layout, accelerator)
  const slice = Math.min(1, hardware.acceleratorsPerNode)
  const peak = peakFlopsFor(accelerator, format.operandBits, layout.runtime)
  const peak16 = peakFlopsFor(accelerator, 16, layout.runtime)
  if (peak === undefined || peak16 === undefined) return undefined
  const groups = Math.max(1, ep / tp)
  const expertShards = Math.max(tp, ep)
  const expertRanks = Math.max(1, Math.min(ep, numbers.experts))
  // What is not spread as whole experts is cut inside them.
  const expertWidth = (numbers.expertWidth * expertRanks) / expertShards
  const flopsPerSecond = (operandBits: Format['operandBits'], printed: number): number =>
    printed * slice * clockShare(accelerator, printed, operandBits, factors) * (operandBits === 16 ? factors.compute16 : operandBits === 8 ? factors.compute8 : factors.compute4)
  const wideFlopsPerSecond = flopsPerSecond(16, peak16)
  const narrowFlopsPerSecond = flopsPerSecond(format.operandBits, peak)
  const wideEnough = expertWidth / (expertWidth + factors.expertColumns)
  const kvPerTokenLayer = (numbers.kvElementsPerTokenLayer * format.kvBytesPerElement) / Math.min(tp, numbers.kvHeads) / pp
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond * slice
  const weightBandwidth = bandwidth * factors.weightBandwidth * narrowed(format.sharedBits, factors.weightBandwidth8, factors.weightBandwidth4)
  const {link} = plainFactors
  const reduce0 = tp > 1 ? over(allReduceSeconds(hardware, tp, 1, 0, link), speed) : 0
  const reduce1 = tp > 1 ? over(allReduceSeconds(hardware, tp, 1, LARGE_MESSAGE_BYTES, link), speed) : 0
  const exchange0 = groups > 1 ? over(allToAllSeconds(hardware, ep, 1, 0, link), speed) : 0
  const exchange1 = groups > 1 ? over(allToAllSeconds(hardware, ep, 1, LARGE_MESSAGE_BYTES, link), speed) : 0
  const hand0 = pp > 1 ? over(sendSeconds(hardware, tp, 0, link), speed) : 0
  const hand1 = pp > 1 ? over(sendSeconds(hardware, tp, LARGE_MESSAGE_BYTES, link), speed) : 0
  const perByte = (none: number | undefined, large: number | undefined): number => ((large ?? 0) - (none ?? 0)) / LARGE_MESSAGE_BYTES
  return {
    model: numbers,
    layout,
    format,
    factors,
    memoryBytes: accelerator.memoryGib * 2 ** 30 * slice,
    weightBytes: weightBytesOf(numbers, format, layout),
    stretch: stageStretch(numbers.layers, pp),
    routedWeightBytes: (numbers.routed * format.expertBits) / 8 / expertShards / pp,
    sharedReadBytes: (numbers.sharedBody * format.sharedBits + numbers.head * format.embeddingBits) / 8 / tp / pp,
    kvBytesPerToken: numbers.fullLayers * kvPerTokenLayer,
    kvBytesPerWindowToken: numbers.windowedLayers * kvPerTokenLayer,
    stateBytes: (numbers.stateLayers * numbers.hidden * STATE_ELEMENTS_PER_HIDDEN * STATE_BYTES_PER_ELEMENT) / tp / pp,
    sharedFlopsPerSecond: (format.sharedOperandBits === format.operandBits ? narrowFlopsPerSecond : wideFlopsPerSecond) * (format.blockScaled ? factors.blockScaling : 1),
    wideFlopsPerSecond,
    promptAttentionFlopsPerSecond: wideFlopsPerSecond * factors.promptAttention,
    weightBytesPerSecond: weightBandwidth,
    kvBytesPerSecond: bandwidth * factors.kvBandwidth,
    peakFlopsPerSecond: peak * slice,
    peakBytesPerSecond: bandwidth,
    groups,
    expertRanks,
    expertRanksMaximum: expectedMaximum(expertRanks),
    expertBytesPerSecond: bandwidth * factors.weightBandwidth * factors.expertBandwidth * narrowed(format.expertBits, factors.expertBandwidth8, factors.expertBandwidth4) * wideEnough,
    layerSeconds: factors.layerSeconds + (format.operandBits < 16 ? factors.quantiseLayerSeconds : 0),
    launchSeconds: numbers.layers * factors.launchLayerSeconds * (layout.precision === 'nf4' ? UNPACKING_LAUNCHES : 1),
    unpackSeconds: format.sharedBits < 16 && UNPACKS_FOR_PROMPTS.has(layout.runtime) && accelerator.vendor !== 'apple' ? ((numbers.sharedBody + numbers.routed) * (format.sharedBits / 8 + 2 * UNPACKED_BYTES)) / tp / pp / (bandwidth * factors.weightBandwidth) : 0,
    eager: EAGER.has(layout.runtime),
    hostOverlaps: overlapsHost(layout.runtime),
    fixedShapes: FIXED_SHAPES.has(layout.runtime),
    expertFlopsPerSecond: narrowFlopsPerSecond * factors.expertCompute * wideEnough,
    lockstep: groups > 1 ? Math.max(1, factors.lockstep) : 1,
    allReduceLatencySeconds: tp > 1 ? (reduce0 ?? 0) + factors.collectiveSeconds : 0,
    allReduceSecondsPerByte: perByte(reduce0, reduce1),
    allToAllLatencySeconds: groups > 1 ? (exchange0 ?? 0) + factors.collectiveSeconds : 0,
    allToAllSecondsPerByte: perByte(exchange0, exchange1),
    sendLatencySeconds: hand0 ?? 0,
    sendSecondsPerByte: perByte(hand0, hand1),
    unpacksExperts: unpacksExperts(format.expertBits, accelerator),
    passTokens: 1 + (speculation?.draftTokens ?? 0),
    tokensPerPass: speculation === undefined ? 1 : expectedTokens(speculation),
    prefillersPerDecoder: 0,
    staticBatch: false,
    handOverSeconds: 0,
    linkKnown: reduce1 !== undefined && exchange1 !== undefined && hand1 !== undefined,
  }
}

/** KV cache and state of one sequence that holds `tokens`, bytes on one accelerator. */
export function cacheBytes(serving: Serving, tokens: number): number {
  return (serving.kvBytesPerToken * tokens + serving.kvBytesPerWindowToken * Math.min(tokens, serving.model.window) + serving.stateBytes) * serving.stretch
}

/** Parts of a pass through all layers, seconds; reused so that the hot path allocates nothing. */
export interface PassTime {
  weights: number
  experts: number
  attention: number
  link: number
  overhead: number
  /** Of the host, while the accelerator waits. */
  host: number
  total: number
  computeBound: boolean
  flops: number
  /** Of `flops`, those of attention. */
  attentionFlops: number
  bytes: number
  /** Seconds for which the matrix units are wanted. */
  computing: number
  /** Seconds for which they wait for weights or for a host that overlaps: what a prompt in the same pass has for nothing. */
  spare: number
}

export const newPassTime = (): PassTime => ({weights: 0, experts: 0, attention: 0, link: 0, overhead: 0, host: 0, total: 0, computeBound: false, flops: 0, attentionFlops: 0, bytes: 0, computing: 0, spare: 0})

/** Prompt tokens that go through a pipeline at a time: llama.cpp's default n_ubatch; the default of vLLM's max_num_batched_tokens under chunked prefill on most cards. */
const PIPELINE_CHUNK_TOKENS = {layerSplit: 512, usual: 2048}
/** Prompt tokens that pass together in a busy engine: a share of its budget, as few requests wait at a time. An assumption. */
const SHARED_PASS_TOKENS = 2048
/** Bytes moved for each score that stands in memory: 32 bit written by the product, read with its mask (1) by the softmax, 16 bit written there and read for the values. */
const SCORE_BYTES = 13
/** Bytes per element of activations on the wire. */
const ACTIVATION_BYTES = 2

/**
 * One decode step: every sequence of the batch gains a token. Per stage of the pipeline
 *   max(weight bytes ÷ bandwidth, FLOP ÷ rate) for shared and routed matmuls (roofline; Williams et al. 2009),
 *   max(KV bytes ÷ bandwidth, FLOP ÷ rate) for attention,
 *   two all-reduces per layer (Shoeybi et al. 2019) or dispatch and combine of the experts, and overheads that no roofline explains.
 * Stages work on batch ÷ pp sequences at a time, so a token passes pp stages one after another.
 */
export function decodeStep(serving: Serving, batch: number, context: number, into: PassTime): PassTime {
  const {model, factors, layout} = serving
  const {pp, tp} = layout
  const micro = Math.max(1, batch / pp)
  const rows = micro * serving.passTokens
  const sharedFlops = (2 * rows * (model.sharedBody + model.head)) / (tp * pp)
  const weightSeconds = serving.sharedReadBytes / serving.weightBytesPerSecond
  const computeSeconds = sharedSeconds(serving, rows, rows) * paddedShare(rows, factors.matmulRows)
  into.weights = Math.max(weightSeconds, computeSeconds)
  into.computeBound = computeSeconds > weightSeconds
  into.flops = sharedFlops
  into.bytes = serving.sharedReadBytes
  into.computing = computeSeconds
  into.spare = into.weights - computeSeconds
  into.experts = 0
  if (model.experts > 0) {
    const tokens = rows * serving.groups
    const expertBytes = serving.routedWeightBytes * readShare(serving, tokens)
    const expertFlops = (2 * rows * model.routedActive) / (tp * pp)
    const expertComputeSeconds = (expertFlops * expertPadding(serving, tokens)) / serving.expertFlopsPerSecond
    into.experts = Math.max(expertBytes / serving.expertBytesPerSecond, expertComputeSeconds)
    into.computing += expertComputeSeconds
    into.spare += into.experts - expertComputeSeconds
    into.flops += expertFlops
    into.bytes += expertBytes
  }
  const windowContext = Math.min(context, model.window)
  const kvBytes = micro * (serving.kvBytesPerToken * context + serving.kvBytesPerWindowToken * windowContext + 2 * serving.stateBytes)
  const attentionFlops = (rows * model.decodeAttentionFlops * (model.fullLayers * context + model.windowedLayers * windowContext)) / Math.min(tp, model.heads) / pp
  into.attention = Math.max(kvBytes / serving.kvBytesPerSecond, attentionFlops / serving.wideFlopsPerSecond)
  into.attentionFlops = attentionFlops
  into.computing += attentionFlops / serving.wideFlopsPerSecond
  into.flops += attentionFlops
  into.bytes += kvBytes
  into.link = linkSeconds(serving, rows)
  into.overhead = (model.layers * serving.layerSeconds + model.mixtureLayers * factors.mixtureLayerSeconds) / pp
  if (serving.passTokens > 1) into.overhead += draftSeconds(serving)
  let stage = into.weights + into.experts + into.attention + into.link + into.overhead
  if (serving.eager && stage < serving.launchSeconds / pp) {
    into.overhead += serving.launchSeconds / pp - stage
    stage = serving.launchSeconds / pp
  }
  const busy = pp * stage * serving.stretch * serving.lockstep
  const perSequences = factors.sequenceSeconds * batch
  const waited = serving.hostOverlaps ? Math.max(0, perSequences - busy) : perSequences
  // An accelerator that waits for an overlapped host might as well take in a prompt.
  if (serving.hostOverlaps) into.spare += waited
  into.host = factors.stepSeconds + waited
  into.total = busy + into.host
  return serving.passTokens > 1 ? perToken(serving, into) : into
}

/** Drafting: one after another, each token passes a layer and the output head (DeepSeek-V3 2024, §2.2; Li et al. 2024, EAGLE). Per stage. */
function draftSeconds(serving: Serving): number {
  const {model, format, layout} = serving
  const bytes = ((model.sharedBody / model.layers) * format.sharedBits + model.head * format.embeddingBits) / 8 / layout.tp
  return ((serving.passTokens - 1) * (bytes / serving.weightBytesPerSecond + serving.layerSeconds + 2 * serving.allReduceLatencySeconds)) / layout.pp
}

/** A pass in the terms of one token of each sequence. */
function perToken({tokensPerPass}: Serving, into: PassTime): PassTime {
  for (const part of ['weights', 'experts', 'attention', 'link', 'overhead', 'host', 'total', 'flops', 'attentionFlops', 'bytes', 'computing', 'spare'] as const) into[part] /= tokensPerPass
  return into
}

/** Matrix units on shared matmuls: the body for so many rows, the output head for those that need a token. Per stage. */
const sharedSeconds = ({model, layout, sharedFlopsPerSecond, wideFlopsPerSecond}: Serving, rows: number, answers: number): number =>
  ((2 * rows * model.sharedBody) / sharedFlopsPerSecond + (2 * answers * model.head) / wideFlopsPerSecond) / (layout.tp * layout.pp)

/** FLOP done ÷ FLOP asked for by a matmul of so many rows: tiles are computed whole, and a kernel is chosen whose tile is at most twice as high as the rows. */
const paddedShare = (rows: number, lost: number): number => 1 + Math.min(1, lost / rows)

/** The same for experts: `tokens` rows are spread over those that are hit. */
function expertPadding(serving: Serving, tokens: number): number {
  const {model, factors} = serving
  return paddedShare((tokens * model.expertsPerToken) / (model.experts * hitShare(serving, tokens)), factors.matmulRows)
}

/** Share of the experts that `tokens` tokens hit: 1 − (1 − k/E)^n for n tokens that choose by themselves. */
export function hitShare({model, factors}: Serving, tokens: number): number {
  const independent = tokens <= 1 ? tokens : 1 + (tokens - 1) * factors.routingSpread
  return 1 - (1 - model.expertsPerToken / model.experts) ** independent
}

/**
 * Share of its experts that the busiest accelerator reads when `tokens` are routed. Each expert is hit with probability
 * p (`hitShare`). Cut experts are read by all alike: p. Whole experts lie on r ranks, and a layer
 * waits for the rank with the most of them: a mean of n·p of its n = E/r, a standard deviation of √(n·p·(1 − p)), and the expected largest of r.
 */
function readShare(serving: Serving, tokens: number): number {
  const {model, expertRanks} = serving
  const hit = hitShare(serving, tokens)
  if (expertRanks <= 1) return hit
  const own = model.experts / expertRanks
  return Math.min(1, (tokens * model.expertsPerToken) / own, hit + serving.expertRanksMaximum * Math.sqrt((hit * (1 - hit)) / own))
}

/** Seconds to hand the cache of a prompt to the accelerators that decode it: a neighbouring replica's, over the slowest link on the way. */
export function cacheTransferSeconds(serving: Serving, hardware: Hardware, promptTokens: number): number | undefined {
  return sendSeconds(hardware, serving.layout.tp * serving.layout.pp, cacheBytes(serving, promptTokens), serving.factors.link)
}

/** Seconds on links for `tokens` passing one stage. */
function linkSeconds(serving: Serving, tokens: number): number {
  const {model, layout} = serving
  const bytes = tokens * model.hidden * ACTIVATION_BYTES
  const layersPerStage = model.layers / layout.pp
  const mixtureLayersPerStage = model.mixtureLayers / layout.pp
  const wide = serving.groups > 1
  let seconds = (wide ? 2 * layersPerStage - mixtureLayersPerStage : 2 * layersPerStage) * (serving.allReduceLatencySeconds + bytes * serving.allReduceSecondsPerByte)
  // Dispatch in 8 bit, combine in 16 bit: 1.5 × the bytes of one direction on average.
  if (wide) seconds += 2 * mixtureLayersPerStage * (serving.allToAllLatencySeconds + 0.75 * bytes * model.expertsPerToken * serving.allToAllSecondsPerByte)
  if (layout.pp > 1) seconds += serving.sendLatencySeconds + bytes * serving.sendSecondsPerByte
  return seconds
}

/** Times of one stage that a prompt takes: chunks follow one another through the stages, m of them in m + pp − 1 steps (GPipe; Huang et al. 2019). */
export function prefillStages({pp, runtime}: Layout, tokens: number): number {
  if (pp === 1) return 1
  const chunks = Math.ceil(tokens / (WHOLE_FILE_RUNTIMES.has(runtime) ? PIPELINE_CHUNK_TOKENS.layerSplit : PIPELINE_CHUNK_TOKENS.usual))
  return (chunks + pp - 1) / chunks
}

/**
 * Prefill of `newTokens` of one request after `start` tokens that are already cached: compute-bound matmuls
 * (2 FLOP a parameter and token; Kaplan et al. 2020), causal attention tokens·(start + tokens/2), weights read once.
 * `alone` = as one pass with all its overheads (the wait of that request); otherwise the share it adds to a busy engine,
 * whose steps read the weights and pay the launches anyway.
 */
export function prefill(serving: Serving, newTokens: number, start: number, requests: number, alone: boolean, into: PassTime): PassTime {
  const {model, factors, layout} = serving
  const {pp, tp} = layout
  const tokens = serving.fixedShapes ? shapeFor(newTokens) : newTokens
  const all = tokens * requests
  const sharedFlops = (2 * all * model.sharedBody + 2 * requests * model.head) / (tp * pp)
  const expertFlops = (2 * all * model.routedActive) / (tp * pp)
  const mean = start + tokens / 2
  const attended = (model.fullLayers * mean + model.windowedLayers * Math.min(mean, model.window)) / Math.min(tp, model.heads) / pp
  const attentionFlops = all * model.prefillAttentionFlops * attended
  into.weights = sharedSeconds(serving, all, requests) * (alone && !serving.fixedShapes ? paddedShare(all, factors.matmulRows) : 1) + Math.ceil(all / PIPELINE_CHUNK_TOKENS.layerSplit) * serving.unpackSeconds
  into.experts = model.experts > 0 ? (expertFlops * expertPadding(serving, Math.max(all, alone ? 1 : SHARED_PASS_TOKENS) * serving.groups)) / serving.expertFlopsPerSecond : 0
  into.attention = attentionFlops / serving.promptAttentionFlopsPerSecond
  // Whole squares of scores, of which half is masked away, stand in memory.
  if (serving.fixedShapes) into.attention += attentionFlops / serving.promptAttentionFlopsPerSecond + (SCORE_BYTES * 2 * all * model.heads * attended) / serving.kvBytesPerSecond
  into.computing = into.weights + into.experts + into.attention
  into.flops = sharedFlops + expertFlops + attentionFlops
  into.attentionFlops = attentionFlops
  into.computeBound = true
  into.bytes = 0
  into.spare = 0
  if (alone) {
    const expertBytes = model.experts > 0 ? serving.routedWeightBytes * readShare(serving, all * serving.groups) : 0
    const readSeconds = serving.sharedReadBytes / serving.weightBytesPerSecond
    into.computeBound = into.weights > readSeconds
    into.weights = Math.max(into.weights, readSeconds)
    into.experts = Math.max(into.experts, expertBytes / serving.expertBytesPerSecond)
    into.bytes = serving.sharedReadBytes + expertBytes
    into.link = linkSeconds(serving, all)
    into.overhead = (model.layers * serving.layerSeconds + model.mixtureLayers * factors.mixtureLayerSeconds) / pp
    const stage = into.weights + into.experts + into.attention + into.link + into.overhead
    into.host = factors.stepSeconds
    into.total = Math.max(prefillStages(layout, all) * stage * serving.stretch, serving.launchSeconds) + into.host
  } else {
    const bytes = all * model.hidden * ACTIVATION_BYTES
    into.link = ((2 * model.layers - (serving.groups > 1 ? model.mixtureLayers : 0)) * bytes * serving.allReduceSecondsPerByte) / pp
    if (serving.groups > 1) into.link += (1.5 * model.mixtureLayers * bytes * model.expertsPerToken * serving.allToAllSecondsPerByte) / pp
    into.overhead = 0
    into.host = 0
    into.total = (into.weights + into.experts + into.attention + into.link) * serving.stretch * serving.lockstep
  }
  return into
}

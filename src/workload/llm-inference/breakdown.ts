import {workLoadOf} from '../../performance/load.ts'
import type {Bottleneck, Hardware, Load, Operator, WorkLoad} from '../../performance/types.ts'
import {kvElementsPerTokenPerLayer} from '../llm/architecture.ts'
import type {InferenceDemand} from './demand.ts'
import {peakFlopsFor} from './format.ts'
import {cacheBytes, expectedTokens, hitShare, prefillStages, type Serving} from './serving.ts'
import {meanContext, type RequestShape, type SteadyState} from './steady-state.ts'

/** What a steady state keeps busy, where its time goes, and what no implementation beats. */

/** Tokens one pass takes in while prefilling: the budget of chunked prefill that vLLM and SGLang default to on large accelerators. */
export const PREFILL_BUDGET_TOKENS = 8192
/**
 * Of the time that a request costs whatever its length (tokenising, scheduling, answering) the part in which a processor
 * works rather than waits. An assumption, as nobody has published one; only the host's watts depend on it.
 */
const HOST_BUSY_SHARE_OF_REQUEST = 0.1

/** Of what a layer takes beside its matmuls and attention: norms, rotary embeddings, routing; the rest are gaps between kernels. An assumption; only watts depend on it. */
const SMALL_KERNELS_SHARE = 0.5

/**
 * How busy the parts of one accelerator are: what a second asks of each ÷ what it can give. A pass of all sequences goes through every stage
 * as min(pp, batch) microbatches, one after another, and `state.step` is one of them on one stage: with a microbatch for every stage all of
 * them are at work all the time, whatever pp. A prefill passes every stage once; a budget of prompt tokens shares one read of the weights.
 */
export function loadOf(serving: Serving, state: SteadyState, requestsPerSecond: number, shape: RequestShape): Load {
  const {factors, layout} = serving
  const {step, added} = state
  const batch = Math.max(1, state.inFlight)
  const passesPerSecond = (requestsPerSecond * Math.max(0, shape.outputTokens - 1)) / batch
  const microbatchesPerSecond = passesPerSecond * Math.min(layout.pp, batch)
  const prefillBytes = (serving.weightBytes * shape.newTokens) / PREFILL_BUDGET_TOKENS
  return {
    computeShare: clamp(microbatchesPerSecond * step.computing + requestsPerSecond * added.computing),
    memoryShare: clamp((microbatchesPerSecond * step.bytes + requestsPerSecond * prefillBytes) / serving.weightBytesPerSecond),
    linkShare: clamp(microbatchesPerSecond * step.link + requestsPerSecond * added.link),
    hostShare: clamp((passesPerSecond / serving.tokensPerPass) * (factors.stepSeconds + factors.sequenceSeconds * batch) + requestsPerSecond * factors.requestSeconds * HOST_BUSY_SHARE_OF_REQUEST),
    work: workOfServing(serving, state, requestsPerSecond, shape),
  }
}

/**
 * What one accelerator computes and moves in a second: means, without the gaps of launches and without waiting for the busiest rank or the host. Collectives keep it
 * awake as matmuls do: their kernels hold multiprocessors until the transfer is over. Watts follow from it.
 */
function workOfServing(serving: Serving, state: SteadyState, requestsPerSecond: number, shape: RequestShape): WorkLoad {
  const {model, layout, factors} = serving
  const {step, added} = state
  const smallKernels = (SMALL_KERNELS_SHARE * (model.layers * serving.layerSeconds + model.mixtureLayers * factors.mixtureLayerSeconds)) / layout.pp
  const batch = Math.max(1, state.inFlight)
  const stages = Math.min(layout.pp, batch)
  const micro = batch / stages
  // `step` is in the terms of one token; a pass yields `tokensPerPass` and looks at `passTokens` of every sequence.
  const {passTokens, tokensPerPass} = serving
  const passesPerSecond = (requestsPerSecond * Math.max(0, shape.outputTokens - 1)) / batch / tokensPerPass
  const tokens = micro * passTokens * serving.groups
  const hit = model.experts > 0 ? hitShare(serving, tokens) : 0
  const expertBytes = serving.routedWeightBytes * hit
  const cache = micro * cacheBytes(serving, meanContext(serving, shape))
  const busiestBytes = step.bytes * tokensPerPass - serving.sharedReadBytes - cache / serving.stretch
  const meanShare = busiestBytes > 0 ? Math.min(1, expertBytes / busiestBytes) : 1
  return workLoadOf([
    {
      perSecond: passesPerSecond * stages, flops: (2 * micro * passTokens * (model.sharedBody + model.head)) / (layout.tp * layout.pp),
      expertParameters: (model.routed * hit) / Math.max(layout.tp, layout.ep) / layout.pp, rowsPerExpert: hit > 0 ? (tokens * model.expertsPerToken) / (model.experts * hit) : 0,
      weightBytes: serving.sharedReadBytes + expertBytes, cacheBytes: cache,
      activeSeconds: (step.weights + step.attention + step.experts * meanShare + step.link) * tokensPerPass + smallKernels, expertSeconds: step.experts * meanShare * tokensPerPass,
    },
    {
      perSecond: requestsPerSecond, flops: added.flops, expertParameters: 0, rowsPerExpert: 0, weightBytes: (serving.weightBytes * shape.newTokens) / PREFILL_BUDGET_TOKENS,
      cacheBytes: 0, activeSeconds: added.weights + added.experts + added.attention + added.link, expertSeconds: added.experts,
    },
  ], {flopsPerSecond: serving.peakFlopsPerSecond, bytesPerSecond: serving.peakBytesPerSecond, unpacks: serving.unpacksExperts})
}

const clamp = (share: number): number => Math.max(0, Math.min(1, share))
/** Of the narrowest weights. */
export const minimumWeightBits = (serving: Serving): number => Math.min(serving.format.sharedBits, serving.format.expertBits)

/** What the tokens of a request and its prompt take, line by line: the lines of a decode step sum to the median TPOT, those of the prefill to the prompt's seconds. */
export function operatorsOf(serving: Serving, {step, alone, stepSeconds, tpotMedian}: SteadyState, shape: RequestShape, batch: number): Operator[] {
  const {layout, model, passTokens, tokensPerPass, stretch, lockstep} = serving
  const decodeBound = step.computeBound ? 'compute' : 'memory-bandwidth'
  const stages = layout.pp
  const passed = stages * stretch
  const prefilled = prefillStages(layout, shape.newTokens) * stretch
  const waiting = (stepSeconds - step.host) * (1 - 1 / lockstep)
  const prefillMatmuls = (alone.weights + alone.experts) * prefilled
  // What one shard of every stage does for its step, as the seconds are: without the experts and the cache, which have lines of their own.
  const shared = {flops: (2 * Math.max(1, batch / stages) * passTokens * (model.sharedBody + model.head)) / layout.tp / tokensPerPass, bytes: (serving.sharedReadBytes * stages) / tokensPerPass}
  const operators: Operator[] = [
    {name: 'decode step: weights', seconds: step.weights * passed, bound: decodeBound, ...shared},
    {name: 'decode step: attention', seconds: step.attention * passed, bound: 'memory-bandwidth'},
    {name: 'decode step: launches', seconds: step.overhead * passed, bound: 'overhead'},
    {name: 'decode step: host', seconds: step.host, bound: 'host'},
    {name: 'prefill: matmuls', seconds: prefillMatmuls, bound: alone.computeBound ? 'compute' : 'memory-bandwidth', flops: (alone.flops - alone.attentionFlops) * stages},
    {name: 'prefill: attention', seconds: alone.attention * prefilled, bound: 'compute', flops: alone.attentionFlops * stages},
    {name: 'prefill: launches', seconds: alone.total - prefillMatmuls - (alone.attention + alone.link) * prefilled, bound: 'overhead'},
  ]
  if (step.experts > 0) operators.push({name: 'decode step: experts', seconds: step.experts * passed, bound: 'memory-bandwidth'})
  if (waiting > 0) operators.push({name: 'decode step: slowest rank', seconds: waiting, bound: 'overhead'})
  if (tpotMedian > stepSeconds) operators.push({name: 'decode step: prompts of others', seconds: tpotMedian - stepSeconds, bound: 'compute'})
  if (step.link > 0) operators.push({name: 'decode step: links', seconds: step.link * passed, bound: 'link'}, {name: 'prefill: links', seconds: alone.link * prefilled, bound: 'link'})
  return operators
}

/** What takes most of a request's time; `load` where the machine is more than half idle, memory capacity where more room would mean more throughput. */
export function bottleneckOf(demand: InferenceDemand, {serving, sequencesThatFit}: {readonly serving: Serving; readonly sequencesThatFit: number}, state: SteadyState, mostlyIdle: boolean, slots: number): Bottleneck {
  if (mostlyIdle) return 'load'
  const {step, added, stepSeconds} = state
  const batch = Math.max(1, state.inFlight)
  const perRequest = Math.max(0, demand.outputTokens - 1) / batch
  const stages = serving.layout.pp
  const host = perRequest * step.host
  const link = perRequest * step.link * stages + added.link
  const overhead = perRequest * step.overhead * stages
  const matmul = perRequest * (step.weights + step.experts) * stages
  const compute = added.total - added.link + (step.computeBound ? matmul : 0)
  const memory = perRequest * step.attention * stages + (step.computeBound ? 0 : matmul)
  const largest = Math.max(host, link, overhead, compute, memory)
  if (largest === memory && stepSeconds > 0) return slots === sequencesThatFit && batch >= slots * 0.95 ? 'memory-capacity' : 'memory-bandwidth'
  return largest === compute ? 'compute' : largest === link ? 'link' : largest === host ? 'host' : 'overhead'
}

/** Operand widths in which any runtime might multiply. */
const ALL_WIDTHS = [4, 8, 16] as const

/**
 * What no implementation beats: FLOP of prompt and answer at the dense peak of every accelerator, the KV cache of every step at full
 * bandwidth, and, for a given number of requests in flight, the active weights once per token at full bandwidth of them all.
 * Seconds per run, or per output token when endless.
 */
export function rooflineSeconds(demand: InferenceDemand, hardware: Hardware, widths: readonly (4 | 8 | 16)[], kvBytesPerElement: number, weightBits: number): number {
  const {accelerator} = hardware
  const count = hardware.acceleratorsPerNode * hardware.nodes
  let peak = 0
  for (const width of widths.length > 0 ? widths : ALL_WIDTHS) peak = Math.max(peak, peakFlopsFor(accelerator, width) ?? 0)
  if (peak === 0) return 0
  const {model, outputTokens, newTokens, load} = demand
  const kv = kvElementsPerTokenPerLayer(model)
  const full = model.attention.startsWith('hybrid') ? (model.fullAttentionLayers ?? 0) : model.window === undefined ? model.layers : (model.fullAttentionLayers ?? 0)
  const active = Math.min(model.activeParameters, model.parameters) * 0.5
  const flops = (2 * active * (newTokens + outputTokens - 1)) / (peak * count)
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond * count
  // A pass that yields several tokens reads weights and cache once for all of them.
  const tokensPerPass = demand.speculation === undefined ? 1 : expectedTokens(demand.speculation)
  const cache = ((outputTokens - 1) * full * kv * kvBytesPerElement * demand.inputTokens) / bandwidth / tokensPerPass
  const perRequest = Math.max(flops, cache)
  if (load.kind === 'offline') return load.requests * perRequest
  const perToken = perRequest / outputTokens
  if (load.kind === 'rate') return Math.max(perToken, 1 / (load.averagePerSecond * outputTokens))
  const passes = ((outputTokens - 1) * ((active * weightBits) / 8 / bandwidth)) / outputTokens / tokensPerPass
  return Math.max(perToken, passes / load.average)
}

import {exactly, intervalFromSigma, intervalFromSpread, weakest} from '../../performance/interval.ts'
import type {Confidence, Configuration, Hardware, Interval, Latency, MemoryUse, Performance, PerformResult, Refusal} from '../../performance/types.ts'
import type {RuntimeFact} from '../../catalog/snapshot.ts'
import type {Facts} from '../contract.ts'
import {bottleneckOf, loadOf, minimumWeightBits, operatorsOf, PREFILL_BUDGET_TOKENS, rooflineSeconds} from './breakdown.ts'
import type {InferenceDemand} from './demand.ts'
import {followedExperts, refuseExpertSplit} from './expert-split.ts'
import {asProgram, factorsOf, type FirstToken, metricOf, ofOneLength, outOfStep, overlapsHost, readsCachePerHead, runsAsProgram, spreadsOf, versioned, withoutServer, type ServingSpreads} from './factors.ts'
import {gib, machineSize, modelSize, refused, refusedFor, weightsTooLarge, tooSlow} from './refusals.ts'
import {type Layout, numbersOf, padsHeads, weightBytesOf} from './layout.ts'
import {cacheBytes, cacheTransferSeconds, createServing, shapeFor, type Serving} from './serving.ts'
import {closedLoop, heldAnswer, newSteadyState, openLoop, saturated, type RequestShape, type SteadyState} from './steady-state.ts'

const GIB = 2 ** 30

/** Sequences a server runs at once unless told otherwise: TensorRT-LLM's default max_batch_size; vLLM's largest default is 1,024. */
const MOST_SEQUENCES = 2048
/** Where the runtime's figures are unknown: vLLM's 10 % outside its budget, and a start as slow as its slow ones. */
const UNKNOWN_RUNTIME: Omit<RuntimeFact, 'runtime' | 'sourceId'> = {memoryReserveGib: 1, memoryShareUsable: 0.9, startupSeconds: 90, weightLoadBytesPerSecond: 1e9}

/** Runtimes that give pages to a sequence as it grows; the others reserve its whole context. */
const PAGED_RUNTIMES: ReadonlySet<string> = new Set(['vllm', 'sglang', 'jetstream', 'rocm', 'gaudi'])

/** Runtimes whose default share is of the memory that weights leave free (TensorRT-LLM's KvCacheConfig); that of the others is of all. */
const SHARES_WHAT_IS_FREE: ReadonlySet<string> = new Set(['tensorrt-llm'])
/** The default shares were set for 80 GB: what has to stay free does not grow with the memory, and operators of larger ones raise the share. An assumption. */
const RESERVE_GROWS_UP_TO_BYTES = 80e9
/** Of the answer, kept free in a paged cache beside what sequences hold on average: they do not all do so. An assumption. */
const SPARE_ANSWER_SHARE = 0.1
/** The most a runtime may set aside of a small card; without the cap 2 GiB of buffers would be most of it. An assumption. */
const MOST_RESERVED_SHARE = 0.5
/** Sequences whose logits stand in memory at a time: runtimes sample in chunks. vLLM's default max_num_seqs. */
const SAMPLED_SEQUENCES = 256
/** The fewest tokens of a pass that buffers are made for. An assumption; it matters for prompts of a few tokens alone. */
const FEWEST_PASS_TOKENS = 256
/** Spread of a memory sum: fragmentation, buffers and versions; four of five rows of data/measured with a memory figure lie within it. */
const MEMORY_SIGMA = 0.05

interface Plan {
  readonly layout: Layout
  readonly serving: Serving
  readonly spreads: ServingSpreads
  readonly runtime: Omit<RuntimeFact, 'runtime' | 'sourceId'>
  readonly runtimeKnown: boolean
  /** KV cache and state of one sequence; it and the next two are bytes on the fullest accelerator. */
  readonly sequenceBytes: number
  readonly activationBytes: number
  readonly reserveBytes: number
  readonly sequencesThatFit: number
  readonly mostReplicas: number
}

/** Replicas of tp × pp accelerators that a machine holds; a stage never straddles nodes unless it has to. */
export function replicasThatFit(hardware: Hardware, tp: number, pp: number): number {
  const perNode = Math.max(1, Math.floor(hardware.acceleratorsPerNode))
  if (tp > perNode) return Math.floor((perNode * hardware.nodes) / (tp * pp))
  const stages = Math.floor(perNode / tp)
  return pp <= stages ? Math.floor(stages / pp) * hardware.nodes + Math.floor(((stages % pp) * hardware.nodes) / pp) : Math.floor((stages * hardware.nodes) / pp)
}

const shapeOf = (demand: InferenceDemand): RequestShape => demand

/** What a candidate does, or why it cannot. */
export function performInference(demand: InferenceDemand, hardware: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const tp = Math.max(1, configuration.tp ?? 1)
  if (demand.model.heads % tp !== 0 && !padsHeads(configuration.runtime ?? '')) return performDivided(demand, hardware, configuration, facts, tp)
  const layout: Layout = {
    tp,
    pp: configuration.pp ?? 1,
    ep: configuration.ep ?? 1,
    precision: configuration.precision ?? demand.precision ?? demand.model.nativeDtype,
    runtime: configuration.runtime ?? 'vllm',
    ...(demand.cacheInFp8 === undefined ? {} : {cacheInFp8: demand.cacheInFp8}),
  }
  const total = Math.max(1, Math.floor(hardware.acceleratorsPerNode)) * hardware.nodes
  if (layout.tp * layout.pp > total || layout.ep > total) {
    return refused('topology', `tp ${layout.tp} × pp ${layout.pp}${layout.ep > 1 ? `, ep ${layout.ep}` : ''} needs ${Math.max(layout.tp * layout.pp, layout.ep)} accelerators, ${machineSize(hardware)} has ${total}`, `use tp ${powerOfTwoAtMost(total)}`)
  }
  const mismatch = refuseExpertSplit(demand, layout, configuration.dp ?? demand.replicas)
  if (mismatch !== undefined) return mismatch
  const known = factorsOf(facts.calibration, hardware.accelerator, versioned(layout.runtime, demand.runtimeVersion))
  const launched = runsAsProgram(layout.runtime, demand.runtimeVersion) ? asProgram(known) : known
  const spaced = demand.outOfStep === true ? outOfStep(launched) : launched
  const served = demand.engineOnly === true ? withoutServer(spaced) : spaced
  const factors = demand.fixedLengths === true ? ofOneLength(served) : served
  const bound = createServing(demand.model, hardware, layout, factors, demand.speed, demand.speculation)
  const serving = bound === undefined ? undefined : asPublished(bound, demand)
  if (serving === undefined) return refused('software', `no matmul rate is known for ${hardware.accelerator.name}`, null)
  if (!serving.linkKnown) return refused('link-unknown', `the link between the accelerators of ${layout.tp * layout.pp > hardware.acceleratorsPerNode ? 'several nodes' : 'this machine'} is unknown`, 'one accelerator, or a machine whose link is known')
  const plan = planReplica(demand, hardware, layout, serving, facts)
  if (plan.sequencesThatFit < 1) return doesNotFit(demand, hardware, plan, facts)
  return demand.disaggregated === true ? settleApart(demand, hardware, configuration, plan) : settle(demand, hardware, configuration, plan)
}

/** What published results say of how an engine ran, and in which version; a plan says neither. */
function asPublished(serving: Serving, {model, runtimeVersion, staticBatch = false}: InferenceDemand): Serving {
  if (runtimeVersion === undefined && !staticBatch) return serving
  const {layout, kvBytesPerSecond} = serving
  const headsPerGroup = model.heads / model.kvHeads
  const readings = readsCachePerHead(layout.runtime, runtimeVersion, headsPerGroup) ? headsPerGroup : 1
  return {...serving, staticBatch, kvBytesPerSecond: kvBytesPerSecond / readings, hostOverlaps: overlapsHost(layout.runtime, runtimeVersion)}
}

/** Replicas that prefill to replicas that decode; what needs the fewest first, whose refusal is the one to show. */
const SPLITS = [[1, 1], [1, 2], [2, 1], [1, 3], [3, 1], [1, 7], [7, 1]] as const

/** Prompts and answers on replicas of their own: the split that meets the goal with the fewest accelerators, among equals the highest rate. */
function settleApart(demand: InferenceDemand, hardware: Hardware, configuration: Configuration, plan: Plan): PerformResult {
  const handOverSeconds = cacheTransferSeconds(plan.serving, hardware, demand.inputTokens)
  if (handOverSeconds === undefined) return refused('link-unknown', 'the link that would carry caches from prefill to decode is unknown', 'disaggregated: false')
  let best: PerformResult | undefined
  for (const [prefillers, decoders] of SPLITS) {
    const serving = {...plan.serving, prefillersPerDecoder: prefillers / decoders, handOverSeconds}
    const note = `Of every ${prefillers + decoders} replicas ${prefillers} only prefill${prefillers === 1 ? 's' : ''}; a prompt's cache is handed over in ${milliseconds(handOverSeconds)}.`
    const result = settle(demand, hardware, configuration, {...plan, serving}, prefillers + decoders, note)
    if (best === undefined || isBetter(result, best)) best = result
  }
  return best!
}

function isBetter(left: PerformResult, right: PerformResult): boolean {
  if (!left.feasible || !right.feasible) return left.feasible
  const meets = ({refusedUnlessNamed}: Performance): boolean => refusedUnlessNamed === undefined
  if (meets(left.performance) !== meets(right.performance)) return meets(left.performance)
  const [used, before] = [left.performance.acceleratorsUsed, right.performance.acceleratorsUsed]
  return used < before || (used === before && (left.performance.throughput.value?.p50 ?? 0) > (right.performance.throughput.value?.p50 ?? 0))
}

/** Heads are not cut: where tp does not divide them, the largest degree below it that does runs. What stays idle then depends on the replicas, and has a note of its own. */
function performDivided(demand: InferenceDemand, hardware: Hardware, configuration: Configuration, facts: Facts, asked: number): PerformResult {
  let tp = asked
  while (demand.model.heads % tp !== 0) tp--
  const result = performInference(demand, hardware, {...configuration, tp, ...followedExperts(demand, configuration, asked, tp)}, facts)
  if (!result.feasible) return result
  const {performance} = result
  return {feasible: true, performance: {...performance, notes: [...performance.notes, `tp ${asked} does not divide the ${demand.model.heads} attention heads: tp ${tp} runs.`]}}
}

const powerOfTwoAtMost = (value: number): number => 2 ** Math.floor(Math.log2(Math.max(1, value)))

/**
 * Memory of the fullest accelerator: weights, activations of one pass (two MLP buffers and four of the hidden size per token, logits
 * in 32 bit per sequence), the runtime's reserve; what is left is KV cache, reserved for the whole context of every sequence.
 */
function planReplica(demand: InferenceDemand, hardware: Hardware, layout: Layout, serving: Serving, facts: Facts): Plan {
  const {model} = serving
  const known = facts.runtime(layout.runtime) ?? facts.runtime('any')
  const runtime = known ?? UNKNOWN_RUNTIME
  const passTokens = Math.min(PREFILL_BUDGET_TOKENS, Math.max(demand.newTokens, FEWEST_PASS_TOKENS))
  const activationBytes = passTokens * ((2 * model.intermediate) / layout.tp + 4 * model.hidden) * 2 + (Math.min(SAMPLED_SEQUENCES, batchOf(demand)) * model.vocab * 4) / layout.tp
  const unused = SHARES_WHAT_IS_FREE.has(layout.runtime) ? Math.max(0, serving.memoryBytes - serving.weightBytes) : Math.min(serving.memoryBytes, RESERVE_GROWS_UP_TO_BYTES)
  const reserveBytes = Math.min(unused * (1 - runtime.memoryShareUsable) + runtime.memoryReserveGib * GIB, serving.memoryBytes * MOST_RESERVED_SHARE)
  const tokens = demand.inputTokens + (PAGED_RUNTIMES.has(layout.runtime) ? heldAnswer(serving, demand.outputTokens) + SPARE_ANSWER_SHARE * demand.outputTokens : 2 * heldAnswer(serving, demand.outputTokens))
  const sequenceBytes = cacheBytes(serving, serving.fixedShapes ? shapeFor(tokens) : tokens)
  const left = serving.memoryBytes - serving.weightBytes - activationBytes - reserveBytes
  return {
    layout, serving, spreads: spreadsOf(facts.calibration, hardware.accelerator, demand.model), runtime, runtimeKnown: known !== undefined, sequenceBytes, activationBytes, reserveBytes,
    sequencesThatFit: left <= 0 ? 0 : Math.floor(left / sequenceBytes),
    mostReplicas: replicasThatFit(hardware, layout.tp, layout.pp),
  }
}

/** Sequences that may come at once, for buffers that grow with them. */
function batchOf(demand: InferenceDemand): number {
  return demand.configuration.batch ?? (demand.load.kind === 'concurrency' ? Math.ceil(demand.load.peak) : MOST_SEQUENCES)
}

function memoryOf(plan: Plan, sequences: number): MemoryUse {
  const weights = plan.serving.weightBytes / GIB
  const cache = (plan.sequenceBytes * sequences) / GIB
  const activations = plan.activationBytes / GIB
  const reserve = plan.reserveBytes / GIB
  return {
    neededGib: intervalFromSigma(weights + cache + activations + reserve, MEMORY_SIGMA),
    availableGib: plan.serving.memoryBytes / GIB,
    lines: [
      {item: 'weights', gib: weights},
      {item: `KV cache (${plan.serving.format.cacheFormat}) of ${Number(sequences.toPrecision(4))} sequences`, gib: cache},
      {item: 'activations', gib: activations},
      {item: 'runtime reserve', gib: reserve},
    ],
  }
}

function doesNotFit(demand: InferenceDemand, hardware: Hardware, plan: Plan, facts: Facts): PerformResult & {feasible: false} {
  const {serving, layout} = plan
  const memory = memoryOf(plan, 1)
  const replicaBytes = serving.memoryBytes * layout.tp * layout.pp
  const weightsAlone = serving.weightBytes * layout.tp * layout.pp > replicaBytes - plan.reserveBytes * layout.tp * layout.pp
  const total = Math.max(1, Math.floor(hardware.acceleratorsPerNode)) * hardware.nodes
  if (weightsAlone && layout.tp * layout.pp >= total / 2) return weightsTooLarge(demand, hardware, layout.precision, layout.runtime, facts, memory)
  return refusedFor('memory', memory, () => ({
    detail: `${modelSize(demand.model)} in ${layout.precision} with one sequence of ${demand.inputTokens + demand.outputTokens} tokens needs ${gib(memory.neededGib.p50)} GiB per accelerator, has ${gib(memory.availableGib)}`,
    nearest: layout.tp * layout.pp * 2 <= total ? `spread it: tp ${layout.tp * 2}` : layout.precision === 'bf16' || layout.precision === 'fp16' ? 'fits in fp8 or int4, or with a shorter context' : 'fits with a shorter context or more accelerators',
  }))
}

/** Two states per call of perform: average and peak. Reused: perform is called thousands of times and never re-entered. */
const averageState = newSteadyState()
const peakState = newSteadyState()
const limitState = newSteadyState()

interface Verdict {
  /** The replica keeps up at peak. */
  readonly keepsUp: boolean
  readonly meetsGoal: boolean
}

function meetsGoal(demand: InferenceDemand, state: SteadyState): boolean {
  const {ttft, tpot} = demand.goal
  if (ttft !== undefined && (ttft.percentile === 'p99' ? state.ttftP99 : state.ttftMedian) > ttft.seconds) return false
  return tpot === undefined || (tpot.percentile === 'p99' ? state.tpotP99 : state.tpotMedian) <= tpot.seconds
}

/** One replica's share of the peak, with `replicas` of them. */
function tryReplicas(demand: InferenceDemand, plan: Plan, replicas: number, slots: number): Verdict {
  const {load} = demand
  const {serving} = plan
  if (load.kind === 'concurrency') {
    const share = Math.max(oneRequest(serving), load.peak / replicas)
    const room = roomOf(serving, slots)
    closedLoop(serving, shapeOf(demand), Math.min(share, room), peakState)
    if (share > room) waitForSlots(peakState, share - room)
    return {keepsUp: share <= room, meetsGoal: meetsGoal(demand, peakState)}
  }
  if (load.kind === 'rate') {
    const keepsUp = openLoop(serving, shapeOf(demand), load.peakPerSecond / replicas, slots, peakState)
    return {keepsUp, meetsGoal: keepsUp && meetsGoal(demand, peakState)}
  }
  return {keepsUp: true, meetsGoal: true}
}

/** Sequences in flight per replica of either sort: those that decode hold them all. */
const roomOf = ({prefillersPerDecoder}: Serving, slots: number): number => slots / (1 + prefillersPerDecoder)
const oneRequest = (serving: Serving): number => roomOf(serving, 1)

/** Requests beyond the slots wait for one to come free. */
function waitForSlots(state: SteadyState, waiting: number): void {
  const wait = waiting / state.requestsPerSecond
  state.ttftMedian += wait
  state.ttftP99 += wait
}

/** `unit`: replicas come in multiples of it. */
function settle(demand: InferenceDemand, hardware: Hardware, configuration: Configuration, plan: Plan, unit = 1, note?: string): PerformResult {
  const {layout} = plan
  const {load} = demand
  const groupSize = Math.max(1, layout.ep / layout.tp) * unit
  const asked = configuration.dp ?? demand.replicas
  const mostReplicas = Math.floor(plan.mostReplicas / groupSize) * groupSize
  if (mostReplicas < 1 || (asked !== 'auto' && (asked > plan.mostReplicas || asked % unit !== 0))) {
    const wanted = asked === 'auto' ? groupSize : asked
    return refused('topology', `${wanted} replica${wanted > 1 ? 's' : ''} of tp ${layout.tp} × pp ${layout.pp} need ${wanted * layout.tp * layout.pp} accelerators, ${machineSize(hardware)} hold ${plan.mostReplicas}`, plan.mostReplicas > 0 ? `use ${plan.mostReplicas} replicas` : 'use a smaller tp')
  }
  const slotLimit = Math.min(configuration.batch ?? MOST_SEQUENCES, plan.sequencesThatFit)
  if (configuration.batch !== undefined && configuration.batch > plan.sequencesThatFit) {
    const memory = memoryOf(plan, configuration.batch)
    return refused('memory', `${configuration.batch} sequences of ${demand.inputTokens + demand.outputTokens} tokens need ${gib(memory.neededGib.p50)} GiB per accelerator, has ${gib(memory.availableGib)}`, `use batch ${plan.sequencesThatFit}, or more accelerators per replica`, memory)
  }
  if (load.kind === 'offline' && demand.goal.ttft !== undefined && rateAtGoal(demand, plan.serving, slotLimit, limitState) === 0) {
    return refused('slo', `a request alone gets its first token after ${milliseconds(limitState.ttftP99)} and then one every ${milliseconds(limitState.tpotP99)}: the goals are missed at any rate`, 'more accelerators per replica, or slower goals')
  }
  if (load.kind === 'offline' && slotsWithinPace(demand, plan, slotLimit) < 1) {
    return refused('slo', `one sequence alone gets a token every ${milliseconds(limitState.tpotMedian)}, the goal is ${milliseconds(demand.goal.tpot?.seconds ?? 0)}`, 'more accelerators per replica, or a slower goal')
  }
  const notes: string[] = note === undefined ? [] : [note]
  let refusedUnlessNamed: Refusal | undefined
  let replicas = asked === 'auto' ? mostReplicas : asked
  if (load.kind === 'offline') {
    replicas = Math.max(1, Math.min(replicas, Math.ceil(load.requests / groupSize) * groupSize))
  } else {
    const best = tryReplicas(demand, plan, replicas, slotLimit)
    if (asked === 'auto' && best.keepsUp && best.meetsGoal) {
      // Fewest that still do: adding replicas never hurts, so halving the interval finds them.
      let [low, high] = [1, replicas / groupSize]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        const verdict = tryReplicas(demand, plan, middle * groupSize, slotLimit)
        if (verdict.keepsUp && verdict.meetsGoal) high = middle
        else low = middle + 1
      }
      replicas = low * groupSize
    } else if (!best.keepsUp) {
      if (load.kind === 'rate' || (asked === 'auto' && configuration.batch === undefined)) return overloaded(demand, hardware, plan, replicas, slotLimit)
      notes.push(`Only ${slotLimit * replicas} of ${load.peak} requests run at a time; the others wait.`)
    } else if (asked === 'auto' && isBinding(demand)) return missesGoal(demand, plan, replicas, slotLimit)
    const verdict = tryReplicas(demand, plan, replicas, slotLimit)
    if (!verdict.meetsGoal && verdict.keepsUp) {
      if (isBinding(demand)) return missesGoal(demand, plan, replicas, slotLimit)
      refusedUnlessNamed = missesGoal(demand, plan, replicas, slotLimit).refusal
      if (demand.goal.assumed) notes.push('The assumed latency goal is missed; give `slo` to decide what is acceptable.')
    }
  }
  if (narrowedUnasked(demand, layout.precision)) {
    refusedUnlessNamed ??= {
      reason: 'memory',
      detail: `fits ${machineSize(hardware)} in int4 only, which changes the answers of a ${demand.model.nativeDtype} model`,
      nearest: 'precision: int4, if that is good enough',
    }
  }
  return {feasible: true, performance: describe(demand, hardware, configuration, plan, {replicas, slots: slotLimit, notes, refusedUnlessNamed})}
}

/** What the user asked for has to be met, what was filled in only unless the target is named. */
const isBinding = ({goal}: InferenceDemand): boolean => !goal.assumed && goal.excused !== true

/** Four bits for a model that was trained in more, and nobody asked for them. */
const narrowedUnasked = (demand: InferenceDemand, precision: string | undefined): boolean =>
  precision === 'int4' && demand.precision === undefined && demand.model.nativeDtype !== 'int4' && demand.model.nativeDtype !== 'mxfp4'

/** The most sequences whose tokens still come at the pace of the goal: more at a time are more throughput, but slower ones. */
function slotsWithinPace(demand: InferenceDemand, plan: Plan, slots: number): number {
  const goal = demand.goal.tpot
  if (goal === undefined) return slots
  const paceMissed = (sequences: number): boolean => {
    closedLoop(plan.serving, shapeOf(demand), sequences, limitState)
    return (goal.percentile === 'median' ? limitState.tpotMedian : limitState.tpotP99) > goal.seconds
  }
  if (!paceMissed(slots)) return slots
  let [fits, fails] = [0, slots]
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2)
    if (paceMissed(middle)) fails = middle
    else fits = middle
  }
  if (fits === 0) paceMissed(1)
  return fits
}

function overloaded(demand: InferenceDemand, hardware: Hardware, plan: Plan, replicas: number, slots: number): PerformResult & {feasible: false} {
  const {load} = demand
  if (load.kind === 'concurrency') {
    const memory = memoryOf(plan, Math.ceil(load.peak / replicas))
    return refusedFor('memory', memory, () => ({
      detail: `${Number(load.peak.toPrecision(4))} requests in flight need room for ${Math.ceil(load.peak / replicas)} sequences per replica, ${slots} fit`,
      nearest: `${Math.ceil((load.peak / slots / replicas) * hardware.nodes)} such machines, or fewer requests at a time`,
    }))
  }
  const rate = saturated(plan.serving, shapeOf(demand), slots, limitState).requestsPerSecond * replicas
  const peak = load.kind === 'rate' ? load.peakPerSecond : 0
  return tooSlow(`${machineSize(hardware)} serve ${Number(rate.toPrecision(3))} requests/s at most, the peak is ${Number(peak.toPrecision(3))}`, `${Math.ceil((peak / rate) * hardware.nodes * 1.1)} such machines`, peak / rate)
}

function missesGoal(demand: InferenceDemand, plan: Plan, replicas: number, slots: number): PerformResult & {feasible: false} {
  tryReplicas(demand, plan, replicas, slots)
  const {ttft, tpot} = demand.goal
  const name = (goal: {percentile: string} | undefined): string => (goal?.percentile === 'median' ? 'median' : 'p99')
  const ttftSeconds = ttft?.percentile === 'median' ? peakState.ttftMedian : peakState.ttftP99
  const tpotSeconds = tpot?.percentile === 'median' ? peakState.tpotMedian : peakState.tpotP99
  const misses: string[] = []
  const ways: string[] = []
  if (ttft !== undefined && ttftSeconds > ttft.seconds) {
    misses.push(`${name(ttft)} TTFT is ${milliseconds(ttftSeconds)}, the goal ${milliseconds(ttft.seconds)}`)
    ways.push(`ttft ${milliseconds(ttftSeconds * 1.05)}`)
  }
  if (tpot !== undefined && tpotSeconds > tpot.seconds) {
    misses.push(`${name(tpot)} TPOT is ${milliseconds(tpotSeconds)}, the goal ${milliseconds(tpot.seconds)}`)
    ways.push(`tpot ${milliseconds(tpotSeconds * 1.05)}`)
  }
  const missRatio = Math.max(ttft === undefined ? 0 : ttftSeconds / ttft.seconds, tpot === undefined ? 0 : tpotSeconds / tpot.seconds)
  return tooSlow(`at peak the ${misses.join('; ')}`, `relax the goal to ${ways.join(' and ')}, or use more accelerators`, missRatio)
}

const milliseconds = (seconds: number): string => (seconds >= 10 ? `${seconds.toFixed(1)} s` : seconds >= 1 ? `${seconds.toFixed(2)} s` : `${Number((seconds * 1000).toPrecision(3))} ms`)

/** How a candidate that works was settled. */
interface Settled {
  readonly replicas: number
  /** Sequences that a replica runs at once at most. */
  readonly slots: number
  readonly notes: readonly string[]
  readonly refusedUnlessNamed: Refusal | undefined
}

/** What the replicas do at the average load, beside `averageState` and `peakState`, which it fills. */
interface Run {
  /** Replicas at work. */
  readonly active: number
  /** Sequences per replica, at peak where there is one. */
  readonly sequences: number
  readonly throughput: Interval
  readonly workSeconds: Interval | null
}

function runAt(demand: InferenceDemand, configuration: Configuration, plan: Plan, replicas: number, slots: number): Run {
  const {serving, spreads} = plan
  const {load, outputTokens} = demand
  const shape = shapeOf(demand)
  const state = averageState
  if (load.kind === 'offline') {
    const sequences = Math.max(1, Math.min(slots, load.requests / replicas))
    if (demand.goal.ttft === undefined) saturated(serving, shape, sequences, state)
    else offlineAtGoal(demand, serving, sequences, slots, state)
    const throughput = intervalFromSpread(state.requestsPerSecond * replicas * outputTokens, spreads.throughput)
    const total = load.requests * outputTokens
    return {active: replicas, sequences, throughput, workSeconds: {p10: total / throughput.p90, p50: total / throughput.p50, p90: total / throughput.p10}}
  }
  if (load.kind === 'concurrency') {
    const active = Math.min(replicas, load.average / oneRequest(serving))
    const share = load.average / active
    const room = roomOf(serving, slots)
    closedLoop(serving, shape, Math.min(share, room), state)
    if (share > room) waitForSlots(state, share - room)
    tryReplicas(demand, plan, replicas, slots)
    const sequences = configuration.batch ?? Math.min(slots, Math.ceil(Math.max(1, load.peak / replicas)))
    return {active, sequences, throughput: intervalFromSpread(state.requestsPerSecond * active * outputTokens, spreads.throughput), workSeconds: null}
  }
  openLoop(serving, shape, load.averagePerSecond / replicas, slots, state)
  tryReplicas(demand, plan, replicas, slots)
  const sequences = configuration.batch ?? Math.min(slots, Math.max(1, Math.ceil(peakState.inFlight)))
  return {active: replicas, sequences, throughput: exactly(load.averagePerSecond * outputTokens), workSeconds: null}
}

/**
 * A run of given requests whose first tokens are to be in time: fed at random as fast as the goals allow (MLPerf's server), or one after another
 * where that is faster; never faster than so many `sequences` are without goals.
 */
function offlineAtGoal(demand: InferenceDemand, serving: Serving, sequences: number, slots: number, into: SteadyState): void {
  const shape = shapeOf(demand)
  const most = saturated(serving, shape, sequences, into).requestsPerSecond
  const oneByOne = closedLoop(serving, shape, oneRequest(serving), into).requestsPerSecond
  const atGoal = rateAtGoal(demand, serving, slots, into)
  if (atGoal >= oneByOne && atGoal <= most) return
  closedLoop(serving, shape, atGoal < oneByOne ? oneRequest(serving) : sequences, into)
  into.requestsPerSecond = Math.min(Math.max(atGoal, oneByOne), most)
}

/** Halvings of the interval in which the highest rate lies: to a part in ten thousand. */
const RATE_ROUNDS = 13

/** Requests/s of one replica that come at random, as fast as all goals allow; 0 = they are missed at any rate. Leaves its state in `into`. */
function rateAtGoal(demand: InferenceDemand, serving: Serving, slots: number, into: SteadyState): number {
  const shape = shapeOf(demand)
  const holds = (perSecond: number): boolean => openLoop(serving, shape, perSecond, slots, into) && meetsGoal(demand, into)
  let [low, high] = [0, saturated(serving, shape, slots, into).requestsPerSecond]
  for (let round = 0; round < RATE_ROUNDS; round++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  if (low > 0) openLoop(serving, shape, low, slots, into)
  into.requestsPerSecond = low
  return low
}

/** The part of a performance that only its reader asks for. */
type Details = Pick<Performance, 'memory' | 'operators' | 'bottleneck' | 'rooflineSeconds' | 'notes'>

/**
 * Everything a reader of the plan sees of a candidate that works. The planner compares hundreds of candidates by time and
 * load, and shows a few: what only the few need is worked out when it is read.
 */
function describe(demand: InferenceDemand, hardware: Hardware, configuration: Configuration, plan: Plan, settled: Settled): Performance {
  const {serving, layout, runtime} = plan
  const {load, outputTokens} = demand
  const {replicas, refusedUnlessNamed} = settled
  const pacedSlots = (): number => Math.max(1, slotsWithinPace(demand, plan, settled.slots))
  const slots = load.kind === 'offline' ? pacedSlots() : settled.slots
  const run = runAt(demand, configuration, plan, replicas, slots)
  const {sequences, throughput} = run
  const used = replicas * layout.tp * layout.pp
  const busy = loadOf(serving, averageState, (averageState.requestsPerSecond * run.active) / replicas, shapeOf(demand))
  let limit: number | undefined
  const limitPerSecond = (): number => (limit ??= saturated(serving, shapeOf(demand), pacedSlots(), limitState).requestsPerSecond * replicas * outputTokens)
  let known: Details | undefined
  const details = (): Details => (known ??= detailsOf(demand, hardware, configuration, plan, settled, slots, limitPerSecond))
  return {
    configuration: {
      runtime: layout.runtime, precision: layout.precision, tp: layout.tp, pp: layout.pp, dp: replicas, ep: layout.ep, batch: Math.max(1, Math.round(sequences)),
      ...(configuration.migProfile === undefined ? {} : {migProfile: configuration.migProfile}),
    },
    workSeconds: run.workSeconds,
    endless: demand.endless,
    throughput: {unit: demand.throughputUnit, value: throughput},
    get saturationThroughput() { return intervalFromSpread(Math.max(limitPerSecond(), throughput.p50), plan.spreads.throughput) },
    ...(demand.endless ? {get capacity() { return capacityOf(demand, plan, replicas, settled.slots) }} : {}),
    get latency() {
      runAt(demand, configuration, plan, replicas, slots)
      return latencyOf(demand, plan, replicas)
    },
    get interTokenSeconds() {
      runAt(demand, configuration, plan, replicas, slots)
      return intervalFromSpread(averageState.gapMedian, plan.spreads.tpot)
    },
    get memory() { return details().memory },
    load: busy,
    acceleratorsUsed: hardware.acceleratorsPerNode < 1 ? used * hardware.acceleratorsPerNode : used,
    loadSeconds: runtime.startupSeconds + (serving.weightBytes * Math.min(used, Math.max(layout.tp, layout.ep) * layout.pp)) / Math.max(1, Math.min(hardware.nodes, layout.pp)) / runtime.weightLoadBytesPerSecond,
    checkpointBytes: 0,
    weightBytes: weightBytesOf(numbersOf(demand.model), serving.format, {tp: 1, pp: 1, ep: 1}),
    get operators() { return details().operators },
    get bottleneck() { return details().bottleneck },
    basis: weakest(plan.spreads.basis, demand.model.standing === 'read' && hardware.accelerator.standing === 'read' ? plan.spreads.basis : 'computed', plan.runtimeKnown ? plan.spreads.basis : 'assumed') satisfies Confidence,
    get spreadMetrics() {
      runAt(demand, configuration, plan, replicas, slots)
      const late = lateState(demand)
      const first = [firstTokenOf(demand, replicas, averageState.ttftMedian, averageState), firstTokenOf(demand, replicas, late.ttftP99, late)]
      return [metricOf('throughput', demand.model), metricOf('tpot', demand.model), ...new Set(first)]
    },
    get rooflineSeconds() { return details().rooflineSeconds },
    get notes() { return details().notes },
    ...(refusedUnlessNamed === undefined ? {} : {refusedUnlessNamed}),
  }
}

function capacityOf(demand: InferenceDemand, {serving, spreads}: Plan, replicas: number, slots: number): NonNullable<Performance['capacity']> {
  const tokensPerSecond = (requestsPerSecond: number): Interval => intervalFromSpread(requestsPerSecond * replicas * demand.outputTokens, spreads.throughput)
  const atGoal = rateAtGoal(demand, serving, slots, limitState)
  return {atGoal: atGoal > 0 ? tokensPerSecond(atGoal) : null, saturated: tokensPerSecond(saturated(serving, shapeOf(demand), slots, limitState).requestsPerSecond)}
}

/**
 * A first token that takes more than four times as long as it would alone is a wait for the most part (where the spreads of both were told apart). From the
 * first to the second of these ratios one spread passes into the other: steps would let an end of the interval fall while the load rises.
 */
const QUEUED_RATIOS = [2.5, 6.4] as const

/** Share of the spread of waits in that of a first token that takes so long, in a state. */
function queuedShare(seconds: number, {ownSeconds}: SteadyState): number {
  const [least, most] = QUEUED_RATIOS
  return Math.min(1, Math.max(0, Math.log(seconds / ownSeconds / least) / Math.log(most / least)))
}

/** The spread of a first token without a wait. */
const unqueued = ({load}: Pick<InferenceDemand, 'load'>, replicas: number): FirstToken => (load.kind === 'concurrency' && load.peak <= replicas ? 'ttft-alone' : 'ttft')

/** The spread that a first token has for the most part. */
const firstTokenOf = (demand: InferenceDemand, replicas: number, seconds: number, state: SteadyState): FirstToken => (queuedShare(seconds, state) > 0.5 ? 'ttft-queued' : unqueued(demand, replicas))

/** Medians are of the average load, tails of the peak, where there is one. */
const lateState = ({load}: InferenceDemand): SteadyState => (load.kind === 'offline' ? averageState : peakState)

/** Latencies of the states that `runAt` left: medians at the average load, tails at the peak. */
function latencyOf(demand: InferenceDemand, {spreads}: Plan, replicas: number): Latency {
  const late = lateState(demand)
  const own = spreads.firstToken[unqueued(demand, replicas)]
  const queued = spreads.firstToken['ttft-queued']
  const first = (seconds: number, state: SteadyState): Interval => {
    const share = queuedShare(seconds, state)
    const between = (end: 'lowLog' | 'highLog'): number => own[end] + share * (queued[end] - own[end])
    return intervalFromSpread(seconds, {lowLog: between('lowLog'), highLog: between('highLog')})
  }
  return {
    ttftSeconds: {median: first(averageState.ttftMedian, averageState), p99: first(late.ttftP99, late)},
    tpotSeconds: {median: intervalFromSpread(averageState.tpotMedian, spreads.tpot), p99: intervalFromSpread(late.tpotP99, spreads.tpot)},
  }
}

function detailsOf(demand: InferenceDemand, hardware: Hardware, configuration: Configuration, plan: Plan, settled: Settled, slots: number, limitPerSecond: () => number): Details {
  const {serving, layout} = plan
  const {load} = demand
  const {replicas} = settled
  const {sequences, throughput} = runAt(demand, configuration, plan, replicas, slots)
  const state = averageState
  const used = replicas * layout.tp * layout.pp
  const total = Math.max(1, Math.floor(hardware.acceleratorsPerNode)) * hardware.nodes
  const notes = [...settled.notes]
  if (used < total) notes.push(`${total - used} of ${total} accelerators stay idle${serving.model.heads % total === 0 || total % layout.tp === 0 ? '' : ` (${layout.tp} divides the ${serving.model.heads} heads, ${total} does not)`}.`)
  if (narrowedUnasked(demand, layout.precision)) notes.push('int4 because nothing wider fits: answers change slightly; compare them before use.')
  else if (layout.precision !== demand.model.nativeDtype && (layout.precision === 'fp8' || layout.precision === 'int8')) notes.push(`${layout.precision} instead of the checkpoint's ${demand.model.nativeDtype}: small quality change; compare before use.`)
  if (!plan.runtimeKnown) notes.push(`Memory reserve and start-up of ${layout.runtime} are assumed.`)
  return {
    memory: memoryOf(plan, load.kind === 'offline' ? sequences : Math.min(plan.sequencesThatFit, sequences)),
    operators: operatorsOf(serving, state, shapeOf(demand), Math.max(1, state.inFlight)),
    bottleneck: bottleneckOf(demand, plan, state, load.kind === 'rate' && throughput.p50 < limitPerSecond() * 0.5, slots),
    rooflineSeconds: rooflineSeconds(demand, hardware, [serving.format.operandBits], serving.format.kvBytesPerElement, minimumWeightBits(serving)),
    notes,
  }
}

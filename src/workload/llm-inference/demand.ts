import {RigorError} from '../../errors.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import type {Configuration} from '../../performance/types.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {resolveModelField} from '../llm/model-field.ts'
import {isMixture, weightBytes} from '../llm/architecture.ts'
import type {InferenceSpec, LatencyGoal} from './schema.ts'

/** How requests arrive. `peakFactor` = busiest ÷ average. */
export type Load =
  | {readonly kind: 'concurrency'; readonly average: number; readonly peak: number}
  | {readonly kind: 'rate'; readonly averagePerSecond: number; readonly peakPerSecond: number}
  | {readonly kind: 'offline'; readonly requests: number}

export interface ServiceGoal {
  readonly ttft: LatencyGoal | undefined
  readonly tpot: LatencyGoal | undefined
  /** Not the user's: missing it is noted, not refused. */
  readonly assumed: boolean
  /** May be missed, although stated. */
  readonly excused?: boolean
}

export interface InferenceDemand extends Demand {
  readonly model: LanguageModel
  /** Prompt tokens, image tokens included. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** Prompt tokens that have to be computed. */
  readonly newTokens: number
  readonly cachedTokens: number
  readonly load: Load
  readonly goal: ServiceGoal
  readonly replicas: number | 'auto'
  readonly precision: string | undefined
  readonly configuration: Configuration
  readonly speculation?: {readonly draftTokens: number; readonly acceptance: number} | undefined
  readonly disaggregated?: boolean
  /** Version of the runtime, where a measurement is read that names it: kernels differ. */
  readonly runtimeVersion?: string
  /** Timed inside the engine: no server, no network, no tokenising before the first token. */
  readonly engineOnly?: boolean
  /** One batch at a time: all prompts together, then all answers, and none begins before. */
  readonly staticBatch?: boolean
  /** Prompts and answers of one length come back one by one, as far apart as they were taken in: nobody is in step with others. */
  readonly outOfStep?: boolean
  /** All answers are as long as each other, as benchmarks make them; those of real work vary. */
  readonly fixedLengths?: boolean
  /** The checkpoint asks for a KV cache in FP8, as those of NVIDIA's ModelOpt do. */
  readonly cacheInFp8?: boolean
  /** Published racks hold copies of some experts so that any number of accelerators shares them (288 slots for 256 experts over 72): the split need not divide them. */
  readonly copiesExperts?: boolean
  /** How many times as fast as estimated the user measured such work to be (`reference`); 1 without a measurement. */
  readonly speed: number
}

/** Fields of a configuration that serving has no use for: a value there is a mistake, not a wish. */
const TRAINING_ONLY = ['cp', 'microBatch', 'checkpointing', 'zeroStage', 'offload'] as const

/** Fewest bits a weight may have if nothing is said: 4-bit formats with their scales. */
const FEWEST_BITS = 4.1

/**
 * MLPerf Inference's limits for its Llama-2-70B server scenario (294 input tokens: TTFT 2 s, TPOT 200 ms at p99), stretched to
 * longer prompts along its Llama-3.1-405B limit (9,400 tokens: 6 s). mlcommons/inference_policies, rounds 4.1 and 5.1.
 */
export function assumedGoalSeconds(inputTokens: number): {ttft: number; tpot: number} {
  const [shortTokens, shortSeconds, longTokens, longSeconds] = [294, 2, 9400, 6]
  const slope = (longSeconds - shortSeconds) / (longTokens - shortTokens)
  return {ttft: Math.round((shortSeconds + Math.max(0, inputTokens - shortTokens) * slope) * 10) / 10, tpot: 0.2}
}

const compact = (value: number): string => (value >= 1e9 ? `${round(value / 1e9)}B` : value >= 1e6 ? `${round(value / 1e6)}M` : value >= 10_000 ? `${round(value / 1e3)}k` : String(round(value)))
const round = (value: number): number => Number(value.toPrecision(3))

/** Reads a spec into what it asks of hardware. */
export function inferenceDemand(spec: InferenceSpec, facts: Facts): InferenceDemand {
  const model = resolveModelField(spec.model, facts)
  const assumptions = createAssumptions()
  const {traffic, configuration} = spec
  const promptTokens = assumptions.choose('traffic.inputTokens', traffic.inputTokens, 800)
  const outputTokens = Math.max(1, assumptions.choose('traffic.outputTokens', traffic.outputTokens, 200))
  const inputTokens = promptTokens + (traffic.imageTokens ?? 0)
  const cachedTokens = inputTokens * (traffic.prefixCacheShare ?? 0)
  if (model.maxContext !== undefined && inputTokens + outputTokens > model.maxContext) {
    throw new RigorError('CONTEXT_TOO_LONG', `${inputTokens} input and ${outputTokens} output tokens exceed the ${model.maxContext} tokens of ${model.id}.`, {
      hint: 'Shorten the traffic or choose a model with a longer context: rigor models list',
    })
  }
  for (const field of TRAINING_ONLY) {
    if (configuration[field] !== undefined && configuration[field] !== 'none') {
      throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to serving.`, {hint: 'Serving takes runtime, precision, tp, pp, dp, ep, batch and migProfile.'})
    }
  }
  if (configuration.ep !== undefined && configuration.ep > 1 && !isMixture(model)) {
    throw new RigorError('BAD_CONFIGURATION', `configuration.ep is ${configuration.ep}, but ${model.id} is dense: it has no experts to deal out.`, {hint: 'Leave ep out; tp, pp and dp divide a dense model.'})
  }
  const precision = onePrecision(spec)
  if (configuration.dp !== undefined && spec.replicas !== 'auto' && configuration.dp !== spec.replicas) {
    throw new RigorError('TWO_REPLICA_COUNTS', `replicas is ${spec.replicas}, configuration.dp is ${configuration.dp}: both count the replicas.`, {hint: 'Give it once.'})
  }
  const peakFactor = traffic.peakFactor ?? 1
  const load: Load =
    traffic.concurrency !== undefined
      ? {kind: 'concurrency', average: traffic.concurrency, peak: traffic.concurrency * peakFactor}
      : traffic.requestsPerSecond !== undefined
        ? {kind: 'rate', averagePerSecond: traffic.requestsPerSecond, peakPerSecond: traffic.requestsPerSecond * peakFactor}
        : {kind: 'offline', requests: traffic.requests ?? 1}
  const endless = load.kind !== 'offline'
  if (endless && traffic.peakFactor === undefined) assumptions.add('traffic.peakFactor', '1')
  const goal = goalOf(spec, inputTokens, endless, (field, value) => assumptions.add(field, value))
  const minimumBytes = precision !== undefined ? weightBytes(model, precision) : Math.min(weightBytes(model, 'int4'), (model.parameters * FEWEST_BITS) / 8)
  const users =
    load.kind === 'concurrency'
      ? `${compact(load.average)} requests in flight${peakFactor > 1 ? ` (peak ${compact(load.peak)})` : ''}`
      : load.kind === 'rate'
        ? `${compact(load.averagePerSecond)} requests/s${peakFactor > 1 ? ` (peak ${compact(load.peakPerSecond)})` : ''}`
        : `${compact(load.requests)} requests offline`
  return {
    kind: 'llm-inference',
    summary: `${model.id} (${compact(model.parameters)}${isMixture(model) ? `, ${compact(model.activeParameters)} active` : ''}), ${users}, ${compact(inputTokens)} in / ${compact(outputTokens)} out`,
    assumptions: assumptions.list,
    throughputUnit: 'output tokens/s',
    costUnit: {name: '1M output tokens', amount: 1e6},
    workUnits: load.kind === 'offline' ? load.requests * outputTokens : null,
    endless,
    minimumTotalMemoryGib: (minimumBytes * 0.98) / 2 ** 30,
    bytesToUserPerUnit: STREAMED_BYTES_PER_TOKEN * peakFactor,
    model,
    inputTokens,
    outputTokens,
    newTokens: Math.max(1, inputTokens - cachedTokens),
    cachedTokens,
    load,
    goal,
    replicas: configuration.dp ?? spec.replicas,
    precision,
    configuration,
    ...(spec.speculative === undefined ? {} : {speculation: spec.speculative}),
    ...(spec.disaggregated === true ? {disaggregated: true} : {}),
    speed: 1,
    comparison: spec.apiPrice === undefined ? undefined : apiOf(spec.apiPrice, inputTokens, outputTokens),
  }
}

/** An answer that is streamed sends an event of JSON for each token: id, model and choice around a few letters. An assumption, counted on one such event of the usual interface. */
const STREAMED_BYTES_PER_TOKEN = 250

function goalOf(spec: InferenceSpec, inputTokens: number, endless: boolean, assume: (field: string, value: string) => void): ServiceGoal {
  if (spec.slo?.ttft !== undefined || spec.slo?.tpot !== undefined) return {ttft: spec.slo.ttft, tpot: spec.slo.tpot, assumed: false}
  if (!endless) return {ttft: undefined, tpot: undefined, assumed: true}
  const {ttft, tpot} = assumedGoalSeconds(inputTokens)
  assume('slo', `p99 TTFT ${ttft} s, TPOT ${tpot * 1000} ms (MLPerf server limits)`)
  return {ttft: {percentile: 'p99', seconds: ttft}, tpot: {percentile: 'p99', seconds: tpot}, assumed: true}
}

/** An API's price for this traffic per million output tokens: its input price times the prompt tokens that come with each output token, plus its output price. */
function apiOf({inputUsdPerMillion, outputUsdPerMillion}: {inputUsdPerMillion: number; outputUsdPerMillion: number}, inputTokens: number, outputTokens: number): {label: string; usdPerUnit: number} {
  return {
    label: `An API at ${inputUsdPerMillion} USD per 1M input and ${outputUsdPerMillion} USD per 1M output tokens`,
    usdPerUnit: outputUsdPerMillion + inputUsdPerMillion * (inputTokens / outputTokens),
  }
}

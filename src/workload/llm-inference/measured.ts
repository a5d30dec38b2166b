import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import {bareHardware} from '../../catalog/hardware.ts'
import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import {RigorError} from '../../errors.ts'
import {divideBy, exactly, scale} from '../../performance/interval.ts'
import type {Configuration, Hardware, Interval, Performance} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import type {InferenceDemand} from './demand.ts'
import {llmInference} from './index.ts'
import {runsAsProgram} from './factors.ts'
import {measuredAccelerator} from '../llm/measured-place.ts'
import {measuredModel} from './measured-models.ts'
import {InferenceSpec} from './schema.ts'
import {peakFlopsFor} from './format.ts'

/** A published result as a question to the estimator. */
export interface MeasuredCase {
  readonly demand: InferenceDemand
  readonly hardware: Hardware
  /** What the source says of how it ran; without parallel degrees they are searched for the highest throughput. */
  readonly configuration: Configuration
  /** From a performance to the row's own figure, unit and scope; `undefined` = the estimate has no such figure. */
  readonly read: (performance: Performance) => Interval | undefined
}

type Refused = Exclude<Prediction, {status: 'answered'}>
export type MeasuredReading = {readonly status: 'case'; readonly case: MeasuredCase} | Refused

const no = (reason: string): Refused => ({status: 'unanswered', reason})

/** In order of precedence; names and versions as the sources write them. */
const RUNTIMES: readonly (readonly [RegExp, string])[] = [
  [/vllm|llmboost/i, 'vllm'],
  [/sglang/i, 'sglang'],
  [/trtllm|tensorrt/i, 'tensorrt-llm'],
  [/llama\.cpp/i, 'llama.cpp'],
  [/neuron/i, 'neuron'],
  [/jetstream/i, 'jetstream'],
  [/\bmlx\b/i, 'mlx'],
  [/transformers|litgpt|pytorch/i, 'pytorch'],
  [/rocm/i, 'vllm'],
  [/gaudi|habana|optimum/i, 'gaudi'],
]
/** MLPerf's entries that name no engine come from this one. */
const USUAL_RUNTIME = 'tensorrt-llm'

const runtimeOf = (framework: string): string => RUNTIMES.find(([pattern]) => pattern.test(framework))?.[1] ?? USUAL_RUNTIME

/** What else stands with a version beside an engine. */
const BESIDE = /\b(?:rocm|cuda|pytorch|rhel)\W*\d[\w.]*/gi

/** `trtllm 1.2.0rc6.post3` → 1.2.0rc6.post3: kernels change with every release, and so do the options that come with it. */
const versionOf = (framework: string): string | undefined => (/\bpre-release\b/i.test(framework) ? '0.0' : /\b\d+\.\d+[\w.]*/.exec(framework.replaceAll(BESIDE, ''))?.[0].replace(/\.+$/, ''))

/** Phases that time the engine itself, without a server around it. */
const ENGINE_PHASES: ReadonlySet<string> = new Set(['prefill_latency', 'prefill_batch1', 'decode_batch1'])

/** One batch at a time: so said, or an engine that was called with a batch. */
const isStatic = ({phase, notes, concurrency}: Setting, runtime: string, version: string | undefined): boolean =>
  phase === 'generate_static_batch' || (phase === 'offline_throughput' && concurrency !== undefined && (notes.staticBatch === true || (runtime === 'tensorrt-llm' && runsAsProgram(runtime, version))))

/** NVIDIA's 8-bit checkpoints ask for an 8-bit cache (kv_cache_quant_algo in hf_quant_config.json). */
const MODELOPT = /^nvidia\/.*-FP8$/

/** Published in MXFP4 alone: tables that file it under fp8 or fp4 weights mean what the accelerator's other models have. */
const isGptOss = (model: string): boolean => /gpt-oss/i.test(model)

/** The row's number format in our words; where none is named, the narrowest that the part multiplies in, as MLPerf's accuracy limits allow. */
function precisionOf({precision, model}: Setting, {peakFlops}: Accelerator): string {
  const text = precision.toLowerCase()
  if (/mxfp4/.test(text) || (isGptOss(model) && /fp[48]/.test(text))) return 'mxfp4'
  if (/fp4/.test(text)) return 'nvfp4'
  if (/q4|int4/.test(text)) return 'int4'
  if (/nf4/.test(text)) return 'nf4'
  if (/int8|q8/.test(text)) return 'int8'
  if (/^bf16\/fp8|bfloat16|bf16|gemm|weights bf16/.test(text)) return 'bf16'
  if (/fp8/.test(text)) return 'fp8'
  if (/fp16|float16/.test(text)) return 'fp16'
  if (/fp32/.test(text)) return 'fp32'
  // GPT-J's entries never went below 8 bits.
  if (peakFlops.fp4 !== undefined && !/gpt-?j/i.test(model)) return 'nvfp4'
  return peakFlops.fp8 !== undefined ? 'fp8' : peakFlops.int8 !== undefined ? 'int8' : 'fp16'
}

interface Lengths {
  /** `undefined` = neither the row nor what its data set's documents say tells. */
  readonly input: number | undefined
  readonly output: number | undefined
  readonly imageTokens: number
  /** Sequences decoded per request (beam search); their prompts are one. */
  readonly beams: number
}

/**
 * Mean prompts of data sets that rows name without lengths, from the data sets' own documents, in tokens: chats of LMArena, questions of
 * GPQA with their prompt, files to be completed; images and videos as the encoders' usual number of tokens. Assumptions where nothing is published.
 */
const DATASETS: Readonly<Record<string, {readonly input: number; readonly images?: number; readonly output?: number}>> = {
  'lm-arena-chat': {input: 300},
  gpqa: {input: 250},
  'sourcegraph-fim': {input: 1500},
  'image-chat': {input: 150, images: 1000},
  'video-chat': {input: 150, images: 4000},
  Alpaca: {input: 50, output: 200},
}

function lengthsOf({inputTokens, outputTokens, dataset, phase}: Setting): Lengths {
  const mean = (what: string): number | undefined => {
    const text = new RegExp(`mean ${what} ~([\\d,]+)`).exec(dataset)?.[1]
    return text === undefined ? undefined : Number(text.replaceAll(',', ''))
  }
  // MLPerf's GPT-J answers by beam search of 4; its later rounds sample.
  if (/beam 4/.test(dataset)) return {input: 778, output: 69, imageTokens: 0, beams: 4}
  if (/CNN-DailyMail/.test(dataset)) return {input: 778, output: 73, imageTokens: 0, beams: 1}
  const known = DATASETS[dataset]
  return {
    // Generation timings without a prompt start from an empty cache (llama-bench's tg).
    input: inputTokens ?? mean('input') ?? known?.input ?? (/OpenOrca\+GSM8K/.test(dataset) ? 300 : /math\/QA/.test(dataset) ? 800 : phase === 'decode_batch1' ? 1 : undefined),
    // Prefill timings ask for the first token only.
    output: outputTokens ?? mean('output') ?? known?.output ?? (phase === 'prefill_batch1' ? 1 : undefined),
    imageTokens: known?.images ?? 0,
    beams: 1,
  }
}

const ACCELERATORS_PER_SXM_NODE = 8
/** Runtimes that split a model over cards by layers. */
const LAYER_SPLIT: ReadonlySet<string> = new Set(['llama.cpp', 'pytorch'])
const CORES_FOR_CHIPS: ReadonlySet<string> = new Set(['neuron', 'jetstream'])

interface Split {
  readonly accelerators: number
  readonly configuration: Configuration
}

const split = (tp: number, pp: number, dp: number, ep: number): Split => ({accelerators: tp * pp * dp, configuration: {tp, pp, dp, ep}})

/**
 * How the system was split. Tables of mixtures give attention's degrees (tp, dp) and the experts' (ep, and `moe_tp` that cuts them) apart: the
 * experts span moe_tp · ep accelerators, attention tp of them and is repeated over the rest. Two conventions differ:
 * - tables that multiply: "tp 64, ep 8, moe_tp 8" is tp 8 and ep 8 on the same 8 accelerators;
 * - an engine batch below the concurrency says over how many repetitions of attention the requests were spread.
 */
function splitOf(setting: Setting, runtime: string): Split {
  const {notes} = setting
  const accelerators = setting.accelerators ?? 1
  const pp = notes.pipelineParallel ?? setting.pp ?? 1
  if (LAYER_SPLIT.has(runtime)) return {accelerators, configuration: {tp: 1, pp: accelerators, dp: 1, ep: 1}}
  if (notes.dataExpertParallel !== undefined) return split(1, pp, notes.dataExpertParallel, notes.dataExpertParallel)
  if (notes.tensorParallel !== undefined) return split(notes.tensorParallel, pp, 1, 1)
  if (setting.tp === undefined) return {accelerators, configuration: {}}
  if (CORES_FOR_CHIPS.has(runtime) || notes.coresPerChip !== undefined) return {accelerators, configuration: {tp: accelerators, pp: 1, dp: 1, ep: 1}}
  const tp = Math.max(1, setting.tp)
  const dp = Math.max(1, setting.dp ?? 1)
  const ep = Math.max(1, setting.ep ?? 1)
  const cut = notes.expertTensorParallel
  if (cut !== undefined) {
    const ranks = notes.engineBatch === undefined || setting.concurrency === undefined ? dp : Math.max(1, Math.round(setting.concurrency / notes.engineBatch))
    if (ep > 1 && cut === ep && tp * dp === ep * ep && ranks === dp) return dp > 1 ? split(1, pp, ep, ep) : split(ep, pp, 1, ep)
    if (dp > 1 && tp > 1 && ep === tp * dp) return split(1, pp, tp, tp)
    const experts = Math.max(1, cut) * ep
    const wide = Math.max(tp * dp, experts)
    if (ranks === tp && tp > 1 && dp === 1 && ep > 1) return split(1, pp, tp, Math.max(ep, tp))
    // The experts of a whole rack are spread, its attention repeated.
    if (tp > ACCELERATORS_PER_SXM_NODE && ep === 1) return split(1, pp, tp, tp)
    return split(tp, pp, Math.max(1, Math.floor(wide / tp)), experts > tp ? experts : ep)
  }
  // Experts over all accelerators, attention by tensor parallelism among them: vLLM's way when expert parallelism is switched on.
  if (ep > 1 && dp === 1 && tp === 1 && accelerators === ep) return {accelerators, configuration: {tp: accelerators, pp, dp: 1, ep}}
  const replica = tp * pp
  return {accelerators: Math.max(accelerators, replica * dp), configuration: {tp, pp, dp: Math.max(dp, Math.floor(accelerators / replica)), ep}}
}

/** A model's limits at p99, seconds: of the server scenario and of the interactive one. */
interface Limits {
  readonly server: {readonly ttft: number; readonly tpot: number}
  readonly interactive: {readonly ttft: number; readonly tpot: number}
}

/** MLPerf Inference's limits (mlcommons/inference_policies, rounds 4.1 to 5.1); GPT-J has one of the whole answer, 20 s, that never binds. */
const MLPERF_LIMITS: readonly (readonly [RegExp, Limits])[] = [
  [/405B/i, {server: {ttft: 6, tpot: 0.175}, interactive: {ttft: 4.5, tpot: 0.08}}],
  [/3\.1[ -]8B/i, {server: {ttft: 2, tpot: 0.1}, interactive: {ttft: 0.5, tpot: 0.03}}],
  [/DeepSeek/i, {server: {ttft: 2, tpot: 0.08}, interactive: {ttft: 1.5, tpot: 0.015}}],
  [/llama|mixtral/i, {server: {ttft: 2, tpot: 0.2}, interactive: {ttft: 0.45, tpot: 0.04}}],
]

function mlperfGoal({model, phase}: Setting): Limits['server'] | undefined {
  if (phase !== 'server' && phase !== 'interactive') return undefined
  return MLPERF_LIMITS.find(([pattern]) => pattern.test(model))?.[1][phase]
}

type Read = MeasuredCase['read']

/** How to read a row's figure off an estimate; a figure the estimate does not have (no throughput, no latency) stays `undefined` and never becomes 0. */
function readerOf(setting: Setting, accelerators: number, {input = Number.NaN, output = Number.NaN, beams}: Lengths): Read | undefined {
  const known = (change: (interval: Interval) => Interval, interval: Interval | null | undefined): Interval | undefined => (interval === null || interval === undefined || !(interval.p50 > 0) ? undefined : change(interval))
  const times = (factor: number) => (interval: Interval) => scale(interval, factor)
  const over = (numerator: number) => (interval: Interval) => divideBy(numerator, interval)
  const throughput = (factor: number): Read => performance => known(times(factor), performance.throughput.value)
  const latency = (which: 'ttftSeconds' | 'tpotSeconds', percentile: 'median' | 'p99', change: (interval: Interval) => Interval): Read => performance => known(change, performance.latency?.[which][percentile])
  const {metric, phase, scope, unit, model} = setting
  const share = scope === 'per_accelerator' || metric.endsWith('_per_accelerator') ? 1 / accelerators : 1
  const seconds = unit === 's' ? 1 : 1000
  switch (metric.replace(/_per_accelerator$/, '')) {
    case 'output_tokens_per_s':
      return phase === 'decode_batch1' ? latency('tpotSeconds', 'median', over(1)) : throughput(share)
    case 'total_tokens_per_s':
      return throughput(share * (1 + input / output))
    case 'requests_per_s':
      return throughput(share / output)
    case 'prompt_tokens_per_s':
      return latency('ttftSeconds', 'median', over(input))
    case 'samples_per_s':
    case 'queries_per_s':
      // MLPerf counts tokens from Llama 2 on, whatever the column says; only GPT-J is counted in queries.
      return throughput(/gpt-?j/i.test(model) ? share / (output * beams) : share)
    case 'tpot_ms': case 'tpot_ms_p50': case 'tpot_ms_median': case 'itl_ms': case 'tpot_s':
      return latency('tpotSeconds', 'median', times(seconds))
    // A mean counts the gaps in which prompts are taken in; a median does not, while they are few.
    case 'itl_ms_median': case 'itl_ms_p50':
      return performance => known(times(seconds), performance.interTokenSeconds)
    case 'ttft_ms': case 'ttft_ms_p50': case 'ttft_ms_median': case 'ttft_s':
      return latency('ttftSeconds', 'median', times(seconds))
    case 'ttft_ms_p99':
      return latency('ttftSeconds', 'p99', times(seconds))
    case 'tpot_ms_p99': case 'itl_ms_p99':
      return latency('tpotSeconds', 'p99', times(seconds))
    case 'memory_gib':
      return performance => known(times((unit === 'GB' ? 2 ** 30 / 1e9 : 1) * (scope === 'sum_over_accelerators' ? accelerators : 1)), performance.memory.neededGib)
    case 'fits':
      return performance => ({p10: performance.memory.neededGib.p90 <= performance.memory.availableGib ? 1 : 0, p50: 1, p90: 1})
    default:
      return undefined
  }
}

/** Requests of an offline run: enough that its start and end do not matter. */
const MANY_REQUESTS = {queue: 2000, benchmark: 20_000}

/** What a row of measured results asks, or why it cannot be asked. */
export function readMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): MeasuredReading {
  const {accelerator: label, notes, phase, concurrency} = setting
  const accelerator = measuredAccelerator(label, accelerators)
  if (accelerator === undefined) return no(`${label === '' ? 'the accelerator' : label} is not in the catalog`)
  if (peakFlopsFor(accelerator, 16) === undefined) return no(`no matmul rate is known for ${accelerator.name}`)
  if (notes.speculative) return no('speculative decoding whose rate of acceptance is not stated')
  const runtime = runtimeOf(setting.framework)
  const {accelerators: count, configuration} = splitOf(setting, runtime)
  const lengths = lengthsOf(setting)
  const read = readerOf(setting, count, lengths)
  if (read === undefined) return no(`${setting.metric} is not a figure of this kind`)
  const {input, output, imageTokens, beams} = lengths
  if (input === undefined || output === undefined) return no(`how many tokens ${input === undefined ? (output === undefined ? 'go in and come out' : 'go in') : 'come out'} is not known`)
  const precision = precisionOf(setting, accelerator)
  const traffic: Record<string, unknown> = {
    inputTokens: Math.max(1, Math.round(input)), outputTokens: Math.max(1, Math.round(output)),
    ...(beams > 1 ? {prefixCacheShare: 1 - 1 / beams} : {}), ...(imageTokens > 0 ? {imageTokens} : {}),
  }
  let slo: Limits['server'] | undefined
  if (phase === 'offline' || phase === 'server' || phase === 'interactive' || (phase === 'offline_throughput' && concurrency === undefined)) {
    Object.assign(traffic, {mode: 'offline', requests: phase === 'offline_throughput' ? MANY_REQUESTS.queue : MANY_REQUESTS.benchmark})
    slo = mlperfGoal(setting)
  } else {
    if (concurrency === undefined && !phase.endsWith('batch1')) return no('how many requests were in flight is not known')
    traffic['concurrency'] = concurrency ?? 1
  }
  try {
    const spec = InferenceSpec.parse({kind: 'llm-inference', model: measuredModel(setting), traffic, precision, configuration: {runtime}, ...(slo === undefined ? {} : {slo})})
    const runtimeVersion = versionOf(setting.framework)
    const demand = {...llmInference.demand(spec, withoutContextLimits(facts)), ...(runtimeVersion === undefined ? {} : {runtimeVersion}), engineOnly: ENGINE_PHASES.has(phase), copiesExperts: true, ...(isStatic(setting, runtime, runtimeVersion) ? {staticBatch: true} : {}), ...(notes.equalLengths === true ? {outOfStep: true} : {}), ...(setting.dataset === '' ? {fixedLengths: true} : {}), ...(MODELOPT.test(setting.model) ? {cacheInFp8: true} : {})}
    return {status: 'case', case: {demand, hardware: hardwareFor(accelerator, count, Math.max(1, setting.nodes ?? 1)), configuration: {runtime, precision, ...configuration}, read}}
  } catch (error) {
    if (error instanceof RigorError) return no(error.message)
    throw error
  }
}

function hardwareFor(accelerator: Accelerator, count: number, nodes: number): Hardware {
  const perNode = accelerator.formFactor === 'sxm' || accelerator.formFactor === 'oam' ? ACCELERATORS_PER_SXM_NODE : count
  // A row that counts the cards of several boards as one system.
  if (nodes === 1 && count > perNode && count % perNode === 0) return bareHardware(accelerator, perNode, count / perNode)
  // Tables of several nodes count the accelerators of one; where that is more than a node holds, of all.
  return bareHardware(accelerator, nodes > 1 && count > perNode && count % nodes === 0 ? count / nodes : count, nodes)
}

const unbounded = new WeakMap<Facts['languageModel'], Facts>()

/** Benchmarks feed synthetic prompts longer than a model was trained for: the limit is not theirs. */
function withoutContextLimits(facts: Facts): Facts {
  let open = unbounded.get(facts.languageModel)
  if (open === undefined) {
    const models = new Map<string, LanguageModel>()
    const languageModel = (name: string): LanguageModel => {
      let model = models.get(name)
      if (model === undefined) {
        const {maxContext: _, ...rest} = facts.languageModel(name)
        models.set(name, (model = rest))
      }
      return model
    }
    unbounded.set(facts.languageModel, (open = {...facts, languageModel}))
  }
  return open
}

/** Configurations to evaluate: the one that is stated, or what a practitioner would try. */
export function measuredConfigurations({demand, hardware, configuration}: MeasuredCase, facts: Facts): readonly Configuration[] {
  return configuration.tp === undefined ? llmInference.configurations(demand, hardware, facts) : [configuration]
}

/** The highest throughput over the configurations, exactly as `perform` gives it. */
export function measuredPerformance({demand, hardware}: MeasuredCase, configurations: readonly Configuration[], facts: Facts): {readonly performance?: Performance; readonly refusal: string; readonly tooLarge: boolean} {
  let best: Performance | undefined
  let refusal = 'no configuration fits'
  let tooLarge = false
  for (const configuration of configurations) {
    const result = llmInference.perform(demand, hardware, configuration, facts)
    if (!result.feasible) {
      refusal = result.refusal.detail
      tooLarge ||= result.refusal.reason === 'memory'
    } else if (best === undefined || (result.performance.throughput.value?.p50 ?? 0) > (best.throughput.value?.p50 ?? 0)) best = result.performance
  }
  return best === undefined ? {refusal, tooLarge} : {performance: best, refusal, tooLarge: false}
}

/** The estimator's answer to one row, in the row's own unit and scope. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readMeasurement(setting, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {demand, hardware, read} = reading.case
  const {performance, refusal, tooLarge} = measuredPerformance(reading.case, measuredConfigurations(reading.case, facts), facts)
  const about = {distance: facts.calibration.distance('llm-inference', hardware.accelerator, demand.model.id), model: demand.model.id, acceleratorId: hardware.accelerator.id}
  if (setting.metric === 'fits' && tooLarge) return {status: 'answered', interval: exactly(0), ...about}
  if (performance === undefined) return no(refusal)
  const interval = read(performance)
  return interval === undefined ? no(`the estimate has no ${setting.metric}`) : {status: 'answered', interval, ...about}
}

import {bareHardware} from '../../catalog/hardware.ts'
import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import {matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {MeasuredRow, Prediction} from '../../accuracy/score.ts'
import {RigorError} from '../../errors.ts'
import {divideBy, exactly, scale} from '../../performance/interval.ts'
import type {Configuration, Hardware, Interval, Performance} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {PUBLISHED_SHAPES} from '../llm/measured-models.ts'
import {llmInference} from './index.ts'
import {peakFlopsFor} from './serving.ts'
import {InferenceSpec} from './schema.ts'

/** A published result as a question to the estimator. */
export interface MeasuredCase {
  readonly spec: Record<string, unknown>
  readonly accelerator: Accelerator
  readonly acceleratorsPerNode: number
  readonly nodes: number
  /** What the source says of how it ran; absent parts are searched for the highest throughput. */
  readonly configuration: Configuration
  /** From a performance to the row's own figure, unit and scope; `undefined` = the estimate has no such figure. */
  readonly read: (performance: Performance) => Interval | undefined
}

export type MeasuredReading = {readonly status: 'case'; readonly case: MeasuredCase} | {readonly status: 'unanswered' | 'out_of_scope' | 'excluded'; readonly reason: string}

const no = (status: 'unanswered' | 'out_of_scope' | 'excluded', reason: string): MeasuredReading => ({status, reason})
const number = (text: string | undefined): number | undefined => (text === undefined || text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text))

/** Hybrids that results name and the catalog lacks (their published configurations, recalled; the parameter counts agree with the rows'). */
const HYBRIDS: Readonly<Record<string, Record<string, unknown>>> = {
  'nemotron-nano-9b': {layers: 56, hidden: 4480, intermediate: 15_680, heads: 40, kvHeads: 8, headDim: 128, vocab: 131_072, attention: 'hybrid-mamba2', fullAttentionLayers: 4, parameters: 8.9e9},
  'nemotron-nano-12b': {layers: 62, hidden: 5120, intermediate: 20_480, heads: 40, kvHeads: 8, headDim: 128, vocab: 131_072, attention: 'hybrid-mamba2', fullAttentionLayers: 6, parameters: 12.3e9},
}
/** Names that results use for a model whose shape the catalog has under another. */
const SYNONYMS: readonly (readonly [RegExp, string])[] = [
  [/^llama[ _-]70b$/i, 'Llama-2-70b'],
  [/^llama[ _-]13b$/i, 'Llama-2-13b'],
  [/^codellama-13b/i, 'Llama-2-13b'],
  [/^stablelm alpha 3 ?b$/i, 'shape:stablelm-alpha-3b'],
  [/^qwen-1[.-]8b/i, 'shape:qwen-1.8b'],
  [/^qwen-(7|14|72)b/i, 'shape:qwen-$1b'],
  [/nemotron-nano-(9|12)b-v2$/i, 'shape:nemotron-nano-$1b'],
]

function modelOf(name: string): string | Record<string, unknown> {
  for (const [pattern, synonym] of SYNONYMS) {
    const match = pattern.exec(name)
    if (match === null) continue
    const target = synonym.replace('$1', match[1] ?? '')
    return target.startsWith('shape:') ? (shapeOf(target.slice('shape:'.length)) ?? name) : target
  }
  return name
}

/** A shape as a spec writes it. */
function shapeOf(key: string): Record<string, unknown> | undefined {
  const shape = PUBLISHED_SHAPES[key]
  if (shape === undefined) return HYBRIDS[key]
  const {layers, hidden, intermediate, heads, vocab, gated = false} = shape
  return {layers, hidden, intermediate, heads, vocab, gatedMlp: gated}
}

function runtimeOf(framework: string): string {
  if (/vllm|llmboost/i.test(framework)) return 'vllm'
  if (/sglang/i.test(framework)) return 'sglang'
  if (/trtllm|tensorrt/i.test(framework)) return 'tensorrt-llm'
  if (/llama\.cpp/i.test(framework)) return 'llama.cpp'
  if (/neuron/i.test(framework)) return 'neuron'
  if (/jetstream/i.test(framework)) return 'jetstream'
  if (/\bmlx\b/i.test(framework)) return 'mlx'
  if (/transformers|litgpt|pytorch/i.test(framework)) return 'pytorch'
  if (/rocm/i.test(framework)) return 'vllm'
  return 'tensorrt-llm'
}

/** The row's number format in our words; MLPerf rows that name none run the narrowest that the part multiplies in, as their accuracy limit allows. */
function precisionOf(row: MeasuredRow, accelerator: Accelerator): string {
  const text = (row['precision'] ?? '').toLowerCase()
  const fourBitFloat = /gpt-oss/i.test(row['model'] ?? '') ? 'mxfp4' : 'nvfp4'
  if (/mxfp4/.test(text)) return 'mxfp4'
  if (/fp4/.test(text)) return fourBitFloat
  if (/q4|int4/.test(text)) return 'int4'
  if (/nf4/.test(text)) return 'nf4'
  if (/int8|q8/.test(text)) return 'int8'
  if (/^bf16\/fp8|bfloat16|bf16|gemm|weights bf16/.test(text)) return 'bf16'
  if (/fp8/.test(text)) return 'fp8'
  if (/fp16|float16/.test(text)) return 'fp16'
  if (/fp32/.test(text)) return 'fp32'
  const {peakFlops} = accelerator
  const memoryBound = /gpt-?j/i.test(row['model'] ?? '') ? 'fp8' : 'nvfp4'
  if (peakFlops.fp4 !== undefined && memoryBound === 'nvfp4') return 'nvfp4'
  return peakFlops.fp8 !== undefined ? 'fp8' : peakFlops.int8 !== undefined ? 'int8' : 'fp16'
}

interface Lengths {
  /** `undefined` = neither the row nor what its data set's documents say tells. */
  readonly input: number | undefined
  readonly output: number | undefined
  /** Sequences decoded per request (beam search); their prompts are one. */
  readonly beams: number
}

/** Token counts of the data sets; those in a row's own text come from it, the others from what the benchmark's papers and documents say. */
function lengthsOf(row: MeasuredRow): Lengths {
  const input = number(row['input_len'])
  const output = number(row['output_len'])
  const dataset = row['dataset'] ?? ''
  const meanInput = /mean input ~([\d,]+)/.exec(dataset)?.[1]
  const meanOutput = /mean output ~([\d,]+)/.exec(dataset)?.[1]
  if (/beam 4/.test(dataset)) return {input: 778, output: 69, beams: 4}
  if (/CNN-DailyMail/.test(dataset)) return {input: 778, output: 73, beams: 1}
  const defaults: Readonly<Record<string, number>> = {'lm-arena-chat': 300, gpqa: 250, 'sourcegraph-fim': 1500, Alpaca: 50}
  const phase = row['phase'] ?? ''
  return {
    // Generation timings without a prompt start from an empty cache (llama-bench's tg).
    input: input ?? number(meanInput?.replaceAll(',', '')) ?? defaults[dataset] ?? (/OpenOrca\+GSM8K/.test(dataset) ? 300 : /math\/QA/.test(dataset) ? 800 : phase === 'decode_batch1' ? 1 : undefined),
    // Prefill timings ask for the first token only.
    output: output ?? number(meanOutput?.replaceAll(',', '')) ?? (dataset === 'Alpaca' ? 200 : phase === 'prefill_batch1' ? 1 : undefined),
    beams: 1,
  }
}

const ACCELERATORS_PER_SXM_NODE = 8

interface Parallelism {
  readonly accelerators: number
  readonly configuration: Configuration
}

/**
 * How the system was split. Traps: NeuronCores and TensorCores are counted where chips are meant; llama.cpp and plain PyTorch split by layers;
 * one source multiplies tensor by expert parallelism (64 accelerators "on one node" are 8 with tp 8 and ep 8).
 */
function parallelismOf(row: MeasuredRow, runtime: string): Parallelism {
  const accelerators = number(row['accelerators']) ?? 1
  const [tp, pp, dp, ep] = [number(row['tp']), number(row['pp']) ?? 1, number(row['dp']) ?? 1, number(row['ep']) ?? 1]
  const notes = row['notes'] ?? ''
  if (runtime === 'llama.cpp' || runtime === 'pytorch') return {accelerators, configuration: {tp: 1, pp: accelerators, dp: 1, ep: 1}}
  if (tp === undefined) return {accelerators, configuration: {}}
  if (/NeuronCores|TensorCores|TPU/.test(`${notes} ${row['accelerator'] ?? ''}`)) return {accelerators, configuration: {tp: accelerators, pp: 1, dp: 1, ep: 1}}
  const expertTensor = number(/moe_tp (\d+)/.exec(notes)?.[1])
  const rack = /NVL72/.test(row['accelerator'] ?? '')
  if (expertTensor !== undefined) {
    // The rows of these dumps carry tensor parallelism as moe_tp and its product with ep as tp or dp.
    if (ep > 1 && expertTensor > 1 && tp * dp === expertTensor * ep && /2026-04-06|db-dump/.test(notes)) {
      return dp > 1 ? {accelerators: expertTensor, configuration: {tp: 1, pp, dp: expertTensor, ep: expertTensor}} : {accelerators: expertTensor, configuration: {tp: expertTensor, pp, dp: 1, ep: expertTensor}}
    }
    if (dp > 1 && ep > tp * 2 && ep === tp * dp && tp > 1) return {accelerators: tp, configuration: {tp, pp, dp: 1, ep: tp}}
    const wide = Math.max(1, expertTensor) * Math.max(1, ep)
    if (tp === 1 && dp === 1 && wide > 1) return {accelerators: wide, configuration: {tp: wide, pp, dp: 1, ep: Math.max(1, ep)}}
    if (rack && tp > ACCELERATORS_PER_SXM_NODE) return {accelerators: tp, configuration: {tp: 1, pp, dp: tp, ep: tp}}
    if (dp > 1) return {accelerators: tp * dp * pp, configuration: {tp, pp, dp, ep: Math.max(1, ep)}}
  }
  // Experts over all accelerators, attention by tensor parallelism among them (vLLM's default with expert parallelism).
  if (ep > 1 && dp === 1 && tp === 1 && accelerators === ep) return {accelerators, configuration: {tp: accelerators, pp, dp: 1, ep}}
  const replica = tp * pp * dp
  return {accelerators, configuration: {tp, pp, dp: Math.max(dp, Math.floor(accelerators / (tp * pp))), ep}, ...(replica > accelerators ? {accelerators: replica} : {})}
}

/** MLPerf's limits at p99: server TPOT 200 ms (Llama-2-70B, Mixtral), 175 (Llama-3.1-405B), 100 (Llama-3.1-8B), 80 (DeepSeek-R1); interactive 40, 80, 30 ms. */
function mlperfTpotSeconds(row: MeasuredRow): number | undefined {
  const model = row['model'] ?? ''
  if (row['phase'] === 'interactive') return /405B/.test(model) ? 0.08 : /8B/.test(model) ? 0.03 : 0.04
  if (row['phase'] !== 'server') return undefined
  return /405B/.test(model) ? 0.175 : /3\.1 8B/.test(model) ? 0.1 : /DeepSeek/.test(model) ? 0.08 : 0.2
}

type Read = MeasuredCase['read']

/** How to read a row's figure off an estimate; a figure the estimate does not have (no throughput, no latency) stays `undefined` and never becomes 0. */
function readerOf(row: MeasuredRow, accelerators: number, input: number, output: number, beams: number): Read | undefined {
  const known = (change: (interval: Interval) => Interval, interval: Interval | null | undefined): Interval | undefined => (interval === null || interval === undefined || !(interval.p50 > 0) ? undefined : change(interval))
  const times = (factor: number) => (interval: Interval) => scale(interval, factor)
  const over = (numerator: number) => (interval: Interval) => divideBy(numerator, interval)
  const throughput = (factor: number): Read => performance => known(times(factor), performance.throughput.value)
  const latency = (which: 'ttftSeconds' | 'tpotSeconds', percentile: 'median' | 'p99', change: (interval: Interval) => Interval): Read => performance => known(change, performance.latency?.[which][percentile])
  switch (row['metric'] ?? '') {
    case 'output_tokens_per_s':
      if (row['phase'] === 'decode_batch1') return latency('tpotSeconds', 'median', over(1))
      return throughput(row['scope'] === 'per_accelerator' ? 1 / accelerators : 1)
    case 'output_tokens_per_s_per_accelerator':
      return throughput(1 / accelerators)
    case 'prompt_tokens_per_s':
      return latency('ttftSeconds', 'median', over(input))
    case 'samples_per_s':
    case 'queries_per_s':
      // MLPerf counts tokens from Llama 2 on, whatever the column says; only GPT-J is counted in queries.
      return throughput(/gpt-?j/i.test(row['model'] ?? '') ? 1 / (output * beams) : 1)
    case 'tpot_ms':
    case 'tpot_ms_p50':
    case 'tpot_ms_median':
    case 'itl_ms_median':
      return latency('tpotSeconds', 'median', times(1000))
    case 'ttft_ms':
    case 'ttft_ms_p50':
    case 'ttft_ms_median':
      return latency('ttftSeconds', 'median', times(1000))
    case 'ttft_ms_p99':
      return latency('ttftSeconds', 'p99', times(1000))
    case 'tpot_ms_p99':
      return latency('tpotSeconds', 'p99', times(1000))
    case 'memory_gib':
      return performance => known(times((row['unit'] === 'GB' ? 2 ** 30 / 1e9 : 1) * (row['scope'] === 'sum_over_accelerators' ? accelerators : 1)), performance.memory.neededGib)
    case 'fits':
      return performance => ({p10: performance.memory.neededGib.p90 <= performance.memory.availableGib ? 1 : 0, p50: 1, p90: 1})
    default:
      return undefined
  }
}

/** What a row of measured results asks, or why it cannot be asked. Columns as in the measured tables. */
export function readMeasurement(row: MeasuredRow, accelerators: readonly Accelerator[]): MeasuredReading {
  const label = row['accelerator'] ?? ''
  const notes = row['notes'] ?? ''
  if (/^CPU\b|CPU only/i.test(label)) return no('out_of_scope', 'a processor without accelerator')
  if (/to be read from|not stated/i.test(label)) return no('out_of_scope', 'the source does not say which accelerator')
  if (label.includes(',')) return no('out_of_scope', 'several sorts of accelerators in one system')
  const accelerator = matchAccelerator(label, accelerators)
  if (accelerator === undefined) return no('unanswered', `${label || 'the accelerator'} is not in the catalog`)
  if (peakFlopsFor(accelerator, 16) === undefined) return no('unanswered', `no matmul rate is known for ${accelerator.name}`)
  if (/speculative|\bMTP\b|eagle/i.test(notes)) return no('out_of_scope', 'speculative decoding is not modelled')
  const runtime = runtimeOf(row['framework'] ?? '')
  const tensor = number(row['tp']) ?? 1
  // Tensor parallelism takes powers of two; 72 (or 28, or 36) of a rack are what its prefill and decode workers have together, and how they are split is not said.
  if (tensor > ACCELERATORS_PER_SXM_NODE && !Number.isInteger(Math.log2(tensor)) && /NVL72/.test(label)) return no('unanswered', `how ${tensor} accelerators of a rack were split is not said`)
  const parallelism = parallelismOf(row, runtime)
  const {input, output, beams} = lengthsOf(row)
  const read = readerOf(row, parallelism.accelerators, input ?? Number.NaN, output ?? Number.NaN, beams)
  if (read === undefined) return no('out_of_scope', `${row['metric']} is not a figure of this kind`)
  if (input === undefined || output === undefined) return no('unanswered', `how many tokens ${input === undefined ? (output === undefined ? 'go in and come out' : 'go in') : 'come out'} is not known`)
  const nodes = Math.max(1, number(row['nodes']) ?? 1)
  const concurrency = number(row['concurrency'])
  const phase = row['phase'] ?? ''
  const traffic: Record<string, unknown> = {inputTokens: Math.max(1, Math.round(input)), outputTokens: Math.max(1, Math.round(output))}
  if (beams > 1) traffic['prefixCacheShare'] = 1 - 1 / beams
  let slo: Record<string, unknown> | undefined
  if (phase === 'offline' || phase === 'server' || phase === 'interactive' || (phase === 'offline_throughput' && concurrency === undefined)) {
    Object.assign(traffic, {mode: 'offline', requests: phase === 'offline_throughput' ? 2000 : 20_000})
    const tpot = mlperfTpotSeconds(row)
    if (tpot !== undefined) slo = {tpot}
  } else {
    if (concurrency === undefined && !phase.endsWith('batch1')) return no('unanswered', 'how many requests were in flight is not known')
    Object.assign(traffic, {concurrency: concurrency ?? 1})
  }
  const precision = precisionOf(row, accelerator)
  return {
    status: 'case',
    case: {
      spec: {kind: 'llm-inference', model: modelOf(row['model'] ?? ''), traffic, precision, ...(slo === undefined ? {} : {slo})},
      accelerator,
      acceleratorsPerNode: parallelism.accelerators,
      nodes,
      configuration: {runtime, precision, ...parallelism.configuration},
      read,
    },
  }
}

function hardwareFor(found: MeasuredCase): Hardware {
  const perNode = found.accelerator.formFactor === 'sxm' || found.accelerator.formFactor === 'oam' ? ACCELERATORS_PER_SXM_NODE : found.acceleratorsPerNode
  // A row that counts the cards of several boards as one system.
  if (found.nodes === 1 && found.acceleratorsPerNode > perNode && found.acceleratorsPerNode % perNode === 0) return bareHardware(found.accelerator, perNode, found.acceleratorsPerNode / perNode)
  return bareHardware(found.accelerator, found.acceleratorsPerNode, found.nodes)
}

const unbounded = new WeakMap<Facts, Facts>()

/** Benchmarks feed synthetic prompts longer than a model was trained for: the limit is not theirs. */
function withoutContextLimits(facts: Facts): Facts {
  let open = unbounded.get(facts)
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
    unbounded.set(facts, (open = {...facts, languageModel}))
  }
  return open
}

/** Best throughput over what a practitioner would try, where the source does not say how it ran. */
function bestPerformance(found: MeasuredCase, facts: Facts): {performance?: Performance; refusal?: string} {
  const spec = InferenceSpec.parse({...found.spec, configuration: found.configuration.runtime === undefined ? {} : {runtime: found.configuration.runtime}})
  const demand = llmInference.demand(spec, facts)
  const hardware = hardwareFor(found)
  if (found.configuration.tp !== undefined) {
    const result = llmInference.perform(demand, hardware, found.configuration, facts)
    return result.feasible ? {performance: result.performance} : {refusal: result.refusal.detail}
  }
  let best: Performance | undefined
  let refusal = 'no configuration fits'
  for (const configuration of llmInference.configurations(demand, hardware, facts)) {
    const result = llmInference.perform(demand, hardware, configuration, facts)
    if (!result.feasible) refusal = result.refusal.detail
    else if ((result.performance.throughput.value?.p50 ?? 0) > (best?.throughput.value?.p50 ?? 0)) best = result.performance
  }
  return best === undefined ? {refusal} : {performance: best}
}

/** The estimator's answer to one row, in the row's own unit and scope. */
export function predictMeasurement(row: MeasuredRow, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readMeasurement(row, accelerators)
  if (reading.status !== 'case') return reading
  return predictCase(row, reading.case, facts)
}

export function predictCase(row: MeasuredRow, found: MeasuredCase, facts: Facts): Prediction {
  let answer: {performance?: Performance; refusal?: string}
  try {
    answer = bestPerformance(found, withoutContextLimits(facts))
  } catch (error) {
    if (error instanceof RigorError) return {status: 'unanswered', reason: error.message}
    throw error
  }
  const {performance} = answer
  if (row['metric'] === 'fits' && performance === undefined) return {status: 'answered', interval: exactly(0)}
  if (performance === undefined) return {status: 'unanswered', reason: answer.refusal ?? 'does not run'}
  const interval = found.read(performance)
  return interval === undefined ? {status: 'unanswered', reason: `the estimate has no ${row['metric'] ?? 'such figure'}`} : {status: 'answered', interval}
}

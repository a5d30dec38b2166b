import type {Setting} from '../../accuracy/setting.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import {divideBy, scale} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Configuration, Hardware, Interval, Performance} from '../../performance/types.ts'
import {measuredModel} from './measured-models.ts'
import type {MeasuredPlace} from './measured-place.ts'
import {conventionsOf, type Conventions} from './measured-conventions.ts'
import {RESERVE} from './training-memory.ts'
import {publishedFlopsPerToken} from './training-perform.ts'
import {attentionFlopsPerTokenForward, trainingShape} from './training-shape.ts'
import {usualTuningBatch} from './training-demand.ts'
import type {TrainingWork} from './training.ts'

/** From the setting of a published result to what it asks of the training physics. */

export interface TrainingKind {
  readonly id: string
  /** Starts from weights that exist. */
  readonly tunes: boolean
}

/** What a result asks, or why it cannot be answered. */
export type TrainingQuestion =
  | {
      readonly answerable: true
      readonly work: TrainingWork
      readonly place: MeasuredPlace
      readonly configuration: Configuration
      /** Which spread of errors the figure has. */
      readonly figure: 'step-time' | 'memory' | 'fits'
      /** The figure in the source's own metric, unit and scope. */
      predict(performance: Performance, hardware: Hardware, runShare: number): Interval
    }
  | {readonly answerable: false; readonly reason: string}

/** `precision` in a source's words → ours; scaling recipes of one width run at one rate. `undefined` = not stated. */
export function measuredPrecision(text: string): string | undefined {
  const lower = text.toLowerCase()
  if (/nvfp4|mxfp4|\bfp4/.test(lower)) return 'nvfp4'
  if (/fp8|float8|\bf8/.test(lower)) return 'fp8'
  if (/fp16|float16|\bhalf\b/.test(lower)) return 'fp16'
  if (/\btf32/.test(lower)) return 'tf32'
  if (/\bfp32|float32/.test(lower) && !/bf16/.test(lower)) return 'fp32'
  return lower === '' ? undefined : 'bf16'
}

/** Tokens of an average and of the longest sample of Alpaca in a vocabulary of 32,000, where a source gives no sequence length. */
const ALPACA = {average: 150, longest: 1304}
/** Samples of data sets that sources name without their size. */
const SAMPLES: readonly (readonly [RegExp, number])[] = [[/alpaca/i, 52_002], [/dolly/i, 15_011], [/openassistant|oasst/i, 9846], [/lima/i, 1030]]
/** Larger vocabularies make fewer tokens of a text: 3.94 instead of 3.17 characters each (Llama 3 against Llama 2 on English; Llama 3 2024, §3.2). */
const LARGE_VOCABULARY = {from: 50_000, tokenShare: 3.17 / 3.94}
/** Samples of a batch are padded to its longest: the average longest of n grows about with ln n (a long-tailed distribution of lengths; assumed). */
const PADDING_PER_LN = 0.8
/** Sources that give a rate per accelerator, or the hours of a whole run, without a count: what such runs have. */
const USUAL_ACCELERATORS = {rate: 64, hours: 1024}
/** Tokens per accelerator and step where a source of pre-training gives no batch; fine-tuning then has the batch of a spec that gives none. */
const USUAL_TOKENS_PER_ACCELERATOR = 16_384

/** Why nobody could answer, before anything is looked up. */
function refusalOf({metric, phase, model}: Setting): Extract<TrainingQuestion, {answerable: false}> | undefined {
  const no = (reason: string): Extract<TrainingQuestion, {answerable: false}> => ({answerable: false, reason})
  if (['goodput', 'interruptions', 'energy_kwh'].includes(metric)) return no(`${metric} is not a figure of one training step`)
  if (metric === 'compute_pflop_days') return no('a count of FLOP, not a figure of a machine')
  if (/quantization_aware/i.test(phase)) return no('training that simulates quantisation is no kind of work rigor has')
  if (/visual_instruction|projector|vision|llava/i.test(`${phase} ${model}`)) return no('training of a vision-language adapter: its tokens per sample are not stated')
  return undefined
}

/** Reads one setting. */
export function trainingQuestion(setting: Setting, kind: TrainingKind, languageModel: (name: string) => LanguageModel): TrainingQuestion {
  const no = (reason: string): TrainingQuestion => ({answerable: false, reason})
  const {metric, notes, phase, microBatch, tokens} = setting
  const refusal = refusalOf(setting)
  if (refusal !== undefined) return refusal
  const named = measuredModel(setting.model, setting.parametersBillion, languageModel)
  const model = named !== undefined && /litgpt/i.test(setting.framework) ? untied(named) : named
  if (model === undefined) return no(`the shape of "${setting.model}" is not known`)
  if (model.layers < 1 || model.attention === 'hybrid-linear-mla') return no(`the shape of "${setting.model}" is incomplete`)

  const conventions = conventionsOf(setting, kind.tunes, model)
  const {adapters} = conventions
  const isMemory = metric === 'memory_gib' || metric === 'fits'
  const sequenceLength = sequenceLengthOf(setting, kind, model, isMemory)
  if (sequenceLength === undefined) return no('the sequence length is not stated')
  const accelerators = setting.accelerators ?? (metric === 'gpu_hours' ? USUAL_ACCELERATORS.hours : /per_accelerator|mfu/.test(metric) ? USUAL_ACCELERATORS.rate : undefined)
  if (accelerators === undefined) return no('the number of accelerators is not stated')
  if (isMemory && metric !== 'fits' && microBatch === undefined && setting.globalBatch === undefined) return no('the batch is not stated')

  const configuration = configurationOf(setting, conventions, accelerators)
  const dataParallel = configuration.dp ?? accelerators
  const batch = globalBatchOf(setting, sequenceLength, dataParallel)
  const quantised = adapters && !/int8|8-bit/i.test(setting.precision) && (/q-?lora/i.test(phase) || /nf4|4-bit|int4/i.test(setting.precision))
  const rounded = Math.max(1, Math.round(sequenceLength))
  const work: TrainingWork = {
    kind: kind.id,
    model,
    sequenceLength: rounded,
    globalBatch: batch ?? (kind.tunes ? usualTuningBatch(/\bgrpo\b/i.test(phase) ? 'grpo' : adapters ? 'lora' : /\bdpo\b/i.test(phase) ? 'dpo' : 'full') : Math.max(accelerators, Math.round((accelerators * USUAL_TOKENS_PER_ACCELERATOR) / rounded))),
    tokens: tokens ?? rounded * (batch ?? accelerators),
    tunes: kind.tunes,
    trains: adapters ? 'adapters' : 'all',
    rank: adapters ? (notes.adapterRank ?? conventions.rank) : 0,
    base: quantised ? 'nf4' : adapters && /int8|8-bit/i.test(setting.precision) ? 'int8' : 'computed',
    trainsEmbeddings: adapters && /\(emb\)|embed/i.test(phase),
    optimizer: conventions.optimizer,
    masterWeights: conventions.masterWeights,
    extraForwardPasses: /\bgrpo\b/i.test(phase) ? 2 : /\bdpo\b/i.test(phase) ? 1 : 0,
    referenceWeights: /\bgrpo\b|\bdpo\b/i.test(phase) && !adapters,
    chunkedLoss: conventions.chunkedLoss,
    implementation: conventions.implementation,
    rollout: undefined,
  }
  const place: MeasuredPlace = {accelerator: setting.accelerator, accelerators, nodes: setting.nodes, slices: notes.slices, interconnect: setting.interconnect}
  const samples = samplesOf(setting)
  return readerOf(setting, work, conventions, accelerators, batch !== undefined, samples, (figure, predict) => ({answerable: true, work, place, configuration, figure, predict}), no)
}

const untiedModels = new WeakMap<LanguageModel, LanguageModel>()
/** The model with an output head of its own: LitGPT's, whatever the model's own code does. */
function untied(model: LanguageModel): LanguageModel {
  if (!model.tiedEmbeddings) return model
  const known = untiedModels.get(model) ?? {...model, tiedEmbeddings: false, parameters: model.parameters + model.vocab * model.hidden}
  untiedModels.set(model, known)
  return known
}

/** What the metric asks for, out of a performance. */
function readerOf(
  {metric, unit, scope, microBatch, tokens, notes, precision}: Setting, work: TrainingWork, conventions: Conventions, accelerators: number, batchStated: boolean, samples: number | undefined,
  question: (figure: 'step-time' | 'memory' | 'fits', predict: (performance: Performance, hardware: Hardware, runShare: number) => Interval) => TrainingQuestion, no: (reason: string) => TrainingQuestion,
): TrainingQuestion {
  const flopsPerToken = countedFlopsPerToken(work, conventions, notes)
  const rate = (performance: Performance): Interval => performance.throughput.value ?? {p10: Number.NaN, p50: Number.NaN, p90: Number.NaN}
  const stepSeconds = (performance: Performance): Interval =>
    divideBy((performance.configuration.batch ?? work.globalBatch) * work.sequenceLength, rate(performance))
  const time = (predict: (performance: Performance, hardware: Hardware, runShare: number) => Interval): TrainingQuestion => question('step-time', predict)
  switch (metric) {
    case 'iteration_time_s':
    case 'time_s_per_step':
      return batchStated ? time(stepSeconds) : no('the global batch is not stated')
    case 'time_s_per_1000_iterations':
      return time(performance => scale(stepSeconds(performance), 1000))
    case 'tokens_per_s_per_accelerator':
      return time(performance => scale(rate(performance), 1 / accelerators))
    case 'tokens_per_s':
      return time(performance => scale(rate(performance), scope === 'per_accelerator' ? 1 / accelerators : 1))
    case 'samples_per_s':
      return time(performance => scale(rate(performance), 1 / work.sequenceLength / (scope === 'per_accelerator' ? accelerators : 1)))
    case 'model_tflops_per_accelerator':
      return time(performance => scale(rate(performance), flopsPerToken / accelerators / 1e12))
    case 'tflops_per_accelerator':
      // What the hardware executes: recomputed layers count (Narayanan et al. 2021, formula 3).
      return time(performance => scale(rate(performance), (flopsPerToken * (performance.configuration.checkpointing === 'full' ? 4 / 3 : 1)) / accelerators / 1e12))
    case 'mfu':
      return time((performance, {accelerator}) => {
        const peak = peakFlops(accelerator, measuredPrecision(precision) ?? 'bf16') ?? peakFlops(accelerator, 'bf16') ?? Number.NaN
        return scale(rate(performance), (flopsPerToken / accelerators / peak) * (unit === '%' ? 100 : 1))
      })
    case 'gpu_hours':
      if (tokens === undefined) return no('the number of tokens is not stated')
      return time((performance, _, runShare) => scale(divideBy(tokens, rate(performance)), accelerators / 3600 / runShare))
    case 'time_s':
      if (tokens !== undefined) return time(performance => divideBy(tokens, rate(performance)))
      if (samples === undefined) return no('the number of tokens is not stated')
      // Where every rank walks through the whole set, replicas save no time.
      return time(performance => notes.perRankDataset === true ? scale(stepSeconds(performance), samples / (microBatch ?? 1)) : divideBy(samples * work.sequenceLength, rate(performance)))
    case 'memory_gib': {
      const cards = scope === 'sum_over_accelerators' ? accelerators : 1
      return question('memory', ({memory}) => {
        const beside = conventions.countsAllocated ? (memory.lines.find(({item}) => item === RESERVE)?.gib ?? 0) : 0
        return scale(memory.neededGib, (unit === 'GB' ? 2 ** 30 / 1e9 : 1) * cards * (1 - beside / memory.neededGib.p50))
      })
    }
    case 'fits':
      return question('fits', () => ({p10: 1, p50: 1, p90: 1}))
    default:
      return no(`"${metric}" is not a metric of training`)
  }
}

/** FLOP of a trained token as the source counts them: causal attention in full or in half. */
function countedFlopsPerToken(work: TrainingWork, {countsFullAttention}: Conventions, notes: Setting['notes']): number {
  const {model, sequenceLength} = work
  // 6·N + 12·L·h·s with all N parameters, as llm-foundry's and nanoGPT's counters have it.
  if (notes.fullAttentionFlops === true) return 6 * model.parameters + 12 * model.layers * model.hidden * sequenceLength
  const causal = publishedFlopsPerToken(work)
  return countsFullAttention ? causal + 3 * attentionFlopsPerTokenForward(trainingShape(model), sequenceLength) : causal
}

/** Tokens of one sequence as it is computed, padding included. */
function sequenceLengthOf(setting: Setting, kind: TrainingKind, model: LanguageModel, isMemory: boolean): number | undefined {
  const {dataset, framework, notes, sequenceLength, microBatch} = setting
  if (/alpaca/i.test(dataset) && notes.packed !== true && kind.tunes) {
    // Samples as they come: a step's time goes with the average one, padded to the longest of its micro-batch; its memory with the longest of all.
    const average = ALPACA.average * (model.vocab >= LARGE_VOCABULARY.from ? LARGE_VOCABULARY.tokenShare : 1)
    if (isMemory) return sequenceLength ?? longestSample(notes.longestSampleTokens ?? {}, setting.model) ?? ALPACA.longest
    if (sequenceLength === undefined || sequenceLength > average) return Math.min(sequenceLength ?? Number.POSITIVE_INFINITY, average * (1 + PADDING_PER_LN * Math.log(microBatch ?? 1)))
  }
  if (sequenceLength !== undefined) return sequenceLength
  if (kind.tunes) return undefined
  return model.maxContext === undefined ? 2048 : Math.min(model.maxContext, /neuron/i.test(framework) ? 4096 : 8192)
}

/** "Llama 2 7 B" has the longest sample of "llama". */
function longestSample(tokens: Readonly<Record<string, number>>, model: string): number | undefined {
  const name = model.toLowerCase()
  return Object.entries(tokens).find(([family]) => name.startsWith(family))?.[1]
}

/** Samples that pass in the whole run: "alpaca 52k x 10 epochs", "2000 samples", "about 41k rows". */
function samplesOf({dataset, notes, tokens}: Setting): number | undefined {
  if (tokens !== undefined) return undefined
  const count = /(\d+(?:\.\d+)?) ?([kM])?(?= ?(?:samples|rows|examples|x\b|\)|$))/i.exec(dataset)
  const samples = count === null ? SAMPLES.find(([pattern]) => pattern.test(dataset))?.[1] : Number(count[1]) * (count[2] === undefined ? 1 : count[2].toLowerCase() === 'k' ? 1e3 : 1e6)
  const epochs = Number(/x ?(\d+) epochs?/i.exec(dataset)?.[1] ?? notes.epochs ?? 1)
  return samples === undefined ? undefined : samples * epochs
}

/** What the scripts set that people accumulate batches with (tloen/alpaca-lora, tatsu-lab/stanford_alpaca). */
const USUAL_MICRO_BATCH = 4

/** What the source says of how it ran, and what its framework does where the source says nothing. */
function configurationOf(setting: Setting, conventions: Conventions, accelerators: number): Configuration {
  const {tp, pp, ep, microBatch, notes} = setting
  const perChip = notes.coresPerChip ?? conventions.coresPerChip
  const cp = setting.cp ?? notes.contextParallel
  const configuration: {-readonly [K in keyof Configuration]: Configuration[K]} = {runtime: conventions.runtime, offload: conventions.offload}
  const precision = measuredPrecision(setting.precision)
  if (precision !== undefined) configuration.precision = precision
  if (tp !== undefined) configuration.tp = Math.max(1, tp / perChip)
  else if (conventions.replicated || accelerators === 1) configuration.tp = 1
  if (pp !== undefined) configuration.pp = pp
  else if (configuration.tp !== undefined) configuration.pp = 1
  if (ep !== undefined) configuration.ep = ep
  if (cp !== undefined) configuration.cp = cp
  // Sources count what data parallelism is left with in different ways (Megatron's leaves out context parallelism): the product decides.
  if (configuration.tp !== undefined) configuration.dp = Math.max(1, Math.floor(accelerators / (configuration.tp * (configuration.pp ?? 1) * (cp ?? 1))))
  else if (setting.dp !== undefined) configuration.dp = setting.dp
  if (microBatch === undefined && notes.accumulates === true) configuration.microBatch = USUAL_MICRO_BATCH
  else if (microBatch !== undefined) configuration.microBatch = partOf(microBatch, configuration.pp ?? 1, conventions.pipelineSplits)
  if (conventions.checkpointing !== undefined) configuration.checkpointing = conventions.checkpointing
  if (accelerators === 1 && !conventions.shardsAlone) configuration.zeroStage = 0
  else if (conventions.zeroStage !== undefined) configuration.zeroStage = conventions.zeroStage
  return configuration
}

/** Sequences of a rank's batch that go through a pipeline together. */
const partOf = (batch: number, pp: number, splits: Conventions['pipelineSplits']): number => (pp === 1 || splits === undefined ? batch : splits === 'sequences' ? 1 : Math.ceil(batch / pp))

/** Sequences per optimizer step, where the setting says it in one way or another. */
function globalBatchOf({framework, globalBatch, microBatch, notes, dataset, metric}: Setting, sequenceLength: number, dataParallel: number): number | undefined {
  // Rows per iteration are per micro-batch there, whatever is accumulated.
  if (metric === 'time_s_per_1000_iterations' || notes.perRankDataset === true || (/litgpt/i.test(framework) && /alpaca/i.test(dataset))) return (microBatch ?? 1) * dataParallel
  if (globalBatch !== undefined) return globalBatch
  if (notes.tokensPerStep !== undefined) return Math.max(1, Math.round(notes.tokensPerStep / sequenceLength))
  return microBatch === undefined ? undefined : (notes.accumulation ?? 1) * microBatch * dataParallel
}

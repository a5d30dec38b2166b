import {matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {MeasuredRow, Prediction} from '../../accuracy/score.ts'
import {bareHardware} from '../../catalog/hardware.ts'
import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import {divideBy, exactly, scale} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Configuration, Hardware, Interval, Performance} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {performTraining, publishedFlopsPerToken} from './training-perform.ts'
import {trainingConfigurations} from './training-search.ts'
import type {TrainingWork} from './training.ts'
import {measuredModel, publishedName} from './measured-models.ts'

/** Where a row was measured, in the row's own words. */
export interface MeasuredPlace {
  readonly accelerator: string
  readonly accelerators: number
  readonly nodes: number | undefined
  /** Accelerators of one node where the row says so (a TPU slice counts as one node). */
  readonly acceleratorsPerNode: number | undefined
}

/** What a row asks of the training physics, or why it cannot be answered. */
export type TrainingQuestion =
  | {
      readonly answerable: true
      readonly work: TrainingWork
      readonly place: MeasuredPlace
      readonly configuration: Configuration
      /** Absent batch: one micro-batch, as large as fits. */
      readonly batchStated: boolean
      /** The row's own metric, unit and scope. */
      predict(performance: Performance, hardware: Hardware): Interval
    }
  | {readonly answerable: false; readonly status: 'unanswered' | 'out_of_scope' | 'excluded'; readonly reason: string}

const number = (text: string | undefined): number | undefined => (text === undefined || text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text))

/** `framework` of a row → runtime of data/software.csv. */
export function measuredRuntime(framework: string, kind: string): string {
  if (/maxtext|jax/i.test(framework)) return 'maxtext'
  if (/neuron/i.test(framework)) return 'neuron'
  if (/gaudi|habana/i.test(framework)) return 'gaudi'
  if (/transformers|llm-foundry|litgpt|torchtune|llama-factory|pytorch/i.test(framework)) return 'pytorch'
  if (/deepspeed/i.test(framework)) return 'deepspeed'
  if (/megatron|nemo|torchtitan|fast-llm|gigatron/i.test(framework)) return 'megatron'
  return kind === 'llm-finetune' ? 'pytorch' : 'megatron'
}

/** `precision` of a row → our word; scaling recipes of one width run at one rate. */
export function measuredPrecision(text: string): string {
  const lower = text.toLowerCase()
  if (lower.includes('nvfp4')) return 'nvfp4'
  if (lower.includes('fp8')) return 'fp8'
  if (lower.includes('fp16')) return 'fp16'
  return 'bf16'
}

function adaptersOf(row: MeasuredRow): boolean {
  return /q?-?lora/i.test(row['phase'] ?? '')
}

function checkpointingOf(row: MeasuredRow): Configuration['checkpointing'] {
  const notes = row['notes'] ?? ''
  const framework = row['framework'] ?? ''
  if (/activation checkpointing=true|full ac\b|full activation checkpointing|\+ac\b|^activation checkpointing/i.test(notes)) return 'full'
  if (/selective|per-op sac/i.test(notes) || /torchtitan/.test(framework)) return 'selective'
  if (/activation checkpointing=false/i.test(notes)) return 'none'
  // Megatron-DeepSpeed of that time recomputed whole layers: without it the larger of its published micro-batches would not fit.
  if (/Megatron-DeepSpeed/.test(framework)) return 'full'
  // The published scripts of these set gradient checkpointing, LitGPT's single-card ones do not.
  if (/Transformers \+ PEFT|LLaMA-Factory/i.test(framework)) return 'full'
  if (/LitGPT config hub/.test(framework) && (adaptersOf(row) || (number(row['params_b']) ?? 0) < 1.5)) return 'none'
  if (/LitGPT/i.test(framework)) return (number(row['accelerators']) ?? 1) > 1 ? 'full' : 'none'
  if (/torchtune/i.test(framework)) return /options: packed/i.test(notes) ? 'none' : 'full'
  return undefined
}

/** Share of a published run's hours that really train. */
const GOODPUT = 0.9
/** Tokens of an average and of the longest sample of Alpaca in a vocabulary of 32,000, where rows give no sequence length. */
const ALPACA = {average: 180, longest: 1304}
/** Larger vocabularies make fewer tokens of a text: 3.94 instead of 3.17 characters each (Llama 3 against Llama 2 on English; Llama 3 2024, §3.2). */
const LARGE_VOCABULARY = {from: 50_000, tokenShare: 3.17 / 3.94}

function resolveMeasuredModel(name: string, languageModel: (name: string) => LanguageModel): LanguageModel | undefined {
  const own = measuredModel(name)
  if (own !== undefined) return own
  const cleaned = publishedName(name)
    .replace(/-(moe|w\/o-mtp)$/, '')
    .replace(/^deepseekv3/, 'deepseek-v3')
    .replace(/-671b-a37b$/, '')
    .replace(/-400b-a17b$/, '-17b-128e')
    .replace(/-109b-a17b$/, '-17b-16e')
    .replace(/^nemotron-3-nano.*/, 'nvidia-nemotron-3-nano-30b-a3b')
    .replace(/^nemotron-3-super.*/, 'nvidia-nemotron-3-super-120b-a12b')
    .replace(/^kimi-k2$/, 'kimi-k2-instruct')
    .replace(/^tiny-?llama(-1\.1b)?$/, 'tinyllama-1.1b-chat-v1.0')
    .replace(/^llama-7b$/, 'llama-1-7b')
    .replace(/^phi-1\.5-1\.3b$/, 'phi-1_5')
    .replace(/^mistral-7b(-v0\.2)?$/, 'mistral-7b-v0.1')
    .replace(/^gpt-2-124m$/, 'gpt2')
    .replace(/^bloom-176b$/, 'bloom')
    .replace(/^(gpt-?3-175b).*/, 'gpt-3-175b')
  for (const candidate of [name, cleaned]) {
    try {
      return languageModel(candidate)
    } catch {
      // The next spelling; a name that none resolves is reported by the caller.
    }
  }
  return undefined
}

/** Reads one training or fine-tuning row. */
export function trainingQuestion(row: MeasuredRow, kind: 'llm-pretrain' | 'llm-finetune', languageModel: (name: string) => LanguageModel): TrainingQuestion {
  const no = (reason: string, status: 'unanswered' | 'out_of_scope' | 'excluded' = 'unanswered'): TrainingQuestion => ({answerable: false, status, reason})
  const metric = row['metric'] ?? ''
  const notes = row['notes'] ?? ''
  const phase = (row['phase'] ?? '').toLowerCase()
  const framework = row['framework'] ?? ''
  if (['goodput', 'interruptions', 'energy_kwh'].includes(metric)) return no(`${metric} is not a figure of one training step`, 'out_of_scope')
  if (/not reproducible|thought to count only part/i.test(notes)) return no('the source says that its figure covers other work', 'excluded')
  if (/visual_instruction|projector|vision|quantization_aware/i.test(`${phase} ${row['model'] ?? ''}`)) return no('training of a vision-language adapter: its tokens per sample are not stated', 'out_of_scope')
  if (/^adapter/.test(phase)) return no('LLaMA-Adapter is no method rigor models', 'out_of_scope')
  if (/int8/i.test(row['precision'] ?? '')) return no('an 8-bit frozen base is not modelled')
  const model = resolveMeasuredModel(row['model'] ?? '', languageModel)
  if (model === undefined) return no(`the shape of "${row['model'] ?? ''}" is not known`)
  if (model.layers < 1 || model.attention === 'hybrid-linear-mla') return no(`the shape of "${row['model'] ?? ''}" is incomplete`)

  const runtime = measuredRuntime(framework, kind)
  const tokens = number(row['tokens'])
  const litgptHub = /LitGPT config hub/.test(framework)
  const litgptTable = /LitGPT/.test(framework) && !litgptHub && /longest Alpaca/.test(notes)
  const isMemory = metric === 'memory_gib' || metric === 'fits'
  const average = ALPACA.average * (model.vocab >= LARGE_VOCABULARY.from ? LARGE_VOCABULARY.tokenShare : 1)
  let sequenceLength = number(row['seq_len'])
  const microBatch = number(row['micro_batch'])
  if (litgptTable) sequenceLength = isMemory ? (number(new RegExp(`${(row['model'] ?? '').split(/[ -]/)[0] ?? ''}\\w* ?\\d? ?(\\d{4})`, 'i').exec(notes)?.[1]) ?? ALPACA.longest) : average * (1 + 0.35 * Math.log(microBatch ?? 1))
  if (litgptHub && !isMemory) sequenceLength = Math.min(512, average * (1 + 0.35 * Math.log(microBatch ?? 1)))
  const statedAccelerators = number(row['accelerators'])
  sequenceLength ??= kind === 'llm-pretrain' && model.maxContext !== undefined ? Math.min(model.maxContext, /neuron/i.test(framework) ? 4096 : 8192) : kind === 'llm-pretrain' ? 2048 : undefined
  if (sequenceLength === undefined) return no('the sequence length is not stated')
  const accelerators = statedAccelerators ?? (metric === 'gpu_hours' ? 1024 : metric === 'tokens_per_s_per_accelerator' ? 64 : undefined)
  if (accelerators === undefined) return no('the number of accelerators is not stated')

  // Neuron counts cores, two to a chip.
  const cores = /neuron/i.test(framework) ? 2 : 1
  const tp = number(row['tp'])
  const configuration: {-readonly [K in keyof Configuration]: Configuration[K]} = {runtime, precision: measuredPrecision(row['precision'] ?? '')}
  if (tp !== undefined) configuration.tp = Math.max(1, tp / cores)
  for (const degree of ['pp', 'dp', 'ep', 'cp'] as const) {
    const value = number(row[degree])
    if (value !== undefined) configuration[degree] = value
  }
  if (isMemory && microBatch === undefined && number(row['global_batch']) === undefined) return no('the batch is not stated')
  const context = /CP ?(\d+)|context parallel (\d+)/i.exec(notes)?.[1]
  if (configuration.cp === undefined && context !== undefined) configuration.cp = Number(context)
  if (tp !== undefined && configuration.pp === undefined) configuration.pp = 1
  if (configuration.tp !== undefined && configuration.dp === undefined) configuration.dp = Math.max(1, Math.floor(accelerators / (configuration.tp * (configuration.pp ?? 1) * (configuration.cp ?? 1))))
  if (microBatch !== undefined) configuration.microBatch = microBatch
  const checkpointing = checkpointingOf(row)
  if (checkpointing !== undefined) configuration.checkpointing = checkpointing
  if (/full.?shard|fsdp|zero-?3/i.test(`${row['id'] ?? ''} ${notes} ${framework} ${phase}`) && accelerators > 1) configuration.zeroStage = 3
  if (/Transformers \+ PEFT/.test(framework)) configuration.zeroStage = /zero-3/.test(phase) ? 3 : /full/.test(phase) ? 3 : 0
  configuration.offload = /CPU AdamW offload/i.test(notes) ? 'optimizer' : 'none'
  if (/litgpt|torchtune/i.test(framework) && accelerators > 1) {
    // The hub's adapters ran replicated: one and four cards took the same memory and time.
    configuration.zeroStage = litgptHub && (adaptersOf(row) || model.parameters < 1.5e9) ? 0 : 3
    configuration.tp = 1
    configuration.pp = 1
    configuration.dp = accelerators
  }
  // torchtitan states the batch of a rank, which its pipelines split into single sequences.
  if (/torchtitan/.test(framework) && (configuration.pp ?? 1) > 1) configuration.microBatch = 1

  const adapters = adaptersOf(row)
  const quantised = adapters && (/q-?lora/.test(phase) || /nf4|4-bit|int4/i.test(row['precision'] ?? ''))
  // torchtune's recipe for one card keeps 8-bit states for what would not fit otherwise.
  const optimizer = /torchtune/.test(framework) && accelerators === 1 && !adapters && model.parameters > 5e9 ? 'adamw-8bit' : 'adamw'
  const dataParallel = configuration.dp ?? accelerators
  const perStep = number(/total tokens per step (\d+)/.exec(notes)?.[1])
  const accumulation = number(/grad(?:ient)? accumulation (\d+)/.exec(notes)?.[1])
  const stated =
    litgptTable || litgptHub
      ? (microBatch ?? 1) * accelerators
      : (number(row['global_batch']) ?? (perStep === undefined ? undefined : Math.max(1, Math.round(perStep / sequenceLength))) ?? (accumulation !== undefined && microBatch !== undefined ? accumulation * microBatch * dataParallel : undefined))
  const globalBatch = stated ?? (microBatch !== undefined ? microBatch * dataParallel : undefined)
  const batchStated = globalBatch !== undefined
  if (accelerators > 1 && litgptHub) configuration.dp = accelerators

  const work: TrainingWork = {
    kind,
    model,
    sequenceLength: Math.round(sequenceLength),
    globalBatch: globalBatch ?? Math.max(accelerators, Math.round((accelerators * 16384) / sequenceLength)),
    tokens: tokens ?? Math.round(sequenceLength) * (globalBatch ?? accelerators),
    tunes: kind === 'llm-finetune',
    trains: adapters ? 'adapters' : 'all',
    rank: number(/rank (\d+)/.exec(notes)?.[1]) ?? (/Transformers \+ PEFT/.test(framework) ? 64 : 8),
    base: quantised ? 'nf4' : 'computed',
    trainsEmbeddings: adapters && /\(emb\)/.test(phase),
    optimizer,
    masterWeights: !/bf16-true|torchtune|bnb|LitGPT/i.test(`${row['precision'] ?? ''} ${framework}`),
    extraForwardPasses: 0,
    referenceWeights: false,
    chunkedLoss: /liger|unsloth|chunkedce/i.test(`${framework} ${notes}`) || /cumulative/.test(notes) && /options: (?!packed)/.test(notes),
    rollout: undefined,
  }
  const slices = number(/(\d+) slice\(s\)/.exec(notes)?.[1]) ?? number(/-(\d+)x-v6e-256/.exec(row['id'] ?? '')?.[1])
  const place: MeasuredPlace = {
    accelerator: row['accelerator'] ?? '',
    accelerators,
    nodes: number(row['nodes']) ?? slices,
    acceleratorsPerNode: slices === undefined ? undefined : accelerators / slices,
  }
  const flopsPerToken = /not causal-halved/.test(notes)
    ? 6 * model.parameters + 12 * model.layers * model.hidden * sequenceLength
    : publishedFlopsPerToken(work)
  const rate = (performance: Performance): Interval => performance.throughput.value ?? {p10: Number.NaN, p50: Number.NaN, p90: Number.NaN}
  const stepSeconds = (performance: Performance): Interval =>
    divideBy((performance.configuration.batch ?? work.globalBatch) * work.sequenceLength, rate(performance))
  const gbPerGib = row['unit'] === 'GB' ? 2 ** 30 / 1e9 : 1
  const question = (predict: (performance: Performance, hardware: Hardware) => Interval): TrainingQuestion => ({answerable: true, work, place, configuration, batchStated, predict})
  switch (metric) {
    case 'iteration_time_s':
    case 'time_s_per_step':
      if (!batchStated) return no('the global batch is not stated')
      return question(stepSeconds)
    case 'time_s_per_1000_iterations':
      return question(performance => scale(stepSeconds(performance), 1000))
    case 'tokens_per_s_per_accelerator':
      return question(performance => scale(rate(performance), 1 / accelerators))
    case 'tokens_per_s':
      return question(rate)
    case 'samples_per_s':
      return question(performance => scale(rate(performance), 1 / work.sequenceLength))
    case 'model_tflops_per_accelerator':
    case 'tflops_per_accelerator':
      return question(performance => scale(rate(performance), flopsPerToken / accelerators / 1e12))
    case 'mfu':
      return question((performance, hardware) => {
        const peak = peakFlops(hardware.accelerator, configuration.precision ?? 'bf16') ?? peakFlops(hardware.accelerator, 'bf16') ?? Number.NaN
        return scale(rate(performance), flopsPerToken / accelerators / peak)
      })
    case 'gpu_hours':
      if (tokens === undefined) return no('the number of tokens is not stated')
      // Hours of whole runs count what failures and restarts took: 90 % of the time trains (Llama 3 2024, §3.3.4).
      return question(performance => scale(divideBy(tokens, rate(performance)), accelerators / 3600 / GOODPUT))
    case 'time_s': {
      if (!litgptHub) return tokens === undefined ? no('the number of tokens is not stated') : question(performance => divideBy(tokens, rate(performance)))
      const epochs = number(/epochs (\d+)/.exec(notes)?.[1]) ?? 1
      // Every rank walks through the whole set.
      return question(performance => scale(stepSeconds(performance), (epochs * 2000) / (microBatch ?? 1)))
    }
    case 'memory_gib': {
      const cards = row['scope'] === 'sum_over_accelerators' ? accelerators : 1
      return question(performance => scale(performance.memory.neededGib, gbPerGib * cards))
    }
    case 'fits':
      return question(() => ({p10: 0, p50: 1, p90: 1}))
    case 'compute_pflop_days':
      if (tokens === undefined) return no('the number of tokens is not stated')
      return no('a count of FLOP, not a figure of a machine', 'out_of_scope')
    default:
      return no(`"${metric}" is not a metric of training`, 'out_of_scope')
  }
}

/** Labels of results whose part the catalog lists under another name; what differs is applied below. */
const SAME_PART: readonly (readonly [RegExp, string])[] = [
  [/^H800/, 'h100-sxm-80gb'],
  [/^A800/, 'a100-sxm-80gb'],
  [/^H100 SXM 96GB/, 'h100-sxm-80gb'],
  [/^A100 (?:40GB|\(size)/, 'a100-sxm-40gb'],
  [/^A100 80GB$/, 'a100-sxm-80gb'],
]

/** The part a row was measured on. Export variants have slower links; a capped part runs at a lower clock (power ∝ frequency³). */
export function measuredAccelerator(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  const other = SAME_PART.find(([pattern]) => pattern.test(label))?.[1]
  const found = other === undefined ? matchAccelerator(label, accelerators) : accelerators.find(accelerator => accelerator.id === other)
  if (found === undefined) return undefined
  if (/^[HA]800/.test(label)) return {...found, linkBytesPerSecond: 200e9}
  const cap = number(/(\d{3,4})W\b/.exec(label)?.[1])
  if (cap === undefined || found.powerWatts === undefined || cap >= found.powerWatts) return found
  const clock = Math.cbrt(cap / found.powerWatts)
  const {bf16, fp8} = found.sustainedMatmulFlops
  return {
    ...found,
    ...(/96GB HBM2e/.test(label) ? {memoryGib: 94.5, memoryBandwidthBytesPerSecond: 2.4e12} : {}),
    sustainedMatmulFlops: {...(bf16 === undefined ? {} : {bf16: bf16 * clock}), ...(fp8 === undefined ? {} : {fp8: fp8 * clock})},
  }
}

/** Data-centre network per chip between TPU slices, bytes/s: what the hosts' cards give divided by their chips (assumed; no slice's rate is published). */
const SLICE_NETWORK_BYTES_PER_CHIP = 3.1e9
const NVLINK_RACK = 64

function measuredHardware(place: MeasuredPlace, accelerator: Accelerator): Hardware {
  const {accelerators} = place
  const tpu = accelerator.formFactor === 'tpu'
  const rack = accelerator.interconnect.includes('72-GPU domain')
  const stated = place.acceleratorsPerNode ?? (place.nodes === undefined ? undefined : accelerators / place.nodes)
  const usual = tpu ? accelerators : rack ? NVLINK_RACK : accelerator.formFactor === 'asic' ? 16 : 8
  const perNode = Math.max(1, Math.floor(Math.min(stated !== undefined && !rack ? stated : usual, accelerators, accelerator.formFactor === 'asic' ? 16 : Number.POSITIVE_INFINITY)))
  const nodes = Math.max(1, Math.round(accelerators / perNode))
  const hardware = bareHardware(accelerator, perNode, nodes)
  if (tpu) return {...hardware, network: {kind: 'ethernet', bytesPerSecondPerNode: SLICE_NETWORK_BYTES_PER_CHIP * perNode, rdma: true, latencySeconds: 30e-6}}
  // Trn1 nodes carry 800 Gb/s of EFA for 16 chips.
  if (accelerator.formFactor === 'asic') return {...hardware, network: {kind: 'efa', bytesPerSecondPerNode: 100e9, rdma: true, latencySeconds: 15e-6}}
  return hardware
}

/** A question with the hardware it was measured on. */
export interface MeasuredCase {
  readonly question: Extract<TrainingQuestion, {answerable: true}>
  readonly hardware: Hardware
}

/** Reads a row, or says why it cannot be asked. */
export function readTrainingMeasurement(
  row: MeasuredRow, kind: 'llm-pretrain' | 'llm-finetune', facts: Pick<Facts, 'languageModel'>, accelerators: readonly Accelerator[],
): {readonly status: 'case'; readonly case: MeasuredCase} | Exclude<Prediction, {status: 'answered'}> {
  const accelerator = measuredAccelerator(row['accelerator'] ?? '', accelerators)
  if (accelerator === undefined) return {status: 'unanswered', reason: `${row['accelerator'] ?? 'the accelerator'} is not in the catalog`}
  const question = trainingQuestion(row, kind, facts.languageModel)
  if (!question.answerable) return {status: question.status, reason: question.reason}
  return {status: 'case', case: {question, hardware: measuredHardware(question.place, accelerator)}}
}

/** A run that was published did fit: its memory is no ground for refusing to say how fast it was. */
const ROOMIER = 2

/** Configurations to evaluate for a row: the one it states, or what a practitioner would try. */
export function measuredConfigurations({question, hardware}: MeasuredCase, facts: Facts): readonly Configuration[] {
  const {configuration, work} = question
  if (configuration.tp !== undefined && configuration.microBatch !== undefined && configuration.checkpointing !== undefined && configuration.zeroStage !== undefined) return [configuration]
  const request = {work, precision: configuration.precision, configuration}
  for (const room of [1, ROOMIER]) {
    const found = trainingConfigurations(request, roomier(hardware, room), facts, true)
    if (found.length > 0) return found
  }
  return []
}

function roomier(hardware: Hardware, factor: number): Hardware {
  return factor === 1 ? hardware : {...hardware, accelerator: {...hardware.accelerator, memoryGib: hardware.accelerator.memoryGib * factor}}
}

/** The fastest of the configurations, exactly as `perform` gives it. */
export function measuredPerformance(found: MeasuredCase, configurations: readonly Configuration[], facts: Facts): Performance | undefined {
  const hardware = roomier(found.hardware, ROOMIER * 2)
  let best: Performance | undefined
  for (const configuration of configurations) {
    const result = performTraining(found.question.work, hardware, configuration, facts)
    if (result.feasible && (best === undefined || (result.performance.throughput.value?.p50 ?? 0) > (best.throughput.value?.p50 ?? 0))) best = result.performance
  }
  return best
}

/** The estimator's answer to one row, in the row's own unit and scope. */
export function predictTrainingMeasurement(row: MeasuredRow, kind: 'llm-pretrain' | 'llm-finetune', facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readTrainingMeasurement(row, kind, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {question, hardware} = reading.case
  const configurations = measuredConfigurations(reading.case, facts)
  if (row['metric'] === 'fits') {
    const needs = measuredPerformance(reading.case, configurations, facts)?.memory.neededGib
    return {status: 'answered', interval: needs === undefined || needs.p50 > hardware.accelerator.memoryGib ? exactly(0) : exactly(1)}
  }
  const performance = measuredPerformance(reading.case, configurations, facts)
  if (performance === undefined) return {status: 'unanswered', reason: 'no layout fits this hardware'}
  return {status: 'answered', interval: question.predict(performance, hardware)}
}

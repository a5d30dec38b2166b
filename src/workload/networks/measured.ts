import {acceleratorWithName} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {NetworkModel} from '../../catalog/snapshot.ts'
import {RigorError} from '../../errors.ts'
import {intervalFromSpread} from '../../performance/interval.ts'
import type {Hardware} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {measuredAccelerator, measuredHardware} from '../llm/measured-place.ts'
import {networkCertainty, networkFactors, widthOf, type NetworkFactors} from './factors.ts'
import {largestBatch} from './memory.ts'
import {countedShare, NEURON_CORES, runOf, scriptedBatch, USUAL_NEURON_CORES} from './recipes.ts'
import {sortOf, type SampleSize} from './shape.ts'
import {networkStep, printedRate, type Optimizer, type StepSetting} from './step.ts'

/** A published rate or time, as a question for the estimator. */
export interface NetworkCase {
  readonly setting: StepSetting
  readonly hardware: Hardware
  /** What the source counts, to one sample: tokens of a text, or the sample itself. */
  readonly unitsPerSample: number
  /** The source states milliseconds of a batch instead of a rate. */
  readonly isLatency?: true
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const unanswered = (reason: string): Refused => ({status: 'unanswered', reason})

/** MLPerf's queries come at random and have to be answered in time: less is reached than with all of them at once. */
const UNDER_DEADLINE = 'in time'

/** MLPerf's closer accuracy. */
const HIGH_ACCURACY = /\s*\(99\.9% accuracy\)$/

/** Names of a source → network of the catalog, and what its recipe makes of it. */
interface Named {
  readonly network: string
  readonly size?: SampleSize
  /** Samples between two changes of the weights. */
  readonly perStep?: number
}
/** Answers to questions about paragraphs: 384 tokens, padded to that. */
const SQUAD_TOKENS = 384
/** Of all encoders in the tables of Inferentia 1: "sequence-length=128" among the details of their models. */
const NEURON_TOKENS = 128
/** Mean length of those paragraphs with their questions, which engines that leave padding out have to read. */
const SQUAD_MEAN_TOKENS = 180

/** Half of what pre-training on Wikipedia pads to 512 is padding (Krell et al. 2021); bins of 64 tokens leave half a bin of it. */
const LONG_TOKENS = 512
const BINNED_TOKENS = 256 + 32
/** Texts of a step of pre-training, put together from many batches: of 128 tokens, and of 512 (You et al. 2020; NVIDIA's run_pretraining_lamb.sh). */
const SHORT_TEXTS = 65_536
const LONG_TEXTS = 32_768

/** Patches of scans (PatchCamelyon) that a script reads without changing their size. */
const PATCH_PIXELS = 96

function namedIn({model, framework, sequenceLength, notes}: Setting, binned: boolean): Named | string {
  const tokens = sequenceLength === undefined ? undefined : [sequenceLength]
  const plain = model.replace(HIGH_ACCURACY, '').trim()
  const timm = /^(\S+) @(\d+)px$/.exec(plain)
  if (timm !== null) return {network: timm[1]!, size: [Number(timm[2]), Number(timm[2])]}
  const sized = /^(.*?)[ ,]+(\d+)x(\d+)$/.exec(plain)
  if (sized !== null) return {network: sized[1]!, size: [Number(sized[2]), Number(sized[3])]}
  const neuron = /^(\S+)\s+seq (\d+)$/.exec(plain)
  if (neuron !== null) return {network: neuron[1]!, size: [Number(neuron[2])]}
  const inBrackets = /^\w+ base \((\S+)\)$/.exec(plain)
  if (inBrackets !== null) return {network: inBrackets[1]!, size: [NEURON_TOKENS]}
  if (plain === 'BERT base' && /Neuron/.test(framework)) return {network: 'bert-base', size: [NEURON_TOKENS]}
  if (/^BERT-(base|large) SQuAD fine-tune/.test(plain)) return {network: plain.slice(0, 10).toLowerCase().trim().replace(/ .*/, ''), size: [SQUAD_TOKENS]}
  if (/^BERT-large SQuAD seq<=384/.test(plain)) return {network: 'bert-large', size: [/TensorRT/i.test(framework) ? SQUAD_MEAN_TOKENS : SQUAD_TOKENS]}
  if (/^HuggingFace BERT-Large/.test(plain)) return tokens === undefined ? 'the length of its texts is not stated' : {network: 'bert-large', size: tokens}
  if (/^ResNet-50 class CNN, 2 outputs/.test(plain)) return {network: 'resnet50', size: [PATCH_PIXELS, PATCH_PIXELS]}
  if (plain === 'HuggingFace ViT-Base fine-tuning') return {network: 'vit_base_patch16_224'}
  if (/Swin-Base patch4 window7 224/.test(plain)) return {network: 'swin_base_patch4_window7_224'}
  if (plain === 'efficientnet efficientnet-b4' || plain === 'efficientnet efficientnet-widese-b4') return {network: 'efficientnet_b4', size: [380, 380]}
  if (plain.startsWith('efficientnet ')) return {network: plain.slice('efficientnet '.length)}
  if (plain === 'efficientnet_v2') return {network: 'tf_efficientnetv2_s'}
  if (plain === 'SSD' && / TensorFlow/.test(framework)) return {network: 'retinanet_resnet50_fpn', size: [320, 320]}
  if (plain === 'Transformer-XL') return notes.largeVariant === undefined ? 'the size of the model is not stated' : {network: notes.largeVariant ? 'transformer-xl-large' : 'transformer-xl-base'}
  if (plain === 'GNMT' || plain.startsWith('GNMT v2')) return {network: 'gnmt'}
  if (plain === 'Transformer') return {network: 'transformer-big', size: [TRANSLATED_TOKENS, TRANSLATED_TOKENS]}
  if (plain === 'biobert') return {network: 'bert-base', size: [128]}
  if (plain === 'BERT' && tokens === undefined) return {network: 'bert-large', size: [SQUAD_TOKENS]}
  if (plain === 'BERT') return {network: 'bert-large', size: binned && tokens![0] === LONG_TOKENS ? [BINNED_TOKENS] : tokens!, perStep: tokens![0] === LONG_TOKENS ? LONG_TEXTS : SHORT_TEXTS}
  if (plain === 'ELECTRA') return {network: 'electra-base', size: tokens ?? [SQUAD_TOKENS]}
  if (plain === 'BART') return tokens === undefined ? {network: 'bart-large', size: [1024, 142]} : {network: 'bart-large', size: [tokens[0]!, tokens[0]!]}
  return {network: plain, ...(tokens === undefined ? {} : {size: tokens})}
}
/** Sentences of the translations that are the benchmark (WMT), in word pieces. */
const TRANSLATED_TOKENS = 28

/** The number of a precision in the words of the source; `convolves` = in PyTorch's own convolutions, which are computed in TF32 where it exists and products of matrices are not (torch.backends.cudnn.allow_tf32). */
function precisionOf({precision: written, framework, model}: Setting, accelerator: Accelerator, convolves: boolean): string {
  const text = written.toLowerCase()
  // NVIDIA's containers compute 32-bit products in TF32 unless told otherwise.
  if (/tf32 on ampere|^tf32|tf32 default/.test(text) || (text === 'fp32' && (convolves || /NVIDIA/.test(framework)))) return accelerator.peakFlops.tf32 === undefined ? 'fp32' : 'tf32'
  if (/int8/.test(text)) return 'int8'
  if (/fp8/.test(text)) return 'fp8'
  if (/bf16|bfloat|^cast$/.test(text)) return 'bf16'
  if (/fp16|amp/.test(text)) return 'fp16'
  // Nearer to the result in 32 bits, engines compute in 8-bit floating point, or in 16 bits where there is none (NVIDIA's configurations of MLPerf v4.1).
  if (text === '' && HIGH_ACCURACY.test(model)) return accelerator.peakFlops.fp8 === undefined ? 'fp16' : 'fp8'
  if (text === '') return accelerator.peakFlops.int8 === undefined ? 'fp16' : 'int8'
  return 'fp32'
}

/** "16 and 32", "128 (FP32) / 256 (AMP)": fewer bits leave room for more. */
function printedBatch(printed: readonly number[] | undefined, precision: string): number | undefined {
  if (printed === undefined || printed.length === 0) return undefined
  return precision === 'fp32' || precision === 'tf32' ? Math.min(...printed) : Math.max(...printed)
}

/** Beyond this a larger batch is no faster. */
const USUAL_BATCH = 256
/** No recipe fills the last of the memory. */
const FILLED = 0.9

/** A name in the words of a list, as the catalog has it. */
const placeNamed = (label: string, accelerators: readonly Accelerator[]): Accelerator | undefined =>
  acceleratorWithName(label, accelerators) ?? measuredAccelerator(label.replace(/^LambdaCloud (?:\d+x ?)?/, '').replace(/^V100 16GB$/, 'V100 SXM2 16GB'), accelerators) ?? measuredAccelerator(label, accelerators)

export const knowsAccelerator = (label: string, accelerators: readonly Accelerator[]): boolean => placeNamed(label, accelerators) !== undefined

/** Reads a setting, or says why it cannot be asked. */
export function readNetworkMeasurement(setting: Setting, accelerators: readonly Accelerator[], training: boolean, network: (name: string) => NetworkModel): {readonly status: 'case'; readonly case: NetworkCase} | Refused {
  const {metric, framework, accelerators: count = 1, phase} = setting
  const run = runOf(framework, setting.model, setting.accelerator, phase)
  if (run === undefined) return unanswered(`nothing is known of "${framework}"`)
  const accelerator = placeNamed(setting.accelerator, accelerators)
  if (accelerator === undefined) return unanswered(`${setting.accelerator} is not in the catalog`)
  const named = namedIn(setting, run.binned === true)
  if (typeof named === 'string') return unanswered(named)
  const published = modelNamed(named.network, network)
  const model = published === undefined || run.script?.vocab === undefined ? published : {...published, vocab: run.script.vocab}
  if (model === undefined) return unanswered(`the catalog has no network "${named.network}"`)
  const precision = precisionOf(setting, accelerator, run.ownScript === true && /convolutional/.test(model.family))
  if (printedRate(accelerator, precision) === undefined) return unanswered(`no ${precision} rate is known of ${accelerator.name}`)
  const size = run.script?.size ?? named.size ?? model.reference
  const optimizer: Optimizer = model.family === 'decoder' || named.perStep !== undefined || /pre-?training/i.test(setting.model) ? 'lamb' : model.input === 'text' || model.family === 'vision-transformer' ? 'adamw' : 'sgd'
  const fits = Math.max(1, Math.floor(largestBatch({model, size, training, precision, optimizer}, accelerator.memoryGib) * FILLED))
  const narrow = widthOf(precision) === '16 bit'
  const stated = setting.microBatch ?? printedBatch(setting.notes.printedBatches, precision)
  const scripted = stated !== undefined || run.script === undefined ? undefined : scriptedBatch(run.script, accelerator.memoryGib, narrow)
  const ofTokens = model.id === 'transformer-big' ? TRANSLATED_TOKENS : 1
  const cores = run.program.name === 'neuron' ? (NEURON_CORES[accelerator.architecture] ?? USUAL_NEURON_CORES) : 1
  const own = scripted ?? (stated === undefined ? Math.min(USUAL_BATCH, 2 ** Math.floor(Math.log2(fits))) : (stated * cores) / ofTokens / (run.batchOfAll === true ? count : 1))
  const streamed = /^(single|multi)stream$/.exec(phase)?.[1]
  const batch = streamed === 'single' ? 1 : streamed === 'multi' ? Math.ceil(MULTISTREAM / count) : scripted ?? Math.max(1, Math.min(own, training ? fits : own))
  const perStep = setting.globalBatch ?? named.perStep ?? (run.batchOfAll === true || stated === undefined ? batch * count : (stated * cores * count) / ofTokens)
  const accumulation = Math.max(1, Math.round(perStep / batch / count))
  const program = phase === 'server' ? {...run.program, name: `${run.program.name} ${UNDER_DEADLINE}`} : run.program
  const channelsFirst = program.style === 'eager' && sortOf(model) === 'convolutions' && run.script?.channelsFirst?.includes(precision) === true
  const counted = run.script === undefined ? 1 : countedShare(run.script, own * count)
  const place = {accelerator: setting.accelerator, accelerators: count, nodes: setting.nodes, slices: undefined, interconnect: setting.interconnect}
  const found = {setting: {model, size, training, optimizer, precision, batch, accumulation, parts: count, program, channelsFirst}, hardware: measuredHardware(place, accelerator), unitsPerSample: 1}
  if (metric === 'tokens_per_s' || setting.unit === 'tok/s') return {status: 'case', case: {...found, unitsPerSample: tokensOf(model, size)}}
  if (metric.startsWith('latency_ms')) return {status: 'case', case: {...found, isLatency: true}}
  if (metric === 'samples_per_s' || metric === 'queries_per_s') return {status: 'case', case: {...found, unitsPerSample: /tok/.test(setting.unit) || (model.id === 'transformer-big' || model.id === 'gnmt' || model.family === 'decoder') ? tokensOf(model, size) : counted}}
  return unanswered(`"${metric}" is no rate of samples`)
}
/** Samples of a query of MLPerf's multi-stream scenario. */
const MULTISTREAM = 8

/** Recurrent benchmarks count both texts, others the one that is written. */
const tokensOf = ({family}: NetworkModel, [source = 0, target = source]: SampleSize): number => (family === 'recurrent' ? source + target : target)

function modelNamed(name: string, network: (name: string) => NetworkModel): NetworkModel | undefined {
  try {
    return network(name)
  } catch (error) {
    if (error instanceof RigorError) return undefined
    throw error
  }
}

/** In the source's own unit; `undefined` = a rate or link is not known. */
export function measuredValue({setting, hardware, unitsPerSample, isLatency}: NetworkCase, factors: NetworkFactors): number | undefined {
  const step = networkStep(setting, hardware, factors)
  if (step === undefined) return undefined
  if (isLatency === true) return step.seconds * 1000
  return (setting.batch * setting.accumulation * setting.parts * unitsPerSample) / step.seconds
}

/** The estimator's answer to the setting of a published result, for a kind. */
export const predictNetworks = (kind: string, training: boolean) => (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction => {
  const reading = readNetworkMeasurement(setting, accelerators, training, facts.network)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const {setting: {model, precision, program, parts, channelsFirst = false}, hardware: {accelerator}} = found
  const value = measuredValue(found, networkFactors(facts, {model, accelerator, precision, program, training, channelsFirst}))
  if (value === undefined) return unanswered('a link between the accelerators is not known')
  const {distance, spread} = networkCertainty(facts.calibration, kind, accelerator, model.id, parts)
  const around = intervalFromSpread(value, spread)
  return {status: 'answered', interval: found.isLatency !== true ? around : {p10: (value * value) / around.p90, p50: value, p90: (value * value) / around.p10}, distance, model: model.id, acceleratorId: accelerator.id}
}

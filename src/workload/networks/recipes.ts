import {NEURON, PLAIN, type Program} from './factors.ts'
import type {SampleSize} from './shape.ts'

/** What a source's recipes do where a row does not say so: read in them, nothing fitted. */
export interface Recipe {
  readonly pattern: RegExp
  readonly program: Program
  /** The column of the batch holds that of all accelerators. */
  readonly batchOfAll?: true
  /** Texts of pre-training are sorted into bins of like length. */
  readonly binned?: true
  /** A script of one's own; MLPerf's entries that say no more have an engine. */
  readonly ownScript?: true
  /** What its scripts set for some of its networks. */
  readonly scripts?: readonly Script[]
}

/** What a benchmark's scripts set for one of its networks. */
interface Script {
  /** The network as the source calls it. */
  readonly model: RegExp
  /** On these accelerators alone. */
  readonly accelerator?: RegExp
  readonly style?: Program['style']
  readonly size?: SampleSize
  /** Words that each one written is compared with, where it is not as for the network as published. */
  readonly vocab?: number
  /** Precisions in which the channels of images come first; matrix units take them last. */
  readonly channelsFirst?: readonly string[]
  /** By memory in GB: samples of each accelerator in 32 bits (TF32 too) and in 16. */
  readonly batches?: Readonly<Record<number, readonly [wide: number, narrow: number]>>
  /** As many steps as are counted, even if the epochs end before: then the printed rate is too high. */
  readonly counted?: {readonly steps: number; readonly epochs: number; readonly samples: number}
}

/** Of NVIDIA's classification networks in PyTorch, mixed precision has channels last, TF32 has them first (ConvNets/configs.yml). */
const OF_CLASSIFICATION = {channelsFirst: ['tf32']} as const

/** SQuAD 1.1 in pieces of 384 tokens, a new one every 128. */
const SQUAD_PIECES = 88_641
/** Lambda asks run_squad.py for two epochs and at most 100 steps; the script divides 100 batches by the time whichever ends first. */
const COUNTED_OF_SQUAD = {steps: 100, epochs: 2, samples: SQUAD_PIECES} as const

/** Words of WikiText-103; without `--adaptive` all of them are compared. */
const WIKITEXT_WORDS = 267_735

/** github.com/lambdal/deeplearning-benchmark, pytorch/scripts/config_v1 and config_v2: batches go with the memory; ResNet-50 is run as PyTorch lays images out, SSD with channels last. */
const OF_LAMBDA: readonly Script[] = [
  {model: /^ResNet-50/, channelsFirst: ['tf32', 'fp16'], batches: {80: [640, 1280], 96: [720, 1360], 140: [1280, 2560], 192: [1664, 3328]}},
  {model: /^SSD300/, batches: {80: [256, 448], 96: [272, 480], 140: [512, 896], 192: [640, 1152]}},
  {model: /^GNMT/, batches: {80: [1024, 1520], 96: [1152, 1648], 140: [2048, 3040], 192: [2688, 3968]}},
  {model: /^Transformer-XL base/, vocab: WIKITEXT_WORDS, batches: {80: [52, 104], 96: [52, 104], 140: [104, 208], 192: [128, 256]}},
  {model: /^Transformer-XL large/, size: [256], vocab: WIKITEXT_WORDS, batches: {80: [24, 48], 96: [24, 48], 140: [48, 96], 192: [64, 128]}},
  {model: /^BERT-base SQuAD/, counted: COUNTED_OF_SQUAD, batches: {80: [172, 320], 96: [208, 384], 140: [296, 592], 192: [384, 768]}},
  {model: /^BERT-large SQuAD/, counted: COUNTED_OF_SQUAD, batches: {80: [64, 112], 96: [80, 152], 140: [96, 192], 192: [128, 256]}},
]

/** github.com/NVIDIA/DeepLearningExamples: configs.yml, scripts and READMEs of each network. */
const OF_NVIDIA_PYTORCH: readonly Script[] = [
  {model: /^resnet50/, ...OF_CLASSIFICATION, batches: {16: [112, 256], 32: [112, 256], 80: [256, 256]}},
  {model: /^resnext101/, ...OF_CLASSIFICATION, batches: {16: [64, 128], 80: [128, 128]}},
  {model: /^se-resnext101/, ...OF_CLASSIFICATION, batches: {16: [64, 112], 80: [128, 128]}},
  {model: /^efficientnet .*b0$/, ...OF_CLASSIFICATION, batches: {16: [64, 128], 32: [128, 256], 80: [256, 256]}},
  {model: /^efficientnet .*b4$/, ...OF_CLASSIFICATION, batches: {16: [16, 32], 32: [32, 64], 80: [64, 128]}},
  {model: /^Efficientdet/, channelsFirst: ['tf32', 'fp16'], batches: {32: [30, 60], 80: [80, 150]}},
  {model: /^nnUNet 2/, channelsFirst: ['tf32', 'fp16']},
  {model: /^nnUNet 3/, channelsFirst: ['tf32']},
]
/** Those in TensorFlow are compiled by XLA; these are not. */
const EAGER_IN_TENSORFLOW: readonly Script[] = [
  {model: /^(?:SSD|VNet|Transformer-XL)$/, style: 'eager'},
  {model: /^resnext101/, accelerator: /V100/, style: 'eager'},
]
const OF_NVIDIA_TENSORFLOW2: readonly Script[] = [
  {model: /^efficientnet_v2/, batches: {32: [64, 128], 80: [230, 460]}},
]

const NVIDIA_PYTORCH: Program = {name: 'nvidia-pytorch', style: 'eager'}
const RECIPES: readonly Recipe[] = [
  {pattern: /timm.*torch\.compile/, program: {name: PLAIN.name, style: 'compiled'}},
  {pattern: /^timm/, program: PLAIN},
  {pattern: /Lambda/, program: NVIDIA_PYTORCH, batchOfAll: true, scripts: OF_LAMBDA},
  {pattern: /DeepLearningExamples PyTorch/, program: NVIDIA_PYTORCH, binned: true, scripts: OF_NVIDIA_PYTORCH},
  {pattern: /DeepLearningExamples TensorFlow2/, program: {name: 'nvidia-tensorflow2', style: 'compiled'}, scripts: OF_NVIDIA_TENSORFLOW2},
  {pattern: /DeepLearningExamples TensorFlow/, program: {name: 'nvidia-tensorflow', style: 'compiled'}, scripts: EAGER_IN_TENSORFLOW},
  {pattern: /DeepLearningExamples MxNet/, program: {name: 'nvidia-mxnet', style: 'eager'}, scripts: [{model: /^RN50/, batches: {16: [96, 192], 32: [128, 256], 80: [512, 512]}}]},
  {pattern: /DeepLearningExamples PaddlePaddle/, program: {name: 'nvidia-paddle', style: 'eager'}, binned: true, scripts: [{model: /^RN50/, channelsFirst: ['tf32'], batches: {80: [256, 256]}}]},
  {pattern: /[Nn]euron/, program: NEURON},
  {pattern: /TensorRT/i, program: {name: 'tensorrt', style: 'engine'}},
  {pattern: /^pytorch v/, program: PLAIN},
  {pattern: /^PyTorch(?:$| \()/, program: PLAIN, ownScript: true, scripts: [{model: /./, channelsFirst: ['tf32', 'fp16', 'bf16']}]},
  {pattern: /onnx|openvino|dgl|nvidia|pytorch|kilt|krai/i, program: {name: 'other', style: 'engine'}},
]

export interface Run extends Recipe {
  readonly script: Script | undefined
}

const MLPERF_PHASES: ReadonlySet<string> = new Set(['offline', 'server', 'singlestream', 'multistream'])

/** How the source ran a network; `undefined` = nothing is known of its framework. */
export function runOf(framework: string, model: string, accelerator: string, phase: string): Run | undefined {
  const recipe = RECIPES.find(({pattern, ownScript}) => pattern.test(framework) && !(ownScript === true && MLPERF_PHASES.has(phase)))
  if (recipe === undefined) return undefined
  const script = recipe.scripts?.find(each => each.model.test(model) && each.accelerator?.test(accelerator) !== false)
  return {...recipe, script, program: script?.style === undefined ? recipe.program : {...recipe.program, style: script.style}}
}

/** Of the largest memory that the accelerator has at least (a GB less is another way to count). `undefined` = the scripts set none. */
export function scriptedBatch({batches = {}}: Script, memoryGib: number, narrow: boolean): number | undefined {
  const fitting = Object.keys(batches).map(Number).filter(memoryGb => memoryGb * 0.92 <= memoryGib)
  return fitting.length === 0 ? undefined : batches[Math.max(...fitting)]![narrow ? 1 : 0]
}

/** Counted steps for one that was made. */
export function countedShare({counted}: Script, batchOfAll: number): number {
  if (counted === undefined) return 1
  return Math.max(1, counted.steps / (counted.epochs * Math.ceil(counted.samples / batchOfAll)))
}

/** NeuronCores of a chip, each with such a batch. */
export const NEURON_CORES: Readonly<Record<string, number>> = {inferentia1: 4}
export const USUAL_NEURON_CORES = 2

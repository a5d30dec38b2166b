import type {Accelerator} from '../../catalog/schema.ts'
import type {NetworkModel} from '../../catalog/snapshot.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {allReduceSeconds} from '../../performance/collectives.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Hardware} from '../../performance/types.ts'
import {widthOf, type NetworkFactors, type Program, type Width} from './factors.ts'
import {passCost, type SampleSize} from './shape.ts'

export const OPTIMIZERS = ['sgd', 'adamw', 'lamb'] as const
export type Optimizer = (typeof OPTIMIZERS)[number]

/** A step as it is run. */
export interface StepSetting {
  readonly model: NetworkModel
  readonly size: SampleSize
  readonly training: boolean
  readonly optimizer: Optimizer
  readonly precision: string
  /** Samples that one accelerator takes at once. */
  readonly batch: number
  /** Such batches before weights are changed. */
  readonly accumulation: number
  /** Accelerators that each hold all weights. */
  readonly parts: number
  readonly program: Program
  /** Channels of images come first, which units for products of matrices do not take: all is moved once more into their order. */
  readonly channelsFirst?: boolean
}

/** Where the time of one step goes, on each accelerator. */
export interface NetworkStep {
  readonly seconds: number
  readonly computeSeconds: number
  readonly memorySeconds: number
  readonly kernelSeconds: number
  readonly optimizerSeconds: number
  /** Boxes of detected objects, matched and sorted. */
  readonly matchingSeconds: number
  /** Of the all-reduce, what nothing hides. */
  readonly linkSeconds: number
  readonly stragglingSeconds: number
  /** Of one accelerator, in one step. */
  readonly flops: number
  readonly bytes: number
}

/** Bytes of a value as it is kept between layers. */
export function valueBytes(precision: string): number {
  return {'32 bit': 4, 'tf32': 4, '16 bit': 2, '8 bit': 1}[widthOf(precision)]
}

/**
 * Rate that convolutions and matmuls are held against. Without units for 16 bits they are computed in 32; processors have one printed rate.
 * `undefined` = the hardware cannot, or nobody says how fast it is.
 */
export function printedRate(accelerator: Accelerator, precision: string): number | undefined {
  const rate = peakFlops(accelerator, precision)
  return rate ?? (widthOf(precision) === '16 bit' ? (peakFlops(accelerator, precision === 'bf16' ? 'fp16' : 'bf16') ?? undefined) : undefined)
}

/** Passes through the network: backward makes the gradients of inputs and of weights. */
export const PASSES_OF_TRAINING = 3
/** Where nobody says what a network's layers write: so many FLOP to a value, the median of its family's others. Set where the family is known (demand). */
const UNKNOWN_VALUES_PER_FLOP: Readonly<Record<string, number>> = {'convolutional': 1 / 800, 'depthwise-convolutional': 1 / 200}
/** And of layers: a network of 50 convolutions. */
const UNKNOWN_LAYERS = 50

/** Bytes of a parameter that an optimizer step moves: gradient read, weight and states read and written, the 16-bit copy written (Adam: two states; LAMB reads both again for its norms). */
const OPTIMIZER_BYTES: Readonly<Record<Optimizer, number>> = {sgd: 20, adamw: 28, lamb: 44}
/** Gradients are reduced in 32 bits unless computed in fewer by a mixed-precision wrapper; DDP's buckets are of the weights' type. */
const GRADIENT_BYTES = 4
/** Gradients are sent while earlier layers are still computed: all but the last bucket hides behind the backward pass (Li et al. 2020). */
const HIDDEN_SHARE = 0.85

export const activationsOf = (model: NetworkModel, size: SampleSize): number => {
  const {activations, flops} = passCost(model, size)
  return activations ?? flops * (UNKNOWN_VALUES_PER_FLOP[model.family] ?? 1 / 600)
}

/** Work of units for products of matrices that one watt does in a precision, to that in 16 bits: multipliers of half the width take half the energy. */
const WORK_PER_WATT: Readonly<Record<Width, number>> = {'32 bit': 0, 'tf32': 0.5, '16 bit': 1, '8 bit': 2}

/**
 * Clock that the board's power allows under products of matrices, to the highest: they draw more than boards with small limits may. The rate goes with a
 * power of what the memory leaves ÷ what the highest clock takes, below 1 as voltage falls with the clock. 1 where either is not known, and in vector units.
 */
export function clockShare(accelerator: Accelerator, rate: number, precision: string, factors: Pick<NetworkFactors, 'watts-per-tflops' | 'power-exponent'>): number {
  const work = WORK_PER_WATT[widthOf(precision)]
  if (accelerator.powerWatts === undefined || work === 0 || accelerator.formFactor === 'cpu') return 1
  const taken = (rate / work / 1e12) * factors['watts-per-tflops']
  const left = Math.max(accelerator.powerWatts / 2, accelerator.powerWatts - memoryWatts(accelerator))
  return Math.min(1, (left / taken) ** factors['power-exponent'])
}

/** Joules for a bit out of memory: stacked (O'Connor et al. 2017), and on the board (GDDR6X, as its maker says). */
const JOULES_PER_BIT: Readonly<Record<string, number>> = {hbm: 3.9e-12, gddr: 7.25e-12}
/** Of its bandwidth, while products are computed: an assumption. */
const MEMORY_IN_USE = 0.5
const memoryWatts = (accelerator: Accelerator): number => accelerator.memoryBandwidthBytesPerSecond * 8 * (JOULES_PER_BIT[memorySort(accelerator) ?? ''] ?? 0) * MEMORY_IN_USE

/**
 * What nothing beats, to the printed rate, whatever was fitted: 1, and in vector units of accelerators convolutions of 3 × 3 that are computed in tiles of
 * 2 × 2 out of 16 products instead of 36 (Winograd; Lavin & Gray 2016).
 */
const mostOf = ({formFactor}: Accelerator, {family}: NetworkModel, precision: string): number => (formFactor !== 'cpu' && family === 'convolutional' && widthOf(precision) === '32 bit' ? 36 / 16 : 1)

/** `undefined` = the rate of the accelerator, or a link that is needed, is not known. */
export function networkStep(setting: StepSetting, hardware: Hardware, factors: NetworkFactors): NetworkStep | undefined {
  const {model, size, training, precision, batch, accumulation, parts, optimizer, program, channelsFirst = false} = setting
  const {accelerator} = hardware
  const rate = printedRate(accelerator, precision)
  if (rate === undefined) return undefined
  const cost = passCost(model, size)
  const passes = training ? PASSES_OF_TRAINING : 1
  const stretch = training ? factors.backward : 1
  const repeats = training ? accumulation : 1
  const slower = 1 / (factors.speed * factors.program * factors.network)
  const flops = passes * cost.flops * batch * repeats
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond * factors.streamShare * factors.cache
  const moved = factors.traffic * (program.style === 'eager' ? 1 : factors.fusion) * (channelsFirst ? factors.reordering : 1) * (training ? factors['backward-traffic'] : 1)
  const bytes = passes * repeats * (activationsOf(model, size) * valueBytes(precision) * moved * batch + model.parameters * valueBytes(precision))
  const clock = clockShare(accelerator, rate, precision, factors)
  const computeSeconds = (flops * stretch) / (rate * Math.min(mostOf(accelerator, model, precision), (factors.compute * factors.family * clock) / slower))
  const memorySeconds = (bytes / bandwidth) * slower
  const kernels = program.style === 'eager' ? (cost.kernels ?? UNKNOWN_LAYERS * 3) : (cost.joinedKernels ?? UNKNOWN_LAYERS)
  const kernelSeconds = passes * stretch * repeats * kernels * factors['kernel-seconds'] * slower
  const optimizerBytes = training ? model.parameters * OPTIMIZER_BYTES[optimizer] : 0
  const optimizerSeconds = optimizerBytes / bandwidth
  // Layers of matmuls wait for those that only move values: what each of them takes adds up.
  const layerSeconds = computeSeconds + memorySeconds
  const backward = ((layerSeconds + kernelSeconds) * 2) / 3 / repeats
  const reduce = training ? allReduceSeconds(hardware, parts, 1, model.parameters * GRADIENT_BYTES, factors.link) : 0
  if (reduce === undefined) return undefined
  const linkSeconds = Math.max(reduce * (1 - HIDDEN_SHARE), reduce - backward)
  const matchingSeconds = model.task === 'detection' ? factors['matching-seconds'] * batch * repeats : 0
  const own = layerSeconds + kernelSeconds + optimizerSeconds + matchingSeconds
  const stragglingSeconds = training ? own * factors.straggling * Math.log2(parts) : 0
  return {seconds: own + linkSeconds + stragglingSeconds, computeSeconds, memorySeconds, kernelSeconds, optimizerSeconds, matchingSeconds, linkSeconds, stragglingSeconds, flops, bytes: bytes + optimizerBytes}
}

/** Seconds of one sample on one accelerator that nothing beats: every operation at the highest rate. */
export function lowerBoundSecondsPerSample(model: NetworkModel, size: SampleSize, training: boolean, precision: string, accelerator: Accelerator): number {
  const {flops} = passCost(model, size)
  return ((training ? PASSES_OF_TRAINING : 1) * flops) / ((printedRate(accelerator, precision) ?? Number.POSITIVE_INFINITY) * mostOf(accelerator, model, precision))
}


import type {Accelerator} from '../../catalog/schema.ts'
import type {NetworkModel} from '../../catalog/snapshot.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {fittedValues, vendorScope, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {sortOf} from './shape.ts'

/** Name in the calibration of factors that training and inference, of images and of texts, have in common. */
export const NETWORKS = 'networks'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/networks.md. */
export const NETWORK_QUANTITIES = {
  /** How one accelerator differs from its family in all it does. */
  'speed': 1,
  /** Achieved ÷ printed rate of convolutions or of products of matrices. */
  'compute': 0.5,
  /** How a family differs in that, and in each width: grouped and depthwise convolutions fill the units less, and those of 3 × 3 take fewer products in 32 bits. */
  'family': 1,
  /** How one network differs from its family in all it does. */
  'network': 1,
  /** Seconds that each image takes beside the network where objects are found in it: boxes are matched, sorted and suppressed. */
  'matching-seconds': 5e-4,
  /** Watts for a TFLOP/s of printed 16-bit rate that a board has to have to hold its highest clock under products of matrices. */
  'watts-per-tflops': 1,
  /** The exponent with which the rate falls where it has less. */
  'power-exponent': 0.4,
  /** What values find in caches on their way, by family of accelerators. */
  'cache': 1,
  /** Values moved through memory for one that a layer writes: written and read, by norms, activations and residuals again. */
  'traffic': 4,
  /** The same where a compiler joins kernels ÷ where it does not. */
  'fusion': 0.5,
  /** The same where channels come first ÷ where they come last, in units that take them last. */
  'reordering': 1.5,
  /** A training step ÷ three forward passes, in work of the units and in launches. */
  'backward': 1,
  /** The same in values moved: gradients of norms and activations read what went in and what came out. */
  'backward-traffic': 1,
  /** Seconds that each kernel takes beside its work: launch, fill and drain. */
  'kernel-seconds': 5e-6,
  /** How a program differs from PyTorch as it comes. */
  'program': 1,
  /** Achieved ÷ nominal rate of links in all-reduces. */
  'link': 0.6,
  /** Share of a step lost for each doubling of the accelerators: waiting for the slowest. */
  'straggling': 0.015,
} as const
export type NetworkQuantity = keyof typeof NETWORK_QUANTITIES
export const NETWORK_QUANTITY_NAMES = Object.keys(NETWORK_QUANTITIES) as NetworkQuantity[]
export type NetworkFactors = Readonly<Record<NetworkQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

/** Fewest bytes to a value that a precision's operands have, and what they are called in scopes. */
export type Width = '32 bit' | 'tf32' | '16 bit' | '8 bit'
export function widthOf(precision: string): Width {
  switch (precision) {
    case 'fp64': case 'fp32': return '32 bit'
    case 'tf32': return 'tf32'
    case 'bf16': case 'fp16': return '16 bit'
    default: return '8 bit'
  }
}

/** Whose way of running it is: `compiled` joins kernels, `engine` is a compiler for inference alone. */
export interface Program {
  readonly name: string
  readonly style: 'eager' | 'compiled' | 'engine'
}
export const PLAIN: Program = {name: 'pytorch', style: 'eager'}
/** Its compiler lays out ahead what each engine of a core does when: nothing is launched. */
export const NEURON: Program = {name: 'neuron', style: 'engine'}

/** What decides where a factor is looked up. */
export interface FactorSetting {
  readonly model: NetworkModel
  readonly accelerator: Accelerator
  readonly precision: string
  readonly program: Program
  readonly training: boolean
  readonly channelsFirst?: boolean
}

/** Architectures with the same cores under two names. */
const CORES: Readonly<Record<string, string>> = {inferentia2: 'neuroncore-v2', trainium1: 'neuroncore-v2'}
const coreOf = ({architecture}: Accelerator): string => CORES[architecture] ?? architecture

/** Accelerators with the same cores, and those of them with one sort of memory: GeForce and data-centre parts of one architecture differ. */
function familyOf(accelerator: Accelerator): readonly string[] {
  const sort = memorySort(accelerator)
  return [coreOf(accelerator), ...(sort === undefined ? [] : [`${coreOf(accelerator)} ${sort}`])]
}

/** Where a factor is looked up, outermost first; each lies within the one before. Empty = it plays no part. */
export function scopesOf(quantity: NetworkQuantity, {model, accelerator, precision, program, training, channelsFirst = false}: FactorSetting): readonly string[] {
  const sort = sortOf(model)
  const width = `${sort} ${widthOf(precision)}`
  switch (quantity) {
    case 'speed': return [...familyOf(accelerator), accelerator.id]
    case 'cache': return familyOf(accelerator)
    case 'watts-per-tflops': return accelerator.formFactor === 'cpu' ? [] : ['*', coreOf(accelerator)]
    case 'power-exponent': return accelerator.formFactor === 'cpu' ? [] : ['*']
    case 'compute': return ['*', sort, width, `${width} ${vendorScope(accelerator.vendor)}`, `${width} ${coreOf(accelerator)}`]
    case 'family': return accelerator.formFactor === 'cpu' ? [model.family] : [model.family, `${model.family} ${widthOf(precision)}`]
    case 'network': return [model.id]
    case 'matching-seconds': return model.task === 'detection' ? ['*', program.name] : []
    case 'traffic': return ['*', sort, model.family]
    case 'fusion': return program.style === 'eager' ? [] : ['*', program.style, `${program.style} ${program.name}`]
    case 'reordering': return channelsFirst ? ['*'] : []
    case 'backward': case 'backward-traffic': return training ? ['*', sort] : []
    case 'kernel-seconds': return ['*', program.style, `${program.style} ${program.name}`]
    case 'program': return program.name === PLAIN.name ? [] : [program.name, `${program.name} ${sort}`, `${program.name} ${width}`]
    case 'link': return training ? ['*'] : []
    case 'straggling': return training ? ['*', sort, ...(program.name === PLAIN.name ? [] : [`${program.name} ${sort}`])] : []
    default: return quantity satisfies never
  }
}

export function networkFactors({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, setting: FactorSetting): NetworkFactors {
  return {...fittedValues(calibration, NETWORKS, NETWORK_QUANTITIES, '*', quantity => scopesOf(quantity, setting).toReversed()), streamShare: streamShare(setting.accelerator)}
}

/** Figures that are as uncertain as each other: one accelerator alone, several, or processors. */
export const spreadMetric = (parts: number, {formFactor}: Accelerator): string => (formFactor === 'cpu' ? 'throughput-on-processors' : parts > 1 ? 'throughput' : 'throughput-alone')

export interface NetworkCertainty {
  readonly distance: Distance
  readonly spread: Spread
  /** Name of the spread in the calibration. */
  readonly metric: string
  readonly basis: Confidence
}

export function networkCertainty(calibration: Calibration, kind: string, accelerator: Accelerator, model: string, parts: number): NetworkCertainty {
  const metric = spreadMetric(parts, accelerator)
  const distance = calibration.distance(kind, accelerator, model)
  return {distance, metric, spread: calibration.spread(kind, metric, distance), basis: distance === 'none' ? 'computed' : 'calibrated'}
}

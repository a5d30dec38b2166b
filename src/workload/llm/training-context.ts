import type {Hardware} from '../../performance/types.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {TrainingFactors} from './training-factors.ts'
import {isLowPrecision, sustainedFlops} from './training-factors.ts'
import type {TrainingShape} from './training-shape.ts'
import {trainingShape} from './training-shape.ts'
import type {TrainingLayout, TrainingWork} from './training.ts'
import {dataParallelGroups, linkDomain, trainedParameters, weightsPerAccelerator} from './training.ts'

/** Rates that the operators of a step run at, on one accelerator. */
export interface StepRates {
  /** FLOP/s of matmuls in the layout's precision, and of those that stay 16 bit wide (attention, output head). */
  readonly matmulFlops: number
  readonly wideFlops: number
  /** Bytes/s of work that is no matmul, of matmuls, and as printed. */
  readonly bandwidth: number
  readonly matmulBandwidth: number
  readonly nominalBandwidth: number
  readonly processors: number
}

/** How often a micro-batch goes through each sort of work. */
export interface StepPasses {
  /** Forward passes, recomputation and frozen references included. */
  readonly forward: number
  /** Passes of the matmuls of layers, and which of them recompute. */
  readonly linear: number
  readonly recomputedLinear: number
  /** Forward passes of attention, backward counted as `ATTENTION_BACKWARD` of them, and which of them recompute. */
  readonly attention: number
  readonly recomputedAttention: number
  readonly elementwise: number
  readonly head: number
}

/** What every part of a step is computed from, worked out once per step. */
export interface StepContext {
  readonly work: TrainingWork
  readonly hardware: Hardware
  readonly layout: TrainingLayout
  readonly factors: TrainingFactors
  readonly shape: TrainingShape
  readonly rates: StepRates
  readonly passes: StepPasses
  /** Tokens of a micro-batch on one accelerator. */
  readonly tokens: number
  /** Layers of the fullest pipeline stage, and how many of them are mixtures. */
  readonly layers: number
  readonly mixtureLayers: number
  /** Stored weights of one accelerator, and over how many accelerators data parallelism spreads them. */
  readonly weights: {readonly dense: number; readonly routed: number}
  readonly groups: {readonly dense: number; readonly routed: number}
  /** Share of the weights that get gradients. */
  readonly trainedShare: number
  /** Accelerators that links of a node's kind join. */
  readonly domain: number
}

/** Weights read by matmuls come in whole lines at close to the nominal rate: an assumption, what STREAM-like kernels reach. */
const MATMUL_BANDWIDTH_SHARE = 0.85
/** Backward attention recomputes the scores: five matmuls against two (Dao et al. 2022). */
const ATTENTION_BACKWARD = 2.5

/** `undefined` = the hardware has no such precision. */
export function stepContext(work: TrainingWork, hardware: Hardware, layout: TrainingLayout, factors: TrainingFactors): StepContext | undefined {
  const rates = ratesOf(hardware, layout.precision, factors)
  if (rates === undefined) return undefined
  const shape = trainingShape(work.model)
  const layers = Math.ceil(work.model.layers / layout.pp)
  return {
    work, hardware, layout, factors, shape, rates,
    passes: passesOf(work, layout),
    tokens: (layout.microBatch * work.sequenceLength) / layout.cp,
    layers,
    mixtureLayers: shape.experts === 0 ? 0 : (shape.mixtureLayers / work.model.layers) * layers,
    weights: weightsPerAccelerator(shape, layout),
    groups: dataParallelGroups(layout),
    trainedShare: work.trains === 'all' ? 1 : trainedParameters(work) / work.model.parameters,
    domain: linkDomain(hardware),
  }
}

function ratesOf({accelerator}: Hardware, precision: string, factors: TrainingFactors): StepRates | undefined {
  const low = isLowPrecision(precision)
  const sustained = sustainedFlops(accelerator, precision)
  const peak = peakFlops(accelerator, precision)
  if (sustained === undefined || peak === undefined) return undefined
  const wide = low ? (peakFlops(accelerator, 'bf16') === undefined ? 'fp16' : 'bf16') : precision
  const wideSustained = sustainedFlops(accelerator, wide) ?? sustained
  const widePeak = peakFlops(accelerator, wide) ?? peak
  const wideFlops = Math.min(widePeak, wideSustained * factors.compute * factors.software)
  const nominalBandwidth = accelerator.memoryBandwidthBytesPerSecond
  return {
    matmulFlops: low ? Math.min(peak, Math.max(wideFlops, sustained * factors.compute * factors.software * factors.lowPrecisionCompute)) : wideFlops,
    wideFlops,
    bandwidth: Math.min(nominalBandwidth, nominalBandwidth * factors.memoryBandwidth),
    matmulBandwidth: nominalBandwidth * MATMUL_BANDWIDTH_SHARE,
    nominalBandwidth,
    processors: accelerator.multiprocessors ?? 0,
  }
}

function passesOf(work: TrainingWork, {checkpointing, runtime}: TrainingLayout): StepPasses {
  const recomputedAttention = checkpointing === 'full' ? 1 : 0
  // Selective recomputation does all elementwise work again, no attention, and every second matmul (torchtitan's per-operator policy) or none (Megatron's by module).
  const recomputedLinear = checkpointing === 'full' ? 1 : checkpointing === 'selective' && !/^(?:megatron|nemo)$/.test(runtime) ? 0.5 : 0
  const forward = 1 + recomputedAttention + work.extraForwardPasses
  const backward = work.trains === 'all' ? 2 : 1
  return {
    forward,
    linear: 1 + recomputedLinear + work.extraForwardPasses + backward,
    recomputedLinear,
    attention: forward + ATTENTION_BACKWARD,
    recomputedAttention,
    elementwise: forward + 2 + (checkpointing === 'selective' ? 1 : 0),
    head: 1 + work.extraForwardPasses + (work.trainsEmbeddings ? 2 : backward),
  }
}

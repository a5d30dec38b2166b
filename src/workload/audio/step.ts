import type {Accelerator, AudioModel} from '../../catalog/schema.ts'
import {peakFlops} from '../../performance/peak.ts'
import {sustainedFlops} from '../../performance/sustained.ts'
import type {AudioFactors} from './factors.ts'
import {windowWork} from './work.ts'

/** Windows that go through a model together on one accelerator. */
export interface AudioRun {
  readonly windows: number
  /** Of audio in a window. */
  readonly seconds: number
  /** Steps of the decoder for a window. */
  readonly steps: number
  /** Rows of a step for a window: beams, or passes with and without guidance. */
  readonly rows: number
  /** As weights are stored. */
  readonly precision: string
  /** Attention of the encoder in one kernel, its scores never in memory (Dao et al. 2022). */
  readonly flash: boolean
}

/** Where the time of one batch of windows goes. */
export interface AudioTime {
  readonly seconds: number
  readonly encoderSeconds: number
  /** Of all steps: the accelerator's, and what waiting for the host's launches adds. */
  readonly decoderSeconds: number
  readonly launchSeconds: number
  readonly hostSeconds: number
  readonly encoderFlops: number
  readonly decoderFlops: number
  readonly decoderBytes: number
}

/** Sharpness of the corner between an accelerator's work and the host's launches, which run beside it: the p-norm of both. Chosen with sight of the measurements. */
const CORNER = 4
const corner = (a: number, b: number): number => (a ** CORNER + b ** CORNER) ** (1 / CORNER)
/** Scores are kept in 32 bits. */
const SCORE_BYTES = 4

/** Eight bits store weights; the arithmetic is that of 16 bits where the hardware is faster at it (on some cards it is there for compatibility), and 32 on processors. */
export function arithmetic({formFactor, peakFlops: peaks}: Accelerator, precision: string): string {
  if (formFactor === 'cpu') return 'fp32'
  if (precision === 'fp32') return peaks.tf32 === undefined ? 'fp32' : 'tf32'
  const narrow = precision === 'bf16' && peaks.bf16 !== undefined ? 'bf16' : peaks.fp16 !== undefined ? 'fp16' : peaks.bf16 === undefined ? 'fp32' : 'bf16'
  return (peaks.fp32 ?? 0) > (peaks[narrow] ?? 0) ? 'fp32' : narrow
}
/** Bytes of a weight; of whisper.cpp's formats by their blocks of 32 with a scale each (ggml's block layouts). */
const WEIGHT_BYTES: Readonly<Record<string, number>> = {'fp32': 4, 'int8': 1, 'fp8': 1, 'q8_0': 34 / 32, 'q5_0': 22 / 32, 'q5_1': 24 / 32}
export const weightBytes = (precision: string): number => WEIGHT_BYTES[precision] ?? 2
/** Keys, values and what lies between layers stay at 16 bits where weights are stored in fewer. */
export const valueBytes = (precision: string): number => Math.max(2, weightBytes(precision))

/** Steps of the decoder for so many seconds. A transducer that says how far to jump takes a step for each token as well (Xu et al. 2023). */
export const stepsOf = (model: AudioModel, seconds: number, tokensPerSecond: number): number => (model.decoder === 'none' ? 0 : seconds * (model.stepsPerSecond ?? tokensPerSecond))

/**
 * Hosts are of their accelerators' time, and launch kernels the faster the newer they are: single threads gained about 12 % a year from 2017 to 2025. An assumption; that launches
 * set the pace of small models is what the measurements say.
 */
const GAIN_PER_YEAR = 1.12
const REFERENCE_YEAR = 2021
const hostSlowness = ({releaseYear = REFERENCE_YEAR}: Accelerator): number => GAIN_PER_YEAR ** (REFERENCE_YEAR - releaseYear)

/** Rows and columns of the result that one multiprocessor works on at a time. */
const TILE = 128

/**
 * Share of the multiprocessors that have a tile to work on, weighted by FLOP: small models leave most of a large accelerator idle. Products end in rounds of
 * tiles, the last of which is seldom full (wave quantization, as NVIDIA's guide to matrix multiplication describes it). 1 where the count is not known.
 */
function filledShare({encoderHidden: hidden, encoderIntermediate: intermediate}: AudioModel, {multiprocessors}: Accelerator, positions: number): number {
  if (multiprocessors === undefined || positions === 0) return 1
  const roundsFor = (columns: number): number => {
    const tiles = Math.ceil(positions / TILE) * Math.ceil(columns / TILE)
    return (Math.ceil(tiles / multiprocessors) * multiprocessors) / tiles
  }
  // Four products end in hidden values and so does the second of the feed-forward part; its first ends in the intermediate ones.
  const narrow = 4 * hidden ** 2 + hidden * intermediate
  const wide = hidden * intermediate
  return (narrow + wide) / (narrow * roundsFor(hidden) + wide * roundsFor(intermediate))
}

/**
 * A batch of windows: features are made on the host, the encoder sees all windows at once, the decoder goes step by step. A step reads its weights once,
 * and the keys and values of each window (those of the encoder once for all beams where attention is one kernel); it is launched by the host, which the accelerator waits for where
 * its own part is shorter. `undefined` = the hardware has no such arithmetic.
 */
export function audioTime(model: AudioModel, accelerator: Accelerator, {windows, seconds, steps, rows, precision, flash}: AudioRun, factors: AudioFactors): AudioTime | undefined {
  const format = arithmetic(accelerator, precision)
  const [rate, peak] = [sustainedFlops(accelerator, format), peakFlops(accelerator, format)]
  if (rate === undefined || peak === undefined) return undefined
  const work = windowWork(model, seconds)
  const matmulRate = Math.min(peak, rate * factors.matmul * factors.speed)
  const streamed = accelerator.memoryBandwidthBytesPerSecond * Math.min(1, factors.streamShare * factors.speed)
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond * Math.min(1, factors.streamShare * factors.stream * factors.speed)
  const encoderFlops = windows * (work.encoderFlops + work.crossFlops)
  const filled = filledShare(model, accelerator, windows * work.positions)
  const launchSeconds = factors['layer-seconds'] * hostSlowness(accelerator)
  const scoreBytes = flash ? 0 : windows * work.scores * SCORE_BYTES * factors['score-passes']
  const encoderBytes = scoreBytes + windows * work.positions * model.encoderLayers * model.encoderHidden * factors['layer-values'] * valueBytes(precision)
  const encoderSeconds = corner(encoderFlops / (matmulRate * filled) + encoderBytes / streamed, model.encoderLayers * launchSeconds)
  const stepFlops = windows * rows * work.stepFlops
  // Half of the steps' own keys and values lie there on average.
  const stepBytes = work.stepParameters * weightBytes(precision) + windows * (work.crossValues + (rows * work.selfValuesPerStep * steps) / 2) * valueBytes(precision)
  const stepSeconds = steps === 0 ? 0 : Math.max(stepFlops / matmulRate, stepBytes / bandwidth) * (1 + (rows - 1) * factors['row-share'])
  const launched = steps === 0 ? 0 : corner(stepSeconds, Math.max(1, model.decoderLayers) * launchSeconds)
  const hostSeconds = windows * factors['window-seconds']
  return {
    seconds: encoderSeconds + steps * launched + hostSeconds,
    encoderSeconds, decoderSeconds: steps * stepSeconds, launchSeconds: steps * (launched - stepSeconds), hostSeconds,
    encoderFlops, decoderFlops: steps * stepFlops, decoderBytes: steps * stepBytes,
  }
}

/** Seconds of one window that nothing beats: every operation at the printed peak, or the weights of each step read once for all windows there are. */
export function audioLowerBoundSeconds(model: AudioModel, accelerator: Accelerator, {seconds, steps, rows, precision}: Omit<AudioRun, 'windows' | 'flash'>): number {
  const work = windowWork(model, seconds)
  const peak = peakFlops(accelerator, arithmetic(accelerator, precision)) ?? Number.POSITIVE_INFINITY
  return Math.max((work.encoderFlops + work.crossFlops + steps * rows * work.stepFlops) / peak, (steps * work.crossValues * valueBytes(precision)) / accelerator.memoryBandwidthBytesPerSecond)
}

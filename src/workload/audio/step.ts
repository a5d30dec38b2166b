import type {Accelerator, AudioModel} from '../../catalog/schema.ts'
import {peakFlops} from '../../performance/peak.ts'
import {sustainedFlops} from '../../performance/sustained.ts'
import type {AudioFactors} from './factors.ts'
import {longestShare} from './programs.ts'
import {kernelsOf, windowWork} from './work.ts'

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
  /** A window takes the place of one that has ended; else all go on until the longest text has. */
  readonly inFlight: boolean
  /** Attention of the encoder reaches over the whole window, however long. */
  readonly attendsAll?: boolean
  /** Times are decoded, too: tokens go through rules for them. */
  readonly times: boolean
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

/** Sharpness of the corner between an accelerator's work and the launches of an interpreter, which run beside it: the p-norm of both. Chosen with sight of the measurements. */
const CORNER = 4
const corner = (a: number, b: number): number => (a ** CORNER + b ** CORNER) ** (1 / CORNER)
/** Scores are kept in 32 bits. */
const SCORE_BYTES = 4

/** 32 bits are that (PyTorch leaves TF32 out of products unless told to). Eight bits store weights; the arithmetic is that of 16 bits where the hardware is faster at it (on some cards it is there for compatibility), and 32 on processors. */
export function arithmetic({formFactor, peakFlops: peaks}: Accelerator, precision: string): string {
  if (formFactor === 'cpu' || precision === 'fp32') return 'fp32'
  const narrow = precision === 'bf16' && peaks.bf16 !== undefined ? 'bf16' : peaks.fp16 !== undefined ? 'fp16' : peaks.bf16 === undefined ? 'fp32' : 'bf16'
  return (peaks.fp32 ?? 0) > (peaks[narrow] ?? 0) ? 'fp32' : narrow
}
/**
 * What products of a format gain from sums of its own width. GeForce cards have twice the printed 16-bit rate where sums are of 16 bits as well (NVIDIA's whitepaper on Ada: 330 and 165 TFLOP/s of an
 * RTX 4090); that their 8-bit rate is four times the printed one, and not twice, tells them.
 */
function gainOfNarrowSums({peakFlops: peaks}: Accelerator, format: string): number {
  const peak = format === 'fp16' ? peaks.fp16 : undefined
  return peak !== undefined && (peaks.int8 ?? 0) > 3 * peak ? 2 : 1
}

/** Bytes of a weight; of whisper.cpp's formats by their blocks of 32 or 256 with their scales (ggml's block layouts). */
const WEIGHT_BYTES: Readonly<Record<string, number>> = {'fp32': 4, 'int8': 1, 'int8_float16': 1, 'fp8': 1, 'q8_0': 34 / 32, 'q6_k': 210 / 256, 'q5_0': 22 / 32, 'q5_1': 24 / 32, 'q5_k_m': 176 / 256, 'q4_0': 18 / 32, 'q4_1': 20 / 32, 'q4_k': 144 / 256, 'q4_k_m': 144 / 256}
export const weightBytes = (precision: string): number => WEIGHT_BYTES[precision] ?? 2
/** Keys, values and what lies between layers stay at 16 bits where weights are stored in fewer. */
export const valueBytes = (precision: string): number => Math.max(2, weightBytes(precision))

/** Tokens of Whisper's vocabulary in a second of read English (LibriSpeech: words a second × tokens a word). */
const TOKENS_PER_SECOND = 3.6
const LARGE_VOCABULARY = 50_000
/** Smaller vocabularies cut words into more pieces: some 1.4 times as many with 1,024. An assumption. */
const MORE_PIECES = 0.1

/** Tokens of a model's own vocabulary in a second of speech. */
export const tokensPerSecond = ({vocab}: AudioModel): number => TOKENS_PER_SECOND * (1 + MORE_PIECES * Math.max(0, Math.log(LARGE_VOCABULARY / vocab)))

/** Tokens of two times for each sentence of 5 s, where windows are decoded with them. An assumption. */
export const TIMES_PER_SECOND = 0.4

/** A transducer that says how far to jump takes 2.82 times fewer steps than one that looks at each frame, and again for each token (Xu et al. 2023). */
const JUMP = 2.82

/** Steps of the decoder for so many seconds with so many tokens in each. */
export function stepsOf({decoder, encoderFramesPerSecond = 0, stepsPerSecond}: AudioModel, seconds: number, tokens: number): number {
  switch (decoder) {
    case 'none': return 0
    case 'transducer': return (seconds * (encoderFramesPerSecond + tokens)) / JUMP
    case 'autoregressive': return seconds * (stepsPerSecond ?? tokens)
  }
}

/**
 * Hosts are of their accelerators' time, and launch kernels the faster the newer they are: single threads gained about 5 % a year. Processors of desktops run a thread at 5
 * to 6 GHz, those of servers, often shared, at 2.5 to 3.5. Both are assumptions; that launches set the pace of small models is what the measurements say.
 */
const GAIN_PER_YEAR = 1.05
const DESKTOP_GAIN = 2
const REFERENCE_YEAR = 2021
const hostSlowness = ({releaseYear = REFERENCE_YEAR, displayOutput}: Accelerator): number => GAIN_PER_YEAR ** (REFERENCE_YEAR - releaseYear) / (displayOutput ? DESKTOP_GAIN : 1)

/** Values between the products of a block ÷ those of a transformer's: a conformer has two feed-forward parts and a convolution with norms, gates and activations of its own (86 and 35, counted in fused code). */
const BLOCK_VALUES = {none: 0, transformer: 1, conformer: 2.5} as const

/** What a few threads of a host read of small weights that stay in its caches for the most part. An assumption. */
const HOST_BYTES_PER_SECOND = 1e11
const HOST_WEIGHT_BYTES = 4

/** Of sound that `window-seconds` are of. */
const FEATURE_SECONDS = 30

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

/** Seconds of work and of kernels, which come one after the other; where an interpreter launches them, not before it has. */
const withLaunches = (workSeconds: number, kernelSeconds: number, slowness: number): number => (slowness === 1 ? workSeconds + kernelSeconds : corner(workSeconds, kernelSeconds * slowness))

/** Seconds of one step of the decoder for all rows of all windows: its work, and the same with kernels and host. Where the rate is not known a few rows do too few FLOP a byte to be held up by it. */
export function stepSeconds(model: AudioModel, accelerator: Accelerator, {windows, seconds, steps, rows, precision, flash, times}: AudioRun, factors: AudioFactors, matmulRate = Number.POSITIVE_INFINITY): {readonly work: number; readonly whole: number; readonly bytes: number; readonly flops: number} {
  const work = windowWork(model, seconds)
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond * Math.min(1, factors.streamShare * factors.stream * factors.speed)
  const flops = windows * rows * work.stepFlops
  // Half of the steps' own keys and values lie there on average.
  const bytes = work.stepParameters * weightBytes(precision) + windows * (work.crossValues + (rows * work.selfValuesPerStep * steps) / 2) * valueBytes(precision)
  const more = factors.beamsApart ? rows : 1 + (rows - 1) * factors['row-share']
  const slowness = hostSlowness(accelerator)
  if (factors.transducerOnHost && model.decoder === 'transducer') {
    const own = (rows * work.stepParameters * HOST_WEIGHT_BYTES * slowness) / HOST_BYTES_PER_SECOND
    // Threads wait for each other after each operation, about as long as a kernel takes.
    return {work: 0, whole: own + (kernelsOf(model, flash).step * factors['kernel-seconds'] + factors['step-seconds']) * slowness, bytes: 0, flops: 0}
  }
  // A transducer's steps are recorded once and replayed, or run in compiled code, whatever made the encoder.
  const launchSlowness = model.decoder === 'transducer' ? 1 : factors.launchSlowness
  const own = Math.max(flops / matmulRate, bytes / bandwidth) * more
  return {work: own, whole: withLaunches(own, kernelsOf(model, flash).step * factors['kernel-seconds'] * slowness * more, launchSlowness) + (model.decoder === 'transducer' ? 0 : (factors['step-seconds'] + (times ? windows * rows * factors.rowSeconds : 0)) * slowness), bytes, flops}
}

/**
 * A batch of windows: features are made, the encoder sees all windows at once, the decoder goes step by step. A step reads its weights once,
 * and the keys and values of each window (those of the encoder once for all beams where attention is one kernel). `undefined` = the hardware has no such arithmetic.
 */
export function audioTime(model: AudioModel, accelerator: Accelerator, run: AudioRun, factors: AudioFactors): AudioTime | undefined {
  const {windows, seconds, precision, flash, attendsAll} = run
  const format = arithmetic(accelerator, precision)
  const [rate, peak] = [sustainedFlops(accelerator, format), peakFlops(accelerator, format)]
  if (rate === undefined || peak === undefined) return undefined
  const work = windowWork(model, seconds, attendsAll)
  const gain = factors.narrowSums ? gainOfNarrowSums(accelerator, format) : 1
  const matmulRate = gain * Math.min(peak, rate * factors.matmul * factors.speed)
  const streamed = accelerator.memoryBandwidthBytesPerSecond * Math.min(1, factors.streamShare * factors.speed)
  const encoderFlops = windows * (work.encoderFlops + work.crossFlops)
  const filled = filledShare(model, accelerator, windows * work.positions)
  const scoreBytes = flash ? 0 : windows * work.scores * SCORE_BYTES * factors['score-passes']
  const encoderBytes = scoreBytes + windows * work.positions * model.encoderLayers * model.encoderHidden * factors['layer-values'] * BLOCK_VALUES[model.encoder] * valueBytes(precision)
  const kernelSeconds = kernelsOf(model, flash).encoder * factors['kernel-seconds'] * hostSlowness(accelerator)
  const encoderSeconds = withLaunches(encoderFlops / (matmulRate * filled) + encoderBytes / streamed, kernelSeconds, factors.launchSlowness)
  const steps = run.steps * (run.inFlight ? 1 : longestShare(windows))
  const step = stepSeconds(model, accelerator, run, factors, matmulRate)
  const hostSeconds = windows * (factors.recordingSeconds + (seconds / FEATURE_SECONDS) * factors['window-seconds']) * hostSlowness(accelerator)
  return {
    seconds: encoderSeconds + steps * step.whole + hostSeconds,
    encoderSeconds, decoderSeconds: steps * step.work, launchSeconds: steps * (step.whole - step.work), hostSeconds,
    encoderFlops, decoderFlops: steps * step.flops, decoderBytes: steps * step.bytes,
  }
}

/** Seconds of one window that nothing beats: every operation at the printed peak, or the weights of each step read once for all windows there are. */
export function audioLowerBoundSeconds(model: AudioModel, accelerator: Accelerator, {seconds, steps, rows, precision}: Pick<AudioRun, 'seconds' | 'steps' | 'rows' | 'precision'>): number {
  const work = windowWork(model, seconds)
  const format = arithmetic(accelerator, precision)
  const peak = (peakFlops(accelerator, format) ?? Number.POSITIVE_INFINITY) * gainOfNarrowSums(accelerator, format)
  return Math.max((work.encoderFlops + work.crossFlops + steps * rows * work.stepFlops) / peak, (steps * work.crossValues * valueBytes(precision)) / accelerator.memoryBandwidthBytesPerSecond)
}

import type {Accelerator, MediaModel} from '../../catalog/schema.ts'
import {allGatherSeconds, allToAllSeconds} from '../../performance/collectives.ts'
import {peakFlops} from '../../performance/peak.ts'
import {sustainedFlops} from '../../performance/sustained.ts'
import type {Hardware} from '../../performance/types.ts'
import type {MediaFactors} from './factors.ts'
import {decodeFlops, filledHeads, passCost, textFlops, type MediaShape} from './work.ts'

/** How a program calls its kernels: one by one, or as a compiler fused and recorded them. */
export type Style = 'eager' | 'fused'

/** Attention kernels: those that frameworks bring, or ones that were written for the architecture. */
export type AttentionKernels = 'stock' | 'native'

/** How one group of accelerators makes one batch. */
export interface MediaRun {
  /** Images or clips at a time. */
  readonly batch: number
  /** Accelerators that share each sequence. */
  readonly sharing: number
  /** Of these, how many share by heads (an all-to-all before and after attention: DeepSpeed-Ulysses, Jacobs et al. 2023); the rest hand keys and values around a ring (Liu et al. 2023). */
  readonly ulysses: number
  /** Weights lie in parts on the accelerators that share, and are gathered layer by layer (FSDP, Zhao et al. 2023). */
  readonly shardedWeights: boolean
  /** Guidance passes run as one batch, or one after the other. */
  readonly passesTogether: boolean
  /** Of products with weights. */
  readonly precision: string
  readonly style: Style
  readonly kernels: AttentionKernels
  /** Bytes of weights that wait in the host's memory and come over once per batch, and the rate of the slot (`undefined` = not known). */
  readonly offloadedBytes: number
  readonly slotBytesPerSecond: number | undefined
}

/** Where the time of one batch goes, on each of the accelerators that share it. */
export interface MediaTime {
  readonly seconds: number
  readonly stepSeconds: number
  readonly linearSeconds: number
  readonly attentionSeconds: number
  readonly trafficSeconds: number
  /** Host time of launches that the work does not cover. */
  readonly launchSeconds: number
  readonly exchangeSeconds: number
  readonly textSeconds: number
  readonly decodeSeconds: number
  readonly offloadSeconds: number
  readonly otherSeconds: number
  /** Over the whole batch, of one accelerator. */
  readonly linearFlops: number
  readonly attentionFlops: number
  readonly trafficBytes: number
  readonly textFlops: number
  readonly decodeFlops: number
  readonly exchangedBytes: number
}

/**
 * What FlashAttention-2, which frameworks call, reaches where nothing else holds it up: 230 of 312 TFLOP/s on A100 (Dao 2023). It issues the matmuls of Ampere, which later data-centre
 * parts run more slowly than their own: on H100 it reaches 35 % of the peak (Shah et al. 2024), and data-centre Blackwell does them at Hopper's rate per multiprocessor and clock
 * (148 ÷ 132 of them, 1.06 times the clock: derived). A part whose peak is capped below that (H20) is held up by its peak alone.
 */
const AMPERE_ATTENTION = 230 / 312
const HOPPER_STOCK_RATE = 0.35 * 989.4e12
const STOCK_RATE: Readonly<Record<string, number>> = {'hopper': HOPPER_STOCK_RATE, 'blackwell-datacenter': HOPPER_STOCK_RATE * (148 / 132) * 1.06}
/** Kernels written for the architecture: 740 of 989 TFLOP/s on H100 (FlashAttention-3, Shah et al. 2024). */
const NATIVE_ATTENTION = 740 / 989

/** FLOP/s of attention before the fitted factor. `undefined` = the accelerator has no such peak. */
export function attentionRate(accelerator: Accelerator, precision: string, kernels: AttentionKernels): number | undefined {
  const peak = peakFlops(accelerator, precision)
  if (peak === undefined) return undefined
  if (kernels === 'native') return peak * NATIVE_ATTENTION
  return Math.min(peak * AMPERE_ATTENTION, STOCK_RATE[accelerator.architecture] ?? Number.POSITIVE_INFINITY)
}

/** Attention, the encoders and the decoder stay at 16 bits whatever the weights are in (32 where the hardware has no units for 16). */
export const widePrecision = ({peakFlops: peaks}: Accelerator, precision: string): string =>
  precision === 'fp32' || precision === 'tf32' ? precision : precision === 'fp16' && peaks.fp16 !== undefined ? 'fp16' : peaks.bf16 !== undefined ? 'bf16' : peaks.fp16 !== undefined ? 'fp16' : 'fp32'

/** What weights are multiplied in: those that are only stored in few bits are unpacked. */
const ACTIVE = new Set(['fp8', 'int8', 'fp32', 'tf32', 'fp16', 'bf16'])
export const productPrecision = (accelerator: Accelerator, precision: string): string =>
  ACTIVE.has(precision) && peakFlops(accelerator, precision) !== undefined ? precision : widePrecision(accelerator, precision)

const valueBytes = (precision: string): number => (precision === 'fp32' || precision === 'tf32' ? 4 : 2)

/** Sharpness of the corner between the accelerator's work and the host's launches, which run beside it: the p-norm of both. */
const CORNER = 4
const corner = (a: number, b: number): number => (a ** CORNER + b ** CORNER) ** (1 / CORNER)

/** Text tokens are cut among those that share a sequence only where they divide evenly; else each has all of them (xDiT: `split_text_embed_in_sp`). */
const sharedTokens = (imageTokens: number, textTokens: number, sharing: number): number => imageTokens / sharing + (textTokens % sharing === 0 ? textTokens / sharing : textTokens)

/** `undefined` = a rate or a link that is needed is not known. */
export function mediaTime(model: MediaModel, shape: MediaShape, hardware: Hardware, run: MediaRun, factors: MediaFactors): MediaTime | undefined {
  const {accelerator} = hardware
  const {batch, sharing} = run
  const products = productPrecision(accelerator, run.precision)
  const wide = widePrecision(accelerator, run.precision)
  const [productRate, wideRate] = [sustainedFlops(accelerator, products), sustainedFlops(accelerator, wide)]
  if (productRate === undefined || wideRate === undefined) return undefined
  const [stockRate, attentionPeak] = [attentionRate(accelerator, wide, run.kernels), peakFlops(accelerator, wide)]
  if (stockRate === undefined || attentionPeak === undefined) return undefined
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond * Math.min(1, factors.streamShare * factors.speed)
  const cost = passCost(model, shape)
  const sequences = batch * shape.guidancePasses
  const own = sharedTokens(cost.imageTokens, cost.textTokens, sharing) / (cost.imageTokens + cost.textTokens)
  const fused = run.style === 'fused' ? factors.fusion : 1
  const narrow = products === 'fp8' || products === 'int8'
  const rateOf = (rate: number, share: number): number => rate * Math.min(1, share * factors.speed)

  // One step, all passes of it.
  const linear = (sequences * (cost.linearFlops * own + cost.ofTextFlops)) / rateOf(productRate, factors[run.style === 'fused' ? 'tuned-matmul' : 'matmul'] * (narrow ? factors['eight-bit'] : 1))
  const attention = (sequences * cost.attentionFlops * own * filledHeads(model)) / Math.min(attentionPeak, stockRate * factors.attention * factors.speed)
  const width = valueBytes(wide)
  const rounds = run.passesTogether ? 1 : shape.guidancePasses
  const weightBytes = (model.coreParameters / model.coreCopies) * (narrow ? 1 : width) * rounds
  const bytes = sequences * (cost.elements + cost.headNormRows * Math.max(model.hidden / model.heads, factors['head-norm-row'])) * own * width * factors.traffic * fused + weightBytes
  const traffic = bytes / bandwidth
  const ring = sharing / run.ulysses
  const launches = cost.kernels * rounds * fused * (factors['launch-seconds'] + (sharing > 1 ? factors['parallel-launch-seconds'] * ring : 0))
  const exchange = exchangeOf(model, hardware, run, sequences * (cost.imageTokens + cost.textTokens), width, factors)
  const gathered = run.shardedWeights && sharing > 1 ? allGatherSeconds(hardware, sharing, 1, weightBytes, factors.link) : 0
  if (exchange === undefined || gathered === undefined) return undefined
  const busy = linear + attention + traffic + exchange.seconds
  // Weights of the next layer are gathered behind the work on this one.
  const covered = corner(busy, gathered)
  const step = corner(covered, launches)

  const text = batch * textFlops(model, shape)
  const textSeconds = Math.max(text / rateOf(wideRate, factors.matmul), (model.auxiliaryParameters * 2) / bandwidth)
  const decode = batch * decodeFlops(model, shape)
  const decodeSeconds = (decode / rateOf(wideRate, model.modality === 'video' ? factors['clip-decoder'] : factors.decoder)) * fused
  const offloadSeconds = run.offloadedBytes === 0 ? 0 : run.offloadedBytes / (run.slotBytesPerSecond ?? Number.NaN)
  if (Number.isNaN(offloadSeconds)) return undefined
  const otherSeconds = factors['batch-seconds'] * fused
  const {steps} = shape
  return {
    seconds: steps * step + textSeconds + decodeSeconds + offloadSeconds + otherSeconds,
    stepSeconds: step,
    linearSeconds: steps * linear, attentionSeconds: steps * attention, trafficSeconds: steps * traffic, launchSeconds: steps * (step - covered), exchangeSeconds: steps * (exchange.seconds + covered - busy),
    textSeconds, decodeSeconds, offloadSeconds, otherSeconds,
    linearFlops: steps * sequences * (cost.linearFlops * own + cost.ofTextFlops), attentionFlops: steps * sequences * cost.attentionFlops * own, trafficBytes: steps * bytes,
    textFlops: text, decodeFlops: decode, exchangedBytes: steps * exchange.bytes,
  }
}

/**
 * Each layer: queries, keys, values and the result change hands among those that share by heads (four all-to-alls of the own part of the sequence), and keys and
 * values of all others come around the ring. Linear attention hands on its states, which are small.
 */
function exchangeOf(model: MediaModel, hardware: Hardware, {sharing, ulysses}: MediaRun, tokens: number, width: number, factors: MediaFactors): {readonly seconds: number; readonly bytes: number} | undefined {
  if (sharing === 1) return {seconds: 0, bytes: 0}
  const part = (tokens / sharing) * model.hidden * width
  const heads = allToAllSeconds(hardware, ulysses, 1, part, factors.link)
  const ring = sharing / ulysses
  const around = model.attention === 'linear' ? 0 : allGatherSeconds(hardware, ring, ulysses, 2 * part * ring, factors.link)
  if (heads === undefined || around === undefined) return undefined
  const bytes = 4 * part * (1 - 1 / ulysses) + (model.attention === 'linear' ? 0 : 2 * part * (ring - 1))
  return {seconds: model.layers * (4 * heads + around), bytes: model.layers * bytes}
}

/** The largest part of those that share whose number divides the heads: sharing by heads costs least. */
export function ulyssesOf({heads}: MediaModel, sharing: number): number {
  for (let degree = sharing; degree > 1; degree--) if (sharing % degree === 0 && heads % degree === 0) return degree
  return 1
}

/** Seconds of one image or clip that nothing beats with so many accelerators: every operation of the denoiser at the printed peak. */
export function mediaLowerBoundSeconds(model: MediaModel, shape: MediaShape, accelerator: Accelerator, precision: string, accelerators: number): number {
  const cost = passCost(model, shape)
  const passes = shape.steps * shape.guidancePasses
  const products = peakFlops(accelerator, productPrecision(accelerator, precision))
  const wide = peakFlops(accelerator, widePrecision(accelerator, precision))
  if (products === undefined || wide === undefined) return Number.POSITIVE_INFINITY
  return ((passes * (cost.linearFlops + cost.ofTextFlops)) / products + (passes * cost.attentionFlops + decodeFlops(model, shape)) / wide) / accelerators
}

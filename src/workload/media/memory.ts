import type {MediaModel} from '../../catalog/schema.ts'
import type {MemoryLine, MemoryUse} from '../../performance/types.ts'
import {exactly} from '../../performance/interval.ts'
import {imageTokensOf, type MediaShape} from './work.ts'

const GIB = 2 ** 30
/** Context of the program on an accelerator: an assumption, as generic jobs have it. */
const CONTEXT_GIB = 0.7
/**
 * Values of a layer that are alive at once, each as wide as a token: input, residual, queries, keys, values, the MLP's inner values, copies in 32 bits around norms.
 * Peak memory of Wan 2.2 grows by 80 bytes per token and value of 5120 between 480p and 720p on one accelerator (Wan 2.2, efficiency table).
 */
const LIVE_VALUES = 40
/** The first level of a U-Net has a quarter of the channels of its widest, and all latents. */
const UNET_FIRST_LEVEL = 1 / 4
/** Of the decoder at full resolution: 128 channels, four tensors alive, two bytes; of clips, which are decoded a group of frames at a time, what the same table grows by per pixel. */
const DECODER_BYTES_PER_PIXEL = {image: 1024, video: 280} as const

/** How a batch lies on the accelerators that share it. */
export interface MediaLayout {
  /** Sequences that are worked on at once: batch, times the guidance passes that run together. */
  readonly sequences: number
  readonly sharing: number
  readonly shardedWeights: boolean
  /** Text encoders and waiting experts lie in the memory of the host. */
  readonly offload: boolean
  /** Text encoders not only wait there, the host's processors run them. */
  readonly encodersOnHost?: boolean
  /** Of stored weights of the denoiser. */
  readonly weightBits: number
}

/** Weights of the denoiser alone, where all else waits elsewhere: no layout needs less, over all accelerators. */
export const residentGib = (model: MediaModel, weightBits: number): number => ((model.coreParameters / model.coreCopies) * weightBits) / 8 / GIB

/** Bytes that wait in the host's memory with offloading, and come over for each batch. */
export const offloadedBytes = (model: MediaModel, weightBits: number): number => model.auxiliaryParameters * 2 + (model.coreParameters - model.coreParameters / model.coreCopies) * (weightBits / 8)

export function mediaMemory(model: MediaModel, shape: MediaShape, {sequences, sharing, shardedWeights, offload, encodersOnHost = false, weightBits}: MediaLayout, availableGib: number): MemoryUse {
  const parts = shardedWeights ? sharing : 1
  const denoiser = ((offload ? model.coreParameters / model.coreCopies : model.coreParameters) * weightBits) / 8 / parts
  const others = offload ? 0 : (model.auxiliaryParameters * 2) / parts
  const tokens = imageTokensOf(model, shape) / sharing + (model.attention === 'joint' ? model.textTokens : 0)
  const values = model.core === 'unet' ? tokens * model.hidden * UNET_FIRST_LEVEL : tokens * model.hidden
  const layer = sequences * values * LIVE_VALUES * 2
  // With offloading the denoiser has left before the decoder starts.
  const decoded = Math.max(0, shape.width * shape.height * shape.frames * DECODER_BYTES_PER_PIXEL[model.modality] - (offload ? denoiser : 0))
  // The encoders work before the denoiser comes over; what they need beyond it is a peak of its own.
  const encoding = offload && !encodersOnHost ? Math.max(0, model.auxiliaryParameters * 2 - denoiser) : 0
  const peak = Math.max(layer, decoded, encoding)
  const item = peak === layer ? 'values of one layer' : peak === decoded ? 'decoding of one image or clip' : 'text encoders, before the rest'
  const lines: MemoryLine[] = [
    {item: 'denoiser', gib: denoiser / GIB}, ...(others > 0 ? [{item: 'text encoders and decoder', gib: others / GIB}] : []), {item, gib: peak / GIB}, {item: 'context', gib: CONTEXT_GIB},
  ]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib, lines}
}

import type {MediaModel} from '../../catalog/schema.ts'

/** What one image or clip is: pixels, frames and denoising steps. */
export interface MediaShape {
  readonly width: number
  readonly height: number
  /** 1 for an image. */
  readonly frames: number
  readonly steps: number
  /** Passes of the denoiser in a step: 2 with classifier-free guidance (Ho & Salimans 2022), 1 without or where it was distilled away. */
  readonly guidancePasses: number
}

/** Attention kernels take heads of multiples of 32 values: those between are filled up (FlashAttention-2). */
export const filledHeads = ({hidden, heads, core}: Pick<MediaModel, 'hidden' | 'heads' | 'core'>): number => (core === 'unet' ? 1 : (Math.ceil(hidden / heads / HEAD_STEP) * HEAD_STEP) / (hidden / heads))
const HEAD_STEP = 32

/** FLOP (two for a multiplication with its addition) and data of one pass of the denoiser over one image or clip. */
export interface PassCost {
  /** Tokens of the image or clip; of a U-Net its latents. */
  readonly imageTokens: number
  /** Text tokens that stand in the same sequence. */
  readonly textTokens: number
  /** Products with weights. */
  readonly linearFlops: number
  /** Attention between tokens: quadratic in them, unless it is linear attention. */
  readonly attentionFlops: number
  /** Products with weights on text tokens, which accelerators that share a sequence do each for themselves. */
  readonly ofTextFlops: number
  /** Values that go through memory between the matmuls, where kernels run one by one. */
  readonly elements: number
  /** The same of norms over the heads of queries and keys, for rows of one value. */
  readonly headNormRows: number
  /** Kernels of one pass. */
  readonly kernels: number
}

/** Latents along time: the first frame stands alone, the others in groups (causal video autoencoders: Kong et al. 2024, §4.1; Wan 2025, §4.1). */
export const latentFramesOf = ({latentFrames}: Pick<MediaModel, 'latentFrames'>, frames: number): number => 1 + Math.ceil((frames - 1) / latentFrames)

/** Tokens of an image or a clip: latents ÷ patch along each edge, and along time where tokens span several. */
export function imageTokensOf(model: MediaModel, {width, height, frames}: Pick<MediaShape, 'width' | 'height' | 'frames'>): number {
  const edge = model.latentScale * model.patch
  return Math.ceil(width / edge) * Math.ceil(height / edge) * Math.ceil(latentFramesOf(model, frames) / model.framePatch)
}

export function passCost(model: MediaModel, shape: Pick<MediaShape, 'width' | 'height' | 'frames'>): PassCost {
  const imageTokens = imageTokensOf(model, shape)
  return model.core === 'unet' ? unetCost(model, shape, imageTokens) : transformerCost(model, imageTokens)
}

/**
 * Per layer and token: queries, keys, values and output are 4·h² products, the two matmuls of the MLP 2·h·f (three where it is gated), attention to text
 * 2·h² more for its queries and output, with keys and values of the text tokens beside. A layer that joins an earlier one's output projects 2·h values to h
 * (Li et al. 2024, HunyuanDiT). Attention is 4·N²·h (scores and weighted sum, 2·N²·h each); linear attention keeps an h/heads × h/heads state: 4·N·h²/heads (Xie et al. 2024).
 */
function transformerCost(model: MediaModel, imageTokens: number): PassCost {
  const {layers, hidden, intermediate = 0, gatedMlp, attention, dualAttentionLayers, skipLayers, heads, qkNorm} = model
  const joint = attention === 'joint'
  const textTokens = joint ? model.textTokens : 0
  const tokens = imageTokens + textTokens
  const perToken = (joint ? 4 : 6) * hidden ** 2 + (gatedMlp ? 3 : 2) * hidden * intermediate
  const ofText = joint ? 0 : 2 * hidden ** 2 * model.textTokens
  const linearFlops = 2 * (layers * perToken * tokens + (dualAttentionLayers * 4 + skipLayers * 2) * hidden ** 2 * imageTokens)
  const own = attention === 'linear' ? (4 * tokens * hidden ** 2) / heads : 4 * tokens ** 2 * hidden
  const toText = joint ? 0 : 4 * imageTokens * model.textTokens * hidden
  const attentionFlops = layers * (own + toText) + dualAttentionLayers * 4 * imageTokens ** 2 * hidden
  return {imageTokens, textTokens, linearFlops, ofTextFlops: 2 * layers * ofText, attentionFlops, elements: layers * hidden * tokens * valuesPerToken(model), headNormRows: qkNorm === 'head' ? (layers * tokens + dualAttentionLayers * imageTokens) * heads * NORM_VALUES : 0, kernels: kernelsOf(model)}
}

/**
 * Reads and writes of each of a token's values in one layer, counted from the layers as Diffusers writes them (`src/diffusers/models/transformers`), in values of 16 bits:
 * norm, modulation, projections, attention, gate and residual 17; the MLP 9 and 4 for each time it is wider (14 where it is gated and convolved); attention to text 11;
 * norms of queries and keys, in 32 bits, 14 each (over heads: `headNormRows`); their rotation, in 32 bits, 25 each; linear attention's copies in 32 bits 24; a joined earlier output 6.
 */
const NORM_VALUES = 28
function valuesPerToken({hidden, intermediate = 0, gatedMlp, attention, rope, qkNorm, skipLayers, layers}: MediaModel): number {
  const wider = intermediate / hidden
  return 17 + 9 + (gatedMlp ? 14 : 4) * wider + (attention === 'joint' ? 0 : 11) + (qkNorm === 'all' ? NORM_VALUES : 0) + (rope ? 50 : 0) + (attention === 'linear' ? 24 : 0) + (6 * skipLayers) / layers
}

/** Kernels that a pass launches, counted in the same place: 20 in a layer, 6 for attention to text, 14 for norms and 16 for rotation of queries and keys, 12 for a gated convolution; twice where text has a stream of its own. */
function kernelsOf({layers, attention, rope, qkNorm, gatedMlp, twoStreamLayers}: MediaModel): number {
  const perLayer = 20 + (attention === 'joint' ? 0 : 6) + (qkNorm === 'no' ? 0 : 14) + (rope ? 16 : 0) + (gatedMlp ? 12 : 0)
  return perLayer * (layers + twoStreamLayers)
}

/** Blocks of a U-Net move their values as often as those of a transformer without extras, and take as many kernels. */
const UNET_VALUES = 53
const UNET_KERNELS_PER_LAYER = 26

/** Convolutions and projections go with the pixels, attention with their square. */
function unetCost({layers, unetFlops = 0, unetAttentionFlops = 0, unetElements = 0, width, height}: MediaModel, shape: Pick<MediaShape, 'width' | 'height'>, imageTokens: number): PassCost {
  const pixels = (shape.width * shape.height) / (width * height)
  return {imageTokens, textTokens: 0, linearFlops: (unetFlops - unetAttentionFlops) * pixels, headNormRows: 0, ofTextFlops: 0, attentionFlops: unetAttentionFlops * pixels ** 2, elements: unetElements * pixels * UNET_VALUES, kernels: layers * UNET_KERNELS_PER_LAYER}
}

/** Prompts go through the encoders once for each guidance pass: an empty or a negative prompt is one, too. The decoder's parameters are few beside them. */
export const textFlops = ({auxiliaryParameters, textTokens}: MediaModel, {guidancePasses}: Pick<MediaShape, 'guidancePasses'>): number => 2 * auxiliaryParameters * textTokens * guidancePasses

/** Convolutions of the decoder, from latents to pixels. */
export const decodeFlops = ({decoderFlopsPerPixel}: MediaModel, {width, height, frames}: Pick<MediaShape, 'width' | 'height' | 'frames'>): number => decoderFlopsPerPixel * width * height * frames

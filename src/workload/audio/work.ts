import type {AudioModel} from '../../catalog/schema.ts'

/** Values of an attention head: all models of the catalog but few have so many. */
const HEAD = 64

/**
 * What a window of audio asks of a model, counted from its layers: 2 FLOP per weight and position, 4 · positions · hidden per layer and position for
 * attention (Vaswani et al. 2017; conformer blocks: Gulati et al. 2020; 3 hidden² of the convolution's two pointwise products).
 */
export interface WindowWork {
  /** Positions that the encoder puts out for a window. */
  readonly positions: number
  readonly encoderFlops: number
  /** Scores of the encoder's attention, over all layers and heads. */
  readonly scores: number
  /** Keys and values that the decoder makes of the encoder's output, once a window. */
  readonly crossFlops: number
  /** Values (not bytes) of those, read at every step of the decoder. */
  readonly crossValues: number
  /** Of one step of one sequence. */
  readonly stepFlops: number
  /** Weights that a step reads, whatever the batch. */
  readonly stepParameters: number
  /** Keys and values that a step adds. */
  readonly selfValuesPerStep: number
}

/** Conformers hear long recordings in pieces, or with attention to what is near (NeMo's local attention); so much of one at a time, unless the whole is attended to. */
const ATTENDED_SECONDS = 30

/**
 * Kernels of one layer, counted from its operations in a library that joins none but attention (ggml's graphs of Whisper): 3 of each norm, products with their
 * bias and activation, keys and values put away, sums. Attention that is not one kernel is four.
 */
const BLOCK_KERNELS = {transformer: 21, conformer: 70, none: 0} as const
const DECODER_LAYER_KERNELS = 32
const SCORE_KERNELS = 3
/** Of a layer of a transducer's recurrent network; and of the rest of a step: embedding, last norm, logits, the likeliest; of a transducer what joins it to the encoder, and what keeps the state of those that did not move. */
const RECURRENT_KERNELS = 5
const STEP_KERNELS = 6
const JOINT_KERNELS = 15

/** Kernels that the encoder takes once for all windows, and a step of the decoder once for all rows. */
export function kernelsOf({encoder, encoderLayers, decoder, decoderLayers}: AudioModel, flash: boolean): {readonly encoder: number; readonly step: number} {
  const block = BLOCK_KERNELS[encoder] + (flash || encoder !== 'transformer' ? 0 : SCORE_KERNELS)
  const layer = decoder === 'transducer' ? RECURRENT_KERNELS : DECODER_LAYER_KERNELS + (flash ? 0 : 2 * SCORE_KERNELS)
  return {encoder: encoderLayers * block, step: decoder === 'none' ? 0 : decoderLayers * layer + (decoder === 'transducer' ? JOINT_KERNELS : STEP_KERNELS)}
}

export function encoderParameters({encoder, encoderLayers, encoderHidden: hidden, encoderIntermediate: intermediate}: AudioModel): number {
  switch (encoder) {
    case 'none': return 0
    case 'transformer': return encoderLayers * (4 * hidden ** 2 + 2 * hidden * intermediate)
    case 'conformer': return encoderLayers * (7 * hidden ** 2 + 4 * hidden * intermediate)
  }
}

/** Weights that one step of the decoder multiplies with; those of the cross keys and values are another matter. */
export function decoderParameters({decoder, decoderLayers, decoderHidden: hidden, decoderIntermediate: intermediate, vocab, codebooks}: AudioModel): number {
  const layer = decoder === 'transducer' ? RECURRENT * hidden ** 2 : 6 * hidden ** 2 + 2 * hidden * intermediate
  return decoderLayers * layer + vocab * hidden * codebooks
}
/** Four gates, each of what comes in and of the state before (Hochreiter and Schmidhuber 1997). */
const RECURRENT = 8

export function windowWork(model: AudioModel, seconds: number, attendsAll = false): WindowWork {
  const {encoderLayers, encoderHidden, decoderLayers, decoderHidden: hidden} = model
  const positions = model.encoder === 'none' ? 0 : seconds * (model.encoderFramesPerSecond ?? 0)
  const crossed = model.decoder === 'autoregressive' ? positions : 0
  const stepParameters = decoderParameters(model)
  const attended = (attendsAll ? seconds : Math.min(seconds, ATTENDED_SECONDS)) * (model.encoderFramesPerSecond ?? 0)
  return {
    positions,
    encoderFlops: positions * (2 * encoderParameters(model) + 4 * encoderLayers * attended * encoderHidden),
    scores: encoderLayers * (encoderHidden / HEAD) * positions * attended,
    crossFlops: crossed * 4 * decoderLayers * hidden ** 2,
    crossValues: crossed * 2 * decoderLayers * hidden,
    stepFlops: 2 * stepParameters + 4 * decoderLayers * hidden * crossed,
    stepParameters,
    selfValuesPerStep: model.decoder === 'autoregressive' ? 2 * decoderLayers * hidden : 0,
  }
}

/** Forward FLOP of a window where all tokens of the text are known beforehand, as in training. */
export function taughtFlops(model: AudioModel, seconds: number, tokens: number): number {
  const {encoderFlops, crossFlops, stepFlops} = windowWork(model, seconds)
  return encoderFlops + crossFlops + tokens * stepFlops
}

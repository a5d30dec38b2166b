import type {NetworkModel} from '../../catalog/snapshot.ts'

/** What one sample costs in one forward pass. */
export interface PassCost {
  /** 2 for a multiply-add. */
  readonly flops: number
  /** Values that layers write. `undefined` = nobody says how many. */
  readonly activations: number | undefined
  /** Kernels that wait for each other: layers, and of recurrent networks each step of a sequence. `undefined` = the layers are not known. */
  readonly kernels: number | undefined
  /** The same where a compiler joins norms, activations and residuals to the layer before, and attention to one kernel. */
  readonly joinedKernels: number | undefined
}

/** Height and width in pixels, depth before them; tokens of a text, and of the text that is written from it. */
export type SampleSize = readonly number[]

const product = (numbers: readonly number[]): number => numbers.reduce((result, number) => result * number, 1)

interface Kernels {
  readonly alone: number
  readonly joined: number
}
/** Kernels of a convolution with its norm and activation. */
const OF_CONVOLUTION: Kernels = {alone: 3, joined: 1}
/** Of a transformer's block: norms, four projections, attention in three, feed-forward in three, residuals; four products, attention and two norms are left of them. */
const OF_BLOCK: Kernels = {alone: 16, joined: 7}
/** With relative positions: two products, a shift that copies, masks and drop-outs of their own. */
const OF_RELATIVE_BLOCK: Kernels = {alone: 36, joined: 10}

const kernelsOf = (layers: number, {alone, joined}: Kernels): Pick<PassCost, 'kernels' | 'joinedKernels'> => ({kernels: layers * alone, joinedKernels: layers * joined})

/** One pass over one sample of this size. */
export function passCost(model: NetworkModel, size: SampleSize): PassCost {
  if (model.input === 'text') return textCost(model, size[0] ?? 0, size[1] ?? size[0] ?? 0)
  return model.family === 'vision-transformer' ? patchesCost(model, size) : gridCost(model, size)
}

/** Convolutions, and attention within windows of a fixed size, do as much for each pixel whatever the size. */
function gridCost({flops = Number.NaN, activations, layers, reference, family}: NetworkModel, size: SampleSize): PassCost {
  const ratio = product(size) / product(reference)
  return {
    flops: flops * ratio,
    activations: activations === undefined ? undefined : activations * ratio,
    ...(layers === undefined ? {kernels: undefined, joinedKernels: undefined} : kernelsOf(layers, family === 'windowed-transformer' ? OF_BLOCK : OF_CONVOLUTION)),
  }
}

/** Patches of an image, and one token for all of it (Dosovitskiy et al. 2021). */
export const patchTokens = (size: SampleSize, patch: number): number => product(size.map(pixels => Math.floor(pixels / patch))) + 1

/** Scores and sums of attention: 2·n²·h each, every layer. What is left of the published figure goes with the tokens. */
function patchesCost({flops = Number.NaN, activations, layers = 0, hidden = 0, heads = 0, patch = 1, reference}: NetworkModel, size: SampleSize): PassCost {
  const [tokens, before] = [patchTokens(size, patch), patchTokens(reference, patch)]
  const attention = (n: number): number => 4 * layers * hidden * n * n
  const scores = (n: number): number => layers * heads * n * n
  const grown = tokens / before
  return {
    flops: (flops - attention(before)) * grown + attention(tokens),
    activations: activations === undefined ? undefined : Math.max(0, activations - scores(before)) * grown + scores(tokens),
    ...kernelsOf(layers, OF_BLOCK),
  }
}

/** Of Transformer-XL: keys and values of as many remembered tokens as the segment has, and a third product for relative positions (Dai et al. 2019). */
const REMEMBERED = 2
const RELATIVE_PRODUCTS = 3

/**
 * Texts, from layers and widths. A block of an encoder: four projections of h·h, two of h·i, scores and sums over all tokens; a decoder's attends to the
 * source as well, and every token that it writes is compared with the whole vocabulary (Vaswani et al. 2017).
 */
function textCost({family, layers = 0, hidden: h = 0, heads = 0, intermediate: i = 0, decoderLayers = 0, vocab = 0}: NetworkModel, source: number, target: number): PassCost {
  const block = (n: number): number => 2 * n * (4 * h * h + 2 * h * i)
  const blockValues = (n: number): number => n * (6 * h + i)
  switch (family) {
    case 'decoder': {
      const context = REMEMBERED * source
      return {
        flops: layers * (block(source) + 2 * (context - source) * 2 * h * h + RELATIVE_PRODUCTS * 2 * source * context * h) + 2 * source * h * vocab,
        activations: layers * (blockValues(source) + RELATIVE_PRODUCTS * heads * source * context) + source * vocab,
        ...kernelsOf(layers, OF_RELATIVE_BLOCK),
      }
    }
    case 'encoder-decoder': {
      const cross = 2 * target * 2 * h * h + 2 * source * 2 * h * h + 4 * target * source * h
      return {
        flops: layers * (block(source) + 4 * source * source * h) + decoderLayers * (block(target) + 4 * target * target * h + cross) + 2 * target * h * vocab,
        activations: layers * (blockValues(source) + heads * source * source) + decoderLayers * (blockValues(target) + heads * target * target + 2 * target * h + 2 * source * h + heads * target * source) + target * vocab,
        ...kernelsOf(layers + 1.5 * decoderLayers, OF_BLOCK),
      }
    }
    case 'recurrent': {
      // LSTM: four gates of (input + state)·h. First layer both ways, the second reads both; every layer of the decoder reads the context as well (Wu et al. 2016).
      const gates = (inputs: number): number => 2 * 4 * h * (inputs + h)
      const encoder = 2 * gates(h) + gates(2 * h) + Math.max(0, layers - 2) * gates(h)
      const decoder = decoderLayers * gates(2 * h) + 2 * 2 * h * h
      return {
        flops: source * encoder + target * (decoder + 4 * source * h + 2 * h * vocab),
        activations: (source * (layers + 1) + target * decoderLayers) * 5 * h + target * (vocab + source),
        ...kernelsOf(source * (layers + 1) + target * decoderLayers, {alone: 1, joined: 1}),
      }
    }
    default:
      return {flops: layers * (block(source) + 4 * source * source * h), activations: layers * (blockValues(source) + heads * source * source), ...kernelsOf(layers, OF_BLOCK)}
  }
}

/** What of a network is nearest in kind: dense convolutions, or products of matrices. */
export type NetworkSort = 'convolutions' | 'matmuls'
export function sortOf({family}: NetworkModel): NetworkSort {
  return family.endsWith('convolutional') ? 'convolutions' : 'matmuls'
}

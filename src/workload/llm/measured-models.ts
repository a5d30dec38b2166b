import type {LanguageModel} from '../../catalog/schema.ts'

/**
 * Shapes of models that publications measured and that no catalog lists: benchmark families, private names, models of
 * the time. Recalled from their papers and configuration files; each reproduces its published parameter count.
 */
export interface PublishedShape {
  readonly layers: number
  readonly hidden: number
  readonly intermediate: number
  readonly heads: number
  readonly kvHeads?: number
  readonly headDim?: number
  readonly vocab: number
  readonly gated?: boolean
  readonly tied?: boolean
  readonly learned?: boolean
}

export const PUBLISHED_SHAPES: Readonly<Record<string, PublishedShape>> = {
  'qwen-1.8b': {layers: 24, hidden: 2048, intermediate: 5504, heads: 16, vocab: 151936, gated: true},
  'qwen-7b': {layers: 32, hidden: 4096, intermediate: 11008, heads: 32, vocab: 151936, gated: true},
  'qwen-14b': {layers: 40, hidden: 5120, intermediate: 13696, heads: 40, vocab: 152064, gated: true},
  'qwen-72b': {layers: 80, hidden: 8192, intermediate: 24576, heads: 64, vocab: 152064, gated: true},
  'stablelm-alpha-3b': {layers: 16, hidden: 4096, intermediate: 16384, heads: 32, vocab: 50688},
  'stablelm-alpha-7b': {layers: 16, hidden: 6144, intermediate: 24576, heads: 48, vocab: 50432},
  'pythia-1b': {layers: 16, hidden: 2048, intermediate: 8192, heads: 8, headDim: 256, vocab: 50304},
  'deepseek-coder-6.7b': {layers: 32, hidden: 4096, intermediate: 11008, heads: 32, vocab: 32256, gated: true},
  'deepseek-coder-33b': {layers: 62, hidden: 7168, intermediate: 19200, heads: 56, kvHeads: 8, vocab: 32256, gated: true},
  'mpt-125m': {layers: 12, hidden: 768, intermediate: 3072, heads: 12, vocab: 50432, tied: true},
  'mpt-350m': {layers: 24, hidden: 1024, intermediate: 4096, heads: 16, vocab: 50432, tied: true},
  'mpt-760m': {layers: 24, hidden: 1536, intermediate: 6144, heads: 12, vocab: 50432, tied: true},
  'mpt-1b': {layers: 24, hidden: 2048, intermediate: 8192, heads: 16, vocab: 50432, tied: true},
  'mpt-3b': {layers: 32, hidden: 2560, intermediate: 10240, heads: 20, vocab: 50432, tied: true},
  'mpt-7b': {layers: 32, hidden: 4096, intermediate: 16384, heads: 32, vocab: 50432, tied: true},
  'mpt-13b': {layers: 40, hidden: 5120, intermediate: 20480, heads: 40, vocab: 50432, tied: true},
  'mpt-30b': {layers: 48, hidden: 7168, intermediate: 28672, heads: 56, vocab: 50432, tied: true},
  'mpt-70b': {layers: 80, hidden: 8192, intermediate: 32768, heads: 64, vocab: 50432, tied: true},
  // AWS's own examples of training on Trainium: one width, two depths.
  'gpt3-23b': {layers: 28, hidden: 8192, intermediate: 32768, heads: 64, vocab: 50304, tied: true, learned: true},
  'gpt3-46b': {layers: 56, hidden: 8192, intermediate: 32768, heads: 64, vocab: 50304, tied: true, learned: true},
  'maxtext-dense-22b': {layers: 48, hidden: 6144, intermediate: 24576, heads: 24, headDim: 256, vocab: 32000},
  'maxtext-dense-52b': {layers: 64, hidden: 8192, intermediate: 32768, heads: 32, headDim: 256, vocab: 32000},
}

/** "MPT-1B (decoder, …)" → mpt-1b. */
export function publishedName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/\([^)]*\)/g, ' ')
    .replaceAll(/pre-?training/g, ' ')
    .trim()
    .replace(/(\d) (b|m)\b/g, '$1$2')
    .replaceAll(/[\s_]+/g, '-')
    .replace(/^stablelm-base-alpha/, 'stablelm-alpha')
    .replace(/^pythia-1\.0b$/, 'pythia-1b')
    .replace(/^llama2-/, 'llama-2-')
}

/** The shape behind a published name that the catalog does not have; `undefined` where it cannot be derived. */
export function measuredModel(name: string): LanguageModel | undefined {
  // By the whole name: what stands in its brackets is no part of the key, but may be the shape.
  const known = built.get(name)
  if (known !== undefined) return known
  const key = publishedName(name)
  const shape = PUBLISHED_SHAPES[key] ?? namedShape(name) ?? scaledShape(key)
  if (shape === undefined) return undefined
  const model = modelOf(key, shape)
  built.set(name, model)
  return model
}
const built = new Map<string, LanguageModel>()

/** "GPT-style decoder h1024 L24 heads16" says it all; the vocabulary of the family is 51,200. */
function namedShape(name: string): PublishedShape | undefined {
  const found = /\bh(?<hidden>\d+) L(?<layers>\d+) heads(?<heads>\d+)/.exec(name)?.groups
  if (found === undefined) return undefined
  const hidden = Number(found['hidden'])
  return {layers: Number(found['layers']), hidden, intermediate: 4 * hidden, heads: Number(found['heads']), vocab: 51200, tied: true, learned: true}
}

/**
 * MaxText's `global_parameter_scale`: a base of 16 layers, width 2048, 16 heads of 128, MLP 7168; doublings go in turn
 * to heads and MLP, to the width, to the layers.
 */
function scaledShape(key: string): PublishedShape | undefined {
  const scale = Number(/^maxtext-dense-(\d+)b$/.exec(key)?.[1])
  const doublings = Math.log2(scale)
  if (!Number.isInteger(doublings)) return undefined
  const rounds = Math.floor(doublings / 3)
  const rest = doublings % 3
  const wide = 2 ** (rounds + (rest > 0 ? 1 : 0))
  return {layers: 16 * 2 ** rounds, hidden: 2048 * 2 ** (rounds + (rest > 1 ? 1 : 0)), intermediate: 7168 * wide, heads: 16 * wide, headDim: 128, vocab: 32000, gated: true}
}

function modelOf(id: string, shape: PublishedShape): LanguageModel {
  const {layers, hidden, intermediate, heads, vocab} = shape
  const kvHeads = shape.kvHeads ?? heads
  const headDim = shape.headDim ?? hidden / heads
  const attention = 2 * hidden * heads * headDim + 2 * hidden * kvHeads * headDim
  const parameters = layers * (attention + (shape.gated === true ? 3 : 2) * hidden * intermediate) + vocab * hidden * (shape.tied === true ? 1 : 2)
  return {
    id, aliases: [], family: 'published', parameters, activeParameters: parameters, layers, hidden, intermediate, heads, kvHeads, headDim, vocab,
    attention: kvHeads === heads ? 'mha' : 'gqa', nativeDtype: 'bf16', tiedEmbeddings: shape.tied === true, gatedMlp: shape.gated === true,
    learnedPositions: shape.learned === true, sourceId: 'published-shape', asOf: '2026-11-20', standing: 'recalled',
  }
}

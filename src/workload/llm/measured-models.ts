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

/** The shape behind a published name that the catalog does not have; `undefined` where the name does not say it. */
export function publishedModel(name: string): LanguageModel | undefined {
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
  const found = /\bh(?<hidden>\d+)[ -]L(?<layers>\d+)[ -](?:heads|a)(?<heads>\d+)/i.exec(name)?.groups
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

/** Words behind a name that say nothing about the shape; the catalog's own resolver knows those of the hubs. */
const REMARKS = /-(?:moe|w\/o-mtp|pre-?train(?:ing|ed)?|fine-?tun(?:e|ing|ed)|train(?:ing)?|model|hf|base|decoder|dense|\+)$/
/** Spellings that lead to a catalog name once tried; each is tried on its own, the size decides whether it is the model. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^deepseekv(\d)/, 'deepseek-v$1'],
  [/^nemotron-3-nano.*/, 'nvidia-nemotron-3-nano-30b-a3b'],
  [/^nemotron-3-super.*/, 'nvidia-nemotron-3-super-120b-a12b'],
  [/^tiny-?llama.*/, 'tinyllama-1.1b-chat-v1.0'],
  [/^llama-(\d+)b$/, 'llama-1-$1b'],
  [/^mistral-7b.*/, 'mistral-7b-v0.1'],
  [/^gpt-?2-\d+m$/, 'gpt2'],
  [/^bloom-17\db$/, 'bloom'],
  [/^gpt-?3-(\d+)b.*/, 'gpt-3-$1b'],
  [/^phi-1\.5.*/, 'phi-1_5'],
  [/-\d+(?:\.\d+)?[bt]-a\d+(?:\.\d+)?b$/, ''],
  [/-\d+(?:\.\d+)?[bt]$/, ''],
  [/^(llama-4-maverick).*/, '$1'],
  [/^(llama-4-scout).*/, '$1'],
  [/^(kimi-k2).*/, '$1'],
]
/** A model is another one where the sizes differ by more. */
const SIZE_TOLERANCE = 0.12

/** Billions of parameters that a name says: "GPT-3 6.7B", "Qwen3-30B-A3B", "Kimi K2 1.04T". `undefined` = it does not. */
export function sizeInName(name: string): {readonly total: number | undefined; readonly active: number | undefined} {
  const billions = (found: RegExpExecArray | null): number | undefined => (found === null ? undefined : Number(found[1]) * ({m: 1e-3, b: 1, t: 1e3}[(found[2] ?? 'b').toLowerCase()] ?? 1))
  // "E4B" has four billion effective ones.
  const total = /(?<![\w.]|\bE)E?(\d+(?:\.\d+)?) ?([MBT])\b/i.exec(name.replaceAll(/\bA\d+(?:\.\d+)?B\b/gi, ' '))
  const active = /\bA(\d+(?:\.\d+)?)(B)\b/i.exec(name) ?? /(\d+(?:\.\d+)?) ?(B) active/i.exec(name)
  return {total: billions(total), active: billions(active)}
}

/**
 * The model behind a published name: a shape that the name says or a paper gives, else the catalog's, else one that the rules of its family
 * make of its size. A name of the catalog whose size differs from the stated one is another model.
 */
export function measuredModel(name: string, parametersBillion: number | undefined, languageModel: (name: string) => LanguageModel): LanguageModel | undefined {
  const named = sizeInName(name)
  const size = parametersBillion ?? named.total
  const published = publishedModel(name)
  if (published !== undefined) return published
  const tried = new Set<string>()
  const spelled = publishedName(name).replace(REMARKS, '').replace(REMARKS, '').replace(/\+$/, '')
  for (const candidate of [name, spelled, ...SPELLINGS.map(([pattern, replacement]) => spelled.replace(pattern, replacement))]) {
    if (candidate === '' || tried.has(candidate)) continue
    tried.add(candidate)
    const model = orUndefined(() => languageModel(candidate))
    // Names round, embeddings count or do not: the smaller a model, the more of it they are.
    if (model !== undefined && (size === undefined || Math.abs(Math.log(model.parameters / (size * 1e9))) < SIZE_TOLERANCE + (size < 3 ? 0.1 : 0))) return model
  }
  return size === undefined ? undefined : modelOfSize(spelled, size * 1e9, named.active === undefined ? undefined : named.active * 1e9)
}

function orUndefined<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined // The next spelling; a name that none resolves is derived from its size.
  }
}

/** Layers by parameters, as Brown et al. 2020 (to 175B) and Narayanan et al. 2021 (to 1T) have them; between them the logarithms are interpolated. */
const DEPTHS: readonly (readonly [parameters: number, layers: number])[] = [
  [125e6, 12], [350e6, 24], [1.3e9, 24], [2.7e9, 32], [7e9, 32], [13e9, 40], [39e9, 48], [76e9, 60], [175e9, 96], [530e9, 105], [1008e9, 128],
]
/** Families built after GPT-2: plain MLPs of four times the width, as many keys as queries, learned positions, some 50,000 words. */
const GPT_STYLE = /^(?:gpt|megatron|opt|bloom|mpt|pythia|cerebras|turing|mt-nlg|codegen|galactica|falcon)/
const HEAD_DIM = 128
/** Widths come in steps that heads of 128 and tensor parallelism divide. */
const widthStep = (hidden: number): number => (hidden >= 8192 ? 1024 : hidden >= 4096 ? 512 : hidden >= 1024 ? 256 : HEAD_DIM)

function depthOf(parameters: number): number {
  const last = DEPTHS.length - 1
  const above = DEPTHS.findIndex(([size]) => size >= parameters)
  if (above === 0) return DEPTHS[0]![1]
  if (above < 0) return DEPTHS[last]![1]
  const [[low, shallow], [high, deep]] = [DEPTHS[above - 1]!, DEPTHS[above]!]
  return Math.round(shallow * (deep / shallow) ** (Math.log(parameters / low) / Math.log(high / low)))
}

/** A decoder of so many parameters as its family would build it; with `active` a mixture of 128 experts of which 8 work. */
export function modelOfSize(id: string, parameters: number, active: number | undefined): LanguageModel {
  const plain = GPT_STYLE.test(id)
  const sparse = active !== undefined && active < parameters * 0.9
  const backbone = sparse ? active : parameters
  const layers = depthOf(backbone)
  const vocab = plain ? 50_304 : 128_256
  const tied = plain || backbone < 4e9
  // parameters = layers · perLayer · h² + embeddings · h, solved for h: 12·h² per plain layer, 2·h²·(1 + 1/4) + 3·3.5·h² with a gate and a quarter of the keys.
  const perLayer = plain ? 12 : 13
  const linear = vocab * (tied ? 1 : 2)
  const exact = (-linear + Math.sqrt(linear * linear + 4 * layers * perLayer * backbone)) / (2 * layers * perLayer)
  const hidden = Math.max(HEAD_DIM, Math.round(exact / widthStep(exact)) * widthStep(exact))
  const heads = hidden / HEAD_DIM
  const dense = modelOf(id, {
    layers, hidden, heads, kvHeads: plain ? heads : Math.max(1, Math.round(heads / 4)), vocab, tied, gated: !plain, learned: plain,
    intermediate: plain ? 4 * hidden : Math.round((3.5 * hidden) / 64) * 64,
  })
  if (!sparse) return {...dense, parameters, activeParameters: parameters}
  const share = 8 / 128
  const routed = (parameters - active) / (1 - share)
  return {...dense, parameters, activeParameters: active, experts: 128, expertsPerToken: 8, moeIntermediate: Math.max(1, Math.round(routed / (layers * 128 * (plain ? 2 : 3) * hidden)))}
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

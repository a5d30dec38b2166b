import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import {attentionLayers, expertShape, kvElementsPerTokenPerLayer, routedExpertParameters, sharedParameters} from '../llm/architecture.ts'
import {formatOf, type Format} from './format.ts'

/** Elements of state that a layer without a growing cache keeps per sequence: (2·hidden) × 128, the usual expansion and state size of Mamba-2 and gated linear attention. */
export const STATE_ELEMENTS_PER_HIDDEN = 2 * 128
export const STATE_BYTES_PER_ELEMENT = 4

/** The parts of a model that serving needs as numbers; made once per model. */
export interface ModelNumbers {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly headDim: number
  readonly intermediate: number
  readonly vocab: number
  /** Parameters of shared matmuls without embedding and head. */
  readonly sharedBody: number
  readonly head: number
  readonly embedding: number
  readonly routed: number
  readonly routedActive: number
  readonly experts: number
  readonly expertsPerToken: number
  /** Columns of an expert's matrices: its intermediate size. */
  readonly expertWidth: number
  readonly mixtureLayers: number
  readonly fullLayers: number
  readonly windowedLayers: number
  readonly window: number
  readonly stateLayers: number
  readonly kvElementsPerTokenLayer: number
  readonly kvHeads: number
  /** FLOP per layer of one new token against one cached token: decoding, and in the prefill's expanded form. */
  readonly decodeAttentionFlops: number
  readonly prefillAttentionFlops: number
}

const numbersCache = new WeakMap<LanguageModel, ModelNumbers>()

export function numbersOf(model: LanguageModel): ModelNumbers {
  let numbers = numbersCache.get(model)
  if (numbers === undefined) numbersCache.set(model, (numbers = makeNumbers(model)))
  return numbers
}

function makeNumbers(model: LanguageModel): ModelNumbers {
  const experts = expertShape(model)
  const matrix = model.vocab * model.hidden
  const embedding = model.tiedEmbeddings ? 0 : Math.min(matrix, model.parameters * 0.25)
  const head = Math.min(matrix, model.parameters * 0.25)
  const {full, windowed} = attentionLayers(model)
  const latent = model.kvLoraRank
  const rope = model.qkRopeHeadDim ?? 64
  return {
    layers: model.layers,
    hidden: model.hidden,
    heads: model.heads,
    headDim: model.headDim,
    intermediate: Math.max(model.intermediate, (model.moeIntermediate ?? 0) * (model.expertsPerToken ?? 1)),
    vocab: model.vocab,
    sharedBody: Math.max(0, sharedParameters(model) - head - embedding),
    head,
    embedding,
    routed: routedExpertParameters(model),
    routedActive: experts.layers * experts.expertsPerToken * experts.parametersPerExpert,
    experts: experts.experts,
    expertsPerToken: experts.expertsPerToken,
    expertWidth: model.moeIntermediate ?? model.intermediate,
    mixtureLayers: experts.layers,
    fullLayers: full,
    windowedLayers: windowed,
    window: model.window ?? Number.POSITIVE_INFINITY,
    stateLayers: Math.max(0, model.layers - full - windowed),
    kvElementsPerTokenLayer: kvElementsPerTokenPerLayer(model),
    kvHeads: latent === undefined ? model.kvHeads : 1,
    decodeAttentionFlops: latent === undefined ? 4 * model.heads * model.headDim : 2 * model.heads * (2 * latent + rope),
    prefillAttentionFlops: latent === undefined ? 4 * model.heads * model.headDim : 2 * model.heads * ((model.qkNopeHeadDim ?? 128) + rope + (model.vHeadDim ?? 128)),
  }
}

/** How one replica is laid out. `ep` > `tp` spans ep ÷ tp replicas (attention by data parallelism, experts shared). */
export interface Layout {
  readonly tp: number
  readonly pp: number
  readonly ep: number
  readonly precision: string
  readonly runtime: string
  /** Whether the KV cache is kept in FP8; left out = as the runtime does by itself. */
  readonly cacheInFp8?: boolean
}

/** Layers of the fullest pipeline stage over the mean: 80 layers in 3 stages are 27, 27 and 26. */
export const stageStretch = (layers: number, pp: number): number => (Math.ceil(layers / pp) * pp) / layers

/** Weights on the fullest accelerator. */
export function weightBytesPerAccelerator(model: LanguageModel, layout: Layout, accelerator: Accelerator): number {
  return weightBytesIn(model, formatOf(model, layout, accelerator), layout)
}

/** The same where the format is known already. */
export const weightBytesIn = (model: LanguageModel, format: Format, layout: Pick<Layout, 'tp' | 'pp' | 'ep' | 'runtime'>): number => weightBytesOf(numbersFor(model, layout), format, layout)

export function weightBytesOf(numbers: ModelNumbers, format: Format, {tp, pp, ep}: Pick<Layout, 'tp' | 'pp' | 'ep'>): number {
  const shared = (numbers.sharedBody * format.sharedBits + (numbers.head + numbers.embedding) * format.embeddingBits) / 8 / tp
  const routed = (numbers.routed * format.expertBits) / 8 / Math.max(tp, ep)
  return ((shared + routed) / pp) * stageStretch(numbers.layers, pp)
}

/** Cores of a chip that hold attention heads of their own (NeuronCore-v2: Inferentia2, Trainium). */
const CORES_PER_CHIP: Readonly<Record<string, number>> = {neuron: 2}
/** Whether a runtime fills up the heads of attention where the tensor-parallel degree does not divide them. */
export const padsHeads = (runtime: string): boolean => CORES_PER_CHIP[runtime] !== undefined

/**
 * A model as such cores hold it: each has the same number of whole query heads, some of them empty (32 heads on 24 cores are 48). Heads of keys and values are spread
 * where the cores divide them; elsewhere each query head has its own, or each core a copy of the one set that all share. What a longer context adds to a token in AWS
 * Neuron's own tables says so: on 24 cores Llama 3 8B, whose heads share by four, takes twice as much as on 32, and Llama 3 70B three times as much as if its
 * eight were spread.
 */
function onCores(numbers: ModelNumbers, cores: number): ModelNumbers {
  const heads = cores * Math.ceil(numbers.heads / cores)
  const kvHeads = numbers.kvHeads === 1 ? cores : numbers.kvHeads % cores === 0 ? numbers.kvHeads : heads
  const filled = heads / numbers.heads
  const kvElementsPerTokenLayer = (numbers.kvElementsPerTokenLayer * kvHeads) / numbers.kvHeads
  // Queries and outputs of the empty heads, and a column for each further element of the cache.
  const columns = 2 * (heads - numbers.heads) * numbers.headDim + kvElementsPerTokenLayer - numbers.kvElementsPerTokenLayer
  return {
    ...numbers, heads, kvHeads, kvElementsPerTokenLayer,
    sharedBody: numbers.sharedBody + columns * numbers.hidden * numbers.layers,
    decodeAttentionFlops: numbers.decodeAttentionFlops * filled,
    prefillAttentionFlops: numbers.prefillAttentionFlops * filled,
  }
}

/** A model as a runtime holds it at a tensor-parallel degree. */
export function numbersFor(model: LanguageModel, {runtime, tp}: Pick<Layout, 'runtime' | 'tp'>): ModelNumbers {
  const cores = CORES_PER_CHIP[runtime]
  return cores === undefined ? numbersOf(model) : onCores(numbersOf(model), cores * tp)
}

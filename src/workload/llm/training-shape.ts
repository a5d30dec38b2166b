import type {LanguageModel} from '../../catalog/schema.ts'
import {attentionLayers, embeddingParameters, expertShape, routedExpertParameters} from './architecture.ts'

/** What a training step needs of a model, worked out once per model. All counts are elements, none is divided by a parallel degree. */
export interface TrainingShape {
  readonly model: LanguageModel
  /** Parameters of one average layer without its routed experts (attention, dense MLP, shared experts, norms). */
  readonly denseParametersPerLayer: number
  /** Parameters of attention in one layer. */
  readonly attentionParametersPerLayer: number
  /** Parameters of the routed experts, all layers. */
  readonly routedParameters: number
  /** Routed parameters one token passes through, all layers. */
  readonly routedParametersPerToken: number
  readonly mixtureLayers: number
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertIntermediate: number
  /** Width that experts read and write: the model's own, or the latent one that it is projected to. */
  readonly expertHidden: number
  /** Input embedding plus output head as stored. */
  readonly embeddingParameters: number
  readonly headParameters: number
  /** Widths that are written or read per token of one layer. */
  readonly queryWidth: number
  readonly keyValueWidth: number
  /** Width of the dense part of an average layer's MLP (shared experts counted in). */
  readonly denseIntermediate: number
  /** 2 for gated MLPs (gate and up), else 1. */
  readonly inputsOfMlp: number
  /** FLOP per token and per context token of one attention layer, forward: 2·heads·(query size + value size). */
  readonly attentionFlopsPerContext: number
  readonly fullAttentionLayers: number
  readonly windowedLayers: number
  readonly window: number | undefined
  /** Share of the layers that carry a state instead of attending (hybrids). */
  readonly recurrentShare: number
  /** Parameters of rank-1 adapters on all dense linear layers: Σ (inputs + outputs). Rank r has r times as many. */
  readonly adapterParametersPerRank: number
}

/** Entries of the compressed cache that one query attends to (DeepSeek-V4 2026). */
const INDEXED_ENTRIES = 512

const shapes = new WeakMap<LanguageModel, TrainingShape>()

/** The shape of a model for training, computed once per model object. */
export function trainingShape(model: LanguageModel): TrainingShape {
  const known = shapes.get(model)
  if (known !== undefined) return known
  const shape = deriveShape(model)
  shapes.set(model, shape)
  return shape
}

function deriveShape(model: LanguageModel): TrainingShape {
  const hybrid = model.attention.startsWith('hybrid')
  const experts = expertShape(model)
  const embeddings = Math.min(embeddingParameters(model), model.parameters * 0.9)
  const headParameters = Math.min(model.vocab * model.hidden, model.parameters * 0.9)
  const inputsOfMlp = model.gatedMlp ? 2 : 1
  const expertIntermediate = model.moeIntermediate ?? model.intermediate
  const share = experts.experts === 0 ? 0 : experts.expertsPerToken / experts.experts
  // Hybrids put experts in some layers only, which the catalog does not say; what a token does not pass through says it:
  // total − active = routed · (1 − k/E).
  const routedParameters = hybrid && share > 0 && share < 1
    ? Math.min((model.parameters - model.activeParameters) / (1 - share), model.parameters * 0.98)
    : routedExpertParameters(model)
  const {full, windowed} = attentionLayers(model)
  // Blocks of stacks with state-space layers are one thing each: attention, or (half and half) a state or an MLP (Nemotron-H 2025, arXiv 2504.03624).
  const singles = model.attention === 'hybrid-mamba2'
  const mixtureLayers = singles && experts.experts > 0 ? (model.layers - full) / 2 : experts.layers
  const perExpert = experts.experts === 0 ? 0 : routedParameters / (experts.experts * Math.max(mixtureLayers, 1))
  const expertHidden = hybrid && perExpert > 0 ? Math.min(model.hidden, perExpert / ((model.gatedMlp ? 3 : 2) * expertIntermediate)) : model.hidden
  const denseParameters = Math.max(model.parameters - embeddings - routedParameters, model.parameters * 0.01)
  // Widths are those of an average layer: in hybrids only some layers have queries, keys and values.
  const attentionShare = hybrid ? full / model.layers : 1
  const queryHeadDim = (model.qkNopeHeadDim ?? 0) + (model.qkRopeHeadDim ?? 0) || model.headDim
  const valueHeadDim = model.vHeadDim ?? model.headDim
  const latent = model.kvLoraRank !== undefined
  const queryWidth = model.heads * (latent ? queryHeadDim : model.headDim) * attentionShare
  const keyValueWidth = (latent ? model.heads * (queryHeadDim + valueHeadDim) : 2 * model.kvHeads * model.headDim) * attentionShare
  const attentionParameters = latent
    ? latentAttentionParameters(model, queryHeadDim, valueHeadDim) * attentionShare
    : model.hidden * (queryWidth + keyValueWidth) + queryWidth * model.hidden
  const denseParametersPerLayer = denseParameters / model.layers
  const attentionParametersPerLayer = Math.min(attentionParameters, denseParametersPerLayer)
  const denseIntermediate = (denseParametersPerLayer - attentionParametersPerLayer) / ((inputsOfMlp + 1) * model.hidden)
  return {
    model,
    denseParametersPerLayer,
    attentionParametersPerLayer,
    routedParameters,
    routedParametersPerToken: routedParameters * share,
    mixtureLayers,
    experts: experts.experts,
    expertsPerToken: experts.expertsPerToken,
    expertIntermediate,
    expertHidden,
    embeddingParameters: embeddings,
    headParameters,
    queryWidth,
    keyValueWidth,
    denseIntermediate,
    inputsOfMlp,
    attentionFlopsPerContext: latent ? 2 * model.heads * (queryHeadDim + valueHeadDim) : 4 * model.heads * model.headDim,
    // Compressed attention sees its window and the entries that an index picks.
    fullAttentionLayers: model.attention === 'hybrid-compressed' ? 0 : full,
    windowedLayers: model.attention === 'hybrid-compressed' ? full : windowed,
    window: model.attention === 'hybrid-compressed' ? (model.window ?? 0) + INDEXED_ENTRIES : model.window,
    recurrentShare: !hybrid ? 0 : singles ? (1 - attentionShare) / 2 : 1 - attentionShare,
    adapterParametersPerRank:
      model.layers *
      (model.hidden + queryWidth + 2 * model.hidden + keyValueWidth + queryWidth + model.hidden +
        (denseIntermediate > 0 ? (inputsOfMlp + 1) * (model.hidden + denseIntermediate) : 0)),
  }
}

function latentAttentionParameters(model: LanguageModel, queryHeadDim: number, valueHeadDim: number): number {
  const rope = model.qkRopeHeadDim ?? 64
  const latent = model.kvLoraRank ?? 512
  const query =
    model.qLoraRank === undefined
      ? model.hidden * model.heads * queryHeadDim
      : model.hidden * model.qLoraRank + model.qLoraRank * model.heads * queryHeadDim
  const keyValue = model.hidden * (latent + rope) + latent * model.heads * (queryHeadDim - rope + valueHeadDim)
  return query + keyValue + model.heads * valueHeadDim * model.hidden
}

/** Tokens an average query of a causal sequence sees: s/2 with full attention, w − w²/2s with a window w < s. */
export function averageContext(sequenceLength: number, window: number | undefined): number {
  if (window === undefined || window >= sequenceLength) return sequenceLength / 2
  return window - (window * window) / (2 * sequenceLength)
}

/** FLOP of the attention scores and values of one token, forward, causal, summed over the layers. */
export function attentionFlopsPerTokenForward(shape: TrainingShape, sequenceLength: number): number {
  return (
    shape.attentionFlopsPerContext *
    (shape.fullAttentionLayers * averageContext(sequenceLength, undefined) + shape.windowedLayers * averageContext(sequenceLength, shape.window))
  )
}

/** Parameters one token is multiplied with: layers, its experts and the output head; the input embedding is a look-up. */
export function matmulParameters(shape: TrainingShape): number {
  return shape.denseParametersPerLayer * shape.model.layers + shape.routedParametersPerToken + shape.headParameters
}

/**
 * FLOP of one trained token that no implementation saves: 6 per parameter when all are trained (2 forward, 2 for the
 * gradient of the inputs, 2 for the gradient of the weights; Kaplan et al. 2020, Hoffmann et al. 2022), 4 when the
 * weights are frozen (LoRA), plus three times the causal attention.
 */
export function modelFlopsPerToken(shape: TrainingShape, sequenceLength: number, trainsAllWeights: boolean): number {
  return (trainsAllWeights ? 6 : 4) * matmulParameters(shape) + 3 * attentionFlopsPerTokenForward(shape, sequenceLength)
}

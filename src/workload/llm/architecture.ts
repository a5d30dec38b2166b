import type {LanguageModel} from '../../catalog/schema.ts'

/** Bits of one stored weight, scales of the usual block formats included. */
export const WEIGHT_BITS: Readonly<Record<string, number>> = {
  fp32: 32, tf32: 32, bf16: 16, fp16: 16, fp8: 8, int8: 8, int4: 4.5, nf4: 4.127, mxfp4: 4.25, nvfp4: 4.5, fp4: 4.5,
}

/** How many of the layers are mixtures, and how large one expert is. All 0 for a dense model. */
export interface ExpertShape {
  readonly layers: number
  readonly experts: number
  readonly expertsPerToken: number
  readonly parametersPerExpert: number
  /** Experts every token passes through (their weights count as shared). */
  readonly sharedExperts: number
}

const mlpMatrices = (model: LanguageModel): number => (model.gatedMlp ? 3 : 2)

/** The routed experts of a mixture. */
export function expertShape(model: LanguageModel): ExpertShape {
  if (model.experts === undefined || model.expertsPerToken === undefined) {
    return {layers: 0, experts: 0, expertsPerToken: 0, parametersPerExpert: 0, sharedExperts: 0}
  }
  const step = model.moeLayerStep ?? 1
  const layers = Math.max(0, Math.floor((model.layers - (model.firstDenseLayers ?? 0)) / step))
  return {
    layers,
    experts: model.experts,
    expertsPerToken: Math.min(model.expertsPerToken, model.experts),
    parametersPerExpert: mlpMatrices(model) * model.hidden * (model.moeIntermediate ?? model.intermediate),
    sharedExperts: model.sharedExperts ?? 0,
  }
}

/** Parameters in routed experts, all of them; never more than the published total. */
export function routedExpertParameters(model: LanguageModel): number {
  const shape = expertShape(model)
  return Math.min(shape.layers * shape.experts * shape.parametersPerExpert, model.parameters * 0.995)
}

/** Parameters every token passes through: attention, norms, shared experts, dense layers, embeddings. */
export function sharedParameters(model: LanguageModel): number {
  return model.parameters - routedExpertParameters(model)
}

export function embeddingParameters(model: LanguageModel): number {
  return model.vocab * model.hidden * (model.tiedEmbeddings ? 1 : 2)
}

/**
 * Expected distinct experts that a batch of `tokens` reads in one layer: E·(1−(1−k/E)^tokens), routing taken as
 * uniform (the balance losses aim at it).
 */
export function expectedDistinctExperts(experts: number, expertsPerToken: number, tokens: number): number {
  if (experts === 0 || tokens <= 0) return 0
  return experts * (1 - (1 - expertsPerToken / experts) ** tokens)
}

/** Layers that keep a KV cache over the whole context, and layers that keep only a window (or a fixed state). */
export function attentionLayers(model: LanguageModel): {full: number; windowed: number} {
  if (model.attention.startsWith('hybrid')) {
    const full = model.fullAttentionLayers ?? (model.attention === 'hybrid-mamba2' ? Math.round(model.layers * 0.1) : Math.round(model.layers / 4))
    return {full: model.attention === 'hybrid-compressed' ? model.layers : full, windowed: 0}
  }
  if (model.window === undefined) return {full: model.layers, windowed: 0}
  const full = model.fullAttentionLayers ?? 0
  return {full, windowed: Math.max(0, model.layers - full)}
}

/** Elements (not bytes) of KV cache that one token of one full-attention layer keeps: 2·kvHeads·headDim, or the MLA latent plus the rotary part. */
export function kvElementsPerTokenPerLayer(model: LanguageModel): number {
  if (model.kvLoraRank !== undefined) return model.kvLoraRank + (model.qkRopeHeadDim ?? 64)
  return 2 * model.kvHeads * model.headDim
}

/** Bytes of KV cache of one sequence of `tokens` tokens over all layers, one replica, before any division by tp. */
export function kvCacheBytes(model: LanguageModel, tokens: number, bytesPerElement: number): number {
  const {full, windowed} = attentionLayers(model)
  const kept = full * tokens + windowed * Math.min(tokens, model.window ?? tokens)
  return kept * kvElementsPerTokenPerLayer(model) * bytesPerElement
}

export function isMixture(model: LanguageModel): boolean {
  return expertShape(model).experts > 0
}

/** Bytes of all weights at a precision. Embeddings and norms stay at 16 bit under 4-bit and 8-bit formats, as runtimes do. */
export function weightBytes(model: LanguageModel, precision: string): number {
  const bits = WEIGHT_BITS[precision] ?? 16
  if (bits >= 16) return (model.parameters * bits) / 8
  const kept = Math.min(embeddingParameters(model), model.parameters * 0.5)
  return ((model.parameters - kept) * bits) / 8 + kept * 2
}

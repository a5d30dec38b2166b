import * as z from 'zod'
import {RigorError} from '../../errors.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import {InlineModelFields} from '../common.ts'
import type {Facts} from '../contract.ts'
import {label, later} from '../fields.ts'

const InlineModel = z.strictObject(InlineModelFields)
type InlineModel = z.infer<typeof InlineModel>

/** A catalog name, or the shape of a model that is in no catalog: `{layers, hidden, intermediate, heads, kvHeads, …}`. */
export const ModelField = z.union([label(200), later(() => InlineModel)], {
  error: issue => (typeof issue.input === 'object' && issue.input !== null ? undefined : 'a model is a name ("Llama-3.1-70B") or its shape ({layers, hidden, intermediate, heads, kvHeads})'),
})
export type ModelField = z.infer<typeof ModelField>

/** The catalog's model, or the one whose shape the spec gives. */
export function resolveModelField(field: ModelField, facts: Pick<Facts, 'languageModel'>): LanguageModel {
  return typeof field === 'string' ? facts.languageModel(field) : modelFromShape(field)
}

/** Weights of one layer's attention: Q, K, V and output projections (Vaswani et al. 2017), or the low-rank ones of MLA (DeepSeek-V2, 2024, §2.1). */
function attentionParameters(shape: InlineModel, kvHeads: number, headDim: number): number {
  const {hidden, heads} = shape
  if (shape.kvLoraRank === undefined) return 2 * hidden * heads * headDim + 2 * hidden * kvHeads * headDim
  const nope = shape.qkNopeHeadDim ?? 128
  const rope = shape.qkRopeHeadDim ?? 64
  const value = shape.vHeadDim ?? 128
  const query = shape.qLoraRank === undefined ? hidden * heads * (nope + rope) : shape.qLoraRank * (hidden + heads * (nope + rope))
  return query + hidden * (shape.kvLoraRank + rope) + shape.kvLoraRank * heads * (nope + value) + heads * value * hidden
}

/**
 * Fills in what a shape leaves out the way current models are built (gated MLP, untied 128k vocabulary, head size = hidden ÷ heads),
 * and counts the parameters: attention + MLP or experts + router per layer, norms, embeddings.
 */
export function modelFromShape(shape: InlineModel): LanguageModel {
  const kvHeads = shape.kvHeads ?? shape.heads
  if (kvHeads > shape.heads) throw new RigorError('BAD_MODEL', `model: ${kvHeads} kvHeads for ${shape.heads} heads.`, {hint: 'kvHeads is at most heads.'})
  for (const field of ['firstDenseLayers', 'fullAttentionLayers', 'moeLayerStep'] as const) {
    const layers = shape[field]
    if (layers !== undefined && layers > shape.layers) throw new RigorError('BAD_MODEL', `model: ${field} is ${layers}, but there are ${shape.layers} layers.`, {hint: `${field} is at most layers.`})
  }
  const headDim = shape.headDim ?? Math.max(1, Math.round(shape.hidden / shape.heads))
  const vocab = shape.vocab ?? 128_256
  const gatedMlp = shape.gatedMlp ?? true
  const tiedEmbeddings = shape.tiedEmbeddings ?? false
  const experts = shape.experts
  const expertsPerToken = experts === undefined ? undefined : Math.min(experts, shape.expertsPerToken ?? 2)
  const intermediate = shape.intermediate ?? (experts === undefined ? 4 * shape.hidden : 0)
  const matrices = gatedMlp ? 3 : 2
  const moeIntermediate = shape.moeIntermediate ?? (intermediate > 0 ? intermediate : 4 * shape.hidden)
  const step = shape.moeLayerStep ?? 1
  const mixtureLayers = experts === undefined ? 0 : Math.max(0, Math.floor((shape.layers - (shape.firstDenseLayers ?? 0)) / step))
  const expert = matrices * shape.hidden * moeIntermediate
  const perLayer = attentionParameters(shape, kvHeads, headDim) + 2 * shape.hidden
  const dense = (shape.layers - mixtureLayers) * matrices * shape.hidden * intermediate
  const shared = mixtureLayers * ((shape.sharedExperts ?? 0) * expert + shape.hidden * (experts ?? 0))
  const positions = shape.learnedPositions === true ? (shape.maxContext ?? 2048) * shape.hidden : 0
  const body = shape.layers * perLayer + dense + shared + shape.hidden + positions + vocab * shape.hidden * (tiedEmbeddings ? 1 : 2)
  const parameters = shape.parameters ?? body + mixtureLayers * (experts ?? 0) * expert
  const active = shape.activeParameters ?? (experts === undefined ? parameters : Math.min(parameters, body + mixtureLayers * (expertsPerToken ?? 0) * expert))
  if (active > parameters) throw new RigorError('BAD_MODEL', `model: ${active} active parameters of ${parameters}.`, {hint: 'activeParameters is at most parameters.'})
  const attention = shape.attention ?? (shape.kvLoraRank !== undefined ? 'mla' : shape.window !== undefined ? 'swa' : kvHeads === shape.heads ? 'mha' : kvHeads === 1 ? 'mqa' : 'gqa')
  const optional = {
    experts, expertsPerToken, sharedExperts: shape.sharedExperts, moeIntermediate: experts === undefined ? undefined : moeIntermediate, firstDenseLayers: shape.firstDenseLayers,
    moeLayerStep: shape.moeLayerStep, window: shape.window, fullAttentionLayers: shape.fullAttentionLayers, kvLoraRank: shape.kvLoraRank, qLoraRank: shape.qLoraRank,
    qkRopeHeadDim: shape.qkRopeHeadDim, qkNopeHeadDim: shape.qkNopeHeadDim, vHeadDim: shape.vHeadDim, maxContext: shape.maxContext,
  }
  return {
    id: shape.name ?? 'inline model', aliases: [], family: 'inline', parameters, activeParameters: active, layers: shape.layers, hidden: shape.hidden, intermediate, heads: shape.heads,
    kvHeads, headDim, vocab, attention, nativeDtype: shape.nativeDtype ?? 'bf16', tiedEmbeddings, gatedMlp, learnedPositions: shape.learnedPositions ?? false,
    sourceId: 'spec', asOf: '1970-01-01', standing: 'read',
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<LanguageModel>),
  }
}

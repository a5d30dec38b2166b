import type {Setting} from '../../accuracy/setting.ts'
import {PUBLISHED_SHAPES} from '../llm/measured-models.ts'
import type {ModelField} from '../llm/model-field.ts'

/** Hybrids that results name and the catalog lacks (their published configurations, recalled; the parameter counts agree with the rows'). */
const HYBRIDS: Readonly<Record<string, Record<string, unknown>>> = {
  'nemotron-nano-9b': {layers: 56, hidden: 4480, intermediate: 15_680, heads: 40, kvHeads: 8, headDim: 128, vocab: 131_072, attention: 'hybrid-mamba2', fullAttentionLayers: 4, parameters: 8.9e9},
  'nemotron-nano-12b': {layers: 62, hidden: 5120, intermediate: 20_480, heads: 40, kvHeads: 8, headDim: 128, vocab: 131_072, attention: 'hybrid-mamba2', fullAttentionLayers: 6, parameters: 12.3e9},
}

/** Names that results use for a model whose shape the catalog has under another, or that stands above (`shape:`). */
const SYNONYMS: readonly (readonly [RegExp, string])[] = [
  [/^llama[ _-](7|13|70)b$/i, 'Llama-2-$1b'],
  [/^codellama-13b/i, 'Llama-2-13b'],
  [/^stablelm alpha (3|7) ?b$/i, 'shape:stablelm-alpha-$1b'],
  [/^qwen-1[.-]8b/i, 'shape:qwen-1.8b'],
  [/^qwen-(7|14|72)b/i, 'shape:qwen-$1b'],
  [/nemotron-nano-(9|12)b-v2/i, 'shape:nemotron-nano-$1b'],
  // The text decoders of the vision and omni models are those of the plain ones.
  [/^(?:.*\/)?qwen3-(?:vl|omni)-(\d+b(?:-a\d+b)?)/i, 'Qwen3-$1'],
  [/^(?:.*\/)?qwen2\.5-(?:vl|omni)-(\d+b)/i, 'Qwen2.5-$1'],
  [/^deepseek[ -](?:v3(?:\.\d)?|r1)\b/i, 'DeepSeek-R1'],
  [/DeepSeek-V3\.[12]/i, 'DeepSeek-V3'],
]

/** The model of a row as a spec names it: the name itself, or a published shape that no catalog lists. */
export function measuredModel({model}: Setting): ModelField {
  for (const [pattern, synonym] of SYNONYMS) {
    const found = pattern.exec(model)
    if (found === null) continue
    const target = synonym.replace('$1', found[1] ?? '')
    if (!target.startsWith('shape:')) return target
    const key = target.slice('shape:'.length)
    const shape = shapeOf(key)
    if (shape !== undefined) return {name: key, ...shape} as unknown as ModelField
  }
  return model
}

/** A shape as a spec writes it. */
function shapeOf(key: string): Record<string, unknown> | undefined {
  const shape = PUBLISHED_SHAPES[key]
  if (shape === undefined) return HYBRIDS[key]
  const {layers, hidden, intermediate, heads, vocab, gated = false} = shape
  return {layers, hidden, intermediate, heads, vocab, gatedMlp: gated}
}

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {parseModels} from '../../src/catalog/parse/models.ts'
import type {LanguageModel} from '../../src/catalog/schema.ts'
import {routedExpertParameters} from '../../src/workload/llm/architecture.ts'

const data = (file: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'data', file), 'utf8')
const models = parseModels(data('models.csv'))
const sourceIds = new Set(parseCsv(data('sources.csv'), 'sources.csv').map(record => record.cells['id']))

/** Attention projections of one layer: queries and output over all heads, keys and values over the shared ones; latent projections where there are any. */
function attentionParameters(model: LanguageModel): number {
  const {hidden, heads, kvHeads, headDim} = model
  if (model.kvLoraRank === undefined) return hidden * headDim * (2 * heads + 2 * kvHeads)
  const [rope, nope, value] = [model.qkRopeHeadDim!, model.qkNopeHeadDim!, model.vHeadDim!]
  const queries = model.qLoraRank === undefined ? hidden * heads * (nope + rope) : hidden * model.qLoraRank + model.qLoraRank * heads * (nope + rope)
  return queries + hidden * (model.kvLoraRank + rope) + model.kvLoraRank * heads * (nope + value) + heads * value * hidden
}

/** The sum over the shape: embeddings, attention, feed-forward, experts with their router, vision tower. Norms and biases are below the tolerance. */
function totalFromShape(model: LanguageModel): number {
  const {layers, hidden, vocab} = model
  const matrices = model.gatedMlp ? 3 : 2
  const dense = matrices * hidden * model.intermediate
  let feedForward = layers * dense
  if (model.experts !== undefined) {
    const mixtures = Math.floor((layers - (model.firstDenseLayers ?? 0)) / (model.moeLayerStep ?? 1))
    const expert = matrices * hidden * (model.moeIntermediate ?? model.intermediate)
    feedForward = (layers - mixtures) * dense + mixtures * ((model.experts + (model.sharedExperts ?? 0)) * expert + hidden * model.experts)
  }
  const positions = model.learnedPositions ? (model.maxContext ?? 0) * hidden : 0
  return vocab * hidden * (model.tiedEmbeddings ? 1 : 2) + positions + layers * attentionParameters(model) + feedForward + (model.visionParameters ?? 0)
}

const idsWhere = (wrong: (model: LanguageModel) => boolean): readonly string[] => models.filter(wrong).map(model => model.id)
const uniform = models.filter(model => !model.attention.startsWith('hybrid'))

describe('data/models.csv', () => {
  test('holds every model whose shape is known', () => {
    expect(models.length).toBe(133)
    expect(uniform.length).toBe(126)
  })

  test.for(uniform.map(model => [model.id, model] as const))('%s: its shape gives its published total', ([, model]) => {
    const deviation = totalFromShape(model) / model.parameters - 1

    expect(Math.abs(deviation)).toBeLessThan(0.02)
  })

  test('nobody has more active parameters than parameters, and dense models have all of them active', () => {
    expect(idsWhere(model => model.activeParameters > model.parameters)).toEqual([])
    expect(idsWhere(model => model.experts === undefined && model.activeParameters !== model.parameters)).toEqual([])
    expect(idsWhere(model => model.experts !== undefined && !(model.expertsPerToken! < model.experts))).toEqual([])
  })

  test('heads, windows and mixtures fit together', () => {
    expect(idsWhere(model => model.heads % model.kvHeads !== 0)).toEqual([])
    expect(idsWhere(model => model.attention === 'mha' && model.kvHeads !== model.heads)).toEqual([])
    expect(idsWhere(model => model.attention === 'mqa' && model.kvHeads !== 1)).toEqual([])
    expect(idsWhere(model => model.attention === 'swa' && (model.window === undefined || model.fullAttentionLayers === undefined))).toEqual([])
    expect(idsWhere(model => model.attention === 'mla' && [model.kvLoraRank, model.qkRopeHeadDim, model.qkNopeHeadDim, model.vHeadDim].includes(undefined))).toEqual([])
    expect(idsWhere(model => (model.fullAttentionLayers ?? 0) > model.layers)).toEqual([])
    expect(idsWhere(model => model.experts !== undefined && (model.moeIntermediate ?? model.intermediate) === 0)).toEqual([])
    expect(idsWhere(model => routedExpertParameters(model) >= model.parameters)).toEqual([])
  })

  test('every model has a source and a date', () => {
    expect(idsWhere(model => !sourceIds.has(model.sourceId))).toEqual([])
  })

  test('what was left out says why', () => {
    const leftOut = parseCsv(data('models-left-out.csv'), 'models-left-out.csv')
    const ids = new Set(models.map(model => model.id))

    expect(leftOut.length).toBeGreaterThan(0)
    for (const {cells} of leftOut) {
      expect(cells['reason']).toMatch(/not found/)
      expect(ids.has(cells['id']!)).toBe(false)
    }
  })

  test('a row with a word where a number belongs names file, line and column', () => {
    const [header, row] = data('models.csv').split('\n')

    expect(() => parseModels(`${header}\n${row!.replace(',32,4096,', ',many,4096,')}\n`, 'mine.csv')).toThrow(/mine\.csv:2 — "many" in column "layers"/)
    expect(() => parseModels(`${header}\n${row}\n${row}\n`)).toThrow(/stands in it twice/)
  })
})

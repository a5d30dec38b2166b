import {LanguageModel} from '../schema.ts'
import {flagCell, listCell, numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

export const MODEL_COLUMNS = [
  'id', 'aliases', 'family', 'parameters', 'activeParameters', 'layers', 'hidden', 'intermediate', 'heads', 'kvHeads', 'headDim', 'vocab',
  'experts', 'expertsPerToken', 'sharedExperts', 'moeIntermediate', 'firstDenseLayers', 'moeLayerStep', 'attention', 'window', 'fullAttentionLayers',
  'kvLoraRank', 'qLoraRank', 'qkRopeHeadDim', 'qkNopeHeadDim', 'vHeadDim', 'maxContext', 'nativeDtype', 'tiedEmbeddings', 'gatedMlp', 'learnedPositions',
  'visionParameters', 'note', 'sourceId', 'asOf', 'standing',
] as const

const TEXTS = new Set<string>(['id', 'family', 'attention', 'nativeDtype', 'note'])
const FLAGS = new Set<string>(['tiedEmbeddings', 'gatedMlp', 'learnedPositions'])
const PROVENANCE = new Set<string>(['sourceId', 'asOf', 'standing'])

/** `data/models.csv` → language models. */
export function parseModels(text: string, file = 'models.csv'): readonly LanguageModel[] {
  const rows = parseRows(text, file, LanguageModel, record => {
    const value: Record<string, unknown> = {aliases: listCell(record, 'aliases'), ...provenanceCells(record)}
    for (const column of MODEL_COLUMNS) {
      if (column === 'aliases' || PROVENANCE.has(column)) continue
      value[column] = TEXTS.has(column) ? textCell(record, column) : FLAGS.has(column) ? flagCell(record, column) : numberCell(record, column)
    }
    return value
  })
  return refuseDuplicates(rows, file, model => model.id.toLowerCase())
}

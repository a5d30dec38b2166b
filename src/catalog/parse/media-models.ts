import {MediaModel} from '../schema.ts'
import {flagCell, listCell, numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

export const MEDIA_MODEL_COLUMNS = [
  'id', 'aliases', 'modality', 'coreParameters', 'coreCopies', 'auxiliaryParameters', 'steps', 'guidancePasses', 'width', 'height', 'frames', 'core', 'layers', 'hidden', 'intermediate', 'gatedMlp',
  'attention', 'dualAttentionLayers', 'skipLayers', 'twoStreamLayers', 'rope', 'qkNorm', 'heads', 'textTokens', 'latentScale', 'latentFrames', 'patch', 'framePatch', 'unetFlops', 'unetAttentionFlops', 'unetElements', 'decoderFlopsPerPixel',
  'nativeDtype', 'note', 'sourceId', 'shapeSourceId', 'asOf', 'standing',
] as const

const TEXTS: ReadonlySet<string> = new Set(['id', 'modality', 'core', 'attention', 'nativeDtype', 'note', 'shapeSourceId', 'qkNorm'])
const PROVENANCE: ReadonlySet<string> = new Set(['sourceId', 'asOf', 'standing'])

/** `data/media-models.csv` → models that make images and clips. */
export function parseMediaModels(text: string, file = 'media-models.csv'): readonly MediaModel[] {
  const rows = parseRows(text, file, MediaModel, record => {
    const value: Record<string, unknown> = {aliases: listCell(record, 'aliases'), gatedMlp: flagCell(record, 'gatedMlp'), rope: flagCell(record, 'rope'), ...provenanceCells(record)}
    for (const column of MEDIA_MODEL_COLUMNS) {
      if (column in value || PROVENANCE.has(column)) continue
      value[column] = TEXTS.has(column) ? textCell(record, column) : numberCell(record, column)
    }
    return value
  })
  return refuseDuplicates(rows, file, model => model.id.toLowerCase())
}

import {AudioModel} from '../schema.ts'
import {listCell, numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

export const AUDIO_MODEL_COLUMNS = [
  'id', 'aliases', 'makes', 'encoder', 'encoderLayers', 'encoderHidden', 'encoderIntermediate', 'encoderFramesPerSecond', 'windowSeconds', 'decoder', 'decoderLayers', 'decoderHidden', 'decoderIntermediate',
  'vocab', 'codebooks', 'stepsPerSecond', 'guidancePasses', 'parameters', 'nativeDtype', 'note', 'sourceId', 'asOf', 'standing',
] as const

/** `data/audio-models.csv`: shapes of models of speech and sound. */
export function parseAudioModels(text: string, file = 'audio-models.csv'): readonly AudioModel[] {
  const models = parseRows(text, file, AudioModel, record => ({
    id: textCell(record, 'id'), aliases: listCell(record, 'aliases'), makes: textCell(record, 'makes'), encoder: textCell(record, 'encoder'), encoderLayers: numberCell(record, 'encoderLayers'), encoderHidden: numberCell(record, 'encoderHidden'),
    encoderIntermediate: numberCell(record, 'encoderIntermediate'), encoderFramesPerSecond: numberCell(record, 'encoderFramesPerSecond'), windowSeconds: numberCell(record, 'windowSeconds'), decoder: textCell(record, 'decoder'),
    decoderLayers: numberCell(record, 'decoderLayers'), decoderHidden: numberCell(record, 'decoderHidden'), decoderIntermediate: numberCell(record, 'decoderIntermediate'), vocab: numberCell(record, 'vocab'), codebooks: numberCell(record, 'codebooks'),
    stepsPerSecond: numberCell(record, 'stepsPerSecond'), guidancePasses: numberCell(record, 'guidancePasses'), parameters: numberCell(record, 'parameters'), nativeDtype: textCell(record, 'nativeDtype'), note: textCell(record, 'note'), ...provenanceCells(record),
  }))
  return refuseDuplicates(models, file, ({id}) => id)
}

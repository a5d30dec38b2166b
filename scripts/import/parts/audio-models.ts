import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell} from '../../../src/catalog/csv.ts'
import {AUDIO_MODEL_COLUMNS} from '../../../src/catalog/parse/audio-models.ts'
import {byText, FOUND, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The day the shapes were collected. */
const COLLECTED = '2026-11-28'
const BILLION = 1e9

/** `data/audio-models.csv`: models of speech and sound, by the shapes that were read in their configurations. */
export function importPart({to, sources}: ImportContext): void {
  const rows = readFacts(FOUND, 'audio-models.csv').map((record): CsvCell[] => {
    const {cells} = record
    const parameters = numberOf(record, 'parameters_b')
    const values: Record<(typeof AUDIO_MODEL_COLUMNS)[number], CsvCell | undefined> = {
      id: cells['id'], aliases: cells['aliases'], makes: cells['makes'], encoder: cells['encoder'], encoderLayers: cells['encoder_layers'] || 0, encoderHidden: cells['encoder_hidden'] || 0, encoderIntermediate: cells['encoder_intermediate'] || 0,
      encoderFramesPerSecond: cells['encoder_frames_per_second'], windowSeconds: cells['window_seconds'], decoder: cells['decoder'], decoderLayers: cells['decoder_layers'] || 0, decoderHidden: cells['decoder_hidden'] || 0,
      decoderIntermediate: cells['decoder_intermediate'] || 0, vocab: cells['vocab'], codebooks: cells['codebooks'] || 1, stepsPerSecond: cells['steps_per_second'], guidancePasses: cells['guidance_passes'] || 1,
      parameters: parameters === undefined ? undefined : Number((parameters * BILLION).toPrecision(12)), nativeDtype: cells['dtype'], note: cells['note'],
      sourceId: sources.sourceIdFor(cells['source']!), asOf: COLLECTED, standing: sources.standingFor(cells['source']!),
    }
    return AUDIO_MODEL_COLUMNS.map(column => values[column] ?? '')
  })
  rows.sort((a, b) => byText(String(a[0]), String(b[0])))
  writeFileSync(join(to, 'audio-models.csv'), writeCsv(AUDIO_MODEL_COLUMNS, rows))
}

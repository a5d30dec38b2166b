import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {MEDIA_MODEL_COLUMNS} from '../../../src/catalog/parse/media-models.ts'
import {byText, FOUND, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The day the figures, and the shapes, were collected. */
const COLLECTED = '2026-11-20'
const MODALITIES = new Set(['image', 'video'])

/** Where parameters and usual steps of a model are from that the facts lack: nothing that was read confirms them. */
const REMEMBERED = 'datasheet (unverified here)'

/** Rows of the facts that are no model of their own. */
const SECOND_RESOLUTION = /@\d+p$/

const billions = (record: CsvRecord, column: string): number | undefined => scaled(record, column, 1e9)
function scaled(record: CsvRecord, column: string, factor: number): number | undefined {
  const value = numberOf(record, column)
  return value === undefined ? undefined : Number((value * factor).toPrecision(12))
}

/**
 * `data/media-models.csv`: diffusion models. Parameters, steps and passes are the facts' (`hardware/gen_models.csv`), or those found beside the shape
 * where the facts lack the model; the shape is always one that was read in a public program and stands in `found/media-models.csv`. A model of the
 * facts without a shape stops the import: nothing could be said of it.
 */
export function importPart({from, to, sources}: ImportContext): void {
  const facts = new Map(readFacts(from, 'hardware/gen_models.csv').filter(({cells}) => MODALITIES.has(cells['modality']!) && !SECOND_RESOLUTION.test(cells['id']!)).map(record => [record.cells['id']!, record]))
  const shapes = readFacts(FOUND, 'media-models.csv')
  const unknown = [...facts.keys()].filter(id => !shapes.some(({cells}) => cells['id'] === id))
  if (unknown.length > 0) throw new Error(`no shape is known of ${unknown.join(', ')}`)
  const rows = shapes.map((shape): CsvCell[] => {
    const {cells} = shape
    const fact = facts.get(cells['id']!)
    const known = fact ?? shape
    const [width, height] = known.cells['resolution']!.split('x')
    const source = fact?.cells['source'] ?? REMEMBERED
    const values: Record<(typeof MEDIA_MODEL_COLUMNS)[number], CsvCell | undefined> = {
      id: cells['id'], aliases: cells['aliases'], modality: cells['modality'],
      coreParameters: billions(known, 'core_params_b'), coreCopies: cells['core_copies'] || 1, auxiliaryParameters: billions(known, 'aux_params_b'),
      steps: fact?.cells['default_steps'] ?? cells['steps'], guidancePasses: known.cells['guidance_passes'], width, height, frames: cells['frames'] || 1,
      core: cells['core'], layers: cells['layers'], hidden: cells['hidden'], intermediate: cells['intermediate'], gatedMlp: cells['gated_mlp'] || 'no', attention: cells['attention'],
      dualAttentionLayers: cells['dual_attention_layers'] || 0, skipLayers: cells['skip_layers'] || 0, twoStreamLayers: cells['two_stream_layers'] || 0, rope: cells['rope'], qkNorm: cells['qk_norm'], heads: cells['heads'], textTokens: cells['text_tokens'],
      latentScale: cells['latent_scale'], latentFrames: cells['latent_frames'] || 1, patch: cells['patch'] || 1, framePatch: cells['frame_patch'] || 1,
      unetFlops: cells['core'] === 'unet' && fact !== undefined ? scaled(fact, 'tflop_per_pass', 1e12) : undefined, unetAttentionFlops: scaled(shape, 'unet_attention_tflop_per_pass', 1e12), unetElements: cells['unet_activation_elements'],
      decoderFlopsPerPixel: scaled(shape, 'vae_mflop_per_pixel', 1e6), nativeDtype: known.cells['dtype'], note: cells['note'],
      sourceId: sources.sourceIdFor(source), shapeSourceId: sources.sourceIdFor(cells['source']!), asOf: COLLECTED, standing: sources.standingFor(source),
    }
    return MEDIA_MODEL_COLUMNS.map(column => values[column] ?? '')
  })
  rows.sort((a, b) => byText(String(a[0]), String(b[0])))
  writeFileSync(join(to, 'media-models.csv'), writeCsv(MEDIA_MODEL_COLUMNS, rows))
}

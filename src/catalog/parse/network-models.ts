import * as z from 'zod'
import type {NetworkModel} from '../snapshot.ts'
import {NetworkFamily, Standing} from '../words.ts'
import {listCell, numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

/**
 * Columns of data/network-models.csv. `gflop` and `activationsMillion` are of one forward pass at `reference` (2 FLOP per multiply-add; values that layers
 * write); texts have neither, since they follow from layers and widths. `reference`: pixels a side, `HEIGHTxWIDTH`, voxels `DxHxW`, or tokens.
 */
export const NETWORK_COLUMNS = [
  'id', 'aliases', 'family', 'task', 'input', 'parametersMillion', 'gflop', 'activationsMillion', 'reference', 'layers', 'hidden', 'heads', 'intermediate', 'decoderLayers', 'vocab', 'patch', 'note', 'sourceId', 'asOf', 'standing',
] as const

const positive = z.number().positive().finite()
const count = z.number().int().positive()
const Row = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_.-]*$/), aliases: z.array(z.string().min(1)), family: NetworkFamily, task: z.enum(['classification', 'detection', 'segmentation', 'text']), input: z.enum(['image', 'volume', 'text']), parameters: positive, flops: positive.optional(), activations: positive.optional(),
  reference: z.array(count).min(1).max(3), layers: count.optional(), hidden: count.optional(), heads: count.optional(), intermediate: count.optional(), decoderLayers: count.optional(), vocab: count.optional(), patch: count.optional(),
  note: z.string().optional(), sourceId: z.string(), asOf: z.iso.date(), standing: Standing,
})
  .refine(({input, reference}) => reference.length === {image: 2, volume: 3, text: 1}[input], 'reference has as many numbers as its input has dimensions')
  .refine(({input, flops, layers, hidden, intermediate, vocab}) => (input === 'text' ? layers !== undefined && hidden !== undefined && intermediate !== undefined && vocab !== undefined : flops !== undefined), 'neither FLOP nor the widths that they follow from')
  .refine(({family, patch, heads, layers, hidden}) => family !== 'vision-transformer' || (patch !== undefined && heads !== undefined && layers !== undefined && hidden !== undefined), 'a vision transformer has patches, heads, layers and a width')

/** "224" → [224, 224] of an image. */
function referenceOf(text: string, input: string | undefined): readonly number[] {
  const sizes = text.split('x').map(Number)
  return input === 'image' && sizes.length === 1 ? [sizes[0]!, sizes[0]!] : sizes
}

const times = (value: number | undefined, unit: number): number | undefined => (value === undefined ? undefined : Number((value * unit).toPrecision(12)))

export function parseNetworkModels(text: string, file = 'network-models.csv'): readonly NetworkModel[] {
  const rows = parseRows(text, file, Row, record => {
    const input = textCell(record, 'input')
    return {
      id: textCell(record, 'id'), aliases: listCell(record, 'aliases'), family: textCell(record, 'family'), task: textCell(record, 'task'), input, parameters: times(numberCell(record, 'parametersMillion'), 1e6), flops: times(numberCell(record, 'gflop'), 1e9), activations: times(numberCell(record, 'activationsMillion'), 1e6),
      reference: referenceOf(textCell(record, 'reference') ?? '', input), layers: numberCell(record, 'layers'), hidden: numberCell(record, 'hidden'), heads: numberCell(record, 'heads'), intermediate: numberCell(record, 'intermediate'),
      decoderLayers: numberCell(record, 'decoderLayers'), vocab: numberCell(record, 'vocab'), patch: numberCell(record, 'patch'), note: textCell(record, 'note'), ...provenanceCells(record),
    }
  })
  refuseDuplicates(rows.flatMap(row => [row.id, ...row.aliases]), file, name => name.toLowerCase())
  return rows
}

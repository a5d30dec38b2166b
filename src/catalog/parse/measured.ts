import {parseCsv, type CsvRecord} from '../csv.ts'
import {RigorError} from '../../errors.ts'
import {nearestNames} from '../../text/nearest.ts'
import {echo} from '../../text/safe.ts'

/** The columns of a file of published measurements, in order. */
export const MEASUREMENT_COLUMNS = [
  'id', 'kind', 'model', 'params_b', 'phase', 'framework', 'accelerator', 'accelerators', 'nodes', 'interconnect', 'precision', 'tp', 'pp', 'dp', 'ep', 'cp',
  'micro_batch', 'global_batch', 'concurrency', 'input_len', 'output_len', 'seq_len', 'dataset', 'tokens', 'metric', 'value', 'unit', 'scope', 'date', 'source', 'notes',
] as const

/** One published figure. What the source does not state is `undefined` (a number) or empty (a text). */
export interface Measurement {
  readonly id: string
  /** As the file says it, e.g. `llm_inference`. */
  readonly kind: string
  readonly model: string
  readonly parametersBillion: number | undefined
  readonly phase: string
  readonly framework: string
  readonly accelerator: string
  /** Chips or cards in the measured system. */
  readonly accelerators: number | undefined
  readonly nodes: number | undefined
  readonly interconnect: string
  readonly precision: string
  readonly tp: number | undefined
  readonly pp: number | undefined
  readonly dp: number | undefined
  readonly ep: number | undefined
  readonly cp: number | undefined
  readonly microBatch: number | undefined
  readonly globalBatch: number | undefined
  readonly concurrency: number | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly sequenceLength: number | undefined
  readonly dataset: string
  readonly tokens: number | undefined
  readonly metric: string
  /** `undefined` = withheld: the row can be predicted and not scored. */
  readonly value: number | undefined
  readonly unit: string
  /** What the value covers: system, per_accelerator, per_request, … */
  readonly scope: string
  readonly date: string
  /** Id of `data/sources.csv` in bundled files, free text in a user's. */
  readonly source: string
  readonly notes: string
}

/** An empty cell, and a column that the file does not have, are `undefined`. */
const textOf = ({cells}: CsvRecord, column: string): string | undefined => (cells[column] === '' ? undefined : cells[column])

function numberOf(record: CsvRecord, column: string): number | undefined {
  const text = textOf(record, column)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) throw new RigorError('BAD_MEASUREMENT', `${record.file}:${record.line} — "${text}" in column "${column}" is not a number.`)
  return value
}

/** Without these columns a file is no table of measurements. */
const REQUIRED = ['id', 'kind', 'model', 'accelerator', 'metric', 'value', 'unit'] as const

/** Refuses a file that is no table of measurements. */
export function checkMeasurementColumns(header: readonly string[], file: string): void {
  const missing = REQUIRED.find(column => !header.includes(column))
  if (missing === undefined) return
  const near = nearestNames(missing, header.filter(column => !MEASUREMENT_COLUMNS.some(known => known === column)), 1)[0]
  throw new RigorError('BAD_MEASUREMENT', `${file} — there is no column "${missing}".`, {
    hint: `${near === undefined ? '' : `Is "${echo(near, 60)}" meant to be it? `}The first line must name the columns: ${MEASUREMENT_COLUMNS.join(', ')}.`,
  })
}

/** `data/measured/*.csv` and any file with the same columns → measurements, in the order of the file. */
export function parseMeasurements(text: string, file: string): readonly Measurement[] {
  const records = parseCsv(text, file)
  checkMeasurementColumns(Object.keys(records[0]?.cells ?? {}), file)
  return records.map(measurementOf)
}

/** One line of such a file. */
export function measurementOf(record: CsvRecord): Measurement {
  const textIn = (column: string): string => textOf(record, column) ?? ''
  const numberIn = (column: string): number | undefined => numberOf(record, column)
  return {
    id: textIn('id'),
    kind: textIn('kind'),
    model: textIn('model'),
    parametersBillion: numberIn('params_b'),
    phase: textIn('phase'),
    framework: textIn('framework'),
    accelerator: textIn('accelerator'),
    accelerators: numberIn('accelerators'),
    nodes: numberIn('nodes'),
    interconnect: textIn('interconnect'),
    precision: textIn('precision'),
    tp: numberIn('tp'),
    pp: numberIn('pp'),
    dp: numberIn('dp'),
    ep: numberIn('ep'),
    cp: numberIn('cp'),
    microBatch: numberIn('micro_batch'),
    globalBatch: numberIn('global_batch'),
    concurrency: numberIn('concurrency'),
    inputTokens: numberIn('input_len'),
    outputTokens: numberIn('output_len'),
    sequenceLength: numberIn('seq_len'),
    dataset: textIn('dataset'),
    tokens: numberIn('tokens'),
    metric: textIn('metric'),
    value: numberIn('value'),
    unit: textIn('unit'),
    scope: textIn('scope'),
    date: textIn('date'),
    source: textIn('source'),
    notes: textIn('notes'),
  }
}

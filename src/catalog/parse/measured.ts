import {parseCsv, type CsvRecord} from '../csv.ts'
import {numberCell, textCell} from './rows.ts'
import {RigorError} from '../../errors.ts'

/** The columns of a file of published measurements, in order. */
export const MEASUREMENT_COLUMNS = [
  'id', 'kind', 'model', 'params_b', 'phase', 'framework', 'accelerator', 'accelerators', 'nodes', 'interconnect', 'precision', 'tp', 'pp', 'dp', 'ep', 'cp',
  'micro_batch', 'global_batch', 'concurrency', 'input_len', 'output_len', 'seq_len', 'dataset', 'tokens', 'metric', 'value', 'unit', 'scope', 'date', 'source', 'notes',
] as const

/** One published figure. An empty cell of the file is `undefined`: the source does not state it. */
export interface Measurement {
  readonly id: string
  /** As the file says it, e.g. `llm_inference`. */
  readonly kind: string
  readonly model: string
  readonly parametersBillion: number | undefined
  readonly phase: string
  readonly framework: string | undefined
  readonly accelerator: string
  /** Chips or cards in the measured system. */
  readonly accelerators: number | undefined
  readonly nodes: number | undefined
  readonly interconnect: string | undefined
  readonly precision: string | undefined
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
  readonly dataset: string | undefined
  readonly tokens: number | undefined
  readonly metric: string
  readonly value: number
  readonly unit: string
  /** What the value covers: system, per_accelerator, per_request, … */
  readonly scope: string
  readonly date: string | undefined
  /** Id of `data/sources.csv` in bundled files, free text in a user's. */
  readonly source: string | undefined
  readonly notes: string | undefined
}

function required(record: CsvRecord, column: string): string {
  const text = textCell(record, column)
  if (text === undefined) throw new RigorError('BAD_MEASUREMENT', `${record.file}:${record.line} — "${column}" is empty.`, {hint: `The columns are ${MEASUREMENT_COLUMNS.join(', ')}.`})
  return text
}

/** `data/measured/*.csv` and any file with the same columns → measurements, in the order of the file. */
export function parseMeasurements(text: string, file: string): readonly Measurement[] {
  return parseCsv(text, file).map(record => {
    const value = numberCell(record, 'value')
    if (value === undefined) throw new RigorError('BAD_MEASUREMENT', `${file}:${record.line} — "value" is empty.`)
    return {
      id: required(record, 'id'),
      kind: required(record, 'kind'),
      model: required(record, 'model'),
      parametersBillion: numberCell(record, 'params_b'),
      phase: textCell(record, 'phase') ?? '',
      framework: textCell(record, 'framework'),
      accelerator: textCell(record, 'accelerator') ?? '',
      accelerators: numberCell(record, 'accelerators'),
      nodes: numberCell(record, 'nodes'),
      interconnect: textCell(record, 'interconnect'),
      precision: textCell(record, 'precision'),
      tp: numberCell(record, 'tp'),
      pp: numberCell(record, 'pp'),
      dp: numberCell(record, 'dp'),
      ep: numberCell(record, 'ep'),
      cp: numberCell(record, 'cp'),
      microBatch: numberCell(record, 'micro_batch'),
      globalBatch: numberCell(record, 'global_batch'),
      concurrency: numberCell(record, 'concurrency'),
      inputTokens: numberCell(record, 'input_len'),
      outputTokens: numberCell(record, 'output_len'),
      sequenceLength: numberCell(record, 'seq_len'),
      dataset: textCell(record, 'dataset'),
      tokens: numberCell(record, 'tokens'),
      metric: required(record, 'metric'),
      value,
      unit: textCell(record, 'unit') ?? '',
      scope: textCell(record, 'scope') ?? '',
      date: textCell(record, 'date'),
      source: textCell(record, 'source'),
      notes: textCell(record, 'notes'),
    }
  })
}

import {parseCsvLoosely, type LooseRecord} from '../catalog/csv.ts'
import {checkMeasurementColumns, MEASUREMENT_COLUMNS, measurementOf} from '../catalog/parse/measured.ts'
import {RigorError} from '../errors.ts'
import {didYouMean} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {settingOf, type Setting} from './setting.ts'

/** One row of a file of measured results, with what a prediction may see of it (`setting`) apart from the rest. */
export interface ResultRow {
  readonly id: string
  /** The file without its ending: what is counted by topic. */
  readonly topic: string
  readonly line: number
  readonly metric: string
  readonly unit: string
  /** `undefined` = withheld: predicted, not scored. */
  readonly measured: number | undefined
  /** Id of data/sources.csv in the bundled files, else what the row says. */
  readonly source: string
  readonly setting: Setting
  /** Why the row cannot be used, whatever it measured. */
  readonly problem: string | undefined
}

export interface ResultFile {
  readonly rows: readonly ResultRow[]
  /** Things about the file that its owner should hear. */
  readonly remarks: readonly string[]
}

/** Larger is a slip of the pen, and might keep an estimator busy for hours. */
const LARGEST: Readonly<Record<string, number>> = {
  params_b: 1e5, accelerators: 1e7, nodes: 1e7, tp: 1e5, pp: 1e5, dp: 1e7, ep: 1e5, cp: 1e5, micro_batch: 1e9, global_batch: 1e9, concurrency: 1e7,
  input_len: 1e8, output_len: 1e8, seq_len: 1e9, tokens: 1e17, value: 1e30,
}
/** None of it is nothing to measure. (Zero experts in parallel is how some write "not cut"; zero accelerators is a processor alone.) */
const ABOVE_ZERO: ReadonlySet<string> = new Set(['params_b', 'nodes', 'tp', 'pp', 'dp', 'cp', 'micro_batch', 'global_batch', 'concurrency', 'input_len', 'output_len', 'seq_len', 'tokens'])
/** Nobody has half of one. Concurrency may be a mean over time, and lengths one over requests. */
const WHOLE: ReadonlySet<string> = new Set(['accelerators', 'nodes', 'tp', 'pp', 'dp', 'ep', 'cp', 'micro_batch', 'global_batch'])
const LONGEST_CELL = 2000
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
// oxlint-disable-next-line no-control-regex -- these are the very characters that no table of results needs
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

/** Rows of any file with the columns of data/measured, each once, in order. A row that cannot be read has its problem; only a file that is no table of results is an error. */
export function readResults(text: string, file: string): ResultFile {
  const shown = echo(file, 300)
  const {header, records} = parseCsvLoosely(text)
  if (header.length === 0) throw new RigorError('BAD_MEASUREMENT', `${shown} is empty.`, {hint: `The first line must name the columns: ${MEASUREMENT_COLUMNS.join(', ')}.`})
  checkMeasurementColumns(header, shown)
  const topic = file.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, '')
  return {rows: records.map(record => rowOf(record, topic)), remarks: unreadColumns(header)}
}

/** A column that nothing reads may be a misspelt one, and then a setting is missing. */
function unreadColumns(header: readonly string[]): readonly string[] {
  const known: readonly string[] = MEASUREMENT_COLUMNS
  const absent = known.filter(column => !header.includes(column))
  return header.flatMap(column => {
    const near = known.includes(column) ? undefined : didYouMean(column, absent, 1)
    return near === undefined ? [] : [`Column "${echo(column, 60)}" is not read: ${near}`]
  })
}

function rowOf({line, cells, problem}: LooseRecord, topic: string): ResultRow {
  const found = problem ?? problemOf(cells)
  // Cells that are no numbers are left out: the row is not predicted, only listed.
  const readable = found === undefined ? cells : Object.fromEntries(Object.entries(cells).filter(([column]) => LARGEST[column] === undefined))
  const measurement = measurementOf({file: topic, line, cells: readable})
  const value = cells['value']?.trim() ?? ''
  const measured = DECIMAL.test(value) && Number.isFinite(Number(value)) ? Number(value) : undefined
  return {id: measurement.id, topic, line, metric: measurement.metric, unit: measurement.unit, measured, source: measurement.source, setting: settingOf(measurement), problem: found}
}

function problemOf(cells: Readonly<Record<string, string>>): string | undefined {
  for (const column of MEASUREMENT_COLUMNS) {
    const cell = cells[column] ?? ''
    if (cell.length > LONGEST_CELL) return `${column} is longer than ${LONGEST_CELL} characters`
    if (CONTROL.test(cell)) return `${column} holds control characters`
    const largest = LARGEST[column]
    if (largest === undefined || cell === '') continue
    if (!DECIMAL.test(cell.trim())) return `${column} "${echo(cell, 30)}" is not a number`
    const value = Number(cell)
    if (!(Math.abs(value) <= largest)) return `${column} ${echo(cell, 30)} is beyond anything measured`
    if (value < 0) return `${column} ${echo(cell, 30)} is negative`
    if (WHOLE.has(column) && !Number.isInteger(value)) return `${column} ${echo(cell, 30)} is not a whole number`
    if (value === 0 && ABOVE_ZERO.has(column)) return `${column} is 0`
  }
  if ((cells['kind'] ?? '').trim() === '') return 'the kind of work is not stated'
  if ((cells['metric'] ?? '').trim() === '') return 'what was measured is not stated'
  const value = cells['value'] ?? ''
  if (value === '') return undefined
  if (cells['metric'] === 'fits') return Number(value) === 0 || Number(value) === 1 ? undefined : 'whether it fits is 1 or 0'
  return Number(value) > 0 ? undefined : 'no relative error is defined for a measured 0'
}

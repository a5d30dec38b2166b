import type * as z from 'zod'
import {RigorError} from '../../errors.ts'
import {parseCsv, type CsvRecord} from '../csv.ts'

const place = (record: CsvRecord): string => `${record.file}:${record.line}`

/** The cell as written; a column that is not there is an error, an empty cell is `undefined`. */
export function textCell(record: CsvRecord, column: string): string | undefined {
  const cell = record.cells[column]
  if (cell === undefined) throw new RigorError('BAD_CATALOG', `${place(record)} — there is no column "${column}".`)
  return cell === '' ? undefined : cell
}

export function numberCell(record: CsvRecord, column: string): number | undefined {
  const text = textCell(record, column)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) throw new RigorError('BAD_CATALOG', `${place(record)} — "${text}" in column "${column}" is not a number.`)
  return value
}

/** `a|b|c` → ['a', 'b', 'c']; empty → []. */
export function listCell(record: CsvRecord, column: string): string[] {
  return textCell(record, column)?.split('|') ?? []
}

/** `yes` or `no`. */
export function flagCell(record: CsvRecord, column: string): boolean {
  const text = textCell(record, column)
  if (text !== 'yes' && text !== 'no') throw new RigorError('BAD_CATALOG', `${place(record)} — "${text ?? ''}" in column "${column}" is neither yes nor no.`)
  return text === 'yes'
}

/** The columns every fact carries. */
export function provenanceCells(record: CsvRecord): {sourceId: string | undefined; asOf: string | undefined; standing: string | undefined} {
  return {sourceId: textCell(record, 'sourceId'), asOf: textCell(record, 'asOf'), standing: textCell(record, 'standing')}
}

/** Reads a file row by row through a schema; keys whose value is `undefined` are absent in the result. A bad row names file, line and field. */
export function parseRows<T>(text: string, file: string, schema: z.ZodType<T>, shape: (record: CsvRecord) => Record<string, unknown>): readonly T[] {
  return parseCsv(text, file).map(record => {
    const value = Object.fromEntries(Object.entries(shape(record)).filter(([, field]) => field !== undefined))
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new RigorError('BAD_CATALOG', `${place(record)} — ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as the schema says'}.`)
  })
}

/** Two rows with one key are an error of the file. */
export function refuseDuplicates<T>(rows: readonly T[], file: string, keyOf: (row: T) => string): readonly T[] {
  const seen = new Set<string>()
  for (const row of rows) {
    const key = keyOf(row)
    if (seen.has(key)) throw new RigorError('BAD_CATALOG', `${file} — "${key}" stands in it twice.`)
    seen.add(key)
  }
  return rows
}

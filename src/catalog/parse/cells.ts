import {RigorError} from '../../errors.ts'
import type {CsvRecord} from '../csv.ts'

function bad(record: CsvRecord, column: string, expected: string): RigorError {
  const value = record.cells[column]
  const said = value === undefined ? `the column "${column}" is missing` : `${column} "${value}" is not ${expected}`
  return new RigorError('BAD_CATALOG', `${record.file}:${record.line} — ${said}.`, {hint: 'Correct the row, or see `rigor catalog verify`.'})
}

/** The cell as text; empty is an error. */
export function requiredText(record: CsvRecord, column: string): string {
  const value = record.cells[column]
  if (value === undefined || value === '') throw bad(record, column, 'given')
  return value
}

export function optionalText(record: CsvRecord, column: string): string | undefined {
  return record.cells[column] || undefined
}

export function requiredNumber(record: CsvRecord, column: string): number {
  const value = optionalNumber(record, column)
  if (value === undefined) throw bad(record, column, 'a number')
  return value
}

/** A finite number, at least 0; an empty cell is unknown. */
export function optionalNumber(record: CsvRecord, column: string): number | undefined {
  const text = record.cells[column]
  if (text === undefined) throw bad(record, column, 'given')
  if (text === '') return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw bad(record, column, 'a number of at least 0')
  return value
}

/** The number times a unit factor, rounded to 15 digits so that 3.35 TB/s is 3.35e12 and not 3349999999999.9995. */
export function scaled(record: CsvRecord, column: string, factor: number): number | undefined {
  const value = optionalNumber(record, column)
  return value === undefined ? undefined : Number((value * factor).toPrecision(15))
}

export function yesNo(record: CsvRecord, column: string): boolean {
  const text = record.cells[column]
  if (text !== 'yes' && text !== 'no') throw bad(record, column, 'yes or no')
  return text === 'yes'
}

export function oneOf<T extends string>(record: CsvRecord, column: string, choices: readonly T[]): T {
  const text = record.cells[column] as T
  if (!choices.includes(text)) throw bad(record, column, `one of ${choices.join(', ')}`)
  return text
}

export function isoDate(record: CsvRecord, column = 'asOf'): string {
  const text = record.cells[column]
  if (text === undefined || !/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text))) throw bad(record, column, 'a date like 2026-11-20')
  return text
}

/** `{a: undefined, b: 1}` → `{b: 1}`: absent, not undefined. */
export function compact<T extends object>(value: {[K in keyof T]: T[K] | undefined}): T {
  for (const key of Object.keys(value) as (keyof T)[]) if (value[key] === undefined) delete value[key]
  return value as T
}

export const STANDINGS = ['read', 'recalled', 'derived', 'modelled'] as const

/** `sourceId`, `asOf` and `standing`, which close every row. */
export function provenanceOf(record: CsvRecord): {sourceId: string; asOf: string; standing: (typeof STANDINGS)[number]} {
  return {sourceId: requiredText(record, 'sourceId'), asOf: isoDate(record), standing: oneOf(record, 'standing', STANDINGS)}
}

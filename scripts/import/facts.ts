import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {parseCsv, type CsvRecord} from '../../src/catalog/csv.ts'

/** Facts that were found beside the raw ones, with the source of each: they are part of the project, so that the import writes them again. */
export const FOUND = join(import.meta.dirname, 'found')

export function readFacts(from: string, file: string): readonly CsvRecord[] {
  return parseCsv(readFileSync(join(from, file), 'utf8'), file)
}

/** The cell as a number; an empty cell is unknown. Anything else that is no number is an error of the facts. */
export function numberOf(record: CsvRecord, column: string): number | undefined {
  const text = record.cells[column]!
  if (text === '') return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) throw new Error(`${record.file}:${record.line} — ${column} "${text}" is not a number`)
  return value
}

/** Facts dated by a year or a month only are as old as they can be: "2026" → 2026-01-01, "2026-04" → 2026-04-01. */
export function dateOf(record: CsvRecord, column = 'as_of'): string {
  const match = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(record.cells[column]!)
  if (match === null) throw new Error(`${record.file}:${record.line} — ${column} "${record.cells[column]}" is not a date`)
  return `${match[1]}-${match[2] ?? '01'}-${match[3] ?? '01'}`
}

/** Shell glob with `*`, `?`, `[abc]` and `[!abc]`. */
export function globToRegExp(pattern: string): RegExp {
  let source = ''
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!
    const close = character === '[' ? pattern.indexOf(']', index) : -1
    if (character === '*') source += '.*'
    else if (character === '?') source += '.'
    else if (close > 0) {
      const inside = pattern.slice(index + 1, close)
      source += inside.startsWith('!') ? `[^${inside.slice(1)}]` : `[${inside}]`
      index = close
    } else source += character.replace(/[.+^${}()|[\]\\]/, '\\$&')
  }
  return new RegExp(`^${source}$`)
}

/** Every key of a fixed map must be known: an unmapped label is an error of the import, never a guess. */
export function mapped<T>(record: CsvRecord, column: string, map: Readonly<Record<string, T>>): T {
  const label = record.cells[column]!
  if (!Object.hasOwn(map, label)) throw new Error(`${record.file}:${record.line} — ${column} "${label}" is not mapped`)
  return map[label]!
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

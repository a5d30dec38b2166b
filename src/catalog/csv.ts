import {RigorError} from '../errors.ts'

/** One line of a CSV file, its cells by column name. `line` is where it starts in the file, counted from 1. */
export interface CsvRecord {
  readonly file: string
  readonly line: number
  readonly cells: Readonly<Record<string, string>>
}

export type CsvCell = string | number | boolean | undefined

/**
 * Reads CSV after RFC 4180 (quoted cells, doubled quotes, line breaks inside quotes; LF or CRLF). The first row names the columns.
 * Blank lines are skipped. A row with too many or too few cells is an error that names file and line.
 */
export function parseCsv(text: string, file: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  let header: readonly string[] | undefined
  for (const {line, cells, problem} of csvRows(text)) {
    if (problem !== undefined) throw new RigorError('BAD_CATALOG', `${file}:${line} — ${problem}.`)
    if (cells.length === 1 && cells[0] === '') continue
    if (header === undefined) {
      header = cells
      continue
    }
    if (cells.length !== header.length) {
      throw new RigorError('BAD_CATALOG', `${file}:${line} — ${cells.length} cells, but the header names ${header.length} columns.`, {
        hint: 'Quote cells that hold a comma.',
      })
    }
    const named: Record<string, string> = Object.create(null)
    for (let column = 0; column < header.length; column++) named[header[column]!] = cells[column]!
    records.push({file, line, cells: named})
  }
  if (header === undefined) throw new RigorError('BAD_CATALOG', `${file}:1 — the file is empty; the first line must name the columns.`)
  return records
}

/** One line of somebody's file, as far as it could be read; `problem` says what is wrong with it. */
export interface LooseRecord {
  readonly line: number
  readonly cells: Readonly<Record<string, string>>
  readonly problem: string | undefined
}

/** As `parseCsv`, for files that others wrote: a broken line is one record with its problem, and the next line starts afresh. */
export function parseCsvLoosely(text: string): {readonly header: readonly string[]; readonly records: readonly LooseRecord[]} {
  const records: LooseRecord[] = []
  let header: readonly string[] | undefined
  for (const {line, cells, problem} of csvRows(text)) {
    if (cells.length === 1 && cells[0] === '' && problem === undefined) continue
    if (header === undefined) {
      header = cells
      continue
    }
    const named: Record<string, string> = Object.create(null)
    for (const [column, name] of header.entries()) named[name] = cells[column] ?? ''
    const count = cells.length === header.length ? undefined : `${cells.length} cells, but the header names ${header.length} columns`
    records.push({line, cells: named, problem: problem ?? count})
  }
  return {header: header ?? [], records}
}

interface CsvRow {
  readonly line: number
  readonly cells: string[]
  readonly problem?: string
}

function* csvRows(text: string): Generator<CsvRow> {
  let position = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  while (position < text.length) {
    const startLine = line
    const start = position
    const cells: string[] = []
    let problem: string | undefined
    for (;;) {
      if (text[position] === '"') {
        let cell = ''
        let from = position + 1
        for (;;) {
          const quote = text.indexOf('"', from)
          if (quote < 0) {
            problem = 'a quoted cell is never closed'
            break
          }
          cell += text.slice(from, quote)
          if (text[quote + 1] === '"') {
            cell += '"'
            from = quote + 2
            continue
          }
          position = quote + 1
          break
        }
        if (problem !== undefined) break
        for (const character of cell) if (character === '\n') line++
        cells.push(cell)
      } else {
        const from = position
        while (position < text.length && text[position] !== ',' && text[position] !== '\n' && text[position] !== '\r') position++
        cells.push(text.slice(from, position))
      }
      if (text[position] === ',') {
        position++
        continue
      }
      if (text[position] === '\r') position++
      if (position >= text.length || text[position] === '\n') {
        position++
        line++
        break
      }
      problem = 'text after a closing quote'
      break
    }
    if (problem !== undefined) {
      // The next line may be sound, even where a stray quote has run past it.
      const end = text.indexOf('\n', start)
      position = end < 0 ? text.length : end + 1
      line = startLine + 1
    }
    yield problem === undefined ? {line: startLine, cells} : {line: startLine, cells, problem}
  }
}

/** Writes CSV after RFC 4180 with LF line ends; `undefined` becomes an empty cell. */
export function writeCsv(header: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  const lines = [header.map(writeCell).join(',')]
  for (const row of rows) lines.push(row.map(writeCell).join(','))
  return `${lines.join('\n')}\n`
}

function writeCell(cell: CsvCell): string {
  const text = cell === undefined ? '' : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

import {echo} from '../text/safe.ts'
import {columnLines, displayWidth, fitColumns, paint, wrap, type Column, type Line} from './layout.ts'

export type {Column} from './layout.ts'

/** A list as people see it: a table at the terminal's width, and below it what was left out and how it is sorted. */
export interface ListView<Row> {
  readonly columns: readonly Column<Row>[]
  /** The rows to show, sorted. */
  readonly rows: readonly Row[]
  /** How many there are with those not shown. */
  readonly total: number
  /** Plural: "offers". */
  readonly noun: string
  /** "by price". */
  readonly sorted: string
  /** Said after the count: what lifts the limit, what was set aside. */
  readonly notes?: readonly string[]
  readonly width: number
  readonly color: boolean
}

export function renderList<Row>(view: ListView<Row>): string {
  const {columns, rows, total, noun, sorted, width, color} = view
  const lines: Line[] = []
  if (rows.length > 0) {
    const {header, body} = columnLines(fitColumns(columns, rows, width), rows)
    lines.push(...header, ...body, [])
  }
  const count = rows.length < total ? `${rows.length} of ${total} ${noun}` : `${total} ${noun}`
  const said = [rows.length === 0 ? `No ${noun}.` : `${count}, sorted ${sorted}.`, ...(view.notes ?? [])].join(' ')
  lines.push(...wrap([{text: said, style: 'dim'}], width))
  return paint(lines, color)
}

/** One line of a page of facts; absent values are left out. */
export type Fact = readonly [label: string, value: string | number | undefined | null]

/** Facts about one thing, labels in a column. */
export function renderFacts(title: string, facts: readonly Fact[], width: number, color: boolean): string {
  // Values are made safe where they are broken into lines; a label stands before them as it is.
  const present = facts.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([label, value]) => [echo(label), value] as const)
  const widest = Math.max(0, ...present.map(([label]) => displayWidth(label)))
  const lines: Line[] = [...wrap([{text: title, style: 'bold'}], width)]
  for (const [label, value] of present) lines.push(...wrap(String(value), width, {first: `  ${label}${' '.repeat(widest - displayWidth(label))}  `}))
  return paint(lines, color)
}

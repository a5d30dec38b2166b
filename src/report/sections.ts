import {type Column, columnLines, cut, displayWidth, fitColumns, type Line, type Rich, wrap} from './layout.ts'

/** Where text begins that stands beside a label. */
export const LABEL_COLUMNS = 12
/** Below this labels stand above their text. */
export const BESIDE = 60

/** Sections with an empty line between them; empty ones vanish. */
export function joinSections(sections: readonly Line[][]): Line[] {
  const lines: Line[] = []
  for (const section of sections) {
    if (section.length === 0) continue
    if (lines.length > 0) lines.push([])
    lines.push(...section)
  }
  return lines
}

/** Text beside its label, or below it where the terminal is narrow. */
export function labelled(label: string, text: Rich, width: number, {hanging = 0, lines}: {hanging?: number; lines?: number | undefined} = {}): Line[] {
  const beside = width >= BESIDE
  const indent = beside ? LABEL_COLUMNS : 2
  const body = wrap(text, width, {first: ' '.repeat(indent), rest: ' '.repeat(indent + hanging), ...(lines === undefined ? {} : {lines})})
  const [first, ...rest] = body
  if (label === '' || first === undefined) return body
  if (!beside) return [[{text: cut(label, width), style: 'bold'}], ...body]
  return [[{text: label, style: 'bold'}, {text: ' '.repeat(indent - label.length)}, ...first.slice(1)], ...rest]
}

/** A label, then one entry per line, all in one column; further lines of an entry hang by `hanging` columns. */
export function entries(label: string, texts: readonly Rich[], width: number, hanging = 0): Line[] {
  return texts.flatMap((text, index) => labelled(index === 0 ? label : '', text, width, {hanging}))
}

/** A command to copy: broken only between its words, and then with the shell's own continuation. */
export function commandLines(label: string, words: readonly string[], width: number): Line[] {
  const indent = width >= BESIDE ? LABEL_COLUMNS : 2
  const room = width - indent - 2
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && displayWidth(longer) > room) {
      lines.push(line)
      line = `  ${word}`
    } else line = longer
  }
  lines.push(line)
  const printed: Line[] = lines.map((text, index) => [
    {text: index === 0 && indent > label.length ? label : '', style: 'bold'},
    {text: ' '.repeat(index === 0 && indent > label.length ? indent - label.length : indent)},
    {text: `${cutKeepingSpace(text, room)}${index < lines.length - 1 ? ' \\' : ''}`},
  ])
  return indent > label.length ? printed : [[{text: label, style: 'bold'}], ...printed]
}

const cutKeepingSpace = (text: string, width: number): string => {
  const lead = /^ */.exec(text)?.[0] ?? ''
  return lead + cut(text.slice(lead.length), width - lead.length)
}


export const tableIndent = (width: number): number => (width >= BESIDE ? LABEL_COLUMNS + 2 : 2)

/** A table below a label: indented as the text beside the label is, or by `indent`. */
export function indented<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number, {header: withHeader = false, indent = tableIndent(width)} = {}): Line[] {
  if (rows.length === 0) return []
  const {header, body} = columnLines(fitColumns(columns, rows, width - indent), rows)
  return [...(withHeader ? header : []), ...body].map(line => [{text: ' '.repeat(indent)}, ...line])
}

import {styleText} from 'node:util'
import {echoBlock} from '../text/safe.ts'

/** Colours that read on dark and on light grounds; none of them ever says what the words do not say as well. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan' | 'magenta'

export interface Span {
  readonly text: string
  readonly style?: Style | undefined
}

/** Text with styles, not yet broken into lines. */
export type Rich = string | readonly Span[]

/** One line, as wide as it will print. */
export type Line = readonly Span[]

/** Below this nothing can be laid out; a narrower terminal gets lines of this width. */
export const NARROWEST = 24

/** Does not break; prints as an ordinary space. */
export const GLUE = '\u00a0'

/** Most text: nothing to escape, one column per character. */
const PLAIN = /^[ -~]*$/
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const EMOJI = /^\p{Emoji_Presentation}$/u

/** East Asian wide and full-width ranges (Unicode 16, EastAsianWidth.txt W and F, joined where only unassigned points lie between). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x2329, 0x232a], [0x2630, 0x2637], [0x268a, 0x268f], [0x2e80, 0x303e], [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4dc0, 0xa4cf], [0xa960, 0xa97c],
  [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe10, 0xfe19], [0xfe30, 0xfe6f], [0xff01, 0xff60], [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff], [0x1aff0, 0x1b2ff], [0x1d300, 0x1d376], [0x1f200, 0x1f265], [0x1f300, 0x1faff], [0x20000, 0x3fffd],
]

function characterWidth(character: string): number {
  const point = character.codePointAt(0) ?? 0
  // Latin, general punctuation, arrows, mathematical signs, boxes and blocks: all that rigor itself prints.
  if (point < 0x300 || (point >= 0x2010 && point <= 0x2027) || (point >= 0x2190 && point <= 0x22ff) || (point >= 0x2500 && point <= 0x25fc) || point === 0x2717) return 1
  // A variation selector may turn the character before it into a wide picture: counted here, so that no line comes out too long.
  if (point === 0xfe0f) return 1
  if (ZERO_WIDTH.test(character)) return 0
  if (WIDE.some(([first, last]) => point >= first && point <= last) || EMOJI.test(character)) return 2
  return 1
}

/** Columns a terminal needs at most for `text`. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** Text from the document made printable: controls escaped, white space of any length one space. */
function printable(text: string): string {
  return PLAIN.test(text) && !text.includes('  ') ? text : echoBlock(text).replaceAll(/[ \t\n]+/g, ' ')
}

/** Figures stay with their units: "41 USD", "±20 %". */
export function glue(text: string): string {
  return text
    .replaceAll(/(?<=\d) (?=(?:%|[A-Z]{3}|h|min|d|days?|months?|kWh|GiB|GB|k?W|m?s|accelerators?)(?![\w]))/g, GLUE)
    .replaceAll(/(?<=[×≤±]) (?=\d)/g, GLUE)
}

/** As much of `text` as fits, the last column an ellipsis if something was cut. */
export function cut(text: string, width: number): string {
  const shown = printable(text)
  if (displayWidth(shown) <= width) return shown
  let kept = ''
  let left = width - 1
  for (const character of shown) {
    left -= characterWidth(character)
    if (left < 0) break
    kept += character
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`
}

/** Pads to `width` columns; what is longer is cut. */
export function fit(text: string, width: number, align: 'left' | 'right'): string {
  const shown = cut(text, width)
  const padding = ' '.repeat(Math.max(0, width - displayWidth(shown)))
  return align === 'right' ? padding + shown : shown + padding
}

interface Word {
  readonly text: string
  readonly style: Style | undefined
  /** No space before it: the previous span ended without one. */
  readonly joined: boolean
}

function wordsOf(rich: Rich): Word[] {
  const words: Word[] = []
  let spaceBefore = true
  for (const span of typeof rich === 'string' ? [{text: rich}] : rich) {
    const text = glue(printable(span.text))
    if (text.startsWith(' ')) spaceBefore = true
    for (const piece of text.split(' ')) {
      if (piece === '') continue
      words.push({text: piece, style: 'style' in span ? span.style : undefined, joined: !spaceBefore})
      spaceBefore = true
    }
    spaceBefore = text === '' ? spaceBefore : text.endsWith(' ')
  }
  return words
}

/** Breaks a word that is longer than a whole line. */
function pieces(word: Word, width: number): Word[] {
  if (displayWidth(word.text) <= width) return [word]
  const broken: Word[] = []
  let piece = ''
  let used = 0
  for (const character of word.text) {
    const wide = characterWidth(character)
    if (used + wide > width && piece !== '') {
      broken.push({text: piece, style: word.style, joined: broken.length === 0 ? word.joined : true})
      piece = ''
      used = 0
    }
    piece += character
    used += wide
  }
  broken.push({text: piece, style: word.style, joined: broken.length === 0 ? word.joined : true})
  return broken
}

export interface WrapOptions {
  /** Before the first line, printed as it is. */
  readonly first?: string
  /** Before every further line. */
  readonly rest?: string
  /** No more lines than this; the last then ends in an ellipsis (and `more`, if given). */
  readonly lines?: number
  readonly more?: string
}

/** Breaks text into lines of at most `width` columns, between words where that is possible. */
export function wrap(rich: Rich, width: number, options: WrapOptions = {}): Line[] {
  const rest = options.rest ?? ' '.repeat(displayWidth(options.first ?? ''))
  const room = (line: number): number => Math.max(1, width - displayWidth(line === 0 ? (options.first ?? '') : rest))
  const narrowest = Math.min(room(0), room(1))
  const lines: Word[][] = []
  let line: Word[] = []
  let used = 0
  for (const word of wordsOf(rich).flatMap(whole => pieces(whole, narrowest))) {
    const needed = displayWidth(word.text) + (word.joined || line.length === 0 ? 0 : 1)
    if (line.length > 0 && used + needed > room(lines.length)) {
      lines.push(line)
      line = []
      used = 0
    }
    used += displayWidth(word.text) + (word.joined || line.length === 0 ? 0 : 1)
    line.push(word)
  }
  if (line.length > 0) lines.push(line)
  const shown = options.lines === undefined ? lines : lines.slice(0, options.lines)
  const cutShort = shown.length < lines.length
  return shown.map((words, index) => {
    const spans: Span[] = []
    const prefix = index === 0 ? (options.first ?? '') : rest
    if (prefix !== '') spans.push({text: prefix})
    const kept = cutShort && index === shown.length - 1 ? shorten(words, room(index), ` … ${options.more ?? ''}`.trimEnd()) : words
    for (const {text, style, joined} of joinWords(kept)) spans.push({text: joined ? text : ` ${text}`, style})
    return spans
  })
}

/** Neighbours of one style as one; the first needs no space before it. */
function joinWords(words: readonly Word[]): Word[] {
  const runs: Word[] = []
  for (const word of words) {
    const last = runs.at(-1)
    if (last !== undefined && last.style === word.style) runs[runs.length - 1] = {...last, text: `${last.text}${word.joined ? '' : ' '}${word.text}`}
    else runs.push({...word, joined: word.joined || runs.length === 0})
  }
  return runs
}

/** Takes words off the end until `ending` fits behind them. */
function shorten(words: readonly Word[], width: number, ending: string): Word[] {
  const kept = [...words]
  const length = (): number => kept.reduce((sum, word, index) => sum + displayWidth(word.text) + (word.joined || index === 0 ? 0 : 1), 0)
  while (kept.length > 0 && length() + displayWidth(ending) > width) kept.pop()
  return [...kept, {text: cut(kept.length === 0 ? ending.trimStart() : ending, width), style: undefined, joined: true}]
}

/** What reaches the terminal: styles as SGR codes if wanted, no space at a line's end, one line feed after each line. */
export function paint(lines: readonly Line[], color: boolean): string {
  return lines.map(line => `${paintLine(line, color)}\n`).join('')
}

function paintLine(line: Line, color: boolean): string {
  const last = line.findLastIndex(span => span.text.trim() !== '')
  return line
    .slice(0, last + 1)
    .map((span, index) => {
      const text = (index === last ? span.text.trimEnd() : span.text).replaceAll(GLUE, ' ')
      if (!color || span.style === undefined || text === '') return text
      const lead = /^ */.exec(text)?.[0] ?? ''
      return lead + styleText(span.style, text.slice(lead.length), {validateStream: false})
    })
    .join('')
}

export interface Column<Row> {
  /** Header; breaks into several lines at its spaces. */
  readonly title: string
  readonly align: 'left' | 'right'
  /** 0 = always there; else the columns with the smallest number come first as room grows. */
  readonly priority: number
  /** Cell text that fits `width` columns if it can; called with Infinity to learn what the cell would like. */
  cell(row: Row, width: number): string
  /** A column that gives way: it is never narrower than this, unless all else is gone. Others are as wide as their content. */
  readonly shrinksTo?: number
  /** No wider than this, whatever it holds. */
  readonly widest?: number
  /** Columns between it and the one before; 2 if not said. */
  readonly gap?: number
  style?(row: Row): Style | undefined
}

const GAP = 2
const HEADER_LINES = 3

interface Fitted<Row> {
  readonly column: Column<Row>
  readonly width: number
  /** Space that sets it apart from the column before. */
  readonly before: string
}

/** The narrowest width that shows a title in full: its longest word, or more where it would need too many lines. */
function titleWidth(title: string): number {
  let width = Math.max(...title.split(' ').map(displayWidth))
  while (wrap(title, Math.max(1, width)).length > HEADER_LINES) width++
  return width
}

function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  let width = 0
  for (const row of rows) width = Math.max(width, displayWidth(printable(column.cell(row, Infinity))))
  return Math.max(Math.min(width, column.widest ?? Infinity), titleWidth(column.title))
}

/** Chooses the columns that fit, by priority, and gives the flexible ones what is left. */
export function fitColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Fitted<Row>[] {
  const natural = new Map(columns.map(column => [column, naturalWidth(column, rows)]))
  const least = (column: Column<Row>): number => Math.min(natural.get(column) ?? 0, Math.max(column.shrinksTo ?? Infinity, titleWidth(column.title)))
  const gap = (column: Column<Row>): number => (column === columns[0] ? 0 : (column.gap ?? GAP))
  const chosen = new Set<Column<Row>>()
  let used = 0
  for (const column of columns.toSorted((a, b) => a.priority - b.priority)) {
    if (used + gap(column) + least(column) > width && chosen.size > 0) continue
    chosen.add(column)
    used += gap(column) + least(column)
  }
  let spare = Math.max(0, width - used)
  const fitted: Fitted<Row>[] = []
  for (const column of columns) {
    if (!chosen.has(column)) continue
    const extra = Math.min(spare, (natural.get(column) ?? 0) - least(column))
    spare -= extra
    fitted.push({column, width: Math.min(least(column) + extra, width), before: ' '.repeat(gap(column))})
  }
  return fitted
}

function headerLines<Row>(fitted: readonly Fitted<Row>[]): Line[] {
  const titles = fitted.map(({column, width}) => wrap(column.title, width, {lines: HEADER_LINES}).map(line => line.map(span => span.text).join('')))
  const height = Math.max(...titles.map(lines => lines.length))
  return Array.from({length: height}, (_, at) => [
    {text: fitted.map(({column, width, before}, index) => before + fit(titles[index]?.[at - height + (titles[index]?.length ?? 0)] ?? '', width, column.align)).join(''), style: 'dim' as const},
  ])
}

/** Header and one line per row. */
export function columnLines<Row>(fitted: readonly Fitted<Row>[], rows: readonly Row[]): {header: Line[]; body: Line[]} {
  return {
    header: headerLines(fitted),
    body: rows.map(row =>
      fitted.map(({column, width, before}) => ({
        text: `${before}${fit(column.cell(row, width), width, column.align)}`,
        style: column.style?.(row),
      })),
    ),
  }
}

/**
 * Text that came from outside (a file, a feed, an argument) may hold bytes that steer a terminal or letters that
 * turn its reading direction around. Whatever rigor prints of it goes through `echo` first.
 */

const NAMED: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'}

/** C0 and C1 controls, DEL, line and paragraph separators, bidi marks, embeddings, overrides and isolates, zero-width and tag characters, BOM, lone surrogates. */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- these are the very characters to take out
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

function escape(character: string): string {
  return NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** One line of text from outside, safe to print: what steers a terminal is written as `\u{1b}`, and no more than `longest` characters are kept. */
export function echo(text: string, longest = 120): string {
  const points = text.length > longest * 2 ? text.slice(0, longest * 2) : text
  const characters = [...points]
  const kept = characters.length > longest || points.length < text.length ? `${characters.slice(0, longest).join('')}…` : points
  return kept.replaceAll(UNSAFE, escape)
}

/** As `echo`, for text of several lines: line feeds and tabs stay. Nothing is cut. */
export function echoBlock(text: string): string {
  return text.replaceAll(UNSAFE, (character) => (character === '\n' || character === '\t' ? character : escape(character)))
}

/** Every text inside a JSON-like value made safe, keys included; for a spec that is shown back to its writer. */
export function echoDeep(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return echo(value, 500)
  if (Array.isArray(value)) return depth > 50 ? [] : value.map((entry) => echoDeep(entry, depth + 1))
  if (value !== null && typeof value === 'object') {
    return depth > 50 ? {} : Object.fromEntries(Object.entries(value).map(([key, entry]) => [echo(key), echoDeep(entry, depth + 1)]))
  }
  return value
}

/** A value as an error shows it: texts and numbers themselves, the rest by its sort. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${echo(value, 60)}"`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return 'a list'
  return value !== null && typeof value === 'object' ? 'a mapping' : 'nothing'
}

import fs from 'node:fs'
import path from 'node:path'
import {ERROR_GROUPS, type ErrorMeaning} from './error-meanings.ts'
import {MADE, markdownTable} from './markdown.ts'

/** One place in src/ that throws. */
interface Place {
  readonly code: string
  readonly file: string
  /** As printed, with … for what is filled in; absent where it is not written at that place. */
  readonly message: string | undefined
}

/** A code that is put together at run time, and what it may come to. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  'UNKNOWN_${what.toUpperCase()}': ['UNKNOWN_PROVIDER', 'UNKNOWN_REGION', 'UNKNOWN_MACHINE', 'UNKNOWN_COUNTRY'],
}

/** docs/errors.md: every code of src/, in what words it is printed, what it means and what to do. */
export function errorsPage(root: string): string {
  const places = placesOf(root)
  checkMeanings(places)
  const sections = ERROR_GROUPS.map(({title, codes}) => `## ${title}\n\n${Object.entries(codes).map(([code, meaning]) => section(code, meaning, places)).join('\n\n')}`)
  return `${MADE}

# Errors

Every error that rigor throws on purpose has a stable code. On stderr:

    Error: what happened, with the value and where it came from
    Code: THE_CODE
    Try this: what to do next

With \`--json\`, on stdout: \`{"error": {"code", "message", "hint"}}\`; \`hint\` is \`null\` where there is none.

${markdownTable(['exit', 'means'], EXITS)}

All codes below end with exit 2, unless they say otherwise. A refused target is no error: it stands in the plan with its reason.

${sections.join('\n\n')}

## Codes of the operating system

${markdownTable(['code', 'the file or folder …'], systemCodes(root).map(([code, text]) => [`\`${code}\``, text]))}

These end with exit 2, too. Others are reported as \`BUG\`.
`
}

const EXITS: readonly (readonly string[])[] = [
  ['0', 'done; advice not to buy or rent is a result, too'],
  ['1', 'a check failed (`rigor catalog verify`, `rigor doctor`)'],
  ['2', 'bad input or usage'],
  ['3', 'nothing feasible: the full plan is printed, with the nearest way out'],
  ['4', 'another machine is not there, or does not answer'],
  ['6', 'not permitted: another or an unknown host key, a login that is refused'],
  ['70', 'a bug in rigor'],
]

function section(code: string, {means, remedy}: ErrorMeaning, places: readonly Place[]): string {
  const own = places.filter((place) => place.code === code)
  const messages = [...new Set(own.flatMap(({message}) => (message === undefined ? [] : [message])))].slice(0, 3)
  const files = [...new Set(own.map(({file}) => `\`src/${file}\``))].sort()
  const said = messages.length === 0 ? '' : `\n\n${messages.map((message) => `    ${message}`).join('\n')}`
  return `### ${code}\n\n${means}\n**To do:** ${remedy}${said}\n\nIn ${files.join(', ')}.`
}

function checkMeanings(places: readonly Place[]): void {
  const thrown = new Set(places.map(({code}) => code))
  const explained = new Set(ERROR_GROUPS.flatMap(({codes}) => Object.keys(codes)))
  const missing = [...thrown].filter((code) => !explained.has(code))
  const gone = [...explained].filter((code) => !thrown.has(code))
  if (missing.length > 0) throw new Error(`scripts/docs/error-meanings.ts does not explain ${missing.sort().join(', ')}`)
  if (gone.length > 0) throw new Error(`scripts/docs/error-meanings.ts explains ${gone.sort().join(', ')}, which nothing throws`)
}

/** Every mention of a code in src/: thrown, handed to a function that throws, or kept under `code:`. */
function placesOf(root: string): readonly Place[] {
  const folder = path.join(root, 'src')
  const files = fs.globSync('**/*.ts', {cwd: folder}).map((file) => file.split(path.sep).join('/')).sort()
  return files.flatMap((file) => placesIn(file, fs.readFileSync(path.join(folder, file), 'utf8')))
}

const WORD = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*'
const THROWN = /\bnew RigorError\(\s*/g
const HANDED_ON = new RegExp(`(?:\\b(?:usage|refuse|JsonSyntax)\\(\\s*|[{,]\\s*code: )'(${WORD})'`, 'g')

function placesIn(file: string, source: string): readonly Place[] {
  const places: Place[] = []
  for (const match of source.matchAll(THROWN)) {
    const [first = '', second = ''] = argumentsAt(source, match.index + match[0].length)
    const message = textOf(second)
    const written = textOf(first, '')
    const composed = COMPOSED[first.slice(1, -1)]
    if (composed !== undefined) places.push(...composed.map((code) => ({code, file, message})))
    else if (written !== undefined && new RegExp(`^${WORD}$`).test(written)) places.push({code: written, file, message})
    // Anything else is a code that was decided on elsewhere, and is found there.
  }
  for (const match of source.matchAll(HANDED_ON)) if (match[1] !== undefined) places.push({code: match[1], file, message: undefined})
  return places
}

/** The arguments of a call whose opening bracket ends at `from`, as source text. */
function argumentsAt(source: string, from: number): readonly string[] {
  const found: string[] = []
  let depth = 0
  let start = from
  for (let at = from; at < source.length; at++) {
    const character = source[at] ?? ''
    if (character === "'" || character === '"' || character === '`') at = endOfText(source, at)
    else if ('([{'.includes(character)) depth++
    else if (character === ',' && depth === 0) {
      found.push(source.slice(start, at).trim())
      start = at + 1
    } else if (')]}'.includes(character) && depth-- === 0) return [...found, source.slice(start, at).trim()]
  }
  return found
}

/** Index of the quote that closes the one at `open`; what stands in `${…}` may hold texts of its own. */
function endOfText(source: string, open: number): number {
  const quote = source[open]
  for (let at = open + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === quote) return at
    else if (quote === '`' && source.startsWith('${', at)) at = endOfHole(source, at + 2)
  }
  return source.length
}

/** Index of the bracket that closes a `${` whose content begins at `from`. */
function endOfHole(source: string, from: number): number {
  let depth = 0
  for (let at = from; at < source.length; at++) {
    const character = source[at] ?? ''
    if (character === "'" || character === '"' || character === '`') at = endOfText(source, at)
    else if (character === '{') depth++
    else if (character === '}' && depth-- === 0) return at
  }
  return source.length
}

/** The text of a literal, with `hole` for each `${…}`; `undefined` where the source is no single literal. */
function textOf(literal: string, hole = '…'): string | undefined {
  const quote = literal[0]
  if ((quote !== "'" && quote !== '`' && quote !== '"') || endOfText(literal, 0) !== literal.length - 1) return undefined
  let text = ''
  for (let at = 1; at < literal.length - 1; at++) {
    if (literal[at] === '\\') text += literal[++at] ?? ''
    else if (quote === '`' && literal.startsWith('${', at)) {
      at = endOfHole(literal, at + 2)
      text += hole
    } else text += literal[at]
  }
  return text
}

/** The codes of Node that src/main.ts puts into words. */
function systemCodes(root: string): readonly (readonly [string, string])[] {
  const source = fs.readFileSync(path.join(root, 'src', 'main.ts'), 'utf8')
  const table = /SYSTEM_MESSAGES[^=]*= \{([^}]*)\}/.exec(source)?.[1]
  const codes = [...(table ?? '').matchAll(/(E[A-Z]+): '([^']*)'/g)].map((match) => [match[1] ?? '', match[2] ?? ''] as const)
  if (codes.length === 0) throw new Error('src/main.ts has no SYSTEM_MESSAGES any more')
  return codes
}

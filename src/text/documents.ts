import {isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, visit, type Document} from 'yaml'
import {RigorError} from '../errors.ts'
import {DEEPEST, jsonError, JsonSyntax, lineOf, readJson} from './json.ts'
import {echo} from './safe.ts'

/** Largest file that is read at all, in characters. */
export const LONGEST_TEXT = 10_000_000
const MOST_DOCUMENTS = 10_000
const MOST_ANCHORS = 1000
/** Nodes that the aliases of one document may unfold into. */
const MOST_ALIASES = 100

/** One document of a YAML or JSON text, with the way back from a value to its line. */
export interface LocatedDocument {
  readonly value: unknown
  /** `file:line` of the value at a path, or of the nearest one above it. */
  locate(path: readonly PropertyKey[]): string
}

type YamlDocument = Document.Parsed

/**
 * Text → documents. YAML 1.2 (core schema: no tags that make objects, dates stay text) or JSON. Keys that stand twice,
 * aliases that unfold without end, nesting beyond all use and texts over 10 MB are refused before they cost anything.
 */
export function readDocuments(text: string, file: string): readonly LocatedDocument[] {
  const shown = echo(file, 300)
  if (text.length > LONGEST_TEXT) {
    throw new RigorError('TOO_LARGE', `${shown} is larger than 10 MB.`, {hint: 'Split it into several files; rigor estimate --batch reads JSON lines of any length.'})
  }
  const first = /[^\s\ufeff]/.exec(text)?.[0]
  if (first === undefined) throw new RigorError('EMPTY_FILE', `${shown} is empty.`, {hint: 'See examples/chat-70b.yaml, or start with: rigor kinds show llm-inference --example'})
  if (text.includes('\0')) throw new RigorError('BAD_YAML', `${shown}:${lineOf(text, text.indexOf('\0'))} — the file holds NUL bytes.`, {hint: 'Save it as UTF-8 text.'})
  if (first === '{' || first === '[') {
    try {
      return [fromJson(text, shown)]
    } catch (error) {
      if (!(error instanceof JsonSyntax)) throw error
      // A YAML file may begin with a flow mapping; what is called .json, or is JSON but for one rule, is reported as JSON.
      if (error.code !== 'BAD_JSON' || /\.jsonl?$/i.test(file)) throw jsonError(error, shown, text)
    }
  }
  return fromYaml(text, shown)
}

function fromJson(text: string, file: string): LocatedDocument {
  const {value} = readJson(text)
  return {
    value,
    locate(path) {
      // Read again only when something is wrong: the offset of the deepest value on the way to `path`.
      let offset = 0
      let depth = -1
      readJson(text, (at, start) => {
        if (at.length > depth && at.length <= path.length && at.every((step, index) => step === path[index])) {
          depth = at.length
          offset = start
        }
      })
      return `${file}:${lineOf(text, offset)}`
    },
  }
}

/** Refuses, in one pass over the characters, what would keep the YAML parser busy for minutes. */
function guard(text: string, file: string): void {
  const refuse = (code: string, message: string, offset: number, hint: string): never => {
    throw new RigorError(code, `${file}:${lineOf(text, offset)} — ${message}.`, {hint})
  }
  const indents: number[] = []
  let [brackets, anchors, documents] = [0, 0, 1]
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    let at = start
    while (at < end && text[at] === ' ') at++
    if (at < end && text[at] !== '#') {
      while ((indents.at(-1) ?? -1) >= at - start) indents.pop()
      indents.push(at - start)
      if (text.startsWith('---', start)) {
        indents.length = brackets = 0
        if (++documents > MOST_DOCUMENTS) refuse('TOO_MANY_DOCUMENTS', `more than ${MOST_DOCUMENTS} documents`, start, 'Split the file.')
      }
      // "- - - a" and "? ? ? a" nest as deep as they are long.
      let run = 0
      for (let cursor = at; cursor < end && /[-?:]/.test(text[cursor] ?? '') && /[\s-]/.test(text[cursor + 1] ?? ' '); cursor++) {
        run++
        while (text[cursor + 1] === ' ') cursor++
        if (text.startsWith('---', cursor)) break
      }
      if (indents.length + run > DEEPEST) refuse('TOO_DEEP', `nested more than ${DEEPEST} levels deep`, start, 'No spec needs more than a few levels.')
      for (let cursor = at; cursor < end; cursor++) {
        const code = text.charCodeAt(cursor)
        if (code === 91 || code === 123) brackets++
        else if ((code === 93 || code === 125) && brackets > 0) brackets--
        else if (code === 38 && ++anchors > MOST_ANCHORS) refuse('TOO_MANY_ALIASES', `more than ${MOST_ANCHORS} anchors`, cursor, 'Write the values out.')
        if (brackets > DEEPEST) refuse('TOO_DEEP', `nested more than ${DEEPEST} levels deep`, cursor, 'No spec needs more than a few levels.')
      }
    }
    start = end + 1
  }
}

function fromYaml(text: string, file: string): readonly LocatedDocument[] {
  guard(text, file)
  const lines = new LineCounter()
  // Duplicate keys are looked for below: the library compares every key with every other.
  const parsed = parseAllDocuments(text, {schema: 'core', strict: true, stringKeys: true, uniqueKeys: false, prettyErrors: false, lineCounter: lines, logLevel: 'silent'})
  const at = (offset: number): string => `${file}:${Math.max(1, lines.linePos(offset).line)}`
  const documents: LocatedDocument[] = []
  for (const document of [...parsed] as readonly YamlDocument[]) {
    const problem = document.errors[0] ?? document.warnings[0]
    if (problem !== undefined) {
      throw new RigorError('BAD_YAML', `${at(problem.pos[0])} — ${echo(problem.message, 200)}.`.replace(/\.\.$/, '.'), {
        hint: problem.code === 'TAB_AS_INDENT' ? 'Indent with spaces.' : 'Check the YAML at that line: indentation, quotes, colons.',
      })
    }
    checkKeys(document, at)
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue
    documents.push({value: toValue(document, at), locate: (path) => at(offsetOf(document, path))})
  }
  if (documents.length === 0) throw new RigorError('EMPTY_FILE', `${file} holds no document.`, {hint: 'See examples/chat-70b.yaml, or start with: rigor kinds show llm-inference --example'})
  return documents
}

function checkKeys(document: YamlDocument, at: (offset: number) => string): void {
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>()
      for (const pair of map.items) {
        const key = String(isScalar(pair.key) ? pair.key.value : pair.key)
        const offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? 0
        if (!isScalar(pair.key)) throw new RigorError('BAD_YAML', `${at(offset)} — a key has to be plain text.`, {hint: 'Quote it, or check for a stray "?", "*" or bracket.'})
        if (key === '<<') throw new RigorError('BAD_YAML', `${at(offset)} — merge keys ("<<") are not read.`, {hint: 'Write the fields out.'})
        if (seen.has(key)) throw new RigorError('DUPLICATE_KEY', `${at(offset)} — "${echo(key, 60)}" stands twice.`, {hint: 'Keep one of the two.'})
        seen.add(key)
      }
    },
  })
}

function toValue(document: YamlDocument, at: (offset: number) => string): unknown {
  try {
    const value: unknown = document.toJS({maxAliasCount: MOST_ALIASES})
    checkPlain(value, at(document.range[0]))
    return value
  } catch (cause) {
    if (cause instanceof ReferenceError) {
      const unresolved = /Unresolved alias[^:]*: (\S+)/.exec(cause.message)?.[1]
      if (unresolved !== undefined) throw new RigorError('BAD_YAML', `${at(document.range[0])} — "*${echo(unresolved, 60)}" refers to no anchor above it.`, {hint: 'Quote a text that begins with "*".', cause})
      throw new RigorError('TOO_MANY_ALIASES', `${at(document.range[0])} — the aliases ("*name") unfold into too much.`, {hint: 'Write the values out.', cause})
    }
    if (cause instanceof RangeError) throw new RigorError('TOO_DEEP', `${at(document.range[0])} — nested too deep.`, {hint: 'No spec needs more than a few levels.', cause})
    throw cause
  }
}

/** Only what JSON has, and no value inside itself (an alias may point at what holds it). Shared parts are looked at once. */
function checkPlain(root: unknown, where: string): void {
  const above = new Set<object>()
  const done = new Set<object>()
  const look = (value: unknown): void => {
    if (value === null || typeof value !== 'object' || done.has(value)) return
    if (above.has(value)) throw new RigorError('TOO_MANY_ALIASES', `${where} — an alias ("*name") stands inside its own anchor.`, {hint: 'Write the values out.'})
    const plain: unknown = Object.getPrototypeOf(value)
    if (plain !== Object.prototype && !Array.isArray(value)) throw new RigorError('BAD_YAML', `${where} — only plain values are read, no tagged ones ("!!binary" and the like).`, {hint: 'Remove the tag.'})
    above.add(value)
    for (const entry of Object.values(value)) look(entry)
    above.delete(value)
    done.add(value)
  }
  look(root)
}

/** Where the value at a path starts; the key's place where it has one, the nearest node above where the path ends early. */
function offsetOf(document: YamlDocument, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step))
      if (pair === undefined) return offset
      offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset
    } else return offset
  }
  return offset
}

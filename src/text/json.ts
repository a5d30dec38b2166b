import {RigorError} from '../errors.ts'
import {echo} from './safe.ts'

/** Deepest nesting of any file: a spec has five levels. */
export const DEEPEST = 100

interface Reader {
  readonly value: unknown
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\r\n]*/y
const PLAIN_STRING = /"[^"\\\u0000-\u001f]*"/y // oxlint-disable-line no-control-regex -- JSON forbids raw controls in texts

export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** Offset and reason of the first thing that is wrong. */
export class JsonSyntax extends Error {
  readonly offset: number
  readonly code: 'BAD_JSON' | 'DUPLICATE_KEY' | 'TOO_DEEP'
  constructor(code: JsonSyntax['code'], message: string, offset: number) {
    super(message)
    this.code = code
    this.offset = offset
  }
}

/**
 * JSON as RFC 8259 has it, strictly: a key that stands twice is an error (JSON.parse keeps the last), nesting is
 * bounded, and `__proto__` is a key like any other. `visit` is told where each value starts.
 */
export function readJson(text: string, visit?: (path: readonly (string | number)[], offset: number) => void): Reader {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const path: (string | number)[] = []

  const skip = (): void => {
    SPACE.lastIndex = at
    SPACE.test(text)
    at = SPACE.lastIndex
  }
  const fail = (what: string): never => {
    throw new JsonSyntax('BAD_JSON', at >= text.length ? `${what}, but the text ends` : `${what}, not "${echo(text.slice(at, at + 12))}"`, at)
  }
  const readText = (): string => {
    PLAIN_STRING.lastIndex = at
    if (PLAIN_STRING.test(text)) {
      const plain = text.slice(at + 1, PLAIN_STRING.lastIndex - 1)
      at = PLAIN_STRING.lastIndex
      return plain
    }
    let end = at + 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    if (end >= text.length) fail('expected a closing quote')
    try {
      const parsed: unknown = JSON.parse(text.slice(at, end + 1))
      at = end + 1
      return String(parsed)
    } catch {
      return fail('expected a text without bad escapes or raw control characters')
    }
  }
  const read = (depth: number): unknown => {
    if (depth > DEEPEST) throw new JsonSyntax('TOO_DEEP', `nested more than ${DEEPEST} levels deep`, at)
    visit?.(path, at)
    switch (text[at]) {
      case '{': {
        const object: Record<string, unknown> = {}
        at++
        skip()
        if (text[at] === '}') {
          at++
          return object
        }
        for (;;) {
          if (text[at] !== '"') fail('expected a key in double quotes')
          const keyAt = at
          const key = readText()
          if (Object.hasOwn(object, key)) throw new JsonSyntax('DUPLICATE_KEY', `"${echo(key, 60)}" stands twice`, keyAt)
          skip()
          if (text[at] !== ':') fail('expected ":"')
          at++
          skip()
          path.push(key)
          const value = read(depth + 1)
          path.pop()
          if (key === '__proto__') Object.defineProperty(object, key, {value, enumerable: true, configurable: true, writable: true})
          else object[key] = value
          skip()
          if (text[at] === ',') {
            at++
            skip()
          } else if (text[at] === '}') {
            at++
            return object
          } else fail('expected "," or "}"')
        }
      }
      case '[': {
        const list: unknown[] = []
        at++
        skip()
        if (text[at] === ']') {
          at++
          return list
        }
        for (;;) {
          path.push(list.length)
          list.push(read(depth + 1))
          path.pop()
          skip()
          if (text[at] === ',') {
            at++
            skip()
          } else if (text[at] === ']') {
            at++
            return list
          } else fail('expected "," or "]"')
        }
      }
      case '"':
        return readText()
      default: {
        for (const [name, value] of [['true', true], ['false', false], ['null', null]] as const) {
          if (text.startsWith(name, at)) {
            at += name.length
            return value
          }
        }
        NUMBER.lastIndex = at
        if (!NUMBER.test(text)) fail('expected a value')
        const number = Number(text.slice(at, NUMBER.lastIndex))
        if (!Number.isFinite(number)) fail('expected a number of ordinary size')
        at = NUMBER.lastIndex
        return number
      }
    }
  }

  skip()
  const value = read(1)
  skip()
  if (at < text.length) fail('expected the end')
  return {value}
}

/** One line of a JSON-lines file, or a whole JSON text: the value, or a RigorError that names the place. */
export function parseJson(text: string, where: string): unknown {
  try {
    return readJson(text).value
  } catch (error) {
    if (!(error instanceof JsonSyntax)) throw error
    throw jsonError(error, where, text)
  }
}

export function jsonError(error: JsonSyntax, file: string, text: string): RigorError {
  return new RigorError(error.code, `${file}:${lineOf(text, error.offset)} — ${error.message}.`, {
    hint: error.code === 'DUPLICATE_KEY' ? 'Keep one of the two.' : error.code === 'TOO_DEEP' ? 'No spec needs more than a few levels.' : 'Check the JSON at that place.',
  })
}

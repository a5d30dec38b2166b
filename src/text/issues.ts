import type * as z from 'zod'
import {RigorError} from '../errors.ts'
import {didYouMean} from './nearest.ts'
import {echo, shown} from './safe.ts'

/** What zod found wrong with a value, as sentences that name the field, the value and what was expected. */

type Schema = z.core.$ZodType
type Def = z.core.$ZodTypeDef & Record<string, unknown>

const defOf = (schema: Schema): Def => schema._zod.def as unknown as Def

/** Takes wrappers off until something with a shape of its own is left: objects, lists, records, leaves; a union gives all its members. */
function unwrap(schema: Schema, depth = 0): readonly Schema[] {
  if (depth > 30) return []
  const def = defOf(schema)
  switch (def.type) {
    case 'optional': case 'nullable': case 'default': case 'prefault': case 'readonly': case 'catch': case 'nonoptional':
      return unwrap(def.innerType as Schema, depth + 1)
    case 'pipe': {
      const into = def.in as Schema
      return unwrap(defOf(into).type === 'transform' ? (def.out as Schema) : into, depth + 1)
    }
    case 'custom':
      // A part that is built later: workload/fields.ts.
      return def.inner === undefined ? [schema] : unwrap((def.inner as () => Schema)(), depth + 1)
    case 'lazy':
      return unwrap((def.getter as () => Schema)(), depth + 1)
    case 'union':
      return (def.options as readonly Schema[]).flatMap((option) => unwrap(option, depth + 1))
    case 'intersection':
      return [...unwrap(def.left as Schema, depth + 1), ...unwrap(def.right as Schema, depth + 1)]
    default:
      return [schema]
  }
}

const shapeOf = (schema: Schema): Readonly<Record<string, Schema>> => defOf(schema).shape as Readonly<Record<string, Schema>>

/** The schemas that a path leads to (several where a union stands on the way). */
export function schemasAt(schema: Schema, path: readonly PropertyKey[]): readonly Schema[] {
  let current = unwrap(schema)
  for (const step of path) {
    current = current.flatMap((each) => {
      const def = defOf(each)
      if (def.type === 'object') {
        const shape = shapeOf(each)
        const field = Object.hasOwn(shape, step) ? shape[step as string] : undefined
        return field === undefined ? [] : unwrap(field)
      }
      if (def.type === 'array') return unwrap(def.element as Schema)
      if (def.type === 'record') return unwrap(def.valueType as Schema)
      return []
    })
  }
  return current
}

/** The field names that may stand at a path. */
export function fieldNamesAt(schema: Schema, path: readonly PropertyKey[]): readonly string[] {
  return [...new Set(schemasAt(schema, path).flatMap((each) => (defOf(each).type === 'object' ? Object.keys(shapeOf(each)) : [])))]
}

/** Every dotted path that leads to a leaf: for "did you mean" on flags, and for completion. */
export function leafPaths(schema: Schema, prefix: readonly string[] = []): readonly string[] {
  if (prefix.length > 6) return []
  return unwrap(schema).flatMap((each) => {
    if (defOf(each).type !== 'object') return prefix.length > 0 ? [prefix.join('.')] : []
    return Object.entries(shapeOf(each)).flatMap(([key, field]) => leafPaths(field, [...prefix, key]))
  })
}

export type JsonType = 'string' | 'number' | 'boolean' | 'array' | 'object' | 'null'

/** The JSON types that are taken at a path. */
export function jsonTypesAt(schema: Schema, path: readonly PropertyKey[]): ReadonlySet<JsonType> {
  const types = new Set<JsonType>()
  for (const each of schemasAt(schema, path)) {
    const def = defOf(each)
    switch (def.type) {
      case 'custom': for (const type of statedTypes(def)) types.add(type); break
      case 'string': case 'enum': case 'template_literal': types.add('string'); break
      case 'number': case 'int': types.add('number'); break
      case 'boolean': types.add('boolean'); break
      case 'array': case 'tuple': case 'set': types.add('array'); break
      case 'object': case 'record': case 'map': types.add('object'); break
      case 'null': types.add('null'); break
      case 'literal':
        for (const value of def.values as readonly unknown[]) {
          const type = value === null ? 'null' : typeof value
          if (type === 'string' || type === 'number' || type === 'boolean' || type === 'null') types.add(type)
        }
        break
      default: for (const type of ALL_TYPES) types.add(type)
    }
  }
  return types
}

const ALL_TYPES: readonly JsonType[] = ['string', 'number', 'boolean', 'array', 'object']

/** What a field that reads its value by itself (workload/fields.ts) says of it in JSON Schema. */
function statedTypes({json}: Def): readonly JsonType[] {
  const {type, anyOf} = (json ?? {}) as {readonly type?: JsonType; readonly anyOf?: readonly {readonly type: JsonType}[]}
  return anyOf?.map((each) => each.type) ?? (type === undefined ? ALL_TYPES : [type])
}

/** Fields with a default that `value` leaves out, as dotted path and default. Objects that are left out whole count by their own fields. */
export function defaultsTaken(schema: Schema, value: unknown, prefix: readonly string[] = []): readonly {readonly field: string; readonly value: unknown}[] {
  if (prefix.length > 6) return []
  const given = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
  return unwrap(schema).flatMap((each) => {
    if (defOf(each).type !== 'object') return []
    return Object.entries(shapeOf(each)).flatMap(([key, field]) => {
      const path = [...prefix, key]
      if (Object.hasOwn(given, key) && given[key] !== undefined) return defaultsTaken(field, given[key], path)
      const def = defOf(field)
      if (def.type !== 'default' && def.type !== 'prefault') return []
      const inner = unwrap(field)
      if (inner.some((option) => defOf(option).type === 'object')) return defaultsTaken(field, {}, path)
      return [{field: path.join('.'), value: def.defaultValue}]
    })
  })
}

/** One thing wrong, ready for people. */
export interface Finding {
  readonly code: 'UNKNOWN_FIELD' | 'MISSING_FIELD' | 'BAD_FIELD'
  readonly path: readonly PropertyKey[]
  /** A sentence without its full stop, which does not name the place. */
  readonly message: string
  readonly hint?: string
}

export const dotted = (path: readonly PropertyKey[]): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${echo(String(step), 60)}`)).join('')

type Issue = z.core.$ZodIssue

/** A complaint about the value as a whole: another type, another word. */
const atRoot = (issue: Issue): boolean => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union')

/** Of the members of a union, the one that came furthest: the fewest complaints about the value as a whole. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const rank = (issues: readonly Issue[]): number => {
    const shallow = issues.filter(atRoot).length
    return shallow * 100 + issues.length
  }
  return branches.length === 0 ? undefined : [...branches].sort((a, b) => rank(a) - rank(b))[0]
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, step) => (at !== null && typeof at === 'object' && Object.hasOwn(at, step) ? (at as Record<PropertyKey, unknown>)[step] : undefined), value)

const SORTS: Readonly<Record<string, string>> = {int: 'a whole number', number: 'a number', string: 'text', boolean: 'true or false', array: 'a list', object: 'a mapping', record: 'a mapping'}

/** What is wrong with a value that is there. A schema's own words stay; zod's, which name neither the value nor anything a reader knows, are put into ours. */
function sentenceOf(issue: Issue, value: unknown): string {
  if (!/^(?:Invalid (?:input|option): |Too (?:small|big): )/.test(issue.message)) return issue.message
  if (issue.code === 'invalid_type' && SORTS[issue.expected] !== undefined) return `${shown(value)} is not ${SORTS[issue.expected]!}`
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const near = typeof value === 'string' ? didYouMean(value, values, 1) : undefined
    return `${shown(value)} is ${values.length === 1 ? `not ${values[0]!}` : values.length === 2 ? `neither ${values[0]!} nor ${values[1]!}` : `none of ${values.join(', ')}`}${near === undefined ? '' : ` — ${near}`}`
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const [bound, closed, open] = issue.code === 'too_small' ? [issue.minimum, 'at least', 'more than'] : [issue.maximum, 'at most', 'less than']
    const expected = `expected ${issue.inclusive === false ? open : closed} ${String(bound)}`
    if (typeof value === 'number') return `${value} is out of range: ${expected}`
    if (Array.isArray(value)) return `${value.length === 1 ? '1 entry' : `${value.length} entries`}: ${expected}`
  }
  return issue.message.replace(/^Invalid input: /, '')
}

/** What was expected, taken from a message of the form "… is not X: expected Y". */
const expectedIn = (message: string): string | undefined => /expected (.+)$/.exec(message)?.[1]?.replace(/, received undefined$/, '')

/**
 * zod's issues as findings: members of unions are looked into, unknown keys get "did you mean", what is absent is
 * called missing. `value` is what was parsed, `what` names it: "a workload of kind generic".
 */
export function findings(issues: readonly Issue[], schema: Schema, value: unknown, what: string, base: readonly PropertyKey[] = []): readonly Finding[] {
  return issues.flatMap((issue): readonly Finding[] => {
    const path = [...base, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const known = fieldNamesAt(schema, path)
        const hint = didYouMean(key, known) ?? (known.length > 0 && known.length <= 24 ? `known: ${known.join(', ')}` : undefined)
        return {code: 'UNKNOWN_FIELD', path: [...path, key], message: `"${dotted([...path, key])}" is not a field of ${what}`, ...(hint !== undefined && {hint})}
      })
    }
    if (path.length > 0 && issue.code !== 'custom' && valueAt(value, path) === undefined) {
      const expected = expectedIn(issue.message) ?? (/\bis /.test(issue.message) ? issue.message : undefined)
      return [{code: 'MISSING_FIELD', path, message: `"${dotted(path)}" is missing`, ...(expected !== undefined && {hint: `add ${String(path.at(-1))}: ${expected}`})}]
    }
    if (issue.code === 'invalid_union') {
      const branch = likeliest(issue.errors)
      const whole = branch?.some(atRoot) ?? true
      if (!whole && branch !== undefined) return findings(branch, schema, value, what, path)
    }
    if (issue.code === 'invalid_key') {
      const [place, key] = [dotted(path.slice(0, -1)), `"${echo(String(path.at(-1)), 60)}"`]
      return [{code: 'BAD_FIELD', path, message: `${place === '' ? '' : `${place}, `}${key}: ${issue.issues[0]?.message ?? issue.message}`}]
    }
    if (path.length === 0) return [{code: 'BAD_FIELD', path, message: issue.code === 'invalid_type' ? `${issue.message.replace(/^Invalid input: /, '')}: this is not ${what}` : issue.message}]
    return [{code: 'BAD_FIELD', path, message: `${dotted(path)}: ${sentenceOf(issue, valueAt(value, path))}`}]
  })
}

/** The findings as one error: the first decides the code, the rest follow on their own lines (five at most). */
export function findingsError(all: readonly Finding[], locate: (path: readonly PropertyKey[]) => string, more?: string): RigorError {
  const unknown = all.filter((each) => each.code === 'UNKNOWN_FIELD')
  // A mistyped name leaves its field missing: one mistake, told once.
  const rest = all.filter((each) => each.code !== 'UNKNOWN_FIELD' && !(each.code === 'MISSING_FIELD' && unknown.some((other) => other.hint?.includes(`"${String(each.path.at(-1))}"`) === true)))
  const found = [...unknown, ...rest]
  const lines = found.slice(0, 5).map((each) => `${locate(each.path)} — ${each.message}.`)
  if (found.length > 5) lines.push(`… and ${found.length - 5} more.`)
  const hints = [...new Set(found.slice(0, 5).flatMap((each) => (each.hint === undefined ? [] : [each.hint])))]
  const hint = [...hints.slice(0, 3), ...(more === undefined ? [] : [hints.length > 0 ? `(${more})` : more])].join(hints.length > 1 ? '; ' : '  ')
  return new RigorError(found[0]?.code ?? 'BAD_FIELD', lines.join('\n'), hint === '' ? {} : {hint})
}

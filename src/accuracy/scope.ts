import * as z from 'zod'
import {readDocuments} from '../text/documents.ts'
import {findings, findingsError} from '../text/issues.ts'
import {RigorError} from '../errors.ts'
import type {NoteFields} from './notes.ts'
import type {Setting} from './setting.ts'

/** What a field of a setting has to be. */
const Condition = z.union([
  z.array(z.string()).min(1),
  z.strictObject({matches: z.string()}),
  z.strictObject({stated: z.boolean()}),
  z.strictObject({known: z.boolean()}),
], 'expected a list of words, {matches: REGULAR EXPRESSION}, {stated: true | false} or {known: true | false}')
type Condition = z.infer<typeof Condition>

type Field = Exclude<keyof Setting, 'notes'>
const FIELDS: Readonly<Record<Field, true>> = {
  kind: true, model: true, parametersBillion: true, phase: true, framework: true, accelerator: true, accelerators: true, nodes: true, interconnect: true, precision: true,
  tp: true, pp: true, dp: true, ep: true, cp: true, microBatch: true, globalBatch: true, concurrency: true, inputTokens: true, outputTokens: true, sequenceLength: true,
  dataset: true, tokens: true, metric: true, unit: true, scope: true,
}
/** Fields of the notes that a predicate may ask for. */
const NOTE_FIELDS = ['tokensPerStep', 'microBatch', 'accumulation', 'epochs', 'stepsElsewhere'] as const satisfies readonly (keyof NoteFields)[]

const conditions = <Name extends string>(names: readonly Name[]): z.ZodType<Partial<Record<Name, Condition>>> =>
  z.strictObject(Object.fromEntries(names.map(name => [name, Condition.optional()]))) as unknown as z.ZodType<Partial<Record<Name, Condition>>>

const When = z.strictObject({
  ...Object.fromEntries(Object.keys(FIELDS).map(name => [name, Condition.optional()])),
  notes: conditions(NOTE_FIELDS).optional(),
}) as unknown as z.ZodType<Partial<Record<Field, Condition>> & {readonly notes?: Partial<Record<(typeof NOTE_FIELDS)[number], Condition>> | undefined}>

/** data/measured/scope.yaml: which rows no estimate is held against, and why. */
export const ScopeFile = z.strictObject({
  schema: z.literal('rigor.scope/1'),
  /** A row for which every condition of one of these holds is out of scope. */
  outOfScope: z.array(z.strictObject({name: z.string().regex(/^[a-z][a-z-]*$/, 'expected lower-case words joined by dashes'), reason: z.string().min(10), when: When})),
  /** Rows that say something else than they seem to, by id. A bad fit is no reason. */
  excluded: z.array(z.strictObject({ids: z.array(z.string().min(1)).min(1), reason: z.string().min(10)})),
})
export type ScopeFile = z.infer<typeof ScopeFile>

/** What a predicate may ask beside the setting itself (`known`). */
export interface ScopeContext {
  /** Some reader answers for rows of this kind. */
  knowsKind(label: string): boolean
  /** The catalog has a part that the label names. */
  knowsAccelerator(label: string, kind: string): boolean
}

export interface Scope {
  /** Why no estimate is held against results of this setting; `undefined` = it is in scope. */
  outOfScope(setting: Setting): {readonly name: string; readonly reason: string} | undefined
  /** Why a row, by its id, is not used. */
  excluded(id: string): string | undefined
  readonly predicates: readonly {readonly name: string; readonly reason: string}[]
}

export function parseScope(text: string, file: string, context: ScopeContext): Scope {
  const [document] = readDocuments(text, file)
  if (document === undefined) throw new RigorError('BAD_FIELD', `${file} is empty.`)
  const parsed = ScopeFile.safeParse(document.value)
  if (!parsed.success) throw findingsError(findings(parsed.error.issues, ScopeFile, document.value, 'the scope of the accuracy command'), document.locate)
  return createScope(parsed.data, context)
}

export function createScope({outOfScope, excluded}: ScopeFile, context: ScopeContext): Scope {
  const reasons = new Map(excluded.flatMap(({ids, reason}) => ids.map(id => [id, reason])))
  const tests = outOfScope.map(({name, reason, when: {notes = {}, ...fields}}) => {
    const checks: ((setting: Setting) => boolean)[] = []
    for (const [field, condition] of Object.entries(fields) as [Field, Condition | undefined][]) {
      if (condition === undefined) continue
      const known = field === 'kind' ? context.knowsKind : field === 'accelerator' ? context.knowsAccelerator : undefined
      const holds = conditionOf(condition, known, field)
      checks.push(setting => holds(setting[field], setting.kind))
    }
    for (const [field, condition] of Object.entries(notes) as [(typeof NOTE_FIELDS)[number], Condition | undefined][]) {
      if (condition === undefined) continue
      const holds = conditionOf(condition, undefined, `notes.${field}`)
      checks.push(setting => holds(setting.notes[field], setting.kind))
    }
    return {name, reason, holds: (setting: Setting) => checks.length > 0 && checks.every(check => check(setting))}
  })
  return {
    outOfScope: setting => tests.find(({holds}) => holds(setting)),
    excluded: id => reasons.get(id),
    predicates: outOfScope,
  }
}

function conditionOf(condition: Condition, known: ((label: string, kind: string) => boolean) | undefined, field: string): (value: string | number | boolean | undefined, kind: string) => boolean {
  if (Array.isArray(condition)) return value => value !== undefined && condition.includes(String(value))
  if ('matches' in condition) {
    const pattern = expression(condition.matches, field)
    return value => pattern.test(String(value ?? ''))
  }
  if ('stated' in condition) return value => (value !== undefined && value !== '') === condition.stated
  if (known === undefined) throw new RigorError('BAD_FIELD', `"${field}" has no catalog of known words.`, {hint: 'known goes with kind and accelerator.'})
  return (value, kind) => known(String(value ?? ''), kind) === condition.known
}

function expression(source: string, field: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (cause) {
    throw new RigorError('BAD_FIELD', `${field}: "${source}" is not a regular expression.`, {cause})
  }
}

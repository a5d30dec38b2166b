import * as z from 'zod'
import {RigorError} from '../errors.ts'
import {readDocuments, type LocatedDocument} from '../text/documents.ts'
import {dotted, defaultsTaken, findings, findingsError, fieldNamesAt, jsonTypesAt, leafPaths, schemasAt} from '../text/issues.ts'
import {didYouMean, nearestNames} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import type {CommonSpec} from './common.ts'
import type {AnyKind, Assumption} from './contract.ts'

export type Kinds = readonly AnyKind[]

/** A workload that was read: its kind, its parsed spec, and what the reader may be shown of it. */
export interface ReadWorkload {
  readonly kind: AnyKind
  /** Parsed by `kind.spec`. */
  readonly spec: CommonSpec
  /** As written. Goes through `echoDeep` before it is shown. */
  readonly raw: Readonly<Record<string, unknown>>
  /** The workload's own name, or its kind with its place in the file. */
  readonly name: string
  /** Defaults that the schema filled in (what a kind's `demand` assumes comes from there). A function, since batches of thousands never ask. */
  defaulted(): readonly Assumption[]
  /** `file:line` */
  readonly where: string
}

type Locate = (path: readonly PropertyKey[]) => string

const SHOW_SCHEMA = (kind: string): string => `all fields: rigor kinds show ${kind}`

/** Text of a YAML or JSON file → its workloads: several documents, a list, or `workloads:`. */
export function readWorkloads(text: string, {file, kinds}: {readonly file: string; readonly kinds: Kinds}): readonly ReadWorkload[] {
  const found = readDocuments(text, file).flatMap((document) => unfold(document))
  if (found.length === 0) throw new RigorError('EMPTY_FILE', `${echo(file, 300)} holds no workload.`, {hint: 'See examples/chat-70b.yaml, or start with: rigor kinds show llm-inference --example'})
  return named(found.map(({value, locate}) => parseWorkload(value, {kinds, locate})))
}

/** Workloads that have no name get their kind, numbered where there are several; a name that stands twice is an error. */
function named(workloads: readonly ReadWorkload[]): readonly ReadWorkload[] {
  const taken = new Map<string, string>()
  for (const workload of workloads) {
    const {name} = workload.spec
    if (name === undefined) continue
    const other = taken.get(name)
    if (other !== undefined) throw new RigorError('DUPLICATE_NAME', `${workload.where} — a workload named "${echo(name)}" stands at ${other} already.`, {hint: 'Give each workload a name of its own.'})
    taken.set(name, workload.where)
  }
  if (workloads.length < 2) return workloads
  const counts = new Map<string, number>()
  return workloads.map((workload) => {
    if (workload.spec.name !== undefined) return workload
    let name: string
    do {
      const next = (counts.get(workload.kind.id) ?? 0) + 1
      counts.set(workload.kind.id, next)
      name = `${workload.kind.id}-${next}`
    } while (taken.has(name))
    return {...workload, name}
  })
}

/** The workloads of one document, each with a `locate` of its own. */
function unfold(document: LocatedDocument): readonly {readonly value: unknown; readonly locate: Locate}[] {
  const {value} = document
  const within = (list: readonly unknown[], base: readonly PropertyKey[]) =>
    list.map((entry, index) => ({value: entry, locate: (path: readonly PropertyKey[]) => document.locate([...base, index, ...path])}))
  if (Array.isArray(value)) return within(value, [])
  if (isMapping(value) && Object.hasOwn(value, 'workloads')) {
    const other = Object.keys(value).find((key) => key !== 'workloads')
    if (other !== undefined) {
      throw new RigorError('UNKNOWN_FIELD', `${document.locate([other])} — "${echo(other, 60)}" stands beside "workloads", which holds all there is in a workload file.`, {
        hint: 'Move it into the workload it belongs to; policies, prices and rigs go into rigor.yaml.',
      })
    }
    const list = value['workloads']
    if (!Array.isArray(list)) throw new RigorError('BAD_FIELD', `${document.locate(['workloads'])} — "workloads" is not a list.`, {hint: 'Write one "- kind: …" for each workload.'})
    return within(list, ['workloads'])
  }
  return [{value, locate: (path) => document.locate(path)}]
}

const isMapping = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value)

/** One workload that is parsed already as YAML or JSON → its kind and its spec. `where` or `locate` say where it stands. */
export function parseWorkload(raw: unknown, {kinds, locate}: {readonly kinds: Kinds; readonly locate: Locate}): ReadWorkload {
  if (!isMapping(raw)) {
    throw new RigorError('BAD_FIELD', `${locate([])} — a workload is a mapping of fields, not ${describe(raw)}.`, {hint: 'Begin with "kind: …"; see examples/chat-70b.yaml.'})
  }
  const kind = kindOf(raw, kinds, locate)
  const parsed = kind.spec.safeParse(raw, {jitless: isEarly(kind)})
  if (!parsed.success) throw findingsError(findings(parsed.error.issues, kind.spec, raw, `a workload of kind ${kind.id}`), locate, SHOW_SCHEMA(kind.id))
  const spec = parsed.data as CommonSpec
  checkAgreement(spec, locate)
  return {
    kind,
    spec,
    raw,
    name: spec.name ?? kind.id,
    defaulted: () => listDefaults(kind, raw),
    where: locate([]),
  }
}

/** Specs of one kind after which generating code for its schema pays: doing so costs some 5 ms, and saves some 20 µs a spec. */
const FEW_SPECS = 200
const specsRead = new WeakMap<AnyKind, number>()

function isEarly(kind: AnyKind): boolean {
  const read = (specsRead.get(kind) ?? 0) + 1
  specsRead.set(kind, read)
  return read <= FEW_SPECS
}

function describe(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'string' ? `the text "${echo(value, 40)}"` : `a ${typeof value}`
}

function kindOf(raw: Readonly<Record<string, unknown>>, kinds: Kinds, locate: Locate): AnyKind {
  const ids = kinds.map((each) => each.id)
  const written = Object.hasOwn(raw, 'kind') ? raw['kind'] : undefined
  if (typeof written === 'string') {
    const kind = kinds.find((each) => each.id === written)
    if (kind !== undefined) return kind
    throw new RigorError('UNKNOWN_KIND', `${locate(['kind'])} — "${echo(written, 60)}" is not a kind of workload.`, {
      hint: `${didYouMean(written, ids) ?? `kinds: ${ids.join(', ')}`}  (all kinds: rigor kinds list)`,
    })
  }
  const likely = likelyKind(raw, kinds)
  if (written !== undefined && written !== null) throw new RigorError('UNKNOWN_KIND', `${locate(['kind'])} — kind is a word, not ${describe(written)}.`, {hint: `kinds: ${ids.join(', ')}`})
  throw new RigorError('MISSING_KIND', `${locate([])} — the workload has no "kind".`, {
    hint: likely === undefined ? `add kind: one of ${ids.join(', ')}` : `add kind: ${likely}  (all kinds: rigor kinds list)`,
  })
}

/** The kind that knows most of the fields which stand there, if it knows more than the next. */
function likelyKind(raw: Readonly<Record<string, unknown>>, kinds: Kinds): string | undefined {
  const scores = kinds.map((kind) => {
    const known = new Set(fieldNamesAt(kind.spec, []))
    return {id: kind.id, score: Object.keys(raw).filter((key) => known.has(key)).length}
  }).sort((a, b) => b.score - a.score)
  const [best, next] = scores
  return best !== undefined && best.score > (next?.score ?? 0) ? best.id : undefined
}

/** What two fields say of one thing has to be the same. */
function checkAgreement(spec: CommonSpec, locate: Locate): void {
  const {precision, configuration} = spec
  if (precision !== undefined && configuration.precision !== undefined && precision !== configuration.precision) {
    throw new RigorError('CONTRADICTION', `${locate(['configuration', 'precision'])} — precision is ${precision}, configuration.precision is ${configuration.precision}.`, {hint: 'Keep one of the two.'})
  }
  const replicas = (spec as {readonly replicas?: unknown}).replicas
  if (typeof replicas === 'number' && configuration.dp !== undefined && configuration.dp !== replicas) {
    throw new RigorError('CONTRADICTION', `${locate(['configuration', 'dp'])} — replicas is ${replicas}, configuration.dp is ${configuration.dp}.`, {hint: 'They mean the same: keep one of the two.'})
  }
}

/** Neutral where they are left out: nothing constrained, nothing moved, everything searched. */
const NEUTRAL = new Set(['constraints', 'data', 'configuration'])

function listDefaults(kind: AnyKind, raw: Readonly<Record<string, unknown>>): readonly Assumption[] {
  return defaultsTaken(kind.spec, raw)
    .filter(({field}) => !NEUTRAL.has(field.split('.', 1)[0] ?? ''))
    .map(({field, value}) => ({field, value: typeof value === 'string' ? value : JSON.stringify(value)}))
}

/** JSON Schema of a kind's spec as it is written (numbers or text), for editors. */
export function kindJsonSchema(kind: AnyKind): Record<string, unknown> {
  const schema = z.toJSONSchema(kind.spec, {io: 'input', unrepresentable: 'any'}) as Record<string, unknown>
  return {$id: `rigor/${kind.id}.schema.json`, title: kind.title, ...schema}
}

/** One setting from the command line: `--set traffic.inputTokens=800`, or a flag of its own (`--model X`). */
export interface Setting {
  /** Dotted: `traffic.inputTokens`. */
  readonly path: string
  readonly text: string
  /** How it was written, for errors: `--set traffic.inputTokens=800`. */
  readonly flag: string
}

/** `traffic.inputTokens=800` → a setting. */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=')
  if (at <= 0) throw new RigorError('BAD_FLAG', `--set ${echo(text, 80)} is not of the form FIELD=VALUE.`, {hint: 'For example: --set traffic.inputTokens=800'})
  return {path: text.slice(0, at).trim(), text: text.slice(at + 1), flag: `--set ${text}`}
}

/** A whole workload from flags: `--kind llm-inference --model Llama-3.1-70B --set traffic.inputTokens=800`. */
export function workloadFromFlags(settings: readonly Setting[], {kinds}: {readonly kinds: Kinds}): ReadWorkload {
  return applySettings({}, settings, {kinds, locate: () => 'command line'})
}

/** A workload with settings laid over it. Each value has the type that the kind's schema takes at its place. */
export function applySettings(raw: Readonly<Record<string, unknown>>, settings: readonly Setting[], {kinds, locate}: {readonly kinds: Kinds; readonly locate: Locate}): ReadWorkload {
  const flagOf = new Map(settings.map((setting) => [setting.path, echo(setting.flag, 120)]))
  const whereSet: Locate = (path) => {
    for (let length = path.length; length > 0; length--) {
      const flag = flagOf.get(path.slice(0, length).map(String).join('.'))
      if (flag !== undefined) return flag
    }
    return locate(path)
  }
  const kindSetting = settings.findLast((setting) => setting.path === 'kind')
  const kind = kindOf(kindSetting === undefined ? raw : {...raw, kind: kindSetting.text}, kinds, whereSet)
  const empty = settings.find((setting) => setting.text.trim() === '')
  if (empty !== undefined) throw new RigorError('BAD_FLAG', `${echo(empty.flag.trim(), 120)} — the value is empty.`, {hint: `Give ${dotted(empty.path.split('.'))} a value, or leave the flag out  (${SHOW_SCHEMA(kind.id)})`})
  const built = structuredClone(raw) as Record<string, unknown>
  for (const setting of settings) put(built, setting, kind)
  return parseWorkload(built, {kinds, locate: whereSet})
}

function put(target: Record<string, unknown>, setting: Setting, kind: AnyKind): void {
  const path = setting.path.split('.')
  if (schemasAt(kind.spec, path).length === 0) {
    const near = nearestNames(setting.path, leafPaths(kind.spec))
    throw new RigorError('UNKNOWN_FIELD', `${echo(setting.flag, 120)} — "${dotted(path)}" is not a field of a workload of kind ${kind.id}.`, {
      hint: near.length > 0 ? `did you mean ${near.map((name) => `"${name}"`).join(' or ')}?  (${SHOW_SCHEMA(kind.id)})` : SHOW_SCHEMA(kind.id),
    })
  }
  let at = target
  for (const step of path.slice(0, -1)) {
    if (!isMapping(Object.hasOwn(at, step) ? at[step] : undefined)) at[step] = {}
    at = at[step] as Record<string, unknown>
  }
  at[path.at(-1) ?? ''] = typed(setting, path, kind)
}

/** "800" stays text where text is taken (fields read quantities themselves), else becomes what the schema takes. */
function typed({text, flag}: Setting, path: readonly string[], kind: AnyKind): unknown {
  const types = jsonTypesAt(kind.spec, path)
  const trimmed = text.trim()
  if (types.has('array') && /^\[/.test(trimmed)) return inline(trimmed, flag)
  if (types.has('array') && trimmed.includes(',')) return trimmed.split(',').map((part) => part.trim()).filter((part) => part !== '')
  if (types.has('object') && /^\{/.test(trimmed)) return inline(trimmed, flag)
  if (types.has('number') && /^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed)
  if (types.has('boolean') && /^(true|false|yes|no)$/i.test(trimmed)) return /^(true|yes)$/i.test(trimmed)
  if (types.has('null') && trimmed === 'null') return null
  return text
}

/** `[a, b]` or `{runsPerMonth: 4}` on the command line, in YAML's or JSON's flow form. */
function inline(text: string, flag: string): unknown {
  const documents = readDocuments(text, echo(flag, 80))
  return documents.length === 1 ? documents[0]?.value : text
}


import {RigorError} from '../errors.ts'
import {nearestNames} from '../text/nearest.ts'
import type {Accelerator, LanguageModel} from './schema.ts'

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function quoteChoices(names: readonly string[]): string {
  const quoted = names.map(name => `"${name}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`
}

// ---- language models

/** Words hubs put behind a model's name without changing its shape: the tuning, the file format, the number format, a release stamp. */
const SHAPELESS_WORD =
  /^(?:instruct|chat|hf|it|base|thinking|pt|sft|dpo|preview|fp8|dynamic|bf16|fp16|fp32|fp4|nvfp4|mxfp4|int4|int8|nf4|4bit|8bit|w4a16|w8a8|awq|gptq|gguf|mlx|bnb|\d{4})$/
const OWNER_PREFIX = /^(?:meta|c4ai|nvidia)-(?=[a-z])/

/**
 * `meta-llama/Meta-Llama-3.1-8B-Instruct`, `Llama 3.1 8B` and `llama3.1:8b` → `llama-3-1-8b`.
 * Letters and digits are told apart so that a missing dash changes nothing; `8b` stays one word.
 */
export function modelKey(name: string): string {
  const words = name
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/\([^)]*\)/g, ' ')
    .trim()
    .replace(/^\S*\//, '')
    .replaceAll(/[\s_:]+/g, '-')
    .replaceAll(/(\d)-([bm])(?![a-z0-9])/g, '$1$2')
    .replace(OWNER_PREFIX, '')
    .split('-')
  const kept = words.filter((word, index) => index === 0 || !SHAPELESS_WORD.test(word)).join('-')
  const split = kept.replaceAll(/([a-z]{3})v(?=\d)/g, '$1-v').replaceAll('+', '-plus')
  return (split.match(/\d+[bm](?![a-z0-9])|\d+|[a-z]+/g) ?? []).join('-')
}

/** The key without a trailing version: `mistral-7b-v-0-1` → `mistral-7b`. */
const withoutVersion = (key: string): string => key.replace(/-v(?:-\d+)+$/, '')

interface ModelIndex {
  /** Ids and aliases as written, lower case. */
  readonly exact: ReadonlyMap<string, LanguageModel>
  /** By `modelKey`; built when the first name is not written exactly. */
  loose?: {readonly byKey: ReadonlyMap<string, readonly LanguageModel[]>; readonly byKeyWithoutVersion: ReadonlyMap<string, readonly LanguageModel[]>}
}

const modelIndexes = new WeakMap<readonly LanguageModel[], ModelIndex>()

function modelIndexOf(models: readonly LanguageModel[]): ModelIndex {
  let index = modelIndexes.get(models)
  if (index === undefined) {
    const exact = new Map<string, LanguageModel>()
    for (const model of models) for (const alias of model.aliases) exact.set(alias.toLowerCase(), model)
    for (const model of models) exact.set(model.id.toLowerCase(), model)
    index = {exact}
    modelIndexes.set(models, index)
  }
  return index
}

function looseIndexOf(models: readonly LanguageModel[]): NonNullable<ModelIndex['loose']> {
  const index = modelIndexOf(models)
  if (index.loose === undefined) {
    const byKey = Map.groupBy(models, model => modelKey(model.id))
    for (const model of models) {
      for (const alias of model.aliases) {
        const key = modelKey(alias)
        // What an id says goes before what an alias of another model says.
        if (!byKey.has(key)) byKey.set(key, [model])
      }
    }
    index.loose = {byKey, byKeyWithoutVersion: Map.groupBy(models, model => withoutVersion(modelKey(model.id)))}
  }
  return index.loose
}

/** A longer list helps nobody. */
const CHOICES_SHOWN = 12
const INLINE_MODEL = 'model: {layers: 80, hidden: 8192, intermediate: 28672, heads: 64, kvHeads: 8, vocab: 128256}'

/**
 * The model a name means. In this order: the id or an alias as written (in any case); the name as hubs spell it, with or without
 * its owner, prefixes such as `Meta-`, suffixes such as `-Instruct` or `-FP8`, dots, dashes and blanks; a name that lacks only the version.
 * Several models behind one name are an error that lists them; so is a family without a size.
 */
export function resolveModel(name: string, models: readonly LanguageModel[]): LanguageModel {
  const {exact} = modelIndexOf(models)
  const written = exact.get(name.trim().toLowerCase())
  if (written !== undefined) return written
  const loose = looseIndexOf(models)
  const key = modelKey(name)
  const matches = key === '' ? [] : (loose.byKey.get(key) ?? loose.byKeyWithoutVersion.get(key) ?? [])
  if (matches.length === 1) return matches[0]!
  const choices = matches.length > 1 ? matches : key === '' ? [] : models.filter(model => modelKey(model.id).startsWith(`${key}-`))
  if (choices.length > 1) {
    const shown = choices.slice(0, CHOICES_SHOWN).map(model => model.id)
    throw new RigorError('AMBIGUOUS_MODEL', `"${name}" may be any of ${choices.length} models.`, {
      hint: `Write one of them: ${quoteChoices(shown)}${choices.length > shown.length ? ` (${shown.length} of ${choices.length}; all: rigor models list)` : ''}.`,
    })
  }
  const near = nearestNames(name, new Set(models.flatMap(model => [model.id, ...model.aliases])), 6)
  const nearIds = [...new Set(near.map(alias => exact.get(alias.toLowerCase())!.id))].slice(0, 3)
  throw new RigorError('UNKNOWN_MODEL', `"${name}" is not a model of the catalog.`, {
    hint: `${nearIds.length === 0 ? '' : `Did you mean ${quoteChoices(nearIds)}? `}All of them: rigor models list. Or give its shape inline: ${INLINE_MODEL}`,
  })
}

/** The number format a hub name states: `…-FP8` → `fp8`, `…-AWQ` → `int4`; `undefined` where it states none. */
export function precisionInName(name: string): string | undefined {
  const found = /(?:^|[-_ ])(fp8|nvfp4|mxfp4|fp4|int4|int8|nf4|bf16|fp16|fp32|awq|gptq|4bit|8bit|w4a16|w8a8)(?=$|[-_ ])/i.exec(name)?.[1]?.toLowerCase()
  const same: Readonly<Record<string, string>> = {awq: 'int4', gptq: 'int4', '4bit': 'int4', w4a16: 'int4', '8bit': 'int8', w8a8: 'int8'}
  return found === undefined ? undefined : (same[found] ?? found)
}

// ---- accelerators

const FORM_FACTOR = /^(?:sxm\d?|pcie|nvl)$/
/** Variants nobody means by the bare name. */
const QUALIFIED = /laptop|maxq|sff/

const tokensOf = (name: string): string[] => name.slice(0, 200).toLowerCase().match(/[a-z0-9.]+/g) ?? []

/** Every spelling that may mean this accelerator, without separators. */
function acceleratorKeys(accelerator: Accelerator): Set<string> {
  const keys = new Set<string>()
  const tokens = tokensOf(accelerator.id)
  const addPrefixes = (parts: readonly string[]): void => {
    for (let length = 1; length <= parts.length; length++) keys.add(parts.slice(0, length).join(''))
  }
  addPrefixes(tokens)
  addPrefixes(tokens.map(token => (token.startsWith('sxm') ? 'sxm' : token)))
  if (['tpu', 'quadro', 'apple', 'radeon'].includes(tokens[0] ?? '')) addPrefixes(tokens.slice(1))
  addPrefixes(tokens.filter(token => !FORM_FACTOR.test(token)))
  for (const alias of [...accelerator.aliases, accelerator.name]) {
    const written = tokensOf(alias)
    keys.add(written.join(''))
    if (written[0] === accelerator.vendor) keys.add(written.slice(1).join(''))
  }
  // "rtx", "tpu" or "apple" alone name a whole range, not a part.
  for (const key of keys) if (!/\d/.test(key) && !accelerator.aliases.some(alias => alias.toLowerCase() === key)) keys.delete(key)
  return keys
}

/** Makers and marketing words that tell no two parts apart. */
const IDLE_WORDS = new Set(['nvidia', 'geforce', 'amd', 'instinct', 'intel', 'aws', 'google', 'tesla', 'grace', 'superchip', 'edition', 'generation', 'trillium', 'ironwood'])

/** What was typed, without separators and idle words: `NVIDIA GeForce RTX 4090 24GB` → `rtx409024gb`. */
function acceleratorKey(name: string): string {
  const key = tokensOf(name).filter(token => !IDLE_WORDS.has(token)).join('')
  return key
    .replace(/^(gh200)hopper/, '$1')
    // TPU7x is what Google's interface calls v7.
    .replace(/^tpuv?7x$/, 'tpuv7')
    // Apple's memory is the buyer's choice, not part of the name.
    .replace(/^((?:apple)?m\d(?:max|ultra)(?:\d+coregpu)?)\d+gb$/, '$1')
}

const acceleratorIndexes = new WeakMap<readonly Accelerator[], {exact: Map<string, Accelerator>; byKey?: Map<string, Accelerator[]>}>()

function acceleratorIndex(accelerators: readonly Accelerator[]): {exact: Map<string, Accelerator>; byKey?: Map<string, Accelerator[]>} {
  let index = acceleratorIndexes.get(accelerators)
  if (index === undefined) {
    index = {exact: new Map(accelerators.map(accelerator => [accelerator.id.toLowerCase(), accelerator]))}
    acceleratorIndexes.set(accelerators, index)
  }
  return index
}

/** Accelerators a loose name may mean, in catalog order. */
export function acceleratorsNamed(name: string, accelerators: readonly Accelerator[]): readonly Accelerator[] {
  const index = acceleratorIndex(accelerators)
  if (index.byKey === undefined) {
    index.byKey = new Map()
    for (const accelerator of accelerators) {
      for (const key of acceleratorKeys(accelerator)) {
        const list = index.byKey.get(key)
        if (list === undefined) index.byKey.set(key, [accelerator])
        else list.push(accelerator)
      }
    }
  }
  const key = acceleratorKey(name)
  const matches = index.byKey.get(key) ?? []
  const plain = matches.filter(accelerator => !QUALIFIED.test(accelerator.id))
  return QUALIFIED.test(key) || plain.length === 0 ? matches : plain
}

/**
 * The accelerator a name means: its id, or a spelling that fits one part only (`H100-SXM`, `rtx 4090`, `v5e`).
 * `h100` alone fits three parts and is an error that lists them.
 */
export function resolveAccelerator(name: string, accelerators: readonly Accelerator[]): Accelerator {
  const exact = acceleratorIndex(accelerators).exact.get(name.trim().toLowerCase())
  if (exact !== undefined) return exact
  const matches = acceleratorsNamed(name, accelerators)
  if (matches.length === 1) return matches[0]!
  if (matches.length > 1) {
    throw new RigorError('AMBIGUOUS_ACCELERATOR', `"${name}" may be any of ${matches.length} accelerators, and they differ.`, {
      hint: `Write one of them: ${quoteChoices(matches.map(accelerator => accelerator.id))}.`,
    })
  }
  const idByName = new Map<string, string>()
  for (const {id, aliases} of accelerators) for (const known of [id, id.replace(/-\d+gb$/, ''), ...aliases]) if (!idByName.has(known)) idByName.set(known, id)
  const near = [...new Set(nearestNames(name, idByName.keys(), 9).map(known => idByName.get(known)!))].slice(0, 3)
  throw new RigorError('UNKNOWN_ACCELERATOR', `"${name}" is not an accelerator of the catalog.`, {
    hint: `${near.length === 0 ? '' : `Did you mean ${quoteChoices(near)}? `}All of them: rigor hardware list`,
  })
}

// ---- ranges

/** From a to b as people write it; an absent end is open. The unit is as written (`GB`), and the same at both ends. */
export interface NameRange {
  readonly minimum: number | undefined
  readonly maximum: number | undefined
  readonly unit: string | undefined
}

const RANGE = /^(?:(?<low>\d+(?:\.\d+)?) ?(?<lowUnit>[A-Za-z]*))?(?:(?<dots> ?\.\. ?)(?:(?<high>\d+(?:\.\d+)?) ?(?<highUnit>[A-Za-z]*))?)?$/

/** `24GB..80GB`, `24..80GB`, `1..8`, `24GB..`, `..80GB`; a single `8` is 8 to 8. */
export function parseRange(text: string): NameRange {
  const match = RANGE.exec(text.trim())?.groups
  const bad = (message: string): RigorError => new RigorError('BAD_RANGE', message, {hint: 'Write it like "24GB..80GB" or "1..8".'})
  if (match === undefined || (match['low'] === undefined && match['high'] === undefined)) throw bad(`"${text}" is not a range.`)
  const low = match['low'] === undefined ? undefined : Number(match['low'])
  const high = match['high'] === undefined ? undefined : Number(match['high'])
  const lowUnit = match['lowUnit'] || undefined
  const highUnit = match['highUnit'] || undefined
  if (lowUnit !== undefined && high !== undefined && highUnit !== lowUnit) throw bad(`"${text}" mixes ${lowUnit} with ${highUnit ?? 'a bare number'}.`)
  if (low !== undefined && high !== undefined && low > high) throw bad(`"${text}" ends before it begins.`)
  return {minimum: low, maximum: match['dots'] === undefined ? low : high, unit: highUnit ?? lowUnit}
}

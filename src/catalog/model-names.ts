import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import type {LanguageModel} from './schema.ts'

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

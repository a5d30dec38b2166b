import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import type {AudioModel, MediaModel} from './schema.ts'

interface Named {
  readonly id: string
  readonly aliases: readonly string[]
}

/** Words behind a name that tell no shape: the file layout of a hub, the task, the count of parameters in a published table. */
const SHAPELESS = /-(?:diffusers|ms|hf|bf16|fp16|fp8|\d+b)$/

/** `Wan-AI/Wan2.1-T2V-14B-Diffusers` and `wan 2.1 t2v 14b` → `wan21t2v14b`. */
const keyOf = (name: string): string => name.slice(0, 200).toLowerCase().replaceAll(/\([^)]*\)/g, ' ').trim().replace(/^\S*\//, '').replaceAll(/[\s_:]+/g, '-')
const squeezed = (name: string): string => name.replaceAll(/[^a-z0-9]/g, '')

interface Index {
  readonly exact: ReadonlyMap<string, Named>
  readonly loose: ReadonlyMap<string, Named>
}
const indexes = new WeakMap<readonly Named[], Index>()

function indexOf(models: readonly Named[]): Index {
  let index = indexes.get(models)
  if (index === undefined) {
    const exact = new Map<string, Named>()
    const loose = new Map<string, Named>()
    for (const model of models) {
      for (const name of [model.id, ...model.aliases]) {
        exact.set(name.toLowerCase(), model)
        const key = keyOf(name)
        for (const each of [key, key.replace(/-diffusers$/, '')]) if (!loose.has(squeezed(each))) loose.set(squeezed(each), model)
      }
    }
    indexes.set(models, (index = {exact, loose}))
  }
  return index
}

/** An id or alias in any case, with or without its owner, dots, dashes, blanks and the suffixes of hubs. */
function resolveNamed<M extends Named>(name: string, models: readonly M[], {what, hint}: {readonly what: string; readonly hint: string}): M {
  const {exact, loose} = indexOf(models)
  const written = exact.get(name.trim().toLowerCase())
  if (written !== undefined) return written as M
  for (let key = keyOf(name), shorter = key; ; key = shorter) {
    const found = key === '' ? undefined : loose.get(squeezed(key))
    if (found !== undefined) return found as M
    shorter = key.replace(SHAPELESS, '')
    if (shorter === key) break
  }
  const near = nearestNames(name, new Set(models.flatMap(({id, aliases}) => [id, ...aliases])), 6)
  const nearIds = [...new Set(near.map(alias => exact.get(alias.toLowerCase())!.id))].slice(0, 3)
  throw new RigorError('UNKNOWN_MODEL', `"${name}" is not a model of ${what} in the catalog.`, {hint: `${nearIds.length === 0 ? '' : `Did you mean ${quoteChoices(nearIds)}? `}${hint}`})
}

const INLINE_MEDIA_MODEL = 'model: {parameters: 12B, layers: 57, hidden: 3072, heads: 24, textTokens: 512}'

/** The model of images or clips that a name means. */
export const resolveMediaModel = (name: string, models: readonly MediaModel[]): MediaModel =>
  resolveNamed(name, models, {what: 'images or clips', hint: `All of them: rigor models list --media. Or give its shape inline: ${INLINE_MEDIA_MODEL}`})

/** The model of speech or sound that a name means. */
export const resolveAudioModel = (name: string, models: readonly AudioModel[]): AudioModel =>
  resolveNamed(name, models, {what: 'speech or sound', hint: `All of them: ${models.map(({aliases, id}) => aliases[0] ?? id).join(', ')}.`})

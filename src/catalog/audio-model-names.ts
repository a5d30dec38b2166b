import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import type {AudioModel} from './schema.ts'

/** `openai/Whisper large-v3` → `whisperlargev3`. */
const keyOf = (name: string): string => name.slice(0, 200).toLowerCase().trim().replace(/^\S*\//, '').replaceAll(/[^a-z0-9]/g, '')

/** The model a name means: an id or an alias, in any case, with or without its owner, dots, dashes and blanks. */
export function resolveAudioModel(name: string, models: readonly AudioModel[]): AudioModel {
  const names = new Map(models.flatMap(model => [model.id, ...model.aliases].map(each => [keyOf(each), model])))
  const found = names.get(keyOf(name))
  if (found !== undefined) return found
  const near = nearestNames(name, new Set(models.flatMap(({id, aliases}) => [id, ...aliases])), 3)
  throw new RigorError('UNKNOWN_MODEL', `"${name}" is not a model of speech or sound in the catalog.`, {
    hint: `${near.length === 0 ? '' : `Did you mean ${quoteChoices(near)}? `}All of them: ${models.map(({aliases, id}) => aliases[0] ?? id).join(', ')}.`,
  })
}

import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import type {Rig} from './rig.ts'

/** The rig that is meant: by its name, with or without `rig:`; without one the first server that takes part in every plan. */
export function resolveRig(name: string | undefined, known: readonly Rig[], taking: readonly Rig[]): Rig {
  if (name === undefined) {
    const rig = taking.find(each => each.class === 'server') ?? taking[0]
    if (rig === undefined) throw new RigorError('UNKNOWN_RIG', 'No rig takes part in plans.', {hint: `Name one: ${known.map(({id}) => id).join(', ')}.`})
    return rig
  }
  const wanted = name.replace(/^rig:/i, '').toLowerCase()
  const found = known.find(({id}) => id === wanted)
  if (found !== undefined) return found
  const near = nearestNames(wanted, known.map(({id}) => id))
  throw new RigorError('UNKNOWN_RIG', `"${echo(name, 60)}" is not a rig.`, {hint: `${near.length > 0 ? `Did you mean ${quoteChoices(near)}? ` : ''}All of them: ${known.map(({id}) => id).join(', ')}.`})
}

import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import {shown} from '../text/safe.ts'
import type {NetworkModel} from './snapshot.ts'

const indexes = new WeakMap<readonly NetworkModel[], ReadonlyMap<string, NetworkModel>>()

/** `ResNet-50`, `resnet_50` and `resnet50` are one name; so are names with and without their owner. */
const key = (name: string): string => name.slice(0, 200).toLowerCase().replace(/^[\w.-]+\/(?=.*[a-z])/, '').replaceAll(/[^a-z0-9]+/g, '')

function indexOf(networks: readonly NetworkModel[]): ReadonlyMap<string, NetworkModel> {
  let index = indexes.get(networks)
  if (index === undefined) {
    const names = new Map<string, NetworkModel>()
    for (const network of networks) for (const name of network.aliases) names.set(key(name), network)
    for (const network of networks) names.set(key(network.id), network)
    indexes.set(networks, (index = names))
  }
  return index
}

export const findNetwork = (name: string, networks: readonly NetworkModel[]): NetworkModel | undefined => indexOf(networks).get(key(name))

/** The network that a name means: its id or an alias, in any case and however it is joined. */
export function resolveNetwork(name: string, networks: readonly NetworkModel[]): NetworkModel {
  const found = findNetwork(name, networks)
  if (found !== undefined) return found
  const near = nearestNames(name, networks.flatMap(({id, aliases}) => [id, ...aliases]))
  throw new RigorError('UNKNOWN_MODEL', `There is no network ${shown(name)} in the catalog.`, {hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : 'All of them: data/network-models.csv.'})
}

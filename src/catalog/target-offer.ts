import {RigorError} from '../errors.ts'
import {nearestNames, quoteChoices} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {acceleratorsNamed} from './accelerator-names.ts'
import type {Machine} from './schema.ts'
import {fold, slug, type OfferTarget, type TargetView} from './target.ts'
import {Purchase, Service} from './words.ts'

const GRAMMAR = 'A target is provider:instanceType[@region[/zone]][:purchase][:xNODES], rig:NAME[/NODE][:COUNT] or ACCELERATOR[:COUNT][:xNODES].'

export function badTarget(text: string, why: string, hint: string = GRAMMAR): RigorError {
  return new RigorError('BAD_TARGET', `"${echo(text)}" is not a target: ${why}.`, {hint})
}

interface ProviderIndex {
  readonly byFold: ReadonlyMap<string, readonly Machine[]>
  readonly machines: readonly Machine[]
}

const indexes = new WeakMap<readonly Machine[], ReadonlyMap<string, ProviderIndex>>()

function indexOf(machines: readonly Machine[]): ReadonlyMap<string, ProviderIndex> {
  let index = indexes.get(machines)
  if (index === undefined) {
    const made = new Map<string, ProviderIndex>()
    for (const [provider, own] of Map.groupBy(machines, (machine) => machine.provider)) made.set(provider, {machines: own, byFold: Map.groupBy(own, (machine) => fold(machine.instanceType))})
    index = made
    indexes.set(machines, index)
  }
  return index
}

interface ProviderName {
  readonly provider: string
  readonly service: string | undefined
}

/** `gcp+vertex-ai` → the provider and the service, if there is such a provider. */
export function findProvider(head: string, view: TargetView): ProviderName | undefined {
  const [name = '', service, more] = head.toLowerCase().split('+').map((part) => part.trim())
  return more === undefined && indexOf(view.machines).has(name) ? {provider: name, service} : undefined
}

/** What a target that begins with no provider's name may have meant. */
export function unknownProvider(head: string, text: string, view: TargetView): RigorError {
  const providers = [...indexOf(view.machines).keys(), 'rig']
  const near = nearestNames(head.split('+')[0] ?? head, providers)
  // "h100:spot" means an accelerator with something that is no count.
  if (near.length === 0 && acceleratorsNamed(head, view.accelerators).length > 0) return badTarget(text, 'what follows an accelerator is a count', 'Write for example h100-sxm-80gb:8, or h100-sxm-80gb:8:x2 for two nodes of eight.')
  return new RigorError('UNKNOWN_PROVIDER', `"${echo(head, 60)}" is not a provider of the catalog.`, {
    hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : `Known: ${providers.sort().join(', ')}.`,
  })
}

/** What follows `provider:` → machine, region and zone, each in the provider's own spelling. */
export function parseOffer({provider, service: serviceText}: ProviderName, rest: string, {nodes, purchase}: {readonly nodes: number; readonly purchase: Purchase | undefined}, text: string, view: TargetView): OfferTarget {
  const at = rest.indexOf('@')
  const typeText = (at < 0 ? rest : rest.slice(0, at)).trim()
  const regionText = at < 0 ? undefined : rest.slice(at + 1).trim()
  if (typeText === '') throw badTarget(text, `no machine of ${provider} is named`)
  if (regionText === '') throw badTarget(text, 'no region follows the "@"')
  // What is left after a colon was neither a purchase nor a node count.
  const stray = /:([^:]*)$/.exec(regionText ?? typeText)?.[1]
  if (stray !== undefined) {
    const near = nearestNames(stray, Purchase.options)
    throw new RigorError('UNKNOWN_PURCHASE', `"${echo(stray, 60)}" is neither a way to buy nor a number of nodes.`, {
      hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : `Ways to buy: ${Purchase.options.join(', ')}. Nodes are written x4.`,
    })
  }
  const machine = findMachine(provider, typeText, view)
  const service = findService(machine, serviceText, view)
  const place = regionText === undefined ? {} : findPlace(machine, service, regionText, view)
  return {kind: 'offer', provider, service, instanceType: machine.instanceType, ...place, ...(purchase !== undefined && {purchase}), nodes}
}

function findMachine(provider: string, typeText: string, view: TargetView): Machine {
  const index = indexOf(view.machines).get(provider)
  const matches = index?.byFold.get(fold(typeText)) ?? []
  const exact = matches.find((machine) => machine.instanceType === typeText) ?? matches.find((machine) => slug(machine.instanceType) === slug(typeText))
  if (exact !== undefined) return exact
  if (matches.length === 1 && matches[0] !== undefined) return matches[0]
  const alias = matches.length === 0 ? sliceAlias(typeText, index?.machines ?? [], view) : []
  if (alias.length === 1 && alias[0] !== undefined) return alias[0]
  const choices = matches.length > 1 ? matches : alias
  if (choices.length > 1) {
    throw new RigorError('AMBIGUOUS_MACHINE', `"${echo(typeText, 60)}" may be any of ${choices.length} machines of ${provider}.`, {hint: `Write one of them: ${quoteChoices(choices.map((machine) => machine.instanceType))}.`})
  }
  const near = nearestNames(typeText, (index?.machines ?? []).map((machine) => machine.instanceType))
  const elsewhere = view.machines.filter((machine) => machine.provider !== provider && fold(machine.instanceType) === fold(typeText)).map((machine) => `${machine.provider}:${slug(machine.instanceType)}`)
  const named = acceleratorsNamed(typeText, view.accelerators).map((accelerator) => accelerator.id)
  const carriers = (index?.machines ?? []).filter((machine) => machine.acceleratorId !== undefined && named.includes(machine.acceleratorId)).map((machine) => slug(machine.instanceType)).slice(0, 5)
  const meant = carriers.length > 0 ? carriers : elsewhere.length > 0 ? elsewhere : near
  throw new RigorError('UNKNOWN_MACHINE', `"${echo(typeText, 60)}" is not a machine of ${provider}.`, {
    hint: `${meant.length > 0 ? `Did you mean ${quoteChoices(meant)}? ` : ''}All of them: rigor catalog list --provider ${provider}`,
  })
}

/** `v5e-16`: the slice of 16 of what `v5e` names, whatever the provider calls it (`tpu-v5litepod-16`). */
function sliceAlias(typeText: string, machines: readonly Machine[], view: TargetView): readonly Machine[] {
  const parts = /^(.+)-(\d+)$/.exec(typeText.toLowerCase())
  if (parts?.[1] === undefined || parts[2] === undefined) return []
  const accelerators = new Set(acceleratorsNamed(parts[1], view.accelerators).map((accelerator) => accelerator.id))
  return machines.filter((machine) => machine.slice === true && machine.acceleratorId !== undefined && accelerators.has(machine.acceleratorId) && machine.instanceType.endsWith(`-${parts[2]}`))
}

const keyOf = (machine: Machine): string => `${machine.provider}/${machine.instanceType}`

function findService(machine: Machine, serviceText: string | undefined, view: TargetView): Service {
  if (serviceText === undefined) return 'vm'
  const service = Service.options.find((each) => each === serviceText)
  const offered = [...new Set(view.offersOf(keyOf(machine)).map((offer) => offer.service))]
  if (service !== undefined && (service === 'vm' || offered.includes(service))) return service
  throw new RigorError('UNKNOWN_SERVICE', `${machine.provider} has no "${echo(serviceText, 60)}" for ${machine.instanceType} in the catalog.`, {
    hint: offered.length > 0 ? `It is offered as ${quoteChoices(offered)}.` : 'It has no listed price at all.',
  })
}

function findPlace(machine: Machine, service: Service, regionText: string, view: TargetView): {readonly region: string; readonly zone?: string} {
  const offers = view.offersOf(keyOf(machine)).filter((offer) => offer.service === service)
  const regions = [...new Set(offers.map((offer) => offer.region))]
  const regionNamed = (text: string): string | undefined => regions.find((region) => region === text) ?? regions.find((region) => slug(region) === slug(text)) ?? regions.find((region) => fold(region) === fold(text))
  // A region may hold a slash of its own ("EU / US"): the whole text first.
  const region = regionNamed(regionText)
  if (region !== undefined) return {region}
  const slash = regionText.lastIndexOf('/')
  const outer = slash < 0 ? undefined : regionNamed(regionText.slice(0, slash).trim())
  if (outer !== undefined) {
    const zones = [...new Set(offers.flatMap((offer) => (offer.region === outer && offer.zone !== undefined ? [offer.zone] : [])))]
    const zoneText = regionText.slice(slash + 1).trim()
    const zone = zones.find((each) => fold(each) === fold(zoneText)) ?? zones.find((each) => fold(each) === fold(`${outer}-${zoneText}`) || fold(each) === fold(`${outer}${zoneText}`))
    if (zone !== undefined) return {region: outer, zone}
    const near = nearestNames(zoneText, zones)
    throw new RigorError('UNKNOWN_ZONE', `"${echo(zoneText, 60)}" is not a zone of ${outer} with a price for ${machine.instanceType}.`, {
      hint: zones.length === 0 ? `No price is listed by zone there: write @${slug(outer)}.` : `${near.length > 0 ? `Did you mean ${quoteChoices(near)}? ` : ''}Zones: ${zones.sort().join(', ')}.`,
    })
  }
  const byZone = offers.find((offer) => offer.zone !== undefined && fold(offer.zone) === fold(regionText))
  if (byZone?.zone !== undefined) return {region: byZone.region, zone: byZone.zone}
  const near = nearestNames(regionText, regions)
  throw new RigorError('UNKNOWN_REGION', `${machine.provider} has no price for ${machine.instanceType} in "${echo(regionText, 60)}".`, {
    hint: regions.length === 0 ? 'It has no listed price at all.' : near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : `Regions: ${regions.sort().slice(0, 12).join(', ')}${regions.length > 12 ? `, … (${regions.length})` : ''}.`,
  })
}

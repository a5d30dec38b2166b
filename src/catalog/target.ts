import {RigorError} from '../errors.ts'
import {nearestNames} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {acceleratorsNamed, quoteChoices, resolveAccelerator} from './names.ts'
import type {Rig} from './rig.ts'
import type {Machine} from './schema.ts'
import type {Snapshot} from './snapshot.ts'
import {Purchase, Service} from './words.ts'

/** Where a workload would run, as TARGET text says it. What is absent is the planner's to choose. */
export type Target = OfferTarget | RigTarget | HardwareTarget

/** `provider[+service]:instanceType[@region[/zone]][:purchase][:xNODES]` */
export interface OfferTarget {
  readonly kind: 'offer'
  readonly provider: string
  readonly service: Service
  /** As the provider writes it. */
  readonly instanceType: string
  /** As the provider writes it; absent = the cheapest eligible one. */
  readonly region?: string
  readonly zone?: string
  /** Absent = on demand. */
  readonly purchase?: Purchase
  readonly nodes: number
}

/** `rig[:NAME[/NODE]][:COUNT]` */
export interface RigTarget {
  readonly kind: 'rig'
  readonly rig: string
  /** One group of like nodes; absent = the whole rig. */
  readonly node?: string
  /** Accelerators to take; absent = all. */
  readonly count?: number
  readonly nodes: number
}

/** `ACCELERATOR[:COUNT][:xNODES]`: bare hardware, no price needed. */
export interface HardwareTarget {
  readonly kind: 'hardware'
  readonly acceleratorId: string
  readonly count: number
  readonly nodes: number
}

/** What of the catalog names are resolved against. `rigs` are those that take part: the config's, or the built-in ones. */
export type TargetView = Pick<Snapshot, 'accelerators' | 'machines' | 'offersOf' | 'rigs'>

const MOST_NODES = 65_536
const GRAMMAR = 'A target is provider:instanceType[@region[/zone]][:purchase][:xNODES], rig:NAME[/NODE][:COUNT] or ACCELERATOR[:COUNT][:xNODES].'

/** What is no letter, digit, dot, underscore or dash becomes a dash, so that an id needs no quotes in a shell. */
export function slug(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, '-')
}

const fold = (text: string): string => slug(text.trim()).toLowerCase()

function bad(text: string, why: string, hint: string = GRAMMAR): RigorError {
  return new RigorError('BAD_TARGET', `"${echo(text)}" is not a target: ${why}.`, {hint})
}

/** TARGET text → a target whose names are the catalog's own. Slugged and raw spellings, any case, both resolve. */
export function parseTarget(text: string, view: TargetView): Target {
  const whole = text.trim()
  if (whole === '') throw bad(text, 'it is empty')
  if (whole.length > 300) throw bad(text, 'it is too long')
  const {body, nodes, purchase} = takeTail(whole, text)
  const colon = body.indexOf(':')
  const head = (colon < 0 ? body : body.slice(0, colon)).trim()
  const rest = colon < 0 ? undefined : body.slice(colon + 1).trim()
  if (/^rig$/i.test(head)) {
    if (purchase !== undefined && purchase !== 'owned') throw bad(text, `a rig is owned, not bought ${purchase}`)
    return parseRig(rest, nodes, text, view.rigs)
  }
  const provider = rest === undefined ? undefined : findProvider(head, view)
  if (provider !== undefined && rest !== undefined) return parseOffer(provider, rest, {nodes, purchase}, text, view)
  // "H100-SXM:8" against "asw:p5.48xlarge": what follows an accelerator is a count.
  if (rest !== undefined && !/^\d+$/.test(rest)) throw unknownProvider(head, text, view)
  return parseHardware(head, rest, {nodes, purchase}, text, view)
}

/** Takes `:xN` and `:purchase` (or `/spot`) off the end, in either order. */
function takeTail(whole: string, text: string): {readonly body: string; readonly nodes: number; readonly purchase: Purchase | undefined} {
  let body = whole
  let nodes: number | undefined
  let purchase: Purchase | undefined
  for (;;) {
    const segment = /^(.*)[:/]([^:/@]*)$/s.exec(body)
    const last = segment?.[2]?.trim() ?? ''
    const separator = segment === null ? '' : body[segment[1]?.length ?? 0]
    if (segment === null || segment[1] === undefined) break
    if (separator === ':' && nodes === undefined && /^x\d{1,9}$/i.test(last)) {
      nodes = Number(last.slice(1))
      if (nodes < 1 || nodes > MOST_NODES) throw bad(text, `${nodes} is no number of nodes (1 to ${MOST_NODES})`)
    } else if (purchase === undefined && isPurchase(last.toLowerCase())) purchase = last.toLowerCase() as Purchase
    else break
    body = segment[1].trim()
  }
  return {body, nodes: nodes ?? 1, purchase}
}

const isPurchase = (word: string): word is Purchase => (Purchase.options as readonly string[]).includes(word)

// ---- bare hardware

function parseHardware(head: string, rest: string | undefined, {nodes, purchase}: {readonly nodes: number; readonly purchase: Purchase | undefined}, text: string, view: TargetView): HardwareTarget {
  const times = /^(\d{1,6})\s*[x×]\s*(?=\S)(.*)$/is.exec(head)
  // "8x h100-sxm-80gb"; a name such as "3090x" has no accelerator behind its x.
  const leading = times?.[1] !== undefined && times[2] !== undefined && acceleratorsNamed(head, view.accelerators).length === 0 ? {count: Number(times[1]), name: times[2].trim()} : undefined
  if (leading !== undefined && rest !== undefined) throw bad(text, 'it gives a count twice')
  const name = leading?.name ?? head
  const accelerator = resolveTargetAccelerator(name, view)
  if (purchase !== undefined) throw bad(text, `bare hardware has no price, so it is not bought ${purchase}`, 'Name a machine instead: rigor catalog list --accelerator ' + accelerator)
  const count = leading?.count ?? (rest === undefined ? 1 : Number(rest))
  if (!Number.isSafeInteger(count) || count < 1 || count > MOST_NODES) throw bad(text, `${rest ?? count} is no number of accelerators (1 to ${MOST_NODES})`)
  return {kind: 'hardware', acceleratorId: accelerator, count, nodes}
}

function resolveTargetAccelerator(name: string, view: TargetView): string {
  const machines = view.machines.filter((machine) => fold(machine.instanceType) === fold(name))
  const needsProvider = (cause?: unknown): RigorError =>
    new RigorError('BAD_TARGET', `"${echo(name)}" names no provider.`, {
      hint: `Write ${quoteChoices([...machines.map((machine) => `${machine.provider}:${slug(machine.instanceType)}`), ...view.rigs.filter((rig) => fold(rig.id) === fold(name)).map((rig) => `rig:${rig.id}`)])}.`,
      cause,
    })
  let id: string
  try {
    id = resolveAccelerator(name, view.accelerators).id
  } catch (error) {
    if (!(error instanceof RigorError) || error.code !== 'UNKNOWN_ACCELERATOR') throw error
    if (machines.length > 0 || view.rigs.some((rig) => fold(rig.id) === fold(name))) throw needsProvider(error)
    throw new RigorError('UNKNOWN_ACCELERATOR', `"${echo(name)}" is not an accelerator of the catalog.`, {...(error.hint !== undefined && {hint: error.hint}), cause: error})
  }
  // "p5.48xlarge" is known as an alias of its accelerator, but who writes it means eight of them.
  if (id !== name.trim().toLowerCase() && machines.some((machine) => machine.acceleratorCount > 1)) throw needsProvider()
  return id
}

// ---- rigs

/** The rig that `rig` alone means: the one that is the user's by default, a server before a workstation. */
function defaultRig(rigs: readonly Rig[], text: string): Rig {
  const rig = rigs.find((each) => each.builtinDefault && each.class === 'server') ?? rigs.find((each) => each.owned && each.class === 'server') ?? rigs[0]
  if (rig === undefined) throw new RigorError('UNKNOWN_RIG', `"${echo(text)}" — no rig takes part.`, {hint: 'Describe yours under rigs: in rigor.yaml, or extend a built-in one: rigs: {lab: {extends: h100x10-pcie}}'})
  return rig
}

function parseRig(rest: string | undefined, nodes: number, text: string, rigs: readonly Rig[]): RigTarget {
  const parts = rest === undefined || rest === '' ? [] : rest.split(':').map((part) => part.trim())
  const last = parts.at(-1)
  const count = last !== undefined && /^\d{1,9}$/.test(last) && !rigs.some((rig) => parts.length === 1 && rig.id === last) ? Number(parts.pop()) : undefined
  if (parts.length > 1) throw bad(text, `"${echo(parts[1] ?? '', 40)}" is no number of accelerators`)
  const [name, nodeName, more] = parts[0]?.split('/') ?? []
  if (more !== undefined) throw bad(text, 'a rig has nodes, and nodes have no parts')
  const rig = name === undefined || name === '' ? defaultRig(rigs, text) : rigs.find((each) => fold(each.id) === fold(name))
  if (rig === undefined) {
    const near = nearestNames(name ?? '', rigs.map((each) => each.id))
    throw new RigorError('UNKNOWN_RIG', `"${echo(name ?? '', 60)}" is not a rig.`, {hint: `${near.length > 0 ? `Did you mean ${quoteChoices(near)}? ` : ''}All of them: ${rigs.map((each) => each.id).join(', ')}.`})
  }
  const node = nodeName === undefined ? undefined : rig.nodes.find((each) => fold(each.id) === fold(nodeName))
  if (nodeName !== undefined && node === undefined) {
    throw new RigorError('UNKNOWN_RIG_NODE', `"${echo(nodeName, 60)}" is not a node of the rig ${rig.id}.`, {hint: `It has ${quoteChoices(rig.nodes.map((each) => each.id))}.`})
  }
  const meant = node === undefined ? rig.nodes : [node]
  if (count !== undefined && meant.length > 1) {
    throw bad(text, `the nodes of ${rig.id} differ, so a count needs one of them`, `Write ${quoteChoices(meant.map((each) => `rig:${rig.id}/${each.id}:${Math.min(count, each.acceleratorCount)}`))}.`)
  }
  // A count is taken of one node: accelerators of several are that many nodes.
  const has = meant[0]?.acceleratorCount ?? 0
  if (count !== undefined && (count < 1 || count > has)) throw bad(text, `${count} accelerators are asked for, ${rig.id}${node === undefined ? '' : `/${node.id}`} has ${has}`, `Take 1 to ${has}.`)
  const machines = meant.reduce((sum, each) => sum + each.count, 0)
  if (nodes > machines) throw bad(text, `${nodes} nodes are asked for, ${rig.id}${node === undefined ? '' : `/${node.id}`} has ${machines}`)
  return {kind: 'rig', rig: rig.id, ...(node !== undefined && {node: node.id}), ...(count !== undefined && {count}), nodes}
}

// ---- offers

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

function findProvider(head: string, view: TargetView): ProviderName | undefined {
  const [name = '', service, more] = head.toLowerCase().split('+').map((part) => part.trim())
  return more === undefined && indexOf(view.machines).has(name) ? {provider: name, service} : undefined
}

function unknownProvider(head: string, text: string, view: TargetView): RigorError {
  const providers = [...indexOf(view.machines).keys(), 'rig']
  const near = nearestNames(head.split('+')[0] ?? head, providers)
  // "h100:spot" means an accelerator with something that is no count.
  if (near.length === 0 && acceleratorsNamed(head, view.accelerators).length > 0) return bad(text, 'what follows an accelerator is a count', 'Write for example h100-sxm-80gb:8, or h100-sxm-80gb:8:x2 for two nodes of eight.')
  return new RigorError('UNKNOWN_PROVIDER', `"${echo(head, 60)}" is not a provider of the catalog.`, {
    hint: near.length > 0 ? `Did you mean ${quoteChoices(near)}?` : `Known: ${providers.sort().join(', ')}.`,
  })
}

function parseOffer({provider, service: serviceText}: ProviderName, rest: string, {nodes, purchase}: {readonly nodes: number; readonly purchase: Purchase | undefined}, text: string, view: TargetView): OfferTarget {
  const at = rest.indexOf('@')
  const typeText = (at < 0 ? rest : rest.slice(0, at)).trim()
  const regionText = at < 0 ? undefined : rest.slice(at + 1).trim()
  if (typeText === '') throw bad(text, `no machine of ${provider} is named`)
  if (regionText === '') throw bad(text, 'no region follows the "@"')
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

// ---- and back to text

/** The text of a target: `parseTarget` reads it back to the same. Type, region and zone are slugged; only what is set is written. */
export function formatTarget(target: Target): string {
  switch (target.kind) {
    case 'offer': {
      const place = target.region === undefined ? '' : `@${slug(target.region)}${target.zone === undefined ? '' : `/${slug(target.zone)}`}`
      return `${target.provider}${target.service === 'vm' ? '' : `+${target.service}`}:${slug(target.instanceType)}${place}${target.purchase === undefined ? '' : `:${target.purchase}`}${times(target.nodes)}`
    }
    case 'rig':
      return `rig:${target.rig}${target.node === undefined ? '' : `/${target.node}`}${target.count === undefined ? '' : `:${target.count}`}${times(target.nodes)}`
    case 'hardware':
      return `${target.acceleratorId}${target.count === 1 ? '' : `:${target.count}`}${times(target.nodes)}`
    default:
      return target satisfies never
  }
}

const times = (nodes: number): string => (nodes > 1 ? `:x${nodes}` : '')

/** The canonical id of a priced target: purchase always written, nodes only if more than one, service only if not `vm`. */
export function formatTargetId(offer: {
  readonly provider: string
  readonly service: Service
  readonly instanceType: string
  readonly region: string
  readonly zone?: string | null | undefined
  readonly purchase: Purchase
  readonly nodes: number
}): string {
  const {zone, ...rest} = offer
  return formatTarget({kind: 'offer', ...rest, ...(typeof zone === 'string' && {zone})})
}

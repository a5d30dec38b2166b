import {parseTarget} from '../catalog/target-text.ts'
import type {OfferTarget, Target} from '../catalog/target.ts'
import type {Rig} from '../catalog/rig.ts'
import type {Machine, Offer} from '../catalog/schema.ts'
import type {Hardware} from '../performance/types.ts'
import {RigorError} from '../errors.ts'
import type {PlanningFacts} from './facts.ts'
import {barePlace, placeOfMachine, rigPlace, type BarePlace, type CloudPlace, type RigPlace} from './places.ts'

/** A TARGET with its physics, and the offers its text leaves open. */
export type Resolved =
  | {readonly kind: 'offer'; readonly place: CloudPlace; readonly offers: readonly Offer[]; readonly purchase: string; readonly service: string; readonly nodes: number}
  | {readonly kind: 'rig'; readonly places: readonly RigPlace[]; readonly nodes: number}
  | {readonly kind: 'bare'; readonly place: BarePlace; readonly nodes: number}

/** The rigs that take part in plans, and whether the user named them or the built-in ones stand in. */
export interface TakingPart {
  readonly rigs: readonly Rig[]
  readonly rigsAssumed: boolean
}

const NAMES_NO_RIG = /^rig(:\d+)?(:x\d+)?$/i

/** The rig that `rig` alone means: the user's, if there is one. */
function ownRig(text: string, {rigs, rigsAssumed}: TakingPart): Rig {
  const servers = rigs.filter(rig => rig.class === 'server')
  const [rig, other] = rigs.length === 1 || servers.length === 0 ? rigs : servers
  if (rig === undefined) throw new RigorError('UNKNOWN_RIG', `"${text}" — no rig takes part.`, {hint: 'Describe yours under rigs: in rigor.yaml, or name a built-in one: rig:h100x10-pcie'})
  if (other !== undefined && !rigsAssumed) throw new RigorError('BAD_TARGET', `"${text}" may be any of ${rigs.length} rigs.`, {hint: `Name one: ${rigs.map(each => `rig:${each.id}`).join(', ')}.`})
  return rig
}

/** TARGET text → the place it names. Every name is checked against the catalog; RigorError says which is wrong and what is near. */
export function resolveTarget(text: string, facts: PlanningFacts, known: readonly Rig[], taking: TakingPart): Resolved {
  const rigs = NAMES_NO_RIG.test(text.trim()) ? [ownRig(text, taking)] : known
  const {snapshot} = facts
  const view = {accelerators: snapshot.accelerators, get devices() { return snapshot.devices }, machines: snapshot.machines, offersOf: (key: string) => snapshot.offersOf(key), rigs}
  return resolveParsed(parseTarget(text, view), facts, rigs)
}

function resolveParsed(target: Target, facts: PlanningFacts, rigs: readonly Rig[]): Resolved {
  switch (target.kind) {
    case 'hardware': {
      const accelerator = facts.accelerator(target.acceleratorId)
      if (accelerator === undefined) throw new RigorError('UNKNOWN_ACCELERATOR', `"${target.acceleratorId}" is not an accelerator of the catalog.`)
      const own = facts.own(accelerator)
      return {kind: 'bare', place: own === undefined ? barePlace(accelerator, target.count) : barePlace(own.watts, target.count, own.rates), nodes: target.nodes}
    }
    case 'rig': {
      const rig = rigs.find(each => each.id === target.rig)
      if (rig === undefined) throw new RigorError('UNKNOWN_RIG', `"${target.rig}" is not a rig that takes part.`)
      const nodes = target.node === undefined ? rig.nodes : rig.nodes.filter(node => node.id === target.node)
      const places = nodes.map(node => rigPlace(rig, node, facts, target.count)).filter(place => place !== undefined)
      const most = Math.max(...nodes.map(node => node.count))
      if (target.nodes > most) throw new RigorError('BAD_TARGET', `The rig ${rig.id} has ${most} such node${most === 1 ? '' : 's'}, not ${target.nodes}.`)
      return {kind: 'rig', places, nodes: target.nodes}
    }
    case 'offer':
      return resolveOffer(target, facts)
    default:
      return target satisfies never
  }
}

function resolveOffer(target: OfferTarget, facts: PlanningFacts): Resolved {
  const {provider, instanceType, service, nodes} = target
  const purchase = target.purchase ?? 'on-demand'
  const machine = machineOf(facts, provider, instanceType)
  const place = placeOfMachine(machine, facts)
  if (place === undefined) {
    throw new RigorError('NO_ACCELERATOR', `${provider}:${instanceType} has no accelerator, and what its processors do is not known.`, {hint: 'Take a machine with one: rigor catalog list --provider ' + provider})
  }
  const offers = facts.snapshot
    .offersOf(`${provider}/${instanceType}`)
    .filter(
      offer =>
        offer.service === service && offer.purchase === purchase && (target.region === undefined || offer.region === target.region) && (target.zone === undefined || offer.zone === target.zone),
    )
  return {kind: 'offer', place, offers, purchase, service, nodes}
}

const machineMaps = new WeakMap<object, ReadonlyMap<string, Machine>>()
function machineOf(facts: PlanningFacts, provider: string, instanceType: string): Machine {
  const {machines} = facts.snapshot
  let map = machineMaps.get(machines)
  if (map === undefined) {
    map = new Map(machines.map(machine => [`${machine.provider}/${machine.instanceType}`, machine]))
    machineMaps.set(machines, map)
  }
  const machine = map.get(`${provider}/${instanceType}`)
  if (machine === undefined) throw new RigorError('UNKNOWN_MACHINE', `${provider} has no machine "${instanceType}".`)
  return machine
}

/** The hardware that `reference.on` names: what was measured there needs no price. */
export function referenceHardware(text: string, facts: PlanningFacts, known: readonly Rig[], taking: TakingPart): Hardware {
  const resolved = resolveTarget(text, facts, known, taking)
  if (resolved.kind !== 'rig') return resolved.place.hardware(resolved.nodes)
  const [place] = resolved.places
  if (place === undefined || resolved.places.length > 1) {
    throw new RigorError('BAD_TARGET', `"${text}" has several sorts of nodes.`, {hint: 'Name one: rig:NAME/NODE.'})
  }
  return place.hardware(resolved.nodes)
}

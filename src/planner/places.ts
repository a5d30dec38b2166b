import {bareHardware, hardwareOf, hardwareOfRig} from '../catalog/hardware.ts'
import {processorOf} from '../catalog/processors.ts'
import type {Accelerator, Machine} from '../catalog/schema.ts'
import type {Rig, RigNode} from '../catalog/rig.ts'
import type {Hardware} from '../performance/types.ts'
import type {PlanningFacts} from './facts.ts'

/** A machine type of a cloud, or a part of a rig, before region, purchase and node count are chosen. */
export type Place = CloudPlace | RigPlace | BarePlace

interface PlaceBase {
  /** `provider/instanceType`, `rig/NAME[/NODE]`. */
  readonly key: string
  readonly provider: string
  readonly instanceType: string
  readonly accelerator: Accelerator
  /** Same physics, same key: their performance is computed once. The host counts only for kinds that read it. */
  hardwareKey(nodes: number, readsHost: boolean): string
  /** The part of that key which leaves out the link between nodes. */
  machineKey(readsHost: boolean): string
  hardware(nodes: number): Hardware
  readonly maximumNodes: number
}

export interface CloudPlace extends PlaceBase {
  readonly kind: 'cloud'
  readonly machine: Machine
}

export interface RigPlace extends PlaceBase {
  readonly kind: 'rig'
  readonly rig: Rig
  readonly node: RigNode
  /** Accelerators taken of each node; all of them unless the user said `rig:NAME:COUNT`. */
  readonly acceleratorsPerNode: number
  /** Of a whole rig: its groups of nodes that work, all nodes of each. */
  readonly groups?: readonly RigPlace[]
  /** Canonical TARGET text for a node count. */
  id(nodes: number): string
}

/** Accelerators without a provider: physics only. */
export interface BarePlace extends PlaceBase {
  readonly kind: 'bare'
  readonly acceleratorsPerNode: number
}

/** Beyond this many nodes nobody plans without saying `constraints.maxNodes`. */
export const DEFAULT_MAXIMUM_NODES = 16
/** Nor beyond this many accelerators: a TPU slice of 256 chips is one machine. */
export const DEFAULT_MAXIMUM_ACCELERATORS = 1024

export function cloudPlace(machine: Machine, accelerator: Accelerator): CloudPlace {
  // Processors differ by how many of their cores a machine has.
  const cores = accelerator.formFactor === 'cpu' ? `|${accelerator.multiprocessors ?? '?'}|${accelerator.memoryGib}` : ''
  const inside = `${[accelerator.id, machine.acceleratorCount, machine.intraNodeLink, machine.slice ?? false].join('|')}${cores}`
  const host = [machine.vcpus ?? '?', machine.memoryGib ?? '?', machine.localSsdGb ?? '?'].join('|')
  const network = [machine.networkBytesPerSecond ?? '?', machine.rdma, machine.rdmaBytesPerSecond ?? '?'].join('|')
  const networked = machine.networkBytesPerSecond !== undefined || machine.rdmaBytesPerSecond !== undefined
  const machineKey = (readsHost: boolean): string => (readsHost ? `${inside}|${host}` : inside)
  return {
    kind: 'cloud',
    key: `${machine.provider}/${machine.instanceType}`,
    provider: machine.provider,
    instanceType: machine.instanceType,
    accelerator,
    machine,
    maximumNodes: Number.POSITIVE_INFINITY,
    // A single node uses no network; only whether there is one to a second node counts, for the way out of a refusal.
    hardwareKey: (nodes, readsHost) => `${machineKey(readsHost)}|${nodes > 1 ? `${network}|x${nodes}` : networked}`,
    machineKey,
    hardware: nodes => hardwareOf(machine, accelerator, nodes),
  }
}

/** The place that a machine is to work: with its accelerators, or, where it has none, with its processors as the one device there is. `undefined` = the catalog knows neither. */
export function placeOfMachine(machine: Machine, facts: PlanningFacts): CloudPlace | undefined {
  if (machine.acceleratorId !== undefined && machine.acceleratorCount > 0) {
    const accelerator = facts.accelerator(machine.acceleratorId)
    return accelerator === undefined ? undefined : cloudPlace(machine, accelerator)
  }
  const processor = processorOf(machine, facts.snapshot.processors)
  return processor === undefined ? undefined : cloudPlace({...machine, acceleratorCount: 1}, processor)
}

/**
 * Every machine that the catalog knows with a whole or partial accelerator, and those without where the work runs on processors, too; the fastest
 * networks first: they bound the others (`fewest-nodes.ts`).
 */
export function cloudPlaces(facts: PlanningFacts, onProcessors: boolean): CloudPlace[] {
  const places: CloudPlace[] = []
  for (const machine of facts.snapshot.machines) {
    const place = onProcessors || machine.acceleratorCount > 0 ? placeOfMachine(machine, facts) : undefined
    if (place !== undefined) places.push(place)
  }
  const rate = ({machine}: CloudPlace): number => machine.rdmaBytesPerSecond ?? machine.networkBytesPerSecond ?? 0
  return places.toSorted((a, b) => rate(b) - rate(a))
}

/** One place per homogeneous group of nodes of a rig. `count` = accelerators to take, over all its nodes of that sort. */
export function rigPlace(rig: Rig, node: RigNode, facts: PlanningFacts, count?: number): RigPlace | undefined {
  const listed = facts.accelerator(node.acceleratorId)
  if (listed === undefined) return undefined
  const {rates, watts: accelerator} = facts.own(listed) ?? {rates: listed, watts: listed}
  const acceleratorsPerNode = Math.min(count ?? node.acceleratorCount, node.acceleratorCount)
  const name = rig.nodes.length > 1 ? `rig:${rig.id}/${node.id}` : `rig:${rig.id}`
  const withCount = acceleratorsPerNode < node.acceleratorCount ? `${name}:${acceleratorsPerNode}` : name
  return {
    kind: 'rig',
    key: `rig/${rig.id}/${node.id}`,
    provider: 'rig',
    instanceType: rig.nodes.length > 1 ? `${rig.id}/${node.id}` : rig.id,
    accelerator,
    rig,
    node,
    acceleratorsPerNode,
    maximumNodes: node.count,
    hardwareKey: nodes => `rig/${rig.id}/${node.id}/${acceleratorsPerNode}|x${nodes}`,
    machineKey: () => `rig/${rig.id}/${node.id}/${acceleratorsPerNode}`,
    hardware: nodes => hardwareOfRig(rig, node.id, rates, acceleratorsPerNode, nodes),
    id: nodes => (nodes > 1 ? `${withCount}:x${nodes}` : withCount),
  }
}

/** A rig of unlike nodes taken as a whole, for independent work: it stands for all its groups in a plan's entry. */
export function wholeRigPlace(rig: Rig, parts: readonly RigPlace[]): RigPlace | undefined {
  const [first] = parts.toSorted((a, b) => b.node.acceleratorCount * b.node.count - a.node.acceleratorCount * a.node.count)
  if (first === undefined || parts.length < 2) return undefined
  const total = (read: (node: RigNode) => number): number => rig.nodes.reduce((sum, node) => sum + read(node) * node.count, 0)
  const acceleratorCount = total(node => node.acceleratorCount)
  return {
    ...first,
    key: `rig/${rig.id}`,
    instanceType: rig.id,
    node: {...first.node, id: rig.id, count: 1, acceleratorCount, priceUsd: total(node => node.priceUsd), hostIdleWatts: total(node => node.hostIdleWatts), hostMaximumWatts: total(node => node.hostMaximumWatts)},
    acceleratorsPerNode: acceleratorCount,
    maximumNodes: 1,
    groups: parts,
    id: () => `rig:${rig.id}`,
  }
}

/** Whether it stands for unlike groups of nodes. */
export const isWholeRig = (place: Place): boolean => place.kind === 'rig' && place.node.id === place.rig.id && place.key === `rig/${place.rig.id}`

export function rigPlaces(rigs: readonly Rig[], facts: PlanningFacts): RigPlace[] {
  return rigs.flatMap(rig => rig.nodes.map(node => rigPlace(rig, node, facts)).filter(place => place !== undefined))
}

/** `rates`: the accelerator as estimators see it, where the user measured it. */
export function barePlace(accelerator: Accelerator, count: number, rates: Accelerator = accelerator): BarePlace {
  return {
    kind: 'bare',
    key: `${accelerator.id}:${count}`,
    provider: 'hardware',
    instanceType: accelerator.id,
    accelerator,
    acceleratorsPerNode: count,
    maximumNodes: Number.POSITIVE_INFINITY,
    hardwareKey: nodes => `${accelerator.id}:${count}:x${nodes}`,
    machineKey: () => `${accelerator.id}:${count}`,
    hardware: nodes => bareHardware(rates, count, nodes),
  }
}

import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Machine, Offer} from '../../src/catalog/schema.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {RigorError} from '../../src/errors.ts'
import type {PlanDocument} from '../../src/planner/document.ts'
import {estimateTargets} from '../../src/planner/estimate.ts'
import {planWorkload} from '../../src/planner/plan.ts'
import {resolveTarget} from '../../src/planner/resolve.ts'
import type {PlanOptions} from '../../src/planner/session.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {kinds} from '../../src/workload/index.ts'
import {parseWorkload, readWorkloads} from '../../src/workload/read.ts'
import {createWorkspace, sessionInput, type Workspace} from '../../src/workspace.ts'

export const ROOT = path.resolve(import.meta.dirname, '..', '..')
export const TODAY = '2026-11-21'

/** The whole bundled catalog. */
export const catalog: Snapshot = await openSnapshot({packageRoot: ROOT})

export type Spec = Readonly<Record<string, unknown>>

export interface Restriction {
  readonly machines?: (machine: Machine) => boolean
  readonly offers?: (offer: Offer) => boolean
}

/** The catalog with only some of its machines and offers. */
export function restricted({machines = () => true, offers = () => true}: Restriction): Snapshot {
  const kept = catalog.machines.filter(machines)
  const keys = new Map(kept.map(machine => [`${machine.provider}/${machine.instanceType}`, undefined as readonly Offer[] | undefined]))
  const offersOf = (key: string): readonly Offer[] => {
    if (!keys.has(key)) return []
    const known = keys.get(key) ?? catalog.offersOf(key).filter(offers)
    keys.set(key, known)
    return known
  }
  const offerCount = [...keys.keys()].reduce((count, key) => count + offersOf(key).length, 0)
  return derived(catalog, {machines: kept, offersOf, offerCount})
}

/** Machines in another order, and the offers of each in another order. */
export function reordered(snapshot: Snapshot, order: <T>(list: readonly T[]) => T[]): Snapshot {
  return derived(snapshot, {machines: order(snapshot.machines), offersOf: key => order(snapshot.offersOf(key))})
}

export function derived(snapshot: Snapshot, changes: Partial<Snapshot>): Snapshot {
  const copy = Object.create(snapshot) as Snapshot
  for (const [key, value] of Object.entries(changes)) Object.defineProperty(copy, key, {value, enumerable: true})
  return copy
}

export function rigNamed(id: string, changes: Partial<Rig> = {}): Rig {
  const rig = catalog.rigs.find(each => each.id === id)
  if (rig === undefined) throw new Error(`no rig ${id}`)
  return {...rig, ...changes}
}

export const builtInRigs: readonly Rig[] = catalog.rigs.filter(rig => rig.builtinDefault)

export function workspace(snapshot: Snapshot, options: Partial<PlanOptions> = {}): Workspace {
  const loaded = {config: {defaults: {}}} as unknown as Workspace['loaded']
  return createWorkspace(snapshot, loaded, catalog.rigs, {
    asOf: TODAY, rigs: builtInRigs, rigsAssumed: true, have: [], prices: [], skills: undefined, allRegions: false, acceptStale: false, ...options,
  })
}

export const read = (spec: Spec) => parseWorkload(spec, {kinds, locate: at => at.join('.')})

export async function plan(spec: Spec, world: Workspace, limit?: number): Promise<PlanDocument> {
  return planWorkload({...(await sessionInput(world, read(spec))), limit})
}

export async function estimate(spec: Spec, world: Workspace, ...targets: readonly string[]): Promise<PlanDocument> {
  return estimateTargets(await sessionInput(world, read(spec)), targets.map(text => resolveTarget(text, world.facts, world.knownRigs, world.options)))
}

/** The code of the RigorError that a promise ends in; anything else is thrown on. */
export async function errorCode(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    if (error instanceof RigorError) return error.code
    throw error
  }
}

/** The examples that ship, by their names. */
export const examples: Readonly<Record<string, Spec>> = Object.fromEntries(
  readdirSync(path.join(ROOT, 'examples'))
    .filter(file => file.endsWith('.yaml'))
    .map(file => [file.replace('.yaml', ''), readWorkloads(readFileSync(path.join(ROOT, 'examples', file), 'utf8'), {file, kinds})[0]?.raw ?? {}]),
)

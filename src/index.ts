/**
 * rigor for programs: the functions that the commands call, with the answers they print under `--json`.
 *
 *     import {openRigor} from 'rigor-cli'
 *     const rigor = await openRigor({asOf: '2026-11-20'})
 *     const plan = await rigor.plan({kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {concurrency: 50}})
 */
import path from 'node:path'
import type {Snapshot} from './catalog/snapshot.ts'
import {estimateTargets} from './planner/estimate.ts'
import {planWorkload} from './planner/plan.ts'
import {resolveTarget} from './planner/resolve.ts'
import {planJson} from './report/json.ts'
import {openSnapshot} from './store/snapshot.ts'
import {kinds} from './workload/index.ts'
import {parseWorkload} from './workload/read.ts'
import {createWorkspace, sessionInput} from './workspace.ts'

export {RigorError} from './errors.ts'
export {kinds}

export interface RigorOptions {
  /** Today, `YYYY-MM-DD`: ages of prices are counted from it. The library reads no clock. */
  readonly asOf: string
  /** A folder or a compiled file instead of the bundled catalog. */
  readonly catalog?: string
  /** Ids of the built-in rigs that take part; absent = the default ones, `[]` = none. */
  readonly rigs?: readonly string[]
  /** Providers with an account: they win near-ties. */
  readonly have?: readonly string[]
  readonly acceptStale?: boolean
  readonly allRegions?: boolean
}

export interface Rigor {
  readonly catalog: Snapshot
  /** Ranks every target for a workload (as a spec object): the document `rigor.plan/1`. Throws RigorError for a spec that is wrong. */
  plan(workload: Readonly<Record<string, unknown>>, limit?: number): Promise<Record<string, unknown>>
  /** Estimates a workload on targets such as `h100-sxm-80gb:8`: the same document, one entry per target. */
  estimate(workload: Readonly<Record<string, unknown>>, on: readonly string[]): Promise<Record<string, unknown>>
}

export async function openRigor({asOf, catalog, rigs, have = [], acceptStale = false, allRegions = false}: RigorOptions): Promise<Rigor> {
  const snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '..'), catalog})
  const workspace = createWorkspace(snapshot, NO_CONFIGURATION, snapshot.rigs, {
    asOf,
    rigs: snapshot.rigs.filter(({id, builtinDefault}) => (rigs === undefined ? builtinDefault : rigs.includes(id))),
    rigsAssumed: rigs === undefined,
    have,
    prices: [],
    skills: undefined,
    allRegions,
    acceptStale,
  })
  const input = (workload: Readonly<Record<string, unknown>>) => sessionInput(workspace, parseWorkload(workload, {kinds, locate: (at) => at.map(String).join('.') || 'workload'}))
  return {
    catalog: snapshot,
    plan: async (workload, limit) => planJson(planWorkload({...(await input(workload)), limit})),
    estimate: async (workload, on) => planJson(estimateTargets(await input(workload), on.map((target) => resolveTarget(target, workspace.facts, workspace.knownRigs, workspace.options)))),
  }
}

const NO_CONFIGURATION = {
  config: {defaults: {}},
  settings: [],
  projectFile: undefined,
  userFile: undefined,
  paths: {config: '', data: '', state: '', cache: ''},
  locate: (at: readonly PropertyKey[]) => at.map(String).join('.'),
  unknownVariables: [],
}

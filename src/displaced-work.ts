import type {Rig} from './catalog/rig.ts'
import {priceDisplaced} from './planner/displaced.ts'
import {displacedWorkload} from './store/config.ts'
import {kinds} from './workload/index.ts'
import {sessionInput, type Workspace} from './workspace.ts'

/**
 * Rigs whose `displaced` names a workload, with what their hours are worth by it. The work is planned with no rig that has
 * such a worth, so one never waits for another, nor for itself.
 */
export async function withDisplacedWork(workspace: Workspace): Promise<Workspace> {
  const worth = new Map<string, Rig>()
  for (const rig of workspace.options.rigs) {
    const workload = displacedWorkload(workspace.loaded, rig.id, kinds)
    if (workload === undefined) continue
    // Whatever it is ranked by otherwise, its price is that of the cheapest cloud.
    const byCost = {...workload, spec: {...workload.spec, objective: 'cost'}, raw: {...workload.raw, objective: 'cost'}}
    worth.set(rig.id, {...rig, ...priceDisplaced(await sessionInput(workspace, byCost), rig)})
  }
  const valued = (rigs: readonly Rig[]): readonly Rig[] => rigs.map(rig => worth.get(rig.id) ?? rig)
  return {...workspace, knownRigs: valued(workspace.knownRigs), options: {...workspace.options, rigs: valued(workspace.options.rigs)}}
}

import type {Rig} from './catalog/rig.ts'
import {RigorError} from './errors.ts'
import type {PlanTarget} from './planner/document.ts'
import {estimateTargets} from './planner/estimate.ts'
import {resolveTarget} from './planner/resolve.ts'
import type {RigPowerQuestion} from './power/rig-power.ts'
import type {ReadWorkload} from './workload/read.ts'
import {sessionInput, type Workspace} from './workspace.ts'

/** What never ends is said to last a month, and of what lasts one it does not matter when it starts. */
const LONGEST_RUN_HOURS = 730

/** Wall watts of the nodes of a rig that do a workload, and which they are; the hours of one run where it has an end. */
export async function workedWatts(workspace: Workspace, workload: ReadWorkload, rig: Rig): Promise<NonNullable<RigPowerQuestion['expected']> & {readonly hours: number | undefined; readonly target: PlanTarget}> {
  const target = resolveTarget(`rig:${rig.id}`, workspace.facts, workspace.knownRigs, workspace.options)
  const {targets: [found], rejected: [refused]} = estimateTargets(await sessionInput(workspace, workload), [target])
  const watts = found?.powerWatts.average?.p50
  if (found === undefined || watts === undefined) {
    throw new RigorError('UNKNOWN_POWER', `${rig.id} does not do this work: ${refused?.detail ?? 'its power is not known'}.`, {hint: refused?.nearest ?? 'rigor estimate WORKLOAD --on rig:NAME says more.'})
  }
  const hours = found.durationHours?.p50
  const node = /^rig:[^/:]+\/(?<node>[^:]+)/.exec(found.id)?.groups?.['node']
  return {target: found, title: workload.name ?? workload.kind.id, watts, nodeIds: node === undefined ? rig.nodes.map(({id}) => id) : [node], hours: hours !== undefined && hours < LONGEST_RUN_HOURS ? hours : undefined}
}

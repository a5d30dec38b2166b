import type {Rig} from './catalog/rig.ts'
import {RigorError} from './errors.ts'
import {verdictsOn} from './planner/estimate.ts'
import type {Estimate} from './planner/evaluate.ts'
import {rankTargets} from './planner/rank.ts'
import {resolveTarget} from './planner/resolve.ts'
import {nodesInUse} from './planner/rig-line.ts'
import {createSession} from './planner/session.ts'
import type {RigPowerQuestion} from './power/rig-power.ts'
import type {ReadWorkload} from './workload/read.ts'
import {sessionInput, type Workspace} from './workspace.ts'

/** What never ends is said to last a month, and of what lasts one it does not matter when it starts. */
const LONGEST_RUN_HOURS = 730

/** Wall watts of the nodes of a rig that do a workload, and how many of which they are; the hours of one run where it has an end, and the estimate itself. */
export async function workedWatts(workspace: Workspace, workload: ReadWorkload, rig: Rig): Promise<NonNullable<RigPowerQuestion['expected']> & {readonly hours: number | undefined; readonly estimate: Estimate}> {
  const session = createSession(await sessionInput(workspace, workload))
  const verdicts = verdictsOn(session, resolveTarget(`rig:${rig.id}`, workspace.facts, workspace.knownRigs, workspace.options))
  const {ranked: [best]} = rankTargets(verdicts.flatMap(verdict => (verdict.feasible ? [verdict.entry] : [])), session.options.have)
  const watts = best?.estimate.power.averageWatts?.p50
  if (best === undefined || watts === undefined) {
    const [refusal] = verdicts.flatMap(verdict => (verdict.feasible ? [] : [verdict.refusal]))
    throw new RigorError('UNKNOWN_POWER', `${rig.id} does not do this work: ${refusal?.detail ?? 'its power is not known'}.`, {hint: refusal?.nearest ?? 'rigor estimate WORKLOAD --on rig:NAME says more.'})
  }
  const hours = best.estimate.durationHours.p50
  return {estimate: best.estimate, title: workload.name ?? workload.kind.id, watts, interval: best.estimate.power.averageWatts ?? undefined, acceleratorWatts: best.estimate.power.acceleratorWatts?.p50, nodesInUse: nodesInUse(best.estimate), hours: hours < LONGEST_RUN_HOURS ? hours : undefined}
}

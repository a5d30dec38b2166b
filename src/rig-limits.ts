import type {Rig} from './catalog/rig.ts'
import {RigorError} from './errors.ts'
import {powerLimitsOf, type PowerLimits} from './planner/power-limits.ts'
import {resolveTarget} from './planner/resolve.ts'
import {createSession} from './planner/session.ts'
import type {ReadWorkload} from './workload/read.ts'
import {sessionInput, type Workspace} from './workspace.ts'

/** What lower power limits of a rig's boards make of a workload; an error where it does not run there, or what it draws is not known. */
export async function limitsOfRig(workspace: Workspace, workload: ReadWorkload, rig: Rig): Promise<PowerLimits> {
  const target = resolveTarget(`rig:${rig.id}`, workspace.facts, workspace.knownRigs, workspace.options)
  if (target.kind !== 'rig') throw new TypeError(`${rig.id} is no rig`)
  const result = powerLimitsOf(createSession(await sessionInput(workspace, workload)), target)
  if ('limits' in result) return result.limits
  throw new RigorError('UNKNOWN_POWER', `${rig.id} — no power limits for this work: ${result.detail}.`, {hint: result.nearest ?? 'rigor estimate WORKLOAD --on rig:NAME says more.'})
}

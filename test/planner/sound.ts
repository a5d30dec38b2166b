import type {PlanDocument, PlanTarget} from '../../src/planner/document.ts'
import {resolveTarget} from '../../src/planner/resolve.ts'
import type {ReadWorkload} from '../../src/workload/read.ts'
import {sessionInput, type Workspace} from '../../src/workspace.ts'

const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Adding up in another order moves the last digits. */
const level = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

/**
 * What is wrong with a plan, whatever it plans: a figure that is no number, is infinite or negative; an interval out of
 * order; cost or memory lines that do not sum to their total; ranks or ids that repeat; a winner that may not win.
 */
export function faultsOf(document: PlanDocument): string[] {
  const faults: string[] = []
  walk(document.targets, 'targets', faults)
  walk(document.rejected, 'rejected', faults)
  walk(document.considered, 'considered', faults)
  for (const target of document.targets) faults.push(...faultsOfTarget(target))
  for (const {id, estimate} of document.rejected) if (estimate !== undefined) faults.push(...faultsOfTarget({...estimate, rank: 0}).map(fault => `rejected ${id}: ${fault}`))
  const ids = document.targets.map(target => target.id)
  if (new Set(ids).size < ids.length) faults.push(`targets: an id stands twice: ${ids.find((id, index) => ids.indexOf(id) !== index) ?? ''}`)
  for (const [index, target] of document.targets.entries()) {
    const before = document.targets[index - 1]
    if (before !== undefined && before.rank >= target.rank) faults.push(`${target.id}: rank ${target.rank} after ${before.rank}`)
    if (before !== undefined && !before.eligible && target.eligible) faults.push(`${target.id}: may win, yet stands after ${before.id}, which may not`)
    if (target.eligible !== (target.ineligibleReason === null && target.purchase !== 'none')) faults.push(`${target.id}: eligible ${target.eligible} with reason ${target.ineligibleReason}`)
  }
  for (const id of document.pareto) if (document.targets.length === document.feasible && !ids.includes(id)) faults.push(`pareto: ${id} is no target`)
  if (document.targets.length === 0 && !document.answer.startsWith('Nothing')) faults.push(`answer: ${document.answer}`)
  return faults
}

function walk(value: unknown, at: string, faults: string[]): void {
  if (typeof value === 'number' && (!Number.isFinite(value) || value < 0)) faults.push(`${at} is ${value}`)
  else if (Array.isArray(value)) value.forEach((entry, index) => walk(entry, `${at}[${index}]`, faults))
  else if (isMapping(value)) {
    const {p10, p50, p90} = value
    if (typeof p10 === 'number' && typeof p50 === 'number' && typeof p90 === 'number' && !(p10 <= p50 * (1 + 1e-12) && p50 <= p90 * (1 + 1e-12))) faults.push(`${at}: ${p10}, ${p50}, ${p90} are out of order`)
    for (const [key, entry] of Object.entries(value)) walk(entry, `${at}.${key}`, faults)
  }
}

function faultsOfTarget(target: PlanTarget): string[] {
  const faults: string[] = []
  const {cost, memoryGib, id} = target
  const total = cost.lines.reduce((sum, line) => sum + line.usd, 0)
  if (cost.usd !== null && !level(total, cost.usd.p50)) faults.push(`${id}: cost lines sum to ${total}, the cost is ${cost.usd.p50}`)
  if (cost.usd === null && cost.lines.length > 0) faults.push(`${id}: cost lines without a cost`)
  if (cost.usd === null && cost.notCosted.length === 0) faults.push(`${id}: no cost, and no reason`)
  const needed = memoryGib.lines.reduce((sum, line) => sum + line.gib, 0)
  if (!level(needed, memoryGib.needed.p50)) faults.push(`${id}: memory lines sum to ${needed}, needed are ${memoryGib.needed.p50}`)
  if (memoryGib.needed.p50 > memoryGib.available * (1 + 1e-9)) faults.push(`${id}: needs ${memoryGib.needed.p50} GiB of ${memoryGib.available}`)
  if (target.rank > 0 && target.nodes > 1 && target.accelerators <= (target.acceleratorsBilled / target.nodes) * (target.nodes - 1)) faults.push(`${id}: whole machines stay idle`)
  if (target.accelerators > target.acceleratorsBilled + 1e-9) faults.push(`${id}: uses ${target.accelerators} of ${target.acceleratorsBilled} accelerators`)
  if (target.powerWatts.average !== null && target.powerWatts.peak !== null && target.powerWatts.average.p50 > target.powerWatts.peak.p50 * (1 + 1e-9)) faults.push(`${id}: draws more on average than at peak`)
  if (target.durationHours !== null && target.workHours !== null && target.workHours.p50 > target.durationHours.p50 * (1 + 1e-9)) faults.push(`${id}: works longer than it lasts`)
  return faults
}

/** Targets that are faster than any configuration of their hardware can be. */
export async function tooFast(document: PlanDocument, world: Workspace, workload: ReadWorkload): Promise<string[]> {
  const {referenceHardware} = await sessionInput(world, workload)
  const {kind, spec} = workload
  const demand = kind.demand(spec, world.facts, referenceHardware)
  // A user's own measurement may say that the work runs faster than the estimator thinks possible.
  if (demand.endless || (spec.reference !== undefined && kind.readsReference !== true)) return []
  const bounds = new Map<string, number>()
  return document.targets.flatMap(({id, workHours, nodes}) => {
    const target = resolveTarget(id, world.facts, world.knownRigs, world.options)
    const places = target.kind === 'rig' ? target.places : [target.place]
    const [place] = places
    if (place === undefined || places.length > 1 || workHours === null) return []
    const key = place.hardwareKey(nodes, true)
    const bound = bounds.get(key) ?? kind.lowerBoundSeconds(demand as never, place.hardware(nodes), world.facts)
    bounds.set(key, bound)
    return workHours.p50 * 3600 < bound * (1 - 1e-9) ? [`${id}: ${workHours.p50 * 3600} s of work, at least ${bound} s are needed`] : []
  })
}

import type {PlanDocument, PlanTarget, RejectedTarget} from '../planner/document.ts'
import {NEAR_TIE_SHARE} from '../planner/rank.ts'
import {rigName} from './words.ts'

/** A target that gets a line of the table. */
export interface Row {
  readonly target: PlanTarget
  readonly nearTie: boolean
}

/** The objective's value, up to a constant factor; `null` where unknown or where the objective is an expression. */
function objectiveValue(target: PlanTarget, objective: string): number | null {
  const cost = target.cost.usd?.p50 ?? null
  const energy = target.energyKwh?.p50 ?? null
  switch (objective) {
    case 'cost': return cost
    case 'time': return target.durationHours?.p50 ?? null
    case 'energy': return energy
    case 'carbon': return target.carbonKg?.p50 ?? null
    case 'balanced': {
      const hours = target.workHours?.p50 ?? null
      return cost === null || energy === null || hours === null ? null : Math.cbrt(cost * hours * energy)
    }
    default: return null
  }
}

/** One row per machine and purchase (and region, if unfolded): the best of its node counts. */
function foldRows(document: PlanDocument, allRegions: boolean): Row[] {
  const seen = new Set<string>()
  const best = document.targets[0]
  const reference = best === undefined || !best.eligible ? null : objectiveValue(best, document.objective)
  const rows: Row[] = []
  for (const target of document.targets) {
    const key = [target.provider, target.service, target.instanceType, target.purchase, ...(allRegions ? [target.region, target.zone] : [])].join('\n')
    if (seen.has(key)) continue
    seen.add(key)
    const value = objectiveValue(target, document.objective)
    const nearTie = target !== best && target.eligible && reference !== null && value !== null && value <= reference * (1 + NEAR_TIE_SHARE)
    rows.push({target, nearTie})
  }
  return rows
}

/** The rows that get a line: the first `limit`, then what always has one (each rig, each account) and came later. */
export function chooseRows(document: PlanDocument, view: {readonly limit: number; readonly allRegions: boolean; readonly have: readonly string[]}): {shown: Row[]; pinned: Row[]; refused: RejectedTarget[]; absent: string[]; total: number} {
  const rows = foldRows(document, view.allRegions)
  const shown = rows.slice(0, Math.max(0, view.limit))
  const groupOf = ({id, provider}: {id: string; provider: string}): string => {
    const rig = rigName(id)
    return rig === null ? provider : `rig:${rig}`
  }
  const present = new Set(shown.map(row => groupOf(row.target)))
  const wanted = (group: string): boolean => group.startsWith('rig:') || view.have.includes(group)
  const pinned: Row[] = []
  for (const row of rows.slice(shown.length)) {
    const group = groupOf(row.target)
    if (!wanted(group) || present.has(group)) continue
    present.add(group)
    pinned.push(row)
  }
  const refused: RejectedTarget[] = []
  for (const rejected of document.rejected) {
    const group = groupOf(rejected)
    if (!wanted(group) || present.has(group)) continue
    present.add(group)
    refused.push(rejected)
  }
  const absent = view.have.filter(provider => !present.has(provider))
  const total = document.targets.length < document.feasible ? document.feasible : rows.length
  return {shown, pinned, refused, absent, total}
}

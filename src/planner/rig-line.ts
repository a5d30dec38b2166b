import {freeHours} from './break-even.ts'
import type {Estimate} from './evaluate.ts'
import type {Session} from './session.ts'
import {rigPower} from '../power/rig-power.ts'
import {verdictOn, type Reason, type Verdict} from '../power/rig-verdict.ts'

/** What a plan says of a rig beside what every target has: whether there are hours for the work, and whether its site carries it. */
export interface RigLine {
  /** Of 730 a month, less those that are taken. */
  readonly freeHoursPerMonth: number
  /** `null`: the watts of its accelerators are not known. */
  readonly site: {readonly verdict: Verdict; readonly reasons: readonly Reason[]} | null
}

/** How many nodes of each id an estimate on a rig counts. */
export function nodesInUse({way: {place}, nodes}: Pick<Estimate, 'way' | 'nodes'>): ReadonlyMap<string, number> {
  if (place.kind !== 'rig') return new Map()
  return new Map(place.groups === undefined ? [[place.node.id, nodes]] : place.groups.map(({node}) => [node.id, node.count]))
}

/** `undefined` for what is no rig. */
export function rigLineOf({facts: {snapshot, calibration}}: Session, estimate: Estimate): RigLine | undefined {
  const {place} = estimate.way
  if (place.kind !== 'rig') return undefined
  const {rig} = place
  const watts = estimate.power.averageWatts?.p50
  const power = watts === undefined ? undefined : rigPower({rig, snapshot, calibration, expected: {title: '', watts, nodesInUse: nodesInUse(estimate)}})
  return {freeHoursPerMonth: freeHours(rig), site: power === undefined ? null : verdictOn(rig, power, snapshot.facility)}
}

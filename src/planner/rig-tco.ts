import type {Rig} from '../catalog/rig.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {ownershipOf, rentFactor, type Draw, type Ownership} from '../cost/ownership.ts'
import {cloudHoursOf, cloudMonthUsd, type CloudHours} from './cloud-hours.ts'
import {crossingOf, type Crossing} from './crossing.ts'
import type {PlanOptions} from './session.ts'

export interface CloudLine extends CloudHours {
  readonly usdPerMonth: number
  readonly usdPerAcceleratorHour: number
  readonly crossing: Crossing
}

export interface RigTco {
  readonly ownership: Ownership
  readonly byUse: readonly Pick<Ownership, 'utilisationShare' | 'usdPerMonth' | 'usdPerUsefulAcceleratorHour'>[]
  /** Those that may win first, then by price. */
  readonly clouds: readonly CloudLine[]
}

export interface RigTcoQuestion {
  readonly rig: Rig
  readonly idle: Draw
  readonly working: Draw
  readonly utilisationShare: number
  readonly months: number
  readonly snapshot: Pick<Snapshot, 'accelerators' | 'machines' | 'offersOf'>
  readonly options: Pick<PlanOptions, 'asOf' | 'acceptStale' | 'prices'>
}

const USES = [0.1, 0.25, 0.5, 0.75, 1] as const

/** What owning a rig costs, at several uses, and what renting the same accelerators would. */
export function rigTco(question: RigTcoQuestion): RigTco {
  const {rig, snapshot, options, utilisationShare, months} = question
  const at = (share: number): Ownership => ownershipOf({...question, utilisationShare: share})
  const ownership = at(utilisationShare)
  const factor = rentFactor(rig)
  const [half, full] = [at(0.5).usdPerMonth, at(1).usdPerMonth]
  const clouds = cloudHoursOf(rig, snapshot, options).map((hours): CloudLine => {
    const rented = (share: number): number => factor * cloudMonthUsd(hours, share, months)
    return {...hours, usdPerMonth: rented(utilisationShare), usdPerAcceleratorHour: (factor * hours.usdPerHour) / ownership.accelerators, crossing: crossingOf(half - rented(0.5), full - rented(1))}
  })
  return {ownership, byUse: USES.map(at), clouds}
}

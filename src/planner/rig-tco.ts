import type {Rig} from '../catalog/rig.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {ownershipOf, rentFactor, type Draw, type Ownership} from '../cost/ownership.ts'
import {cloudHoursOf, cloudMonthUsd, type CloudHours} from './cloud-hours.ts'
import type {PlanOptions} from './session.ts'

/** Use at which owning and renting cost the same, of the months' hours: owning is cheaper above (or below) it, everywhere or nowhere. */
export interface Crossing {
  readonly owningIsCheaper: 'always' | 'never' | 'above' | 'below'
  readonly utilisationShare: number | null
}

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

/** Owning less renting at half and at full use; both are straight lines over the use. */
export function crossingOf(half: number, full: number): Crossing {
  const none = 2 * half - full
  if (none <= 0 && full <= 0) return {owningIsCheaper: 'always', utilisationShare: null}
  if (none > 0 && full > 0) return {owningIsCheaper: 'never', utilisationShare: null}
  return {owningIsCheaper: full <= 0 ? 'above' : 'below', utilisationShare: none / (none - full)}
}

import type {Accelerator} from '../catalog/schema.ts'
import type {MigProfile} from '../catalog/snapshot.ts'
import {partOf, type AcceleratorPart} from './hardware.ts'

/** Slices of accelerators (NVIDIA's Multi-Instance GPU): a job on one of them has its multiprocessors, its memory and its part of the bandwidth to itself. docs/models/slices.md */

/** The profiles of an accelerator, smallest first. */
export type ProfilesOf = (acceleratorId: string) => readonly MigProfile[]

export function createProfilesOf(profiles: readonly MigProfile[]): ProfilesOf {
  let byAccelerator: ReadonlyMap<string, readonly MigProfile[]> | undefined
  return id => (byAccelerator ??= Map.groupBy(profiles, ({acceleratorId}) => acceleratorId)).get(id) ?? []
}

/** What a slice has of the whole. Compute by multiprocessors where their number is known, else by the slices of the profile. */
export function partOfProfile({multiprocessors, multiprocessorsTotal, computeSlices, computeSlicesTotal, memorySlices, memorySlicesTotal, memoryGib}: MigProfile): AcceleratorPart {
  return {computeShare: multiprocessors === undefined ? computeSlices / computeSlicesTotal : multiprocessors / multiprocessorsTotal, bandwidthShare: memorySlices / memorySlicesTotal, memoryGib}
}

/** A slice, as an accelerator. */
export const sliceAccelerator = (whole: Accelerator, profile: MigProfile): Accelerator => partOf(whole, partOfProfile(profile))

import type {MigProfile} from '../catalog/snapshot.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {partOf} from '../performance/hardware.ts'
import type {Hardware, Performance, Refusal} from '../performance/types.ts'

/** Slices of accelerators (NVIDIA's Multi-Instance GPU): a job on one of them has its multiprocessors, its memory and its part of the bandwidth to itself. */

/** The profiles of an accelerator, smallest first. */
export type ProfilesOf = (acceleratorId: string) => readonly MigProfile[]

export function createProfilesOf(profiles: readonly MigProfile[]): ProfilesOf {
  let byAccelerator: ReadonlyMap<string, readonly MigProfile[]> | undefined
  return id => (byAccelerator ??= Map.groupBy(profiles, ({acceleratorId}) => acceleratorId)).get(id) ?? []
}

/** How much of an accelerator a slice takes up: other slices can have the rest of its compute, and of its memory. */
const taken = ({computeSlices, computeSlicesTotal, placementSize, memorySlicesTotal}: MigProfile): number => Math.max(computeSlices / computeSlicesTotal, placementSize / memorySlicesTotal)

/** One slice of one accelerator of a machine, as estimators see it. Compute by multiprocessors where their number is known, else by the slices of the profile. */
export function sliceHardware(hardware: Hardware, profile: MigProfile): Hardware {
  const {multiprocessors, multiprocessorsTotal, computeSlices, computeSlicesTotal, memorySlices, memorySlicesTotal, memoryGib} = profile
  const part = {computeShare: multiprocessors === undefined ? computeSlices / computeSlicesTotal : multiprocessors / multiprocessorsTotal, bandwidthShare: memorySlices / memorySlicesTotal, memoryGib}
  return {...hardware, accelerator: partOf(hardware.accelerator, part), acceleratorsPerNode: 1, nodes: 1, levels: []}
}

/** What ran on a slice: it takes up a part of an accelerator, and others can have the rest. */
export function onSlice(performance: Performance, profile: MigProfile, accelerators: number): Performance {
  return {
    ...performance,
    configuration: {...performance.configuration, migProfile: profile.profile},
    acceleratorsUsed: performance.acceleratorsUsed * taken(profile),
    notes: [...performance.notes, sliceNote(profile, accelerators)],
  }
}

/** The profile, or why the accelerator cannot be cut so. */
export function profileOn(accelerator: Accelerator, wanted: string, profilesOf: ProfilesOf): MigProfile | Refusal {
  const profiles = profilesOf(accelerator.id)
  const found = profiles.find(({profile}) => profile === wanted)
  if (found !== undefined) return found
  if (profiles.length === 0) return {reason: 'topology', detail: `${accelerator.name} is not cut into slices`, nearest: 'a whole accelerator: leave configuration.migProfile out'}
  const compute = Number.parseInt(wanted, 10)
  const [near] = profiles.filter(({mediaExtensions}) => !mediaExtensions).toSorted((a, b) => Math.abs(a.computeSlices - compute) - Math.abs(b.computeSlices - compute) || a.memoryGib - b.memoryGib)
  return {reason: 'topology', detail: `${accelerator.name} has no slice ${wanted}`, nearest: near === undefined ? null : `configuration.migProfile: ${near.profile}`}
}

export const isProfile = (found: MigProfile | Refusal): found is MigProfile => 'maximumInstances' in found

/** What else there is to know: how many such jobs the accelerators hold beside each other. */
function sliceNote({profile, maximumInstances, multiprocessors}: MigProfile, accelerators: number): string {
  const whole = Math.max(1, Math.floor(accelerators))
  const counted = multiprocessors === undefined ? ' Its multiprocessors are not published: its share of compute is taken to be that of its slices.' : ''
  return `One slice ${profile}; an accelerator holds ${maximumInstances} of them${whole > 1 ? `, these ${whole} hold ${maximumInstances * whole}` : ''}, and such a job on each runs as fast.${counted}`
}

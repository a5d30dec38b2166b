import type {MigProfile} from '../catalog/snapshot.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {sliceAccelerator, type ProfilesOf} from '../performance/mig.ts'
import type {Hardware, Performance, Refusal} from '../performance/types.ts'

/** Plans on slices of accelerators: `src/performance/mig.ts`. */

/** How much of an accelerator a slice takes up: other slices can have the rest of its compute, and of its memory. */
const taken = ({computeSlices, computeSlicesTotal, placementSize, memorySlicesTotal}: MigProfile): number => Math.max(computeSlices / computeSlicesTotal, placementSize / memorySlicesTotal)

/** One slice of one accelerator of a machine, as estimators see it. */
export const sliceHardware = (hardware: Hardware, profile: MigProfile): Hardware => ({...hardware, accelerator: sliceAccelerator(hardware.accelerator, profile), acceleratorsPerNode: 1, nodes: 1, levels: []})

/** What ran on a slice: it takes up a part of an accelerator, and others can have the rest. */
export function onSlice(performance: Performance, profile: MigProfile, accelerators: number): Performance {
  return {
    ...performance,
    configuration: {...performance.configuration, migProfile: profile.profile},
    acceleratorsUsed: performance.acceleratorsUsed * taken(profile),
    notes: [...performance.notes, sliceNote(profile, accelerators)],
  }
}

const WHOLE = 'a whole accelerator: leave configuration.migProfile out'

/** The profile, or why the accelerator cannot be cut so. */
export function profileOn(accelerator: Accelerator, wanted: string, profilesOf: ProfilesOf): MigProfile | Refusal {
  const profiles = profilesOf(accelerator.id)
  const found = profiles.find(({profile}) => profile === wanted)
  if (found !== undefined) return found
  if (profiles.length === 0) return {reason: 'constraint', detail: `${accelerator.name} is not cut into slices`, nearest: WHOLE}
  const compute = Number.parseInt(wanted, 10)
  const [near] = profiles.filter(({mediaExtensions}) => !mediaExtensions).toSorted((a, b) => Math.abs(a.computeSlices - compute) - Math.abs(b.computeSlices - compute) || a.memoryGib - b.memoryGib)
  return {reason: 'constraint', detail: `${accelerator.name} has no slice ${wanted}`, nearest: near === undefined ? null : `configuration.migProfile: ${near.profile}`}
}

export const isProfile = (found: MigProfile | Refusal): found is MigProfile => 'maximumInstances' in found

/** Work that a slice cannot hold is never spread over several: a larger slice holds it, or the whole accelerator. `holds` = whether it runs there; `undefined` = on the whole. */
export function refusalOnSlice(refusal: Refusal, {profile, memoryGib}: MigProfile, profiles: readonly MigProfile[], holds: (larger: MigProfile | undefined) => boolean): Refusal {
  if (refusal.reason !== 'memory') return refusal
  const larger = profiles.filter(each => !each.mediaExtensions && each.memoryGib > memoryGib).toSorted((a, b) => a.memoryGib - b.memoryGib || a.computeSlices - b.computeSlices).find(holds)
  const nearest = larger === undefined ? (holds(undefined) ? WHOLE : 'several whole accelerators: leave configuration.migProfile out') : `configuration.migProfile: ${larger.profile}`
  return {...refusal, detail: `${refusal.detail} (one slice ${profile})`, nearest}
}

/** What else there is to know: how many such jobs the accelerators hold beside each other. */
function sliceNote({profile, maximumInstances, multiprocessors}: MigProfile, accelerators: number): string {
  const whole = Math.max(1, Math.floor(accelerators))
  const counted = multiprocessors === undefined ? ' Its multiprocessors are not published: its share of compute is taken to be that of its slices.' : ''
  return `One slice ${profile}; an accelerator holds ${maximumInstances} of them${whole > 1 ? `, these ${whole} hold ${maximumInstances * whole}` : ''}, and such a job on each runs as fast.${counted}`
}

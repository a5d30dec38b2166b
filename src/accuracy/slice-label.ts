import type {Accelerator} from '../catalog/schema.ts'
import type {MigProfile} from '../catalog/snapshot.ts'
import {sliceAccelerator, type ProfilesOf} from '../performance/mig.ts'
import {matchAccelerator} from './accelerator-label.ts'

/** "A100 80GB MIG 3g.40gb"; "2c.3g.40gb" = two of its compute slices, with all of its memory (a compute instance). */
const SLICE = /^(?<whole>.+?) MIG (?:(?<compute>\d)c\.)?(?<profile>\d+g\.\d+gb\S*)$/

export const isSliceLabel = (label: string): boolean => SLICE.test(label)

/** Slices of compute; a whole card has more than any slice. */
export function sliceSize(label: string): number {
  const words = SLICE.exec(label)?.groups
  return words === undefined ? Number.POSITIVE_INFINITY : Number(words['compute'] ?? Number.parseInt(words['profile'] ?? '', 10))
}

/** The catalog as a reader sees it: where a row names a slice, the slice stands in the place of its accelerator. */
export interface Named {
  /** What to look up in `accelerators`. */
  readonly label: string
  readonly accelerators: readonly Accelerator[]
  /** The slice's accelerator, whole; absent = no slice is named. */
  readonly whole?: Accelerator
}

/** Cards that are cut into slices come as SXM modules first, and labels of slices leave that out, as drivers do. */
const wholeNamed = (label: string, accelerators: readonly Accelerator[]): Accelerator | undefined => matchAccelerator(label, accelerators) ?? matchAccelerator(`${label} SXM`, accelerators)

/** `undefined` = a slice that no accelerator of the catalog has. */
export function namedBy(label: string, accelerators: readonly Accelerator[], profilesOf: ProfilesOf): Named | undefined {
  const words = SLICE.exec(label)?.groups
  if (words === undefined) return {label, accelerators}
  const whole = wholeNamed(words['whole'] ?? '', accelerators)
  const profile = whole === undefined ? undefined : profilesOf(whole.id).find(each => each.profile === words['profile'])
  if (whole === undefined || profile === undefined) return undefined
  return {label: whole.name, whole, accelerators: accelerators.map(each => (each === whole ? sliceAccelerator(whole, instanceOf(profile, words['compute'])) : each))}
}

function instanceOf(profile: MigProfile, compute: string | undefined): MigProfile {
  if (compute === undefined) return profile
  const {computeSlices, multiprocessors} = profile
  const taken = Math.min(Number(compute), computeSlices)
  return {...profile, computeSlices: taken, multiprocessors: multiprocessors === undefined ? undefined : (multiprocessors * taken) / computeSlices}
}

/** The accelerator that a label of a slice is of. */
export function sliceOwner(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  const whole = SLICE.exec(label)?.groups?.['whole']
  return whole === undefined ? undefined : wholeNamed(whole, accelerators)
}

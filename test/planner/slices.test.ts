import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {bareHardware} from '../../src/catalog/hardware.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {createPlanningFacts, type PlanningFacts} from '../../src/planner/facts.ts'
import {isProfile, onSlice, profileOn, sliceHardware} from '../../src/planner/slices.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import type {Performance} from '../../src/performance/types.ts'
import {generic} from '../../src/workload/generic/index.ts'

let snapshot: Snapshot
let facts: PlanningFacts
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '../..')})
  facts = createPlanningFacts(snapshot)
})

const profileNamed = (accelerator: string, name: string) => {
  const found = profileOn(facts.accelerator(accelerator)!, name, facts.migProfiles)
  if (!isProfile(found)) throw new Error(found.detail)
  return found
}
const sliceOn = (accelerator: string, name: string) => sliceHardware(bareHardware(facts.accelerator(accelerator)!, 1, 1), profileNamed(accelerator, name))

describe('a slice has', () => {
  test('its multiprocessors, memory slices and memory: 1g.10gb of an A100 is 14 of 108, 1 of 8 and 9.62 GiB', () => {
    const whole = facts.accelerator('a100-sxm-80gb')!
    const {accelerator, acceleratorsPerNode} = sliceOn('a100-sxm-80gb', '1g.10gb')

    expect(accelerator.peakFlops.fp32! / whole.peakFlops.fp32!).toBeCloseTo(14 / 108, 9)
    expect(accelerator.memoryBandwidthBytesPerSecond / whole.memoryBandwidthBytesPerSecond).toBeCloseTo(1 / 8, 9)
    expect([accelerator.memoryGib, acceleratorsPerNode]).toEqual([profileNamed('a100-sxm-80gb', '1g.10gb').memoryGib, 1])
  })

  test('the compute of its slices where nobody publishes the multiprocessors', () => {
    const whole = facts.accelerator('h100-pcie-80gb')!

    expect(sliceOn('h100-pcie-80gb', '3g.40gb').accelerator.peakFlops.fp32! / whole.peakFlops.fp32!).toBeCloseTo(3 / 7, 9)
  })
})

test('published matmul rates of slices ÷ that of the whole card lie within 8 % of the shares (A100 80 GB: 286 TFLOP/s fp16, 136 tf32)', () => {
  const share = (profile: string): number => sliceOn('a100-sxm-80gb', profile).accelerator.peakFlops.fp16! / facts.accelerator('a100-sxm-80gb')!.peakFlops.fp16!
  for (const [profile, slice, whole] of [['1g.10gb', 38.694, 286.185], ['2g.20gb', 79.304, 286.185], ['3g.40gb', 118.924, 286.185], ['1g.10gb', 18.985, 135.676], ['3g.40gb', 55.576, 135.676]] as const) {
    expect(Math.abs(share(profile) / (slice / whole) - 1)).toBeLessThan(0.08)
  }
})

test('what runs on a slice takes up its part of an accelerator: the larger of compute and memory', () => {
  const performance = {configuration: {precision: 'fp16'}, acceleratorsUsed: 1, notes: []} as unknown as Performance

  expect(onSlice(performance, profileNamed('h100-sxm-80gb', '1g.10gb'), 8)).toMatchObject({acceleratorsUsed: 1 / 7, configuration: {migProfile: '1g.10gb'}, notes: [expect.stringMatching(/holds 7 of them, these 8 hold 56/) as string]})
  // Three of seven compute slices, and half of the memory.
  expect(onSlice(performance, profileNamed('h100-sxm-80gb', '3g.40gb'), 1).acceleratorsUsed).toBe(0.5)
})

test('a job on a slice of an eighth of the bandwidth takes eight times as long where bandwidth binds', () => {
  const demand = generic.demand(generic.spec.parse({kind: 'generic', bytes: '10 TB'}), facts)
  const seconds = (hardware: ReturnType<typeof sliceOn>): number => {
    const result = generic.perform(demand, hardware, {dp: 1}, facts)
    return result.feasible ? result.performance.workSeconds!.p50 : Number.NaN
  }

  expect(seconds(sliceOn('a100-sxm-80gb', '1g.10gb')) / seconds(bareHardware(facts.accelerator('a100-sxm-80gb')!, 1, 1))).toBeCloseTo(8, 6)
})

test('what is not cut so is refused with what is', () => {
  const refusal = (accelerator: string, profile: string) => profileOn(facts.accelerator(accelerator)!, profile, facts.migProfiles)

  expect(refusal('rtx-4090-24gb', '1g.10gb')).toMatchObject({reason: 'constraint', nearest: expect.stringMatching(/whole accelerator/) as string})
  expect(refusal('h200-sxm-141gb', '1g.10gb')).toMatchObject({reason: 'constraint', nearest: 'configuration.migProfile: 1g.18gb'})
})

test('instances of a profile fit beside each other: starts are apart by what they take', () => {
  const wrong = snapshot.migProfiles.filter(({starts, placementSize, memorySlicesTotal, maximumInstances, mediaExtensions}) =>
    starts.some(start => start + placementSize > memorySlicesTotal) || (!mediaExtensions && maximumInstances > starts.length))

  expect(wrong.map(({acceleratorId, profile}) => `${acceleratorId} ${profile}`)).toEqual([])
})

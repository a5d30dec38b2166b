import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {isStale} from '../../src/cost/age.ts'
import {cloudHoursOf, cloudMonthUsd} from '../../src/planner/cloud-hours.ts'
import {crossingOf} from '../../src/planner/crossing.ts'
import {rigTco, type RigTco} from '../../src/planner/rig-tco.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

const AS_OF = '2026-11-27'
let snapshot: Snapshot
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '../..')})
})

const rigNamed = (id: string): Rig => snapshot.rigs.find(rig => rig.id === id)!
const options = {asOf: AS_OF, acceptStale: false, prices: []}
const asked = (id: string, utilisationShare = 0.5, more: Partial<typeof options> = {}): RigTco =>
  rigTco({rig: rigNamed(id), idle: {machineWatts: 2000, siteWatts: 2667}, working: {machineWatts: 7400, siteWatts: 9867}, utilisationShare, months: 60, snapshot, options: {...options, ...more}})

test('of each provider and purchase the cheapest offer of the same accelerator, found by looking at all of them', () => {
  const {clouds} = asked('dgx-h100')
  const all = snapshot.machines.filter(machine => machine.acceleratorId === 'h100-sxm-80gb' && machine.acceleratorCount >= 1).flatMap(machine => snapshot.offersOf(`${machine.provider}/${machine.instanceType}`).map(offer => ({offer, each: offer.priceUsdPerHour / machine.acceleratorCount})))
  const mayWin = all.filter(({offer}) => !isStale(offer.purchase, offer.asOf, AS_OF) && offer.flags.length === 0)
  const own = clouds.filter(({ineligibleReason, parts}) => ineligibleReason === null && parts[0]?.rentedId === 'h100-sxm-80gb')

  expect(own.length).toBeGreaterThan(10)
  for (const {provider, purchase, parts} of own) {
    const least = Math.min(...mayWin.filter(({offer}) => offer.provider === provider && offer.purchase === purchase).map(({each}) => each))
    expect(parts[0]?.usdPerAcceleratorHour, `${provider} ${purchase}`).toBeCloseTo(least, 9)
  }
})

test('what takes the place of an accelerator is of its architecture, and no worse', () => {
  const {clouds} = asked('h100x10-pcie')
  const rented = new Set(clouds.flatMap(({parts}) => parts.map(({rentedId}) => rentedId)))

  expect([...rented].every(id => /^h[12]00/.test(id))).toBe(true)
  expect(rented).toContain('h100-sxm-80gb')
})

test('a rig of two sorts of accelerators is rented as both', () => {
  const [first] = cloudHoursOf(rigNamed('h100x10-sxm'), snapshot, options)

  expect(first?.parts.map(({acceleratorId, count}) => [acceleratorId, count])).toEqual([['h100-sxm-80gb', 8], ['h100-pcie-80gb', 2]])
  expect(first?.usdPerHour).toBeCloseTo(first!.parts.reduce((sum, {count, usdPerAcceleratorHour}) => sum + count * usdPerAcceleratorHour, 0), 9)
})

test('old prices come last, and first where they are accepted', () => {
  const reasons = asked('dgx-h100').clouds.map(({ineligibleReason}) => ineligibleReason)

  expect(reasons.indexOf('stale')).toBeGreaterThan(reasons.lastIndexOf(null))
  expect(asked('dgx-h100', 0.5, {acceptStale: true}).clouds.map(({ineligibleReason}) => ineligibleReason)).not.toContain('stale')
})

test('owning and renting cost the same where they cross', () => {
  for (const {crossing: {utilisationShare}, ...hours} of asked('dgx-h100').clouds) {
    if (utilisationShare === null) continue
    expect(asked('dgx-h100', utilisationShare).ownership.usdPerMonth).toBeCloseTo(cloudMonthUsd(hours, utilisationShare, 60), 6)
  }
})

describe('where straight lines cross', () => {
  test.for([
    ['owning is dearer at first: above two thirds', 10, -20, {owningIsCheaper: 'above', utilisationShare: 2 / 3}],
    ['cheaper at first', -10, 20, {owningIsCheaper: 'below', utilisationShare: 2 / 3}],
    ['always', -10, -5, {owningIsCheaper: 'always', utilisationShare: null}],
    ['never', 10, 5, {owningIsCheaper: 'never', utilisationShare: null}],
  ] as const)('%s', ([, half, full, expected]) => {
    // Owning less renting at half and at full use; at none it is 2 · half − full.
    const found = crossingOf(half, full)
    expect(found.owningIsCheaper).toBe(expected.owningIsCheaper)
    if (expected.utilisationShare === null) expect(found.utilisationShare).toBeNull()
    else expect(found.utilisationShare).toBeCloseTo(expected.utilisationShare, 12)
  })
})

test('terms are paid to their end: as many as cover the months', () => {
  // 36 months of a term of three years over 12 months, two terms of it over 48; of one year always the year.
  for (const [purchase, months, times] of [['reserved-3y', 12, 3], ['reserved-3y', 48, 72 / 48], ['reserved-3y', 36, 1], ['reserved-1y', 60, 1], ['reserved-1y', 6, 2]] as const) {
    expect(cloudMonthUsd({usdPerHour: 2, purchase}, 0.1, months), `${purchase} over ${months}`).toBeCloseTo(2 * 730 * times, 9)
  }
  expect(cloudMonthUsd({usdPerHour: 2, purchase: 'on-demand'}, 0.1, 12)).toBeCloseTo(146, 9)
})

test('own prices count for as many machines as they cover, and what is paid already costs nothing', () => {
  const rule = {provider: 'lambda', machine: 'gpu_8x_h100_sxm5', usdPerHour: 8}
  const lambda = (prices: typeof options.prices): number | undefined => cloudHoursOf(rigNamed('h100x10-sxm-8plus4'), snapshot, {...options, prices}).find(({provider, purchase}) => provider === 'lambda' && purchase === 'on-demand')?.parts[0]?.usdPerAcceleratorHour
  const [list, one, both, paid] = [lambda([]), lambda([{...rule, count: 1}] as never), lambda([{...rule, count: 2}] as never), lambda([{...rule, prepaid: true}] as never)]

  // Twelve accelerators are two machines of eight.
  expect(both).toBeCloseTo(1, 9)
  expect(one).toBeGreaterThan(1)
  expect(one).toBeLessThan(list!)
  expect(paid).toBe(0)
})

test('taxes fall on both, or on neither', () => {
  const rig = {...rigNamed('dgx-h100'), tax: {vatShare: 0.19, vatRecoverable: false, incomeTaxShare: 0.3, depreciationYears: 5}}
  const ask = (which: Rig): RigTco => rigTco({rig: which, idle: {machineWatts: 2000, siteWatts: 2000}, working: {machineWatts: 7000, siteWatts: 7000}, utilisationShare: 0.5, months: 60, snapshot, options})
  const [taxed, plain] = [ask(rig), ask(rigNamed('dgx-h100'))]

  expect(taxed.clouds[0]!.usdPerMonth / plain.clouds[0]!.usdPerMonth).toBeCloseTo(1.19 * 0.7, 9)
  expect(taxed.ownership.afterTax).toBe(true)
  expect(taxed.ownership.usdPerMonth).toBeLessThan(plain.ownership.usdPerMonth)
})

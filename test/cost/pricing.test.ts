import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Offer} from '../../src/catalog/schema.ts'
import type {BillingFact, ExtraPrice} from '../../src/catalog/snapshot.ts'
import {billingRule, diskGbOf, egressTiers, interruptionOf, ownedPricing, provisioningHours, rentedPricing, workAmount} from '../../src/cost/pricing.ts'

const FROM = {sourceId: 's', asOf: '2026-01-01', standing: 'read'} as const
const BILLING: readonly BillingFact[] = [
  {provider: 'acme', incrementSeconds: 1, minimumSeconds: 60, publicIpUsdPerHour: 0.005, provisioningSeconds: 360, provisioningSecondsLarge: 720, ...FROM},
  {provider: 'acme', purchase: 'capacity-block', incrementSeconds: 1, minimumSeconds: 60, minimumTermHours: 24, maximumTermHours: 4368, ...FROM},
  {provider: 'bolt', incrementSeconds: 60, minimumSeconds: 60, provisioningSeconds: 180, ...FROM},
  {provider: 'core', incrementSeconds: 60, minimumSeconds: 60, provisioningSeconds: 1800, ...FROM},
  {provider: 'dark', incrementSeconds: 60, minimumSeconds: 60, ...FROM},
]
const extra = (row: Pick<ExtraPrice, 'category' | 'item' | 'region' | 'usdPerGb'> & {upToGb?: number}): ExtraPrice => ({provider: 'acme', period: 'month', ...FROM, ...row})
const EXTRAS: readonly ExtraPrice[] = [
  extra({category: 'block-storage', item: 'disk', region: 'a', usdPerGb: 0.08}),
  extra({category: 'block-storage', item: 'disk', region: 'b', usdPerGb: 0.1}),
  extra({category: 'object-storage', item: 'hot', region: 'a', usdPerGb: 0.02}),
  extra({category: 'object-storage', item: 'cold', region: 'a', usdPerGb: 0.004}),
  extra({category: 'egress', item: 'out', region: 'a', upToGb: 100, usdPerGb: 0}),
  extra({category: 'egress', item: 'out', region: 'a', usdPerGb: 0.09}),
  extra({category: 'egress', item: 'other way', region: 'a', usdPerGb: 0.01}),
]
const OFFER: Offer = {
  provider: 'acme', service: 'vm', instanceType: 'x', region: 'b', regionKnown: true, purchase: 'on-demand', priceUsdPerHour: 50, flags: [], ...FROM,
}

test('an offer is priced with the provider’s billing, its standard classes and its age', () => {
  expect(rentedPricing({billing: BILLING, extras: EXTRAS}, OFFER, {localSsdGb: 500}, '2026-01-11')).toEqual({
    kind: 'rented',
    provider: 'acme',
    purchase: 'on-demand',
    region: 'b',
    priceUsdPerHour: 50,
    priceAgeDays: 10,
    billing: {incrementSeconds: 1, minimumSeconds: 60},
    extras: {
      diskUsdPerGbMonth: 0.1,
      objectStorageUsdPerGbMonth: 0.02,
      egressTiers: [{upToGb: 100, usdPerGb: 0}, {upToGb: null, usdPerGb: 0.09}],
      publicIpUsdPerHour: 0.005,
      localSsdGb: 500,
    },
    prepaid: false,
    priceBasis: 'computed',
  })
})

test('a remembered or doubtful price is assumed', () => {
  const basis = (change: Partial<Offer>): string | undefined => rentedPricing({billing: [], extras: []}, {...OFFER, ...change}, {}, '2026-01-11').priceBasis

  expect([basis({standing: 'recalled'}), basis({flags: ['unverified']}), basis({standing: 'derived'})]).toEqual(['assumed', 'assumed', 'assumed'])
})

test('billing falls back from the purchase to the provider to whole hours', () => {
  expect(billingRule(BILLING, 'acme', 'capacity-block')).toEqual({incrementSeconds: 1, minimumSeconds: 60, minimumTermHours: 24, maximumTermHours: 4368})
  expect(billingRule(BILLING, 'bolt', 'spot')).toEqual({incrementSeconds: 60, minimumSeconds: 60})
  expect(billingRule(BILLING, 'nobody', 'spot')).toEqual({incrementSeconds: 3600, minimumSeconds: 3600})
})

test('unlisted traffic stays unknown', () => {
  expect(egressTiers(EXTRAS, 'bolt')).toBeUndefined()
})

test.for([
  ['acme', 1, 0.1, 'computed'],
  ['acme', 8, 0.2, 'computed'],
  ['bolt', 8, 0.05, 'computed'],
  // The middle of 0.05, 0.1 and 0.5 h.
  ['dark', 1, 0.1, 'assumed'],
] as const)('machines of %s with %d accelerators are usable after %d h (%s)', ([provider, accelerators, hours, basis]) => {
  const setup = provisioningHours(BILLING, provider, accelerators)

  expect(setup.hours).toBeCloseTo(hours, 12)
  expect(setup.basis).toBe(basis)
})

test('the interruption band of the region, else of all', () => {
  const band = (region: string): Parameters<typeof interruptionOf>[0][number] => ({provider: 'acme', instanceType: 'x', region, lowShare: 0, highShare: 0.05, sourceId: 's', asOf: '2025-06-28'})
  const bands = [band('*'), band('a')]

  expect(interruptionOf(bands, 'acme', 'x', 'a')?.region).toBe('a')
  expect(interruptionOf(bands, 'acme', 'x', 'b')?.region).toBe('*')
  expect(interruptionOf(bands, 'acme', 'y', 'a')).toBeNull()
})

test('a disk holds the weights whole, and its part of data and two checkpoints', () => {
  expect(diskGbOf({weightBytes: 140e9, checkpointBytes: 1000e9, inputGb: 100, outputGb: 50, nodes: 2})).toBeCloseTo(140 + (100 + 50 + 2000) / 2, 9)
})

test.for([
  ['output tokens/s', 3600],
  ['runs/h', 1],
  ['ns/day', 1 / 24],
] as const)('one %s is %d per hour', ([unit, perHour]) => {
  expect(workAmount({name: 'u', amount: 1}, null, {unit, value: {p10: 1, p50: 1, p90: 1}}).unitsPerHour?.p50).toBeCloseTo(perHour, 12)
})

describe('a part of a rig', () => {
  const node = {
    id: 'sxm', count: 1, acceleratorId: 'h', acceleratorCount: 8, levels: [], hostIdleWatts: 1, hostMaximumWatts: 2, supplyEfficiency: 0.96, priceUsd: 210_000,
  }
  const rig: Rig = {
    id: 'lab', title: 'Lab', class: 'server', owned: true, builtinDefault: false,
    nodes: [node, {...node, id: 'pcie', acceleratorCount: 2, count: 2, priceUsd: 45_000}],
    site: {country: 'DE', tariffUsdPerKwh: 0.25, coolingCop: 3, uplinkBytesPerSecond: 125e6, whenIdle: 'off'},
    serviceLifeYears: 5, residualShare: 0.1, financingSharePerYear: 0.04, upkeepUsdPerYear: 1000, wearUsdPerAcceleratorHour: 0.1, setupHours: 0,
    sourceIds: ['s'], asOf: '2026-01-01', standing: 'derived',
  }
  const use = {rig, node, nodes: 1, idleWatts: 1900, acceleratorsUsed: 8, displacedUsdPerHour: 3}

  test('costs its share of the purchase', () => {
    expect(ownedPricing(use)).toMatchObject({kind: 'owned', capital: [{item: 'loss of value', usdPerMonth: expect.closeTo(4500, 6) as number}, {item: 'cost of capital'}], shareOfRig: 0.7, idleWatts: 1900, acceleratorCount: 8, whenIdle: 'off', displacedUsdPerHour: 3})
    expect(ownedPricing({...use, acceleratorsTaken: 4})).toMatchObject({shareOfRig: 0.35})
    expect(ownedPricing({...use, node: rig.nodes[1]!, nodes: 2})).toMatchObject({shareOfRig: 0.3})
  })

  test('of accelerators where nothing has a price', () => {
    const free = {...rig, nodes: rig.nodes.map(each => ({...each, priceUsd: 0}))}

    expect(ownedPricing({...use, rig: free, node: free.nodes[0]!})).toMatchObject({shareOfRig: 8 / 12})
  })

  test('is not priced where its power is unknown', () => {
    expect(ownedPricing({...use, idleWatts: null})).toMatchObject({kind: 'unpriced'})
  })
})

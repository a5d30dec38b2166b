import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {readAcceleratorMemory, readAcceleratorSelector} from '../../src/catalog/accelerator-selector.ts'
import {foldPlaces, selectOffers, type OfferQuery} from '../../src/catalog/query.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

let snapshot: Snapshot
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: path.resolve(import.meta.dirname, '..', '..')})
})

describe('a query', () => {
  test('without conditions finds every offer', () => {
    expect(selectOffers(snapshot, {})).toHaveLength(snapshot.offerCount)
  })

  test.for<[string, OfferQuery, (found: ReturnType<typeof selectOffers>[number]) => boolean]>([
    ['providers', {providers: ['lambda', 'gcp']}, ({offer}) => ['lambda', 'gcp'].includes(offer.provider)],
    ['services', {services: ['sagemaker']}, ({offer}) => offer.service === 'sagemaker'],
    ['a region', {regions: ['us-east-1']}, ({offer}) => offer.region === 'us-east-1'],
    ['regions by their beginning', {regions: ['EU-*']}, ({offer}) => offer.region.toLowerCase().startsWith('eu-') && offer.regionKnown],
    ['countries', {countries: ['DE']}, ({offer}) => offer.country === 'DE'],
    ['ways to buy', {purchases: ['spot']}, ({offer}) => offer.purchase === 'spot'],
    ['accelerators', {accelerators: [{name: 'h100-sxm-80gb'}]}, ({machine}) => machine.acceleratorId === 'h100-sxm-80gb'],
    ['their number', {accelerators: [{count: {minimum: 4, maximum: 8}}]}, ({machine}) => machine.acceleratorCount >= 4 && machine.acceleratorCount <= 8],
    ['machines by pattern', {machines: ['P5*XLARGE']}, ({machine}) => /^p5.*xlarge$/i.test(machine.instanceType)],
    ['memory of one accelerator', {minimumAcceleratorMemoryGib: 100}, ({accelerator}) => (accelerator?.memoryGib ?? 0) >= 100],
    ['host memory', {minimumHostMemoryGib: 2000}, ({machine}) => (machine.memoryGib ?? 0) >= 2000],
    ['vCPUs', {minimumVcpus: 200}, ({machine}) => (machine.vcpus ?? 0) >= 200],
    ['price', {maximumPriceUsdPerHour: 1}, ({offer}) => offer.priceUsdPerHour <= 1],
  ])('by %s finds those and only those', ([, query, holds]) => {
    const found = selectOffers(snapshot, query)

    expect(found.length).toBeGreaterThan(0)
    expect(found.every(holds)).toBe(true)
  })

  test('by several accelerators holds each to its own number', () => {
    const pairs = ['h100-sxm-80gb:8', 'l4-24gb:1']

    const found = selectOffers(snapshot, {accelerators: pairs.map((text) => readAcceleratorSelector(text, snapshot.accelerators, '--accelerator'))})

    expect(new Set(found.map(({machine}) => `${machine.acceleratorId}:${machine.acceleratorCount}`))).toEqual(new Set(pairs))
    // As many as each finds alone.
    const alone = pairs.map((text) => selectOffers(snapshot, {accelerators: [readAcceleratorSelector(text, snapshot.accelerators, '--accelerator')]}).length)
    expect(found).toHaveLength(alone.reduce((sum, length) => sum + length))
  })

  test('takes a slice of an accelerator for what it is', () => {
    const found = selectOffers(snapshot, {minimumAcceleratorMemoryGib: 75})

    expect(found.every(({machine}) => machine.acceleratorCount >= 0.75)).toBe(true)
  })

  test('never finds what is not in one place by its region', () => {
    expect(selectOffers(snapshot, {regions: ['*']}).every(({offer}) => offer.regionKnown)).toBe(true)
  })
})

test('folding keeps the cheapest place and counts the others', () => {
  const listed = selectOffers(snapshot, {providers: ['aws'], machines: ['p5.48xlarge'], purchases: ['on-demand'], services: ['vm']})

  const folded = foldPlaces(listed)

  const prices = listed.map(({offer}) => offer.priceUsdPerHour)
  expect(folded).toHaveLength(1)
  expect(folded[0]?.offer.priceUsdPerHour).toBe(Math.min(...prices))
  expect(folded[0]?.otherPlaces).toBe(listed.length - 1)
  expect(folded[0]?.extraShare).toBeCloseTo(Math.max(...prices) / Math.min(...prices) - 1)
})

describe('memory as it is sold', () => {
  const H100 = 79.65
  const A100_40 = 39.4

  test.for([
    ['80GB', H100, true],
    ['80GB', A100_40, false],
    ['80GB..', H100, true],
    ['80GB..', A100_40, false],
    ['24GB..80GB', H100, true],
    ['24GB..40GB', A100_40, true],
    ['24GB..40GB', H100, false],
    ['80GiB..', H100, true],
    ['..40GB', A100_40, true],
  ] as const)('%s against %d GiB: %s', ([text, memoryGib, expected]) => {
    const {minimum = 0, maximum = Infinity} = readAcceleratorMemory(text, '--memory')

    expect(memoryGib >= minimum && memoryGib <= maximum).toBe(expected)
  })

  test('what is no memory is refused', () => {
    expect(() => readAcceleratorMemory('a lot', '--memory')).toThrow('--memory — "a lot"')
  })
})

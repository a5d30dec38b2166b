import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {estimateCost} from '../../src/cost/estimate.ts'
import type {Cost, CostInput, Owned, Rented, Schedule} from '../../src/cost/types.ts'
import type {RunHours} from '../../src/performance/run-hours.ts'

const amount = (maximum: number): fc.Arbitrary<number> => fc.double({min: 0, max: maximum, noNaN: true})
const positive = (maximum: number): fc.Arbitrary<number> => fc.double({min: 0.001, max: maximum, noNaN: true})
const interval = (maximum: number): fc.Arbitrary<{p10: number; p50: number; p90: number}> =>
  fc.tuple(positive(maximum), fc.double({min: 1, max: 4, noNaN: true}), fc.double({min: 1, max: 4, noNaN: true})).map(([p50, down, up]) => ({p10: p50 / down, p50, p90: p50 * up}))

const hours: fc.Arbitrary<RunHours> = fc.record({
  setup: amount(2), data: amount(50), load: amount(1), work: interval(3000),
  failures: interval(20).map(({p50, p90}) => ({p10: 0, p50, p90})),
})
const schedule: fc.Arbitrary<Schedule> = fc.oneof(
  fc.constant<Schedule>({kind: 'once'}),
  fc.constant<Schedule>({kind: 'always'}),
  fc.integer({min: 1, max: 40}).map((runs): Schedule => ({kind: 'runs-per-month', runs})),
  positive(700).map((monthly): Schedule => ({kind: 'hours-per-month', hours: monthly})),
)
const rented: fc.Arbitrary<Rented> = fc.record({
  kind: fc.constant('rented' as const),
  provider: fc.constant('acme'),
  region: fc.constant('mars-1'),
  purchase: fc.constantFrom('on-demand', 'spot', 'reserved-1y', 'committed-3y', 'capacity-block', 'calendar', 'flex-start'),
  priceUsdPerHour: positive(200),
  priceAgeDays: fc.integer({min: 0, max: 900}),
  billing: fc.record({incrementSeconds: fc.constantFrom(1, 60, 600, 3600), minimumSeconds: fc.constantFrom(1, 60, 300, 3600)}),
  extras: fc.record({
    diskUsdPerGbMonth: fc.option(amount(0.3), {nil: undefined}),
    objectStorageUsdPerGbMonth: fc.option(amount(0.1), {nil: undefined}),
    egressTiers: fc.option(amount(0.2).map(usdPerGb => [{upToGb: 100, usdPerGb: 0}, {upToGb: null, usdPerGb}]), {nil: undefined}),
    publicIpUsdPerHour: fc.option(amount(0.01), {nil: undefined}),
    localSsdGb: amount(5000),
  }),
})
const owned: fc.Arbitrary<Owned> = fc.record({
  kind: fc.constant('owned' as const),
  rigId: fc.constant('lab'),
  country: fc.constant('DE'),
  owned: fc.boolean(),
  tariffUsdPerKwh: positive(1),
  whenIdle: fc.constantFrom('on' as const, 'off' as const),
  shareOfRig: fc.double({min: 0.05, max: 1, noNaN: true}),
  capital: fc.array(fc.record({item: fc.constantFrom('loss of value', 'cost of capital', 'lease'), usdPerMonth: amount(10_000), how: fc.constant('')}), {maxLength: 3}),
  upkeepUsdPerYear: amount(30_000),
  wearUsdPerAcceleratorHour: amount(0.5),
  acceleratorCount: fc.integer({min: 1, max: 16}),
  // Never above what `power` draws at work.
  idleWatts: amount(1000),
  coolingCop: fc.option(fc.double({min: 1, max: 8, noNaN: true})),
  displacedUsdPerHour: amount(50),
})
const input = (pricing: fc.Arbitrary<Rented | Owned>): fc.Arbitrary<CostInput> =>
  fc.record({
    pricing,
    nodes: fc.integer({min: 1, max: 8}),
    hours,
    schedule,
    horizonMonths: fc.integer({min: 1, max: 60}),
    data: fc.record({inputGb: amount(1e5), outputGb: amount(1e4), egressGb: amount(1e5), storageGb: amount(1e5), inputAt: fc.constant('other')}),
    diskGb: amount(5000),
    power: fc.double({min: 2000, max: 20_000, noNaN: true}).map(p50 => ({averageWatts: {p10: p50 * 0.8, p50, p90: p50 * 1.2}, confidence: 'computed' as const})),
    inputEgress: fc.option(fc.constant({from: 'other', tiers: [{upToGb: null, usdPerGb: 0.05}]})),
    work: fc.option(positive(1e9).map(unitsPerRun => ({unitsPerRun, unitsPerHour: null, unit: {name: '1M', amount: 1e6}}))),
    basis: fc.constant('computed' as const),
  })
const any = input(fc.oneof(rented, owned))

function isOrdered(usd: {p10: number; p50: number; p90: number}): boolean {
  return usd.p10 >= 0 && usd.p10 <= usd.p50 && usd.p50 <= usd.p90 && Number.isFinite(usd.p90)
}

describe('laws', () => {
  test('lines sum to the expected cost, to the last bit', () => {
    fc.assert(
      fc.property(any, each => {
        const cost = estimateCost(each)

        expect(cost.lines.reduce((total, line) => total + line.usd, 0)).toBe(cost.usd?.p50)
        for (const line of cost.lines) expect(line.usd >= 0 && line.how.length > 0).toBe(true)
      }),
      {numRuns: 1000},
    )
  })

  test('percentiles are ordered, finite and not negative', () => {
    fc.assert(
      fc.property(any, each => {
        const cost = estimateCost(each)

        const intervals = [cost.usd, cost.alternative?.usd, cost.perUnit?.usd].filter(usd => usd !== null && usd !== undefined)

        expect(intervals.filter(usd => !isOrdered(usd))).toEqual([])
      }),
      {numRuns: 1000},
    )
  })

  const TOLERANCE = 1 - 1e-9
  /** The percentiles that fell. */
  const cheaper = (before: Cost, after: Cost): readonly string[] => (['p10', 'p50', 'p90'] as const).filter(percentile => after.usd![percentile] < before.usd![percentile] * TOLERANCE)

  test('more hours are never cheaper', () => {
    fc.assert(
      fc.property(any, fc.double({min: 1, max: 5, noNaN: true}), (each, factor) => {
        const {work} = each.hours
        const longer = {p10: work.p10 * factor, p50: work.p50 * factor, p90: work.p90 * factor}
        // The failures of a month of given hours shrink with longer runs: what is compared is one and the same schedule of runs.
        fc.pre(each.schedule.kind !== 'hours-per-month')

        expect(cheaper(estimateCost(each), estimateCost({...each, hours: {...each.hours, work: longer}}))).toEqual([])
      }),
      {numRuns: 1000},
    )
  })

  test('a higher price or tariff is never cheaper', () => {
    fc.assert(
      fc.property(any, fc.double({min: 1, max: 5, noNaN: true}), (each, factor) => {
        const pricing: Rented | Owned =
          each.pricing.kind === 'rented'
            ? {...each.pricing, priceUsdPerHour: each.pricing.priceUsdPerHour * factor}
            : {...(each.pricing as Owned), tariffUsdPerKwh: (each.pricing as Owned).tariffUsdPerKwh * factor}

        expect(cheaper(estimateCost(each), estimateCost({...each, pricing}))).toEqual([])
      }),
      {numRuns: 1000},
    )
  })

  test('more machines are never cheaper, and twice the price doubles the compute line', () => {
    fc.assert(
      fc.property(input(rented), each => {
        const pricing = each.pricing as Rented
        const compute = (cost: Cost): number => cost.lines[0]!.usd

        expect(cheaper(estimateCost(each), estimateCost({...each, nodes: each.nodes + 1}))).toEqual([])
        expect(compute(estimateCost({...each, pricing: {...pricing, priceUsdPerHour: pricing.priceUsdPerHour * 2}}))).toBeCloseTo(2 * compute(estimateCost(each)), 5)
      }),
      {numRuns: 500},
    )
  })

  test('marginal is never above full', () => {
    fc.assert(
      fc.property(input(owned), each => {
        const cost = estimateCost(each)
        const [marginal, full] = cost.basis === 'marginal' ? [cost.usd!, cost.alternative!.usd] : [cost.alternative!.usd, cost.usd!]

        expect(marginal.p50).toBeLessThanOrEqual(full.p50 * (1 + 1e-9))
      }),
      {numRuns: 500},
    )
  })
})

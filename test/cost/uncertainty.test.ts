import {describe, expect, test} from 'vitest'
import {estimateCost} from '../../src/cost/estimate.ts'
import {estimateFailures} from '../../src/cost/failures.ts'
import type {Interval} from '../../src/performance/types.ts'
import {OWNED, OWNED_INPUT, RENTED, RENTED_INPUT, RUN} from './inputs.ts'

/** ln(p90 ÷ p50). */
const upward = (interval: Interval | null | undefined): number => Math.log(interval!.p90 / interval!.p50)
const exact = (hours: number): Interval => ({p10: hours, p50: hours, p90: hours})

describe('what is uncertain in time, watts, price and stops is uncertain in the cost', () => {
  // Nothing but the machine: by the second, without disk, address and traffic.
  const bare = {
    ...RENTED_INPUT,
    pricing: {...RENTED, billing: {incrementSeconds: 1, minimumSeconds: 0}, extras: {egressTiers: [], localSsdGb: 1e6}},
    hours: {setup: 0, data: 0, load: 0, work: {p10: 80, p50: 100, p90: 125}, failures: exact(0)},
  }
  const computeSpread = (input: typeof bare): number => upward(estimateCost(input).usd)

  test('hours and the age of the price add in quadrature', () => {
    const hours = Math.log(1.25)
    const price = 1.2815515655446004 * 0.21

    expect(computeSpread(bare)).toBeCloseTo(hours, 3)
    expect(computeSpread({...bare, pricing: {...bare.pricing, priceAgeDays: 365}})).toBeCloseTo(Math.hypot(hours, price), 3)
  })

  test('stops of hardware and of spot machines widen hours, and with them the bill', () => {
    const input = {workHours: exact(100), endless: false, nodes: 4, accelerators: 32, checkpointBytes: 1e12, restartHours: 0.5, purchase: 'spot', failuresPerAcceleratorYear: 0.17, interruption: {lowShare: 0.05, highShare: 0.5}}
    const failures = estimateFailures(input).hours
    const known = {...bare, hours: {...bare.hours, work: exact(100)}}

    expect(failures.p90).toBeGreaterThan(failures.p50)
    expect(computeSpread(known)).toBe(0)
    expect(computeSpread({...known, hours: {...known.hours, failures}})).toBeCloseTo(Math.log((100 + failures.p90) / (100 + failures.p50)), 2)
  })

  test('an own machine: watts and hours add in quadrature', () => {
    const spread = (averageWatts: Interval, work: Interval): number => {
      const cost = estimateCost({
        ...OWNED_INPUT,
        pricing: {...OWNED, whenIdle: 'off', wearUsdPerAcceleratorHour: 0, displacedUsdPerHour: 0, coolingCop: null},
        hours: {...RUN, setup: 0, data: 0, load: 0, work, failures: exact(0)},
        power: {averageWatts, confidence: 'calibrated'},
        inputEgress: null,
      })
      return upward(cost.usd)
    }

    expect(spread({p10: 4000, p50: 5000, p90: 6000}, exact(10))).toBeCloseTo(Math.log(1.2), 6)
    expect(spread({p10: 4000, p50: 5000, p90: 6000}, {p10: 8, p50: 10, p90: 12.5})).toBeCloseTo(Math.hypot(Math.log(1.2), Math.log(1.25)), 6)
  })
})

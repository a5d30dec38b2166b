import {describe, expect, test} from 'vitest'
import {ageInDays, isStale, priceClassLimitDays, priceSigmaLog} from '../../src/cost/age.ts'
import {estimateCost} from '../../src/cost/estimate.ts'
import {RENTED, RENTED_INPUT} from './inputs.ts'

test.for([
  ['2026-11-20', '2026-11-20', 0],
  ['2026-11-09', '2026-11-20', 11],
  ['2024-02-28', '2024-03-01', 2],
  ['2025-02-28', '2025-03-01', 1],
  ['2025-11-20', '2026-11-20', 365],
  ['2026-12-01', '2026-11-20', 0],
] as const)('from %s to %s are %d days', ([asOf, today, days]) => {
  expect(ageInDays(asOf, today)).toBe(days)
})

test.for([
  ['spot', '2026-10-21', false],
  ['spot', '2026-10-20', true],
  ['on-demand', '2025-11-20', false],
  ['on-demand', '2025-11-19', true],
  ['reserved-3y', '2025-11-19', true],
] as const)('a %s price of %s is stale on 2026-11-20: %s', ([purchase, asOf, stale]) => {
  expect(isStale(purchase, asOf, '2026-11-20')).toBe(stale)
})

describe('age widens the price', () => {
  test('nothing today, 0.21 at the class limit, by the square root of time', () => {
    expect(priceSigmaLog('on-demand', 0)).toBe(0)
    expect(priceSigmaLog('on-demand', 365)).toBeCloseTo(0.21, 12)
    expect(priceSigmaLog('spot', 30)).toBeCloseTo(0.21, 12)
    expect(priceSigmaLog('on-demand', 365 / 4)).toBeCloseTo(0.105, 12)
    expect([priceClassLimitDays('spot'), priceClassLimitDays('committed')]).toEqual([30, 365])
  })

  test('the observed changes give the figure', () => {
    // New ÷ old of the price_change facts, and the capacity blocks of January 2026.
    const ratios = [21.957642 / 32.7726, 27.44705 / 40.96575, 55.04 / 98.32, 4.5 / 3.85, 5.4 / 4.5, 8.5 / 7.15, 9.5 / 7.85, 31.92 / 23.92, 39.8 / 34.61, 41.61 / 36.18]
    const sigmaOfOne = Math.sqrt(ratios.reduce((total, ratio) => total + Math.log(ratio) ** 2, 0) / ratios.length)

    expect(sigmaOfOne).toBeCloseTo(0.3, 2)
    expect(sigmaOfOne * Math.sqrt(0.5)).toBeCloseTo(0.21, 2)
  })

  test('the expected cost stays, its ends move apart', () => {
    const fresh = estimateCost(RENTED_INPUT)
    const old = estimateCost({...RENTED_INPUT, pricing: {...RENTED, priceAgeDays: 300}})

    expect(old.usd?.p50).toBe(fresh.usd?.p50)
    expect(old.usd!.p10).toBeLessThan(fresh.usd!.p10)
    expect(old.usd!.p90).toBeGreaterThan(fresh.usd!.p90)
  })
})

import {describe, expect, test} from 'vitest'
import {estimateCost} from '../../src/cost/estimate.ts'
import {billedHours} from '../../src/cost/period.ts'
import {tieredUsd} from '../../src/cost/traffic.ts'
import type {Cost, CostInput, Rented} from '../../src/cost/types.ts'
import {NO_DATA, RENTED, RENTED_INPUT, RUN} from './inputs.ts'

const usdOf = (cost: Cost, item: string): number | undefined => cost.lines.find(line => line.item === item)?.usd
const howOf = (cost: Cost, item: string): string | undefined => cost.lines.find(line => line.item === item)?.how
const rented = (change: Partial<Rented>, input: Partial<CostInput> = {}): Cost => estimateCost({...RENTED_INPUT, ...input, pricing: {...RENTED, ...change}})

describe('billing steps', () => {
  test.for([
    // hours, step s, minimum s, billed hours
    [1, 1, 60, 1],
    [0.001, 1, 60, 60 / 3600],
    [0.01, 60, 60, 60 / 3600],
    [1.0001, 3600, 3600, 2],
    [1, 3600, 3600, 1],
    [0.2, 600, 600, 1200 / 3600],
    [0.05, 1, 300, 300 / 3600],
  ] as const)('%d h in steps of %d s, at least %d s, is billed as %d h', ([hours, incrementSeconds, minimumSeconds, billed]) => {
    expect(billedHours(hours, {incrementSeconds, minimumSeconds})).toBeCloseTo(billed, 12)
  })

  test('a run of 0.25 + 0.5 + 0.25 + 4 h takes five hours, and three machines cost three times as much', () => {
    expect(usdOf(rented({}), 'compute')).toBe(50)
    expect(howOf(rented({}), 'compute')).toBe('5 h × 1 × 10 USD/h')
    expect(usdOf(rented({}, {nodes: 3}), 'compute')).toBe(150)
  })

  test('each run of a month is rounded up by itself', () => {
    const cost = rented({}, {hours: {...RUN, setup: 0, data: 0, load: 0, work: {p10: 1, p50: 1.5, p90: 2}}, schedule: {kind: 'runs-per-month', runs: 4}})

    expect(usdOf(cost, 'compute')).toBe(80)
    expect(howOf(cost, 'compute')).toBe('4 × 2 h × 1 × 10 USD/h')
    expect(cost.period).toBe('month')
  })
})

describe('schedules', () => {
  test('always bills 730 h whatever the work', () => {
    const cost = rented({}, {schedule: {kind: 'always'}})

    expect(usdOf(cost, 'compute')).toBe(7300)
    expect(cost.usd?.p10).toBe(cost.usd?.p90)
  })

  test('hours per month bill these hours, one start, and failures in proportion', () => {
    const hours = {...RUN, failures: {p10: 0, p50: 0.4, p90: 0.8}}
    const cost = rented({billing: {incrementSeconds: 1, minimumSeconds: 1}}, {hours, schedule: {kind: 'hours-per-month', hours: 40}})

    // 40 + 1 h of start + 0.4 h × 40/4
    expect(usdOf(cost, 'compute')).toBeCloseTo(450, 9)
  })
})

describe('terms and blocks', () => {
  test.for([
    // purchase, horizon months, expected hours billed in a month
    ['reserved-1y', 12, 730],
    ['committed', 24, 730],
    ['reserved-1y', 6, 8760 / 6],
    ['reserved-3y', 12, 26_280 / 12],
    ['savings-plan-3y', 36, 730],
    ['savings-plan-1y', 18, (2 * 8760) / 18],
  ] as const)('%s over %d months bills %d h a month', ([purchase, horizonMonths, hours]) => {
    const cost = rented({purchase}, {horizonMonths, schedule: {kind: 'hours-per-month', hours: 10}})

    expect(usdOf(cost, 'compute')).toBeCloseTo(hours * 10, 6)
  })

  test('a single run pays the whole year', () => {
    expect(usdOf(rented({purchase: 'reserved-1y'}), 'compute')).toBe(87_600)
  })

  test.for([
    ['capacity-block', 5, 24],
    ['capacity-block', 24, 24],
    ['capacity-block', 25, 48],
    ['capacity-block', 15 * 24, 21 * 24],
    ['calendar', 5, 24],
    ['calendar', 15 * 24, 15 * 24],
    ['flex-start', 5, 5],
  ] as const)('%s of %d h pays %d h', ([purchase, work, paid]) => {
    const hours = {...RUN, setup: 0, data: 0, load: 0, work: {p10: work, p50: work, p90: work}, failures: {p10: 0, p50: 0, p90: 0}}

    expect(usdOf(rented({purchase}, {hours}), 'compute')).toBe(paid * 10)
  })

  test('hours under a commitment already paid cost nothing more', () => {
    const cost = rented({prepaid: true})

    expect(usdOf(cost, 'compute')).toBe(0)
    expect(howOf(cost, 'compute')).toContain('already paid')
  })
})

describe('what hangs on a machine', () => {
  test.for([
    [0, 0],
    [100, 0],
    [101, 0.09],
    [1000, 81],
    [1500, 106],
  ] as const)('%d GB out cost %d USD over the tiers', ([gb, usd]) => {
    expect(tieredUsd(gb, RENTED.extras.egressTiers!)).toBeCloseTo(usd, 9)
  })

  test('egress counts what is served and the results that come home', () => {
    const cost = rented({}, {data: {...NO_DATA, egressGb: 900, outputGb: 100}})

    expect(usdOf(cost, 'egress')).toBeCloseTo(81, 9)
  })

  test('input that lies in another cloud leaves it at that cloud’s price', () => {
    const cost = rented({}, {data: {...NO_DATA, inputGb: 200}, inputEgress: {from: 'other', tiers: [{upToGb: null, usdPerGb: 0.12}]}})

    expect(usdOf(cost, 'input transfer')).toBeCloseTo(24, 9)
  })

  test('a disk of 100 GB for the system and the data on every machine, by the hour', () => {
    const cost = rented({}, {diskGb: 265, nodes: 2})

    // 365 GB × 2 × 0.1 USD × 5 h ÷ 730 h
    expect(usdOf(cost, 'disk')).toBeCloseTo(0.5, 9)
  })

  test('a bundled local SSD holds the data; the system still needs a disk', () => {
    const bundled = {...RENTED.extras, localSsdGb: 300}
    const cost = rented({extras: bundled}, {diskGb: 265})

    expect(usdOf(cost, 'disk')).toBeCloseTo((100 * 0.1 * 5) / 730, 9)
  })

  test('kept storage costs a month in a monthly period, the run’s part else', () => {
    const monthly = rented({}, {data: {...NO_DATA, storageGb: 1000}, schedule: {kind: 'always'}})
    const once = rented({}, {data: {...NO_DATA, storageGb: 1000}})

    expect(usdOf(monthly, 'storage')).toBeCloseTo(20, 9)
    expect(usdOf(once, 'storage')).toBeCloseTo((20 * 5) / 730, 9)
  })

  test('what has no price is listed, never added as nothing', () => {
    const cost = rented({extras: {}}, {data: {inputGb: 10, outputGb: 0, egressGb: 5, storageGb: 5, inputAt: 'other'}, diskGb: 10, inputEgress: {from: 'other', tiers: undefined}})

    expect(cost.notCosted.map(({item, usd}) => [item, usd])).toEqual([
      ['disk', null],
      ['storage', null],
      ['egress', null],
      ['input transfer', null],
      ['public address', null],
    ])
    expect(cost.lines.map(line => line.item)).toEqual(['compute'])
  })
})

describe('cost per unit', () => {
  const unit = {name: '1M output tokens', amount: 1e6}

  test('a run divides by its units', () => {
    const cost = rented({extras: {publicIpUsdPerHour: 0}}, {work: {unitsPerRun: 25e6, unitsPerHour: null, unit}})

    expect(cost.perUnit).toMatchObject({unit: 'USD/1M output tokens', usd: {p50: 2}})
  })

  test('endless work divides by what it does in a month at its actual load', () => {
    const cost = rented({extras: {publicIpUsdPerHour: 0}}, {schedule: {kind: 'always'}, work: {unitsPerRun: null, unitsPerHour: {p10: 5e6, p50: 5e6, p90: 5e6}, unit}})

    expect(cost.perUnit?.usd.p50).toBeCloseTo(2, 12)
  })

  test('hours per month count the runs that fit into them', () => {
    const exact = {...RUN, setup: 0, data: 0, load: 0, work: {p10: 4, p50: 4, p90: 4}, failures: {p10: 0, p50: 0, p90: 0}}
    const cost = rented({extras: {publicIpUsdPerHour: 0}}, {hours: exact, schedule: {kind: 'hours-per-month', hours: 40}, work: {unitsPerRun: 20e6, unitsPerHour: null, unit}})

    expect(cost.perUnit?.usd.p50).toBeCloseTo(400 / 200, 9)
  })
})

test('bare hardware has no cost, and says why', () => {
  const cost = estimateCost({...RENTED_INPUT, pricing: {kind: 'unpriced', reason: 'bare hardware has no price'}})

  expect(cost.usd).toBeNull()
  expect(cost.lines).toEqual([])
  expect(cost.notCosted).toEqual([{item: 'compute', reason: 'bare hardware has no price', usd: null}])
})

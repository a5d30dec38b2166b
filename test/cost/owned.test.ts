import {describe, expect, test} from 'vitest'
import {checkBudget, estimateCost} from '../../src/cost/estimate.ts'
import type {Cost, CostInput, Owned} from '../../src/cost/types.ts'
import {OWNED, OWNED_INPUT} from './inputs.ts'

const owned = (change: Partial<Owned>, input: Partial<CostInput> = {}): Cost => estimateCost({...OWNED_INPUT, ...input, pricing: {...OWNED, ...change}})
const table = (cost: Cost): readonly (readonly [string, number])[] => cost.lines.map(({item, usd}) => [item, Number(usd.toFixed(6))])

describe('marginal cost of an owned rig, five hours', () => {
  test('energy above idle, its cooling, wear', () => {
    // (5 − 1) kW × 4 h of work and failures × 0.3 = 4.8; ÷ COP 3 = 1.6; 5 h × 8 × 0.1 = 4
    expect(table(owned({}))).toEqual([['energy above idle', 4.8], ['cooling', 1.6], ['wear', 4]])
    expect(owned({})).toMatchObject({basis: 'marginal', period: 'run', alternative: {basis: 'full'}})
  })

  test('a rig that is off when idle pays all its energy, at idle before the work', () => {
    expect(table(owned({whenIdle: 'off'}))).toEqual([['energy', 6], ['cooling', 2], ['energy before the work', 0.3], ['cooling before the work', 0.1], ['wear', 4]])
  })

  test('a PUE holds cooling and distribution: × (PUE − 1) instead of a COP', () => {
    expect(table(owned({coolingCop: null, pue: 1.25}))).toEqual([['energy above idle', 4.8], ['cooling and distribution', 1.2], ['wear', 4]])
    expect(table(owned({coolingCop: null, pue: 1}))).toEqual([['energy above idle', 4.8], ['wear', 4]])
  })

  test('a supply against failures loses a part, which the cooling moves as well', () => {
    // 4.8 ÷ 0.96 = 5, of which 0.2 are lost; all 5 are heat, ÷ COP 2.
    expect(table(owned({upsEfficiency: 0.96, coolingCop: 2}))).toEqual([['energy above idle', 4.8], ['UPS loss', 0.2], ['cooling', 2.5], ['wear', 4]])
  })

  test('heat that just leaves costs nothing', () => {
    expect(table(owned({coolingCop: null}))).toEqual([['energy above idle', 4.8], ['wear', 4]])
  })

  test('displaced work and waiting are charged at what they are worth', () => {
    const cost = owned({displacedUsdPerHour: 2, waitingHours: 3, waitingUsdPerHour: 5})

    expect(table(cost).slice(3)).toEqual([['displaced work', 10], ['waiting', 15]])
  })

  test('waiting that nobody has put a price on is listed', () => {
    expect(owned({waitingHours: 3}).notCosted).toContainEqual({item: 'waiting', reason: '3 h until the rig is free; nobody said what an hour is worth', usd: null})
  })

  test('every run of a month waits, a service only before its start', () => {
    // 4 runs × 3 h × 5 USD/h
    const runs = owned({waitingHours: 3, waitingUsdPerHour: 5}, {schedule: {kind: 'runs-per-month', runs: 4}})
    const service = owned({waitingHours: 3, waitingUsdPerHour: 5}, {schedule: {kind: 'always'}})

    expect(runs.lines.at(-1)).toEqual({item: 'waiting', usd: 60, how: '4 × 3 h until the rig is free × 5 USD/h'})
    expect(service.lines.map(line => line.item)).not.toContain('waiting')
    expect(service.notCosted).toContainEqual({item: 'waiting', reason: "3 h until the rig is free, once before the service starts: in no month's cost", usd: null})
  })

  test('displaced work says where its worth comes from, and why it has none', () => {
    const worth = owned({displacedUsdPerHour: 2, displacedHow: 'simulations: 40 USD on acme, 20 h here'})

    expect(worth.lines.at(-1)?.how).toBe('5 h × 2 USD/h that the hours are worth otherwise (simulations: 40 USD on acme, 20 h here)')
    expect(owned({displacedHow: 'no cloud can do simulations'}).notCosted).toEqual([{item: 'displaced work', reason: 'no cloud can do simulations', usd: null}])
  })

  test('hours that are taken to be free are listed', () => {
    expect(owned({}).notCosted).toEqual([{item: 'displaced work', reason: 'the hours of the rig are taken to be free', usd: null}])
    expect(owned({displacedUsdPerHour: 2}).notCosted).toEqual([])
  })

  test('explains each line', () => {
    expect(owned({}).lines.map(line => line.how)).toEqual([
      '4 kW × 4 h × 0.3 USD/kWh',
      '4.8 USD of heat ÷ COP 3',
      '5 h × 8 × 0.1 USD per accelerator-hour',
    ])
  })
})

describe('full cost', () => {
  // Capital 87,600 × 0.8 ÷ 5 = 14,016 a year; financing 52,560 × 0.05 = 2,628; upkeep 8,760; half the rig; ÷ 8,760 h.
  const PER_HOUR = (14_016 + 2628 + 8760) / 2 / 8760

  test('an owned rig carries its hours in use', () => {
    const alternative = owned({}).alternative

    expect(alternative?.basis).toBe('full')
    expect(alternative?.usd.p50).toBeCloseTo(6.3 + 2.1 + 4 + 5 * PER_HOUR, 9)
  })

  test('a planned rig is bought whole: a single run carries the horizon and the idle hours', () => {
    const cost = owned({owned: false})
    const hours = 12 * 730

    expect(cost.basis).toBe('full')
    expect(table(cost)).toEqual([
      ['energy above idle', 4.8],
      ['cooling', 1.6],
      ['idle energy', Number((1 * hours * 0.3).toFixed(6))],
      ['cooling of idle heat', Number(((hours * 0.3) / 3).toFixed(6))],
      ['wear', 4],
      ['loss of value', 7008],
      ['cost of capital', 1314],
      ['upkeep', 4380],
    ])
    expect(cost.alternative?.usd.p50).toBeCloseTo(10.4, 9)
  })

  test('a month of a planned rig carries the month', () => {
    const cost = owned({owned: false, whenIdle: 'off'}, {schedule: {kind: 'hours-per-month', hours: 99}})

    expect(cost.lines.find(line => line.item === 'loss of value')?.usd).toBeCloseTo(584, 9)
    expect(cost.lines.some(line => line.item === 'idle energy')).toBe(false)
  })
})

test('unknown power leaves the cost unknown', () => {
  const cost = owned({}, {power: {averageWatts: null, confidence: 'assumed'}})

  expect(cost.usd).toBeNull()
  expect(cost.notCosted[0]).toMatchObject({item: 'energy', usd: null})
})

test('taking input out of a cloud is paid on a rig as well', () => {
  const cost = owned({}, {data: {inputGb: 100, outputGb: 0, egressGb: 0, storageGb: 0, inputAt: 'acme'}, inputEgress: {from: 'acme', tiers: [{upToGb: null, usdPerGb: 0.1}]}})

  expect(cost.lines.at(-1)).toMatchObject({item: 'input transfer', usd: 10})
  expect(cost.usd?.p50).toBeCloseTo(20.4, 9)
})

describe('budget', () => {
  test('passes at the expected cost, names the budget that would do', () => {
    const cost = owned({})

    expect(checkBudget(cost, 10.41)).toBeNull()
    expect(checkBudget(cost, 9)).toEqual({reason: 'budget', detail: 'costs 10.4 USD, the budget is 9 USD', nearest: 'raise the budget to 11 USD'})
    // 27,529.4 rounds up, and thousands are set apart everywhere.
    expect(checkBudget({...cost, usd: {p10: 27_000, p50: 27_529.4, p90: 28_000}}, 10_000)).toMatchObject({detail: 'costs 27,529 USD, the budget is 10,000 USD', nearest: 'raise the budget to 27,530 USD'})
  })

  test('an unknown cost cannot be held against it', () => {
    expect(checkBudget({...owned({}), usd: null}, 10)?.reason).toBe('price-unknown')
  })
})

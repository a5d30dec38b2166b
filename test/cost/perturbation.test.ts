import {describe, expect, test} from 'vitest'
import {estimateCost} from '../../src/cost/estimate.ts'
import type {Cost, CostInput, Owned, Rented} from '../../src/cost/types.ts'
import {OWNED, OWNED_INPUT, RENTED, RENTED_INPUT} from './inputs.ts'

/** One input with everything in it, so that every field has something to move. */
const RICH_DATA = {inputGb: 400, outputGb: 50, egressGb: 300, storageGb: 200, inputAt: 'other'}
const WORK = {unitsPerRun: 5e6, unitsPerHour: null, unit: {name: '1M tokens', amount: 1e6}}
const FAILURES = {p10: 0.1, p50: 0.3, p90: 0.9}
const RICH_RENTED: CostInput = {
  ...RENTED_INPUT,
  pricing: {...RENTED, priceAgeDays: 30, billing: {incrementSeconds: 60, minimumSeconds: 60}},
  hours: {...RENTED_INPUT.hours, failures: FAILURES},
  data: RICH_DATA,
  diskGb: 300,
  inputEgress: {from: 'other', tiers: [{upToGb: null, usdPerGb: 0.08}]},
  work: WORK,
}
const RICH_OWNED: CostInput = {
  ...OWNED_INPUT,
  pricing: {...OWNED, displacedUsdPerHour: 1, waitingHours: 2, waitingUsdPerHour: 3},
  hours: {...OWNED_INPUT.hours, failures: FAILURES},
  data: RICH_DATA,
  inputEgress: {from: 'other', tiers: [{upToGb: null, usdPerGb: 0.08}]},
  work: WORK,
}
const PLANNED: CostInput = {...RICH_OWNED, pricing: {...OWNED, owned: false}}

/** What a person sees of a cost, as figures. */
function outputs(cost: Cost): Record<string, number> {
  const entries: [string, number][] = [
    ['p50', cost.usd?.p50 ?? Number.NaN],
    ['spread', cost.usd === null ? Number.NaN : cost.usd.p90 - cost.usd.p10],
    ['alternative', cost.alternative?.usd.p50 ?? 0],
    ['perUnit', cost.perUnit?.usd.p50 ?? 0],
    ...cost.lines.map(({item, usd}): [string, number] => [item, usd]),
  ]
  return Object.fromEntries(entries)
}

/** The outputs that a change moved, each with its direction; lines that came or went count from or to nothing. */
function moves(before: Cost, after: Cost): Record<string, '+' | '-'> {
  const [left, right] = [outputs(before), outputs(after)]
  const moved: Record<string, '+' | '-'> = {}
  for (const name of Object.keys({...left, ...right})) {
    const difference = (right[name] ?? 0) - (left[name] ?? 0)
    if (Math.abs(difference) > 1e-9) moved[name] = difference > 0 ? '+' : '-'
  }
  return moved
}

const rented = (change: Partial<Rented>): CostInput => ({...RICH_RENTED, pricing: {...(RICH_RENTED.pricing as Rented), ...change}})
const extras = (change: Partial<Rented['extras']>): CostInput => rented({extras: {...RENTED.extras, ...change}})
const owned = (change: Partial<Owned>, base = RICH_OWNED): CostInput => ({...base, pricing: {...(base.pricing as Owned), ...change}})

describe('rented: every field moves what it should', () => {
  const up = (...names: string[]): Record<string, '+'> => Object.fromEntries(['p50', 'perUnit', ...names].map(name => [name, '+'] as const))
  const cases: readonly [string, CostInput, Record<string, '+' | '-'>][] = [
    ['pricing.priceUsdPerHour', rented({priceUsdPerHour: 11}), up('compute', 'spread')],
    ['pricing.priceAgeDays', rented({priceAgeDays: 200}), {spread: '+'}],
    // Spot prices age twelve times as fast.
    ['pricing.purchase (spot)', rented({purchase: 'spot'}), {spread: '+'}],
    ['pricing.purchase (a term)', rented({purchase: 'reserved-1y'}), up('compute', 'spread')],
    ['pricing.billing.incrementSeconds', rented({billing: {incrementSeconds: 3600, minimumSeconds: 60}}), {...up('compute'), spread: '-'}],
    ['pricing.billing.minimumSeconds', rented({billing: {incrementSeconds: 60, minimumSeconds: 86_400}}), {...up('compute'), spread: '-'}],
    ['pricing.prepaid', rented({prepaid: true}), {p50: '-', perUnit: '-', compute: '-', spread: '-'}],
    ['pricing.extras.diskUsdPerGbMonth', extras({diskUsdPerGbMonth: 0.2}), up('disk', 'spread')],
    ['pricing.extras.objectStorageUsdPerGbMonth', extras({objectStorageUsdPerGbMonth: 0.04}), up('storage', 'spread')],
    ['pricing.extras.egressTiers', extras({egressTiers: [{upToGb: null, usdPerGb: 0.2}]}), up('egress')],
    ['pricing.extras.publicIpUsdPerHour', extras({publicIpUsdPerHour: 0.01}), up('public address', 'spread')],
    ['pricing.extras.localSsdGb', extras({localSsdGb: 1000}), {p50: '-', perUnit: '-', disk: '-', spread: '-'}],
    ['nodes', {...RICH_RENTED, nodes: 2}, up('compute', 'disk', 'spread')],
    ['hours.setup', {...RICH_RENTED, hours: {...RICH_RENTED.hours, setup: 1}}, up('compute', 'disk', 'storage', 'public address', 'spread')],
    ['hours.data', {...RICH_RENTED, hours: {...RICH_RENTED.hours, data: 2}}, up('compute', 'disk', 'storage', 'public address', 'spread')],
    ['hours.load', {...RICH_RENTED, hours: {...RICH_RENTED.hours, load: 1}}, up('compute', 'disk', 'storage', 'public address', 'spread')],
    ['hours.work', {...RICH_RENTED, hours: {...RICH_RENTED.hours, work: {p10: 6, p50: 8, p90: 12}}}, up('compute', 'disk', 'storage', 'public address', 'spread')],
    ['hours.failures', {...RICH_RENTED, hours: {...RICH_RENTED.hours, failures: {p10: 1, p50: 2, p90: 4}}}, up('compute', 'disk', 'storage', 'public address', 'spread')],
    ['data.inputGb', {...RICH_RENTED, data: {...RICH_DATA, inputGb: 800}}, up('input transfer')],
    ['data.outputGb', {...RICH_RENTED, data: {...RICH_DATA, outputGb: 100}}, up('egress')],
    ['data.egressGb', {...RICH_RENTED, data: {...RICH_DATA, egressGb: 600}}, up('egress')],
    ['data.storageGb', {...RICH_RENTED, data: {...RICH_DATA, storageGb: 400}}, up('storage', 'spread')],
    ['diskGb', {...RICH_RENTED, diskGb: 600}, up('disk', 'spread')],
    ['inputEgress', {...RICH_RENTED, inputEgress: null}, {p50: '-', perUnit: '-', 'input transfer': '-'}],
    ['work.unitsPerRun', {...RICH_RENTED, work: {...WORK, unitsPerRun: 1e7}}, {perUnit: '-'}],
    ['work.unit.amount', {...RICH_RENTED, work: {...WORK, unit: {...WORK.unit, amount: 2e6}}}, {perUnit: '+'}],
    ['schedule', {...RICH_RENTED, schedule: {kind: 'runs-per-month', runs: 3}}, {p50: '+', spread: '+', compute: '+', disk: '+', storage: '+', 'public address': '+'}],
  ]

  test.for(cases)('%s', ([field, input, expected]) => {
    const moved = moves(estimateCost(RICH_RENTED), estimateCost(input))

    if (field === 'schedule') delete moved['perUnit']
    expect(moved).toEqual(expected)
  })

  test('work.unitsPerHour counts endless work', () => {
    const endless = (unitsPerHour: number): CostInput => ({
      ...RICH_RENTED, schedule: {kind: 'always'}, work: {...WORK, unitsPerRun: null, unitsPerHour: {p10: unitsPerHour, p50: unitsPerHour, p90: unitsPerHour}},
    })

    expect(moves(estimateCost(endless(1e6)), estimateCost(endless(2e6)))).toEqual({perUnit: '-'})
  })

  test('horizonMonths spreads a term over fewer months', () => {
    const term: CostInput = {...rented({purchase: 'reserved-1y'}), schedule: {kind: 'always'}}

    expect(moves(estimateCost(term), estimateCost({...term, horizonMonths: 6}))).toEqual({p50: '+', perUnit: '+', spread: '+', compute: '+'})
  })

  test('minimumTermHours lengthens a block', () => {
    const block = rented({purchase: 'capacity-block'})
    const longer = rented({purchase: 'capacity-block', billing: {incrementSeconds: 60, minimumSeconds: 60, minimumTermHours: 48}})

    expect(moves(estimateCost(block), estimateCost(longer))).toMatchObject({p50: '+', compute: '+'})
  })

  test('provider, region, where the input lies and confidence name things and cost nothing', () => {
    const base = estimateCost(RICH_RENTED)

    expect(moves(base, estimateCost(rented({provider: 'x', region: 'y'})))).toEqual({})
    expect(moves(base, estimateCost({...RICH_RENTED, data: {...RICH_DATA, inputAt: null}}))).toEqual({})
    expect(estimateCost({...RICH_RENTED, basis: 'assumed'}).confidence).toBe('assumed')
    expect(estimateCost(rented({priceBasis: 'assumed'})).confidence).toBe('assumed')
    expect(estimateCost({...RICH_RENTED, work: {...WORK, unit: {name: 'run', amount: 1}}}).perUnit?.unit).toBe('USD/run')
    expect(estimateCost(rented({provider: 'x', extras: {}})).notCosted[0]?.reason).toContain('x:')
  })
})

describe('owned: every field moves what it should', () => {
  const all = (...names: string[]): Record<string, '+'> => Object.fromEntries(['p50', 'perUnit', 'alternative', 'spread', ...names].map(name => [name, '+'] as const))
  const cases: readonly [string, CostInput, Record<string, '+' | '-'>][] = [
    ['tariffUsdPerKwh', owned({tariffUsdPerKwh: 0.4}), all('energy above idle', 'cooling')],
    ['idleWatts', owned({idleWatts: 2000}), {p50: '-', perUnit: '-', alternative: '+', 'energy above idle': '-', cooling: '-', spread: '-'}],
    ['pue (instead of a COP)', owned({coolingCop: null, pue: 1.2}), {p50: '-', perUnit: '-', alternative: '-', cooling: '-', 'cooling and distribution': '+', spread: '-'}],
    ['upsEfficiency', owned({upsEfficiency: 0.9}), {'UPS loss': '+', p50: '+', perUnit: '+', alternative: '+', cooling: '+', spread: '+'}],
    ['coolingCop', owned({coolingCop: 4}), {p50: '-', perUnit: '-', alternative: '-', cooling: '-', spread: '-'}],
    ['wearUsdPerAcceleratorHour', owned({wearUsdPerAcceleratorHour: 0.2}), all('wear')],
    ['acceleratorCount', owned({acceleratorCount: 10}), all('wear')],
    ['displacedUsdPerHour', owned({displacedUsdPerHour: 2}), all('displaced work')],
    ['waitingHours', owned({waitingHours: 4}), {p50: '+', perUnit: '+', alternative: '+', waiting: '+'}],
    ['waitingUsdPerHour', owned({waitingUsdPerHour: 6}), {p50: '+', perUnit: '+', alternative: '+', waiting: '+'}],
    ['shareOfRig', owned({shareOfRig: 1}), {alternative: '+'}],
    ['capital', owned({capital: [{item: 'loss of value', usdPerMonth: 1500, how: ''}, {item: 'cost of capital', usdPerMonth: 219, how: ''}]}), {alternative: '+'}],
    ['upkeepUsdPerYear', owned({upkeepUsdPerYear: 10_000}), {alternative: '+'}],
    ['power', {...RICH_OWNED, power: {averageWatts: {p10: 5400, p50: 6000, p90: 6600}, confidence: 'calibrated'}}, all('energy above idle', 'cooling')],
    ['hours.work', {...RICH_OWNED, hours: {...RICH_OWNED.hours, work: {p10: 6, p50: 8, p90: 12}}}, all('energy above idle', 'cooling', 'wear', 'displaced work')],
    ['data.inputGb', {...RICH_OWNED, data: {...RICH_DATA, inputGb: 800}}, {p50: '+', perUnit: '+', alternative: '+', 'input transfer': '+'}],
  ]

  test.for(cases)('%s', ([, input, expected]) => {
    expect(moves(estimateCost(RICH_OWNED), estimateCost(input))).toEqual(expected)
  })

  test('whenIdle: what is off when idle pays all its energy', () => {
    expect(moves(estimateCost(RICH_OWNED), estimateCost(owned({whenIdle: 'off'})))).toMatchObject({p50: '+', energy: '+', 'energy above idle': '-'})
  })

  test('owned: what is only planned is paid in full', () => {
    expect(estimateCost(owned({owned: false})).basis).toBe('full')
    expect(moves(estimateCost(RICH_OWNED), estimateCost(owned({owned: false})))).toMatchObject({p50: '+', 'loss of value': '+'})
  })

  test.for([
    ['shareOfRig', {shareOfRig: 1}, ['loss of value', 'cost of capital', 'upkeep']],
    ['capital', {capital: [{item: 'loss of value', usdPerMonth: 1500, how: ''}]}, ['loss of value', 'cost of capital']],
    ['upkeepUsdPerYear', {upkeepUsdPerYear: 10_000}, ['upkeep']],
    ['idleWatts', {idleWatts: 2000}, ['idle energy', 'cooling of idle heat']],
  ] as const)('planned: %s', ([, change, lines]) => {
    const moved = moves(estimateCost(PLANNED), estimateCost(owned(change, PLANNED)))

    expect(Object.keys(moved)).toEqual(expect.arrayContaining(['p50', ...lines]))
  })

  test('horizonMonths: a planned rig is kept for as long', () => {
    expect(moves(estimateCost(PLANNED), estimateCost({...PLANNED, horizonMonths: 24}))).toMatchObject({p50: '+', 'loss of value': '+', upkeep: '+', 'idle energy': '+'})
  })

  test('rigId and country name things and cost nothing', () => {
    expect(moves(estimateCost(RICH_OWNED), estimateCost(owned({rigId: 'x', country: 'FR'})))).toEqual({})
  })
})

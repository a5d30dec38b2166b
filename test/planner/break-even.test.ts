import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import {ageYearsOf, breakEven, cheapestByWay, rentalsOf, rigMonth, type BreakEven, type BreakEvenQuestion, type Rental} from '../../src/planner/break-even.ts'
import {oddsOf, undominated, uniformFrom, type Odds} from '../../src/planner/break-even-odds.ts'
import type {PlanDocument, PlanTarget} from '../../src/planner/document.ts'

/** Two accelerators for 36,500 USD, worth nothing after ten years, 73 USD a month of room, a kilowatt at work and half of one idle. */
const RIG = {
  id: 'lab', owned: false, nodes: [{count: 1, acceleratorCount: 2, priceUsd: 36_500}],
  site: {tariffUsdPerKwh: 0.2, coolingCop: null, whenIdle: 'on'},
  serviceLifeYears: 10, residualShare: 0, financingSharePerYear: 0, upkeepUsdPerYear: 876, upkeepParts: [{item: 'room', usdPerYear: 876}], wearUsdPerAcceleratorHour: 0, setupHours: 0,
} as unknown as Rig
const rental = (change: Partial<Rental> = {}): Rental => ({id: 'acme:x@r:on-demand', provider: 'acme', purchase: 'on-demand', usdPerUnit: 10, usdPerMonth: 0, mostUnits: null, ineligibleReason: null, time: null, accelerator: 'a', ...change})
const QUESTION: BreakEvenQuestion = {
  unit: 'run', units: 40, months: 120, asOf: '2026-11-27', rentals: [rental()],
  rigAtWork: {rig: RIG, idle: {machineWatts: 500, siteWatts: 500}, working: {machineWatts: 1000, siteWatts: 1000}, unitHours: 7.3, acceleratorsUsed: 2, time: null, watts: null, accelerator: 'a'},
}
const asked = (change: Partial<BreakEvenQuestion> = {}, rig: Partial<Rig> = {}): BreakEven => breakEven({...QUESTION, ...change, rigAtWork: {...QUESTION.rigAtWork, ...change.rigAtWork, rig: {...RIG, ...rig}}})

describe('by hand', () => {
  // 36,500 ÷ 120 = 304.17; room 73; idle 0.5 kW · 730 h · 0.2 = 73; each run 7.3 h · 0.5 kW more · 0.2 = 0.73.
  const fixed = 36_500 / 120 + 73 + 73

  test('a month of 40 runs', () => {
    expect(asked().rigUsdPerMonth).toBeCloseTo(fixed + 40 * 0.73, 9)
    expect(asked()).toMatchObject({utilisationShare: 0.4, mostUnits: 100, action: 'rent'})
    expect(asked().best?.usdInMonth).toBe(400)
  })

  test('runs from which the rig is cheaper: what is fixed ÷ what a run costs less', () => {
    const {best} = asked()
    expect(best?.evenUnits).toBeCloseTo(fixed / (10 - 0.73), 9)
    expect(best?.evenRigHours).toBeCloseTo((7.3 * fixed) / 9.27, 9)
    expect(best?.evenUtilisationShare).toBeCloseTo((0.01 * fixed) / 9.27, 9)
  })

  test('at none that it can do, and at any', () => {
    expect(asked({rentals: [rental({usdPerUnit: 4})]}).best?.evenUnits).toBeNull()
    expect(asked({rentals: [rental({usdPerMonth: 1000})]}).best?.evenUnits).toBe(0)
  })

  test('the month by which it has paid back: 36,500 ÷ (what renting costs more than running)', () => {
    const {best, action, savesUsdPerMonth} = asked({units: 80})
    // 800 − 146 − 58.4 = 595.6 a month: 61.3 months; sold then for half of its price, 36,500/120 a month sooner: 36,500 − 36,500(1 − t/120) ≤ 595.6 t at once.
    expect(best?.paybackMonth).toBe(62)
    expect(best?.paybackMonthIfSold).toBe(1)
    expect([action, savesUsdPerMonth]).toEqual(['buy', expect.closeTo(800 - fixed - 58.4, 9)])
  })

  test('an owned one counts from what it would sell for, not from what it cost', () => {
    // Bought five years ago for ten: half is left, 18,250, which falls to nothing in five more.
    const kept = asked({months: 60}, {owned: true, boughtOn: '2021-11-27'})
    expect(kept.ageYears).toBeCloseTo(5, 2)
    expect(kept.rigUsdPerMonth).toBeCloseTo(18_250 / 60 + 73 + 73 + 40 * 0.73, 0)
    expect(kept.action).toBe('sell')
    // After nine and a half years next to nothing is lost by keeping it.
    expect(asked({months: 6}, {owned: true, boughtOn: '2017-05-27'}).action).toBe('sell')
    expect(asked({months: 120}, {owned: true, boughtOn: '2016-11-27'}).action).toBe('keep')
    expect(ageYearsOf({boughtOn: '2030-01-01'}, '2026-11-27')).toBe(0)
  })

  test('hours that are taken are not there for the work', () => {
    expect(asked({}, {takenHoursPerMonth: 365}).mostUnits).toBe(50)
    expect(asked({rentals: [rental({usdPerUnit: 8})]}, {takenHoursPerMonth: 365}).best?.evenUnits).toBeNull()
  })

  test('a term of machines that cannot do as much is no way to rent', () => {
    expect(asked({rentals: [rental({purchase: 'reserved-1y', usdPerUnit: 0, usdPerMonth: 100, mostUnits: 30})]}).best).toBeNull()
  })

  test('prices that may not win are held against it, and never the best', () => {
    const found = asked({rentals: [rental({id: 'old', usdPerUnit: 1, ineligibleReason: 'stale'}), rental()]})
    expect(found.best?.id).toBe('acme:x@r:on-demand')
    expect(found.rentals.map(({id}) => id)).toEqual(['acme:x@r:on-demand', 'old'])
  })

  test('of each provider and purchase one is shown', () => {
    const found = asked({rentals: [rental({id: 'a'}), rental({id: 'b', usdPerUnit: 9}), rental({id: 'c', purchase: 'spot'})]})
    expect(cheapestByWay(found.rentals).map(({id}) => id)).toEqual(['b', 'c'])
  })
})

test('both sides cost the same at the amount from which the rig wins', () => {
  for (const usdPerUnit of [6, 8, 12, 40]) {
    const {rentals: [found]} = asked({rentals: [rental({usdPerUnit, usdPerMonth: 20})]})
    if (found?.evenUnits === null || found === undefined) continue
    expect(rigMonth(QUESTION, found.evenUnits).usdPerMonth).toBeCloseTo(20 + usdPerUnit * found.evenUnits, 6)
  }
})

describe('two plans of a workload', () => {
  const target = (id: string, purchase: string, usd: number | null): PlanTarget => ({id, provider: id.split(':')[0], purchase, accelerator: 'a', ineligibleReason: null, durationHours: {p10: 8, p50: 10, p90: 14}, workHours: {p10: 7, p50: 9, p90: 13}, cost: {usd: usd === null ? null : {p10: usd, p50: usd, p90: usd}}} as unknown as PlanTarget)
  const plan = (...targets: PlanTarget[]): PlanDocument => ({targets} as unknown as PlanDocument)
  const found = (endless: boolean) => rentalsOf({
    little: plan(target('acme:a', 'on-demand', 130), target('rig:lab', 'owned', 1)),
    much: plan(target('acme:a', 'on-demand', 230), target('acme:b', 'reserved-1y', 900), target('acme:c', 'spot', 200), target('acme:d', 'spot', null)), fewUnits: 10, manyUnits: 20, endless,
  })

  test('what stands in both lies on a straight line; a term is paid whatever is done; the rest in proportion', () => {
    expect(found(false).map(({id, usdPerUnit, usdPerMonth, mostUnits}) => [id, usdPerUnit, usdPerMonth, mostUnits])).toEqual([['acme:a', 10, 30, null], ['acme:b', 0, 900, 73], ['acme:c', 10, 0, null]])
    expect(found(false)[0]?.time).toEqual({p10: 7 / 9, p50: 1, p90: 13 / 9})
  })

  test('hours of a service are given: no time to be wrong about', () => {
    expect(found(true).map(({mostUnits, time}) => [mostUnits, time])).toEqual([[null, null], [null, null], [null, null]])
  })
})

describe('odds', () => {
  const odds = (change: Partial<BreakEvenQuestion> = {}, rig: Partial<Rig> = {}, settings: {samples?: number; seed?: number} = {}): Odds => {
    const question = {...QUESTION, ...change, rigAtWork: {...QUESTION.rigAtWork, ...change.rigAtWork, rig: {...RIG, ...rig}}}
    return oddsOf(question, question.rentals, question.rentals, settings)!
  }
  /** Abramowitz and Stegun 26.2.17. */
  const normalBelow = (z: number): number => {
    const t = 1 / (1 + 0.2316419 * Math.abs(z))
    const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    return z >= 0 ? 1 - tail : tail
  }
  const PLAIN: Partial<Rig> = {nodes: [{count: 1, acceleratorCount: 2, priceUsd: 0}] as unknown as Rig['nodes'], upkeepUsdPerYear: 12 * 450, upkeepParts: [{item: 'room', usdPerYear: 12 * 450}], site: {...RIG.site, tariffUsdPerKwh: 0}}

  test('where only work and cloud prices are open, as often as the normal distribution says', () => {
    // A rig for 450 USD a month, whatever it does; ten runs in a month cost 400. ln(450 ÷ 400) against sigma √(0.25² + 0.21² · ½ ÷ 12).
    const few = {units: 10, months: 1, rentals: [rental({usdPerUnit: 40})]}
    const expected = 1 - normalBelow(Math.log(450 / 400) / Math.hypot(0.25, 0.21 * Math.sqrt(0.5 / 12)))

    expect(odds(few, PLAIN, {samples: 100_000}).probability).toBeCloseTo(expected, 2)
    expect(odds(few, PLAIN, {samples: 100_000}).against.get('acme:x@r:on-demand')).toBeCloseTo(expected, 2)
  })

  test('the same seed draws the same, another about the same', () => {
    expect(odds({}, {}, {seed: 7})).toEqual(odds({}, {}, {seed: 7}))
    expect(odds({}, {}, {seed: 8}).difference.p50).not.toBe(odds({}, {}, {seed: 7}).difference.p50)
    expect(Math.abs(odds({}, {}, {seed: 8}).difference.p50 - odds({}, {}, {seed: 7}).difference.p50)).toBeLessThan(5)
  })

  test('draws are uniform', () => {
    const uniform = uniformFrom(3)
    const counts = Array.from({length: 10}, () => 0)
    for (let draw = 0; draw < 100_000; draw++) counts[Math.floor(uniform() * 10)]!++
    // Chi squared with nine degrees of freedom: below 27.9 in 999 of 1,000.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9)
  })

  test('the median draw is about the plain answer', () => {
    const plain = asked()
    expect(odds().difference.p50).toBeCloseTo(plain.rigUsdPerMonth - plain.best!.usdInMonth, -1.3)
  })

  const RICH: Partial<Rig> = {residualShare: 0.2, wearUsdPerAcceleratorHour: 0.1}
  const spread = {p10: 0.8, p50: 1, p90: 1.3}
  const rich = (change: Partial<BreakEvenQuestion> = {}): Odds => odds({rentals: [rental({time: spread})], ...change, rigAtWork: {...QUESTION.rigAtWork, time: spread, watts: spread, ...change.rigAtWork}}, RICH)

  test('every unknown moves the difference, and the way that it must', () => {
    // Rig less cloud: what makes the cloud dearer or the rig's sale better lowers it.
    const way = Object.fromEntries(rich().tornado.map(({name, usdAtLow, usdAtHigh}) => [name, Math.sign(usdAtHigh - usdAtLow)]))
    expect(way).toEqual({cloudPrice: -1, tariff: 1, work: -1, residual: -1, failures: 1, rigTime: -1, cloudTime: -1, watts: 1})
  })

  test('the bars stand by length', () => {
    const lengths = rich().tornado.map(({usdAtLow, usdAtHigh}) => Math.abs(usdAtHigh - usdAtLow))
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a))
  })

  test.for([
    ['a dearer cloud', {rentals: [rental({usdPerUnit: 14, time: spread})]}, '+'],
    ['a fixed price beside it', {rentals: [rental({usdPerMonth: 100, time: spread})]}, '+'],
    ['more work', {units: 60}, '+'],
    ['longer runs on the rig', {rigAtWork: {...QUESTION.rigAtWork, time: spread, watts: spread, unitHours: 9}}, '-'],
    ['more watts at work', {rigAtWork: {...QUESTION.rigAtWork, time: spread, watts: spread, working: {machineWatts: 3000, siteWatts: 3000}}}, '-'],
    ['more watts idle', {rigAtWork: {...QUESTION.rigAtWork, time: spread, watts: spread, idle: {machineWatts: 900, siteWatts: 900}}}, '-'],
    ['more accelerators that wear', {rigAtWork: {...QUESTION.rigAtWork, time: spread, watts: spread, acceleratorsUsed: 4}}, '-'],
  ] as const)('%s', ([, change, sign]) => {
    const [before, after] = [rich().difference.p50, rich(change).difference.p50]
    if (sign === '+') expect(after).toBeLessThan(before)
    else expect(after).toBeGreaterThan(before)
  })

  test('a term does not follow the market', () => {
    const whole = rich({rentals: [rental({purchase: 'reserved-3y', usdPerUnit: 0, usdPerMonth: 400, time: spread})]})
    expect(whole.tornado.find(({name}) => name === 'cloudPrice')).toMatchObject({usdAtLow: expect.closeTo(whole.tornado.find(({name}) => name === 'cloudPrice')!.usdAtHigh, 9)})
  })

  test('of what is dearer by the unit and by the month nothing is drawn', () => {
    const [cheap, flat, worse] = [rental({id: 'cheap', usdPerUnit: 5, usdPerMonth: 0}), rental({id: 'flat', usdPerUnit: 0, usdPerMonth: 300}), rental({id: 'worse', usdPerUnit: 6, usdPerMonth: 10})]
    expect(undominated([worse, flat, cheap]).map(({id}) => id)).toEqual(['cheap', 'flat'])
  })
})

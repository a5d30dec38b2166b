import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import {ageYearsOf, breakEven, cheapestByWay, rentalMonth, rentalsOf, rigMonth, type BreakEven, type BreakEvenQuestion, type Rental} from '../../src/planner/break-even.ts'
import {mixRentals} from '../../src/planner/break-even-mix.ts'
import {oddsOf, undominated, uniformFrom, type Odds} from '../../src/planner/break-even-odds.ts'
import type {PlanDocument, PlanTarget} from '../../src/planner/document.ts'

/** Two accelerators for 36,500 USD, worth nothing after ten years, 73 USD a month of room, a kilowatt at work and half of one idle. */
const RIG = {
  id: 'lab', owned: false, nodes: [{count: 1, acceleratorCount: 2, priceUsd: 36_500}],
  site: {tariffUsdPerKwh: 0.2, coolingCop: null, whenIdle: 'on'},
  serviceLifeYears: 10, residualShare: 0, financingSharePerYear: 0, upkeepUsdPerYear: 876, upkeepParts: [{item: 'room', usdPerYear: 876}], wearUsdPerAcceleratorHour: 0, setupHours: 0,
} as unknown as Rig
const rental = (change: Partial<Rental> = {}): Rental => ({id: 'acme:x@r:on-demand', provider: 'acme', purchase: 'on-demand', usdPerUnit: 10, usdPerMonth: 0, bound: [], mostUnits: null, inBlocks: false, marketShare: 1, ineligibleReason: null, time: null, accelerator: 'a', ...change})
const QUESTION: BreakEvenQuestion = {
  unit: 'run', units: 40, always: false, months: 120, asOf: '2026-11-27', rentals: [rental()],
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
    expect(asked({rentals: [rental({usdPerUnit: 4})]}).best).toMatchObject({owningIsCheaper: 'never', evenUnits: null})
    expect(asked({rentals: [rental({usdPerMonth: 1000})]}).best).toMatchObject({owningIsCheaper: 'always', evenUnits: null})
  })

  test('a rig whose hours are worth much to others is cheaper for a little work only', () => {
    // 20 USD an hour: 146 + 0.73 a run less than nothing anyway; a rental of 500 a month and 10 a run.
    const found = asked({rentals: [rental({usdPerMonth: 500})]}, {displacedUsdPerHour: 2})
    // 450.17 + 0.73 u + 7.3 · 2 u against 500 + 10 u.
    expect(found.best).toMatchObject({owningIsCheaper: 'below', evenUnits: expect.closeTo((500 - fixed) / (0.73 + 14.6 - 10), 9)})
    // Dearer by the run, and not cheaper at none.
    expect(asked({rentals: [rental({usdPerMonth: fixed})]}, {displacedUsdPerHour: 2}).best?.owningIsCheaper).toBe('never')
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

  test('hours that other work takes are not there for this one, and carry their half of what the rig costs', () => {
    const found = asked({}, {takenHoursPerMonth: 365})
    expect(found.mostUnits).toBe(50)
    expect(found.rigUsdPerMonth).toBeCloseTo(fixed / 2 + 40 * 0.73, 9)
    expect(found.utilisationShare).toBeCloseTo(0.4, 12)
    expect(found.best?.evenUnits).toBeCloseTo(fixed / 2 / 9.27, 9)
    expect(asked({rentals: [rental({usdPerUnit: 5})]}, {takenHoursPerMonth: 365}).best?.evenUnits).toBeNull()
  })

  test('what does other work as well is not sold for the sake of this', () => {
    const cheap = {months: 60, rentals: [rental({usdPerUnit: 1})]}
    expect(asked(cheap, {owned: true, boughtOn: '2021-11-27'}).action).toBe('sell')
    expect(asked(cheap, {owned: true, boughtOn: '2021-11-27', takenHoursPerMonth: 100})).toMatchObject({action: 'rent', resale: {evenUsd: null}})
    // Nothing to sell: worth nothing after ten years.
    expect(asked(cheap, {owned: true, boughtOn: '2010-11-27'}).action).toBe('leave')
  })

  test('what an hour is worth to others counts, by the accelerators at work', () => {
    // 40 · 7.3 h · 3 USD, of both accelerators and of one of two.
    expect(asked({}, {displacedUsdPerHour: 3}).rigUsdPerMonth).toBeCloseTo(fixed + 40 * 0.73 + 876, 9)
    expect(asked({rigAtWork: {...QUESTION.rigAtWork, acceleratorsUsed: 1}}, {displacedUsdPerHour: 3}).rigUsdPerMonth).toBeCloseTo(fixed + 40 * 0.73 + 438, 9)
    // A run is worth 21.9 to others: at 10 in the cloud nobody would do it here.
    expect(asked({}, {displacedUsdPerHour: 3}).best?.evenUnits).toBeNull()
  })

  test('the price from which selling costs less', () => {
    // Keeping loses 18,250 ÷ 60 of a price of 18,250; renting costs 400, all else of the rig 146 + 29.2: even where 224.8 a month is lost.
    const {resale} = asked({months: 60}, {owned: true, boughtOn: '2021-11-27'})
    expect(resale?.nowUsd).toBeCloseTo(18_250, -2)
    expect(resale?.evenUsd).toBeCloseTo(60 * (400 - 146 - 29.2), -1)
    expect(asked().resale).toBeNull()
    // No price at all: running it costs more than renting.
    expect(asked({months: 60, rentals: [rental({usdPerUnit: 1})]}, {owned: true, boughtOn: '2021-11-27'}).resale?.evenUsd).toBeLessThan(0)
  })

  test('a lease that runs cannot be sold, and its rates are owed either way', () => {
    const lease = {kind: 'lease', usdPerMonth: 500, months: 24} as const
    const running = asked({months: 12}, {owned: true, boughtOn: '2026-11-27', financing: lease})
    expect(running.rigUsdPerMonth).toBeCloseTo(73 + 73 + 40 * 0.73, 9)
    expect(running.resale).toEqual({nowUsd: 0, evenUsd: null})
    // Over: leased on at its rates, or bought out a year ago and worth what is left.
    expect(asked({months: 12}, {owned: true, boughtOn: '2023-11-27', financing: lease}).rigUsdPerMonth).toBeCloseTo(500 + 146 + 40 * 0.73, 9)
    expect(asked({months: 12}, {owned: true, boughtOn: '2023-11-27', financing: {...lease, buyoutUsd: 1000}}).resale?.nowUsd).toBeCloseTo(36_500 * 0.7, -2)
    // Ends after a year of two: half of the time leased on.
    expect(asked({months: 24}, {owned: true, boughtOn: '2025-11-27', financing: lease}).ownership.cashFlow.presentUsd).toBeCloseTo(12 * 500 + 24 * (146 + 40 * 0.73), 6)
    // Bought out then for 10,000 and sold a year later for seven tenths of its price.
    expect(asked({months: 24}, {owned: true, boughtOn: '2025-11-27', financing: {...lease, buyoutUsd: 10_000}}).ownership.cashFlow.presentUsd).toBeCloseTo(10_000 - 0.7 * 36_500 + 24 * (146 + 40 * 0.73), -2)
  })

  test('debt counts until it is paid: a loan pays back no sooner than cash', () => {
    const loan = {kind: 'loan', principalShare: 1, ratePerYear: 0, months: 60} as const
    const [cash, borrowed] = [asked({units: 80}), asked({units: 80}, {financing: loan})]
    expect(borrowed.best?.paybackMonth).toBe(cash.best?.paybackMonth)
    expect(asked({units: 80}, {financing: {...loan, ratePerYear: 0.12}}).best?.paybackMonth).toBeGreaterThan(62)
    // Sold after t months it brings 36,500 − 304.17 t, of which 36,500 − 608.33 t of debt are paid: at 300 a month less than renting it is even at once.
    expect(asked({units: 80}, {financing: loan}).best?.paybackMonthIfSold).toBe(1)
  })

  test('the rates of a lease are owed to its end', () => {
    // 304.17 a month for 120 months, as 36,500 borrowed free of interest: even in the same month.
    const lease = asked({units: 80}, {financing: {kind: 'lease', usdPerMonth: 36_500 / 120, months: 120}}).best
    const loan = asked({units: 80}, {financing: {kind: 'loan', principalShare: 1, ratePerYear: 0, months: 120}}).best
    expect(lease?.paybackMonth).toBe(loan?.paybackMonth)
    expect(lease?.paybackMonthIfSold).toBe(loan?.paybackMonth)
  })

  test('taxes on the sale come with the sale', () => {
    // Written off in ten years as it loses its price, a third of everything: the same month as without.
    const tax = {vatShare: 0, vatRecoverable: true, incomeTaxShare: 1 / 3, depreciationYears: 10}
    expect(asked({units: 80}, {tax}).best?.paybackMonthIfSold).toBe(asked({units: 80}).best?.paybackMonthIfSold)
    // Written off at once in one year, 36,500 ÷ 3 come back: sold then for 9/10, taxed, it is no better than with slow write-off.
    const fast = asked({units: 40, rentals: [rental({usdPerUnit: 11.5})]}, {tax: {...tax, depreciationYears: 1}}).best
    const slow = asked({units: 40, rentals: [rental({usdPerUnit: 11.5})]}, {tax}).best
    expect(fast?.paybackMonthIfSold).toBe(slow?.paybackMonthIfSold)
  })

  test('of blocks whole ones are paid: the rig wins for good from the end of the last one that is cheaper', () => {
    // Hours of service, 0.1 USD each to the rig; days at 24 · 2 USD, and weeks from the fourteenth day on.
    const service = {unit: 'hour of service', units: 100, rigAtWork: {...QUESTION.rigAtWork, unitHours: 1}, rentals: [rental({purchase: 'capacity-block', usdPerUnit: 2, inBlocks: true})]}
    const {best} = asked(service)
    expect(best?.usdInMonth).toBe(2 * 120)
    // 450.17 + 0.1 u against 48 USD a day: nine days are 432 (dearer at 216 h: 471.77), ten 480 (474.17 at 240 h).
    expect(best?.evenUnits).toBe(216)
    expect(asked({...service, rentals: [rental({purchase: 'capacity-block', usdPerUnit: 0.5, inBlocks: true})]}).best?.owningIsCheaper).toBe('never')
    expect(asked({...service, rentals: [rental({purchase: 'capacity-block', usdPerUnit: 200, inBlocks: true})]}).best?.owningIsCheaper).toBe('always')
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

describe('plans of several amounts of a workload', () => {
  const target = (id: string, purchase: string, usd: number | null, more: {readonly computeUsd?: number; readonly ineligibleReason?: string | null} = {}): PlanTarget => ({
    id, provider: id.split(':')[0], purchase, accelerator: 'a', ineligibleReason: more.ineligibleReason ?? null, durationHours: {p10: 8, p50: 10, p90: 14}, workHours: {p10: 7, p50: 9, p90: 13},
    cost: {usd: usd === null ? null : {p10: usd, p50: usd, p90: usd}, lines: usd === null ? [] : [{item: 'compute', usd: more.computeUsd ?? usd, how: ''}]},
  } as unknown as PlanTarget)
  const plan = (...targets: PlanTarget[]): PlanDocument => ({targets} as unknown as PlanDocument)
  const plans = [
    {units: 12, plan: plan(target('acme:a', 'on-demand', 150), target('acme:e', 'reserved-1y', 400, {computeUsd: 380}), target('acme:f', 'on-demand', 6))},
    {units: 10, plan: plan(target('acme:a', 'on-demand', 130), target('rig:lab', 'owned', 1))},
    {units: 20, plan: plan(target('acme:a', 'on-demand', 230), target('acme:b', 'reserved-1y', 900), target('acme:c', 'spot', 200), target('acme:d', 'spot', null), target('acme:f', 'on-demand', 30))},
  ]
  const found = (endless: boolean) => rentalsOf({plans, askedUnits: 12, months: 12, endless})

  test('what stands in several lies on a straight line; a term is paid whatever is done; the rest in proportion', () => {
    expect(found(false).map(({id, usdPerUnit, usdPerMonth, bound, mostUnits}) => [id, usdPerUnit, usdPerMonth, bound[0]?.usdPerMonth ?? 0, mostUnits])).toEqual([
      ['acme:a', 10, 30, 0, null],
      // Only at the asked amount: more of it other machines do for less, or these have no hours for.
      ['acme:e', 0, 400, 380, 73],
      // 6 for 12 and 30 for 20 bend upwards: straight from none, and as planned at 12.
      ['acme:f', 0.5, 0, 0, null],
      ['acme:b', 0, 900, 900, 73],
      ['acme:c', 10, 0, 0, null],
    ])
    expect(found(false)[0]?.time).toEqual({p10: 7 / 9, p50: 1, p90: 13 / 9})
  })

  test('at the asked amount every one costs what its plan says', () => {
    const byId = new Map(found(false).map(rental => [rental.id, rentalMonth(rental, 12, 1)]))
    expect(plans[0]!.plan.targets.map(({id}) => byId.get(id))).toEqual([150, 400, 6])
  })

  test('hours of a service are given: no time to be wrong about, and a month has no more of them', () => {
    expect(found(true).map(({mostUnits, time}) => [mostUnits, time])).toEqual([[null, null], [730, null], [null, null], [730, null], [null, null]])
  })

  test('what is paid already does one thing after the other', () => {
    const paid = rentalsOf({plans: [{units: 4, plan: plan(target('acme:a', 'on-demand', 2, {computeUsd: 0}))}], askedUnits: 4, months: 12, endless: false})
    expect(paid[0]).toMatchObject({usdPerUnit: 0.5, mostUnits: 73, bound: [{usdPerMonth: 0, mostUnits: 73, sets: 1}]})
  })

  test('days of a service are had whole, and end', () => {
    const [block, week] = rentalsOf({plans: [{units: 30, plan: plan(target('acme:a', 'capacity-block', 96), target('acme:b', 'flex-start', 60))}], askedUnits: 30, months: 12, endless: true})
    expect(block).toMatchObject({inBlocks: true, usdPerUnit: 2, mostUnits: 364})
    expect([rentalMonth(block!, 30, 1), rentalMonth(block!, 49, 1), rentalMonth(block!, 400, 1)]).toEqual([96, 144, null])
    expect(week).toMatchObject({inBlocks: false, usdPerUnit: 2, mostUnits: 14})
  })
})

describe('a mix', () => {
  const term = ({id = 'acme:t:reserved-1y', termUsd = 300, most = 10, ...change}: Partial<Rental> & {readonly termUsd?: number; readonly most?: number} = {}): Rental =>
    rental({id, purchase: 'reserved-1y', usdPerUnit: 0, usdPerMonth: termUsd + 10, bound: [{id, usdPerMonth: termUsd, mostUnits: most, sets: 1}], mostUnits: most, marketShare: 0, ...change})

  test('is rented for the cheapest of each', () => {
    const mixed = mixRentals([
      {units: 4, rentals: [rental({usdPerUnit: 20}), rental({id: 'other:y', provider: 'other', usdPerUnit: 15, usdPerMonth: 10})]},
      {units: 2, rentals: [rental({usdPerUnit: 7})]},
    ])
    expect(mixed.map(({id, usdPerUnit, usdPerMonth}) => [id, usdPerUnit, usdPerMonth])).toEqual([['the cheapest of each', 60 + 14, 10], ['acme:on-demand', 80 + 14, 0]])
  })

  test('pays a term that several workloads share once, while it has hours for all of them', () => {
    const [, shared] = mixRentals([{units: 4, rentals: [term()]}, {units: 3, rentals: [term({usdPerMonth: 305})]}])
    // 300 for the term, 10 and 5 of storage; seven tenths of its month.
    expect(shared).toMatchObject({id: 'acme:reserved-1y', usdPerUnit: 0, usdPerMonth: 315, mostUnits: expect.closeTo(10 / 7, 9), marketShare: 0, bound: [{usdPerMonth: 300, sets: 1}]})
    const [, twice] = mixRentals([{units: 8, rentals: [term()]}, {units: 9, rentals: [term()]}])
    expect(twice).toMatchObject({usdPerMonth: 620, mostUnits: expect.closeTo(2 / 1.7, 9), bound: [{usdPerMonth: 300, sets: 2}]})
  })

  test('takes one sort of machines for all where that is cheaper than the best for each', () => {
    const [, shared] = mixRentals([{units: 4, rentals: [term({id: 'small', termUsd: 200}), term({id: 'large'})]}, {units: 3, rentals: [term({id: 'large'})]}])
    expect(shared?.usdPerMonth).toBe(300 + 10 + 10)
  })

  test('machines that are paid already are there once', () => {
    const paid = term({id: 'paid', purchase: 'on-demand', termUsd: 0, usdPerMonth: 1})
    const dear = rental({usdPerUnit: 50})
    const [all] = mixRentals([{units: 6, rentals: [paid, dear]}, {units: 5, rentals: [paid, dear]}])
    // Six tenths and half of their month: only one of the two, the larger, is done on them.
    expect(all).toMatchObject({usdPerUnit: 250, usdPerMonth: 1})
    const [both] = mixRentals([{units: 6, rentals: [paid, dear]}, {units: 4, rentals: [paid, dear]}])
    expect(both).toMatchObject({usdPerUnit: 0, usdPerMonth: 2})
  })

  test('is the cheapest of all choices there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({units: fc.integer({min: 1, max: 10}), own: fc.integer({min: 1, max: 500}), able: fc.array(fc.boolean(), {minLength: 3, maxLength: 3})}), {minLength: 1, maxLength: 5}),
        fc.array(fc.record({usd: fc.integer({min: 0, max: 400}), most: fc.integer({min: 10, max: 40})}), {minLength: 3, maxLength: 3}),
        (works, terms) => {
          const mixed = works.map(({units, own, able}) => ({units, rentals: [rental({usdPerUnit: 0, usdPerMonth: own}), ...terms.flatMap(({usd, most}, at) => (able[at] === true ? [term({id: `t${at}`, purchase: 'on-demand', termUsd: usd, most, usdPerMonth: usd})] : []))]}))
          const costOf = (choice: readonly Rental[]): number => {
            let total = 0
            for (const [at, each] of choice.entries()) if (each.bound.length === 0) total += each.usdPerMonth + each.usdPerUnit * mixed[at]!.units
            for (const [at, {usd, most}] of terms.entries()) {
              const months = choice.reduce((sum, each, index) => sum + (each.id === `t${at}` ? mixed[index]!.units / most : 0), 0)
              if (usd === 0 && months > 1 + 1e-9) return Number.POSITIVE_INFINITY
              total += usd * Math.ceil(months - 1e-9)
            }
            return total
          }
          const choices = mixed.reduce<readonly (readonly Rental[])[]>((all, {rentals}) => all.flatMap(some => rentals.map(each => [...some, each])), [[]])
          const [found] = mixRentals(mixed)
          expect((found?.usdPerMonth ?? 0) + (found?.usdPerUnit ?? 0)).toBeCloseTo(Math.min(...choices.map(choice => costOf(choice))), 6)
        },
      ),
      {numRuns: 300},
    )
  })

  test('moves with the market as far as its parts do, and spreads as the chosen ones', () => {
    const [each] = mixRentals([{units: 1, rentals: [term({usdPerMonth: 100, termUsd: 100, most: 1, time: {p10: 1, p50: 1, p90: 1}})]}, {units: 10, rentals: [rental({usdPerUnit: 30, time: {p10: 0.5, p50: 1, p90: 2}})]}])
    expect(each).toMatchObject({marketShare: 0.75, time: {p10: 0.625, p50: 1, p90: 1.75}, accelerator: 'a', usdPerMonth: 100, usdPerUnit: 300})
  })

  test('is not rented where one of its workloads cannot be', () => {
    expect(mixRentals([{units: 1, rentals: [rental()]}, {units: 1, rentals: []}])).toEqual([])
    expect(mixRentals([{units: 20, rentals: [term()]}])).toEqual([])
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
  /** The rig's month by hand, see above. */
  const fixedOf = (runs: number): number => 36_500 / 120 + 73 + 73 + runs * 0.73
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

  test('no rig is the cheapest of all more often than it beats each', () => {
    // The dearer one at the median wins many draws: its time is open.
    const open = {p10: 0.4, p50: 1, p90: 2.5}
    const found = odds({units: 60, rentals: [rental({usdPerUnit: 8.5}), rental({id: 'open', usdPerUnit: 9, time: open})]})
    expect(found.probability).toBeLessThanOrEqual(Math.min(...found.against.values()))
    expect(found.probability).toBeLessThan(found.against.get('acme:x@r:on-demand')! - 0.1)
  })

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
    const whole = rich({rentals: [rental({purchase: 'reserved-3y', usdPerUnit: 0, usdPerMonth: 400, marketShare: 0, time: spread})]})
    expect(whole.tornado.find(({name}) => name === 'cloudPrice')).toMatchObject({usdAtLow: expect.closeTo(whole.tornado.find(({name}) => name === 'cloudPrice')!.usdAtHigh, 9)})
  })

  test('work that never ends is no guess; what has no hours for it is told', () => {
    expect(rich({always: true}).tornado.find(({name}) => name === 'work')).toMatchObject({usdAtLow: expect.closeTo(rich({always: true}).tornado.find(({name}) => name === 'work')!.usdAtHigh, 9)})
    expect(rich({units: 10}).cutShare).toBe(0)
    // All that it has hours for, half of the draws ask more.
    expect(odds({units: 100}).cutShare).toBeCloseTo(0.5, 1)
  })

  test('an owned rig: a better price for used machines speaks against keeping it', () => {
    const kept = odds({months: 60}, {owned: true, boughtOn: '2021-11-27'}).tornado.find(({name}) => name === 'residual')!
    // 304.17 a month are lost, times the 90th percentile of 16 %: exp(1.2816 · 0.16) = 1.2276.
    expect(kept.usdAtHigh - kept.usdAtLow).toBeCloseTo((18_250 / 60) * (1.2276 - 1 / 1.2276), 0)
  })

  test('a rig whose lease runs to a buy-out cannot be sold today: a better price later speaks for keeping it', () => {
    // Bought out for 10,000 in a year, whatever the market; sold two years from now, after three, for seven tenths of 36,500.
    const leased: Partial<Rig> = {owned: true, boughtOn: '2025-11-27', financing: {kind: 'lease', usdPerMonth: 500, months: 24, buyoutUsd: 10_000}}
    const {usdAtLow, usdAtHigh} = odds({months: 24}, leased).tornado.find(({name}) => name === 'residual')!
    expect(usdAtHigh - usdAtLow).toBeCloseTo((-(0.7 * 36_500) / 24) * (1.2276 - 1 / 1.2276), -0.5)
  })

  test('a term that has no hours for a month with more work takes a second set, and what is paid already none', () => {
    const set = {id: 't', usdPerMonth: 400, mostUnits: 40, sets: 1}
    const only = (change: Partial<Rental>, others: readonly Rental[] = []) => odds({units: 40, rentals: [rental({purchase: 'reserved-1y', usdPerUnit: 0, usdPerMonth: 400, marketShare: 0, mostUnits: 40, bound: [set], ...change}), ...others]})
    // Half of the months ask for more: the rig, at about 479 USD, is beside 400 or 800.
    expect(only({}).difference.p10).toBeCloseTo(479 - 800, -2)
    expect(only({}).difference.p90).toBeCloseTo(479 - 400, -2)
    expect(only({mostUnits: null, bound: []}).difference.p10).toBeCloseTo(479 - 400, -2)
    // Paid already: what is beyond is done at 50 USD a run elsewhere. At the 90th percentile of work 40 · e^(1.2816 · 0.25) = 55.1 runs.
    const paid = only({usdPerMonth: 10, bound: [{...set, usdPerMonth: 0}]}, [rental({id: 'else', usdPerUnit: 50})]).tornado.find(({name}) => name === 'work')!
    expect(paid.usdAtHigh).toBeCloseTo(fixedOf(55.1) - 10 - 15.1 * 50, -0.5)
    expect(Object.values(only({usdPerMonth: 10, bound: [{...set, usdPerMonth: 0}]}).difference).every(usd => Number.isFinite(usd))).toBe(true)
  })

  test('of what is dearer by the unit and by the month nothing is drawn', () => {
    const [cheap, flat, worse] = [rental({id: 'cheap', usdPerUnit: 5, usdPerMonth: 0}), rental({id: 'flat', usdPerUnit: 0, usdPerMonth: 300}), rental({id: 'worse', usdPerUnit: 6, usdPerMonth: 10})]
    expect(undominated([worse, flat, cheap]).map(({id}) => id)).toEqual(['cheap', 'flat'])
    // What does less keeps nothing out that does more.
    expect(undominated([rental({id: 'small', usdPerUnit: 1, mostUnits: 5}), cheap]).map(({id}) => id)).toEqual(['small', 'cheap'])
  })
})

import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import {levelised, loanSchedule, monthly, monthlyRate, presentValue, recoveryFactor} from '../../src/cost/cash-flow.ts'
import {ownershipOf, partOf, rentFactor, residualShareAt, type Ownership, type OwnershipQuestion} from '../../src/cost/ownership.ts'

const RIG = {
  nodes: [{count: 2, acceleratorCount: 4, priceUsd: 60_000}],
  site: {tariffUsdPerKwh: 0.25, coolingCop: 4, whenIdle: 'on'},
  serviceLifeYears: 5, residualShare: 0.25, financingSharePerYear: 0, upkeepUsdPerYear: 6000, upkeepParts: [{item: 'room', usdPerYear: 6000}], wearUsdPerAcceleratorHour: 0.1, setupHours: 0,
} as unknown as Rig
const QUESTION: OwnershipQuestion = {rig: RIG, idle: {machineWatts: 1000, siteWatts: 1250}, working: {machineWatts: 5000, siteWatts: 6250}, utilisationShare: 0.4, months: 60}

const asked = (rig: Partial<Omit<Rig, 'site'>> & {readonly site?: Partial<Rig['site']>} = {}, question: Partial<OwnershipQuestion> = {}): Ownership =>
  ownershipOf({...QUESTION, ...question, rig: {...RIG, ...rig, site: {...RIG.site, ...rig.site}}})
const linesOf = ({lines}: Ownership): Record<string, number> => Object.fromEntries(lines.map(({item, usdPerMonth}) => [item, Number(usdPerMonth.toFixed(4))]))

describe('by hand', () => {
  test('eight accelerators for 120,000 USD, kept five years, at work for two fifths of the time', () => {
    expect(linesOf(asked())).toEqual({
      // (120,000 − a quarter) ÷ 60
      'loss of value': 1500,
      // (0.4 · 5 + 0.6 · 1) kW · 730 h · 0.25; a quarter of it again for the cooling
      energy: 474.5,
      'cooling and losses': 118.625,
      room: 500,
      // 8 · 730 · 0.4 h · 0.1
      spares: 233.6,
    })
    expect(asked().usdPerMonth).toBeCloseTo(2826.725, 9)
    expect(asked().usdPerUsefulAcceleratorHour).toBeCloseTo(2826.725 / 2336, 9)
    expect(asked().cashFlow.presentUsd).toBeCloseTo(120_000 - 30_000 + 60 * (474.5 + 118.625 + 500 + 233.6), 6)
  })

  test('two months of a machine at 1 % a month: 100 in, 40 out', () => {
    // Straight line: 30 a month; 1 % of 100 and of 70: 1 and 0.7, levelised (1/1.01 + 0.7/1.01²) ÷ (1/1.01 + 1/1.01²) = 0.8507…
    const rig = {nodes: [{count: 1, acceleratorCount: 1, priceUsd: 100}] as unknown as Rig['nodes'], residualShare: 0.4 ** 6, serviceLifeYears: 1, financingSharePerYear: 1.01 ** 12 - 1, upkeepUsdPerYear: 0, upkeepParts: [], wearUsdPerAcceleratorHour: 0, site: {tariffUsdPerKwh: 0}}
    const found = asked(rig, {months: 2})

    expect(found.resaleUsd).toBeCloseTo(40, 9)
    expect(linesOf(found)).toEqual({'loss of value': 30, 'cost of capital': 0.8507})
    // Capital recovery: 100 · 0.507512 − 40 ÷ 2.01
    expect(found.usdPerMonth).toBeCloseTo(100 * 0.50751244 - 40 / 2.01, 6)
  })

  test('a loan of 12,000 USD at 12 % over a year is 1,066.19 a month, of which 120 are interest at first', () => {
    const {paid, interest, owed} = loanSchedule(12_000, 0.12, 12, 12)

    expect(paid[1]).toBeCloseTo(1066.1855, 4)
    expect(paid[12]).toBeCloseTo(1066.1855, 4)
    expect(interest[1]).toBe(120)
    expect(owed[12]).toBe(0)
    expect(interest.reduce((sum, usd) => sum + usd, 0)).toBeCloseTo(12 * 1066.1855 - 12_000, 2)
  })

  test('a loan that outlasts the rig is paid back at the end', () => {
    const {paid, owed} = loanSchedule(12_000, 0, 24, 12)

    expect(paid.slice(1, 4)).toEqual([500, 500, 500])
    expect(paid[12]).toBe(500 + 6000)
    expect(owed[11]).toBe(6500)
  })

  test('a loan at what capital costs anyway changes nothing; a cheaper one lowers the cost by the difference', () => {
    const rate = 0.01
    const cash = asked({financingSharePerYear: 1.01 ** 12 - 1})
    const loan = (ratePerYear: number): number => asked({financingSharePerYear: 1.01 ** 12 - 1, financing: {kind: 'loan', principalShare: 0.5, ratePerYear, months: 36}}).usdPerMonth

    expect(loan(12 * rate)).toBeCloseTo(cash.usdPerMonth, 6)
    // 60,000 borrowed free of interest, paid back in 36 parts: worth 60,000 − 60,000/36 · (1 − 1.01^−36)/0.01 today.
    expect(cash.usdPerMonth - loan(0)).toBeCloseTo((60_000 - (60_000 / 36) * ((1 - 1.01 ** -36) / 0.01)) * recoveryFactor(rate, 60), 6)
  })

  test('a lease of 3,000 USD a month for 60 months, without a purchase', () => {
    expect(linesOf(asked({financing: {kind: 'lease', usdPerMonth: 3000, months: 60}}))).toMatchObject({lease: 3000})
    expect(linesOf(asked({financing: {kind: 'lease', usdPerMonth: 3000, months: 60}}))['loss of value']).toBeUndefined()
    // After 36 months bought out for 50,000 and sold for 30,000 at the end.
    expect(asked({financing: {kind: 'lease', usdPerMonth: 3000, months: 36, buyoutUsd: 50_000}}).cashFlow.presentUsd).toBeCloseTo(36 * 3000 + 50_000 - 30_000 + 60 * (474.5 + 118.625 + 500 + 233.6), 6)
  })

  test('20 % VAT that nobody pays back, on what is bought and on the room; a quarter off all by a tax on profits', () => {
    const tax = {vatShare: 0.2, vatRecoverable: false, incomeTaxShare: 0, depreciationYears: 5}
    expect(linesOf(asked({tax}))).toMatchObject({'loss of value': (144_000 - 30_000) / 60, room: 600, spares: 280.32, energy: 474.5})
    expect(asked({tax: {...tax, vatRecoverable: true}}).usdPerMonth).toBeCloseTo(asked().usdPerMonth, 9)
    // Written off over the same time to nothing, and the sale taxed: at no interest three quarters of everything.
    expect(asked({tax: {...tax, vatShare: 0, incomeTaxShare: 0.25}}).usdPerMonth).toBeCloseTo(0.75 * asked().usdPerMonth, 9)
    expect(rentFactor({...RIG, tax: {...tax, incomeTaxShare: 0.25}})).toBeCloseTo(1.2 * 0.75, 12)
  })

  test('only what the rig adds to the highest draw of the site is charged', () => {
    const site = {demandUsdPerKwMonth: 10, demandHeadroomWatts: 2000}
    expect(linesOf(asked({site}))['demand charge']).toBeCloseTo(42.5, 9)
    expect(linesOf(asked({site: {...site, demandHeadroomWatts: 7000}}))['demand charge']).toBeUndefined()
  })

  test('sales of H100 by age lie within five points of the same part each year', () => {
    // data/facility.csv: residual_h100_year1 … year5
    for (const [year, share] of [[1, 0.625], [2, 0.425], [3, 0.3], [4, 0.175], [5, 0.125]] as const) expect(Math.abs(residualShareAt({residualShare: 0.125, serviceLifeYears: 5}, year) - share)).toBeLessThan(0.05)
    expect(residualShareAt({residualShare: 0, serviceLifeYears: 4}, 1)).toBe(0.75)
  })
})

describe('laws', () => {
  const share = fc.double({min: 0, max: 1, noNaN: true})
  const usd = fc.double({min: 0, max: 1e6, noNaN: true})
  const financing = fc.oneof(
    fc.constant(undefined),
    fc.record({kind: fc.constant('loan' as const), principalShare: fc.double({min: 0.01, max: 1, noNaN: true}), ratePerYear: fc.double({min: 0, max: 0.4, noNaN: true}), months: fc.integer({min: 1, max: 120})}),
    fc.record({kind: fc.constant('lease' as const), usdPerMonth: usd, months: fc.integer({min: 1, max: 120})}),
    fc.record({kind: fc.constant('lease' as const), usdPerMonth: usd, months: fc.integer({min: 1, max: 120}), buyoutUsd: usd}),
  )
  const tax = fc.oneof(fc.constant(undefined), fc.record({vatShare: fc.double({min: 0, max: 0.3, noNaN: true}), vatRecoverable: fc.boolean(), incomeTaxShare: fc.double({min: 0, max: 0.6, noNaN: true}), depreciationYears: fc.double({min: 0.5, max: 12, noNaN: true})}))

  test('cash that flows and wear plus cost of capital agree to a tenth of a cent a month, however it is paid and taxed', () => {
    fc.assert(
      fc.property(financing, tax, fc.integer({min: 1, max: 120}), share, share, usd, fc.double({min: 0, max: 0.3, noNaN: true}), fc.option(fc.double({min: 0, max: 8, noNaN: true}), {nil: undefined}), (how, taxes, months, residualShare, utilisationShare, installationUsd, financingSharePerYear, ageYears) => {
        const found = asked({residualShare, installationUsd, financingSharePerYear, ...(how === undefined ? {} : {financing: how}), ...(taxes === undefined ? {} : {tax: taxes})}, {months, utilisationShare, ...(ageYears === undefined ? {} : {ageYears})})
        expect(found.cashFlow.usdPerMonth).toBeCloseTo(found.usdPerMonth, 3)
      }),
      {numRuns: 500},
    )
  })

  test('equal amounts are worth what they stand for', () => {
    fc.assert(fc.property(fc.array(usd, {minLength: 2, maxLength: 80}), fc.double({min: 0, max: 0.05, noNaN: true}), (flow, rate) => {
      const months = flow.length - 1
      expect(presentValue(monthly(levelised(flow, rate), months), rate)).toBeCloseTo(presentValue(flow, rate), 3)
    }))
    expect((1 + monthlyRate(0.08)) ** 12).toBeCloseTo(1.08, 12)
  })
})

describe('every field moves what it should', () => {
  const RICH = {
    installationUsd: 5000, financingSharePerYear: 0.08, tax: {vatShare: 0.2, vatRecoverable: false, incomeTaxShare: 0.3, depreciationYears: 3},
    site: {demandUsdPerKwMonth: 10, demandHeadroomWatts: 1000, solar: {peakKw: 5, kwhPerKwYear: 1000, feedInUsdPerKwh: 0.08}, tariffWindows: [{days: [0, 1, 2, 3, 4], fromHour: 22, toHour: 6, usdPerKwh: 0.2}]},
    upkeepParts: [{item: 'room' as const, usdPerYear: 6000}, {item: 'staff' as const, usdPerYear: 12_000}], upkeepUsdPerYear: 18_000,
  } satisfies Partial<Omit<Rig, 'site'>> & {site: Partial<Rig['site']>}
  const loan = {kind: 'loan', principalShare: 0.5, ratePerYear: 0.06, months: 36} as const
  const lease = {kind: 'lease', usdPerMonth: 2000, months: 36, buyoutUsd: 40_000} as const
  const base = (change: Parameters<typeof asked>[0] = {}, question: Partial<OwnershipQuestion> = {}): Ownership => asked({...RICH, ...change, site: {...RICH.site, ...change.site}}, question)
  const moves = (from: Ownership, to: Ownership): Record<string, '+' | '-'> => {
    const [one, other] = [linesOf(from), linesOf(to)]
    return Object.fromEntries([...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap(item => {
      const [a, b] = [one[item] ?? 0, other[item] ?? 0]
      return Math.abs(a - b) < 1e-9 ? [] : [[item, b > a ? ('+' as const) : ('-' as const)]]
    }))
  }

  test.for([
    ['price', base({nodes: [{count: 2, acceleratorCount: 4, priceUsd: 70_000}] as unknown as Rig['nodes']}), {'loss of value': '+', 'cost of capital': '+', 'taxes saved': '-'}],
    ['acceleratorCount', base({nodes: [{count: 2, acceleratorCount: 5, priceUsd: 60_000}] as unknown as Rig['nodes']}), {spares: '+', 'taxes saved': '-'}],
    ['installationUsd', base({installationUsd: 9000}), {'loss of value': '+', 'cost of capital': '+', 'taxes saved': '-'}],
    ['residualShare', base({residualShare: 0.3}), {'loss of value': '-', 'cost of capital': '+', 'taxes saved': '+'}],
    ['serviceLifeYears', base({serviceLifeYears: 6}), {'loss of value': '-', 'cost of capital': '+', 'taxes saved': '+'}],
    ['financingSharePerYear', base({financingSharePerYear: 0.12}), {'cost of capital': '+', 'taxes saved': '-'}],
    ['financing: a dear loan', base({financing: {...loan, ratePerYear: 0.2}}), {'cost of capital': '+', 'taxes saved': '-'}],
    ['tariffUsdPerKwh', base({site: {tariffUsdPerKwh: 0.3}}), {energy: '+', 'cooling and losses': '+', 'taxes saved': '-'}],
    ['tariffWindows', base({site: {tariffWindows: [{days: [0, 1, 2, 3, 4], fromHour: 22, toHour: 6, usdPerKwh: 0.1}]}}), {energy: '-', 'cooling and losses': '-', 'taxes saved': '+'}],
    ['demandUsdPerKwMonth', base({site: {demandUsdPerKwMonth: 12}}), {'demand charge': '+', 'taxes saved': '-'}],
    ['demandHeadroomWatts', base({site: {demandHeadroomWatts: 2000}}), {'demand charge': '-', 'taxes saved': '+'}],
    ['solar.peakKw', base({site: {solar: {...RICH.site.solar, peakKw: 8}}}), {energy: '-', 'cooling and losses': '-', 'taxes saved': '+'}],
    ['solar.kwhPerKwYear', base({site: {solar: {...RICH.site.solar, kwhPerKwYear: 900}}}), {energy: '+', 'cooling and losses': '+', 'taxes saved': '-'}],
    ['solar.feedInUsdPerKwh', base({site: {solar: {...RICH.site.solar, feedInUsdPerKwh: 0.12}}}), {energy: '+', 'cooling and losses': '+', 'taxes saved': '-'}],
    ['whenIdle', base({site: {whenIdle: 'off'}}), {energy: '-', 'cooling and losses': '-', 'taxes saved': '+'}],
    ['upkeepParts', base({upkeepParts: [{item: 'room', usdPerYear: 6000}, {item: 'staff', usdPerYear: 15_000}], upkeepUsdPerYear: 21_000}), {staff: '+', 'taxes saved': '-'}],
    ['wearUsdPerAcceleratorHour', base({wearUsdPerAcceleratorHour: 0.2}), {spares: '+', 'taxes saved': '-'}],
    ['tax.vatShare', base({tax: {...RICH.tax, vatShare: 0.25}}), {'loss of value': '+', 'cost of capital': '+', room: '+', spares: '+', 'taxes saved': '-'}],
    ['tax.vatRecoverable', base({tax: {...RICH.tax, vatRecoverable: true}}), {'loss of value': '-', 'cost of capital': '-', room: '-', spares: '-', 'taxes saved': '+'}],
    ['tax.incomeTaxShare', base({tax: {...RICH.tax, incomeTaxShare: 0.4}}), {'taxes saved': '-'}],
    ['tax.depreciationYears', base({tax: {...RICH.tax, depreciationYears: 5}}), {'taxes saved': '+'}],
    ['idle watts', base({}, {idle: {machineWatts: 2000, siteWatts: 2500}}), {energy: '+', 'cooling and losses': '+', 'taxes saved': '-'}],
    ['working watts', base({}, {working: {machineWatts: 6000, siteWatts: 7500}}), {energy: '+', 'cooling and losses': '+', 'demand charge': '+', 'taxes saved': '-'}],
    ['utilisationShare', base({}, {utilisationShare: 0.5}), {energy: '+', 'cooling and losses': '+', spares: '+', 'taxes saved': '-'}],
    ['displacedUsdPerHour', base({}, {displacedUsdPerHour: 4}), {'displaced work': '+', 'taxes saved': '-'}],
    ['months', base({}, {months: 48}), {'loss of value': '+', 'cost of capital': '+', 'taxes saved': '-'}],
  ] as const)('%s', ([, changed, expected]) => {
    expect(moves(base(), changed)).toEqual(expected)
  })

  test.for([
    ['loan.principalShare', {financing: {...loan, principalShare: 0.8}}, 'loan'],
    ['loan.ratePerYear', {financing: {...loan, ratePerYear: 0.05}}, 'loan'],
    ['loan.months', {financing: {...loan, months: 48}}, 'loan'],
    ['lease.usdPerMonth', {financing: {...lease, usdPerMonth: 1900}}, 'lease'],
    ['lease.months', {financing: {...lease, months: 30}}, 'lease'],
    ['lease.buyoutUsd', {financing: {...lease, buyoutUsd: 30_000}}, 'lease'],
  ] as const)('%s: cheaper', ([, change, kind]) => {
    expect(base(change).usdPerMonth).toBeLessThan(base({financing: kind === 'loan' ? loan : lease}).usdPerMonth)
  })
})

test('a vendor’s study from its own assumptions: 833,806 USD, 0.87 USD an hour for power and cooling, 98.32 USD an hour in the cloud are even after 8,556 h', () => {
  // Lenovo Press LP2225 (May 2025), data of 2025-05: no room, staff, network, resale or cost of capital in it. All hours of a year at work.
  const rig = {nodes: [{count: 1, acceleratorCount: 8, priceUsd: 833_806}] as unknown as Rig['nodes'], upkeepUsdPerYear: 0, upkeepParts: [], wearUsdPerAcceleratorHour: 0, site: {tariffUsdPerKwh: 0.1, whenIdle: 'off' as const}}
  const running = asked(rig, {utilisationShare: 1, working: {machineWatts: 8700 / 1.25, siteWatts: 8700}}).lines.filter(({item}) => item !== 'loss of value').reduce((sum, {usdPerMonth}) => sum + usdPerMonth, 0)

  expect(running / 730).toBeCloseTo(0.87, 9)
  expect(833_806 / (98.32 - running / 730)).toBeCloseTo(8556, 0)
})

test('a rig that is kept costs what it would sell for now and later; what was paid, owed and installed is gone', () => {
  const loan = {kind: 'loan', principalShare: 1, ratePerYear: 0.1, months: 60} as const
  // A quarter is left after five years: a half after two and a half. 120,000 · (0.5 − 0.25) over 30 months.
  expect(linesOf(asked({}, {ageYears: 2.5, months: 30}))['loss of value']).toBeCloseTo(1000, 4)
  expect(asked({installationUsd: 9000, financing: loan}, {ageYears: 2.5, months: 30}).usdPerMonth).toBeCloseTo(asked({}, {ageYears: 2.5, months: 30}).usdPerMonth, 9)
  // Written off already: all of either sale is taxed.
  expect(asked({tax: {vatShare: 0, vatRecoverable: false, incomeTaxShare: 0.3, depreciationYears: 3}}, {ageYears: 2.5, months: 30}).usdPerMonth).toBeCloseTo(0.7 * asked({}, {ageYears: 2.5, months: 30}).usdPerMonth, 9)
})

test('hours of setting it up count at what an hour of the owner is worth', () => {
  const rig = {setupHours: 20, installationUsd: 0, adminUsdPerHour: 60} as const
  expect(linesOf(asked(rig))['loss of value']).toBeCloseTo(1500 + 1200 / 60, 9)
  expect(asked({setupHours: 20}).notCosted.map(({item}) => item)).toContain('set-up')
  expect(asked(rig).notCosted.map(({item}) => item)).not.toContain('set-up')
})

test('a lease that outlasts what is looked at is told', () => {
  const missing = (months: number): string[] => asked({financing: {kind: 'lease', usdPerMonth: 3000, months: 36}}, {months}).notCosted.map(({item}) => item)
  expect(missing(24)).toContain('rest of the lease')
  expect(missing(36)).not.toContain('rest of the lease')
})

test('a part of the hours is a part of everything, in both views', () => {
  const [whole, part] = [asked({financing: {kind: 'loan', principalShare: 0.5, ratePerYear: 0.06, months: 36}}), partOf(asked({financing: {kind: 'loan', principalShare: 0.5, ratePerYear: 0.06, months: 36}}), 0.25)]
  expect(part.usdPerMonth).toBeCloseTo(whole.usdPerMonth / 4, 9)
  expect(part.cashFlow.usdPerMonth).toBeCloseTo(part.usdPerMonth, 3)
  expect(part.lines.reduce((sum, {usdPerMonth}) => sum + usdPerMonth, 0)).toBeCloseTo(part.usdPerMonth, 9)
  expect(part.usdPerUsefulAcceleratorHour).toBe(whole.usdPerUsefulAcceleratorHour)
})

test('only accelerators at work wear', () => {
  expect(linesOf(asked({}, {acceleratorsUsed: 2}))['spares']).toBeCloseTo(233.6 / 4, 9)
})

test('what nobody said is listed as missing, and goes away when it is said', () => {
  const missing = (rig: Parameters<typeof asked>[0]): string[] => asked(rig).notCosted.map(({item}) => item)

  expect(missing({})).toEqual(['staff', 'installation', 'service contract', 'insurance', 'cost of capital', 'taxes'])
  const parts = (['room', 'staff', 'service contract', 'insurance'] as const).map(item => ({item, usdPerYear: 1000}))
  expect(missing({upkeepParts: parts, installationUsd: 0, financingSharePerYear: 0.05, tax: {vatShare: 0, vatRecoverable: true, incomeTaxShare: 0, depreciationYears: 5}})).toEqual([])
  expect(missing({upkeepParts: []})).toContain('room')
  expect(missing({nodes: [{count: 3, acceleratorCount: 4, priceUsd: 60_000}] as unknown as Rig['nodes']})).toContain('network')
})

import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {estimateText, planJson, plansJson, round6, text6} from '../../src/report/json.ts'
import {printed} from './printed.ts'
import {chatPlan, finetunePlan, impossiblePlan} from './fixtures/plans.ts'

test('golden: the document', async () => {
  await expect(printed({...chatPlan, targets: chatPlan.targets.slice(0, 1), rejected: chatPlan.rejected.slice(0, 2)})).toMatchFileSnapshot('golden/plan-chat.json')
})

test('keys stand in one order, however the document was put together', () => {
  const backwards = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).toReversed()) as T
  const shuffled = backwards({...finetunePlan, targets: finetunePlan.targets.map(target => backwards({...target, configuration: backwards(target.configuration)})), catalog: {...finetunePlan.catalog, asOf: backwards(finetunePlan.catalog.asOf)}, rejected: finetunePlan.rejected.map(backwards)})

  expect(printed(shuffled)).toBe(printed(finetunePlan))
})

test.for([[1 / 3, 0.333333], [123_456_789.12, 123_457_000], [13_955, 13_955], [1_234_567, 1_234_567], [1e-12 / 3, 3.33333e-13], [-2.5, -2.5]] as const)('%d is written as %d', ([value, written]) => {
  expect(round6(value)).toBe(written)
})

test('the text of a figure is that of the rounded number', () => {
  const sizes = fc.tuple(fc.double({min: 1, max: 10, noNaN: true}), fc.integer({min: -9, max: 9}), fc.boolean()).map(([digits, exponent, negative]) => (negative ? -digits : digits) * 10 ** exponent)
  fc.assert(fc.property(fc.oneof(sizes, fc.double({noNaN: true, noDefaultInfinity: true})), value => {
    expect(text6(value)).toBe(String(round6(value)))
  }), {numRuns: 2000})
  for (const value of [0, 999_999.5, 999_999.4999, 999_999.999_999_999, 0.999_999_5, 9.999_995, 1e-6, 9.999_999e-7, -0.000_123_456_789, 100_000.5, -100_000.5, -9.999_995, -1.597_055]) expect(text6(value)).toBe(String(round6(value)))
})

test('rounding keeps the order of an interval', () => {
  fc.assert(
    fc.property(fc.double({noNaN: true, noDefaultInfinity: true}), fc.double({noNaN: true, noDefaultInfinity: true}), (a, b) => {
      fc.pre(!Number.isInteger(a) && !Number.isInteger(b))

      expect(round6(Math.min(a, b))).toBeLessThanOrEqual(round6(Math.max(a, b)))
    }),
  )
})

test('lines of cost and memory, added up as they are written, give the total exactly', () => {
  const target = finetunePlan.targets[0]!
  fc.assert(
    fc.property(fc.array(fc.double({min: 1e-6, max: 1e6, noNaN: true}), {minLength: 1, maxLength: 8}), fc.double({min: 0, max: 1e-5, noNaN: true}), (parts, spread) => {
      const total = parts.reduce((sum, part) => sum + part, 0)
      const interval = {p10: total * (1 - spread), p50: total, p90: total * (1 + spread)}
      const summed = {
        ...target,
        cost: {...target.cost, usd: interval, lines: parts.map(usd => ({item: 'compute', usd, how: ''}))},
        memoryGib: {needed: interval, available: 80, lines: parts.map(gib => ({item: 'weights', gib}))},
      }
      const [written] = (JSON.parse(printed({...finetunePlan, targets: [summed]})) as {targets: [typeof summed]}).targets
      for (const {memoryGib, cost} of [written, JSON.parse(estimateText(summed)) as typeof summed]) {
        const usd = cost.lines.reduce((sum, line) => sum + line.usd, 0)
        const gib = memoryGib.lines.reduce((sum, line) => sum + line.gib, 0)

        expect(Math.abs(cost.usd.p50 - usd)).toBeLessThanOrEqual(usd * 1e-11)
        expect(Math.abs(memoryGib.needed.p50 - gib)).toBeLessThanOrEqual(gib * 1e-11)
        expect([cost.usd.p10, cost.usd.p50, cost.usd.p90]).toEqual([cost.usd.p10, cost.usd.p50, cost.usd.p90].toSorted((a, b) => a - b))
      }
    }),
  )
})

test('the workload stays as the user wrote it', () => {
  const workload = {kind: 'generic', flops: 1.234567891234e18}

  expect(planJson({...finetunePlan, workload})['workload']).toBe(workload)
})

test('unknown is null, absent is absent', () => {
  const target = (planJson(finetunePlan)['targets'] as Record<string, unknown>[])[7]!

  expect(target['energyKwh']).toBeNull()
  expect(target['powerWatts']).toEqual({average: null, peak: null, accelerators: null})
})

test.for([Number.NaN, Number.POSITIVE_INFINITY])('%d does not pass as unknown', (value) => {
  const broken = {...finetunePlan, targets: [{...finetunePlan.targets[0]!, energyKwh: {p10: 1, p50: value, p90: 3}}]}

  expect(() => printed(broken)).toThrow(/targets\[0\]\.energyKwh\.p50/)
})

test('several plans', () => {
  const text = printed({schema: 'rigor.plans/1', plans: [finetunePlan, impossiblePlan]})

  expect(JSON.parse(text)).toEqual(plansJson({schema: 'rigor.plans/1', plans: [finetunePlan, impossiblePlan]}))
})

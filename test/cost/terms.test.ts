import {describe, expect, test} from 'vitest'
import {blockHours, termCheck, termRule, termsOver} from '../../src/cost/terms.ts'

describe('a term is bought whole', () => {
  test('six hours do not carry a year', () => {
    expect(termCheck('reserved-1y', 6, 30, 50)).toEqual({
      reason: 'term',
      detail: 'pays 8,760 h for 6 h of work',
      nearest: 'pays off from 5,256 h over 12 months',
    })
  })

  test.for([
    // purchase, hours over the horizon, horizon months, term price, on-demand price, candidate?
    ['reserved-1y', 5256, 12, 30, 50, false],
    ['reserved-1y', 5257, 12, 30, 50, true],
    ['reserved-1y', 8760, 12, 50, 50, false],
    // Two years need two terms.
    ['reserved-1y', 10_513, 24, 30, 50, true],
    ['reserved-1y', 10_512, 24, 30, 50, false],
    // Three years at 44 % of the price cost more than one year on demand.
    ['reserved-3y', 8760, 12, 22, 50, false],
    ['reserved-3y', 26_280, 36, 22, 50, true],
    // Nothing to compare with: only a term that is filled.
    ['committed', 8759, 12, 30, null, false],
    ['committed', 8760, 12, 30, null, true],
    ['on-demand', 1, 12, 50, 50, true],
    ['spot', 1, 12, 50, 50, true],
  ] as const)('%s for %d h over %d months at %d against %s USD/h: %s', ([purchase, hours, horizonMonths, term, onDemand, candidate]) => {
    const refusal = termCheck(purchase, hours, term, onDemand, {runHours: null, horizonMonths, prepaid: false})

    expect(refusal === null).toBe(candidate)
  })

  test('a commitment that is already there is no question', () => {
    expect(termCheck('reserved-3y', 1, 30, 50, {runHours: 1, horizonMonths: 12, prepaid: true})).toBeNull()
  })

  test('a term dearer than on demand pays at no number of hours', () => {
    expect(termCheck('reserved-1y', 100, 60, 50)?.nearest).toBe('on demand costs less at any number of hours')
  })
})

describe('blocks and limits', () => {
  test.for([
    ['flex-start', 168, true],
    ['flex-start', 169, false],
    ['calendar', 2160, true],
    ['calendar', 2161, false],
    ['capacity-block', 4368, true],
    ['capacity-block', 4369, false],
  ] as const)('%s takes a run of %d h: %s', ([purchase, runHours, candidate]) => {
    const refusal = termCheck(purchase, runHours, 30, 50, {runHours, horizonMonths: 12, prepaid: false})

    expect(refusal === null).toBe(candidate)
  })

  test('without an end they are too short', () => {
    expect(termCheck('flex-start', 8760, 30, 50)).toMatchObject({reason: 'term', detail: 'flex-start lasts 7 days at most; this needs 8,760 h (365 days)'})
  })

  test('capacity blocks come in days to a fortnight, then in weeks', () => {
    const rule = termRule('capacity-block')
    if (rule.kind !== 'block') throw new Error('not a block')

    expect([0.1, 24, 24.5, 336, 337, 505].map(hours => blockHours(rule, hours))).toEqual([24, 24, 48, 336, 504, 672])
  })

  test('terms follow one another over the horizon', () => {
    const rule = termRule('reserved-1y')
    if (rule.kind !== 'whole') throw new Error('not a term')

    expect([1, 12, 13, 24, 36].map(months => termsOver(rule, months))).toEqual([1, 1, 2, 2, 3])
  })
})

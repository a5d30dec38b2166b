import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {age, convertMoney, exactFigure, figure, inFull, middle, percent, seconds, spread} from '../../src/report/format.ts'

test.for([
  [41.3, '41'], [6.24, '6.2'], [0.0412, '0.041'], [178.4, '178'], [12_345, '12,300'], [99.4, '99'], [99.6, '99.6'], [1_234_567, '1,230,000'], [0, '0'], [9.96, '10'], [null, 'unknown'],
] as const)('an estimate of %d reads "%s"', ([value, text]) => {
  expect(figure(value)).toBe(text)
})

test.for([[2774, '2,774'], [55.04, '55.04'], [8, '8'], [1_234_567.8, '1,234,568'], [0.0123, '0.012'], [0, '0'], [null, 'unknown']] as const)('an exact %d reads "%s"', ([value, text]) => {
  expect(exactFigure(value)).toBe(text)
})

describe('intervals', () => {
  test.for([
    [{p10: 34, p50: 41, p90: 49.2}, '41 ±20 %', '41 USD ±20 % (34–49)'],
    [{p10: 10, p50: 41, p90: 45}, '41 ±76 %', '41 USD ±76 % (10–45)'],
    [{p10: 620, p50: 1490, p90: 3580}, '1,490 ×÷2.4', '1,490 USD ×÷2.4 (620–3,580)'],
    [{p10: 2774, p50: 2774, p90: 2774}, '2,774', '2,774 USD'],
    [{p10: 0, p50: 0, p90: 0}, '0', '0 USD'],
    [null, 'unknown', 'unknown'],
  ] as const)('%j reads "%s"', ([interval, short, long]) => {
    expect([middle(interval), ...(interval === null ? [] : [spread(interval)])].join(' ').trim()).toBe(short)
    expect(inFull(interval, 'USD')).toBe(long)
  })

  test('the larger side decides, so that ± never promises too much', () => {
    fc.assert(
      fc.property(fc.double({min: 1e-3, max: 1e6, noNaN: true}), fc.double({min: 0, max: 0.9, noNaN: true}), fc.double({min: 0, max: 0.9, noNaN: true}), (p50, below, above) => {
        const shown = /^±(?<percent>\d+) %$/.exec(spread({p10: p50 * (1 - below), p50, p90: p50 * (1 + above)}))?.groups?.['percent'] ?? '0'

        expect(Number(shown) + 0.5).toBeGreaterThanOrEqual(Math.max(below, above) * 100 - 1e-6)
      }),
    )
  })
})

test.for([[0.034, '34 ms'], [1.5, '1.5 s'], [3e-5, '30 µs'], [400, '6.7 min'], [36_000, '10 h'], [0, '0 s'], [null, 'unknown']] as const)('%d s reads "%s"', ([value, text]) => {
  expect(seconds(value)).toBe(text)
})

test.for([[0.384, '38 %'], [0.004, '0.4 %'], [0, '0 %'], [1, '100 %']] as const)('a share of %d reads "%s"', ([share, text]) => {
  expect(percent(share)).toBe(text)
})

test.for([
  ['2026-11-20', 'today'], ['2026-11-19', '1 day'], ['2026-11-09', '11 days'], ['2026-07-20', '4 months'], ['2024-11-20', '2 years'], ['2027-01-01', ''], ['never', ''],
] as const)('a price of %s is "%s" old', ([asOf, text]) => {
  expect(age(asOf, '2026-11-20')).toBe(text)
})

test.for([
  ['41 USD of power, 6.2 h', '35 EUR of power, 6.2 h'],
  ['5.1 h × 1 × 31.92 USD/h', '5.1 h × 1 × 27.45 EUR/h'],
  ['30–70 USD', '26–60 EUR'],
  ['12,345.50 USD', '10,617.1 EUR'],
  ['no money here: 8 H100', 'no money here: 8 H100'],
] as const)('"%s" becomes "%s"', ([text, converted]) => {
  expect(convertMoney(text, {code: 'EUR', perUsd: 0.86, asOf: '2026-10'})).toBe(converted)
  expect(convertMoney(text, undefined)).toBe(text)
})

test('no figure ever reads NaN or Infinity', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      for (const text of [figure(value), exactFigure(value), seconds(value)]) expect(text).not.toMatch(/NaN|Infinity/)
    }),
  )
})

import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {formatCount, formatGib, formatNumber, formatShare} from '../../src/units/format.ts'
import {moneyToUsd, rateOf, readMoney, readMoneyPerHour, readTariff} from '../../src/units/money.ts'
import {BANDWIDTH, BYTE_COUNT, COUNT, DATA, DURATION, expectation, FLOP_COUNT, FREQUENCY, LATENCY, MEMORY, POWER, readQuantity, readRange, SHARE, type Dimension} from '../../src/units/quantity.ts'

describe('a quantity is read', () => {
  test.for([
    ['48h', DURATION, 172_800], ['48 h', DURATION, 172_800], ['3 days', DURATION, 259_200], ['90 min', DURATION, 5400], ['1h30m', DURATION, 5400], ['1 h 30 min', DURATION, 5400], ['2 days 3 h', DURATION, 183_600],
    ['0.5 Hours', DURATION, 1800], ['1 month', DURATION, 2_628_000], ['1e3 s', DURATION, 1000], ['1,000 s', DURATION, 1000], ['500 ms', LATENCY, 0.5], ['2', LATENCY, 2], [0.25, LATENCY, 0.25], ['50µs', LATENCY, 5e-5],
    ['50k', COUNT, 50_000], ['50 K', COUNT, 50_000], ['1.5e9', COUNT, 1.5e9], ['15T', COUNT, 15e12], ['2 million', COUNT, 2e6], ['7B', COUNT, 7e9], ['3G', COUNT, 3e9], ['3 M', COUNT, 3e6], ['3m', COUNT, 3e6], ['12,300', COUNT, 12_300], ['12 300', COUNT, 12_300], ['1_000_000', COUNT, 1e6], ['.5', COUNT, 0.5], ['-3', COUNT, -3], [800, COUNT, 800],
    ['80 GiB', MEMORY, 80], ['80GB', MEMORY, 80e9 / 2 ** 30], ['80', MEMORY, 80], ['1.5 TiB', MEMORY, 1536], ['512 MiB', MEMORY, 0.5], ['80gib', MEMORY, 80],
    ['2 TB', DATA, 2000], ['500', DATA, 500], ['1 GiB', DATA, 2 ** 30 / 1e9], ['2 TB', BYTE_COUNT, 2e12], ['3.5e12', BYTE_COUNT, 3.5e12], ['3 PFLOP', FLOP_COUNT, 3e15], ['2e18', FLOP_COUNT, 2e18],
    ['3.5 kW', POWER, 3500], ['700W', POWER, 700], ['1 MW', POWER, 1e6], ['5 mW', POWER, 0.005], ['30%', SHARE, 0.3], ['30 %', SHARE, 0.3], ['95 %', SHARE, 0.95], ['0.3', SHARE, 0.3],
    ['10 Gbit/s', BANDWIDTH, 1.25e9], ['10 Gb/s', BANDWIDTH, 1.25e9], ['10 Gbps', BANDWIDTH, 1.25e9], ['1.2 GB/s', BANDWIDTH, 1.2e9], ['5/s', FREQUENCY, 5], ['300/min', FREQUENCY, 5], ['5 / s', FREQUENCY, 5], [5, FREQUENCY, 5],
  ] as const)('%s', ([input, dimension, expected]) => {
    expect(readQuantity(input, dimension)).toBeCloseTo(expected, 9)
  })
})

describe('and refused where it is none', () => {
  test.for([
    ['48', DURATION], [48, DURATION], ['48 GB', DURATION], ['h', DURATION], ['1h30', DURATION], ['1h 30', DURATION], ['three days', DURATION], ['1,5', COUNT], ['1.5.2', COUNT], ['1,50', COUNT], ['1,0000', COUNT], ['12 30', COUNT],
    ['0x10', COUNT], ['1e400', COUNT], ['1e', COUNT], ['', COUNT], [' ', COUNT], ['NaN', COUNT], ['Infinity', COUNT], ['--3', COUNT], [Number.NaN, COUNT], [Number.POSITIVE_INFINITY, COUNT], ['5 apples', COUNT], ['80 Gb', POWER], ['3 W', MEMORY], ['80 B', MEMORY], ['1'.repeat(100), COUNT],
    ['__proto__', COUNT], ['3 constructor', COUNT], ['3 toString', DURATION], ['10 gb/s', MEMORY], ['30 % 2', SHARE], ['5/fortnight', FREQUENCY],
  ] as const)('%s', ([input, dimension]) => {
    expect(readQuantity(input, dimension)).toBeUndefined()
  })
})

test('a quantity says how it is written', () => {
  expect(expectation(DURATION)).toBe('a duration such as "48h", "90 min", "3 days" or "1h30m"')
})

describe('a range', () => {
  test.for([
    ['24GB..80GB', MEMORY, {minimum: 24e9 / 2 ** 30, maximum: 80e9 / 2 ** 30}], ['1..8', COUNT, {minimum: 1, maximum: 8}], ['4..', COUNT, {minimum: 4}], ['..4', COUNT, {maximum: 4}], ['8', COUNT, {minimum: 8, maximum: 8}],
    ['24..80GB', MEMORY, {minimum: 24e9 / 2 ** 30, maximum: 80e9 / 2 ** 30}], ['24 .. 80 GiB', MEMORY, {minimum: 24, maximum: 80}], ['900MB..2GB', MEMORY, {minimum: 0.9e9 / 2 ** 30, maximum: 2e9 / 2 ** 30}], ['24..80', MEMORY, {minimum: 24, maximum: 80}],
    ['1..2k', COUNT, {minimum: 1, maximum: 2000}], ['1..2h', DURATION, {minimum: 3600, maximum: 7200}], ['24GB..80', MEMORY, undefined], ['90min..8', DURATION, undefined], ['80..24GB', MEMORY, undefined], ['1...8', COUNT, undefined],
    ['8..1', COUNT, undefined], ['..', COUNT, undefined], ['1..2..3', COUNT, undefined], ['a..b', COUNT, undefined], ['', COUNT, undefined],
  ] as const)('%s', ([text, dimension, expected]) => {
    expect(readRange(text, dimension)).toEqual(expected)
  })
})

describe('money', () => {
  test.for([
    ['200 USD', {amount: 200, currency: 'USD'}], ['200USD', {amount: 200, currency: 'USD'}], [200, {amount: 200, currency: 'USD'}], ['200', {amount: 200, currency: 'USD'}], ['41 eur', {amount: 41, currency: 'EUR'}], ['€41', {amount: 41, currency: 'EUR'}],
    ['41€', {amount: 41, currency: 'EUR'}], ['$9,120.50', {amount: 9120.5, currency: 'USD'}], ['USD 5', {amount: 5, currency: 'USD'}], ['1.2k USD', {amount: 1200, currency: 'USD'}], ['2 M EUR', {amount: 2e6, currency: 'EUR'}], ['3 dollars', {amount: 3, currency: 'USD'}],
    ['200 USB', {amount: 200, currency: 'USB'}], ['200 bananas', undefined], ['USD', undefined], ['$5 EUR', undefined], ['five USD', undefined], ['', undefined], [Number.NaN, undefined],
  ] as const)('%s', ([input, expected]) => {
    expect(readMoney(input)).toEqual(expected)
  })

  test.for([
    ['0.31 EUR/kWh', {amount: 0.31, currency: 'EUR'}], ['250 EUR/MWh', {amount: 0.25, currency: 'EUR'}], ['$0.12 per kWh', {amount: 0.12, currency: 'USD'}], ['0.31/kWh', undefined], ['0.31 EUR', undefined], ['0.31 EUR/h', undefined], ['0.31', undefined],
  ] as const)('tariff %s', ([text, expected]) => {
    expect(readTariff(text)).toEqual(expected)
  })

  test('per hour', () => {
    expect(readMoneyPerHour('40USD/h')).toEqual({amount: 40, currency: 'USD'})
    expect(readMoneyPerHour('40 EUR per hour')).toEqual({amount: 40, currency: 'EUR'})
    expect(readMoneyPerHour('40 USD/day')).toBeUndefined()
  })

  test('becomes USD at the dated rate, and an unknown currency is told', () => {
    const rates = {EUR: {perUsd: 0.8, asOf: '2026-11-01'}}

    expect([moneyToUsd({amount: 40, currency: 'EUR'}, rates), moneyToUsd({amount: 40, currency: 'USD'}, rates), rateOf('EUR', rates)]).toEqual([50, 40, 0.8])
    expect(() => moneyToUsd({amount: 1, currency: 'EUT'}, rates)).toThrow(expect.objectContaining({code: 'UNKNOWN_CURRENCY', hint: 'did you mean "EUR"?'}))
    expect(() => rateOf('__proto__', rates)).toThrow(RigorError)
  })
})

describe('for people', () => {
  test.for([
    [formatNumber(12_345.678), '12,345.7'], [formatNumber(0.000_012), '0.000012'], [formatNumber(1e-9), '1e-9'], [formatNumber(1e21), '1e21'], [formatNumber(Number.NaN), 'unknown'], [formatNumber(-1_234_567, 9), '-1,234,567'], [formatNumber(0), '0'],
    [formatCount(15e12), '15T'], [formatCount(50_000), '50k'], [formatCount(812.5), '812.5'], [formatCount(1e15), '1,000,000,000,000,000'],
    [formatShare(0.3), '30 %'], [formatGib(9.313), '9.31'], [formatGib(79.65), '79.7'], [formatGib(640.2), '640'],
  ] as const)('%s = %s', ([printed, expected]) => {
    expect(printed).toBe(expected)
  })
})

describe('format, then read, is the identity', () => {
  const close = (a: number | undefined, b: number): boolean => a !== undefined && Math.abs(a - b) <= 1e-9 * Math.abs(b)
  const positive = fc.double({min: 1e-6, max: 1e14, noNaN: true})

  test.for([
    ['count', (value: number) => formatCount(value, 15), COUNT], ['number', (value: number) => formatNumber(value, 15), COUNT],
    ['share', (value: number) => formatShare(value, 15), SHARE],
  ] as readonly (readonly [string, (value: number) => string, Dimension])[])('%s', ([, print, dimension]) => {
    expect(fc.check(fc.property(positive, (value) => close(readQuantity(print(value), dimension), value)), {seed: 1}).counterexample).toBeNull()
  })

  test('whatever the text, the answer is a finite number or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.,eE+ -]{0,12}[a-zA-Z%/µ]{0,5}$/)), fc.constantFrom(DURATION, COUNT, MEMORY, DATA, BYTE_COUNT, FLOP_COUNT, POWER, BANDWIDTH, SHARE, FREQUENCY), (text, dimension) => {
        const value = readQuantity(text, dimension)
        expect(value === undefined || Number.isFinite(value)).toBe(true)
      }),
      {seed: 4, numRuns: 3000},
    )
  })
})

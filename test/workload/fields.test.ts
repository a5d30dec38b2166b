import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type * as z from 'zod'
import {createAssumptions} from '../../src/workload/common.ts'
import * as fields from '../../src/workload/fields.ts'
import {rateIn, readRate} from '../../src/workload/fields.ts'

const read = (schema: z.ZodType, input: unknown): unknown => {
  const parsed = schema.safeParse(input)
  return parsed.success ? parsed.data : parsed.error.issues[0]?.message
}

describe('a field takes numbers and what people write', () => {
  test.for([
    ['count', fields.count(), '50k', 50_000], ['count', fields.count(), 0, '0 is out of range: expected more than 0'], ['count', fields.count(), '1.1M', 1_100_000], ['count', fields.count({maximum: 10}), 11, '11 is out of range: expected at most 10'],
    ['whole', fields.whole(), 8, 8], ['whole', fields.whole(), 1.5, '1.5 is out of range: expected a whole number'], ['whole', fields.whole(), '64k', 64_000], ['whole', fields.whole({maximum: 4}), '5', '"5" is out of range: expected at most 4'],
    ['tokens', fields.tokens(), '15T tokens', 15e12], ['tokens', fields.tokens(), '2 million tokens', 2e6], ['tokens', fields.tokens(), '3 GB', '"3 GB" is not a number of tokens: expected a number of tokens such as "800", "15T" or "2 million tokens"'],
    ['duration', fields.durationSeconds(), '1h30m', 5400], ['duration', fields.durationSeconds(), 48, '48 has no unit: expected a duration such as "48h", "90 min", "3 days" or "1h30m"'], ['duration', fields.durationSeconds(), '-3 h', '"-3 h" is out of range: expected more than 0 seconds'],
    ['latency', fields.latencySeconds(), '500 ms', 0.5], ['latency', fields.latencySeconds(), 0.5, 0.5], ['memory', fields.memoryGib(), '80 GiB', 80], ['memory', fields.memoryGib(), '3 h', '"3 h" is not an amount of memory: expected an amount of memory such as "80 GiB", "80 GB" or "1.5 TiB"'],
    ['data', fields.dataGb(), '2 TB', 2000], ['data', fields.dataGb(), 0, 0], ['share', fields.share(), '30%', 0.3], ['share', fields.share(), 30, '30 is out of range: expected at most 1'], ['power', fields.powerWatts(), '3.5 kW', 3500],
    ['bandwidth', fields.bandwidthBytesPerSecond(), '10 Gbit/s', 1.25e9], ['bandwidth', fields.bandwidthBytesPerSecond(), 10, '10 has no unit: expected a bandwidth such as "10 Gbit/s", "100 Mbit/s" or "1.2 GB/s"'], ['frequency', fields.perSecond(), '300 requests/min', 5],
    ['bytes', fields.byteCount(), '2 TB', 2e12], ['flop', fields.flopCount(), '3 PFLOP', 3e15], ['ratio', fields.ratio(), 2.5, 2.5],
    ['money', fields.money(), '41 EUR', {amount: 41, currency: 'EUR'}], ['money', fields.money(), '12 parsec', '"12 parsec" is not an amount of money: expected an amount such as "200 USD", "41 EUR" or 200 (= USD)'], ['money', fields.money(), -1, '-1 is out of range: expected at least 0 and at most 1e15'],
    ['tariff', fields.tariff(), '0.31 EUR/kWh', {amount: 0.31, currency: 'EUR'}], ['tariff', fields.tariff(), 0.31, '0.31 is not a tariff: expected a tariff such as "0.31 EUR/kWh"'],
    ['rate', fields.rate(), '12,300 tokens/s', {amount: 12_300, noun: 'tokens', perSeconds: 1}], ['rate', fields.rate(), 5, {amount: 5, noun: null, perSeconds: null}], ['rate', fields.rate(), '0 tokens/s', '"0 tokens/s" is not a rate above zero: expected text such as "12,300 tokens/s" or a number'],
    ['label', fields.label(), 'a\u0007b', '"a\\u{7}b" holds control or invisible characters'], ['labels', fields.labels(), 'aws', ['aws']], ['labels', fields.labels(), ['aws', 'gcp'], ['aws', 'gcp']], ['labels', fields.labels(), 3, '3 is neither text nor a list of texts'],
    ['word', fields.word(['once', 'always']), 'Always', 'always'], ['word', fields.word(['once', 'always']), 'allways', '"allways" is none of once, always — did you mean "always"?'], ['a list', fields.count(), [1], 'a list is not a number: expected a number such as "50000", "50k", "1.5e9", "2 million" or "15T"'],
  ] as const)('%s %#', ([, schema, input, expected]) => {
    expect(read(schema, input)).toEqual(expected)
  })

  test('and gives only finite numbers within its bounds, whatever comes', () => {
    const schemas = [fields.count(), fields.whole(), fields.tokens(), fields.durationSeconds(), fields.latencySeconds(), fields.memoryGib(), fields.dataGb(), fields.byteCount(), fields.flopCount(), fields.share(), fields.powerWatts(), fields.bandwidthBytesPerSecond(), fields.perSecond(), fields.ratio()]
    const input = fc.oneof(fc.double(), fc.string(), fc.tuple(fc.double(), fc.constantFrom('', 'k', 'h', ' GiB', '%', ' kW', 'T', '/s', ' Gbit/s')).map(([value, unit]) => `${value}${unit}`), fc.anything())
    fc.assert(
      fc.property(fc.constantFrom(...schemas), input, (schema, value) => {
        const parsed = schema.safeParse(value)
        expect(parsed.success ? parsed.data >= 0 && parsed.data <= 1e30 : /expected/.test(parsed.error.issues[0]?.message ?? '')).toBe(true)
      }),
      {seed: 9, numRuns: 5000},
    )
  })
})

describe('a rate in the unit of a kind', () => {
  test.for([
    ['12,300 tokens/s', 'output tokens/s', 12_300], ['12300', 'output tokens/s', 12_300], ['60k tokens/min', 'tokens/s', 1000], ['1 token/s', 'tokens/s', 1], ['3 runs/day', 'runs/h', 0.125], ['5 /s', 'tokens/s', 5], ['3 runs/h', 'tokens/s', undefined], ['3 tokens', 'tokens/s', undefined], ['30 clips/h', 'clips/h', 30],
  ] as const)('%s as %s', ([text, unit, expected]) => {
    const rate = readRate(text)

    expect(rate === undefined ? undefined : rateIn(rate, unit)).toEqual(expected)
  })
})

test('what had to be assumed is listed', () => {
  const assumptions = createAssumptions()

  expect([assumptions.choose('optimizer', undefined, 'adamw'), assumptions.choose('rank', 8, 16), assumptions.choose('warm', undefined, 0.1, '10 %')]).toEqual(['adamw', 8, 0.1])
  expect(assumptions.list).toEqual([{field: 'optimizer', value: 'adamw'}, {field: 'warm', value: '10 %'}])
})

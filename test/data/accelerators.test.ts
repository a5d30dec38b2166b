import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {parseAccelerators} from '../../src/catalog/parse/accelerators.ts'

const accelerators = parseAccelerators(readFileSync(path.join(import.meta.dirname, '..', '..', 'data', 'accelerators.csv'), 'utf8'), 'accelerators.csv')
const prices = accelerators.flatMap(({id, price}) => (price === undefined ? [] : [{id, ...price}]))

test('prices of accelerators are dated, sourced, and lie in their own range', () => {
  const wrong = prices.filter(({usd, lowUsd, highUsd, asOf, sourceId}) => !/^\d{4}-\d\d(?:-\d\d)?$/.test(asOf) || sourceId === undefined || usd < (lowUsd ?? 0) || usd > (highUsd ?? Infinity))

  expect(prices.length).toBeGreaterThan(50)
  expect(wrong).toEqual([])
})

test('a price that was given in euros has become dollars', () => {
  const converted = prices.flatMap(({id, usd, kind}) => {
    const [, amount, rate] = /, (\d+) EUR at ([\d.]+)$/.exec(kind) ?? []
    return amount === undefined || rate === undefined ? [] : [[id, usd, Math.round(Number(amount) / Number(rate))] as const]
  })

  expect(converted.length).toBeGreaterThan(0)
  expect(prices.filter(({kind}) => /\b[A-Z]{3}$/.test(kind)).map(({id}) => id)).toEqual([])
  expect(converted.filter(([, usd, expected]) => usd !== expected)).toEqual([])
  // 2,550 EUR ÷ 0.854 EUR per USD (the mean of December 2025).
  expect(converted.find(([id]) => id === 'rtx-5090-32gb')?.[1]).toBe(2986)
})

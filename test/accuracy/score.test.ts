import {expect, test} from 'vitest'
import {countOrderedPairs, median, summarize, summarizeBy, type ScoredRow} from '../../src/accuracy/score.ts'

const row = (measured: number, p50: number | undefined, more: Partial<ScoredRow> = {}): ScoredRow => ({
  id: `${measured}`, kind: 'k', accelerator: 'a', source: 's', metric: 'tokens_per_s', unit: 'tokens/s', measured,
  prediction: p50 === undefined ? {status: 'unanswered', reason: 'unknown model'} : {status: 'answered', interval: {p10: p50 * 0.8, p50, p90: p50 * 1.25}},
  ...more,
})

test('the median of an even number of values is the mean of the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNull()
})

test('MdAPE is the median of |predicted ÷ measured − 1| over what was answered', () => {
  const summary = summarize('all', [row(100, 110), row(100, 80), row(100, 200), row(100, undefined)])

  expect(summary.medianAbsolutePercentageError).toBeCloseTo(0.2, 12)
  expect(summary).toMatchObject({rows: 4, answered: 3})
})

test('only pairs of one metric and unit that differ by more than 1.5× count', () => {
  expect(countOrderedPairs([row(100, 1), row(140, 2)])).toEqual({pairs: 0, ordered: 0})
  expect(countOrderedPairs([row(100, 1), row(160, 2), row(300, 1.5)])).toEqual({pairs: 3, ordered: 2})
  expect(countOrderedPairs([row(100, 1), row(200, 2, {unit: 'ms'})])).toEqual({pairs: 0, ordered: 0})
  expect(countOrderedPairs([row(100, 2), row(200, 2)])).toEqual({pairs: 1, ordered: 0})
})

test('a yes-or-no row is right or wrong and takes no part in intervals and pairs', () => {
  const summary = summarize('fits', [row(1, 1, {metric: 'fits'}), row(0, 1, {metric: 'fits'}), row(0, 0, {metric: 'fits'})])

  expect(summary).toMatchObject({answered: 3, medianAbsolutePercentageError: 0, pairs: 0, orderShare: null, intervalShare: null})
})

test('the share of rows inside p10–p90', () => {
  expect(summarize('all', [row(100, 100), row(100, 124), row(100, 130)]).intervalShare).toBeCloseTo(2 / 3, 12)
})

test('groups come largest first', () => {
  expect(summarizeBy([row(1, 1, {accelerator: 'b'}), row(1, 1), row(2, 2)], ({accelerator}) => accelerator).map(({group}) => group)).toEqual(['a', 'b'])
})

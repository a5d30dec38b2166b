import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {fitScoresOf, scoresOf, votesOf, worstScores, weightedMean, weightedQuantile, winklerScore, type Comparison} from '../../src/accuracy/score.ts'

/** Predicted 100 in [80, 125] unless said otherwise. */
const compared = (measured: number, more: Partial<Comparison> = {}): Comparison => ({source: 's', configuration: `${measured}`, measured, interval: {p10: 80, p50: 100, p90: 125}, ...more})
const unanswered = {interval: undefined} as const

describe('quantiles of weighted values', () => {
  const evenly = (values: readonly number[]) => values.map(value => ({value, weight: 1}))

  test.for<[readonly number[], number, number]>([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9, 9.5],
    [[7], 0.9, 7],
  ])('of %j at %d: %d', ([values, share, expected]) => {
    expect(weightedQuantile(evenly(values), share)).toBe(expected)
  })

  test('a value of weight 3 counts as three of them', () => {
    expect(weightedQuantile([{value: 1, weight: 3}, {value: 2, weight: 1}, {value: 9, weight: 1}], 0.5)).toBe(1)
    expect(weightedMean([{value: 1, weight: 3}, {value: 9, weight: 1}])).toBe(3)
  })

  test('the scale of the weights does not matter', () => {
    const weighted = fc.array(fc.record({value: fc.integer({min: 0, max: 100}), weight: fc.integer({min: 1, max: 9})}), {minLength: 1})
    fc.assert(fc.property(weighted, values => {
      expect(weightedQuantile(values.map(each => ({...each, weight: each.weight / 7})), 0.5)).toBe(weightedQuantile(values, 0.5))
    }))
  })
})

test('MAPE, MdAPE, 90th percentile, bias, intervals and width, by hand', () => {
  // Off by 0 %, 25 %, 20 %, 100 %.
  const scores = scoresOf([compared(100), compared(80), compared(125), compared(50)])

  expect(scores?.mape).toBeCloseTo((0 + 0.25 + 0.2 + 1) / 4, 12)
  expect(scores?.mdape).toBeCloseTo((0.2 + 0.25) / 2, 12)
  expect(scores?.p90).toBeCloseTo(1, 12)
  // ln(1) + ln(1.25) + ln(0.8) + ln(2) = ln 2
  expect(scores?.bias).toBeCloseTo(2 ** (1 / 4) - 1, 12)
  expect(scores?.inside).toBe(0.75)
  expect(scores?.width).toBeCloseTo(125 / 80, 12)
  expect(scores).toMatchObject({configurations: 4, sources: 1})
})

test('the Winkler score is the width, and ten times the log distance outside', () => {
  const interval = {p10: 80, p50: 100, p90: 125}

  expect(winklerScore(interval, 100)).toBeCloseTo(Math.log(125 / 80), 12)
  expect(winklerScore(interval, 250)).toBeCloseTo(Math.log(125 / 80) + 10 * Math.log(2), 12)
  expect(winklerScore(interval, 40)).toBeCloseTo(Math.log(125 / 80) + 10 * Math.log(2), 12)
})

test('several figures of one configuration are one vote', () => {
  const one = [compared(80, {configuration: 'a'}), compared(125, {configuration: 'a'}), compared(50, {configuration: 'b'})]

  const scores = scoresOf(one)

  expect(votesOf(one)).toHaveLength(2)
  expect(votesOf(one)[0]?.error).toBeCloseTo((0.25 + 0.2) / 2, 12)
  expect(scores?.mape).toBeCloseTo((0.225 + 1) / 2, 12)
  expect(scores?.configurations).toBe(2)
})

test('two sources that measured one configuration have a vote each', () => {
  expect(votesOf([compared(80, {configuration: 'a'}), compared(80, {configuration: 'a', source: 'other'})])).toHaveLength(2)
})

test('a giant table weighs as much as a small one', () => {
  const giant = Array.from({length: 99}, (_, index) => compared(100, {source: 'giant', configuration: `${index}`}))
  const small = compared(50, {source: 'small'})

  const scores = scoresOf([...giant, small])

  expect(scores?.mape).toBeCloseTo((0 + 1) / 2, 12)
  expect(scores?.plainMape).toBeCloseTo(1 / 100, 12)
  expect(scores?.mdape).toBeCloseTo(0.5, 12)
  expect(scores?.plainMdape).toBe(0)
  expect(scores?.inside).toBeCloseTo(0.5, 12)
})

test('an unanswered row counts as 100 % where all rows count, and not at all otherwise', () => {
  const scores = scoresOf([compared(80), compared(1, unanswered), compared(2, unanswered), compared(3, {...unanswered, source: 'silent'})])

  expect(scores?.mape).toBeCloseTo(0.25, 12)
  // Source s: (0.25 + 1 + 1) / 3; source silent: 1.
  expect(scores?.mapeOfAll).toBeCloseTo((2.25 / 3 + 1) / 2, 12)
  expect(scores?.plainMapeOfAll).toBeCloseTo(3.25 / 4, 12)
})

test('one answered figure of a configuration and one that is not: half an answer', () => {
  const [vote] = votesOf([compared(80, {configuration: 'a'}), compared(9, {configuration: 'a', ...unanswered})])

  expect(vote).toMatchObject({error: 0.25, errorOfAll: 0.625})
})

test('without any answer there are no scores', () => {
  expect(scoresOf([])).toBeUndefined()
  expect(scoresOf([compared(1, unanswered)])).toBeUndefined()
})

test('the worst of several: bias either way, and the share inside that is farthest from its band', () => {
  const scores = scoresOf([compared(80), compared(125)])
  if (scores === undefined) throw new Error('no scores')

  expect(worstScores([{...scores, mape: 0.3, bias: 0.1, inside: 0.8, width: 2}, {...scores, mape: 0.2, bias: -0.2, inside: 1, width: 1.5}, {...scores, mape: 0.1, bias: 0, inside: 0.7, width: 3}])).toMatchObject({mape: 0.3, bias: -0.2, inside: 1, width: 3})
  expect(worstScores([])).toBeUndefined()
})

describe('whether it fits', () => {
  test('right overall and on each side, by hand', () => {
    const ran = [true, true, true, false].map(fits => ({ran: true, fits}))
    const failed = [false, true].map(fits => ({ran: false, fits}))

    expect(fitScoresOf([...ran, ...failed, {ran: true, fits: undefined}])).toEqual({cases: 7, answered: 6, rightShare: 4 / 6, ran: 4, ranRightShare: 0.75, failures: 2, failuresRightShare: 0.5})
  })

  test('a side without cases has no share', () => {
    expect(fitScoresOf([{ran: true, fits: true}])).toMatchObject({failures: 0, failuresRightShare: null, ranRightShare: 1})
    expect(fitScoresOf([{ran: true, fits: undefined}])).toBeUndefined()
  })
})

test('errors do not depend on the order of the rows', () => {
  const rows = fc.array(fc.record({measured: fc.integer({min: 1, max: 1000}), source: fc.constantFrom('a', 'b', 'c'), configuration: fc.constantFrom('x', 'y', 'z')}), {minLength: 1})
  fc.assert(fc.property(rows, fc.integer({min: 0, max: 20}), (list, turn) => {
    const comparisons = list.map(each => compared(each.measured, each))
    const turned = [...comparisons.slice(turn % comparisons.length), ...comparisons.slice(0, turn % comparisons.length)]
    for (const key of ['mape', 'mdape', 'p90', 'bias', 'inside', 'winkler'] as const) expect(scoresOf(turned)?.[key]).toBeCloseTo(scoresOf(comparisons)?.[key] ?? Number.NaN, 9)
  }))
})

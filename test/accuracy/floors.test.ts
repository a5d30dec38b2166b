import fs from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {accuracyRecord, AccuracyRecord, RECORD_FILE} from '../../scripts/docs/accuracy-record.ts'
import {scoredResults} from '../../scripts/docs/accuracy.ts'
import {floorMet, type Goal} from '../../src/accuracy/goals.ts'

/**
 * Where the accuracy stands (`node scripts/accuracy-record.ts` writes it anew). Floors must hold (but those that never did), and no
 * figure may get worse by more than a point. The aims are not asserted: they are what the estimates are to reach.
 */
const ROOT = path.resolve(import.meta.dirname, '../..')
const record = AccuracyRecord.parse(JSON.parse(fs.readFileSync(path.join(ROOT, RECORD_FILE), 'utf8')))
const POINT = 0.01
/** Floors that do not hold yet, which `rigor accuracy` and docs/accuracy.md say: no others may break, and what holds again leaves the list. */
const NOT_YET: readonly string[] = []
/** Of p90 ÷ p10. */
const WIDTH_STEP = 0.05

let goals: readonly Goal[] = []
let now: AccuracyRecord
beforeAll(async () => {
  const scored = await scoredResults(ROOT)
  goals = scored.goals
  now = accuracyRecord(scored)
}, 60_000)

test('the record is of the same sort: run node scripts/accuracy-record.ts where held-out factors have come or gone', () => {
  expect(now.outOfSample).toBe(record.outOfSample)
  expect(Object.keys(record.goals).filter(name => !(name in now.goals))).toEqual([])
})

test('every floor holds but those that never did', () => {
  expect(goals.filter(goal => floorMet(goal) === false).map(({name}) => name).toSorted()).toEqual(NOT_YET)
})

/** How much worse than it was: on the bad side of an aim, or farther from the nearer end of a band. */
function worseBy({better, aim, most = Number.POSITIVE_INFINITY}: Goal, value: number, before: number): number {
  const outside = (each: number): number => Math.max(aim - each, each - most, 0)
  return better === 'less' ? value - before : better === 'more' ? before - value : outside(value) - outside(before)
}

describe('nothing gets worse by more than a point', () => {
  test('of what is aimed at; of widths, by more than a twentieth', () => {
    const worse = goals.filter(goal => {
      const before = record.goals[goal.name]
      if (before === undefined) return false
      return goal.value === undefined || worseBy(goal, goal.value, before) > (goal.unit === 'share' ? POINT : WIDTH_STEP)
    })

    expect(worse.map(({name, value}) => `${name}: ${value ?? 'unknown'}, was ${record.goals[name] ?? ''}`)).toEqual([])
  })

  test('of mean and median error, and of what is answered', () => {
    const worse = Object.entries(record.figures).filter(([figure, before]) => {
      const after = now.figures[figure]
      return after === undefined || after.mape > before.mape + POINT || after.mdape > before.mdape + POINT || after.coverage < before.coverage - POINT
    })

    expect(worse.map(([figure, before]) => `${figure}: ${JSON.stringify(now.figures[figure])}, was ${JSON.stringify(before)}`)).toEqual([])
  })
})

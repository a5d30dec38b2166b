import fs from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {accuracyRecord, AccuracyRecord, RECORD_FILE} from '../../scripts/docs/accuracy-record.ts'
import {scoredResults} from '../../scripts/docs/accuracy.ts'
import {floorMet, meets, type Goal} from '../../src/accuracy/goals.ts'

/**
 * Where the accuracy stands (`node scripts/accuracy-record.ts` writes it anew). A floor that holds must go on holding, and no figure may
 * get worse by more than a point. The aims are not asserted: they are what the estimates are to reach.
 */
const ROOT = path.resolve(import.meta.dirname, '../..')
const record = AccuracyRecord.parse(JSON.parse(fs.readFileSync(path.join(ROOT, RECORD_FILE), 'utf8')))
const POINT = 0.01

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

test('every floor that holds goes on holding', () => {
  const lost = goals.filter(goal => {
    const before = record.goals[goal.name]
    return before !== undefined && goal.floor !== undefined && meets(goal, before, goal.floor) && floorMet(goal) !== true
  })

  expect(lost.map(({name, value, floor}) => `${name}: ${value ?? 'unknown'} is past the floor ${floor ?? ''}`)).toEqual([])
})

describe('nothing gets worse by more than a point', () => {
  test('of what is aimed at', () => {
    const worse = goals.filter(({name, better, unit, value}) => {
      const before = record.goals[name]
      if (before === undefined || unit !== 'share' || better === 'within') return false
      return value === undefined || (better === 'less' ? value > before + POINT : value < before - POINT)
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

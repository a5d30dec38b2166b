import fs from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {accuracyRecord, AccuracyRecord, RECORD_FILE} from '../../scripts/docs/accuracy-record.ts'
import {scoredResults} from '../../scripts/docs/accuracy.ts'
import {floorMet, type Goal} from '../../src/accuracy/goals.ts'

/**
 * Where the accuracy stands (`node scripts/accuracy-record.ts` writes it anew). Every floor must hold but those of the list below, and no
 * figure may get worse by more than a point. The aims are not asserted: they are what the estimates are to reach.
 */
const ROOT = path.resolve(import.meta.dirname, '../..')
const record = AccuracyRecord.parse(JSON.parse(fs.readFileSync(path.join(ROOT, RECORD_FILE), 'utf8')))
const POINT = 0.01
/** Of p90 ÷ p10. */
const WIDTH_STEP = 0.05

/** A floor that does not hold yet, how far off it was on that day, and why. */
interface Exception {
  readonly name: string
  readonly value: number
  readonly date: string
  readonly why: string
}

const EXCEPTIONS: readonly Exception[] = [
  {name: 'serving throughput, MAPE', value: 0.273, date: '2026-11-27', why: 'servers that stalled (a quarter of the rate that their own time per token gives), and runtimes that one source alone has timed (22 % without a model, 24 % without an accelerator)'},
  {name: 'TTFT, MAPE', value: 0.476, date: '2026-11-27', why: 'one source has nearly all first tokens under load: without it nothing says how its requests queue (33 % without a model, 39 % without an accelerator)'},
  {name: 'power and energy, MAPE', value: 0.135, date: '2026-11-27', why: 'rows of one B200 of eight whose server was held up by its host'},
]

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

const listed = (goals: readonly Goal[]): readonly string[] => goals.map(({name, value, floor}) => `${name}: ${value ?? 'unknown'}, floor ${floor ?? 'none'}`)

/** How much worse than it was: on the bad side of an aim, or farther from the nearer end of a band. */
function worseBy({better, aim, most = Number.POSITIVE_INFINITY}: Goal, value: number, before: number): number {
  const outside = (each: number): number => Math.max(aim - each, each - most, 0)
  return better === 'less' ? value - before : better === 'more' ? before - value : outside(value) - outside(before)
}

describe('every floor holds', () => {
  test('but those that are listed, and these are no farther off than on their day', () => {
    const allowed = new Map(EXCEPTIONS.map(({name, value}) => [name, value]))
    const lost = goals.filter(goal => {
      const before = allowed.get(goal.name)
      return floorMet(goal) === false && (before === undefined || goal.value === undefined || worseBy(goal, goal.value, before) > POINT)
    })

    expect(listed(lost)).toEqual([])
  })

  test('an exception that is met again, or has no floor, is taken off the list', () => {
    const failing = new Set(goals.filter(goal => floorMet(goal) === false).map(({name}) => name))

    expect(EXCEPTIONS.filter(({name}) => !failing.has(name)).map(({name}) => `take "${name}" off the list`)).toEqual([])
  })
})

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

import {expect, test} from 'vitest'
import {isDay} from '../../src/text/day.ts'

test.for([
  ['2026-11-20', true], ['2024-02-29', true], ['2026-02-30', false], ['2026-13-01', false], ['2026-1-1', false], ['20261120', false], ['2026-11-20T00:00:00Z', false], ['', false],
] as const)('%s is a day: %s', ([text, day]) => {
  expect(isDay(text)).toBe(day)
})

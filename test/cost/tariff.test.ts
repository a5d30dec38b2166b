import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {demandUsd, hourOfWeekText, meanTariff, monthUsd, runUsd, solarDay, startTimes, weekOf} from '../../src/cost/tariff.ts'

/** 30 ct by day; 20 ct from Monday to Friday from 22:00 until 06:00; 10 ct on Sunday from noon to three. */
const site = {
  tariffUsdPerKwh: 0.3,
  tariffWindows: [{days: [0, 1, 2, 3, 4], fromHour: 22, toHour: 6, usdPerKwh: 0.2}, {days: [6], fromHour: 12, toHour: 15, usdPerKwh: 0.1}],
}

/** The same week by a calendar: every hour of it looked at by itself. */
const byCalendar = (at: Date): number => {
  const [weekday, hour] = [(at.getUTCDay() + 6) % 7, at.getUTCHours()]
  const night = (hour >= 22 && weekday <= 4) || (hour < 6 && weekday >= 1 && weekday <= 5)
  return night ? 0.2 : weekday === 6 && hour >= 12 && hour < 15 ? 0.1 : 0.3
}
/** 2027-02-01 is a Monday, and that February has four whole weeks. */
const FEBRUARY = Array.from({length: 28 * 24}, (_, hour) => new Date(Date.UTC(2027, 1, 1, hour)))

test('the hours of a week are those of a calendar', () => {
  expect(weekOf(site)).toEqual(FEBRUARY.slice(0, 168).map(byCalendar))
})

test('a month equals one computed hour by hour, its demand charge included', () => {
  const watts = 6000
  const hourByHour = FEBRUARY.reduce((sum, at) => sum + (watts / 1000) * byCalendar(at), 0)

  expect(monthUsd(site, watts)).toBeCloseTo((hourByHour * 730) / FEBRUARY.length, 9)
  // 6 kW on a site that may draw 2 kW more before its peak grows: 4 kW at 12 USD.
  expect(monthUsd({...site, demandUsdPerKwMonth: 12, demandHeadroomWatts: 2000}, watts)).toBeCloseTo((hourByHour * 730) / FEBRUARY.length + 48, 9)
})

test('a run equals the sum of its hours from wherever it starts, parts of hours included', () => {
  fc.assert(fc.property(fc.integer({min: 0, max: 167}), fc.integer({min: 1, max: 400}), fc.double({min: 0, max: 1, noNaN: true, maxExcluded: true}), (start, hours, part) => {
    let usd = 0
    for (let at = 0; at < hours; at++) usd += byCalendar(FEBRUARY[(start + at) % 168]!)
    usd += part * byCalendar(FEBRUARY[(start + hours) % 168]!)
    expect(runUsd(site, 2000, hours + part, start)).toBeCloseTo(usd * 2, 6)
  }))
})

describe('when to start', () => {
  test('three hours are cheapest on Sunday at noon', () => {
    const found = startTimes(site, 1000, 3)

    expect(found).toMatchObject({bestHour: 6 * 24 + 12})
    expect(found?.bestUsd).toBeCloseTo(0.3, 12)
    expect(found?.savingShare).toBeCloseTo(1 - 0.3 / (3 * meanTariff(site)), 12)
    expect(hourOfWeekText(found?.bestHour ?? 0)).toBe('Sunday 12:00')
  })

  test('eight hours on Monday at 22:00, all at 20 ct', () => {
    expect(startTimes(site, 1000, 8)).toMatchObject({bestHour: 22})
    expect(startTimes(site, 1000, 8)?.bestUsd).toBeCloseTo(1.6, 12)
  })

  test('is the best of all 168 by trying them', () => {
    fc.assert(fc.property(fc.double({min: 0.1, max: 300, noNaN: true}), hours => {
      const found = startTimes(site, 5000, hours)
      const all = Array.from({length: 168}, (_, hour) => runUsd(site, 5000, hours, hour))
      if (found === undefined) expect(Math.max(...all) - Math.min(...all)).toBeLessThan(1e-6)
      else expect([found.bestUsd, found.worstUsd]).toEqual([Math.min(...all), Math.max(...all)])
    }))
  })

  test('does not matter without windows, nor for whole weeks', () => {
    expect(startTimes({tariffUsdPerKwh: 0.3}, 1000, 8)).toBeUndefined()
    expect(startTimes(site, 1000, 168)).toBeUndefined()
  })
})

test('demand charges count only what the site did not reach before', () => {
  expect([demandUsd({...site, demandUsdPerKwMonth: 12}, 5000), demandUsd({...site, demandUsdPerKwMonth: 12, demandHeadroomWatts: 8000}, 5000), demandUsd(site, 5000)]).toEqual([60, 0, 0])
})

test('own panels: a day of theirs adds up to the yield, and a month equals one computed hour by hour', () => {
  const solar = {peakKw: 10, kwhPerKwYear: 950, feedInUsdPerKwh: 0.08}
  const day = solarDay({solar})
  expect(day.reduce((sum, kw) => sum + kw, 0)).toBeCloseTo((10 * 950) / 365.25, 9)
  expect([day[5], day[18]]).toEqual([0, 0])
  // Noon: π/24 of the day's yield at the top of the sine, an hour of it.
  expect(day[12]).toBeCloseTo(((10 * 950) / 365.25 / 2) * (Math.cos(Math.PI / 2) - Math.cos((7 * Math.PI) / 12)), 9)

  const hourByHour = FEBRUARY.reduce((sum, at) => {
    const own = Math.min(2, day[at.getUTCHours()]!)
    return sum + own * 0.08 + (2 - own) * byCalendar(at)
  }, 0)
  expect(monthUsd({...site, solar}, 2000)).toBeCloseTo((hourByHour * 730) / FEBRUARY.length, 9)
})

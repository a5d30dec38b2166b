import type {Rig} from '../catalog/rig.ts'
import {HOURS_PER_MONTH} from './period.ts'

/** What electricity costs at a site by the hour of the week, and what its highest draw of a month costs. */

type Site = Pick<Rig['site'], 'tariffUsdPerKwh' | 'tariffWindows' | 'demandUsdPerKwMonth' | 'demandHeadroomWatts' | 'solar'>

export const HOURS_PER_DAY = 24
export const HOURS_PER_WEEK = 7 * HOURS_PER_DAY

/** Whether an hour of the week (0 = Monday, midnight to one) lies in a window; one that ends before it begins runs over midnight, and belongs to the day it begins on. */
function isIn(hour: number, {days, fromHour, toHour}: NonNullable<Site['tariffWindows']>[number]): boolean {
  const [day, ofDay] = [Math.floor(hour / HOURS_PER_DAY), hour % HOURS_PER_DAY]
  if (fromHour < toHour) return days.includes(day) && ofDay >= fromHour && ofDay < toHour
  const before = (day + 6) % 7
  return (days.includes(day) && ofDay >= fromHour) || (days.includes(before) && ofDay < toHour)
}

/** USD/kWh of each of the 168 hours of a week, from Monday midnight: the first window that holds an hour, else the tariff. */
export function weekOf({tariffUsdPerKwh, tariffWindows = []}: Site): readonly number[] {
  return Array.from({length: HOURS_PER_WEEK}, (_, hour) => tariffWindows.find(window => isIn(hour, window))?.usdPerKwh ?? tariffUsdPerKwh)
}

/** Of work that knows no hours: the mean over a week. */
export const meanTariff = (site: Site): number => (site.tariffWindows === undefined ? site.tariffUsdPerKwh : weekOf(site).reduce((sum, usd) => sum + usd, 0) / HOURS_PER_WEEK)

/** What a draw adds to the month's bill for the highest draw: only what the site did not reach before. */
export const demandUsd = ({demandUsdPerKwMonth = 0, demandHeadroomWatts = 0}: Site, watts: number): number => (Math.max(0, watts - demandHeadroomWatts) / 1000) * demandUsdPerKwMonth

const SUNRISE_HOUR = 6
const DAYLIGHT_HOURS = 12
const DAYS_PER_YEAR = 365.25

/**
 * kW of own panels in each hour of a mean day of the year: half a sine from six to six that holds the day's yield. Clouds and seasons are not in it, so that a rig
 * about as large as the panels uses somewhat less of its own than this says.
 */
export function solarDay({solar}: Pick<Site, 'solar'>): readonly number[] {
  const perDay = solar === undefined ? 0 : (solar.peakKw * solar.kwhPerKwYear) / DAYS_PER_YEAR
  const until = (hour: number): number => (1 - Math.cos((Math.PI * Math.min(DAYLIGHT_HOURS, Math.max(0, hour - SUNRISE_HOUR))) / DAYLIGHT_HOURS)) / 2
  return Array.from({length: HOURS_PER_DAY}, (_, hour) => perDay * (until(hour + 1) - until(hour)))
}

/** An hour of one draw on average over a week: what comes from own panels costs the feed-in that is lost, the rest the tariff of its hour. */
export function hourUsd(site: Site, watts: number): number {
  if (site.solar === undefined) return (watts / 1000) * meanTariff(site)
  const own = solarDay(site)
  const {feedInUsdPerKwh} = site.solar
  return weekOf(site).reduce((sum, usdPerKwh, hour) => {
    const fromPanels = Math.min(watts / 1000, own[hour % HOURS_PER_DAY] ?? 0)
    return sum + fromPanels * feedInUsdPerKwh + (watts / 1000 - fromPanels) * usdPerKwh
  }, 0) / HOURS_PER_WEEK
}

/** A month of one draw: 730 hours, and what its height costs. */
export const monthUsd = (site: Site, watts: number): number => HOURS_PER_MONTH * hourUsd(site, watts) + demandUsd(site, watts)

/** Energy of a run that starts at an hour of the week and draws the same throughout; a part of an hour counts as that part. */
export function runUsd(site: Site, watts: number, hours: number, startHour: number): number {
  const week = weekOf(site)
  const whole = Math.floor(hours / HOURS_PER_WEEK)
  const sumOf = (prices: readonly number[]): number => prices.reduce((sum, usd) => sum + usd, 0)
  let usd = whole * sumOf(week)
  const left = hours - whole * HOURS_PER_WEEK
  for (let at = 0; at < left; at++) usd += (week[(startHour + at) % HOURS_PER_WEEK] ?? 0) * Math.min(1, left - at)
  return (usd * watts) / 1000
}

export interface StartTimes {
  /** Hours of the week, 0 = Monday midnight. */
  readonly bestHour: number
  readonly bestUsd: number
  readonly worstHour: number
  readonly worstUsd: number
  /** Of a start at any hour. */
  readonly meanUsd: number
  /** What the best hour saves of the mean. */
  readonly savingShare: number
}

/** When a run costs least; `undefined` where every hour costs the same. Of equals the first after Monday midnight. */
export function startTimes(site: Site, watts: number, hours: number): StartTimes | undefined {
  if (site.tariffWindows === undefined || !(hours > 0)) return undefined
  const costs = Array.from({length: HOURS_PER_WEEK}, (_, hour) => runUsd(site, watts, hours, hour))
  const [bestUsd, worstUsd] = [Math.min(...costs), Math.max(...costs)]
  if (worstUsd - bestUsd <= 1e-9 * worstUsd) return undefined
  const meanUsd = costs.reduce((sum, usd) => sum + usd, 0) / costs.length
  return {bestHour: costs.findIndex(usd => usd <= bestUsd * (1 + 1e-12)), bestUsd, worstHour: costs.findIndex(usd => usd >= worstUsd * (1 - 1e-12)), worstUsd, meanUsd, savingShare: 1 - bestUsd / meanUsd}
}

const DAY_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

/** "Monday 22:00". */
export const hourOfWeekText = (hour: number): string => `${DAY_NAMES[Math.floor(hour / HOURS_PER_DAY)] ?? ''} ${String(hour % HOURS_PER_DAY).padStart(2, '0')}:00`

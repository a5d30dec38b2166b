import type {Interval} from '../performance/types.ts'
import {groupDigits} from '../units/format.ts'

/** Currency that money is shown in, with the dated rate that is printed beside. */
export interface DisplayCurrency {
  readonly code: string
  readonly perUsd: number
  readonly asOf: string
}

export const UNKNOWN = 'unknown'

const isKnown = (value: number | null | undefined): value is number => value !== null && value !== undefined && Number.isFinite(value)

/** `significant` digits, grouped, never in powers of ten below 1e15. */
export function significant(value: number, digits: number): string {
  if (value === 0) return '0'
  const nearest = Number(value.toPrecision(digits))
  // The largest doubles round to beyond all doubles.
  const rounded = Number.isFinite(nearest) ? nearest : value
  const magnitude = Math.floor(Math.log10(Math.abs(rounded)))
  if (magnitude >= 15 || magnitude < -9) return rounded.toExponential(digits - 1)
  return groupDigits(rounded.toFixed(Math.max(0, digits - 1 - magnitude)))
}

/** A predicted figure: two digits below 100, three from there on — no more than an estimate can honestly claim. */
export function figure(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN
  return significant(value, Math.abs(value) < 99.5 ? 2 : 3)
}

/** A figure that is known, not predicted (a bill at a list price): whole above 1000, else two places. */
export function exactFigure(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN
  if (Math.abs(value) >= 1000) return groupDigits(value.toFixed(0))
  if (Math.abs(value) >= 1 || value === 0) return value.toFixed(2).replace(/\.00$/, '')
  return significant(value, 2)
}

/** Below this relative spread a figure counts as exact. */
const EXACT_SPREAD = 0.005
/** Above this a symmetric "±" would reach to zero and below: a factor is written instead. */
const WIDEST_PLUS_MINUS = 0.99

/**
 * The larger of the two distances from the median to the 10th and the 90th percentile, over the median. Intervals are
 * mostly log-normal, so the upper side is the larger one and "±" errs to the cautious side.
 */
function spreadShare(interval: Interval): number {
  if (interval.p50 === 0) return interval.p90 > 0 ? Infinity : 0
  return Math.max(interval.p90 / interval.p50 - 1, 1 - interval.p10 / interval.p50, 0)
}

/** "±20 %", "×÷2.4" where the spread is beyond a whole, "" where the figure is exact. */
export function spread(interval: Interval): string {
  const share = spreadShare(interval)
  if (!(share >= EXACT_SPREAD)) return ''
  if (share > WIDEST_PLUS_MINUS) return Number.isFinite(share) ? `×÷${significant(1 + share, 2)}` : '±?'
  return `±${Math.max(1, Math.round(share * 100))} %`
}

/** "178", digits as honest as the interval allows. */
export function middle(interval: Interval | null | undefined): string {
  if (interval === null || interval === undefined) return UNKNOWN
  return spread(interval) === '' ? exactFigure(interval.p50) : figure(interval.p50)
}

/** "178 USD ±20 % (140–214)": for one figure looked at closely. */
export function inFull(interval: Interval | null | undefined, unit: string): string {
  if (interval === null || interval === undefined) return UNKNOWN
  const around = spread(interval)
  if (around === '') return `${exactFigure(interval.p50)} ${unit}`.trimEnd()
  const [low, high] = [figure(interval.p10), figure(interval.p90)]
  return `${figure(interval.p50)}${unit === '' ? '' : ` ${unit}`} ${around} (${low === high ? low : `${low}–${high}`})`
}

export const scaled = (interval: Interval | null, factor: number): Interval | null =>
  interval === null ? null : {p10: interval.p10 * factor, p50: interval.p50 * factor, p90: interval.p90 * factor}

/** A unit for times of about this many hours. */
export function timeUnit(hours: number): {readonly unit: string; readonly perHour: number} {
  if (hours < 1 / 60) return {unit: 's', perHour: 3600}
  if (hours < 1) return {unit: 'min', perHour: 60}
  if (hours <= 96) return {unit: 'h', perHour: 1}
  return {unit: 'd', perHour: 1 / 24}
}

/** A unit for times of about this many seconds. */
export function secondsUnit(seconds: number): {readonly unit: string; readonly perSecond: number} {
  if (seconds === 0) return {unit: 's', perSecond: 1}
  if (seconds < 1e-3) return {unit: 'µs', perSecond: 1e6}
  if (seconds < 1) return {unit: 'ms', perSecond: 1e3}
  if (seconds < 120) return {unit: 's', perSecond: 1}
  if (seconds < 7200) return {unit: 'min', perSecond: 1 / 60}
  return {unit: 'h', perSecond: 1 / 3600}
}

/** 0.034 → "34 ms". */
export function seconds(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN
  if (value === 0) return '0 s'
  const {unit, perSecond} = secondsUnit(value)
  return `${figure(value * perSecond)} ${unit}`
}

/** 0.384 → "38 %"; below one per cent one place. */
export function percent(share: number): string {
  return share > 0 && share < 0.0095 ? `${significant(share * 100, 1)} %` : `${Math.round(share * 100)} %`
}

const MILLISECONDS_PER_DAY = 86_400_000

/** How old a date was on another: "12 days", "4 months", "2 years". "" when either is no date or lies ahead. */
export function age(asOf: string, today: string): string {
  const days = Math.floor((Date.parse(today) - Date.parse(asOf)) / MILLISECONDS_PER_DAY)
  if (!(days >= 0)) return ''
  if (days === 0) return 'today'
  if (days < 60) return days === 1 ? '1 day' : `${days} days`
  const months = Math.round(days / 30.4)
  return months < 24 ? `${months} months` : `${Math.round(months / 12)} years`
}

/** Rewrites "41 USD", "30–70 USD", "55.04 USD/h" in a sentence into the display currency. */
export function convertMoney(text: string, currency: DisplayCurrency | undefined): string {
  if (currency === undefined || currency.code === 'USD') return text
  const converted = (amount: string): string => figureLike(Number(amount.replaceAll(',', '')) * currency.perUsd, amount)
  return text
    .replaceAll(/(\d[\d,]*(?:\.\d+)?)(?:–(\d[\d,]*(?:\.\d+)?))? USD\b/g, (_, low: string, high: string | undefined) =>
      `${converted(low)}${high === undefined ? '' : `–${converted(high)}`} ${currency.code}`)
    .replaceAll(/\bUSD(?=\/)/g, currency.code)
}

/** As many significant digits as the amount it replaces showed, two at least. */
function figureLike(value: number, shown: string): string {
  const digits = shown.replaceAll(/[,.]/g, '').replace(/^0+/, '').length
  return significant(value, Math.min(Math.max(digits, 2), 6))
}

/** A number of accelerators: "8", or of a slice the part that it takes up, "1/7". */
export function countText(count: number): string {
  if (Number.isInteger(count)) return String(count)
  for (let parts = 2; parts <= 8; parts++) if (Math.abs(count * parts - Math.round(count * parts)) < 1e-9) return `${Math.round(count * parts)}/${parts}`
  return significant(count, 3)
}

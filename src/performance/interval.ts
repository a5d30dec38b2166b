import type {Confidence, Interval} from './types.ts'

/** z of the 90th percentile of the standard normal distribution. */
export const Z90 = 1.2815515655446004

/** Median × exp(±1.2816 σ): the 10th and 90th percentile of a log-normal error with standard deviation `sigmaLog`. */
export function intervalFromSigma(p50: number, sigmaLog: number): Interval {
  const spread = Math.exp(Z90 * sigmaLog)
  return {p10: p50 / spread, p50, p90: p50 * spread}
}

/** Median × exp(low) and × exp(high): an error whose percentiles were read off residuals. */
export function intervalFromSpread(p50: number, {lowLog, highLog}: LogSpread): Interval {
  return {p10: p50 * Math.exp(lowLog), p50, p90: p50 * Math.exp(highLog)}
}

interface LogSpread {
  readonly lowLog: number
  readonly highLog: number
}

/** Of a time, from that of its rate: the ends change places. */
export const timeSpread = ({lowLog, highLog}: LogSpread): LogSpread => ({lowLog: -highLog, highLog: -lowLog})

/** A time with its spread, no part of which is shorter than `leastSeconds`, the time that nothing beats. */
export function timeWithSpread(seconds: number, spread: LogSpread, leastSeconds: number): Interval {
  const {p10, p50, p90} = intervalFromSpread(Math.max(seconds, leastSeconds), spread)
  return {p10: Math.min(Math.max(p10, leastSeconds), p50), p50, p90}
}

export function exactly(value: number): Interval {
  return {p10: value, p50: value, p90: value}
}

/** value × interval, value ≥ 0. */
export function scale(interval: Interval, factor: number): Interval {
  return {p10: interval.p10 * factor, p50: interval.p50 * factor, p90: interval.p90 * factor}
}

export function shift(interval: Interval, addend: number): Interval {
  return {p10: interval.p10 + addend, p50: interval.p50 + addend, p90: interval.p90 + addend}
}

/** numerator ÷ interval: the ends swap. */
export function divideBy(numerator: number, interval: Interval): Interval {
  return {p10: numerator / interval.p90, p50: numerator / interval.p50, p90: numerator / interval.p10}
}

/** Sum of quantities whose errors go together (the cautious reading: spreads add). */
export function sum(intervals: readonly Interval[]): Interval {
  // By index, here and below: thousands of calls in a new process, where an iterator costs more than the sum.
  let p10 = 0
  let p50 = 0
  let p90 = 0
  for (let index = 0; index < intervals.length; index++) {
    const interval = intervals[index]!
    p10 += interval.p10
    p50 += interval.p50
    p90 += interval.p90
  }
  return {p10, p50, p90}
}

function lnRatio(interval: Interval, side: 'p10' | 'p90'): number {
  return interval.p50 > 0 && interval[side] > 0 ? Math.abs(Math.log(interval[side] / interval.p50)) : 0
}

/**
 * left × right, both ≥ 0, whose errors have nothing to do with each other (watts and hours, hours and a price): the
 * ln-distances of the percentiles add in quadrature.
 */
export function multiply(left: Interval, right: Interval): Interval {
  const p50 = left.p50 * right.p50
  if (p50 === 0) return {p10: 0, p50, p90: left.p90 * right.p90}
  if (left.p10 === left.p90) return scale(right, left.p50)
  if (right.p10 === right.p90) return scale(left, right.p50)
  const away = (side: 'p10' | 'p90'): number => Math.exp(Math.sqrt(lnRatio(left, side) ** 2 + lnRatio(right, side) ** 2))
  const p10 = left.p10 <= 0 || right.p10 <= 0 ? 0 : p50 / away('p10')
  return {p10, p50, p90: p50 * away('p90')}
}

const STRENGTH: readonly Confidence[] = ['measured', 'calibrated', 'computed', 'assumed']

/** A sum is as weak as its weakest part. */
export function weakest(...parts: readonly Confidence[]): Confidence {
  let worst = 0
  for (let index = 0; index < parts.length; index++) worst = Math.max(worst, STRENGTH.indexOf(parts[index]!))
  return STRENGTH[worst] ?? 'assumed'
}

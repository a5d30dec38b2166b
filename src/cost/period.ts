import {exactly, scale, shift} from '../performance/interval.ts'
import {preparationHours, runHoursTotal, type RunHours} from '../performance/run-hours.ts'
import type {Interval} from '../performance/types.ts'
import {plainNumber} from './how.ts'
import type {BillingRule, Schedule} from './types.ts'

/** One month, as clouds bill it. */
export const HOURS_PER_MONTH = 730
export const HOURS_PER_YEAR = 8760
const SECONDS_PER_HOUR = 3600
/** Lets 3,600.0000001 s count as 3,600. */
const ROUNDING_SLACK = 1e-9

/** The hours that a schedule asks of each machine in its period, before any billing step. */
export interface PeriodHours {
  readonly period: 'run' | 'month'
  /** Of one start of the machine. */
  readonly perStart: Interval
  readonly starts: number
  /** starts × perStart. */
  readonly hours: Interval
  /** The part of `hours` in which the machines idle before the work. */
  readonly preparationHours: number
  /** Work alone, all starts. */
  readonly workHours: Interval
  /** "2.4 h", "12 × 2.4 h". */
  readonly how: () => string
}

/**
 * `once`: one run. `always`: 730 h whatever the load. `runs-per-month`: every run starts machines anew.
 * `hours-per-month`: that many hours of work in one start, failures in proportion.
 */
export function periodHours(hours: RunHours, schedule: Schedule): PeriodHours {
  switch (schedule.kind) {
    case 'once': {
      const total = runHoursTotal(hours)
      return {period: 'run', perStart: total, starts: 1, hours: total, preparationHours: preparationHours(hours), workHours: hours.work, how: () => `${plainNumber(total.p50)} h`}
    }
    case 'always': {
      const month = exactly(HOURS_PER_MONTH)
      return {period: 'month', perStart: month, starts: 1, hours: month, preparationHours: 0, workHours: month, how: () => `${HOURS_PER_MONTH} h`}
    }
    case 'runs-per-month': {
      const total = runHoursTotal(hours)
      return {
        period: 'month',
        perStart: total,
        starts: schedule.runs,
        hours: scale(total, schedule.runs),
        preparationHours: preparationHours(hours) * schedule.runs,
        workHours: scale(hours.work, schedule.runs),
        how: () => `${plainNumber(schedule.runs)} × ${plainNumber(total.p50)} h`,
      }
    }
    case 'hours-per-month': {
      const failures = hours.work.p50 > 0 ? scale(hours.failures, schedule.hours / hours.work.p50) : hours.failures
      const total = shift(failures, schedule.hours + preparationHours(hours))
      return {period: 'month', perStart: total, starts: 1, hours: total, preparationHours: preparationHours(hours), workHours: exactly(schedule.hours), how: () => `${plainNumber(total.p50)} h`}
    }
    default:
      return schedule satisfies never
  }
}

/** Hours billed for one start: whole steps, at least the minimum. */
export function billedHours(hours: number, billing: Pick<BillingRule, 'incrementSeconds' | 'minimumSeconds'>): number {
  const seconds = hours * SECONDS_PER_HOUR
  const step = billing.incrementSeconds
  const stepped = step > 0 ? Math.ceil(seconds / step - ROUNDING_SLACK) * step : seconds
  return Math.max(stepped, billing.minimumSeconds) / SECONDS_PER_HOUR
}

export function billedInterval(hours: Interval, billing: Pick<BillingRule, 'incrementSeconds' | 'minimumSeconds'>): Interval {
  return {p10: billedHours(hours.p10, billing), p50: billedHours(hours.p50, billing), p90: billedHours(hours.p90, billing)}
}

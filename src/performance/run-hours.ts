import {exactly, sum} from './interval.ts'
import type {Interval} from './types.ts'

/** One run's hours by phase. For endless work: `work` is the hours of the month. */
export interface RunHours {
  readonly setup: number
  readonly data: number
  readonly load: number
  readonly work: Interval
  /** Expected repeated work after failures and interruptions, checkpoints written included. */
  readonly failures: Interval
}

/** Set-up + data + load + work + expected failures of one run. */
export function runHoursTotal(hours: RunHours): Interval {
  return sum([exactly(hours.setup + hours.data + hours.load), hours.work, hours.failures])
}

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

/** Hours before the work, in which accelerators idle. */
export const preparationHours = ({setup, data, load}: RunHours): number => setup + data + load

/** Set-up + data + load + work + expected failures of one run. */
export function runHoursTotal(hours: RunHours): Interval {
  return sum([exactly(preparationHours(hours)), hours.work, hours.failures])
}

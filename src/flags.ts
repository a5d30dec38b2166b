import * as Flags from '@oclif/core/flags'
import {RigorError} from './errors.ts'
import {echo} from './text/safe.ts'

/** Flags that several commands have, and how their values are read. */

const LONGEST_MONTHS = 240

export const monthsFlag = (summary: string) => Flags.integer({summary, helpValue: 'N', min: 1, max: LONGEST_MONTHS})

/** "60%" or 0.6 → 0.6; more than 0, at most 1. */
export function readShare(text: string, flag: string): number {
  const match = /^(?<number>\d{1,3}(?:\.\d{1,6})?)\s?(?<percent>%)?$/.exec(text.trim())?.groups
  const share = Number(match?.['number']) / (match?.['percent'] === undefined ? 1 : 100)
  if (match === undefined || !(share > 0 && share <= 1)) throw new RigorError('BAD_FLAG', `${flag} "${echo(text, 30)}" is not a share of the hours.`, {hint: `Write it like ${flag} 60%, more than 0 and at most 100%.`})
  return share
}

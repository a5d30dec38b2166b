import {parseCsv} from '../csv.ts'
import type {InterruptionRow} from '../compiled.ts'
import {provenanceOf, requiredNumber, requiredText} from './cells.ts'

/** Columns of data/interruptions.csv: one row per machine and band, with all the regions that are in it. */
export const INTERRUPTION_COLUMNS = ['provider', 'instanceType', 'lowShare', 'highShare', 'regions', 'sourceId', 'asOf', 'standing'] as const

export function parseInterruptions(text: string, file = 'interruptions.csv'): readonly InterruptionRow[] {
  return parseCsv(text, file).map((record) => {
    const {sourceId, asOf} = provenanceOf(record)
    return {
      provider: requiredText(record, 'provider'),
      instanceType: requiredText(record, 'instanceType'),
      lowShare: requiredNumber(record, 'lowShare'),
      highShare: requiredNumber(record, 'highShare'),
      regions: requiredText(record, 'regions'),
      sourceId,
      asOf,
    }
  })
}

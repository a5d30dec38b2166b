import * as z from 'zod'
import type {Scored} from '../../src/scoring.ts'

/** Beside the measurements it is about. */
export const RECORD_FILE = 'data/measured/accuracy-record.json'

/** Where the accuracy stands: each goal's value, and MAPE and MdAPE of each figure. */
export const AccuracyRecord = z.strictObject({
  schema: z.literal('rigor.accuracy-record/1'),
  /** Whether data/measured/held-out.json was there. */
  outOfSample: z.boolean(),
  goals: z.record(z.string(), z.number()),
  figures: z.record(z.string(), z.strictObject({mape: z.number(), mdape: z.number(), coverage: z.number()})),
})
export type AccuracyRecord = z.infer<typeof AccuracyRecord>

/** A hundredth of a per cent: finer than anything that matters, coarser than the arithmetic of different machines. */
const round = (value: number): number => Number(value.toFixed(4))

export function accuracyRecord({summary, goals}: Scored): AccuracyRecord {
  return {
    schema: 'rigor.accuracy-record/1',
    outOfSample: summary.bases.length > 1,
    goals: Object.fromEntries(goals.flatMap(({name, value}) => (value === undefined ? [] : [[name, round(value)]]))),
    figures: Object.fromEntries(summary.groups.flatMap(({by, group, scores, coverage}) => (by !== 'figure' || scores === undefined ? [] : [[group, {mape: round(scores.mape), mdape: round(scores.mdape), coverage: round(coverage)}]]))),
  }
}

export const recordOf = (scored: Scored): string => `${JSON.stringify(accuracyRecord(scored), undefined, 2)}\n`

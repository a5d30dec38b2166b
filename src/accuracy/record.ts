import * as z from 'zod'

/** Beside the measurements it is about; `node scripts/accuracy-record.ts` writes it. */
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

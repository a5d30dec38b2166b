import * as z from 'zod'
import type {MigProfile} from '../snapshot.ts'
import {Standing} from '../words.ts'
import {flagCell, numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

/** Columns of data/mig-profiles.csv. `starts` are memory slices at which one may begin, `placementSize` those that it takes. */
export const MIG_COLUMNS = [
  'acceleratorId', 'profile', 'multiprocessors', 'multiprocessorsTotal', 'memoryGib', 'computeSlices', 'computeSlicesTotal', 'memorySlices', 'memorySlicesTotal',
  'maximumInstances', 'starts', 'placementSize', 'mediaExtensions', 'note', 'sourceId', 'asOf', 'standing',
] as const

const count = z.number().int().positive()
const Row = z.strictObject({
  acceleratorId: z.string().min(1), profile: z.string().regex(/^\d+g\.\d+gb([+-][a-z.]+)?$/), multiprocessors: count.optional(), multiprocessorsTotal: count, memoryGib: z.number().positive(),
  computeSlices: count, computeSlicesTotal: count, memorySlices: count, memorySlicesTotal: count, maximumInstances: count, starts: z.array(z.number().int().nonnegative()).min(1), placementSize: count,
  mediaExtensions: z.boolean(), note: z.string().optional(), sourceId: z.string(), asOf: z.iso.date(), standing: Standing,
})

export function parseMigProfiles(text: string, file = 'mig-profiles.csv'): readonly MigProfile[] {
  const rows = parseRows(text, file, Row, record => {
    return {
      acceleratorId: textCell(record, 'acceleratorId'), profile: textCell(record, 'profile'), multiprocessors: numberCell(record, 'multiprocessors'), multiprocessorsTotal: numberCell(record, 'multiprocessorsTotal'), memoryGib: numberCell(record, 'memoryGib'),
      computeSlices: numberCell(record, 'computeSlices'), computeSlicesTotal: numberCell(record, 'computeSlicesTotal'), memorySlices: numberCell(record, 'memorySlices'), memorySlicesTotal: numberCell(record, 'memorySlicesTotal'),
      maximumInstances: numberCell(record, 'maximumInstances'), starts: (textCell(record, 'starts') ?? '').split(' ').map(Number), placementSize: numberCell(record, 'placementSize'), mediaExtensions: flagCell(record, 'mediaExtensions'),
      note: textCell(record, 'note'), ...provenanceCells(record),
    }
  })
  return refuseDuplicates(rows, file, row => `${row.acceleratorId} ${row.profile}`)
}

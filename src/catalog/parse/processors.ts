import * as z from 'zod'
import type {Processor} from '../snapshot.ts'
import {Standing} from '../words.ts'
import {numberCell, parseRows, provenanceCells, textCell} from './rows.ts'

/** Columns of data/processors.csv. GB/s and watts are of one socket, GFLOP/s of one core at its base clock. `instances` is a glob. */
export const PROCESSOR_COLUMNS = [
  'provider', 'cpuModel', 'instances', 'id', 'vendor', 'name', 'releaseYear', 'coresPerSocket', 'threadsPerCore', 'memoryGbPerSecond', 'fp32GflopsPerCore', 'wattsPerSocket', 'note', 'sourceId', 'asOf', 'standing',
] as const

const positive = z.number().positive().finite()
const Row = z.strictObject({
  provider: z.string().min(1), cpuModel: z.string().min(1), instances: z.string().min(1), id: z.string().regex(/^cpu-[a-z0-9-]+$/), vendor: z.string().min(1), name: z.string().min(1), releaseYear: z.number().int(), coresPerSocket: z.number().int().positive(),
  threadsPerCore: z.union([z.literal(1), z.literal(2)]), memoryGbPerSecond: positive, fp32GflopsPerCore: positive, wattsPerSocket: positive.optional(), note: z.string().optional(), sourceId: z.string(), asOf: z.iso.date(), standing: Standing,
})

export function parseProcessors(text: string, file = 'processors.csv'): readonly Processor[] {
  return parseRows(text, file, Row, record => ({
    provider: textCell(record, 'provider'), cpuModel: textCell(record, 'cpuModel'), instances: textCell(record, 'instances'), id: textCell(record, 'id'), vendor: textCell(record, 'vendor'), name: textCell(record, 'name'),
    releaseYear: numberCell(record, 'releaseYear'), coresPerSocket: numberCell(record, 'coresPerSocket'), threadsPerCore: numberCell(record, 'threadsPerCore'), memoryGbPerSecond: numberCell(record, 'memoryGbPerSecond'), fp32GflopsPerCore: numberCell(record, 'fp32GflopsPerCore'),
    wattsPerSocket: numberCell(record, 'wattsPerSocket'), note: textCell(record, 'note'), ...provenanceCells(record),
  }))
}

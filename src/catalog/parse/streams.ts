import * as z from 'zod'
import type {StreamMeasurement} from '../snapshot.ts'
import {parseRows, provenanceCells, textCell} from './rows.ts'
import {Standing} from '../words.ts'

const positive = z.number().positive().finite()
const Stream = z.strictObject({
  device: z.string().min(1), architecture: z.string().min(1), sort: z.enum(['hbm', 'gddr', 'ddr', 'intel', 'amd']), gbPerSecond: positive, printedGbPerSecond: positive, benchmark: z.string().min(1),
  sourceId: z.string(), asOf: z.iso.date(), standing: Standing,
}).refine(({gbPerSecond, printedGbPerSecond}) => gbPerSecond <= printedGbPerSecond, 'more than the memory can move')

/** `data/stream-bandwidth.csv`: what benchmarks of plain streams reach of the printed memory bandwidth. */
export function parseStreams(text: string, file = 'stream-bandwidth.csv'): readonly StreamMeasurement[] {
  return parseRows(text, file, Stream, record => ({
    device: textCell(record, 'device'),
    architecture: textCell(record, 'architecture'),
    sort: textCell(record, 'sort'),
    gbPerSecond: Number(textCell(record, 'gbPerSecond')),
    printedGbPerSecond: Number(textCell(record, 'printedGbPerSecond')),
    benchmark: textCell(record, 'benchmark'),
    ...provenanceCells(record),
  }))
}

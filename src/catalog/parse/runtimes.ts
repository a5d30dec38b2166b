import * as z from 'zod'
import {Standing} from '../schema.ts'
import type {RuntimeFact} from '../snapshot.ts'
import {numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

const Row = z.strictObject({
  runtime: z.string(),
  /** Context, communication buffers, captured graphs: GiB per accelerator that no model may use. */
  memoryReserveGib: z.number().nonnegative(),
  /** Share of the accelerator's memory the runtime hands out by default. */
  memoryShareUsable: z.number().positive().max(1),
  /** From process start to ready, weights apart. */
  startupSeconds: z.number().nonnegative(),
  /** Per machine, from where a fresh machine gets its weights. */
  weightLoadBytesPerSecond: z.number().positive(),
  /** Which of the four have no fact of this runtime's own and come from `any`. */
  note: z.string().optional(),
  sourceId: z.string(),
  asOf: z.iso.date(),
  standing: Standing,
})

/** `data/runtimes.csv` → memory reserve, start-up and load rate of each runtime; `any` is what a runtime without a row gets. */
export function parseRuntimes(text: string, file = 'runtimes.csv'): readonly RuntimeFact[] {
  const rows = parseRows(text, file, Row, record => ({
    runtime: textCell(record, 'runtime'),
    memoryReserveGib: numberCell(record, 'memoryReserveGib'),
    memoryShareUsable: numberCell(record, 'memoryShareUsable'),
    startupSeconds: numberCell(record, 'startupSeconds'),
    weightLoadBytesPerSecond: numberCell(record, 'weightLoadBytesPerSecond'),
    note: textCell(record, 'note'),
    ...provenanceCells(record),
  }))
  return refuseDuplicates(rows, file, row => row.runtime).map(({runtime, memoryReserveGib, memoryShareUsable, startupSeconds, weightLoadBytesPerSecond, sourceId}) => ({
    runtime, memoryReserveGib, memoryShareUsable, startupSeconds, weightLoadBytesPerSecond, sourceId,
  }))
}

import * as z from 'zod'
import {Standing} from '../schema.ts'
import {numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

/** A constant of power, cooling, circuits, noise, wear or resale. The key is unique; the unit stands beside it. */
export const FacilityFact = z.strictObject({
  key: z.string(),
  value: z.number(),
  unit: z.string(),
  low: z.number().optional(),
  high: z.number().optional(),
  sourceId: z.string(),
  asOf: z.iso.date(),
  standing: Standing,
})
export type FacilityFact = z.infer<typeof FacilityFact>

/** `data/facility.csv` → facts with their spread. */
export function parseFacilityFacts(text: string, file = 'facility.csv'): readonly FacilityFact[] {
  const rows = parseRows(text, file, FacilityFact, record => ({
    key: textCell(record, 'key'),
    value: numberCell(record, 'value'),
    unit: textCell(record, 'unit'),
    low: numberCell(record, 'low'),
    high: numberCell(record, 'high'),
    ...provenanceCells(record),
  }))
  return refuseDuplicates(rows, file, row => row.key)
}

/** `data/facility.csv` → key to value, as a snapshot keeps it. */
export function parseFacility(text: string, file = 'facility.csv'): Readonly<Record<string, number>> {
  return Object.fromEntries(parseFacilityFacts(text, file).map(fact => [fact.key, fact.value]))
}

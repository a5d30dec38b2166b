import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {dateOf, FOUND, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** Facts without a date of their own: the day they were collected. */
const COLLECTED = '2026-11-20'

export function importPart({from, to, sources}: ImportContext): void {
  const rowOf = (record: CsvRecord): CsvCell[] => {
    const {cells} = record
    const source = cells['source']!
    return [
      cells['key']!, numberOf(record, 'value'), cells['unit']!, numberOf(record, 'low'), numberOf(record, 'high'),
      sources.sourceIdFor(source), cells['as_of'] === '' ? COLLECTED : dateOf(record), cells['standing'] ?? sources.standingFor(source),
    ]
  }
  const rows = [...readFacts(from, 'hardware/facility.csv'), ...readFacts(FOUND, 'facility.csv')].map(rowOf)
  writeFileSync(join(to, 'facility.csv'), writeCsv(['key', 'value', 'unit', 'low', 'high', 'sourceId', 'asOf', 'standing'], rows))
}

import {parseCsv} from '../csv.ts'
import type {Source} from '../schema.ts'
import type {CatalogGap} from '../snapshot.ts'
import {compact, oneOf, optionalNumber, requiredText, STANDINGS} from './cells.ts'

export function parseSources(text: string, file = 'sources.csv'): readonly Source[] {
  return parseCsv(text, file).map((record) => ({
    id: requiredText(record, 'id'),
    title: requiredText(record, 'title'),
    address: record.cells['address'] ?? '',
    licence: record.cells['licence'] ?? '',
    standing: oneOf(record, 'standing', STANDINGS),
  }))
}

export function parseGaps(text: string, file = 'gaps.csv'): readonly CatalogGap[] {
  return parseCsv(text, file).map((record) =>
    compact<CatalogGap>({
      provider: requiredText(record, 'provider'),
      subject: requiredText(record, 'subject'),
      rows: optionalNumber(record, 'rows'),
      reason: requiredText(record, 'reason'),
    }),
  )
}

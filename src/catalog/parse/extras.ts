import {parseCsv} from '../csv.ts'
import type {ExtraPrice} from '../snapshot.ts'
import {compact, oneOf, optionalNumber, provenanceOf, requiredNumber, requiredText} from './cells.ts'

/** Columns of data/extras.csv. GB are 1e9 bytes; tiers of one item ascend by `upToGb`, the last is open. */
export const EXTRA_COLUMNS = ['provider', 'category', 'item', 'region', 'upToGb', 'usdPerGb', 'period', 'sourceId', 'asOf', 'standing'] as const

export const EXTRA_CATEGORIES = ['object-storage', 'file-storage', 'block-storage', 'egress', 'inter-region'] as const

export function parseExtras(text: string, file = 'extras.csv'): readonly ExtraPrice[] {
  return parseCsv(text, file).map((record) =>
    compact<ExtraPrice>({
      provider: requiredText(record, 'provider'),
      category: oneOf(record, 'category', EXTRA_CATEGORIES),
      item: requiredText(record, 'item'),
      region: requiredText(record, 'region'),
      upToGb: optionalNumber(record, 'upToGb'),
      usdPerGb: requiredNumber(record, 'usdPerGb'),
      period: oneOf(record, 'period', ['month', 'once'] as const),
      ...provenanceOf(record),
    }),
  )
}

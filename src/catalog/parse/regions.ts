import {parseCsv} from '../csv.ts'
import type {RegionFact} from '../snapshot.ts'
import {compact, optionalText, provenanceOf, requiredText} from './cells.ts'

/** Columns of data/regions.csv. A label that is no one region ("global") has no row. */
export const REGION_COLUMNS = ['provider', 'region', 'country', 'continent', 'sourceId', 'asOf', 'standing'] as const

export function parseRegions(text: string, file = 'regions.csv'): readonly RegionFact[] {
  return parseCsv(text, file).map((record) =>
    compact<RegionFact>({
      provider: requiredText(record, 'provider'),
      region: requiredText(record, 'region'),
      country: optionalText(record, 'country'),
      continent: requiredText(record, 'continent'),
      ...provenanceOf(record),
    }),
  )
}

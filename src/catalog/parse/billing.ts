import {parseCsv} from '../csv.ts'
import {Purchase} from '../schema.ts'
import type {BillingFact} from '../snapshot.ts'
import {compact, oneOf, optionalNumber, optionalText, provenanceOf, requiredNumber, requiredText} from './cells.ts'

/** Columns of data/billing.csv. A row without a purchase holds for all purchases of the provider that have no row of their own. */
export const BILLING_COLUMNS = [
  'provider', 'purchase', 'incrementSeconds', 'minimumSeconds', 'minimumTermHours', 'maximumTermHours', 'publicIpUsdPerHour',
  'provisioningSeconds', 'provisioningSecondsLarge', 'note', 'sourceId', 'asOf', 'standing',
] as const

export function parseBilling(text: string, file = 'billing.csv'): readonly BillingFact[] {
  return parseCsv(text, file).map((record) =>
    compact<BillingFact>({
      provider: requiredText(record, 'provider'),
      purchase: record.cells['purchase'] === '' ? undefined : oneOf(record, 'purchase', Purchase.options),
      incrementSeconds: requiredNumber(record, 'incrementSeconds'),
      minimumSeconds: requiredNumber(record, 'minimumSeconds'),
      minimumTermHours: optionalNumber(record, 'minimumTermHours'),
      maximumTermHours: optionalNumber(record, 'maximumTermHours'),
      publicIpUsdPerHour: optionalNumber(record, 'publicIpUsdPerHour'),
      provisioningSeconds: optionalNumber(record, 'provisioningSeconds'),
      provisioningSecondsLarge: optionalNumber(record, 'provisioningSecondsLarge'),
      note: optionalText(record, 'note'),
      ...provenanceOf(record),
    }),
  )
}

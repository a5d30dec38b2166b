import {RigorError} from '../../errors.ts'
import {parseCsv, type CsvRecord} from '../csv.ts'
import {OfferFlag, Purchase, Service} from '../schema.ts'
import {oneOf, provenanceOf, requiredNumber, requiredText} from './cells.ts'

/**
 * Columns of data/offers/<provider>.csv: one row per machine, service, purchase, price, date and source; `places` holds every region that
 * shares it: `us-east-1|us-west-2`, zones after a colon: `us-east-1:use1-az4+use1-az6`. `flags` are joined by `+`.
 */
export const OFFER_COLUMNS = ['instanceType', 'service', 'purchase', 'priceUsdPerHour', 'places', 'flags', 'sourceId', 'asOf', 'standing'] as const

export interface Place {
  readonly region: string
  readonly zone?: string
}

/** One row of the file: an offer in many places. */
export interface OfferRow {
  readonly record: CsvRecord
  readonly instanceType: string
  readonly service: Service
  readonly purchase: Purchase
  readonly priceUsdPerHour: number
  readonly places: string
  readonly flags: readonly OfferFlag[]
  readonly sourceId: string
  readonly asOf: string
  readonly standing: 'read' | 'recalled' | 'derived' | 'modelled'
}

export function parseOffers(text: string, provider: string, file = `offers/${provider}.csv`): readonly OfferRow[] {
  return parseCsv(text, file).map((record) => {
    const priceUsdPerHour = requiredNumber(record, 'priceUsdPerHour')
    if (priceUsdPerHour <= 0) {
      throw new RigorError('BAD_CATALOG', `${record.file}:${record.line} — a price of ${priceUsdPerHour} USD per hour: unknown prices are left out, not written as zero.`)
    }
    const flags = (record.cells['flags'] ?? '').split('+').filter(Boolean) as OfferFlag[]
    for (const flag of flags) if (!OfferFlag.options.includes(flag)) throw new RigorError('BAD_CATALOG', `${record.file}:${record.line} — "${flag}" is no flag of an offer.`, {hint: `One of ${OfferFlag.options.join(', ')}.`})
    return {
      record,
      instanceType: requiredText(record, 'instanceType'),
      service: oneOf(record, 'service', Service.options),
      purchase: oneOf(record, 'purchase', Purchase.options),
      priceUsdPerHour,
      places: requiredText(record, 'places'),
      flags,
      ...provenanceOf(record),
    }
  })
}

/** `us-east-1:use1-az4+use1-az6|us-west-2` → three places. */
export function* placesOf(places: string): Generator<Place> {
  for (const place of places.split('|')) {
    const colon = place.indexOf(':')
    if (colon < 0) yield {region: place}
    else for (const zone of place.slice(colon + 1).split('+')) yield {region: place.slice(0, colon), zone}
  }
}

/** The inverse of `placesOf`, sorted by region, zones within; a region as a whole stands before its zones. */
export function writePlaces(places: readonly Place[]): string {
  const zonesByRegion = Map.groupBy(places, (place) => place.region)
  return [...zonesByRegion]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([region, group]) => {
      const zones = group.flatMap((place) => place.zone ?? []).sort()
      return [...(zones.length < group.length ? [region] : []), ...(zones.length > 0 ? [`${region}:${zones.join('+')}`] : [])]
    })
    .join('|')
}

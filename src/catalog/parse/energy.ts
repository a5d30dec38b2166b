import * as z from 'zod'
import {Standing} from '../schema.ts'
import type {Snapshot} from '../snapshot.ts'
import {numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

const provenance = {sourceId: z.string(), asOf: z.iso.date(), standing: Standing}

const Tariff = z.strictObject({
  /** ISO 3166-1 (`DE`), a subdivision after ISO 3166-2 (`US-TX`), or `EU` for the average of the Union. */
  country: z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/),
  sector: z.enum(['household', 'commercial', 'industrial', 'datacenter']),
  usdPerKwh: z.number().positive(),
  ...provenance,
})

/** `data/energy/tariffs.csv` → the newest electricity price per country and sector. */
export function parseTariffs(text: string, file = 'energy/tariffs.csv'): Snapshot['tariffs'] {
  const rows = parseRows(text, file, Tariff, record => ({
    country: textCell(record, 'country'),
    sector: textCell(record, 'sector'),
    usdPerKwh: numberCell(record, 'usdPerKwh'),
    ...provenanceCells(record),
  }))
  return refuseDuplicates(rows, file, row => `${row.country}/${row.sector}`).map(({country, sector, usdPerKwh, asOf, sourceId}) => ({country, sector, usdPerKwh, asOf, sourceId}))
}

/** One grid-carbon factor. Lifecycle and generation-only factors are never mixed: only `country` rows rank. */
export const CarbonFactor = z.strictObject({
  /** `country`, or the provider whose region it is. */
  scope: z.string(),
  /** ISO 3166-1 alpha-2, or the region as the provider writes it. */
  code: z.string(),
  basis: z.enum(['lifecycle', 'generation']),
  gramsCo2PerKwh: z.number().nonnegative(),
  carbonFreeShare: z.number().min(0).max(1).optional(),
  ...provenance,
})
export type CarbonFactor = z.infer<typeof CarbonFactor>

export function parseCarbonFactors(text: string, file = 'energy/carbon.csv'): readonly CarbonFactor[] {
  const rows = parseRows(text, file, CarbonFactor, record => ({
    scope: textCell(record, 'scope'),
    code: textCell(record, 'code'),
    basis: textCell(record, 'basis'),
    gramsCo2PerKwh: numberCell(record, 'gramsCo2PerKwh'),
    carbonFreeShare: numberCell(record, 'carbonFreeShare'),
    ...provenanceCells(record),
  }))
  return refuseDuplicates(rows, file, row => `${row.scope}/${row.code}`)
}

/** `data/energy/carbon.csv` → ISO country to lifecycle gCO2e/kWh: the one basis that ranks. */
export function parseCarbonByCountry(text: string, file = 'energy/carbon.csv'): Readonly<Record<string, number>> {
  const lifecycle = parseCarbonFactors(text, file).filter(factor => factor.scope === 'country' && factor.basis === 'lifecycle')
  return Object.fromEntries(lifecycle.map(factor => [factor.code, factor.gramsCo2PerKwh]))
}

const Pue = z.strictObject({
  /** A provider id; `*` = everyone without a figure of their own; `office-closet` and `home` for own premises. */
  provider: z.string(),
  pue: z.number().min(1),
  scope: z.string(),
  ...provenance,
})

/** `data/energy/pue.csv` → provider to fleet-average PUE. */
export function parsePue(text: string, file = 'energy/pue.csv'): Readonly<Record<string, number>> {
  const rows = parseRows(text, file, Pue, record => ({
    provider: textCell(record, 'provider'),
    pue: numberCell(record, 'pue'),
    scope: textCell(record, 'scope'),
    ...provenanceCells(record),
  }))
  return Object.fromEntries(refuseDuplicates(rows, file, row => row.provider).map(row => [row.provider, row.pue]))
}

const Rate = z.strictObject({currency: z.string().regex(/^[A-Z]{3}$/), perUsd: z.number().positive(), ...provenance})

/** `data/energy/fx.csv` → currency to units per US dollar, newest monthly mean. */
export function parseExchangeRates(text: string, file = 'energy/fx.csv'): Snapshot['exchangeRates'] {
  const rows = parseRows(text, file, Rate, record => ({currency: textCell(record, 'currency'), perUsd: numberCell(record, 'perUsd'), ...provenanceCells(record)}))
  return Object.fromEntries(refuseDuplicates(rows, file, row => row.currency).map(row => [row.currency, {perUsd: row.perUsd, asOf: row.asOf}]))
}

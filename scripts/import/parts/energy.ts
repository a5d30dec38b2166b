import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {ISO_BY_COUNTRY} from '../countries.ts'
import {byText, dateOf, mapped, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

type Row = readonly CsvCell[]

/** The newest fact per key; of two with one date the first. `keyOf` answers `undefined` for facts that do not belong in the file. */
function newest(records: readonly CsvRecord[], keyOf: (record: CsvRecord) => string | undefined): readonly {key: string; record: CsvRecord; asOf: string}[] {
  const best = new Map<string, {key: string; record: CsvRecord; asOf: string}>()
  for (const record of records) {
    const key = keyOf(record)
    if (key === undefined) continue
    const asOf = dateOf(record)
    if ((best.get(key)?.asOf ?? '') < asOf) best.set(key, {key, record, asOf})
  }
  return [...best.values()].sort((a, b) => byText(a.key, b.key))
}

/** `Germany` → `DE`; `US-TX` stays. */
const countryOf = (record: CsvRecord, column: string): string => {
  const name = record.cells[column]!
  return /^US-[A-Z]{2}$/.test(name) ? name : mapped(record, column, ISO_BY_COUNTRY)
}

export function importPart({from, to, sources}: ImportContext): void {
  mkdirSync(join(to, 'energy'), {recursive: true})
  const write = (file: string, header: readonly string[], rows: readonly Row[]): void =>
    writeFileSync(join(to, 'energy', file), writeCsv([...header, 'sourceId', 'asOf', 'standing'], rows))
  const provenance = (record: CsvRecord, asOf: string): Row => {
    const source = record.cells['source']!
    const note = record.cells['note'] ?? ''
    const standing = /UNVERIFIED/.test(note) || /^ASSUMPTION/.test(source) ? 'recalled' : /modelled/.test(note) ? 'modelled' : sources.standingFor(source)
    return [sources.sourceIdFor(source), asOf, standing]
  }

  const tariffs = newest(readFacts(from, 'energy/electricity.csv'), record => `${countryOf(record, 'region')}/${record.cells['sector']!}`)
  write('tariffs.csv', ['country', 'sector', 'usdPerKwh'], tariffs.map(({key, record, asOf}) => [...key.split('/'), numberOf(record, 'price_usd_per_kwh'), ...provenance(record, asOf)]))

  // Country rows are lifecycle factors and rank; region rows count generation only and are shown beside. Never mixed.
  const carbon = newest(readFacts(from, 'energy/grid_carbon.csv'), record => {
    const {scope, code, name} = record.cells
    if (scope !== 'country') return `${scope!.replace('_region', '')}/${code!}`
    return name === 'World' ? 'world/*' : `country/${code || mapped(record, 'name', ISO_BY_COUNTRY)}`
  })
  write('carbon.csv', ['scope', 'code', 'basis', 'gramsCo2PerKwh', 'carbonFreeShare'], carbon.map(({key, record, asOf}) => [
    ...key.split('/'), record.cells['basis']!, numberOf(record, 'gco2e_per_kwh'), numberOf(record, 'carbon_free_share'), ...provenance(record, asOf),
  ]))

  // Fleet averages only: a best site, a newest hall or another tool's default says nothing about the machine one rents.
  const FLEET: Readonly<Record<string, string>> = {
    'aws fleet average': 'aws', 'gcp fleet average': 'gcp', 'azure fleet average': 'azure', 'azure owned data centers': 'azure',
    'industry Uptime Institute survey average': '*', 'colocation typical leased hall, range 1.3 to 1.7': 'colocation',
    'office_closet server closet with split air conditioning, range 1.3 to 2.0': 'office-closet',
    'home no active cooling; 1.3 to 1.4 where room air conditioning removes the heat': 'home',
  }
  const pue = newest(readFacts(from, 'energy/pue.csv'), ({cells}) => FLEET[`${cells['provider']!} ${cells['scope']!}`])
  write('pue.csv', ['provider', 'pue', 'scope'], pue.map(({key, record, asOf}) => [key, numberOf(record, 'pue'), record.cells['scope']!, ...provenance(record, asOf)]))

  const fx = newest(readFacts(from, 'energy/fx.csv'), ({cells}) => (cells['base'] === 'USD' && cells['period'] === 'month average' ? cells['quote']! : undefined))
  write('fx.csv', ['currency', 'perUsd'], fx.map(({key, record, asOf}) => [key, numberOf(record, 'rate'), ...provenance(record, asOf)]))
}

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {INTERRUPTION_COLUMNS} from '../../../src/catalog/parse/interruptions.ts'
import {byText, dateOf, numberOf, readFacts} from '../facts.ts'
import {readMachineFacts} from '../machine-facts.ts'
import type {ImportContext} from '../part.ts'

const MONTHLY_SHARE = 'percent of running spot instances interrupted, trailing month'

/** Only shares of a month make a rate; notice periods and bands "within the next hour" of another provider do not. */
export function importPart({from, to, sources}: ImportContext): void {
  const machines = readMachineFacts(from)
  const bands = readFacts(from, 'hardware/spot_interruption.csv').filter((record) => {
    const machine = machines.get(`${record.cells['provider']}/${record.cells['instance_type']}`)
    return record.cells['unit'] === MONTHLY_SHARE && machine !== undefined && machine.leftOut === undefined
  })
  const folded = Map.groupBy(bands, (record) =>
    [record.cells['provider'], record.cells['instance_type'], numberOf(record, 'low_percent')! / 100, (numberOf(record, 'high_percent') ?? 100) / 100, sources.sourceIdFor(record.cells['source']!), dateOf(record)].join('\t'),
  )
  const rows = [...folded].map(([key, group]) => {
    const [provider, instanceType, low, high, sourceId, asOf] = key.split('\t') as [string, string, string, string, string, string]
    return [provider, instanceType, low, high, group.map((record) => record.cells['region']!).sort().join('|'), sourceId, asOf, 'read']
  })
  rows.sort((a, b) => byText(a[0]!, b[0]!) || byText(a[1]!, b[1]!) || Number(a[2]) - Number(b[2]))
  writeFileSync(join(to, 'interruptions.csv'), writeCsv(INTERRUPTION_COLUMNS, rows))
}

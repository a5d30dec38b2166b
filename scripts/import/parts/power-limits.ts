import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {FOUND, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

const COLUMNS = ['id', 'acceleratorId', 'work', 'ownLimitWatts', 'limitWatts', 'speedShare', 'drawWatts', 'coreMhz', 'sourceId', 'asOf', 'standing', 'note'] as const

/** Published speeds under lower power limits: found beside the raw facts, with their sources registered. */
export function importPart({to, sources}: ImportContext): void {
  const rows = readFacts(FOUND, 'power-limits.csv').map(({cells}) => COLUMNS.map((column) => (column === 'sourceId' ? sources.sourceIdFor(cells['source']!) : cells[column]!)))
  writeFileSync(join(to, 'measured-power-limits.csv'), writeCsv(COLUMNS, rows))
}

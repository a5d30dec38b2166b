import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {FOUND, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

const COLUMNS = ['device', 'architecture', 'sort', 'gbPerSecond', 'printedGbPerSecond', 'benchmark', 'sourceId', 'asOf', 'standing'] as const
/** The day the figures were collected. */
const COLLECTED = '2026-11-28'

/** `data/stream-bandwidth.csv`: benchmarks of memory bandwidth, found beside the raw facts. */
export function importPart({to, sources}: ImportContext): void {
  const rows = readFacts(FOUND, 'stream-bandwidth.csv').map(({cells}) => [
    cells['device']!, cells['architecture']!, cells['sort']!, cells['measured_gb_per_second']!, cells['printed_gb_per_second']!, cells['benchmark']!, sources.sourceIdFor(cells['source']!), COLLECTED, 'read',
  ])
  writeFileSync(join(to, 'stream-bandwidth.csv'), writeCsv(COLUMNS, rows))
}

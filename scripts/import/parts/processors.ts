import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {PROCESSOR_COLUMNS} from '../../../src/catalog/parse/processors.ts'
import {FOUND, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The day the data sheets were collected. */
const COLLECTED = '2026-11-28'

/** `data/processors.csv`: what the processors of clouds' machines have, in the order of the found file: of two rows that fit a machine the first counts. */
export function importPart({to, sources}: ImportContext): void {
  const rows = readFacts(FOUND, 'processors.csv').map(({cells}) => [
    cells['provider']!, cells['cpu_model']!, cells['instances']!, cells['id']!, cells['vendor']!, cells['name']!, cells['release_year']!, cells['cores_per_socket']!, cells['threads_per_core']!, cells['memory_gb_per_second']!,
    cells['fp32_gflops_per_core']!, cells['watts_per_socket']!, cells['note']!, sources.sourceIdFor(cells['source']!), COLLECTED, cells['note']!.includes('platform') ? 'derived' : sources.standingFor(cells['source']!),
  ])
  writeFileSync(join(to, 'processors.csv'), writeCsv(PROCESSOR_COLUMNS, rows))
}

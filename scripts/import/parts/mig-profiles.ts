import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {MIG_COLUMNS} from '../../../src/catalog/parse/mig-profiles.ts'
import {byText, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The day the hardware facts were collected. */
const COLLECTED = '2026-11-20'

/** `data/mig-profiles.csv`: slices that accelerators can be cut into, one row for each accelerator and profile. */
export function importPart({from, to, sources}: ImportContext): void {
  const rows = readFacts(from, 'hardware/mig_profiles.csv').flatMap(({cells}) =>
    cells['accelerator_ids']!.split('|').map(accelerator => [
      accelerator, cells['profile']!, cells['sm_count']!, cells['sm_total']!, cells['memory_gib']!, cells['compute_slices']!, cells['compute_slices_total']!, cells['memory_slices']!, cells['memory_slices_total']!,
      cells['max_instances']!, cells['start_indices']!, cells['placement_size']!, cells['media_extensions']!, cells['note']!, sources.sourceIdFor(cells['source']!), COLLECTED, sources.standingFor(cells['source']!),
    ]))
  rows.sort((a, b) => byText(a[0]!, b[0]!) || Number(a[5]) - Number(b[5]) || Number(a[4]) - Number(b[4]) || byText(a[1]!, b[1]!))
  writeFileSync(join(to, 'mig-profiles.csv'), writeCsv(MIG_COLUMNS, rows))
}

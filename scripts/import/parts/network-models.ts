import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {NETWORK_COLUMNS} from '../../../src/catalog/parse/network-models.ts'
import {byText, FOUND, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The day the figures were collected. */
const COLLECTED = '2026-11-28'
const SPELLED: Readonly<Record<string, string>> = {parametersMillion: 'parameters_m', gflop: 'forward_gflop', activationsMillion: 'activations_m', decoderLayers: 'decoder_layers'}

/** `data/network-models.csv`: networks that see or read, found beside the raw facts. */
export function importPart({to, sources}: ImportContext): void {
  const rows = readFacts(FOUND, 'network-models.csv').map(({cells}) => NETWORK_COLUMNS.map(column => {
    switch (column) {
      case 'sourceId': return sources.sourceIdFor(cells['source']!)
      case 'asOf': return COLLECTED
      case 'standing': return sources.standingFor(cells['source']!)
      default: return cells[SPELLED[column] ?? column]!
    }
  }))
  rows.sort((a, b) => byText(String(a[0]), String(b[0])))
  writeFileSync(join(to, 'network-models.csv'), writeCsv(NETWORK_COLUMNS, rows))
}

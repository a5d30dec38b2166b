import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {DEVICE_COLUMNS} from '../../../src/catalog/parse/devices.ts'
import {byText, FOUND, mapped, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The day the data sheets were collected. */
const COLLECTED = '2026-11-28'

/**
 * Generation of the slot that cards of an architecture have, from memory; empty = they differ, or have none. Those that data/accelerators.csv has
 * as well agree with it (test/data/devices.test.ts).
 */
const SLOT_GENERATION: Readonly<Record<string, number | ''>> = {
  'tesla': '', 'fermi': '', 'kepler': 3, 'maxwell': 3, 'pascal': 3, 'volta': 3, 'turing': 3, 'ampere': 4, 'ada': 4, 'hopper': 5, 'blackwell-workstation': 5,
  'terascale': '', 'gcn': 3, 'gcn1': 3, 'vega': 3, 'rdna1': 4, 'rdna2': 4, 'rdna3': 4, 'rdna4': 5, 'cdna1': 4, 'cdna2': 4,
  'intel-gen': '', 'xe-lp': '', 'xe-hpg': 4, 'xe2': 4, 'xe-hpc': 5, 'apple': '', 'cpu': '',
}
const IN_A_SLOT = new Set(['pcie', 'sxm', 'oam'])

/** `data/devices.csv`: accelerators of which memory, bandwidth and 32-bit rate are known and not the rest; found beside the raw facts. */
export function importPart({to, sources}: ImportContext): void {
  const rows = readFacts(FOUND, 'devices.csv').map(record => {
    const {cells} = record
    const generation = IN_A_SLOT.has(cells['formFactor']!) ? mapped(record, 'architecture', SLOT_GENERATION) : ''
    return DEVICE_COLUMNS.map(column => {
      switch (column) {
        // Vectors of processors hold half as many doubles.
        case 'fp64Tflops': return cells['formFactor'] === 'cpu' ? Number(cells['fp32Tflops']) / 2 : cells[column]!
        case 'pcieGeneration': return generation
        case 'sourceId': return sources.sourceIdFor(cells['source']!)
        case 'asOf': return COLLECTED
        case 'standing': return sources.standingFor(cells['source']!)
        default: return cells[column]!
      }
    })
  })
  rows.sort((a, b) => byText(String(a[0]), String(b[0])))
  writeFileSync(join(to, 'devices.csv'), writeCsv(DEVICE_COLUMNS, rows))
}

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell} from '../../../src/catalog/csv.ts'
import {dateOf, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

const COLLECTED = '2026-11-20'
const COLUMNS = [
  'id', 'class', 'title', 'acceleratorIds', 'acceleratorCount', 'acceleratorSlots', 'ratedMaximumWatts', 'measuredMaximumWatts', 'typicalTrainingWatts', 'idleWatts',
  'hostWattsUnderLoad', 'heightUnits', 'noiseDba', 'inputVoltage', 'priceUsd', 'priceLowUsd', 'priceHighUsd', 'priceBasis', 'note', 'sourceId', 'asOf', 'standing',
] as const

/** `data/servers.csv`: machines that can be bought; what `data/rigs/*.yaml` are derived from. Watts are whole machines at the wall. */
export function importPart({from, to, sources}: ImportContext): void {
  const rows = readFacts(from, 'hardware/servers.csv').map((record): CsvCell[] => {
    const {cells} = record
    const number = (column: string): number | undefined => numberOf(record, column)
    const source = cells['source']!
    return [
      cells['id']!, cells['section']!, [cells['vendor']!, cells['model']!].filter(part => part !== 'any').join(' '), cells['accelerators']!, number('gpu_count'), number('gpu_slots'),
      number('rated_max_power_w'), number('measured_max_power_w'), number('typical_training_w'), number('idle_power_w'), number('non_gpu_power_w'),
      number('height_u'), number('noise_dba_1m'), cells['input_voltage']!, number('price_usd'), number('price_low_usd'), number('price_high_usd'), cells['price_basis']!, cells['note']!,
      sources.sourceIdFor(source), cells['price_as_of'] === '' ? COLLECTED : dateOf(record, 'price_as_of'), sources.standingFor(source),
    ]
  })
  writeFileSync(join(to, 'servers.csv'), writeCsv(COLUMNS, rows))
}

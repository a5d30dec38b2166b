import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvRecord} from '../../../src/catalog/csv.ts'
import {ACCELERATOR_COLUMNS} from '../../../src/catalog/parse/accelerators.ts'
import {architectureOf} from '../architectures.ts'
import {byText, dateOf, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'
import {standingOfText} from '../sources.ts'

/** The day the hardware facts were collected; they carry no date of their own. */
const COLLECTED = '2026-11-20'

export function importPart({from, to, sources}: ImportContext): void {
  const rates = readFacts(from, 'energy/fx.csv')
  const rows = readFacts(from, 'hardware/accelerators.csv').map((record) => {
    const cell = (column: string): string => record.cells[column]!
    const linkBothWays = numberOf(record, 'link_gbps_bidir')
    const idleSource = cell('idle_source')
    return [
      cell('id'), cell('vendor'), cell('name'), cell('aliases'), architectureOf(cell('id')), cell('release_year'), cell('form_factor'),
      cell('memory_gib'), cell('memory_type'), cell('memory_bandwidth_gbps'),
      cell('fp64_tflops'), cell('fp64_tensor_tflops'), cell('fp32_tflops'), cell('tf32_tflops'), cell('bf16_tflops'), cell('fp16_tflops'),
      cell('fp8_tflops'), cell('int8_tops'), cell('fp4_tflops'), cell('mamf_bf16_tflops'), cell('mamf_fp8_tflops'),
      cell('tdp_w'), cell('idle_w'), idleSource === '' ? '' : sources.sourceIdFor(idleSource),
      cell('interconnect') || 'none', linkBothWays === undefined ? '' : linkBothWays / 2, cell('pcie_gen'), cell('mig_max_instances'),
      cell('has_rt_cores'), cell('has_display_out'), cell('rops'), cell('sm_count'),
      ...priceOf(record, rates),
      cell('typical_price_usd') === '' ? '' : sources.sourceIdFor(cell('price_source')),
      cell('note'), sources.sourceIdFor(cell('source')), COLLECTED, leadStanding(cell('source')),
    ]
  })
  rows.sort((a, b) => byText(String(a[0]), String(b[0])))
  writeFileSync(join(to, 'accelerators.csv'), writeCsv(ACCELERATOR_COLUMNS, rows))
}

/**
 * Price, range, sort and date. "used, EUR" marks a price that its source gives in euros although the column says dollars
 * (checked against the source's own table): it becomes dollars at the newest rate of its day. The ranges are of other
 * sources and in dollars; one that the price lies outside of reaches as far as the price.
 */
function priceOf(record: CsvRecord, rates: readonly CsvRecord[]): readonly (string | number)[] {
  const cell = (column: string): string => record.cells[column]!
  const kind = cell('price_kind')
  const range = [cell('price_low_usd'), cell('price_high_usd')] as const
  const foreign = /^(.*), ([A-Z]{3})$/.exec(kind)
  if (foreign === null) return [cell('typical_price_usd'), ...range, kind, cell('price_as_of')]
  const [, sort = '', currency = ''] = foreign
  const day = dateOf(record, 'price_as_of')
  const rate = rates
    .filter((each) => each.cells['base'] === 'USD' && each.cells['quote'] === currency && dateOf(each) <= day)
    .reduce<CsvRecord | undefined>((newest, each) => (newest === undefined || dateOf(newest) < dateOf(each) ? each : newest), undefined)
  if (rate === undefined) throw new Error(`${record.file}:${record.line} — no rate of ${currency} is known for ${day}`)
  const [amount, perUsd] = [numberOf(record, 'typical_price_usd')!, numberOf(rate, 'rate')!]
  const usd = Math.round(amount / perUsd)
  const [low, high] = [numberOf(record, 'price_low_usd'), numberOf(record, 'price_high_usd')]
  return [usd, low === undefined ? '' : Math.min(low, usd), high === undefined ? '' : Math.max(high, usd), `${sort}, ${amount} ${currency} at ${perUsd}`, cell('price_as_of')]
}

/** The compute and memory figures come from the first source named; "datasheet (unverified here) for power" after it concerns the power only. */
function leadStanding(text: string): ReturnType<typeof standingOfText> {
  return standingOfText(text.split(' ; ')[0]!)
}

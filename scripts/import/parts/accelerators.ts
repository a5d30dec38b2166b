import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {ACCELERATOR_COLUMNS} from '../../../src/catalog/parse/accelerators.ts'
import {architectureOf} from '../architectures.ts'
import {byText, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'
import {standingOfText} from '../sources.ts'

/** The day the hardware facts were collected; they carry no date of their own. */
const COLLECTED = '2026-11-20'

export function importPart({from, to, sources}: ImportContext): void {
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
      cell('has_rt_cores'), cell('has_display_out'), cell('sm_count'),
      cell('typical_price_usd'), cell('price_low_usd'), cell('price_high_usd'), cell('price_kind'), cell('price_as_of'),
      cell('typical_price_usd') === '' ? '' : sources.sourceIdFor(cell('price_source')),
      cell('note'), sources.sourceIdFor(cell('source')), COLLECTED, leadStanding(cell('source')),
    ]
  })
  rows.sort((a, b) => byText(String(a[0]), String(b[0])))
  writeFileSync(join(to, 'accelerators.csv'), writeCsv(ACCELERATOR_COLUMNS, rows))
}

/** The compute and memory figures come from the first source named; "datasheet (unverified here) for power" after it concerns the power only. */
function leadStanding(text: string): ReturnType<typeof standingOfText> {
  return standingOfText(text.split(' ; ')[0]!)
}

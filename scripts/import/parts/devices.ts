import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {parseAccelerators} from '../../../src/catalog/parse/accelerators.ts'
import {DEVICE_COLUMNS} from '../../../src/catalog/parse/devices.ts'
import type {Accelerator} from '../../../src/catalog/schema.ts'
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

const MATMUL_COLUMNS = {tf32Tflops: 'tf32', bf16Tflops: 'bf16', fp16Tflops: 'fp16', fp8Tflops: 'fp8', int8Tops: 'int8', fp4Tflops: 'fp4'} as const
type MatmulColumn = keyof typeof MATMUL_COLUMNS

/** A line of products whose matmul rates go with their fp32 rate, and the one that the catalog has them of. */
interface ProductLine {
  readonly ids: RegExp
  readonly sibling: string
  /** 16-bit rate with sums in 32 bits ÷ that of the sibling, for as much fp32. */
  readonly share16?: number
}

/**
 * The chips of a generation have as many matmul units for each vector unit, and makers halve their rate by product line, never by part. Export parts are left out
 * (RTX 5090 D, RTX 6000D): theirs is lower. Turing's GeForce cards add up 32-bit sums at half the rate of its Quadros (NVIDIA's white paper of Turing, from memory).
 */
const PRODUCT_LINES: readonly ProductLine[] = [
  {ids: /^(?:quadro-rtx|titan-rtx)-/, sibling: 'quadro-rtx-6000-24gb'},
  {ids: /^rtx-20[678]0-/, sibling: 'quadro-rtx-6000-24gb', share16: 0.5},
  {ids: /^rtx-(?:2050-laptop|30\d\d)-/, sibling: 'rtx-3090-24gb'},
  {ids: /^(?:rtx-a\d+|a2|a16)-/, sibling: 'rtx-a6000-48gb'},
  {ids: /^rtx-40\d\d-/, sibling: 'rtx-4090-24gb'},
  {ids: /^rtx-\d000?-ada-|^rtx-(?:3500|4500|5880)-ada-/, sibling: 'rtx-6000-ada-48gb'},
  {ids: /^rtx-50\d\d-(?!d-)/, sibling: 'rtx-5090-32gb'},
  {ids: /^rtx-pro-/, sibling: 'rtx-pro-6000-blackwell-ws-96gb'},
  {ids: /^(?:rx-7|radeon-(?:780m|8060s|pro-w7))/, sibling: 'rx-7900-xtx-24gb'},
  // Of the next generation: M1 and M2 compute alike in 16 and 32 bits.
  {ids: /^apple-m1-/, sibling: 'apple-m2-max'},
  {ids: /^apple-m2-/, sibling: 'apple-m2-max'},
  {ids: /^apple-m3-/, sibling: 'apple-m3-max'},
  {ids: /^apple-m4-/, sibling: 'apple-m4-max'},
]

/** Matmul rates of a device by those of its product line; empty where the catalog has no sibling of it. */
function matmulRates(id: string, fp32Tflops: number, accelerators: readonly Accelerator[]): Readonly<Partial<Record<MatmulColumn, number>>> {
  const line = PRODUCT_LINES.find(({ids}) => ids.test(id))
  if (line === undefined || !(fp32Tflops > 0)) return {}
  const sibling = accelerators.find(accelerator => accelerator.id === line.sibling)
  if (sibling?.peakFlops.fp32 === undefined) throw new Error(`accelerators.csv has no ${line.sibling} with an fp32 rate`)
  const perFp32 = sibling.peakFlops.fp32
  return Object.fromEntries(Object.entries(MATMUL_COLUMNS).flatMap(([column, precision]) => {
    const rate = sibling.peakFlops[precision]
    if (rate === undefined) return []
    const share = precision === 'fp16' || precision === 'bf16' ? line.share16 ?? 1 : 1
    return [[column, Number(((fp32Tflops * rate * share) / perFp32).toPrecision(4))]]
  }))
}
const isMatmulColumn = (column: string): column is MatmulColumn => column in MATMUL_COLUMNS
const BY_SIBLING = 'tensor rates derived from fp32 by the ratio of a sibling row (dense, fp32 accumulation)'

/** `data/devices.csv`: accelerators of which memory, bandwidth and 32-bit rate were found beside the raw facts, and matmul rates follow from those of their product line or are not known. */
export function importPart({to, sources}: ImportContext): void {
  const accelerators = parseAccelerators(readFileSync(join(to, 'accelerators.csv'), 'utf8'))
  const rows = readFacts(FOUND, 'devices.csv').map(record => {
    const {cells} = record
    const matmul = matmulRates(cells['id']!, Number(cells['fp32Tflops']), accelerators)
    const generation = IN_A_SLOT.has(cells['formFactor']!) ? mapped(record, 'architecture', SLOT_GENERATION) : ''
    return DEVICE_COLUMNS.map(column => {
      if (isMatmulColumn(column)) return matmul[column] ?? ''
      switch (column) {
        // Vectors of processors hold half as many doubles.
        case 'fp64Tflops': return cells['formFactor'] === 'cpu' ? Number(cells['fp32Tflops']) / 2 : cells[column]!
        case 'pcieGeneration': return generation
        case 'note': return Object.keys(matmul).length === 0 ? cells[column]! : [cells[column]!, BY_SIBLING].filter(part => part !== '').join('; ')
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

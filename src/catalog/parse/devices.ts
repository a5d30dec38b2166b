import {parseCsv} from '../csv.ts'
import type {Accelerator} from '../schema.ts'
import {compact, optionalNumber, optionalText, provenanceOf, requiredText, scaled} from './cells.ts'

/** Columns of data/devices.csv: as those of data/accelerators.csv, as far as the sheet is known. */
export const DEVICE_COLUMNS = [
  'id', 'vendor', 'name', 'aliases', 'architecture', 'releaseYear', 'formFactor', 'memoryGib', 'memoryType', 'memoryGbPerSecond',
  'fp64Tflops', 'fp32Tflops', 'powerWatts', 'pcieGeneration', 'displayOutput', 'rayTracingCores', 'multiprocessors', 'note', 'sourceId', 'asOf', 'standing',
] as const

/** Accelerators with a part of a data sheet. What it does not say of display and ray tracing reads as "no"; nothing that needs those takes such an accelerator. */
export function parseDevices(text: string, file = 'devices.csv'): readonly Accelerator[] {
  return parseCsv(text, file).map((record) => {
    const says = (column: string): boolean => optionalText(record, column) === 'yes'
    return compact<Accelerator>({
      id: requiredText(record, 'id'),
      vendor: requiredText(record, 'vendor'),
      name: requiredText(record, 'name'),
      aliases: optionalText(record, 'aliases')?.split('|') ?? [],
      architecture: requiredText(record, 'architecture'),
      releaseYear: optionalNumber(record, 'releaseYear'),
      formFactor: requiredText(record, 'formFactor'),
      partialSheet: true,
      memoryGib: scaled(record, 'memoryGib', 1) ?? Number.NaN,
      memoryType: optionalText(record, 'memoryType'),
      memoryBandwidthBytesPerSecond: scaled(record, 'memoryGbPerSecond', 1e9) ?? Number.NaN,
      peakFlops: compact<Accelerator['peakFlops']>({fp64: scaled(record, 'fp64Tflops', 1e12), fp32: scaled(record, 'fp32Tflops', 1e12)}),
      sustainedMatmulFlops: {},
      powerWatts: optionalNumber(record, 'powerWatts'),
      interconnect: 'none',
      pcieGeneration: optionalNumber(record, 'pcieGeneration'),
      rayTracingCores: says('rayTracingCores'),
      displayOutput: says('displayOutput'),
      multiprocessors: optionalNumber(record, 'multiprocessors'),
      note: optionalText(record, 'note'),
      ...provenanceOf(record),
    })
  })
}

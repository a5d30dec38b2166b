import {parseCsv} from '../csv.ts'
import type {Accelerator} from '../schema.ts'
import {compact, optionalNumber, optionalText, provenanceOf, requiredText, scaled} from './cells.ts'

/** Columns of data/devices.csv: as those of data/accelerators.csv, as far as the sheet is known. */
export const DEVICE_COLUMNS = [
  'id', 'vendor', 'name', 'aliases', 'architecture', 'releaseYear', 'formFactor', 'memoryGib', 'memoryType', 'memoryGbPerSecond',
  'fp64Tflops', 'fp32Tflops', 'tf32Tflops', 'bf16Tflops', 'fp16Tflops', 'fp8Tflops', 'int8Tops', 'fp4Tflops', 'powerWatts', 'pcieGeneration', 'displayOutput', 'rayTracingCores', 'multiprocessors', 'note', 'sourceId', 'asOf', 'standing',
] as const

/**
 * Accelerators that no machine of the catalog has. Without the 16-bit rate of matmuls the sheet is a partial one. What it does not say of display and ray tracing
 * reads as "no"; nothing that needs those takes such an accelerator.
 */
export function parseDevices(text: string, file = 'devices.csv'): readonly Accelerator[] {
  return parseCsv(text, file).map((record) => {
    const says = (column: string): boolean => optionalText(record, column) === 'yes'
    const flops = (column: (typeof DEVICE_COLUMNS)[number]): number | undefined => scaled(record, column, 1e12)
    const fp16 = flops('fp16Tflops')
    return compact<Accelerator>({
      id: requiredText(record, 'id'),
      vendor: requiredText(record, 'vendor'),
      name: requiredText(record, 'name'),
      aliases: optionalText(record, 'aliases')?.split('|') ?? [],
      architecture: requiredText(record, 'architecture'),
      releaseYear: optionalNumber(record, 'releaseYear'),
      formFactor: requiredText(record, 'formFactor'),
      partialSheet: fp16 === undefined ? true : undefined,
      memoryGib: scaled(record, 'memoryGib', 1) ?? Number.NaN,
      memoryType: optionalText(record, 'memoryType'),
      memoryBandwidthBytesPerSecond: scaled(record, 'memoryGbPerSecond', 1e9) ?? Number.NaN,
      peakFlops: compact<Accelerator['peakFlops']>({
        fp64: flops('fp64Tflops'), fp32: flops('fp32Tflops'), tf32: flops('tf32Tflops'), bf16: flops('bf16Tflops'), fp16, fp8: flops('fp8Tflops'), int8: flops('int8Tops'), fp4: flops('fp4Tflops'),
      }),
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

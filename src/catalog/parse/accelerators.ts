import {parseCsv} from '../csv.ts'
import type {Accelerator} from '../schema.ts'
import {compact, optionalNumber, optionalText, provenanceOf, requiredText, scaled, yesNo} from './cells.ts'

/** Columns of data/accelerators.csv. TFLOPS are dense; GB/s are 1e9 bytes/s; `linkGbPerSecond` is one direction. */
export const ACCELERATOR_COLUMNS = [
  'id', 'vendor', 'name', 'aliases', 'architecture', 'releaseYear', 'formFactor',
  'memoryGib', 'memoryType', 'memoryGbPerSecond',
  'fp64Tflops', 'fp64TensorTflops', 'fp32Tflops', 'tf32Tflops', 'bf16Tflops', 'fp16Tflops', 'fp8Tflops', 'int8Tops', 'fp4Tflops',
  'sustainedBf16Tflops', 'sustainedFp8Tflops',
  'powerWatts', 'idleWatts', 'idleSourceId', 'interconnect', 'linkGbPerSecond', 'pcieGeneration', 'migMaxInstances',
  'rayTracingCores', 'displayOutput', 'rasterUnits', 'multiprocessors',
  'priceUsd', 'priceLowUsd', 'priceHighUsd', 'priceKind', 'priceAsOf', 'priceSourceId',
  'note', 'sourceId', 'asOf', 'standing',
] as const

export function parseAccelerators(text: string, file = 'accelerators.csv'): readonly Accelerator[] {
  return parseCsv(text, file).map((record) => {
    const flops = (column: string): number | undefined => scaled(record, column, 1e12)
    const priceUsd = optionalNumber(record, 'priceUsd')
    return compact<Accelerator>({
      id: requiredText(record, 'id'),
      vendor: requiredText(record, 'vendor'),
      name: requiredText(record, 'name'),
      aliases: optionalText(record, 'aliases')?.split('|') ?? [],
      architecture: requiredText(record, 'architecture'),
      releaseYear: optionalNumber(record, 'releaseYear'),
      formFactor: requiredText(record, 'formFactor'),
      memoryGib: scaled(record, 'memoryGib', 1) ?? Number.NaN,
      memoryType: optionalText(record, 'memoryType'),
      memoryBandwidthBytesPerSecond: scaled(record, 'memoryGbPerSecond', 1e9) ?? Number.NaN,
      peakFlops: compact<Accelerator['peakFlops']>({
        fp64: flops('fp64Tflops'), fp64Tensor: flops('fp64TensorTflops'), fp32: flops('fp32Tflops'), tf32: flops('tf32Tflops'),
        bf16: flops('bf16Tflops'), fp16: flops('fp16Tflops'), fp8: flops('fp8Tflops'), int8: flops('int8Tops'), fp4: flops('fp4Tflops'),
      }),
      sustainedMatmulFlops: compact<Accelerator['sustainedMatmulFlops']>({bf16: flops('sustainedBf16Tflops'), fp8: flops('sustainedFp8Tflops')}),
      powerWatts: optionalNumber(record, 'powerWatts'),
      idleWatts: optionalNumber(record, 'idleWatts'),
      interconnect: requiredText(record, 'interconnect'),
      linkBytesPerSecond: scaled(record, 'linkGbPerSecond', 1e9),
      pcieGeneration: optionalNumber(record, 'pcieGeneration'),
      migMaxInstances: optionalNumber(record, 'migMaxInstances'),
      rayTracingCores: yesNo(record, 'rayTracingCores'),
      displayOutput: yesNo(record, 'displayOutput'),
      rasterUnits: optionalNumber(record, 'rasterUnits'),
      multiprocessors: optionalNumber(record, 'multiprocessors'),
      price: priceUsd === undefined ? undefined : compact<NonNullable<Accelerator['price']>>({
        usd: priceUsd,
        lowUsd: optionalNumber(record, 'priceLowUsd'),
        highUsd: optionalNumber(record, 'priceHighUsd'),
        kind: requiredText(record, 'priceKind'),
        asOf: requiredText(record, 'priceAsOf'),
        sourceId: optionalText(record, 'priceSourceId'),
      }),
      note: optionalText(record, 'note'),
      ...provenanceOf(record),
    })
  })
}

import type {Accelerator} from './schema.ts'
import type {StreamMeasurement} from './snapshot.ts'

const MEMORY_SORTS = [[/HBM/, 'hbm'], [/GDDR/, 'gddr'], [/DDR|unified/i, 'ddr']] as const

/** Sort of the memory: chips of one architecture with stacked memory are other chips than those on cards. Processors differ by maker instead. */
export function memorySort({memoryType = '', formFactor, vendor}: Pick<Accelerator, 'memoryType' | 'formFactor' | 'vendor'>): string | undefined {
  return formFactor === 'cpu' ? vendor : MEMORY_SORTS.find(([pattern]) => pattern.test(memoryType))?.[1]
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * What a plain stream of reads and writes reaches of the printed memory bandwidth: the median of what benchmarks gave for the same architecture and sort
 * of memory, else for the architecture, else for all.
 */
export function createStreamShares(measurements: readonly StreamMeasurement[]): (accelerator: Accelerator) => number {
  const shares = new Map<string, number>()
  const share = ({gbPerSecond, printedGbPerSecond}: StreamMeasurement): number => gbPerSecond / printedGbPerSecond
  for (const keyOf of [() => '*', ({architecture}: StreamMeasurement) => architecture, ({architecture, sort}: StreamMeasurement) => `${architecture} ${sort}`]) {
    for (const [key, own] of Map.groupBy(measurements, keyOf)) shares.set(key, median(own.map(share)))
  }
  return accelerator => shares.get(`${accelerator.architecture} ${memorySort(accelerator) ?? ''}`) ?? shares.get(accelerator.architecture) ?? shares.get('*') ?? Number.NaN
}

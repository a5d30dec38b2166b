import type {MeasuredRow} from '../../src/accuracy/score.ts'

/** What the fits of serving and of training share. */

const NOISE = 0.2
/** Near-linear beyond a tenth: medians, not means, are what the fit seeks. */
export const robust = (error: number): number => (Math.sqrt(error * error + 0.01) - 0.1) / NOISE

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Parts the rows are left out in, one after the other. */
export const FOLDS = 4
/** FNV-1a: the same text always falls into the same fold. */
export const hash = (text: string): number => {
  let value = 2166136261
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16777619) >>> 0
  return value
}

/** The source most of the rows come from: the one a calibrated figure rests on. */
export function largestSource(samples: readonly {readonly row: MeasuredRow}[]): string {
  const counts = new Map<string, number>()
  for (const {row} of samples) counts.set(row['source'] ?? '', (counts.get(row['source'] ?? '') ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? ''
}

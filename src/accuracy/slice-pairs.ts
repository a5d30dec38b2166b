import {scale} from '../performance/interval.ts'
import {configurationOf, type Basis, type PredictedRow} from './predict.ts'
import type {Comparison} from './score.ts'
import {isSliceLabel, sliceSize} from './slice-label.ts'

/** A result on a slice, and the same of the whole card (or of its largest slice) in the same source. */
export interface SlicePair {
  readonly slice: PredictedRow
  readonly whole: PredictedRow
}

/** What has to be equal: the work and how it ran, on parts of one accelerator. */
function sharedKey({row: {source, metric, setting}, accelerator}: PredictedRow): string {
  return JSON.stringify([source, metric, setting.unit, accelerator, configurationOf({...setting, accelerator: '', scope: ''})])
}

export function slicePairs(rows: readonly PredictedRow[]): readonly SlicePair[] {
  return [...Map.groupBy(rows, sharedKey).values()].flatMap(group => {
    const largest = group.reduce((best, row) => (sliceSize(row.row.setting.accelerator) > sliceSize(best.row.setting.accelerator) ? row : best))
    return group.flatMap(row => (isSliceLabel(row.row.setting.accelerator) && row.row.setting.accelerator !== largest.row.setting.accelerator ? [{slice: row, whole: largest}] : []))
  })
}

/** Slice ÷ whole, predicted and measured; the interval is that of the slice alone. */
export function ratioOf({slice, whole}: SlicePair, basis: Basis): Comparison {
  const [part, all] = [slice.answers.get(basis)?.interval, whole.answers.get(basis)?.interval]
  return {
    source: slice.row.source, configuration: slice.configuration,
    measured: (slice.row.measured ?? Number.NaN) / (whole.row.measured ?? Number.NaN),
    interval: part === undefined || all === undefined ? undefined : scale(part, 1 / all.p50),
  }
}

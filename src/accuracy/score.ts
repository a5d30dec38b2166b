import type {Distance} from '../performance/distance.ts'
import type {Interval} from '../performance/types.ts'

/** A row of measured results, by column. */
export type MeasuredRow = Readonly<Record<string, string>>

export type Prediction =
  | {readonly status: 'answered'; readonly interval: Interval; readonly distance?: Distance; readonly model?: string; readonly acceleratorId?: string}
  | {readonly status: 'unanswered' | 'out_of_scope' | 'excluded'; readonly reason: string}

export interface ScoredRow {
  readonly id: string
  readonly kind: string
  readonly accelerator: string
  readonly source: string
  readonly metric: string
  readonly unit: string
  readonly measured: number
  readonly prediction: Prediction
}

export interface AccuracySummary {
  /** What the rows have in common: a kind, or a kind and an accelerator. */
  readonly group: string
  readonly rows: number
  readonly answered: number
  /** Median of |predicted ÷ measured − 1|; `null` where nothing was answered. */
  readonly medianAbsolutePercentageError: number | null
  /** Of the pairs of one metric that differ by more than 1.5×, the share in the right order. */
  readonly orderShare: number | null
  readonly pairs: number
  /** Share of answered rows between p10 and p90. */
  readonly intervalShare: number | null
}

/** Pairs nearer than this are ties of different set-ups, not an order. */
export const ORDER_RATIO = 1.5

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  const lower = sorted.length % 2 === 1 ? upper : sorted[middle - 1]
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2
}

/** |predicted ÷ measured − 1|; a yes-or-no row is right (0) or wrong (1). */
export function absoluteError(row: ScoredRow): number | undefined {
  if (row.prediction.status !== 'answered') return undefined
  const {p50} = row.prediction.interval
  if (row.metric === 'fits') return Math.abs(p50 - row.measured) < 0.5 ? 0 : 1
  return row.measured > 0 ? Math.abs(p50 / row.measured - 1) : undefined
}

/** Pairs of rows with the same metric and unit, measured more than 1.5× apart: how many there are and how many are predicted in the same order. */
export function countOrderedPairs(rows: readonly ScoredRow[]): {pairs: number; ordered: number} {
  const byMetric = new Map<string, {measured: number; predicted: number}[]>()
  for (const row of rows) {
    if (row.prediction.status !== 'answered' || row.metric === 'fits' || !(row.measured > 0)) continue
    const key = `${row.metric} ${row.unit}`
    const list = byMetric.get(key)
    const pair = {measured: row.measured, predicted: row.prediction.interval.p50}
    if (list === undefined) byMetric.set(key, [pair])
    else list.push(pair)
  }
  let pairs = 0
  let ordered = 0
  for (const list of byMetric.values()) {
    list.sort((a, b) => a.measured - b.measured)
    for (const [index, low] of list.entries()) {
      for (let other = list.length - 1; other > index; other--) {
        const high = list[other]
        if (high === undefined || high.measured <= low.measured * ORDER_RATIO) break
        pairs++
        if (high.predicted > low.predicted) ordered++
      }
    }
  }
  return {pairs, ordered}
}

/** Figures of merit of a group of rows. */
export function summarize(group: string, rows: readonly ScoredRow[]): AccuracySummary {
  const errors: number[] = []
  let answered = 0
  let intervals = 0
  let inside = 0
  for (const row of rows) {
    const error = absoluteError(row)
    if (error === undefined || row.prediction.status !== 'answered') continue
    answered++
    errors.push(error)
    if (row.metric === 'fits') continue
    intervals++
    if (row.measured >= row.prediction.interval.p10 && row.measured <= row.prediction.interval.p90) inside++
  }
  const {pairs, ordered} = countOrderedPairs(rows)
  return {
    group,
    rows: rows.length,
    answered,
    medianAbsolutePercentageError: median(errors),
    orderShare: pairs > 0 ? ordered / pairs : null,
    pairs,
    intervalShare: intervals > 0 ? inside / intervals : null,
  }
}

/** One summary per value of `key`, largest groups first. */
export function summarizeBy(rows: readonly ScoredRow[], key: (row: ScoredRow) => string): AccuracySummary[] {
  const groups = new Map<string, ScoredRow[]>()
  for (const row of rows) {
    const name = key(row)
    const list = groups.get(name)
    if (list === undefined) groups.set(name, [row])
    else list.push(row)
  }
  return [...groups].map(([name, list]) => summarize(name, list)).sort((a, b) => b.rows - a.rows || (a.group < b.group ? -1 : 1))
}

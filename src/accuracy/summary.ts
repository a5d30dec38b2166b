import {DISTANCES, type Distance} from '../performance/distance.ts'
import {FIGURE_ORDER, SLICE_FIGURES} from './figures.ts'
import {ALL_WAYS, WAYS} from './held-out.ts'
import type {Basis, PredictedRow, Status} from './predict.ts'
import {ratioOf, slicePairs} from './slice-pairs.ts'
import {fitScoresOf, scoresOf, worstFitScores, worstScores, type Comparison, type FitCase, type FitScores, type Scores} from './score.ts'

export const GROUPINGS = ['all', 'figure', 'kind', 'accelerator', 'source', 'distance', 'kind and distance'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface GroupSummary {
  readonly by: Grouping
  readonly group: string
  /** In scope, with a measured value. */
  readonly rows: number
  readonly answered: number
  /** answered ÷ rows. */
  readonly coverage: number
  /** The basis with the largest MAPE: its rows are the ones to show. `pooled`: what each basis says of this distance, together. */
  readonly basis: Basis | 'pooled'
  /** Of rows for which nothing was left out, with the full calibration that was fitted to them; those of the group that are out of sample have an entry of their own. */
  readonly inSample: boolean
  /** Of each statistic the worst of what was left out. Absent where nothing was answered. */
  readonly scores: Scores | undefined
  readonly byBasis: Readonly<Partial<Record<Basis, Scores>>>
}

/** Rows that were answered on the worst basis and missed by most. */
export interface Miss {
  readonly row: PredictedRow
  readonly basis: Basis
  /** predicted ÷ measured. */
  readonly ratio: number
}

export interface TopicCounts extends Readonly<Record<Status, number>> {
  readonly topic: string
  readonly rows: number
}

export interface ReasonCount {
  readonly name: string | undefined
  readonly reason: string
  readonly rows: number
  readonly byTopic: readonly (readonly [topic: string, rows: number])[]
}

export interface AccuracySummary {
  /** What the answers rest on; `all` alone = in sample, or rows that no calibration has seen. */
  readonly bases: readonly Basis[]
  readonly groups: readonly GroupSummary[]
  /** By basis; the one with the fewest right first. */
  readonly fits: readonly (readonly [Basis, FitScores])[]
  /** Of each share the worst of these. */
  readonly worstFits: FitScores | undefined
  /** Of the configurations that are in sample; absent where there are none. */
  readonly fitsInSample: FitScores | undefined
  readonly topics: readonly TopicCounts[]
  readonly outOfScope: readonly ReasonCount[]
  readonly excluded: readonly ReasonCount[]
  readonly unanswered: readonly ReasonCount[]
  readonly worst: readonly Miss[]
}

const WORST = 10

export function summarize(rows: readonly PredictedRow[], bases: readonly Basis[]): AccuracySummary {
  const scored = rows.filter(isScored)
  const [seen, unseen] = [rows.filter(isInSample), rows.filter(row => !isInSample(row))]
  const groups = [...groupsOf(unseen.filter(isScored), bases, false), ...groupsOf(seen.filter(isScored), IN_SAMPLE, true), ...sliceGroups(scored.filter(row => !isInSample(row)), bases)]
  const fits = fitsByBasis(unseen, bases)
  return {
    bases, groups, fits, worstFits: worstFitScores(fits.map(([, each]) => each)), fitsInSample: fitsByBasis(seen, IN_SAMPLE)[0]?.[1], topics: topicsOf(rows), worst: worstOf(scored, groups),
    outOfScope: reasonsOf(rows, 'out_of_scope', ({predicate}) => predicate),
    excluded: reasonsOf(rows, 'excluded', () => undefined),
    unanswered: reasonsOf(rows, 'unanswered', () => undefined),
  }
}

const IN_SAMPLE: readonly Basis[] = ['all']

/** Out of sample means all three ways: a figure is the worst of them. */
export const isInSample = ({seen}: Pick<PredictedRow, 'seen'>): boolean => seen.length > 0

function groupsOf(rows: readonly PredictedRow[], bases: readonly Basis[], inSample: boolean): readonly GroupSummary[] {
  return [
    ...groupsBy('all', rows, bases, () => 'all'),
    ...groupsBy('figure', rows, bases, ({figure}) => figure),
    ...groupsBy('kind', rows, bases, ({kind}) => kind),
    ...groupsBy('accelerator', rows, bases, ({accelerator}) => accelerator),
    ...groupsBy('source', rows, bases, ({row}) => row.source),
    ...distanceGroups(rows, bases),
  ].map(group => ({...group, inSample}))
}

type Group = Omit<GroupSummary, 'inSample'>

/** Held against a measured figure: in scope, not withheld, and no yes or no. */
const isScored = ({status, row, figure}: PredictedRow): boolean => (status === 'answered' || status === 'unanswered') && row.measured !== undefined && figure !== 'fits'

export function comparisonsOf(rows: readonly PredictedRow[], basis: Basis): readonly Comparison[] {
  return rows.map(({row, configuration, answers}) => ({source: row.source, configuration, measured: row.measured ?? Number.NaN, interval: answers.get(basis)?.interval}))
}

/** Those that say the most about what nobody has measured. */
const outOfSample = (bases: readonly Basis[]): readonly Basis[] => (bases.length > 1 ? WAYS : bases)

function groupsBy(by: Grouping, rows: readonly PredictedRow[], bases: readonly Basis[], keyOf: (row: PredictedRow) => string): readonly Group[] {
  const summaries = [...Map.groupBy(rows, keyOf)].map(([group, list]): Group => {
    const byBasis = Object.fromEntries(bases.flatMap(basis => {
      const scores = scoresOf(comparisonsOf(list, basis))
      return scores === undefined ? [] : [[basis, scores] as const]
    }))
    const basis = worstBasis(byBasis, bases)
    const quoted = outOfSample(bases)
    const answered = Math.min(...quoted.map(each => list.filter(({answers, ways}) => (isApplicable(each, ways) ? answers.has(each) : answers.has('all'))).length))
    const scores = worstScores([basis, ...quoted.filter(each => each !== basis)].flatMap(each => byBasis[each] ?? []))
    return {by, group, rows: list.length, answered, coverage: answered / list.length, basis, scores, byBasis}
  })
  return by === 'figure'
    ? summaries.toSorted((a, b) => FIGURE_ORDER.indexOf(a.group) - FIGURE_ORDER.indexOf(b.group))
    : summaries.toSorted((a, b) => b.rows - a.rows || (a.group < b.group ? -1 : 1))
}

/** Slices against the whole card beside them: what is wrong of the card alone cancels, and what is left is that of the slice. */
function sliceGroups(rows: readonly PredictedRow[], bases: readonly Basis[]): readonly GroupSummary[] {
  const pairs = slicePairs(rows)
  if (pairs.length === 0) return []
  const answers = (basis: Basis): readonly Comparison[] => pairs.map(pair => ratioOf(pair, basis))
  const byBasis = Object.fromEntries(bases.flatMap(basis => {
    const scores = scoresOf(answers(basis))
    return scores === undefined ? [] : [[basis, scores] as const]
  }))
  const quoted = outOfSample(bases)
  const answered = Math.min(...quoted.map(basis => answers(basis).filter(({interval}) => interval !== undefined).length))
  const scores = worstScores(quoted.flatMap(basis => byBasis[basis] ?? []))
  return [{by: 'figure', group: SLICE_FIGURES.ratio, rows: pairs.length, answered, coverage: answered / pairs.length, basis: worstBasis(byBasis, bases), inSample: false, scores, byBasis}]
}

const isApplicable = (basis: Basis, ways: PredictedRow['ways']): boolean => basis === 'all' || ways.some(way => way === basis)

function worstBasis(byBasis: Readonly<Partial<Record<Basis, Scores>>>, bases: readonly Basis[]): Basis {
  const mape = (basis: Basis): number => byBasis[basis]?.mape ?? -1
  return outOfSample(bases).reduce((worst, basis) => (mape(basis) > mape(worst) ? basis : worst))
}

/** An answer is as far from the nearest measurement as its calibration makes it: what was left out decides, so each basis adds its own, and whole architectures the farthest. */
function distanceGroups(rows: readonly PredictedRow[], bases: readonly Basis[]): readonly Group[] {
  const pooled = (bases.length > 1 ? ALL_WAYS : bases).flatMap(basis =>
    rows.flatMap(row => {
      const answer = row.answers.get(basis)
      return answer === undefined ? [] : [{kind: row.kind, distance: answer.distance, figure: row.figure, comparison: {source: row.row.source, configuration: `${basis} ${row.configuration}`, measured: row.row.measured ?? Number.NaN, interval: answer.interval}}]
    }),
  )
  const group = (by: Grouping, name: string, list: typeof pooled): readonly Group[] => {
    return list.length === 0 ? [] : [{by, group: name, rows: list.length, answered: list.length, coverage: 1, basis: 'pooled', scores: scoresOf(list.map(({comparison}) => comparison)), byBasis: {}}]
  }
  const kinds = [...new Set(pooled.map(({kind}) => kind))]
  return [
    ...DISTANCES.flatMap(distance => group('distance', distance, pooled.filter(each => each.distance === distance))),
    ...kinds.flatMap(kind => DISTANCES.flatMap(distance => group('kind and distance', `${kind}, ${distance}`, pooled.filter(each => each.kind === kind && each.distance === distance)))),
  ]
}

/** Median p90 ÷ p10 of a figure over all answers no farther than these distances; what is in sample takes no part. */
export function widthAt(rows: readonly PredictedRow[], bases: readonly Basis[], figure: string, distances: readonly Distance[]): number | undefined {
  const comparisons = outOfSample(bases).flatMap(basis => rows.filter(row => isScored(row) && !isInSample(row) && row.figure === figure).flatMap(({row, configuration, answers}) => {
    const answer = answers.get(basis)
    return answer === undefined || !distances.includes(answer.distance) ? [] : [{source: row.source, configuration: `${basis} ${configuration}`, measured: row.measured ?? Number.NaN, interval: answer.interval}]
  }))
  return scoresOf(comparisons)?.width
}

function fitsByBasis(rows: readonly PredictedRow[], bases: readonly Basis[]): readonly (readonly [Basis, FitScores])[] {
  const results = outOfSample(bases).flatMap(basis => {
    const cases = rows.flatMap((row): readonly FitCase[] => {
      if (row.fits.has(basis)) return [{ran: true, fits: row.fits.get(basis)}]
      if (row.figure !== 'fits' || row.row.measured === undefined || (row.status !== 'answered' && row.status !== 'unanswered')) return []
      const answer = row.answers.get(basis)
      return [{ran: row.row.measured === 1, fits: answer === undefined ? undefined : answer.interval.p50 >= 0.5}]
    })
    const scores = fitScoresOf(cases)
    return scores === undefined ? [] : [[basis, scores] as const]
  })
  return results.toSorted((a, b) => a[1].rightShare - b[1].rightShare)
}

function topicsOf(rows: readonly PredictedRow[]): readonly TopicCounts[] {
  return [...Map.groupBy(rows, ({row}) => row.topic)].map(([topic, list]) => {
    const count = (status: Status): number => list.filter(row => row.status === status).length
    return {topic, rows: list.length, answered: count('answered'), unanswered: count('unanswered'), out_of_scope: count('out_of_scope'), excluded: count('excluded')}
  })
}

function reasonsOf(rows: readonly PredictedRow[], status: Status, nameOf: (row: PredictedRow) => string | undefined): readonly ReasonCount[] {
  const lists = Map.groupBy(rows.filter(row => row.status === status), row => nameOf(row) ?? row.reason ?? '')
  return [...lists]
    .map(([, list]) => ({
      name: list[0] === undefined ? undefined : nameOf(list[0]),
      reason: list[0]?.reason ?? '',
      rows: list.length,
      byTopic: [...Map.groupBy(list, ({row}) => row.topic)].map(([topic, each]) => [topic, each.length] as const),
    }))
    .toSorted((a, b) => b.rows - a.rows || (a.reason < b.reason ? -1 : 1))
}

/** One row per configuration and figure, on the basis that its figure is quoted on. */
function worstOf(rows: readonly PredictedRow[], groups: readonly GroupSummary[]): readonly Miss[] {
  const bases = basisByFigure(groups)
  const misses = rows.flatMap((row): readonly Miss[] => {
    const basis = basisOfRow(row, bases)
    const answer = row.answers.get(basis)
    return answer === undefined ? [] : [{row, basis, ratio: answer.interval.p50 / (row.row.measured ?? Number.NaN)}]
  })
  const seen = new Set<string>()
  const size = ({ratio}: Miss): number => Math.abs(Math.log(ratio))
  const worst: Miss[] = []
  for (const miss of misses.toSorted((a, b) => size(b) - size(a))) {
    const key = `${miss.row.figure} ${miss.row.configuration}`
    if (seen.has(key)) continue
    seen.add(key)
    worst.push(miss)
    if (worst.length === WORST) break
  }
  return worst
}

/** The basis that a row is quoted on, where its figure has this one. */
export const basisOfRow = (row: Pick<PredictedRow, 'figure' | 'seen'>, byFigure: ReadonlyMap<string, Basis>): Basis => (isInSample(row) ? 'all' : (byFigure.get(row.figure) ?? 'all'))

/** The basis that the figures of merit of each figure are quoted on; what is in sample apart. */
export function basisByFigure(groups: readonly GroupSummary[]): ReadonlyMap<string, Basis> {
  return new Map(groups.flatMap(({by, group, basis, inSample}) => (by === 'figure' && basis !== 'pooled' && !inSample ? [[group, basis] as const] : [])))
}

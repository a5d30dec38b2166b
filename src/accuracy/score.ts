import type {Distance} from '../performance/distance.ts'
import type {Interval} from '../performance/types.ts'

export type Prediction =
  | {
      readonly status: 'answered'
      readonly interval: Interval
      /** How near the nearest measurement is that the calibration rests on. */
      readonly distance?: Distance
      /** Catalog id of the model, or its published name where the catalog lacks it. */
      readonly model?: string
      readonly acceleratorId?: string
      /** What the time goes to, in words. */
      readonly bottleneck?: string
    }
  | {readonly status: 'unanswered'; readonly reason: string}

/** One prediction held against its measurement. */
export interface Comparison {
  /** Comparisons of one source and one configuration have one vote between them. */
  readonly source: string
  readonly configuration: string
  readonly measured: number
  /** `undefined` = in scope and not answered. */
  readonly interval: Interval | undefined
}

/** A configuration's errors, averaged over the figures that were measured of it. */
export interface Vote {
  readonly source: string
  /** Mean of |predicted ÷ measured − 1| over the answered; `undefined` where none was. */
  readonly error: number | undefined
  /** The same with 1 for each that was not answered. */
  readonly errorOfAll: number
  /** Mean of ln(predicted ÷ measured). */
  readonly logRatio: number
  /** Share of the measurements within [p10, p90]. */
  readonly inside: number
  /** Mean of ln(p90 ÷ p10). */
  readonly logWidth: number
  readonly winkler: number
}

/** Share of the measurements that [p10, p90] is to leave outside. */
const OUTSIDE_SHARE = 0.2

/**
 * Interval score of Winkler (1972; Gneiting and Raftery 2007, eq. 43) on the log scale: ln(p90 ÷ p10), plus ten times the log distance of a
 * measurement that lies outside. Smaller is better; it is least where [p10, p90] are the true percentiles.
 */
export function winklerScore({p10, p90}: Interval, measured: number): number {
  const below = Math.max(0, Math.log(p10 / measured))
  const above = Math.max(0, Math.log(measured / p90))
  return Math.log(p90 / p10) + (2 / OUTSIDE_SHARE) * (below + above)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

export function votesOf(comparisons: readonly Comparison[]): readonly Vote[] {
  const groups = new Map<string, Comparison[]>()
  for (const comparison of comparisons) {
    const key = `${comparison.source}\n${comparison.configuration}`
    const list = groups.get(key)
    if (list === undefined) groups.set(key, [comparison])
    else list.push(comparison)
  }
  return [...groups.values()].map(voteOf)
}

function voteOf(comparisons: readonly Comparison[]): Vote {
  const answered = comparisons.flatMap(({interval, measured}) => (interval === undefined ? [] : [{interval, measured}]))
  const errors = answered.map(({interval, measured}) => Math.abs(interval.p50 / measured - 1))
  return {
    source: comparisons[0]?.source ?? '',
    error: errors.length === 0 ? undefined : mean(errors),
    errorOfAll: mean([...errors, ...Array.from({length: comparisons.length - errors.length}, () => 1)]),
    logRatio: mean(answered.map(({interval, measured}) => Math.log(interval.p50 / measured))),
    inside: mean(answered.map(({interval, measured}) => (measured >= interval.p10 && measured <= interval.p90 ? 1 : 0))),
    logWidth: mean(answered.map(({interval}) => Math.log(interval.p90 / interval.p10))),
    winkler: mean(answered.map(({interval, measured}) => winklerScore(interval, measured))),
  }
}

/** A value and how much it counts. */
export interface Weighted {
  readonly value: number
  readonly weight: number
}

/** Values below which this share of the weight lies: the mean of the two neighbours where it is met exactly, as a median of an even number is. */
export function weightedQuantile(values: readonly Weighted[], share: number): number {
  const sorted = values.toSorted((a, b) => a.value - b.value)
  const total = sorted.reduce((sum, {weight}) => sum + weight, 0)
  let below = 0
  for (const [index, {value, weight}] of sorted.entries()) {
    below += weight
    const excess = below / total - share
    if (excess > 1e-9) return value
    if (excess > -1e-9) return (value + (sorted[index + 1]?.value ?? value)) / 2
  }
  return sorted.at(-1)?.value ?? Number.NaN
}

export function weightedMean(values: readonly Weighted[]): number {
  let [sum, total] = [0, 0]
  for (const {value, weight} of values) {
    sum += value * weight
    total += weight
  }
  return sum / total
}

/** Figures of merit. All but the `plain` ones give each source one vote, shared evenly by its configurations. */
export interface Scores {
  readonly configurations: number
  readonly sources: number
  /** Mean of |predicted ÷ measured − 1|: the headline. */
  readonly mape: number
  readonly mdape: number
  /** 90th percentile of |predicted ÷ measured − 1|. */
  readonly p90: number
  /** exp(mean of ln(predicted ÷ measured)) − 1. */
  readonly bias: number
  /** Share of measurements in [p10, p90]. */
  readonly inside: number
  /** Median of p90 ÷ p10. */
  readonly width: number
  readonly winkler: number
  /** MAPE over in-scope rows, each unanswered one counted as 100 %. */
  readonly mapeOfAll: number
  /** One vote per configuration, whatever its source. */
  readonly plainMape: number
  readonly plainMdape: number
  readonly plainMapeOfAll: number
}

/** `undefined` where nothing was answered. */
export function scoresOf(comparisons: readonly Comparison[]): Scores | undefined {
  const votes = votesOf(comparisons)
  const scored = votes.filter((vote): vote is Vote & {readonly error: number} => vote.error !== undefined)
  if (scored.length === 0) return undefined
  const weights = sourceWeights(scored)
  const weighted = (valueOf: (vote: Vote & {readonly error: number}) => number): readonly Weighted[] => scored.map(vote => ({value: valueOf(vote), weight: weights.get(vote.source) ?? 0}))
  const weightsOfAll = sourceWeights(votes)
  const errors = weighted(({error}) => error)
  const plain = errors.map(({value}) => ({value, weight: 1}))
  return {
    configurations: scored.length,
    sources: weights.size,
    mape: weightedMean(errors),
    mdape: weightedQuantile(errors, 0.5),
    p90: weightedQuantile(errors, 0.9),
    bias: Math.exp(weightedMean(weighted(({logRatio}) => logRatio))) - 1,
    inside: weightedMean(weighted(({inside}) => inside)),
    width: Math.exp(weightedQuantile(weighted(({logWidth}) => logWidth), 0.5)),
    winkler: weightedMean(weighted(({winkler}) => winkler)),
    mapeOfAll: weightedMean(votes.map(({errorOfAll, source}) => ({value: errorOfAll, weight: weightsOfAll.get(source) ?? 0}))),
    plainMape: weightedMean(plain),
    plainMdape: weightedQuantile(plain, 0.5),
    plainMapeOfAll: weightedMean(votes.map(({errorOfAll}) => ({value: errorOfAll, weight: 1}))),
  }
}

/** Shares of measurements within [p10, p90] that are as good as one may ask for. */
export const INSIDE = {aim: 0.75, most: 0.9} as const
const outsideBand = (inside: number): number => Math.max(INSIDE.aim - inside, inside - INSIDE.most, 0)

/** Of each statistic the worst, whichever of these it belongs to; the counts are those of the first. */
export function worstScores([first, ...others]: readonly Scores[]): Scores | undefined {
  if (first === undefined) return undefined
  const all = [first, ...others]
  const farthest = (valueOf: (scores: Scores) => number, badness: (value: number) => number = value => value): number => all.map(valueOf).reduce((worst, value) => (badness(value) > badness(worst) ? value : worst))
  return {
    ...first,
    mape: farthest(({mape}) => mape), mdape: farthest(({mdape}) => mdape), p90: farthest(({p90}) => p90), bias: farthest(({bias}) => bias, Math.abs), inside: farthest(({inside}) => inside, outsideBand),
    width: farthest(({width}) => width), winkler: farthest(({winkler}) => winkler), mapeOfAll: farthest(({mapeOfAll}) => mapeOfAll),
    plainMape: farthest(({plainMape}) => plainMape), plainMdape: farthest(({plainMdape}) => plainMdape), plainMapeOfAll: farthest(({plainMapeOfAll}) => plainMapeOfAll),
  }
}

/** What one vote of each source weighs: 1 ÷ its number of votes. */
function sourceWeights(votes: readonly Vote[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const {source} of votes) counts.set(source, (counts.get(source) ?? 0) + 1)
  return new Map([...counts].map(([source, count]) => [source, 1 / count]))
}

/** How often "it fits" and "it does not" are right. */
export interface FitScores {
  readonly cases: number
  readonly answered: number
  readonly rightShare: number
  /** Published failures, and the share of them that is called one. */
  readonly failures: number
  readonly failuresRightShare: number | null
  /** Configurations that ran, and the share of them that is said to fit. */
  readonly ran: number
  readonly ranRightShare: number | null
}

/** Of one configuration: whether it ran, and what was predicted (`undefined` = not answered). */
export interface FitCase {
  readonly ran: boolean
  readonly fits: boolean | undefined
}

export function fitScoresOf(cases: readonly FitCase[]): FitScores | undefined {
  const answered = cases.filter(({fits}) => fits !== undefined)
  if (answered.length === 0) return undefined
  const side = (ran: boolean): readonly FitCase[] => answered.filter(each => each.ran === ran)
  const right = (list: readonly FitCase[]): number | null => (list.length === 0 ? null : list.filter(({ran, fits}) => ran === fits).length / list.length)
  return {
    cases: cases.length, answered: answered.length, rightShare: right(answered) ?? 0,
    failures: side(false).length, failuresRightShare: right(side(false)), ran: side(true).length, ranRightShare: right(side(true)),
  }
}

/** Of each share the worst, whichever of these it belongs to; the counts are those of the first. */
export function worstFitScores([first, ...others]: readonly FitScores[]): FitScores | undefined {
  if (first === undefined) return undefined
  const least = (valueOf: (scores: FitScores) => number | null): number | null => {
    const values = [first, ...others].flatMap(scores => valueOf(scores) ?? [])
    return values.length === 0 ? null : Math.min(...values)
  }
  return {...first, rightShare: least(({rightShare}) => rightShare) ?? first.rightShare, failuresRightShare: least(each => each.failuresRightShare), ranRightShare: least(each => each.ranRightShare)}
}

import type {Distance} from '../performance/distance.ts'
import {WAYS} from './held-out.ts'
import type {Basis, PredictedRow} from './predict.ts'
import type {FitScores, Scores} from './score.ts'
import {widthAt, type AccuracySummary, type Grouping, type GroupSummary} from './summary.ts'

/** What the estimates are to reach, and where they are. Shares run from 0 to 1. */
export interface Goal {
  readonly name: string
  /** Which side of `aim` is the good one; `within` = between `aim` and `most`. */
  readonly better: 'less' | 'more' | 'within'
  readonly aim: number
  readonly most?: number
  /** What a test insists on. */
  readonly floor?: number
  /** The worst of what was left out; `undefined` = nothing of it was answered. */
  readonly value: number | undefined
  readonly unit: 'share' | 'ratio'
}

export const meets = ({better, most}: Goal, value: number, limit: number): boolean =>
  better === 'less' ? value <= limit : better === 'more' ? value >= limit : value >= limit && value <= (most ?? Number.POSITIVE_INFINITY)

export const aimMet = (goal: Goal): boolean => goal.value !== undefined && meets(goal, goal.value, goal.aim)
/** `undefined` = there is no floor. */
export const floorMet = (goal: Goal): boolean | undefined => (goal.floor === undefined ? undefined : goal.value !== undefined && meets(goal, goal.value, goal.floor))

type Statistic = 'mape' | 'mdape'

const FIGURE_GOALS: readonly (readonly [figure: string, statistic: Statistic, aim: number, floor: number])[] = [
  ['TPOT', 'mape', 0.12, 0.2],
  ['serving throughput', 'mape', 0.12, 0.2],
  ['TTFT', 'mape', 0.25, 0.45],
  ['training step', 'mdape', 0.1, 0.15],
  ['fine-tuning step', 'mdape', 0.1, 0.15],
  ['power and energy', 'mape', 0.1, 0.13],
  ['peak memory', 'mape', 0.07, 0.12],
]
const LEFT_OUT_AIM = 0.18
const BIAS_AIM = 0.05
const P90_AIM = 0.4
const COVERAGE = {aim: 0.95, floor: 0.85}
const INSIDE = {aim: 0.75, most: 0.9}
const FITS = {aim: 0.97, side: 0.95}
/** Widths are held against their aims where the accelerator was measured. */
const MEASURED: readonly Distance[] = ['measured', 'accelerator']
const WIDTHS: readonly (readonly [figure: string, most: number])[] = [['training step', 1.6], ['fine-tuning step', 1.6], ['serving throughput', 1.6], ['TTFT', 3]]

export const STATISTIC_NAMES: Readonly<Record<Statistic, string>> = {mape: 'MAPE', mdape: 'MdAPE'}

export function goalsOf(summary: AccuracySummary, rows: readonly PredictedRow[]): readonly Goal[] {
  const {bases} = summary
  const ways: readonly Basis[] = bases.length > 1 ? WAYS : bases
  const scoresOf = (by: Grouping, group: string): readonly Scores[] => {
    const found = summary.groups.find(each => each.by === by && each.group === group)
    return found === undefined ? [] : ways.flatMap(way => found.byBasis[way] ?? [])
  }
  const worst = (list: readonly Scores[], valueOf: (scores: Scores) => number): number | undefined => (list.length === 0 ? undefined : Math.max(...list.map(valueOf)))
  const all = scoresOf('all', 'all')
  const everything = summary.groups.find(({by}) => by === 'all')
  const leftOut = (way: Basis): number | undefined => everything?.byBasis[way]?.mape
  const groupsBy = (by: Grouping): readonly GroupSummary[] => summary.groups.filter(each => each.by === by)
  return [
    ...FIGURE_GOALS.map(([figure, statistic, aim, floor]): Goal => ({name: `${figure}, ${STATISTIC_NAMES[statistic]}`, better: 'less', aim, floor, unit: 'share', value: worst(scoresOf('figure', figure), scores => scores[statistic])})),
    ...fitGoals(summary.fits.map(([, scores]) => scores)),
    ...(bases.length > 1 ? (['accelerator', 'model'] as const).map((way): Goal => ({name: `${way} left out, MAPE of all`, better: 'less', aim: LEFT_OUT_AIM, unit: 'share', value: leftOut(way)})) : []),
    {name: 'bias of all, either way', better: 'less', aim: BIAS_AIM, unit: 'share', value: worst(all, ({bias}) => Math.abs(bias))},
    {name: '90th percentile of all', better: 'less', aim: P90_AIM, unit: 'share', value: worst(all, ({p90}) => p90)},
    {name: 'answered, of rows in scope', better: 'more', ...COVERAGE, unit: 'share', value: everything?.coverage},
    ...[...groupsBy('kind'), ...(bases.length > 1 ? groupsBy('distance') : [])].map(({group, scores}): Goal => ({name: `in p10–p90: ${groupTitle(group)}`, better: 'within', ...INSIDE, unit: 'share', value: scores?.inside})),
    ...WIDTHS.map(([figure, aim]): Goal => ({name: `p90 ÷ p10: ${figure}`, better: 'less', aim, unit: 'ratio', value: widthAt(rows, bases, figure, MEASURED)})),
  ]
}

function fitGoals(scores: readonly FitScores[]): readonly Goal[] {
  const least = (valueOf: (each: FitScores) => number | null): number | undefined => {
    const values = scores.flatMap(each => valueOf(each) ?? [])
    return values.length === 0 ? undefined : Math.min(...values)
  }
  const goal = (name: string, aim: number, value: number | undefined): Goal => ({name, better: 'more', aim, unit: 'share', value})
  return [
    goal('fits: right', FITS.aim, least(({rightShare}) => rightShare)),
    goal('fits: right of what ran', FITS.side, least(({ranRightShare}) => ranRightShare)),
    goal('fits: right of what did not', FITS.side, least(({failuresRightShare}) => failuresRightShare)),
  ]
}

/** How near the nearest measurement is, in words. */
export const DISTANCE_TITLES: Readonly<Record<Distance, string>> = {
  measured: 'same accelerator and model measured', accelerator: 'accelerator known', family: 'family known', none: 'nothing near',
}
export const groupTitle = (group: string): string => (group in DISTANCE_TITLES ? DISTANCE_TITLES[group as Distance] : group)

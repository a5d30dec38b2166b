import type {Distance} from '../performance/distance.ts'
import {SLICE_FIGURES} from './figures.ts'
import type {PredictedRow} from './predict.ts'
import {INSIDE, type FitScores, type Scores} from './score.ts'
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
  /** The worst of what was left out; `undefined` = nothing of it was answered, or only in sample. */
  readonly value: number | undefined
  /** Rows that it is about were answered in sample, and left out of the value. */
  readonly inSample?: boolean
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
  ['images and clips', 'mdape', 0.15, 0.25],
  ['diffusion training', 'mape', 0.2, 0.4],
  ['cell updates', 'mape', 0.1, 0.15],
  ['cell updates on processors', 'mape', 0.3, 0.5],
  ['transcription', 'mdape', 0.15, 0.25],
  ['transcription on processors', 'mape', 0.3, 0.5],
  ['molecular dynamics', 'mape', 0.15, 0.25],
  ['molecular dynamics on processors', 'mape', 0.3, 0.5],
  ['analytics', 'mape', 0.3, 0.45],
  ['trees over tables', 'mape', 0.3, 0.45],
  ['vision training', 'mdape', 0.15, 0.25],
  ['vision inference', 'mdape', 0.15, 0.25],
  ['NLP training', 'mdape', 0.15, 0.25],
  ['NLP inference', 'mdape', 0.15, 0.25],
  ['environment steps', 'mape', 0.3, 0.5],
  ['environment steps on processors', 'mape', 0.3, 0.5],
  [SLICE_FIGURES.slice, 'mdape', 0.15, 0.3],
  [SLICE_FIGURES.ratio, 'mape', 0.1, 0.2],
  ['power and energy', 'mape', 0.1, 0.13],
  ['energy of images and clips', 'mape', 0.12, 0.2],
  ['peak memory', 'mape', 0.07, 0.12],
]
const LEFT_OUT_AIM = 0.18
const BIAS_AIM = 0.05
const P90_AIM = 0.4
const COVERAGE = {aim: 0.95, floor: 0.85}
const FITS = {aim: 0.97, side: 0.95}
/** Widths are held against their aims where the accelerator was measured. */
const MEASURED: readonly Distance[] = ['measured', 'accelerator']
const WIDTHS: readonly (readonly [figure: string, most: number])[] = [['training step', 1.6], ['fine-tuning step', 1.6], ['serving throughput', 1.6], ['TTFT', 3]]

export const STATISTIC_NAMES: Readonly<Record<Statistic, string>> = {mape: 'MAPE', mdape: 'MdAPE'}

export function goalsOf(summary: AccuracySummary, rows: readonly PredictedRow[]): readonly Goal[] {
  const {bases} = summary
  const groupOf = (by: Grouping, group: string, inSample: boolean): GroupSummary | undefined => summary.groups.find(each => each.by === by && each.group === group && each.inSample === inSample)
  /** A goal of a group: not known where part of it has only been answered in sample, for the rest is not what the goal is about. */
  const goal = (by: Grouping, group: string, about: Omit<Goal, 'value' | 'inSample'>, valueOf: (found: GroupSummary) => number | undefined): Goal => {
    const found = groupOf(by, group, false)
    if (groupOf(by, group, true) !== undefined) return {...about, value: undefined, inSample: true}
    return {...about, value: found === undefined ? undefined : valueOf(found)}
  }
  const quoted = (valueOf: (scores: Scores) => number) => ({scores}: GroupSummary): number | undefined => (scores === undefined ? undefined : valueOf(scores))
  const namesBy = (by: Grouping): readonly string[] => [...new Set(summary.groups.flatMap(each => (each.by === by ? [each.group] : [])))]
  const everything = summary.groups.filter(({by}) => by === 'all')
  const count = (key: 'rows' | 'answered'): number => everything.reduce((total, group) => total + group[key], 0)
  return [
    ...FIGURE_GOALS.map(([figure, statistic, aim, floor]) => goal('figure', figure, {name: `${figure}, ${STATISTIC_NAMES[statistic]}`, better: 'less', aim, floor, unit: 'share'}, quoted(scores => scores[statistic]))),
    ...fitGoals(summary),
    ...(bases.length > 1 ? (['accelerator', 'model'] as const).map(way => goal('all', 'all', {name: `${way} left out, MAPE of all`, better: 'less', aim: LEFT_OUT_AIM, unit: 'share'}, ({byBasis}) => byBasis[way]?.mape)) : []),
    goal('all', 'all', {name: 'bias of all, either way', better: 'less', aim: BIAS_AIM, unit: 'share'}, quoted(({bias}) => Math.abs(bias))),
    goal('all', 'all', {name: '90th percentile of all', better: 'less', aim: P90_AIM, unit: 'share'}, quoted(({p90}) => p90)),
    // Whether a row is answered does not depend on what was left out.
    {name: 'answered, of rows in scope', better: 'more', ...COVERAGE, unit: 'share', value: everything.length === 0 ? undefined : count('answered') / count('rows')},
    ...(bases.length > 1 ? (['kind', 'distance'] as const) : (['kind'] as const)).flatMap(by => namesBy(by).map(group => goal(by, group, {name: `in p10–p90: ${groupTitle(group)}`, better: 'within', ...INSIDE, unit: 'share'}, quoted(({inside}) => inside)))),
    ...WIDTHS.map(([figure, aim]) => goal('figure', figure, {name: `p90 ÷ p10: ${figure}`, better: 'less', aim, unit: 'ratio'}, () => widthAt(rows, bases, figure, MEASURED))),
  ]
}

function fitGoals({worstFits, fitsInSample}: AccuracySummary): readonly Goal[] {
  const goal = (name: string, aim: number, valueOf: (each: FitScores) => number | null): Goal =>
    fitsInSample === undefined ? {name, better: 'more', aim, unit: 'share', value: worstFits === undefined ? undefined : (valueOf(worstFits) ?? undefined)} : {name, better: 'more', aim, unit: 'share', value: undefined, inSample: true}
  return [
    goal('fits: right', FITS.aim, ({rightShare}) => rightShare),
    goal('fits: right of what ran', FITS.side, ({ranRightShare}) => ranRightShare),
    goal('fits: right of what did not', FITS.side, ({failuresRightShare}) => failuresRightShare),
  ]
}

/** How near the nearest measurement is, in words. */
export const DISTANCE_TITLES: Readonly<Record<Distance, string>> = {
  measured: 'same accelerator and model measured', accelerator: 'accelerator known', family: 'family known', none: 'nothing near',
}
export const groupTitle = (group: string): string => (group in DISTANCE_TITLES ? DISTANCE_TITLES[group as Distance] : group)

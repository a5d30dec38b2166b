import {aimMet, floorMet, groupTitle, type Goal} from '../accuracy/goals.ts'
import type {Basis, PredictedRow} from '../accuracy/predict.ts'
import type {Scores} from '../accuracy/score.ts'
import {basisByFigure, basisOfRow, isInSample, type AccuracySummary, type Grouping, type GroupSummary, type Miss, type ReasonCount, type TopicCounts} from '../accuracy/summary.ts'
import {groupDigits} from '../units/format.ts'
import {figure, significant} from './format.ts'
import {columnLines, cut, fitColumns, NARROWEST, paint, wrap, type Column, type Line} from './layout.ts'
import {joinSections} from './sections.ts'

export interface AccuracyView {
  /** What was scored: "data/measured", or the name of a file. */
  readonly subject: string
  /** Said first: what the figures rest on, and what to know of the file. */
  readonly remarks: readonly {readonly text: string; readonly warning: boolean}[]
  /** Every group and every row. */
  readonly verbose: boolean
  readonly width: number
  readonly color: boolean
}

const SHOWN = 12
/** Nothing was left out: no columns for that. */
const IN_SAMPLE: Pick<AccuracySummary, 'bases'> = {bases: ['all']}

/** 0.087 → "8.7 %", 0.21 → "21 %", 12.4 → "1,240 %". What is not all is never "100 %". */
export function share(value: number): string {
  const nearly = value < 1 && value >= 0.995
  const digits = Math.abs(value) < 0.0995 || nearly ? 1 : 0
  return `${groupDigits((nearly ? Math.min(99.9, value * 100) : value * 100).toFixed(digits))} %`
}
const signed = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${share(Math.abs(value))}`
const ratio = (value: number): string => significant(value, 2)

export const BASIS_TITLES: Readonly<Record<Basis | 'pooled', string>> = {all: 'nothing', model: 'model', accelerator: 'accelerator', source: 'source', architecture: 'architecture', pooled: 'each in turn'}

export function renderAccuracy(summary: AccuracySummary, goals: readonly Goal[], rows: readonly PredictedRow[], view: AccuracyView): string {
  const width = Math.max(NARROWEST, Math.floor(view.width))
  const fitted = {...view, width}
  const of = (by: Grouping, inSample: boolean): readonly GroupSummary[] => summary.groups.filter(each => each.by === by && each.inSample === inSample)
  const both = (heading: string, by: Grouping): readonly Line[][] => [groupLines(heading, of(by, false), summary, fitted), groupLines(`${heading}, IN SAMPLE`, of(by, true), IN_SAMPLE, fitted)]
  const figures = (inSample: boolean): readonly GroupSummary[] => [...of('figure', inSample), ...of('all', inSample).map(all => ({...all, group: 'all of these'}))]
  const sections: Line[][] = [
    [...wrap([{text: headline(summary, rows, view), style: 'bold'}], width), ...view.remarks.flatMap(({text, warning}) => wrap([{text, style: warning ? 'yellow' : 'dim'}], width))],
    figureLines('By figure', figures(false), summary, fitted),
    figureLines('By figure, IN SAMPLE', figures(true), IN_SAMPLE, fitted),
    fitLines(summary, fitted),
    ...both('By kind', 'kind'),
    ...both('By accelerator', 'accelerator'),
    ...both('By source', 'source'),
    ...both('By distance to the nearest measurement', 'distance'),
    topicLines(summary.topics, width),
    reasonLines('Out of scope', summary.outOfScope, fitted, true),
    reasonLines('Excluded', summary.excluded, fitted, true),
    reasonLines('Unanswered', summary.unanswered, fitted, false),
    missLines(summary.worst, width),
    goalLines(goals, width),
    ...(view.verbose ? [rowLines(rows, summary, width)] : []),
  ]
  return paint(joinSections(sections), view.color)
}

function headline({topics}: AccuracySummary, rows: readonly PredictedRow[], {subject}: AccuracyView): string {
  const sum = (key: 'answered' | 'unanswered'): number => topics.reduce((total, topic) => total + topic[key], 0)
  const [answered, inScope] = [sum('answered'), sum('answered') + sum('unanswered')]
  if (rows.length === 0) return `No rows of ${subject} match.`
  return `${groupDigits(String(rows.length))} rows of ${subject}: ${groupDigits(String(inScope))} in scope, ${groupDigits(String(answered))} of them answered${inScope === 0 ? '' : ` (${share(answered / inScope)})`}.`
}

const title = (text: string, width: number): Line[] => wrap([{text, style: 'bold'}], width)

/** How far the estimates are off, one line per group. */
export function accuracyColumns(bases: readonly Basis[]): readonly Column<GroupSummary>[] {
  const number = (heading: string, priority: number, valueOf: (scores: Scores) => string): Column<GroupSummary> => ({title: heading, align: 'right', priority, cell: ({scores}) => (scores === undefined ? '' : valueOf(scores))})
  const byBasis = (basis: Basis): Column<GroupSummary> => ({
    title: `without ${BASIS_TITLES[basis]}`, align: 'right', priority: 3, cell: ({byBasis: each}) => (each[basis] === undefined ? '' : share(each[basis].mape)),
  })
  return [
    {title: '', align: 'left', priority: 0, shrinksTo: 18, cell: ({group}) => groupTitle(group)},
    {title: 'rows', align: 'right', priority: 1, cell: ({rows}) => groupDigits(String(rows))},
    {title: 'cover', align: 'right', priority: 1, cell: ({coverage}) => share(coverage)},
    number('MAPE', 0, ({mape}) => share(mape)),
    number('MdAPE', 0, ({mdape}) => share(mdape)),
    number('90th pct', 1, ({p90}) => share(p90)),
    number('bias', 1, ({bias}) => signed(bias)),
    number('in p10– p90', 1, ({inside}) => share(inside)),
    number('p90÷ p10', 1, ({width}) => ratio(width)),
    number('Winkler', 2, ({winkler}) => ratio(winkler)),
    number('with un- answered', 2, ({mapeOfAll}) => share(mapeOfAll)),
    number('plain MAPE', 4, ({plainMape}) => share(plainMape)),
    number('plain MdAPE', 4, ({plainMdape}) => share(plainMdape)),
    ...(bases.length > 1 ? bases.filter(basis => basis !== 'all').map(byBasis) : []),
    number('configu- rations', 5, ({configurations}) => groupDigits(String(configurations))),
    number('sources', 5, ({sources}) => String(sources)),
  ]
}

function groupLines(heading: string, groups: readonly GroupSummary[], {bases}: Pick<AccuracySummary, 'bases'>, {width, verbose}: AccuracyView, columns = accuracyColumns(bases)): Line[] {
  if (groups.length === 0) return []
  const shown = verbose ? groups : groups.slice(0, SHOWN)
  const fitted = fitColumns(columns, shown, width)
  const {header, body} = columnLines(fitted, shown)
  const left = shown.length < groups.length ? wrap([{text: `${shown.length} of ${groups.length}, by rows; --verbose shows all.`, style: 'dim'}], width) : []
  return [...title(heading, width), ...header, ...body, ...left]
}

/** Columns from this priority on are left to wide terminals and `--json`. */
const DETAIL = 5

/** All columns that say how far off the estimates are, in as many tables one below the other as the width makes necessary. */
function figureLines(heading: string, groups: readonly GroupSummary[], summary: Pick<AccuracySummary, 'bases'>, view: AccuracyView): Line[] {
  const [name, ...columns] = accuracyColumns(summary.bases)
  const lines: Line[] = []
  if (name === undefined || groups.length === 0) return lines
  let left: readonly Column<GroupSummary>[] = columns
  while (left.some(({priority}) => priority < DETAIL)) {
    const fitted = new Set(fitColumns([name, ...left], groups, view.width).map(({column}) => column))
    const now = left.filter(column => fitted.has(column))
    // On the narrowest terminals a figure stands alone.
    const taken = now.length > 0 ? now : left.slice(0, 1)
    if (lines.length > 0) lines.push([])
    lines.push(...groupLines(lines.length === 0 ? heading : `${heading}, continued`, groups, summary, view, [name, ...taken]))
    left = left.filter(column => !taken.includes(column))
  }
  return lines
}

function fitLines({worstFits, fitsInSample}: AccuracySummary, {width}: AccuracyView): Line[] {
  const lists = [...(worstFits === undefined ? [] : [['Right', worstFits] as const]), ...(fitsInSample === undefined ? [] : [['In sample: right', fitsInSample] as const])]
  if (lists.length === 0) return []
  const side = (count: number, right: number | null): string => (right === null ? 'none' : `${share(right)} of ${groupDigits(String(count))}`)
  return [
    ...title('Whether it fits', width),
    ...lists.flatMap(([before, scores]) => wrap(`${before} in ${share(scores.rightShare)} of ${groupDigits(String(scores.answered))} configurations: ${side(scores.failures, scores.failuresRightShare)} that ran out of memory, ${side(scores.ran, scores.ranRightShare)} that ran.`, width)),
  ]
}

function topicLines(topics: readonly TopicCounts[], width: number): Line[] {
  if (topics.length === 0) return []
  const count = (heading: string, key: 'rows' | 'answered' | 'unanswered' | 'out_of_scope' | 'excluded'): Column<TopicCounts> => ({title: heading, align: 'right', priority: 0, cell: each => groupDigits(String(each[key]))})
  const columns: readonly Column<TopicCounts>[] = [
    {title: '', align: 'left', priority: 0, shrinksTo: 12, cell: ({topic}) => topic},
    count('rows', 'rows'), count('answered', 'answered'), count('un- answered', 'unanswered'), count('out of scope', 'out_of_scope'), count('excluded', 'excluded'),
  ]
  const {header, body} = columnLines(fitColumns(columns, topics, width), topics)
  return [...title('By topic', width), ...header, ...body]
}

function reasonLines(heading: string, reasons: readonly ReasonCount[], {width, verbose}: AccuracyView, byTopic: boolean): Line[] {
  if (reasons.length === 0) return []
  const shown = verbose ? reasons : reasons.slice(0, SHOWN)
  const widest = Math.max(...shown.map(({rows}) => groupDigits(String(rows)).length))
  const lines = shown.flatMap(({reason, rows, byTopic: topics}) =>
    wrap(byTopic && topics.length > 0 ? `${reason} (${topics.map(([topic, count]) => `${topic} ${count}`).join(', ')})` : reason, width, {first: `${groupDigits(String(rows)).padStart(widest)}  `}))
  const left = shown.length < reasons.length ? wrap([{text: `${shown.length} of ${reasons.length} reasons; --verbose shows all.`, style: 'dim'}], width) : []
  return [...title(heading, width), ...lines, ...left]
}

/** "DeepSeek-R1 on 8 × b200-sxm-180gb, sglang, fp4, tp 8, concurrency 128, 1,024 in, 1,024 out". */
export function askedOf({row: {setting}, accelerator}: PredictedRow): string {
  const stated = (name: string, value: number | undefined): readonly string[] => (value === undefined ? [] : [`${name} ${groupDigits(String(value))}`])
  const parts = [
    `${setting.model} on ${setting.accelerators === undefined ? '' : `${groupDigits(String(setting.accelerators))} × `}${accelerator}`,
    ...[setting.phase, setting.framework, setting.precision].filter(text => text !== ''),
    ...stated('tp', setting.tp), ...stated('pp', setting.pp), ...stated('dp', setting.dp), ...stated('ep', setting.ep),
    ...stated('micro-batch', setting.microBatch), ...stated('batch', setting.globalBatch), ...stated('concurrency', setting.concurrency),
    ...stated('input', setting.inputTokens), ...stated('output', setting.outputTokens), ...stated('sequence', setting.sequenceLength),
  ]
  return parts.join(', ')
}

function missLines(misses: readonly Miss[], width: number): Line[] {
  if (misses.length === 0) return []
  const lines = misses.flatMap(({row, basis, ratio: times}, index) => {
    const answer = row.answers.get(basis)
    const why = [...(isInSample(row) ? ['in sample'] : []), ...(answer?.bottleneck === undefined ? [] : [`bound by ${answer.bottleneck}`]), ...(answer === undefined ? [] : [groupTitle(answer.distance)])]
    return [
      ...wrap([{text: `${row.figure}: predicted ${figure(answer?.interval.p50)} ${row.row.unit}, measured ${figure(row.row.measured)} (${times >= 1 ? `${ratio(times)} times too much` : `${ratio(1 / times)} times too little`})`}], width, {first: `${String(index + 1).padStart(2)}  `}),
      ...wrap([{text: `${askedOf(row)} — ${why.join('; ')}`, style: 'dim'}], width, {first: '    '}),
      [{text: `    ${cut(row.row.id, width - 4)}`, style: 'dim' as const}],
    ]
  })
  return [...title('Farthest off', width), ...lines]
}

const goalValue = ({unit}: Goal, value: number): string => (unit === 'share' ? share(value) : ratio(value))
/** "≤ 12 %", "75–90 %". */
export const goalText = (goal: Goal, limit: number): string =>
  goal.better === 'within' ? `${goalValue(goal, limit)} to ${goalValue(goal, goal.most ?? 1)}` : `${goal.better === 'less' ? '≤' : '≥'} ${goalValue(goal, limit)}`
export const goalStanding = (goal: Goal): string =>
  goal.value === undefined ? 'unknown' : floorMet(goal) === false ? 'below floor' : aimMet(goal) ? 'met' : 'missed'

export const goalColumns: readonly Column<Goal>[] = [
  {title: '', align: 'left', priority: 0, shrinksTo: 24, cell: ({name}) => name},
  {title: 'now', align: 'right', priority: 0, cell: goal => (goal.value === undefined ? '' : goalValue(goal, goal.value))},
  {title: 'aim', align: 'right', priority: 0, cell: goal => goalText(goal, goal.aim)},
  {title: 'floor', align: 'right', priority: 1, cell: goal => (goal.floor === undefined ? '' : goalText(goal, goal.floor))},
  {title: 'standing', align: 'left', priority: 0, cell: goalStanding, style: goal => (goal.inSample === true ? 'yellow' : floorMet(goal) === false ? 'red' : aimMet(goal) ? 'green' : 'yellow')},
]

function goalLines(goals: readonly Goal[], width: number): Line[] {
  const known = goals.filter(({value, inSample}) => value !== undefined || inSample === true)
  if (known.length === 0) return []
  const {header, body} = columnLines(fitColumns(goalColumns, known, width), known)
  return [...title('Aims', width), ...header, ...body]
}

function rowLines(rows: readonly PredictedRow[], summary: AccuracySummary, width: number): Line[] {
  if (rows.length === 0) return []
  const quoted = basisByFigure(summary.groups)
  const columns: readonly Column<PredictedRow>[] = [
    {title: 'row', align: 'left', priority: 0, shrinksTo: 16, widest: 32, cell: ({row}) => row.id},
    {title: 'metric', align: 'left', priority: 1, shrinksTo: 8, widest: 12, cell: ({row}) => row.metric},
    {title: 'measured', align: 'right', priority: 0, widest: 12, cell: ({row}) => (row.measured === undefined ? '' : significant(row.measured, 4))},
    {title: 'answer', align: 'left', priority: 0, shrinksTo: 20, cell: row => answerText(row, basisOfRow(row, quoted))},
  ]
  const {header, body} = columnLines(fitColumns(columns, rows, width), rows)
  return [...title('Every row', width), ...header, ...body]
}

function answerText(row: PredictedRow, basis: Basis): string {
  if (row.status !== 'answered') return `${row.status.replaceAll('_', ' ')}: ${row.reason ?? ''}`
  const interval = row.answers.get(basis)?.interval
  if (interval === undefined) return 'not answered without its group'
  const off = row.row.measured === undefined || row.figure === 'fits' ? '' : ` ${signed(interval.p50 / row.row.measured - 1)}`
  return `${significant(interval.p50, 4)} (${significant(interval.p10, 3)}–${significant(interval.p90, 3)})${off}${isInSample(row) ? ', in sample' : ''}`
}

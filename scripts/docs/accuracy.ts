import {groupTitle, type Goal} from '../../src/accuracy/goals.ts'
import type {FitScores} from '../../src/accuracy/score.ts'
import {isInSample, type AccuracySummary, type Grouping, type GroupSummary} from '../../src/accuracy/summary.ts'
import {accuracyColumns, askedOf, goalColumns, share} from '../../src/report/accuracy.ts'
import {accuracyPlots} from '../../src/report/accuracy-plot.ts'
import {figure, significant} from '../../src/report/format.ts'
import type {Column} from '../../src/report/layout.ts'
import {bundledResults, score, type Scored} from '../../src/scoring.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {MADE, markdownTable, thousands} from './markdown.ts'

/** The published results that come with rigor, predicted and scored, with what the plots need of the catalog. */
export async function scoredResults(root: string): Promise<Scored & {readonly accelerators: Parameters<typeof accuracyPlots>[2]}> {
  const snapshot = await openSnapshot({packageRoot: root})
  return {...score(bundledResults(root), snapshot), accelerators: snapshot.accelerators}
}

const groupsOf = ({groups}: AccuracySummary, by: Grouping, inSample = false): readonly GroupSummary[] => groups.filter(group => group.by === by && group.inSample === inSample)
const withAll = (summary: AccuracySummary, inSample = false): readonly GroupSummary[] => [...groupsOf(summary, 'figure', inSample), ...groupsOf(summary, 'all', inSample).map(all => ({...all, group: 'all of these'}))]

/** For the README: by figure, and what fits. */
export function accuracyTable({summary, remarks}: Scored): string {
  const rows = [...withAll(summary), ...withAll(summary, true)].map(({group, inSample, rows: count, coverage, scores}) => [
    inSample ? `${group}, in sample` : group, thousands(count), share(coverage), ...(scores === undefined ? ['–', '–', '–', '–'] : [share(scores.mape), share(scores.mdape), share(scores.p90), share(scores.inside)]),
  ])
  const table = markdownTable(['figure', 'rows', 'answered', 'mean error', 'median error', '90th percentile', 'inside p10–p90'], rows, [1, 2, 3, 4, 5, 6])
  return [table, fitText(summary), ...remarks.map(({text}) => text)].filter(text => text !== '').join('\n\n')
}

function fitText({worstFits, fitsInSample}: AccuracySummary): string {
  return [...(worstFits === undefined ? [] : [fitSentence(worstFits)]), ...(fitsInSample === undefined ? [] : [`In sample: ${fitSentence(fitsInSample).replace(/^W/, 'w')}`])].join(' ')
}

function fitSentence(scores: FitScores): string {
  const side = (count: number, right: number | null, what: string): string => (right === null ? `no configuration that ${what}` : `${share(right)} of the ${thousands(count)} that ${what}`)
  return `Whether a configuration fits is answered rightly in ${share(scores.rightShare)} of ${thousands(scores.answered)} cases: in ${side(scores.failures, scores.failuresRightShare, 'ran out of memory')} and ${side(scores.ran, scores.ranRightShare, 'ran')}.`
}

/** A table of the terminal, with all its columns. */
function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const heading = (title: string): string => title.replaceAll('- ', '').replaceAll('– ', '–').replaceAll('÷ ', '÷')
  const right = columns.flatMap(({align}, index) => (align === 'right' ? [index] : []))
  return markdownTable(columns.map(({title}) => heading(title)), rows.map(row => columns.map(column => column.cell(row, Number.POSITIVE_INFINITY))), right)
}

/** docs/accuracy.md and its plots, by their paths in the repository. */
export function accuracyFiles(scored: Scored & {readonly accelerators: Parameters<typeof accuracyPlots>[2]}): ReadonlyMap<string, string> {
  const {summary, goals, remarks, predicted, accelerators} = scored
  const plots = accuracyPlots(summary, predicted, accelerators)
  const tables = (groupsIn: (inSample: boolean) => readonly GroupSummary[]): string => {
    const [out, seen] = [groupsIn(false), groupsIn(true)]
    return [...(out.length > 0 || seen.length === 0 ? [table(accuracyColumns(summary.bases), out)] : []), ...(seen.length > 0 ? ['In sample:', table(accuracyColumns(['all']), seen)] : [])].join('\n\n')
  }
  const groups = (by: Grouping): string => tables(inSample => groupsOf(summary, by, inSample))
  const pictures = plots.map(({name, title}) => `![${title}](accuracy/${name})`).join('\n\n')
  const page = `${MADE}

# How far the estimates are off

Every estimate is held against what others measured and published ([data/measured](../data/measured)). \`rigor accuracy\` prints these figures, \`rigor accuracy --data FILE.csv\` those of any other file with the same columns. How they are defined stands [below](#definitions), why so in [decision 9](decisions/0009-accuracy.md).

${remarks.map(({text, warning}) => (warning ? `**${text}**` : text)).join('\n\n')}

## By figure

${tables(inSample => withAll(summary, inSample))}

${fitText(summary)}

## Aims

${aimsText(goals)}

${table(goalColumns, goals)}

"p90 ÷ p10" is the median where the accelerator was measured. A floor is what a test insists on (\`test/accuracy/floors.test.ts\`), as it does on no figure getting worse by more than a point and on no interval getting wider.

## Predicted against measured

On the line a prediction is right, in the shaded band off by 25 % at most.

${pictures}

## By kind

${groups('kind')}

## By distance to the nearest measurement

How near the nearest measurement is that the factors of an answer rest on. What is left out decides, so each row counts once for each way of leaving out.

${groups('distance')}

${tables(inSample => groupsOf(summary, 'kind and distance', inSample).map(each => ({...each, group: distanceTitle(each.group)})))}

## By accelerator

${groups('accelerator')}

## By source

${groups('source')}

## What is scored, and what is not

${markdownTable(['topic', 'rows', 'answered', 'unanswered', 'out of scope', 'excluded'], summary.topics.map(({topic, rows, answered, unanswered, out_of_scope: outOfScope, excluded}) => [topic, ...[rows, answered, unanswered, outOfScope, excluded].map(thousands)]), [1, 2, 3, 4, 5])}

Out of scope, by the predicates of [scope.yaml](../data/measured/scope.yaml):

${markdownTable(['predicate', 'reason', 'rows', 'by topic'], summary.outOfScope.map(({name, reason, rows, byTopic}) => [name ?? '', reason, thousands(rows), byTopic.map(([topic, count]) => `${topic} ${thousands(count)}`).join(', ')]), [2])}

Excluded, row by row, in the same file:

${markdownTable(['reason', 'rows'], summary.excluded.map(({reason, rows}) => [reason, thousands(rows)]), [1])}

Unanswered, though in scope:

${markdownTable(['reason', 'rows'], summary.unanswered.map(({reason, rows}) => [reason, thousands(rows)]), [1])}

## Farthest off

${markdownTable(['figure', 'asked', 'predicted', 'measured', 'unit', 'predicted ÷ measured', 'nearest measurement', 'row'], summary.worst.map(({row, basis, ratio}) => [row.figure, askedOf(row), figure(row.answers.get(basis)?.interval.p50), figure(row.row.measured), row.row.unit, significant(ratio, 2), `${groupTitle(row.answers.get(basis)?.distance ?? '')}${isInSample(row) ? ', in sample' : ''}`, `\`${row.row.id}\``]), [2, 3, 5])}

${DEFINITIONS}
`
  return new Map([['docs/accuracy.md', page], ...plots.map(({name, svg}) => [`docs/accuracy/${name}`, svg] as const)])
}

function distanceTitle(group: string): string {
  const [kind = '', distance = ''] = group.split(', ')
  return `${kind}, ${groupTitle(distance)}`
}

function aimsText(goals: readonly Goal[]): string {
  const known = goals.filter(({value}) => value !== undefined)
  const missed = table(goalColumns, known).split('\n').slice(2).filter(line => / (?:missed|below floor) \|$/.test(line)).map(line => line.split(' | ')[0]?.slice(2) ?? '')
  return missed.length === 0 ? `All ${known.length} aims are met.` : `${known.length - missed.length} of ${known.length} aims are met. Missed: ${missed.join('; ')}.`
}

const DEFINITIONS = `## Definitions

- **Blind.** What is predicted sees the setting of a row: never its value, id, date or source, and of its notes the fields that one documented parser names. A test blanks the values and shuffles the rest, and the predictions stay the same byte for byte.
- **Out of sample.** Each row is predicted with factors that were fitted without its model, without its accelerator, and without its source, each left out whole. Every figure is the worst of the three, each column for itself (of the share inside p10–p90 the one farthest from 75–90 %); "without …" gives the mean errors of all three.
- **Error** = |predicted ÷ measured − 1|, with the median (p50) as what was predicted.
- **One configuration has one vote.** Rows of one source whose settings agree in every column but metric, unit and scope (tokens/s, TFLOP/s and MFU of one run) are averaged first. Models of one shape (DeepSeek-V3 and R1) are one: tables list the same result under both names.
- **Sources are averaged.** Each source weighs the same, shared evenly by its configurations, so that one large table does not drown the rest. **MAPE**, the headline, is the mean error so weighted; MdAPE and the 90th percentile are weighted quantiles. *Plain* figures weigh every configuration the same.
- **With unanswered**: the same mean over all rows in scope, each that is not answered counted as an error of 100 %.
- **Bias** = exp(mean of ln(predicted ÷ measured)) − 1: too much and too little by the same factor cancel.
- **In p10–p90**: how often the measurement lies in the interval; four in five is right. **p90÷p10**: its median width. This is not out of sample: the widths were read from the residuals of these very rows, each left out in its turn, and not anew without those that are counted here. What nobody has measured may lie outside more often.
- **Winkler** score, on the log scale: ln(p90 ÷ p10), plus ten times the log distance of a measurement that lies outside. Smaller is better, and only the true percentiles make it least.
- **Fits.** Published failures, and every configuration of any other row in scope, since it ran: whether its own figure is answered or not. An answer is wrong if it says otherwise.`


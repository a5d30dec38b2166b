import {parseHeldOut, type HeldOutFold} from './accuracy/held-out.ts'
import {goalsOf, type Goal} from './accuracy/goals.ts'
import {BASES, configurationOf, predictRows, scopeContext, type PredictedRow} from './accuracy/predict.ts'
import {readResults, type ResultRow} from './accuracy/rows.ts'
import {parseScope} from './accuracy/scope.ts'
import {isInSample, summarize, type AccuracySummary} from './accuracy/summary.ts'
import type {Snapshot} from './catalog/snapshot.ts'
import {RigorError} from './errors.ts'
import {createPlanningFacts} from './planner/facts.ts'
import {readMeasured, SCOPE_FILE, type MeasuredTexts} from './store/measured.ts'
import {readTextFile} from './store/text-file.ts'
import {echo} from './text/safe.ts'
import {groupDigits} from './units/format.ts'

/** Something to know before the figures. */
export interface Remark {
  readonly text: string
  readonly warning: boolean
}

/** What is to be scored, before anything is predicted. */
export interface Subject {
  readonly rows: readonly ResultRow[]
  readonly remarks: readonly Remark[]
  /** Factors fitted without some groups; absent = the full calibration alone. */
  readonly folds: readonly HeldOutFold[] | undefined
  readonly scope: string
}

export interface Scored {
  readonly predicted: readonly PredictedRow[]
  readonly summary: AccuracySummary
  readonly goals: readonly Goal[]
  readonly remarks: readonly Remark[]
}

/** The published results that come with rigor. */
export function bundledResults(packageRoot: string): Subject {
  const {results, heldOut, scope} = readMeasured(packageRoot)
  const rows = rowsOf(results)
  if (heldOut === undefined) {
    return {rows, scope, folds: undefined, remarks: [{warning: true, text: 'IN SAMPLE: the factors were fitted to these very results, and data/measured/held-out.json, which holds factors fitted without them, is missing. The errors on results that nobody has seen are larger.'}]}
  }
  return {rows, scope, folds: parseHeldOut(heldOut), remarks: []}
}

/** What was left out when the rows were predicted, and for which of them nothing was. */
function basisRemarks(predicted: readonly PredictedRow[]): readonly Remark[] {
  const scored = predicted.filter(({status}) => status === 'answered' || status === 'unanswered')
  const inSample = [...Map.groupBy(scored, ({kind}) => kind)].flatMap(([kind, rows]) => {
    const seen = rows.filter(isInSample).length
    return seen === 0 ? [] : [seen === rows.length ? `all ${groupDigits(String(seen))} rows of ${kind}` : `${groupDigits(String(seen))} of ${groupDigits(String(rows.length))} rows of ${kind}`]
  })
  const some = scored.some(row => !isInSample(row))
  return [
    ...(some ? [{warning: false, text: 'Out of sample: every result is predicted three times, by factors fitted without its model, without its accelerator and without its source. Each figure is the worst of the three. The widths of the intervals were read from these very residuals, though: how often a measurement lies in p10–p90 is not out of sample.'}] : []),
    ...(inSample.length === 0 ? [] : [{warning: true, text: `IN SAMPLE${some ? ', and shown apart' : ''}: ${inSample.join(', ')}. data/measured/held-out.json has no factors that were fitted without them; the errors on results that nobody has seen are larger, and the aims they belong to are unknown.`}]),
  ]
}

/** A file of the user's. */
export function ownResults(file: string, packageRoot: string): Subject {
  const {rows, remarks} = readResults(readTextFile(file), file)
  if (rows.length === 0) throw new RigorError('BAD_MEASUREMENT', `${echo(file, 300)} holds no rows.`, {hint: 'Below the line that names the columns there must be one line for each result.'})
  const {results, scope} = readMeasured(packageRoot)
  const seen = new Set(rowsOf(results).map(keyOf))
  const known = rows.filter(row => row.problem === undefined && seen.has(keyOf(row))).length
  return {
    rows, scope, folds: undefined,
    remarks: [
      {warning: false, text: 'Predicted by the full calibration, as plans and estimates are.'},
      ...(known === 0 ? [] : [{warning: true, text: `${known} of ${rows.length} rows state settings that the factors were fitted to: for these the errors are in sample, and too small.`}]),
      ...remarks.map(text => ({warning: true, text})),
    ],
  }
}

const rowsOf = (results: MeasuredTexts['results']): readonly ResultRow[] => [...results].flatMap(([name, text]) => readResults(text, name).rows)
const keyOf = ({setting}: ResultRow): string => `${configurationOf(setting)} ${setting.metric} ${setting.scope}`

/** Predicts and scores. The facts are those of the catalog alone: nothing that the user measured takes part. */
export function score({rows, folds, scope: scopeText, remarks}: Subject, snapshot: Snapshot, progress?: (done: number) => void): Scored {
  const {accelerators, devices, calibration} = snapshot
  const facts = createPlanningFacts(snapshot)
  const {migProfiles} = facts
  const scope = parseScope(scopeText, SCOPE_FILE, scopeContext(accelerators, devices, migProfiles))
  const predicted = predictRows(rows, {facts, accelerators, devices, migProfiles, calibration, scope, folds, progress})
  const summary = summarize(predicted, folds === undefined ? ['all'] : BASES)
  // Bugs must not hide among what is not answered.
  const broken = predicted.filter(({failed}) => failed).length
  const bugs = broken === 0 ? [] : [{warning: true, text: `${broken} ${broken === 1 ? 'row is' : 'rows are'} unanswered because of a bug in rigor; please report it.`}]
  return {predicted, summary, goals: goalsOf(summary, predicted), remarks: [...(folds === undefined ? [] : basisRemarks(predicted)), ...remarks, ...bugs]}
}

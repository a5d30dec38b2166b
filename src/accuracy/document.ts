import type {Interval} from '../performance/types.ts'
import {aimMet, floorMet, type Goal} from './goals.ts'
import type {Basis, PredictedRow} from './predict.ts'
import type {FitScores, Scores} from './score.ts'
import {basisByFigure, basisOfRow, type AccuracySummary, type GroupSummary} from './summary.ts'

/** What `rigor accuracy --json` prints. Figures that were not answered are `null`; shares run from 0 to 1. */
export function accuracyDocument(summary: AccuracySummary, goals: readonly Goal[], rows: readonly PredictedRow[], remarks: readonly string[]): Record<string, unknown> {
  const quoted = quotedBases(summary)
  return {
    schema: 'rigor.accuracy/1',
    outOfSample: isOutOfSample(summary),
    remarks,
    rows: rows.map(row => rowOf(row, basisOfRow(row, quoted), summary.bases)),
    summary: [...summary.groups.map(groupEntry), ...fitEntries(summary)],
    fits: [...summary.fits.map(([basis, scores]) => ({basis, inSample: false, ...shortened({...scores})})), ...(summary.fitsInSample === undefined ? [] : [{basis: 'all', inSample: true, ...shortened({...summary.fitsInSample})}])],
    topics: summary.topics.map(({out_of_scope: outOfScope, ...counts}) => ({...counts, outOfScope})),
    outOfScope: summary.outOfScope.map(({name, reason, rows: count, byTopic}) => ({name, reason, rows: count, byTopic: Object.fromEntries(byTopic)})),
    excluded: summary.excluded.map(({reason, rows: count}) => ({reason, rows: count})),
    unanswered: summary.unanswered.map(({reason, rows: count}) => ({reason, rows: count})),
    worst: summary.worst.map(({row, basis, ratio}) => ({id: row.row.id, figure: row.figure, basis, ratio: short(ratio)})),
    goals: goals.map(goal => ({name: goal.name, value: goal.value === undefined ? null : short(goal.value), aim: goal.aim, most: goal.most ?? null, floor: goal.floor ?? null, inSample: goal.inSample ?? false, aimMet: goal.inSample === true ? null : aimMet(goal), floorMet: goal.inSample === true ? null : (floorMet(goal) ?? null)})),
  }
}

/** Whether the quoted figures are of what no factor has seen: all but those that are marked. */
export const isOutOfSample = ({bases, groups}: AccuracySummary): boolean => bases.length > 1 && groups.some(({inSample}) => !inSample)

/** Six significant digits: more than any of them is worth, and the same bytes on every machine. */
const short = (value: number): number => Number(value.toPrecision(6))
const shortened = (figures: Readonly<Record<string, number | null>>): Record<string, number | null> => Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value === null ? null : short(value)]))

const NOTHING = {
  configurations: 0, sources: 0, mape: null, mdape: null, p90: null, bias: null, inside: null, width: null, winkler: null, mapeOfAll: null, plainMape: null, plainMdape: null, plainMapeOfAll: null,
} as const satisfies Record<keyof Scores, number | null>

function groupEntry({scores, byBasis, ...group}: GroupSummary): Record<string, unknown> {
  const mapes = Object.entries(byBasis).map(([basis, each]) => [basis, each.mape] as const)
  return {...group, ...shortened({coverage: group.coverage, ...(scores ?? NOTHING)}), mapeByBasis: shortened(Object.fromEntries(mapes))}
}

/** Yes or no has no percentage errors: how often it is right, overall and on either side. */
function fitEntries({fits: [quoted], worstFits, fitsInSample}: AccuracySummary): readonly Record<string, unknown>[] {
  const entry = (basis: Basis, inSample: boolean, {cases, answered, ...shares}: FitScores): Record<string, unknown> => ({by: 'figure', group: 'fits', rows: cases, answered, coverage: short(answered / cases), basis, inSample, ...shortened(shares)})
  return [...(quoted === undefined || worstFits === undefined ? [] : [entry(quoted[0], false, worstFits)]), ...(fitsInSample === undefined ? [] : [entry('all', true, fitsInSample)])]
}

/** The basis that each figure is quoted on: the rows of the document are those that its summary was made of. */
export function quotedBases(summary: AccuracySummary): ReadonlyMap<string, Basis> {
  const fits = summary.fits[0]
  return new Map([...basisByFigure(summary.groups), ...(fits === undefined ? [] : [['fits', fits[0]] as const])])
}

function rowOf({row, status, reason, seen, answers, kind, figure, model, accelerator}: PredictedRow, basis: Basis, bases: readonly Basis[]): Record<string, unknown> {
  const answer = answers.get(basis)
  const missing = status === 'answered' && answer === undefined
  const percentiles = (interval: Interval | undefined): Interval | null => (interval === undefined ? null : {p10: short(interval.p10), p50: short(interval.p50), p90: short(interval.p90)})
  return {
    id: row.id, metric: row.metric, unit: row.unit, measured: row.measured ?? null,
    status: missing ? 'unanswered' : status,
    reason: missing ? `not answered where its ${basis} is left out` : (reason ?? null),
    ...(percentiles(answer?.interval) ?? {p10: null, p50: null, p90: null}),
    topic: row.topic, kind, figure, model, accelerator, source: row.source, basis: answer === undefined ? null : basis, inSample: bases.length > 1 && seen.length > 0, distance: answer?.distance ?? null,
    ...(bases.length > 1 && {byBasis: Object.fromEntries(bases.map(each => [each, percentiles(answers.get(each)?.interval)]))}),
  }
}

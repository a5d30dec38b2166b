import type {AccuracyRecord} from '../../src/accuracy/record.ts'
import {isOutOfSample} from '../../src/accuracy/document.ts'
import type {Scored} from '../../src/scoring.ts'

export {AccuracyRecord, RECORD_FILE} from '../../src/accuracy/record.ts'

/** A hundredth of a per cent: finer than anything that matters, coarser than the arithmetic of different machines. */
const round = (value: number): number => Number(value.toFixed(4))

export function accuracyRecord({summary, goals}: Scored): AccuracyRecord {
  return {
    schema: 'rigor.accuracy-record/1',
    outOfSample: isOutOfSample(summary),
    goals: Object.fromEntries(goals.flatMap(({name, value}) => (value === undefined ? [] : [[name, round(value)]]))),
    figures: Object.fromEntries(summary.groups.flatMap(({by, group, inSample, scores, coverage}) => (by !== 'figure' || inSample || scores === undefined ? [] : [[group, {mape: round(scores.mape), mdape: round(scores.mdape), coverage: round(coverage)}]]))),
  }
}

export const recordOf = (scored: Scored): string => `${JSON.stringify(accuracyRecord(scored), undefined, 2)}\n`

import {WAYS} from '../../src/accuracy/held-out.ts'
import type {Answer, Basis, PredictedRow} from '../../src/accuracy/predict.ts'
import {readResults} from '../../src/accuracy/rows.ts'
import type {Distance} from '../../src/performance/distance.ts'

let count = 0

/** A row of one figure that was measured at `measured`; each is a configuration of its own. */
function rowOf(figure: string, measured: number | undefined): Omit<PredictedRow, 'status' | 'reason' | 'answers'> {
  const id = `row-${++count}`
  const [row] = readResults(`id,kind,model,accelerator,accelerators,metric,value,unit,source\n${id},llm_inference,Llama-3.1-70B,H100 SXM 80GB,8,${figure},${measured ?? ''},ms,source-a\n`, 'some.csv').rows
  if (row === undefined) throw new Error('no row')
  return {row, kind: 'llm-inference', figure, configuration: id, model: 'llama-3.1-70b', accelerator: 'h100-sxm-80gb', predicate: undefined, failed: false, seen: [], ways: WAYS, fits: new Map()}
}

/** Predicted as `p50` says for each basis, give or take a fifth. */
export function answered(figure: string, measured: number | undefined, p50: Readonly<Partial<Record<Basis, number>>>, distances: Readonly<Partial<Record<Basis, Distance>>> = {}): PredictedRow {
  const answers = new Map(Object.entries(p50).map(([basis, value]): [Basis, Answer] => [basis as Basis, {interval: {p10: value * 0.8, p50: value, p90: value * 1.2}, distance: distances[basis as Basis] ?? 'none', bottleneck: undefined}]))
  return {...rowOf(figure, measured), status: 'answered', reason: undefined, answers}
}

export function unanswered(figure: string, measured = 100): PredictedRow {
  return {...rowOf(figure, measured), status: 'unanswered', reason: 'nobody knows', answers: new Map()}
}

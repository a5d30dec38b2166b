import type {Accelerator} from '../catalog/schema.ts'
import type {Facts} from '../workload/contract.ts'
import {predictMeasurement as predictFinetuning} from '../workload/llm-finetune/measured.ts'
import {predictMeasurement as predictInference} from '../workload/llm-inference/measured.ts'
import {predictMeasurement as predictPretraining} from '../workload/llm-pretrain/measured.ts'
import {MEASUREMENT_COLUMNS, parseMeasurements} from '../catalog/parse/measured.ts'
import {settingOf, type Setting} from './setting.ts'
import {withEnergy} from './energy.ts'
import type {MeasuredRow, Prediction, ScoredRow} from './score.ts'

/** Answers rows of measured results for one workload kind. */
export interface MeasurementReader {
  readonly kind: string
  /** Values of the `kind` column it reads. */
  readonly labels: readonly string[]
  predict(row: MeasuredRow, facts: Facts, accelerators: readonly Accelerator[]): Prediction
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
/** A row as the readers of settings take it. */
function settingOfRow(row: MeasuredRow): Setting {
  const [measurement] = parseMeasurements(`${MEASUREMENT_COLUMNS.join(',')}\n${MEASUREMENT_COLUMNS.map(column => quoted(row[column] ?? '')).join(',')}\n`, 'row')
  return settingOf(measurement!)
}

/** One line per kind that can be scored. */
export const readers: readonly MeasurementReader[] = [
  {kind: 'llm-inference', labels: ['llm_inference', 'llm_serving'], predict: (row, ...rest) => withEnergy(predictInference)(settingOfRow(row), ...rest)},
  {kind: 'llm-pretrain', labels: ['llm_pretraining', 'llm_training'], predict: (row, ...rest) => withEnergy(predictPretraining)(settingOfRow(row), ...rest)},
  {kind: 'llm-finetune', labels: ['llm_finetuning'], predict: (row, ...rest) => withEnergy(predictFinetuning)(settingOfRow(row), ...rest)},
]

/** Every row once, in order; rows of kinds that no reader knows are out of scope. */
export function scoreRows(rows: readonly MeasuredRow[], facts: Facts, accelerators: readonly Accelerator[]): ScoredRow[] {
  const byLabel = new Map(readers.flatMap(reader => reader.labels.map(label => [label, reader] as const)))
  return rows.map(row => {
    const reader = byLabel.get(row['kind'] ?? '')
    const measured = Number(row['value'])
    const prediction: Prediction =
      reader === undefined ? {status: 'out_of_scope', reason: `no estimator reads results of kind "${row['kind'] ?? ''}"`}
      : !Number.isFinite(measured) || row['value'] === '' ? {status: 'excluded', reason: 'the measured value is no number'}
      : reader.predict(row, facts, accelerators)
    return {
      id: row['id'] ?? '', kind: reader?.kind ?? row['kind'] ?? '', accelerator: row['accelerator'] ?? '', source: row['source'] ?? '', metric: row['metric'] ?? '', unit: row['unit'] ?? '', measured, prediction,
    }
  })
}

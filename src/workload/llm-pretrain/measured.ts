import type {MeasuredRow, Prediction} from '../../accuracy/score.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Facts} from '../contract.ts'
import {predictTrainingMeasurement} from '../llm/training-measured.ts'

/** The estimator's answer to one row of published measurements, in the row's own unit and scope. */
export function predictMeasurement(row: MeasuredRow, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  return predictTrainingMeasurement(row, 'llm-pretrain', facts, accelerators)
}

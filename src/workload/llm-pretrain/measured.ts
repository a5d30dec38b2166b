import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Facts} from '../contract.ts'
import {predictTrainingMeasurement} from '../llm/training-measured.ts'

/** The estimator's answer to the setting of a published result, in the source's own unit and scope. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  return predictTrainingMeasurement(setting, {id: 'llm-pretrain', tunes: false}, facts, accelerators)
}

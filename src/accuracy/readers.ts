import type {Accelerator} from '../catalog/schema.ts'
import type {Facts} from '../workload/contract.ts'
import {predictMeasurement as predictFinetuning} from '../workload/llm-finetune/measured.ts'
import {predictMeasurement as predictInference} from '../workload/llm-inference/measured.ts'
import {predictMeasurement as predictPretraining} from '../workload/llm-pretrain/measured.ts'
import {withEnergy} from './energy.ts'
import type {Prediction} from './score.ts'
import type {Setting} from './setting.ts'

type Predict = (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]) => Prediction

/** Answers rows of measured results for one workload kind. */
export interface MeasurementReader {
  readonly kind: string
  /** Values of the `kind` column it reads. */
  readonly labels: readonly string[]
  /** What its speeds (rates, and times of a run or a step) are called in the tables. */
  readonly speed: string
  readonly predict: Predict
}

/** One line per kind that can be scored. */
export const readers: readonly MeasurementReader[] = [
  {kind: 'llm-inference', labels: ['llm_inference', 'llm_serving', 'multimodal_inference'], speed: 'serving throughput', predict: withEnergy(predictInference)},
  {kind: 'llm-pretrain', labels: ['llm_pretraining', 'llm_training'], speed: 'training step', predict: withEnergy(predictPretraining)},
  {kind: 'llm-finetune', labels: ['llm_finetuning'], speed: 'fine-tuning step', predict: withEnergy(predictFinetuning)},
]

export const readerOf = (label: string): MeasurementReader | undefined => readers.find(({labels}) => labels.includes(label))

import type {Accelerator} from '../catalog/schema.ts'
import type {Facts} from '../workload/contract.ts'
import {knowsDevices, predictMeasurement as predictCfd} from '../workload/cfd/measured.ts'
import {predictMeasurement as predictFinetuning} from '../workload/llm-finetune/measured.ts'
import {predictMeasurement as predictInference} from '../workload/llm-inference/measured.ts'
import {predictMeasurement as predictPretraining} from '../workload/llm-pretrain/measured.ts'
import {knowsDevices as knowsSimulators, predictMeasurement as predictReinforcementLearning} from '../workload/reinforcement-learning/measured.ts'
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
  /** The same for accelerators with such a label, where it is not as for most. */
  readonly speedOn?: (accelerator: string) => string | undefined
  readonly predict: Predict
  /** As the kind does: accelerators with a part of a data sheet will do. */
  readonly readsPartialSheets?: boolean
  /** Whether it can tell the accelerators of a label; absent = labels name one sort of them. */
  readonly knowsAccelerator?: (label: string, accelerators: readonly Accelerator[]) => boolean
}

/** One line per kind that can be scored. */
export const readers: readonly MeasurementReader[] = [
  {kind: 'cfd', labels: ['hpc_cfd'], speed: 'cell updates', predict: predictCfd, readsPartialSheets: true, knowsAccelerator: knowsDevices, speedOn: label => (/\bCPU\b/.test(label) ? 'cell updates on processors' : undefined)},
  {kind: 'llm-inference', labels: ['llm_inference', 'llm_serving', 'multimodal_inference'], speed: 'serving throughput', predict: withEnergy(predictInference)},
  {kind: 'llm-pretrain', labels: ['llm_pretraining', 'llm_training'], speed: 'training step', predict: withEnergy(predictPretraining)},
  {kind: 'llm-finetune', labels: ['llm_finetuning'], speed: 'fine-tuning step', predict: withEnergy(predictFinetuning)},
  {kind: 'reinforcement-learning', labels: ['rl_env', 'rl_train'], speed: 'environment steps', predict: predictReinforcementLearning, readsPartialSheets: true, knowsAccelerator: knowsSimulators, speedOn: label => (/^CPU\b/.test(label) ? 'environment steps on processors' : undefined)},
]

export const readerOf = (label: string): MeasurementReader | undefined => readers.find(({labels}) => labels.includes(label))

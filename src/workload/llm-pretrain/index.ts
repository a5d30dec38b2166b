import type {Kind} from '../contract.ts'
import type {TrainingDemand} from '../llm/training-demand.ts'
import {trainingEstimator} from '../llm/training-kind.ts'
import {pretrainDemand} from './demand.ts'
import {PretrainSpec} from './schema.ts'

export const llmPretrain: Kind<PretrainSpec, TrainingDemand> = {
  id: 'llm-pretrain',
  title: 'Pre-training of a language model from scratch',
  throughputUnit: 'tokens/s',
  spec: PretrainSpec,
  example: {kind: 'llm-pretrain', model: 'Llama-2-7b', tokens: '2T', sequenceLength: 4096, globalBatch: 1024, optimizer: 'adamw'},
  needsSoftware: true,
  independentReplicas: false,
  demand: pretrainDemand,
  ...trainingEstimator,
}

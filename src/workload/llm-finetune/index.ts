import type {Kind} from '../contract.ts'
import type {TrainingDemand} from '../llm/training-demand.ts'
import {trainingEstimator} from '../llm/training-kind.ts'
import {finetuneDemand} from './demand.ts'
import {FinetuneSpec} from './schema.ts'

export const llmFinetune: Kind<FinetuneSpec, TrainingDemand> = {
  id: 'llm-finetune',
  title: 'Fine-tuning of a language model: full, LoRA, QLoRA, DPO, GRPO',
  throughputUnit: 'tokens/s',
  spec: FinetuneSpec,
  example: {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'lora', examples: '50k', epochs: 3, sequenceLength: 2048, globalBatch: 64, rank: 16},
  needsSoftware: true,
  independentReplicas: false,
  demand: finetuneDemand,
  ...trainingEstimator,
}

import type {Kind} from '../contract.ts'
import type {TrainingDemand} from '../llm/training-demand.ts'
import {baseWeightBytes} from '../llm/training.ts'
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
  perform(demand, hardware, configuration, facts) {
    const result = trainingEstimator.perform(demand, hardware, configuration, facts)
    if (!result.feasible) return result
    const {performance} = result
    // Unlike pre-training, it starts from weights that every machine has to fetch.
    const weightBytes = demand.work.model.parameters * baseWeightBytes(demand.work, performance.configuration.precision ?? 'bf16')
    return {feasible: true, performance: {...performance, weightBytes}}
  },
}

import {createAssumptions, onePrecision} from '../common.ts'
import type {Facts} from '../contract.ts'
import {resolveModelField} from '../llm/model-field.ts'
import type {TrainingDemand} from '../llm/training-demand.ts'
import {checkContext, leastTrainingMemoryGib, LONG_SEQUENCE, oneBatch, short, usualTuningBatch} from '../llm/training-demand.ts'
import type {TrainingWork} from '../llm/training.ts'
import type {FinetuneSpec} from './schema.ts'

const DEFAULT_SEQUENCE_LENGTH = 2048
const DEFAULT_COMPLETION_TOKENS = 512
const DEFAULT_COMPLETIONS = 8 // Shao et al. 2024 take 64, common recipes 8 to 16

export function finetuneDemand(spec: FinetuneSpec, facts: Facts): TrainingDemand {
  const model = resolveModelField(spec.model, facts)
  const assumptions = createAssumptions()
  const precision = onePrecision(spec)
  const method = assumptions.choose('method', spec.method, 'lora' as const)
  const grpo = method === 'grpo'
  const completionTokens = grpo ? assumptions.choose('completionTokens', spec.completionTokens, Math.min(DEFAULT_COMPLETION_TOKENS, Math.max(1, Math.floor((spec.sequenceLength ?? DEFAULT_SEQUENCE_LENGTH) / 2)))) : 0
  const completionsPerPrompt = grpo ? assumptions.choose('completionsPerPrompt', spec.completionsPerPrompt, DEFAULT_COMPLETIONS) : 1
  const sequenceLength = assumptions.choose('sequenceLength', spec.sequenceLength, Math.min(model.maxContext ?? DEFAULT_SEQUENCE_LENGTH, Math.max(DEFAULT_SEQUENCE_LENGTH, completionTokens * 2)))
  checkContext(model, sequenceLength)
  const globalBatch = assumptions.choose('globalBatch', oneBatch(spec.globalBatch, spec.configuration), usualTuningBatch(method))
  const optimizer = assumptions.choose('optimizer', spec.optimizer, 'adamw' as const)
  const adapters = method === 'lora' || method === 'qlora' || ((method === 'dpo' || grpo) && spec.rank !== undefined)
  const rank = adapters ? assumptions.choose('rank', spec.rank, 16) : 0
  const masterWeights = adapters ? true : (spec.masterWeights ?? true)
  const sequencesPerExample = method === 'dpo' ? 2 : completionsPerPrompt
  const epochs = spec.examples === undefined ? 1 : assumptions.choose('epochs', spec.epochs, 1)
  const tokens = spec.tokens ?? (spec.examples ?? 0) * epochs * sequencesPerExample * sequenceLength
  const work: TrainingWork = {
    kind: 'llm-finetune', model, sequenceLength, globalBatch, tokens, tunes: true, trains: adapters ? 'adapters' : 'all', rank,
    trainsEmbeddings: spec.trainEmbeddings === true,
    base: method === 'qlora' ? 'nf4' : 'computed', optimizer, masterWeights,
    extraForwardPasses: method === 'dpo' ? 1 : grpo ? 2 : 0,
    referenceWeights: (method === 'dpo' || grpo) && !adapters,
    chunkedLoss: sequenceLength > LONG_SEQUENCE,
    rollout: grpo ? {promptTokens: Math.max(1, sequenceLength - completionTokens), completionTokens, completionsPerPrompt} : undefined,
  }
  const how = adapters && (method === 'dpo' || grpo) ? `${method} with adapters` : method
  return {
    kind: 'llm-finetune',
    summary: `fine-tune ${model.id} (${short(model.parameters)}) by ${how}${adapters ? `, rank ${rank}${spec.trainEmbeddings === true ? ' with embeddings' : ''}` : ''}, ${short(tokens)} tokens, ${globalBatch} × ${sequenceLength} per step`,
    assumptions: assumptions.list,
    throughputUnit: 'tokens/s',
    costUnit: {name: '1M tokens', amount: 1e6},
    workUnits: tokens,
    endless: false,
    minimumTotalMemoryGib: leastTrainingMemoryGib(work, spec.configuration),
    work,
    precision,
    configuration: spec.configuration,
  }
}

import {createAssumptions, onePrecision} from '../common.ts'
import type {Facts} from '../contract.ts'
import {resolveModelField} from '../llm/model-field.ts'
import type {TrainingDemand} from '../llm/training-demand.ts'
import {checkContext, leastTrainingMemoryGib, LONG_SEQUENCE, oneBatch, short} from '../llm/training-demand.ts'
import type {TrainingWork} from '../llm/training.ts'
import type {PretrainSpec} from './schema.ts'

/** Tokens per step that published runs of this size use: 0.5M for 1B and below to 16M for 400B (Brown et al. 2020, Touvron et al. 2023, Llama 3 2024). */
function usualTokensPerStep(parameters: number): number {
  const millions = 0.5 * Math.max(1, parameters / 1e9) ** 0.55
  return 2 ** Math.round(Math.log2(Math.min(16, millions) * 1e6))
}

export function pretrainDemand(spec: PretrainSpec, facts: Facts): TrainingDemand {
  const model = resolveModelField(spec.model, facts)
  const assumptions = createAssumptions()
  const precision = onePrecision(spec)
  const sequenceLength = assumptions.choose('sequenceLength', spec.sequenceLength, Math.min(model.maxContext ?? 4096, 4096))
  checkContext(model, sequenceLength)
  const usual = Math.max(1, Math.round(usualTokensPerStep(model.activeParameters) / sequenceLength))
  const globalBatch = assumptions.choose('globalBatch', oneBatch(spec.globalBatch, spec.configuration), usual)
  const optimizer = assumptions.choose('optimizer', spec.optimizer, 'adamw' as const)
  const work: TrainingWork = {
    kind: 'llm-pretrain', model, sequenceLength, globalBatch, tokens: spec.tokens, tunes: false, trains: 'all', rank: 0, trainsEmbeddings: false, base: 'computed', optimizer,
    masterWeights: true, extraForwardPasses: 0, referenceWeights: false, chunkedLoss: sequenceLength > LONG_SEQUENCE, rollout: undefined,
  }
  return {
    kind: 'llm-pretrain',
    summary: `pre-train ${model.id} (${short(model.parameters)}) on ${short(spec.tokens)} tokens, ${globalBatch} × ${sequenceLength} per step, ${optimizer}`,
    assumptions: assumptions.list,
    throughputUnit: 'tokens/s',
    costUnit: {name: '1B tokens', amount: 1e9},
    workUnits: spec.tokens,
    endless: false,
    minimumTotalMemoryGib: leastTrainingMemoryGib(work, spec.configuration),
    work,
    precision,
    configuration: spec.configuration,
  }
}

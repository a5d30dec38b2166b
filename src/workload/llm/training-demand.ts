import {RigorError} from '../../errors.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import type {Demand} from '../contract.ts'
import type {TrainingRequest} from './training-search.ts'
import type {TrainingWork} from './training.ts'
import {baseWeightBytes, trainedParameters} from './training.ts'

export interface TrainingDemand extends Demand, TrainingRequest {
  readonly work: TrainingWork
}

const GIB = 2 ** 30
/** Beyond this many tokens a sequence's logits would take more memory than the model; everybody computes the loss in chunks. */
export const LONG_SEQUENCE = 16_384

/** Sequences of an optimizer step of fine-tuning where nobody says: a few dozen, however many accelerators share them; rollouts fill more. An assumption. */
export const usualTuningBatch = (method: string): number => (method === 'grpo' ? 128 : method === 'full' ? 64 : 32)

/** The batch of a step: `configuration.batch` and `globalBatch` are one thing for training. */
export function oneBatch(globalBatch: number | undefined, configuration: Configuration): number | undefined {
  const inside = configuration.batch
  if (globalBatch !== undefined && inside !== undefined && globalBatch !== inside) {
    throw new RigorError('TWO_BATCHES', `globalBatch is ${globalBatch}, configuration.batch is ${inside}: both count the sequences of an optimizer step.`, {hint: 'Give it once.'})
  }
  return inside ?? globalBatch
}

/** A sequence longer than the model's positions cannot be trained on as it is. */
export function checkContext(model: LanguageModel, sequenceLength: number): void {
  if (!model.learnedPositions || model.maxContext === undefined || sequenceLength <= model.maxContext) return
  throw new RigorError('CONTEXT_TOO_LONG', `sequenceLength ${sequenceLength} exceeds the ${model.maxContext} learned positions of ${model.id}.`, {
    hint: `sequenceLength: ${model.maxContext}`,
  })
}

/** The least that weights and gradients take over all accelerators, whatever the optimizer; next to nothing where they may be moved to the host. */
export function leastTrainingMemoryGib(work: TrainingWork, configuration: Configuration): number {
  if (configuration.offload === 'all' || configuration.offload === undefined) return 0.5
  const gradients = trainedParameters(work) * 2
  return (work.model.parameters * baseWeightBytes(work, 'bf16') + gradients) / GIB * 0.9
}

/** 7e9 → 7B, 1.5e13 → 15T. */
export const short = (value: number): string => formatCount(value, 3)

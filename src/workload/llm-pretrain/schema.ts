import * as z from 'zod'
import {commonFields} from '../common.ts'
import {lazyShape, tokens, whole, word} from '../fields.ts'
import {ModelField} from '../llm/model-field.ts'
import {OPTIMIZERS} from '../llm/training.ts'

export const PretrainSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('llm-pretrain'),
  model: ModelField,
  /** Trained tokens of the whole run. */
  tokens: tokens(),
  sequenceLength: whole({maximum: 1e7}).optional(),
  /** Sequences per optimizer step. */
  globalBatch: whole({maximum: 1e6}).optional(),
  optimizer: word(OPTIMIZERS, {adam: 'adamw', 'adamw8bit': 'adamw-8bit'}).optional(),
  ...commonFields,
})))
export type PretrainSpec = z.infer<typeof PretrainSpec>

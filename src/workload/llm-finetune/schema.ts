import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, lazyShape, tokens, whole, word} from '../fields.ts'
import {ModelField} from '../llm/model-field.ts'
import {OPTIMIZERS} from '../llm/training.ts'

export const METHODS = ['full', 'lora', 'qlora', 'dpo', 'grpo'] as const

export const FinetuneSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('llm-finetune'),
    model: ModelField,
    method: word(METHODS).optional(),
    /** Trained tokens of the whole run, all epochs; or `examples` × `sequenceLength` × `epochs`. */
    tokens: tokens().optional(),
    /** Samples; for dpo pairs of a preferred and a rejected answer, for grpo prompts. */
    examples: count({maximum: 1e12}).optional(),
    epochs: count({maximum: 1e4}).optional(),
    /** Tokens of one sequence (for grpo prompt and completion together). */
    sequenceLength: whole({maximum: 1e7}).optional(),
    /** Sequences per optimizer step. */
    globalBatch: whole({maximum: 1e6}).optional(),
    optimizer: word(OPTIMIZERS, {adam: 'adamw', 'adamw8bit': 'adamw-8bit'}).optional(),
    /** Rank of the adapters; with dpo and grpo it turns them on. */
    rank: whole({maximum: 65_536}).optional(),
    /** lora, qlora: input embedding and output head are trained as well, as new tokens need it. */
    trainEmbeddings: z.boolean({error: () => 'trainEmbeddings is true or false'}).optional(),
    /** false: weights and optimizer states stay in 16 bit (8 bytes per parameter instead of 16 with AdamW). */
    masterWeights: z.boolean({error: () => 'masterWeights is true or false'}).optional(),
    /** grpo: answers sampled per prompt. */
    completionsPerPrompt: whole({maximum: 1e5}).optional(),
    /** grpo: tokens of one answer. */
    completionTokens: whole({maximum: 1e7}).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    const complain = (message: string, path: string[]): void => void context.addIssue({code: 'custom', message, path})
    if ((spec.tokens === undefined) === (spec.examples === undefined)) complain('give exactly one of tokens ("50M") and examples (with epochs)', ['tokens'])
    if (spec.tokens !== undefined && spec.epochs !== undefined) complain('epochs goes with examples; tokens counts all epochs', ['epochs'])
    const method = spec.method ?? 'lora'
    if (method === 'full' && spec.rank !== undefined) complain('rank belongs to adapters: lora, qlora, or dpo and grpo with adapters', ['rank'])
    if (method !== 'grpo' && spec.completionsPerPrompt !== undefined) complain('completionsPerPrompt goes with method grpo', ['completionsPerPrompt'])
    if (method !== 'grpo' && spec.completionTokens !== undefined) complain('completionTokens goes with method grpo', ['completionTokens'])
    if (method === 'grpo' && spec.completionTokens !== undefined && spec.sequenceLength !== undefined && spec.completionTokens >= spec.sequenceLength) {
      complain('completionTokens is part of sequenceLength and leaves at least one token for the prompt', ['completionTokens'])
    }
    if (spec.trainEmbeddings !== undefined && method !== 'lora' && method !== 'qlora') complain('trainEmbeddings goes with method lora or qlora; the other methods train all weights or adapters alone', ['trainEmbeddings'])
    if (spec.masterWeights !== undefined && (method === 'lora' || method === 'qlora')) complain('masterWeights goes with methods that train all weights', ['masterWeights'])
  })
export type FinetuneSpec = z.infer<typeof FinetuneSpec>

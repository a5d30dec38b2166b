import * as z from 'zod'
import type {AnyKind} from '../../src/workload/contract.ts'
import {commonFields} from '../../src/workload/common.ts'
import {count, durationSeconds, label, memoryGib, share, tokens, whole, word} from '../../src/workload/fields.ts'

/** A kind with one field of each sort, for the tests of what reads specs. */
export const sampleSpec = z.strictObject({
  kind: z.literal('llm-sample'),
  model: z.union([label(200), z.strictObject({layers: whole(), hidden: whole()})]),
  traffic: z.strictObject({inputTokens: tokens(), outputTokens: tokens().optional(), hitShare: share().optional()}),
  method: word(['full', 'lora']).default('full'),
  warmUp: durationSeconds().optional(),
  memoryGib: memoryGib().optional(),
  verbose: z.boolean().optional(),
  replicas: z.union([z.literal('auto'), whole()]).default('auto'),
  ...commonFields,
})

const bare = (id: string, spec: z.ZodType): AnyKind =>
  ({id, title: id, throughputUnit: 'tokens/s', spec, example: {}, needsSoftware: false, independentReplicas: false}) as unknown as AnyKind

export const sampleKinds: readonly AnyKind[] = [
  bare('llm-sample', sampleSpec),
  bare('plain', z.strictObject({kind: z.literal('plain'), flops: count(), ...commonFields})),
]

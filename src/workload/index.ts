import type {AnyKind} from './contract.ts'
import {llmInference} from './llm-inference/index.ts'

/** Every workload kind: one line each. */
export const kinds: readonly AnyKind[] = [
  llmInference,
]

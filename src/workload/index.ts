import type {AnyKind} from './contract.ts'
import {cfd} from './cfd/index.ts'
import {generic} from './generic/index.ts'
import {graphics} from './graphics/index.ts'
import {llmFinetune} from './llm-finetune/index.ts'
import {llmInference} from './llm-inference/index.ts'
import {llmPretrain} from './llm-pretrain/index.ts'
import {reinforcementLearning} from './reinforcement-learning/index.ts'
import {simulation} from './simulation/index.ts'

/** Every workload kind: one line each. */
export const kinds: readonly AnyKind[] = [
  llmInference,
  llmPretrain,
  llmFinetune,
  cfd,
  graphics,
  simulation,
  reinforcementLearning,
  generic,
]

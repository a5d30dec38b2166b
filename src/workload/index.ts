import type {AnyKind} from './contract.ts'
import {cfd} from './cfd/index.ts'
import {generic} from './generic/index.ts'
import {llmFinetune} from './llm-finetune/index.ts'
import {llmInference} from './llm-inference/index.ts'
import {llmPretrain} from './llm-pretrain/index.ts'
import {nlpInference} from './nlp-inference/index.ts'
import {nlpTrain} from './nlp-train/index.ts'
import {visionInference} from './vision-inference/index.ts'
import {visionTrain} from './vision-train/index.ts'

/** Every workload kind: one line each. */
export const kinds: readonly AnyKind[] = [
  llmInference,
  llmPretrain,
  llmFinetune,
  visionTrain,
  visionInference,
  nlpTrain,
  nlpInference,
  cfd,
  generic,
]

import type {AnyKind} from './contract.ts'
import {audio} from './audio/index.ts'
import {cfd} from './cfd/index.ts'
import {dataAnalytics} from './data-analytics/index.ts'
import {diffusionTrain} from './diffusion-train/index.ts'
import {generic} from './generic/index.ts'
import {graphics} from './graphics/index.ts'
import {imageGeneration} from './image-generation/index.ts'
import {llmFinetune} from './llm-finetune/index.ts'
import {llmInference} from './llm-inference/index.ts'
import {llmPretrain} from './llm-pretrain/index.ts'
import {mlTabular} from './ml-tabular/index.ts'
import {molecularDynamics} from './molecular-dynamics/index.ts'
import {nlpInference} from './nlp-inference/index.ts'
import {nlpTrain} from './nlp-train/index.ts'
import {reinforcementLearning} from './reinforcement-learning/index.ts'
import {simulation} from './simulation/index.ts'
import {videoGeneration} from './video-generation/index.ts'
import {visionInference} from './vision-inference/index.ts'
import {visionTrain} from './vision-train/index.ts'

/** Every workload kind: one line each. */
export const kinds: readonly AnyKind[] = [
  llmInference,
  llmPretrain,
  llmFinetune,
  audio,
  diffusionTrain,
  imageGeneration,
  videoGeneration,
  visionTrain,
  visionInference,
  nlpTrain,
  nlpInference,
  cfd,
  graphics,
  simulation,
  molecularDynamics,
  dataAnalytics,
  mlTabular,
  reinforcementLearning,
  generic,
]

import type {Kind} from '../contract.ts'
import {diffusionTrainDemand, type DiffusionTrainDemand} from './demand.ts'
import {DIFFUSION_TRAIN} from './factors.ts'
import {diffusionTrainConfigurations, diffusionTrainLowerBoundSeconds, diffusionTrainRefusal, performDiffusionTrain} from './performance.ts'
import {DiffusionTrainSpec} from './schema.ts'

export const diffusionTrain: Kind<DiffusionTrainSpec, DiffusionTrainDemand> = {
  id: DIFFUSION_TRAIN,
  title: 'Training a diffusion model, whole or by adapters',
  throughputUnit: 'samples/s',
  spec: DiffusionTrainSpec,
  example: {kind: 'diffusion-train', model: 'flux.1-dev', method: 'lora', samples: 500, epochs: 40},
  needsSoftware: true,
  independentReplicas: false,
  demand: diffusionTrainDemand,
  configurations: diffusionTrainConfigurations,
  perform: performDiffusionTrain,
  refuse: diffusionTrainRefusal,
  lowerBoundSeconds: diffusionTrainLowerBoundSeconds,
}

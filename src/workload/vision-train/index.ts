import type {Kind} from '../contract.ts'
import {visionDemand, type NetworkDemand} from '../networks/demand.ts'
import {networkEstimator} from '../networks/perform.ts'
import {KIND, VisionTrainSpec} from './schema.ts'

export const visionTrain: Kind<VisionTrainSpec, NetworkDemand> = {
  ...networkEstimator,
  id: KIND,
  title: 'Training of networks that see: classification, detection, segmentation',
  throughputUnit: 'samples/s',
  spec: VisionTrainSpec,
  example: {kind: KIND, model: 'resnet50', samples: '1.28M', epochs: 90, resolution: 224},
  independentReplicas: false,
  demand: (spec, facts) => visionDemand(spec, facts, KIND, true),
}

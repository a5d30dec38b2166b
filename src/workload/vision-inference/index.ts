import type {Kind} from '../contract.ts'
import {visionDemand, type NetworkDemand} from '../networks/demand.ts'
import {networkEstimator} from '../networks/perform.ts'
import {KIND, VisionInferenceSpec} from './schema.ts'

export const visionInference: Kind<VisionInferenceSpec, NetworkDemand> = {
  ...networkEstimator,
  id: KIND,
  title: 'Networks that see, run over images, frames or volumes',
  throughputUnit: 'samples/s',
  spec: VisionInferenceSpec,
  example: {kind: KIND, model: 'retinanet_resnext50', samples: '10M', resolution: 800},
  independentReplicas: true,
  demand: (spec, facts) => visionDemand(spec, facts, KIND, false),
}

import type {Kind} from '../contract.ts'
import {textDemand, type NetworkDemand} from '../networks/demand.ts'
import {networkEstimator} from '../networks/perform.ts'
import {KIND, NlpInferenceSpec} from './schema.ts'

export const nlpInference: Kind<NlpInferenceSpec, NetworkDemand> = {
  ...networkEstimator,
  id: KIND,
  title: 'Networks that read, run over texts: embeddings, classification, translation',
  throughputUnit: 'samples/s',
  spec: NlpInferenceSpec,
  example: {kind: KIND, model: 'bge-large-en', samples: '50M', sequenceLength: 512, meanLength: 180},
  independentReplicas: true,
  demand: (spec, facts) => textDemand(spec, facts, KIND, false),
}

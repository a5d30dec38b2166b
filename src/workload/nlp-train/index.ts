import type {Kind} from '../contract.ts'
import {textDemand, type NetworkDemand} from '../networks/demand.ts'
import {networkEstimator} from '../networks/perform.ts'
import {KIND, NlpTrainSpec} from './schema.ts'

export const nlpTrain: Kind<NlpTrainSpec, NetworkDemand> = {
  ...networkEstimator,
  id: KIND,
  title: 'Training of networks that read: classification, retrieval, translation',
  throughputUnit: 'samples/s',
  spec: NlpTrainSpec,
  example: {kind: KIND, model: 'bert-base', samples: '500k', sequenceLength: 256, epochs: 3},
  independentReplicas: false,
  demand: (spec, facts) => textDemand(spec, facts, KIND, true),
}

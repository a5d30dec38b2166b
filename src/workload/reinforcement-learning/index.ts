import type {Kind} from '../contract.ts'
import {reinforcementLearningDemand, type ReinforcementLearningDemand} from './demand.ts'
import {REINFORCEMENT_LEARNING} from './factors.ts'
import {performReinforcementLearning, reinforcementLearningConfigurations, reinforcementLearningLowerBoundSeconds, reinforcementLearningRefusal} from './performance.ts'
import {ReinforcementLearningSpec} from './schema.ts'

export const reinforcementLearning: Kind<ReinforcementLearningSpec, ReinforcementLearningDemand> = {
  id: REINFORCEMENT_LEARNING,
  title: 'Reinforcement learning: simulator, policy and learning',
  throughputUnit: 'steps/s',
  spec: ReinforcementLearningSpec,
  example: {kind: 'reinforcement-learning', environment: 'isaac-g1-rough', steps: '500M'},
  needsSoftware: true,
  independentReplicas: false,
  readsHost: true,
  readsPartialSheets: true,
  runsOnProcessors: true,
  demand: reinforcementLearningDemand,
  configurations: reinforcementLearningConfigurations,
  perform: performReinforcementLearning,
  refuse: reinforcementLearningRefusal,
  lowerBoundSeconds: reinforcementLearningLowerBoundSeconds,
}

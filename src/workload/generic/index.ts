import type {Kind} from '../contract.ts'
import type {GenericDemand} from './demand.ts'
import {genericDemand} from './demand.ts'
import {genericConfigurations, genericLowerBoundSeconds, genericRefusal, performGeneric} from './performance.ts'
import {GenericSpec} from './schema.ts'

export {genericDemand}

export const generic: Kind<GenericSpec, GenericDemand> = {
  id: 'generic',
  title: 'Any other job: by its FLOP and bytes, or by what it took elsewhere',
  throughputUnit: 'runs/h',
  spec: GenericSpec,
  example: {kind: 'generic', flops: '50 EFLOP', bytes: '20 TB', memoryGib: '20 GiB', precision: 'fp32', parallelEfficiency: 0.9},
  needsSoftware: false,
  independentReplicas: false,
  readsReference: true,
  demand: genericDemand,
  configurations: (demand, hardware) => genericConfigurations(demand, hardware),
  perform: performGeneric,
  refuse: (demand, hardware) => genericRefusal(demand, hardware),
  lowerBoundSeconds: (demand, hardware) => genericLowerBoundSeconds(demand, hardware),
}

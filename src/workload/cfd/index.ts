import type {Kind} from '../contract.ts'
import type {CfdDemand} from './demand.ts'
import {cfdDemand} from './demand.ts'
import {CFD} from './factors.ts'
import {cfdConfigurations, cfdLowerBoundSeconds, cfdRefusal, performCfd} from './performance.ts'
import {CfdSpec} from './schema.ts'

export const cfd: Kind<CfdSpec, CfdDemand> = {
  id: CFD,
  title: 'Flow simulation: lattice Boltzmann or finite volume',
  throughputUnit: 'MLUP/s',
  spec: CfdSpec,
  example: {kind: 'cfd', method: 'lbm', cells: '500M', timeSteps: '200k'},
  needsSoftware: true,
  independentReplicas: false,
  readsPartialSheets: true,
  runsOnProcessors: true,
  demand: cfdDemand,
  configurations: cfdConfigurations,
  perform: performCfd,
  refuse: cfdRefusal,
  lowerBoundSeconds: cfdLowerBoundSeconds,
}

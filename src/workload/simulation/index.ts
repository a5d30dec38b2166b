import type {Kind} from '../contract.ts'
import {SIMULATION, simulationDemand, type SimulationDemand} from './demand.ts'
import {performSimulation, simulationConfigurations, simulationLowerBoundSeconds, simulationRefusal} from './performance.ts'
import {SimulationSpec} from './schema.ts'

export const simulation: Kind<SimulationSpec, SimulationDemand> = {
  id: SIMULATION,
  title: 'Physics, digital twins, effects: by the FLOP and bytes of a time step',
  throughputUnit: 'steps/s',
  spec: SimulationSpec,
  example: {kind: 'simulation', flops: '50 GFLOP', bytes: '20 GB', memoryGib: '24 GiB', timeSteps: '1M', stepTime: '10 ms', realTimeFactor: 1},
  needsSoftware: false,
  independentReplicas: false,
  readsPartialSheets: true,
  runsOnProcessors: true,
  demand: simulationDemand,
  configurations: simulationConfigurations,
  perform: performSimulation,
  refuse: simulationRefusal,
  lowerBoundSeconds: simulationLowerBoundSeconds,
}

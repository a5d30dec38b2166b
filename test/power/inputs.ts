import type {Performance} from '../../src/performance/types.ts'
import type {PowerModel} from '../../src/power/types.ts'

export const MODEL: PowerModel = {
  acceleratorIdleWatts: 100,
  acceleratorMaximumWatts: 700,
  coefficients: {activeWeight: 0.4, flopsWeight: 2, bytesWeight: 0.5, cacheBytesWeight: 0.5, unpackWeight: 1, spread: {lowLog: -0.15, highLog: 0.1}, basis: 'calibrated'},
  acceleratorsPowered: 8,
  wallSpread: {lowLog: 0, highLog: 0},
  hostIdleWatts: 1000,
  hostMaximumWatts: 2000,
  supplyEfficiency: 0.8,
  pue: 1.2,
  coolingCop: null,
  gramsCo2PerKwh: 400,
  basis: 'computed',
  notes: [],
}

export const PERFORMANCE: Performance = {
  configuration: {},
  workSeconds: {p10: 3000, p50: 3600, p90: 4000},
  endless: false,
  throughput: {unit: 'runs/h', value: {p10: 1, p50: 1, p90: 1}},
  latency: null,
  memory: {neededGib: {p10: 1, p50: 1, p90: 1}, availableGib: 80, lines: []},
  load: {
    computeShare: 0.25, memoryShare: 0.4, linkShare: 0.2, hostShare: 0.3,
    work: {activeShare: 0.75, flopsShare: 0.1, bytesShare: 0.4, cacheBytesShare: 0.2, unpackShare: 0.1},
  },
  acceleratorsUsed: 4,
  loadSeconds: 60,
  checkpointBytes: 0,
  operators: [],
  bottleneck: 'compute',
  basis: 'calibrated',
  rooflineSeconds: 1000,
  notes: [],
}

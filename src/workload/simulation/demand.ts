import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount, formatNumber} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import type {RENDERINGS, SimulationSpec} from './schema.ts'

export const SIMULATION = 'simulation'

export interface SimulationDemand extends Demand {
  /** Of a step. */
  readonly flops: number
  readonly bytes: number
  readonly kernels: number
  /** `undefined` = not given: whether it fits is not checked. */
  readonly memoryGib: number | undefined
  readonly timeSteps: number
  /** What has to be reached: simulated seconds in a real one, and the steps a second that this takes; `undefined` = as fast as it goes. */
  readonly pace: {readonly realTimeFactor: number; readonly stepsPerSecond: number} | undefined
  readonly rendering: (typeof RENDERINGS)[number]
  /** `undefined` = the user's own code, which runs wherever the number format does. */
  readonly engine: string | undefined
  readonly precision: string
  /** `null` = it stays on one accelerator. */
  readonly parallelEfficiency: number | null
  readonly configuration: Configuration
}

const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const
const PRECISIONS = ['fp64', 'fp32']

export function simulationDemand(spec: SimulationSpec, _facts: Facts): SimulationDemand {
  const {configuration, stepTime, realTimeFactor} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to a simulation.`, {hint: 'It takes runtime, precision and dp, the number of accelerators.'})
  }
  if (spec.engine !== undefined && configuration.runtime !== undefined && spec.engine !== configuration.runtime) {
    throw new RigorError('BAD_CONFIGURATION', `engine is ${spec.engine}, configuration.runtime is ${configuration.runtime}.`, {hint: 'Give it once.'})
  }
  const assumptions = createAssumptions()
  const precision = assumptions.choose('precision', onePrecision(spec), 'fp64')
  if (!PRECISIONS.includes(precision)) throw new RigorError('BAD_PRECISION', `A simulation computes in fp64 or fp32, not in ${precision}.`, {hint: 'precision: fp64'})
  const kernels = assumptions.choose('kernels', spec.kernels, 20)
  const rendering = assumptions.choose('rendering', spec.rendering, 'none' as const)
  if (spec.memoryGib === undefined) assumptions.add('memoryGib', 'not given, so whether it fits is not checked')
  const parallelEfficiency = spec.parallelEfficiency ?? assumptions.choose('parallelEfficiency', undefined, null, 'none: one accelerator')
  const pace = realTimeFactor === undefined || stepTime === undefined ? undefined : {realTimeFactor, stepsPerSecond: realTimeFactor / stepTime}
  const work = [spec.flops === undefined ? '' : `${formatNumber(spec.flops / 1e9, 3)} GFLOP`, spec.bytes === undefined ? '' : `${formatNumber(spec.bytes / 1e9, 3)} GB`].filter(Boolean).join(' and ')
  return {
    kind: SIMULATION,
    summary: `${formatCount(spec.timeSteps, 3)} steps of ${work} in ${precision}${realTimeFactor === undefined ? '' : `, ${realTimeFactor} × real time`}${rendering === 'none' ? '' : `, with ${rendering === 'monitor' ? 'a monitor' : 'drawn sensors'}`}`,
    assumptions: assumptions.list,
    throughputUnit: 'steps/s',
    costUnit: {name: '1M steps', amount: 1e6},
    workUnits: spec.timeSteps,
    endless: false,
    minimumTotalMemoryGib: spec.memoryGib ?? 0,
    ...(rendering === 'monitor' ? {atHand: {why: 'a monitor cannot be plugged into a rented machine', elsewhere: 'rendering: sensors, and a stream of your own'}} : {}),
    flops: spec.flops ?? 0,
    bytes: spec.bytes ?? 0,
    kernels,
    memoryGib: spec.memoryGib,
    timeSteps: spec.timeSteps,
    pace,
    rendering,
    engine: spec.engine ?? configuration.runtime,
    precision,
    parallelEfficiency,
    configuration,
  }
}

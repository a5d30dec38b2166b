import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision, type AssumptionList} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {CFD} from './factors.ts'
import {finiteVolumeCost, type FiniteVolumeWork} from './finite-volume.ts'
import {cellCost, type Storage} from './lattice.ts'
import type {CfdSpec} from './schema.ts'
import type {LbmWork} from './step.ts'

export type CfdWork = ({readonly method: 'lbm'} & LbmWork) | ({readonly method: 'finite-volume'} & FiniteVolumeWork)

export interface CfdDemand extends Demand {
  readonly work: CfdWork
  readonly timeSteps: number
  /** Of the arithmetic. */
  readonly precision: string
  readonly configuration: Configuration
}

/** Fields of a configuration that a grid has no use for: a value there is a mistake, not a wish. */
const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const

const UPDATES_PER_MLUP = 1e6
const GIB = 2 ** 30

export function cfdDemand(spec: CfdSpec, _facts: Facts): CfdDemand {
  const {configuration} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to a grid.`, {hint: 'It takes runtime, precision and dp, the number of parts that the grid is cut into: one for each accelerator.'})
  }
  const assumptions = createAssumptions()
  const given = onePrecision(spec)
  const {work, precision} = spec.method === 'lbm' ? latticeWork(spec, given, assumptions) : meshWork(spec, given, assumptions)
  const {cells, timeSteps} = spec
  const memoryBytes = work.method === 'lbm' ? cellCost(work.lattice, work.storage).memoryBytes : finiteVolumeCost(work).memoryBytes
  const what = work.method === 'lbm' ? `lattice Boltzmann ${work.lattice.toUpperCase()}, stored as ${work.storage}` : `finite volume, ${work.turbulence}, ${precision}`
  return {
    kind: CFD,
    summary: `${what}: ${formatCount(cells, 3)} cells, ${formatCount(timeSteps, 3)} time steps`,
    assumptions: assumptions.list,
    throughputUnit: 'MLUP/s',
    costUnit: {name: '1T cell updates', amount: 1e12 / UPDATES_PER_MLUP},
    workUnits: (cells * timeSteps) / UPDATES_PER_MLUP,
    endless: false,
    minimumTotalMemoryGib: (cells * memoryBytes) / GIB,
    work,
    timeSteps,
    precision,
    configuration,
  }
}

interface Understood {
  readonly work: CfdWork
  readonly precision: string
}

/** What is kept in 16 bits is computed in 32 all the same; `precision: fp16` means the storage. */
function latticeWork(spec: CfdSpec, precision: string | undefined, assumptions: AssumptionList): Understood {
  if (precision !== undefined && precision !== 'fp32' && precision !== 'fp16') {
    throw new RigorError('BAD_PRECISION', `No lattice-Boltzmann program of the catalog keeps its cells in ${precision}.`, {hint: 'precision: fp32, or fp16 to store them in 16 bits (arithmetic stays at 32).'})
  }
  const wanted: Storage | undefined = precision === undefined ? undefined : precision === 'fp16' ? 'fp16s' : 'fp32'
  const {storage: written} = spec
  if (written !== undefined && wanted !== undefined && (written === 'fp32') !== (wanted === 'fp32')) {
    throw new RigorError('TWO_PRECISIONS', `storage is ${written}, precision is ${precision ?? ''}.`, {hint: 'Give one of them.'})
  }
  const storage = assumptions.choose('storage', written ?? wanted, 'fp32' as const)
  const lattice = assumptions.choose('lattice', spec.lattice, 'd3q19' as const)
  assumptions.add('collisions', 'one relaxation time, in place')
  assumptions.add('shape of the grid', 'a cube')
  return {work: {method: 'lbm', lattice, storage, cells: spec.cells}, precision: storage === 'fp32' ? 'fp32' : 'fp16'}
}

function meshWork(spec: CfdSpec, given: string | undefined, assumptions: AssumptionList): Understood {
  const precision = assumptions.choose('precision', given, 'fp64')
  if (precision !== 'fp64' && precision !== 'fp32') {
    throw new RigorError('BAD_PRECISION', `A finite-volume solver works in fp64 or fp32, not in ${precision}.`, {hint: 'precision: fp64'})
  }
  const turbulence = assumptions.choose('turbulence', spec.turbulence, 'rans' as const)
  const correctors = assumptions.choose('correctors', spec.correctors, 1)
  const pressureCycles = assumptions.choose('pressureCycles', spec.pressureCycles, 12)
  return {work: {method: 'finite-volume', cells: spec.cells, turbulence, correctors, pressureCycles, valueBytes: precision === 'fp64' ? 8 : 4}, precision}
}

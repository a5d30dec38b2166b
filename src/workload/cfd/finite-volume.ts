import type {Accelerator} from '../../catalog/schema.ts'
import {allReduceSeconds, sendSeconds} from '../../performance/collectives.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Hardware} from '../../performance/types.ts'
import {decompose} from './domain.ts'
import type {CfdFactors} from './factors.ts'
import type {TURBULENCES} from './schema.ts'

/** A mesh that a segregated pressure-based solver works on (SIMPLE, PISO, PIMPLE), its pressure by multigrid. */
export interface FiniteVolumeWork {
  readonly cells: number
  readonly turbulence: (typeof TURBULENCES)[number]
  readonly correctors: number
  /** Multigrid cycles of one corrector. */
  readonly pressureCycles: number
  /** 8 for fp64, 4 for fp32. */
  readonly valueBytes: 4 | 8
}

/** Interior faces of a mesh of hexahedra: six, each shared by two cells. Tetrahedra have two, polyhedra six to seven. */
const FACES_PER_CELL = 3
/** Owner and neighbour of a face. */
const FACE_INDEX_BYTES = 8
/** Scalar equations of the turbulence model: none or algebraic, or two (k–ε, k–ω SST). */
const TURBULENCE_EQUATIONS: Readonly<Record<FiniteVolumeWork['turbulence'], number>> = {laminar: 0, les: 0, rans: 2}
/** Smoother sweeps of each momentum and turbulence equation: those that the measured case fixes (OpenFOAM HPC Challenge 1, occDrivAerStaticMesh). */
const MOMENTUM_SWEEPS = 15
const TURBULENCE_SWEEPS = 8
/** Of a cycle on the finest level: two sweeps, a residual, a restriction and a correction; all coarser levels together are a third of that. */
const PASSES_PER_CYCLE = 4
const ALL_LEVELS = 4 / 3

/** Values and face indices that one pass over a cell and its faces reads and writes. */
interface Pass {
  readonly values: number
  readonly indices: number
}
const faces = (values: number): Pass => ({values: FACES_PER_CELL * values, indices: FACES_PER_CELL})
const cell = (values: number): Pass => ({values, indices: 0})
const bytesOf = (passes: readonly Pass[], valueBytes: number): number => passes.reduce((sum, {values, indices}) => sum + values * valueBytes + indices * FACE_INDEX_BYTES, 0)

/**
 * What passes move, counted by hand from the face-addressed matrices and fields of such solvers (Jasak 1996, chapter 3): every array once, cells
 * that several faces share from the cache.
 */
const GRADIENT: readonly Pass[] = [faces(4), cell(5)] // area vector, weight; value, volume, three components
const CONVECTION_DIFFUSION: readonly Pass[] = [faces(6), cell(4)] // flux, weight, diffusivity, area ÷ distance, upper, lower; diagonal and source
const LAPLACIAN: readonly Pass[] = [faces(4), cell(4)]
const FLUX: readonly Pass[] = [faces(4)]
const CORRECTION: readonly Pass[] = [cell(7)]
/** One sweep: upper and lower of the matrix; diagonal, source, unknown in and out. */
const SWEEP: readonly Pass[] = [faces(2), cell(4)]

/** Arrays that stay in memory, in values per cell and face: geometry and addresses, fields with their old values and gradients, matrices, vectors of the solver. */
const RESIDENT: readonly Pass[] = [faces(8), cell(40)]
const RESIDENT_PER_TURBULENCE_EQUATION = cell(5)
/** Coarse levels, temporaries and holes: needed ÷ counted. Makes 1.2 GB per million cells of RANS in fp64, which is what NeoFOAM takes; solvers' planning values are 1 to 2 GB. */
const MEMORY_OVERHEAD = 1.95

/** How a program solves, and where. */
export type SolverPlace = 'ported' | 'offloaded' | 'processors'

/**
 * Bytes counted ÷ bytes that the rate of a stream would have moved in the time taken: temporaries, indexed access, coarse levels that fill no
 * accelerator. From measured seconds per iteration of the case above at 65 to 236 million cells: solvers ported whole to A100, H200 and GH200 (4.5 to
 * 20 million cells a second on each), those that hand only the pressure to A100s and leave the rest to the host (1.1 million), and servers of two
 * processors (3 to 14 million). Sources: docs/models/cfd.md.
 */
const EFFICIENCY: Readonly<Record<SolverPlace, number>> = {ported: 0.075, offloaded: 0.0125, processors: 0.2}

export interface FiniteVolumeCost {
  /** Moved by one time step, per cell: solving for pressure, and all the rest (assembly, momentum, turbulence). */
  readonly pressureBytes: number
  readonly otherBytes: number
  readonly memoryBytes: number
  readonly flops: number
}

export function finiteVolumeCost({turbulence, correctors, pressureCycles, valueBytes}: Omit<FiniteVolumeWork, 'cells'>): FiniteVolumeCost {
  const of = (passes: readonly Pass[]): number => bytesOf(passes, valueBytes)
  const scalars = TURBULENCE_EQUATIONS[turbulence]
  // Momentum: one matrix for three components. LES computes its viscosity from the velocity's gradient, which is there.
  const momentum = of(CONVECTION_DIFFUSION) + 3 * (of(GRADIENT) + MOMENTUM_SWEEPS * of(SWEEP))
  const transported = of(CONVECTION_DIFFUSION) + of(GRADIENT) + TURBULENCE_SWEEPS * of(SWEEP)
  const corrector = of(LAPLACIAN) + of(FLUX) + of(GRADIENT) + of(CORRECTION)
  const pressureBytes = correctors * pressureCycles * PASSES_PER_CYCLE * ALL_LEVELS * of(SWEEP)
  const otherBytes = momentum + scalars * transported + correctors * corrector
  const memoryBytes = of([...RESIDENT, ...Array.from({length: scalars}, () => RESIDENT_PER_TURBULENCE_EQUATION)]) * MEMORY_OVERHEAD
  // About one multiply-add for each value that is moved.
  return {pressureBytes, otherBytes, memoryBytes, flops: (2 * (pressureBytes + otherBytes)) / valueBytes}
}

export interface FiniteVolumeStep {
  readonly seconds: number
  readonly pressureSeconds: number
  readonly otherSeconds: number
  readonly computeSeconds: number
  readonly exchangeSeconds: number
  readonly reductionSeconds: number
  readonly bytes: number
  readonly flops: number
  readonly exchangedBytes: number
}

/** Levels that a multigrid cycle descends: each halves the length of a mesh. */
const levelsOf = (cells: number): number => Math.max(1, Math.floor(Math.log2(cells) / 3))

/** One time step on a mesh cut into equal parts. `undefined` = a link is unknown. */
export function finiteVolumeStep(work: FiniteVolumeWork, hardware: Hardware, {parts, place}: {readonly parts: number; readonly place: SolverPlace}, factors: CfdFactors): FiniteVolumeStep | undefined {
  const {accelerator} = hardware
  const cost = finiteVolumeCost(work)
  const own = work.cells / parts
  const rate = accelerator.memoryBandwidthBytesPerSecond * factors.streamShare * EFFICIENCY[place]
  const flops = own * cost.flops
  const computeSeconds = flops / ((peakFlops(accelerator, work.valueBytes === 8 ? 'fp64' : 'fp32') ?? Number.NaN) * factors.compute)
  const pressureSeconds = (own * cost.pressureBytes) / rate
  const otherSeconds = (own * cost.otherBytes) / rate
  const {faceCells} = decompose(work.cells, parts, 3)
  const cycles = work.correctors * work.pressureCycles
  const products = cycles * PASSES_PER_CYCLE + MOMENTUM_SWEEPS + TURBULENCE_SWEEPS * TURBULENCE_EQUATIONS[work.turbulence]
  const message = faceCells * work.valueBytes
  const exchange = parts === 1 ? 0 : sendSeconds(hardware, farthest(hardware, parts), message)
  const reduction = parts === 1 ? 0 : allReduceSeconds(hardware, parts, 1, work.valueBytes)
  if (exchange === undefined || reduction === undefined) return undefined
  const exchangeSeconds = products * exchange
  // Coarse levels hold few cells and wait for each other all the same.
  const reductionSeconds = cycles * levelsOf(own) * PASSES_PER_CYCLE * reduction
  const updateSeconds = Math.max(computeSeconds, pressureSeconds + otherSeconds)
  return {
    seconds: updateSeconds + exchangeSeconds + reductionSeconds, pressureSeconds, otherSeconds, computeSeconds, exchangeSeconds, reductionSeconds,
    bytes: own * (cost.pressureBytes + cost.otherBytes), flops, exchangedBytes: products * message,
  }
}

/** Distance to the farthest neighbour of a part: over the network where the parts span nodes. */
const farthest = ({acceleratorsPerNode}: Hardware, parts: number): number => (parts > acceleratorsPerNode ? acceleratorsPerNode : Math.max(1, parts / 2))

export function finiteVolumeLowerBoundSeconds(work: FiniteVolumeWork, accelerator: Accelerator, parts: number): number {
  const {pressureBytes, otherBytes} = finiteVolumeCost(work)
  return ((work.cells / parts) * (pressureBytes + otherBytes)) / accelerator.memoryBandwidthBytesPerSecond
}

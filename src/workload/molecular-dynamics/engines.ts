import type {Accelerator} from '../../catalog/schema.ts'
import type {Electrostatics, Engine, ForceField} from './schema.ts'

/** How a program shares a system among several accelerators, and what of it the host does. */
export interface EngineDesign {
  readonly name: string
  /** `domains`: each part has its piece of the box. `copies`: every part has all positions, and computes its share of the forces. */
  readonly shares: 'domains' | 'copies'
  /** What others need is sent while forces of what is a part's own are computed. */
  readonly sendsMeanwhile: boolean
  /** Parts that can share the long-range grid: one; or as many as there are groups of so many. */
  readonly partsPerGrid: number
  /** Whether one system may lie on several machines, on accelerators and on processors. */
  readonly severalNodes: {readonly accelerators: boolean; readonly processors: boolean}
  /**
   * Pairs are listed with a skin, so that the list may be kept, and in clusters of some atoms: what is computed reaches so much farther than the cutoff. The skin
   * plus a quarter of a cluster's side.
   */
  readonly listReachNm: number
  /**
   * Pairs are listed atom by atom: on accelerators each is computed for both of its atoms, and a neighbour's place in the list and its position are fetched one by one. Clusters share
   * what they fetch.
   */
  readonly singleAtoms: boolean
  /** Of positions, velocities and summed forces: 4 for single precision, 8 for double. */
  readonly stateValueBytes: 4 | 8
  /** On processors: loops over pairs written for vectors, or left to the compiler. */
  readonly vectors: 'by hand' | 'by the compiler'
  /** A process of its own holds the grid, beside those that have domains. */
  readonly gridProcess: boolean
  /** The part that holds the grid has as many pairs as the others, on accelerators. */
  readonly evenPairs: boolean
  /** Pairs and grid run side by side on one accelerator, so that each fills what the other leaves: the root of the sum of their squares (an assumption between the sum and the longer). */
  readonly gridBeside: boolean
  /** The host sorts atoms into clusters every so many steps, on one accelerator and on several; `undefined` = the accelerator does. */
  readonly hostListSteps?: {readonly one: number; readonly several: number}
  readonly electrostatics: readonly Electrostatics[]
  readonly forceFields: readonly ForceField[]
}

/**
 * Sources: GROMACS (Páll et al. 2020, one rank for PME, several with cuFFTMp or heFFTe, which their users give about a quarter of the ranks), OpenMM (Eastman et al. 2017: pairs shared,
 * PME on one device, integration on all), AMBER (pmemd.cuda.MPI: all positions everywhere; manual, "GPU accelerated PMEMD"), NAMD 3 (Phillips et al. 2020: GPU-resident on one node, PME on one
 * device), LAMMPS (Thompson et al. 2022: domains and PPPM cut alike).
 * Streams: GROMACS gives pairs and grid one each (Páll et al. 2020).
 * Lists: GROMACS keeps one for 100 steps on accelerators (mdrun's own change), and its users on several for 300 (scripts of CSC and CSCS: -nstlist 300).
 * LAMMPS lists single atoms, on accelerators in full (KOKKOS package: neigh full, newton off).
 * Skins: GROMACS prunes its list to about 0.05 nm, clusters of 8; OpenMM pads by a tenth of the cutoff, tiles of 32; AMBER's skinnb is 0.2 nm, tiles of 16; NAMD's manual lists 0.15 nm
 * farther, tiles of 32, and it keeps and sums everything in doubles; LAMMPS's skin is 0.2 nm of single atoms.
 */
export const DESIGNS: Readonly<Record<Engine, EngineDesign>> = {
  gromacs: {name: 'GROMACS', shares: 'domains', sendsMeanwhile: true, partsPerGrid: 4, gridProcess: true, evenPairs: false, gridBeside: true, singleAtoms: false, stateValueBytes: 4, listReachNm: 0.16, vectors: 'by hand', severalNodes: {accelerators: true, processors: true}, hostListSteps: {one: 100, several: 300}, electrostatics: ['pme', 'lj-pme', 'reaction-field', 'cutoff'], forceFields: ['fixed-charge', 'lennard-jones']},
  openmm: {name: 'OpenMM', shares: 'copies', sendsMeanwhile: false, partsPerGrid: Number.POSITIVE_INFINITY, gridProcess: false, evenPairs: false, gridBeside: false, singleAtoms: false, stateValueBytes: 4, listReachNm: 0.26, vectors: 'by the compiler', severalNodes: {accelerators: false, processors: false}, electrostatics: ['pme', 'lj-pme', 'reaction-field', 'cutoff', 'implicit'], forceFields: ['fixed-charge', 'polarizable', 'lennard-jones']},
  amber: {name: 'AMBER', shares: 'copies', sendsMeanwhile: false, partsPerGrid: Number.POSITIVE_INFINITY, gridProcess: false, evenPairs: false, gridBeside: false, singleAtoms: false, stateValueBytes: 4, listReachNm: 0.33, vectors: 'by the compiler', severalNodes: {accelerators: false, processors: true}, electrostatics: ['pme', 'implicit'], forceFields: ['fixed-charge']},
  namd: {name: 'NAMD', shares: 'domains', sendsMeanwhile: false, partsPerGrid: Number.POSITIVE_INFINITY, gridProcess: false, evenPairs: true, gridBeside: false, stateValueBytes: 8, singleAtoms: false, listReachNm: 0.32, vectors: 'by the compiler', severalNodes: {accelerators: false, processors: true}, electrostatics: ['pme', 'cutoff', 'implicit'], forceFields: ['fixed-charge']},
  lammps: {name: 'LAMMPS', shares: 'domains', sendsMeanwhile: true, partsPerGrid: 1, gridProcess: false, evenPairs: false, gridBeside: false, stateValueBytes: 4, singleAtoms: true, listReachNm: 0.2, vectors: 'by the compiler', severalNodes: {accelerators: true, processors: true}, electrostatics: ['pme', 'lj-pme', 'cutoff'], forceFields: ['fixed-charge', 'lennard-jones']},
}

export const designOf = (runtime: string): EngineDesign | undefined => (DESIGNS as Readonly<Record<string, EngineDesign>>)[runtime]
export const mayUseNodes = ({severalNodes}: EngineDesign, {formFactor}: Accelerator): boolean => (formFactor === 'cpu' ? severalNodes.processors : severalNodes.accelerators)

/** Parts that share the grid: processors all do. */
export function gridParts({partsPerGrid}: EngineDesign, {formFactor}: Accelerator, parts: number): number {
  if (formFactor === 'cpu') return parts
  // Within one machine of eight one rank is the rule.
  return parts <= 8 ? Math.max(1, partsPerGrid === 1 ? parts : 1) : Math.max(1, Math.floor(parts / partsPerGrid))
}

import type {Accelerator} from '../../catalog/schema.ts'
import type {Electrostatics, Engine, ForceField} from './schema.ts'

/** How a program shares a system among several accelerators, and what of it the host does. */
export interface EngineDesign {
  readonly name: string
  /** `domains`: each part has its piece of the box. `copies`: every part has all positions, and computes its share of the forces. */
  readonly shares: 'domains' | 'copies'
  /** Parts that can share the long-range grid: one; or as many as there are groups of so many. */
  readonly partsPerGrid: number
  /** Whether one system may lie on several machines, on accelerators and on processors. */
  readonly severalNodes: {readonly accelerators: boolean; readonly processors: boolean}
  /** The host sorts atoms into clusters every so many steps; `undefined` = the accelerator does. */
  readonly hostListSteps?: number
  readonly electrostatics: readonly Electrostatics[]
  readonly forceFields: readonly ForceField[]
}

/**
 * Sources: GROMACS (Páll et al. 2020, one rank for PME, several with cuFFTMp or heFFTe, which their users give about a quarter of the ranks), OpenMM (Eastman et al. 2017: pairs shared,
 * PME on one device, integration on all), AMBER (pmemd.cuda.MPI: all positions everywhere; manual, "GPU accelerated PMEMD"), NAMD 3 (Phillips et al. 2020: GPU-resident on one node, PME on one
 * device), LAMMPS (Thompson et al. 2022: domains and PPPM cut alike).
 */
export const DESIGNS: Readonly<Record<Engine, EngineDesign>> = {
  gromacs: {name: 'GROMACS', shares: 'domains', partsPerGrid: 4, severalNodes: {accelerators: true, processors: true}, hostListSteps: 100, electrostatics: ['pme', 'lj-pme', 'reaction-field', 'cutoff'], forceFields: ['fixed-charge', 'lennard-jones']},
  openmm: {name: 'OpenMM', shares: 'copies', partsPerGrid: Number.POSITIVE_INFINITY, severalNodes: {accelerators: false, processors: false}, electrostatics: ['pme', 'lj-pme', 'reaction-field', 'cutoff', 'implicit'], forceFields: ['fixed-charge', 'polarizable', 'lennard-jones']},
  amber: {name: 'AMBER', shares: 'copies', partsPerGrid: Number.POSITIVE_INFINITY, severalNodes: {accelerators: false, processors: true}, electrostatics: ['pme', 'implicit'], forceFields: ['fixed-charge']},
  namd: {name: 'NAMD', shares: 'domains', partsPerGrid: Number.POSITIVE_INFINITY, severalNodes: {accelerators: false, processors: true}, electrostatics: ['pme', 'cutoff', 'implicit'], forceFields: ['fixed-charge']},
  lammps: {name: 'LAMMPS', shares: 'domains', partsPerGrid: 1, severalNodes: {accelerators: true, processors: true}, electrostatics: ['pme', 'lj-pme', 'cutoff'], forceFields: ['fixed-charge', 'lennard-jones']},
}

export const designOf = (runtime: string): EngineDesign | undefined => (DESIGNS as Readonly<Record<string, EngineDesign>>)[runtime]
export const mayUseNodes = ({severalNodes}: EngineDesign, {formFactor}: Accelerator): boolean => (formFactor === 'cpu' ? severalNodes.processors : severalNodes.accelerators)

/** Parts that share the grid: processors all do. */
export function gridParts({partsPerGrid}: EngineDesign, {formFactor}: Accelerator, parts: number): number {
  if (formFactor === 'cpu') return parts
  // Within one machine of eight one rank is the rule.
  return parts <= 8 ? Math.max(1, partsPerGrid === 1 ? parts : 1) : Math.max(1, Math.floor(parts / partsPerGrid))
}

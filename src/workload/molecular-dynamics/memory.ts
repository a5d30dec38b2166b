import type {MemoryLine} from '../../performance/types.ts'
import {domainsOf} from './domain.ts'
import type {EngineDesign} from './engines.ts'
import {ATOMS_PER_CUBIC_NM, gridPoints, pairsPerAtom, stepCost, type MolecularWork} from './forces.ts'

/** Of an atom: positions, velocities, forces, parameters, exclusions, bonded terms and sorted copies: sixty values of 16 bytes (an assumption). */
export const STATE_BYTES = 960
/** The list holds clusters: about two bytes for each pair of atoms. */
const LIST_BYTES_PER_PAIR = 2
/** Real and transformed points of the grid, with the work space of the transform. */
const GRID_BYTES = 4 * 4
/** Context and buffers of the program: an assumption, as generic jobs have it. */
const CONTEXT_GIB = 0.5
const GIB = 2 ** 30

/** What the fullest of so many parts holds. */
export function memoryLines(work: MolecularWork, design: EngineDesign, parts: number): readonly MemoryLine[] {
  const {atoms, cutoffNm, forceField} = work
  const reach = cutoffNm + design.listReachNm
  const own = design.shares === 'copies' ? atoms : Math.min(atoms, atoms / parts + domainsOf(atoms, ATOMS_PER_CUBIC_NM[forceField], parts, reach).haloAtoms)
  const lines = [{item: 'atoms', gib: (own * STATE_BYTES) / GIB}, {item: 'pair list', gib: ((atoms / parts) * pairsPerAtom(work, reach) * LIST_BYTES_PER_PAIR) / GIB}]
  // One part may hold the whole grid.
  return [...lines, ...(stepCost(work, design.listReachNm).gridBytes > 0 ? [{item: 'grid', gib: (gridPoints(work) * GRID_BYTES) / GIB}] : []), {item: 'context', gib: CONTEXT_GIB}]
}

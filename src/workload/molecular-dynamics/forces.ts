import type {Electrostatics, ForceField} from './schema.ts'

/** A system and how its forces are computed. */
export interface MolecularWork {
  readonly atoms: number
  readonly cutoffNm: number
  readonly electrostatics: Electrostatics
  readonly forceField: ForceField
}

/** Atoms in a cubic nanometre: of liquid water 3 × 33.4, of argon-like spheres at a density of 0.8442 σ⁻³ with σ = 0.34 nm (LAMMPS bench/in.lj). */
export const ATOMS_PER_CUBIC_NM: Readonly<Record<ForceField, number>> = {'fixed-charge': 100, polarizable: 100, 'lennard-jones': 21.5}
/** Of which cutoffs are given in units of: 2.5 σ. */
export const LENNARD_JONES_CUTOFF_NM = 0.85
/** Their lists reach 0.3 σ farther (LAMMPS bench/in.lj). */
const LENNARD_JONES_SKIN_NM = 0.1

/** Operations of one pair, force only, as GROMACS counts them (src/gromacs/gmxlib/nrnb.cpp: NxN Ewald 66, table 41, RF 38, plain LJ 33); the exponential of a dispersion grid is taken for 24 more. */
const PAIR_FLOPS: Readonly<Record<Electrostatics, number>> = {pme: 66, 'lj-pme': 90, 'reaction-field': 38, cutoff: 41, implicit: 38}
const LENNARD_JONES_PAIR_FLOPS = 33
/** Grids that are transformed: of charges, of dispersion. */
const GRIDS: Readonly<Record<Electrostatics, number>> = {pme: 1, 'lj-pme': 2, 'reaction-field': 0, cutoff: 0, implicit: 0}
/** Generalised Born walks the pairs two times more, for radii and their derivatives, with a logarithm and an exponential: an assumption of 30 each. */
const BORN_FLOPS = 60
/** Multipoles up to quadrupoles: a pair of permanent and induced ones, and one of the mutual field in an iteration. Counted from the formulas of Ren and Ponder (2003) by hand, an assumption within a factor of two. */
const MULTIPOLE_PAIR_FLOPS = 1500
const MUTUAL_FIELD_FLOPS = 150
/** Until induced dipoles change by less than 1e-5 D: eight rounds with DIIS (Lipparini et al. 2014). */
export const INDUCTION_ROUNDS = 8

/** Nanometres between points of a grid whose error is that of the direct sum: both go with the cutoff (Essmann et al. 1995); 0.12 at 1 nm is GROMACS's default. */
const GRID_SPACING_PER_CUTOFF = 0.12
/** Four points each way, multiply and add, charges out and forces back in three components. */
const SPREAD_POINTS = 4 ** 3
const SPREAD_FLOPS = SPREAD_POINTS * 2 * 4
/** Real transform forward and back: three passes each that read and write 4 bytes a point (half as many complex values), and the product with the influence function. */
const GRID_BYTES = 2 * 3 * 2 * 4 + 8
/** Points that an atom's charge is added to and its force read from, mostly in the cache; a quarter goes to memory (an assumption). */
const SPREAD_BYTES = SPREAD_POINTS * 4 * 2 * 0.25

/**
 * Positions, velocities, forces (each 16 bytes in a GPU's layout), read and written by integration, constraints, the reset and sum of forces, sorting, bonded terms
 * and the pair list's reads: about 40 such passes. Spheres have neither bonds nor constraints: 16.
 */
const ATOM_BYTES: Readonly<Record<ForceField, number>> = {'fixed-charge': 640, polarizable: 640, 'lennard-jones': 256}
/** What a kernel and the next have in common, which stays in a cache that is large enough: four arrays of 16 bytes; of multipoles eight, of spheres two. */
const WORKING_BYTES: Readonly<Record<ForceField, number>> = {'fixed-charge': 64, polarizable: 128, 'lennard-jones': 32}
const WORKING_BYTES_PER_POINT = 8
/** What no program can do without: positions and forces read and written once, velocities as well. */
const LEAST_ATOM_BYTES = 3 * 2 * 12

const sphere = (radius: number): number => ((4 * Math.PI) / 3) * radius ** 3

/**
 * Pairs of an atom within a radius, each counted once. A box repeats itself; a small one has no more atoms than it has. Without water nothing repeats: of the pairs in a ball of radius R,
 * those within a distance of s R are a share of s³ − 9/16 s⁴ + s⁶/32 (Deltheil 1926).
 */
export function pairsPerAtom({atoms, forceField, electrostatics}: MolecularWork, radiusNm: number): number {
  const density = ATOMS_PER_CUBIC_NM[forceField]
  if (electrostatics !== 'implicit') return Math.min(atoms - 1, density * sphere(radiusNm)) / 2
  const ratio = Math.min(2, radiusNm / Math.cbrt(atoms / density / sphere(1)))
  return ((atoms - 1) * (ratio ** 3 - (9 / 16) * ratio ** 4 + ratio ** 6 / 32)) / 2
}

/** Operations and bytes of one time step, all atoms together. */
export interface StepCost {
  readonly pairs: number
  readonly pairFlops: number
  /** Long-range grid: both 0 where there is none. */
  readonly gridFlops: number
  readonly gridBytes: number
  readonly atomBytes: number
  /** Arrays that a step goes through again and again. */
  readonly workingBytes: number
  /** Evaluations one after the other, each with its own kernels. */
  readonly evaluations: number
  /** Pairs within the cutoff alone, positions and velocities once: what nothing can do without. */
  readonly leastFlops: number
  readonly leastBytes: number
}

function pairFlopsOf({electrostatics, forceField}: MolecularWork): number {
  if (forceField === 'lennard-jones') return LENNARD_JONES_PAIR_FLOPS
  if (forceField === 'polarizable') return MULTIPOLE_PAIR_FLOPS + INDUCTION_ROUNDS * MUTUAL_FIELD_FLOPS
  return PAIR_FLOPS[electrostatics] + (electrostatics === 'implicit' ? BORN_FLOPS : 0)
}

export const gridPoints = ({atoms, cutoffNm, forceField}: MolecularWork): number => atoms / ATOMS_PER_CUBIC_NM[forceField] / (GRID_SPACING_PER_CUTOFF * cutoffNm) ** 3

/** `reachNm`: how much farther than the cutoff the program's pairs reach. */
export function stepCost(work: MolecularWork, reachNm: number): StepCost {
  const {atoms, cutoffNm, electrostatics, forceField} = work
  const rounds = forceField === 'polarizable' ? 1 + INDUCTION_ROUNDS : 1
  const flopsPerPair = pairFlopsOf(work)
  const grids = forceField === 'lennard-jones' ? 0 : GRIDS[electrostatics] * rounds
  const points = gridPoints(work)
  const pairs = atoms * pairsPerAtom(work, cutoffNm + Math.min(reachNm, forceField === 'lennard-jones' ? LENNARD_JONES_SKIN_NM : reachNm))
  return {
    pairs,
    pairFlops: pairs * flopsPerPair,
    // Two transforms of 2.5 n log2 n each.
    gridFlops: grids * (5 * points * Math.log2(Math.max(2, points)) + atoms * SPREAD_FLOPS),
    gridBytes: grids * (points * GRID_BYTES + atoms * SPREAD_BYTES),
    atomBytes: atoms * ATOM_BYTES[forceField],
    workingBytes: atoms * WORKING_BYTES[forceField] + (grids > 0 ? points * WORKING_BYTES_PER_POINT : 0),
    evaluations: rounds,
    leastFlops: atoms * pairsPerAtom(work, cutoffNm) * flopsPerPair,
    leastBytes: atoms * LEAST_ATOM_BYTES,
  }
}

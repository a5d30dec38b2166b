import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, label, lazyShape, whole, word} from '../fields.ts'

export const ENGINES = ['gromacs', 'openmm', 'amber', 'namd', 'lammps'] as const
export type Engine = (typeof ENGINES)[number]
export const ENSEMBLES = ['nve', 'nvt', 'npt'] as const
export type Ensemble = (typeof ENSEMBLES)[number]
export const ELECTROSTATICS = ['pme', 'lj-pme', 'reaction-field', 'cutoff', 'implicit'] as const
export type Electrostatics = (typeof ELECTROSTATICS)[number]
export const FORCE_FIELDS = ['fixed-charge', 'polarizable', 'lennard-jones'] as const
export type ForceField = (typeof FORCE_FIELDS)[number]
export const UPDATES = ['accelerator', 'host'] as const
export type Update = (typeof UPDATES)[number]

export const MolecularDynamicsSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('molecular-dynamics'),
    /** The program. Absent = searched among those that run there. */
    engine: word(ENGINES, {pmemd: 'amber', 'amber-pmemd': 'amber'}).optional(),
    /** A well-known benchmark system ("stmv", "dhfr", "cellulose"), which says how many atoms. For your own, give `atoms`. */
    system: label(80).optional(),
    /** Atoms of the system, water and ions included: "92k". */
    atoms: count({minimum: 100, maximum: 1e10}).optional(),
    /** Simulated time of each trajectory, in nanoseconds. */
    nanoseconds: count({maximum: 1e12}),
    /** Independent simulations of so many nanoseconds each (replicas, ligands, umbrella windows). Absent = 1. */
    simulations: whole({maximum: 1e6}).optional(),
    /** What is held constant. Absent = nvt. */
    ensemble: word(ENSEMBLES).optional(),
    /** Femtoseconds of a time step. Absent = that of the system's own deck, 2; 4 needs heavier hydrogens (mass repartitioning). */
    timeStepFs: count({minimum: 1e-4, maximum: 20}).optional(),
    /** Nanometres up to which pairs are computed one by one. Absent = that of the system's own deck, 0.9. */
    cutoffNm: count({minimum: 0.3, maximum: 10}).optional(),
    /** What is done beyond the cutoff: a grid (PME, PPPM; `lj-pme` for dispersion as well), a dielectric, nothing; `implicit`: no water, generalised Born. Absent = pme. */
    electrostatics: word(ELECTROSTATICS, {pppm: 'pme', ewald: 'pme', rf: 'reaction-field', gb: 'implicit', gbsa: 'implicit', ljpme: 'lj-pme'}).optional(),
    /** `fixed-charge` (AMBER, CHARMM, OPLS), `polarizable` (AMOEBA) or `lennard-jones` (a liquid of plain spheres). Absent = fixed-charge. */
    forceField: word(FORCE_FIELDS, {amoeba: 'polarizable', lj: 'lennard-jones'}).optional(),
    /** Where positions are advanced: on the accelerator, or on the host where constraints or virtual sites ask for it (GROMACS). Absent = accelerator. */
    update: word(UPDATES, {gpu: 'accelerator', cpu: 'host'}).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    if ((spec.system === undefined) === (spec.atoms === undefined)) context.addIssue({code: 'custom', message: 'give one of system (a benchmark by name) and atoms (how many)', path: [spec.system === undefined ? 'atoms' : 'system']})
  })
export type MolecularDynamicsSpec = z.infer<typeof MolecularDynamicsSpec>

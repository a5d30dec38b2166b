import {RigorError} from '../../errors.ts'
import {nearestNames} from '../../text/nearest.ts'
import type {Electrostatics, ForceField} from './schema.ts'

/** A system that many publish results of: how many atoms, and the settings of its usual deck where they are not the defaults. */
export interface BenchmarkSystem {
  readonly id: string
  readonly aliases: readonly string[]
  readonly atoms: number
  readonly timeStepFs?: number
  readonly cutoffNm?: number
  readonly electrostatics?: Electrostatics
  readonly forceField?: ForceField
  /** Where the number of atoms was read. */
  readonly source: string
}

const AMBER_SUITE = 'AMBER GPU benchmark suite, as its systems are listed in the white paper of MDIR, table 10.2'
const HECBIOSIM = 'github:eth-cscs/cscs-docs:docs/software/sciapps/gromacs.md; HECBioSim benchmark suite'
const OPENMM = 'github:openmm/openmm:examples/benchmarks/benchmark.py'

/** Unknown systems have to say their atoms: a name tells nothing that is not here. */
export const SYSTEMS: readonly BenchmarkSystem[] = [
  {id: 'dhfr', aliases: ['jac'], atoms: 23_558, source: AMBER_SUITE},
  {id: 'dhfr-implicit', aliases: ['gbsa'], atoms: 2489, electrostatics: 'implicit', cutoffNm: 2, source: OPENMM},
  {id: 'dhfr-amoeba', aliases: ['amoebadhfr', 'amoeba'], atoms: 23_558, forceField: 'polarizable', source: OPENMM},
  {id: 'factor-ix', aliases: ['factorix'], atoms: 90_906, cutoffNm: 0.8, source: AMBER_SUITE},
  {id: 'apoa1', aliases: [], atoms: 92_224, source: 'NAMD utilities: ApoA1 benchmark (92,224 atoms, periodic, PME)'},
  {id: 'cellulose', aliases: [], atoms: 408_609, source: AMBER_SUITE},
  {id: 'stmv', aliases: ['satellite tobacco mosaic virus'], atoms: 1_066_628, source: 'github:Lumi-supercomputer/gromacs-on-lumi-workshop:Exercise-1.1/STMV/README.md; AMBER\'s deck has 1,067,095'},
  {id: 'benchmem', aliases: ['mem'], atoms: 81_743, cutoffNm: 1, source: 'github:csci596-2020/Gromacs-benchmarking:README.md'},
  {id: 'benchpep', aliases: ['benchpep-h', 'pep'], atoms: 12_000_000, cutoffNm: 1.2, source: 'github:intel/gaudi-reference-cloud:gromacs/testcases/README.md (12 M)'},
  {id: 'crambin', aliases: ['hecbiosim-20k'], atoms: 19_605, cutoffNm: 1.2, source: HECBIOSIM},
  {id: 'glutamine-binding-protein', aliases: ['hecbiosim-61k'], atoms: 61_153, cutoffNm: 1.2, source: HECBIOSIM},
  {id: 'hegfr-dimer', aliases: ['hecbiosim-465k'], atoms: 465_399, cutoffNm: 1.2, source: HECBIOSIM},
  {id: 'hegfr-dimer-pair', aliases: ['hecbiosim-1400k', 'hecbiosim-1.4m'], atoms: 1_403_182, cutoffNm: 1.2, source: HECBIOSIM},
  {id: 'hegfr-tetramer-pair', aliases: ['hecbiosim-3000k', 'hecbiosim-3m'], atoms: 2_997_924, cutoffNm: 1.2, source: HECBIOSIM},
  {id: 'aquaporin', aliases: [], atoms: 109_992, timeStepFs: 2.5, cutoffNm: 1.2, source: 'github:Lumi-supercomputer/gromacs-on-lumi-workshop'},
  {id: '6n4o', aliases: [], atoms: 239_131, timeStepFs: 1, cutoffNm: 0.8, source: 'github:ssvassiliev/MDBenchmarks'},
  {id: '9naw', aliases: [], atoms: 3_023_780, source: 'github:ssvassiliev/MDBenchmarks'},
  {id: 'rhodopsin', aliases: ['rhodo'], atoms: 32_000, cutoffNm: 1, source: 'LAMMPS bench/README: rhodopsin, 32,000 atoms, PPPM, 10 Å'},
]

export function systemNamed(name: string): BenchmarkSystem {
  const wanted = name.toLowerCase()
  const found = SYSTEMS.find(({id, aliases}) => id === wanted || aliases.includes(wanted))
  if (found !== undefined) return found
  const near = nearestNames(name, SYSTEMS.flatMap(({id, aliases}) => [id, ...aliases]))
  throw new RigorError('UNKNOWN_SYSTEM', `"${name}" is no benchmark system that rigor knows.`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}? For any other system give its atoms.` : `Give its atoms instead. Known: ${SYSTEMS.map(({id}) => id).join(', ')}.`,
  })
}

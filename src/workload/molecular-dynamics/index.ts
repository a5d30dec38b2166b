import type {Kind} from '../contract.ts'
import {molecularDemand, type MolecularDemand} from './demand.ts'
import {MOLECULAR_DYNAMICS} from './factors.ts'
import {molecularConfigurations, molecularLowerBoundSecondsOf, molecularRefusal, performMolecular} from './performance.ts'
import {MolecularDynamicsSpec} from './schema.ts'

export const molecularDynamics: Kind<MolecularDynamicsSpec, MolecularDemand> = {
  id: MOLECULAR_DYNAMICS,
  title: 'Molecular dynamics: GROMACS, OpenMM, AMBER, NAMD, LAMMPS',
  throughputUnit: 'ns/day',
  spec: MolecularDynamicsSpec,
  example: {kind: 'molecular-dynamics', engine: 'openmm', system: 'stmv', nanoseconds: 500, ensemble: 'npt'},
  needsSoftware: true,
  independentReplicas: false,
  readsHost: true,
  readsPartialSheets: true,
  demand: molecularDemand,
  configurations: molecularConfigurations,
  perform: performMolecular,
  refuse: molecularRefusal,
  lowerBoundSeconds: molecularLowerBoundSecondsOf,
}

import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {DESIGNS} from './engines.ts'
import {MOLECULAR_DYNAMICS} from './factors.ts'
import {LENNARD_JONES_CUTOFF_NM, type MolecularWork} from './forces.ts'
import {STATE_BYTES} from './memory.ts'
import type {Engine, Ensemble, MolecularDynamicsSpec, Update} from './schema.ts'
import {systemNamed} from './systems.ts'

export interface MolecularDemand extends Demand {
  readonly work: MolecularWork
  /** Absent = searched. */
  readonly engine: Engine | undefined
  /** Name of the system, where it has one: results of the same are nearer. */
  readonly system: string | undefined
  readonly timeStepFs: number
  /** Of one simulation. */
  readonly timeSteps: number
  readonly simulations: number
  readonly ensemble: Ensemble
  readonly update: Update
  /** Of the arithmetic; absent = what the program usually computes in. */
  readonly precision: 'fp32' | 'fp64' | undefined
  readonly configuration: Configuration
}

/** Fields of a configuration that a box of atoms has no use for: a value there is a mistake, not a wish. */
const NOT_HERE = ['pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const
const FEMTOSECONDS_PER_NANOSECOND = 1e6
const GIB = 2 ** 30

export function molecularDemand(spec: MolecularDynamicsSpec, _facts: Facts): MolecularDemand {
  const {configuration, nanoseconds} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to a box of atoms.`, {hint: 'It takes runtime, precision, tp (accelerators that share one simulation) and dp (simulations side by side).'})
  }
  const assumptions = createAssumptions()
  const known = spec.system === undefined ? undefined : systemNamed(spec.system)
  const atoms = known?.atoms ?? spec.atoms ?? Number.NaN
  if (known !== undefined) assumptions.add('atoms', String(known.atoms))
  const engine = engineOf(spec)
  const forceField = assumptions.choose('forceField', spec.forceField ?? known?.forceField, 'fixed-charge' as const)
  const lennardJones = forceField === 'lennard-jones'
  const electrostatics = assumptions.choose('electrostatics', spec.electrostatics ?? known?.electrostatics, lennardJones ? ('cutoff' as const) : ('pme' as const))
  if (lennardJones && electrostatics !== 'cutoff') throw new RigorError('BAD_FIELD', `Plain Lennard-Jones spheres carry no charges: electrostatics is ${electrostatics}.`, {hint: 'Leave electrostatics out, or write forceField: fixed-charge.'})
  if (forceField === 'polarizable' && electrostatics !== 'pme') throw new RigorError('BAD_FIELD', `A polarizable force field with electrostatics ${electrostatics} is not modelled.`, {hint: 'electrostatics: pme'})
  const cutoffNm = assumptions.choose('cutoffNm', spec.cutoffNm ?? known?.cutoffNm, lennardJones ? LENNARD_JONES_CUTOFF_NM : electrostatics === 'implicit' ? 2 : 0.9)
  const timeStepFs = assumptions.choose('timeStepFs', spec.timeStepFs ?? known?.timeStepFs, 2)
  const ensemble = assumptions.choose('ensemble', spec.ensemble, 'nvt' as const)
  const update = assumptions.choose('update', spec.update, 'accelerator' as const)
  const simulations = assumptions.choose('simulations', spec.simulations, 1)
  assumptions.add('shape of the box', 'a cube')
  const precision = onePrecision(spec)
  if (precision !== undefined && precision !== 'fp32' && precision !== 'fp64') throw new RigorError('BAD_PRECISION', `Molecular dynamics is computed in fp32 (forces; sums in more) or fp64, not in ${precision}.`, {hint: 'precision: fp32'})
  const by = engine === undefined ? '' : `, ${DESIGNS[engine].name}`
  return {
    kind: MOLECULAR_DYNAMICS,
    summary: `${known === undefined ? '' : `${known.id}, `}${formatCount(atoms, 3)} atoms${by}: ${simulations === 1 ? '' : `${formatCount(simulations, 3)} × `}${formatCount(nanoseconds, 3)} ns at ${formatCount(timeStepFs, 3)} fs`,
    assumptions: assumptions.list,
    throughputUnit: 'ns/day',
    costUnit: {name: '1 µs simulated', amount: 1000},
    workUnits: nanoseconds * simulations,
    endless: false,
    minimumTotalMemoryGib: (atoms * STATE_BYTES) / GIB,
    work: {atoms, cutoffNm, electrostatics, forceField},
    engine, system: known?.id, timeStepFs, timeSteps: (nanoseconds * FEMTOSECONDS_PER_NANOSECOND) / timeStepFs, simulations, ensemble, update, precision, configuration,
  }
}

/** The engine may stand in `engine` or in `configuration.runtime`; two different ones are an error. */
function engineOf({engine, configuration: {runtime}}: MolecularDynamicsSpec): Engine | undefined {
  if (runtime === undefined) return engine
  if (engine !== undefined && engine !== runtime) throw new RigorError('BAD_CONFIGURATION', `engine is ${engine}, configuration.runtime is ${runtime}.`, {hint: 'Give it once.'})
  if (!Object.hasOwn(DESIGNS, runtime)) throw new RigorError('BAD_CONFIGURATION', `configuration.runtime: "${runtime}" is no program for molecular dynamics that rigor knows.`, {hint: `One of ${Object.keys(DESIGNS).join(', ')}.`})
  return runtime as Engine
}

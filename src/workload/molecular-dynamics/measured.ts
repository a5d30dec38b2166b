import {acceleratorWithName, matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import {bareHardware, mostPerMachine} from '../../catalog/hardware.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {severalSockets} from '../../performance/hardware.ts'
import {intervalFromSpread} from '../../performance/interval.ts'
import type {Hardware} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {designOf} from './engines.ts'
import {molecularCertainty, molecularFactors, type MolecularFactors} from './factors.ts'
import {LENNARD_JONES_CUTOFF_NM, type MolecularWork} from './forces.ts'
import {ENGINES, ENSEMBLES, type Electrostatics, type Engine} from './schema.ts'
import {linkSort, molecularStep, type Layout} from './step.ts'
import {SYSTEMS, type BenchmarkSystem} from './systems.ts'

/** A published rate of a program, as a question for the estimator. */
export interface MolecularCase {
  readonly work: MolecularWork
  readonly timeStepFs: number
  readonly hardware: Hardware
  readonly layout: Layout
  readonly engine: Engine
  /** The program and the system: what one leaves out at a time. */
  readonly model: string
  /** What the column holds: the melt has no nanoseconds, and the source's own tables of the same figures (results/lammps/*.csv) say Gatom-step/s where its README's column says ns/day. */
  readonly unit: 'ns/day' | 'Gatom-step/s'
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const unanswered = (reason: string): Refused => ({status: 'unanswered', reason})

export const NANOSECONDS_PER_DAY = (stepSeconds: number, timeStepFs: number): number => (86_400 / stepSeconds) * timeStepFs * 1e-6

/** Of machines whose host nobody describes: cores for each accelerator. A superchip's own processor has 72, of which programs take 64. */
export const usualHostCores = ({formFactor}: Accelerator): number => (formFactor === 'superchip' ? 64 : 12)

/** What the titles of published rows say beside the name of the system. */
const VARIANTS: readonly (readonly [pattern: RegExp, id: string, changed?: Partial<Pick<BenchmarkSystem, 'electrostatics' | 'cutoffNm'>>])[] = [
  [/AMOEBA/i, 'dhfr-amoeba'],
  [/\bImplicit$|\bgbsa\b/i, 'dhfr-implicit'],
  [/DHFR.*\bRF$/i, 'dhfr', {electrostatics: 'reaction-field', cutoffNm: 1}],
  [/DHFR|\bJAC\b/i, 'dhfr'],
  [/ApoA1.*\bRF$/i, 'apoa1', {electrostatics: 'reaction-field', cutoffNm: 1}],
  [/ApoA1.*LJ-?PME/i, 'apoa1', {electrostatics: 'lj-pme'}],
  [/ApoA1/i, 'apoa1'],
  [/Cellulose/i, 'cellulose'], [/STMV/i, 'stmv'], [/Factor ?IX/i, 'factor-ix'], [/benchMEM/i, 'benchmem'], [/benchPEP/i, 'benchpep'], [/\b6n4o\b/i, '6n4o'], [/\b9naw\b/i, '9naw'], [/Aquaporin/i, 'aquaporin'],
  [/tetramer pair|HECBioSim 3M/i, 'hegfr-tetramer-pair'], [/dimer pair|HECBioSim 1(?:\.4M|400k)/i, 'hegfr-dimer-pair'], [/hEGFR dimer/i, 'hegfr-dimer'], [/Glutamine/i, 'glutamine-binding-protein'], [/Crambin/i, 'crambin'], [/rhodopsin/i, 'rhodopsin'],
]

/** LAMMPS's melt of Lennard-Jones spheres (bench/in.lj), 4 × 4 × 4 times its 32,000 atoms, as the source's README and its script (-v x 4 -v y 4 -v z 4) have it. */
const MELT = /^LAMMPS LJ\b/
const MELT_ATOMS = 64 * 32_000
/** Of τ, which is no time before somebody names the spheres. */
const MELT_TIME_STEP_FS = 0.005

/** Decks that a program's own benchmarks run where the source does not say: OpenMM's benchmark.py 4 fs with heavier hydrogens (2 for AMOEBA), 0.9 nm; AMBER's suite 0.8 nm, STMV at 4 fs; GROMACS's STMV 1.2 nm. */
function deckOf(engine: Engine, {id, timeStepFs, cutoffNm}: Pick<BenchmarkSystem, 'id' | 'timeStepFs' | 'cutoffNm'>): {readonly timeStepFs: number; readonly cutoffNm: number} {
  if (engine === 'openmm') return {timeStepFs: timeStepFs ?? (id === 'dhfr-amoeba' ? 2 : 4), cutoffNm: cutoffNm ?? 0.9}
  if (engine === 'amber') return {timeStepFs: timeStepFs ?? (id === 'stmv' ? 4 : 2), cutoffNm: cutoffNm ?? 0.8}
  return {timeStepFs: timeStepFs ?? 2, cutoffNm: cutoffNm ?? (id === 'stmv' ? 1.2 : 0.9)}
}

/** What measurements of a program and a system are of, in the evidence. */
export const modelName = (engine: string, system: string): string => `${engine} ${system}`

/** Reads a setting, or says why it cannot be asked. */
export function readMolecularMeasurement(setting: Setting, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: MolecularCase} | Refused {
  if (setting.metric !== 'ns_per_day') return unanswered(`"${setting.metric}" is no rate of simulated time`)
  const engine = ENGINES.find(each => setting.framework.toLowerCase().startsWith(each))
  if (engine === undefined) return unanswered(`"${setting.framework}" is none of ${ENGINES.join(', ')}`)
  const {notes} = setting
  const [, id, changed] = VARIANTS.find(([pattern]) => pattern.test(setting.model)) ?? []
  const named = SYSTEMS.find(each => each.id === id)
  const melt = MELT.test(setting.model)
  const atoms = named?.atoms ?? (melt ? MELT_ATOMS : notes.atoms)
  if (atoms === undefined) return unanswered('neither the system nor its atoms are known')
  const system = {...(named ?? {id: melt ? 'lennard-jones-melt' : setting.model}), ...changed}
  const deck = melt ? {timeStepFs: MELT_TIME_STEP_FS, cutoffNm: LENNARD_JONES_CUTOFF_NM} : deckOf(engine, system)
  const electrostatics: Electrostatics = melt ? 'cutoff' : ((system as Partial<BenchmarkSystem>).electrostatics ?? 'pme')
  const work: MolecularWork = {atoms, cutoffNm: notes.cutoffNm ?? deck.cutoffNm, electrostatics, forceField: melt ? 'lennard-jones' : ((system as Partial<BenchmarkSystem>).forceField ?? 'fixed-charge')}
  const place = placeOf(setting, accelerators)
  if (place === undefined) return unanswered(`${setting.accelerator} is not in the catalog`)
  const {hardware, parts} = place
  const {processes, listSteps} = notes
  const updatedByHost = notes.hostUpdate === true || (notes.hostUpdateOf !== undefined && setting.model.includes(notes.hostUpdateOf))
  return {
    status: 'case',
    case: {
      work, hardware, engine, model: modelName(engine, system.id), timeStepFs: notes.timeStepFs ?? deck.timeStepFs, unit: melt ? 'Gatom-step/s' : 'ns/day',
      layout: {
        parts, design: designOf(engine)!, precision: precisionOf(setting.precision, engine, hardware.accelerator), ensemble: ENSEMBLES.find(each => each === notes.ensemble) ?? 'nvt',
        update: updatedByHost ? 'host' : 'accelerator', hostCores: hostCoresIn(notes, parts) ?? usualHostCores(hardware.accelerator),
        ...(processes === undefined ? {} : {ranks: processes}), ...(listSteps === undefined ? {} : {listSteps}),
      },
    },
  }
}

/** Cores for each accelerator, where notes say so. */
function hostCoresIn({hostThreads, processes, threadsPerProcess, allHostCores}: Setting['notes'], parts: number): number | undefined {
  if (hostThreads !== undefined) return hostThreads
  if (processes !== undefined && threadsPerProcess !== undefined) return (processes * threadsPerProcess) / parts
  return allHostCores === undefined ? undefined : allHostCores / parts
}

/** "mixed", "SPFP", "single": arithmetic in 32 bits. LAMMPS's KOKKOS computes in doubles whatever is said, and so do NAMD and AMBER on processors. */
function precisionOf(written: string, engine: Engine, {formFactor}: Accelerator): string {
  return written === 'fp64' || engine === 'lammps' || (formFactor === 'cpu' && (engine === 'namd' || engine === 'amber')) ? 'fp64' : 'fp32'
}

/** How labels of these tables differ from those of data sheets. A form that is not stated is taken for the usual one. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'A100 (form not stated)': 'a100-sxm-80gb', 'A100 SXM': 'a100-sxm-80gb', 'H100 (form not stated)': 'h100-sxm-80gb', 'GH200 (Alps)': 'gh200-96gb', 'GH200 (Roihu)': 'gh200-96gb', 'CPU EPYC 9965 (Turin) node': 'cpu-epyc-9965',
  'RTX PRO 6000': 'rtx-pro-6000-blackwell-server-96gb', 'RTX PRO 6000 Blackwell': 'rtx-pro-6000-blackwell-server-96gb', 'B200': 'b200-sxm-180gb', 'DGX Spark GB10': 'gb10-128gb', 'MI250X (GCD)': 'mi250x-1gcd-64gb', 'P100 PCIe 12GB': 'p100-pcie-12gb',
}
const acceleratorIn = (label: string, accelerators: readonly Accelerator[]): Accelerator | undefined => {
  const name = SHORT_NAMES[label] ?? label
  return acceleratorWithName(name, accelerators) ?? matchAccelerator(name, accelerators)
}
export const knowsDevices = (label: string, accelerators: readonly Accelerator[]): boolean => acceleratorIn(label, accelerators) !== undefined

/** Machines of processors have two sockets and one port, of 100 Gb/s or, with memory of the fifth generation, 400 Gb/s; nobody states it (assumed). */
const SOCKETS_PER_NODE = 2
const DDR5_BYTES_PER_SECOND = 300e9
const networkOf = ({memoryBandwidthBytesPerSecond}: Accelerator) => ({kind: 'infiniband', bytesPerSecondPerNode: memoryBandwidthBytesPerSecond >= DDR5_BYTES_PER_SECOND ? 50e9 : 12.5e9, rdma: true, latencySeconds: 3e-6})
/**
 * Links that data sheets do not state and the sites of these results have: dies of an MI250X 200 GB/s to the one beside them and as much to other cards (AMD's CDNA 2 white paper; LUMI), four
 * GH200 150 GB/s between each two (Alps, Roihu); both have four ports of 200 Gb/s a machine.
 */
const LINKS_OF_SITES: Readonly<Record<string, {readonly kind: string; readonly bytesPerSecond: number}>> = {'cdna2': {kind: 'infinity-fabric', bytesPerSecond: 200e9}, 'hopper': {kind: 'nvlink', bytesPerSecond: 450e9}}
const PORT_BYTES_PER_SECOND = 25e9
/** Accelerators in a machine of the systems that results over several machines are from. */
const PER_NODE: Readonly<Record<string, number>> = {superchip: 4}

function placeOf({accelerator: label, accelerators: count = 1, nodes, notes}: Setting, accelerators: readonly Accelerator[]): {readonly hardware: Hardware; readonly parts: number} | undefined {
  const found = acceleratorIn(label, accelerators)
  if (found === undefined) return undefined
  if (found.formFactor === 'cpu') {
    const sockets = notes.countsCores === true ? count / (found.multiprocessors ?? 1) : count
    const machines = Math.max(1, Math.ceil(sockets / SOCKETS_PER_NODE - 1e-9))
    return {parts: machines, hardware: {accelerator: severalSockets(found, sockets / machines), acceleratorsPerNode: 1, nodes: machines, levels: [], network: networkOf(found), host: {}}}
  }
  const most = Math.min(mostPerMachine(found), PER_NODE[found.formFactor] ?? 8)
  const perNode = Math.min(count, nodes === undefined ? most : Math.min(most, Math.ceil(count / nodes)))
  const hardware = bareHardware(found, perNode, Math.ceil(count / perNode))
  const links = hardware.levels === undefined ? LINKS_OF_SITES[found.architecture] : undefined
  if (links === undefined) return {parts: count, hardware}
  return {parts: count, hardware: {...hardware, levels: [{...links, groupSize: perNode, latencySeconds: 2e-6}], network: {kind: 'slingshot', bytesPerSecondPerNode: PORT_BYTES_PER_SECOND * 4, rdma: true, latencySeconds: 3e-6}}}
}

/** In the unit of the case. `undefined` = a link is unknown. */
export function measuredRate({work, hardware, layout, timeStepFs, unit}: MolecularCase, factors: MolecularFactors): number | undefined {
  const step = molecularStep(work, hardware, layout, factors)
  if (step === undefined) return undefined
  return unit === 'ns/day' ? NANOSECONDS_PER_DAY(step.seconds, timeStepFs) : work.atoms / step.seconds / 1e9
}

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readMolecularMeasurement(setting, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const {hardware: {accelerator}, layout: {parts}, engine, model} = found
  const rate = measuredRate(found, molecularFactors(facts, accelerator, engine, linkSort(found.hardware, parts)))
  if (rate === undefined) return unanswered('a link between the accelerators is not known')
  const {distance, spread} = molecularCertainty(facts.calibration, accelerator, model, parts)
  return {status: 'answered', interval: intervalFromSpread(rate, spread), distance, model, acceleratorId: accelerator.id}
}

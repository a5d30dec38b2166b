import {acceleratorWithName, matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {intervalFromSpread} from '../../performance/interval.ts'
import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import {severalSockets} from '../../performance/hardware.ts'
import type {Facts} from '../contract.ts'
import {cfdCertainty, cfdFactors, LBM, type CfdFactors} from './factors.ts'
import {cellCost, type Storage} from './lattice.ts'
import {LATTICES, STORAGES} from './schema.ts'
import {lbmStep, type LbmWork} from './step.ts'

/** A published rate of a lattice-Boltzmann program, as a question for the estimator. */
export interface CfdCase {
  readonly work: LbmWork
  readonly parts: number
  /** All parts are as large: the slowest of unlike accelerators sets the pace. */
  readonly accelerators: readonly Accelerator[]
  readonly runtime: string
  readonly model: string
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const unanswered = (reason: string): Refused => ({status: 'unanswered', reason})

/** Benchmarks of several accelerators fill their memory; that is what the program's own does. One accelerator alone is as fast with any large grid. */
const FILLED_SHARE = 0.9
const GIB = 2 ** 30
/** A benchmark whose slot nobody states, of a card without a known one. */
const USUAL_SLOT_GENERATION = 3

export const slotOfCard = ({pcieGeneration}: Accelerator): number => pcieX16BytesPerSecond(pcieGeneration) ?? pcieX16BytesPerSecond(USUAL_SLOT_GENERATION)

/** Reads a setting, or says why it cannot be asked. */
export function readCfdMeasurement(setting: Setting, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: CfdCase} | Refused {
  if (setting.metric !== 'mlups') return unanswered(`"${setting.metric}" is no rate of cell updates`)
  const lattice = LATTICES.find(each => setting.model.toLowerCase().includes(each))
  if (lattice === undefined) return unanswered('the lattice is not stated')
  const storage = storageOf(setting.precision)
  if (storage === undefined) return unanswered(`nothing computes with cells stored as "${setting.precision}"`)
  const place = placeOf(setting, accelerators)
  if (place === undefined) return unanswered(`${setting.accelerator} is not in the catalog`)
  const [slowest] = place.accelerators
  const cells = (FILLED_SHARE * (slowest?.memoryGib ?? 0) * GIB * place.parts) / cellCost(lattice, storage).memoryBytes
  return {status: 'case', case: {...place, work: {lattice, storage, cells}, runtime: 'fluidx3d', model: LBM}}
}

/** "fp32/fp16s": what is computed in, and what is stored. */
function storageOf(precision: string): Storage | undefined {
  const [computed, stored = computed] = precision.toLowerCase().split('/')
  return computed === 'fp32' ? STORAGES.find(each => each === stored) : undefined
}

interface Place {
  readonly parts: number
  readonly accelerators: readonly Accelerator[]
}

/** "1x", "🔵 2x" before a name of a list. */
const COUNTED = /^[^A-Za-z0-9]*(?:\d+ ?x )?(.*)$/u
/** How the names of such a list differ from those of data sheets. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'A100 40GB': 'a100-sxm-40gb', 'P100 16GB': 'p100-pcie-16gb', 'A770 16GB': 'arc-a770-16gb', 'Intel A770': 'arc-a770-16gb', 'B580': 'arc-b580-12gb', '7700 XT': 'rx-7700-xt-12gb', '2080 Ti': 'rtx-2080-ti-11gb', 'K40m': 'tesla-k40m-12gb',
  'MI50 32GB': 'mi50-32gb', 'Titan Xp': 'titan-xp-12gb',
}
const MIXED = 'mixed: '

/** The accelerators that a label names: several where they are of several sorts. `undefined` = one that the catalog lacks. */
function acceleratorsIn(label: string, accelerators: readonly Accelerator[]): readonly Accelerator[] | undefined {
  const named = (name: string): Accelerator | undefined => acceleratorWithName(SHORT_NAMES[name] ?? name, accelerators) ?? matchAccelerator(name, accelerators)
  const names = label.startsWith(MIXED) ? label.slice(MIXED.length).split(' + ').map(each => COUNTED.exec(each)?.[1] ?? each) : [label]
  const found = names.flatMap(name => named(name) ?? named(name.replace(ON_BOARD, '')) ?? [])
  return found.length === names.length ? found : undefined
}

/** "A16 (4 GPUs)", "MI250 (2 GCD)": devices of one or more boards. */
const ON_BOARD = / \((\d+) (?:GPUs?|GCD)\)$/

export const knowsDevices = (label: string, accelerators: readonly Accelerator[]): boolean => acceleratorsIn(label, accelerators) !== undefined

/** Accelerators and parts of a setting; `undefined` = the catalog lacks one. */
function placeOf({accelerator: label, accelerators: count = 1, notes: {statedSheet}}: Setting, accelerators: readonly Accelerator[]): Place | undefined {
  const found = acceleratorsIn(label, accelerators)
  const [first] = found ?? []
  if (found === undefined || first === undefined) return undefined
  if (first.formFactor === 'cpu') return {parts: 1, accelerators: [severalSockets(first, count)]}
  if (found.length === 1) return {parts: Math.max(count, Number(ON_BOARD.exec(label)?.[1] ?? 1)), accelerators: found}
  // One that is larger than the others holds several parts: what the source's table totals is so many of the smallest.
  const least = Math.min(...found.map(each => each.memoryBandwidthBytesPerSecond))
  return {parts: statedSheet === undefined ? count + found.length - 1 : Math.round((statedSheet.bandwidthGbPerSecond * 1e9) / least), accelerators: found}
}

/** Million cell updates per second of all parts, and which accelerator sets the pace. */
export function measuredRate({work, parts, accelerators}: CfdCase, factorsOf: (accelerator: Accelerator) => CfdFactors): {readonly mlups: number; readonly accelerator: Accelerator} {
  let slowest: {readonly seconds: number; readonly accelerator: Accelerator} | undefined
  for (const accelerator of accelerators) {
    const seconds = lbmStep(work, accelerator, {parts, slotBytesPerSecond: slotOfCard(accelerator)}, factorsOf(accelerator))?.seconds ?? Number.NaN
    if (slowest === undefined || seconds > slowest.seconds) slowest = {seconds, accelerator}
  }
  return {mlups: work.cells / (slowest?.seconds ?? Number.NaN) / 1e6, accelerator: slowest!.accelerator}
}

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readCfdMeasurement(setting, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const {mlups, accelerator} = measuredRate(found, each => cfdFactors(facts, each, found.runtime))
  const {distance, spread} = cfdCertainty(facts.calibration, accelerator, found.model, found.parts)
  const about = {distance, model: found.model, acceleratorId: accelerator.id} as const
  return {status: 'answered', interval: intervalFromSpread(mlups, spread), ...about}
}

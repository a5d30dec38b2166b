import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {fittedValues, vendorScope, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'

export const MOLECULAR_DYNAMICS = 'molecular-dynamics'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/molecular-dynamics.md. */
export const MOLECULAR_QUANTITIES = {
  /** How one accelerator differs from its family in all it does. */
  'speed': 1,
  /** Achieved ÷ printed rate of vector arithmetic in the loop over pairs, by hardware. */
  'compute': 0.3,
  /** Achieved ÷ streamed bandwidth of what comes from memory, by hardware. */
  'memory-bandwidth': 0.6,
  /** Achieved ÷ assumed rate of the last-level cache, which everything goes through, by hardware. */
  'cache-rate': 0.5,
  /** Clock cycles of a step that do not go with the number of atoms, by hardware: launches, and kernels that wait. */
  'latency-cycles': 2e5,
  /** By program: the same times this; work of the loop over pairs, and of the rest. */
  'engine-latency': 1,
  'engine-pairs': 1,
  'engine-memory': 1,
  /** Work of a polarizable force field ÷ counted. */
  'polarizable': 1,
  /** Of generalised Born. */
  'implicit': 1,
  /** Time of a step at constant pressure ÷ without a barostat. */
  'pressure': 1.05,
  /** Achieved ÷ printed rate of the links that parts exchange over, by program, sort of link and vendor. */
  'exchange': 0.3,
  /** Seconds of each message that parts wait for, by program, sort of link and vendor. */
  'message-seconds': 1e-5,
  /** Core nanoseconds of the host for an atom: one update, with summing forces and constraints. */
  'host-nanoseconds': 50,
  /** The same of sorting into clusters, once. */
  'list-nanoseconds': 500,
} as const
export type MolecularQuantity = keyof typeof MOLECULAR_QUANTITIES
export type MolecularFactors = Readonly<Record<MolecularQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

const OF_ENGINE = new Set<MolecularQuantity>(['engine-latency', 'engine-pairs', 'engine-memory'])
const OF_LINKS = new Set<MolecularQuantity>(['exchange', 'message-seconds'])
const OF_ALL = new Set<MolecularQuantity>(['polarizable', 'implicit', 'pressure', 'host-nanoseconds', 'list-nanoseconds'])

const engineScope = (engine: string): string => `engine:${engine}`

/** Where a quantity is looked up, the most specific first. Processors are a family each of their makers'. */
export function scopesOf(quantity: MolecularQuantity, accelerator: Accelerator, engine: string, link: string): readonly string[] {
  if (quantity === 'speed') return [accelerator.id]
  if (OF_ALL.has(quantity)) return ['*']
  const place = accelerator.formFactor === 'cpu' ? 'cpu' : 'accelerator'
  if (OF_ENGINE.has(quantity)) return [`${engineScope(engine)} ${place}`, engineScope(engine), '*']
  const {architecture, vendor} = accelerator
  if (OF_LINKS.has(quantity)) return [`${engineScope(engine)} ${link} ${vendor}`, `${engineScope(engine)} ${link}`, engineScope(engine), '*']
  const sort = memorySort(accelerator)
  return [...(sort === undefined ? [] : [`${architecture} ${sort}`]), architecture, ...(place === 'cpu' ? [] : [vendorScope(vendor)]), '*']
}

export function molecularFactors({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, accelerator: Accelerator, engine: string, link: string): MolecularFactors {
  return {...fittedValues(calibration, MOLECULAR_DYNAMICS, MOLECULAR_QUANTITIES, engine, quantity => scopesOf(quantity, accelerator, engine, link)), streamShare: streamShare(accelerator)}
}

/** Figures that are as uncertain as each other: one accelerator alone, several that exchange, or processors. */
export const spreadMetric = (parts: number, {formFactor}: Accelerator): string => (formFactor === 'cpu' ? 'throughput-on-processors' : parts > 1 ? 'throughput' : 'throughput-alone')

export interface MolecularCertainty {
  readonly distance: Distance
  readonly spread: Spread
  /** Name of the spread in the calibration. */
  readonly metric: string
  readonly basis: Confidence
}

/** `model`: the name that measurements of the same program and system have. */
export function molecularCertainty(calibration: Calibration, accelerator: Accelerator, model: string, parts: number): MolecularCertainty {
  const metric = spreadMetric(parts, accelerator)
  const distance = calibration.distance(MOLECULAR_DYNAMICS, accelerator, model)
  return {distance, metric, spread: calibration.spread(MOLECULAR_DYNAMICS, metric, distance), basis: distance === 'none' ? 'computed' : 'calibrated'}
}

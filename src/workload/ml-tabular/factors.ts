import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {fittedValues, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'

export const TABULAR = 'ml-tabular'
/** What measurements are of, in the evidence. */
export const BOOSTED_TREES = 'boosted-trees'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/tabular.md. */
export const TABULAR_QUANTITIES = {
  /** How one processor or accelerator differs from others, core by core or unit by unit. */
  'speed': 1,
  /** How much faster a core is than one of the design of a year before. */
  'gain-of-a-year': 1.1,
  /** Histogram entries that a core adds up, in units of `CORE_ENTRIES_PER_SECOND`. */
  'core-rate': 1,
  /** What a row costs beside its features, in features: a byte is read of each of those, twelve of its gradients and its place in the tree. */
  'row-cost': 12,
  /** Bytes that a row which the caches do not hold moves through memory each time it is added up. */
  'gather-bytes': 64,
  /** Share of the work of one core that all others wait for. */
  'serial-share': 0.05,
  /** Seconds of each level or leaf that are neither: choosing it, starting threads and waiting for them, by the square root of the cores. */
  'coordination-seconds': 2e-5,
  /** Seconds of a tree that are neither. */
  'tree-overhead-seconds': 5e-4,
  /** Histogram entries that a multiprocessor of an accelerator adds up, in units of `UNIT_ENTRIES_PER_SECOND`. */
  'accelerator-rate': 1,
  /** Seconds between kernels, once for each level or leaf. */
  'launch-seconds': 2e-4,
} as const
export type TabularQuantity = keyof typeof TABULAR_QUANTITIES
export type TabularFactors = Readonly<Record<TabularQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

/** The year against which designs are counted, and what holds of those whose year is not known. */
const MIDDLE_YEAR = 2020
/** A core of that design ÷ one of the middle year. */
export const gainOf = ({releaseYear = MIDDLE_YEAR}: Accelerator, factors: Pick<TabularFactors, 'gain-of-a-year'>): number => factors['gain-of-a-year'] ** (releaseYear - MIDDLE_YEAR)

/** Quantities of the hardware; all others are of the program. */
export const isOfHardware = (quantity: TabularQuantity): boolean => quantity === 'speed'

/** Where factors of the hardware are looked up, the most specific first. */
export function scopesOf(accelerator: Accelerator): readonly string[] {
  const {architecture} = accelerator
  const sort = memorySort(accelerator)
  return [accelerator.id, ...(sort === undefined ? [] : [`${architecture} ${sort}`]), ...(accelerator.formFactor === 'cpu' ? [] : [architecture]), '*']
}

export function tabularFactors({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, accelerator: Accelerator, engine: string): TabularFactors {
  return {...fittedValues(calibration, TABULAR, TABULAR_QUANTITIES, engine, quantity => (isOfHardware(quantity) ? scopesOf(accelerator) : ['*'])), streamShare: streamShare(accelerator)}
}

/** Figures that are as uncertain as each other. */
export const spreadMetric = ({formFactor}: Accelerator): string => (formFactor === 'cpu' ? 'time-on-processors' : 'time-on-accelerators')

export interface TabularCertainty {
  readonly distance: Distance
  readonly spread: Spread
  /** Name of the spread in the calibration. */
  readonly metric: string
  readonly basis: Confidence
}

/** `model`: the name that measurements of the same work have. */
export function tabularCertainty(calibration: Calibration, accelerator: Accelerator, model: string, measured: boolean): TabularCertainty {
  const metric = spreadMetric(accelerator)
  const distance = measured ? calibration.distance(TABULAR, accelerator, model) : 'none'
  return {distance, metric, spread: calibration.spread(TABULAR, metric, distance), basis: !measured ? 'assumed' : distance === 'none' ? 'computed' : 'calibrated'}
}

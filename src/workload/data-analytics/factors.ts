import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {fittedValues, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'

export const ANALYTICS = 'data-analytics'
/** What measurements are of, in the evidence. */
export const CLICKBENCH = 'clickbench'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/analytics.md. */
export const ANALYTICS_QUANTITIES = {
  /** How one sort of processors differs from others, core by core. */
  'speed': 1,
  /** Values that one core works through, in units of `CORE_BYTES_PER_SECOND`. */
  'core-rate': 1,
  /** Work of a core on Parquet ÷ on the engine's own tables. */
  'parquet-work': 1,
  /** Share of the work of one core that all others wait for. */
  'serial-share': 0.01,
  /** The same of Parquet ÷ of the engine's own tables. */
  'parquet-serial': 1,
  /** Seconds of a query that are neither: parsing, planning, starting tasks. */
  'query-overhead-seconds': 0.02,
  /** Seconds of a query that threads take to be started, handed work and waited for, by the square root of the cores. */
  'coordination-seconds': 3e-3,
  /** Bytes read from storage ÷ bytes of the columns that the query needs. */
  'storage-read': 1,
  /** Bytes moved to and from disk ÷ bytes that memory was too small by. */
  'spill': 4,
  /** Achieved ÷ stream bandwidth of an accelerator's memory. */
  'accelerator-rate': 0.1,
} as const
export type AnalyticsQuantity = keyof typeof ANALYTICS_QUANTITIES
export type AnalyticsFactors = Readonly<Record<AnalyticsQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

/** Quantities of the hardware; all others are of the engine. */
export const isOfHardware = (quantity: AnalyticsQuantity): boolean => quantity === 'speed'

/** Where factors of the hardware are looked up, the most specific first: the processor, its maker's. */
export function scopesOf(accelerator: Accelerator): readonly string[] {
  const sort = memorySort(accelerator)
  return [accelerator.id, ...(sort === undefined ? [] : [`${accelerator.architecture} ${sort}`]), '*']
}

export function analyticsFactors({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, accelerator: Accelerator, engine: string): AnalyticsFactors {
  return {...fittedValues(calibration, ANALYTICS, ANALYTICS_QUANTITIES, engine, quantity => (isOfHardware(quantity) ? scopesOf(accelerator) : ['*'])), streamShare: streamShare(accelerator)}
}

/** Figures that are as uncertain as each other: from memory or from storage, on processors or on accelerators. */
export const spreadMetric = ({formFactor}: Accelerator, cold: boolean): string => (formFactor === 'cpu' ? (cold ? 'cold-time' : 'hot-time') : 'time-on-accelerators')

export interface AnalyticsCertainty {
  readonly distance: Distance
  readonly spread: Spread
  /** Name of the spread in the calibration. */
  readonly metric: string
  readonly basis: Confidence
}

/** `model`: the name that measurements of the same queries have; other queries are never as near, nor engines that nobody measured. */
export function analyticsCertainty(calibration: Calibration, accelerator: Accelerator, model: string, engine: string, cold: boolean): AnalyticsCertainty {
  const metric = spreadMetric(accelerator, cold)
  const distance = wasMeasured(calibration, engine) ? calibration.distance(ANALYTICS, accelerator, model) : 'none'
  return {distance, metric, spread: calibration.spread(ANALYTICS, metric, distance), basis: accelerator.formFactor !== 'cpu' || model !== CLICKBENCH ? 'assumed' : distance === 'none' ? 'computed' : 'calibrated'}
}

/** Whether factors were fitted to this engine. */
export function wasMeasured(calibration: Calibration, engine: string): boolean {
  return (Object.keys(ANALYTICS_QUANTITIES) as AnalyticsQuantity[]).some(quantity => calibration.lookupIn(ANALYTICS, quantity, ['*'], engine)?.value !== calibration.lookupIn(ANALYTICS, quantity, ['*'], '*')?.value)
}

import type {Accelerator} from '../../catalog/schema.ts'
import type {Algorithm, Engine} from './engines.ts'
import {gainOf, type TabularFactors} from './factors.ts'

/** Trees that are grown over one table, by histograms. */
export interface TreeWork {
  readonly algorithm: Algorithm
  readonly rows: number
  readonly features: number
  readonly rounds: number
  /** Of a round. */
  readonly outputs: number
  readonly leaves: number
  readonly bins: number
  readonly density: number
}

/** Where a tree is grown: equal parts of the rows. */
export interface TreePlace {
  readonly device: Accelerator
  readonly parts: number
  /** Cores in use, where not all are. */
  readonly cores?: number | undefined
  /** Seconds in which the parts add up so many bytes; `undefined` = a link is not known. */
  allReduceSeconds(bytes: number): number | undefined
}

/** Where the time of one tree goes, on each of the parts. */
export interface TreeTime {
  readonly seconds: number
  readonly histogramSeconds: number
  readonly serialSeconds: number
  readonly exchangeSeconds: number
  /** Waiting for threads or kernels. */
  readonly launchSeconds: number
  readonly overheadSeconds: number
  /** What memory bandwidth alone would take. */
  readonly memorySeconds: number
  /** Of one part. */
  readonly bytes: number
}

/** Units of `core-rate` and `accelerator-rate`: a bin is read, a gradient pair is added. Orders of magnitude. */
export const CORE_ENTRIES_PER_SECOND = 4e8
export const UNIT_ENTRIES_PER_SECOND = 1.3e8
/** A multiprocessor of an accelerator of which the catalog does not say how many it has: by its vector rate (128 lanes × 2 × 1.7 GHz). An assumption. */
const UNIT_FLOPS = 0.44e12
/** Gradient and curvature of a row, and its place among the rows of a node. */
const ROW_BYTES = 12
/**
 * Last-level cache of a socket for each of its cores, and what one core can draw from memory: orders of magnitude of servers (EPYC has 4 MiB a core,
 * others about 2), from memory.
 */
const cachePerCore = ({vendor}: Accelerator): number => (vendor === 'amd' ? 4 : 2) * 2 ** 20
const CORE_BANDWIDTH = 12e9
/** Two sums in a bin of a histogram (XGBoost and LightGBM: double precision). */
const BIN_BYTES = 16
/** Label, prediction, gradient, curvature and place of a row while a tree grows. */
export const ROW_STATE_BYTES = 24

export const levelsOf = ({leaves}: Pick<TreeWork, 'leaves'>): number => Math.max(1, Math.log2(leaves))
const binBytes = ({bins}: TreeWork): number => (bins <= 256 ? 1 : 2)

/**
 * How often a row's features are added up for one tree. Of two children only the smaller is: the larger is the parent less that one, so that each
 * level below the first passes over half of the rows (Ke et al. 2017, LightGBM; Chen & Guestrin 2016, XGBoost). Forests look at the root of the
 * number of features in each split (Breiman 2001), and have nothing to subtract from.
 */
export function passesOf(work: Pick<TreeWork, 'algorithm' | 'leaves'>): number {
  const levels = levelsOf(work)
  return work.algorithm === 'gbdt' ? 1 + (levels - 1) / 2 : levels
}

const featuresTried = ({algorithm, features, density}: TreeWork): number => (algorithm === 'gbdt' ? features : Math.sqrt(features)) * density

/** All that is added up for one tree: entries of rows, rows themselves counted as so many features, and each histogram once more to find its best split. */
const entriesOf = (work: TreeWork, rowCost: number): number => work.rows * passesOf(work) * (featuresTried(work) + rowCost) + work.leaves * featuresTried(work) * work.bins

const bytesOf = (work: TreeWork): number => work.rows * passesOf(work) * (featuresTried(work) * binBytes(work) + ROW_BYTES)

/** Bytes of the table as it is kept while trees grow: one bin for each entry (two bytes of it where there are more than 256), and the rows' own. */
export const tableBytes = (work: TreeWork): number => work.rows * (work.features * work.density * binBytes(work) + ROW_STATE_BYTES)
/** Histograms of all leaves that are open at once. */
export const histogramBytes = ({leaves, features, bins}: TreeWork): number => leaves * features * bins * BIN_BYTES

const unitsOf = ({multiprocessors, peakFlops}: Accelerator): number => multiprocessors ?? (peakFlops.fp32 ?? Number.NaN) / UNIT_FLOPS
export const unitsKnown = ({multiprocessors}: Accelerator): boolean => multiprocessors !== undefined

/** One tree. `undefined` = a link is not known. */
export function treeTime(work: TreeWork, {device, parts, cores: used, allReduceSeconds}: TreePlace, {growsBy}: Engine, factors: TabularFactors): TreeTime | undefined {
  const onProcessors = device.formFactor === 'cpu'
  const syncs = growsBy === 'leaf' ? work.leaves - 1 : levelsOf(work)
  const entries = entriesOf(work, factors['row-cost']) / parts
  const bytes = bytesOf(work) / parts
  const memorySeconds = bytes / (device.memoryBandwidthBytesPerSecond * factors.streamShare)
  // The histograms of a level are added up over the parts; those that subtraction gives need not be.
  const exchangeSeconds = parts === 1 ? 0 : allReduceSeconds(histogramBytes(work) / 2)
  if (exchangeSeconds === undefined) return undefined
  const overheadSeconds = factors['tree-overhead-seconds']
  if (!onProcessors) {
    const histogramSeconds = Math.max(entries / (unitsOf(device) * UNIT_ENTRIES_PER_SECOND * factors['accelerator-rate'] * factors.speed), memorySeconds)
    const launchSeconds = syncs * factors['launch-seconds']
    return {seconds: histogramSeconds + exchangeSeconds + launchSeconds + overheadSeconds, histogramSeconds, serialSeconds: 0, exchangeSeconds, launchSeconds, overheadSeconds, memorySeconds, bytes}
  }
  const cores = used ?? device.multiprocessors ?? Number.NaN
  const oneCore = entries / (CORE_ENTRIES_PER_SECOND * factors['core-rate'] * factors.speed * gainOf(device, factors))
  const beyondCache = Math.max(0, 1 - (cachePerCore(device) * (device.multiprocessors ?? cores)) / (tableBytes(work) / parts))
  const gatherSeconds = ((work.rows / parts) * passesOf(work) * beyondCache * factors['gather-bytes']) / Math.min(cores * CORE_BANDWIDTH, device.memoryBandwidthBytesPerSecond * factors.streamShare)
  const histogramSeconds = Math.max(oneCore / cores + gatherSeconds, memorySeconds)
  // Trees of a forest are grown beside each other; a boosted one waits for the one before (Gunther 1993 for the form of all three terms).
  const independent = work.algorithm === 'random-forest'
  const serialSeconds = independent || cores <= 1 ? 0 : factors['serial-share'] * oneCore
  const launchSeconds = independent ? 0 : syncs * factors['coordination-seconds'] * Math.sqrt(cores)
  return {seconds: histogramSeconds + serialSeconds + exchangeSeconds + launchSeconds + overheadSeconds, histogramSeconds, serialSeconds, exchangeSeconds, launchSeconds, overheadSeconds, memorySeconds, bytes}
}

/** Seconds of a tree that nothing beats: one pass over the bins at printed bandwidth. */
export const treeLowerBoundSeconds = (work: TreeWork, device: Accelerator, parts: number): number => (work.rows * featuresTried(work) * binBytes(work)) / (device.memoryBandwidthBytesPerSecond * parts)

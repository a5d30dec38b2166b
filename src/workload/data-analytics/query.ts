import type {Accelerator} from '../../catalog/schema.ts'
import type {AnalyticsFactors} from './factors.ts'

export type Mix = 'scan' | 'aggregate' | 'join'
export type Format = 'parquet' | 'native' | 'memory'

/** What all queries of a run have to do, on average. */
export interface AnalyticsWork {
  /** The whole data set as it is stored. */
  readonly storedBytes: number
  readonly queries: number
  readonly readShare: number
  /** Values as they are computed with ÷ stored bytes. */
  readonly compressionRatio: number
  readonly mix: Mix
  readonly format: Format
  readonly cold: boolean
  /** What a query holds beside what streams by. */
  readonly workingSetBytes: number
}

/** How an engine goes about it: engines.ts. */
export interface Manner {
  readonly spills: boolean
  readonly rows?: true
}

/** Where it runs: parts of a kind that share each query. */
export interface QueryPlace {
  readonly device: Accelerator
  readonly parts: number
  readonly manner: Manner
  /** Of all machines together. */
  readonly storageBytesPerSecond: number
  /** Where tables and spilled parts wait that an accelerator does not hold: memory of the hosts, all together; `undefined` = not known. */
  readonly hostBytes?: number | undefined
  /** Bytes/s each way between an accelerator and its host. */
  readonly slotBytesPerSecond?: number | undefined
  /** Seconds in which the parts hand each other so many bytes; `undefined` = a link is not known. */
  exchangeSeconds(bytes: number): number | undefined
}

/** Where the time of one query goes, on each of the parts. */
export interface QueryTime {
  readonly seconds: number
  readonly scanSeconds: number
  readonly probeSeconds: number
  readonly serialSeconds: number
  readonly storageSeconds: number
  readonly spillSeconds: number
  readonly transferSeconds: number
  readonly exchangeSeconds: number
  /** Planning, and starting and joining threads. */
  readonly overheadSeconds: number
  /** What memory bandwidth alone would take. */
  readonly memorySeconds: number
  /** Of one part. */
  readonly memoryBytes: number
  readonly readBytes: number
}

/** What one core decodes, filters and sums of values: the unit of `core-rate`. An assumption. */
export const CORE_BYTES_PER_SECOND = 1e9
/** A row of the columns that a query names: four of eight bytes. An assumption. */
const ROW_BYTES = 32
/** A frame in memory ÷ the Parquet that it was read from: values are coded, not packed. An assumption, chosen with sight of the measurements. */
const FRAME_RATIO = 2
/** Look-ups in hash tables for each row: none, the group, one to build and one to probe. */
const PROBES: Readonly<Record<Mix, number>> = {scan: 0, aggregate: 1, join: 2}
/** Look-ups beyond the caches that one core has in flight and answered in a second: ten misses of 100 ns. An assumption. */
const CORE_PROBES_PER_SECOND = 1e8
/** Moved by each. */
const LINE_BYTES = 64
/** Values are written once when they are decoded, and read once. */
const VALUE_PASSES = 2

/** Of memory that is not for tables: the operating system and the program, and no more than a quarter. Assumptions. */
const RESERVE_BYTES = 1.5 * 2 ** 30
const RESERVE_SHARE = 0.25
/** Of an accelerator: context and buffers. An assumption. */
const CONTEXT_BYTES = 2 ** 30

/**
 * Queries of one run are unlike: some read a hundred times as much as others. What they read, and what they hold, are taken as log-normal with these
 * sigmas around their means, so that part of them misses a memory that holds the mean. Assumptions, chosen with sight of the measurements.
 */
export const UNEVENNESS = {read: 1.2, held: 0.8}
/** How far reading and computing go on at once: the p-norm of both times (1 = one after the other). Chosen with sight of the measurements. */
const OVERLAP = 1.5
/** How the cost of coordination grows with the cores. Chosen with sight of the measurements. */
const COORDINATION_POWER = 0.5

/** Of the standard normal distribution (Abramowitz & Stegun 1964, 26.2.17; within 7.5e-8). */
export function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z >= 0 ? 1 - tail : tail
}

/** Share of all bytes that belongs to queries larger than `room`, where sizes are log-normal with such a mean. */
export function shareInLarger(mean: number, room: number, sigma: number): number {
  if (room <= 0) return 1
  return normalBelow(Math.log(mean / room) / sigma + sigma / 2)
}

/** Expected excess over `room` of a size that is log-normal with such a mean. */
export function expectedExcess(mean: number, room: number, sigma: number): number {
  if (mean <= 0) return 0
  if (room <= 0) return mean
  return Math.max(0, mean * shareInLarger(mean, room, sigma) - room * normalBelow(Math.log(mean / room) / sigma - sigma / 2))
}

const together = (left: number, right: number): number => (left ** OVERLAP + right ** OVERLAP) ** (1 / OVERLAP)

/** Of one part, what is not there for tables. */
export function reservedBytes({memoryGib, formFactor}: Accelerator): number {
  const bytes = memoryGib * 2 ** 30
  return Math.min(bytes * RESERVE_SHARE, formFactor === 'cpu' ? RESERVE_BYTES : CONTEXT_BYTES)
}

/** Memory of all parts that is there for tables. */
export const roomOf = ({device, parts}: Pick<QueryPlace, 'device' | 'parts'>): number => (device.memoryGib * 2 ** 30 - reservedBytes(device)) * parts

/** What each value costs an engine by its format. */
const workOf = (format: Format, factors: AnalyticsFactors): number => (format === 'parquet' ? factors['parquet-work'] : 1)
const serialOf = (format: Format, factors: AnalyticsFactors): number => Math.min(1, factors['serial-share'] * (format === 'parquet' ? factors['parquet-serial'] : 1))

/** One query, the average of the run. `undefined` = a link is not known. */
export function queryTime(work: AnalyticsWork, place: QueryPlace, factors: AnalyticsFactors): QueryTime | undefined {
  return place.device.formFactor === 'cpu' ? onProcessors(work, place, factors) : onAccelerators(work, place, factors)
}

/** What a query holds of memory at once. */
export function heldBytes({workingSetBytes, format, storedBytes, readShare, compressionRatio}: AnalyticsWork, {spills}: Manner): number {
  return workingSetBytes + (format === 'memory' ? storedBytes * FRAME_RATIO : spills ? 0 : storedBytes * readShare * compressionRatio)
}

interface Sizes {
  /** As they lie in storage. */
  readonly stored: number
  readonly values: number
  readonly probes: number
}
function sizesOf({storedBytes, readShare, compressionRatio, mix}: AnalyticsWork, {rows}: Manner): Sizes {
  const stored = storedBytes * (rows === true ? 1 : readShare)
  const values = stored * compressionRatio
  return {stored, values, probes: (values / ROW_BYTES) * PROBES[mix]}
}

/** Bytes of an average query that come from storage: all of it where nothing is kept, what does not fit into `room` where it is. */
function readBytes({storedBytes, cold, format, compressionRatio}: AnalyticsWork, {stored}: Sizes, room: number): number {
  // What is loaded as a whole first is read as a whole, once for each query that starts cold.
  if (format === 'memory') return cold ? storedBytes : 0
  if (cold) return stored
  if (storedBytes <= room || compressionRatio <= 0) return 0
  return stored * shareInLarger(stored, room, UNEVENNESS.read)
}

/**
 * The work of a query on so many cores, as in the Universal Scalability Law (Gunther 1993): a share that all cores divide, a share that they wait
 * for, and a cost that grows with their number.
 */
function onProcessors(work: AnalyticsWork, place: QueryPlace, factors: AnalyticsFactors): QueryTime | undefined {
  const {device, parts, storageBytesPerSecond, manner} = place
  const {format} = work
  const sizes = sizesOf(work, place.manner)
  const cores = (device.multiprocessors ?? Number.NaN) * parts
  const bandwidth = device.memoryBandwidthBytesPerSecond * factors.streamShare * parts
  const oneCore = CORE_BYTES_PER_SECOND * factors['core-rate'] * factors.speed
  const workSeconds = (sizes.values * workOf(format, factors)) / oneCore
  const memoryBytes = sizes.values * VALUE_PASSES + sizes.probes * LINE_BYTES
  const memorySeconds = memoryBytes / bandwidth
  const scanSeconds = Math.max(workSeconds / cores, memorySeconds - (sizes.probes * LINE_BYTES) / bandwidth)
  const probeSeconds = Math.max(sizes.probes / (CORE_PROBES_PER_SECOND * factors.speed * cores), (sizes.probes * LINE_BYTES) / bandwidth)
  const serialSeconds = serialOf(format, factors) * workSeconds
  const room = roomOf(place)
  const held = heldBytes(work, manner)
  const read = readBytes(work, sizes, Math.max(0, room - held)) * (format === 'memory' ? 1 : factors['storage-read'])
  // A frame is there as a whole or not at all.
  const short = format === 'memory' ? Math.max(0, held - room) : expectedExcess(held, room, UNEVENNESS.held)
  const storageSeconds = read / storageBytesPerSecond
  const spillSeconds = (short * factors.spill) / storageBytesPerSecond
  const exchangeSeconds = parts === 1 ? 0 : place.exchangeSeconds(Math.min(work.workingSetBytes, sizes.values) / parts)
  if (exchangeSeconds === undefined) return undefined
  const overheadSeconds = factors['query-overhead-seconds'] + factors['coordination-seconds'] * cores ** COORDINATION_POWER
  const seconds = together(scanSeconds + probeSeconds + serialSeconds, storageSeconds) + spillSeconds + exchangeSeconds + overheadSeconds
  return {seconds, scanSeconds, probeSeconds, serialSeconds, storageSeconds, spillSeconds, transferSeconds: 0, exchangeSeconds, overheadSeconds, memorySeconds, memoryBytes: memoryBytes / parts, readBytes: read}
}

/** The bandwidth of an accelerator's memory does all; what it does not hold comes over the slot, packed as it is stored. */
function onAccelerators(work: AnalyticsWork, place: QueryPlace, factors: AnalyticsFactors): QueryTime | undefined {
  const {device, parts, storageBytesPerSecond, slotBytesPerSecond, hostBytes = 0} = place
  const {storedBytes, compressionRatio, workingSetBytes, cold} = work
  const sizes = sizesOf(work, place.manner)
  const bandwidth = device.memoryBandwidthBytesPerSecond * factors.streamShare * Math.min(1, factors['accelerator-rate'] * factors.speed) * parts
  const memoryBytes = sizes.values * VALUE_PASSES + sizes.probes * LINE_BYTES
  const scanSeconds = (sizes.values * VALUE_PASSES) / bandwidth
  const probeSeconds = (sizes.probes * LINE_BYTES) / bandwidth
  const room = roomOf(place)
  const table = storedBytes * compressionRatio
  // A table that fits stays; of one that does not, each query brings the columns it reads.
  const transferred = !cold && table + workingSetBytes <= room ? 0 : sizes.stored
  const read = transferred === 0 ? 0 : readBytes(work, sizes, hostBytes) * factors['storage-read']
  const short = expectedExcess(workingSetBytes, room, UNEVENNESS.held)
  if (slotBytesPerSecond === undefined && transferred + short > 0) return undefined
  const slot = (slotBytesPerSecond ?? Number.POSITIVE_INFINITY) * parts
  const transferSeconds = transferred / slot
  // The host takes what it can hold, and hands the rest on to its disk; what it holds is not known of every machine, and then it is the disk.
  const toHost = Math.min(short, hostBytes)
  const spillSeconds = (2 * toHost) / slot + ((short - toHost) * factors.spill) / storageBytesPerSecond
  const storageSeconds = read / storageBytesPerSecond
  const exchangeSeconds = parts === 1 ? 0 : place.exchangeSeconds(Math.min(workingSetBytes, sizes.values) / parts)
  if (exchangeSeconds === undefined) return undefined
  const overheadSeconds = factors['query-overhead-seconds']
  const seconds = together(scanSeconds + probeSeconds + transferSeconds, storageSeconds) + spillSeconds + exchangeSeconds + overheadSeconds
  return {seconds, scanSeconds, probeSeconds, serialSeconds: 0, storageSeconds, spillSeconds, transferSeconds, exchangeSeconds, overheadSeconds, memorySeconds: memoryBytes / bandwidth, memoryBytes: memoryBytes / parts, readBytes: read}
}

/** Seconds of a query that nothing beats: what it reads passes once through all memory at printed bandwidth. */
export const queryLowerBoundSeconds = ({storedBytes, readShare}: AnalyticsWork, device: Accelerator, parts: number): number => (storedBytes * readShare) / (device.memoryBandwidthBytesPerSecond * parts)

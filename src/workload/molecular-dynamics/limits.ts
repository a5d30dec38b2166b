import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {EngineDesign} from './engines.ts'

/** Of one core, on which shares of the factors are based: 8 lanes × 2 units × multiply and add × 3 GHz. */
const CORE_FLOPS = 96e9
/** Wider vectors and faster clocks give less than their width in loops over pairs (Páll et al. 2015): the root of the printed rate is an assumption that lies between nothing and all of it. */
const coreGain = ({multiprocessors = 1, peakFlops: {fp32}}: Accelerator): number => (fp32 === undefined ? 1 : Math.sqrt(fp32 / (multiprocessors * CORE_FLOPS)))
/** Doubles fill a vector with half as many. */
export const vectorRate = (accelerator: Accelerator, precision: string): number =>
  accelerator.formFactor === 'cpu' && accelerator.multiprocessors !== undefined
    ? accelerator.multiprocessors * CORE_FLOPS * coreGain(accelerator) * (precision === 'fp64' ? 0.5 : 1)
    : (peakFlops(accelerator, precision) ?? Number.NaN)

/**
 * Loops over pairs have about as many other instructions (integers, shuffles, loads, roots) as floating-point ones. They go beside them where a scheduler has half as many lanes as a
 * warp has threads, and is free every other cycle (Volta, Turing, A100; CDNA 2 has scalar units; doubles, of which there are fewer lanes). Where it has as many (GA10x, Ada, Hopper,
 * Blackwell), or the printed rate counts two operations to an instruction (CDNA 3 and 4, RDNA 3), they take turns, and half of it is left. Per multiprocessor and cycle NVIDIA's all do
 * the same: OpenMM's page has A100, H100, B200, RTX 4080 and RTX 5070 Ti within a tenth. Chosen with sight of that page, which is among the measurements.
 */
const OTHER_INSTRUCTIONS = 1
const SHARED_LANES = new Set(['ampere', 'ada', 'hopper', 'blackwell-workstation', 'blackwell-datacenter', 'cdna3', 'cdna4', 'rdna3'])
const sharesLanes = (accelerator: Accelerator): boolean => SHARED_LANES.has(accelerator.architecture) && !(accelerator.architecture === 'ampere' && memorySort(accelerator) === 'hbm')
/** A loop that the compiler was left with fills fewer of a processor's lanes: lists of single atoms are gathered (Páll and Hess 2013, figure 6: three to four times as long). */
const COMPILED_SHARE = 0.3

/** Share of the printed rate that the kind of program and hardware leaves, before any factor. */
export function lanesShare(accelerator: Accelerator, {vectors}: EngineDesign, precision: string): number {
  if (accelerator.formFactor === 'cpu') return vectors === 'by hand' ? 1 : COMPILED_SHARE
  return (sharesLanes(accelerator) && precision !== 'fp64' ? 1 / (1 + OTHER_INSTRUCTIONS) : 1) * heldClockShare(accelerator)
}

/** Lanes of 32 bits of a multiprocessor, by architecture, from which the clock follows. NVIDIA's and AMD's white papers. */
const LANES: Readonly<Record<string, number>> = {
  'kepler': 192, 'maxwell': 128, 'pascal': 128, 'volta': 64, 'turing': 64, 'ampere': 128, 'ada': 128, 'hopper': 128, 'blackwell-workstation': 128, 'blackwell-datacenter': 128,
  'gcn': 64, 'vega': 64, 'cdna1': 64, 'cdna2': 64, 'cdna3': 128, 'cdna4': 128, 'rdna3': 256,
}
/** The large chips of these have half as many. */
const HALF_WITH_HBM = new Set(['ampere', 'pascal'])
const USUAL_CLOCK_HERTZ = 1.7e9
const USUAL_LANES = 128
const CORE_CLOCK_HERTZ = 2.5e9

const lanesOf = (accelerator: Accelerator): number | undefined => {
  const lanes = LANES[accelerator.architecture]
  return lanes === undefined ? undefined : HALF_WITH_HBM.has(accelerator.architecture) && memorySort(accelerator) === 'hbm' ? lanes / 2 : lanes
}

/** Cycles a second: what waits for launches and memory takes as many of them on all accelerators of a time. */
export function clockHertz(accelerator: Accelerator): number {
  if (accelerator.formFactor === 'cpu') return CORE_CLOCK_HERTZ
  const {multiprocessors, peakFlops: {fp32}} = accelerator
  const lanes = lanesOf(accelerator)
  return lanes === undefined || multiprocessors === undefined || fp32 === undefined ? USUAL_CLOCK_HERTZ : fp32 / (multiprocessors * lanes * 2)
}

/** Where data sheets do not say how many: as many as the printed rate takes at a usual clock. */
const multiprocessorsOf = (accelerator: Accelerator): number =>
  accelerator.multiprocessors ?? (accelerator.peakFlops.fp32 ?? Number.NaN) / ((lanesOf(accelerator) ?? USUAL_LANES) * 2 * USUAL_CLOCK_HERTZ)

/**
 * Watts for a multiprocessor and gigahertz with which loops over pairs keep the printed clock: what the chips have that do (V100 2.4, A100 2.6, H100 2.7). Those with less (L40 0.85, T4 1.1,
 * RTX 4090 1.4) go slower as the root of what they have, as power goes with clock and voltage squared and voltage a little with the clock. Chosen with sight of the measurements.
 */
const FULL_CLOCK_WATTS = 2
export function heldClockShare(accelerator: Accelerator): number {
  const {powerWatts, formFactor} = accelerator
  if (formFactor === 'cpu' || powerWatts === undefined) return 1
  return Math.min(1, Math.sqrt(powerWatts / (multiprocessorsOf(accelerator) * (clockHertz(accelerator) / 1e9) * FULL_CLOCK_WATTS)))
}

const MIB = 2 ** 20
/**
 * Last-level cache of a multiprocessor's share, MiB: what the data sheets of the large chips of a family give (A100 40 MB of 108, H100 50 of 132, B200 126 of 148, AD102 72 to 96 of 128 to 142,
 * GB202 128 of 188, GA102 6 of 82, V100 6 of 80, MI250X 8 of 110, MI300X 256 of 304). Without one: none.
 */
const CACHE_MIB: Readonly<Record<string, number>> = {
  'pascal': 0.07, 'volta': 0.075, 'turing': 0.083, 'ampere': 0.073, 'ada': 0.65, 'hopper': 0.38, 'blackwell-workstation': 0.68, 'blackwell-datacenter': 0.85, 'cdna1': 0.07, 'cdna2': 0.073, 'cdna3': 0.84, 'cdna4': 1, 'rdna3': 1,
}
const CACHE_MIB_A100 = 0.37
/** Of a core: 256 MB of 64 (EPYC 7763), 27.5 + 20 of 20 (Xeon Gold 6248). */
const CACHE_MIB_OF_CORE: Readonly<Record<string, number>> = {amd: 4, intel: 2.4}
/** Bytes that a multiprocessor, or a core, takes from it in a cycle (A100's 5120 of 108 are 47, of which a step's kernels reach less than half). */
const CACHE_BYTES_PER_CYCLE = {accelerator: 20, core: 8}

function cacheOf(accelerator: Accelerator): {readonly bytes: number; readonly bytesPerSecond: number} {
  const {architecture, formFactor, vendor} = accelerator
  const multiprocessors = multiprocessorsOf(accelerator)
  const cpu = formFactor === 'cpu'
  const mib = cpu ? (CACHE_MIB_OF_CORE[vendor] ?? 1) : architecture === 'ampere' && memorySort(accelerator) === 'hbm' ? CACHE_MIB_A100 : (CACHE_MIB[architecture] ?? 0)
  return {bytes: multiprocessors * mib * MIB, bytesPerSecond: multiprocessors * clockHertz(accelerator) * heldClockShare(accelerator) * (cpu ? CACHE_BYTES_PER_CYCLE.core : CACHE_BYTES_PER_CYCLE.accelerator)}
}

export interface MemoryShares {
  /** What a plain stream reaches of the printed bandwidth, what kernels reach of that, and of the rate of the last-level cache. */
  readonly streamShare: number
  readonly memoryShare: number
  readonly cacheShare: number
}

/**
 * Seconds for a byte of a step whose arrays take so many bytes: all of it goes through the last-level cache; what does not stay there from one kernel to the next comes from memory as well.
 */
export function memorySeconds(accelerator: Accelerator, workingBytes: number, {streamShare, memoryShare, cacheShare}: MemoryShares): number {
  const cache = cacheOf(accelerator)
  const missed = Math.max(0, 1 - cache.bytes / workingBytes)
  return 1 / (cache.bytesPerSecond * cacheShare) + missed / (accelerator.memoryBandwidthBytesPerSecond * streamShare * memoryShare)
}

/** The same of what all multiprocessors use again and again. */
export const cacheSeconds = (accelerator: Accelerator, cacheShare: number): number => 1 / (cacheOf(accelerator).bytesPerSecond * cacheShare)

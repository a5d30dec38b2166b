import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {EngineDesign} from './engines.ts'

/** Of one core, on which shares of the factors are based: 8 lanes × 2 units × multiply and add × 3 GHz. Wider vectors do less than their width in loops over pairs (Páll et al. 2015). */
const CORE_FLOPS = 96e9
/** Doubles fill a vector with half as many. */
export const vectorRate = (accelerator: Accelerator, precision: string): number =>
  accelerator.formFactor === 'cpu' && accelerator.multiprocessors !== undefined
    ? accelerator.multiprocessors * CORE_FLOPS * (precision === 'fp64' ? 0.5 : 1)
    : (peakFlops(accelerator, precision) ?? Number.NaN)

/**
 * Loops over pairs have about half as many other instructions (integers, shuffles, loads) as floating-point ones. They cost nothing where they have lanes of
 * their own (Volta, Turing, A100, Hopper's schedulers, CDNA), and take turns with half of the lanes where the printed rate counts lanes that do either (NVIDIA's white papers of GA102, Ada, Blackwell).
 */
const OTHER_INSTRUCTIONS = 0.5
const SHARED_LANES = new Set(['ada', 'blackwell-workstation', 'blackwell-datacenter', 'ampere'])
const sharesLanes = (accelerator: Accelerator): boolean => SHARED_LANES.has(accelerator.architecture) && !(accelerator.architecture === 'ampere' && memorySort(accelerator) === 'hbm')
/** A loop that the compiler was left with fills fewer of a processor's lanes: lists of single atoms are gathered (Páll and Hess 2013, figure 6: three to four times as long). */
const COMPILED_SHARE = 0.3

/** Share of the printed rate that the kind of program and hardware leaves, before any factor. */
export function lanesShare(accelerator: Accelerator, {vectors}: EngineDesign): number {
  if (accelerator.formFactor === 'cpu') return vectors === 'by hand' ? 1 : COMPILED_SHARE
  return sharesLanes(accelerator) ? 1 / (1 + OTHER_INSTRUCTIONS) : 1
}

/** Lanes of 32 bits of a multiprocessor, by architecture, from which the clock follows. NVIDIA's and AMD's white papers. */
const LANES: Readonly<Record<string, number>> = {
  'kepler': 192, 'maxwell': 128, 'pascal': 128, 'volta': 64, 'turing': 64, 'ampere': 128, 'ada': 128, 'hopper': 128, 'blackwell-workstation': 128, 'blackwell-datacenter': 128,
  'gcn': 64, 'vega': 64, 'cdna1': 64, 'cdna2': 64, 'cdna3': 128, 'cdna4': 128, 'rdna3': 256,
}
/** The large chips of these have half as many. */
const HALF_WITH_HBM = new Set(['ampere', 'pascal'])
const USUAL_CLOCK_HERTZ = 1.7e9
const CORE_CLOCK_HERTZ = 2.5e9

/** Cycles a second: what waits for launches and memory takes as many of them on all accelerators of a time. */
export function clockHertz(accelerator: Accelerator): number {
  if (accelerator.formFactor === 'cpu') return CORE_CLOCK_HERTZ
  const {architecture, multiprocessors, peakFlops: {fp32}} = accelerator
  const lanes = LANES[architecture]
  if (lanes === undefined || multiprocessors === undefined || fp32 === undefined) return USUAL_CLOCK_HERTZ
  return fp32 / (multiprocessors * (HALF_WITH_HBM.has(architecture) && memorySort(accelerator) === 'hbm' ? lanes / 2 : lanes) * 2)
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
  const {architecture, multiprocessors = 0, formFactor, vendor} = accelerator
  const cpu = formFactor === 'cpu'
  const mib = cpu ? (CACHE_MIB_OF_CORE[vendor] ?? 1) : architecture === 'ampere' && memorySort(accelerator) === 'hbm' ? CACHE_MIB_A100 : (CACHE_MIB[architecture] ?? 0)
  return {bytes: multiprocessors * mib * MIB, bytesPerSecond: multiprocessors * clockHertz(accelerator) * (cpu ? CACHE_BYTES_PER_CYCLE.core : CACHE_BYTES_PER_CYCLE.accelerator)}
}

/** Seconds for a byte of a step whose arrays take so many bytes: what stays in the cache from one kernel to the next comes from there, the rest from memory. */
export function memorySeconds(accelerator: Accelerator, workingBytes: number, streamShare: number): number {
  const plain = accelerator.memoryBandwidthBytesPerSecond * streamShare
  const cache = cacheOf(accelerator)
  const cached = cache.bytesPerSecond > plain ? Math.min(1, cache.bytes / workingBytes) : 0
  return (1 - cached) / plain + (cached === 0 ? 0 : cached / cache.bytesPerSecond)
}

/** Of what all multiprocessors use again and again. */
export const cacheSeconds = (accelerator: Accelerator, streamShare: number): number => memorySeconds(accelerator, 1, streamShare)

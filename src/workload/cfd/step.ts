import type {Accelerator} from '../../catalog/schema.ts'
import {peakFlops} from '../../performance/peak.ts'
import {decompose} from './domain.ts'
import type {CfdFactors} from './factors.ts'
import {cellCost, type Lattice, type Storage} from './lattice.ts'

/** A grid of lattice-Boltzmann cells. */
export interface LbmWork {
  readonly lattice: Lattice
  readonly storage: Storage
  readonly cells: number
}

/** Equal parts, each on an accelerator that reaches its host over a slot of such a rate, each way (`undefined` = not known). */
export interface Layout {
  readonly parts: number
  readonly slotBytesPerSecond: number | undefined
}

/** Where the time of one step goes, on each of the parts. */
export interface LbmStep {
  readonly seconds: number
  /** What memory alone and arithmetic alone would take of `updateSeconds`. */
  readonly memorySeconds: number
  readonly computeSeconds: number
  /** Update of a part's cells. */
  readonly updateSeconds: number
  readonly exchangeSeconds: number
  readonly overheadSeconds: number
  /** Per part. */
  readonly bytes: number
  readonly flops: number
  readonly exchangedBytes: number
}

/**
 * Sharpness of the corner of the roofline: the p-norm of memory and arithmetic time. Neither hides the other wholly where they are near (the two
 * limits differ by 26 % at the corner with 3). Chosen with sight of the measurements.
 */
const CORNER = 3

/** What storing in fewer bits leaves of the rate of arithmetic. */
const PACKING: Readonly<Record<Storage, (factors: CfdFactors) => number>> = {fp32: () => 1, fp16s: factors => factors['packing-fp16s'], fp16c: factors => factors['packing-fp16c']}

/** Of one core, on which shares of the factors are based: 8 lanes × 2 units × multiply and add × 3 GHz. */
const CORE_FLOPS = 96e9

/**
 * Printed rate of vector arithmetic. Of processors it is counted by cores: packing, unpacking and addressing, which is what holds them up, do not
 * go faster with wider vectors.
 */
const vectorRate = (accelerator: Accelerator): number =>
  accelerator.formFactor === 'cpu' && accelerator.multiprocessors !== undefined ? accelerator.multiprocessors * CORE_FLOPS : (peakFlops(accelerator, 'fp32') ?? Number.NaN)

/**
 * One step of a lattice-Boltzmann grid that is cut into equal parts. Each part streams its cells through memory, then faces go to the neighbours
 * by way of the host's memory: out and in, one dimension after the other. `undefined` = several parts, and the rate of the slot is not known.
 */
export function lbmStep({lattice, storage, cells}: LbmWork, accelerator: Accelerator, {parts, slotBytesPerSecond}: Layout, factors: CfdFactors): LbmStep | undefined {
  const cost = cellCost(lattice, storage)
  const own = cells / parts
  const bytes = own * cost.bytes
  const flops = own * cost.flops
  const memorySeconds = bytes / (accelerator.memoryBandwidthBytesPerSecond * Math.min(1, factors.streamShare * factors['memory-bandwidth'] * factors.speed))
  const computeSeconds = flops / (vectorRate(accelerator) * Math.min(1, factors.compute * PACKING[storage](factors) * factors.speed))
  const updateSeconds = (memorySeconds ** CORNER + computeSeconds ** CORNER) ** (1 / CORNER)
  const exchangedBytes = parts === 1 ? 0 : decompose(cells, parts, cost.dimensions).faceCells * cost.haloBytes * 2
  if (parts > 1 && slotBytesPerSecond === undefined) return undefined
  const exchangeSeconds = parts === 1 ? 0 : exchangedBytes / ((slotBytesPerSecond ?? Number.NaN) * factors['host-exchange'])
  const overheadSeconds = factors['step-overhead-seconds']
  return {seconds: updateSeconds + exchangeSeconds + overheadSeconds, memorySeconds, computeSeconds, updateSeconds, exchangeSeconds, overheadSeconds, bytes, flops, exchangedBytes}
}

/** Seconds of a step that nothing beats: every byte at printed bandwidth, every operation at the printed rate, no exchange. */
export function lbmLowerBoundSeconds({lattice, storage, cells}: LbmWork, accelerator: Accelerator, parts: number): number {
  const cost = cellCost(lattice, storage)
  const own = cells / parts
  return Math.max((own * cost.bytes) / accelerator.memoryBandwidthBytesPerSecond, (own * cost.flops) / (peakFlops(accelerator, 'fp32') ?? Number.POSITIVE_INFINITY))
}

import type {Accelerator} from '../catalog/schema.ts'
import type {Hardware, Refusal} from './types.ts'

/** The part of an accelerator that the machine really holds (a MIG slice counts as its share). */
export function sliceOf(hardware: Hardware): Hardware {
  const share = hardware.acceleratorsPerNode
  if (share >= 1 || share <= 0) return hardware
  const known = slices.get(hardware)
  if (known !== undefined) return known
  const whole = hardware.accelerator
  const slice: Hardware = {...hardware, accelerator: partOf(whole, {computeShare: share, bandwidthShare: share, memoryGib: whole.memoryGib * share}), acceleratorsPerNode: 1}
  slices.set(hardware, slice)
  return slice
}
const slices = new WeakMap<Hardware, Hardware>()

/** What a part of an accelerator has of the whole. */
export interface AcceleratorPart {
  readonly computeShare: number
  readonly bandwidthShare: number
  readonly memoryGib: number
}

/** A part of an accelerator, as an accelerator. */
export function partOf(whole: Accelerator, {computeShare, bandwidthShare, memoryGib}: AcceleratorPart): Accelerator {
  const scaled = (rates: Readonly<Record<string, number | undefined>>): Record<string, number> => {
    const result: Record<string, number> = {}
    for (const [name, rate] of Object.entries(rates)) if (rate !== undefined) result[name] = rate * computeShare
    return result
  }
  return {
    ...whole,
    memoryGib,
    memoryBandwidthBytesPerSecond: whole.memoryBandwidthBytesPerSecond * bandwidthShare,
    peakFlops: scaled(whole.peakFlops),
    sustainedMatmulFlops: scaled(whole.sustainedMatmulFlops),
    ...(whole.multiprocessors === undefined ? {} : {multiprocessors: Math.max(1, Math.round(whole.multiprocessors * computeShare))}),
    // The rest of the accelerator is at work as well: the board's limit is shared by those that compute.
    ...(whole.powerWatts === undefined ? {} : {powerWatts: whole.powerWatts * computeShare}),
    ...(whole.rasterUnits === undefined ? {} : {rasterUnits: whole.rasterUnits * computeShare}),
  }
}

/** The sockets of one node as the one device they are to software: they reach all of its memory. Accelerators stay as they are. */
export function socketsJoined(hardware: Hardware): Hardware {
  const {accelerator, acceleratorsPerNode: sockets} = hardware
  if (accelerator.formFactor !== 'cpu' || sockets <= 1) return hardware
  return {...hardware, accelerator: severalSockets(accelerator, sockets), acceleratorsPerNode: 1, levels: []}
}

export function severalSockets(processor: Accelerator, sockets: number): Accelerator {
  const {fp64, fp32} = processor.peakFlops
  return {
    ...processor,
    memoryGib: processor.memoryGib * sockets,
    memoryBandwidthBytesPerSecond: processor.memoryBandwidthBytesPerSecond * sockets,
    peakFlops: {...(fp64 === undefined ? {} : {fp64: fp64 * sockets}), ...(fp32 === undefined ? {} : {fp32: fp32 * sockets})},
    ...(processor.multiprocessors === undefined ? {} : {multiprocessors: processor.multiprocessors * sockets}),
    ...(processor.powerWatts === undefined ? {} : {powerWatts: processor.powerWatts * sockets}),
  }
}

/** A link that nobody knows is not assumed. */
export function unknownLink(hardware: Hardware, used: number): Refusal | undefined {
  if (used <= 1) return undefined
  if (hardware.levels === undefined) return {reason: 'link-unknown', detail: 'the link between the accelerators of a node is not known', nearest: 'one accelerator'}
  if (used > hardware.acceleratorsPerNode && hardware.network === undefined) {
    return {reason: 'link-unknown', detail: 'the network between the nodes is not known', nearest: 'one node'}
  }
  return undefined
}

import type {Hardware, NetworkLink} from './types.ts'

/**
 * Share of a link's nominal rate that NCCL-class collectives reach on large messages; from the calibration where
 * measured, else this cautious figure (nccl-tests bus bandwidth on NVLink 4: 360–370 of 450 GB/s; see docs/models.md).
 */
export const LINK_EFFICIENCY = 0.8

/** The hops a group of `size` neighbouring accelerators has to cross, innermost first, each with how many peers it joins. */
interface Hop {
  readonly peers: number
  readonly bytesPerSecond: number
  readonly latencySeconds: number
}

function networkPerAccelerator(network: NetworkLink, acceleratorsPerNode: number): number {
  return network.bytesPerSecondPerNode / Math.max(1, acceleratorsPerNode)
}

/**
 * Splits a group into hops. `stride` is the distance between group members: 1 for tensor parallelism (neighbours),
 * tp for data parallelism around it. `undefined` = some link on the way is unknown.
 */
function hopsOf(hardware: Hardware, size: number, stride: number): Hop[] | undefined {
  const hops: Hop[] = []
  let joined = stride
  const extent = size * stride
  for (const level of hardware.levels ?? []) {
    const reach = Math.min(level.groupSize, extent)
    if (reach <= joined) continue
    hops.push({peers: reach / joined, bytesPerSecond: level.bytesPerSecond, latencySeconds: level.latencySeconds})
    joined = reach
  }
  if (hardware.levels === undefined && size > 1) return undefined
  if (joined < extent) {
    if (hardware.network === undefined) return undefined
    hops.push({
      peers: extent / joined,
      bytesPerSecond: networkPerAccelerator(hardware.network, hardware.acceleratorsPerNode),
      latencySeconds: hardware.network.latencySeconds,
    })
  }
  return hops
}

/**
 * Seconds of one hierarchical ring all-reduce of `bytes` per member: 2·(n−1)/n · bytes ÷ link at each hop, the outer
 * hops on the part that the inner reduce-scatter left over (Patarasuk & Yuan 2009; NCCL's hierarchical rings), plus
 * two latencies per doubling of the members (short messages go along a tree, not around the ring). `undefined` = a link is unknown.
 */
export function allReduceSeconds(hardware: Hardware, size: number, stride: number, bytes: number, efficiency = LINK_EFFICIENCY): number | undefined {
  if (size <= 1) return 0
  const hops = hopsOf(hardware, size, stride)
  if (hops === undefined) return undefined
  let seconds = 0
  let left = bytes
  for (const hop of hops) {
    seconds += (2 * (hop.peers - 1) * left) / hop.peers / (hop.bytesPerSecond * efficiency) + 2 * Math.ceil(Math.log2(hop.peers)) * hop.latencySeconds
    left /= hop.peers
  }
  return seconds
}

/** Seconds of one all-gather or reduce-scatter whose full buffer is `bytes`: half an all-reduce. */
export function allGatherSeconds(hardware: Hardware, size: number, stride: number, bytes: number, efficiency = LINK_EFFICIENCY): number | undefined {
  const both = allReduceSeconds(hardware, size, stride, bytes, efficiency)
  return both === undefined ? undefined : both / 2
}

/** Seconds for every member to send `bytes` in all, spread evenly over the other members (expert parallelism): the slowest hop decides. */
export function allToAllSeconds(hardware: Hardware, size: number, stride: number, bytes: number, efficiency = LINK_EFFICIENCY): number | undefined {
  if (size <= 1) return 0
  const hops = hopsOf(hardware, size, stride)
  if (hops === undefined) return undefined
  let seconds = 0
  let within = 1
  for (const hop of hops) {
    // Of each member's bytes, the share whose destination lies beyond the groups joined so far and within this hop.
    const reach = within * hop.peers
    const share = (reach - within) / size
    seconds = Math.max(seconds, (bytes * share) / (hop.bytesPerSecond * efficiency) + hop.latencySeconds)
    within = reach
  }
  return seconds
}

/** Seconds to hand `bytes` to the neighbour `stride` accelerators away (pipeline parallelism). */
export function sendSeconds(hardware: Hardware, stride: number, bytes: number, efficiency = LINK_EFFICIENCY): number | undefined {
  const hops = hopsOf(hardware, 2, stride)
  const hop = hops?.at(-1)
  return hop === undefined ? undefined : bytes / (hop.bytesPerSecond * efficiency) + hop.latencySeconds
}

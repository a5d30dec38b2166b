import type {Confidence} from '../performance/types.ts'
import {plainNumber} from './how.ts'

const BYTES_PER_GB = 1e9
const SECONDS_PER_HOUR = 3600

/**
 * Bytes per second from a region's object storage to machines in it, per machine. An assumption: 10 Gb/s, what one
 * machine sustains over many parallel reads; never more than the machine's own network.
 */
const SAME_REGION_BYTES_PER_SECOND = 1.25e9
/**
 * Between regions and clouds, for the whole deployment. An assumption: 5 Gb/s, the general limit of AWS for traffic
 * that leaves a region from a machine of fewer than 32 vCPUs; other clouds publish none.
 */
const BETWEEN_CLOUDS_BYTES_PER_SECOND = 0.625e9

export interface MovementInput {
  readonly inputGb: number
  /** A provider, `provider@region`, or `site`; `null` = nobody said, and it is taken to lie on own premises. */
  readonly inputAt: string | null
  /** `null` for own machines. */
  readonly target: {readonly provider: string; readonly region: string; readonly networkBytesPerSecond: number | null; readonly nodes: number} | null
  /** Of the user's site. */
  readonly uplinkBytesPerSecond: number
}

export interface Movement {
  readonly hours: number
  /** Where traffic is paid for: the place's provider, or `null` where taking the data away is free or it does not move. */
  readonly paidAt: string | null
  readonly basis: Confidence
  readonly note: string | null
}

/** Hours until the input is where the work is. */
export function estimateMovement(input: MovementInput): Movement {
  if (input.inputGb === 0) return {hours: 0, paidAt: null, basis: 'computed', note: null}
  const from = input.inputAt ?? 'site'
  const assumed = input.inputAt === null ? 'the input is taken to lie on own premises; ' : ''
  if (from === 'site') {
    if (input.target === null) return {hours: 0, paidAt: null, basis: 'computed', note: null}
    return moved(input.inputGb, input.uplinkBytesPerSecond, null, input.inputAt === null ? 'assumed' : 'computed', `${assumed}${plainNumber(input.inputGb)} GB over the site's uplink`)
  }
  const [provider = from, region] = from.split('@')
  if (input.target === null) {
    const rate = Math.min(input.uplinkBytesPerSecond, BETWEEN_CLOUDS_BYTES_PER_SECOND)
    return moved(input.inputGb, rate, provider, 'computed', `${plainNumber(input.inputGb)} GB from ${from} over the site's uplink`)
  }
  const {target} = input
  if (provider === target.provider && (region === undefined || region === target.region)) {
    const perMachine = Math.min(target.networkBytesPerSecond ?? SAME_REGION_BYTES_PER_SECOND, SAME_REGION_BYTES_PER_SECOND)
    return moved(input.inputGb, perMachine * target.nodes, null, 'assumed', `${plainNumber(input.inputGb)} GB from ${provider}'s storage at 10 Gb/s per machine (assumed)`)
  }
  const rate = Math.min(target.networkBytesPerSecond ?? BETWEEN_CLOUDS_BYTES_PER_SECOND, BETWEEN_CLOUDS_BYTES_PER_SECOND)
  return moved(input.inputGb, rate, provider, 'assumed', `${plainNumber(input.inputGb)} GB from ${from} at 5 Gb/s (assumed)`)
}

function moved(gb: number, bytesPerSecond: number, paidAt: string | null, basis: Confidence, rateNote: string): Movement {
  const hours = (gb * BYTES_PER_GB) / bytesPerSecond / SECONDS_PER_HOUR
  return {hours, paidAt, basis, note: `${rateNote}: ${plainNumber(hours)} h`}
}

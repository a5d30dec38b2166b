import {NODE_PART_KINDS, type RigNode} from '../catalog/rig.ts'

/** Watts of a host by sort of part: what its owner says of them, within what all of it draws. */

export type PartKind = (typeof NODE_PART_KINDS)[number]

interface HostStates {
  readonly idle: number
  readonly expected: number
  readonly peak: number
}

export const PART_NAMES: Readonly<Record<PartKind, string>> = {processor: 'processors', memory: 'memory', disk: 'disks', network: 'network cards', fan: 'fans', other: 'other parts'}

/**
 * Of one node, by sort; sorts without watts are in none. At the peak a part draws its watts, at rest its idle watts, or where nobody said those the same share of its own as the host as a
 * whole; between them it grows as the host does. Parts that are rated for more than the whole host draws take their shares of it: ratings are never reached all at once.
 */
export function hostPartsOf({parts = [], hostIdleWatts, hostMaximumWatts}: Pick<RigNode, 'parts' | 'hostIdleWatts' | 'hostMaximumWatts'>, host: HostStates): readonly (HostStates & {readonly kind: PartKind})[] {
  const idleShare = hostMaximumWatts > 0 ? hostIdleWatts / hostMaximumWatts : 1
  const busy = host.peak > host.idle ? Math.min(1, Math.max(0, (host.expected - host.idle) / (host.peak - host.idle))) : 0
  // Where some of the nodes are off, what is drawn is less than at rest, and so is each part's.
  const on = Math.min(1, host.expected / Math.max(host.idle, 1e-9))
  const rated = NODE_PART_KINDS.flatMap(kind => {
    const own = parts.filter(part => part.kind === kind && part.watts !== undefined)
    const sum = (read: (part: (typeof own)[number]) => number): number => own.reduce((total, part) => total + part.count * read(part), 0)
    return own.length === 0 ? [] : [{kind, idle: sum(({watts = 0, idleWatts = watts * idleShare}) => idleWatts), peak: sum(({watts = 0}) => watts)}]
  })
  const within = (state: 'idle' | 'peak'): number => Math.min(1, host[state] / Math.max(rated.reduce((sum, part) => sum + part[state], 0), 1e-9))
  const [idleFactor, peakFactor] = [within('idle'), within('peak')]
  return rated.map(({kind, ...part}) => {
    const [idle, peak] = [part.idle * idleFactor, part.peak * peakFactor]
    return {kind, idle, expected: on * idle + busy * (peak - idle), peak}
  })
}

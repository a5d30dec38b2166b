import type {Refusal} from '../performance/types.ts'
import type {RejectedTarget} from './document.ts'

/** A place (or one way of buying it) that cannot do the work. */
export interface Refused {
  readonly id: string
  readonly provider: string
  /** `missedBy`: the ratio by which it missed a deadline or a budget. */
  readonly refusal: Refusal & {readonly missedBy?: number}
}

/**
 * The order in which reasons are worth reading: first those of hardware that could do the work (a limit, a term or a
 * place of the user's keeps it out), then what the hardware lacks, then what was never looked at.
 */
const REASON_ORDER: readonly Refusal['reason'][] = [
  'deadline', 'budget', 'spot-slo', 'region', 'term', 'slo', 'memory', 'constraint', 'topology', 'link-unknown', 'price-unknown', 'skills', 'site', 'software',
]

const RANKS: ReadonlyMap<Refusal['reason'], number> = new Map(REASON_ORDER.map((reason, rank) => [reason, rank]))

export const reasonRank = (reason: Refusal['reason']): number => RANKS.get(reason) ?? REASON_ORDER.length

/** One entry per refused target; where every offer of a provider failed, one entry for the provider, with its most telling reason. */
export function foldRefusals(refused: readonly Refused[], feasibleProviders: ReadonlySet<string>): RejectedTarget[] {
  const folded: RejectedTarget[] = []
  const byProvider = Map.groupBy(refused, entry => entry.provider)
  for (const [provider, entries] of [...byProvider].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const sorted = entries.toSorted(compareRefused)
    if (provider === 'rig' || feasibleProviders.has(provider)) {
      for (const {id, refusal} of sorted) folded.push(rejected(id, provider, refusal))
      continue
    }
    const nearest = sorted[0]
    if (nearest === undefined) continue
    const others = sorted.length - 1
    const named = sorted.length === 1 || provider === nearest.id ? '' : `${nearest.id}: `
    folded.push(rejected(provider, provider, {...nearest.refusal, detail: `${named}${nearest.refusal.detail}${others > 0 ? ` (and ${others} more of ${provider})` : ''}`}))
  }
  return folded
}

function compareRefused(a: Refused, b: Refused): number {
  return (
    reachRank(a) - reachRank(b) ||
    memoryMiss(a.refusal) - memoryMiss(b.refusal) ||
    missedBy(a) - missedBy(b) ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  )
}

/** Time and money may both be raised: which of the two comes first is for the ratios to say. */
const reachRank = ({refusal: {reason}}: Refused): number => (reason === 'budget' ? reasonRank('deadline') : reasonRank(reason))

/** By how much memory misses, as a ratio; 0 where memory was not the reason. */
function memoryMiss(refusal: Refusal): number {
  return refusal.memory === undefined ? 0 : refusal.memory.neededGib.p50 / refusal.memory.availableGib
}

/** Finite, so that two that are beyond measure compare as level. */
const missedBy = ({refusal}: Refused): number => Math.min(refusal.missedBy ?? Number.MAX_VALUE, Number.MAX_VALUE)

/** A table shows a few of hundreds, so the words are left where they are until they are read. */
function rejected(id: string, provider: string, refusal: Refusal): RejectedTarget {
  return {id, provider, reason: refusal.reason, get detail() { return refusal.detail }, get nearest() { return refusal.nearest }}
}

import type {Estimate} from './evaluate.ts'

/** A candidate that only a longer deadline, a larger budget, or both would let in. */
export interface NearMiss {
  readonly estimate: Estimate
  /** Hours it takes, where it is too late. */
  readonly hours: number | null
  /** USD it costs in the period of the budget, where it is too dear. */
  readonly usd: number | null
}

export interface Misses {
  note(estimate: Estimate, hours: number | null, usd: number | null): void
  /** The least money that would do at the deadline as it is. */
  cheapest(): NearMiss | null
  /** The least time that would do at the budget as it is. */
  fastest(): NearMiss | null
  /** Where both have to give: the one that asks least of the two together. */
  both(): NearMiss | null
}

export function createMisses(): Misses {
  let cheapest: NearMiss | null = null
  let fastest: NearMiss | null = null
  let both: NearMiss | null = null
  const product = ({hours, usd}: NearMiss): number => (hours ?? 1) * (usd ?? 1)
  return {
    note(estimate, hours, usd) {
      const miss = {estimate, hours, usd}
      if (hours === null) {
        // A cost that is unknown is no budget to name.
        if (usd !== null && (cheapest === null || usd < (cheapest.usd ?? 0))) cheapest = miss
      } else if (usd === null) {
        if (fastest === null || hours < (fastest.hours ?? 0)) fastest = miss
      } else if (both === null || product(miss) < product(both)) both = miss
    },
    cheapest: () => cheapest,
    fastest: () => fastest,
    both: () => both,
  }
}

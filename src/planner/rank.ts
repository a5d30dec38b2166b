/** What the ranking looks at; `null` = unknown. */
export interface Scored {
  readonly id: string
  readonly eligible: boolean
  /** Value under the objective, smaller is better. */
  readonly score: number | null
  readonly costUsd: number | null
  readonly hours: number | null
  readonly energyKwh: number | null
  readonly provider: string
}

/** Within this share of the best a target counts as level with it. */
export const NEAR_TIE_SHARE = 0.05

const ascending = (a: number | null, b: number | null): number => {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a - b
}

/**
 * Best first: all that may win before all that may not; known before unknown; then the objective, then cost, time,
 * energy, and the id, so that the order of offers changes nothing.
 */
export function compareScored(a: Scored, b: Scored): number {
  return (
    Number(b.eligible) - Number(a.eligible) ||
    ascending(a.score, b.score) ||
    ascending(a.costUsd, b.costUsd) ||
    ascending(a.hours, b.hours) ||
    ascending(a.energyKwh, b.energyKwh) ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  )
}

/**
 * Ranks, and moves the best target of an account that exists to the front when it is within 5 % of the best.
 * Returns the displaced best beside, so that the answer can say what it would have saved.
 */
export function rankTargets<T extends Scored>(targets: readonly T[], have: readonly string[]): {ranked: T[]; displaced: T | null} {
  const ranked = targets.toSorted(compareScored)
  const best = ranked[0]
  if (best === undefined || !best.eligible || best.score === null || have.length === 0 || isHad(best, have)) return {ranked, displaced: null}
  const limit = best.score + Math.abs(best.score) * NEAR_TIE_SHARE
  const index = ranked.findIndex(target => target.eligible && target.score !== null && target.score <= limit && isHad(target, have))
  const winner = ranked[index]
  if (winner === undefined) return {ranked, displaced: null}
  ranked.splice(index, 1)
  ranked.unshift(winner)
  return {ranked, displaced: best}
}

const isHad = (target: Scored, have: readonly string[]): boolean => target.provider === 'rig' || have.includes(target.provider)

/**
 * Ids that nothing else beats in cost, time and energy at once (minimisation, ties kept). Targets that may not win or
 * whose cost or time is unknown are left out; unknown energy is compared on the other two.
 */
export function paretoFront(targets: readonly Scored[]): string[] {
  const known = targets.filter(target => target.eligible && target.costUsd !== null && target.hours !== null && target.score !== null)
  known.sort((a, b) => ascending(a.costUsd, b.costUsd) || ascending(a.hours, b.hours) || ascending(a.energyKwh, b.energyKwh))
  const front: Scored[] = []
  for (const target of known) {
    if (!front.some(other => beats(other, target))) front.push(target)
  }
  return front.map(target => target.id)
}

function beats(a: Scored, b: Scored): boolean {
  const pairs: readonly (readonly [number | null, number | null])[] = [
    [a.costUsd, b.costUsd],
    [a.hours, b.hours],
    [a.energyKwh, b.energyKwh],
  ]
  let strictly = false
  for (const [left, right] of pairs) {
    if (left === null && right === null) continue
    if (left === null) return false
    if (right === null) {
      strictly = true
      continue
    }
    if (left > right) return false
    if (left < right) strictly = true
  }
  return strictly
}

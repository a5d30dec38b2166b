import {exactly} from '../performance/interval.ts'
import {plainNumber, priceText} from './how.ts'
import type {IntervalLine} from './line.ts'
import type {EgressTiers, NotCosted} from './types.ts'

/** The price of `gb` gigabytes in one month over ascending tiers: each tier's part at its own price. */
export function tieredUsd(gb: number, tiers: EgressTiers): number {
  let usd = 0
  let from = 0
  for (const tier of tiers) {
    const to = tier.upToGb ?? Number.POSITIVE_INFINITY
    if (gb <= from) break
    usd += (Math.min(gb, to) - from) * tier.usdPerGb
    from = to
  }
  return usd
}

/** Traffic out of `from`, or why it has no price. */
export function egressPart(item: string, gb: number, tiers: EgressTiers | undefined, from: string): IntervalLine | NotCosted | null {
  if (gb === 0) return null
  if (tiers === undefined || tiers.length === 0) return {item, reason: `${from}: the price of outgoing traffic is not known`, usd: null}
  const usd = tieredUsd(gb, tiers)
  const prices = (): string => (tiers.length === 1 ? `${priceText(tiers[0]?.usdPerGb ?? 0)} USD/GB` : `${priceText(usd / gb)} USD/GB on average over ${from}'s tiers`)
  return {item, usd: exactly(usd), how: () => `${plainNumber(gb)} GB × ${prices()}`}
}

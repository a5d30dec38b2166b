import type {Offer} from '../catalog/schema.ts'
import {RigorError} from '../errors.ts'
import {matchesGlob} from '../text/glob.ts'
import {ageInDays} from './age.ts'

/** One entry of `prices:` in the config. What is absent matches everything. */
export interface OwnPriceRule {
  readonly provider?: string | undefined
  /** Machine type, `*` for any run of characters. */
  readonly machine?: string | undefined
  readonly region?: string | undefined
  readonly purchase?: string | undefined
  readonly service?: string | undefined
  /** "-12%", "+3%": on the list price. */
  readonly adjust?: string | undefined
  readonly usdPerHour?: number | undefined
  /** Machines this price covers; further ones cost the list price. */
  readonly count?: number | undefined
  /** Last day it holds, ISO. */
  readonly until?: string | undefined
  /** The commitment is already paid: its hours cost nothing more. */
  readonly prepaid?: boolean | undefined
}

export interface OwnPricedOffer {
  readonly offer: Offer
  /** The rule that was applied; `null` = the list price stands. */
  readonly rule: OwnPriceRule | null
  readonly prepaid: boolean
}

/** A rule holds up to and including its last day. */
export const hasEnded = ({until}: OwnPriceRule, today: string): boolean => until !== undefined && ageInDays(until, today) > 0

/** "-12%" → 0.88. */
export function parseAdjustment(text: string): number {
  const match = /^(?<sign>[+-])(?<percent>\d+(?:\.\d+)?) ?%$/.exec(text.trim())?.groups
  const factor = match ? 1 + (match['sign'] === '-' ? -1 : 1) * (Number(match['percent']) / 100) : Number.NaN
  if (!(factor > 0)) {
    throw new RigorError('BAD_ADJUSTMENT', `prices: adjust "${text}" is not a discount or a surcharge.`, {hint: 'Write it like "-12%" (more than -100%) or "+3%".'})
  }
  return factor
}

/**
 * Whether a rule means an offer, whatever the day. Without a purchase a rule with an absolute price or a prepaid
 * commitment means on-demand offers only, since a user pays one price, not one per purchase.
 */
export function priceIsFor(rule: OwnPriceRule, offer: Offer): boolean {
  return (
    (rule.provider === undefined || rule.provider === offer.provider) &&
    (rule.machine === undefined || matchesGlob(rule.machine, offer.instanceType)) &&
    (rule.region === undefined || matchesGlob(rule.region, offer.region)) &&
    (rule.purchase === undefined || rule.purchase === offer.purchase) &&
    (rule.service === undefined || rule.service === offer.service) &&
    (rule.purchase !== undefined || rule.adjust !== undefined || offer.purchase === 'on-demand')
  )
}

/**
 * Own prices beat list prices: the last rule that matches decides (later entries are the exceptions). An absolute price
 * is as of today and clears the flags of the list row; an adjustment keeps the list price's date and flags. With
 * `count`, `nodes` machines cost the mean of own and list price.
 */
export function applyOwnPrices(offer: Offer, rules: readonly OwnPriceRule[], today: string, nodes = 1): OwnPricedOffer {
  const rule = rules.findLast(candidate => priceIsFor(candidate, offer) && !hasEnded(candidate, today))
  if (rule === undefined) return {offer, rule: null, prepaid: false}
  const covered = rule.count === undefined ? 1 : Math.min(1, rule.count / nodes)
  const adjusted = (rule.usdPerHour ?? offer.priceUsdPerHour) * (rule.adjust === undefined ? 1 : parseAdjustment(rule.adjust))
  const priceUsdPerHour = covered * adjusted + (1 - covered) * offer.priceUsdPerHour
  const absolute = rule.usdPerHour !== undefined
  return {
    offer: {...offer, priceUsdPerHour, flags: absolute && covered === 1 ? [] : offer.flags, asOf: absolute && covered === 1 ? today : offer.asOf},
    rule,
    prepaid: rule.prepaid === true && covered === 1,
  }
}

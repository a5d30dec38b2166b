import {matchesGlob} from '../text/glob.ts'
import {selects, type AcceleratorSelector} from './accelerator-selector.ts'
import type {Accelerator, Machine, Offer, Purchase, Service} from './schema.ts'
import type {Snapshot} from './snapshot.ts'

/** What an offer must be; an empty or absent condition holds for all. */
export interface OfferQuery {
  readonly providers?: readonly string[] | undefined
  readonly services?: readonly Service[] | undefined
  /** Exact, or with `*` for any letters. Case does not matter. */
  readonly regions?: readonly string[] | undefined
  readonly countries?: readonly string[] | undefined
  readonly purchases?: readonly Purchase[] | undefined
  /** Machines that any of these selects. */
  readonly accelerators?: readonly AcceleratorSelector[] | undefined
  /** Exact, or with `*` for any letters. Case does not matter. */
  readonly machines?: readonly string[] | undefined
  /** Of one accelerator, as the catalog states it. */
  readonly minimumAcceleratorMemoryGib?: number | undefined
  readonly maximumAcceleratorMemoryGib?: number | undefined
  /** Of the host. */
  readonly minimumHostMemoryGib?: number | undefined
  readonly minimumVcpus?: number | undefined
  readonly maximumPriceUsdPerHour?: number | undefined
}

/** An offer with the machine it is for. */
export interface ListedOffer {
  readonly offer: Offer
  readonly machine: Machine
  readonly accelerator: Accelerator | undefined
}

/** Every offer that meets the query, in catalog order. */
export function selectOffers(snapshot: Snapshot, query: OfferQuery): readonly ListedOffer[] {
  const accelerators = new Map(snapshot.accelerators.map((accelerator) => [accelerator.id, accelerator]))
  const machineMatches = matcher(query.machines)
  const regionMatches = matcher(query.regions)
  const found: ListedOffer[] = []
  for (const machine of snapshot.machines) {
    const accelerator = machine.acceleratorId === undefined ? undefined : accelerators.get(machine.acceleratorId)
    if (!includes(query.providers, machine.provider) || !machineMatches(machine.instanceType) || !holds(query, machine, accelerator)) continue
    for (const offer of snapshot.offersOf(`${machine.provider}/${machine.instanceType}`)) {
      if (
        includes(query.services, offer.service) &&
        includes(query.purchases, offer.purchase) &&
        (query.regions === undefined || query.regions.length === 0 || (offer.regionKnown && regionMatches(offer.region))) &&
        (query.countries === undefined || query.countries.length === 0 || (offer.country !== undefined && query.countries.includes(offer.country))) &&
        offer.priceUsdPerHour <= (query.maximumPriceUsdPerHour ?? Infinity)
      ) {
        found.push({offer, machine, accelerator})
      }
    }
  }
  return found
}

function holds(query: OfferQuery, machine: Machine, accelerator: Accelerator | undefined): boolean {
  const {accelerators} = query
  if (accelerators !== undefined && accelerators.length > 0) {
    if (accelerator === undefined || !accelerators.some((selector) => selects(selector, accelerator, machine.acceleratorCount))) return false
  }
  // A machine may hold a slice of an accelerator.
  const memoryGib = accelerator === undefined ? undefined : accelerator.memoryGib * Math.min(1, machine.acceleratorCount)
  const asksForMemory = query.minimumAcceleratorMemoryGib !== undefined || query.maximumAcceleratorMemoryGib !== undefined
  return (
    (!asksForMemory || (memoryGib !== undefined && memoryGib >= (query.minimumAcceleratorMemoryGib ?? 0) && memoryGib <= (query.maximumAcceleratorMemoryGib ?? Infinity))) &&
    (query.minimumHostMemoryGib === undefined || (machine.memoryGib ?? 0) >= query.minimumHostMemoryGib) &&
    (query.minimumVcpus === undefined || (machine.vcpus ?? 0) >= query.minimumVcpus)
  )
}

const includes = <T>(wanted: readonly T[] | undefined, value: T): boolean => wanted === undefined || wanted.length === 0 || wanted.includes(value)

/** `p5*` → every name that begins with p5. */
function matcher(patterns: readonly string[] | undefined): (name: string) => boolean {
  if (patterns === undefined || patterns.length === 0) return () => true
  return (name) => patterns.some((pattern) => matchesGlob(pattern, name))
}

/** Orders that offers may be listed in, the cheapest first: by what, and how that is said. */
export const OFFER_ORDERS = {
  'price': {said: 'by price', usd: ({offer}: ListedOffer): number => offer.priceUsdPerHour},
  'price-per-accelerator': {
    said: 'by price per accelerator',
    usd: ({offer, machine}: ListedOffer): number => (machine.acceleratorCount > 0 ? offer.priceUsdPerHour / machine.acceleratorCount : Infinity),
  },
} as const
export type OfferOrder = keyof typeof OFFER_ORDERS

/** Offers of one price stand in the order of their names. */
export function sortOffers(listed: readonly ListedOffer[], order: OfferOrder): readonly ListedOffer[] {
  const {usd} = OFFER_ORDERS[order]
  const name = ({offer}: ListedOffer): string => `${offer.provider} ${offer.instanceType} ${offer.region} ${offer.zone ?? ''} ${offer.purchase} ${offer.service}`
  return listed.toSorted((a, b) => usd(a) - usd(b) || (name(a) < name(b) ? -1 : 1))
}

/** A machine as it is bought: the cheapest of its places, and how much more the others ask. */
export interface FoldedOffer extends ListedOffer {
  readonly otherPlaces: number
  /** Dearest place over the cheapest, less one. */
  readonly extraShare: number
}

/** One entry per machine, service and purchase, in the order in which they first appear. */
export function foldPlaces(listed: readonly ListedOffer[]): readonly FoldedOffer[] {
  const groups = new Map<string, ListedOffer[]>()
  for (const entry of listed) {
    const {provider, service, instanceType, purchase} = entry.offer
    const key = `${provider}\t${service}\t${instanceType}\t${purchase}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [entry])
    else group.push(entry)
  }
  return [...groups.values()].map((group) => {
    const cheapest = group.reduce((best, entry) => (entry.offer.priceUsdPerHour < best.offer.priceUsdPerHour ? entry : best))
    const dearest = Math.max(...group.map((entry) => entry.offer.priceUsdPerHour))
    return {...cheapest, otherPlaces: group.length - 1, extraShare: dearest / cheapest.offer.priceUsdPerHour - 1}
  })
}

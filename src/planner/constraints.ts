import {parseAcceleratorSelector, selects, type AcceleratorSelector} from '../catalog/accelerator-selector.ts'
import type {Rig} from '../catalog/rig.ts'
import type {Accelerator, Offer} from '../catalog/schema.ts'
import type {Refusal} from '../performance/types.ts'
import {matchesGlob} from '../text/glob.ts'

/** The part of a workload's `constraints` that decides on machines and offers before anything is estimated. */
export interface PlaceConstraints {
  readonly providers?: readonly string[] | undefined
  readonly regions?: readonly string[] | undefined
  readonly purchase?: readonly string[] | undefined
  readonly accelerators?: readonly string[] | undefined
  readonly minMemoryGib?: number | undefined
  readonly dataResidency?: readonly string[] | undefined
  readonly privacy?: 'own-hardware' | 'own-account' | 'any' | undefined
  readonly access?: 'own-network' | 'internet' | undefined
  readonly availability?: number | undefined
}

/** EU member states, ISO 3166 alpha-2; `dataResidency: [EU]` means any of them. EEA adds IS, LI, NO. */
const EU = new Set('AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' '))
const EEA = new Set([...EU, 'IS', 'LI', 'NO'])

const refuse = (reason: Refusal['reason'], detail: string, nearest: string | null = null): Refusal => ({reason, detail, nearest})

/** A country by its two letters, or one of the unions. */
export const isResidence = (name: string): boolean => /^(?:[a-z]{2}|eea)$/i.test(name)

export function residesIn(country: string | undefined, allowed: readonly string[]): boolean {
  if (country === undefined) return false
  return allowed.some(zone => {
    const name = zone.toUpperCase()
    return name === country || (name === 'EU' && EU.has(country)) || (name === 'EEA' && EEA.has(country))
  })
}

const selectorsByList = new WeakMap<readonly string[], readonly AcceleratorSelector[]>()

/** `constraints.accelerators` with its names resolved already, read once for all machines. */
function selectorsOf(accelerators: readonly string[]): readonly AcceleratorSelector[] {
  const known = selectorsByList.get(accelerators)
  if (known !== undefined) return known
  const made = accelerators.map(parseAcceleratorSelector)
  selectorsByList.set(accelerators, made)
  return made
}

/** Refuses a machine with `count` accelerators whatever its offers; `null` = passes. Names in `constraints.accelerators` are ids (see `resolveNames`). */
export function refuseMachine(constraints: PlaceConstraints, provider: string, accelerator: Accelerator, count: number): Refusal | null {
  const {providers, accelerators, minMemoryGib, privacy} = constraints
  if (privacy === 'own-hardware' && provider !== 'rig') return refuse('constraint', 'privacy: own-hardware allows rigs only', 'privacy: own-account')
  if (providers !== undefined && !providers.includes(provider)) return refuse('constraint', `providers: ${providers.join(', ')} leaves ${provider} out`, `add ${provider} to providers`)
  if (accelerators !== undefined) {
    const selectors = selectorsOf(accelerators)
    if (!selectors.some(selector => selects(selector, accelerator, count))) {
      // Where only the number is another one, the number is what has to be named.
      const wanted = selectors.some(({count: _count, ...selector}) => selects(selector, accelerator, count)) ? `${accelerator.id}:${count}` : accelerator.id
      return refuse('constraint', `accelerators: ${accelerators.join(', ')} leaves ${wanted} out`, `add ${wanted} to accelerators`)
    }
  }
  // A slice of an accelerator has its share of the memory.
  const memoryGib = accelerator.memoryGib * Math.min(1, count)
  if (minMemoryGib !== undefined && memoryGib < minMemoryGib) {
    // Downwards, so that what is named would do.
    const enoughGib = Math.floor(memoryGib * 100 + 1e-6) / 100
    return refuse('constraint', `${count < 1 ? `${count} of ` : ''}${accelerator.id} has ${enoughGib} GiB, minMemoryGib is ${minMemoryGib}`, `minMemoryGib: ${enoughGib}`)
  }
  return null
}

/** Refuses one offer of a machine that passed; `null` = passes. */
export function refuseOffer(constraints: PlaceConstraints, offer: Pick<Offer, 'provider' | 'region' | 'regionKnown' | 'country' | 'purchase' | 'flags'>): Refusal | null {
  const {regions, purchase, dataResidency, privacy} = constraints
  if (privacy === 'own-account' && (offer.purchase === 'community' || offer.flags.includes('marketplace'))) {
    return refuse('constraint', 'privacy: own-account leaves marketplace hosts out', 'privacy: any')
  }
  if (purchase !== undefined && !purchase.includes(offer.purchase)) {
    return refuse('constraint', `purchase: ${purchase.join(', ')} leaves ${offer.purchase} out`, `add ${offer.purchase} to purchase`)
  }
  if (regions !== undefined && (!offer.regionKnown || !regions.some(pattern => matchesGlob(pattern, offer.region)))) {
    return refuse('region', offer.regionKnown ? `${offer.region} is not among regions: ${regions.join(', ')}` : `the provider names no exact region ("${offer.region}")`, offer.regionKnown ? `add ${offer.region} to regions` : null)
  }
  if (dataResidency !== undefined && (!offer.regionKnown || !residesIn(offer.country, dataResidency))) {
    return refuse('region', offer.country === undefined ? `the country of "${offer.region}" is not known` : `${offer.region} lies in ${offer.country}, dataResidency is ${dataResidency.join(', ')}`, null)
  }
  return null
}

/** Refuses a rig by its site. What the site does not say refuses nothing; the plan warns of it. */
export function refuseSite(constraints: PlaceConstraints, {country, publicAddress, availabilityShare}: Pick<Rig['site'], 'country' | 'publicAddress' | 'availabilityShare'>): Refusal | null {
  const {dataResidency, purchase, access, availability} = constraints
  if (purchase !== undefined && !purchase.includes('owned')) return refuse('constraint', `purchase: ${purchase.join(', ')} leaves owned hardware out`, 'add owned to purchase')
  if (dataResidency !== undefined && !residesIn(country, dataResidency)) return refuse('region', `the rig stands in ${country}, dataResidency is ${dataResidency.join(', ')}`)
  if (access === 'internet' && publicAddress === false) return refuse('site', 'nobody outside reaches the site: it has no public address', 'access: own-network, or an address (site.publicAddress)')
  if (availability !== undefined && availabilityShare !== undefined && availabilityShare < availability) {
    return refuse('site', `power and line of the site are there ${percentText(availabilityShare)} of the time, availability is ${percentText(availability)}`, `availability: ${percentText(availabilityShare)}`)
  }
  return null
}

/** "99.95%": as many digits as an availability is told with. */
const percentText = (share: number): string => `${Number((share * 100).toPrecision(6))}%`

/** What a site does not say of what is asked of it. */
export function unsaidOfSite({access, availability}: PlaceConstraints, {publicAddress, availabilityShare}: Pick<Rig['site'], 'publicAddress' | 'availabilityShare'>): readonly string[] {
  return [
    ...(access === 'internet' && publicAddress === undefined ? ['Users come from outside, and the site does not say whether they reach it (site.publicAddress).'] : []),
    ...(availability !== undefined && availabilityShare === undefined ? [`${percentText(availability)} of the time it is to be there, and the site does not say how often it is (site.availability).`] : []),
  ]
}

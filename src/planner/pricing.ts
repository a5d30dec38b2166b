import {ageInDays} from '../cost/age.ts'
import type {BillingRule, EgressTiers, Owned, ProviderExtras, Rented} from '../cost/types.ts'
import type {Offer, Standing} from '../catalog/schema.ts'
import type {BillingFact, ExtraPrice, InterruptionBand, Snapshot} from '../catalog/snapshot.ts'
import type {Confidence} from '../performance/types.ts'
import type {CloudPlace, RigPlace} from './places.ts'

/** A provider whose billing step is not known is billed as the coarsest clouds do: by the started hour. */
const COARSEST_BILLING: BillingRule = {incrementSeconds: 3600, minimumSeconds: 3600}

/**
 * Until a machine can be used, where the provider's own figure is not in the catalog. The published ones lie between 2 and
 * 15 minutes (data/billing.csv); an assumption.
 */
export const ASSUMED_PROVISIONING_HOURS = 0.1

/** What a recalled or derived fact may still be called. */
export function basisOfStanding(standing: Standing): Confidence {
  switch (standing) {
    case 'read':
      return 'measured'
    case 'derived':
      return 'computed'
    case 'recalled':
    case 'modelled':
      return 'assumed'
    default:
      return standing satisfies never
  }
}

/** Look-ups of price facts, made once per snapshot. */
export interface PriceBook {
  billing(provider: string, purchase: string): BillingRule
  extras(provider: string): ProviderExtras
  egress(provider: string): EgressTiers | undefined
  /** Share of spot machines reclaimed in a month; `null` = not published. */
  interruption(provider: string, instanceType: string, region: string): {readonly lowShare: number; readonly highShare: number} | null
}

export function createPriceBook(snapshot: Snapshot): PriceBook {
  const billing = new Map<string, BillingFact>()
  for (const fact of snapshot.billing) billing.set(`${fact.provider} ${fact.purchase ?? ''}`, fact)
  const extras = new Map<string, ProviderExtras>()
  let bands: Map<string, InterruptionBand> | undefined
  const bandKey = (provider: string, instanceType: string, region: string): string => `${provider} ${instanceType} ${region}`
  const factOf = (provider: string, purchase: string): BillingFact | undefined => billing.get(`${provider} ${purchase}`) ?? billing.get(`${provider} `)
  const book: PriceBook = {
    billing: (provider, purchase) => {
      const fact = factOf(provider, purchase)
      if (fact === undefined) return COARSEST_BILLING
      const {incrementSeconds, minimumSeconds, minimumTermHours, maximumTermHours} = fact
      return {
        incrementSeconds,
        minimumSeconds,
        ...(minimumTermHours === undefined ? {} : {minimumTermHours}),
        ...(maximumTermHours === undefined ? {} : {maximumTermHours}),
      }
    },
    extras: provider => {
      const known = extras.get(provider)
      if (known !== undefined) return known
      const rows = snapshot.extras.filter(row => row.provider === provider)
      const made: ProviderExtras = {
        diskUsdPerGbMonth: listed(rows, 'block-storage'),
        objectStorageUsdPerGbMonth: listed(rows, 'object-storage'),
        egressTiers: egressTiers(rows),
        publicIpUsdPerHour: factOf(provider, '')?.publicIpUsdPerHour,
      }
      extras.set(provider, made)
      return made
    },
    egress: provider => book.extras(provider).egressTiers,
    interruption: (provider, instanceType, region) => {
      bands ??= new Map(snapshot.interruptions.map(band => [bandKey(band.provider, band.instanceType, band.region), band]))
      return bands.get(bandKey(provider, instanceType, region)) ?? bands.get(bandKey(provider, instanceType, '*')) ?? null
    },
  }
  return book
}

/** The provider's first listed product of a category: its standard one (the import keeps the facts' order). */
function listed(rows: readonly ExtraPrice[], category: ExtraPrice['category']): number | undefined {
  return rows.find(row => row.category === category)?.usdPerGb
}

/** Tiers of the first egress product. Rows of one product follow each other in ascending order. */
function egressTiers(rows: readonly ExtraPrice[]): EgressTiers | undefined {
  const first = rows.find(row => row.category === 'egress')
  if (first === undefined) return undefined
  return rows.filter(row => row.category === 'egress' && row.item === first.item && row.region === first.region).map(row => ({upToGb: row.upToGb ?? null, usdPerGb: row.usdPerGb}))
}

export function rentedPricing(offer: Offer, prepaid: boolean, place: CloudPlace, book: PriceBook, asOf: string): Rented {
  return {
    kind: 'rented',
    provider: offer.provider,
    purchase: offer.purchase,
    region: offer.region,
    priceUsdPerHour: offer.priceUsdPerHour,
    priceAgeDays: ageInDays(offer.asOf, asOf),
    billing: book.billing(offer.provider, offer.purchase),
    extras: {...book.extras(offer.provider), localSsdGb: place.machine.localSsdGb},
    prepaid,
    priceBasis: basisOfStanding(offer.standing),
  }
}

export function ownedPricing(place: RigPlace, nodes: number, idleWallWatts: number): Owned {
  const {rig, node} = place
  const total = rig.nodes.reduce((sum, each) => sum + each.acceleratorCount * each.count, 0)
  // A node is switched on as a whole: what is left idle in it is taken all the same.
  const taken = node.acceleratorCount * nodes
  return {
    kind: 'owned',
    rigId: rig.id,
    owned: rig.owned,
    tariffUsdPerKwh: rig.site.tariffUsdPerKwh,
    country: rig.site.country,
    whenIdle: rig.site.whenIdle,
    shareOfRig: total === 0 ? 1 : taken / total,
    purchaseUsd: rig.nodes.reduce((sum, each) => sum + each.priceUsd * each.count, 0),
    serviceLifeYears: rig.serviceLifeYears,
    residualShare: rig.residualShare,
    financingSharePerYear: rig.financingSharePerYear,
    upkeepUsdPerYear: rig.upkeepUsdPerYear,
    wearUsdPerAcceleratorHour: rig.wearUsdPerAcceleratorHour,
    acceleratorCount: place.acceleratorsPerNode * nodes,
    idleWatts: idleWallWatts,
    coolingCop: rig.site.coolingCop,
    displacedUsdPerHour: 0,
  }
}

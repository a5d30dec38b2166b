import type {Offer, Standing} from '../catalog/schema.ts'
import type {InterruptionBand, Snapshot} from '../catalog/snapshot.ts'
import {ageInDays} from '../cost/age.ts'
import {egressTiers, interruptionOf, providerExtras, provisioningHours, rentedPricing, type Setup} from '../cost/pricing.ts'
import type {EgressTiers, Rented} from '../cost/types.ts'
import type {Confidence} from '../performance/types.ts'
import type {PowerModel} from '../power/types.ts'
import type {CloudPlace} from './places.ts'

/** What a fact of this standing may still be called. */
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

/** The price facts of a snapshot, each looked up once for the many offers that share it. */
export interface PriceBook {
  rented(offer: Offer, place: CloudPlace, prepaid: boolean, asOf: string): Rented
  /** Whether disk or storage has other list prices in some region of the provider than in the rest. */
  extrasVary(provider: string): boolean
  /** The same for regions with the same prices of disk and storage. */
  extrasKey(provider: string, region: string): string
  egress(provider: string): EgressTiers | undefined
  provisioning(provider: string, acceleratorsPerNode: number): Setup
  interruption(provider: string, instanceType: string, region: string): InterruptionBand | null
  /** Filled by the evaluator; here so that the many workloads of a batch share them. */
  readonly powerModels: Map<string, PowerModel>
}

export function createPriceBook(snapshot: Snapshot): PriceBook {
  const rented = new Map<string, Rented>()
  const egress = new Map<string, EgressTiers | undefined>()
  const provisioning = new Map<string, Setup>()
  const varying = new Map<string, boolean>()
  const extras = new Map<string, string>()
  let bandsByMachine: Map<string, InterruptionBand[]> | undefined
  const remembered = <Value>(map: Map<string, Value>, key: string, make: () => Value): Value => {
    const known = map.get(key)
    if (known !== undefined) return known
    const made = make()
    map.set(key, made)
    return made
  }
  const extrasKey = (provider: string, region: string): string =>
    remembered(extras, `${provider} ${region}`, () => {
      const {diskUsdPerGbMonth = '?', objectStorageUsdPerGbMonth = '?'} = providerExtras(snapshot, provider, region, {localSsdGb: undefined})
      return `${diskUsdPerGbMonth} ${objectStorageUsdPerGbMonth}`
    })
  return {
    extrasKey,
    extrasVary: provider =>
      remembered(varying, provider, () => new Set(['', ...snapshot.extras.filter(row => row.provider === provider).map(row => row.region)].map(region => extrasKey(provider, region))).size > 1),
    powerModels: new Map(),
    rented: (offer, place, prepaid, asOf) => {
      // Billing and extras depend on who sells what where; the price itself is laid over them.
      const key = `${offer.provider} ${offer.purchase} ${extrasKey(offer.provider, offer.region)} ${place.machine.localSsdGb ?? ''} ${offer.standing} ${offer.flags.length}`
      const base = remembered(rented, key, () => rentedPricing(snapshot, offer, place.machine, asOf))
      return {...base, region: offer.region, priceUsdPerHour: offer.priceUsdPerHour, priceAgeDays: ageInDays(offer.asOf, asOf), prepaid}
    },
    egress: provider => remembered(egress, provider, () => egressTiers(snapshot.extras, provider)),
    provisioning: (provider, acceleratorsPerNode) => remembered(provisioning, `${provider} ${acceleratorsPerNode}`, () => provisioningHours(snapshot.billing, provider, acceleratorsPerNode)),
    interruption: (provider, instanceType, region) => {
      bandsByMachine ??= Map.groupBy(snapshot.interruptions, band => `${band.provider} ${band.instanceType}`)
      return interruptionOf(bandsByMachine.get(`${provider} ${instanceType}`) ?? [], provider, instanceType, region)
    },
  }
}

import type {Purchase, Service, Standing} from './schema.ts'
import type {CatalogGap, Snapshot} from './snapshot.ts'

/** What the catalog has of one provider, how old it is and what it lacks. */
export interface ProviderCoverage {
  readonly provider: string
  readonly offers: number
  /** Offers that may not win whatever their price: from-prices, unverified, marketplaces, unit prices. */
  readonly flaggedOffers: number
  readonly machines: number
  readonly machinesWithoutPrice: number
  /** Real regions with a price. */
  readonly regions: number
  readonly purchases: readonly Purchase[]
  readonly services: readonly Service[]
  readonly oldest: string | undefined
  readonly newest: string | undefined
  /** Purchase → newest date of such a price: spot and on-demand age apart. */
  readonly newestByPurchase: Readonly<Partial<Record<Purchase, string>>>
  readonly standing: Readonly<Record<Standing, number>>
  readonly gaps: readonly string[]
}

export interface Coverage {
  readonly providers: readonly ProviderCoverage[]
  /** Gaps of no one provider. */
  readonly gaps: readonly string[]
}

/** Counts by provider, sorted by name. Deterministic; reads every offer. */
export function coverage(snapshot: Snapshot): Coverage {
  const providers = [...new Set(snapshot.machines.map((machine) => machine.provider))].sort()
  return {
    providers: providers.map((provider) => providerCoverage(snapshot, provider)),
    gaps: snapshot.gaps.filter((gap) => !providers.includes(gap.provider)).map(sayGap),
  }
}

function providerCoverage(snapshot: Snapshot, provider: string): ProviderCoverage {
  const machines = snapshot.machines.filter((machine) => machine.provider === provider)
  const byMachine = machines.map((machine) => snapshot.offersOf(`${provider}/${machine.instanceType}`))
  const offers = byMachine.flat()
  const dates = offers.map((offer) => offer.asOf).sort()
  const newestByPurchase: Partial<Record<Purchase, string>> = {}
  const standing: Record<Standing, number> = {read: 0, recalled: 0, derived: 0, modelled: 0}
  for (const offer of offers) {
    standing[offer.standing]++
    if (offer.asOf > (newestByPurchase[offer.purchase] ?? '')) newestByPurchase[offer.purchase] = offer.asOf
  }
  return {
    provider,
    offers: offers.length,
    flaggedOffers: offers.filter((offer) => offer.flags.length > 0).length,
    machines: machines.length,
    machinesWithoutPrice: byMachine.filter((own) => own.length === 0).length,
    regions: new Set(offers.filter((offer) => offer.regionKnown).map((offer) => offer.region)).size,
    purchases: [...new Set(offers.map((offer) => offer.purchase))].sort(),
    services: [...new Set(offers.map((offer) => offer.service))].sort(),
    oldest: dates[0],
    newest: dates.at(-1),
    newestByPurchase,
    standing,
    gaps: snapshot.gaps.filter((gap) => gap.provider === provider).map(sayGap),
  }
}

function sayGap(gap: CatalogGap): string {
  const rows = gap.rows === undefined || gap.rows === 1 ? '' : `, ${gap.rows} prices`
  return `${gap.subject}: ${gap.reason}${rows}`
}

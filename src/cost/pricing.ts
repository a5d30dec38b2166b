import type {Machine, Offer} from '../catalog/schema.ts'
import type {Rig, RigNode} from '../catalog/rig.ts'
import {upsEfficiencyOf} from '../catalog/rig-site.ts'
import type {BillingFact, ExtraPrice, InterruptionBand, Snapshot} from '../catalog/snapshot.ts'
import type {Confidence, Interval} from '../performance/types.ts'
import {ageInDays} from './age.ts'
import {capitalOf} from './ownership.ts'
import {meanTariff} from './tariff.ts'
import type {BillingRule, EgressTiers, Owned, ProviderExtras, Rented, Unpriced, WorkAmount} from './types.ts'

const SECONDS_PER_HOUR = 3600
const HOURS_PER_DAY = 24
/** A machine of this many accelerators or more starts like the large ones. */
const LARGE_MACHINE_ACCELERATORS = 8

/** A provider whose billing steps are not known is taken to bill by the hour, as its prices are listed. */
const HOURLY: BillingRule = {incrementSeconds: SECONDS_PER_HOUR, minimumSeconds: SECONDS_PER_HOUR}

type BillingSource = Pick<BillingFact, 'provider' | 'purchase'>

/** The provider's row for this purchase, else its general one. */
export function billingFact<Fact extends BillingSource>(facts: readonly Fact[], provider: string, purchase: string): Fact | undefined {
  const own = facts.filter(fact => fact.provider === provider)
  return own.find(fact => fact.purchase === purchase) ?? own.find(fact => fact.purchase === undefined)
}

export function billingRule(facts: readonly BillingFact[], provider: string, purchase: string): BillingRule {
  const fact = billingFact(facts, provider, purchase)
  if (fact === undefined) return HOURLY
  const {incrementSeconds, minimumSeconds, minimumTermHours, maximumTermHours} = fact
  return {
    incrementSeconds,
    minimumSeconds,
    ...(minimumTermHours === undefined ? {} : {minimumTermHours}),
    ...(maximumTermHours === undefined ? {} : {maximumTermHours}),
  }
}

const rowsByProvider = new WeakMap<readonly ExtraPrice[], ReadonlyMap<string, readonly ExtraPrice[]>>()

/** A provider's rows; a plan asks for them hundreds of times. */
function rowsOf(extras: readonly ExtraPrice[], provider: string): readonly ExtraPrice[] {
  let grouped = rowsByProvider.get(extras)
  if (grouped === undefined) {
    grouped = Map.groupBy(extras, row => row.provider)
    rowsByProvider.set(extras, grouped)
  }
  return grouped.get(provider) ?? []
}

/** The standard class of a category: the provider's row of this region, else its first. */
function standardPrice(extras: readonly ExtraPrice[], provider: string, category: ExtraPrice['category'], region: string): number | undefined {
  const rows = rowsOf(extras, provider).filter(row => row.category === category)
  return (rows.find(row => row.region === region) ?? rows[0])?.usdPerGb
}

/** Outgoing traffic of a provider: the tiers of its first item, ascending. `undefined` = no price known. */
export function egressTiers(extras: readonly ExtraPrice[], provider: string): EgressTiers | undefined {
  const rows = rowsOf(extras, provider).filter(row => row.category === 'egress')
  const [first] = rows
  if (first === undefined) return undefined
  return rows.filter(row => row.item === first.item && row.region === first.region).map(row => ({upToGb: row.upToGb ?? null, usdPerGb: row.usdPerGb}))
}

/** List prices of what hangs on a machine. Prices of another region of the same provider stand in where its own is not listed. */
export function providerExtras(
  snapshot: Pick<Snapshot, 'extras' | 'billing'>,
  provider: string,
  region: string,
  machine: Pick<Machine, 'localSsdGb'>,
): ProviderExtras {
  return {
    diskUsdPerGbMonth: standardPrice(snapshot.extras, provider, 'block-storage', region) ?? standardPrice(snapshot.extras, provider, 'file-storage', region),
    objectStorageUsdPerGbMonth:
      standardPrice(snapshot.extras, provider, 'object-storage', region) ?? standardPrice(snapshot.extras, provider, 'file-storage', region),
    egressTiers: egressTiers(snapshot.extras, provider),
    publicIpUsdPerHour: billingFact(snapshot.billing, provider, '')?.publicIpUsdPerHour,
    localSsdGb: machine.localSsdGb,
  }
}

/** A price that was read stays `computed`; remembered and derived ones weaken what uses them. */
function priceBasis(offer: Pick<Offer, 'standing' | 'flags'>): Confidence {
  return offer.standing === 'read' && offer.flags.length === 0 ? 'computed' : 'assumed'
}

/** What an offer costs, with everything `estimateCost` asks of a rented target. `prepaid` as `applyOwnPrices` says. */
export function rentedPricing(
  snapshot: Pick<Snapshot, 'extras' | 'billing'>,
  offer: Offer,
  machine: Pick<Machine, 'localSsdGb'>,
  today: string,
  prepaid = false,
): Rented {
  return {
    kind: 'rented',
    provider: offer.provider,
    purchase: offer.purchase,
    region: offer.region,
    priceUsdPerHour: offer.priceUsdPerHour,
    priceAgeDays: ageInDays(offer.asOf, today),
    billing: billingRule(snapshot.billing, offer.provider, offer.purchase),
    extras: providerExtras(snapshot, offer.provider, offer.region, machine),
    prepaid,
    priceBasis: priceBasis(offer),
  }
}

export interface RigUse {
  readonly rig: Rig
  readonly node: RigNode
  /** Nodes of this sort in use. */
  readonly nodes: number
  /** Accelerators taken, if fewer than the nodes hold (`rig:NAME/NODE:COUNT`): that part of the nodes' capital and upkeep. */
  readonly acceleratorsTaken?: number
  /** Wall watts of these nodes doing nothing (`Power.idleWatts`); `null` = unknown. */
  readonly idleWatts: number | null
  /** Accelerators at work; wear counts for these. */
  readonly acceleratorsUsed: number
  /** Of the accelerators at work: their part of what an hour of the rig is worth otherwise. */
  readonly displacedUsdPerHour: number
}

/**
 * What part of a rig costs. Its share of the rig is its nodes' share of the purchase price (a node is used as a whole);
 * where no node has a price, their share of the accelerators.
 */
export function ownedPricing(use: RigUse): Owned | Unpriced {
  const {rig, node, nodes} = use
  const taken = use.acceleratorsTaken === undefined ? 1 : Math.min(1, use.acceleratorsTaken / (node.acceleratorCount * nodes))
  if (use.idleWatts === null) return {kind: 'unpriced', reason: 'the power of these machines is not known'}
  const total = (read: (each: RigNode) => number): number => rig.nodes.reduce((sum, each) => sum + read(each) * each.count, 0)
  const purchaseUsd = total(each => each.priceUsd)
  const accelerators = total(each => each.acceleratorCount)
  const nodesShare = purchaseUsd > 0 ? (node.priceUsd * nodes) / purchaseUsd : accelerators > 0 ? (node.acceleratorCount * nodes) / accelerators : nodes / total(() => 1)
  return {
    kind: 'owned',
    rigId: rig.id,
    owned: rig.owned,
    tariffUsdPerKwh: meanTariff(rig.site),
    country: rig.site.country,
    whenIdle: rig.site.whenIdle,
    shareOfRig: nodesShare * taken,
    capital: capitalOf(rig),
    upkeepUsdPerYear: rig.upkeepUsdPerYear,
    wearUsdPerAcceleratorHour: rig.wearUsdPerAcceleratorHour,
    acceleratorCount: use.acceleratorsUsed,
    idleWatts: use.idleWatts,
    coolingCop: rig.site.coolingCop,
    ...(rig.site.pue === undefined ? {} : {pue: rig.site.pue}),
    ...upsEfficiencyOf(rig.site),
    displacedUsdPerHour: use.displacedUsdPerHour,
    ...(rig.displacedHow === undefined ? {} : {displacedHow: rig.displacedHow}),
    waitingHours: rig.freeInHours ?? 0,
    waitingUsdPerHour: rig.waitingUsdPerHour ?? null,
  }
}

export interface Setup {
  readonly hours: number
  readonly basis: Confidence
}

/** From the request to a usable machine: the provider's usual time for machines of this size, else the median of the others. */
export function provisioningHours(facts: readonly BillingFact[], provider: string, acceleratorsPerMachine: number): Setup {
  const large = acceleratorsPerMachine >= LARGE_MACHINE_ACCELERATORS
  const secondsOf = (fact: BillingFact | undefined): number | undefined => (large ? fact?.provisioningSecondsLarge : undefined) ?? fact?.provisioningSeconds
  const own = secondsOf(billingFact(facts, provider, ''))
  if (own !== undefined) return {hours: own / SECONDS_PER_HOUR, basis: 'computed'}
  const others = facts.flatMap(fact => (fact.purchase === undefined ? (secondsOf(fact) ?? []) : [])).toSorted((a, b) => a - b)
  return {hours: (others[others.length >> 1] ?? 0) / SECONDS_PER_HOUR, basis: 'assumed'}
}

/** The band of this machine type in this region, else over all regions of it; `null` = not published. */
export function interruptionOf(bands: readonly InterruptionBand[], provider: string, instanceType: string, region: string): InterruptionBand | null {
  const own = bands.filter(band => band.provider === provider && band.instanceType === instanceType)
  return own.find(band => band.region === region) ?? own.find(band => band.region === '*') ?? null
}

export interface DiskNeed {
  readonly weightBytes: number
  readonly checkpointBytes: number
  readonly inputGb: number
  readonly outputGb: number
  readonly nodes: number
}

const BYTES_PER_GB = 1e9
/** The checkpoint being written and the one before it. */
const CHECKPOINTS_KEPT = 2

/** GB of disk that each machine needs beside its system: the weights whole, its part of data and checkpoints. */
export function diskGbOf(need: DiskNeed): number {
  const shared = need.inputGb + need.outputGb + (CHECKPOINTS_KEPT * need.checkpointBytes) / BYTES_PER_GB
  return need.weightBytes / BYTES_PER_GB + shared / need.nodes
}

const HOURS_PER_UNIT: Readonly<Record<string, number>> = {s: 1 / SECONDS_PER_HOUR, min: 1 / 60, h: 1, day: HOURS_PER_DAY}

/** Work of a demand as `estimateCost` counts it; "output tokens/s", "runs/h", "ns/day" are all told per hour. */
export function workAmount(
  costUnit: {readonly name: string; readonly amount: number},
  unitsPerRun: number | null,
  throughput: {readonly unit: string; readonly value: Interval | null},
): WorkAmount {
  const hoursPerUnit = HOURS_PER_UNIT[throughput.unit.slice(throughput.unit.lastIndexOf('/') + 1)]
  const value = throughput.value
  const unitsPerHour =
    value === null || hoursPerUnit === undefined ? null : {p10: value.p10 / hoursPerUnit, p50: value.p50 / hoursPerUnit, p90: value.p90 / hoursPerUnit}
  return {unitsPerRun, unitsPerHour, unit: costUnit}
}


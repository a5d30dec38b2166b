import type {RunHours} from '../performance/run-hours.ts'
import type {Interval, Confidence} from '../performance/types.ts'
import type {Power} from '../power/types.ts'
import type {OwnershipLine} from './ownership.ts'

/** What a rented target costs, as listed. */
export interface Rented {
  readonly kind: 'rented'
  readonly provider: string
  readonly purchase: string
  readonly region: string
  readonly priceUsdPerHour: number
  /** Days between the price's date and today. */
  readonly priceAgeDays: number
  readonly billing: BillingRule
  readonly extras: ProviderExtras
  /** Hours already owned under a commitment of the user's (`prices:`): charged as sunk, 0 at the margin. */
  readonly prepaid?: boolean
  /** Weaker than `computed` where the price was recalled or derived, not read. */
  readonly priceBasis?: Confidence
}

export interface BillingRule {
  /** Time is billed in steps of this many seconds. */
  readonly incrementSeconds: number
  readonly minimumSeconds: number
  /** Capacity blocks and the like: bought in whole days. */
  readonly minimumTermHours?: number
  readonly maximumTermHours?: number
}

/** Ascending tiers of a month's gigabytes; the last has no end. */
export type EgressTiers = readonly {readonly upToGb: number | null; readonly usdPerGb: number}[]

/** Storage, egress, IP: list prices of the provider; absent = not known, and then "not costed". */
export interface ProviderExtras {
  readonly diskUsdPerGbMonth?: number | undefined
  readonly objectStorageUsdPerGbMonth?: number | undefined
  readonly egressTiers?: EgressTiers | undefined
  readonly publicIpUsdPerHour?: number | undefined
  /** Bundled in the machine's price. */
  readonly localSsdGb?: number | undefined
}

/** What an owned (or planned) target costs. Money is USD; watts are at the wall. */
export interface Owned {
  readonly kind: 'owned'
  readonly rigId: string
  readonly owned: boolean
  readonly tariffUsdPerKwh: number
  readonly country: string
  readonly whenIdle: 'on' | 'off'
  /** This target's part of the rig's purchase price, and so of capital and fixed upkeep (`ownedPricing`). */
  readonly shareOfRig: number
  /** Of the whole rig over its life, before taxes: loss of value, lease, cost of capital (`capitalOf`). */
  readonly capital: readonly OwnershipLine[]
  readonly upkeepUsdPerYear: number
  /** Wear that use itself causes (replacement parts), USD per accelerator-hour. */
  readonly wearUsdPerAcceleratorHour: number
  readonly acceleratorCount: number
  /** Wall watts of these machines doing nothing. */
  readonly idleWatts: number
  /** Heat removed per watt of electricity of the cooling, and whether cooling is needed at all. */
  readonly coolingCop: number | null
  /** Output ÷ input of the supply against failures; absent = none, or in the PUE. */
  readonly upsEfficiency?: number
  /** Facility watts ÷ watts of the machines, where the site says that instead. */
  readonly pue?: number
  /** Value of what these hours displace, USD/h of the target; 0 if they are free. */
  readonly displacedUsdPerHour: number
  /** Where that figure comes from; where it is 0, why there is none. */
  readonly displacedHow?: string
  /** Hours until the rig is free, and what an hour of waiting is worth to the user; `null` = nobody said. */
  readonly waitingHours?: number
  readonly waitingUsdPerHour?: number | null
}

/** Bare hardware: no price is known and none is made up. */
export interface Unpriced {
  readonly kind: 'unpriced'
  readonly reason: string
}

export type Pricing = Rented | Owned | Unpriced

/** When and how often a workload runs. */
export type Schedule =
  | {readonly kind: 'once'}
  | {readonly kind: 'always'}
  | {readonly kind: 'runs-per-month'; readonly runs: number}
  | {readonly kind: 'hours-per-month'; readonly hours: number}

export interface DataMovement {
  readonly inputGb: number
  readonly outputGb: number
  readonly egressGb: number
  readonly storageGb: number
  /** Where the input lies: a provider, `provider@region`, or `site` (own premises). */
  readonly inputAt: string | null
}

/** What the money buys, so that a cost per unit can be told. */
export interface WorkAmount {
  /** Units of one run; `null` for endless work, which is counted by its throughput. */
  readonly unitsPerRun: number | null
  /** Units per hour of work; needed for endless work only. */
  readonly unitsPerHour: Interval | null
  /** `{name: '1M output tokens', amount: 1e6}`. */
  readonly unit: {readonly name: string; readonly amount: number}
}

export interface CostInput {
  readonly pricing: Pricing
  readonly nodes: number
  readonly hours: RunHours
  readonly schedule: Schedule
  readonly horizonMonths: number
  readonly data: DataMovement
  /** Disk that every machine needs beside its operating system: weights, input, checkpoints (`diskGbOf`). */
  readonly diskGb: number
  /** Only owned machines pay for it; on clouds it is part of the price. */
  readonly power: Pick<Power, 'averageWatts' | 'confidence'> | null
  /** What the place that the input lies at charges for taking it away; `null` where it is on the spot, or on own premises. */
  readonly inputEgress: {readonly from: string; readonly tiers: EgressTiers | undefined} | null
  readonly work: WorkAmount | null
  /** Confidence of the performance that the hours came from. */
  readonly basis: Confidence
}

export interface CostLine {
  readonly item: string
  readonly usd: number
  readonly how: string
}

export interface NotCosted {
  readonly item: string
  readonly reason: string
  readonly usd: number | null
}

export interface Cost {
  readonly period: 'run' | 'month'
  readonly basis: 'rental' | 'marginal' | 'full'
  /** `null` = unknown (bare hardware). */
  readonly usd: Interval | null
  /** The other basis of a rig. */
  readonly alternative: {readonly basis: 'marginal' | 'full'; readonly usd: Interval} | null
  readonly perUnit: {readonly usd: Interval; readonly unit: string} | null
  /** Sum to `usd.p50`. */
  readonly lines: readonly CostLine[]
  readonly notCosted: readonly NotCosted[]
  readonly confidence: Confidence
}

import type {Accelerator, AudioModel, CalibrationTable, LanguageModel, Machine, MediaModel, Offer, Purchase, SoftwareSupport, Source, Standing} from './schema.ts'
import type {Rig} from './rig.ts'
import type {NetworkFamily} from './words.ts'

export interface BillingFact {
  readonly provider: string
  /** The purchase it holds for; absent = all that have no row of their own. That row stands first. */
  readonly purchase?: Purchase
  readonly incrementSeconds: number
  readonly minimumSeconds: number
  /** Shortest and longest term that can be bought (capacity blocks, flex-start, calendar). */
  readonly minimumTermHours?: number
  readonly maximumTermHours?: number
  /** Absent = not known. */
  readonly publicIpUsdPerHour?: number
  /** From the request to a usable machine, and the same for whole eight-accelerator machines; absent = not known. From memory, as the source says. */
  readonly provisioningSeconds?: number
  readonly provisioningSecondsLarge?: number
  readonly standing: Standing
  readonly note?: string
  readonly sourceId: string
  readonly asOf: string
}

/**
 * Storage and egress as the provider lists them. The first row of a provider and category is its standard class; tiers of one item ascend,
 * and a tier that is free has its own row of 0.
 */
export interface ExtraPrice {
  readonly provider: string
  readonly category: 'object-storage' | 'file-storage' | 'block-storage' | 'egress' | 'inter-region'
  readonly item: string
  readonly region: string
  /** Upper end of the tier in GB; absent = no end. */
  readonly upToGb?: number
  readonly usdPerGb: number
  readonly period: 'month' | 'once'
  readonly standing: Standing
  readonly sourceId: string
  readonly asOf: string
}

export interface InterruptionBand {
  readonly provider: string
  readonly instanceType: string
  /** `*` = over all regions. */
  readonly region: string
  /** Share of running spot machines interrupted in a month; the highest band is open, its `highShare` is 1. */
  readonly lowShare: number
  readonly highShare: number
  readonly sourceId: string
  readonly asOf: string
}

/** Where a region is. Labels that are no one region ("global") have none. */
export interface RegionFact {
  readonly provider: string
  readonly region: string
  /** ISO 3166 alpha-2, where known. */
  readonly country?: string
  readonly continent: string
  readonly sourceId: string
  readonly asOf: string
  readonly standing: Standing
}

/** Something the catalog does not have, and why. `rows` = how many rows of the facts were left out. */
export interface CatalogGap {
  readonly provider: string
  readonly subject: string
  readonly rows?: number
  readonly reason: string
}

/** Everything known, as of a date: what every pure function works on. Offers are unfolded per machine, on demand. */
export interface Snapshot {
  /** SHA-256 over the data, hex. */
  readonly hash: string
  readonly offerCount: number
  /** provider → newest as-of date of its offers. */
  readonly asOfByProvider: Readonly<Record<string, string>>
  readonly accelerators: readonly Accelerator[]
  /** Accelerators of which a part of the data sheet is known; no machine of the catalog carries one. */
  readonly devices: readonly Accelerator[]
  readonly machines: readonly Machine[]
  /** key = `provider/instanceType`. Empty where the machine has no price. */
  offersOf(machineKey: string): readonly Offer[]
  readonly models: readonly LanguageModel[]
  readonly mediaModels: readonly MediaModel[]
  readonly rigs: readonly Rig[]
  readonly software: readonly SoftwareSupport[]
  readonly calibration: CalibrationTable
  /** What of it is about one kind of work (or about power, or what several kinds share). */
  calibrationOf(kind: string): CalibrationTable
  readonly billing: readonly BillingFact[]
  readonly extras: readonly ExtraPrice[]
  readonly interruptions: readonly InterruptionBand[]
  /** key (see data/facility.csv) → value in the unit its key names. */
  readonly facility: Readonly<Record<string, number>>
  /** provider → fleet-average PUE. */
  readonly pueByProvider: Readonly<Record<string, number>>
  /** ISO country → lifecycle gCO2e/kWh. */
  readonly carbonByCountry: Readonly<Record<string, number>>
  /** `country/sector` → USD/kWh with its date. */
  readonly tariffs: readonly {readonly country: string; readonly sector: string; readonly usdPerKwh: number; readonly asOf: string; readonly sourceId: string}[]
  /** USD → currency, newest monthly mean. */
  readonly exchangeRates: Readonly<Record<string, {readonly perUsd: number; readonly asOf: string}>>
  /** Runtime memory reserves and start-up times. */
  readonly runtimes: readonly RuntimeFact[]
  readonly streams: readonly StreamMeasurement[]
  readonly migProfiles: readonly MigProfile[]
  readonly audioModels: readonly AudioModel[]
  readonly processors: readonly Processor[]
  readonly networks: readonly NetworkModel[]
  readonly sources: readonly Source[]
  readonly regions: readonly RegionFact[]
  readonly gaps: readonly CatalogGap[]
  /** Providers whose files could not be read: one broken provider breaks only itself. */
  readonly leftOut: readonly LeftOut[]
}

/** A network that sees images or volumes, or reads texts. */
export interface NetworkModel {
  readonly id: string
  readonly aliases: readonly string[]
  readonly family: NetworkFamily
  /** What its heads say: of the whole (embeddings among them), of objects, of each pixel or voxel, of a text. */
  readonly task: 'classification' | 'detection' | 'segmentation' | 'text'
  readonly input: 'image' | 'volume' | 'text'
  readonly parameters: number
  /** Of one forward pass at `reference`, 2 for a multiply-add; texts have none, since theirs follow from layers and widths. */
  readonly flops?: number | undefined
  /** Values that its layers write in that pass; absent = nobody says. */
  readonly activations?: number | undefined
  /** Height and width, depth before them, or tokens. */
  readonly reference: readonly number[]
  /** Convolutions and dense layers, of transformers their blocks; absent = nobody says. */
  readonly layers?: number | undefined
  readonly hidden?: number | undefined
  readonly heads?: number | undefined
  readonly intermediate?: number | undefined
  /** Of these the layers of a decoder come on top. */
  readonly decoderLayers?: number | undefined
  readonly vocab?: number | undefined
  /** Pixels a side that make one token. */
  readonly patch?: number | undefined
  readonly note?: string | undefined
  readonly sourceId: string
  readonly asOf: string
  readonly standing: Standing
}

/** A slice that an accelerator can be cut into. */
export interface MigProfile {
  readonly acceleratorId: string
  readonly profile: string
  /** Of the slice; absent = nobody says. */
  readonly multiprocessors?: number | undefined
  readonly multiprocessorsTotal: number
  readonly memoryGib: number
  readonly computeSlices: number
  readonly computeSlicesTotal: number
  readonly memorySlices: number
  readonly memorySlicesTotal: number
  readonly maximumInstances: number
  /** Memory slices at which it may begin, and how many it takes. */
  readonly starts: readonly number[]
  readonly placementSize: number
  readonly mediaExtensions: boolean
  readonly note?: string | undefined
  readonly sourceId: string
  readonly asOf: string
  readonly standing: Standing
}

/** Processors of a provider's machines. */
export interface Processor {
  readonly provider: string
  /** As the machines have it. */
  readonly cpuModel: string
  /** Which machines, as a glob. */
  readonly instances: string
  readonly id: string
  readonly vendor: string
  readonly name: string
  /** From memory. */
  readonly releaseYear: number
  readonly coresPerSocket: number
  /** vCPUs of a core. */
  readonly threadsPerCore: 1 | 2
  readonly memoryGbPerSecond: number
  readonly fp32GflopsPerCore: number
  readonly wattsPerSocket?: number | undefined
  readonly note?: string | undefined
  readonly sourceId: string
  readonly asOf: string
  readonly standing: Standing
}

/** A benchmark of plain streams through an accelerator's or processors' memory. */
export interface StreamMeasurement {
  readonly device: string
  readonly architecture: string
  /** Of the memory (`hbm`, `gddr`, `ddr`); of processors their maker. */
  readonly sort: string
  readonly gbPerSecond: number
  readonly printedGbPerSecond: number
  readonly benchmark: string
  readonly sourceId: string
  readonly asOf: string
  readonly standing: Standing
}

export interface LeftOut {
  readonly provider: string
  /** With file and line. */
  readonly reason: string
}

export interface RuntimeFact {
  readonly runtime: string
  readonly memoryReserveGib: number
  readonly memoryShareUsable: number
  readonly startupSeconds: number
  readonly weightLoadBytesPerSecond: number
  readonly sourceId: string
}

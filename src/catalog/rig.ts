import * as z from 'zod'
import {echo} from '../text/safe.ts'

const amount = z.number().nonnegative().finite()
/** No site has a gigawatt for one rig: what is more is a slip of units. */
const MOST_WATTS = 1e9
const watts = z.number().nonnegative().max(MOST_WATTS)
const ratedWatts = z.number().positive().max(MOST_WATTS)
/** A jet engine at thirty metres: nobody stands beside a machine that is louder. */
export const NoiseDba = z.number().nonnegative().max(140)
/** Heat moved ÷ electricity. Below a half no cooling is sold, above a hundred it is a window. */
export const CoolingCop = z.number().min(0.5).max(100)
/** A short text that is printed as it is: what steers a terminal has no place in it. */
const label = z.string().min(1).max(120).refine((text) => echo(text) === text, {error: () => 'holds control or invisible characters'})

/** Every cord of every machine finds its place, and every circuit is tried without: what is no rig any more is refused before it takes minutes. */
export const MOST_SUPPLIES = 32
const MOST_MACHINES = 1000
const MOST_ACCELERATORS = 1024

/** Output ÷ input at shares of a supply's rating, as test reports of 80 PLUS state it. */
const EfficiencyCurve = z
  .array(z.strictObject({loadShare: z.number().positive().max(1), efficiency: z.number().min(0.5).max(1)})).min(2).max(20)
  .superRefine((points, {addIssue}) => {
    for (const [index, {loadShare, efficiency}] of points.entries()) {
      const before = points[index - 1]
      if (before === undefined) continue
      if (loadShare <= before.loadShare) addIssue({code: 'custom', path: [index, 'loadShare'], message: `${loadShare} after ${before.loadShare}: loads of an efficiency curve ascend`})
      // Between two points the efficiency is a + b · load. The input, load ÷ efficiency, rises there if a > 0, which is so exactly if it rises from the one to the other.
      else if (loadShare / efficiency <= before.loadShare / before.efficiency) {
        const [more, less] = [loadShare / efficiency, before.loadShare / before.efficiency].map(input => Number(input.toPrecision(3)))
        addIssue({code: 'custom', path: [index, 'efficiency'], message: `at ${loadShare} of its rating it would take ${more} of it, at ${before.loadShare} already ${less}: a supply that gives more takes more`})
      }
    }
  })

/** Power supplies of a node: `needed` of `count` carry it, the others may fail. */
export const Supplies = z
  .strictObject({count: z.number().int().positive().max(MOST_SUPPLIES), ratedWatts, needed: z.number().int().positive(), efficiency: EfficiencyCurve.optional()})
  .refine(({count, needed}) => needed <= count, {error: ({input}) => `${(input as {needed: number}).needed} supplies are needed, ${(input as {count: number}).count} are there`, path: ['needed']})
export type Supplies = z.infer<typeof Supplies>

/** A circuit of the site, up to its socket; `count` alike. Volts are between line and neutral for one phase, between lines for three. */
const SiteCircuit = z.strictObject({
  volts: z.number().min(90).max(500),
  phases: z.literal([1, 3]),
  amps: z.number().positive().max(1000),
  count: z.number().int().positive().max(50),
  socket: z.enum(['household', 'industrial']),
})
export const SiteCircuits = z.array(SiteCircuit).min(1).max(20)

/** Hours of some days (0 = Monday) that have a price of their own; one that ends before it begins runs over midnight. */
export const TariffWindow = z
  .strictObject({
    days: z.array(z.number().int().min(0).max(6)).min(1).max(7),
    fromHour: z.number().int().min(0).max(23),
    toHour: z.number().int().min(0).max(24),
    usdPerKwh: amount,
  })
  .refine(({fromHour, toHour}) => fromHour !== toHour, {error: () => 'a window holds an hour at least', path: ['toHour']})

/** Panels of the owner's, of which the rig may use what nobody else at the site does: each kWh costs what feeding it in would have paid. */
export const Solar = z.strictObject({peakKw: z.number().positive().max(1e6), kwhPerKwYear: z.number().positive().max(3000), feedInUsdPerKwh: amount})

/** How a purchase is paid: with a loan of equal payments, or by a lease; otherwise at once. */
export const Financing = z.discriminatedUnion('kind', [
  z.strictObject({kind: z.literal('loan'), principalShare: z.number().positive().max(1), ratePerYear: z.number().min(0).max(1), months: z.number().int().min(1).max(600)}),
  /** Without a price to buy it out it goes back, or is leased on. */
  z.strictObject({kind: z.literal('lease'), usdPerMonth: amount, months: z.number().int().min(1).max(600), buyoutUsd: amount.optional()}),
])

/** Taxes of the owner: VAT that is not paid back, and what costs take off a tax on profits; the purchase over `depreciationYears`. */
export const OwnerTax = z.strictObject({vatShare: z.number().min(0).max(1), vatRecoverable: z.boolean(), incomeTaxShare: z.number().min(0).max(0.95), depreciationYears: z.number().positive().max(50)})

export const UPKEEP_ITEMS = ['room', 'staff', 'service contract', 'insurance', 'other upkeep'] as const

export const SITE_KINDS = ['home', 'office', 'colocation', 'datacentre'] as const
export const UPS_KINDS = ['double-conversion', 'line-interactive'] as const

export const NODE_PART_KINDS = ['processor', 'memory', 'disk', 'network', 'fan', 'other'] as const

/** What is in a node beside accelerators and supplies: `count` alike. Watts are of each, behind the supplies. */
export const NodePart = z
  .strictObject({
    kind: z.enum(NODE_PART_KINDS),
    model: label.optional(),
    count: z.number().int().positive().max(1000),
    watts: watts.optional(),
    idleWatts: watts.optional(),
    /** Of a processor. */
    cores: z.number().int().positive().max(10_000).optional(),
    /** Of a memory module. */
    gib: z.number().positive().finite().optional(),
    /** Of a disk. */
    gb: z.number().positive().finite().optional(),
    rotating: z.boolean().optional(),
    /** Of a network card, all its ports together. */
    gigabitsPerSecond: z.number().positive().finite().optional(),
  })
  .refine(({watts, idleWatts}) => idleWatts === undefined || (watts !== undefined && idleWatts <= watts), {error: () => 'a part draws at rest no more than at work: idleWatts needs watts, which are no less', path: ['idleWatts']})
export type NodePart = z.infer<typeof NodePart>

/** One kind of node of a rig; `count` of them. Link levels as in performance/types: innermost first. */
export const RigNode = z.strictObject({
  id: label,
  count: z.number().int().positive().max(MOST_MACHINES),
  serverId: label.optional(),
  /** Board or chassis, in the maker's words. */
  platform: label.optional(),
  /** Accelerators that it has room for. */
  acceleratorSlots: z.number().int().positive().max(MOST_ACCELERATORS).optional(),
  acceleratorId: label,
  acceleratorCount: z.number().int().nonnegative().max(MOST_ACCELERATORS),
  levels: z.array(z.strictObject({kind: label, groupSize: z.number().int().positive(), bytesPerSecond: z.number().positive(), latencySeconds: amount})),
  vcpus: amount.optional(),
  memoryGib: amount.optional(),
  localSsdGb: amount.optional(),
  parts: z.array(NodePart).max(100).optional(),
  hostIdleWatts: watts,
  hostMaximumWatts: watts,
  supplyEfficiency: z.number().min(0.5).max(1),
  supplies: Supplies.optional(),
  ratedMaximumWatts: watts.optional(),
  /** What its supplies take, between the conductors of their cords; absent = any mains. */
  inputVolts: z.strictObject({minimum: z.number().min(90).max(500), maximum: z.number().min(90).max(500)}).refine(({minimum, maximum}) => minimum <= maximum, {error: () => 'the highest input voltage is below the lowest', path: ['maximum']}).optional(),
  noiseDba: NoiseDba.optional(),
  heightUnits: amount.optional(),
  weightKg: amount.optional(),
  priceUsd: amount,
})
export type RigNode = z.infer<typeof RigNode>

/** A node is named by its id; two of one name would be one machine that is counted twice, or a slip. */
export function refuseSameIds(nodes: readonly {readonly id: string}[], {addIssue}: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  for (const [index, {id}] of nodes.entries()) if (nodes.findIndex(each => each.id === id) < index) addIssue({code: 'custom', path: [index, 'id'], message: `"${echo(id)}" stands for two nodes`})
}

/** Machines the user owns or plans to buy, with site, tariff, cooling and purchase cost (data/rigs/*.yaml, `rigs:` in rigor.yaml). */
export const Rig = z.strictObject({
  id: z.string(),
  title: z.string(),
  class: z.enum(['server', 'workstation', 'laptop']),
  owned: z.boolean(),
  /** Takes part in every plan unless the config says otherwise. */
  builtinDefault: z.boolean(),
  nodes: z.array(RigNode).min(1).refine((nodes) => nodes.reduce((sum, {count}) => sum + count, 0) <= MOST_MACHINES, {error: () => `a rig has ${MOST_MACHINES} machines at most`}).superRefine(refuseSameIds),
  network: z.strictObject({kind: label, bytesPerSecondPerNode: z.number().positive(), rdma: z.boolean(), latencySeconds: amount}).optional(),
  site: z.strictObject({
    country: z.string().length(2),
    tariffUsdPerKwh: z.number().positive(),
    /** Which price of the country stands in, where nobody said theirs: "US household, 2026-04". */
    tariffBasis: label.optional(),
    /** Time of use: the first that holds an hour counts, the tariff where none does. */
    tariffWindows: z.array(TariffWindow).min(1).max(100).optional(),
    /** A month's highest draw, and what the site may draw more before that grows. */
    demandUsdPerKwMonth: amount.optional(),
    demandHeadroomWatts: watts.optional(),
    solar: Solar.optional(),
    /** Heat moved ÷ electricity of the cooling, which is counted beside the machines; `null` = the heat leaves by itself. */
    coolingCop: CoolingCop.nullable(),
    /** Facility watts ÷ watts of the machines at the wall: holds cooling and the loss of an uninterruptible supply already. */
    pue: z.number().min(1).max(5).optional(),
    /** Heat that the cooling moves at most. */
    coolingCapacityWatts: watts.optional(),
    circuits: SiteCircuits.optional(),
    ups: z.strictObject({kind: z.enum(UPS_KINDS), ratedWatts: ratedWatts.optional(), batteryWattHours: amount.optional()}).optional(),
    noiseLimitDba: NoiseDba.optional(),
    kind: z.enum(SITE_KINDS).optional(),
    uplinkBytesPerSecond: z.number().positive(),
    downlinkBytesPerSecond: z.number().positive().optional(),
    /** Whether others can reach it from outside. */
    publicAddress: z.boolean().optional(),
    /** Share of the hours in which power and line are there. */
    availabilityShare: z.number().min(0).max(1).optional(),
    whenIdle: z.enum(['on', 'off']),
  }).refine(({pue, coolingCop}) => pue === undefined || coolingCop === null, {error: () => 'a site has pue or cooling, not both: a PUE holds the cooling already', path: ['pue']}),
  serviceLifeYears: z.number().positive(),
  residualShare: z.number().min(0).max(1),
  /** What capital costs its owner a year. */
  financingSharePerYear: amount,
  upkeepUsdPerYear: amount,
  /** What it is for; the parts sum to it. */
  upkeepParts: z.array(z.strictObject({item: z.enum(UPKEEP_ITEMS), usdPerYear: amount})).optional(),
  /** Delivery, racks, cables and work, beside the machines' price; nobody buys it back. */
  installationUsd: amount.optional(),
  /** What an hour of whoever sets it up and runs it is worth. */
  adminUsdPerHour: amount.optional(),
  financing: Financing.optional(),
  tax: OwnerTax.optional(),
  /** Day it was bought; how old it is says what it would sell for. */
  boughtOn: z.iso.date().optional(),
  /** Hours a month in which it is not free. */
  takenHoursPerMonth: z.number().min(0).max(730).optional(),
  wearUsdPerAcceleratorHour: amount,
  /** What an hour of the whole rig is worth to its owner otherwise; absent = its hours are free. */
  displacedUsdPerHour: amount.optional(),
  /** Where `displacedUsdPerHour` comes from; without that figure, why there is none. */
  displacedHow: z.string().optional(),
  /** Hours that each start waits until the rig is free. */
  freeInHours: amount.optional(),
  /** What an hour of that waiting is worth to the user; absent = nobody said. */
  waitingUsdPerHour: amount.optional(),
  setupHours: amount,
  sourceIds: z.array(z.string()),
  asOf: z.iso.date(),
  standing: z.enum(['read', 'recalled', 'derived', 'modelled']),
  note: z.string().optional(),
}).refine(({upkeepUsdPerYear, upkeepParts}) => upkeepParts === undefined || Math.abs(upkeepParts.reduce((sum, {usdPerYear}) => sum + usdPerYear, 0) - upkeepUsdPerYear) < 0.01, {error: () => 'upkeepParts do not sum to upkeepUsdPerYear', path: ['upkeepParts']})
export type Rig = z.infer<typeof Rig>

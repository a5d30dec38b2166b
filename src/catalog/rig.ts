import * as z from 'zod'

const amount = z.number().nonnegative().finite()

/** One kind of node of a rig; `count` of them. Link levels as in performance/types: innermost first. */
export const RigNode = z.strictObject({
  id: z.string(),
  count: z.number().int().positive(),
  serverId: z.string().optional(),
  acceleratorId: z.string(),
  acceleratorCount: z.number().int().nonnegative(),
  levels: z.array(z.strictObject({kind: z.string(), groupSize: z.number().int().positive(), bytesPerSecond: z.number().positive(), latencySeconds: amount})),
  vcpus: amount.optional(),
  memoryGib: amount.optional(),
  localSsdGb: amount.optional(),
  hostIdleWatts: amount,
  hostMaximumWatts: amount,
  supplyEfficiency: z.number().positive().max(1),
  ratedMaximumWatts: amount.optional(),
  noiseDba: amount.optional(),
  heightUnits: amount.optional(),
  priceUsd: amount,
})
export type RigNode = z.infer<typeof RigNode>

/** Machines the user owns or plans to buy, with site, tariff, cooling and purchase cost (data/rigs/*.yaml, `rigs:` in rigor.yaml). */
export const Rig = z.strictObject({
  id: z.string(),
  title: z.string(),
  class: z.enum(['server', 'workstation', 'laptop']),
  owned: z.boolean(),
  /** Takes part in every plan unless the config says otherwise. */
  builtinDefault: z.boolean(),
  nodes: z.array(RigNode).min(1),
  network: z.strictObject({kind: z.string(), bytesPerSecondPerNode: z.number().positive(), rdma: z.boolean(), latencySeconds: amount}).optional(),
  site: z.strictObject({
    country: z.string().length(2),
    tariffUsdPerKwh: z.number().positive(),
    coolingCop: z.number().positive().nullable(),
    uplinkBytesPerSecond: z.number().positive(),
    whenIdle: z.enum(['on', 'off']),
  }),
  serviceLifeYears: z.number().positive(),
  residualShare: z.number().min(0).max(1),
  financingSharePerYear: amount,
  upkeepUsdPerYear: amount,
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
})
export type Rig = z.infer<typeof Rig>

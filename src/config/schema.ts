import * as z from 'zod'
import {CoolingCop, NoiseDba, refuseSameIds, RigNode, SITE_KINDS, SiteCircuits, Solar, UPS_KINDS} from '../catalog/rig.ts'
import {Purchase, Service} from '../catalog/words.ts'
import {Measurement} from './measurement.ts'
import type {Money} from '../units/money.ts'
import {bandwidthBytesPerSecond, count, daysOfWeek, durationSeconds, hourOfDay, label, labels, money, moneyPerHour, powerWatts, share, tariff, whole, word, yesOrNo} from '../workload/fields.ts'

/** rigor.yaml: everything a project or a user settles once. Unknown keys are errors everywhere. */

const amount = () => z.number().nonnegative().max(1e15)
const isoDate = () => z.iso.date({error: () => 'expected a date such as 2027-06-30'})

/** Inline, by file, or by glob. What an inline one holds is its kind's business: see workload/read.ts. */
const WorkloadEntry = z.union(
  [z.strictObject({file: label(1000)}), z.strictObject({glob: label(1000)}), z.looseObject({kind: z.string()})],
  {error: () => 'a workload is written inline ({kind: …}), by {file: PATH} or by {glob: PATTERN}'},
)

export const Policy = z.strictObject({
  name: label(120),
  severity: word(['error', 'warn']).default('error'),
  /** Names of workloads, `*` for any characters. */
  workload: label(200).default('*'),
  assert: label(1000),
})
export type Policy = z.infer<typeof Policy>

/** Own prices: discounts, commitments, reservations. What is left out matches everything. */
export const OwnPrice = z
  .strictObject({
    provider: label(60).optional(),
    machine: label(120).optional(),
    region: label(120).optional(),
    purchase: word(Purchase.options).optional(),
    service: word(Service.options).optional(),
    adjust: z.string().regex(/^[+-]\d{1,4}(\.\d+)?\s?%$/, {error: () => 'a change of price is written "-12%" or "+3%"'}).refine((text) => Number.parseFloat(text) > -100, {error: () => 'a discount is less than 100%'}).optional(),
    usdPerHour: moneyPerHour()
      .refine((price) => price.currency === 'USD' && price.amount > 0, {error: () => 'usdPerHour is more than 0 and in USD'})
      .transform((price) => price.amount)
      .optional(),
    /** Machines it covers. */
    count: whole({maximum: 1e6}).optional(),
    until: isoDate().optional(),
    /** Paid already: its hours cost nothing more. */
    prepaid: yesOrNo().optional(),
  })
  .refine((entry) => !(entry.adjust !== undefined && entry.usdPerHour !== undefined), {error: () => 'an own price has adjust or usdPerHour, not both'})
  .refine((entry) => entry.adjust !== undefined || entry.usdPerHour !== undefined || entry.prepaid === true, {error: () => 'an own price has adjust ("-12%"), usdPerHour or prepaid: true'})
export type OwnPrice = z.infer<typeof OwnPrice>

export const Ssh = z.strictObject({
  host: label(255),
  port: whole({maximum: 65_535}).optional(),
  user: label(64).optional(),
  keyFile: label(1000).optional(),
  knownHostsFile: label(1000).optional(),
})
export type Ssh = z.infer<typeof Ssh>

/** By a file (its path starts at the folder of the config) or inline, as under `workloads:`. */
const Displaced = z.union(
  [moneyPerHour(), z.strictObject({workload: z.union([label(1000), z.looseObject({kind: z.string()})])})],
  {error: () => 'displaced is what an hour is worth ("20 EUR/h"), or {workload: FILE} or {workload: {kind: …}}, the work that would run instead'},
)

/** What a year costs beside energy and wear, by what it is for. */
const Upkeep = z
  .strictObject({roomPerMonth: money().optional(), adminHoursPerMonth: count({maximum: 730}).optional(), adminRate: moneyPerHour().optional(), servicePerYear: money().optional(), insurancePerYear: money().optional(), otherPerYear: money().optional()})
  .refine(({adminHoursPerMonth, adminRate}) => (adminHoursPerMonth === undefined) === (adminRate === undefined), {error: () => 'hours of an administrator have a price: adminHoursPerMonth and adminRate go together', path: ['adminRate']})
const Loan = z.strictObject({share: share().optional(), rate: share(), years: count({above: 0, maximum: 50})})
const Lease = z.strictObject({perMonth: money(), months: whole({maximum: 600}), buyout: money().optional()})

const HOURS_PER_DAY = 24
const HOURS_PER_WEEK = 7 * HOURS_PER_DAY
const clock = (hour: number): string => `"${String(hour).padStart(2, '0')}:00"`

const TariffWindow = z
  .strictObject({days: daysOfWeek(), from: hourOfDay(), to: hourOfDay(), energy: tariff()})
  .refine(({from, to}) => from !== to && from % HOURS_PER_DAY !== to, {error: ({input}) => {
    const {from, to} = input as {from: number; to: number}
    return `from ${clock(from)} to ${clock(to)} holds no hour; a whole day is from "00:00" to "24:00"`
  }, path: ['to']})

/** Hours of the week, 0 = Monday midnight, that a window is for; one that ends before it begins runs over midnight. */
function hoursOf({days, from, to}: {readonly days: readonly number[]; readonly from: number; readonly to: number}): readonly number[] {
  const first = from % HOURS_PER_DAY
  const length = first < to ? to - first : first === to ? 0 : HOURS_PER_DAY - first + to
  return days.flatMap((day) => Array.from({length}, (_, hour) => (day * HOURS_PER_DAY + first + hour) % HOURS_PER_WEEK))
}

/** The first window that holds an hour counts, so that one behind others may be for nothing: its writer meant another order. */
const TariffWindows = z.array(TariffWindow).min(1).max(100).superRefine((windows, {addIssue}) => {
  const taken = new Set<number>()
  for (const [index, window] of windows.entries()) {
    const hours = hoursOf(window)
    if (hours.length > 0 && hours.every((hour) => taken.has(hour))) addIssue({code: 'custom', path: [index], message: 'never holds: its hours are all taken by earlier windows. The first that holds an hour counts'})
    for (const hour of hours) taken.add(hour)
  }
})

/** A rig of the user's: what differs from the one it extends, or all of it. */
export const RigEntry = z.strictObject({
  extends: label(60).optional(),
  title: label(120).optional(),
  class: word(['server', 'workstation', 'laptop']).optional(),
  owned: yesOrNo().optional(),
  ssh: Ssh.optional(),
  /** Joined by id with those of the rig it extends. */
  nodes: z.array(RigNode.partial().required({id: true})).min(1).max(1000).superRefine(refuseSameIds).optional(),
  network: z.strictObject({kind: label(40), bytesPerSecondPerNode: z.number().positive(), rdma: yesOrNo(), latencySeconds: amount()}).optional(),
  site: z
    .strictObject({
      country: z.string().regex(/^[A-Za-z]{2}$/, {error: () => 'a country has two letters: DE'}).transform((text) => text.toUpperCase()).optional(),
      tariff: z
        .strictObject({
          energy: tariff().refine(({amount: price}) => price > 0, {error: ({input}) => `0 ${(input as Money).currency}/kWh is out of range: expected above 0 (hours that cost nothing are windows)`}),
          windows: TariffWindows.optional(),
          demand: z.strictObject({perKwMonth: money(), headroom: powerWatts().optional()}).optional(),
          solar: z.strictObject({peakKw: Solar.shape.peakKw, kwhPerKwYear: Solar.shape.kwhPerKwYear, feedIn: tariff()}).optional(),
        })
        .optional(),
      kind: word(SITE_KINDS, {'data centre': 'datacentre', datacenter: 'datacentre', 'data center': 'datacentre', colo: 'colocation'}).optional(),
      coolingCop: CoolingCop.nullable().optional(),
      /** The machine that cools the room: its coefficient of performance, and the heat that it moves at most. */
      cooling: z.strictObject({cop: CoolingCop.nullable(), capacity: powerWatts({above: 0}).optional()}).optional(),
      pue: z.number().min(1).max(5).optional(),
      circuits: SiteCircuits.optional(),
      ups: z.strictObject({kind: word(UPS_KINDS), rated: powerWatts({above: 0}).optional(), batteryWattHours: amount().optional()}).optional(),
      noiseLimitDba: NoiseDba.optional(),
      uplink: bandwidthBytesPerSecond().optional(),
      downlink: bandwidthBytesPerSecond().optional(),
      publicAddress: yesOrNo().optional(),
      availability: share().optional(),
      whenIdle: word(['on', 'off']).optional(),
    })
    .optional(),
  price: money().optional(),
  serviceLifeYears: count({maximum: 100}).optional(),
  residualShare: share().optional(),
  financingSharePerYear: share().optional(),
  upkeepUsdPerYear: amount().optional(),
  upkeep: Upkeep.optional(),
  installation: money().optional(),
  financing: z.union([z.strictObject({loan: Loan}), z.strictObject({lease: Lease})], {error: () => 'financing is {loan: {share, rate, years}} or {lease: {perMonth, months, buyout}}'}).optional(),
  tax: z.strictObject({vat: share().optional(), vatRecoverable: yesOrNo().optional(), incomeTax: share().optional(), depreciationYears: count({above: 0, maximum: 50}).optional()}).optional(),
  takenHoursPerMonth: count({maximum: 730}).optional(),
  boughtOn: isoDate().optional(),
  wearUsdPerAcceleratorHour: amount().optional(),
  /** What an hour of the whole rig is worth otherwise: the user's figure, or the work that it would do, at the cheapest price of a cloud. */
  displaced: Displaced.optional(),
  /** How long each start waits until the rig is free, and what an hour of that is worth. */
  freeIn: durationSeconds({maximum: 366 * 86_400}).optional(),
  waitingCost: moneyPerHour().optional(),
  setupHours: amount().optional(),
  note: label(500).optional(),
})
export type RigEntry = z.infer<typeof RigEntry>

export const RIG_NAME = /^[a-z0-9][a-z0-9._-]{0,59}$/

/** Settings that a flag or an environment variable may override; each is `RIGOR_` and its name in capitals: `RIGOR_SSH_FROM`. */
export const Defaults = z.strictObject({
  currency: z.string().regex(/^[A-Za-z]{3}$/, {error: () => 'a currency has three letters: EUR'}).transform((text) => text.toUpperCase()).optional(),
  objective: label(500).optional(),
  ttl: durationSeconds({maximum: 366 * 86_400}).optional(),
  maxHourly: moneyPerHour().optional(),
  budget: money().optional(),
  failover: word(['none', 'zone', 'region', 'target']).optional(),
  wait: word(['none', 'running', 'ready']).optional(),
  /** Address range that may reach a deployment's SSH port. */
  sshFrom: z.string().regex(/^[0-9a-fA-F.:]{2,45}(\/\d{1,3})?$/, {error: () => 'an address range is written 203.0.113.7/32'}).optional(),
  catalog: label(1000).optional(),
  /** Today, for tests and for looking back. */
  asOf: isoDate().optional(),
  offline: yesOrNo().optional(),
  acceptStale: yesOrNo().optional(),
  allRegions: yesOrNo().optional(),
  limit: whole({maximum: 1e6}).optional(),
})
export type Defaults = z.infer<typeof Defaults>

export const Config = z.strictObject({
  /** Providers the user has accounts with. */
  have: labels(60).optional(),
  workloads: z.array(WorkloadEntry).max(10_000).optional(),
  policies: z.array(Policy).max(10_000).optional(),
  prices: z.array(OwnPrice).max(10_000).optional(),
  rigs: z.record(z.string().regex(RIG_NAME, {error: () => 'the name of a rig has small letters, digits, dots and dashes'}), RigEntry).optional(),
  measurements: z.array(Measurement).max(10_000).optional(),
  skills: labels(60).optional(),
  defaults: Defaults.prefault({}),
})
export type Config = z.infer<typeof Config>

/** JSON Schema of rigor.yaml as it is written; with the kinds' own schemas where workloads stand inline. */
export function configJsonSchema(workloads: readonly Readonly<Record<string, unknown>>[] = []): Record<string, unknown> {
  const schema = z.toJSONSchema(Config, {io: 'input', unrepresentable: 'any'}) as Record<string, unknown> & {properties: Record<string, Record<string, unknown>>}
  const entries = schema.properties['workloads']
  if (entries !== undefined && workloads.length > 0) {
    const place = (property: string) => ({type: 'object', properties: {[property]: {type: 'string'}}, required: [property], additionalProperties: false})
    const inline = workloads.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => key !== '$schema' && key !== '$id')))
    entries['items'] = {anyOf: [place('file'), place('glob'), ...inline]}
  }
  return {...schema, $id: 'rigor/config.schema.json', title: 'rigor.yaml'}
}

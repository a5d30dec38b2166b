import {exactly, multiply, scale, shift} from '../performance/interval.ts'
import type {Interval} from '../performance/types.ts'
import {MONTHS_PER_YEAR} from './cash-flow.ts'
import {plainNumber, priceText} from './how.ts'
import type {IntervalLine} from './line.ts'
import {HOURS_PER_MONTH, HOURS_PER_YEAR, type PeriodHours} from './period.ts'
import type {CostInput, NotCosted, Owned, Schedule} from './types.ts'

const WATTS_PER_KW = 1000

export interface OwnedBill {
  readonly marginal: readonly IntervalLine[]
  readonly full: readonly IntervalLine[]
  readonly notCosted: readonly NotCosted[]
}

function energyLine(item: string, watts: Interval, hours: Interval, tariffUsdPerKwh: number): IntervalLine {
  return {
    item,
    usd: scale(multiply(watts, hours), tariffUsdPerKwh / WATTS_PER_KW),
    how: () => `${plainNumber(watts.p50 / WATTS_PER_KW)} kW × ${plainNumber(hours.p50)} h × ${priceText(tariffUsdPerKwh)} USD/kWh`,
  }
}

/**
 * What the site adds to `line`'s energy: × (PUE − 1), which cooling and distribution are in; or what the supply against failures loses, and the electricity of
 * moving all of that heat, ÷ COP.
 */
function siteLines(of: string, line: IntervalLine, {coolingCop, pue, upsEfficiency = 1}: Pick<Owned, 'coolingCop' | 'pue' | 'upsEfficiency'>): IntervalLine[] {
  if (pue !== undefined) return pue > 1 ? [{item: `cooling and distribution${of}`, usd: scale(line.usd, pue - 1), how: () => `${plainNumber(line.usd.p50)} USD of energy × (PUE ${plainNumber(pue)} − 1)`}] : []
  const heat = scale(line.usd, 1 / upsEfficiency)
  return [
    ...(upsEfficiency === 1 ? [] : [{item: `UPS loss${of}`, usd: scale(line.usd, 1 / upsEfficiency - 1), how: () => `${plainNumber(line.usd.p50)} USD of energy ÷ ${plainNumber(upsEfficiency)} less itself`}]),
    ...(coolingCop === null ? [] : [{item: `cooling${of}`, usd: scale(heat, 1 / coolingCop), how: () => `${plainNumber(heat.p50)} USD of heat ÷ COP ${plainNumber(coolingCop)}`}]),
  ]
}

/** Wear, displaced work and waiting: what use costs beside electricity. */
function useLines(pricing: Owned, period: PeriodHours, schedule: Schedule): IntervalLine[] {
  const lines: IntervalLine[] = []
  if (pricing.wearUsdPerAcceleratorHour > 0) {
    lines.push({
      item: 'wear',
      usd: scale(period.hours, pricing.wearUsdPerAcceleratorHour * pricing.acceleratorCount),
      how: () => `${plainNumber(period.hours.p50)} h × ${plainNumber(pricing.acceleratorCount)} × ${priceText(pricing.wearUsdPerAcceleratorHour)} USD per accelerator-hour`,
    })
  }
  if (pricing.displacedUsdPerHour > 0) {
    lines.push({
      item: 'displaced work',
      usd: scale(period.hours, pricing.displacedUsdPerHour),
      how: () => `${plainNumber(period.hours.p50)} h × ${plainNumber(pricing.displacedUsdPerHour)} USD/h that the hours are worth otherwise${pricing.displacedHow === undefined ? '' : ` (${pricing.displacedHow})`}`,
    })
  }
  const waiting = schedule.kind === 'always' ? 0 : (pricing.waitingHours ?? 0)
  const waitingUsd = pricing.waitingUsdPerHour ?? null
  if (waiting > 0 && waitingUsd !== null && waitingUsd > 0) {
    lines.push({
      item: 'waiting',
      usd: exactly(waiting * waitingUsd * period.starts),
      how: () => `${period.starts === 1 ? '' : `${plainNumber(period.starts)} × `}${plainNumber(waiting)} h until the rig is free × ${priceText(waitingUsd)} USD/h`,
    })
  }
  return lines
}

/**
 * Hours of the rig's life that the full cost carries. An owned rig does other things as well: the hours in use. A
 * planned one is bought for this workload, and like any term it is bought whole: the month, or for a single run the
 * horizon.
 */
function capitalHours(input: CostInput, pricing: Owned, period: PeriodHours): Interval {
  if (pricing.owned) return period.hours
  const bought = period.period === 'month' ? HOURS_PER_MONTH : input.horizonMonths * HOURS_PER_MONTH
  const {p10, p50, p90} = period.hours
  return {p10: Math.max(p10, bought), p50: Math.max(p50, bought), p90: Math.max(p90, bought)}
}

/** Capital and fixed upkeep by the hour of a year; the target's share of the rig. */
function ownershipLines(pricing: Owned, hours: Interval): IntervalLine[] {
  const share = pricing.shareOfRig
  const years = scale(hours, 1 / HOURS_PER_YEAR)
  const yearly: readonly [string, number, string][] = [
    ...pricing.capital.map(({item, usdPerMonth, how}): [string, number, string] => [item, usdPerMonth * MONTHS_PER_YEAR, `${plainNumber(usdPerMonth * MONTHS_PER_YEAR)} USD a year (${how})`]),
    ['upkeep', pricing.upkeepUsdPerYear, `${plainNumber(pricing.upkeepUsdPerYear)} USD a year`],
  ]
  return yearly
    .filter(([, usd]) => usd !== 0)
    .map(([item, usd, how]) => ({
      item,
      usd: scale(years, usd * share),
      how: () => `${how} × ${plainNumber(hours.p50)} of ${plainNumber(HOURS_PER_YEAR)} h${share === 1 ? '' : ` × ${plainNumber(share)} of the rig`}`,
    }))
}

/**
 * Marginal: energy above what the machines would draw anyway + cooling of that heat + wear + displaced work + waiting.
 * Full: also the idle draw over the hours of the rig's life that are carried, + capital + upkeep. `null` = power unknown.
 */
export function ownedBill(input: CostInput, pricing: Owned, period: PeriodHours): OwnedBill | null {
  const watts = input.power?.averageWatts ?? null
  if (watts === null) return null
  const notCosted: NotCosted[] = []
  const waiting = pricing.waitingHours ?? 0
  if (waiting > 0 && input.schedule.kind === 'always') {
    notCosted.push({item: 'waiting', reason: `${plainNumber(waiting)} h until the rig is free, once before the service starts: in no month's cost`, usd: null})
  } else if (waiting > 0 && (pricing.waitingUsdPerHour ?? null) === null) {
    notCosted.push({item: 'waiting', reason: `${plainNumber(waiting)} h until the rig is free; nobody said what an hour is worth`, usd: null})
  }
  if (pricing.displacedUsdPerHour === 0) notCosted.push({item: 'displaced work', reason: pricing.displacedHow ?? 'the hours of the rig are taken to be free', usd: null})

  const idle = pricing.whenIdle === 'on' ? pricing.idleWatts : 0
  const above = {p10: Math.max(0, watts.p10 - idle), p50: Math.max(0, watts.p50 - idle), p90: Math.max(0, watts.p90 - idle)}
  const use = useLines(pricing, period, input.schedule)
  const aboveIdle = energyLine(idle > 0 ? 'energy above idle' : 'energy', above, shift(period.hours, -period.preparationHours), pricing.tariffUsdPerKwh)
  // Machines that are on anyway draw nothing more before the work.
  const preparing = idle > 0 || period.preparationHours === 0 ? [] : [energyLine('energy before the work', exactly(pricing.idleWatts), exactly(period.preparationHours), pricing.tariffUsdPerKwh)]
  const energy = [aboveIdle, ...preparing].flatMap((line, index) => [line, ...siteLines(index === 0 ? '' : ' before the work', line, pricing)])
  const marginal = [...energy, ...use]

  const life = capitalHours(input, pricing, period)
  const idleEnergy = idle > 0 ? [energyLine('idle energy', exactly(idle), life, pricing.tariffUsdPerKwh)] : []
  const full = [
    ...energy,
    ...idleEnergy.flatMap(line => [line, ...siteLines(' of idle heat', line, pricing)]),
    ...use,
    ...ownershipLines(pricing, life),
  ]
  return {marginal, full, notCosted}
}

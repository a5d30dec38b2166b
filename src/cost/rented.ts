import {exactly, multiply, scale} from '../performance/interval.ts'
import type {Interval} from '../performance/types.ts'
import {priceSigmaLog} from './age.ts'
import {plainNumber, priceText} from './how.ts'
import {agedPrice, type IntervalLine} from './line.ts'
import {billedInterval, HOURS_PER_MONTH, type PeriodHours} from './period.ts'
import {blockHours, termHoursPerMonth, termRule, termsOver} from './terms.ts'
import {egressPart} from './traffic.ts'
import type {CostInput, NotCosted, Rented} from './types.ts'

/**
 * System disk of a machine: operating system, driver, CUDA, one framework image. An assumption (images of this sort
 * unpack to 30–60 GB). It is billed beside a bundled local SSD, which is lost when the machine ends.
 */
export const SYSTEM_DISK_GB = 100

export interface Bill {
  readonly lines: readonly IntervalLine[]
  readonly notCosted: readonly NotCosted[]
}

/** What a rented target costs in its period: the machines, then disk, storage, traffic and address. */
export function rentedBill(input: CostInput, pricing: Rented, period: PeriodHours): Bill {
  const lines: IntervalLine[] = [computeLine(input, pricing, period)]
  const notCosted: NotCosted[] = []
  const add = (part: IntervalLine | NotCosted | null): void => {
    if (part === null) return
    if ('reason' in part) notCosted.push(part)
    else lines.push(part)
  }
  add(diskPart(input, pricing, period))
  add(objectStoragePart(input, pricing, period))
  add(egressPart('egress', input.data.egressGb + input.data.outputGb, pricing.extras.egressTiers, pricing.provider))
  if (input.inputEgress !== null) add(egressPart('input transfer', input.data.inputGb, input.inputEgress.tiers, input.inputEgress.from))
  add(publicIpPart(pricing, period))
  return {lines, notCosted}
}

function map(interval: Interval, change: (value: number) => number): Interval {
  return {p10: change(interval.p10), p50: change(interval.p50), p90: change(interval.p90)}
}

/** Machine-hours × price: by steps, in whole days, or the whole term, as the purchase says. */
function computeLine(input: CostInput, pricing: Rented, period: PeriodHours): IntervalLine {
  if (pricing.prepaid === true) {
    return {item: 'compute', usd: exactly(0), how: () => `${period.how()} × ${input.nodes} under a commitment already paid`}
  }
  const paid = paidHours(input, pricing, period)
  const price = agedPrice(pricing.priceUsdPerHour, priceSigmaLog(pricing.purchase, pricing.priceAgeDays))
  return {
    item: 'compute',
    usd: multiply(scale(paid.hours, input.nodes), price),
    how: () => `${paid.how()} × ${input.nodes} × ${priceText(pricing.priceUsdPerHour)} USD/h`,
  }
}

function paidHours(input: CostInput, pricing: Rented, period: PeriodHours): {hours: Interval; how: () => string} {
  const rule = termRule(pricing.purchase)
  switch (rule.kind) {
    case 'whole': {
      if (period.period === 'run') {
        const hours = map(period.hours, needed => Math.max(1, Math.ceil(needed / rule.hours)) * rule.hours)
        return {hours, how: () => `${plainNumber(hours.p50)} h (the whole term)`}
      }
      const terms = termsOver(rule, input.horizonMonths)
      const monthly = termHoursPerMonth(rule, input.horizonMonths)
      return {
        hours: exactly(monthly),
        how: () => terms === 1 && input.horizonMonths * HOURS_PER_MONTH >= rule.hours - 1 ? `${plainNumber(monthly)} h (the term's share of a month)` : `${plainNumber(terms * rule.hours)} h ÷ ${plainNumber(input.horizonMonths)} months`,
      }
    }
    case 'block': {
      if (period.starts === 1 && period.period === 'month' && period.hours.p50 >= HOURS_PER_MONTH) return {hours: period.hours, how: period.how}
      const block = map(period.perStart, needed => blockHours(rule, Math.max(needed, pricing.billing.minimumTermHours ?? 0)))
      return {hours: scale(block, period.starts), how: () => startsText(period.starts, block.p50, ' (whole days)')}
    }
    case 'free':
    case 'limit': {
      const billed = billedInterval(period.perStart, pricing.billing)
      return {hours: scale(billed, period.starts), how: () => startsText(period.starts, billed.p50, '')}
    }
    default:
      return rule satisfies never
  }
}

function startsText(starts: number, hours: number, remark: string): string {
  return `${starts === 1 ? '' : `${plainNumber(starts)} × `}${plainNumber(hours)} h${remark}`
}

/** A disk on every machine for as long as it runs; nothing where the bundled local SSD is large enough. */
function diskPart(input: CostInput, pricing: Rented, period: PeriodHours): IntervalLine | NotCosted | null {
  const bundledGb = pricing.extras.localSsdGb ?? 0
  const price = pricing.extras.diskUsdPerGbMonth
  const dataGb = bundledGb >= input.diskGb ? 0 : input.diskGb
  if (price === undefined) {
    if (bundledGb >= input.diskGb + SYSTEM_DISK_GB) return null
    return {item: 'disk', reason: `${pricing.provider}: the price of a disk is not known`, usd: null}
  }
  const gb = SYSTEM_DISK_GB + dataGb
  const months = scale(period.hours, 1 / HOURS_PER_MONTH)
  return {
    item: 'disk',
    usd: scale(months, gb * price * input.nodes),
    how: () => `${plainNumber(gb)} GB × ${input.nodes} × ${priceText(price)} USD/GB-month × ${plainNumber(months.p50)} months`,
  }
}

/** What has to stay stored between runs; for a single run as long as it takes. */
function objectStoragePart(input: CostInput, pricing: Rented, period: PeriodHours): IntervalLine | NotCosted | null {
  const gb = input.data.storageGb
  if (gb === 0) return null
  const price = pricing.extras.objectStorageUsdPerGbMonth
  if (price === undefined) return {item: 'storage', reason: `${pricing.provider}: the price of object storage is not known`, usd: null}
  const months = period.period === 'month' ? exactly(1) : scale(period.hours, 1 / HOURS_PER_MONTH)
  return {
    item: 'storage',
    usd: scale(months, gb * price),
    how: () => `${plainNumber(gb)} GB × ${priceText(price)} USD/GB-month × ${plainNumber(months.p50)} months`,
  }
}

/** One address for the deployment, not one per machine. */
function publicIpPart(pricing: Rented, period: PeriodHours): IntervalLine | NotCosted | null {
  const price = pricing.extras.publicIpUsdPerHour
  if (price === undefined) return {item: 'public address', reason: `${pricing.provider}: the price of a public address is not known`, usd: null}
  if (price === 0) return null
  return {item: 'public address', usd: scale(period.hours, price), how: () => `${period.how()} × ${priceText(price)} USD/h`}
}

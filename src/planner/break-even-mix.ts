import type {Interval} from '../performance/types.ts'
import {unitsPaid, type Rental} from './break-even.ts'

/** Several workloads that are done every month, as one: what renting all of them costs. */

export interface MixedWork {
  readonly rentals: readonly Rental[]
  /** Of it in a month of the mix. */
  readonly units: number
}

interface Chosen {
  readonly rental: Rental
  readonly units: number
}

/** Ways to rent a mix, by the month of it: the cheapest of each workload, and what one provider sells one way for all of them. */
export function mixRentals(works: readonly MixedWork[]): readonly Rental[] {
  const ways = new Map(works.flatMap(({rentals}) => rentals).map(({provider, purchase}) => [`${provider}:${purchase}`, {provider, purchase}] as const))
  return [
    ...together('the cheapest of each', 'several', 'each its own', works, ({ineligibleReason}) => ineligibleReason === null),
    ...[...ways].flatMap(([id, {provider, purchase}]) => together(id, provider, purchase, works, rental => rental.provider === provider && rental.purchase === purchase)),
  ]
}

const monthUsd = ({rental, units}: Chosen): number => rental.usdPerMonth + rental.usdPerUnit * unitsPaid(rental, units)

/** Each its cheapest, or all on one sort of machines that can do each of them, whatever costs less: machines had for a term are paid once. */
function together(id: string, provider: string, purchase: string, works: readonly MixedWork[], fits: (rental: Rental) => boolean): readonly Rental[] {
  const able = works.map(({rentals, units}) => rentals.filter(rental => fits(rental) && (rental.mostUnits === null || rental.mostUnits >= units * (1 - 1e-9))).map((rental): Chosen => ({rental, units}))
    .toSorted((a, b) => Number(a.rental.ineligibleReason !== null) - Number(b.rental.ineligibleReason !== null) || monthUsd(a) - monthUsd(b)))
  const own = able.flatMap(list => list.slice(0, 1))
  if (own.length < works.length) return []
  const sharing = (able[0] ?? []).filter(({rental}) => rental.termUsdPerMonth > 0).map(({rental: {id: name}}) => able.flatMap(list => list.filter(({rental}) => rental.id === name).slice(0, 1))).filter(list => list.length === works.length)
  const usd = ({usdPerMonth, usdPerUnit}: Rental): number => usdPerMonth + usdPerUnit
  return [own, ...sharing].map(chosen => asOne(id, provider, purchase, chosen)).toSorted((a, b) => Number(a.ineligibleReason !== null) - Number(b.ineligibleReason !== null) || usd(a) - usd(b)).slice(0, 1)
}

function asOne(id: string, provider: string, purchase: string, chosen: readonly Chosen[]): Rental {
  const sum = (read: (each: Chosen) => number): number => chosen.reduce((total, each) => total + read(each), 0)
  // Hours of machines that are there for a term (or paid already) are shared by what is done on them, one after the other.
  const bound = [...Map.groupBy(chosen.filter(({rental}) => rental.mostUnits !== null), ({rental}) => rental.id).values()].map(group => {
    const months = group.reduce((total, {rental: {mostUnits}, units}) => total + units / (mostUnits ?? Number.POSITIVE_INFINITY), 0)
    const termUsd = Math.max(...group.map(({rental}) => rental.termUsdPerMonth))
    const sets = termUsd > 0 ? Math.max(1, Math.ceil(months - 1e-9)) : 1
    return {usdPerMonth: sets * termUsd, mostUnits: sets / months}
  })
  const termUsdPerMonth = bound.reduce((total, {usdPerMonth}) => total + usdPerMonth, 0)
  const usdPerUnit = sum(({rental, units}) => (rental.inBlocks ? 0 : rental.usdPerUnit * units))
  // Blocks of days are bought for the hours of each month.
  const blocksUsd = sum(each => (each.rental.inBlocks ? monthUsd(each) : 0))
  const usdPerMonth = termUsdPerMonth + blocksUsd + sum(({rental}) => rental.usdPerMonth - rental.termUsdPerMonth)
  const all = sum(monthUsd)
  return {
    id, provider, purchase, usdPerUnit, usdPerMonth, termUsdPerMonth, inBlocks: false,
    mostUnits: bound.length === 0 ? null : Math.min(...bound.map(({mostUnits}) => mostUnits)),
    marketShare: all > 0 ? sum(each => each.rental.marketShare * monthUsd(each)) / all : 0,
    ineligibleReason: chosen.find(({rental}) => rental.ineligibleReason !== null)?.rental.ineligibleReason ?? null,
    time: weightedSpread(chosen.map(({rental: {time, usdPerUnit: each}, units}) => ({interval: time, weight: each * units}))),
    accelerator: mostUsed(chosen.map(each => ({name: each.rental.accelerator, weight: monthUsd(each)}))),
  }
}

/** Mean of spreads around their medians; what has none does not spread. `null` where nothing does. */
export function weightedSpread(parts: readonly {readonly interval: Interval | null; readonly weight: number}[]): Interval | null {
  const total = parts.reduce((sum, {weight}) => sum + weight, 0)
  if (total <= 0 || parts.every(({interval}) => interval === null)) return null
  const mean = (read: (interval: Interval) => number): number => parts.reduce((sum, {interval, weight}) => sum + (interval === null ? 1 : read(interval)) * weight, 0) / total
  return {p10: mean(({p10}) => p10), p50: 1, p90: mean(({p90}) => p90)}
}

/** The name that most weight is on. */
export function mostUsed(parts: readonly {readonly name: string; readonly weight: number}[]): string {
  const byName = Map.groupBy(parts, ({name}) => name)
  const weightOf = (list: readonly {readonly weight: number}[]): number => list.reduce((sum, {weight}) => sum + weight, 0)
  return [...byName].toSorted(([, a], [, b]) => weightOf(b) - weightOf(a))[0]?.[0] ?? ''
}

import type {Interval} from '../performance/types.ts'
import {unitsPaid, type BoundMachines, type Rental} from './break-even.ts'

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

/** The cheapest choice of those that may win, else of all. */
function together(id: string, provider: string, purchase: string, works: readonly MixedWork[], fits: (rental: Rental) => boolean): readonly Rental[] {
  const able = (may: (rental: Rental) => boolean): readonly (readonly Chosen[])[] => works.map(({rentals, units}) => rentals.filter(rental => fits(rental) && may(rental) && (rental.mostUnits === null || rental.mostUnits >= units * FULL)).map((rental): Chosen => ({rental, units})))
  const chosen = cheapestChoice(able(({ineligibleReason}) => ineligibleReason === null)) ?? cheapestChoice(able(() => true))
  return chosen === undefined ? [] : [asOne(id, provider, purchase, chosen)]
}

/** A sum that rounding put above one is none. */
const FULL = 1 - 1e-9
/** All ways to divide so many workloads into groups are looked at: 4,140. Of more, only each by itself and all together. */
const MOST_DIVIDED = 8

interface Choice {
  readonly chosen: readonly Chosen[]
  readonly usd: number
}

/**
 * Each workload by itself, or groups of them on machines that are had for a term (paid once) or paid already (which are there once): the cheapest of all divisions. `undefined` = one of
 * them cannot be rented.
 */
function cheapestChoice(able: readonly (readonly Chosen[])[]): readonly Chosen[] | undefined {
  const boundId = ({rental}: Chosen): string | undefined => rental.bound[0]?.id
  const isPaid = ({rental}: Chosen): boolean => rental.bound.some(({usdPerMonth}) => usdPerMonth === 0)
  const cheapest = (choices: readonly Choice[]): Choice | undefined => choices.toSorted((a, b) => a.usd - b.usd)[0]
  const known = new Map<string, readonly Choice[]>()
  const byId = able.map(list => new Map(list.map(each => [boundId(each), each] as const)))
  /** Ways to do a group: the cheapest that is bought for it, and each that is paid already. */
  const waysOf = (group: readonly number[]): readonly Choice[] => {
    const key = group.join(' ')
    const before = known.get(key)
    if (before !== undefined) return before
    const [first = -1, ...others] = group
    const all = (able[first] ?? []).flatMap((one): readonly Choice[] => {
      const id = boundId(one)
      if (others.length > 0 && id === undefined) return []
      const mates = others.flatMap(index => byId[index]?.get(id) ?? [])
      if (mates.length < others.length) return []
      const chosen = [one, ...mates]
      if (isPaid(one) && monthsOf(chosen) * FULL > 1) return []
      const {usdPerMonth, usdPerUnit} = asOne('', '', '', chosen)
      return [{chosen, usd: usdPerMonth + usdPerUnit}]
    })
    const bought = cheapest(all.filter(({chosen: [one]}) => one !== undefined && !isPaid(one)))
    const ways = [...(bought === undefined ? [] : [bought]), ...all.filter(({chosen: [one]}) => one !== undefined && isPaid(one))]
    known.set(key, ways)
    return ways
  }
  const best = (left: readonly number[], taken: readonly (string | undefined)[]): Choice | undefined => {
    const [first, ...rest] = left
    if (first === undefined) return {chosen: [], usd: 0}
    const groups = able.length > MOST_DIVIDED && rest.length > 0 ? [[], ...(left.length === able.length ? [rest] : [])] : subsetsOf(rest)
    return cheapest(groups.flatMap(mates => waysOf([first, ...mates]).flatMap((way): readonly Choice[] => {
      const paid = way.chosen[0] !== undefined && isPaid(way.chosen[0]) ? boundId(way.chosen[0]) : undefined
      if (paid !== undefined && taken.includes(paid)) return []
      const others = best(rest.filter(index => !mates.includes(index)), paid === undefined ? taken : [...taken, paid])
      return others === undefined ? [] : [{chosen: [...way.chosen, ...others.chosen], usd: way.usd + others.usd}]
    })))
  }
  return best(able.map((_, index) => index), [])?.chosen
}

const subsetsOf = (list: readonly number[]): readonly (readonly number[])[] => list.reduce<readonly (readonly number[])[]>((subsets, each) => [...subsets, ...subsets.map(subset => [...subset, each])], [[]])

/** Months of one set of machines that a group takes. */
const monthsOf = (group: readonly Chosen[]): number => group.reduce((total, {rental: {bound}, units}) => total + units / (bound[0]?.mostUnits ?? Number.POSITIVE_INFINITY), 0)

function asOne(id: string, provider: string, purchase: string, chosen: readonly Chosen[]): Rental {
  const sum = (read: (each: Chosen) => number): number => chosen.reduce((total, each) => total + read(each), 0)
  // Hours of machines that are there for a term (or paid already) are shared by what is done on them, one after the other.
  const bound = [...Map.groupBy(chosen.filter(({rental}) => rental.bound.length > 0), ({rental}) => rental.bound[0]!.id)].map(([name, group]): BoundMachines => {
    const usdPerMonth = Math.max(...group.map(({rental}) => rental.bound[0]!.usdPerMonth))
    return {id: name, usdPerMonth, mostUnits: 1 / monthsOf(group), sets: usdPerMonth > 0 ? Math.max(1, Math.ceil(monthsOf(group) * FULL)) : 1}
  })
  const termsUsd = bound.reduce((total, {usdPerMonth, sets}) => total + sets * usdPerMonth, 0)
  const usdPerUnit = sum(({rental, units}) => (rental.inBlocks ? 0 : rental.usdPerUnit * units))
  // Blocks of days are bought for the hours of each month.
  const blocksUsd = sum(({rental, units}) => (rental.inBlocks ? rental.usdPerUnit * unitsPaid(rental, units) : 0))
  const usdPerMonth = termsUsd + blocksUsd + sum(({rental}) => rental.usdPerMonth - rental.bound.reduce((total, each) => total + each.sets * each.usdPerMonth, 0))
  const all = sum(monthUsd)
  const mostUnits = [...bound.map(each => each.sets * each.mostUnits), ...chosen.flatMap(({rental, units}) => (rental.bound.length > 0 || rental.mostUnits === null ? [] : [rental.mostUnits / units]))]
  return {
    id, provider, purchase, usdPerUnit, usdPerMonth, bound, inBlocks: false, mostUnits: mostUnits.length === 0 ? null : Math.min(...mostUnits),
    marketShare: all > 0 ? sum(each => each.rental.marketShare * monthUsd(each)) / all : 0,
    ineligibleReason: chosen.find(({rental}) => rental.ineligibleReason !== null)?.rental.ineligibleReason ?? null,
    time: weightedSpread(chosen.map(each => ({interval: each.rental.time, weight: monthUsd(each)}))),
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

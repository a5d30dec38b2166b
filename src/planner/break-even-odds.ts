import {monthlyRate, MONTHS_PER_YEAR, recoveryFactor} from '../cost/cash-flow.ts'
import {rentFactor, saleUsdAt, type Ownership} from '../cost/ownership.ts'
import {Z90} from '../performance/interval.ts'
import type {Interval} from '../performance/types.ts'
import {ageYearsOf, freeHours, rigAtUse, unitsPaid, valueLostUsd, type BreakEvenQuestion, type Rental} from './break-even.ts'

/** How sure it is that the rig wins: what is not known is drawn at random, all of it at once, thousands of times. */

/** ln of the 10th and 90th percentile ÷ the median. */
interface Uncertainty {
  readonly lowLog: number
  readonly highLog: number
  readonly source: string
}

const normal = (sigmaLog: number, source: string): Uncertainty => ({lowLog: -Z90 * sigmaLog, highLog: Z90 * sigmaLog, source})

/** Standard deviation of ln(price ÷ price a year before): see src/cost/age.ts. */
const CLOUD_PRICE_SIGMA_PER_ROOT_YEAR = 0.21
const TARIFF_SIGMA_PER_ROOT_YEAR = 0.15
/** Errors of one estimator on two machines go together: see `CORRELATION` in posterior.ts. */
const SAME_ARCHITECTURE_CORRELATION = 0.5
const OTHER_CORRELATION = 0.1

export const UNCERTAINTIES = {
  cloudPrice: {title: 'prices of clouds', source: 'price changes of data/extras: 21 % after a year, growing with the square root of time, up as often as down'},
  tariff: {title: 'electricity price', ...normal(TARIFF_SIGMA_PER_ROOT_YEAR, 'assumed: 15 % after a year, growing likewise')},
  work: {title: 'amount of work', ...normal(0.25, 'assumed: 25 %')},
  residual: {title: 'value when sold', ...normal(0.16, 'data/facility.csv: H100 after five years 10 to 15 % of their price')},
  failures: {title: 'failures', lowLog: Math.log(0.025 / 0.04), highLog: Math.log(0.06 / 0.04), source: 'data/facility.csv: 2.5 to 6 % of accelerators a year, 4 % in the middle'},
  rigTime: {title: 'time on the rig', source: 'the estimate’s own interval'},
  cloudTime: {title: 'time in the cloud', source: 'the estimate’s own interval; half of its error is that of the rig where the architecture is the same, else a tenth'},
  watts: {title: 'watts at work', source: 'the estimate’s own interval'},
} as const
export type UncertaintyName = keyof typeof UNCERTAINTIES
const NAMES = Object.keys(UNCERTAINTIES) as UncertaintyName[]

export interface Bar {
  readonly name: UncertaintyName
  readonly title: string
  readonly source: string
  /** Rig less the best rental, USD a month, where it is at its 10th and 90th percentile and all else at the median. */
  readonly usdAtLow: number
  readonly usdAtHigh: number
}

export interface Odds {
  readonly samples: number
  readonly seed: number
  /** Draws of more work than the rig has hours for, which neither side does. */
  readonly cutShare: number
  /** Of the rig being the cheapest. */
  readonly probability: number
  /** Against each rental by itself, by id. */
  readonly against: ReadonlyMap<string, number>
  /** Rig less the cheapest rental of each draw, USD a month. */
  readonly difference: Interval
  /** The longest first. */
  readonly tornado: readonly Bar[]
}

/** Uniform in (0, 1) by Mulberry32 (Ettinger 2017), which is enough for percentiles of ten thousand draws. */
export function uniformFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
}

/** A factor around 1 at a standard normal value: log-normal, each side with its own spread. */
const factorAt = (z: number, {lowLog, highLog}: {readonly lowLog: number; readonly highLog: number}): number => Math.exp(z < 0 ? (-z * lowLog) / Z90 : (z * highLog) / Z90)
const spreadOf = (interval: Interval | null): {readonly lowLog: number; readonly highLog: number} => (interval === null ? {lowLog: 0, highLog: 0} : {lowLog: Math.log(interval.p10), highLog: Math.log(interval.p90)})

/** Mean over the months of exp(z · sigma · √years): a price that walks at random and is z standard deviations off for its age throughout. */
function meanDrift(z: number, sigmaPerRootYear: number, months: number): number {
  let sum = 0
  for (let month = 1; month <= months; month++) sum += Math.exp(z * sigmaPerRootYear * Math.sqrt((month - 0.5) / MONTHS_PER_YEAR))
  return sum / months
}

/** The rig's month as sums of what is drawn: all after tax, where there is one. */
interface RigParts {
  readonly fixedUsd: number
  /** In proportion to what it sells for: of a planned rig the later sale (below zero), of an owned one what is lost by not selling it now. */
  readonly valueUsd: number
  readonly idleEnergyUsd: number
  /** Of all its free hours at work. */
  readonly workEnergyUsd: number
  readonly sparesUsd: number
  readonly displacedUsd: number
}

function partsOf(question: BreakEvenQuestion): RigParts {
  const {rigAtWork: {rig}, months} = question
  const [none, all] = [rigAtUse(question, 0), rigAtUse(question, 1)]
  const kept = 1 - (rig.tax?.incomeTaxShare ?? 0)
  const of = ({lines}: Ownership, ...items: readonly string[]): number => kept * lines.reduce((sum, {item, usdPerMonth}) => sum + (items.includes(item) ? usdPerMonth : 0), 0)
  const rate = monthlyRate(rig.financingSharePerYear)
  const workEnergyUsd = of(all, 'energy', 'cooling and losses')
  const [sparesUsd, displacedUsd] = [of(all, 'spares'), of(all, 'displaced work')]
  // A sale later is worth its equal parts today; of an owned rig it is after tax already, and where it could be sold today the price of today moves with it.
  const soldNow = rig.owned && saleUsdAt(rig, ageYearsOf(rig, question.asOf) ?? 0) > 0
  const valueUsd = soldNow ? valueLostUsd(all) : -(rig.owned ? 1 : kept) * all.resaleUsd * (1 + rate) ** -months * recoveryFactor(rate, months)
  return {fixedUsd: all.usdPerMonth - workEnergyUsd - sparesUsd - displacedUsd - valueUsd, valueUsd, idleEnergyUsd: of(none, 'energy', 'cooling and losses'), workEnergyUsd, sparesUsd, displacedUsd}
}

/** Standard normal value of each unknown in one draw. The time of a cloud is of each rental: its own part is drawn, the common one is the rig's. */
type Draw = Record<UncertaintyName, number>

/** A rental with what a draw needs of it. */
interface Priced {
  readonly rental: Rental
  readonly factor: number
  readonly time: {readonly lowLog: number; readonly highLog: number}
  readonly commonShare: number
  readonly ownShare: number
}

function pricedOf(rental: Rental, accelerator: string, factor: number): Priced {
  const common = rental.accelerator === accelerator ? SAME_ARCHITECTURE_CORRELATION : OTHER_CORRELATION
  return {rental, factor, time: spreadOf(rental.time), commonShare: common, ownShare: Math.sqrt(1 - common ** 2)}
}

/** What a draw is: the rig's month, and what each unit of work and each month of a rental is multiplied with. */
interface Drawn {
  readonly rigUsd: number
  readonly units: number
  readonly cloudFactor: number
  /** More work than the rig has hours for. */
  readonly cut: boolean
}

/**
 * More work than the machines of a term can do takes another set of them. What is paid already, or lasts only so long, has none: the rest of the work is done at what the cheapest other
 * rental takes for it.
 */
function rentUsd({rental, factor, time, commonShare, ownShare}: Priced, z: Draw, {units, cloudFactor}: Drawn, elsewhereUsdPerUnit: number): number {
  const {usdPerUnit, usdPerMonth, bound, mostUnits, marketShare} = rental
  const slower = factorAt(commonShare * z.rigTime + ownShare * z.cloudTime, time)
  let [moreUsd, restShare] = [0, bound.length === 0 && mostUnits !== null ? Math.max(0, 1 - mostUnits / units) : 0]
  for (const {usdPerMonth: setUsd, mostUnits: ofSet, sets} of bound) {
    const needed = (units * slower) / ofSet
    if (setUsd > 0) moreUsd += Math.max(0, Math.ceil(needed - 1e-9) - sets) * setUsd
    else restShare = Math.max(restShare, 1 - sets / needed)
  }
  const here = (1 + marketShare * (cloudFactor - 1)) * (usdPerMonth + moreUsd + usdPerUnit * unitsPaid(rental, units * (1 - restShare)) * slower)
  return factor * (here + restShare * units * cloudFactor * elsewhereUsdPerUnit)
}

function drawing(question: BreakEvenQuestion): (z: Draw) => Drawn {
  const {rigAtWork, units, always, months} = question
  const {rig, unitHours} = rigAtWork
  const parts = partsOf(question)
  const [rigTime, watts] = [spreadOf(rigAtWork.time), spreadOf(rigAtWork.watts)]
  const most = freeHours(rig)
  return z => {
    const hoursOfUnit = unitHours * factorAt(z.rigTime, rigTime)
    const wanted = units * (always ? 1 : factorAt(z.work, UNCERTAINTIES.work))
    // What the rig has no hours for, clouds do not do either: both are for the same work.
    const done = Math.min(wanted, most / hoursOfUnit)
    const share = (done * hoursOfUnit) / most
    const tariff = meanDrift(z.tariff, TARIFF_SIGMA_PER_ROOT_YEAR, months)
    return {
      rigUsd: parts.fixedUsd + parts.valueUsd * factorAt(z.residual, UNCERTAINTIES.residual) + share * (parts.displacedUsd + parts.sparesUsd * factorAt(z.failures, UNCERTAINTIES.failures)) +
        tariff * (parts.idleEnergyUsd * (1 - share) + parts.workEnergyUsd * factorAt(z.watts, watts) * share),
      units: done, cut: wanted > done * (1 + 1e-9),
      cloudFactor: meanDrift(z.cloudPrice, CLOUD_PRICE_SIGMA_PER_ROOT_YEAR, months),
    }
  }
}

const MEDIAN: Draw = {cloudPrice: 0, tariff: 0, work: 0, residual: 0, failures: 0, rigTime: 0, cloudTime: 0, watts: 0}

/** Those that could be the cheapest in some draw: no other whose time errs alike and whose price moves alike costs less both by the unit and by the month and does as much. */
export function undominated(rentals: readonly Rental[]): readonly Rental[] {
  const most = ({mostUnits}: Rental): number => mostUnits ?? Number.POSITIVE_INFINITY
  const errsAs = ({time, accelerator, marketShare}: Rental): string => [time?.p10, time?.p90, accelerator, marketShare].join(' ')
  return [...Map.groupBy(rentals, errsAs).values()].flatMap(alike => {
    const kept: Rental[] = []
    for (const rental of alike.toSorted((a, b) => a.usdPerMonth - b.usdPerMonth || a.usdPerUnit - b.usdPerUnit || most(b) - most(a))) {
      if (!kept.some(other => !other.inBlocks && other.usdPerUnit <= rental.usdPerUnit && most(other) >= most(rental))) kept.push(rental)
    }
    return kept
  })
}

/**
 * Draws `samples` times, the same for the same seed. `rentals`: those that may win, the cheapest first; none = nothing to compare with. `shown`: those that the rig is
 * held against one by one.
 */
export function oddsOf(question: BreakEvenQuestion, rentals: readonly Rental[], shown: readonly Rental[], {samples = 10_000, seed = 1}: {readonly samples?: number; readonly seed?: number} = {}): Odds | null {
  const [best] = rentals
  if (best === undefined) return null
  const {accelerator, rig} = question.rigAtWork
  const priced = (rental: Rental): Priced => pricedOf(rental, accelerator, rentFactor(rig))
  const [least, compared] = [undominated(rentals).map(priced), shown.map(priced)]
  const draw = drawing(question)
  const {units} = question
  // Of those that do any amount; where there is none, each at what it takes itself.
  const elsewhere = Math.min(...rentals.filter(({mostUnits}) => mostUnits === null).map(({usdPerMonth, usdPerUnit}) => usdPerUnit + usdPerMonth / units))
  const usdOf = (each: Priced, z: Draw, drawn: Drawn): number => rentUsd(each, z, drawn, Number.isFinite(elsewhere) ? elsewhere : each.rental.usdPerUnit + each.rental.usdPerMonth / units)
  const uniform = uniformFrom(seed)
  // Box and Muller 1958, the first of the pair.
  const gauss = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  const differences = new Float64Array(samples)
  const beaten = new Uint32Array(compared.length)
  const z = {...MEDIAN}
  let cut = 0
  for (let sample = 0; sample < samples; sample++) {
    for (const name of NAMES) z[name] = gauss()
    const drawn = draw(z)
    if (drawn.cut) cut++
    let cheapest = Number.POSITIVE_INFINITY
    for (const rental of least) cheapest = Math.min(cheapest, usdOf(rental, z, drawn))
    for (const [index, rental] of compared.entries()) if (drawn.rigUsd <= usdOf(rental, z, drawn)) beaten[index]!++
    differences[sample] = drawn.rigUsd - cheapest
  }
  differences.sort()
  const quantile = (share: number): number => differences[Math.min(samples - 1, Math.round(share * (samples - 1)))] ?? Number.NaN
  const wins = differences.findIndex(usd => usd > 0)
  const against = priced(best)
  const difference = (name: UncertaintyName, value: number): number => {
    const at = {...MEDIAN, [name]: value}
    const drawn = draw(at)
    return drawn.rigUsd - usdOf(against, at, drawn)
  }
  return {
    samples, seed, cutShare: cut / samples, probability: (wins < 0 ? samples : wins) / samples,
    against: new Map(shown.map(({id}, index) => [id, (beaten[index] ?? 0) / samples])),
    difference: {p10: quantile(0.1), p50: quantile(0.5), p90: quantile(0.9)},
    tornado: NAMES.map((name): Bar => ({name, title: UNCERTAINTIES[name].title, source: UNCERTAINTIES[name].source, usdAtLow: difference(name, -Z90), usdAtHigh: difference(name, Z90)}))
      .toSorted((a, b) => Math.abs(b.usdAtHigh - b.usdAtLow) - Math.abs(a.usdAtHigh - a.usdAtLow)),
  }
}

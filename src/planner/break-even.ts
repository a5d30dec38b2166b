import type {Rig} from '../catalog/rig.ts'
import {ownershipOf, partOf, rentFactor, saleUsdAt, type Draw, type Ownership} from '../cost/ownership.ts'
import {HOURS_PER_MONTH} from '../cost/period.ts'
import {blockHours, termRule, type TermRule} from '../cost/terms.ts'
import type {Interval} from '../performance/types.ts'
import {crossingOf, type Crossing} from './crossing.ts'
import type {IneligibleReason, PlanDocument, PlanTarget} from './document.ts'

/** Machines that do one thing after the other, as they are had for a term or paid already (0 USD): what a month of one set costs and how much it can do, and how many sets are had. */
export interface BoundMachines {
  readonly id: string
  readonly usdPerMonth: number
  readonly mostUnits: number
  readonly sets: number
}

/** A way to rent what does the work, by how much of it there is in a month. */
export interface Rental {
  readonly id: string
  readonly provider: string
  readonly purchase: string
  /** USD of each unit of work, and of a month whatever is done in it (terms, storage). */
  readonly usdPerUnit: number
  readonly usdPerMonth: number
  readonly bound: readonly BoundMachines[]
  /** Units a month that it can do; `null` = more machines of the sort do more. */
  readonly mostUnits: number | null
  /** Hours of a service that are had in whole days or weeks: `usdPerUnit` is of each of those. */
  readonly inBlocks: boolean
  /** Share of its cost that follows the market: nothing of a term. */
  readonly marketShare: number
  readonly ineligibleReason: IneligibleReason | null
  /** Time of a unit ÷ its median; `null` where it is given (hours of a service). */
  readonly time: Interval | null
  readonly accelerator: string
}

/** The rig at the work: what a unit of it takes there. */
export interface RigAtWork {
  readonly rig: Rig
  readonly idle: Draw
  readonly working: Draw
  readonly unitHours: number
  readonly acceleratorsUsed: number
  /** As of a rental. */
  readonly time: Interval | null
  /** Watts at work ÷ their median. */
  readonly watts: Interval | null
  readonly accelerator: string
}

export interface BreakEvenQuestion {
  /** "run", "hour of service". */
  readonly unit: string
  readonly rigAtWork: RigAtWork
  readonly rentals: readonly Rental[]
  /** Of work in a month. */
  readonly units: number
  /** It runs all the time, whatever comes: its amount is no guess. */
  readonly always: boolean
  readonly months: number
  readonly asOf: string
}

export interface RentalVerdict extends Rental {
  /** At the asked amount of work. */
  readonly usdInMonth: number
  /** At which amounts of those that both can do: above `evenUnits`, below it, at all or at none. */
  readonly owningIsCheaper: Crossing['owningIsCheaper']
  /** Units a month at which both cost the same; `null` = at none. */
  readonly evenUnits: number | null
  readonly evenRigHours: number | null
  readonly evenUtilisationShare: number | null
  /** First month by whose end the rig has cost less altogether, nothing sold; `null` = not within the time. */
  readonly paybackMonth: number | null
  /** The same where the rig is sold in that month. */
  readonly paybackMonthIfSold: number | null
}

/** `leave`: what cannot be sold, or brings nothing, is left off. */
export type Action = 'buy' | 'rent' | 'keep' | 'sell' | 'leave'

export interface BreakEven {
  readonly unit: string
  readonly units: number
  readonly months: number
  /** Units a month that the rig can do in its free hours. */
  readonly mostUnits: number
  readonly utilisationShare: number
  readonly acceleratorsUsed: number
  readonly ownership: Ownership
  /** From the price where it is planned; from what it would sell for where it is there. */
  readonly rigUsdPerMonth: number
  /** `null` = not in the rig; only planned or its day of purchase is not said. */
  readonly ageYears: number | null
  readonly rentals: readonly RentalVerdict[]
  /** The cheapest at the asked amount of those that may win. */
  readonly best: RentalVerdict | null
  readonly action: Action
  /** What the action saves a month against the other. */
  readonly savesUsdPerMonth: number
  /** Of an owned rig: what it is taken to sell for today, and the price from which selling it costs less; `null` = no price makes it so, it is leased, or it does other work that would have to be rented as well. */
  readonly resale: {readonly nowUsd: number; readonly evenUsd: number | null} | null
}

const DAYS_PER_YEAR = 365.25
const MILLISECONDS_PER_DAY = 86_400_000

/** Years since it was bought; `null` = nobody said when. */
export function ageYearsOf({boughtOn}: Pick<Rig, 'boughtOn'>, asOf: string): number | null {
  return boughtOn === undefined ? null : Math.max(0, (Date.parse(asOf) - Date.parse(boughtOn)) / MILLISECONDS_PER_DAY / DAYS_PER_YEAR)
}

/** What the rig costs a month at so many units of work: an owned one by what keeping it costs. */
export function rigMonth(question: Pick<BreakEvenQuestion, 'rigAtWork' | 'months' | 'asOf'>, units: number): Ownership {
  const {rig, unitHours} = question.rigAtWork
  return rigAtUse(question, Math.min(1, (units * unitHours) / freeHours(rig)))
}

/** The same at some share of its free hours. What other work takes of the month carries as much of what the rig costs; what hours are worth to their owner otherwise counts. */
export function rigAtUse({rigAtWork, months, asOf}: Pick<BreakEvenQuestion, 'rigAtWork' | 'months' | 'asOf'>, useOfFree: number): Ownership {
  const {rig, idle, working, acceleratorsUsed} = rigAtWork
  const ownership = ownershipOf({rig, idle, working, utilisationShare: useOfFree, months, acceleratorsUsed, displacedUsdPerHour: rig.displacedUsdPerHour ?? 0, ...(rig.owned ? {ageYears: ageYearsOf(rig, asOf) ?? 0} : {})})
  return partOf(ownership, freeHours(rig) / HOURS_PER_MONTH)
}

/** A rental's month at so many units; `null` = it cannot do as many. */
export function rentalMonth(rental: Rental, units: number, factor: number): number | null {
  const {usdPerUnit, usdPerMonth, mostUnits} = rental
  return mostUnits !== null && units > mostUnits * (1 + 1e-9) ? null : factor * (usdPerMonth + usdPerUnit * unitsPaid(rental, units))
}

/** Of blocks whole ones are paid. */
export function unitsPaid({inBlocks, purchase}: Pick<Rental, 'inBlocks' | 'purchase'>, units: number): number {
  const rule = termRule(purchase)
  return inBlocks && rule.kind === 'block' && units > 0 ? blockHours(rule, units) : units
}

export const freeHours = ({takenHoursPerMonth = 0}: Rig): number => Math.max(0, HOURS_PER_MONTH - takenHoursPerMonth)

/** Where owning and renting cost the same, and which to do. The rig is a straight line over the amount of work, and so is a rental that is not had in blocks. */
export function breakEven(question: BreakEvenQuestion): BreakEven {
  const {rigAtWork, rentals, unit, units, months, asOf} = question
  const {rig, unitHours} = rigAtWork
  const factor = rentFactor(rig)
  const mostUnits = freeHours(rig) / unitHours
  const ownership = rigMonth(question, units)
  const spent = spentBy(question, units)
  const line = straightLineOf(question, mostUnits)
  const verdicts = rentals.flatMap((rental): readonly RentalVerdict[] => {
    const usdInMonth = rentalMonth(rental, units, factor)
    if (usdInMonth === null) return []
    const {owningIsCheaper, evenUnits} = crossingWith(rental, line, factor, Math.min(mostUnits, rental.mostUnits ?? Number.POSITIVE_INFINITY))
    return [{
      ...rental, usdInMonth, owningIsCheaper, evenUnits,
      evenRigHours: evenUnits === null ? null : evenUnits * unitHours,
      evenUtilisationShare: evenUnits === null ? null : (evenUnits * unitHours) / HOURS_PER_MONTH,
      paybackMonth: paybackMonth(spent.unsold, usdInMonth),
      paybackMonthIfSold: paybackMonth(spent.sold, usdInMonth),
    }]
  }).toSorted((a, b) => Number(a.ineligibleReason !== null) - Number(b.ineligibleReason !== null) || a.usdInMonth - b.usdInMonth || (a.id < b.id ? -1 : 1))
  const best = verdicts.find(({ineligibleReason}) => ineligibleReason === null) ?? null
  const owning = best === null || ownership.usdPerMonth <= best.usdInMonth
  const resale = rig.owned ? resaleOf(question, ownership, best) : null
  // What does other work as well is not sold for the sake of this.
  const without = resale === null || freeHours(rig) < HOURS_PER_MONTH ? 'rent' : resale.nowUsd > 0 ? 'sell' : 'leave'
  return {
    unit, units, months, mostUnits, utilisationShare: ownership.utilisationShare, acceleratorsUsed: rigAtWork.acceleratorsUsed, ownership, rigUsdPerMonth: ownership.usdPerMonth, ageYears: rig.owned ? ageYearsOf(rig, asOf) : null,
    rentals: verdicts, best,
    action: owning ? (rig.owned ? 'keep' : 'buy') : without,
    savesUsdPerMonth: best === null ? 0 : Math.abs(best.usdInMonth - ownership.usdPerMonth),
    resale,
  }
}

/** The rig's month with any work at all (a demand charge comes with the first): USD at none, and of each unit. */
interface StraightLine {
  readonly atNone: number
  readonly perUnit: number
}

function straightLineOf(question: BreakEvenQuestion, mostUnits: number): StraightLine {
  const [half, full] = [rigAtUse(question, 0.5).usdPerMonth, rigAtUse(question, 1).usdPerMonth]
  return {atNone: 2 * half - full, perUnit: (2 * (full - half)) / mostUnits}
}

/** At which amounts, up to `most`, the rig costs less. */
function crossingWith(rental: Rental, rig: StraightLine, factor: number, most: number): Pick<RentalVerdict, 'owningIsCheaper' | 'evenUnits'> {
  const rigUsd = (units: number): number => rig.atNone + rig.perUnit * units
  if (rental.inBlocks) {
    // Within a block only the rig's cost grows: its end is where the rig looks worst, so from the last such end on it wins for good.
    let even = 0
    for (let units = 0; units < most; ) {
      const end = Math.min(most, unitsPaid(rental, units + 1e-6))
      if (rigUsd(end) > (rentalMonth(rental, end, factor) ?? Number.POSITIVE_INFINITY)) even = end
      units = end
    }
    return even === 0 ? {owningIsCheaper: 'always', evenUnits: null} : even >= most ? {owningIsCheaper: 'never', evenUnits: null} : {owningIsCheaper: 'above', evenUnits: even}
  }
  const less = (units: number): number => rigUsd(units) - factor * (rental.usdPerMonth + rental.usdPerUnit * units)
  const {owningIsCheaper, utilisationShare} = crossingOf(less(most / 2), less(most))
  // A crossing at next to nothing is none.
  if (utilisationShare !== null && utilisationShare < 1e-6) return {owningIsCheaper: owningIsCheaper === 'below' ? 'never' : 'always', evenUnits: null}
  return {owningIsCheaper, evenUnits: utilisationShare === null ? null : utilisationShare * most}
}

/** An owned rig: what it is taken to sell for today, and at which price keeping and selling would be the same. */
function resaleOf({rigAtWork: {rig}, asOf}: BreakEvenQuestion, ownership: Ownership, best: RentalVerdict | null): BreakEven['resale'] {
  const nowUsd = saleUsdAt(rig, ageYearsOf(rig, asOf) ?? 0)
  // What is lost by keeping it is in proportion to the price today: a later sale brings the same part of it.
  const lost = valueLostUsd(ownership)
  return {nowUsd, evenUsd: best === null || nowUsd === 0 || lost <= 0 || freeHours(rig) < HOURS_PER_MONTH ? null : nowUsd * (1 + (best.usdInMonth - ownership.usdPerMonth) / lost)}
}

/** A month's loss of value and cost of the capital in it. */
export const valueLostUsd = ({lines}: Ownership): number => lines.reduce((sum, {item, usdPerMonth}) => sum + (item === 'loss of value' || item === 'cost of capital' ? usdPerMonth : 0), 0)

/** What the rig has cost altogether by the end of each month with what is still owed on it, unsold; and if all is ended then: sold, debts and taxes paid. */
function spentBy(question: BreakEvenQuestion, units: number): {readonly unsold: readonly number[]; readonly sold: readonly number[]} {
  const running = (byMonth: readonly number[]): readonly number[] => {
    let sum = 0
    return byMonth.map(usd => (sum += usd))
  }
  const month = (months: number) => rigMonth({...question, months}, units).cashFlow
  // Looked at for a month more, so that no end falls into it.
  const {byMonth, owed} = month(question.months + 1)
  const unsold = running(byMonth).slice(0, question.months + 1).map((usd, index) => usd + (owed[index] ?? 0))
  const sold = unsold.map((usd, index) => {
    if (index === 0) return usd
    const ended = month(index)
    return (running(ended.byMonth).at(-1) ?? usd) + (ended.owed.at(-1) ?? 0)
  })
  return {unsold, sold}
}

function paybackMonth(spent: readonly number[], rentUsdPerMonth: number): number | null {
  const found = spent.findIndex((usd, month) => month > 0 && usd <= month * rentUsdPerMonth)
  return found < 0 ? null : found
}

/** How a workload is counted: plans of several amounts of it a month. */
export interface CountedPlans {
  readonly plans: readonly {readonly units: number; readonly plan: PlanDocument}[]
  /** What is exact at this amount is so here as well. */
  readonly askedUnits: number
  readonly months: number
  /** A service that runs for hours, not a work that is done again and again. */
  readonly endless: boolean
}

/** A target in the plans that have it. */
interface Priced {
  readonly target: PlanTarget
  readonly units: number
  readonly usd: number
}

/** Whatever may be rented at one of the amounts. What several plans have costs a straight line through the asked amount and the one that is farthest from it; a term is paid whatever is done. */
export function rentalsOf({plans, askedUnits, months, endless}: CountedPlans): readonly Rental[] {
  const found = plans.flatMap(({units, plan}) => plan.targets.flatMap((target): readonly Priced[] => (target.provider === 'rig' || target.cost.usd === null || target.purchase === null ? [] : [{target, units, usd: target.cost.usd.p50}])))
  const farFrom = (units: number) => (a: Priced, b: Priced): number => Math.abs(b.units - units) - Math.abs(a.units - units)
  return [...Map.groupBy(found, ({target}) => target.id).values()].map((priced): Rental => {
    const near = priced.find(({units}) => units === askedUnits) ?? priced.toSorted((a, b) => b.units - a.units)[0]!
    const {target: {id, provider, purchase, accelerator, ineligibleReason, durationHours, workHours, cost}, units, usd} = near
    const rule = termRule(purchase ?? '')
    const whole = rule.kind === 'whole'
    const inBlocks = rule.kind === 'block' && endless
    const [far] = priced.filter(other => other.units !== units).toSorted(farFrom(units))
    const slope = far === undefined ? (whole ? 0 : usd / units) : (usd - far.usd) / (units - far.units)
    // Traffic that is free at first bends the line: it is taken straight to where there is no work.
    const usdPerUnit = inBlocks ? usd / unitsPaid({inBlocks, purchase: purchase ?? ''}, units) : Math.max(0, Math.min(slope, usd / units))
    const computeUsd = cost.lines.find(({item}) => item === 'compute')?.usd
    const mostUnits = mostUnitsOf({rule, paid: computeUsd === 0, endless, months, runHours: durationHours?.p50 ?? null})
    return {
      id, provider, purchase: purchase ?? '', accelerator, ineligibleReason, usdPerUnit, usdPerMonth: inBlocks ? 0 : usd - usdPerUnit * units,
      inBlocks, marketShare: whole ? 0 : 1, mostUnits,
      bound: (whole || computeUsd === 0) && mostUnits !== null ? [{id, usdPerMonth: computeUsd ?? 0, mostUnits, sets: 1}] : [],
      time: endless ? null : aroundMedian(workHours),
    }
  })
}

/** Machines had for a term, or paid already, do one thing after the other; others are taken as often as there is work. Of blocks and runs of days a service has no more than they hold. */
function mostUnitsOf({rule, paid, endless, months, runHours}: {readonly rule: TermRule; readonly paid: boolean; readonly endless: boolean; readonly months: number; readonly runHours: number | null}): number | null {
  if (endless && (rule.kind === 'block' || rule.kind === 'limit')) return rule.maximumHours / months
  if (rule.kind !== 'whole' && !paid) return null
  return endless ? HOURS_PER_MONTH : runHours !== null && runHours > 0 ? HOURS_PER_MONTH / runHours : null
}

/** A figure ÷ its median. */
export const aroundMedian = (figure: Interval | null): Interval | null => (figure === null || !(figure.p50 > 0) ? null : {p10: figure.p10 / figure.p50, p50: 1, p90: figure.p90 / figure.p50})

/** One of each provider and purchase, the cheapest at so many units: enough for a table. */
export function cheapestByWay(rentals: readonly RentalVerdict[]): readonly RentalVerdict[] {
  const seen = new Set<string>()
  return rentals.filter(({provider, purchase}) => {
    const key = `${provider} ${purchase}`
    return seen.has(key) ? false : Boolean(seen.add(key))
  })
}

import type {Rig} from '../catalog/rig.ts'
import {ownershipOf, rentFactor, type Draw, type Ownership} from '../cost/ownership.ts'
import {HOURS_PER_MONTH} from '../cost/period.ts'
import {termRule} from '../cost/terms.ts'
import type {Interval} from '../performance/types.ts'
import type {IneligibleReason, PlanDocument} from './document.ts'

/** A way to rent what does the work, by how much of it there is in a month. */
export interface Rental {
  readonly id: string
  readonly provider: string
  readonly purchase: string
  /** USD of each unit of work, and of a month whatever is done in it (terms, storage). */
  readonly usdPerUnit: number
  readonly usdPerMonth: number
  /** Units a month that it can do; `null` = more machines of the sort do more. */
  readonly mostUnits: number | null
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
  readonly months: number
  readonly asOf: string
}

export interface RentalVerdict extends Rental {
  /** At the asked amount of work. */
  readonly usdInMonth: number
  /** Units a month from which the rig costs less; 0 = at any amount, `null` = at none that it can do. */
  readonly evenUnits: number | null
  readonly evenRigHours: number | null
  readonly evenUtilisationShare: number | null
  /** First month by whose end the rig has cost less altogether, nothing sold; `null` = not within the time. */
  readonly paybackMonth: number | null
  /** The same where the rig is sold in that month. */
  readonly paybackMonthIfSold: number | null
}

export type Action = 'buy' | 'rent' | 'keep' | 'sell'

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
}

const DAYS_PER_YEAR = 365.25
const MILLISECONDS_PER_DAY = 86_400_000

/** Years since it was bought; `null` = nobody said when. */
export function ageYearsOf({boughtOn}: Pick<Rig, 'boughtOn'>, asOf: string): number | null {
  return boughtOn === undefined ? null : Math.max(0, (Date.parse(asOf) - Date.parse(boughtOn)) / MILLISECONDS_PER_DAY / DAYS_PER_YEAR)
}

/** What the rig costs a month at so many units of work: an owned one by what keeping it costs. */
export function rigMonth({rigAtWork, months, asOf}: Pick<BreakEvenQuestion, 'rigAtWork' | 'months' | 'asOf'>, units: number): Ownership {
  const {rig, idle, working, unitHours, acceleratorsUsed} = rigAtWork
  const utilisationShare = Math.min(1, (units * unitHours) / HOURS_PER_MONTH)
  return ownershipOf({rig, idle, working, utilisationShare, months, acceleratorsUsed, ...(rig.owned ? {ageYears: ageYearsOf(rig, asOf) ?? 0} : {})})
}

/** A rental's month at so many units; `null` = it cannot do as many. */
export function rentalMonth({usdPerUnit, usdPerMonth, mostUnits}: Rental, units: number, factor: number): number | null {
  return mostUnits !== null && units > mostUnits * (1 + 1e-9) ? null : factor * (usdPerMonth + usdPerUnit * units)
}

export const freeHours = ({takenHoursPerMonth = 0}: Rig): number => Math.max(0, HOURS_PER_MONTH - takenHoursPerMonth)

/** Where owning and renting cost the same, and which to do. Both sides are straight lines over the amount of work. */
export function breakEven(question: BreakEvenQuestion): BreakEven {
  const {rigAtWork, rentals, unit, units, months, asOf} = question
  const {rig, unitHours} = rigAtWork
  const factor = rentFactor(rig)
  const mostUnits = freeHours(rig) / unitHours
  const ownership = rigMonth(question, units)
  const spent = spentBy(question, units)
  // With any work at all: a demand charge comes with the first.
  const [some, most] = [mostUnits / 2, mostUnits]
  const [rigSome, rigMost] = [rigMonth(question, some).usdPerMonth, rigMonth(question, most).usdPerMonth]
  const verdicts = rentals.flatMap((rental): readonly RentalVerdict[] => {
    const usdInMonth = rentalMonth(rental, units, factor)
    if (usdInMonth === null) return []
    const slope = (rigMost - rigSome) / (most - some) - factor * rental.usdPerUnit
    const atNone = 2 * rigSome - rigMost - factor * rental.usdPerMonth
    const even = atNone <= 0 ? 0 : slope < 0 ? -atNone / slope : null
    const evenUnits = even !== null && even <= Math.min(mostUnits, rental.mostUnits ?? Number.POSITIVE_INFINITY) ? even : null
    return [{
      ...rental, usdInMonth, evenUnits,
      evenRigHours: evenUnits === null ? null : evenUnits * unitHours,
      evenUtilisationShare: evenUnits === null ? null : (evenUnits * unitHours) / HOURS_PER_MONTH,
      paybackMonth: paybackMonth(spent.unsold, usdInMonth),
      paybackMonthIfSold: paybackMonth(spent.sold, usdInMonth),
    }]
  }).toSorted((a, b) => Number(a.ineligibleReason !== null) - Number(b.ineligibleReason !== null) || a.usdInMonth - b.usdInMonth || (a.id < b.id ? -1 : 1))
  const best = verdicts.find(({ineligibleReason}) => ineligibleReason === null) ?? null
  const owning = best === null || ownership.usdPerMonth <= best.usdInMonth
  return {
    unit, units, months, mostUnits, utilisationShare: ownership.utilisationShare, acceleratorsUsed: rigAtWork.acceleratorsUsed, ownership, rigUsdPerMonth: ownership.usdPerMonth, ageYears: rig.owned ? ageYearsOf(rig, asOf) : null,
    rentals: verdicts, best,
    action: rig.owned ? (owning ? 'keep' : 'sell') : owning ? 'buy' : 'rent',
    savesUsdPerMonth: best === null ? 0 : Math.abs(best.usdInMonth - ownership.usdPerMonth),
  }
}

/** What the rig has cost altogether by the end of each month, unsold, and less what it would sell for then. */
function spentBy(question: BreakEvenQuestion, units: number): {readonly unsold: readonly number[]; readonly sold: readonly number[]} {
  const running = (byMonth: readonly number[]): readonly number[] => {
    let sum = 0
    return byMonth.map(usd => (sum += usd))
  }
  const {cashFlow, resaleUsd} = rigMonth(question, units)
  // The sale at the end is in the last month's flow.
  const unsold = running(cashFlow.byMonth.map((usd, month) => (month === question.months ? usd + resaleUsd : usd)))
  const sold = unsold.map((usd, month) => (month === 0 ? usd : usd - rigMonth({...question, months: month}, units).resaleUsd))
  return {unsold, sold}
}

function paybackMonth(spent: readonly number[], rentUsdPerMonth: number): number | null {
  const found = spent.findIndex((usd, month) => month > 0 && usd <= month * rentUsdPerMonth)
  return found < 0 ? null : found
}

/** How a workload is counted: a plan of little and one of much of it a month, and how much each is. */
export interface CountedPlans {
  readonly little: PlanDocument
  readonly much: PlanDocument
  readonly fewUnits: number
  readonly manyUnits: number
  /** A service that runs for hours, not a work that is done again and again. */
  readonly endless: boolean
}

/** What stands in both plans costs a straight line between them; a term is paid whatever is done. */
export function rentalsOf({little, much, fewUnits, manyUnits, endless}: CountedPlans): readonly Rental[] {
  const before = new Map(little.targets.map(target => [target.id, target]))
  return much.targets.flatMap((target): readonly Rental[] => {
    const {id, provider, purchase, accelerator, ineligibleReason, durationHours} = target
    const high = target.cost.usd?.p50
    if (provider === 'rig' || high === undefined || purchase === null) return []
    const whole = termRule(purchase).kind === 'whole'
    const low = before.get(id)?.cost.usd?.p50 ?? (whole ? high : (high * fewUnits) / manyUnits)
    const usdPerUnit = (high - low) / (manyUnits - fewUnits)
    return [{
      id, provider, purchase, accelerator, ineligibleReason, usdPerUnit, usdPerMonth: Math.max(0, low - usdPerUnit * fewUnits),
      // Machines had for a term do one thing after the other; others are taken as often as there is work.
      mostUnits: whole && !endless && durationHours !== null && durationHours.p50 > 0 ? HOURS_PER_MONTH / durationHours.p50 : null,
      time: endless ? null : aroundMedian(target.workHours),
    }]
  })
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

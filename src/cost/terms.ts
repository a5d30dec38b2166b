import type {Refusal} from '../performance/types.ts'
import {plainNumber} from './how.ts'
import {HOURS_PER_MONTH, HOURS_PER_YEAR} from './period.ts'

const HOURS_PER_DAY = 24

/** How a purchase is bound in time. `whole`: the term is paid to its end. `block`: days reserved in advance. `limit`: runs no longer. */
export type TermRule =
  | {readonly kind: 'free'}
  | {readonly kind: 'whole'; readonly hours: number}
  | {readonly kind: 'block'; readonly stepHours: number; readonly longStepHours: number; readonly longFromHours: number; readonly maximumHours: number}
  | {readonly kind: 'limit'; readonly maximumHours: number}

const ONE_YEAR: TermRule = {kind: 'whole', hours: HOURS_PER_YEAR}
const THREE_YEARS: TermRule = {kind: 'whole', hours: 3 * HOURS_PER_YEAR}
const FREE: TermRule = {kind: 'free'}

/**
 * The rules of data/billing (capacity): capacity blocks 1–14 days, or multiples of 7 up to 182, prepaid; flex-start runs
 * up to 7 days; calendar reservations up to 90 days, taken as whole days.
 */
const RULES: Readonly<Record<string, TermRule>> = {
  'reserved-1y': ONE_YEAR,
  'savings-plan-1y': ONE_YEAR,
  committed: ONE_YEAR,
  'reserved-3y': THREE_YEARS,
  'savings-plan-3y': THREE_YEARS,
  'committed-3y': THREE_YEARS,
  'capacity-block': {
    kind: 'block',
    stepHours: HOURS_PER_DAY,
    longStepHours: 7 * HOURS_PER_DAY,
    longFromHours: 14 * HOURS_PER_DAY,
    maximumHours: 182 * HOURS_PER_DAY,
  },
  calendar: {kind: 'block', stepHours: HOURS_PER_DAY, longStepHours: HOURS_PER_DAY, longFromHours: 90 * HOURS_PER_DAY, maximumHours: 90 * HOURS_PER_DAY},
  'flex-start': {kind: 'limit', maximumHours: 7 * HOURS_PER_DAY},
}

export function termRule(purchase: string): TermRule {
  return RULES[purchase] ?? FREE
}

/** Hours paid for a block that has to hold `hours`. */
export function blockHours(rule: TermRule & {kind: 'block'}, hours: number): number {
  const step = hours > rule.longFromHours ? rule.longStepHours : rule.stepHours
  return Math.max(rule.stepHours, Math.ceil(hours / step - 1e-9) * step)
}

/** Terms that have to be bought, one after the other, to cover the horizon; at least one. */
export function termsOver(rule: TermRule & {kind: 'whole'}, horizonMonths: number): number {
  return Math.max(1, Math.ceil((horizonMonths * HOURS_PER_MONTH) / rule.hours - 1e-9))
}

/** Hours of a term that fall to one month of the horizon: of all terms bought, and no fewer than a month has. */
export function termHoursPerMonth(rule: TermRule & {kind: 'whole'}, horizonMonths: number): number {
  return Math.max((termsOver(rule, horizonMonths) * rule.hours) / horizonMonths, HOURS_PER_MONTH)
}

export interface TermUse {
  /** Hours of one run; blocks and limits look at it. `null` = without end. */
  readonly runHours: number | null
  readonly horizonMonths: number
  /** The user says that this commitment is already theirs (`prices:`). */
  readonly prepaid: boolean
}

/**
 * A term is bought whole: it is a candidate only if all its terms over the horizon cost less than the same hours on
 * demand. Without an on-demand price to compare with, only if the hours fill the term. `null` = may be a candidate.
 */
export function termCheck(
  purchase: string,
  hoursNeededOverHorizon: number,
  termPriceUsdPerHour: number,
  onDemandUsdPerHour: number | null,
  use: TermUse = {runHours: null, horizonMonths: 12, prepaid: false},
): Refusal | null {
  if (use.prepaid) return null
  const rule = termRule(purchase)
  switch (rule.kind) {
    case 'free':
      return null
    case 'limit':
    case 'block': {
      const hours = use.runHours ?? hoursNeededOverHorizon
      if (hours <= rule.maximumHours) return null
      const days = rule.maximumHours / HOURS_PER_DAY
      return {
        reason: 'term',
        detail: `${purchase} lasts ${days} days at most; this needs ${plainNumber(hours)} h (${plainNumber(hours / HOURS_PER_DAY)} days)`,
        nearest: `runs of at most ${plainNumber(rule.maximumHours)} h, or on demand`,
      }
    }
    case 'whole': {
      const termHours = rule.hours * termsOver(rule, use.horizonMonths)
      if (onDemandUsdPerHour === null ? hoursNeededOverHorizon >= termHours : termHours * termPriceUsdPerHour < hoursNeededOverHorizon * onDemandUsdPerHour) {
        return null
      }
      const breakEvenHours = onDemandUsdPerHour === null ? termHours : (termHours * termPriceUsdPerHour) / onDemandUsdPerHour
      return {
        reason: 'term',
        detail: `pays ${plainNumber(termHours)} h for ${plainNumber(hoursNeededOverHorizon)} h of work`,
        nearest:
          breakEvenHours <= termHours
            ? `pays off from ${plainNumber(breakEvenHours)} h over ${plainNumber(Math.max(use.horizonMonths, rule.hours / HOURS_PER_MONTH))} months`
            : 'on demand costs less at any number of hours',
      }
    }
    default:
      return rule satisfies never
  }
}

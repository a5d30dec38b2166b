import {multiply, scale, weakest} from '../performance/interval.ts'
import type {Interval, Refusal} from '../performance/types.ts'
import {groupDigits} from '../units/format.ts'
import {plainNumber} from './how.ts'
import {plainLines, totalUsd} from './line.ts'
import {ownedBill} from './owned.ts'
import {periodHours, type PeriodHours} from './period.ts'
import {rentedBill} from './rented.ts'
import {egressPart} from './traffic.ts'
import type {Cost, CostInput, Owned, Rented, Unpriced} from './types.ts'

/**
 * What a target costs in its period (a run, or a month). Rented machines cost their billed hours and what hangs on
 * them; owned ones by what use adds (marginal), planned ones by everything (full). The other basis stands beside it.
 */
export function estimateCost(input: CostInput): Cost {
  const period = periodHours(input.hours, input.schedule)
  switch (input.pricing.kind) {
    case 'rented':
      return rentedCost(input, input.pricing, period)
    case 'owned':
      return ownedCost(input, input.pricing, period)
    case 'unpriced':
      return unknownCost(input, input.pricing, period)
    default:
      return input.pricing satisfies never
  }
}

function rentedCost(input: CostInput, pricing: Rented, period: PeriodHours): Cost {
  const {lines, notCosted} = rentedBill(input, pricing, period)
  const usd = totalUsd(lines)
  let made: Cost['lines'] | undefined
  return {
    period: period.period,
    basis: 'rental',
    usd,
    alternative: null,
    perUnit: perUnit(usd, input, period),
    get lines() {
      return (made ??= plainLines(lines))
    },
    notCosted,
    confidence: weakest(input.basis, pricing.priceBasis ?? 'computed'),
  }
}

function ownedCost(input: CostInput, pricing: Owned, period: PeriodHours): Cost {
  const basis: Cost['basis'] = pricing.owned ? 'marginal' : 'full'
  const bill = ownedBill(input, pricing, period)
  if (bill === null) {
    const notCosted = [{item: 'energy', reason: 'the power of these machines is not known', usd: null}]
    return {period: period.period, basis, usd: null, alternative: null, perUnit: null, lines: [], notCosted, confidence: 'assumed'}
  }
  const transfer = input.inputEgress === null ? null : egressPart('input transfer', input.data.inputGb, input.inputEgress.tiers, input.inputEgress.from)
  const extraLines = transfer !== null && !('reason' in transfer) ? [transfer] : []
  const extraNotCosted = transfer !== null && 'reason' in transfer ? [transfer] : []
  const marginal = [...bill.marginal, ...extraLines]
  const full = [...bill.full, ...extraLines]
  const chosen = pricing.owned ? marginal : full
  const usd = totalUsd(chosen)
  const alternative: Cost['alternative'] = pricing.owned ? {basis: 'full', usd: totalUsd(full)} : {basis: 'marginal', usd: totalUsd(marginal)}
  return {
    period: period.period,
    basis,
    usd,
    alternative,
    perUnit: perUnit(usd, input, period),
    lines: plainLines(chosen),
    notCosted: [...bill.notCosted, ...extraNotCosted],
    confidence: weakest(input.basis, input.power?.confidence ?? 'assumed'),
  }
}

function unknownCost(input: CostInput, pricing: Unpriced, period: PeriodHours): Cost {
  return {
    period: period.period,
    basis: 'rental',
    usd: null,
    alternative: null,
    perUnit: null,
    lines: [],
    notCosted: [{item: 'compute', reason: pricing.reason, usd: null}],
    confidence: input.basis,
  }
}

/** Units of work in the period: all runs, or throughput × hours where the work has no end. */
function unitsInPeriod(input: CostInput, period: PeriodHours): Interval | null {
  const work = input.work
  if (work === null) return null
  if (work.unitsPerRun === null) return work.unitsPerHour === null ? null : scale(work.unitsPerHour, period.workHours.p50)
  if (period.period === 'run') return {p10: work.unitsPerRun, p50: work.unitsPerRun, p90: work.unitsPerRun}
  if (input.schedule.kind === 'runs-per-month') {
    const units = work.unitsPerRun * input.schedule.runs
    return {p10: units, p50: units, p90: units}
  }
  const {p10, p50, p90} = input.hours.work
  if (p10 <= 0) return null
  const units = work.unitsPerRun * period.workHours.p50
  return {p10: units / p90, p50: units / p50, p90: units / p10}
}

function perUnit(usd: Interval, input: CostInput, period: PeriodHours): Cost['perUnit'] {
  const units = unitsInPeriod(input, period)
  if (units === null || units.p10 <= 0 || input.work === null) return null
  const {name, amount} = input.work.unit
  return {usd: multiply(usd, {p10: amount / units.p90, p50: amount / units.p50, p90: amount / units.p10}), unit: `USD/${name}`}
}

/** A budget that is enough, as one would write it: whole dollars, upwards. */
export const enoughUsd = (usd: number): string => groupDigits(String(Math.ceil(usd - 1e-9)))

/** A refusal if the expected cost is over the budget (both of the same period), with the budget that would do. */
export function checkBudget(cost: Cost, budgetUsd: number): Refusal | null {
  if (cost.usd === null) return {reason: 'price-unknown', detail: 'its cost is not known, so it cannot be held against the budget', nearest: null}
  if (cost.usd.p50 <= budgetUsd) return null
  const span = cost.period === 'month' ? ' a month' : ''
  return {
    reason: 'budget',
    detail: `costs ${plainNumber(cost.usd.p50)} USD${span}, the budget is ${plainNumber(budgetUsd)} USD`,
    nearest: `raise the budget to ${enoughUsd(cost.usd.p50)} USD`,
  }
}

/** Money over time, by the month: what the views of owning share. Rates are shares a year. */

export const MONTHS_PER_YEAR = 12

/** The month's part of a yearly cost of capital: twelve of them compound to the year. */
export const monthlyRate = (sharePerYear: number): number => Math.expm1(Math.log1p(sharePerYear) / MONTHS_PER_YEAR)

/** Amounts by month: the first is paid at the start, the others at the ends of months 1, 2, … */
export type Flow = readonly number[]

/** Σ amount ÷ (1 + rate)^month. */
export function presentValue(flow: Flow, ratePerMonth: number): number {
  let sum = 0
  let weight = 1
  for (const amount of flow) {
    sum += amount * weight
    weight /= 1 + ratePerMonth
  }
  return sum
}

/** Payment at the end of each of `months` that pays one back: rate ÷ (1 − (1 + rate)^−months), the capital recovery factor. */
export function recoveryFactor(ratePerMonth: number, months: number): number {
  const worth = -Math.expm1(-months * Math.log1p(ratePerMonth))
  return worth > 0 && ratePerMonth > 1e-12 ? ratePerMonth / worth : 1 / months
}

/** The equal amount at the end of each month that is worth as much. */
export const levelised = (flow: Flow, ratePerMonth: number): number => presentValue(flow, ratePerMonth) * recoveryFactor(ratePerMonth, flow.length - 1)

/** The same amount at the end of each of `months`. */
export const monthly = (amount: number, months: number): Flow => [0, ...Array.from({length: months}, () => amount)]

export const sumOfFlows = (flows: readonly Flow[], months: number): Flow => Array.from({length: months + 1}, (_, month) => flows.reduce((sum, flow) => sum + (flow[month] ?? 0), 0))

/** A loan by the month: what is owed after the payment, and what of the payment is interest. */
export interface LoanSchedule {
  readonly owed: Flow
  readonly interest: Flow
  readonly paid: Flow
}

/** Equal payments over `loanMonths` at a twelfth of the yearly rate each month; what is still owed at the end of `months` is paid back then. */
export function loanSchedule(principal: number, ratePerYear: number, loanMonths: number, months: number): LoanSchedule {
  const rate = ratePerYear / MONTHS_PER_YEAR
  const payment = principal * recoveryFactor(rate, loanMonths)
  const [owed, interest, paid] = [[principal], [0], [0]]
  for (let month = 1; month <= months; month++) {
    const before = owed[month - 1] ?? 0
    const due = before * rate
    const left = month >= loanMonths ? 0 : before + due - payment
    owed.push(month === months ? 0 : left)
    interest.push(due)
    paid.push(before === 0 ? 0 : before + due - (month === months ? 0 : left))
  }
  return {owed, interest, paid}
}

/** Purchases whose price is old after a month: spot markets move by the day. */
const SPOT_LIMIT_DAYS = 30
/** On demand and commitments: list prices are revised about once a year. */
const LIST_LIMIT_DAYS = 365

/**
 * Standard deviation of ln(price now ÷ price listed) once a price is as old as its class limit.
 * √(mean square of ln(new ÷ old)) over the price changes of data/extras (AWS June 2025: −33, −33, −44 %; Lambda +33 %;
 * Nebius October 2026: +17, +20, +19, +21 %; capacity blocks January 2026: +15, +15 %) is 0.30; a listed price changed about
 * every second year (AWS: three machine types, one change each in 2.4 years), so a year holds half a change:
 * 0.30 · √0.5. Changes are independent, so variance grows with time.
 */
const SIGMA_LOG_AT_LIMIT = 0.21

const MILLISECONDS_PER_DAY = 86_400_000

/** A catalog has thousands of prices and a few dozen dates. */
const dayNumbers = new Map<string, number>()

function dayNumber(isoDate: string): number {
  const known = dayNumbers.get(isoDate)
  if (known !== undefined) return known
  const [year = Number.NaN, month = Number.NaN, day = Number.NaN] = isoDate.slice(0, 10).split('-').map(Number)
  const days = Date.UTC(year, month - 1, day) / MILLISECONDS_PER_DAY
  dayNumbers.set(isoDate, days)
  return days
}

/** Whole days from `asOf` to `today` (both ISO dates, by the calendar, no time zone); 0 for a date in the future. */
export function ageInDays(asOf: string, today: string): number {
  return Math.max(0, dayNumber(today) - dayNumber(asOf))
}

export function priceClassLimitDays(purchase: string): number {
  return purchase === 'spot' ? SPOT_LIMIT_DAYS : LIST_LIMIT_DAYS
}

/** A stale price is shown, but cannot win. */
export function isStale(purchase: string, asOf: string, today: string): boolean {
  return ageInDays(asOf, today) > priceClassLimitDays(purchase)
}

/** ln-spread that age adds to a price: 0 today, 0.21 at the class limit, growing with the square root of time. */
export function priceSigmaLog(purchase: string, ageDays: number): number {
  return SIGMA_LOG_AT_LIMIT * Math.sqrt(Math.max(0, ageDays) / priceClassLimitDays(purchase))
}

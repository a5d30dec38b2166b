/** What a quantity measures: its units as factors to one base unit, and how to name it in an error. */
export interface Dimension {
  /** "an amount of memory" */
  readonly what: string
  /** Examples for the error, most usual first. */
  readonly examples: readonly string[]
  /** Unit → factor to the base unit. Looked up exactly first, then without case where no two units then collide. */
  readonly units: Readonly<Record<string, number>>
  /** Unit of a bare number; absent = a unit has to be written. */
  readonly bareUnit?: string
  /** Several terms may follow each other: "1h30m". */
  readonly compound?: boolean
}

const SECONDS = {second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800, month: 730 * 3600, year: 12 * 730 * 3600}

const TIME_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9, us: 1e-6, 'µs': 1e-6, 'μs': 1e-6, ms: 1e-3, millisecond: 1e-3, milliseconds: 1e-3, microsecond: 1e-6, microseconds: 1e-6,
  s: 1, sec: 1, secs: 1, second: 1, seconds: 1,
  m: SECONDS.minute, min: SECONDS.minute, mins: SECONDS.minute, minute: SECONDS.minute, minutes: SECONDS.minute,
  h: SECONDS.hour, hr: SECONDS.hour, hrs: SECONDS.hour, hour: SECONDS.hour, hours: SECONDS.hour,
  d: SECONDS.day, day: SECONDS.day, days: SECONDS.day,
  w: SECONDS.week, wk: SECONDS.week, week: SECONDS.week, weeks: SECONDS.week,
  mo: SECONDS.month, month: SECONDS.month, months: SECONDS.month,
  y: SECONDS.year, yr: SECONDS.year, year: SECONDS.year, years: SECONDS.year,
}

const COUNT_UNITS: Readonly<Record<string, number>> = {
  k: 1e3, thousand: 1e3, M: 1e6, mn: 1e6, mio: 1e6, million: 1e6, B: 1e9, G: 1e9, bn: 1e9, billion: 1e9, T: 1e12, trillion: 1e12,
}

const BYTES: Readonly<Record<string, number>> = {
  B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15, EB: 1e18,
  KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, PiB: 2 ** 50, EiB: 2 ** 60,
}

function over(units: Readonly<Record<string, number>>, base: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(units).map(([unit, factor]) => [unit, factor / base]))
}

const {B: _bytes, ...BYTES_WITHOUT_PLAIN} = BYTES

/** Seconds. One month is 730 h, one year twelve of them. */
export const DURATION: Dimension = {what: 'a duration', examples: ['48h', '90 min', '3 days', '1h30m'], units: TIME_UNITS, compound: true}
/** Seconds, where a bare number is seconds already (latencies). */
export const LATENCY: Dimension = {what: 'a time', examples: ['500 ms', '2 s'], units: TIME_UNITS, bareUnit: 's', compound: true}
export const COUNT: Dimension = {what: 'a number', examples: ['50000', '50k', '1.5e9', '2 million', '15T'], units: {'': 1, ...COUNT_UNITS}, bareUnit: ''}
/** GiB. */
export const MEMORY: Dimension = {what: 'an amount of memory', examples: ['80 GiB', '80 GB', '1.5 TiB'], units: over(BYTES_WITHOUT_PLAIN, 2 ** 30), bareUnit: 'GiB'}
/** GB (1e9 bytes), as clouds bill traffic and storage. */
export const DATA: Dimension = {what: 'an amount of data', examples: ['500 GB', '2 TB', '750 GiB'], units: over(BYTES_WITHOUT_PLAIN, 1e9), bareUnit: 'GB'}
/** Bytes; a bare number is bytes. */
export const BYTE_COUNT: Dimension = {what: 'a number of bytes', examples: ['2 TB', '3.5e12', '40 GiB'], units: {...BYTES, byte: 1, bytes: 1}, bareUnit: 'B'}
/** Floating-point operations (a total, not a rate). */
export const FLOP_COUNT: Dimension = {
  what: 'a number of floating-point operations',
  examples: ['1.2e18', '3 PFLOP', '40 TFLOP'],
  units: Object.fromEntries(
    Object.entries({'': 1, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, Z: 1e21, Y: 1e24}).flatMap(([prefix, factor]) => [[`${prefix}FLOP`, factor], [`${prefix}FLOPs`, factor]]),
  ),
  bareUnit: 'FLOP',
}
/** Watts. */
export const POWER: Dimension = {what: 'a power', examples: ['700 W', '3.5 kW'], units: {mW: 1e-3, W: 1, watt: 1, watts: 1, kW: 1e3, MW: 1e6}, bareUnit: 'W'}
/** Bytes per second. Bits and bytes differ by their case: "Gbit/s" and "Gb/s" are bits, "GB/s" bytes. */
export const BANDWIDTH: Dimension = {
  what: 'a bandwidth',
  examples: ['10 Gbit/s', '100 Mbit/s', '1.2 GB/s'],
  units: Object.fromEntries(
    Object.entries({'': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12}).flatMap(([prefix, factor]) => [
      [`${prefix}bit/s`, factor / 8], [`${prefix}b/s`, factor / 8], [`${prefix}bps`, factor / 8], [`${prefix}B/s`, factor],
      ...(prefix === '' ? [] : [[`${prefix.toUpperCase()}iB/s`, 1024 ** (' kMGT'.indexOf(prefix))]]),
    ]),
  ) as Record<string, number>,
}
/** Share from 0 to 1. */
export const SHARE: Dimension = {what: 'a share', examples: ['0.3', '30%'], units: {'': 1, '%': 0.01, percent: 0.01}, bareUnit: ''}
/** Events per second. */
export const FREQUENCY: Dimension = {
  what: 'a rate', examples: ['5/s', '300/min', '18000/h'],
  units: Object.fromEntries(Object.entries(TIME_UNITS).map(([unit, seconds]) => [`/${unit}`, 1 / seconds])), bareUnit: '/s',
}

/** Longest text any quantity is read from; longer is refused before a pattern runs over it. */
const LONGEST = 80
const NUMBER = /^[+-]?(?:\d{1,3}(?:[,_' \u00a0\u202f]\d{3})+(?!\d)|\d+)?(?:\.\d+)?(?:[eE][+-]?\d{1,3}(?![a-zA-Z\d]))?/

/** The number at the start of `text` ("12,300 tokens/s" → 12300) and what follows it; `undefined` where there is none. */
export function splitNumber(text: string): {readonly amount: number; readonly rest: string} | undefined {
  if (text.length > LONGEST) return undefined
  const trimmed = text.trim()
  const digits = NUMBER.exec(trimmed)?.[0] ?? ''
  const amount = Number(digits.replaceAll(/[,_' \u00a0\u202f]/g, ''))
  if (!/\d/.test(digits) || !Number.isFinite(amount)) return undefined
  const rest = trimmed.slice(digits.length)
  // "1,5" and "1.5.2" are no numbers: a decimal comma is not guessed at.
  if (/^[.,_'\d]/.test(rest)) return undefined
  return {amount, rest: rest.trim()}
}

function factorOf(unit: string, dimension: Dimension): number | undefined {
  if (Object.hasOwn(dimension.units, unit)) return dimension.units[unit]
  const folded = unit.toLowerCase()
  const factors = new Set(Object.entries(dimension.units).flatMap(([name, factor]) => (name.toLowerCase() === folded ? [factor] : [])))
  return factors.size === 1 ? [...factors][0] : undefined
}

/** How a quantity is written, for errors: `a duration such as "48h", "90 min" or "3 days"`. */
export function expectation(dimension: Dimension): string {
  const quoted = dimension.examples.map((example) => `"${example}"`)
  const last = quoted.pop()
  return `${dimension.what} such as ${quoted.length > 0 ? `${quoted.join(', ')} or ${last}` : last}`
}

/** Text or number → the dimension's base unit, or `undefined` where it is not such a quantity. Sign and range are the caller's. */
export function readQuantity(input: string | number, dimension: Dimension): number | undefined {
  if (typeof input === 'number') {
    if (!Number.isFinite(input) || dimension.bareUnit === undefined) return undefined
    return input * (dimension.units[dimension.bareUnit] ?? 1)
  }
  let head = splitNumber(input)
  if (head === undefined) return undefined
  if (head.rest === '') return readQuantity(head.amount, dimension)
  let total = 0
  for (;;) {
    const unit: string = dimension.compound === true ? (/^[^\d\s+.-]+/.exec(head.rest)?.[0] ?? '') : head.rest.replaceAll(/\s+/g, '')
    const factor = factorOf(unit, dimension)
    if (factor === undefined) return undefined
    // 95 % are 95 ÷ 100: times 0.01 they are a little more than 0.95.
    total += factor === 0.01 ? head.amount / 100 : head.amount * factor
    const rest: string = dimension.compound === true ? head.rest.slice(unit.length).trim() : ''
    if (rest === '') break
    head = splitNumber(rest)
    if (head === undefined || head.rest === '') return undefined
  }
  return Number.isFinite(total) ? total : undefined
}

export interface QuantityRange {
  readonly minimum?: number
  readonly maximum?: number
}

/**
 * "24GB..80GB", "24..80GB", "1..8", "..4", "40 GiB..", or one quantity (then both ends). Ends in the base unit; a missing
 * end is open. A low end without a unit has that of the high end; the other way round ("24GB..80") is not guessed at.
 */
export function readRange(text: string, dimension: Dimension): QuantityRange | undefined {
  const parts = text.split('..')
  if (parts.length > 2) return undefined
  const [low = '', high] = parts.map((part) => part.trim())
  if (low === '' && (high ?? '') === '') return undefined
  const shared = sharedUnit(low, high ?? '', dimension)
  if (shared === undefined) return undefined
  const minimum = low === '' ? null : readQuantity(low + shared, dimension)
  const maximum = high === undefined ? minimum : high === '' ? null : readQuantity(high, dimension)
  if (minimum === undefined || maximum === undefined || (minimum !== null && maximum !== null && minimum > maximum)) return undefined
  return {...(minimum !== null && {minimum}), ...(maximum !== null && {maximum})}
}

/** What is to be written behind the low end of a range: nothing, or the unit of the high end; `undefined` where only the low end has one. */
function sharedUnit(low: string, high: string, dimension: Dimension): string | undefined {
  // Where a number without a unit says all there is to say ("1..8"), "1..2k" begins at 1.
  if (low === '' || high === '' || dimension.bareUnit === '') return ''
  const [lowUnit, highUnit] = [splitNumber(low)?.rest, splitNumber(high)?.rest]
  if (lowUnit !== '') return highUnit === '' ? undefined : ''
  return highUnit ?? ''
}

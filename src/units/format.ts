import type {Money} from './money.ts'

/**
 * Quantities as text that `quantity.ts` and `money.ts` read back: "1 d 6 h", "9,120 USD", "80 GiB". Digits are those
 * the number has, up to `digits` significant ones; predictions with their spread are the reports' business.
 * No Intl: its first use costs 6 to 20 ms, and its output differs between machines.
 */

/** Significant digits that are kept where the caller does not say. */
const DIGITS = 6

/** "12345.6" → "12,345.6": groups of three before the point. */
export function groupDigits(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** 12345.678 → "12,345.7"; very large and very small ones as powers of ten. */
export function formatNumber(value: number, digits: number = DIGITS): string {
  if (!Number.isFinite(value)) return 'unknown'
  const rounded = Number(value.toPrecision(digits))
  const text = String(rounded)
  return text.includes('e') ? text.replace('e+', 'e') : groupDigits(text)
}

/** 15e12 → "15T", 50000 → "50k", 812.5 → "812.5". */
export function formatCount(value: number, digits: number = DIGITS): string {
  const step = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'k']].find(([factor]) => Math.abs(value) >= Number(factor) && Math.abs(value) < 1e15)
  return step === undefined ? formatNumber(value, digits) : `${formatNumber(value / Number(step[0]), digits)}${step[1]}`
}

/** "9,120 USD", "41 USD", "41.50 EUR", "0.31 USD": whole from 1000 on, else cents, below a cent two digits. */
export function formatMoney({amount, currency}: Money): string {
  if (!Number.isFinite(amount)) return `unknown ${currency}`
  const size = Math.abs(amount)
  if (size >= 999.995) return `${formatNumber(Math.round(amount), 15)} ${currency}`
  if (size !== 0 && size < 0.01) return `${formatNumber(amount, 2)} ${currency}`
  return `${amount.toFixed(2).replace(/\.00$/, '')} ${currency}`
}

const DURATION_STEPS: readonly (readonly [unit: string, seconds: number])[] = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]]

/** "1 d 6 h 30 min", "90 s" → "1 min 30 s", "500 ms". Whole seconds are exact; below one second to `digits`. */
export function formatDuration(seconds: number, digits: number = DIGITS): string {
  if (!Number.isFinite(seconds)) return 'unknown'
  if (seconds < 0) return `-${formatDuration(-seconds, digits)}`
  if (seconds === 0) return '0 s'
  if (seconds < 1e-3) return `${formatNumber(seconds * 1e6, digits)} µs`
  if (seconds < 1) return `${formatNumber(seconds * 1e3, digits)} ms`
  if (seconds < 60) return `${formatNumber(seconds, digits)} s`
  let left = Math.round(seconds)
  const parts: string[] = []
  for (const [unit, size] of DURATION_STEPS) {
    const amount = Math.floor(left / size)
    left -= amount * size
    if (amount > 0) parts.push(`${formatNumber(amount, 15)} ${unit}`)
  }
  return parts.join(' ')
}

/** "79.65 GiB", "1.5 TiB", "512 MiB". */
export function formatMemory(gib: number, digits: number = 4): string {
  if (Math.abs(gib) >= 1024) return `${formatNumber(gib / 1024, digits)} TiB`
  if (gib !== 0 && Math.abs(gib) < 1) return `${formatNumber(gib * 1024, digits)} MiB`
  return `${formatNumber(gib, digits)} GiB`
}

/** 9.313 → "9.31", 79.65 → "79.6", 640.2 → "640": GiB beside each other in a sentence that names the unit. */
export function formatGib(gib: number): string {
  return gib.toFixed(gib < 10 ? 2 : gib < 100 ? 1 : 0)
}

/** "2 TB", "500 GB". */
export function formatData(gb: number, digits: number = 4): string {
  return Math.abs(gb) >= 1000 ? `${formatNumber(gb / 1000, digits)} TB` : `${formatNumber(gb, digits)} GB`
}

/** "700 W", "3.5 kW". */
export function formatPower(watts: number, digits: number = 4): string {
  if (Math.abs(watts) >= 1e6) return `${formatNumber(watts / 1e6, digits)} MW`
  return Math.abs(watts) >= 1000 ? `${formatNumber(watts / 1000, digits)} kW` : `${formatNumber(watts, digits)} W`
}

/** 0.3 → "30 %". */
export function formatShare(share: number, digits: number = 3): string {
  return `${formatNumber(share * 100, digits)} %`
}

/** "1 node", "4 nodes", "2 batches". */
export function plural(count: number, noun: string, nouns: string = `${noun}s`): string {
  return `${formatNumber(count, 15)} ${count === 1 ? noun : nouns}`
}

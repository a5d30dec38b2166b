/**
 * Numbers as text that `quantity.ts` reads back: "12,345.7", "50k", "30 %". Digits are those the number has, up to
 * `digits` significant ones; predictions with their spread, and money, are the reports' business.
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

/** 9.313 → "9.31", 79.65 → "79.7", 640.2 → "640": GiB beside each other in a sentence that names the unit. */
export function formatGib(gib: number): string {
  return gib.toFixed(gib < 10 ? 2 : gib < 100 ? 1 : 0)
}

/** 0.3 → "30 %". */
export function formatShare(share: number, digits: number = 3): string {
  return `${formatNumber(share * 100, digits)} %`
}

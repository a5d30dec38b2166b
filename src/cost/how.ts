import {groupDigits} from '../units/format.ts'

const SIGNIFICANT_DIGITS = 4

/** 0.4 → "0.4", 1234567 → "1,234,567", 2.4000001 → "2.4": four significant digits and all of those before the point, for the `how` of a cost line. */
export function plainNumber(value: number): string {
  if (value === 0) return '0'
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  const decimals = Math.max(0, SIGNIFICANT_DIGITS - 1 - magnitude)
  const text = value.toFixed(Math.min(12, decimals))
  return groupDigits(text.includes('.') ? text.replace(/\.?0+$/, '') : text)
}

/** A price as it was listed: no digit lost, none invented. */
export function priceText(usd: number): string {
  return String(Number(usd.toPrecision(12)))
}

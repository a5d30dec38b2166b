/** Figures in sentences: three significant digits at most, since no estimate here deserves more. */

const group = (text: string): string => text.replaceAll(/\B(?=(?:\d{3})+(?!\d))/g, ',')

function rounded(value: number): string {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  if (digits === 0) return group(String(Number(value.toPrecision(value >= 1000 ? 4 : 3))))
  return String(Number(value.toFixed(Math.min(digits, 6))))
}

export const sayUsd = (usd: number): string => `${rounded(usd)} USD`

/** "25 min", "6.2 h", "9.5 days". */
export function sayHours(hours: number): string {
  if (hours < 1) return `${rounded(hours * 60)} min`
  return hours < 72 ? `${rounded(hours)} h` : `${rounded(hours / 24)} days`
}

export const sayPercent = (share: number): string => `${Math.round(share * 100)} %`

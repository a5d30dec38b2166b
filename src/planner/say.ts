import {formatNumber, formatShare} from '../units/format.ts'

/** Figures in sentences: three significant digits, since no estimate here deserves more (four of large sums, so that 9,120 stays 9,120). */

export const sayFigure = (value: number): string => formatNumber(value, 3)

export const sayUsd = (usd: number): string => `${formatNumber(usd, usd >= 1000 ? 4 : 3)} USD`

/** "40 s", "25 min", "6.2 h", "9.5 days". */
export function sayHours(hours: number): string {
  if (hours < 1 / 60) return `${formatNumber(hours * 3600, 2)} s`
  if (hours < 1) return `${formatNumber(hours * 60, 2)} min`
  return hours < 72 ? `${formatNumber(hours, hours < 10 ? 2 : 3)} h` : `${formatNumber(hours / 24, 3)} days`
}

export const sayPercent = (share: number): string => formatShare(Math.round(share * 100) / 100)

/** "power and wear", "power, wear and waiting". */
export const sayList = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`)

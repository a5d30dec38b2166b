import {RigorError} from '../errors.ts'
import {echo} from '../text/safe.ts'
import {didYouMean} from '../text/nearest.ts'
import {splitNumber} from './quantity.ts'

/** An amount in the currency it was written in. Becomes USD at the edge, with the dated rate that is printed. */
export interface Money {
  readonly amount: number
  /** ISO 4217. */
  readonly currency: string
}

/** USD → currency, as `Snapshot.exchangeRates`. */
export type ExchangeRates = Readonly<Record<string, {readonly perUsd: number; readonly asOf: string}>>

const SYMBOLS: Readonly<Record<string, string>> = {$: 'USD', 'US$': 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR'}
const WORDS: Readonly<Record<string, string>> = {DOLLAR: 'USD', DOLLARS: 'USD', EURO: 'EUR', EUROS: 'EUR', POUND: 'GBP', POUNDS: 'GBP'}
const SUFFIXES: Readonly<Record<string, number>> = {'': 1, k: 1e3, K: 1e3, M: 1e6}

function currencyOf(text: string): string | undefined {
  const upper = text.toUpperCase()
  return SYMBOLS[text] ?? WORDS[upper] ?? (/^[A-Z]{3}$/.test(upper) ? upper : undefined)
}

/** "200 USD", "1.2k EUR", "$200", "USD 200", 200 (= USD) → amount and currency; `undefined` where it is none. */
export function readMoney(input: string | number): Money | undefined {
  if (typeof input === 'number') return Number.isFinite(input) ? {amount: input, currency: 'USD'} : undefined
  const text = input.trim()
  const leading = /^(US\$|[$€£¥₹]|[A-Za-z]{3}(?=[\s\d]))\s*/.exec(text)
  const head = splitNumber(leading ? text.slice(leading[0].length) : text)
  if (head === undefined) return undefined
  const tail = /^([kKM]?)(?:\s*(US\$|[$€£¥₹]|[A-Za-z]{3,7}))?$/.exec(head.rest)
  if (tail === null) return undefined
  const amount = head.amount * (SUFFIXES[tail[1] ?? ''] ?? 1)
  if (leading && tail[2] !== undefined) return undefined
  const written = leading?.[1] ?? tail[2]
  const currency = written === undefined ? 'USD' : currencyOf(written)
  return currency === undefined || !Number.isFinite(amount) ? undefined : {amount, currency}
}

/** "0.31 EUR/kWh", "250 EUR/MWh" → money per kWh. */
export function readTariff(input: string): Money | undefined {
  const match = /^(.{1,60}?)(?:\s*\/\s*|\s+per\s+)(kWh|MWh|Wh)$/i.exec(input.trim())
  const money = match?.[1] === undefined ? undefined : readMoney(match[1])
  // A tariff without a currency is no tariff: "0.31/kWh" would be read as dollars by some and euros by others.
  if (money === undefined || match?.[1] === undefined || !/[^\d.\s]/.test(match[1])) return undefined
  const kwh = {kwh: 1, mwh: 1000, wh: 0.001}[match[2]?.toLowerCase() ?? 'kwh'] ?? 1
  return {amount: money.amount / kwh, currency: money.currency}
}

/** "40 USD/h", "40USD", 40 → money per hour (an hour is the only period taken). */
export function readMoneyPerHour(input: string | number): Money | undefined {
  if (typeof input === 'number') return readMoney(input)
  return readMoney(input.trim().replace(/(?:\s*\/\s*|\s+per\s+)(h|hr|hour)$/i, ''))
}

/** Into USD at the rate of the catalog. */
export function moneyToUsd(money: Money, rates: ExchangeRates): number {
  return money.currency === 'USD' ? money.amount : money.amount / rateOf(money.currency, rates)
}

/** How many units of a currency one USD buys. */
export function rateOf(currency: string, rates: ExchangeRates): number {
  if (currency === 'USD') return 1
  const rate = Object.hasOwn(rates, currency) ? rates[currency] : undefined
  if (rate !== undefined) return rate.perUsd
  const known = ['USD', ...Object.keys(rates)]
  throw new RigorError('UNKNOWN_CURRENCY', `No exchange rate is known for "${echo(currency)}".`, {
    hint: didYouMean(currency, known) ?? `Known: ${[...new Set(known)].sort().join(', ')}.`,
  })
}

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell} from '../../../src/catalog/csv.ts'
import {BILLING_COLUMNS} from '../../../src/catalog/parse/billing.ts'
import type {Purchase} from '../../../src/catalog/schema.ts'
import {byText, dateOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'
import {standingOfText} from '../sources.ts'

/** What the facts' prose says about terms (hardware/billing.csv, rows "capacity" of aws and gcp). Each pattern must be found, or the import stops. */
const TERMS: readonly {provider: string; purchase: Purchase; says: RegExp; minimumTermHours?: number; maximumTermHours: number}[] = [
  {provider: 'aws', purchase: 'capacity-block', says: /capacity block: 1-14 days, or multiples of 7 to 182/, minimumTermHours: 24, maximumTermHours: 182 * 24},
  {provider: 'gcp', purchase: 'flex-start', says: /flex-start runs up to 7 days/, maximumTermHours: 7 * 24},
  {provider: 'gcp', purchase: 'calendar', says: /calendar reservations up to 90 days/, maximumTermHours: 90 * 24},
]
const HOURS_PER_MONTH = 730

export function importPart({from, to, sources}: ImportContext): void {
  const facts = readFacts(from, 'hardware/billing.csv')
  const machines = readFacts(from, 'hardware/machines.csv')
  const providers = [...new Set(machines.map((machine) => machine.cells['provider']!))].filter((provider) => provider !== 'owned')
  const rows: CsvCell[][] = []
  for (const provider of providers.sort(byText)) {
    const own = facts.filter((fact) => fact.cells['provider'] === provider)
    const stated = own.find((fact) => fact.cells['item'] === 'billing increment')
    const fallback = machines.find((machine) => machine.cells['provider'] === provider)!
    const increment = stated?.cells['value'] ?? fallback.cells['billing_increment']!
    const minimum = own.find((fact) => fact.cells['item'] === 'minimum')?.cells['value'] ?? increment
    const source = (stated ?? fallback).cells['source']!
    const unpublished = /not published/.test(increment)
    const step = unpublished ? 3600 : incrementSeconds(increment, provider)
    const publicIp = publicIpUsdPerHour(own.map((fact) => `${fact.cells['value']} ${fact.cells['note']}`).join(' '))
    const start = provisioning(own.find((fact) => fact.cells['item'] === 'typical provisioning time'), provider)
    const note = unpublished ? 'granularity not published: the hour of the price list is assumed' : /unverified|low confidence/.test(`${increment} ${stated?.cells['note']}`) ? 'unverified' : ''
    const tail = [sources.sourceIdFor(source), dateOf(stated ?? fallback), unpublished ? 'derived' : note === 'unverified' ? 'recalled' : standingOfText(source)]
    const minimumSeconds = Math.max(minimumOf(minimum) ?? 0, step)
    rows.push([provider, undefined, step, minimumSeconds, undefined, undefined, publicIp, ...start, note, ...tail])
    for (const term of TERMS.filter((each) => each.provider === provider)) {
      const said = own.find((fact) => term.says.test(`${fact.cells['value']} ${fact.cells['note']}`))
      if (said === undefined) throw new Error(`hardware/billing.csv no longer says ${term.says}`)
      const standing = /general knowledge/.test(said.cells['note']!) ? 'recalled' : standingOfText(said.cells['source']!)
      rows.push([provider, term.purchase, step, minimumSeconds, term.minimumTermHours, term.maximumTermHours, publicIp, ...start, '', sources.sourceIdFor(said.cells['source']!), dateOf(said), standing])
    }
  }
  writeFileSync(join(to, 'billing.csv'), writeCsv(BILLING_COLUMNS, rows))
}

function incrementSeconds(text: string, provider: string): number {
  if (/per second/.test(text)) return 1
  if (/per minute/.test(text)) return 60
  const blocks = /(\d+)-minute blocks/.exec(text)?.[1]
  if (blocks !== undefined) return Number(blocks) * 60
  throw new Error(`billing increment of ${provider}: "${text}" is not understood`)
}

/** "60 s at every start", "1 min", "per second, minimum 5 min", "per second, 60 s minimum". */
function minimumOf(text: string): number | undefined {
  const match = /(?:minimum |^|, )(\d+) (s|min)\b/.exec(text)
  return match === null ? undefined : Number(match[1]) * (match[2] === 'min' ? 60 : 1)
}

/** "public IPv4 0.005 USD/h" or "public IP (4 USD/month)". */
function publicIpUsdPerHour(text: string): number | undefined {
  const hourly = /public IPv4 ([\d.]+) USD\/h/.exec(text)?.[1]
  if (hourly !== undefined) return Number(hourly)
  const monthly = /public IP \(([\d.]+) USD\/month\)/.exec(text)?.[1]
  return monthly === undefined ? undefined : Number((Number(monthly) / HOURS_PER_MONTH).toPrecision(4))
}

const PROVISIONING: Readonly<Record<string, {says: RegExp; seconds: number; largeSays?: RegExp; largeSeconds?: number}>> = {
  aws: {says: /3-6 min to usable/, seconds: 270, largeSays: /metal and p5\/p6 5-10 min/, largeSeconds: 450},
  azure: {says: /^2-5 min/, seconds: 210, largeSays: /ND sizes 5-15 min/, largeSeconds: 600},
  coreweave: {says: /bare-metal boot 10-30 min/, seconds: 1200},
  gcp: {says: /2-5 min to usable/, seconds: 210},
  lambda: {says: /single GPU 3-5 min/, seconds: 240, largeSays: /8 GPUs 10-15 min/, largeSeconds: 750},
  paperspace: {says: /^1-5 min/, seconds: 180},
}

/** The middle of what the prose of "typical provisioning time" says, for small and for eight-accelerator machines; the prose must still say it. */
function provisioning(fact: {cells: Readonly<Record<string, string>>} | undefined, provider: string): readonly [number | undefined, number | undefined] {
  const known = PROVISIONING[provider]
  if (fact === undefined || known === undefined) return [undefined, undefined]
  const prose = [fact.cells['value']!, fact.cells['note']!]
  if (![known.says, known.largeSays].every((pattern) => pattern === undefined || prose.some((text) => pattern.test(text)))) {
    throw new Error(`hardware/billing.csv, provisioning time of ${provider}, no longer says ${known.says} ${known.largeSays ?? ''}`)
  }
  return [known.seconds, known.largeSeconds ?? known.seconds]
}

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {EXTRA_COLUMNS, type EXTRA_CATEGORIES} from '../../../src/catalog/parse/extras.ts'
import {byText, dateOf, mapped, numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'
import {standingOfText} from '../sources.ts'

const CATEGORY: Readonly<Record<string, (typeof EXTRA_CATEGORIES)[number] | undefined>> = {
  object_storage: 'object-storage', file_storage: 'file-storage', block_storage: 'block-storage', egress_internet: 'egress', inter_region: 'inter-region',
  // These are offers, not extras: see extra-offers.ts. Price changes are history.
  managed_ml: undefined, discount: undefined, capacity_block: undefined, gpu_sku: undefined, price_change: undefined,
}
const GB_PER_UNIT: Readonly<Record<string, number>> = {'GB': 1, 'GB-month': 1, 'GiB': 2 ** 30 / 1e9, 'GiB-month': 2 ** 30 / 1e9}
const GB_PER: Readonly<Record<string, number>> = {GB: 1, TB: 1000, TiB: 2 ** 40 / 1e9}

export function importPart({from, to, sources}: ImportContext): void {
  const rows: CsvCell[][] = []
  /** End of the last tier of an item, GB: "next 40 TB" counts from there. */
  const tierEnd = new Map<string, number>()
  for (const record of readFacts(from, 'prices/extras.csv')) {
    const category = mapped(record, 'category', CATEGORY)
    if (category === undefined) continue
    const item = record.cells['item']!
    const key = [record.cells['provider'], category, item].join('\t')
    const add = (upToGb: number | undefined, usdPerGb: number): void => {
      const unverified = record.cells['note'] === 'UNVERIFIED'
      const standing = unverified ? 'recalled' : /^derived/.test(record.cells['note']!) ? 'derived' : standingOfText(record.cells['source']!)
      rows.push([
        record.cells['provider'], category, item, record.cells['region'], upToGb, usdPerGb, category === 'egress' || category === 'inter-region' ? 'once' : 'month',
        sources.sourceIdFor(record.cells['source']!), dateOf(record), standing,
      ])
    }
    const tier = tierOf(record, tierEnd.get(key) ?? 0)
    if (tier.freeGb !== undefined) add(tier.freeGb, 0)
    if (tier.upToGb !== undefined) tierEnd.set(key, tier.upToGb)
    add(tier.upToGb, Number((numberOf(record, 'price_usd')! / mapped(record, 'unit', GB_PER_UNIT)).toPrecision(6)))
  }
  // Stable: within a provider and category the facts name the standard class first.
  rows.sort((a, b) => byText(String(a[0]), String(b[0])) || byText(String(a[1]), String(b[1])))
  writeFileSync(join(to, 'extras.csv'), writeCsv(EXTRA_COLUMNS, rows))
}

/** "first 10 TB/month (100 GB free)", "next 40 TB", "1-10 TiB", "over 150 TB/month", "all". */
function tierOf(record: CsvRecord, startGb: number): {readonly upToGb: number | undefined; readonly freeGb: number | undefined} {
  const text = record.cells['tier']!
  const free = /\((\d+) GB free\)/.exec(text)?.[1]
  const freeGb = free === undefined ? undefined : Number(free)
  const round = (gb: number): number => Number(gb.toPrecision(8))
  const first = /^first (\d+) (TB|TiB)/.exec(text)
  if (first) return {upToGb: round(Number(first[1]) * GB_PER[first[2]!]!), freeGb}
  const next = /^next (\d+) (TB|TiB)/.exec(text)
  if (next) return {upToGb: round(startGb + Number(next[1]) * GB_PER[next[2]!]!), freeGb}
  const range = /^\d+-(\d+) (TB|TiB)/.exec(text)
  if (range) return {upToGb: round(Number(range[1]) * GB_PER[range[2]!]!), freeGb}
  if (text === '' || text === 'all' || /^over /.test(text)) return {upToGb: undefined, freeGb}
  throw new Error(`${record.file}:${record.line} — tier "${text}" is not understood`)
}

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {createHash} from 'node:crypto'
import {writeCsv} from '../../src/catalog/csv.ts'
import type {Source, Standing} from '../../src/catalog/schema.ts'
import {licences} from './licences.ts'

/** Registers the free-text sources of the facts and gives each a short, stable id. One per run; written to data/sources.csv at the end. */
export interface SourceRegistry {
  /** The id of a free-text source; the same text gives the same id in every run, whatever the order. */
  sourceIdFor(sourceText: string): string
  /** How the facts behind this text came to us. */
  standingFor(sourceText: string): Standing
  /** All registered rows, sorted by id. */
  rows(): readonly Source[]
}

const RECALLED = /^assumption|general knowledge|datasheet \(unverified here\)|from memory|unverified|remembered|project facts/i

export function standingOfText(text: string): Standing {
  if (/^derived|^derived estimate|; derived:/i.test(text)) return 'derived'
  if (/^modell?ed/i.test(text)) return 'modelled'
  return text === '' || RECALLED.test(text) ? 'recalled' : 'read'
}

export function createSourceRegistry(): SourceRegistry {
  const byId = new Map<string, Source>()
  const idByText = new Map<string, string>()
  return {
    standingFor: standingOfText,
    sourceIdFor(sourceText) {
      const text = sourceText.trim().replaceAll(/\s+/g, ' ') || 'general knowledge (unverified)'
      const known = idByText.get(text)
      if (known !== undefined) return known
      const id = `${slug(text)}-${fingerprint(text)}`
      const clash = byId.get(id)
      if (clash !== undefined) throw new Error(`two sources share the id ${id}: "${clash.title}" and "${text}"`)
      const address = addressOf(text)
      byId.set(id, {id, title: text, address, licence: licences[address] ?? '', standing: standingOfText(text)})
      idByText.set(text, id)
      return id
    },
    rows: () => [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

/** Five letters and digits that depend on the text alone: 60 million values, and a clash stops the import. */
function fingerprint(text: string): string {
  return (createHash('sha256').update(text).digest().readUInt32BE() % 36 ** 5).toString(36).padStart(5, '0')
}

export function writeSources(sources: SourceRegistry, to: string): void {
  const rows = sources.rows().map((source) => [source.id, source.title, source.address, source.licence, source.standing])
  writeFileSync(join(to, 'sources.csv'), writeCsv(['id', 'title', 'address', 'licence', 'standing'], rows))
}

/** data/SOURCES.md: whom the figures come from, by address, with the licence where one was read. */
export function writeSourcesDocument(sources: SourceRegistry, to: string): void {
  const titles: Readonly<Record<Standing, string>> = {
    read: 'Read in a document or a repository',
    recalled: 'Recalled: general knowledge, not confirmed by anything read',
    derived: 'Derived: sums and ratios of other rows',
    modelled: 'Modelled',
  }
  const lines = [
    '# Sources of the figures in this folder',
    '',
    'Made by `scripts/import-facts.ts`; every row of the data names one of these by its id (`sources.csv`). Figures, names and dates are facts taken from',
    'the places below; their texts and code are not part of this project. Thanks to all who publish them.',
    'A licence is named where the source\'s own licence file was read; the others are not stated here, which says nothing about what they are.',
  ]
  for (const standing of ['read', 'derived', 'modelled', 'recalled'] as const) {
    const own = sources.rows().filter((source) => source.standing === standing)
    if (own.length === 0) continue
    lines.push('', `## ${titles[standing]}`, '')
    const byAddress = Map.groupBy(own, (source) => source.address || source.title)
    for (const address of [...byAddress.keys()].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))) {
      const group = byAddress.get(address)!
      const licence = group[0]!.licence === '' ? '' : `, ${group[0]!.licence}`
      const shown = address.startsWith('http') ? `<${address}>` : address
      lines.push(`- ${shown}${licence}${group.length > 1 ? ` (${group.length} places)` : ''}`)
    }
  }
  writeFileSync(join(to, 'SOURCES.md'), `${lines.join('\n')}\n`)
}

const REPOSITORY = /(?:github(?:\.com)?[ /:])?\b([A-Za-z0-9][A-Za-z0-9-]+)\/([A-Za-z0-9][A-Za-z0-9._-]+)/

/** The first address in the text: a URL, a GitHub repository or a host name; empty where there is none. */
function addressOf(text: string): string {
  const url = /https?:\/\/[^\s;,)"]+/.exec(text)?.[0]
  if (url !== undefined) return url
  const repository = /\bgithub(?:\.com)?[ /:]+([A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9][A-Za-z0-9._-]*)/.exec(text)?.[1]
  if (repository !== undefined) return `https://github.com/${repository}`
  const leading = /^([A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9][A-Za-z0-9._-]*)(?: |;|$)/.exec(text)?.[1]
  if (leading !== undefined) return `https://github.com/${leading}`
  const host = /\b((?:[a-z0-9-]+\.)+(?:com|org|net|io|ai|dev|info|eu|gov|de|google)(?:\/[A-Za-z0-9._~/-]*)?)/.exec(text)?.[1]
  return host === undefined ? '' : `https://${host.replace(/[./]+$/, '')}`
}

/** A speaking start for the id: the repository or host where there is one, else the first words. */
function slug(text: string): string {
  const lead = /^(derived|modelled|host)\b/.exec(text)?.[1]
  const repository = REPOSITORY.exec(text)
  const words = repository !== null && /github|^[\w-]+\/[\w.-]+ /.test(text) ? repository[2]! : text.replace(/https?:\/\/(www\.)?/, '')
  const clean = `${lead === undefined || words.startsWith(lead) ? '' : `${lead}-`}${words}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replace(/^-+/, '')
  return clean.slice(0, 28).replace(/-[^-]*$/, (tail) => (clean.length > 28 && tail.length < 12 ? '' : tail)).replace(/-+$/, '') || 'source'
}

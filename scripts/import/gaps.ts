import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv} from '../../src/catalog/csv.ts'
import {byText} from './facts.ts'

/** Something the catalog does not have, and why: prices left out and prices nobody could read. */
export interface Gap {
  readonly provider: string
  readonly subject: string
  readonly reason: string
}

export const GAP_COLUMNS = ['provider', 'subject', 'rows', 'reason'] as const

const PROVIDERS: readonly [RegExp, string][] = [
  [/^AWS|^p6e-gb200|^SageMaker/, 'aws'], [/^Azure/, 'azure'], [/^GCP|^Vertex/, 'gcp'], [/^Lambda/, 'lambda'], [/^CoreWeave/, 'coreweave'],
]

/** Rows left out by the import, counted, and the list of what is missing from the facts themselves (feeds.md, "Missing"). */
export function writeGaps(from: string, to: string, gaps: readonly Gap[]): void {
  const counted = Map.groupBy(gaps, (gap) => [gap.provider, gap.subject, gap.reason].join('\t'))
  const rows = [...counted].map(([key, group]) => {
    const [provider, subject, reason] = key.split('\t') as [string, string, string]
    return [provider, subject, String(group.length), reason]
  })
  const missing = /## Missing\n+([\s\S]*?)(?:\n\n|\n*$)/.exec(readFileSync(join(from, 'feeds.md'), 'utf8'))?.[1] ?? ''
  for (const item of missing.replaceAll(/\s+/g, ' ').replace(/\.$/, '').split('; ')) {
    const provider = PROVIDERS.find(([pattern]) => pattern.test(item))?.[1] ?? '*'
    rows.push([provider, item, '', 'not in the facts'])
  }
  rows.sort((a, b) => byText(a[0]!, b[0]!) || byText(a[1]!, b[1]!) || byText(a[3]!, b[3]!))
  writeFileSync(join(to, 'gaps.csv'), writeCsv(GAP_COLUMNS, rows))
}

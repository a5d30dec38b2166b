import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {coverage} from '../../src/catalog/coverage.ts'
import {parseCsv} from '../../src/catalog/csv.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {DATA_FILES} from './data-files.ts'
import {markdownTable, thousands} from './markdown.ts'

/** "Today" of everything that is shown in the documentation. */
const AS_OF = '2026-11-21'

/** What a person sees who follows the README: run for real, at 80 columns. */
export function planOutput(root: string): string {
  const workload = 'examples/chat-70b.yaml'
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RIGOR_')))
  const {status, stdout, stderr} = spawnSync(process.execPath, [path.join(root, 'bin', 'dev.js'), 'plan', workload], {
    cwd: root,
    encoding: 'utf8',
    env: {...inherited, COLUMNS: '80', NO_COLOR: '1', RIGOR_AS_OF: AS_OF, RIGOR_OFFLINE: '1', RIGOR_HOME: path.join(tmpdir(), 'rigor-docs')},
  })
  if (status !== 0) throw new Error(`rigor plan ${workload} ended with ${status}:\n${stderr}`)
  return `\`\`\`console\n$ npm -s start -- plan ${workload}\n${stdout.trimEnd()}\n\`\`\``
}

/** What `rigor catalog sources` says, without the ages, which depend on the day. */
export async function coverageTable(root: string): Promise<string> {
  const snapshot = await openSnapshot({packageRoot: root})
  const {providers} = coverage(snapshot)
  const rows = providers
    .toSorted((a, b) => b.offers - a.offers)
    .map((each) => [
      each.provider, thousands(each.offers), thousands(each.flaggedOffers), thousands(each.machines), thousands(each.machinesWithoutPrice), String(each.regions),
      each.purchases.join(', '), each.oldest ?? '', each.newest ?? '',
    ])
  const counts = [
    [snapshot.accelerators.length, 'accelerators'], [snapshot.machines.length, 'machines'], [snapshot.offerCount, 'offers'], [snapshot.models.length, 'language models'],
    [snapshot.rigs.length, 'rigs'], [snapshot.software.length, 'rows of software support'], [snapshot.sources.length, 'sources'],
  ] as const
  return `${markdownTable(['provider', 'offers', 'may not win', 'machines', 'without price', 'regions', 'bought as', 'oldest price', 'newest price'], rows, [1, 2, 3, 4, 5])}\n\nIn all ${counts.map(([count, what]) => `${thousands(count)} ${what}`).join(', ')}.`
}

/** Every file of data/ with its rows and columns; a file that nobody described is an error. */
export function fileTables(root: string): string {
  const present = fs.globSync('**/*.{csv,yaml,json,md}', {cwd: path.join(root, 'data')}).map((file) => file.split(path.sep).join('/')).sort()
  const described = new Set<string>()
  const sections = DATA_FILES.map(({pattern, title, text, columns: notes}) => {
    const files = present.filter((file) => path.matchesGlob(file, pattern))
    for (const file of files) described.add(file)
    if (files.length === 0) throw new Error(`scripts/docs/data-files.ts describes ${pattern}, and there is none`)
    const csv = files.filter((file) => file.endsWith('.csv')).map((file) => ({file, lines: linesOf(path.join(root, 'data', file))}))
    const rows = csv.reduce((sum, {lines}) => sum + lines.length - 1, 0)
    const counts = [...(files.length > 1 ? [`${files.length} files`] : []), ...(csv.length > 0 ? [`${thousands(rows)} rows`] : [])]
    const counted = counts.length === 0 ? '' : `${counts.join(', ')}. `
    const header = csv[0]?.lines[0]?.split(',') ?? []
    const known = Object.entries(notes ?? {})
    const unknown = known.find(([column]) => !header.includes(column))
    if (unknown !== undefined) throw new Error(`scripts/docs/data-files.ts explains the column ${unknown[0]} of ${pattern}, which has none`)
    const columns = header.length === 0 ? '' : `\n\nColumns: ${header.map((column) => `\`${column}\``).join(', ')}.`
    const explained = known.length === 0 ? '' : `\n\n${known.map(([column, note]) => `- \`${column}\`: ${note}`).join('\n')}`
    return `### ${title}\n\n\`data/${pattern}\` — ${counted}${text}${columns}${explained}`
  })
  const left = present.filter((file) => !described.has(file))
  if (left.length > 0) throw new Error(`scripts/docs/data-files.ts does not describe ${left.join(', ')}`)
  return sections.join('\n\n')
}

function linesOf(file: string): readonly string[] {
  return parseLines(fs.readFileSync(file, 'utf8'))
}

/** Lines of a CSV file; one that a quoted cell runs over counts as one. */
function parseLines(text: string): readonly string[] {
  const lines: string[] = []
  let pending = ''
  for (const line of text.trimEnd().split('\n')) {
    pending = pending === '' ? line : `${pending}\n${line}`
    if ((pending.match(/"/g)?.length ?? 0) % 2 === 0) {
      lines.push(pending)
      pending = ''
    }
  }
  return lines
}

/** data/gaps.csv: what the catalog does not have, and why. */
export function gapTable(root: string): string {
  const file = path.join(root, 'data', 'gaps.csv')
  const rows = parseCsv(fs.readFileSync(file, 'utf8'), 'gaps.csv').map(({cells}) => [cells['provider'] === '*' ? 'all' : (cells['provider'] ?? ''), cells['subject'] ?? '', cells['rows'] ?? '', cells['reason'] ?? ''])
  return markdownTable(['provider', 'what', 'prices left out', 'why'], rows, [2])
}

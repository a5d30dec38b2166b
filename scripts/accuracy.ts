/**
 * How far the estimates are from the published measurements: `node scripts/accuracy.ts [FILE.csv …]` (default: data/measured), one line per
 * kind, metric, source and accelerator. `--rows` prints every row.
 */
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseCsv} from '../src/catalog/csv.ts'
import {createPlanningFacts} from '../src/planner/facts.ts'
import {openSnapshot} from '../src/store/snapshot.ts'
import {scoreRows} from '../src/accuracy/readers.ts'
import {absoluteError, summarize, summarizeBy, type AccuracySummary, type ScoredRow} from '../src/accuracy/score.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`).padStart(8)

function print(title: string, summaries: readonly AccuracySummary[]): void {
  process.stdout.write(`\n${title.padEnd(58)} rows answered    MdAPE    order  p10–p90\n`)
  for (const {group, rows, answered, medianAbsolutePercentageError, orderShare, intervalShare} of summaries) {
    process.stdout.write(`${group.slice(0, 57).padEnd(57)} ${String(rows).padStart(5)} ${String(answered).padStart(8)} ${share(medianAbsolutePercentageError)} ${share(orderShare)} ${share(intervalShare)}\n`)
  }
}

const family = ({metric}: ScoredRow): string => (metric.startsWith('ttft') ? 'time to first token' : /^(?:tpot|itl)/.test(metric) ? 'time per output token' : /memory|fits/.test(metric) ? 'memory' : 'throughput')

async function main(): Promise<void> {
  const snapshot = await openSnapshot({packageRoot: root})
  const files = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
  const folder = path.join(root, 'data/measured')
  const paths = files.length > 0 ? files : fs.readdirSync(folder).filter(name => name.endsWith('.csv')).sort().map(name => path.join(folder, name))
  const rows = paths.flatMap(file => parseCsv(fs.readFileSync(file, 'utf8'), file).map(({cells}) => cells))
  const scored = scoreRows(rows, createPlanningFacts(snapshot), snapshot.accelerators).filter(({prediction}) => prediction.status !== 'out_of_scope' || files.length > 0)
  print('kind', summarizeBy(scored, ({kind}) => kind))
  print('kind and figure', summarizeBy(scored, row => `${row.kind}: ${family(row)}`))
  print('kind, source and metric', summarizeBy(scored, ({kind, source, metric}) => `${kind}: ${source} ${metric}`))
  print('kind and accelerator', summarizeBy(scored, ({kind, accelerator}) => `${kind}: ${accelerator}`))
  print('all', [summarize('all', scored)])
  if (process.argv.includes('--rows')) {
    for (const row of scored) {
      const answer = row.prediction.status === 'answered' ? `${row.prediction.interval.p50.toPrecision(4)} (${((absoluteError(row) ?? 0) * 100).toFixed(0)} %)` : `${row.prediction.status}: ${row.prediction.reason}`
      process.stdout.write(`${row.id} ${row.metric} ${row.measured} ${row.unit} → ${answer}\n`)
    }
  }
}

await main()

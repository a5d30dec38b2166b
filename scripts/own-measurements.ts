/**
 * How well own measurements would pull, by what others published: rows of one source stand for what one user measures, and each
 * row is predicted from up to COUNT others of its source, as `src/planner/posterior.ts` does it: `node scripts/own-measurements.ts`.
 * `--fit` prints the correlations that predict best, by kind and over all; they are not written anywhere.
 */
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {readerOf} from '../src/accuracy/readers.ts'
import {settingOf} from '../src/accuracy/setting.ts'
import {parseMeasurements} from '../src/catalog/parse/measured.ts'
import {Z90} from '../src/performance/interval.ts'
import {createPlanningFacts} from '../src/planner/facts.ts'
import {CORRELATION, createPosterior, REPEAT_RUN_SIGMA_LOG, type Correlations, type Observation} from '../src/planner/posterior.ts'
import {openSnapshot} from '../src/store/snapshot.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

const COUNTS = [1, 3, 10]
const MOST_ROWS_OF_A_SOURCE = 60

interface Row extends Observation {
  readonly group: string
  readonly kind: string
}

/** Rates and durations of whole runs; latencies and memory follow other errors. */
const IS_DURATION = /^(?:time|iteration|gpu_hours)/
const IS_OTHER = /memory|fits|ttft|tpot|itl|watts|joules|energy/

async function readRows(): Promise<readonly Row[]> {
  const snapshot = await openSnapshot({packageRoot: root})
  const facts = createPlanningFacts(snapshot)
  const folder = path.join(root, 'data/measured')
  const measurements = fs.readdirSync(folder).filter(name => name.endsWith('.csv')).sort().flatMap(file => parseMeasurements(fs.readFileSync(path.join(folder, file), 'utf8'), file))
  return measurements.flatMap(measurement => {
    const {metric, source, value = 0} = measurement
    const reader = readerOf(measurement.kind)
    if (reader === undefined || IS_OTHER.test(metric) || !(value > 0)) return []
    const setting = settingOf(measurement)
    const prediction = reader.predict(setting, facts, snapshot.accelerators)
    if (prediction.status !== 'answered' || !(prediction.interval.p50 > 0)) return []
    const accelerator = snapshot.accelerators.find(({id}) => id === prediction.acceleratorId)
    const {p10, p50, p90} = prediction.interval
    const {accelerators: total = 1, nodes = 1} = setting
    return [{
      kind: reader.kind,
      group: `${reader.kind} ${source}`,
      offset: Math.log(value / p50) * (IS_DURATION.test(metric) ? -1 : 1),
      sigmaLog: Math.max(REPEAT_RUN_SIGMA_LOG, Math.log(p90 / p10) / (2 * Z90)),
      spot: {
        acceleratorId: accelerator?.id ?? setting.accelerator,
        architecture: accelerator?.architecture ?? setting.accelerator,
        acceleratorsPerNode: total / nodes,
        nodes: reader.kind.includes('inference') ? 1 : nodes,
        model: setting.model,
        work: [setting.inputTokens, setting.outputTokens, setting.concurrency, setting.sequenceLength, setting.globalBatch].join(' '),
        runtime: setting.framework,
        precision: setting.precision,
        tp: setting.tp ?? 1,
        pp: setting.pp ?? 1,
        dp: setting.dp ?? 1,
        batch: (setting.concurrency ?? setting.globalBatch ?? 1) / (setting.dp ?? 1),
      },
    }]
  })
}

/** The same choice every time, and no two rows next to each other: a multiplicative step through the list. */
function chosen<T>(list: readonly T[], count: number, seed: number): T[] {
  const step = Math.max(1, Math.floor(list.length * 0.618))
  const picked = new Set<T>()
  for (let index = 0; picked.size < Math.min(count, list.length) && index < 10 * list.length; index++) picked.add(list[(seed * 7 + index * step + Math.floor((index * step) / list.length)) % list.length]!)
  return [...picked]
}

const SETS: readonly {readonly title: string; readonly of: (row: Row, other: Row) => boolean}[] = [
  {title: 'same accelerator and model', of: ({spot: a}, {spot: b}) => a.acceleratorId === b.acceleratorId && a.model === b.model},
  {title: 'same accelerator, other model', of: ({spot: a}, {spot: b}) => a.acceleratorId === b.acceleratorId && a.model !== b.model},
  {title: 'other accelerator of the architecture', of: ({spot: a}, {spot: b}) => a.acceleratorId !== b.acceleratorId && a.architecture === b.architecture},
  {title: 'any row of the source', of: () => true},
]

// ---- fitting

/** What each correlation is tried at. */
const GRID: Readonly<Record<keyof Correlations, readonly number[]>> = {
  sameArchitecture: [0.7, 0.5, 0.35, 0.2, 0.1],
  elsewhere: [0.3, 0.2, 0.1, 0.05, 0],
  perDoubling: [1, 0.95, 0.9, 0.8, 0.7],
  otherModel: [0.9, 0.8, 0.7, 0.5, 0.35, 0.2],
  otherWork: [0.95, 0.9, 0.8, 0.7, 0.6, 0.5],
  otherRuntime: [0.95, 0.9, 0.8, 0.6, 0.4],
  otherPrecision: [1, 0.95, 0.9, 0.8, 0.6],
  perReplicaDoubling: [1, 0.95, 0.9, 0.8, 0.7],
  perBatchDoubling: [1, 0.98, 0.95, 0.9, 0.8],
}
const ROUNDS = 2
/** Degrees of freedom of the t distribution that predictions are scored by: errors have heavier tails than a Gaussian. */
const TAIL = 4

interface Case {
  readonly row: Row
  readonly others: readonly Row[]
  /** A source with many rows counts for the root of their number. */
  readonly weight: number
}

/** Each row with one other of its source, with four, and with two of its own accelerator and model. */
function casesOf(groups: readonly (readonly Row[])[]): readonly Case[] {
  return groups.flatMap(list => {
    const picked = chosen(list, 40, 3)
    return picked.flatMap((row, index) => {
      const pool = list.filter(other => other !== row)
      const near = pool.filter(({spot}) => spot.acceleratorId === row.spot.acceleratorId && spot.model === row.spot.model)
      return [chosen(pool, 1, index), chosen(pool, 4, index), ...(near.length === 0 ? [] : [chosen(near, 2, index)])].map(others => ({row, others, weight: 1 / Math.sqrt(picked.length)}))
    })
  })
}

/** Mean log density of what was measured, constants left out. */
function likelihood(cases: readonly Case[], by: Correlations): number {
  let total = 0
  let weights = 0
  for (const {row, others, weight} of cases) {
    const belief = createPosterior(others, by).at(row.spot)
    const sigma = Math.max(REPEAT_RUN_SIGMA_LOG, row.sigmaLog * (belief?.spreadShare ?? 1))
    const z = (row.offset - row.sigmaLog * (belief?.offsetPerSigma ?? 0)) / sigma
    total += weight * (-Math.log(sigma) - ((TAIL + 1) / 2) * Math.log(1 + (z * z) / TAIL))
    weights += weight
  }
  return total / weights
}

function fit(cases: readonly Case[]): Correlations {
  let best: Correlations = CORRELATION
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, values] of Object.entries(GRID) as [keyof Correlations, readonly number[]][]) {
      for (const value of values) {
        const tried = {...best, [name]: value}
        if (likelihood(cases, tried) > likelihood(cases, best)) best = tried
      }
    }
  }
  return best
}

function printFit(groups: readonly (readonly Row[])[]): void {
  const cases = casesOf(groups)
  for (const [kind, of] of [['all', cases] as const, ...Map.groupBy(cases, ({row}) => row.kind)]) {
    const fitted = fit(of)
    process.stdout.write(`${kind}: ${likelihood(of, CORRELATION).toFixed(3)} as they are, ${likelihood(of, fitted).toFixed(3)} with ${JSON.stringify(fitted)}\n`)
  }
}

async function main(): Promise<void> {
  const rows = await readRows()
  const groups = [...Map.groupBy(rows, row => row.group).values()].filter(list => list.length > 2)
  if (process.argv.includes('--fit')) {
    printFit(groups)
    return
  }
  const print = (cells: readonly string[]): boolean => process.stdout.write(`${cells.map((cell, index) => (index < 2 ? cell.padEnd([38, 18][index]!) : cell.padStart(10))).join('')}\n`)
  print(['measured', 'kind', 'how many', 'rows', 'MdAPE', 'then', 'inside', 'then'])
  for (const {title, of} of SETS) {
    for (const count of COUNTS) {
      const results = new Map<string, {before: number[]; after: number[]; insideBefore: number; insideAfter: number}>()
      for (const list of groups) {
        for (const [index, row] of chosen(list, MOST_ROWS_OF_A_SOURCE, 1).entries()) {
          const others = list.filter(other => other !== row && of(row, other))
          if (others.length === 0) continue
          const belief = createPosterior(chosen(others, count, index)).at(row.spot)
          const shift = row.sigmaLog * (belief?.offsetPerSigma ?? 0)
          const sigma = Math.max(REPEAT_RUN_SIGMA_LOG, row.sigmaLog * (belief?.spreadShare ?? 1))
          const result = results.get(row.kind) ?? {before: [], after: [], insideBefore: 0, insideAfter: 0}
          results.set(row.kind, result)
          result.before.push(Math.abs(Math.exp(-row.offset) - 1))
          result.after.push(Math.abs(Math.exp(shift - row.offset) - 1))
          if (Math.abs(row.offset) <= Z90 * row.sigmaLog) result.insideBefore++
          if (Math.abs(row.offset - shift) <= Z90 * sigma) result.insideAfter++
        }
      }
      const percent = (share: number | null): string => `${(100 * (share ?? Number.NaN)).toFixed(1)} %`
      for (const [kind, {before, after, insideBefore, insideAfter}] of results) {
        print([title, kind, String(count), String(before.length), percent(median(before)), percent(median(after)), percent(insideBefore / before.length), percent(insideAfter / after.length)])
      }
    }
  }
}

await main()

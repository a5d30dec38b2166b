/**
 * Fits how an accelerator's draw follows its load to published measurements: `node scripts/calibrate/power.ts [--write]`.
 * Reads data/measured/energy.csv (serving, accelerators only) and data/servers.csv; prints the fit and its errors, and with
 * `--write` replaces the `power` rows of data/calibration.csv. Form and result: docs/models/power.md.
 */
import {readFileSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {parseCsv, writeCsv, type CsvCell} from '../../src/catalog/csv.ts'
import {bareHardware} from '../../src/catalog/hardware.ts'
import {matchAccelerator} from '../../src/accuracy/accelerator-label.ts'
import {RigorError} from '../../src/errors.ts'
import type {Load} from '../../src/performance/types.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {acceleratorLoadShare} from '../../src/power/estimate.ts'
import {POWER_KIND, usualIdleShare} from '../../src/power/model.ts'
import type {PowerCoefficients} from '../../src/power/types.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {llmInference} from '../../src/workload/llm-inference/index.ts'
import {InferenceSpec} from '../../src/workload/llm-inference/schema.ts'

const {values: flags} = parseArgs({options: {write: {type: 'boolean', default: false}, rows: {type: 'boolean', default: false}}})
const root = resolve(import.meta.dirname, '../..')
const snapshot = await openSnapshot({packageRoot: root})
const facts = createPlanningFacts(snapshot)

/** Prompt lengths of the benchmark's data sets; the rows do not state them. An assumption: they move the shares of long answers little. */
const PROMPT_TOKENS: Readonly<Record<string, number>> = {'lm-arena-chat': 150, gpqa: 300, 'sourcegraph-fim': 500}
const PRECISIONS: Readonly<Record<string, string>> = {bfloat16: 'bf16', fp8: 'fp8', mxfp4: 'mxfp4'}
/** The publication's names that the catalog has under another one. */
const MODEL_NAMES: readonly (readonly [RegExp, string])[] = [
  [/-FP8$/, ''],
  [/DeepSeek-V3\.1$/, 'DeepSeek-V3'],
  [/DeepSeek-R1-0528$/, 'DeepSeek-R1'],
  [/-(?:Instruct|Thinking)-2507$/, ''],
]

interface Sample {
  readonly id: string
  readonly architecture: string
  readonly idleWatts: number
  readonly maximumWatts: number
  readonly wattsPerAccelerator: number
  readonly sourceId: string
  readonly asOf: string
  /** As predicted, and the same scaled to the throughput that was measured. */
  readonly predicted: Load
  readonly measured: Load
}

const rows = parseCsv(readFileSync(join(root, 'data/measured/energy.csv'), 'utf8'), 'energy.csv').map(record => record.cells)
const joules = new Map(rows.filter(row => row['metric'] === 'joules_per_token').map(row => [row['id']!.replace(/--joules-per-token$/, ''), Number(row['value'])]))

const leftOut = new Map<string, number>()
function leaveOut(why: string): undefined {
  leftOut.set(why, (leftOut.get(why) ?? 0) + 1)
}

function sampleOf(row: Readonly<Record<string, string>>): Sample | undefined {
  const id = row['id']!.replace(/--watts$/, '')
  const joulesPerToken = joules.get(id)
  const accelerator = matchAccelerator(row['accelerator']!, snapshot.accelerators)
  const precision = PRECISIONS[row['precision']!]
  const batch = Number(/measured mean batch ([\d.]+)/.exec(row['notes']!)?.[1])
  if (joulesPerToken === undefined || accelerator === undefined || precision === undefined || !(batch > 0)) return leaveOut('incomplete row')
  const maximumWatts = accelerator.powerWatts
  const idleShare = usualIdleShare(snapshot.accelerators, accelerator.vendor)
  if (maximumWatts === undefined || idleShare === null) return leaveOut('power not known')
  const name = MODEL_NAMES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), row['model']!)
  const [count, tp, ep] = [Number(row['accelerators']), Number(row['tp'] || 1), Number(row['ep'] || 1)]
  const watts = Number(row['value'])
  try {
    const spec = InferenceSpec.parse({
      kind: 'llm-inference',
      model: name,
      precision,
      traffic: {
        inputTokens: PROMPT_TOKENS[row['dataset']!] ?? 300,
        outputTokens: Math.round(Number(row['output_len'])),
        concurrency: Math.max(1, Math.round(batch)),
      },
      replicas: count / tp,
      configuration: {runtime: 'vllm', tp, pp: 1, ep},
      slo: {ttft: '10000 s', tpot: '1000 s'},
    })
    const demand = llmInference.demand(spec, facts)
    const result = llmInference.perform(demand, bareHardware(accelerator, count, 1), {...demand.configuration, precision, dp: count / tp}, facts)
    if (!result.feasible) return leaveOut(`${result.refusal.reason}: ${result.refusal.detail}`)
    const {load, throughput} = result.performance
    const ratio = watts / joulesPerToken / (throughput.value?.p50 ?? Number.NaN)
    const cap = (share: number): number => Math.min(1, share * ratio)
    return {
      id,
      architecture: accelerator.architecture,
      idleWatts: accelerator.idleWatts ?? maximumWatts * idleShare,
      maximumWatts,
      wattsPerAccelerator: watts / count,
      sourceId: row['source']!,
      asOf: `${row['date']!}-01`.slice(0, 10),
      predicted: load,
      measured: {computeShare: cap(load.computeShare), memoryShare: cap(load.memoryShare), linkShare: cap(load.linkShare), hostShare: load.hostShare},
    }
  } catch (error) {
    if (error instanceof RigorError) return leaveOut(`${error.code} ${row['model']}`)
    throw error
  }
}

const samples = rows.filter(row => row['metric'] === 'watts' && row['kind'] === 'llm_inference').flatMap(row => sampleOf(row) ?? [])

type Weights = readonly [floor: number, compute: number, memory: number, link: number]
const coefficientsOf = ([floor, computeWeight, memoryWeight, linkWeight]: Weights): PowerCoefficients => ({
  floor, computeWeight, memoryWeight, linkWeight, sigmaLog: 0, basis: 'calibrated',
})
const lnError = (sample: Sample, load: Load, weights: Weights): number =>
  Math.log((sample.idleWatts + (sample.maximumWatts - sample.idleWatts) * acceleratorLoadShare(load, coefficientsOf(weights))) / sample.wattsPerAccelerator)

/** Pattern search over non-negative weights: halves its steps until they are too small to matter. Deterministic. */
function fit(chosen: readonly Sample[]): Weights {
  // |error| counts linearly beyond 0.3, so that a few odd rows (idle gaps, another clock) do not bend the fit.
  const cost = (weights: Weights): number =>
    chosen.reduce((total, sample) => {
      const size = Math.abs(lnError(sample, sample.measured, weights))
      return total + (size < 0.3 ? size ** 2 : 0.6 * size - 0.09)
    }, 0)
  let best: Weights = [0.7, 2, 0.3, 0.3]
  let bestCost = cost(best)
  for (let step = 1; step > 1e-4; ) {
    let improved = false
    for (const position of [0, 1, 2, 3] as const) {
      for (const direction of [1, -1]) {
        const next = best.with(position, Math.max(0, best[position] + direction * step)) as unknown as Weights
        const nextCost = cost(next)
        if (nextCost < bestCost - 1e-12) [best, bestCost, improved] = [next, nextCost, true]
      }
    }
    if (!improved) step /= 2
  }
  return best
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
const rootMeanSquare = (numbers: readonly number[]): number => Math.sqrt(numbers.reduce((total, each) => total + each ** 2, 0) / numbers.length)
const four = (value: number): number => Number(value.toPrecision(4))

const MINIMUM_ROWS = 20
const table: CsvCell[][] = []
const newest = samples.map(sample => sample.asOf).toSorted().at(-1) ?? ''
const sourceId = samples[0]?.sourceId ?? ''
const architectures = [...new Set(samples.map(sample => sample.architecture))].toSorted()
for (const architecture of [...architectures, '*']) {
  const chosen = architecture === '*' ? samples : samples.filter(sample => sample.architecture === architecture)
  if (chosen.length < MINIMUM_ROWS) continue
  const weights = fit(chosen)
  const own = chosen.map(sample => lnError(sample, sample.measured, weights))
  const endToEnd = chosen.map(sample => lnError(sample, sample.predicted, weights))
  // Over all architectures the fit stands in for ones that nobody measured: the spread between those that were is added.
  const sigmaLog = four(rootMeanSquare(endToEnd) * (architecture === '*' ? Math.SQRT2 : 1))
  console.log(
    `${architecture.padEnd(22)} ${chosen.length} rows  floor ${four(weights[0])}, compute ${four(weights[1])}, memory ${four(weights[2])}, link ${four(weights[3])}`,
    ` measured loads: σ ${four(rootMeanSquare(own))}, MdAPE ${(median(own.map(error => Math.abs(Math.expm1(error)))) * 100).toFixed(1)} %`,
    ` predicted loads: σ ${four(rootMeanSquare(endToEnd))}, MdAPE ${(median(endToEnd.map(error => Math.abs(Math.expm1(error)))) * 100).toFixed(1)} %`,
  )
  const quantities = ['floor', 'compute-weight', 'memory-weight', 'link-weight'] as const
  for (const [index, quantity] of quantities.entries()) {
    table.push([POWER_KIND, quantity, architecture, '*', four(weights[index]!), sigmaLog, chosen.length, sourceId, newest, 'modelled'])
  }
  if (flags.rows) {
    for (const sample of chosen) {
      if (architecture === '*') break
      const {computeShare, memoryShare, linkShare} = sample.measured
      const shares = [computeShare, memoryShare, linkShare].map(share => share.toFixed(3)).join(' ')
      console.log(`  ${sample.id.slice(5).padEnd(62)} ${shares}  ${sample.wattsPerAccelerator.toFixed(0).padStart(5)} W, ${(Math.expm1(lnError(sample, sample.measured, weights)) * 100).toFixed(0)} % / ${(Math.expm1(lnError(sample, sample.predicted, weights)) * 100).toFixed(0)} %`)
    }
  }
}

/** Host watts per accelerator behind the supplies, from the reference server of each class: what is left after the accelerators. */
const servers = parseCsv(readFileSync(join(root, 'data/servers.csv'), 'utf8'), 'servers.csv').map(record => record.cells)
const efficiency = snapshot.facility['psu_titanium_efficiency_50pct'] ?? 1
for (const [hostClass, serverId, acceleratorId] of [['board', 'dgx-h100', 'h100-sxm-80gb'], ['card', 'rig-10x-h100-pcie', 'h100-pcie-80gb']] as const) {
  const server = servers.find(row => row['id'] === serverId)
  const accelerator = facts.accelerator(acceleratorId)
  if (server === undefined || accelerator?.powerWatts === undefined || accelerator.idleWatts === undefined) throw new Error(`${serverId}: the reference server is incomplete`)
  const count = Number(server['acceleratorCount'])
  const underLoad = Number(server['measuredMaximumWatts']) || count * accelerator.powerWatts + Number(server['hostWattsUnderLoad'])
  const idle = (Number(server['idleWatts']) * efficiency) / count - accelerator.idleWatts
  const maximum = (underLoad * efficiency) / count - accelerator.powerWatts
  console.log(`host of a ${hostClass} (${serverId}): ${four(idle)}–${four(maximum)} W per accelerator`)
  table.push([POWER_KIND, 'host-idle-watts', '*', hostClass, four(idle), undefined, 0, server['sourceId'], server['asOf'], 'derived'])
  table.push([POWER_KIND, 'host-maximum-watts', '*', hostClass, four(maximum), undefined, 0, server['sourceId'], server['asOf'], 'derived'])
}
for (const [why, count] of leftOut) console.log(`left out ${count}: ${why}`)

if (flags.write) {
  const file = join(root, 'data/calibration.csv')
  const header = readFileSync(file, 'utf8').split('\n', 1)[0]!.split(',')
  const others = parseCsv(readFileSync(file, 'utf8'), 'calibration.csv').filter(record => record.cells['kind'] !== POWER_KIND).map(record => header.map(column => record.cells[column]))
  writeFileSync(file, writeCsv(header, [...others, ...table]))
}

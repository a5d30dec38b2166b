/**
 * Fits how an accelerator's draw follows its load to published measurements: `node scripts/calibrate/power.ts [--write]`.
 * Reads data/measured/energy.csv (serving, accelerators only) and data/servers.csv; prints the fit and its errors, and with
 * `--write` replaces the `power` rows of data/calibration.json. Form and result: docs/models/power.md.
 */
import {readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {parseCsv} from '../../src/catalog/csv.ts'
import type {CalibrationEntry} from '../../src/catalog/schema.ts'
import {writeCalibration} from './fit.ts'
import type {Load} from '../../src/performance/types.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {acceleratorLoadShare} from '../../src/power/estimate.ts'
import {POWER_KIND} from '../../src/power/model.ts'
import type {PowerCoefficients} from '../../src/power/types.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {powerSamples, type PowerSample} from './power-samples.ts'

const {values: flags} = parseArgs({options: {write: {type: 'boolean', default: false}, rows: {type: 'boolean', default: false}}})
const root = resolve(import.meta.dirname, '../..')
const snapshot = await openSnapshot({packageRoot: root})
const facts = createPlanningFacts(snapshot)

const {samples, leftOut} = powerSamples(root, facts)

type Weights = readonly [floor: number, compute: number, memory: number, link: number]
const coefficientsOf = ([floor, computeWeight, memoryWeight, linkWeight]: Weights): PowerCoefficients => ({
  floor, computeWeight, memoryWeight, linkWeight, sigmaLog: 0, basis: 'calibrated',
})
const lnError = (sample: PowerSample, load: Load, weights: Weights): number =>
  Math.log((sample.idleWatts + (sample.maximumWatts - sample.idleWatts) * acceleratorLoadShare(load, coefficientsOf(weights))) / sample.wattsPerAccelerator)

/** Pattern search over non-negative weights: halves its steps until they are too small to matter. Deterministic. */
function fit(chosen: readonly PowerSample[]): Weights {
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
const table: CalibrationEntry[] = []
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
    table.push({kind: POWER_KIND, quantity, architecture, runtime: '*', value: four(weights[index]!), sigmaLog, measurements: chosen.length, sourceId, asOf: newest, standing: 'modelled'})
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
  table.push({kind: POWER_KIND, quantity: 'host-idle-watts', architecture: '*', runtime: hostClass, value: four(idle), measurements: 0, sourceId: server['sourceId'] ?? '', asOf: server['asOf'] ?? '', standing: 'derived'})
  table.push({kind: POWER_KIND, quantity: 'host-maximum-watts', architecture: '*', runtime: hostClass, value: four(maximum), measurements: 0, sourceId: server['sourceId'] ?? '', asOf: server['asOf'] ?? '', standing: 'derived'})
}
for (const [why, count] of leftOut) console.log(`left out ${count}: ${why}`)

if (flags.write) writeCalibration([POWER_KIND], {entries: table, spreads: [], evidence: []}, 'power.ts')

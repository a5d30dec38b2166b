/**
 * Fits what operations and bytes cost in joules to published measurements: `node scripts/calibrate/power.ts [--check] [--fast] [--rows]`.
 * Reads data/measured/energy.csv (accelerators at work, whose speed is known as well) and data/servers.csv; writes the `power` part of
 * data/calibration.json and, without --fast, of data/measured/held-out.json. Run it after the fits of the speeds, whose estimates it rests on.
 * Deterministic. Form, sources and result: docs/models/power.md.
 */
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {predictEnergy, readEnergy} from '../../src/accuracy/energy.ts'
import type {HeldOutFold, Way} from '../../src/accuracy/held-out.ts'
import {settingOf} from '../../src/accuracy/setting.ts'
import {parseCsv} from '../../src/catalog/csv.ts'
import type {CalibrationEntry, CalibrationEvidence, CalibrationSpread} from '../../src/catalog/schema.ts'
import {createCalibration, type Spread} from '../../src/performance/calibration.ts'
import type {Distance} from '../../src/performance/distance.ts'
import {Z90} from '../../src/performance/interval.ts'
import type {Load, WorkLoad} from '../../src/performance/types.ts'
import {createPlanningFacts, type PlanningFacts} from '../../src/planner/facts.ts'
import {acceleratorLoadShare, supplyOutputWatts} from '../../src/power/estimate.ts'
import {boundCoefficients, POWER_KIND, POWER_QUANTITIES, type PowerFactors} from '../../src/power/model.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {AS_OF, largestSource, log, measurements, root, writeCalibration} from './fit.ts'
import {foldsOf, writeHeldOut} from './held-out.ts'
import {fitHierarchy, type HierarchicalFactor, type HierarchicalFit, type Scope} from './hierarchy.ts'
import {heldOutSpeeds, powerSamples, type PowerSample} from './power-samples.ts'

const names = Object.keys(POWER_QUANTITIES) as (keyof PowerFactors)[]
/** How far a factor may lie from its published or assumed start, and an architecture's from the others', in ln. */
const TAU = {all: 0.6, architecture: 0.3}

const FACTORS: readonly HierarchicalFactor<PowerSample>[] = names.map(name => ({
  name,
  startLn: () => Math.log(POWER_QUANTITIES[name][1]),
  scopes: ({accelerator}): readonly Scope[] => [{key: '*', tau: TAU.all}, {key: accelerator.architecture, tau: TAU.architecture}],
}))

const SPREADLESS: Spread = {lowLog: 0, highLog: 0}
const factorsOf = (lnValues: Float64Array): PowerFactors => Object.fromEntries(names.map((name, index) => [name, Math.exp(lnValues[index]!)])) as PowerFactors

/** Watts of one accelerator under a load with these factors. */
function wattsAt(sample: PowerSample, lnValues: Float64Array, load: Load, measured = true): number {
  const bound = boundCoefficients(factorsOf(lnValues), sample.accelerator, sample.rangeWatts, measured)
  const share = acceleratorLoadShare(load, {...bound, spread: SPREADLESS, basis: 'calibrated'})
  return sample.idleWatts + sample.rangeWatts * share
}

/** A run whose speed the estimator cannot explain did something else than it thinks: what it drew says little about the work assumed. ln of the speeds' ratio at which a row counts half. */
const UNEXPLAINED_LN = 0.25
const weightOf = ({tokensPerSecond, predictedTokensPerSecond}: PowerSample): number => 1 / (1 + (Math.log(tokensPerSecond / predictedTokensPerSecond) / UNEXPLAINED_LN) ** 2)

const withWork = (load: Load, work: WorkLoad): Load => ({...load, work})

function fit(samples: readonly PowerSample[], say?: (text: string) => void): HierarchicalFit<PowerSample> {
  return fitHierarchy(
    {factors: FACTORS, samples, weight: weightOf, residual: (sample, lnValues) => Math.log(wattsAt(sample, lnValues, withWork(sample.predicted, sample.measuredWork)) / sample.watts)},
    say === undefined ? {} : {say},
  )
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length
const quantile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? Number.NaN
const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(8)

/** ln(measured ÷ predicted) of one sample that the factors have not seen. */
interface Scored {
  readonly sample: PowerSample
  /** With operations and bytes at the measured speed: the power model's own error. */
  readonly own: number
  /** From the setting alone. */
  readonly watts: number
  readonly joules: number
}

function score(samples: readonly PowerSample[], lnValuesOf: (sample: PowerSample) => Float64Array, measured: (sample: PowerSample) => boolean): Scored[] {
  return samples.map(sample => {
    const ln = lnValuesOf(sample)
    const known = measured(sample)
    const predicted = wattsAt(sample, ln, sample.predicted, known)
    const watts = Math.log(sample.watts / predicted)
    return {sample, own: Math.log(sample.watts / wattsAt(sample, ln, withWork(sample.predicted, sample.measuredWork), known)), watts, joules: watts + Math.log(sample.predictedTokensPerSecond / sample.tokensPerSecond)}
  })
}

function report(title: string, scored: readonly Scored[]): void {
  for (const [what, read] of [['own (measured speed)', (each: Scored) => each.own], ['watts', (each: Scored) => each.watts], ['joules per token', (each: Scored) => each.joules]] as const) {
    const errors = scored.map(each => Math.exp(-read(each)) - 1)
    const sizes = ascending(errors.map(Math.abs))
    log(`${title.padEnd(24)} ${what.padEnd(21)} n ${String(scored.length).padStart(4)}  MAPE ${percent(mean(sizes))}  MdAPE ${percent(quantile(sizes, 0.5))}  p90 ${percent(quantile(sizes, 0.9))}  bias ${percent(mean(errors))}`)
  }
}

/** What the fit gives for the calibration; `*` is what an architecture without measurements gets. */
function entriesOf(fitted: HierarchicalFit<PowerSample>, samples: readonly PowerSample[]): CalibrationEntry[] {
  const architectures = [...new Set(samples.map(({accelerator}) => accelerator.architecture))].sort()
  return names.flatMap(name => {
    const [quantity, start] = POWER_QUANTITIES[name]
    return ['*', ...architectures].map(architecture => {
      const rows = samples.filter(({accelerator}) => architecture === '*' || accelerator.architecture === architecture)
      const part = (key: string): number => fitted.parts.get(`${name}|${key}`) ?? 0
      const value = start * Math.exp(part('*') + (architecture === '*' ? 0 : part(architecture)))
      return entry(quantity, architecture, '*', value, rows.length, largestSource(rows.map(({measurement}) => measurement)) || 'data-measured', AS_OF, 'modelled')
    })
  })
}

const entry = (quantity: string, architecture: string, runtime: string, value: number, count: number, sourceId: string, asOf: string, standing: CalibrationEntry['standing']): CalibrationEntry =>
  ({kind: POWER_KIND, quantity, architecture, runtime, value: Number(value.toPrecision(4)), measurements: count, sourceId, asOf, standing})

/** Supplies of servers: 80 PLUS Titanium at half load. */
const SUPPLY_EFFICIENCY_KEY = 'psu_titanium_efficiency_50pct'

/** Host watts per accelerator behind the supplies, from the reference server of each class: what is left after the accelerators. */
function hostEntries(facts: PlanningFacts): CalibrationEntry[] {
  const rowsOf = (file: string): readonly Readonly<Record<string, string>>[] => parseCsv(readFileSync(join(root, 'data', file), 'utf8'), file).map(record => record.cells)
  const servers = rowsOf('servers.csv')
  const supply = rowsOf('facility.csv').find(row => Object.values(row)[0] === SUPPLY_EFFICIENCY_KEY)
  const efficiency = facts.snapshot.facility[SUPPLY_EFFICIENCY_KEY]
  if (supply === undefined || efficiency === undefined) throw new Error(`${SUPPLY_EFFICIENCY_KEY} is no facility fact`)
  const entries = [entry('supply-efficiency', '*', '*', efficiency, 0, supply['sourceId'] ?? '', supply['asOf'] ?? '', 'derived')]
  for (const [hostClass, serverId, acceleratorId] of [['board', 'dgx-h100', 'h100-sxm-80gb'], ['card', 'rig-10x-h100-pcie', 'h100-pcie-80gb']] as const) {
    const server = servers.find(row => row['id'] === serverId)
    const accelerator = facts.accelerator(acceleratorId)
    if (server === undefined || accelerator?.powerWatts === undefined || accelerator.idleWatts === undefined) throw new Error(`${serverId}: the reference server is incomplete`)
    const count = Number(server['acceleratorCount'])
    const underLoad = Number(server['measuredMaximumWatts']) || count * accelerator.powerWatts + Number(server['hostWattsUnderLoad'])
    // At its highest load a server with twice the supplies it needs runs them at half of their rating.
    const most = underLoad * efficiency
    const idle = supplyOutputWatts(Number(server['idleWatts']), most, {supplyEfficiency: efficiency}) / count - accelerator.idleWatts
    const maximum = most / count - accelerator.powerWatts
    log(`host of a ${hostClass} (${serverId}): ${idle.toFixed(0)}–${maximum.toFixed(0)} W per accelerator`)
    const provenance = [0, server['sourceId'] ?? '', server['asOf'] ?? '', 'derived'] as const
    entries.push(entry('host-idle-watts', '*', hostClass, idle, ...provenance), entry('host-maximum-watts', '*', hostClass, maximum, ...provenance))
    // Hosts of other boards are those of this one by heat.
    if (hostClass === 'board') entries.push(entry('host-board-watts', '*', hostClass, accelerator.powerWatts, ...provenance))
  }
  return entries
}

/** Readings at the wall: nothing is fitted to them, so that all are out of sample. */
function wallErrors(facts: PlanningFacts): readonly number[] {
  const errors: number[] = []
  for (const measurement of measurements('energy')) {
    if (measurement.scope !== 'per_node' || measurement.value === undefined) continue
    const setting = settingOf(measurement)
    const prediction = predictEnergy(setting, facts, facts.snapshot.accelerators)
    if (prediction.status !== 'answered') {
      log(`wall: ${measurement.id}: ${prediction.reason}`)
      continue
    }
    errors.push(Math.log(measurement.value / prediction.interval.p50))
    log(`wall: ${measurement.id}: ${prediction.interval.p50.toFixed(0)} W, measured ${measurement.value.toFixed(0)} (${percent(prediction.interval.p50 / measurement.value - 1).trim()})`)
  }
  return errors
}

function evidenceOf(samples: readonly PowerSample[]): CalibrationEvidence[] {
  const counts = Map.groupBy(samples, ({accelerator, model}) => JSON.stringify([accelerator.id, accelerator.architecture, model]))
  return [...counts].map(([key, rows]) => {
    const [accelerator, architecture, model] = JSON.parse(key) as [string, string, string]
    return {kind: POWER_KIND, accelerator, architecture, model, measurements: rows.length}
  }).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

type Fold = Way | 'configuration'
const GROUP: Readonly<Record<Fold, (sample: PowerSample) => string>> = {
  model: ({model}) => model,
  accelerator: ({accelerator}) => accelerator.id,
  source: ({measurement}) => measurement.source,
  configuration: ({configurationKey}) => configurationKey,
  architecture: ({accelerator}) => accelerator.architecture,
}
/** Single configurations are left out in so many parts, all else one by one. */
const CONFIGURATION_FOLDS = 4
/** What was left out to see how far off a prediction at this distance is. */
const DISTANCE_FOLDS: readonly (readonly [Distance, Fold])[] = [['measured', 'configuration'], ['accelerator', 'model'], ['family', 'accelerator'], ['none', 'architecture']]

async function main(): Promise<void> {
  const facts = createPlanningFacts(await openSnapshot({packageRoot: root}))
  const {samples, leftOut} = powerSamples(facts)
  const fitted = fit(samples, log)
  for (const [why, count] of leftOut) log(`left out ${count}: ${why}`)
  const architectures = [...new Set(samples.map(({accelerator}) => accelerator.architecture))].sort()
  for (const architecture of architectures) {
    const own = samples.filter(({accelerator}) => accelerator.architecture === architecture)
    log(`${architecture}: ${own.length} rows; ${names.map((name, index) => `${POWER_QUANTITIES[name][0]} ${Math.exp(fitted.lnValues(own[0]!)[index]!).toPrecision(3)}`).join(', ')}`)
    report(`fitted ${architecture}`, score(own, fitted.lnValues, () => true))
  }
  const fast = process.argv.includes('--fast')
  const errors = new Map<Fold, Scored[]>()
  const folds: HeldOutFold[] = []
  const hosts = hostEntries(facts)
  const speeds = heldOutSpeeds(facts, ['llm-inference'])
  for (const fold of fast ? (['configuration'] as const) : (['configuration', 'model', 'accelerator', 'source', 'architecture'] as const)) {
    const scored: Scored[] = []
    for (const held of foldsOf(samples, GROUP[fold], fold === 'configuration' ? CONFIGURATION_FOLDS : undefined)) {
      const without = samples.filter(sample => !held.includes(GROUP[fold](sample)))
      const fitOfOthers = fit(without)
      const known = new Set(without.map(({accelerator}) => accelerator.architecture))
      const own = samples.filter(sample => held.includes(GROUP[fold](sample)))
      scored.push(...score(own.map(sample => resolved(sample, fold, speeds)), fitOfOthers.lnValues, ({accelerator}) => known.has(accelerator.architecture)))
      if (fold !== 'configuration') folds.push({kinds: [POWER_KIND], way: fold, held, entries: [...entriesOf(fitOfOthers, without), ...hosts], evidence: evidenceOf(without)})
    }
    errors.set(fold, scored)
    report(`without its ${fold}`, scored)
    for (const architecture of architectures) report(`  ${architecture}`, scored.filter(({sample}) => sample.accelerator.architecture === architecture))
  }
  if (process.argv.includes('--rows')) {
    for (const {sample, own, watts, joules} of (errors.get('model') ?? errors.get('configuration') ?? []).toSorted((a, b) => a.watts - b.watts)) {
      const {activeShare, flopsShare, bytesShare, cacheBytesShare, unpackShare} = sample.predicted.work ?? sample.measuredWork
      log(`${sample.measurement.id.padEnd(72)} ${sample.watts.toFixed(0).padStart(5)} W  own ${percent(Math.expm1(-own))} watts ${percent(Math.expm1(-watts))} joules ${percent(Math.expm1(-joules))}  ${[activeShare, flopsShare, bytesShare, cacheBytesShare, unpackShare].map(share => share.toFixed(2)).join(' ')}`)
    }
  }

  const spreads: CalibrationSpread[] = []
  // As long as every accelerator is the only one of its architecture, nothing was left out that is farther off than a relative: the look-up widens its spread.
  const farthest = architectures.length < new Set(samples.map(({accelerator}) => accelerator.id)).size ? DISTANCE_FOLDS : DISTANCE_FOLDS.filter(([distance]) => distance !== 'none')
  let before: Spread = SPREADLESS
  for (const [distance, fold] of farthest) {
    const list = ascending((errors.get(fold) ?? []).map(({watts}) => watts))
    if (list.length === 0) continue
    // Farther off is never more certain.
    before = {lowLog: Math.min(before.lowLog, quantile(list, 0.1)), highLog: Math.max(before.highLog, quantile(list, 0.9))}
    const {lowLog, highLog} = before
    spreads.push({kind: POWER_KIND, metric: 'accelerator-watts', distance, lowLog: Number(lowLog.toFixed(3)), highLog: Number(highLog.toFixed(3)), measurements: list.length})
    log(`watts at distance ${distance}: p10 ${Math.exp(lowLog).toFixed(2)}, p90 ${Math.exp(highLog).toFixed(2)} of p50, ${percent(list.filter(error => error >= lowLog && error <= highLog).length / list.length).trim()} inside`)
  }
  const entries = [...entriesOf(fitted, samples), ...hosts]
  const evidence = evidenceOf(samples)
  const wall = wallErrors({...facts, calibration: createCalibration([...facts.snapshot.calibration.entries.filter(({kind}) => kind !== POWER_KIND), ...entries], spreads, evidence)})
  const wallSigma = Math.sqrt(mean(wall.map(error => error ** 2)))
  // Of accelerators that were measured with other models; with the same models hosts and supplies are no better known.
  for (const distance of wall.length > 0 ? (['measured', 'accelerator'] as const) : []) {
    spreads.push({kind: POWER_KIND, metric: 'wall-watts', distance, lowLog: Number((-Z90 * wallSigma).toFixed(3)), highLog: Number((Z90 * wallSigma).toFixed(3)), measurements: wall.length})
  }
  writeCalibration([POWER_KIND], {entries, spreads, evidence}, 'power.ts')
  if (!fast) writeHeldOut([POWER_KIND], folds)
}

/** The sample with its speed predicted without what the fold leaves out, where the speeds have such folds. */
function resolved(sample: PowerSample, fold: Fold, speeds: ReturnType<typeof heldOutSpeeds>): PowerSample {
  const facts = speeds(fold, GROUP[fold](sample))
  if (facts === undefined) return sample
  const reading = readEnergy(sample.setting, facts, facts.snapshot.accelerators)
  if (reading.status !== 'case') return sample
  const {performance} = reading.case
  return {...sample, predicted: performance.load, predictedTokensPerSecond: performance.throughput.value?.p50 ?? sample.predictedTokensPerSecond}
}

await main()

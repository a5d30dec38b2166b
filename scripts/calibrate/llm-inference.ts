/**
 * Fits the factors of language-model serving (kind llm-inference) to data/measured: `node scripts/calibrate/llm-inference.ts [--check] [--fast | --spreads]`.
 * Writes data/calibration.json and data/measured/held-out.json; --fast fits to all rows alone, --spreads takes the folds of models, accelerators and sources as they stand. Deterministic; run it again when the measurements or the
 * formulas change. See hierarchy.ts for the fit and docs/models/llm-inference.md for the factors. What is left out runs in processes of its own.
 */
import {fork} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import path from 'node:path'
import {settingOf, type Setting} from '../../src/accuracy/setting.ts'
import {parseHeldOut, type HeldOutFold} from '../../src/accuracy/held-out.ts'
import type {CalibrationEntry, CalibrationEvidence, CalibrationSpread} from '../../src/catalog/schema.ts'
import type {Measurement} from '../../src/catalog/parse/measured.ts'
import {createCalibration, vendorScope, type Calibration} from '../../src/performance/calibration.ts'
import {DISTANCES, type Distance} from '../../src/performance/distance.ts'
import type {Configuration} from '../../src/performance/types.ts'
import {createPlanningFacts, type PlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {QUANTITIES, runsAsProgram, SPREAD_METRICS, versioned, type FactorName, type SpreadMetric} from '../../src/workload/llm-inference/factors.ts'
import {measuredConfigurations, measuredPerformance, readMeasurement, type MeasuredCase} from '../../src/workload/llm-inference/measured.ts'
import {AS_OF, largestSource, log, measurements, root, weightedQuantile, writeCalibration} from './fit.ts'
import {foldsOf, HELD_OUT_FILE, writeHeldOut} from './held-out.ts'
import {fitHierarchy, type HierarchicalFactor, type HierarchicalFit, type Scope} from './hierarchy.ts'

const KIND = 'llm-inference'
const MEASURED_FILES = ['llm-inference', 'mlperf']
const LABELS: ReadonlySet<string> = new Set(['llm_inference', 'llm_serving', 'multimodal_inference'])
const NOT_FITTED: ReadonlySet<string> = new Set(['fits', 'memory_gib'])

/** Belongs to the hardware: global → vendor → architecture → with a runtime. The others belong to the software: global → runtime → on an architecture. */
const HARDWARE: ReadonlySet<FactorName> = new Set(['compute16', 'compute8', 'compute4', 'weightBandwidth', 'link'])
/** A matter of the design of the chip, whatever runs on it. */
const ONLY_ARCHITECTURE: ReadonlySet<FactorName> = new Set(['computeWatts'])
/** Too little evidence to tell apart. */
const ONLY_GLOBAL: ReadonlySet<FactorName> = new Set(['answerVariance', 'expertColumns', 'matmulRows', 'routingSpread', 'clockExponent'])
/** How far a part may stray from its parent, in ln: rates little, overheads more. */
const tauOf = (name: FactorName): number => (name === 'blockScaling' ? 0.15 : name === 'answerVariance' ? 0.25 : name === 'promptAttention' ? 0.3 : name === 'clockExponent' ? 0.2 : name === 'queueExponent' ? 0.2 : name === 'queueShare' ? 0.6 : name === 'lockstep' ? 0.3 : name === 'balanceSteps' ? 0.8 : /^expert(?:Bandwidth|Compute)/.test(name) ? 0.35 : /Bandwidth|^compute|^link$/.test(name) ? 0.22 : 0.5)
/** What physics allows at most: rates the printed ones. */
const HIGHEST: Partial<Record<FactorName, number>> = {blockScaling: 1, promptAttention: 1, compute16: 0.9, compute8: 0.9, compute4: 0.9, weightBandwidth: 0.95, weightBandwidth8: 1, weightBandwidth4: 1, kvBandwidth: 0.95, expertBandwidth: 1, expertBandwidth8: 1, expertBandwidth4: 1, expertCompute: 1, link: 0.95, queueExponent: 1, routingSpread: 1, clockExponent: 1}

const names = Object.keys(QUANTITIES) as FactorName[]

type Figure = 'throughput' | 'ttft' | 'tpot'
const FIGURES = ['throughput', 'ttft', 'tpot'] as const

export interface Sample {
  readonly measurement: Measurement
  readonly setting: Setting
  readonly found: MeasuredCase
  readonly figure: Figure
  readonly vendor: string
  readonly architecture: string
  readonly accelerator: string
  readonly runtime: string
  /** With its version, where the source names one. */
  readonly versionedRuntime: string
  readonly model: string
  /** What was run, whatever was read off it. */
  readonly configurationKey: string
  configurations: readonly Configuration[]
  weight: number
}

const figureOf = (metric: string): Figure => (/^ttft|^prompt_tokens/.test(metric) ? 'ttft' : /^(?:tpot|itl)/.test(metric) ? 'tpot' : 'throughput')

/** First tokens scatter more than the rest: a row of them says less. */
const FIGURE_WEIGHT: Readonly<Record<Figure, number>> = {throughput: 1, tpot: 1, ttft: 0.45}

/** How far one version of a runtime strays from all, as a share. */
const VERSION_SHARE = 0.7

const OF_MIXTURES: ReadonlySet<FactorName> = new Set(['expertBandwidth', 'expertBandwidth8', 'expertBandwidth4', 'expertCompute', 'expertColumns', 'routingSpread', 'mixtureLayerSeconds'])
const OF_FORMATS: Partial<Record<FactorName, readonly string[]>> = {
  compute8: ['fp8', 'mxfp4'], compute4: ['nvfp4', 'fp4'], weightBandwidth8: ['fp8', 'int8'], expertBandwidth8: ['fp8', 'int8'],
  weightBandwidth4: ['nvfp4', 'fp4', 'int4', 'nf4', 'mxfp4'], expertBandwidth4: ['nvfp4', 'fp4', 'int4', 'nf4', 'mxfp4'], quantiseLayerSeconds: ['fp8', 'nvfp4', 'fp4', 'mxfp4', 'int4', 'int8'],
}

/** Whether a factor can move the sample at all: a derivative that is 0 need not be taken. */
function concerns(name: FactorName, {found: {demand, configuration}, figure, configurations}: Sample): boolean {
  if (OF_MIXTURES.has(name) && demand.model.experts === undefined) return false
  const formats = OF_FORMATS[name]
  if (formats !== undefined && !formats.includes(configuration.precision ?? '')) return false
  if (name === 'blockScaling') return configuration.precision === 'fp8'
  if (name === 'promptAttention') return figure !== 'tpot' || demand.load.kind !== 'concurrency' || demand.load.average > 1
  if (name === 'launchLayerSeconds') return (figure !== 'tpot' || configuration.runtime === 'pytorch') && !runsAsProgram(configuration.runtime ?? '', demand.runtimeVersion)
  if (name === 'requestSeconds') return figure !== 'tpot' && demand.engineOnly !== true
  if (name === 'link' || name === 'collectiveSeconds') return configuration.tp === undefined || configuration.tp * (configuration.pp ?? 1) * (configuration.ep ?? 1) > 1
  if (name === 'lockstep' || name === 'balanceSteps') return configurations.some(({tp = 1, ep = 1}) => ep > tp)
  if (name === 'answerVariance') return demand.fixedLengths !== true
  if (name === 'queueShare' || name === 'queueExponent') return demand.staticBatch !== true && demand.outOfStep !== true && demand.load.kind === 'concurrency' && demand.load.average > 1
  return true
}

function scopesOf(name: FactorName, sample: Sample): readonly Scope[] {
  if (!concerns(name, sample)) return []
  const {vendor, architecture, runtime, versionedRuntime} = sample
  const tau = tauOf(name)
  const all: Scope = {key: '*|*', tau: 2 * tau}
  if (ONLY_GLOBAL.has(name)) return [all]
  if (ONLY_ARCHITECTURE.has(name)) return [all, {key: `${vendor}:|*`, tau}, {key: `${architecture}|*`, tau}]
  const pair: Scope = {key: `${architecture}|${runtime}`, tau: 0.7 * tau}
  const version: readonly Scope[] = versionedRuntime === runtime ? [] : [{key: `${architecture}|${versionedRuntime}`, tau: VERSION_SHARE * tau}]
  return HARDWARE.has(name) ? [all, {key: `${vendor}:|*`, tau}, {key: `${architecture}|*`, tau}, pair, ...version] : [all, {key: `*|${runtime}`, tau}, pair, ...version]
}

/** How long a prompt waits is read off first tokens alone: the pace of the others would only bend it to what else they miss. */
const OF_WAITS: ReadonlySet<FactorName> = new Set(['queueShare', 'queueExponent', 'balanceSteps'])

const FACTORS: readonly HierarchicalFactor<Sample>[] = names.map(name => ({
  name,
  // Transformers' 4-bit layers (bitsandbytes, AutoGPTQ) unpack in kernels of their own, which say nothing about an engine's.
  informs: ({figure, runtime}) => (figure === 'ttft' || !OF_WAITS.has(name)) && !(name === 'weightBandwidth4' && runtime === 'pytorch'),
  startLn: () => Math.log(QUANTITIES[name][1]),
  scopes: sample => scopesOf(name, sample),
  ...(HIGHEST[name] === undefined ? {} : {highestLn: Math.log(HIGHEST[name])}),
}))

const quantityIndex = new Map<string, number>(names.map((name, index) => [QUANTITIES[name][0], index]))
const UNMEASURED = createCalibration([])

/** The factors as the estimator asks for them. */
export function calibrationWith(lnValues: Float64Array): Calibration {
  return {
    ...UNMEASURED,
    lookup: (_kind, quantity) => {
      const index = quantityIndex.get(quantity)
      return index === undefined ? undefined : {value: Math.exp(lnValues[index]!), sigmaLog: 0.3, basis: 'calibrated'}
    },
  }
}

/** ln(predicted ÷ measured). */
export function residualOf(sample: Sample, lnValues: Float64Array, base: PlanningFacts): number | undefined {
  const facts = {...base, calibration: calibrationWith(lnValues)}
  const {performance} = measuredPerformance(sample.found, sample.configurations, facts)
  const predicted = performance === undefined ? undefined : sample.found.read(performance)?.p50
  return predicted === undefined || !(predicted > 0) ? undefined : Math.log(predicted / sample.measurement.value!)
}

/** Where the source leaves the configuration open, the best one under the factors found so far. */
function chooseConfigurations(samples: readonly Sample[], lnValuesOf: (sample: Sample) => Float64Array, base: PlanningFacts): void {
  for (const sample of samples) {
    if (sample.found.configuration.tp !== undefined) continue
    const facts = {...base, calibration: calibrationWith(lnValuesOf(sample))}
    const all = measuredConfigurations(sample.found, facts)
    const best = measuredPerformance(sample.found, all, facts).performance?.configuration
    const chosen = best === undefined ? undefined : all.find(({tp, pp, ep, precision}) => tp === best.tp && pp === best.pp && (ep ?? 1) === best.ep && precision === best.precision)
    sample.configurations = chosen === undefined ? all : [chosen]
  }
}

const startLn = Float64Array.from(names, name => Math.log(QUANTITIES[name][1]))

export function fit(samples: readonly Sample[], base: PlanningFacts, rounds: number, say?: (text: string) => void, from?: ReadonlyMap<string, number>, coldIterations = 30): HierarchicalFit<Sample> {
  chooseConfigurations(samples, () => startLn, base)
  let fitted: HierarchicalFit<Sample> | undefined
  let parts = from
  for (let round = 0; round < rounds; round++) {
    fitted = fitHierarchy({factors: FACTORS, samples, weight: ({weight}) => weight, residual: (sample, lnValues) => residualOf(sample, lnValues, base)}, {...(say === undefined ? {} : {say}), ...(parts === undefined ? {} : {from: parts}), iterations: parts === undefined ? coldIterations : 5, relativeIterations: 12})
    parts = fitted.parts
    if (round < rounds - 1) chooseConfigurations(samples, fitted.lnValues, base)
  }
  return fitted!
}

/** Entries of the calibration: each factor for all, per vendor-shrunk architecture, per runtime and pair, where they differ from what is inherited. */
export function entriesOf(fitted: HierarchicalFit<Sample>, samples: readonly Sample[]): CalibrationEntry[] {
  const entries: CalibrationEntry[] = []
  const part = (name: FactorName, key: string): number => fitted.parts.get(`${name}|${key}`) ?? 0
  const architectures = new Map(samples.map(({architecture, vendor}) => [architecture, vendor]))
  const runtimes = [...new Set(samples.map(({runtime}) => runtime))].sort()
  const pairs = [...new Set(samples.flatMap(({architecture, runtime, versionedRuntime}) => [`${architecture}|${runtime}`, `${architecture}|${versionedRuntime}`]))].sort()
  const plain = (runtime: string): string => runtime.split('@', 1)[0] ?? runtime
  for (const name of names) {
    const [quantity, start] = QUANTITIES[name]
    const hardware = HARDWARE.has(name) || ONLY_ARCHITECTURE.has(name)
    const lnOf = (architecture: string, runtime: string): number => {
      let ln = Math.log(start) + part(name, '*|*')
      const vendor = architecture.startsWith(vendorScope('')) ? architecture.slice(vendorScope('').length) : architectures.get(architecture)
      if (hardware && architecture !== '*') ln += part(name, `${vendor ?? ''}:|*`) + part(name, `${architecture}|*`)
      if (!hardware && runtime !== '*') ln += part(name, `*|${plain(runtime)}`)
      if (architecture !== '*' && runtime !== '*') ln += part(name, `${architecture}|${plain(runtime)}`)
      if (runtime.includes('@')) ln += part(name, `${architecture}|${runtime}`)
      return Math.min(ln, Math.log(HIGHEST[name] ?? Number.POSITIVE_INFINITY))
    }
    const emit = (architecture: string, runtime: string): void => {
      const rows = samples.filter(sample => (architecture === '*' || sample.architecture === architecture || vendorScope(sample.vendor) === architecture) && (runtime === '*' || sample.runtime === runtime || sample.versionedRuntime === runtime))
      entries.push({
        kind: KIND, quantity, architecture, runtime, value: Number(Math.exp(lnOf(architecture, runtime)).toPrecision(4)),
        measurements: rows.length, sourceId: largestSource(rows.map(({measurement}) => measurement)), asOf: AS_OF, standing: 'modelled',
      })
    }
    emit('*', '*')
    if (ONLY_GLOBAL.has(name)) continue
    if (hardware) for (const architecture of [...new Set([...architectures.values()].map(vendorScope)), ...architectures.keys()].sort()) emit(architecture, '*')
    else for (const runtime of runtimes) emit('*', runtime)
    if (ONLY_ARCHITECTURE.has(name)) continue
    for (const pair of pairs) {
      const [architecture = '*', runtime = '*'] = pair.split('|')
      const inherited = runtime.includes('@') ? lnOf(architecture, plain(runtime)) : hardware ? lnOf(architecture, '*') : lnOf('*', runtime)
      if (Math.abs(lnOf(architecture, runtime) - inherited) > 1e-3) emit(architecture, runtime)
    }
  }
  return entries
}

export function evidenceOf(samples: readonly Sample[]): CalibrationEvidence[] {
  const counts = Map.groupBy(samples, ({accelerator, architecture, model}) => JSON.stringify([accelerator, architecture, model]))
  return [...counts].map(([key, rows]) => {
    const [accelerator, architecture, model] = JSON.parse(key) as [string, string, string]
    return {kind: KIND, accelerator, architecture, model, measurements: new Set(rows.map(({configurationKey}) => configurationKey)).size}
  }).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

export async function loadSamples(): Promise<{base: PlanningFacts; samples: Sample[]}> {
  const base = createPlanningFacts(await openSnapshot({packageRoot: root}))
  const samples: Sample[] = []
  for (const file of MEASURED_FILES) {
    for (const measurement of measurements(file)) {
      if (!LABELS.has(measurement.kind) || NOT_FITTED.has(measurement.metric) || !(measurement.value !== undefined && measurement.value > 0)) continue
      const setting = settingOf(measurement)
      const reading = readMeasurement(setting, base, base.snapshot.accelerators)
      if (reading.status !== 'case') continue
      const {demand, hardware: {accelerator}, configuration} = reading.case
      const {metric: _metric, unit: _unit, scope: _scope, ...run} = setting
      samples.push({
        measurement, setting, found: reading.case, figure: figureOf(measurement.metric), vendor: accelerator.vendor, architecture: accelerator.architecture, accelerator: accelerator.id,
        runtime: configuration.runtime ?? '*', versionedRuntime: versioned(configuration.runtime ?? '*', demand.runtimeVersion), model: demand.model.id, configurationKey: JSON.stringify(run), configurations: [configuration], weight: 1,
      })
    }
  }
  chooseConfigurations(samples, () => startLn, base)
  const usable = samples.filter(sample => residualOf(sample, startLn, base) !== undefined)
  const sizes = new Map<string, number>()
  const ofSource = ({measurement, figure}: Sample): string => `${measurement.source} ${figure}`
  const ofModel = ({model, figure}: Sample): string => `${model} ${figure}`
  for (const key of [ofSource, ofModel]) for (const sample of usable) sizes.set(key(sample), (sizes.get(key(sample)) ?? 0) + 1)
  // What has many rows says more than what has few, but not in proportion: neither a giant table nor a favourite model rules.
  for (const sample of usable) sample.weight = FIGURE_WEIGHT[sample.figure] * (sizes.get(ofSource(sample)) ?? 1) ** -0.3 * (sizes.get(ofModel(sample)) ?? 1) ** -0.25 * 2
  log(`${usable.length} of ${samples.length} rows`)
  return {base, samples: usable}
}

interface Scored {
  readonly sample: Sample
  /** ln(measured ÷ predicted). */
  readonly error: number
  readonly spread: SpreadMetric
  /** From what the calibration rests on. */
  readonly distance: Distance
}

/** Predicts the samples as the estimates do. */
export function score(samples: readonly Sample[], calibration: Calibration, base: PlanningFacts): Scored[] {
  const facts = {...base, calibration}
  return samples.flatMap(sample => {
    const {found} = sample
    const {performance} = measuredPerformance(found, measuredConfigurations(found, facts), facts)
    const predicted = performance === undefined ? undefined : found.read(performance)?.p50
    if (performance === undefined || predicted === undefined || !(predicted > 0)) return []
    const figure = isTokenRateAlone(sample) ? 'tpot' : sample.figure
    const spread = SPREAD_METRICS.find(metric => metric.startsWith(figure) && performance.spreadMetrics?.includes(metric) === true) ?? figure
    const distance = calibration.distance(KIND, found.hardware.accelerator, sample.model)
    return [{sample, spread, distance, error: Math.log(sample.measurement.value! / predicted)}]
  })
}

/** Rates that are read off a latency: of one request, whose tokens or prompt they count. */
const isTokenRateAlone = ({measurement, setting}: Sample): boolean => measurement.metric.startsWith('output_tokens_per_s') && setting.phase === 'decode_batch1'
const isInverse = (sample: Sample): boolean => isTokenRateAlone(sample) || sample.measurement.metric.startsWith('prompt_tokens')

/** ln(measured ÷ predicted) of what the spread is of: a time where the source states its inverse. */
const spreadError = ({sample, error}: Scored): number => (isInverse(sample) ? -error : error)

const quantile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? Number.NaN

export function report(title: string, scored: readonly Scored[]): void {
  for (const figure of FIGURES) {
    const list = scored.filter(({sample}) => sample.figure === figure)
    if (list.length === 0) continue
    const relative = list.map(({error}) => Math.abs(Math.exp(-error) - 1)).sort((a, b) => a - b)
    const bySource = [...Map.groupBy(list, ({sample}) => sample.measurement.source).values()].map(rows => rows.reduce((total, {error}) => total + Math.abs(Math.exp(-error) - 1), 0) / rows.length)
    const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length
    const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(8)
    log(`${title.padEnd(22)} ${figure.padEnd(11)} n ${String(list.length).padStart(4)}  MAPE ${percent(mean(relative))}  MdAPE ${percent(quantile(relative, 0.5))}  p90 ${percent(quantile(relative, 0.9))}  bias ${percent(mean(list.map(({error}) => Math.exp(-error) - 1)))}  by source ${percent(mean(bySource))}`)
  }
}

const GROUP: Readonly<Record<Out, (sample: Sample) => string>> = {
  // The same weights under two names (DeepSeek-R1 and V3) are timed as one: a twin left in would be no test.
  model: ({found: {demand: {model: {layers, hidden, vocab, parameters}}}}) => [layers, hidden, vocab, parameters].join(' '),
  accelerator: ({accelerator}) => accelerator,
  source: ({measurement}) => measurement.source,
  architecture: ({architecture}) => architecture,
  configuration: ({configurationKey}) => configurationKey,
}

/** What is left out in turn: sources, accelerators, models and architectures one by one, single configurations (for intervals only) in so many parts. */
const OUTS = ['source', 'architecture', 'accelerator', 'model', 'configuration'] as const
type Out = (typeof OUTS)[number]
const CONFIGURATION_FOLDS = 4
/** A source or an architecture with such a share of all rows may decide factors alone: without it the fit starts anew. All other folds start at the fit of all, whose parts that only the left out rows have are dropped. */
const COLD_SHARE = 0.03

interface Job {
  readonly way: Out
  readonly held: readonly string[]
}

/** Scores by position of the sample, so that it passes from process to process. */
interface Outcome extends Job {
  readonly scores: readonly {readonly index: number; readonly error: number; readonly spread: SpreadMetric; readonly distance: Distance; /** Without what was fitted to its runtime's version. */ readonly plain: boolean}[]
  readonly fold: Omit<HeldOutFold, 'way'>
}

/** Fits without the held ones and predicts them. */
function leaveOut({way, held}: Job, samples: readonly Sample[], base: PlanningFacts, parts: ReadonlyMap<string, number>): Outcome {
  const inFold = new Set(held)
  const others = samples.filter(sample => !inFold.has(GROUP[way](sample)))
  const own = samples.filter(sample => inFold.has(GROUP[way](sample)))
  const cold = (way === 'source' || way === 'architecture') && own.length > COLD_SHARE * samples.length
  const without = fit(others, base, 1, undefined, cold ? undefined : parts, 14)
  const names = way === 'model' ? [...new Set(own.map(({model}) => model))].sort() : held
  const fold = {kinds: [KIND], held: names, entries: entriesOf(without, others), evidence: evidenceOf(others)}
  return {way, held, scores: scoresWithout(fold, own, samples, base), fold}
}

/** Predicts what a fold left out. */
function scoresWithout(fold: Omit<HeldOutFold, 'way'>, own: readonly Sample[], samples: readonly Sample[], base: PlanningFacts): Outcome['scores'] {
  const indexOf = new Map(samples.map((sample, index) => [sample, index]))
  return [false, true].flatMap(plain => {
    const calibration = createCalibration(plain ? fold.entries.filter(({runtime}) => !runtime.includes('@')) : fold.entries, [], fold.evidence)
    return score(own, calibration, base).map(({sample, ...scored}) => ({index: indexOf.get(sample)!, ...scored, plain}))
  })
}

/** The folds that stand in data/measured/held-out.json, predicted again. */
function outcomesOfFile(samples: readonly Sample[], base: PlanningFacts): Outcome[] {
  return parseHeldOut(readFileSync(path.join(root, HELD_OUT_FILE), 'utf8')).filter(({kinds}) => kinds.includes(KIND)).map(({way, ...fold}) => {
    const names = new Set(fold.held)
    const own = samples.filter(({model, accelerator, architecture, measurement: {source}}) => names.has({model, accelerator, architecture, source}[way]))
    return {way, held: fold.held, scores: scoresWithout(fold, own, samples, base), fold}
  })
}

/** A process that asks for one job after another until there is none. */
function inProcess(parts: ReadonlyMap<string, number>, next: () => Job | undefined, done: (outcome: Outcome) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [...process.argv.slice(2), '--worker'], {serialization: 'advanced'})
    const give = (): boolean => child.send({parts, job: next()})
    child.on('message', (message: Outcome | 'ready') => {
      if (message !== 'ready') done(message)
      give()
    })
    child.on('error', reject)
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`a process of the fit ended with ${code}`))))
  })
}

async function work(): Promise<void> {
  const {base, samples} = await loadSamples()
  process.on('message', ({parts, job}: {parts: ReadonlyMap<string, number>; job: Job | undefined}) => {
    if (job === undefined) process.disconnect()
    else process.send!(leaveOut(job, samples, base, parts))
  })
  process.send!('ready')
}

async function main(): Promise<void> {
  const {base, samples} = await loadSamples()
  const fitted = fit(samples, base, 2, log)
  const all = {entries: entriesOf(fitted, samples), evidence: evidenceOf(samples)}
  report('fitted', score(samples, createCalibration(all.entries, [], all.evidence), base))
  // Intervals are of what was left out: a fit alone leaves those that there are.
  if (process.argv.includes('--fast')) return writeCalibration([KIND], {...all, spreads: base.snapshot.calibration.spreads.filter(({kind}) => kind === KIND)}, 'llm-inference.ts')

  const known = process.argv.includes('--spreads') ? outcomesOfFile(samples, base) : []
  const jobs = OUTS.filter(way => known.length === 0 || way === 'configuration').flatMap(way => foldsOf(samples, GROUP[way], way === 'configuration' ? CONFIGURATION_FOLDS : undefined).map((held): Job => ({way, held})))
  const waiting = [...jobs]
  const outcomes = new Map<string, Outcome>()
  const done = (outcome: Outcome): void => {
    outcomes.set(JSON.stringify([outcome.way, outcome.held]), outcome)
    log(`${outcomes.size} of ${jobs.length}: without ${outcome.way} ${outcome.held.length === 1 ? outcome.held[0] : `in ${outcome.held.length} groups`}`)
  }
  await Promise.all(Array.from({length: Math.min(availableParallelism(), jobs.length)}, () => inProcess(fitted.parts, () => waiting.shift(), done)))
  const errors: Scored[] = []
  const folds: HeldOutFold[] = []
  for (const way of OUTS) {
    // In the order of the jobs, not of their ends.
    const own = [...known.filter(outcome => outcome.way === way), ...jobs.filter(job => job.way === way).map(({held}) => outcomes.get(JSON.stringify([way, held]))!)]
    const scored = (plain: boolean): Scored[] => own.flatMap(({scores}) => scores.filter(each => each.plain === plain).map(({index, ...rest}) => ({sample: samples[index]!, ...rest})))
    report(way, scored(false))
    report(`${way}, no version`, scored(true))
    errors.push(...scored(true))
    if (way !== 'configuration') folds.push(...own.map(({fold}) => ({way, ...fold})))
  }
  writeCalibration([KIND], {...all, spreads: spreadsFrom(errors)}, 'llm-inference.ts')
  if (known.length === 0) writeHeldOut([KIND], folds)
}

/** A source of n rows weighs n to the power of one less this in the spreads: between one vote per source and one per row, and nearer to the first, by which figures are quoted. */
const SOURCE_BALANCE = 0.75
/** Fewer rows say nothing about tails. */
const LEAST_FOR_SPREAD = 20

/**
 * 10th and 90th percentile of the errors of all that was left out, by how near the nearest measurement was that was left in. Plans do not say a version, so
 * the predictions do without what was fitted to one: they know how an engine of that time was built (as a plan does of its own), and not how fast it was.
 */
function spreadsFrom(errors: readonly Scored[]): CalibrationSpread[] {
  const spreads: CalibrationSpread[] = []
  for (const metric of SPREAD_METRICS) {
    let before = {lowLog: 0, highLog: 0}
    for (const distance of DISTANCES) {
      const near = errors.filter(each => each.distance === distance)
      const rows = near.filter(({spread}) => spread === metric)
      if (rows.length < LEAST_FOR_SPREAD) continue
      const sizes = Map.groupBy(rows, ({sample}) => sample.measurement.source)
      const values = rows.map(each => ({value: spreadError(each), weight: sizes.get(each.sample.measurement.source)!.length ** -SOURCE_BALANCE}))
      const at = (share: number): number => weightedQuantile(values, share)
      // Farther off is never more certain.
      before = {lowLog: Math.min(before.lowLog, at(0.1)), highLog: Math.max(before.highLog, at(0.9))}
      spreads.push({kind: KIND, metric, distance, lowLog: Number(before.lowLog.toFixed(3)), highLog: Number(before.highLog.toFixed(3)), measurements: rows.length})
    }
  }
  return spreads
}

if (import.meta.main) await (process.argv.includes('--worker') ? work() : main())

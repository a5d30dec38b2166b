/**
 * Fits the factors of language-model serving (data/calibration.json, kind llm-inference) to data/measured. Deterministic; run it again when
 * the measurements or the formulas change: `node scripts/calibrate/llm-inference.ts [--check]`.
 *
 * Every factor is ln-additive: global + architecture (hardware quantities) + runtime + pair, each part drawn towards 0 (ridge, so that a part
 * without evidence stays at its parent's value), fitted by coordinate descent on a robust loss. Pairs come first, then what they have in
 * common, so that the largest sources do not pull what others inherit. The spread rows come from predictions of
 * rows that were left out (folds by source and model), not from the rows fitted on.
 */
import {createCalibration, type Calibration, type CalibratedValue} from '../../src/performance/calibration.ts'
import type {CalibrationEntry} from '../../src/catalog/schema.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import type {MeasuredRow} from '../../src/accuracy/score.ts'
import type {Facts} from '../../src/workload/contract.ts'
import {QUANTITIES, type FactorName} from '../../src/workload/llm-inference/factors.ts'
import {predictCase, readMeasurement, type MeasuredCase} from '../../src/workload/llm-inference/measured.ts'
import {calibrationRow, descend, heldOut, log, lossOf, measuredRows, medianError, root, sigmaOf, writeCalibration} from './fit.ts'

const MEASURED_FILES = ['llm-inference', 'mlperf', 'memory-fit']
const KIND = 'llm-inference'

/** Which part of a factor belongs to the hardware (falls back to the architecture), which to the runtime. */
const HARDWARE: ReadonlySet<FactorName> = new Set(['compute16', 'compute8', 'compute4', 'computeWatts', 'weightBandwidth', 'link'])
/** A matter of the design of the chip, whatever runs on it; of kernels, whatever they run on. */
const ONLY_ARCHITECTURE: ReadonlySet<FactorName> = new Set(['computeWatts'])
const ONLY_GLOBAL: ReadonlySet<FactorName> = new Set(['expertColumns'])
/** How far a part may stray from its parent, in ln: rates little, overheads more. */
const spreadOf = (name: FactorName): number => (/Bandwidth|^compute|^link$|^mixture$/.test(name) ? 0.25 : 0.6)
const UPPER: Partial<Record<FactorName, number>> = {compute16: 0.9, compute8: 0.9, compute4: 0.9, weightBandwidth: 0.95, kvBandwidth: 0.95, mixture: 1, link: 0.95, queueShare: 1}

const names = Object.keys(QUANTITIES) as FactorName[]

interface Sample {
  readonly row: MeasuredRow
  readonly found: MeasuredCase
  readonly measured: number
  readonly architecture: string
  readonly runtime: string
  readonly metric: 'throughput' | 'ttft' | 'tpot'
  readonly group: string
  weight: number
}

const metricOf = (metric: string): Sample['metric'] => (metric.startsWith('ttft') ? 'ttft' : /^(?:tpot|itl)/.test(metric) ? 'tpot' : 'throughput')

/** Spreads and distances play no part in a fit. */
const UNMEASURED = createCalibration([])

class Parameters {
  /** `name|architecture|runtime`, `*` for either → ln of the part. */
  readonly parts = new Map<string, number>()

  value(name: FactorName, architecture: string, runtime: string): number {
    const [, start] = QUANTITIES[name]
    const part = (key: string): number => this.parts.get(`${name}|${key}`) ?? 0
    let ln = Math.log(start) + part('*|*')
    // `*` asks for the parent alone: its part counts once.
    if (runtime !== '*') ln += part(`*|${runtime}`)
    if (architecture !== '*' && HARDWARE.has(name)) ln += part(`${architecture}|*`)
    if (architecture !== '*' && runtime !== '*') ln += part(`${architecture}|${runtime}`)
    return Math.min(Math.exp(ln), UPPER[name] ?? Number.POSITIVE_INFINITY)
  }

  calibration(): Calibration {
    const byQuantity = new Map(names.map(name => [QUANTITIES[name][0] as string, name]))
    return {
      ...UNMEASURED,
      lookup: (_kind, quantity, architecture, runtime): CalibratedValue | undefined => {
        const name = byQuantity.get(quantity)
        return name === undefined ? undefined : {value: this.value(name, architecture, runtime), sigmaLog: 0.3, basis: 'calibrated'}
      },
    }
  }
}

function errorOf(sample: Sample, facts: Facts): number | undefined {
  const prediction = predictCase(sample.row, sample.found, facts)
  if (prediction.status !== 'answered' || !(prediction.interval.p50 > 0)) return undefined
  return Math.log(prediction.interval.p50 / sample.measured)
}

function lossWith(samples: readonly Sample[], base: Facts, parameters: Parameters): number {
  const facts: Facts = {...base, calibration: parameters.calibration()}
  return lossOf(samples, sample => errorOf(sample, facts))
}

function fit(samples: readonly Sample[], base: Facts, sweeps: number, say: (text: string) => void = () => {}): Parameters {
  const parameters = new Parameters()
  const pairs = new Set(samples.map(sample => `${sample.architecture}|${sample.runtime}`))
  const architectures = new Set(samples.map(sample => sample.architecture))
  const runtimes = new Set(samples.map(sample => sample.runtime))
  const scopes: {key: string; samples: Sample[]; level: number}[] = [{key: '*|*', samples: [...samples], level: 0}]
  for (const runtime of runtimes) scopes.push({key: `*|${runtime}`, samples: samples.filter(sample => sample.runtime === runtime), level: 1})
  for (const architecture of architectures) scopes.push({key: `${architecture}|*`, samples: samples.filter(sample => sample.architecture === architecture), level: 1})
  for (const pair of pairs) scopes.push({key: pair, samples: samples.filter(sample => `${sample.architecture}|${sample.runtime}` === pair), level: 2})
  scopes.reverse()
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const step = sweep === 0 ? 0.5 : sweep === 1 ? 0.25 : 0.12
    for (const scope of scopes) {
      if (scope.level > 0 && scope.samples.length < 4) continue
      for (const name of names) {
        // A hardware quantity has no part of the runtime alone, a runtime's none of the architecture alone.
        if (scope.level === 1 && scope.key.endsWith('|*') !== HARDWARE.has(name)) continue
        if ((scope.level > 0 && ONLY_GLOBAL.has(name)) || (scope.level === 2 && ONLY_ARCHITECTURE.has(name))) continue
        const key = `${name}|${scope.key}`
        const tau = spreadOf(name)
        const best = descend(parameters.parts.get(key) ?? 0, step, value => {
          parameters.parts.set(key, value)
          return lossWith(scope.samples, base, parameters) + (value / tau) ** 2 / 2
        })
        parameters.parts.set(key, best)
      }
    }
    say(`sweep ${sweep + 1}: loss ${lossWith(samples, base, parameters).toFixed(1)}`)
  }
  return parameters
}

async function main(): Promise<void> {
  const snapshot = await openSnapshot({packageRoot: root})
  const base = createPlanningFacts(snapshot)
  const samples: Sample[] = []
  for (const file of MEASURED_FILES) {
    for (const row of measuredRows(file)) {
      if (row['kind'] !== 'llm_inference' || row['metric'] === 'fits' || row['metric'] === 'memory_gib') continue
      const reading = readMeasurement(row, snapshot.accelerators)
      const measured = Number(row['value'])
      if (reading.status !== 'case' || !(measured > 0)) continue
      const {runtime = 'vllm'} = reading.case.configuration
      samples.push({
        row, found: reading.case, measured, architecture: reading.case.accelerator.architecture, runtime, metric: metricOf(row['metric'] ?? ''), group: `${row['source']} ${row['model']}`, weight: 1,
      })
    }
  }
  const start = {...base, calibration: new Parameters().calibration()}
  const usable = samples.filter(sample => errorOf(sample, start) !== undefined)
  const bySource = new Map<string, number>()
  for (const {row} of usable) bySource.set(`${row['source']} ${row['metric']}`, (bySource.get(`${row['source']} ${row['metric']}`) ?? 0) + 1)
  for (const sample of usable) sample.weight = (bySource.get(`${sample.row['source']} ${sample.row['metric']}`) ?? 1) ** -0.25
  log(`${usable.length} of ${samples.length} rows`)
  const fast = process.argv.includes('--fast')
  const parameters = fit(usable, base, 5, log)

  // Errors of rows that the fit has not seen.
  const predict = (fitted: Parameters, held: readonly Sample[]): {sample: Sample; error: number}[] => {
    const facts: Facts = {...base, calibration: fitted.calibration()}
    return held.flatMap(sample => {
      const error = errorOf(sample, facts)
      return error === undefined ? [] : [{sample, error}]
    })
  }
  const errors = fast ? predict(parameters, usable) : heldOut(usable, (others, held) => predict(fit(others, base, 5), held))
  for (const metric of ['throughput', 'tpot', 'ttft'] as const) log(`${metric}: ${medianError(errors.filter(({sample}) => sample.metric === metric))}`)
  log(`held out: ${medianError(errors)}`)

  const lines: CalibrationEntry[] = []
  const emit = (quantity: string, architecture: string, runtime: string, value: number, sigma: number | undefined, metric?: Sample['metric']): void => {
    const fitted = usable.filter(sample => (architecture === '*' || sample.architecture === architecture) && (runtime === '*' || sample.runtime === runtime) && (metric === undefined || sample.metric === metric))
    lines.push(calibrationRow({kind: KIND, quantity, architecture, runtime, value, sigma}, fitted))
  }
  const pairs = [...new Set(usable.map(sample => `${sample.architecture}|${sample.runtime}`))].sort()
  const architectures = [...new Set(usable.map(sample => sample.architecture))].sort()
  const runtimes = [...new Set(usable.map(sample => sample.runtime))].sort()
  for (const name of names) {
    const [quantity] = QUANTITIES[name]
    emit(quantity, '*', '*', parameters.value(name, '*', '*'), undefined)
    if (HARDWARE.has(name)) for (const architecture of architectures) emit(quantity, architecture, '*', parameters.value(name, architecture, '*'), undefined)
    else for (const runtime of runtimes) emit(quantity, '*', runtime, parameters.value(name, '*', runtime), undefined)
    for (const pair of pairs) {
      const [architecture = '*', runtime = '*'] = pair.split('|')
      const value = parameters.value(name, architecture, runtime)
      const inherited = HARDWARE.has(name) ? parameters.value(name, architecture, '*') : parameters.value(name, '*', runtime)
      if (Math.abs(Math.log(value / inherited)) > 1e-3) emit(quantity, architecture, runtime, value, undefined)
    }
  }
  for (const metric of ['throughput', 'ttft', 'tpot'] as const) {
    const all = errors.filter(({sample}) => sample.metric === metric)
    const overall = sigmaOf(all)
    emit(metric, '*', '*', 1, overall * 1.5, metric)
    for (const pair of pairs) {
      const [architecture = '*', runtime = '*'] = pair.split('|')
      const own = all.filter(({sample}) => sample.architecture === architecture && sample.runtime === runtime)
      if (own.length === 0) continue
      // Few rows say little about their own spread: they are mixed with the overall one.
      const trust = own.length / (own.length + 12)
      emit(metric, architecture, runtime, 1, trust * sigmaOf(own) + (1 - trust) * overall, metric)
    }
  }
  writeCalibration([KIND], {entries: lines, spreads: [], evidence: []}, 'llm-inference.ts')
}

await main()

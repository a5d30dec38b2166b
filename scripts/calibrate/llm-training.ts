/**
 * Fits the factors of language-model training (data/calibration.json, kinds llm-pretrain and llm-finetune) to data/measured. Deterministic;
 * run it again when the measurements or the formulas change: `node scripts/calibrate/llm-training.ts [--check] [--fast]`.
 *
 * Every factor is ln-additive: a start value + a part for all + a part for the architecture (hardware quantities) or for kind and runtime
 * (software quantities), each drawn towards 0 (ridge, so that a part without evidence stays at its parent's value), fitted by
 * coordinate descent on a robust loss. Both kinds share the hardware. The spreads come from predictions of rows that were left out
 * (folds by source and model), not from the rows fitted on.
 */
import {createCalibration, type CalibratedValue, type Calibration} from '../../src/performance/calibration.ts'
import type {Configuration} from '../../src/performance/types.ts'
import type {CalibrationEntry} from '../../src/catalog/schema.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import type {MeasuredRow} from '../../src/accuracy/score.ts'
import type {Facts} from '../../src/workload/contract.ts'
import type {TrainingQuantity} from '../../src/workload/llm/training-factors.ts'
import {ASSUMED_FACTORS} from '../../src/workload/llm/training-factors.ts'
import {measuredConfigurations, measuredPerformance, readTrainingMeasurement, type MeasuredCase} from '../../src/workload/llm/training-measured.ts'
import {calibrationRow, descend, heldOut, log, lossOf, measuredRows, medianError, root, sigmaOf, writeCalibration} from './fit.ts'

const KINDS = ['llm-pretrain', 'llm-finetune'] as const
type TrainingKind = (typeof KINDS)[number]
const FILES: readonly (readonly [string, TrainingKind])[] = [['llm-training', 'llm-pretrain'], ['llm-finetuning', 'llm-finetune'], ['memory-fit', 'llm-finetune']]

/** Belongs to the hardware: one part per architecture, the same for both kinds. The others: one part per kind and runtime. */
const HARDWARE: ReadonlySet<TrainingQuantity> = new Set(['compute', 'low-precision-compute', 'link', 'network'])
/** The same for everything: too little evidence to tell apart. */
const GLOBAL: ReadonlySet<TrainingQuantity> = new Set(['overlap', 'tensor-overlap', 'dequantise', 'sharding-overhead-seconds'])
const MEMORY: ReadonlySet<TrainingQuantity> = new Set(['activation-memory', 'loss-bytes', 'reserve-gib'])
const SHARED: ReadonlySet<TrainingQuantity> = new Set(['activation-memory', 'reserve-gib'])
/** How far a part may stray from its parent, in ln: rates little, overheads more. */
const spreadOf = (name: TrainingQuantity): number => (/^(?:mixture|sharding)-overhead/.test(name) ? 1 : name === 'layer-overhead-seconds' ? 0.4 : /seconds/.test(name) ? 0.6 : name === 'dequantise' || name === 'software' ? 0.4 : 0.2)
const UPPER: Partial<Record<TrainingQuantity, number>> = {compute: 1.15, 'low-precision-compute': 1.25, software: 1, attention: 1, mixture: 1, 'memory-bandwidth': 0.95, link: 0.95, network: 0.95, overlap: 0.98, 'tensor-overlap': 0.9, dequantise: 0.9, 'loss-bytes': 12, 'reserve-gib': 2}

/** Whole steps are compiled into one program: almost nothing is launched from the host. */
const COMPILED = /^(?:maxtext|neuron)$/
const startOf = (name: TrainingQuantity, runtime: string): number => ASSUMED_FACTORS[name] * (COMPILED.test(runtime) && /^(?:layer|mixture|sharding)-overhead/.test(name) ? 0.1 : 1)

/** Steps of the descent in ln, one for each sweep. */
const STEPS = [0.4, 0.25, 0.12, 0.06, 0.06, 0.03, 0.03, 0.015] as const

const names = Object.keys(ASSUMED_FACTORS) as TrainingQuantity[]

interface Sample {
  readonly row: MeasuredRow
  readonly found: MeasuredCase
  readonly kind: TrainingKind
  readonly measured: number
  readonly architecture: string
  readonly runtime: string
  readonly memory: boolean
  /** A run with a stated micro-batch is evidence that it fitted: only too much memory is an error. */
  readonly ran: boolean
  readonly group: string
  /** Chosen once per sweep; the search is slower than the estimate. */
  configurations: readonly Configuration[]
  weight: number
}

/** What a runtime keeps is the same for both kinds; the loss is not, as pre-training codes fuse it. */
const softwareScope = (name: TrainingQuantity, kind: string, runtime: string): string => (SHARED.has(name) ? runtime : `${kind} ${runtime}`)

/** Spreads and distances play no part in a fit. */
const UNMEASURED = createCalibration([])

class Parameters {
  /** `quantity|scope` → ln of the part; scope is `*`, an architecture, or kind and runtime. */
  readonly parts = new Map<string, number>()

  value(name: TrainingQuantity, kind: string, architecture: string, runtime: string): number {
    let ln = Math.log(startOf(name, runtime)) + (this.parts.get(`${name}|*`) ?? 0)
    if (HARDWARE.has(name)) ln += this.parts.get(`${name}|${architecture}`) ?? 0
    else if (!GLOBAL.has(name)) ln += this.parts.get(`${name}|${softwareScope(name, kind, runtime)}`) ?? 0
    return Math.min(Math.exp(ln), UPPER[name] ?? Number.POSITIVE_INFINITY)
  }

  calibration(): Calibration {
    const known = new Map<string, CalibratedValue>()
    return {
      ...UNMEASURED,
      lookup: (kind, quantity, architecture, runtime): CalibratedValue | undefined => {
        if (!(quantity in ASSUMED_FACTORS)) return undefined
        const key = `${kind} ${quantity} ${architecture} ${runtime}`
        let value = known.get(key)
        if (value === undefined) known.set(key, (value = {value: this.value(quantity as TrainingQuantity, kind, architecture, runtime), sigmaLog: 0.3, basis: 'calibrated'}))
        return value
      },
    }
  }
}

/** Hours of whole runs count more than training; the catalog gives hybrids no layer by layer shape. Both say little about the factors. */
const trustIn = ({row, found}: Sample): number => (/gpu_hours/.test(row['metric'] ?? '') || found.question.work.model.attention.startsWith('hybrid') ? 0.2 : 1)

function errorOf(sample: Sample, facts: Facts): number | undefined {
  const performance = measuredPerformance(sample.found, sample.configurations, facts)
  if (performance === undefined) return undefined
  const predicted = sample.found.question.predict(performance, sample.found.hardware).p50
  if (sample.ran) return Math.max(0, Math.log(performance.memory.neededGib.p50 / sample.found.hardware.accelerator.memoryGib))
  return predicted > 0 && Number.isFinite(predicted) ? Math.log(predicted / sample.measured) : undefined
}

function lossWith(samples: readonly Sample[], base: Facts, parameters: Parameters): number {
  const facts: Facts = {...base, calibration: parameters.calibration()}
  return lossOf(samples, sample => errorOf(sample, facts))
}

/** Where the source leaves the configuration open, the best one under the factors found so far. */
function chooseConfigurations(samples: readonly Sample[], base: Facts, parameters: Parameters): void {
  const facts: Facts = {...base, calibration: parameters.calibration()}
  for (const sample of samples) {
    const all = measuredConfigurations(sample.found, facts)
    const best = measuredPerformance(sample.found, all, facts)
    // The performance reports its batch; the question's own batch decides.
    const {batch: _, ...configuration} = best?.configuration ?? {}
    sample.configurations = best === undefined ? all : [configuration]
  }
}

function fit(samples: readonly Sample[], base: Facts, sweeps: number, say: (text: string) => void = () => {}): Parameters {
  const parameters = new Parameters()
  const scopes: {key: string; samples: Sample[]; level: 0 | 'hardware' | 'software'}[] = [{key: '*', samples: [...samples], level: 0}]
  for (const architecture of new Set(samples.map(sample => sample.architecture))) {
    scopes.push({key: architecture, samples: samples.filter(sample => sample.architecture === architecture), level: 'hardware'})
  }
  for (const scopeOf of [(sample: Sample): string => `${sample.kind} ${sample.runtime}`, (sample: Sample): string => sample.runtime]) {
    for (const key of new Set(samples.map(scopeOf))) scopes.push({key, samples: samples.filter(sample => scopeOf(sample) === key), level: 'software'})
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    chooseConfigurations(samples, base, parameters)
    const step = STEPS[Math.min(sweep, STEPS.length - 1)] ?? 0.015
    for (const scope of scopes) {
      if (scope.level !== 0 && scope.samples.length < 3) continue
      for (const name of names) {
        if (scope.level === 'hardware' && !HARDWARE.has(name)) continue
        if (scope.level === 'software' && (HARDWARE.has(name) || GLOBAL.has(name) || SHARED.has(name) === scope.key.includes(' '))) continue
        const concerned = scope.samples.filter(sample => sample.memory === MEMORY.has(name))
        if (concerned.length === 0) continue
        const key = `${name}|${scope.key}`
        // The formulas of memory are exact but for what a runtime keeps; those of time have efficiencies that all runtimes share.
        const tau = spreadOf(name) * ((scope.level === 0) === MEMORY.has(name) ? 1 : 2)
        const best = descend(parameters.parts.get(key) ?? 0, step, value => {
          parameters.parts.set(key, value)
          return lossWith(concerned, base, parameters) + (value / tau) ** 2 / 2
        })
        parameters.parts.set(key, best)
      }
    }
    say(`sweep ${sweep + 1}: loss ${lossWith(samples, base, parameters).toFixed(1)}`)
  }
  chooseConfigurations(samples, base, parameters)
  return parameters
}

async function main(): Promise<void> {
  const snapshot = await openSnapshot({packageRoot: root})
  const base = createPlanningFacts(snapshot)
  const samples: Sample[] = []
  const seen = new Set<string>()
  for (const [file, kind] of FILES) {
    for (const row of measuredRows(file)) {
      if (!/^llm_(?:pretraining|finetuning)$/.test(row['kind'] ?? '') || row['metric'] === 'fits') continue
      const memory = row['metric'] === 'memory_gib'
      // Tokens/s, TFLOP/s and MFU of one run are one measurement.
      const run = `${(row['id'] ?? '').split('--')[0]} ${memory}`
      if (seen.has(run)) continue
      const reading = readTrainingMeasurement(row, kind, base, snapshot.accelerators)
      const measured = Number(row['value'])
      if (reading.status !== 'case' || !(measured > 0)) continue
      seen.add(run)
      const {configuration} = reading.case.question
      const sample = {
        row, found: reading.case, kind, measured, architecture: reading.case.hardware.accelerator.architecture, runtime: configuration.runtime ?? '*',
        group: `${row['source']} ${row['model']}`, configurations: [], weight: 1,
      }
      samples.push({...sample, memory, ran: false})
      if (!memory && configuration.microBatch !== undefined && configuration.checkpointing !== undefined && configuration.tp !== undefined) samples.push({...sample, memory: true, ran: true})
    }
  }
  const start = new Parameters()
  chooseConfigurations(samples, base, start)
  const startFacts = {...base, calibration: start.calibration()}
  const usable = samples.filter(sample => errorOf(sample, startFacts) !== undefined)
  const bySource = new Map<string, number>()
  const sourceKey = ({row, memory, ran}: Sample): string => `${row['source']} ${memory} ${ran}`
  for (const sample of usable) bySource.set(sourceKey(sample), (bySource.get(sourceKey(sample)) ?? 0) + 1)
  for (const sample of usable) sample.weight = (bySource.get(sourceKey(sample)) ?? 1) ** -0.35 * trustIn(sample)
  log(`${usable.length} of ${samples.length} runs`)
  const fast = process.argv.includes('--fast')
  const parameters = fit(usable, base, STEPS.length, log)

  // Errors of runs that the fit has not seen.
  const predict = (fitted: Parameters, held: readonly Sample[]): {sample: Sample; error: number}[] => {
    chooseConfigurations(held, base, fitted)
    const facts: Facts = {...base, calibration: fitted.calibration()}
    return held.flatMap(sample => {
      const error = errorOf(sample, facts)
      return error === undefined || sample.ran ? [] : [{sample, error}]
    })
  }
  const errors = fast ? predict(parameters, usable) : heldOut(usable, (others, held) => predict(fit(others, base, STEPS.length), held))
  for (const kind of KINDS) for (const memory of [false, true]) log(`${fast ? 'fitted' : 'held out'} ${kind} ${memory ? 'memory' : 'time'}: ${medianError(errors.filter(({sample}) => sample.kind === kind && sample.memory === memory))}`)

  const lines: CalibrationEntry[] = []
  const emit = (kind: TrainingKind, quantity: string, architecture: string, runtime: string, value: number, sigma: number | undefined, memory: boolean): void => {
    // A runtime's speed and every spread of times are the kind's own; hardware and memory rest on the runs of both.
    const fitted = usable.filter(sample =>
      (memory || (sigma === undefined && runtime === '*') || sample.kind === kind) && !sample.ran && sample.memory === memory &&
      (architecture === '*' || sample.architecture === architecture) && (runtime === '*' || sample.runtime === runtime))
    lines.push(calibrationRow({kind, quantity, architecture, runtime, value, sigma}, fitted, usable))
  }
  const architectures = [...new Set(usable.map(sample => sample.architecture))].sort()
  for (const kind of KINDS) {
    const own = usable.filter(sample => sample.kind === kind)
    const runtimes = [...new Set(own.map(sample => sample.runtime))].sort()
    for (const name of names) {
      const memory = MEMORY.has(name)
      emit(kind, name, '*', '*', parameters.value(name, kind, '*', '*'), undefined, memory)
      if (HARDWARE.has(name)) for (const architecture of architectures) emit(kind, name, architecture, '*', parameters.value(name, kind, architecture, '*'), undefined, memory)
      else for (const runtime of GLOBAL.has(name) ? runtimes.filter(each => startOf(name, each) !== startOf(name, '*')) : runtimes) emit(kind, name, '*', runtime, parameters.value(name, kind, '*', runtime), undefined, memory)
    }
    // Few runs say little about their own spread: they are mixed with the overall one, slower where that would narrow it.
    const mixed = (list: readonly {error: number}[], overall: number): number => {
      const own = sigmaOf(list)
      const trust = list.length / (list.length + (own > overall ? 1 : 12))
      return trust * own + (1 - trust) * overall
    }
    const groups = (list: typeof errors, key: (sample: Sample) => string): [string, typeof errors][] =>
      [...Map.groupBy(list, ({sample}) => key(sample))].sort(([left], [right]) => (left < right ? -1 : 1))

    const times = errors.filter(({sample}) => sample.kind === kind && !sample.memory)
    const overall = sigmaOf(times)
    emit(kind, 'step-time', '*', '*', 1, overall * 1.5, false)
    // A runtime nobody measured on an architecture: what both kinds saw there, and a little more.
    for (const [architecture, list] of groups(errors.filter(({sample}) => !sample.memory), sample => sample.architecture)) {
      if (list.length >= 5) emit(kind, 'step-time', architecture, '*', 1, 1.2 * Math.max(overall * 0.8, mixed(list, overall)), false)
    }
    for (const [pair, list] of groups(times, sample => `${sample.architecture}|${sample.runtime}`)) {
      const [architecture = '*', runtime = '*'] = pair.split('|')
      emit(kind, 'step-time', architecture, runtime, 1, mixed(list, overall), false)
    }
    // Memory is the runtime's affair, whatever the hardware and the kind.
    const memories = errors.filter(({sample}) => sample.memory)
    const overallMemory = sigmaOf(memories)
    emit(kind, 'memory', '*', '*', 1, overallMemory * 1.2, true)
    for (const [runtime, list] of groups(memories, sample => sample.runtime)) emit(kind, 'memory', '*', runtime, 1, mixed(list, overallMemory), true)
  }
  writeCalibration(KINDS, {entries: lines, spreads: [], evidence: []}, 'llm-training.ts')
}

await main()

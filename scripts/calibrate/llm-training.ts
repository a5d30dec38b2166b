/**
 * Fits the factors of language-model training (data/calibration.json, kinds llm-pretrain and llm-finetune) to data/measured, and says how well
 * they predict what they have not seen: `node scripts/calibrate/llm-training.ts [--check] [--fast]`. Deterministic; run it again when
 * measurements or formulas change. `--fast` leaves out the folds; `--rows` prints the errors of all rows as fitted.
 *
 * Every factor is ln-additive over scopes within scopes (scripts/calibrate/hierarchy.ts): hardware quantities belong to a vendor and an
 * architecture and are the same for both kinds, software quantities belong to a runtime and to a kind with a runtime. Each part is drawn
 * towards its parent, so that what nobody measured has its parent's value.
 *
 * The folds leave out whole models, accelerators, architectures and sources: their fits go to data/measured/held-out.json, where the accuracy
 * command reads them. Spreads are percentiles of the residuals of all folds — configurations are left out as well — by distance.
 */
import type {HeldOutFold, Way} from '../../src/accuracy/held-out.ts'
import {calibrationOf} from '../../src/accuracy/held-out.ts'
import {settingOf, type Setting} from '../../src/accuracy/setting.ts'
import type {Measurement} from '../../src/catalog/parse/measured.ts'
import type {Accelerator, CalibrationEntry, CalibrationEvidence, CalibrationSpread} from '../../src/catalog/schema.ts'
import {createCalibration, vendorScope, type Calibration} from '../../src/performance/calibration.ts'
import {DISTANCES, type Distance} from '../../src/performance/distance.ts'
import type {Configuration, Performance} from '../../src/performance/types.ts'
import {createPlanningFacts, type PlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {isRefusal, resolveLayout} from '../../src/workload/llm/training-layout.ts'
import {ASSUMED_FACTORS, factorsFrom, stepMetric, type TrainingFactors, type TrainingQuantity} from '../../src/workload/llm/training-factors.ts'
import {measuredConfigurations, measuredPerformance, predictTrainingMeasurement, readTrainingMeasurement, type MeasuredCase} from '../../src/workload/llm/training-measured.ts'
import {trainingMemory} from '../../src/workload/llm/training-memory.ts'
import {trainingStep} from '../../src/workload/llm/training-step.ts'
import type {TrainingLayout} from '../../src/workload/llm/training.ts'
import {AS_OF, isRate, largestSource, log, measurements, root, weightedQuantile, writeCalibration} from './fit.ts'
import {foldsOf, writeHeldOut} from './held-out.ts'
import {fitHierarchy, type HierarchicalFactor, type HierarchicalFit, type Scope} from './hierarchy.ts'

const KINDS = ['llm-pretrain', 'llm-finetune'] as const
type TrainingKind = (typeof KINDS)[number]
const kindNamed = (id: TrainingKind) => ({id, tunes: id === 'llm-finetune'})
const FILES: readonly (readonly [string, TrainingKind])[] = [['llm-training', 'llm-pretrain'], ['llm-finetuning', 'llm-finetune'], ['memory-fit', 'llm-finetune']]

/** Belongs to the hardware: parts of vendor and architecture, the same for both kinds. */
const HARDWARE: ReadonlySet<TrainingQuantity> = new Set(['compute', 'low-precision-compute', 'link', 'network'])
/** The same for everything: too little evidence to tell apart. */
const GLOBAL: ReadonlySet<TrainingQuantity> = new Set(['dequantise', 'sharding-overhead-seconds', 'run-share', 'recurrent'])
/** Kernels of a runtime on an architecture: parts of both. */
const BOTH: ReadonlySet<TrainingQuantity> = new Set(['attention'])
const MEMORY: ReadonlySet<TrainingQuantity> = new Set(['activation-memory', 'loss-bytes', 'reserve-gib', 'fragmentation'])
/** How far a part may stray from its parent, in ln: rates little, overheads more. */
const TAU: Partial<Record<TrainingQuantity, number>> = {
  'layer-overhead-seconds': 0.5, 'mixture-overhead-seconds': 0.7, 'sharding-overhead-seconds': 0.7, 'step-overhead-seconds': 0.7, dequantise: 0.5, software: 0.25, attention: 0.25, 'run-share': 0.25, recurrent: 0.7, elementwise: 0.4, overlap: 0.3, 'tensor-overlap': 0.5, 'reserve-gib': 0.5, fragmentation: 0.4,
}
const USUAL_TAU = 0.2
/** All hardware and software together may stray farther from the first guess than one kind of it from the rest. */
const FIRST_GUESS = 2
const UPPER: Partial<Record<TrainingQuantity, number>> = {
  compute: 1.15, 'low-precision-compute': 1.25, software: 1, attention: 1, mixture: 1, 'memory-bandwidth': 0.95, link: 0.95, network: 0.95, overlap: 0.98, 'tensor-overlap': 0.9, 'run-share': 1, dequantise: 0.9, 'loss-bytes': 12, 'reserve-gib': 2, fragmentation: 0.25,
}

/** Whole steps are compiled into one program: almost nothing is launched from the host. */
const COMPILED = /^(?:maxtext|neuron)$/
const startOf = (name: TrainingQuantity, runtime: string): number => ASSUMED_FACTORS[name] * (COMPILED.test(runtime) && /^(?:layer|mixture|sharding)-overhead/.test(name) ? 0.1 : 1)

const names = Object.keys(ASSUMED_FACTORS) as TrainingQuantity[]
/** Single configurations are left out in so many parts; models, accelerators, architectures and sources one by one. */
const CONFIGURATION_FOLDS = 5
/** The fit alternates with the choice of configurations, where a source leaves them open. */
const ROUNDS = 3

interface Sample {
  readonly setting: Setting
  readonly found: MeasuredCase
  readonly kind: TrainingKind
  readonly measured: number
  readonly source: string
  /** All rows of one run. */
  readonly run: string
  readonly metric: string
  readonly accelerator: Accelerator
  readonly runtime: string
  readonly model: string
  readonly memory: boolean
  /** A run with a stated micro-batch is evidence that it fitted: only too much memory is an error. */
  readonly ran: boolean
  layouts: readonly TrainingLayout[]
  weight: number
}

const factors: readonly HierarchicalFactor<Sample>[] = names.map(name => ({
  name,
  startLn: ({runtime}) => Math.log(startOf(name, runtime)),
  scopes: ({memory, accelerator, runtime, kind, metric, found}): readonly Scope[] => {
    if (memory !== MEMORY.has(name)) return []
    const tau = TAU[name] ?? USUAL_TAU
    const all = {key: '*', tau: tau * FIRST_GUESS}
    if (name === 'recurrent' && !found.question.work.model.attention.startsWith('hybrid')) return []
    if (name === 'run-share' && metric !== 'gpu_hours') return []
    if (GLOBAL.has(name)) return [all]
    if (BOTH.has(name)) return [all, {key: accelerator.architecture, tau}, {key: runtime, tau}, {key: `${accelerator.architecture} ${runtime}`, tau}]
    if (HARDWARE.has(name)) return [all, {key: vendorScope(accelerator.vendor), tau}, {key: accelerator.architecture, tau}]
    return [all, {key: runtime, tau}, {key: `${kind} ${runtime}`, tau: memory ? tau : tau / 2}]
  },
  ...(UPPER[name] === undefined ? {} : {highestLn: Math.log(UPPER[name])}),
}))

const factorsOf = (lnValues: Float64Array): TrainingFactors => factorsFrom(name => Math.exp(lnValues[names.indexOf(name)]!))

/** ln(predicted ÷ measured) of a sample whose layouts are chosen. */
function residual({found: {question, hardware}, layouts, memory, ran, measured}: Sample, lnValues: Float64Array): number | undefined {
  const given = factorsOf(lnValues)
  const {work} = question
  let best: TrainingLayout | undefined
  let seconds = Number.POSITIVE_INFINITY
  for (const layout of layouts) {
    if (memory && layouts.length === 1) {
      best = layout
      break
    }
    const step = trainingStep(work, hardware, layout, given)
    if (step === undefined || step.seconds / layout.sequencesPerStep >= seconds) continue
    seconds = step.seconds / layout.sequencesPerStep
    best = layout
  }
  if (best === undefined) return undefined
  const {neededGib, lines} = memory ? trainingMemory(work, best, given) : {neededGib: 0, lines: []}
  if (ran) return Math.max(0, Math.log(neededGib / hardware.accelerator.memoryGib))
  const rate = work.sequenceLength / seconds
  const all = (value: number) => ({p10: value, p50: value, p90: value})
  const performance = {throughput: {unit: 'tokens/s', value: all(rate)}, memory: {neededGib: all(neededGib), lines}, configuration: {batch: best.sequencesPerStep}} as unknown as Performance
  const predicted = question.predict(performance, hardware, given.runShare).p50
  return predicted > 0 && Number.isFinite(predicted) ? Math.log(predicted / measured) : undefined
}

/** Where the source leaves the configuration open, what a practitioner would try under the factors found so far. */
function chooseLayouts(samples: readonly Sample[], base: PlanningFacts, calibration: Calibration): void {
  const facts = {...base, calibration}
  for (const sample of samples) {
    const {question, hardware} = sample.found
    const all = measuredConfigurations(sample.found, facts)
    // The performance reports its batch; the question's own batch decides.
    const {batch: _, ...best} = measuredPerformance(sample.found, all, facts)?.configuration ?? {}
    const chosen: readonly Configuration[] = best.runtime === undefined ? all : [best]
    sample.layouts = chosen.flatMap(configuration => {
      const layout = resolveLayout(question.work, hardware, configuration, configuration.runtime ?? '*', configuration.precision ?? 'bf16')
      return isRefusal(layout) ? [] : [layout]
    })
  }
}

const isOpen = ({found: {question: {configuration}}}: Sample): boolean =>
  configuration.tp === undefined || configuration.microBatch === undefined || configuration.checkpointing === undefined || configuration.zeroStage === undefined

interface Fitted {
  readonly entries: readonly CalibrationEntry[]
  readonly evidence: readonly CalibrationEvidence[]
}

/** Every vendor and architecture of the catalog's accelerators that was measured, and every runtime. */
function fit(samples: readonly Sample[], base: PlanningFacts, say: (text: string) => void = () => {}): Fitted {
  let found: HierarchicalFit<Sample> | undefined
  let entries: readonly CalibrationEntry[] = []
  // A large table shall not drown the rest, nor count as one row.
  const sizes = Map.groupBy(samples, ({source, memory, ran}) => `${source} ${memory} ${ran}`)
  for (const sample of samples) sample.weight = trustIn(sample) * (sizes.get(`${sample.source} ${sample.memory} ${sample.ran}`)?.length ?? 1) ** -SOURCE_BALANCE
  for (let round = 0; round < ROUNDS; round++) {
    const calibration = createCalibration(entries)
    const open = samples.filter(sample => round === 0 || isOpen(sample))
    chooseLayouts(open, base, calibration)
    found = fitHierarchy({factors, samples, weight: ({weight}) => weight, residual}, {iterations: round === 0 ? 12 : 20, say: round === ROUNDS - 1 ? say : () => {}})
    entries = entriesOf(found, samples)
  }
  return {entries, evidence: evidenceOf(samples)}
}

/** A source of n runs weighs n to the power of one less this: between one vote per source and one per run. */
const SOURCE_BALANCE = 0.4
/** Hours of whole runs count more than training; the catalog gives hybrids no layer by layer shape. Both say little about the factors. */
const trustIn = ({metric, found}: Sample): number => (metric === 'gpu_hours' ? 0.2 : found.question.work.model.attention.startsWith('hybrid') ? 0.6 : 1)

function entriesOf(found: HierarchicalFit<Sample>, samples: readonly Sample[]): readonly CalibrationEntry[] {
  const lines: CalibrationEntry[] = []
  const measured = samples.filter(({ran}) => !ran)
  const valueOf = (name: TrainingQuantity, runtime: string, keys: readonly string[]): number =>
    Math.min(UPPER[name] ?? Number.POSITIVE_INFINITY, Math.exp(keys.reduce((total, key) => total + (found.parts.get(`${name}|${key}`) ?? 0), Math.log(startOf(name, runtime)))))
  for (const kind of KINDS) {
    for (const name of names) {
      const concerned = measured.filter(({memory}) => memory === MEMORY.has(name))
      const emit = (architecture: string, runtime: string, keys: readonly string[], own: readonly Sample[]): void =>
        void lines.push({
          kind, quantity: name, architecture, runtime, value: Number(valueOf(name, runtime, keys).toPrecision(4)), measurements: own.length, sourceId: largestSource(own.length > 0 ? own : concerned), asOf: AS_OF,
          standing: 'modelled',
        })
      emit('*', '*', ['*'], concerned)
      if (HARDWARE.has(name)) {
        for (const [vendor, own] of sorted(Map.groupBy(concerned, ({accelerator}) => vendorScope(accelerator.vendor)))) emit(vendor, '*', ['*', vendor], own)
        for (const [architecture, own] of sorted(Map.groupBy(concerned, ({accelerator}) => accelerator.architecture))) emit(architecture, '*', ['*', vendorScope(own[0]!.accelerator.vendor), architecture], own)
      } else if (BOTH.has(name)) {
        for (const [runtime, own] of sorted(Map.groupBy(concerned, ({runtime}) => runtime))) emit('*', runtime, ['*', runtime], own)
        for (const [architecture, own] of sorted(Map.groupBy(concerned, ({accelerator}) => accelerator.architecture))) {
          emit(architecture, '*', ['*', architecture], own)
          for (const [runtime, both] of sorted(Map.groupBy(own, ({runtime}) => runtime))) emit(architecture, runtime, ['*', architecture, runtime, `${architecture} ${runtime}`], both)
        }
      } else {
        const runtimes = sorted(Map.groupBy(concerned, ({runtime}) => runtime))
        for (const [runtime, own] of runtimes) if (!GLOBAL.has(name) || startOf(name, runtime) !== startOf(name, '*')) emit('*', runtime, GLOBAL.has(name) ? ['*'] : ['*', runtime, `${kind} ${runtime}`], own)
      }
    }
  }
  return lines
}

const sorted = <T>(groups: Map<string, T>): [string, T][] => [...groups].sort(([left], [right]) => (left < right ? -1 : 1))

function evidenceOf(samples: readonly Sample[]): readonly CalibrationEvidence[] {
  const groups = Map.groupBy(samples.filter(({ran}) => !ran), ({kind, accelerator, model}) => `${kind}|${accelerator.id}|${model}`)
  return sorted(groups).map(([, own]) => {
    const [{kind, accelerator, model}] = own as [Sample]
    return {kind, accelerator: accelerator.id, architecture: accelerator.architecture, model, measurements: new Set(own.map(({run}) => run)).size}
  })
}

/** What a row gives when its own fold is predicted. */
interface Error {
  readonly sample: Sample
  /** ln(measured ÷ predicted) as times and sizes: positive = more than predicted. */
  readonly ln: number
  readonly ratio: number
  readonly inside: boolean
  readonly width: number
  readonly distance: Distance
}

function errorsOf(samples: readonly Sample[], facts: PlanningFacts, accelerators: readonly Accelerator[]): Error[] {
  return samples.flatMap(sample => {
    if (sample.ran) return []
    const answer = predictTrainingMeasurement(sample.setting, kindNamed(sample.kind), facts, accelerators)
    if (answer.status !== 'answered' || !(answer.interval.p50 > 0)) return []
    const {p10, p50, p90} = answer.interval
    const ln = Math.log(sample.measured / p50) * (isRate(sample.metric) ? -1 : 1)
    return [{sample, ln, ratio: p50 / sample.measured, inside: sample.measured >= p10 && sample.measured <= p90, width: p90 / p10, distance: answer.distance ?? 'none'}]
  })
}

function quantile(values: readonly number[], share: number): number {
  const ordered = [...values].sort((a, b) => a - b)
  const position = share * (ordered.length - 1)
  const low = ordered[Math.floor(position)] ?? Number.NaN
  return low + ((ordered[Math.ceil(position)] ?? low) - low) * (position - Math.floor(position))
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(8)

/** Source-balanced: the mean over sources of what each gives. */
const bySource = (errors: readonly Error[], of: (own: readonly Error[]) => number): number => {
  const groups = [...Map.groupBy(errors, ({sample}) => sample.source).values()]
  return groups.reduce((total, own) => total + of(own), 0) / groups.length
}

function figures(title: string, errors: readonly Error[]): void {
  if (errors.length === 0) return
  const absolute = (own: readonly Error[]): number[] => own.map(({ratio}) => Math.abs(ratio - 1))
  const mean = (own: readonly number[]): number => own.reduce((total, value) => total + value, 0) / own.length
  log([
    title.padEnd(44), String(errors.length).padStart(5), percent(quantile(absolute(errors), 0.5)), percent(mean(absolute(errors))), percent(quantile(absolute(errors), 0.9)),
    percent(mean(errors.map(({ratio}) => ratio - 1))), percent(quantile(errors.map(({ratio}) => ratio), 0.5) - 1), percent(bySource(errors, own => quantile(absolute(own), 0.5))),
    percent(mean(errors.map(({inside}) => Number(inside)))), quantile(errors.map(({width}) => width), 0.5).toFixed(2).padStart(6),
  ].join(' '))
}
const HEADLINE = `${''.padEnd(44)}  rows    MdAPE     MAPE      p90     bias  medbias  sources   inside  width`

/** How the parts are named and how many there are. Ways of the held-out figures, and what spreads are read from. */
const GROUPS: Readonly<Record<Way | 'configuration', (sample: Sample) => string>> = {
  model: ({model}) => model,
  accelerator: ({accelerator}) => accelerator.id,
  source: ({source}) => source,
  configuration: ({run}) => run,
  architecture: ({accelerator}) => accelerator.architecture,
}

function readSamples(base: PlanningFacts, accelerators: readonly Accelerator[]): Sample[] {
  const samples: Sample[] = []
  const seen = new Set<string>()
  const add = (measurement: Measurement, kind: TrainingKind): void => {
    const {id, value: measured, source, metric} = measurement
    if (!/^llm_(?:pre)?(?:training|finetuning)$/.test(measurement.kind) || metric === 'fits' || measured === undefined || !(measured > 0)) return
    const memory = metric === 'memory_gib'
    // Tokens/s, TFLOP/s and MFU of one run are one measurement.
    const run = id.split('--')[0] ?? id
    if (seen.has(`${run} ${memory}`)) return
    const setting = settingOf(measurement)
    const reading = readTrainingMeasurement(setting, kindNamed(kind), base, accelerators)
    if (reading.status !== 'case') return
    seen.add(`${run} ${memory}`)
    const {question, hardware} = reading.case
    const {configuration} = question
    const sample: Sample = {
      setting, found: reading.case, kind, measured, source, run, metric, accelerator: hardware.accelerator, runtime: configuration.runtime ?? '*', model: question.work.model.id,
      memory, ran: false, layouts: [], weight: 1,
    }
    samples.push(sample)
    if (!memory && configuration.microBatch !== undefined && configuration.checkpointing !== undefined && configuration.tp !== undefined) samples.push({...sample, memory: true, ran: true})
  }
  for (const [file, kind] of FILES) {
    const rows = measurements(file)
    // FLOP are counted in many ways, seconds and tokens in one.
    for (const measurement of [...rows.filter(({metric}) => !/flops|mfu/.test(metric)), ...rows.filter(({metric}) => /flops|mfu/.test(metric))]) add(measurement, kind)
  }
  return samples
}

const METRICS = ['step-time', 'step-time-alone', 'memory'] as const
/** Which of them a sample tells of. */
const metricOf = ({memory, found: {hardware: {acceleratorsPerNode, nodes}}}: Sample): (typeof METRICS)[number] => (memory ? 'memory' : stepMetric(acceleratorsPerNode * nodes))
/** A step farther off is at least so much less certain, in ln, on both sides. */
const WIDENING = 1.1
/** Too few say nothing about their own spread. */
const LEAST_FOR_SPREAD = 12

/**
 * 10th and 90th percentile of ln(measured ÷ predicted) by kind and metric over all that was left out, by how near the nearest measurement was
 * that was left in; farther off is never narrower.
 */
function spreadsOf(errors: readonly Error[]): CalibrationSpread[] {
  const spreads: CalibrationSpread[] = []
  for (const kind of KINDS) {
    for (const metric of METRICS) {
      let [lowLog, highLog] = [0, 0]
      let farther = 1
      for (const distance of DISTANCES) {
        const both = errors.filter(each => each.distance === distance && metricOf(each.sample) === metric)
        const kindOwn = both.filter(({sample}) => sample.kind === kind)
        const own = kindOwn.length >= LEAST_FOR_SPREAD ? kindOwn : both
        if (own.length === 0) continue
        const sizes = Map.groupBy(own, ({sample}) => sample.source)
        const values = own.map(({ln, sample}) => ({value: ln, weight: sizes.get(sample.source)!.length ** -SOURCE_BALANCE}))
        lowLog = Math.min(lowLog * farther, weightedQuantile(values, 0.1), 0)
        highLog = Math.max(highLog * farther, weightedQuantile(values, 0.9), 0)
        farther = WIDENING
        spreads.push({kind, metric, distance, lowLog: Number(lowLog.toFixed(4)), highLog: Number(highLog.toFixed(4)), measurements: own.length})
      }
    }
  }
  return spreads
}

async function main(): Promise<void> {
  const snapshot = await openSnapshot({packageRoot: root})
  const base = createPlanningFacts(snapshot)
  const {accelerators} = snapshot
  const samples = readSamples(base, accelerators)
  log(`${samples.filter(({ran}) => !ran).length} runs`)
  const fitted = fit(samples, base, log)
  const inSample = errorsOf(samples, {...base, calibration: createCalibration(fitted.entries, [], fitted.evidence)}, accelerators)
  log(HEADLINE)
  for (const kind of KINDS) for (const metric of METRICS) figures(`fitted ${kind} ${metric}`, inSample.filter(({sample}) => sample.kind === kind && metricOf(sample) === metric))
  if (process.argv.includes('--rows')) printRows(inSample)
  if (process.argv.includes('--fast')) {
    writeCalibration(KINDS, {entries: fitted.entries, spreads: snapshot.calibration.spreads.filter(({kind}) => kind.startsWith('llm-') && kind !== 'llm-inference'), evidence: fitted.evidence}, 'llm-training.ts')
    return
  }

  const folds: {way: keyof typeof GROUPS; fold: HeldOutFold; held: readonly Sample[]}[] = []
  for (const way of Object.keys(GROUPS) as (keyof typeof GROUPS)[]) {
    const groupOf = GROUPS[way]
    for (const held of foldsOf(samples.filter(({ran}) => !ran), groupOf, way === 'configuration' ? CONFIGURATION_FOLDS : undefined)) {
      const isHeld = (sample: Sample): boolean => held.includes(groupOf(sample))
      const others = fit(samples.filter(sample => !isHeld(sample)), base)
      folds.push({way, fold: {kinds: KINDS, way: way as Way, held, ...others}, held: samples.filter(sample => isHeld(sample) && !sample.ran)})
    }
    log(`folds by ${way}`)
  }
  const errorsBy = (way: keyof typeof GROUPS, spreads: readonly CalibrationSpread[]): Error[] =>
    folds.filter(each => each.way === way).flatMap(({fold, held}) => errorsOf(held, {...base, calibration: calibrationOf(fold, spreads)}, accelerators))
  const spreads = spreadsOf((Object.keys(GROUPS) as (keyof typeof GROUPS)[]).flatMap(way => errorsBy(way, [])))

  log(HEADLINE)
  for (const kind of KINDS) {
    for (const metric of METRICS) {
      for (const way of Object.keys(GROUPS) as (keyof typeof GROUPS)[]) {
        const errors = errorsBy(way, spreads).filter(({sample}) => sample.kind === kind && metricOf(sample) === metric)
        figures(`${kind} ${metric}, ${way}s left out`, errors)
        for (const distance of DISTANCES) figures(`    ${distance}`, errors.filter(each => each.distance === distance))
      }
    }
  }
  writeCalibration(KINDS, {entries: fitted.entries, spreads, evidence: fitted.evidence}, 'llm-training.ts')
  writeHeldOut(KINDS, folds.filter(({way}) => way !== 'configuration').map(({fold}) => fold))
}

function printRows(errors: readonly Error[]): void {
  for (const {sample, ratio} of [...errors].sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))) {
    const {setting: s, found: {question, hardware}} = sample
    const c = sample.layouts[0]
    process.stdout.write(`${ratio.toFixed(2)}\t${sample.memory ? 'M' : 'T'}\t${sample.source}\t${sample.run}\t${sample.metric} ${sample.measured}\t${hardware.accelerator.id}×${hardware.acceleratorsPerNode}×${hardware.nodes}\t${c?.runtime} ${c?.precision} tp${c?.tp} pp${c?.pp} dp${c?.dp} cp${c?.cp} ep${c?.ep} mb${c?.microBatch}×${c?.microBatches} ${c?.checkpointing} z${c?.zeroStage} ${c?.offload}\ts${question.work.sequenceLength}\t${s.model}\n`)
  }
}

await main()

/**
 * Fits the factors of a kind whose published figures are rates (or times) of work that is stated whole — no configuration to be searched — and says
 * how well they predict what they have not seen. A kind brings its samples, its factors and its residual; fit, folds, spreads and files are the same for all.
 */
import fs from 'node:fs'
import path from 'node:path'
import {scopeContext} from '../../src/accuracy/predict.ts'
import {parseScope} from '../../src/accuracy/scope.ts'
import {SCOPE_FILE} from '../../src/store/measured.ts'
import {calibrationOf, type HeldOutFold, type Way} from '../../src/accuracy/held-out.ts'
import type {Prediction} from '../../src/accuracy/score.ts'
import type {Setting} from '../../src/accuracy/setting.ts'
import type {Accelerator, CalibrationEntry, CalibrationEvidence, CalibrationSpread} from '../../src/catalog/schema.ts'
import {createCalibration} from '../../src/performance/calibration.ts'
import {DISTANCES, type Distance} from '../../src/performance/distance.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import type {Facts} from '../../src/workload/contract.ts'
import {AS_OF, largestSource, log, root, weightedQuantile, writeCalibration} from './fit.ts'
import {foldsOf, writeHeldOut} from './held-out.ts'
import {fitHierarchy, type HierarchicalFactor, type Scope} from './hierarchy.ts'

export interface RateSample {
  readonly setting: Setting
  /** Of the kinds that share the factors, the one that it is of. Absent = it tells of all. */
  readonly kind?: string
  readonly measured: number
  readonly source: string
  /** Rows of one run. */
  readonly run: string
  readonly accelerator: Accelerator
  readonly model: string
  /** Which spread it tells of. */
  readonly metric: string
  /** What was measured is the time of the work: its spread is noted as that of a rate, the other way round. */
  readonly isTime?: boolean
  /** Where programs differ: which one. How well others predict it is printed, and goes into no spread: nobody plans a program of which nothing is known. */
  readonly program?: string
}

const RUNTIME = 'runtime:'
/** Key of a scope that is all hardware under one program. */
export const runtimeKey = (runtime: string): string => `${RUNTIME}${runtime}`
const placeOf = (key: string): {readonly architecture: string; readonly runtime: string} => (key.startsWith(RUNTIME) ? {architecture: '*', runtime: key.slice(RUNTIME.length)} : {architecture: key, runtime: '*'})

export interface RateQuantity<S> {
  readonly name: string
  readonly start: number
  readonly lowest?: number
  readonly highest?: number
  /** Outermost first, `*` before all; empty = it plays no part in this sample. Each key lies within the one before. */
  scopes(sample: S): readonly Scope[]
}

export interface RateKind<S extends RateSample> {
  /** Kinds that share the factors; each has its own evidence and spreads. */
  readonly kinds: readonly string[]
  /** What the factors are called after, where it is none of the kinds. Absent = each kind has them under its own name. */
  readonly sharedName?: string
  /** File of scripts/calibrate. */
  readonly script: string
  /** How much sources weigh alike in the fit, where it is not as for most (`SOURCE_BALANCE`): 1 = one vote each. */
  readonly sourceBalance?: number
  readonly quantities: readonly RateQuantity<S>[]
  /** Accelerators: those with whole data sheets and those with parts of one. */
  samples(accelerators: readonly Accelerator[], facts: Facts): readonly S[]
  /** The rate (or time) with these values of the quantities, in their order. */
  rate(sample: S, values: readonly number[]): number | undefined
  predict(setting: Setting, facts: Facts, accelerators: readonly Accelerator[], sample: S): Prediction
  /** Figures that nothing is fitted to (memory): how far measurements lie from them is as well known wherever they were made. */
  readonly computed?: readonly {readonly metric: string; readonly residuals: (accelerators: readonly Accelerator[], facts: Facts) => readonly Residual[]}[]
}

/** ln(measured ÷ computed). */
export interface Residual {
  readonly log: number
  readonly source: string
}

/** A source of n runs weighs n to the power of one less this: between one vote per source and one per run. In the fit, and in the spreads, which are scored by votes of sources. */
const SOURCE_BALANCE = 0.4
const SPREAD_BALANCE = 0.75
/** Single configurations are left out in so many parts; models, accelerators, architectures and sources one by one. */
const CONFIGURATION_FOLDS = 5
const ITERATIONS = 40
const ITERATIONS_FROM_NEAR = 6
/** And so many on relative errors, which is what is scored: twice too much counts more than half. */
const RELATIVE_ITERATIONS = 8
/** A part that moves a value by less stands for its parent. */
const LEAST_PART = 0.004
/** A distance farther off is at least so much less certain, in ln, on both sides. */
const WIDENING = 1.1
/** Too few say nothing about their own spread. */
const LEAST_FOR_SPREAD = 12

interface Fitted {
  readonly entries: readonly CalibrationEntry[]
  readonly evidence: readonly CalibrationEvidence[]
  readonly parts: ReadonlyMap<string, number>
}

/** Names that factors are written under. */
const namesOf = <S extends RateSample>({kinds, sharedName}: RateKind<S>): readonly string[] => (sharedName === undefined ? kinds : [sharedName])
const isOf = ({kind: own}: RateSample, kind: string): boolean => own === undefined || own === kind

/** `near`: a fit of these samples and few more, to start from. */
function fit<S extends RateSample>(rates: RateKind<S>, samples: readonly S[], near?: Fitted): Fitted {
  const {kinds, quantities, rate, sourceBalance = SOURCE_BALANCE} = rates
  if (samples.length === 0) return {entries: [], evidence: [], parts: new Map()}
  const factors: readonly HierarchicalFactor<S>[] = quantities.map(({name, start, lowest, highest, scopes}) => ({
    name,
    startLn: () => Math.log(start),
    scopes,
    ...(lowest === undefined ? {} : {lowestLn: Math.log(lowest)}),
    ...(highest === undefined ? {} : {highestLn: Math.log(highest)}),
  }))
  const sizes = Map.groupBy(samples, ({source}) => source)
  const found = fitHierarchy({
    factors, samples,
    weight: ({source}) => (sizes.get(source)?.length ?? 1) ** -sourceBalance,
    residual: (sample, lnValues) => {
      const predicted = rate(sample, Array.from(lnValues, Math.exp))
      return predicted === undefined || !(predicted > 0) ? undefined : Math.log(predicted / sample.measured)
    },
  }, {iterations: near === undefined ? ITERATIONS : ITERATIONS_FROM_NEAR, relativeIterations: RELATIVE_ITERATIONS, farthest: Number.POSITIVE_INFINITY, ...(near === undefined ? {} : {from: near.parts})})
  const entries = quantities.flatMap(({name, start, lowest = 0, highest = Number.POSITIVE_INFINITY, scopes}): CalibrationEntry[] => {
    const concerned = new Map<string, {readonly chain: readonly string[]; readonly own: S[]}>()
    for (const sample of samples) {
      const chain = scopes(sample).map(({key}) => key)
      for (const [index, key] of chain.entries()) {
        const known = concerned.get(key)
        if (known === undefined) concerned.set(key, {chain: chain.slice(0, index + 1), own: [sample]})
        else known.own.push(sample)
      }
    }
    return [...concerned].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, {chain, own}]) => {
      const parts = chain.map(each => found.parts.get(`${name}|${each}`) ?? 0)
      if (key !== '*' && Math.abs(parts.at(-1) ?? 0) < LEAST_PART) return []
      const value = Math.min(highest, Math.max(lowest, Math.exp(parts.reduce((sum, part) => sum + part, Math.log(start)))))
      return namesOf(rates).map(kind => ({kind, quantity: name, ...placeOf(key), value: Number(value.toPrecision(4)), measurements: own.length, sourceId: largestSource(own), asOf: AS_OF, standing: 'modelled'}))
    })
  })
  const evidence = kinds.flatMap(kind => {
    const groups = Map.groupBy(samples.filter(sample => isOf(sample, kind)), ({accelerator, model}) => `${accelerator.id}|${model}`)
    return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => {
      const [{accelerator, model}] = own as [S]
      return {kind, accelerator: accelerator.id, architecture: accelerator.architecture, model, measurements: new Set(own.map(({run}) => run)).size}
    })
  })
  return {entries, evidence, parts: found.parts}
}

interface Error<S> {
  readonly sample: S
  readonly ratio: number
  readonly inside: boolean
  readonly width: number
  readonly distance: Distance
}

function errorsOf<S extends RateSample>({predict}: RateKind<S>, samples: readonly S[], facts: Facts, accelerators: readonly Accelerator[]): Error<S>[] {
  return samples.flatMap(sample => {
    const answer = predict(sample.setting, facts, accelerators, sample)
    if (answer.status !== 'answered') return []
    const {p10, p50, p90} = answer.interval
    return [{sample, ratio: p50 / sample.measured, inside: sample.measured >= p10 && sample.measured <= p90, width: p90 / p10, distance: answer.distance ?? 'none'}]
  })
}

const WAYS: Readonly<Record<Way | 'configuration' | 'architecture' | 'program', (sample: RateSample) => string>> = {
  model: ({model}) => model,
  accelerator: ({accelerator}) => accelerator.id,
  source: ({source}) => source,
  architecture: ({accelerator}) => accelerator.architecture,
  configuration: ({run}) => run,
  program: ({program}) => program ?? '',
}
type AnyWay = keyof typeof WAYS
/** Ways that are of use beyond the printed figures. */
const isScored = (way: AnyWay): boolean => way !== 'configuration' && way !== 'program'

/**
 * 10th and 90th percentile of ln(measured ÷ predicted) over all that was left out, by metric and distance; farther off is never narrower. What others
 * measured on the same hardware says how far an own result may be from them: single configurations of one who measured the rest count only where there are too few others, and figures of another sort only where there are too few of both.
 */
function spreadsOf<S extends RateSample>({kinds}: RateKind<S>, whole: readonly Error<S>[], configurations: readonly Error<S>[]): CalibrationSpread[] {
  return kinds.flatMap(kind => {
    const [errors, single] = [whole, configurations].map(all => all.filter(({sample}) => isOf(sample, kind))) as [Error<S>[], Error<S>[]]
    return [...new Set([...errors, ...single].map(({sample}) => sample.metric))].sort().flatMap(metric => {
      let [lowLog, highLog] = [0, 0]
      let farther = 1
      return DISTANCES.flatMap((distance): CalibrationSpread[] => {
        const at = (all: readonly Error<S>[]): readonly Error<S>[] => all.filter(each => each.distance === distance)
        const exactly = (all: readonly Error<S>[]): readonly Error<S>[] => at(all).filter(({sample}) => sample.metric === metric)
        const own = [exactly(errors), exactly([...errors, ...single])].find(each => each.length >= LEAST_FOR_SPREAD) ?? at([...errors, ...single])
        if (own.length === 0) return []
        const sizes = Map.groupBy(own, ({sample}) => sample.source)
        const values = own.map(({ratio, sample}) => ({value: Math.log(ratio) * (sample.isTime === true ? 1 : -1), weight: sizes.get(sample.source)!.length ** -SPREAD_BALANCE}))
        lowLog = Math.min(lowLog * farther, weightedQuantile(values, 0.1), 0)
        highLog = Math.max(highLog * farther, weightedQuantile(values, 0.9), 0)
        farther = WIDENING
        return [{kind, metric, distance, lowLog: Number(lowLog.toFixed(4)), highLog: Number(highLog.toFixed(4)), measurements: own.length}]
      })
    })
  })
}

/** The same quantiles for every distance. */
function spreadsOfComputed(kinds: readonly string[], metric: string, residuals: readonly Residual[]): CalibrationSpread[] {
  if (residuals.length < LEAST_FOR_SPREAD) return []
  const sizes = Map.groupBy(residuals, ({source}) => source)
  const values = residuals.map(({log: value, source}) => ({value, weight: sizes.get(source)!.length ** -SPREAD_BALANCE}))
  const [lowLog, highLog] = [Math.min(0, weightedQuantile(values, 0.1)), Math.max(0, weightedQuantile(values, 0.9))]
  return DISTANCES.flatMap(distance => kinds.map(kind => ({kind, metric, distance, lowLog: Number(lowLog.toFixed(4)), highLog: Number(highLog.toFixed(4)), measurements: residuals.length})))
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(8)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function figures<S>(title: string, errors: readonly Error<S>[]): void {
  if (errors.length === 0) return
  const absolute = errors.map(({ratio}) => Math.abs(ratio - 1)).sort((a, b) => a - b)
  log([
    title.padEnd(36), String(errors.length).padStart(5), percent(mean(absolute)), percent(absolute[absolute.length >> 1] ?? Number.NaN), percent(absolute[Math.floor(absolute.length * 0.9)] ?? Number.NaN),
    percent(Math.exp(mean(errors.map(({ratio}) => Math.log(ratio)))) - 1), percent(mean(errors.map(({inside}) => Number(inside)))), errors.map(({width}) => width).sort((a, b) => a - b)[errors.length >> 1]!.toFixed(2).padStart(6),
  ].join(' '))
}

function printRows<S extends RateSample>(errors: readonly Error<S>[]): void {
  for (const {sample, ratio} of errors.toSorted((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))) {
    process.stdout.write(`${ratio.toFixed(2)}\t${sample.run}\t${sample.measured}\t${sample.accelerator.id}\t${sample.accelerator.architecture}\t${sample.model}\t${sample.metric}\n`)
  }
}

/** Fits, writes data/calibration.json and the folds; `--rows` prints the errors of all rows as fitted (`--rows=accelerator` of those left out), `--fast` leaves out the folds. */
export async function calibrateRates<S extends RateSample>(rates: RateKind<S>): Promise<void> {
  const {kinds} = rates
  const written = [...new Set([...namesOf(rates), ...kinds])]
  const snapshot = await openSnapshot({packageRoot: root})
  const base = createPlanningFacts(snapshot)
  const accelerators = [...snapshot.accelerators, ...snapshot.devices]
  const scope = parseScope(fs.readFileSync(path.join(root, SCOPE_FILE), 'utf8'), SCOPE_FILE, scopeContext(snapshot.accelerators, snapshot.devices))
  const samples = rates.samples(accelerators, base).filter(({setting}) => scope.outOfScope(setting) === undefined)
  const fitted = fit(rates, samples)
  log(`${''.padEnd(36)}  rows     MAPE    MdAPE      p90     bias   inside  width`)
  const inSample = errorsOf(rates, samples, {...base, calibration: createCalibration(fitted.entries, [], fitted.evidence)}, accelerators)
  figures(`${kinds.join(', ')}, fitted`, inSample)
  if (kinds.length > 1) for (const kind of kinds) figures(`  ${kind}`, inSample.filter(({sample}) => isOf(sample, kind)))
  if (process.argv.includes('--rows')) printRows(inSample)
  if (process.argv.includes('--fast')) return

  const folds: {readonly way: AnyWay; readonly fold: HeldOutFold; readonly held: readonly S[]}[] = []
  const alone: HeldOutFold[] = []
  for (const way of Object.keys(WAYS) as AnyWay[]) {
    const groupOf = WAYS[way]
    // One group is all there is: without it nothing would be left to learn from.
    if (new Set(samples.map(groupOf)).size === 1) {
      if (!isScored(way)) continue
      alone.push({kinds: written, way: way as Way, held: [], entries: [], evidence: [], alone: true})
      figures(`without the one ${way}`, errorsOf(rates, samples, {...base, calibration: createCalibration([])}, accelerators))
      continue
    }
    for (const held of foldsOf(samples, groupOf, way === 'configuration' ? CONFIGURATION_FOLDS : undefined)) {
      const isHeld = (sample: S): boolean => held.includes(groupOf(sample))
      const {entries, evidence} = fit(rates, samples.filter(sample => !isHeld(sample)), fitted)
      folds.push({way, fold: {kinds: written, way: way as Way, held, entries, evidence}, held: samples.filter(isHeld)})
    }
  }
  const errorsBy = (way: AnyWay, spreads: readonly CalibrationSpread[]): Error<S>[] =>
    folds.filter(each => each.way === way).flatMap(({fold, held}) => errorsOf(rates, held, {...base, calibration: calibrationOf(fold, spreads)}, accelerators))
  const spreads = spreadsOf(rates, (Object.keys(WAYS) as AnyWay[]).filter(isScored).flatMap(way => errorsBy(way, [])), errorsBy('configuration', []))
  for (const way of Object.keys(WAYS) as AnyWay[]) {
    const errors = errorsBy(way, spreads)
    figures(`${way}s left out`, errors)
    if (process.argv.includes(`--rows=${way}`)) printRows(errors)
    if (kinds.length > 1) for (const kind of kinds) figures(`  ${kind}`, errors.filter(({sample}) => isOf(sample, kind)))
    for (const distance of DISTANCES) figures(`    ${distance}`, errors.filter(each => each.distance === distance))
  }
  const computed = (rates.computed ?? []).flatMap(({metric, residuals}) => spreadsOfComputed(kinds, metric, residuals(accelerators, base)))
  writeCalibration(written, {entries: fitted.entries, evidence: fitted.evidence, spreads: [...spreads, ...computed]}, rates.script)
  writeHeldOut(written, [...alone, ...folds.filter(({way}) => isScored(way)).map(({fold}) => fold)])
}

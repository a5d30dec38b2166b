import * as z from 'zod'
import type {Accelerator, CalibrationTable} from '../catalog/schema.ts'
import {RigorError} from '../errors.ts'
import {createCalibration, type Calibration} from '../performance/calibration.ts'
import type {Distance} from '../performance/distance.ts'
import type {ProfilesOf} from '../performance/mig.ts'
import {scale} from '../performance/interval.ts'
import type {Interval} from '../performance/types.ts'
import type {Facts} from '../workload/contract.ts'
import {measuredAccelerator} from '../workload/llm/measured-place.ts'
import {matchAccelerator} from './accelerator-label.ts'
import {kindsBehind} from './energy.ts'
import {figureOf} from './figures.ts'
import {ALL_WAYS, WAYS, type HeldOutFold, type Way} from './held-out.ts'
import {readerOf, type MeasurementReader} from './readers.ts'
import type {ResultRow} from './rows.ts'
import type {Scope, ScopeContext} from './scope.ts'
import type {Prediction} from './score.ts'
import type {Setting} from './setting.ts'
import {isSliceLabel, namedBy, sliceOwner, type Named} from './slice-label.ts'
import {readUnit} from './units.ts'

/** Which calibration an answer rests on: all measurements, or those without the row's own model, accelerator, source or architecture. */
export const BASES = ['all', ...ALL_WAYS] as const
export type Basis = (typeof BASES)[number]

export interface Answer {
  readonly interval: Interval
  readonly distance: Distance
  readonly bottleneck: string | undefined
}

export type Status = 'answered' | 'unanswered' | 'out_of_scope' | 'excluded'

export interface PredictedRow {
  readonly row: ResultRow
  /** rigor's kind of work, or what the row says where rigor has none. */
  readonly kind: string
  readonly figure: string
  /** Equal for rows that state the same setting, whatever was measured of it; models of one shape (DeepSeek-V3 and R1) are one. */
  readonly configuration: string
  readonly model: string
  /** Catalog id, or the row's label. */
  readonly accelerator: string
  readonly status: Status
  /** Absent when answered. */
  readonly reason: string | undefined
  /** The predicate of data/measured/scope.yaml that holds. */
  readonly predicate: string | undefined
  /** The estimator broke on it: a bug. */
  readonly failed: boolean
  /** Ways of leaving out for which there are no factors that have not seen the row's group: any of them, and its figures are in sample. */
  readonly seen: readonly Way[]
  /** Ways of leaving out that say something of it: all but those that would leave nothing. */
  readonly ways: readonly Way[]
  /** Of an answered row, by basis; absent = not answered on that basis, or nothing was left out that way (`seen`). */
  readonly answers: ReadonlyMap<Basis, Answer>
  /** Of the first row in scope of a configuration that ran: whether the memory model says that it fits (`undefined` = it cannot say). */
  readonly fits: ReadonlyMap<Basis, boolean | undefined>
}

export interface PredictionInput {
  readonly facts: Facts
  readonly accelerators: readonly Accelerator[]
  /** Accelerators with a part of a data sheet: for the kinds that need no more. */
  readonly devices: readonly Accelerator[]
  /** The slices of each accelerator; absent = rows on slices are not answered. */
  readonly migProfiles?: ProfilesOf
  readonly calibration: CalibrationTable
  readonly scope: Scope
  /** Absent = one answer per row, with the calibration as it is. */
  readonly folds?: readonly HeldOutFold[] | undefined
  /** Called now and then with the number of rows done. */
  readonly progress?: ((done: number) => void) | undefined
}

/** What predicates of the scope may ask of the catalog. */
export function scopeContext(accelerators: readonly Accelerator[], devices: readonly Accelerator[], migProfiles: ProfilesOf = NO_SLICES): ScopeContext {
  const partsFor = partsByKind(accelerators, devices)
  return {
    knowsKind: label => readerOf(label) !== undefined,
    knowsAccelerator(label, kind) {
      const reader = readerOf(kind)
      const named = namedBy(label, partsFor(reader), migProfiles)
      if (named === undefined) return false
      return reader?.knowsAccelerator?.(named.label, named.accelerators) ?? acceleratorOf(named.label, named.accelerators) !== undefined
    },
  }
}

const NO_SLICES: ProfilesOf = () => []

/** The accelerators that a kind can be asked about. */
type PartsFor = (reader: MeasurementReader | undefined) => readonly Accelerator[]
function partsByKind(accelerators: readonly Accelerator[], devices: readonly Accelerator[]): PartsFor {
  const all = [...accelerators, ...devices]
  return reader => (reader?.readsPartialSheets === true ? all : accelerators)
}

/** The part of the catalog that a label of a published result means. */
export function acceleratorOf(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  return isSliceLabel(label) ? sliceOwner(label, accelerators) : (matchAccelerator(label, accelerators) ?? measuredAccelerator(label, accelerators))
}

export function configurationOf({metric: _metric, unit: _unit, scope: _scope, ...setting}: Setting): string {
  return JSON.stringify(setting)
}

/** What time and memory know of a model: the weights of two names may differ, and their results not. `undefined` = the catalog lacks it. */
function shapeOf(name: string, facts: Facts): Partial<Setting> | undefined {
  try {
    const {layers, hidden, vocab, parameters} = facts.languageModel(name)
    return {model: [layers, hidden, vocab, parameters].join(' '), parametersBillion: undefined}
  } catch (error) {
    if (error instanceof RigorError) return undefined
    throw error
  }
}

/** Every row once, in order. */
export function predictRows(rows: readonly ResultRow[], input: PredictionInput): readonly PredictedRow[] {
  const factsOf = factsByFolds(input)
  const asked: Asked = {answers: new Map(), configurations: new Set()}
  const partsFor = partsByKind(input.accelerators, input.devices)
  const named = new Map<string, Named | undefined>()
  const nameOf: NameOf = (label, reader) => {
    const key = `${reader.kind} ${label}`
    if (!named.has(key)) named.set(key, namedBy(label, partsFor(reader), input.migProfiles ?? NO_SLICES))
    return named.get(key)
  }
  return rows.map((row, index) => {
    if (index % 50 === 0) input.progress?.(index)
    return predictRow(row, input, partsFor, nameOf, factsOf, asked)
  })
}

/** `undefined` = all that is known has seen the group; `alone` = without it nothing would be known of these kinds. */
type FactsOf = (basis: Basis, group: string, kinds: readonly string[]) => Facts | 'alone' | undefined
/** Whether settings fit, by the full calibration, and the configurations that this was asked of. */
interface Asked {
  readonly answers: Map<string, Prediction | Failed>
  readonly configurations: Set<string>
}

/** The catalog as a reader sees it for a label: a slice stands in the place of its accelerator. */
type NameOf = (label: string, reader: MeasurementReader) => Named | undefined

function predictRow(row: ResultRow, {scope, folds, ...input}: PredictionInput, partsFor: PartsFor, nameOf: NameOf, factsOf: FactsOf, asked: Asked): PredictedRow {
  const {setting} = row
  const reader = readerOf(setting.kind)
  const accelerators = partsFor(reader)
  const part = acceleratorOf(setting.accelerator, accelerators)
  const common = {row, kind: reader?.kind ?? setting.kind, figure: figureOf(setting.kind, row.metric, setting.accelerator, row.topic), configuration: configurationOf(setting), model: setting.model, accelerator: part?.id ?? setting.accelerator, failed: false, seen: [], ways: WAYS}
  const no = (status: Status, reason: string, predicate?: string): PredictedRow => ({...common, status, reason, predicate, answers: new Map(), fits: new Map()})
  const problem = row.problem ?? scope.excluded(row.id)
  if (problem !== undefined) return no('excluded', problem)
  const outside = scope.outOfScope(setting)
  if (outside !== undefined) return no('out_of_scope', outside.reason, outside.name)
  if (reader === undefined) return no('unanswered', `nothing reads results of kind "${setting.kind}"`)
  const named = nameOf(setting.accelerator, reader)
  if (named === undefined) return no('unanswered', `the catalog has no ${setting.accelerator}`)

  const predict = (asking: Setting, facts: Facts): Prediction | Failed => sound(asking, () => reader.predict({...asking, accelerator: named.label}, facts, named.accelerators))
  const predictMemory = (facts: Facts): Prediction | Failed => predict({...setting, metric: 'fits', unit: 'bool', scope: 'system'}, facts)
  const unit = readUnit(row.metric, setting.unit)
  const predictFigure = (facts: Facts): Prediction | Failed => ('problem' in unit ? {status: 'unanswered', reason: unit.problem} : inUnits(unit.perUnit, predict({...setting, unit: unit.unit}, facts)))
  const first = predictFigure(input.facts)
  const memory = row.metric === 'fits' ? first : (asked.answers.get(common.configuration) ?? predictMemory(input.facts))
  if (row.metric !== 'fits') asked.answers.set(common.configuration, memory)

  const answered = [first, memory].find(each => each.status === 'answered')
  const {model, accelerator} = {model: answered?.model ?? common.model, accelerator: answered?.acceleratorId ?? common.accelerator}
  const configuration = configurationOf({...setting, ...(answered === undefined ? undefined : shapeOf(model, input.facts))})
  // Whatever was measured of it, and whether that is answered or not: it ran.
  const ran = row.metric !== 'fits' && !asked.configurations.has(configuration)
  if (ran) asked.configurations.add(configuration)
  const groups: Readonly<Record<Basis, string>> = {all: '', model, accelerator, source: row.source, architecture: (part ?? accelerators.find(({id}) => id === accelerator))?.architecture ?? ''}
  const kinds = [...kindsBehind(common.kind, setting), ...(reader.restsOn ?? [])]
  const answers = new Map<Basis, Answer>()
  const fits = new Map<Basis, boolean | undefined>()
  for (const basis of folds === undefined ? (['all'] as const) : BASES) {
    const facts = factsOf(basis, groups[basis], kinds)
    if (facts === undefined || facts === 'alone') continue
    if (first.status === 'answered') {
      const prediction = facts === input.facts ? first : predictFigure(facts)
      if (prediction.status === 'answered') answers.set(basis, answerOf(prediction, reader.kind, part, model, facts.calibration))
    }
    if (ran) fits.set(basis, fitOf(facts === input.facts ? memory : predictMemory(facts)))
  }
  const seen = folds === undefined ? [] : WAYS.filter(way => factsOf(way, groups[way], kinds) === undefined)
  const ways = folds === undefined ? [] : WAYS.filter(way => factsOf(way, groups[way], kinds) !== 'alone')
  // Only data/measured/scope.yaml takes a row out of scope: a reader that cannot answer leaves it unanswered.
  const outcome = first.status === 'answered' ? {status: 'answered' as const, reason: undefined} : {status: 'unanswered' as const, reason: first.reason, failed: first.status === 'failed'}
  return {...common, configuration, model, accelerator, predicate: undefined, seen, ways, answers, fits, ...outcome}
}

const inUnits = (perUnit: number, prediction: Prediction | Failed): Prediction | Failed =>
  prediction.status === 'answered' && perUnit !== 1 ? {...prediction, interval: scale(prediction.interval, 1 / perUnit)} : prediction

const fitOf = (memory: Prediction | Failed): boolean | undefined => (memory.status === 'answered' ? memory.interval.p50 >= 0.5 : undefined)

function answerOf(prediction: Extract<Prediction, {status: 'answered'}>, kind: string, part: Accelerator | undefined, model: string, calibration: Calibration): Answer {
  const distance = prediction.distance ?? (part === undefined ? 'none' : calibration.distance(kind, part, model))
  return {interval: prediction.interval, distance, bottleneck: prediction.bottleneck}
}

function issueText({issues: [first]}: z.ZodError): string {
  return first === undefined ? 'it is not understood' : [first.path.join('.'), first.message].filter(text => text !== '').join(': ')
}

interface Failed {
  readonly status: 'failed'
  readonly reason: string
}

/** A prediction that can be scored; whatever goes wrong in an estimator concerns its row alone. */
function sound({metric}: Setting, predict: () => Prediction): Prediction | Failed {
  let prediction: Prediction
  try {
    prediction = predict()
  } catch (error) {
    if (error instanceof RigorError) return {status: 'unanswered', reason: error.message}
    if (error instanceof z.ZodError) return {status: 'unanswered', reason: `the setting makes no workload: ${issueText(error)}`}
    return {status: 'failed', reason: `the estimator failed: ${error instanceof Error ? error.message : String(error)}`}
  }
  if (prediction.status !== 'answered') return prediction
  const {p10, p50, p90} = prediction.interval
  const [least, ordered] = [metric === 'fits' ? 0 : Number.MIN_VALUE, p10 <= p50 && p50 <= p90]
  return ordered && p10 >= least && Number.isFinite(p90) ? prediction : {status: 'unanswered', reason: 'the estimate is not a finite figure above zero'}
}

/**
 * The facts to predict a group with: those of the calibration from which the group was left out. A prediction may rest on the factors of
 * several kinds (watts on speeds); each of them needs a fold of its own that holds the group, or must never have seen it.
 */
function factsByFolds({facts, calibration, folds = []}: PredictionInput): FactsOf {
  const known = new Map<string, Facts>()
  return (basis, group, kinds) => {
    if (basis === 'all') return facts
    const without = new Set<HeldOutFold>()
    for (const kind of kinds) {
      const own = folds.filter(fold => fold.way === basis && fold.kinds.includes(kind))
      if (own.some(({alone}) => alone === true)) return 'alone'
      const holding = own.filter(({held}) => held.includes(group))
      if (own.length === 0 || (holding.length === 0 && isEvident(basis, group, own.flatMap(fold => fold.kinds), calibration))) return undefined
      for (const fold of holding) without.add(fold)
    }
    // Nothing was fitted to the group: the full calibration has not seen it.
    if (without.size === 0) return facts
    const key = [...without].map(fold => folds.indexOf(fold)).join(' ')
    let changed = known.get(key)
    if (changed === undefined) known.set(key, (changed = {...facts, calibration: calibrationWithout([...without], calibration)}))
    return changed
  }
}

/** Whether factors of these kinds were fitted to a group. The evidence names no sources: of these the folds hold all that were used. */
function isEvident(way: Way, group: string, kinds: readonly string[], {evidence}: CalibrationTable): boolean {
  return way !== 'source' && evidence.some(row => kinds.includes(row.kind) && row[way] === group)
}

function calibrationWithout(folds: readonly HeldOutFold[], {entries, spreads, evidence}: CalibrationTable): Calibration {
  const replaced = new Set(folds.flatMap(({kinds}) => kinds))
  const others = <T extends {readonly kind: string}>(rows: readonly T[]): readonly T[] => rows.filter(({kind}) => !replaced.has(kind))
  return createCalibration([...others(entries), ...folds.flatMap(fold => fold.entries)], spreads, [...others(evidence), ...folds.flatMap(fold => fold.evidence)])
}

import type {Accelerator} from '../catalog/schema.ts'
import {divideBy, multiply, scale} from '../performance/interval.ts'
import type {Interval, Performance} from '../performance/types.ts'
import {estimatePower} from '../power/estimate.ts'
import {POWER_KIND, powerModelForServers} from '../power/model.ts'
import type {PowerModel} from '../power/types.ts'
import type {Facts} from '../workload/contract.ts'
import {measuredRun as measuredImages} from '../workload/image-generation/measured.ts'
import {measuredConfigurations as servingConfigurations, measuredPerformance as servingPerformance, readMeasurement as readServing} from '../workload/llm-inference/measured.ts'
import {measuredConfigurations as trainingConfigurations, measuredPerformance as trainingPerformance, readTrainingMeasurement} from '../workload/llm/training-measured.ts'
import {measuredRun as measuredClips} from '../workload/video-generation/measured.ts'
import type {Prediction} from './score.ts'
import type {Setting} from './setting.ts'

/** Reads published watts and joules: the workload's own reader says what ran and how fast, the power model what that draws. Intervals are those that a plan prints. */

type Predict = (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]) => Prediction
type Refused = Exclude<Prediction, {status: 'answered'}>

const no = (reason: string): Refused => ({status: 'unanswered', reason})

/** Metrics that are read here. */
const ENERGY_METRICS: ReadonlySet<string> = new Set(['watts', 'watts_per_node', 'watts_system', 'joules_per_token', 'joules_per_image', 'joules_per_video', 'energy_kwh'])

/** Kinds whose factors an answer rests on, of a row that the reader of `kind` answers: watts and joules rest on speeds as well. */
export const kindsBehind = (kind: string, {metric}: Pick<Setting, 'metric'>): readonly string[] => (ENERGY_METRICS.has(metric) ? [kind, POWER_KIND] : [kind])

/** A kind's reader of speeds, and of energies beside them. */
export const withEnergy = (speed: Predict): Predict => (setting, facts, accelerators) =>
  ENERGY_METRICS.has(setting.metric) ? predictEnergy(setting, facts, accelerators) : speed(setting, facts, accelerators)

/** What runs in a row of watts or joules. */
export interface EnergyCase {
  readonly performance: Performance
  readonly accelerator: Accelerator
  /** Chips in the measured system, whether they are all used or not. */
  readonly accelerators: number
  readonly nodes: number
  /** Catalog id. */
  readonly model: string
}

export type EnergyReading = {readonly status: 'case'; readonly case: EnergyCase} | Refused

const WATT_SECONDS_PER_KWH = 3.6e6

/** The setting as a question for a speed, answered: a row of watts runs what a row of tokens per second does. */
export function readEnergy(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): EnergyReading {
  if (setting.kind === 'image_generation') return readMedia(setting, measuredImages(setting, facts, accelerators))
  if (setting.kind === 'video_generation') return readMedia(setting, measuredClips(setting, facts, accelerators))
  return /training|finetuning/.test(setting.kind) ? readTraining(setting, facts, accelerators) : readInference(setting, facts, accelerators)
}

function readMedia(setting: Setting, reading: ReturnType<typeof measuredImages>): EnergyReading {
  if (reading.status !== 'case') return reading
  const {performance, case: {model, hardware}} = reading
  return {status: 'case', case: {performance, accelerator: hardware.accelerator, accelerators: setting.accelerators ?? performance.acceleratorsUsed, nodes: Math.max(1, setting.nodes ?? 1), model: model.id}}
}

function readInference(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): EnergyReading {
  const reading = readServing({...setting, metric: 'output_tokens_per_s', scope: 'system'}, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {demand, hardware} = reading.case
  const {performance, refusal} = servingPerformance(reading.case, servingConfigurations(reading.case, facts), facts)
  if (performance === undefined) return no(refusal)
  return {
    status: 'case',
    case: {performance, accelerator: hardware.accelerator, accelerators: setting.accelerators ?? performance.acceleratorsUsed, nodes: Math.max(1, setting.nodes ?? 1), model: demand.model.id},
  }
}

/** "seq 2048" and "packed 8192 tokens": lengths that MLPerf's descriptions of its data sets carry. */
const DESCRIBED_LENGTH = /\bseq(?:uence length)? (\d+)|\bpacked (\d+) tokens/

/** MLPerf's entries name neither lengths nor, often, number formats; they train in 8 bit where the part has it, as all of them have since round 2.1. */
function describedTraining(setting: Setting): Setting {
  const length = DESCRIBED_LENGTH.exec(setting.dataset)
  return {
    ...setting,
    metric: 'tokens_per_s', scope: 'system',
    sequenceLength: setting.sequenceLength ?? (length === null ? undefined : Number(length[1] ?? length[2])),
    precision: setting.precision === '' && /^MLPerf Training/.test(setting.framework) ? 'fp8' : setting.precision,
  }
}

function readTraining(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): EnergyReading {
  const tunes = setting.kind === 'llm_finetuning'
  const kind = {id: tunes ? 'llm-finetune' : 'llm-pretrain', tunes}
  const reading = readTrainingMeasurement(describedTraining(setting), kind, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {question, hardware} = reading.case
  const performance = trainingPerformance(reading.case, trainingConfigurations(reading.case, facts), facts)
  if (performance === undefined) return no('no layout fits this hardware')
  return {
    status: 'case',
    case: {
      performance, accelerator: hardware.accelerator, accelerators: setting.accelerators ?? performance.acceleratorsUsed,
      nodes: Math.max(1, setting.nodes ?? hardware.nodes), model: question.work.model.id,
    },
  }
}

/** What the row's scope covers, in watts; `undefined` = power that is not known. */
function wattsOf(setting: Setting, {performance, nodes}: EnergyCase, model: PowerModel): Interval | undefined {
  const power = estimatePower(performance, model)
  if (setting.scope === 'all_accelerators') return power.acceleratorWatts ?? undefined
  if (setting.scope === 'per_accelerator') return power.acceleratorWatts === null ? undefined : scale(power.acceleratorWatts, 1 / model.acceleratorsPowered)
  if (power.averageWatts === null) return undefined
  // Direct current is read behind the supplies.
  const wall = setting.notes.current === 'dc' ? scale(power.averageWatts, model.supplyEfficiency) : power.averageWatts
  return setting.scope === 'per_node' ? scale(wall, 1 / nodes) : wall
}

/** The estimator's answer to a row of watts or joules, in the row's own unit and scope. */
export function predictEnergy(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readEnergy(setting, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {performance, accelerator, accelerators: count, model} = reading.case
  const {calibration} = facts
  const powerModel = powerModelForServers({accelerators, calibration, accelerator, acceleratorsPowered: count, model})
  const watts = wattsOf(setting, reading.case, powerModel)
  if (watts === undefined) return no(`the power of ${accelerator.name} is not known`)
  const distance = calibration.distance(POWER_KIND, accelerator, model)
  const about = {distance, model, acceleratorId: accelerator.id}
  switch (setting.metric) {
    case 'joules_per_token': case 'joules_per_image': case 'joules_per_video': {
      const rate = performance.throughput.value
      if (rate === null || !(rate.p10 > 0)) return no('the estimate has no throughput')
      return {status: 'answered', interval: multiply(watts, divideBy(1, rate)), ...about}
    }
    case 'energy_kwh': {
      // Without steps or tokens the length of the run is what was measured, not what it was set to.
      const rate = performance.throughput.value
      if (setting.tokens === undefined || rate === null) return no('how much work the run did is not stated')
      return {status: 'answered', interval: scale(multiply(watts, divideBy(setting.tokens, rate)), 1 / WATT_SECONDS_PER_KWH), ...about}
    }
    default:
      return {status: 'answered', interval: watts, ...about}
  }
}

import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {exactly} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Configuration, Hardware, Performance} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {measuredAccelerator, measuredHardware} from './measured-place.ts'
import {trainingFactors} from './training-factors.ts'
import {performTraining} from './training-perform.ts'
import {trainingQuestion, type TrainingKind, type TrainingQuestion} from './training-question.ts'
import {trainingConfigurations} from './training-search.ts'

/** A question with the hardware it was measured on. */
export interface MeasuredCase {
  readonly question: Extract<TrainingQuestion, {answerable: true}>
  readonly hardware: Hardware
}

/** Reads a setting, or says why it cannot be asked. */
export function readTrainingMeasurement(
  setting: Setting, kind: TrainingKind, facts: Pick<Facts, 'languageModel'>, accelerators: readonly Accelerator[],
): {readonly status: 'case'; readonly case: MeasuredCase} | Exclude<Prediction, {status: 'answered'}> {
  const question = trainingQuestion(setting, kind, facts.languageModel)
  if (!question.answerable) return {status: 'unanswered', reason: question.reason}
  const accelerator = measuredAccelerator(setting.accelerator, accelerators)
  if (accelerator === undefined) return {status: 'unanswered', reason: `${setting.accelerator === '' ? 'the accelerator' : setting.accelerator} is not in the catalog`}
  return {status: 'case', case: {question, hardware: measuredHardware(question.place, accelerator)}}
}

/** A run that was published did fit: its memory is no ground for refusing to say how fast it was. */
const ROOMIER = 2

/** Configurations to evaluate: the one that is stated, or what a practitioner would try. */
export function measuredConfigurations({question, hardware}: MeasuredCase, facts: Facts): readonly Configuration[] {
  const {configuration, work} = question
  const precision = configuration.precision ?? ['bf16', 'fp16', 'fp32'].find(each => peakFlops(hardware.accelerator, each) !== undefined)
  const stated = precision === undefined ? configuration : {...configuration, precision}
  if (stated.tp !== undefined && stated.microBatch !== undefined && stated.checkpointing !== undefined && stated.zeroStage !== undefined) return [pagedIfNeeded(question, hardware, stated, facts)]
  const request = {work, precision, configuration: stated}
  for (const room of [1, ROOMIER, ROOMIER * 2]) {
    const found = trainingConfigurations(request, roomier(hardware, room), facts, true)
    if (found.length > 0) return found
  }
  return []
}

/** Needs beyond this are no error of the formulas any more. */
const HARDLY = 1.25

/** The memory of a published run that cannot have fitted as it is stated is that without its optimizer's states (paged optimizers keep them in unified memory), if that would do. */
function pagedIfNeeded({work, figure}: MeasuredCase['question'], hardware: Hardware, stated: Configuration, facts: Facts): Configuration {
  if (figure !== 'memory' || work.trains !== 'all' || (stated.offload ?? 'none') !== 'none') return stated
  const fits = (configuration: Configuration, room: number): boolean => performTraining(work, roomier(hardware, room), configuration, facts).feasible
  const paged: Configuration = {...stated, offload: 'optimizer'}
  return !fits(stated, HARDLY) && fits(paged, HARDLY) ? paged : stated
}

function roomier(hardware: Hardware, factor: number): Hardware {
  return factor === 1 ? hardware : {...hardware, accelerator: {...hardware.accelerator, memoryGib: hardware.accelerator.memoryGib * factor}}
}

/** The fastest of the configurations, exactly as `perform` gives it. */
export function measuredPerformance(found: MeasuredCase, configurations: readonly Configuration[], facts: Facts): Performance | undefined {
  const hardware = roomier(found.hardware, ROOMIER * 2)
  let best: Performance | undefined
  for (const configuration of configurations) {
    const result = performTraining(found.question.work, hardware, configuration, facts)
    if (result.feasible && (best === undefined || (result.performance.throughput.value?.p50 ?? 0) > (best.throughput.value?.p50 ?? 0))) best = result.performance
  }
  return best
}

/** The estimator's answer to one setting, in the source's own unit and scope. */
export function predictTrainingMeasurement(setting: Setting, kind: TrainingKind, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readTrainingMeasurement(setting, kind, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {question, hardware} = reading.case
  const {accelerator} = hardware
  const model = question.work.model.id
  const about = {distance: facts.calibration.distance(kind.id, accelerator, model), model, acceleratorId: accelerator.id} as const
  const configurations = measuredConfigurations(reading.case, facts)
  const performance = measuredPerformance(reading.case, configurations, facts)
  if (question.figure === 'fits') {
    return {status: 'answered', interval: performance !== undefined && performance.memory.neededGib.p50 <= accelerator.memoryGib ? exactly(1) : exactly(0), ...about}
  }
  if (performance === undefined) return {status: 'unanswered', reason: 'no layout fits this hardware'}
  const {runShare} = trainingFactors(facts.calibration, kind.id, accelerator, performance.configuration.runtime ?? '*')
  return {status: 'answered', interval: question.predict(performance, hardware, runShare), ...about}
}

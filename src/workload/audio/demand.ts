import type {AudioModel} from '../../catalog/schema.ts'
import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {AUDIO} from './factors.ts'
import type {AudioSpec} from './schema.ts'
import {stepsOf, tokensPerSecond} from './step.ts'

export interface AudioDemand extends Demand {
  readonly model: AudioModel
  readonly task: NonNullable<AudioSpec['task']>
  /** Seconds of audio in a window, and windows in the whole run (all epochs). */
  readonly windowSeconds: number
  readonly windows: number
  /** Steps of the decoder, or tokens that are taught, for a window. */
  readonly steps: number
  readonly rows: number
  /** What the user asked for; absent = 16 bits where the hardware has them. */
  readonly precision: string | undefined
  readonly configuration: Configuration
}

const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'zeroStage', 'offload'] as const
const TRAINING_ONLY = ['microBatch', 'checkpointing'] as const
const SECONDS_PER_HOUR = 3600
const EPOCHS = {train: 1, finetune: 3}
/** A clip that is generated, of models whose training nobody states. */
const CLIP_SECONDS = 30
const PRECISIONS = ['fp32', 'bf16', 'fp16', 'int8', 'fp8']

export const isTraining = (task: AudioDemand['task']): task is 'train' | 'finetune' => task === 'train' || task === 'finetune'

export function audioDemand(spec: AudioSpec, facts: Facts): AudioDemand {
  const {configuration} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to a model of sound: it lies whole on each accelerator.`, {hint: 'It takes runtime, precision, batch (windows at a time) and dp; training also microBatch and checkpointing.'})
  }
  const model = facts.audioModel(spec.model)
  const assumptions = createAssumptions()
  const usual = model.makes === 'text' ? 'transcribe' : 'generate'
  const task = assumptions.choose('task', spec.task, usual)
  if (!isTraining(task) && task !== usual) throw new RigorError('BAD_TASK', `${model.id} makes ${model.makes}: it does not ${task}.`, {hint: `task: ${usual}`})
  for (const field of TRAINING_ONLY) {
    if (configuration[field] !== undefined && !isTraining(task)) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} is of training, not of ${task}.`, {hint: 'configuration: {batch: 16} is how many windows go through at a time.'})
  }
  const given = onePrecision(spec)
  if (given !== undefined && !PRECISIONS.includes(given)) throw new RigorError('BAD_PRECISION', `No program of the catalog runs models of sound in ${given}.`, {hint: `precision: ${PRECISIONS.join(', ')}`})
  if (given !== undefined && isTraining(task) && given !== 'bf16' && given !== 'fp16') throw new RigorError('BAD_PRECISION', `Training is planned in 16 bits with weights kept in 32, not in ${given}.`, {hint: 'precision: bf16'})
  const spoken = model.makes === 'text'
  for (const [field, value, wanted] of [['beams', spec.beams, task === 'transcribe'], ['clipLength', spec.clipLength, task === 'generate'], ['epochs', spec.epochs, isTraining(task)], ['tokensPerSecond', spec.tokensPerSecond, spoken && model.decoder !== 'none']] as const) {
    if (value !== undefined && !wanted) throw new RigorError('FIELD_WITHOUT_USE', `${field} moves nothing: ${field === 'tokensPerSecond' ? `${model.id} has as many steps whatever is said` : `it is not of task ${task}`}.`, {hint: 'Leave it out.'})
  }
  const usualTokens = tokensPerSecond(model)
  const tokens = spoken && model.decoder !== 'none' ? assumptions.choose('tokensPerSecond', spec.tokensPerSecond, usualTokens, `${formatCount(usualTokens, 2)}, as read English has`) : usualTokens
  const windowSeconds = task === 'generate' ? (spec.clipLength ?? assumptions.choose('clipLength', model.windowSeconds, CLIP_SECONDS, `${model.windowSeconds ?? CLIP_SECONDS} s`)) : (model.windowSeconds ?? CLIP_SECONDS)
  const beams = task === 'transcribe' && model.decoder === 'autoregressive' ? assumptions.choose('beams', spec.beams, 1) : 1
  const epochs = isTraining(task) ? assumptions.choose('epochs', spec.epochs, EPOCHS[task]) : 1
  const audioSeconds = spec.hours * SECONDS_PER_HOUR * epochs
  return {
    kind: AUDIO,
    summary: `${VERBS[task]} ${formatCount(spec.hours, 3)} h of ${spoken ? 'speech' : 'sound'} with ${model.id}${epochs === 1 ? '' : `, ${formatCount(epochs, 3)} epochs`}`,
    assumptions: assumptions.list,
    throughputUnit: '× real time',
    costUnit: {name: 'hour of audio', amount: SECONDS_PER_HOUR},
    workUnits: audioSeconds,
    endless: false,
    minimumTotalMemoryGib: 0,
    model,
    task,
    windowSeconds,
    windows: audioSeconds / windowSeconds,
    steps: stepsOf(model, windowSeconds, tokens),
    rows: task === 'generate' ? model.guidancePasses : beams,
    precision: given,
    configuration,
  }
}

const VERBS: Readonly<Record<AudioDemand['task'], string>> = {transcribe: 'transcribe', generate: 'generate', train: 'train on', finetune: 'fine-tune on'}

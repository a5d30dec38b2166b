import type {MediaModel} from '../../catalog/schema.ts'
import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {inlineModel} from '../media/demand.ts'
import type {AttentionKernels} from '../media/step.ts'
import type {MediaShape} from '../media/work.ts'
import {DIFFUSION_TRAIN} from './factors.ts'
import type {DiffusionTrainSpec, METHODS} from './schema.ts'

export interface DiffusionTrainDemand extends Demand {
  readonly model: MediaModel
  /** One step, one pass: training knows neither many steps nor guidance. */
  readonly shape: MediaShape
  readonly method: (typeof METHODS)[number]
  readonly rank: number
  /** Over all epochs. */
  readonly samples: number
  readonly cached: boolean
  /** Launches of a whole step are recorded once and played again (CUDA graphs), which benchmarks do and scripts do not. */
  readonly recorded?: boolean
  /** All is computed on copies of the weights in 16 bits, norms too; absent = weights in 32 under autocast, as scripts have it. */
  readonly half?: boolean
  readonly attention?: AttentionKernels
  readonly precision: string | undefined
  readonly configuration: Configuration
}

const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'offload'] as const

export function diffusionTrainDemand(spec: DiffusionTrainSpec, facts: Facts): DiffusionTrainDemand {
  const {configuration} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to training a diffusion model.`, {hint: 'It takes runtime, precision, batch, microBatch, checkpointing, dp and zeroStage (0, or 3: weights and states in parts).'})
  }
  if (configuration.zeroStage !== undefined && configuration.zeroStage !== 0 && configuration.zeroStage !== 3) throw new RigorError('BAD_CONFIGURATION', `configuration.zeroStage ${configuration.zeroStage} is not planned here.`, {hint: 'zeroStage: 0, or 3'})
  const assumptions = createAssumptions()
  const named = typeof spec.model === 'string' ? facts.mediaModel(spec.model) : undefined
  const modality = named?.modality ?? (spec.frames === undefined || spec.frames === 1 ? 'image' : 'video')
  const model = named ?? inlineModel(spec.model as Exclude<typeof spec.model, string>, modality, assumptions)
  if (modality === 'image' && spec.frames !== undefined && spec.frames > 1) throw new RigorError('BAD_MODEL', `${model.id} makes images: it has no frames.`, {hint: 'Leave frames out, or take a model of clips.'})
  const precision = onePrecision(spec)
  if (precision !== undefined && precision !== 'bf16' && precision !== 'fp16') throw new RigorError('BAD_PRECISION', `Training is planned in 16 bits with weights kept in 32, not in ${precision}.`, {hint: 'precision: bf16'})
  const method = assumptions.choose('method', spec.method, 'lora' as const)
  if (spec.rank !== undefined && method === 'full') throw new RigorError('FIELD_WITHOUT_USE', 'rank moves nothing: all weights are trained.', {hint: 'Leave it out, or method: lora.'})
  const rank = method === 'lora' ? assumptions.choose('rank', spec.rank, 16) : 0
  const {width, height} = assumptions.choose('resolution', spec.resolution, {width: model.width, height: model.height}, `${model.width}x${model.height}`)
  const frames = modality === 'video' ? assumptions.choose('frames', spec.frames, model.frames) : 1
  const epochs = assumptions.choose('epochs', spec.epochs, 1)
  const cached = assumptions.choose('cached', spec.cached, false, 'no: latents and texts are encoded in every step')
  const clips = modality === 'video'
  return {
    kind: DIFFUSION_TRAIN,
    summary: `${method === 'lora' ? `LoRA of rank ${rank} on` : 'train'} ${model.id} with ${formatCount(spec.samples, 3)} ${clips ? 'clips' : 'images'} of ${width}x${height}${clips ? `, ${frames} frames` : ''}, ${formatCount(epochs, 3)} ${epochs === 1 ? 'epoch' : 'epochs'}`,
    assumptions: assumptions.list,
    throughputUnit: 'samples/s',
    costUnit: {name: '1k samples', amount: 1000},
    workUnits: spec.samples * epochs,
    endless: false,
    minimumTotalMemoryGib: 0,
    model, method, rank, cached, precision, configuration,
    shape: {width, height, frames, steps: 1, guidancePasses: 1},
    samples: spec.samples * epochs,
  }
}

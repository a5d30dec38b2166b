import type {MediaModel} from '../../catalog/schema.ts'
import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision, type AssumptionList, type CommonSpec} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import type {Pixels} from '../fields.ts'
import type {InlineMediaModel} from './fields.ts'
import {residentGib} from './memory.ts'
import type {MediaShape} from './work.ts'

export interface MediaDemand extends Demand {
  readonly model: MediaModel
  readonly shape: MediaShape
  readonly modality: MediaModel['modality']
  /** Images or clips of one run. */
  readonly items: number
  /** How many at a time; `undefined` = searched. */
  readonly batch: number | undefined
  /** Number formats that are tried, the model's own first. */
  readonly precisions: readonly string[]
  readonly configuration: Configuration
}

/** The fields that both kinds have. */
export interface MediaSpec extends CommonSpec {
  readonly model: string | InlineMediaModel
  readonly steps?: number | undefined
  readonly resolution?: Pixels | undefined
  readonly guidancePasses?: number | undefined
  readonly batch?: number | undefined
}

/** What a kind says of itself and of a spec of it. */
export interface MediaAsk {
  readonly kind: string
  readonly modality: MediaModel['modality']
  readonly items: number
  readonly frames: number | undefined
}

/** Fields of a configuration that a denoiser has no use for: a value there is a mistake, not a wish. */
const NOT_HERE = ['tp', 'pp', 'ep', 'microBatch', 'checkpointing'] as const
const SECONDS_PER_HOUR = 3600
/** Formats in which programs keep or multiply the weights of a denoiser. */
const PRECISIONS = new Set(['fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'int8', 'int4', 'nf4', 'nvfp4', 'mxfp4'])
const SIXTEEN = ['bf16', 'fp16'] as const

export function mediaDemand(ask: MediaAsk, spec: MediaSpec, facts: Facts): MediaDemand {
  const {configuration} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to ${ask.modality} models.`, {hint: 'It takes runtime, precision, batch, dp (groups that work side by side), cp (accelerators that share one image or clip), zeroStage: 3 (weights in parts) and offload.'})
  }
  if (configuration.zeroStage !== undefined && configuration.zeroStage !== 0 && configuration.zeroStage !== 3) throw new RigorError('BAD_CONFIGURATION', `configuration.zeroStage ${configuration.zeroStage} is of training.`, {hint: 'zeroStage: 3 lays weights in parts on the accelerators that share an image or clip, 0 does not.'})
  if (configuration.offload === 'optimizer') throw new RigorError('BAD_CONFIGURATION', 'configuration.offload: optimizer is of training.', {hint: 'offload: all keeps text encoders, and experts that wait, in the memory of the host.'})
  if (spec.batch !== undefined && configuration.batch !== undefined && spec.batch !== configuration.batch) throw new RigorError('BAD_CONFIGURATION', `batch is ${spec.batch}, configuration.batch is ${configuration.batch}.`, {hint: 'Give it once.'})
  const assumptions = createAssumptions()
  const model = typeof spec.model === 'string' ? facts.mediaModel(spec.model) : inlineModel(spec.model, ask.modality, assumptions)
  if (model.modality !== ask.modality) {
    throw new RigorError('BAD_MODEL', `${model.id} makes ${model.modality === 'image' ? 'images' : 'clips'}.`, {hint: `Use kind: ${model.modality}-generation, or another model.`})
  }
  const given = onePrecision(spec)
  if (given !== undefined && !PRECISIONS.has(given)) throw new RigorError('BAD_PRECISION', `No program of the catalog runs ${ask.modality} models in ${given}.`, {hint: 'precision: bf16, fp16, fp8, int8 or int4'})
  const native = assumptions.choose('precision', given, model.nativeDtype, `${model.nativeDtype}, or the other format of 16 bits`)
  const {width, height} = assumptions.choose('resolution', spec.resolution, {width: model.width, height: model.height}, `${model.width}x${model.height}`)
  const frames = ask.frames ?? assumptions.choose('frames', undefined, model.frames)
  const shape: MediaShape = {width, height, frames, steps: assumptions.choose('steps', spec.steps, model.steps), guidancePasses: assumptions.choose('guidancePasses', spec.guidancePasses, model.guidancePasses)}
  const precisions = given === undefined ? [native, ...SIXTEEN.filter(each => each !== native)] : [given]
  const clips = ask.modality === 'video'
  const what = `${width}x${height}${clips ? `, ${frames} frames` : ''}, ${shape.steps} steps`
  return {
    kind: ask.kind,
    summary: `${formatCount(ask.items, 3)} ${clips ? 'clips' : 'images'} by ${model.id}: ${what}`,
    assumptions: assumptions.list,
    throughputUnit: clips ? 'clips/h' : 'images/s',
    costUnit: clips ? {name: 'clip', amount: 1} : {name: '1k images', amount: 1000},
    workUnits: ask.items,
    endless: false,
    minimumTotalMemoryGib: residentGib(model, Math.min(...precisions.map(bitsOf))),
    model, shape, modality: ask.modality, items: ask.items, batch: spec.batch ?? configuration.batch, precisions, configuration,
  }
}

/** Of one stored weight. */
export function bitsOf(precision: string): number {
  switch (precision) {
    case 'fp32': case 'tf32': return 32
    case 'fp8': case 'int8': return 8
    case 'int4': case 'nf4': case 'nvfp4': case 'mxfp4': return 4
    default: return 16
  }
}

/** Seconds that a unit of the throughput counts in: images by the second, clips by the hour. */
export const unitSeconds = ({modality}: Pick<MediaDemand, 'modality'>): number => (modality === 'video' ? SECONDS_PER_HOUR : 1)

/** What an inline shape leaves out is what most published models have: an autoencoder of 8 pixels (and 4 frames) a latent, patches of 2, guidance. */
export function inlineModel(fields: InlineMediaModel, modality: MediaModel['modality'], assumptions: AssumptionList): MediaModel {
  const choose = <T>(field: string, given: T | undefined, fallback: T): T => assumptions.choose(`model.${field}`, given, fallback)
  const video = modality === 'video'
  return {
    id: fields.name ?? 'inline model', aliases: [], modality, core: 'transformer',
    coreParameters: fields.parameters, coreCopies: 1, auxiliaryParameters: choose('textParameters', fields.textParameters, 5e9),
    steps: 50, guidancePasses: 2, width: video ? 1280 : 1024, height: video ? 720 : 1024, frames: video ? 81 : 1,
    layers: fields.layers, hidden: fields.hidden, heads: fields.heads, intermediate: choose('intermediate', fields.intermediate, 4 * fields.hidden), gatedMlp: fields.gatedMlp ?? false,
    attention: choose('attention', fields.attention, 'joint' as const), dualAttentionLayers: 0, skipLayers: 0, twoStreamLayers: 0, rope: true, qkNorm: 'head', textTokens: choose('textTokens', fields.textTokens, 512),
    latentScale: choose('latentScale', fields.latentScale, 8), latentFrames: video ? choose('latentFrames', fields.latentFrames, 4) : 1, patch: choose('patch', fields.patch, 2), framePatch: fields.framePatch ?? 1,
    decoderFlopsPerPixel: video ? 17e6 : 9.43e6, nativeDtype: 'bf16', shapeSourceId: '', sourceId: '', asOf: '2026-11-20', standing: 'recalled',
  }
}

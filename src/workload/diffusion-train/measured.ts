import {matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Configuration, Hardware, Performance} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {measuredHardware} from '../llm/measured-place.ts'
import type {DiffusionTrainDemand} from './demand.ts'
import {DIFFUSION_TRAIN} from './factors.ts'
import {diffusionTrain} from './index.ts'
import {DiffusionTrainSpec} from './schema.ts'

/** A published rate of training, as a question for the estimator. */
export interface DiffusionTrainCase {
  readonly demand: DiffusionTrainDemand
  readonly hardware: Hardware
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const no = (reason: string): Refused => ({status: 'unanswered', reason})

/** Models as sources name them, and what they are trained at where nobody says. */
const MODELS: readonly (readonly [pattern: RegExp, model: string, resolution: string])[] = [[/^Stable Diffusion v2/, 'stabilityai/stable-diffusion-2-1', '512x512']]
/** What the scripts of a source do where its rows do not say. */
interface Recipe {
  readonly framework: RegExp
  /** Samples at a time, of which each accelerator adds up several. */
  readonly microBatch?: number
  readonly recorded?: true
  readonly half?: true
  /** Architectures for which it brings attention kernels of their own. */
  readonly nativeOn?: string
}
const RECIPES: readonly Recipe[] = [
  // Its README on A100 of 40 GB (github.com/mosaicml/diffusion-benchmark).
  {framework: /^MosaicML Composer/, microBatch: 4},
  // Its configurations (mlcommons/training_results, NVIDIA/benchmarks/stable_diffusion): capture_cudagraph_iters, precision 16 throughout; FlashAttention 2 on Hopper, cuDNN's fused attention on Blackwell.
  {framework: /NeMo/, recorded: true, half: true, nativeOn: 'blackwell-datacenter'},
]
/** Enough that the ends of a run do not matter. */
const SAMPLES = 1e7

/** Reads a setting, or says why it cannot be asked. */
export function readDiffusionTraining(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: DiffusionTrainCase} | Refused {
  const {metric, notes, framework, accelerators: count = 1, globalBatch, nodes, interconnect} = setting
  if (metric !== 'samples_per_s') return no(`"${metric}" is no rate of training`)
  const accelerator = matchAccelerator(setting.accelerator, accelerators)
  if (accelerator === undefined) return no(`${setting.accelerator} is not in the catalog`)
  const named = MODELS.find(([pattern]) => pattern.test(setting.model))
  if (named === undefined) return no(`the catalog has no "${setting.model}"`)
  if (globalBatch === undefined) return no('the batch is not stated')
  const [, model, resolution] = named
  const recipe = RECIPES.find(each => each.framework.test(framework))
  const microBatch = setting.microBatch ?? recipe?.microBatch
  // No script of these sources cuts weights up.
  const configuration: Configuration = {batch: globalBatch, dp: count, zeroStage: 0, ...(microBatch === undefined ? {} : {microBatch})}
  const spec = DiffusionTrainSpec.parse({
    kind: DIFFUSION_TRAIN, model, samples: SAMPLES, method: 'full', cached: notes.cachedSamples === true, precision: /fp16/i.test(setting.precision) ? 'fp16' : 'bf16',
    resolution: /\b\d+x\d+\b/.exec(setting.dataset)?.[0] ?? resolution, configuration,
  })
  const place = {accelerator: setting.accelerator, accelerators: count, nodes, slices: undefined, interconnect}
  return {status: 'case', case: {demand: {...diffusionTrain.demand(spec, facts), recorded: recipe?.recorded === true, half: recipe?.half === true, attention: recipe?.nativeOn === accelerator.architecture ? 'native' : 'stock'}, hardware: measuredHardware(place, accelerator)}}
}

/** What was measured, in the evidence: all in 16 bits is another matter than autocast, which is what is planned. */
export const measuredModel = ({model, half}: Pick<DiffusionTrainDemand, 'model' | 'half'>): string => (half === true ? `${model.id} in 16 bits` : model.id)

/** The fastest way to run it that fits. */
export function measuredPerformance({demand, hardware}: DiffusionTrainCase, facts: Facts): Performance | undefined {
  const rateOf = ({throughput}: Performance): number => throughput.value?.p50 ?? 0
  return diffusionTrain
    .configurations(demand, hardware, facts)
    .flatMap(configuration => {
      const result = diffusionTrain.perform(demand, hardware, configuration, facts)
      return result.feasible ? [result.performance] : []
    })
    .reduce<Performance | undefined>((best, each) => (best === undefined || rateOf(each) > rateOf(best) ? each : best), undefined)
}

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readDiffusionTraining(setting, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {demand, hardware: {accelerator}} = reading.case
  const model = measuredModel(demand)
  const rate = measuredPerformance(reading.case, facts)?.throughput.value
  if (rate === undefined || rate === null) return no('no way to run it fits this hardware')
  return {status: 'answered', interval: rate, distance: facts.calibration.distance(DIFFUSION_TRAIN, accelerator, model), model, acceleratorId: accelerator.id}
}

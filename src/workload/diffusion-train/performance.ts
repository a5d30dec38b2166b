import type {Accelerator} from '../../catalog/schema.ts'
import type {RuntimeSupport} from '../../catalog/software.ts'
import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import {divideBy, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {calibratedAs, mediaFactors, type MediaFactors} from '../media/factors.ts'
import {widePrecision} from '../media/step.ts'
import {passCost} from '../media/work.ts'
import type {DiffusionTrainDemand} from './demand.ts'
import {DIFFUSION_TRAIN, trainSpeed} from './factors.ts'
import {trainMemory, trainedParameters} from './memory.ts'
import {trainTime, type TrainLayout} from './step.ts'

/** Programs that train with the kernels of generation. */
const PROGRAM = 'pytorch'
const MICRO_BATCHES = [64, 32, 16, 8, 4, 2, 1]
/** Samples of an optimizer step where nobody says: what recipes of adapters and of whole models have. Assumptions. */
const USUAL_BATCH = {lora: 16, full: 256}
const START_SECONDS = 60
/** Names of spreads in the calibration; of work that nobody measured it has none, which is the spread of such. */
export const RATE_SPREAD = 'throughput'
const UNMEASURED_SPREAD = 'throughput-of-other-models'
/** What published runs trained, whole. */
const MEASURED_MODELS: ReadonlySet<string> = new Set(['stabilityai/stable-diffusion-2-1'])
/** The host decodes images and launches kernels. An assumption. */
const HOST_SHARE = 0.3
const STATE_BYTES = 12

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)

/** Factors of generation, whose kernels are used. */
export const trainFactors = ({model}: DiffusionTrainDemand, accelerator: Accelerator, facts: Facts): MediaFactors => mediaFactors(facts, calibratedAs(model), accelerator, PROGRAM)

/** As the model was trained where the hardware has that, else the other format of 16 bits. */
function precisionOn({precision, model}: DiffusionTrainDemand, {accelerator}: Hardware): string {
  const wanted = precision ?? (model.nativeDtype === 'fp16' ? 'fp16' : 'bf16')
  return precision !== undefined || peakFlops(accelerator, wanted) !== undefined ? wanted : widePrecision(accelerator, wanted)
}

function supportOn({configuration}: DiffusionTrainDemand, {accelerator}: Hardware, {software}: Facts): RuntimeSupport | undefined {
  return software.runtimesFor(DIFFUSION_TRAIN, accelerator.architecture).find(({runtime}) => runtime === PROGRAM && (configuration.runtime ?? runtime) === runtime)
}

function softwareProblem(demand: DiffusionTrainDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {accelerator} = hardware
  const {runtime} = demand.configuration
  if (runtime !== undefined && runtime !== PROGRAM) return {reason: 'software', detail: `${runtime} is not known to train diffusion models`, nearest: `configuration.runtime: ${PROGRAM}`}
  const support = supportOn(demand, hardware, facts)
  if (support === undefined) return {reason: 'software', detail: facts.software.whyNot(DIFFUSION_TRAIN, accelerator.architecture) ?? `no program is known to train on ${accelerator.name}`, nearest: null}
  const precision = precisionOn(demand, hardware)
  if (support.precisions.includes(precision) && peakFlops(accelerator, precision) !== undefined) return undefined
  return {reason: 'software', detail: `${accelerator.name} does not train in ${precision}`, nearest: support.precisions.includes('fp16') ? 'precision fp16' : null}
}

export const layoutOf = (demand: DiffusionTrainDemand, hardware: Hardware, {dp = presentOn(hardware), microBatch = 1, batch = USUAL_BATCH[demand.method], checkpointing, zeroStage}: Configuration): TrainLayout => ({
  precision: precisionOn(demand, hardware), microBatch, rounds: Math.max(1, Math.ceil(batch / dp / microBatch)), accelerators: dp, checkpointed: checkpointing === 'full', sharded: zeroStage === 3,
})
const memoryOf = (demand: DiffusionTrainDemand, hardware: Hardware, configuration: Configuration): MemoryUse => trainMemory(demand, layoutOf(demand, hardware, configuration), hardware.accelerator.memoryGib)
const fits = ({neededGib, availableGib}: MemoryUse): boolean => neededGib.p50 <= availableGib

function layoutProblem({configuration, method}: DiffusionTrainDemand, hardware: Hardware): Refusal | undefined {
  const present = presentOn(hardware)
  const {dp = present, microBatch, batch = USUAL_BATCH[method]} = configuration
  if (dp > present) return {reason: 'topology', detail: `dp ${dp} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `dp ${present}`}
  if (microBatch !== undefined && microBatch * dp > batch) return {reason: 'topology', detail: `micro-batches of ${microBatch} on ${dp} accelerators are more than a batch of ${batch}`, nearest: `batch: ${microBatch * dp}`}
  return unknownLink(hardware, dp)
}

export function diffusionTrainConfigurations(demand: DiffusionTrainDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = sliceOf(target)
  if (softwareProblem(demand, hardware, facts) !== undefined || layoutProblem(demand, hardware) !== undefined) return []
  const {configuration} = demand
  const batch = configuration.batch ?? USUAL_BATCH[demand.method]
  // More accelerators than samples in a step would change the recipe.
  const dp = configuration.dp ?? Math.min(presentOn(hardware), batch)
  const checkpointings = configuration.checkpointing === undefined ? (['none', 'full'] as const) : [configuration.checkpointing]
  const stages = configuration.zeroStage === undefined ? (dp > 1 ? ([0, 3] as const) : ([0] as const)) : [configuration.zeroStage]
  const sizes = configuration.microBatch === undefined ? MICRO_BATCHES.filter(each => each * dp <= batch || each === 1) : [configuration.microBatch]
  return stages.flatMap(zeroStage => checkpointings.flatMap((checkpointing): Configuration[] => {
    const common = {...configuration, runtime: PROGRAM, precision: precisionOn(demand, hardware), dp, batch, checkpointing, zeroStage}
    // The largest that fits: smaller ones launch as often for less work.
    const microBatch = sizes.find(each => fits(memoryOf(demand, hardware, {...common, microBatch: each})))
    return microBatch === undefined ? [] : [{...common, microBatch}]
  }))
}

export function diffusionTrainRefusal(demand: DiffusionTrainDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = sliceOf(target)
  const problem = softwareProblem(demand, hardware, facts) ?? layoutProblem(demand, hardware)
  if (problem !== undefined) return no(problem)
  const {configuration} = demand
  const memory = memoryOf(demand, hardware, {microBatch: 1, checkpointing: 'full', zeroStage: 3, ...configuration})
  const ways = [
    ...((configuration.microBatch ?? 1) > 1 ? ['microBatch: 1'] : []), ...(configuration.checkpointing === 'none' ? ['checkpointing: full'] : []), ...(configuration.zeroStage === 0 && presentOn(hardware) > 1 ? ['zeroStage: 3'] : []),
    ...(demand.method === 'full' ? ['method: lora'] : []), ...(demand.cached ? [] : ['cached: true']),
  ]
  return no({reason: 'memory', detail: `needs ${formatGib(memory.neededGib.p50)} GiB per accelerator, has ${formatGib(memory.availableGib)}`, nearest: ways[0] ?? null, memory})
}

export function performDiffusionTrain(demand: DiffusionTrainDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = sliceOf(target)
  const {accelerator} = hardware
  const problem = softwareProblem(demand, hardware, facts) ?? layoutProblem(demand, hardware)
  if (problem !== undefined) return no(problem)
  const memory = memoryOf(demand, hardware, configuration)
  if (!fits(memory)) return diffusionTrainRefusal({...demand, configuration}, target, facts)
  const layout = layoutOf(demand, hardware, configuration)
  const time = trainTime(demand, hardware, layout, trainFactors(demand, accelerator, facts), trainSpeed(facts.calibration, accelerator))
  if (time === undefined) return no({reason: 'link-unknown', detail: 'a rate or a link of this hardware is not known', nearest: null})
  const {accelerators, rounds, microBatch} = layout
  const batch = rounds * microBatch * accelerators
  const steps = demand.samples / batch
  const rooflineSeconds = lowerBound(demand, hardware, accelerators)
  const measured = demand.method === 'full' && MEASURED_MODELS.has(demand.model.id)
  const distance = measured ? facts.calibration.distance(DIFFUSION_TRAIN, accelerator, demand.model.id) : 'none'
  const spreadMetric = measured ? RATE_SPREAD : UNMEASURED_SPREAD
  const workSeconds = timeWithSpread(steps * time.seconds, timeSpread(facts.calibration.spread(DIFFUSION_TRAIN, spreadMetric, distance)), rooflineSeconds)
  const operators: readonly Operator[] = [
    {name: 'denoiser, forward and backward', seconds: time.denoiserSeconds, bound: time.trafficBytes / accelerator.memoryBandwidthBytesPerSecond > time.denoiserSeconds / 2 ? 'memory-bandwidth' : 'compute', flops: time.flops, bytes: time.trafficBytes},
    {name: 'encoding images and texts', seconds: time.encodingSeconds, bound: 'compute', flops: time.encodingFlops},
    {name: 'launches', seconds: time.launchSeconds, bound: 'overhead'},
    {name: 'gradients and weights', seconds: time.exchangeSeconds, bound: accelerators > hardware.acceleratorsPerNode ? 'network' : 'link', bytes: time.exchangedBytes},
    {name: 'optimizer', seconds: time.optimizerSeconds, bound: 'memory-bandwidth', bytes: time.optimizerBytes},
  ]
  const peak = peakFlops(accelerator, layout.precision) ?? Number.NaN
  const part = (seconds: number): number => Math.min(1, seconds / time.seconds)
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime: PROGRAM, precision: layout.precision, dp: accelerators, microBatch, batch},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(demand.samples, workSeconds)},
      latency: null,
      memory,
      load: {
        computeShare: part(time.denoiserSeconds + time.encodingSeconds), memoryShare: part((time.trafficBytes + time.optimizerBytes) / accelerator.memoryBandwidthBytesPerSecond), linkShare: part(time.exchangeSeconds), hostShare: HOST_SHARE,
        work: {activeShare: part(time.denoiserSeconds + time.encodingSeconds + time.optimizerSeconds), flopsShare: Math.min(1, (time.flops + time.encodingFlops) / peak / time.seconds), bytesShare: part((time.trafficBytes + time.optimizerBytes) / accelerator.memoryBandwidthBytesPerSecond), cacheBytesShare: 0, unpackShare: 0},
      },
      acceleratorsUsed: Math.min(accelerators, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      checkpointBytes: trainedParameters(demand.model, demand.rank) * STATE_BYTES,
      weightBytes: (demand.model.coreParameters + demand.model.auxiliaryParameters) * 2,
      operators: operators.filter(({seconds}) => seconds > 0),
      bottleneck: longest(operators),
      basis: distance === 'none' ? 'computed' : 'calibrated',
      spreadMetrics: [spreadMetric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, layout),
    },
  }
}

function longest(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((most, each) => (most === undefined || each.seconds > most.seconds ? each : most), undefined)?.bound ?? 'compute'
}

function notesOn(demand: DiffusionTrainDemand, hardware: Hardware, {accelerators, rounds, microBatch}: TrainLayout): string[] {
  const present = presentOn(hardware)
  const {configuration, method} = demand
  return [
    'Rates are those of generation with the same kernels. Only runs of Stable Diffusion 2 were held against them; weights in 32 bits under autocast are assumed, as scripts have it.',
    ...(configuration.batch === undefined ? [`A batch of ${rounds * microBatch * accelerators} samples in each optimizer step, as recipes for ${method === 'lora' ? 'adapters' : 'whole models'} have it; configuration.batch says another.`] : []),
    ...(demand.cached ? ['Encoding the data beforehand is not in the time.'] : []),
    ...(accelerators < present ? [`${present - accelerators} of ${present} accelerators stay idle.`] : []),
  ]
}

/** Every product of the denoiser at the printed peak, three times a forward pass (twice with frozen weights), spread over all accelerators. */
function lowerBound({model, shape, method, samples}: DiffusionTrainDemand, {accelerator}: Hardware, accelerators: number): number {
  const {linearFlops, ofTextFlops, attentionFlops} = passCost(model, shape)
  const flops = (method === 'full' ? 3 : 2) * (linearFlops + ofTextFlops) + 3 * attentionFlops
  const peak = Math.max(...['bf16', 'fp16', 'fp32'].map(each => peakFlops(accelerator, each) ?? 0))
  return (samples * flops) / peak / accelerators
}

export function diffusionTrainLowerBoundSeconds(demand: DiffusionTrainDemand, target: Hardware, facts: Facts): number {
  const hardware = sliceOf(target)
  return softwareProblem(demand, hardware, facts) === undefined ? lowerBound(demand, hardware, demand.configuration.dp ?? presentOn(hardware)) : Number.POSITIVE_INFINITY
}

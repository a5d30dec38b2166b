import {acceleratorWithName, matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {severalSockets} from '../../performance/hardware.ts'
import {intervalFromSpread} from '../../performance/interval.ts'
import type {Facts} from '../contract.ts'
import {environmentNamed, type EngineId, type Environment} from './environments.ts'
import {certaintyOf, factorsOf, type Factors, type Metric, type Place} from './factors.ts'
import {memoryLines} from './memory.ts'
import {networkOf} from './network.ts'
import {vectorStep, type VectorWork} from './step.ts'

/** A published rate or memory, as a question for the estimator. */
export interface ReinforcementLearningCase {
  readonly environment: Environment
  readonly work: VectorWork
  readonly device: Accelerator
  readonly place: Place
  readonly parts: number
  /** What is counted, of one step. */
  readonly framesPerStep: number
  readonly metric: Metric
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const unanswered = (reason: string): Refused => ({status: 'unanswered', reason})

/** Programs by what the rows call them. */
const ENGINE_NAMES: readonly (readonly [pattern: RegExp, engine: EngineId])[] = [
  [/envpool-numa-async$/, 'envpool-numa'], [/envpool-async$/, 'envpool'], [/envpool-sync$/, 'envpool-sync'], [/sample-factory$/, 'sample-factory'], [/subprocess$/, 'subprocess'], [/for-loop$/, 'for-loop'],
  [/^Isaac Lab\b/, 'isaac-lab'], [/^MJX-JAX$/, 'mujoco-mjx'], [/^MuJoCo C$/, 'mujoco'], [/^MuJoCo Warp$/, 'mujoco-warp'], [/^ManiSkill/, 'maniskill'],
]
/** How tables call tasks; of "humanoid x1" single physics steps are counted, without the rest of a task. */
const TASK_NAMES: readonly (readonly [pattern: RegExp, prefix: string])[] = [[/^Isaac Lab (\S+)$/, 'isaac'], [/^ManiSkill (\S+)$/, 'maniskill'], [/^MuJoCo (\w+) (?:x1|env stepping)$/, 'mujoco'], [/^Atari (\w+) env stepping$/, 'atari']]
const PHYSICS_ONLY = / x1$/
const PICTURES = /^(?:RGB|Depth) (\d+)x(\d+)(?: x(\d+))?$/
const ACTIVITIES: Readonly<Record<string, VectorWork['task']>> = {'simulate': 'simulate', 'step': 'simulate', 'step+inference': 'rollout', 'step+inference+train': 'train', 'train': 'train'}

/** Processors of measured systems, and how many are in each. */
const PROCESSORS: readonly (readonly [pattern: RegExp, id: string, sockets: number])[] = [
  [/EPYC 7742 x2$/, 'cpu-epyc-7742', 2], [/i7-8750H$/, 'cpu-core-i7-8750h', 1], [/Ryzen 9 5950X$/, 'cpu-ryzen-9-5950x', 1], [/TPU-VM 96-core Xeon$/, 'cpu-xeon-skylake-tpu-vm', 2], [/Threadripper 3995WX/, 'cpu-threadripper-pro-3995wx', 1],
]
/** Forms that tables leave out: the first of each, which benchmarks of that year mean. */
const SHORT_NAMES: Readonly<Record<string, string>> = {A100: 'a100-sxm-40gb', H200: 'h200-sxm-141gb'}
/** All of these run two threads on a core. */
const THREADS_PER_CORE = 2

function deviceOf(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  const processor = PROCESSORS.find(([pattern]) => pattern.test(label))
  if (processor === undefined) return acceleratorWithName(SHORT_NAMES[label] ?? label, accelerators) ?? matchAccelerator(label, accelerators)
  const found = accelerators.find(({id}) => id === processor[1])
  return found === undefined ? undefined : severalSockets(found, processor[2])
}

export const knowsDevices = (label: string, accelerators: readonly Accelerator[]): boolean => deviceOf(label, accelerators) !== undefined

/** Reads a setting, or says why it cannot be asked. */
export function readReinforcementLearningMeasurement(setting: Setting, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: ReinforcementLearningCase} | Refused {
  const {model, framework, phase, dataset, precision, accelerators: count = 1, nodes = 1, microBatch, concurrency, notes, metric} = setting
  if (!['env_steps_per_s', 'env_frames_per_s', 'memory_gib'].includes(metric)) return unanswered(`"${metric}" is neither a rate of steps nor a memory`)
  const engine = ENGINE_NAMES.find(([pattern]) => pattern.test(framework))?.[1]
  if (engine === undefined) return unanswered(`${framework} is no simulator of the catalog`)
  const named = TASK_NAMES.flatMap(([pattern, prefix]) => pattern.exec(model)?.slice(1).map(name => `${prefix}-${name}`) ?? [])[0]
  const environment = named === undefined ? undefined : environmentNamed(named)
  if (environment === undefined) return unanswered(`"${model}" is no environment of the catalog`)
  const task = ACTIVITIES[phase]
  if (task === undefined) return unanswered(`"${phase}" says not what was done with the steps`)
  const device = deviceOf(setting.accelerator, accelerators)
  if (device === undefined) return unanswered(`${setting.accelerator} is not in the catalog`)
  const onProcessors = device.formFactor === 'cpu'
  const parts = onProcessors ? 1 : count
  const threads = (device.multiprocessors ?? 1) * THREADS_PER_CORE
  const total = notes.environments
  const envs = onProcessors ? (concurrency ?? threads) : (microBatch ?? (total === undefined ? undefined : total / parts))
  if (envs === undefined) return unanswered('how many environments there were is not stated')
  const [, width, height, cameras] = PICTURES.exec(dataset) ?? []
  const pictures = width === undefined ? (dataset === 'state' ? undefined : environment.camera) : {width: Number(width), height: Number(height)}
  const physicsOnly = PHYSICS_ONLY.test(model)
  const drawn = pictures === undefined || onProcessors ? undefined : {...pictures, cameras: Number(cameras ?? 1)}
  const {observations, actions, hidden, horizon, epochs, minibatches} = environment
  const network = networkOf({observations, actions, hidden, camera: drawn === undefined ? undefined : {...drawn, channels: 3}, parameters: undefined})
  const work: VectorWork = {
    engine, envs, task, overlapped: false, precision: 'fp32',
    simulated: {
      degreesOfFreedom: environment.degreesOfFreedom, substeps: physicsOnly ? environment.substeps / environment.framesPerStep : environment.substeps, contacts: environment.contacts,
      stepSeconds: undefined, floorSeconds: undefined, coreSeconds: environment.coreSeconds, pictures: drawn, valueBytes: precision === 'fp64' ? 8 : 4,
    },
    learner: {network, horizon, epochs, minibatches},
  }
  const place: Place = {accelerator: device, processor: onProcessors ? device : undefined, engine, body: environment.body, severalNodes: nodes > 1}
  return {status: 'case', case: {environment, work, device, place, parts, framesPerStep: metric === 'env_frames_per_s' ? environment.framesPerStep : 1, metric: metric === 'memory_gib' ? 'memory' : onProcessors ? 'throughput-on-processors' : 'throughput'}}
}

/** Links that no row states: a slot of the fourth generation, and 100 Gb/s that the accelerators of a machine share. Gradients of these networks are small against them. */
const LINK_BYTES_PER_SECOND = 20e9
const NETWORK_BYTES_PER_SECOND = 2.5e9

/** The figure that was published: steps or frames a second of all accelerators, or GiB on one. */
export function measuredFigure({environment: {observations, actions}, work, device, place, parts, framesPerStep, metric}: ReinforcementLearningCase, factors: Factors): number {
  if (metric === 'memory') return memoryLines(work, {observations, actions}, factors).reduce((sum, {gib}) => sum + gib, 0)
  const cores = device.multiprocessors ?? 1
  const gradientSeconds = (2 * 4 * work.learner.network.parameters) / (place.severalNodes ? NETWORK_BYTES_PER_SECOND : LINK_BYTES_PER_SECOND)
  const {seconds} = vectorStep(work, device, {parts, cores, threads: cores * THREADS_PER_CORE, gradientSeconds}, factors)
  return (work.envs * parts * framesPerStep) / seconds
}

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readReinforcementLearningMeasurement(setting, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const figure = measuredFigure(found, factorsOf(facts, found.place))
  const {distance, spread} = certaintyOf(facts.calibration, found.device, found.environment.id, found.metric)
  return {status: 'answered', interval: intervalFromSpread(figure, spread), distance, model: found.environment.id, acceleratorId: found.device.id}
}

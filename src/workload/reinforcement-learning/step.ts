import {peakFlops} from '../../performance/peak.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {ENGINE_FACTS, type AcceleratorEngine, type CoreEngine} from './engines.ts'
import type {Contacts, EngineId} from './environments.ts'
import type {Factors} from './factors.ts'
import {LEARNING_PASSES, type Network} from './network.ts'

/** Environments of one sort, all stepped at once. */
export interface SimulatedWork {
  readonly degreesOfFreedom: number
  readonly substeps: number
  readonly contacts: Contacts
  /** Given instead of what joints say: one step on a core, or an environment's share of an accelerator of 1 TB/s. */
  readonly stepSeconds: number | undefined
  readonly floorSeconds: number | undefined
  readonly coreSeconds: number | undefined
  readonly pictures: {readonly width: number; readonly height: number; readonly cameras: number} | undefined
  /** Of the physics: 8 where it computes in doubles. */
  readonly valueBytes: 4 | 8
}

/** What more contacts move, against few: constraints, and iterations of the solver over them. Assumed; a body that was measured has its own factor. */
const CONTACT_FACTORS: Readonly<Record<Contacts, number>> = {none: 0.7, few: 1, many: 3}
/** An accelerator that `stepTime` is of. */
const REFERENCE_BYTES_PER_SECOND = 1e12

/** Where a step of all environments on one accelerator or on its cores goes. */
export interface SimulatorStep {
  readonly seconds: number
  /** Physics: launching kernels, and what they move (one hides behind the other as far as it is shorter). */
  readonly floorSeconds: number
  readonly workSeconds: number
  readonly physicsSeconds: number
  readonly pictureSeconds: number
  /** Moved through the accelerator's memory. */
  readonly bytes: number
}

/** Bytes that one environment moves in one step. */
function physicsBytes({degreesOfFreedom, substeps, contacts, stepSeconds, valueBytes}: SimulatedWork, engine: AcceleratorEngine, factors: Factors): number {
  if (stepSeconds !== undefined) return stepSeconds * REFERENCE_BYTES_PER_SECOND
  return engine.jointBytes * Math.max(1, degreesOfFreedom) * substeps * CONTACT_FACTORS[contacts] * (valueBytes / 4) * factors['work']
}

/**
 * A step on the accelerator. Few environments take as long as their kernels take to be launched, many as long as their state takes to move; the host runs ahead while
 * kernels work, so that neither is simply added: √(launches² + work²) is what rates from 4,096 to 32,768 environments on one card follow within 10 %. Pictures are drawn
 * after the physics, by the renderer, one camera after the other.
 */
export function acceleratorStep(work: SimulatedWork, engine: AcceleratorEngine, envs: number, {memoryBandwidthBytesPerSecond}: Accelerator, factors: Factors): SimulatorStep {
  const rate = memoryBandwidthBytesPerSecond * factors.streamShare * factors['bandwidth']
  const {degreesOfFreedom, substeps, floorSeconds: given} = work
  const floorSeconds = (given ?? (engine.onceSeconds + substeps * (engine.substepSeconds + engine.jointSeconds * degreesOfFreedom)) * factors['floor']) * factors['launches']
  const moved = envs * physicsBytes(work, engine, factors)
  const workSeconds = moved / rate
  const physicsSeconds = Math.hypot(floorSeconds, workSeconds)
  const {pictures} = work
  const drawn = engine.camera === undefined || pictures === undefined ? 0 : envs * pictures.cameras * pictures.width * pictures.height * engine.camera.pixelBytes * factors['pixels']
  const pictureSeconds = engine.camera === undefined || pictures === undefined ? 0
    : (engine.camera.passSeconds * factors['pass'] + envs * pictures.cameras * engine.camera.cameraSeconds * factors['camera']) * factors['launches'] + drawn / rate
  return {seconds: physicsSeconds + pictureSeconds, floorSeconds, workSeconds, physicsSeconds, pictureSeconds, bytes: moved + drawn}
}

/** One physics step of one joint on the core of reference, from EnvPool's one-worker rates. */
const CORE_JOINT_SECONDS = 2e-6

/** A step of all environments on processor cores: a worker each, and one thread that hands out actions and gathers what they saw. */
export function coreStep({degreesOfFreedom, substeps, stepSeconds, coreSeconds}: SimulatedWork, engine: CoreEngine, {envs, cores, threads}: {readonly envs: number; readonly cores: number; readonly threads: number}, factors: Factors): SimulatorStep {
  const speed = factors.clock * factors['core-speed']
  // What the user timed was timed as it runs: how a program steps the environments of others says nothing of it.
  const own = stepSeconds === undefined ? ((coreSeconds ?? CORE_JOINT_SECONDS * degreesOfFreedom * substeps + engine.taskSeconds) * factors['core-work']) / (speed * engine.workerSpeed * factors['worker-speed']) : stepSeconds / speed
  const workers = engine.parallel ? Math.min(envs, threads) : 1
  const effective = (Math.min(workers, cores) + factors['second-thread'] * Math.max(0, workers - cores)) ** factors['scaling']
  const serial = (engine.serialSeconds * factors['serial']) / speed
  const seconds = envs * (own / Math.max(1, effective) + serial)
  return {seconds, floorSeconds: envs * serial, workSeconds: seconds - envs * serial, physicsSeconds: seconds, pictureSeconds: 0, bytes: 0}
}

export interface Learner {
  readonly network: Network
  readonly horizon: number
  readonly epochs: number
  readonly minibatches: number
}

/** Where one step of all environments goes, with its share of learning. */
export interface VectorStep {
  readonly simulator: SimulatorStep
  readonly inferenceSeconds: number
  readonly learningSeconds: number
  readonly reduceSeconds: number
  readonly seconds: number
  /** Of acting and learning, per accelerator. */
  readonly flops: number
}

export interface VectorWork {
  readonly simulated: SimulatedWork
  readonly engine: EngineId
  readonly envs: number
  readonly task: 'train' | 'rollout' | 'simulate'
  readonly overlapped: boolean
  readonly learner: Learner
  /** Of the network's matmuls. */
  readonly precision: string
}

/** Rate that a network's matmuls are printed with. Chips without 32-bit units multiply in bf16, whatever the program says. */
export const matmulPeak = (accelerator: Accelerator, precision: string): number => peakFlops(accelerator, precision) ?? peakFlops(accelerator, 'bf16') ?? Number.NaN

export interface Layout {
  /** Accelerators that each have such environments and learn together. */
  readonly parts: number
  readonly cores: number
  readonly threads: number
  /** Seconds that the links take for the gradients of one update. */
  readonly gradientSeconds: number
}

export function vectorStep({simulated, engine, envs, task, overlapped, learner, precision}: VectorWork, accelerator: Accelerator, {parts, cores, threads, gradientSeconds}: Layout, factors: Factors): VectorStep {
  const facts = ENGINE_FACTS[engine]
  const simulator = facts.on === 'gpu' ? acceleratorStep(simulated, facts, envs, accelerator, factors) : coreStep(simulated, facts, {envs, cores, threads}, factors)
  const {network, horizon, epochs, minibatches} = learner
  const rate = matmulPeak(accelerator, precision) * factors['matmul']
  const acts = task !== 'simulate'
  const learns = task === 'train'
  const actingFlops = acts ? envs * network.forwardFlops : 0
  const learningFlops = learns ? envs * epochs * LEARNING_PASSES * network.forwardFlops : 0
  const updates = learns ? (epochs * Math.min(minibatches, envs * horizon)) / horizon : 0
  const inferenceSeconds = acts ? factors['inference-seconds'] * factors['launches'] + actingFlops / rate : 0
  const learningSeconds = learns ? updates * factors['update-seconds'] * factors['launches'] + learningFlops / rate : 0
  const reduceSeconds = parts > 1 ? updates * (factors['synchronisation-seconds'] + gradientSeconds) : 0
  const turn = inferenceSeconds + learningSeconds + reduceSeconds
  return {simulator, inferenceSeconds, learningSeconds, reduceSeconds, seconds: overlapped ? Math.max(simulator.seconds, turn) : simulator.seconds + turn, flops: actingFlops + learningFlops}
}

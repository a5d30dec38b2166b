import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {nearestNames} from '../../text/nearest.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision, type AssumptionList} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {ENGINE_FACTS} from './engines.ts'
import {ENGINES, environmentNamed, ENVIRONMENTS, type EngineId, type Environment} from './environments.ts'
import {REINFORCEMENT_LEARNING} from './factors.ts'
import {networkOf} from './network.ts'
import type {ReinforcementLearningSpec, SIMULATORS} from './schema.ts'
import type {Learner, SimulatedWork, VectorWork} from './step.ts'

export interface ReinforcementLearningDemand extends Demand {
  /** `undefined` = the user's own, of which nothing was measured. */
  readonly environment: Environment | undefined
  readonly simulator: (typeof SIMULATORS)[number]
  /** Programs that may step it, the usual one first. */
  readonly engines: readonly EngineId[]
  /** Of environments that no table has: the first of the programs that runs there, as all of them are computed alike. */
  readonly firstEngineOnly: boolean
  readonly body: string
  readonly simulated: SimulatedWork
  readonly observations: number
  readonly actions: number
  /** On each accelerator; `undefined` = one for each thread. */
  readonly envs: number | undefined
  readonly task: VectorWork['task']
  readonly overlapped: boolean
  readonly learner: Learner
  /** Of each machine; `undefined` = all that it has. */
  readonly cores: number | undefined
  readonly steps: number
  readonly precision: string
  readonly configuration: Configuration
}

const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const
const PRECISIONS = ['fp32', 'tf32', 'bf16', 'fp16']
const GIB = 2 ** 30

export function reinforcementLearningDemand(spec: ReinforcementLearningSpec, _facts: Facts): ReinforcementLearningDemand {
  const {configuration} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to reinforcement learning.`, {hint: 'It takes runtime, precision and dp, the number of accelerators, each with environments of its own.'})
  }
  const assumptions = createAssumptions()
  const precision = assumptions.choose('precision', onePrecision(spec), 'fp32')
  if (!PRECISIONS.includes(precision)) throw new RigorError('BAD_PRECISION', `Policies are learned in fp32, tf32, bf16 or fp16, not in ${precision}.`, {hint: 'precision: fp32'})
  const environment = environmentOf(spec.environment)
  const simulator = simulatorOf(spec, environment)
  const picture = spec.camera ?? environment?.camera
  const engines = enginesOf(spec, environment, simulator, picture !== undefined)
  if (environment === undefined && spec.engine === undefined && configuration.runtime === undefined) assumptions.add('engine', simulator === 'cpu' ? ENGINE_FACTS[engines[0]!].name : 'the first that runs there')
  const task = assumptions.choose('task', spec.task, 'train' as const)
  const pipeline = assumptions.choose('pipeline', spec.pipeline, 'serial' as const)
  const envs = spec.envs ?? (simulator === 'cpu' ? environment?.envs ?? assumptions.choose('envs', undefined, undefined, 'one for each thread') : assumptions.choose('envs', undefined, environment?.envs ?? 4096))
  const physics = physicsOf(spec, environment, simulator, assumptions)
  const cameras = picture === undefined ? 0 : (spec.cameras ?? 1)
  const {observations, actions, learner} = learnerOf(spec, environment, physics.degreesOfFreedom, picture === undefined ? undefined : {...picture, cameras}, assumptions)
  const kept = task === 'train' && simulator === 'gpu' ? ((envs ?? 1) * learner.horizon * (observations + (picture === undefined ? 0 : picture.width * picture.height * cameras * 3) + actions) * 4) / GIB : 0
  const {steps} = spec
  return {
    kind: REINFORCEMENT_LEARNING,
    summary: `${environment?.id ?? 'an environment of your own'}: ${formatCount(steps, 3)} steps, ${task === 'train' ? 'learned from' : task === 'rollout' ? 'acted in' : 'simulated'}, ${simulator === 'gpu' ? `${formatCount(envs ?? 1, 3)} environments on each accelerator` : 'on processor cores'}`,
    assumptions: assumptions.list,
    throughputUnit: 'steps/s',
    costUnit: {name: '1M steps', amount: 1e6},
    workUnits: steps,
    endless: false,
    minimumTotalMemoryGib: kept,
    environment,
    simulator,
    engines,
    firstEngineOnly: environment === undefined,
    body: environment?.body ?? 'own',
    simulated: {...physics, coreSeconds: environment?.coreSeconds, pictures: picture === undefined ? undefined : {...picture, cameras}, valueBytes: 4},
    observations,
    actions,
    envs,
    task,
    overlapped: pipeline === 'overlapped',
    learner,
    cores: spec.cores,
    steps,
    precision,
    configuration,
  }
}

function environmentOf(name: string | undefined): Environment | undefined {
  if (name === undefined) return undefined
  const found = environmentNamed(name)
  if (found !== undefined) return found
  const known = ENVIRONMENTS.map(({id}) => id)
  const near = nearestNames(name, known)
  throw new RigorError('UNKNOWN_ENVIRONMENT', `"${name}" is no environment of the catalog.`, {hint: `${near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : ''}All of them: ${known.join(', ')}. One of your own: leave environment out and say what a step costs (stepTime, or degreesOfFreedom and substeps).`})
}

function simulatorOf({engine, simulator: given, configuration}: ReinforcementLearningSpec, environment: Environment | undefined): ReinforcementLearningDemand['simulator'] {
  const named = engine === undefined ? undefined : ENGINE_FACTS[engine].on
  if (named !== undefined && given !== undefined && named !== given) throw new RigorError('BAD_CONFIGURATION', `${engine!} does not simulate on the ${given}.`, {hint: `simulator: ${named}`})
  const byRuntime = configuration.runtime === undefined ? undefined : ENGINES.map(id => ENGINE_FACTS[id]).find(({runtime}) => runtime === configuration.runtime)?.on
  return named ?? given ?? byRuntime ?? (environment === undefined ? 'gpu' : ENGINE_FACTS[environment.engines[0]!].on)
}

/** Engines that an environment of one's own may be written for, the usual one first. */
const OF_ONES_OWN: Readonly<Record<ReinforcementLearningDemand['simulator'], readonly EngineId[]>> = {gpu: ['isaac-lab', 'mujoco-mjx', 'mujoco-warp', 'maniskill'], cpu: ['subprocess', 'envpool', 'envpool-sync', 'envpool-numa', 'sample-factory', 'for-loop', 'mujoco']}

function enginesOf({engine, configuration: {runtime}}: ReinforcementLearningSpec, environment: Environment | undefined, simulator: ReinforcementLearningDemand['simulator'], draws: boolean): readonly EngineId[] {
  const has = environment?.engines ?? OF_ONES_OWN[simulator]
  if (engine !== undefined && !has.includes(engine)) throw new RigorError('BAD_CONFIGURATION', `${ENGINE_FACTS[engine].name} has no ${environment?.id ?? 'such environments'}.`, {hint: `engine: ${has.join(' or ')}`})
  const there = has.filter(id => ENGINE_FACTS[id].on === simulator)
  if (there.length === 0) throw new RigorError('BAD_CONFIGURATION', `${environment!.id} is not simulated on the ${simulator}.`, {hint: `simulator: ${simulator === 'gpu' ? 'cpu' : 'gpu'}`})
  const ofRuntime = there.filter(id => (engine ?? id) === id && (runtime ?? ENGINE_FACTS[id].runtime) === ENGINE_FACTS[id].runtime)
  if (ofRuntime.length === 0) throw new RigorError('BAD_CONFIGURATION', `${runtime ?? ''} does not simulate ${environment?.id ?? 'that'}${engine === undefined ? '' : ` with ${engine}`}.`, {hint: `configuration.runtime: ${[...new Set(there.map(id => ENGINE_FACTS[id].runtime))].join(' or ')}`})
  const able = ofRuntime.filter(id => {
    const facts = ENGINE_FACTS[id]
    return !draws || facts.on === 'cpu' || facts.camera !== undefined
  })
  if (able.length === 0) throw new RigorError('BAD_CONFIGURATION', `${ENGINE_FACTS[ofRuntime[0]!].name} draws no pictures.`, {hint: 'engine: isaac-lab or maniskill, or leave camera out.'})
  // Ways to spread the same environments over cores: the usual one, unless another is named.
  return simulator === 'cpu' ? able.slice(0, 1) : able
}

function physicsOf(spec: ReinforcementLearningSpec, environment: Environment | undefined, simulator: ReinforcementLearningDemand['simulator'], assumptions: AssumptionList): Pick<SimulatedWork, 'degreesOfFreedom' | 'substeps' | 'contacts' | 'stepSeconds' | 'floorSeconds'> {
  const {stepTime: stepSeconds, stepFloor} = spec
  // A step that is given whole says nothing of joints: memory still goes by them.
  const degreesOfFreedom = spec.degreesOfFreedom ?? environment?.degreesOfFreedom ?? assumptions.choose('degreesOfFreedom', undefined, 20)
  const substeps = spec.substeps ?? environment?.substeps ?? (stepSeconds === undefined ? assumptions.choose('substeps', undefined, 4) : 1)
  const contacts = spec.contacts ?? environment?.contacts ?? (stepSeconds === undefined && simulator === 'gpu' ? assumptions.choose('contacts', undefined, 'few' as const) : 'few')
  const floorSeconds = stepFloor ?? (stepSeconds !== undefined && simulator === 'gpu' ? assumptions.choose('stepFloor', undefined, 0.01, '10 ms') : undefined)
  return {degreesOfFreedom, substeps, contacts, stepSeconds, floorSeconds}
}

interface Understood {
  readonly observations: number
  readonly actions: number
  readonly learner: Learner
}

function learnerOf(spec: ReinforcementLearningSpec, environment: Environment | undefined, degreesOfFreedom: number, camera: {readonly width: number; readonly height: number; readonly cameras: number} | undefined, assumptions: AssumptionList): Understood {
  const observations = spec.observations ?? environment?.observations ?? assumptions.choose('observations', undefined, camera === undefined ? 3 * degreesOfFreedom : 0)
  const actions = spec.actions ?? environment?.actions ?? assumptions.choose('actions', undefined, degreesOfFreedom)
  const {parameters} = spec
  const usual = environment?.hidden ?? (camera === undefined ? [256, 128, 64] : [512])
  const hidden = parameters === undefined ? assumptions.choose('hidden', spec.hidden, usual, `[${usual.join(', ')}]`) : []
  const horizon = assumptions.choose('horizon', spec.horizon, environment?.horizon ?? 24)
  const epochs = assumptions.choose('epochs', spec.epochs, environment?.epochs ?? 5)
  const minibatches = assumptions.choose('minibatches', spec.minibatches, environment?.minibatches ?? 4)
  return {observations, actions, learner: {network: networkOf({observations, actions, hidden, parameters, camera: camera === undefined ? undefined : {...camera, channels: 3}}), horizon, epochs, minibatches}}
}

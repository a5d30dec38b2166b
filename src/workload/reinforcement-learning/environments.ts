/** What touches what: a cart touches nothing, a walker the ground, a hand what it holds. */
export const CONTACTS = ['none', 'few', 'many'] as const
export type Contacts = (typeof CONTACTS)[number]

export const ENGINES = ['isaac-lab', 'mujoco-warp', 'mujoco-mjx', 'maniskill', 'envpool', 'envpool-sync', 'envpool-numa', 'sample-factory', 'subprocess', 'for-loop', 'mujoco'] as const
export type EngineId = (typeof ENGINES)[number]

/** A task of the catalog: what its simulator has to do in a step, what the policy sees and does, and how it is usually learned. */
export interface Environment {
  readonly id: string
  readonly aliases: readonly string[]
  /** Programs that have this task, the usual one first. */
  readonly engines: readonly EngineId[]
  /** What is simulated: tasks of one body share what was measured of it. */
  readonly body: string
  /** Joints, and six of each body that moves freely. */
  readonly degreesOfFreedom: number
  /** Physics steps in one step of the environment: decimation or frame skip, times evaluations of the integrator. */
  readonly substeps: number
  readonly contacts: Contacts
  readonly observations: number
  readonly actions: number
  /** What the policy sees instead of numbers. */
  readonly camera?: {readonly width: number; readonly height: number}
  /** Emulators: seconds of one step on one core of reference. */
  readonly coreSeconds?: number
  readonly hidden: readonly number[]
  /** On one accelerator; absent = one for each thread of the processors. */
  readonly envs?: number
  readonly horizon: number
  readonly epochs: number
  readonly minibatches: number
  /** What some benchmarks count instead of steps: frames of an emulator, substeps of a physics engine. */
  readonly framesPerStep: number
}

const MUJOCO: readonly EngineId[] = ['mujoco-mjx', 'mujoco-warp', 'envpool', 'envpool-sync', 'envpool-numa', 'sample-factory', 'subprocess', 'for-loop', 'mujoco']
/** `frames`: physics steps in one step of the task; `evaluations`: of the forces in one of them (Euler 1, Runge–Kutta 4). */
const gymTask = (body: string, {frames, evaluations = 1, ...about}: Pick<Environment, 'degreesOfFreedom' | 'contacts' | 'observations' | 'actions'> & {readonly frames: number; readonly evaluations?: number}): Environment => ({
  id: `mujoco-${body}`, aliases: [body, `${body}-v2`, `${body}-v3`, `${body}-v4`, `${body}-v5`], engines: MUJOCO, body, ...about, substeps: frames * evaluations, hidden: [256, 256], horizon: 32, epochs: 4, minibatches: 8, framesPerStep: frames,
})

/**
 * Degrees of freedom, substeps, observations and networks are those of the tasks' public configurations as remembered (Isaac Lab 2, ManiSkill 3, Gymnasium's MuJoCo tasks,
 * EnvPool's Atari with the usual wrappers); none of it was read for this table. Minibatches are what the usual sizes make of the usual number of environments.
 */
export const ENVIRONMENTS: readonly Environment[] = [
  {id: 'isaac-cartpole', aliases: ['cartpole', 'isaac-cartpole-direct'], engines: ['isaac-lab'], body: 'cartpole', degreesOfFreedom: 2, substeps: 2, contacts: 'none', observations: 4, actions: 1, hidden: [32, 32], envs: 4096, horizon: 32, epochs: 8, minibatches: 8, framesPerStep: 1},
  {id: 'isaac-cartpole-camera', aliases: ['isaac-cartpole-rgb-camera-direct', 'isaac-cartpole-camera-direct'], engines: ['isaac-lab'], body: 'cartpole', degreesOfFreedom: 2, substeps: 2, contacts: 'none', observations: 0, actions: 1, camera: {width: 100, height: 100}, hidden: [512], envs: 1024, horizon: 64, epochs: 4, minibatches: 32, framesPerStep: 1},
  {id: 'isaac-ant', aliases: ['isaac-ant-direct'], engines: ['isaac-lab'], body: 'ant', degreesOfFreedom: 14, substeps: 2, contacts: 'few', observations: 36, actions: 8, hidden: [256, 128, 64], envs: 4096, horizon: 16, epochs: 4, minibatches: 2, framesPerStep: 1},
  {id: 'isaac-humanoid', aliases: ['isaac-humanoid-direct'], engines: ['isaac-lab'], body: 'humanoid', degreesOfFreedom: 27, substeps: 2, contacts: 'few', observations: 75, actions: 21, hidden: [400, 200, 100], envs: 4096, horizon: 32, epochs: 5, minibatches: 4, framesPerStep: 1},
  {id: 'isaac-quadruped-flat', aliases: ['isaac-velocity-flat-anymal-d', 'isaac-velocity-flat-anymal-c', 'isaac-velocity-flat-unitree-go2', 'isaac-velocity-flat-unitree-a1'], engines: ['isaac-lab'], body: 'quadruped', degreesOfFreedom: 18, substeps: 4, contacts: 'few', observations: 48, actions: 12, hidden: [128, 128, 128], envs: 4096, horizon: 24, epochs: 5, minibatches: 4, framesPerStep: 1},
  {id: 'isaac-quadruped-rough', aliases: ['isaac-velocity-rough-anymal-d', 'isaac-velocity-rough-anymal-c', 'isaac-velocity-rough-unitree-go2', 'isaac-velocity-rough-unitree-a1'], engines: ['isaac-lab'], body: 'quadruped on rough ground', degreesOfFreedom: 18, substeps: 4, contacts: 'few', observations: 235, actions: 12, hidden: [512, 256, 128], envs: 4096, horizon: 24, epochs: 5, minibatches: 4, framesPerStep: 1},
  {id: 'isaac-g1-rough', aliases: ['isaac-velocity-rough-g1', 'g1-rough'], engines: ['isaac-lab'], body: 'g1 on rough ground', degreesOfFreedom: 43, substeps: 4, contacts: 'few', observations: 310, actions: 37, hidden: [512, 256, 128], envs: 4096, horizon: 24, epochs: 5, minibatches: 4, framesPerStep: 1},
  {id: 'isaac-shadow-hand', aliases: ['isaac-repose-cube-shadow-direct', 'isaac-reorient-cube-shadow-direct', 'shadow-hand'], engines: ['isaac-lab'], body: 'shadow hand', degreesOfFreedom: 30, substeps: 2, contacts: 'many', observations: 157, actions: 20, hidden: [512, 512, 256, 128], envs: 8192, horizon: 16, epochs: 5, minibatches: 4, framesPerStep: 1},
  {id: 'isaac-franka-camera', aliases: ['isaac-franka'], engines: ['isaac-lab'], body: 'franka', degreesOfFreedom: 9, substeps: 2, contacts: 'none', observations: 0, actions: 8, camera: {width: 128, height: 128}, hidden: [512], envs: 1024, horizon: 32, epochs: 4, minibatches: 32, framesPerStep: 1},
  {id: 'maniskill-cartpole', aliases: ['maniskill-cartpolebalancebenchmark'], engines: ['maniskill'], body: 'cartpole', degreesOfFreedom: 2, substeps: 2, contacts: 'none', observations: 5, actions: 1, hidden: [256, 256, 256], envs: 4096, horizon: 50, epochs: 4, minibatches: 32, framesPerStep: 1},
  {id: 'maniskill-franka-camera', aliases: ['maniskill-franka'], engines: ['maniskill'], body: 'franka', degreesOfFreedom: 9, substeps: 5, contacts: 'none', observations: 0, actions: 8, camera: {width: 128, height: 128}, hidden: [512], envs: 1024, horizon: 50, epochs: 4, minibatches: 32, framesPerStep: 1},
  gymTask('ant', {degreesOfFreedom: 14, frames: 5, contacts: 'few', observations: 105, actions: 8}),
  gymTask('humanoid', {degreesOfFreedom: 27, frames: 5, contacts: 'few', observations: 348, actions: 17}),
  gymTask('halfcheetah', {degreesOfFreedom: 9, frames: 5, contacts: 'few', observations: 17, actions: 6}),
  gymTask('hopper', {degreesOfFreedom: 6, frames: 4, evaluations: 4, contacts: 'few', observations: 11, actions: 3}),
  gymTask('walker2d', {degreesOfFreedom: 9, frames: 4, evaluations: 4, contacts: 'few', observations: 17, actions: 6}),
  gymTask('franka', {degreesOfFreedom: 9, frames: 5, contacts: 'none', observations: 32, actions: 8}),
  {id: 'atari-pong', aliases: ['atari', 'pong', 'pong-v5', 'pongnoframeskip-v4'], engines: ['envpool', 'envpool-sync', 'envpool-numa', 'sample-factory', 'subprocess', 'for-loop'], body: 'atari', degreesOfFreedom: 0, substeps: 4, contacts: 'none', coreSeconds: 390e-6, observations: 0, actions: 6, camera: {width: 84, height: 84}, hidden: [512], horizon: 128, epochs: 4, minibatches: 4, framesPerStep: 4},
]

const plain = (name: string): string => name.trim().toLowerCase().replaceAll(/[\s_]+/g, '-')

/** By its id or another name, with or without the version that task ids end in; `undefined` = the catalog lacks it. */
export function environmentNamed(name: string): Environment | undefined {
  const wanted = [plain(name), plain(name).replace(/-v\d+$/, '')]
  return ENVIRONMENTS.find(({id, aliases}) => wanted.some(each => each === id || aliases.includes(each)))
}

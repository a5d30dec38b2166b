import type {EngineId} from './environments.ts'

/** A simulator on an accelerator: thousands of environments in one batch of kernels. */
export interface AcceleratorEngine {
  readonly on: 'gpu'
  readonly name: string
  /** Of data/software.csv. */
  readonly runtime: string
  /** A step of few environments, on the host of a desktop: once, for each physics step, and for each physics step and degree of freedom. */
  readonly onceSeconds: number
  readonly substepSeconds: number
  readonly jointSeconds: number
  /** Moved through memory by one environment, for each physics step and degree of freedom, where little touches. */
  readonly jointBytes: number
  /** A pass of the renderer, a camera and a pixel; memory of a pixel and of an environment's scene; absent = it draws nothing. */
  readonly camera?: {readonly passSeconds: number; readonly cameraSeconds: number; readonly pixelBytes: number; readonly pixelMemoryBytes: number; readonly sceneMemoryBytes: number; readonly contextGib: number; readonly tracesRays: boolean}
  readonly contextGib: number
}

/** A simulator on processor cores, one environment on one of them. */
export interface CoreEngine {
  readonly on: 'cpu'
  readonly name: string
  readonly runtime: string
  /** Speed of one worker against the plain library that steps an environment. */
  readonly workerSpeed: number
  /** What a step of any environment takes from the one thread that hands out actions and gathers observations. */
  readonly serialSeconds: number
  /** Of a step beside its physics, on the core of reference: rewards, resets, copies; what only steps physics has little of that. */
  readonly taskSeconds: number
  readonly parallel: boolean
  /** Memory of the host for each worker: a process has a copy of everything. */
  readonly workerGib: number
}

export type Engine = AcceleratorEngine | CoreEngine

/**
 * Starts of the fit, rounded. Accelerators: read off how published rates grow with the number of environments (few: launches; many: work), see docs/models/reinforcement-learning.md.
 * Memory of drawing: from the same tables, which state it. Memory of workers and contexts without a figure: assumptions.
 */
export const ENGINE_FACTS: Readonly<Record<EngineId, Engine>> = {
  'isaac-lab': {
    on: 'gpu', name: 'Isaac Lab', runtime: 'isaac-lab', onceSeconds: 2e-3, substepSeconds: 1e-3, jointSeconds: 1e-4, jointBytes: 30e3, contextGib: 2.4,
    camera: {passSeconds: 3e-3, cameraSeconds: 1.2e-5, pixelBytes: 500, pixelMemoryBytes: 220, sceneMemoryBytes: 3e5, contextGib: 2.4, tracesRays: true},
  },
  'mujoco-mjx': {on: 'gpu', name: 'MJX', runtime: 'mujoco-mjx', onceSeconds: 1.2e-3, substepSeconds: 3e-4, jointSeconds: 1e-5, jointBytes: 70e3, contextGib: 1},
  'mujoco-warp': {on: 'gpu', name: 'MuJoCo Warp', runtime: 'mujoco-warp', onceSeconds: 1e-4, substepSeconds: 3e-4, jointSeconds: 1e-5, jointBytes: 20e3, contextGib: 1},
  'maniskill': {
    on: 'gpu', name: 'ManiSkill', runtime: 'maniskill', onceSeconds: 1e-3, substepSeconds: 1e-4, jointSeconds: 2e-5, jointBytes: 30e3, contextGib: 1.3,
    camera: {passSeconds: 2e-4, cameraSeconds: 3e-5, pixelBytes: 190, pixelMemoryBytes: 45, sceneMemoryBytes: 9.5e6, contextGib: 0.1, tracesRays: false},
  },
  'envpool': {on: 'cpu', name: 'EnvPool (asynchronous)', runtime: 'envpool', workerSpeed: 1, serialSeconds: 8e-7, taskSeconds: 2e-5, parallel: true, workerGib: 0.01},
  'envpool-sync': {on: 'cpu', name: 'EnvPool (synchronous)', runtime: 'envpool', workerSpeed: 0.8, serialSeconds: 4e-6, taskSeconds: 2e-5, parallel: true, workerGib: 0.01},
  'envpool-numa': {on: 'cpu', name: 'EnvPool (one pool for each NUMA node)', runtime: 'envpool', workerSpeed: 1, serialSeconds: 3e-7, taskSeconds: 2e-5, parallel: true, workerGib: 0.01},
  'sample-factory': {on: 'cpu', name: 'Sample Factory', runtime: 'sample-factory', workerSpeed: 0.6, serialSeconds: 3e-7, taskSeconds: 2e-5, parallel: true, workerGib: 0.3},
  'subprocess': {on: 'cpu', name: 'Gymnasium, a process for each environment', runtime: 'gymnasium', workerSpeed: 0.47, serialSeconds: 5e-5, taskSeconds: 2e-5, parallel: true, workerGib: 0.3},
  'for-loop': {on: 'cpu', name: 'Gymnasium, one environment after the other', runtime: 'gymnasium', workerSpeed: 0.52, serialSeconds: 1e-7, taskSeconds: 2e-5, parallel: false, workerGib: 0.05},
  'mujoco': {on: 'cpu', name: 'MuJoCo in threads', runtime: 'mujoco', workerSpeed: 1.5, serialSeconds: 1e-7, taskSeconds: 2e-6, parallel: true, workerGib: 0.01},
}

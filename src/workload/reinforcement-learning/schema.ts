import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, label, latencySeconds, lazyShape, resolution, whole, word} from '../fields.ts'
import {CONTACTS, ENGINES} from './environments.ts'

export const SIMULATORS = ['gpu', 'cpu'] as const
export const TASKS = ['train', 'rollout', 'simulate'] as const
export const PIPELINES = ['serial', 'overlapped'] as const

export const ReinforcementLearningSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('reinforcement-learning'),
    /** A task of the catalog: isaac-g1-rough, isaac-cartpole-camera, mujoco-humanoid, atari-pong, … Absent = one of your own, by the fields below. */
    environment: label(80).optional(),
    /** Steps of all environments together: "500M". */
    steps: count({maximum: 1e15}),
    /** Where environments are stepped: thousands at once on the accelerator, or one on each processor core. Absent = where the environment usually is. */
    simulator: word(SIMULATORS, {accelerator: 'gpu', host: 'cpu', cores: 'cpu'}).optional(),
    /** The program that steps environments. Absent = every one that has the environment and runs there. */
    engine: word(ENGINES, {mjx: 'mujoco-mjx', 'envpool-async': 'envpool', gymnasium: 'subprocess'}).optional(),
    /** Environments on each accelerator; simulator cpu: on the cores that go with it. Absent = as many as is usual, or a thread each. */
    envs: whole({maximum: 1e7}).optional(),
    /** What is done with the steps: trained on, acted in by a policy, or nothing. Absent = train. */
    task: word(TASKS).optional(),
    /** Whether simulation and learning take turns (PPO as usual), or go on beside each other (asynchronous samplers). Absent = serial. */
    pipeline: word(PIPELINES).optional(),
    /** One step of one environment: on one core, or its share of an accelerator of 1 TB/s that is full of them: "300 us". */
    stepTime: latencySeconds().optional(),
    /** Simulator on the accelerator: a step of a few environments, which takes as long as launching its kernels does: "20 ms". */
    stepFloor: latencySeconds().optional(),
    /** Joints, and six of each body that moves freely: what a step costs where stepTime is not given. */
    degreesOfFreedom: whole({maximum: 100_000}).optional(),
    /** Physics steps in one step of the environment (decimation, frame skip). */
    substeps: whole({maximum: 100_000}).optional(),
    /** What touches what: none, few (feet on the ground), many (a hand that holds something). */
    contacts: word(CONTACTS).optional(),
    /** Numbers that the policy sees. */
    observations: whole({minimum: 0, maximum: 1e7}).optional(),
    actions: whole({maximum: 1e6}).optional(),
    /** Pictures that the policy sees, drawn in every step: "100x100". */
    camera: resolution().optional(),
    cameras: whole({maximum: 1000}).optional(),
    /** Widths of the dense layers: [512, 256, 128]. */
    hidden: z.array(whole({maximum: 1e6}), {error: () => 'expected a list of widths such as [512, 256, 128]'}).min(1).max(64).optional(),
    /** Weights of policy and critic together, instead of `hidden`. */
    parameters: count({maximum: 1e12}).optional(),
    /** Steps of each environment between two rounds of learning. */
    horizon: whole({maximum: 1e6}).optional(),
    /** Times that learning goes over what was gathered. */
    epochs: whole({maximum: 10_000}).optional(),
    /** Parts that what was gathered is learned from, one update each. */
    minibatches: whole({maximum: 1e6}).optional(),
    /** Processor cores that simulate, of each machine. Absent = all of them. */
    cores: whole({maximum: 100_000}).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    if (spec.environment === undefined && spec.stepTime === undefined && spec.degreesOfFreedom === undefined) context.addIssue({code: 'custom', message: 'reinforcement learning needs an environment, or what a step costs: stepTime, or degreesOfFreedom and substeps', path: ['environment']})
    if (spec.environment === undefined && spec.simulator === undefined && spec.engine === undefined) context.addIssue({code: 'custom', message: 'an environment of your own needs simulator: gpu or cpu', path: ['simulator']})
    if (spec.cameras !== undefined && spec.cameras > 1 && spec.camera === undefined && spec.environment === undefined) context.addIssue({code: 'custom', message: 'cameras needs camera, the size of a picture', path: ['camera']})
    if (spec.hidden !== undefined && spec.parameters !== undefined) context.addIssue({code: 'custom', message: 'hidden and parameters say the same: give one of them', path: ['parameters']})
  })
export type ReinforcementLearningSpec = z.infer<typeof ReinforcementLearningSpec>

import type {Accelerator} from '../../catalog/schema.ts'
import {fittedValues, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {coreSpeed} from './cores.ts'
import type {EngineId} from './environments.ts'

export const REINFORCEMENT_LEARNING = 'reinforcement-learning'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/reinforcement-learning.md. */
export const REINFORCEMENT_LEARNING_QUANTITIES = {
  /** Time of a launch and of what the host does between launches ÷ that of a fast desktop. */
  'launches': 1,
  /** Achieved bandwidth of physics and drawing ÷ that of a plain stream. */
  'bandwidth': 1,
  /** Step of a few environments, and what one more moves ÷ what the body's joints say. */
  'floor': 1,
  'work': 1,
  /** Parts of drawing ÷ what the program's own are taken to be. */
  'pass': 1,
  'camera': 1,
  'pixels': 1,
  /** Seconds of acting that are not arithmetic, in each step; and of an update. */
  'inference-seconds': 1.5e-3,
  'update-seconds': 1.5e-3,
  /** Achieved ÷ printed rate of the network's matmuls. */
  'matmul': 0.4,
  /** Seconds of each update that accelerators wait for each other beside the bytes they send: in a machine, over a network. */
  'synchronisation-seconds': 5e-4,
  /** Speed of a core ÷ what its clock says; work of a body on it ÷ what its joints say. */
  'core-speed': 1,
  'core-work': 1,
  /** Of engines on cores ÷ their starts: a worker's speed, the serial part. */
  'worker-speed': 1,
  'serial': 1,
  /** What a second thread on a core adds, and the exponent of the number of workers. */
  'second-thread': 0.25,
  'scaling': 0.96,
  /** Memory of a program, of an environment and of a picture ÷ what is counted. */
  'context-memory': 1,
  'environment-memory': 1,
  'picture-memory': 1,
} as const
export type Quantity = keyof typeof REINFORCEMENT_LEARNING_QUANTITIES
export type Factors = Readonly<Record<Quantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
  /** Of the processor, by its clock; 1 where nobody says which processor it is. */
  readonly clock: number
}

/** Who does it: whose factors hold. */
export interface Place {
  readonly accelerator: Accelerator
  /** Whose cores step environments; `undefined` = not known which, as in most clouds. */
  readonly processor: Accelerator | undefined
  readonly engine: EngineId
  readonly body: string
  readonly severalNodes: boolean
}

/** Cards for desktops stand beside few fast cores, those for servers beside many slow ones: launches take as long as a core needs for them. By the names that makers sell them under. */
const hostOf = ({name, formFactor}: Accelerator): string => (formFactor === 'cpu' ? 'host: none' : /GeForce|RTX PRO|Radeon|Quadro|Titan|Laptop/i.test(name) ? 'host: desktop' : 'host: server')

/** What a quantity depends on: scopes, the outermost last. */
const SCOPES: Readonly<Record<Quantity, (place: Place) => readonly string[]>> = {
  'launches': ({accelerator}) => [accelerator.id, hostOf(accelerator), '*'],
  'bandwidth': ({accelerator}) => [accelerator.id, accelerator.architecture, '*'],
  'floor': ({engine, body}) => [`${engine}: ${body}`, engine, '*'],
  'work': ({engine, body}) => [`${engine}: ${body}`, engine, '*'],
  'pass': ({accelerator, engine}) => [accelerator.id, engine, '*'],
  'camera': ({engine, body}) => [`${engine}: ${body}`, engine, '*'],
  'pixels': ({engine, body}) => [`${engine}: ${body}`, engine, '*'],
  'inference-seconds': () => ['*'],
  'update-seconds': () => ['*'],
  'matmul': () => ['*'],
  'synchronisation-seconds': ({severalNodes}) => [severalNodes ? 'over a network' : 'in a machine', '*'],
  'core-speed': ({processor}) => (processor === undefined ? ['*'] : [processor.id, '*']),
  'core-work': ({body}) => [`cores: ${body}`, '*'],
  'worker-speed': ({engine}) => [engine, '*'],
  'serial': ({engine}) => [engine, '*'],
  'second-thread': ({engine}) => [engine, '*'],
  'scaling': ({engine}) => [engine, '*'],
  'context-memory': ({engine}) => [engine, '*'],
  'environment-memory': ({engine, body}) => [`${engine}: ${body}`, engine, '*'],
  'picture-memory': ({engine, body}) => [`${engine}: ${body}`, engine, '*'],
}

/** Where a quantity is looked up, the most specific first. */
export const scopesOf = (quantity: Quantity, place: Place): readonly string[] => SCOPES[quantity](place)

export function factorsOf({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, place: Place): Factors {
  return {
    ...fittedValues(calibration, REINFORCEMENT_LEARNING, REINFORCEMENT_LEARNING_QUANTITIES, '*', quantity => scopesOf(quantity, place)),
    streamShare: streamShare(place.accelerator),
    clock: place.processor === undefined ? 1 : coreSpeed(place.processor),
  }
}

/** Figures that are as uncertain as each other. */
export type Metric = 'throughput' | 'throughput-on-processors' | 'memory'
/** Of an environment that the user describes: nothing like it was measured, so that the calibration gives the spread of things nobody measured. */
export const OWN_ENVIRONMENT = 'own-environment'

export interface Certainty {
  readonly distance: Distance
  readonly spread: Spread
  /** Name of the spread in the calibration. */
  readonly metric: string
  readonly basis: Confidence
}

/** `environment`: id in the catalog; `undefined` = the user's own. */
export function certaintyOf(calibration: Calibration, device: Accelerator, environment: string | undefined, metric: Metric): Certainty {
  const distance = calibration.distance(REINFORCEMENT_LEARNING, device, environment ?? '')
  const name = environment === undefined ? OWN_ENVIRONMENT : metric
  return {distance, metric: name, spread: calibration.spread(REINFORCEMENT_LEARNING, name, distance), basis: environment === undefined ? 'assumed' : distance === 'none' ? 'computed' : 'calibrated'}
}

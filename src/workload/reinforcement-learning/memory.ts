import type {MemoryLine} from '../../performance/types.ts'
import {ENGINE_FACTS} from './engines.ts'
import type {Factors} from './factors.ts'
import {BYTES_PER_PARAMETER} from './network.ts'
import type {VectorWork} from './step.ts'

const GIB = 2 ** 30
/** State of an environment on an accelerator, and more for each degree of freedom: from the growth of published memory with the number of environments. */
const ENVIRONMENT_BYTES = 1e5
const JOINT_BYTES = 15e3
/** A framework for networks with its libraries loaded. An assumption, as generic jobs have it. */
const LEARNER_CONTEXT_GIB = 0.5
const VALUE_BYTES = 4
const COLOURS = 3
/** Kept of each step beside observations and actions: reward, end, value, probability, advantage, return. */
const KEPT_BESIDE = 6

/** GiB on one accelerator; on processors, of the host's memory. */
export function memoryLines({simulated, engine, envs, task, learner}: VectorWork, {observations, actions}: {readonly observations: number; readonly actions: number}, factors: Factors): readonly MemoryLine[] {
  const facts = ENGINE_FACTS[engine]
  const {pictures, degreesOfFreedom} = simulated
  const {network, horizon, minibatches} = learner
  const pixels = pictures === undefined ? 0 : pictures.width * pictures.height * pictures.cameras
  const lines: MemoryLine[] = []
  if (facts.on === 'gpu') {
    const draws = pictures !== undefined && facts.camera !== undefined
    lines.push({item: 'simulator', gib: (facts.contextGib + (draws ? facts.camera.contextGib : 0)) * factors['context-memory']})
    lines.push({item: 'environments', gib: (envs * (ENVIRONMENT_BYTES + JOINT_BYTES * degreesOfFreedom) * factors['environment-memory']) / GIB})
    if (draws) lines.push({item: 'cameras and pictures', gib: (envs * (facts.camera.sceneMemoryBytes + pixels * facts.camera.pixelMemoryBytes) * factors['picture-memory']) / GIB})
  } else lines.push({item: 'context', gib: LEARNER_CONTEXT_GIB})
  if (task !== 'simulate') lines.push({item: 'policy and optimizer', gib: (network.parameters * (task === 'train' ? BYTES_PER_PARAMETER : VALUE_BYTES)) / GIB})
  if (task === 'train') {
    // Colours are kept as they are given: by renderers on accelerators in 32 bits, by emulators in bytes.
    const seenBytes = observations * VALUE_BYTES + pixels * COLOURS * (facts.on === 'gpu' ? VALUE_BYTES : 1)
    lines.push({item: 'gathered steps', gib: (envs * horizon * (seenBytes + (actions + KEPT_BESIDE) * VALUE_BYTES)) / GIB})
    lines.push({item: 'activations of a minibatch', gib: ((envs * horizon) / Math.min(minibatches, envs * horizon)) * network.activations * VALUE_BYTES / GIB})
  }
  return lines
}

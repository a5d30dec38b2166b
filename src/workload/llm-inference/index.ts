import type {Kind} from '../contract.ts'
import {rooflineSeconds} from './breakdown.ts'
import {inferenceConfigurations, precisionsFor, runtimeFor} from './configurations.ts'
import {inferenceDemand, type InferenceDemand} from './demand.ts'
import {performInference} from './performance.ts'
import {machineSize, refused, weightsTooLarge} from './refusals.ts'
import {InferenceSpec} from './schema.ts'

/** Fewest bits of weights and bytes of cache element that any format here has: for the bound that prunes. */
const FEWEST_WEIGHT_BITS = 4
const FEWEST_KV_BYTES = 1

/** Serving a language model, online at some load or offline over a batch of requests. */
export const llmInference: Kind<InferenceSpec, InferenceDemand> = {
  id: 'llm-inference',
  title: 'Serve a language model',
  throughputUnit: 'output tokens/s',
  spec: InferenceSpec,
  example: {kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 50}, schedule: 'always'},
  needsSoftware: true,
  independentReplicas: true,
  demand: inferenceDemand,
  withoutGoal: demand => ({...demand, goal: {...demand.goal, excused: true}}),
  configurations: inferenceConfigurations,
  perform: performInference,
  atSpeed: (demand, speed) => ({...demand, speed}),
  refuse(demand, hardware, facts) {
    const support = runtimeFor(demand, hardware, facts)
    const {architecture, name} = hardware.accelerator
    if (support === undefined) {
      const others = facts.software.runtimesFor('llm-inference', architecture).map(other => other.runtime)
      const {runtime} = demand.configuration
      if (runtime !== undefined && others.length > 0) return refused('software', `${runtime} does not serve language models on ${name}`, `use ${others.slice(0, 3).join(', ')}`)
      return refused('software', `nothing serves language models on ${name}: ${facts.software.whyNot('llm-inference', architecture) ?? 'no runtime is known'}`, null)
    }
    const {usual} = precisionsFor(demand, hardware, support)
    const [precision] = usual
    if (precision === undefined) return refused('software', `${support.runtime} has no ${demand.precision} on ${name}`, `use ${support.precisions.join(', ')}`)
    const total = Math.max(1, Math.floor(hardware.acceleratorsPerNode)) * hardware.nodes
    const {tp = 1, pp = 1} = demand.configuration
    if (tp * pp > total) return refused('topology', `tp ${tp} × pp ${pp} needs ${tp * pp} accelerators, ${machineSize(hardware)} has ${total}`, `use tp ${Math.max(1, 2 ** Math.floor(Math.log2(total)))}`)
    return weightsTooLarge(demand, hardware, usual.at(-1) ?? precision, support.runtime, facts)
  },
  lowerBoundSeconds: (demand, hardware) => rooflineSeconds(demand, hardware, [], FEWEST_KV_BYTES, FEWEST_WEIGHT_BITS),
}

export type {InferenceDemand, InferenceSpec}

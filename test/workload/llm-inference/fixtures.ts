import path from 'node:path'
import {bareHardware} from '../../../src/catalog/hardware.ts'
import {createPlanningFacts, type PlanningFacts} from '../../../src/planner/facts.ts'
import {openSnapshot} from '../../../src/store/snapshot.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {Factors} from '../../../src/workload/llm-inference/factors.ts'
import {llmInference, type InferenceDemand} from '../../../src/workload/llm-inference/index.ts'

let opened: Promise<PlanningFacts> | undefined

/** The bundled catalog, opened once per file. */
export function bundledFacts(): Promise<PlanningFacts> {
  return (opened ??= openSnapshot({packageRoot: path.resolve(import.meta.dirname, '../../..')}).then(createPlanningFacts))
}

export function hardwareNamed(facts: PlanningFacts, accelerator: string, count: number, nodes = 1): Hardware {
  const found = facts.accelerator(accelerator)
  if (found === undefined) throw new Error(`no accelerator ${accelerator}`)
  return bareHardware(found, count, nodes)
}

export function demandOf(facts: PlanningFacts, spec: Record<string, unknown>): InferenceDemand {
  return llmInference.demand(llmInference.spec.parse({kind: 'llm-inference', ...spec}), facts)
}

export function perform(facts: PlanningFacts, spec: Record<string, unknown>, hardware: Hardware, configuration: Configuration): Performance {
  const result = llmInference.perform(demandOf(facts, spec), hardware, configuration, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

/** The highest throughput over all that a practitioner would try; `undefined` = nothing runs. */
export function best(facts: PlanningFacts, spec: Record<string, unknown>, hardware: Hardware): Performance | undefined {
  const demand = demandOf(facts, spec)
  let winner: Performance | undefined
  for (const configuration of llmInference.configurations(demand, hardware, facts)) {
    const result = llmInference.perform(demand, hardware, configuration, facts)
    if (result.feasible && (result.performance.throughput.value?.p50 ?? 0) > (winner?.throughput.value?.p50 ?? 0)) winner = result.performance
  }
  return winner
}

/** Hardware that reaches every printed rate and launches in no time: what is left are the formulas. */
export const IDEAL: Factors = {
  compute16: 1, compute8: 1, compute4: 1, computeWatts: 0, clockExponent: 1, blockScaling: 1, promptAttention: 1, weightBandwidth: 1, weightBandwidth8: 1, weightBandwidth4: 1, kvBandwidth: 1,
  expertBandwidth: 1, expertBandwidth8: 1, expertBandwidth4: 1, expertCompute: 1, matmulRows: 0, routingSpread: 1, expertColumns: 0, link: 1, collectiveSeconds: 0,
  layerSeconds: 0, quantiseLayerSeconds: 0, mixtureLayerSeconds: 0, launchLayerSeconds: 0, stepSeconds: 0, sequenceSeconds: 0, requestSeconds: 0,
  queueShare: 0, queueExponent: 1, answerVariance: 0, lockstep: 1, balanceSteps: 0,
}

import path from 'node:path'
import {bareHardware} from '../../../src/catalog/hardware.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import {createPlanningFacts, type PlanningFacts} from '../../../src/planner/facts.ts'
import {openSnapshot} from '../../../src/store/snapshot.ts'
import type {AnyKind} from '../../../src/workload/contract.ts'
import type {TrainingLayout, TrainingWork} from '../../../src/workload/llm/training.ts'

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

export function perform(kind: AnyKind, facts: PlanningFacts, spec: Record<string, unknown>, hardware: Hardware, configuration: Configuration): Performance {
  const result = kind.perform(kind.demand(kind.spec.parse(spec), facts), hardware, configuration, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

/** The fastest of what a practitioner would try. */
export function best(kind: AnyKind, facts: PlanningFacts, spec: Record<string, unknown>, hardware: Hardware): Performance | undefined {
  const demand = kind.demand(kind.spec.parse(spec), facts)
  let winner: Performance | undefined
  for (const configuration of kind.configurations(demand, hardware, facts)) {
    const result = kind.perform(demand, hardware, configuration, facts)
    if (result.feasible && (winner?.workSeconds?.p50 ?? Number.POSITIVE_INFINITY) > (result.performance.workSeconds?.p50 ?? 0)) winner = result.performance
  }
  return winner
}

export const layout = (changed: Partial<TrainingLayout> = {}): TrainingLayout => ({
  runtime: 'pytorch', precision: 'bf16', tp: 1, pp: 1, dp: 1, ep: 1, cp: 1, microBatch: 1, checkpointing: 'none', zeroStage: 0, offload: 'none', microBatches: 1, sequencesPerStep: 1, ...changed,
})

export const workOn = (facts: PlanningFacts, model: string, changed: Partial<TrainingWork> = {}): TrainingWork => ({
  kind: 'llm-pretrain', model: facts.languageModel(model), sequenceLength: 4096, globalBatch: 64, tokens: 1e9, tunes: false, trains: 'all', rank: 0, trainsEmbeddings: false, base: 'computed', optimizer: 'adamw',
  masterWeights: true, extraForwardPasses: 0, referenceWeights: false, chunkedLoss: false, rollout: undefined, ...changed,
})

import {intervalFromSpread} from '../../performance/interval.ts'
import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import type {Hardware, MemoryUse, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {trainingCertainty, trainingFactors} from './training-factors.ts'
import {hostGibNeeded, trainingMemory} from './training-memory.ts'
import {type Choice, chooseSoftware, isChoice, shapesOf, type TrainingRequest} from './training-search.ts'
import type {TrainingLayout} from './training.ts'
import {nearestChanges} from './training-ways-out.ts'

type Refused = PerformResult & {feasible: false}

/** Why nothing runs here, and the nearest change that would: computed, not guessed. */
export function refuseTraining(request: TrainingRequest, target: Hardware, facts: Facts): Refused {
  return {feasible: false, refusal: withNearest(reasonOf(request, sliceOf(target), facts), request, target, facts)}
}

/**
 * The refusal with the changes that would do. They are looked for when somebody reads them: a plan refuses hundreds of
 * machines, several node counts each, and shows a few.
 */
export function withNearest(refusal: Refusal, request: TrainingRequest, target: Hardware, facts: Facts): Refusal {
  let found: string | null | undefined
  return {
    ...refusal,
    get nearest() {
      if (found === undefined) found = nearestChanges(request, target, facts)
      return found
    },
  }
}

function reasonOf(request: TrainingRequest, hardware: Hardware, facts: Facts): Refusal {
  const choice = chooseSoftware(request, hardware, facts)
  if (!isChoice(choice)) return {...choice, nearest: null}
  const {work, configuration: fixed} = request
  const accelerators = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  const given = (fixed.tp ?? 1) * (fixed.pp ?? 1) * (fixed.cp ?? 1) * (fixed.dp ?? 1)
  if (given > accelerators) return {reason: 'topology', detail: `the configuration takes ${given} accelerators, the target has ${accelerators}`, nearest: null}
  if (fixed.tp !== undefined && work.model.heads % fixed.tp !== 0) {
    return {reason: 'topology', detail: `tp ${fixed.tp} does not divide ${work.model.heads} attention heads`, nearest: null}
  }
  const link = unknownLink(hardware, accelerators)
  const {memory, host} = leastMemory(request, hardware, choice, facts)
  if (memory === undefined) return link ?? {reason: 'topology', detail: 'no parallel layout fits the model, the batch and the accelerators', nearest: null}
  const detail = [`needs ${formatGib(memory.neededGib.p50)} GiB per accelerator, has ${formatGib(hardware.accelerator.memoryGib)}`, host, link?.detail]
  return {reason: link === undefined ? 'memory' : 'link-unknown', detail: detail.filter(Boolean).join('; '), nearest: null, memory}
}

/** What the leanest layout needs: micro-batch 1, full recomputation, everything sharded; and why the host does not take the rest. */
interface LeastMemory {
  /** `undefined` = no layout at all. */
  readonly memory: MemoryUse | undefined
  readonly host: string | undefined
}

function leastMemory(request: TrainingRequest, hardware: Hardware, choice: Choice, facts: Facts): LeastMemory {
  const {work, configuration: fixed} = request
  const {memoryGib} = hardware.accelerator
  const factors = trainingFactors(facts.calibration, work.kind, hardware.accelerator, choice.runtime)
  const spread = trainingCertainty(facts.calibration, work.kind, hardware.accelerator, work.model.id).memory
  let memory: MemoryUse | undefined
  let hostGib = Number.POSITIVE_INFINITY
  for (const shape of shapesOf(request, hardware, choice.runtime)) {
    const layout: TrainingLayout = {
      ...choice, ...shape, microBatch: fixed.microBatch ?? 1, microBatches: Math.max(1, Math.ceil(work.globalBatch / shape.dp)), sequencesPerStep: work.globalBatch,
      checkpointing: fixed.checkpointing ?? 'full',
      zeroStage: fixed.zeroStage ?? (shape.dp * shape.cp > 1 ? (shape.pp > 1 ? 1 : 3) : 0),
      offload: fixed.offload ?? 'none',
    }
    const {neededGib, lines} = trainingMemory(work, layout, factors)
    if (memory === undefined || neededGib < memory.neededGib.p50) memory = {neededGib: intervalFromSpread(neededGib, spread), availableGib: memoryGib, lines}
    if (shape.tp * shape.pp * shape.cp > 1) continue
    for (const offload of fixed.offload === undefined ? (['optimizer', 'all'] as const) : [fixed.offload]) {
      const offloaded = {...layout, zeroStage: fixed.zeroStage ?? (shape.dp > 1 ? 3 : 1), offload}
      if (offload !== 'none' && trainingMemory(work, offloaded, factors).neededGib <= memoryGib) hostGib = Math.min(hostGib, hostGibNeeded(work, offloaded, hardware))
    }
  }
  return {memory, host: hostGib === Number.POSITIVE_INFINITY ? undefined : hostDetail(hostGib, hardware.host.memoryGib)}
}

function hostDetail(neededGib: number, hostGib: number | undefined): string {
  // Short: the table gives a refusal two lines, and the way out follows.
  return hostGib === undefined ? 'host memory unknown' : `offload needs ${formatGib(neededGib)} GiB of host memory, has ${formatGib(hostGib)}`
}

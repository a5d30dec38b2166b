import type {Accelerator} from '../../catalog/schema.ts'
import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import {divideBy, intervalFromSpread} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, Performance, PerformResult, Refusal, WorkLoad} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {stepMetric, trainingCertainty, trainingFactors} from './training-factors.ts'
import {isRefusal, resolveLayout} from './training-layout.ts'
import {checkpointBytes, hostGibNeeded, hostHolds, trainingMemory} from './training-memory.ts'
import {modelFlopsPerToken, trainingShape} from './training-shape.ts'
import {OFFLOADING} from './training-traffic.ts'
import {trainingStep, UNPACKING, type TrainingStep} from './training-step.ts'
import type {TrainingLayout, TrainingWork} from './training.ts'
import {baseWeightBytes, linkDomain, stepLowerBoundSeconds} from './training.ts'

/** Assumptions where data/runtimes.csv has no row, not even one for any runtime: start of the processes, and the rate at which a node reads weights. */
const START_SECONDS = 40
const WEIGHT_LOAD_BYTES_PER_SECOND = 1.5e9

/** Time, memory and load of one configuration; exactly the one that is given. */
export function performTraining(work: TrainingWork, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = sliceOf(target)
  const runtime = configuration.runtime ?? 'unspecified'
  const precision = configuration.precision ?? 'bf16'
  const {accelerator} = hardware
  if (peakFlops(accelerator, precision) === undefined) {
    return no({reason: 'software', detail: `${accelerator.name} has no ${precision} units`, nearest: nearestPrecision(accelerator)})
  }
  const layout = resolveLayout(work, hardware, configuration, runtime, precision)
  if (isRefusal(layout)) return no(layout)
  const used = layout.tp * layout.pp * layout.dp * layout.cp
  const linkProblem = unknownLink(hardware, used)
  if (linkProblem !== undefined) return no(linkProblem)
  const factors = trainingFactors(facts.calibration, work.kind, accelerator, runtime)
  const certainty = trainingCertainty(facts.calibration, work.kind, accelerator, work.model.id)
  const memory = trainingMemory(work, layout, factors)
  const use: MemoryUse = {neededGib: intervalFromSpread(memory.neededGib, certainty.memory), availableGib: accelerator.memoryGib, lines: memory.lines}
  if (memory.neededGib > accelerator.memoryGib) {
    return no({
      reason: 'memory',
      detail: `needs ${formatGib(memory.neededGib)} GiB per accelerator, has ${formatGib(accelerator.memoryGib)}`,
      nearest: null,
      memory: use,
    })
  }
  if (!hostHolds(work, layout, hardware)) {
    return no({
      reason: 'memory',
      detail: `offloading needs ${formatGib(hostGibNeeded(work, layout, hardware))} GiB of host memory per node, ${formatGib(hardware.host.memoryGib ?? 0)} are there`,
      nearest: null,
      memory: use,
    })
  }
  const step = trainingStep(work, hardware, layout, factors)
  if (step === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: null})

  const tokensPerStep = layout.sequencesPerStep * work.sequenceLength
  const steps = work.tokens / tokensPerStep
  const rooflineSeconds = stepLowerBoundSeconds(work, hardware, precision, layout.sequencesPerStep) * steps
  const median = Math.max(step.seconds * steps, rooflineSeconds)
  const spread = intervalFromSpread(median, certainty.time[stepMetric(used)])
  const workSeconds = {p10: Math.min(Math.max(spread.p10, rooflineSeconds), median), p50: median, p90: spread.p90}
  const busy = 1 / step.seconds
  const performance: Performance = {
    configuration: reported(layout),
    workSeconds,
    endless: false,
    throughput: {unit: 'tokens/s', value: divideBy(work.tokens, workSeconds)},
    latency: null,
    memory: use,
    load: {
      computeShare: Math.min(1, step.computeSeconds * busy),
      memoryShare: Math.min(1, step.memorySeconds * busy),
      linkShare: Math.min(1, step.linkSeconds * busy),
      hostShare: Math.min(1, step.hostSeconds * busy),
      work: workOfStep(step, peakFlops(accelerator, precision) ?? Number.NaN),
    },
    acceleratorsUsed: Math.min(used, target.acceleratorsPerNode * target.nodes),
    loadSeconds: loadSeconds(work, hardware, runtime, precision, facts),
    checkpointBytes: checkpointBytes(work),
    operators: step.operators,
    bottleneck: bottleneckOf(step.operators),
    basis: certainty.basis,
    spreadMetrics: [stepMetric(used), 'memory'],
    rooflineSeconds,
    notes: notesOn(work, hardware, layout, used, accelerator),
  }
  return {feasible: true, performance}
}

/** What one accelerator computes and moves, as shares of its peaks and of the time: collectives keep it awake as matmuls do, launches and the host do not. Watts follow from it. */
function workOfStep(step: TrainingStep, peak: number): WorkLoad {
  const shareOf = (belongs: (operator: Operator) => boolean): number => Math.min(1, step.operators.reduce((total, operator) => total + (belongs(operator) ? operator.seconds : 0), 0) / step.seconds)
  return {
    activeShare: shareOf(({bound}) => bound === 'compute' || bound === 'memory-bandwidth' || bound === 'link' || bound === 'network'),
    flopsShare: Math.min(1, step.flopsPerAccelerator / step.seconds / peak),
    bytesShare: Math.min(1, step.memorySeconds / step.seconds),
    cacheBytesShare: 0,
    unpackShare: shareOf(({name}) => name === UNPACKING),
  }
}

/** Start of the runtime, then every node reads its part of the weights (data/runtimes.csv). */
function loadSeconds(work: TrainingWork, hardware: Hardware, runtime: string, precision: string, facts: Facts): number {
  const known = facts.runtime(runtime) ?? facts.runtime('any')
  const bytes = work.model.parameters * baseWeightBytes(work, precision)
  return (known?.startupSeconds ?? START_SECONDS) + bytes / ((known?.weightLoadBytesPerSecond ?? WEIGHT_LOAD_BYTES_PER_SECOND) * Math.max(1, hardware.nodes))
}

function no(refusal: Refusal): PerformResult & {feasible: false} {
  return {feasible: false, refusal}
}

function nearestPrecision(accelerator: Accelerator): string | null {
  for (const candidate of ['bf16', 'fp16', 'fp32']) if (peakFlops(accelerator, candidate) !== undefined) return `precision ${candidate}`
  return null
}

function reported(layout: TrainingLayout): Configuration {
  const {runtime, precision, tp, pp, dp, ep, cp, microBatch, checkpointing, zeroStage, offload} = layout
  return {runtime, precision, tp, pp, dp, ep, cp, microBatch, batch: layout.sequencesPerStep, checkpointing, zeroStage, offload}
}

function bottleneckOf(operators: readonly Operator[]): Bottleneck {
  const seconds: Record<string, number> = {}
  let worst: Operator['bound'] = 'compute'
  for (const operator of operators) {
    seconds[operator.bound] = (seconds[operator.bound] ?? 0) + operator.seconds
    if ((seconds[operator.bound] ?? 0) > (seconds[worst] ?? 0)) worst = operator.bound
  }
  return worst
}

function notesOn(work: TrainingWork, hardware: Hardware, layout: TrainingLayout, used: number, accelerator: Accelerator): string[] {
  const notes: string[] = []
  const present = Math.floor(hardware.acceleratorsPerNode * hardware.nodes)
  if (used < present) notes.push(`${present - used} of ${present} accelerators stay idle: the parallel degrees make ${used}.`)
  if (layout.sequencesPerStep !== work.globalBatch) {
    notes.push(
      `A step takes ${layout.sequencesPerStep} sequences instead of ${work.globalBatch}: ${layout.dp} replicas × ${layout.microBatch} × ${layout.microBatches}.`,
    )
  }
  if (layout.precision === 'fp16') notes.push('fp16 needs loss scaling.')
  if (layout.precision === 'fp8' || layout.precision === 'nvfp4' || layout.precision === 'mxfp4') {
    notes.push(`${layout.precision} is used for the linear layers; attention, output head and optimizer stay at 16 and 32 bit.`)
  }
  if (layout.offload !== 'none' && hardware.host.memoryGib === undefined) notes.push('The host memory is not known; offloading assumes that it is large enough.')
  if (layout.offload !== 'none') notes.push(`Offloading is computed with assumed rates: ${OFFLOADING}.`)
  if (hardware.network?.rdma === false && used > linkDomain(hardware)) notes.push('The network between the nodes has no RDMA: half of what RDMA reaches is assumed.')
  if (accelerator.standing !== 'read') notes.push(`Facts of ${accelerator.name} are ${accelerator.standing}.`)
  return notes
}

/** True lower bound in seconds per run: the model's FLOP at dense peak over all accelerators. */
export function trainingLowerBoundSeconds(work: TrainingWork, hardware: Hardware, precision: string): number {
  const sequences = work.tokens / work.sequenceLength
  return stepLowerBoundSeconds(work, sliceOf(hardware), precision, sequences)
}

/** FLOP of the model per trained token, as publications count them (no recomputation, causal attention). */
export function publishedFlopsPerToken(work: TrainingWork): number {
  return modelFlopsPerToken(trainingShape(work.model), work.sequenceLength, work.trains === 'all')
}


import type {Bottleneck, Configuration, Hardware, Interval, MemoryLine, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {divideBy, exactly, intervalFromSigma} from '../../performance/interval.ts'
import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import {peakFlops} from '../../performance/peak.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {type GenericDemand, HOST_SHARE, START_SECONDS} from './demand.ts'

/**
 * Share of peak that code nobody has measured reaches. An assumption, in the middle of what kinds of code are known for (dense linear algebra
 * most of compute, stencils and solvers little of it; STREAM-like loops most of bandwidth). Marked as assumed, ± a factor of 1.9.
 */
const UNKNOWN_CODE = {compute: 0.4, memoryBandwidth: 0.7, sigmaLog: 0.5}
/** Between two machines the same code keeps its share of the roofline within this, one σ of ln; a third of it on the same part. An assumption. */
const TRANSFER_SIGMA = 0.15
/** What a process takes of an accelerator before it allocates: PyTorch's is 0.47 GiB (data/runtimes.csv), rounded; other runtimes are near it. */
const CONTEXT_GIB = 0.5

/** Speed-up of n accelerators when each doubling brings `efficiency` of its ideal: n^(1 + log2 e). */
export function speedUp(accelerators: number, efficiency: number | null): number {
  return efficiency === null || accelerators <= 1 ? 1 : accelerators ** (1 + Math.log2(efficiency))
}

function acceleratorsTaken(demand: GenericDemand, hardware: Hardware, configuration: Configuration): number {
  const present = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  const wanted = configuration.dp ?? demand.configuration.dp ?? (demand.parallelEfficiency === null ? 1 : present)
  return Math.min(present, wanted)
}

function refuse(refusal: Refusal): PerformResult & {feasible: false} {
  return {feasible: false, refusal}
}

/** The formats the hardware does have, widest first. */
function otherPrecision(accelerator: Accelerator): string | null {
  const had = ['fp64', 'fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'int8'].filter(precision => peakFlops(accelerator, precision) !== undefined)
  return had.length === 0 ? null : `precision ${had.join(' or ')}`
}

/** Why the hardware cannot run the job; `undefined` = it can. */
function problemOf(demand: GenericDemand, hardware: Hardware, configuration: Configuration): Refusal | undefined {
  const {accelerator} = hardware
  if (demand.flops !== undefined || demand.reference !== undefined) {
    if (peakFlops(hardware.accelerator, demand.precision) === undefined) {
      return {reason: 'software', detail: `${accelerator.name} has no ${demand.precision} units`, nearest: otherPrecision(accelerator)}
    }
  }
  const present = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  if (configuration.dp !== undefined && configuration.dp > present) {
    return {reason: 'topology', detail: `dp ${configuration.dp} on ${present} accelerators`, nearest: `dp ${present}`}
  }
  const taken = acceleratorsTaken(demand, hardware, configuration)
  const link = unknownLink(hardware, taken)
  if (link !== undefined) return link
  if (demand.memoryGib === undefined) return undefined
  const needed = demand.memoryGib / taken + CONTEXT_GIB
  if (needed > accelerator.memoryGib) {
    const enough = Math.ceil(demand.memoryGib / Math.max(0.1, accelerator.memoryGib - CONTEXT_GIB))
    return {
      reason: 'memory',
      detail: `needs ${formatGib(needed)} GiB per accelerator, has ${formatGib(accelerator.memoryGib)}`,
      nearest: demand.parallelEfficiency === null ? `fits on ${enough} accelerators if the job can use several (parallelEfficiency)` : `fits on ${enough} accelerators`,
      memory: {neededGib: exactly(needed), availableGib: accelerator.memoryGib, lines: memoryLines(demand, taken)},
    }
  }
  return undefined
}

function memoryLines(demand: GenericDemand, taken: number): MemoryLine[] {
  const context = {item: 'context', gib: CONTEXT_GIB}
  return demand.memoryGib === undefined ? [context] : [{item: 'working set', gib: demand.memoryGib / taken}, context]
}

export function genericConfigurations(demand: GenericDemand, target: Hardware): readonly Configuration[] {
  const hardware = sliceOf(target)
  const precision = demand.precision
  const fixed = demand.configuration
  if (fixed.dp !== undefined || demand.parallelEfficiency === null) return candidates(demand, hardware, [{...fixed, precision, dp: fixed.dp ?? 1}])
  const present = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  return candidates(demand, hardware, present > 1 ? [{...fixed, precision, dp: present}, {...fixed, precision, dp: 1}] : [{...fixed, precision, dp: 1}])
}

function candidates(demand: GenericDemand, hardware: Hardware, all: readonly Configuration[]): readonly Configuration[] {
  return all.filter(configuration => problemOf(demand, hardware, configuration) === undefined)
}

export function genericRefusal(demand: GenericDemand, target: Hardware): PerformResult & {feasible: false} {
  const hardware = sliceOf(target)
  const problem = problemOf(demand, hardware, demand.configuration) ?? problemOf(demand, hardware, {dp: 1}) ?? {reason: 'topology', detail: 'no way to run the job here', nearest: null}
  const whole = {...target, acceleratorsPerNode: 1, levels: []}
  if (target.acceleratorsPerNode < 1 && problem.reason === 'memory' && genericConfigurations(demand, whole).length > 0) return refuse({...problem, nearest: 'fits on a whole accelerator'})
  // One accelerator needs no link, but may be too small.
  if (problem.reason === 'link-unknown' && problemOf(demand, hardware, {dp: 1}) !== undefined) return refuse({...problem, nearest: null})
  return refuse(problem)
}

/** Seconds on one accelerator, with the roofline parts they come from. */
interface OneAccelerator {
  readonly seconds: Interval
  readonly computeSeconds: number
  readonly memorySeconds: number
  readonly note: string
}

/** Roofline of given work at unknown efficiency: max(FLOP ÷ rate, bytes ÷ bandwidth) (Williams et al. 2009). */
function fromWork(demand: GenericDemand, hardware: Hardware): OneAccelerator {
  const computeSeconds = (demand.flops ?? 0) / ((peakFlops(hardware.accelerator, demand.precision) ?? Number.POSITIVE_INFINITY) * UNKNOWN_CODE.compute)
  const memorySeconds = (demand.bytes ?? 0) / (hardware.accelerator.memoryBandwidthBytesPerSecond * UNKNOWN_CODE.memoryBandwidth)
  const roofline = rooflineOnOne(demand, hardware)
  const spread = intervalFromSigma(Math.max(computeSeconds, memorySeconds), UNKNOWN_CODE.sigmaLog)
  return {
    seconds: {...spread, p10: Math.max(spread.p10, roofline)},
    computeSeconds,
    memorySeconds,
    note: `Nobody measured this code: ${UNKNOWN_CODE.compute * 100} % of peak FLOP/s and ${UNKNOWN_CODE.memoryBandwidth * 100} % of memory bandwidth are assumed, within a factor of 1.9.`,
  }
}

function rooflineOnOne(demand: GenericDemand, hardware: Hardware): number {
  return Math.max(
    (demand.flops ?? 0) / (peakFlops(hardware.accelerator, demand.precision) ?? Number.POSITIVE_INFINITY),
    (demand.bytes ?? 0) / hardware.accelerator.memoryBandwidthBytesPerSecond,
  )
}

/**
 * Scales a measured time by the ratio of two rooflines. With FLOP and bytes the part that bounds is known on both
 * machines. With the time alone it is not: the job may follow compute or bandwidth, and the interval spans both.
 */
function fromReference(demand: GenericDemand, hardware: Hardware, reference: NonNullable<GenericDemand['reference']>): OneAccelerator {
  const there = sliceOf(reference.hardware)
  const onOne = reference.seconds * speedUp(reference.accelerators, demand.parallelEfficiency)
  const peakHere = peakFlops(hardware.accelerator, demand.precision) ?? Number.NaN
  const peakThere = peakFlops(there.accelerator, demand.precision) ?? peakHere
  const byCompute = onOne * (peakThere / peakHere)
  const byMemory = onOne * (there.accelerator.memoryBandwidthBytesPerSecond / hardware.accelerator.memoryBandwidthBytesPerSecond)
  const same = there.accelerator.id === hardware.accelerator.id
  const sigmaLog = same ? TRANSFER_SIGMA / 3 : TRANSFER_SIGMA
  if (demand.flops !== undefined && demand.bytes !== undefined) {
    const seconds = (onOne * rooflineOnOne(demand, hardware)) / Math.max(rooflineOnOne(demand, there), Number.MIN_VALUE)
    const computeShare = demand.flops / peakHere
    const memoryShare = demand.bytes / hardware.accelerator.memoryBandwidthBytesPerSecond
    const bound = Math.max(computeShare, memoryShare)
    return {
      seconds: intervalFromSigma(seconds, sigmaLog), computeSeconds: (seconds * computeShare) / bound, memorySeconds: (seconds * memoryShare) / bound,
      note: `Scaled from ${reference.name} by the ratio of the two rooflines for these FLOP and bytes.`,
    }
  }
  if (demand.flops !== undefined || demand.bytes !== undefined) {
    const seconds = demand.flops === undefined ? byMemory : byCompute
    return {
      seconds: intervalFromSigma(seconds, sigmaLog * 1.5), computeSeconds: demand.flops === undefined ? 0 : seconds, memorySeconds: demand.flops === undefined ? seconds : 0,
      note: `Scaled from ${reference.name} by ${demand.flops === undefined ? 'memory bandwidth, as only bytes are given' : `${demand.precision} rate, as only FLOP are given`}.`,
    }
  }
  const middle = Math.sqrt(byCompute * byMemory)
  const spread = intervalFromSigma(1, sigmaLog)
  return {
    seconds: {p10: Math.min(byCompute, byMemory) * spread.p10, p50: middle, p90: Math.max(byCompute, byMemory) * spread.p90},
    computeSeconds: byCompute,
    memorySeconds: byMemory,
    note: `Scaled from ${reference.name}; whether the job follows ${demand.precision} rate (× ${(byCompute / onOne).toPrecision(3)}) or memory bandwidth (× ${(byMemory / onOne).toPrecision(3)}) is unknown, the interval spans both.`,
  }
}

export function performGeneric(demand: GenericDemand, target: Hardware, configuration: Configuration, _facts: Facts): PerformResult {
  const hardware = sliceOf(target)
  const problem = problemOf(demand, hardware, configuration)
  if (problem !== undefined) return refuse(problem)
  const taken = acceleratorsTaken(demand, hardware, configuration)
  const one = demand.reference === undefined ? fromWork(demand, hardware) : fromReference(demand, hardware, demand.reference)
  const gain = speedUp(taken, demand.parallelEfficiency)
  const workSeconds: Interval = {p10: one.seconds.p10 / gain, p50: one.seconds.p50 / gain, p90: one.seconds.p90 / gain}
  const seconds = workSeconds.p50
  const compute = Math.min(one.computeSeconds / gain, seconds)
  const memory = Math.min(one.memorySeconds / gain, seconds)
  const lost = seconds - one.seconds.p50 / taken
  const busy = seconds - lost
  const bound: 'compute' | 'memory-bandwidth' = one.computeSeconds >= one.memorySeconds ? 'compute' : 'memory-bandwidth'
  const operators: Operator[] = [{name: 'work', seconds: busy, bound, ...(demand.flops === undefined ? {} : {flops: demand.flops / taken}), ...(demand.bytes === undefined ? {} : {bytes: demand.bytes / taken})}]
  if (lost > seconds * 1e-9) operators.push({name: 'loss of parallel work', seconds: lost, bound: 'link'})
  const present = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  const notes = [one.note]
  if (taken < present) notes.push(`${present - taken} of ${present} accelerators stay idle${demand.parallelEfficiency === null ? ': say parallelEfficiency if the job can use several' : ''}.`)
  const lines = memoryLines(demand, taken)
  const bottleneck: Bottleneck = lost > busy ? 'link' : bound
  const known = demand.reference !== undefined
  const port = portOf(demand, hardware)
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, precision: demand.precision, dp: taken},
      workSeconds,
      endless: false,
      throughput: {unit: 'runs/h', value: divideBy(3600, workSeconds)},
      latency: null,
      memory: {neededGib: exactly(lines.reduce((total, line) => total + line.gib, 0)), availableGib: hardware.accelerator.memoryGib, lines},
      load: {
        computeShare: Math.min(1, (compute / seconds) * (busy / seconds)),
        memoryShare: Math.min(1, (memory / seconds) * (busy / seconds)),
        linkShare: Math.min(1, lost / seconds),
        hostShare: HOST_SHARE,
      },
      acceleratorsUsed: Math.min(taken, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      // What nobody told may be all the memory there is: a checkpoint of that is never too small.
      checkpointBytes: (demand.memoryGib ?? hardware.accelerator.memoryGib * taken) * 2 ** 30,
      operators,
      bottleneck,
      basis: known ? 'computed' : 'assumed',
      rooflineSeconds: Math.min(rooflineOnOne(demand, hardware) / taken, workSeconds.p10),
      notes: port === undefined ? notes : [...notes, `${port.detail}.`],
      ...(port === undefined ? {} : {refusedUnlessNamed: port}),
    },
  }
}

/** A program that was timed on one maker's accelerators runs on another's only once somebody has ported it: never assumed, but the user may know better. */
function portOf(demand: GenericDemand, hardware: Hardware): Refusal | undefined {
  const there = demand.reference?.hardware.accelerator
  const here = hardware.accelerator
  if (there === undefined || there.vendor === here.vendor) return undefined
  return {reason: 'software', detail: `the job was timed on ${there.name}; nobody says that it runs on ${here.name}`, nearest: 'if it does: rigor estimate … --on the target'}
}

/** No configuration beats all accelerators at the full roofline (or, from a reference alone, at the better of the two ratios and without loss). */
export function genericLowerBoundSeconds(demand: GenericDemand, target: Hardware): number {
  const hardware = sliceOf(target)
  const present = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  const all = demand.configuration.dp ?? (demand.parallelEfficiency === null ? 1 : present)
  if (demand.reference === undefined) return rooflineOnOne(demand, hardware) / all
  return problemOf(demand, hardware, {dp: 1})?.reason === 'software' ? Number.POSITIVE_INFINITY : fromReference(demand, hardware, demand.reference).seconds.p10 / all
}

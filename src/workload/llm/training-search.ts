import type {Configuration, Hardware, Refusal} from '../../performance/types.ts'
import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Facts} from '../contract.ts'
import {trainingCertainty, trainingFactors} from './training-factors.ts'
import type {TrainingFactors} from './training-factors.ts'
import {greatestCommonDivisor} from './training-layout.ts'
import {hostHolds, trainingMemory} from './training-memory.ts'
import type {TrainingLayout, TrainingWork} from './training.ts'

/** What the user fixed; everything else is searched. */
export interface TrainingRequest {
  readonly work: TrainingWork
  readonly precision: string | undefined
  readonly configuration: Configuration
}

/** No planner tries more than this many layouts on one target. */
const MOST_CONFIGURATIONS = 20
/** Micro-batches beyond this many tokens make nothing faster. */
const ENOUGH_TOKENS = 65_536

/** Runtimes in the order in which people reach for them; the software table decides what of it runs. */
const PREFERENCE: Readonly<Record<string, readonly string[]>> = {
  'llm-pretrain': ['megatron', 'maxtext', 'neuron', 'gaudi', 'pytorch', 'deepspeed', 'rocm', 'mlx'],
  'llm-finetune': ['pytorch', 'deepspeed', 'maxtext', 'neuron', 'gaudi', 'megatron', 'rocm', 'mlx'],
}

/** Runtime and precision of a run. */
export interface Choice {
  readonly runtime: string
  readonly precision: string
}

/** Runtime and precision for an architecture, or why there is none (the ways out are the refusal's affair): what was asked for, else bf16 where the hardware has it, fp16 before that, fp32 last. */
export function chooseSoftware(request: TrainingRequest, hardware: Hardware, facts: Facts): Choice | Refusal {
  const {accelerator} = hardware
  const {kind} = request.work
  const supported = facts.software.runtimesFor(kind, accelerator.architecture)
  const wanted = request.configuration.runtime
  const preference = PREFERENCE[kind] ?? []
  const rank = (runtime: string): number => (preference.indexOf(runtime) < 0 ? preference.length : preference.indexOf(runtime))
  const quantised = request.work.base === 'nf4'
  const candidates = supported
    .filter(support => wanted === undefined || support.runtime === wanted)
    .filter(support => !quantised || support.precisions.length === 0 || support.precisions.includes('int4') || support.precisions.includes('nf4'))
    .toSorted((left, right) => Number(left.status === 'partial') - Number(right.status === 'partial') || rank(left.runtime) - rank(right.runtime))
  if (candidates.length === 0) {
    const others = [...new Set(supported.map(support => support.runtime))]
    if (quantised && others.length > 0 && (wanted === undefined || others.includes(wanted))) {
      return {reason: 'software', detail: `${wanted ?? others.join(', ')} ${wanted === undefined && others.length > 1 ? 'train' : 'trains'} no adapters on 4-bit weights on ${accelerator.name}`, nearest: null}
    }
    return {
      reason: 'software',
      detail: wanted === undefined ? (facts.software.whyNot(kind, accelerator.architecture) ?? `no runtime for ${kind} on ${accelerator.architecture} is known`) : `${wanted} does not run ${kind} on ${accelerator.architecture}`,
      nearest: null,
    }
  }
  const asked = request.configuration.precision ?? request.precision
  for (const precision of asked === undefined ? ['bf16', 'fp16', 'fp32'] : [asked]) {
    if (peakFlops(accelerator, precision) === undefined) continue
    for (const candidate of candidates) if (supports(candidate.precisions, precision)) return {runtime: candidate.runtime, precision}
  }
  const lacks = asked === undefined || peakFlops(accelerator, asked) === undefined
  return {
    reason: 'software',
    detail: asked === undefined ? `the rates of ${accelerator.name} in bf16, fp16 and fp32 are not known, or no runtime trains in them` : `${asked} on ${accelerator.name}: ${lacks ? 'the hardware has no such units' : 'no runtime supports it'}`,
    nearest: null,
  }
}

function supports(precisions: readonly string[], precision: string): boolean {
  return precisions.length === 0 || precisions.includes(precision) || (precision === 'fp8' && precisions.includes('mxfp8'))
}

export function isChoice(value: Choice | Refusal): value is Choice {
  return 'runtime' in value
}

/** Degrees that somebody would set: powers of two and what the hardware has. */
function degrees(limit: number, whole: number): number[] {
  const result: number[] = []
  for (let degree = 1; degree <= limit; degree *= 2) result.push(degree)
  if (limit > 1 && !result.includes(limit) && whole % limit === 0) result.push(limit)
  return result
}

/** The parallel degrees of a run. */
export interface Shape {
  readonly tp: number
  readonly pp: number
  readonly cp: number
  readonly ep: number
  readonly dp: number
}

/**
 * What a practitioner would try, most promising first: data parallelism with sharded states while the model fits, then
 * sharded weights, tensor parallelism inside the fast links, pipeline stages across nodes, context parallelism for long
 * sequences; the largest micro-batch that fits, recomputation only where it is needed, offloading last. Unless `tuned`,
 * what surely fits comes before what just fits: who plans a run does not want to learn of a lack of memory an hour into
 * it, who publishes one has tried until it ran.
 */
export function trainingConfigurations(request: TrainingRequest, target: Hardware, facts: Facts, tuned = false): readonly Configuration[] {
  const hardware = sliceOf(target)
  const choice = chooseSoftware(request, hardware, facts)
  if (!isChoice(choice)) return []
  const {work, configuration: fixed} = request
  const availableGib = hardware.accelerator.memoryGib
  const factors = trainingFactors(facts.calibration, work.kind, hardware.accelerator, choice.runtime)
  const found: Found[] = []
  // Memory that even the 90th percentile of what is needed does not exceed.
  const safelyGib = availableGib / Math.exp(trainingCertainty(facts.calibration, work.kind, hardware.accelerator, work.model.id).memory.highLog)
  for (const room of tuned ? [availableGib] : [safelyGib, availableGib]) {
    for (const usual of [true, false]) {
      for (const shape of shapesOf(request, hardware, choice.runtime, usual)) {
        for (const zeroStage of zeroStagesOf(fixed, shape, choice.runtime)) {
          tryShape(request, hardware, choice, shape, zeroStage, fixed.offload ?? 'none', factors, room, found)
        }
      }
      if (found.length > 0) break
    }
    if (found.length > 0) break
  }
  // What goes to the host needs its memory: where nobody knows how much there is, offloading is not proposed.
  if (found.length === 0 && fixed.offload === undefined && hardware.host.memoryGib !== undefined) {
    for (const shape of shapesOf(request, hardware, choice.runtime)) {
      if (shape.tp > 1 || shape.pp > 1 || shape.cp > 1) continue
      for (const offload of ['optimizer', 'all'] as const) tryShape(request, hardware, choice, shape, fixed.zeroStage ?? (shape.dp > 1 ? 3 : 1), offload, factors, availableGib, found)
    }
  }
  found.sort((left, right) => left.badness - right.badness)
  return found.slice(0, MOST_CONFIGURATIONS).map(entry => entry.configuration)
}

interface Found {
  readonly configuration: Configuration
  readonly badness: number
}

/** Ways to shard over replicas, the leanest last. */
export function zeroStagesOf(fixed: Configuration, shape: Shape, runtime: string): readonly (0 | 1 | 2 | 3)[] {
  if (fixed.zeroStage !== undefined) return [fixed.zeroStage]
  if (shape.dp * shape.cp === 1) return [0]
  // Neuron shards optimizer states only; pipelines keep whole weights, or each micro-batch would gather them again.
  if (shape.pp > 1 || runtime === 'neuron') return [1]
  return [1, 3]
}

/** Runtimes whose usual recipes shard over replicas only: no pipeline, and no tensor parallelism around adapters. */
const SHARDS_ONLY = /^(?:pytorch|deepspeed|rocm|gaudi)$/

/** `usual`: what the runtime's own recipes do; else all that the hardware allows. */
export function* shapesOf(request: TrainingRequest, hardware: Hardware, runtime: string, usual = false): Generator<Shape> {
  const {work, configuration: fixed} = request
  const {model} = work
  const accelerators = Math.max(1, Math.floor(hardware.acceleratorsPerNode) * hardware.nodes)
  const usable = unknownLink(hardware, accelerators) === undefined ? accelerators : 1
  const domain = Math.min(Math.floor(hardware.acceleratorsPerNode), fastDomain(hardware), usable)
  const single = /^(?:mlx)$/.test(runtime)
  const mesh = runtime === 'maxtext'
  const sharded = usual && SHARDS_ONLY.test(runtime)
  const whole = sharded && work.trains === 'adapters'
  const tps = fixed.tp === undefined ? degrees(whole ? 1 : Math.min(domain, 16), model.heads).filter(tp => model.heads % tp === 0 && !(single && tp > 1)) : [fixed.tp].filter(tp => model.heads % tp === 0)
  const pps = fixed.pp === undefined ? degrees(Math.min(model.layers, 64, usable), model.layers).filter(pp => pp === 1 || (!mesh && !single && !sharded && hardware.acceleratorsPerNode * hardware.nodes >= pp)) : [fixed.pp]
  const cps = fixed.cp === undefined ? (work.sequenceLength > 32_768 ? degrees(Math.min(8, usable), 1) : [1]) : [fixed.cp]
  const experts = model.experts ?? 1
  for (const tp of tps) {
    for (const pp of pps) {
      if (pp > 1 && fixed.pp === undefined && !pipelineMakesSense(hardware, tp, pp, usable)) continue
      for (const cp of cps) {
        const replica = tp * pp * cp
        if (replica > usable) continue
        const most = Math.floor(usable / replica)
        for (const dp of fixed.dp === undefined ? replicaCounts(most, work.globalBatch) : [fixed.dp]) {
          if (dp * replica > usable) continue
          const eps = fixed.ep === undefined ? expertDegrees(experts, dp * cp * tp, domain) : [fixed.ep]
          for (const ep of eps) yield {tp, pp, cp, ep, dp}
        }
      }
    }
  }
}

/**
 * The most replicas that divide the batch, which is the user's choice about the training and not the machine's: ten
 * cards train a batch of 64 on eight. Only where that would leave more than half of them idle (a batch of seven), all
 * of them with a batch rounded up.
 */
function replicaCounts(most: number, globalBatch: number): readonly number[] {
  const all = Math.max(1, Math.min(most, globalBatch))
  let even = all
  while (globalBatch % even !== 0) even--
  return even * 2 >= all ? [even] : [all, even]
}

/** Accelerators that the fastest kind of link joins: tensor parallelism stays inside. */
function fastDomain(hardware: Hardware): number {
  const {levels} = hardware
  if (levels === undefined || levels.length === 0) return 1
  const [innermost] = levels
  return Math.max(1, innermost?.groupSize ?? 1, ...levels.filter(level => level.bytesPerSecond >= 0.5 * (innermost?.bytesPerSecond ?? 0)).map(level => level.groupSize))
}

function pipelineMakesSense(hardware: Hardware, tp: number, pp: number, usable: number): boolean {
  return tp * pp <= usable && (pp <= hardware.nodes * 2 || tp === 1 || tp * pp <= hardware.acceleratorsPerNode)
}

function expertDegrees(experts: number, group: number, domain: number): readonly number[] {
  if (experts <= 1) return [1]
  const inside = greatestCommonDivisor(experts, Math.min(group, domain))
  const across = greatestCommonDivisor(experts, group)
  return [...new Set([inside, Math.min(across, inside * 4), across, 1])]
}

function tryShape(
  request: TrainingRequest, hardware: Hardware, choice: Choice, shape: Shape, zeroStage: 0 | 1 | 2 | 3, offload: 'none' | 'optimizer' | 'all',
  factors: TrainingFactors, availableGib: number, found: Found[],
): void {
  const {work, configuration: fixed} = request
  const perReplica = Math.max(1, Math.ceil(work.globalBatch / shape.dp))
  for (const checkpointing of fixed.checkpointing === undefined ? (['none', 'selective', 'full'] as const) : [fixed.checkpointing]) {
    const layout = (microBatch: number): TrainingLayout => ({
      ...choice, ...shape, zeroStage, offload, checkpointing, microBatch,
      microBatches: Math.max(1, Math.ceil(perReplica / microBatch)),
      sequencesPerStep: shape.dp * microBatch * Math.max(1, Math.ceil(perReplica / microBatch)),
    })
    const microBatches: number[] = []
    if (fixed.microBatch === undefined) {
      const one = trainingMemory(work, layout(1), factors)
      const room = availableGib - one.staticGib
      if (room < one.perSequenceGib) continue
      const cap = Math.min(perReplica, Math.max(1, Math.floor(ENOUGH_TOKENS / (work.sequenceLength / shape.cp))), shape.pp > 1 ? Math.max(1, Math.floor(perReplica / (4 * shape.pp))) : perReplica)
      const most = Math.max(1, Math.min(cap, Math.floor(room / one.perSequenceGib)))
      // Micro-batches that divide the replica's batch leave it as it is.
      let divisor = most
      while (divisor > 1 && perReplica % divisor !== 0) divisor--
      microBatches.push(divisor)
    } else {
      microBatches.push(fixed.microBatch)
    }
    let largest = 0
    for (const microBatch of microBatches) {
      const full = layout(microBatch)
      if (trainingMemory(work, full, factors).neededGib > availableGib || !hostHolds(work, full, hardware)) continue
      const configuration: Configuration = {
        ...choice, tp: shape.tp, pp: shape.pp, dp: shape.dp, ep: shape.ep, cp: shape.cp, microBatch, checkpointing, zeroStage, offload,
        ...(fixed.batch === undefined ? {} : {batch: fixed.batch}),
      }
      found.push({configuration, badness: badness(work, hardware, shape, zeroStage, checkpointing, microBatch, perReplica)})
      largest = Math.max(largest, microBatch)
    }
    // More recomputation helps only where the micro-batch is too small to fill the matrix units; experts share its tokens.
    if (largest > 0 && (largest * work.sequenceLength >= (work.model.experts === undefined ? 4096 : 32_768) || largest === perReplica)) return
  }
}

/**
 * A rough order, cheap on purpose: lower is tried first. Its weights are rules of thumb (a third more compute to recompute all, a twentieth for
 * attention alone, a few percent per doubling of tensor parallelism, …), not figures of an estimate: they decide which layouts are looked at, never
 * how long one takes.
 */
function badness(
  work: TrainingWork, hardware: Hardware, shape: Shape, zeroStage: number, checkpointing: TrainingLayout['checkpointing'], microBatch: number, perReplica: number,
): number {
  const accelerators = Math.floor(hardware.acceleratorsPerNode) * hardware.nodes
  const idle = accelerators / (shape.tp * shape.pp * shape.cp * shape.dp)
  const tokens = (microBatch * work.sequenceLength) / shape.cp
  const microBatches = Math.max(1, Math.ceil(perReplica / microBatch))
  const recompute = checkpointing === 'full' ? 1.33 : checkpointing === 'selective' ? 1.05 : 1
  const tensor = 1 + 0.06 * Math.log2(shape.tp)
  const bubble = 1 + (shape.pp - 1) / microBatches / (shape.pp > 1 ? 2 : 1)
  const sharded = zeroStage === 3 ? 1 + 0.05 * Math.min(4, hardware.nodes) + 4000 / Math.max(tokens, 500) / 10 : 1
  const exchange = shape.ep > hardware.acceleratorsPerNode ? 1.3 : 1
  const small = 1 + 600 / Math.max(tokens, 200)
  const waste = (perReplica * shape.dp) / work.globalBatch
  return idle * recompute * tensor * bubble * sharded * exchange * small * waste
}

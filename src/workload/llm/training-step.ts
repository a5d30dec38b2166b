import type {Hardware, Operator} from '../../performance/types.ts'
import {stepContext} from './training-context.ts'
import type {TrainingFactors} from './training-factors.ts'
import {attentionForward, castingWork, denseForward, elementwise, expertForward, launchSeconds, outputHead, rollout, unpackingSeconds} from './training-operators.ts'
import {activationTraffic, exposedWeightTraffic, weightTraffic, weightUpdate} from './training-traffic.ts'
import {virtualStages, type TrainingLayout, type TrainingWork} from './training.ts'

/** The operator that turns 4-bit weights into ones that can be multiplied. */
export const UNPACKING = 'unpacking of 4-bit weights'

/** One optimizer step: the operators sum to `seconds`. */
export interface TrainingStep {
  readonly seconds: number
  readonly operators: readonly Operator[]
  /** FLOP of one accelerator that the hardware really executes, recomputation included. */
  readonly flopsPerAccelerator: number
  readonly bytesPerAccelerator: number
  /** Seconds of communication, hidden or not, inside nodes and between them. */
  readonly linkSeconds: number
  readonly hostSeconds: number
  readonly computeSeconds: number
  readonly memorySeconds: number
}

/**
 * Time of one optimizer step, operator by operator. `undefined` = a link on the way is unknown or the precision does
 * not exist. Formulas: docs/models/llm-training.md.
 */
export function trainingStep(work: TrainingWork, hardware: Hardware, layout: TrainingLayout, factors: TrainingFactors): TrainingStep | undefined {
  const context = stepContext(work, hardware, layout, factors)
  if (context === undefined) return undefined
  const {passes, rates, groups, domain} = context
  const {tp, pp, cp, ep} = layout
  const chunks = virtualStages(work, layout)

  // A micro-batch on one accelerator.
  const dense = denseForward(context)
  const experts = expertForward(context)
  const attention = attentionForward(context)
  const around = elementwise(context)
  const head = outputHead(context)
  const unpacking = unpackingSeconds(context)
  const casting = castingWork(context)
  const deviceSeconds = dense.seconds * passes.linear + experts.seconds * passes.linear + attention.seconds * passes.attention + around.seconds + casting.seconds + head.seconds + unpacking

  // What it waits for: links that nothing hides, and a host that launches kernels more slowly than the device runs them.
  const traffic = activationTraffic(context)
  if (traffic === undefined) return undefined
  const exposedTensor = traffic.tensorSeconds * (1 - factors.tensorOverlap)
  // Interleaved pipelines exchange the tokens of one micro-batch while they compute another (DeepSeek-V3 2024, §3.2.1).
  const exposedExchange = traffic.exchangeSeconds - Math.min(traffic.exchangeSeconds * (chunks > 1 ? factors.overlap : factors.tensorOverlap), deviceSeconds)
  const exposedRing = Math.max(traffic.ringSeconds * 0.1, traffic.ringSeconds - attention.seconds * passes.attention)
  const exposedSends = traffic.sendsSeconds * (1 - factors.overlap)
  const busySeconds = deviceSeconds + exposedTensor + exposedExchange + exposedRing + exposedSends
  const hostSeconds = launchSeconds(context)
  const norm = context.mixtureLayers > 0 ? MIXTURE_NORM : DENSE_NORM
  const microSeconds = together(busySeconds, hostSeconds, norm)

  // Weights and gradients: gathered, reduced, updated.
  const shared = weightTraffic(context)
  if (shared === undefined) return undefined
  const exposed = exposedWeightTraffic(shared, microSeconds, factors.overlap)
  const update = weightUpdate(context, exposed.freeSeconds)
  const sampling = rollout(context)

  // The other stages have no output head.
  const bubbleSeconds =
    ((pp - 1) / chunks) * (together(busySeconds - (context.headShare === 1 ? head.seconds : 0), hostSeconds, norm) + exposed.perMicroSeconds + update.exposedStreamSeconds)

  const m = layout.microBatches
  const trainedPasses = passes.linear - passes.recomputedLinear
  const trainedAttention = passes.attention - passes.recomputedAttention
  const operators: Operator[] = []
  add(operators, 'matmuls of dense layers', dense.seconds * trainedPasses * m, 'compute', dense.flops * trainedPasses * m, dense.bytes * trainedPasses * m)
  add(operators, 'matmuls of experts', experts.seconds * trainedPasses * m, 'compute', experts.flops * trainedPasses * m, experts.bytes * trainedPasses * m)
  add(operators, 'attention', attention.seconds * trainedAttention * m, 'compute', attention.flops * trainedAttention * m, attention.bytes > 0 ? attention.bytes * trainedAttention * m : undefined)
  add(
    operators, 'recomputation', ((dense.seconds + experts.seconds) * passes.recomputedLinear + attention.seconds * passes.recomputedAttention) * m, 'compute',
    ((dense.flops + experts.flops) * passes.recomputedLinear + attention.flops * passes.recomputedAttention) * m,
  )
  add(operators, 'elementwise', around.seconds * m, 'memory-bandwidth', undefined, (around.bytes + around.adapterBytes) * m)
  add(operators, 'casting to 8 and 4 bit', casting.seconds * m, 'memory-bandwidth', undefined, casting.bytes * m)
  add(operators, 'output head and loss', head.seconds * m, 'compute', head.flops * m, head.bytes * m)
  add(operators, UNPACKING, unpacking * m, 'memory-bandwidth')
  add(operators, 'tensor-parallel collectives', exposedTensor * m, tp > domain ? 'network' : 'link')
  add(operators, 'expert exchange', exposedExchange * m, ep > domain ? 'network' : 'link')
  add(operators, 'context ring', exposedRing * m, tp * cp > domain ? 'network' : 'link')
  add(operators, 'pipeline hand-over', exposedSends * m, hardware.nodes > 1 ? 'network' : 'link')
  add(operators, 'waiting for the host', (microSeconds - busySeconds) * m, 'host')
  add(operators, 'data-parallel collectives', exposed.perMicroSeconds * m + exposed.perStepSeconds, groups.dense * tp > domain ? 'network' : 'link')
  add(operators, 'pipeline bubble', bubbleSeconds, 'overhead')
  add(operators, 'optimizer', update.optimizerSeconds, 'memory-bandwidth', update.flops > 0 ? update.flops : undefined, update.bytes)
  add(operators, 'offload', update.offloadSeconds + update.exposedStreamSeconds * m, 'host')
  add(operators, 'rollout', sampling.seconds, 'memory-bandwidth', sampling.flops, sampling.bytes)
  add(operators, 'start of a step', factors.stepOverheadSeconds, 'overhead')
  let seconds = 0
  for (const operator of operators) seconds += operator.seconds

  const bytesPerAccelerator = (dense.bytes * passes.linear + experts.bytes * passes.linear + attention.bytes * passes.attention + casting.bytes + around.bytes + around.adapterBytes + head.bytes) * m + update.bytes + sampling.bytes
  return {
    seconds,
    operators,
    flopsPerAccelerator: (dense.flops * passes.linear + experts.flops * passes.linear + attention.flops * passes.attention + head.flops) * m + update.flops + sampling.flops,
    bytesPerAccelerator,
    linkSeconds: (traffic.tensorSeconds + traffic.exchangeSeconds + traffic.ringSeconds + traffic.sendsSeconds + shared.perMicroSeconds) * m + shared.perStepSeconds,
    hostSeconds: Math.min(hostSeconds * m + update.offloadSeconds + factors.stepOverheadSeconds, seconds),
    computeSeconds: (dense.seconds * passes.linear + experts.seconds * passes.linear + attention.seconds * passes.attention + head.flops / rates.wideFlops) * m + update.flops / rates.wideFlops + sampling.flops / rates.matmulFlops,
    memorySeconds: bytesPerAccelerator / rates.nominalBandwidth,
  }
}

function add(operators: Operator[], name: string, seconds: number, bound: Operator['bound'], flops?: number, bytes?: number): void {
  if (seconds <= 0) return
  const entry: {name: string; seconds: number; bound: Operator['bound']; flops?: number; bytes?: number} = {name, seconds, bound}
  if (flops !== undefined) entry.flops = flops
  if (bytes !== undefined) entry.bytes = bytes
  operators.push(entry)
}

/**
 * Device and host work at the same time, and each waits for the other now and then. How often: dense layers let the host run ahead, so that nearly
 * the longer of the two counts (a small decoder takes 3.5 ms per layer until the device needs 3); before each layer of experts the host waits for the
 * counts of tokens (the same mixture with 1, 4 and 8 sequences in a micro-batch takes 0.42, 0.61 and 1.08 s, which is the root of the squares).
 */
const DENSE_NORM = 4
const MIXTURE_NORM = 2

function together(deviceSeconds: number, hostSeconds: number, norm: number): number {
  return (deviceSeconds ** norm + hostSeconds ** norm) ** (1 / norm)
}

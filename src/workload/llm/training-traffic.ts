import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import {allGatherSeconds, allReduceSeconds, allToAllSeconds, sendSeconds} from '../../performance/collectives.ts'
import type {StepContext} from './training-context.ts'
import {baseWeightBytes, optimizerStateBytes} from './training.ts'

/** What moves between accelerators, and between them and the host. `undefined` = a link on the way is unknown. */

/** Bytes of an activation and of a gradient: 16 bit. */
const WIDTH = 2
/** Collectives over TCP copy through the host: half of what RDMA reaches on the same card. An assumption, said in the notes. */
const TCP_SHARE = 0.5
/** Share of a micro-batch's time that is its backward pass, where gradients are there to be reduced: 1/2 with frozen weights, 2/3 with all, 3/4 with recomputation. One for all. */
const BACKWARD_SHARE = 0.6
/** Effective ÷ nominal PCIe rate of large copies: an assumption. */
const PCIE_SHARE = 0.8
/** A host that updates offloaded weights streams its memory at about this rate per node: an assumption (two sockets of DDR4, half of nominal). */
const HOST_MEMORY_BYTES_PER_SECOND = 200e9
/** The two in words, for whom the answer rests on them. */
export const OFFLOADING = `${PCIE_SHARE * 100} % of PCIe, ${HOST_MEMORY_BYTES_PER_SECOND / 1e9} GB/s of host memory`

/** Achieved ÷ nominal rate of a group that reaches over so many neighbouring accelerators. */
function efficiencyAcross({hardware, factors, domain}: StepContext, extent: number): number {
  if (extent <= domain) return factors.link
  return hardware.network?.rdma === false ? factors.network * TCP_SHARE : factors.network
}

/** Seconds of a micro-batch's activations on the links, hidden or not. */
export interface ActivationTraffic {
  readonly tensorSeconds: number
  readonly exchangeSeconds: number
  readonly ringSeconds: number
  readonly sendsSeconds: number
}

/** Tensor parallelism, expert exchange, context ring and pipeline hand-over of one micro-batch. */
export function activationTraffic(context: StepContext): ActivationTraffic | undefined {
  const {work, hardware, layout, shape, passes, tokens, layers, mixtureLayers} = context
  const {tp, pp, cp, dp, ep} = layout
  const activationBytes = tokens * work.model.hidden * WIDTH
  const reducesPerLayer = ep > 1 && layers > 0 ? 2 - mixtureLayers / layers : 2
  const reduces = reducesPerLayer * (passes.forward + 1) * layers
  const oneReduce = allReduceSeconds(hardware, tp, 1, activationBytes, efficiencyAcross(context, tp))
  const oneExchange = mixtureLayers > 0 && ep > 1 ? expertExchangeSeconds(context, (activationBytes * (shape.expertHidden / work.model.hidden)) / tp) : 0
  const ringBytes = (tokens * shape.keyValueWidth * WIDTH) / tp
  const oneRing = cp > 1 ? sendSeconds(hardware, tp, ringBytes, efficiencyAcross(context, tp * cp)) : 0
  const oneSend = pp > 1 ? sendSeconds(hardware, tp * cp * dp, activationBytes / tp, efficiencyAcross(context, tp * cp * dp * 2)) : 0
  if (oneReduce === undefined || oneExchange === undefined || oneRing === undefined || oneSend === undefined) return undefined
  return {
    tensorSeconds: oneReduce * reduces,
    exchangeSeconds: oneExchange * 2 * (passes.forward + 1) * mixtureLayers,
    ringSeconds: oneRing * (cp - 1) * (passes.forward + 2) * layers,
    sendsSeconds: oneSend * 2,
  }
}

/**
 * Seconds to hand every token to its experts: over the fast links one copy per accelerator that has some; between nodes one copy per node,
 * which spreads it there (DeepSeek-V3 2024, §3.2.2). The slower of the two decides.
 */
function expertExchangeSeconds(context: StepContext, bytesOfTokens: number): number | undefined {
  const {hardware, layout: {ep}, shape: {expertsPerToken}, factors, domain} = context
  const inside = Math.min(ep, domain)
  const within = allToAllSeconds(hardware, inside, 1, bytesOfTokens * inside * (1 - (1 - 1 / inside) ** expertsPerToken), factors.link)
  if (ep <= domain || within === undefined) return within
  const nodes = ep / inside
  const copies = nodes * (1 - (1 - 1 / nodes) ** expertsPerToken)
  const between = allToAllSeconds(hardware, ep, 1, bytesOfTokens * copies, efficiencyAcross(context, ep))
  return between === undefined ? undefined : Math.max(within, between)
}

/** Seconds of weights and gradients on the links, hidden or not, per micro-batch and per step. */
export interface WeightTraffic {
  readonly perMicroSeconds: number
  readonly perStepSeconds: number
}

/** Data parallelism: sharded weights are gathered for each micro-batch, gradients reduced (Rajbhandari et al. 2020). */
export function weightTraffic(context: StepContext): WeightTraffic | undefined {
  const {work, layout, groups, trainedShare} = context
  const gather = groups.dense > 1 && layout.zeroStage === 3 ? gatherSeconds(context, baseWeightBytes(work, layout.precision), 1) : 0
  const reduce = groups.dense > 1 ? gatherSeconds(context, WIDTH, trainedShare) : 0
  if (gather === undefined || reduce === undefined) return undefined
  // Pipelines gather the weights of their stage once per step.
  const gathersPerMicro = layout.zeroStage === 3 && layout.pp === 1
  return {
    perMicroSeconds: gathersPerMicro ? gather * 2 + reduce : layout.zeroStage === 2 ? reduce : 0,
    perStepSeconds: gathersPerMicro ? 0 : layout.zeroStage === 3 ? gather + reduce : layout.zeroStage === 2 ? reduce : 2 * reduce,
  }
}

function gatherSeconds(context: StepContext, bytesPerParameter: number, share: number): number | undefined {
  const {hardware, layout: {tp, ep}, weights, groups} = context
  const efficiency = efficiencyAcross(context, groups.dense * tp)
  const dense = allGatherSeconds(hardware, groups.dense, tp, weights.dense * bytesPerParameter * share, efficiency)
  const routed = weights.routed === 0 || groups.routed <= 1 ? 0 : allGatherSeconds(hardware, groups.routed, ep > 1 ? ep : tp, weights.routed * bytesPerParameter * share, efficiency)
  return dense === undefined || routed === undefined ? undefined : dense + routed
}

/** What of the weights' traffic does not hide behind a micro-batch of so many seconds. */
export interface ExposedWeightTraffic extends WeightTraffic {
  /** Time of a micro-batch that nothing hides behind yet. */
  readonly freeSeconds: number
}

/** What is hidden shares the time there is to hide behind: first the micro-batch's own traffic, then the last backward pass. */
export function exposedWeightTraffic({perMicroSeconds, perStepSeconds}: WeightTraffic, microSeconds: number, overlap: number): ExposedWeightTraffic {
  const hidden = Math.min(perMicroSeconds * overlap, microSeconds)
  const freeSeconds = microSeconds - hidden
  return {perMicroSeconds: perMicroSeconds - hidden, perStepSeconds: perStepSeconds - Math.min(perStepSeconds * overlap, freeSeconds * BACKWARD_SHARE), freeSeconds}
}

/** The update of the weights: bytes read and written, and where. */
export interface UpdateWork {
  readonly bytes: number
  /** Of the accelerator, beside the elementwise work; 0 where the host updates. */
  readonly flops: number
  /** On the accelerator; 0 where the host updates. */
  readonly optimizerSeconds: number
  /** On the host, gradients down and weights up included; 0 without offloading. */
  readonly offloadSeconds: number
  /** Streamed weights that do not hide behind a micro-batch. */
  readonly exposedStreamSeconds: number
}

/** Gradient, states and weights are read and written once; offloading moves gradients down and weights up, `all` streams the weights for each pass (Ren et al. 2021). */
export function weightUpdate({work, hardware, layout, rates, weights, groups, trainedShare}: StepContext, freeMicroSeconds: number): UpdateWork {
  const {tp, pp, cp, dp, offload} = layout
  const sharded = layout.zeroStage >= 1
  const here = sharded ? weights.dense / groups.dense + weights.routed / groups.routed : weights.dense + weights.routed
  const trained = here * trainedShare
  const stateBytes = optimizerStateBytes(work.optimizer, work.masterWeights) + (work.masterWeights ? 4 : 0)
  const bytes = trained * (6 + 2 * stateBytes)
  if (offload === 'none') {
    const flops = work.optimizer === 'muon' ? trained * 30 * work.model.hidden : 0 // five Newton–Schulz steps of three matmuls (Jordan et al. 2024)
    return {bytes, flops, optimizerSeconds: bytes / rates.bandwidth + flops / rates.wideFlops, offloadSeconds: 0, exposedStreamSeconds: 0}
  }
  const pcie = (pcieX16BytesPerSecond(hardware.accelerator.pcieGeneration) ?? pcieX16BytesPerSecond(4)) * PCIE_SHARE
  const perNode = Math.max(1, Math.min(hardware.acceleratorsPerNode, tp * pp * cp * dp))
  const streamSeconds = offload === 'all' ? (here * baseWeightBytes(work, layout.precision) * 2) / pcie : 0
  return {
    bytes,
    flops: 0,
    optimizerSeconds: 0,
    offloadSeconds: (trained * 2 * WIDTH) / pcie + (bytes * perNode) / HOST_MEMORY_BYTES_PER_SECOND,
    exposedStreamSeconds: Math.max(0, streamSeconds - freeMicroSeconds * (1 - BACKWARD_SHARE)),
  }
}

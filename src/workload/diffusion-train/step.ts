import {allGatherSeconds, allReduceSeconds} from '../../performance/collectives.ts'
import type {Hardware} from '../../performance/types.ts'
import type {MediaFactors} from '../media/factors.ts'
import {mediaTime} from '../media/step.ts'
import type {DiffusionTrainDemand} from './demand.ts'
import {trainedParameters} from './memory.ts'

/** How training lies on the accelerators: each works on its own samples. */
export interface TrainLayout {
  readonly precision: string
  /** Samples at a time on one accelerator, and such rounds in a step. */
  readonly microBatch: number
  readonly rounds: number
  readonly accelerators: number
  readonly checkpointed: boolean
  /** Weights and states in parts over all accelerators, gathered for each pass (FSDP, Zhao et al. 2023). */
  readonly sharded: boolean
}

export interface TrainTime {
  readonly seconds: number
  readonly denoiserSeconds: number
  readonly encodingSeconds: number
  readonly launchSeconds: number
  readonly exchangeSeconds: number
  readonly optimizerSeconds: number
  /** Of one accelerator, in the step. */
  readonly flops: number
  readonly encodingFlops: number
  readonly trafficBytes: number
  readonly exchangedBytes: number
  readonly optimizerBytes: number
}

/** The backward pass of a product is two: towards the input and towards the weights; frozen weights need the first alone. Attention has no weights, and its backward pass makes the scores again: 2.5 forward passes (Dao 2023). */
const BACKWARD = {full: 2, lora: 1} as const
const ATTENTION_BACKWARD = 2.5
/** An autoencoder's way in has about half of the work of its way out (one block less on each level): counted for the autoencoder of Stable Diffusion. */
const ENCODER_SHARE = 0.5
const GRADIENT_BYTES = 2
/** Read and written by Adam: weight, mean and variance in 32 bits, gradient in 16 (Kingma & Ba 2015; mixed precision, Micikevicius et al. 2018). */
const OPTIMIZER_BYTES = 26

/**
 * One optimizer step: forward and backward through the denoiser at one noise level for each sample, encoding of image and text before it, gradients over all
 * accelerators, the optimizer. Rates are those of generation, whose kernels these are. `undefined` = a rate or a link is not known.
 */
export function trainTime({model, shape, method, cached, rank}: DiffusionTrainDemand, hardware: Hardware, {precision, microBatch, rounds, accelerators, checkpointed, sharded}: TrainLayout, factors: MediaFactors): TrainTime | undefined {
  const forward = mediaTime(model, shape, hardware, {
    batch: microBatch, sharing: 1, ulysses: 1, shardedWeights: false, passesTogether: true, precision, style: 'eager', kernels: 'stock', offloadedBytes: 0, slotBytesPerSecond: undefined,
  }, factors)
  if (forward === undefined) return undefined
  const again = checkpointed ? 1 : 0
  const linearPasses = 1 + again + BACKWARD[method]
  const attentionPasses = 1 + again + ATTENTION_BACKWARD
  const trafficPasses = 1 + again + BACKWARD[method]
  const trained = trainedParameters(model, rank)
  const denoiserSeconds = rounds * (linearPasses * forward.linearSeconds + attentionPasses * forward.attentionSeconds + trafficPasses * forward.trafficSeconds)
  const launchSeconds = rounds * linearPasses * forward.launchSeconds
  const encodingSeconds = cached ? 0 : rounds * (forward.textSeconds + ENCODER_SHARE * forward.decodeSeconds)
  const gradients = allReduceSeconds(hardware, accelerators, 1, trained * GRADIENT_BYTES, factors.link)
  const weights = sharded && accelerators > 1 ? allGatherSeconds(hardware, accelerators, 1, model.coreParameters * 2, factors.link) : 0
  if (gradients === undefined || weights === undefined) return undefined
  // Weights are gathered for the forward pass and again for the backward one, in every round.
  const exchangeSeconds = gradients + 2 * rounds * weights
  const optimizerBytes = (trained / (sharded ? accelerators : 1)) * OPTIMIZER_BYTES
  const optimizerSeconds = optimizerBytes / (hardware.accelerator.memoryBandwidthBytesPerSecond * factors.streamShare)
  return {
    seconds: denoiserSeconds + launchSeconds + encodingSeconds + exchangeSeconds + optimizerSeconds,
    denoiserSeconds, encodingSeconds, launchSeconds, exchangeSeconds, optimizerSeconds,
    flops: rounds * (linearPasses * forward.linearFlops + attentionPasses * forward.attentionFlops), encodingFlops: cached ? 0 : rounds * (forward.textFlops + ENCODER_SHARE * forward.decodeFlops),
    trafficBytes: rounds * trafficPasses * forward.trafficBytes, optimizerBytes,
    exchangedBytes: accelerators === 1 ? 0 : trained * GRADIENT_BYTES + (sharded ? 2 * rounds * model.coreParameters * 2 : 0),
  }
}

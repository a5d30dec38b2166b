import {allGatherSeconds, allReduceSeconds} from '../../performance/collectives.ts'
import type {Hardware} from '../../performance/types.ts'
import type {MediaFactors} from '../media/factors.ts'
import {sustainedFlops} from '../../performance/sustained.ts'
import {mediaTime, widePrecision} from '../media/step.ts'
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
/** Achieved ÷ sustained rate of its convolutions with the norms between them, many images at a time: what the U-Net of Stable Diffusion reaches (0.26 on A100, 0.23 on H100). Decoders, which make one image alone, often in 32 bits, reach a fifth of that. */
const ENCODER_RATE = 0.25
/** Achieved ÷ nominal rate of links in all-reduces of training, as networks (0.59) and language models (0.48–0.55) have it: generation never sums gradients. */
const GRADIENT_LINK = 0.55
/** Gradients are sent while earlier layers are still computed: all but the last bucket hides behind the backward pass (Li et al. 2020); so do gathered weights behind the layers before (Zhao et al. 2023). */
const HIDDEN_SHARE = 0.85
/** Gradients have the type of the weights: 32 bits, unless all is computed on copies in 16. */
const GRADIENT_BYTES = {autocast: 4, half: 2} as const
/**
 * Autocast computes norms in 32 bits, and what follows takes their result as it is (torch.amp: group_norm, layer_norm). Bytes of a value on its way, counted: a U-Net's cast (6), norm (12), SiLU (8), cast (6), convolution (4), half
 * an addition (3) for norm (6), SiLU (4), convolution (4), half an addition (3) in 16 bits alone; a transformer's layer has 124 for 80.
 */
const AUTOCAST_TRAFFIC = {unet: 39 / 17, transformer: 124 / 80} as const
/** And for each trained weight in each round: a copy in 16 bits (6), its gradient widened (6) and added (12). */
const AUTOCAST_BYTES = 24
/** Read and written by Adam beside the gradient that is read: weight, mean and variance in 32 bits (Kingma & Ba 2015; mixed precision, Micikevicius et al. 2018). */
const OPTIMIZER_BYTES = 24

/** What is seen of an exchange that runs beside work. */
const shown = (exchange: number, work: number): number => Math.max(exchange * (1 - HIDDEN_SHARE), exchange - work)

/**
 * One optimizer step: forward and backward through the denoiser at one noise level for each sample, encoding of image and text before it, gradients over all
 * accelerators, the optimizer. Rates are those of generation, whose kernels these are; `speed` = how much faster all but the exchange is than they say. `undefined` = a rate or a link is not known.
 */
export function trainTime({model, shape, method, cached, rank, recorded = false, half = false, attention = 'stock'}: DiffusionTrainDemand, hardware: Hardware, {precision, microBatch, rounds, accelerators, checkpointed, sharded}: TrainLayout, factors: MediaFactors, speed: number): TrainTime | undefined {
  const forward = mediaTime(model, shape, hardware, {
    batch: microBatch, sharing: 1, ulysses: 1, shardedWeights: false, passesTogether: true, precision, style: 'eager', kernels: attention, offloadedBytes: 0, slotBytesPerSecond: undefined,
  }, factors)
  if (forward === undefined) return undefined
  const again = checkpointed ? 1 : 0
  const linearPasses = 1 + again + BACKWARD[method]
  const attentionPasses = 1 + again + ATTENTION_BACKWARD
  const trafficPasses = (1 + again + BACKWARD[method]) * (half ? 1 : AUTOCAST_TRAFFIC[model.core])
  const trained = trainedParameters(model, rank)
  const gradientBytes = half ? GRADIENT_BYTES.half : GRADIENT_BYTES.autocast
  const denoiserSeconds = (rounds * (linearPasses * forward.linearSeconds + attentionPasses * forward.attentionSeconds + trafficPasses * forward.trafficSeconds)) / speed
  const launchSeconds = recorded ? 0 : (rounds * linearPasses * forward.launchSeconds) / speed
  const convolutionRate = sustainedFlops(hardware.accelerator, widePrecision(hardware.accelerator, precision))
  const encodingSeconds = cached ? 0 : (rounds * (forward.textSeconds + (ENCODER_SHARE * forward.decodeFlops) / ((convolutionRate ?? Number.NaN) * ENCODER_RATE))) / speed
  const gradients = allReduceSeconds(hardware, accelerators, 1, trained * gradientBytes, GRADIENT_LINK)
  const gathered = sharded && accelerators > 1 ? allGatherSeconds(hardware, accelerators, 1, model.coreParameters * 2, GRADIENT_LINK) : 0
  if (gradients === undefined || gathered === undefined) return undefined
  // Weights are gathered for the forward pass and again for the backward one, in every round; gradients are summed in the last, over links that bring weights in the same time.
  const lastBackwardSeconds = (denoiserSeconds / rounds) * (BACKWARD[method] / linearPasses)
  const exchangeSeconds = shown(gradients, Math.max(0, lastBackwardSeconds - gathered)) + shown(2 * rounds * gathered, denoiserSeconds)
  const optimizerBytes = (trained / (sharded ? accelerators : 1)) * (OPTIMIZER_BYTES + gradientBytes) + (half ? 0 : rounds * trained * AUTOCAST_BYTES)
  const optimizerSeconds = optimizerBytes / (hardware.accelerator.memoryBandwidthBytesPerSecond * factors.streamShare * speed)
  return {
    seconds: denoiserSeconds + launchSeconds + encodingSeconds + exchangeSeconds + optimizerSeconds,
    denoiserSeconds, encodingSeconds, launchSeconds, exchangeSeconds, optimizerSeconds,
    flops: rounds * (linearPasses * forward.linearFlops + attentionPasses * forward.attentionFlops), encodingFlops: cached ? 0 : rounds * (forward.textFlops + ENCODER_SHARE * forward.decodeFlops),
    trafficBytes: rounds * trafficPasses * forward.trafficBytes, optimizerBytes,
    exchangedBytes: accelerators === 1 ? 0 : trained * gradientBytes + (sharded ? 2 * rounds * model.coreParameters * 2 : 0),
  }
}

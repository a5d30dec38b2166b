/** A policy and its critic: a stack of dense layers each, with convolutions before them where they see pictures. */
export interface Network {
  readonly parameters: number
  /** Operations of one forward pass for one sample. */
  readonly forwardFlops: number
  /** Values that one sample leaves behind in a forward pass, for the backward pass. */
  readonly activations: number
}

export interface NetworkShape {
  readonly observations: number
  readonly actions: number
  readonly hidden: readonly number[]
  readonly camera: {readonly width: number; readonly height: number; readonly cameras: number; readonly channels: number} | undefined
  /** Of policy and critic together: dense layers as large as that instead of `hidden`. */
  readonly parameters: number | undefined
}

/** Mnih et al. 2015 ("Human-level control through deep reinforcement learning"): what is put before the dense layers where nothing else is said. */
const CONVOLUTIONS = [{filters: 32, kernel: 8, stride: 4}, {filters: 64, kernel: 4, stride: 2}, {filters: 64, kernel: 3, stride: 1}] as const

export function networkOf({observations, actions, hidden, camera, parameters}: NetworkShape): Network {
  let [features, parametersSoFar, flops, activations] = [observations, 0, 0, observations]
  if (camera !== undefined) {
    let {width, height, channels} = {width: camera.width, height: camera.height, channels: camera.channels * camera.cameras}
    activations += width * height * channels
    for (const {filters, kernel, stride} of CONVOLUTIONS) {
      // Pictures smaller than the filter still have one place where it fits.
      const [across, down] = [width, height].map(side => Math.max(1, Math.floor((side - kernel) / stride) + 1)) as [number, number]
      const weights = kernel * kernel * channels * filters
      parametersSoFar += weights + filters
      flops += 2 * weights * across * down
      activations += across * down * filters
      ;[width, height, channels] = [across, down, filters]
    }
    features += width * height * channels
  }
  if (parameters !== undefined) return {parameters: parameters + parametersSoFar, forwardFlops: flops + 2 * parameters, activations: activations + Math.sqrt(parameters)}
  // Pictures go through one trunk; numbers through a policy and a critic of their own.
  const towers = camera === undefined ? 2 : 1
  let dense = 0
  let width = features
  for (const layer of hidden) {
    dense += width * layer + layer
    width = layer
  }
  const heads = width * (actions + 1) + actions + 1
  return {
    parameters: parametersSoFar + towers * dense + heads,
    forwardFlops: flops + 2 * (towers * dense + heads),
    activations: activations + towers * hidden.reduce((sum, layer) => sum + layer, 0) + actions + 1,
  }
}

/** A backward pass computes gradients of inputs and of weights: twice a forward pass (Rumelhart et al. 1986). */
export const LEARNING_PASSES = 3
/** Weights, gradients and two moments of Adam, in 32 bits. */
export const BYTES_PER_PARAMETER = 16

import type {MediaModel} from '../../catalog/schema.ts'
import {exactly} from '../../performance/interval.ts'
import type {MemoryUse} from '../../performance/types.ts'
import {passCost} from '../media/work.ts'
import type {DiffusionTrainDemand} from './demand.ts'

const GIB = 2 ** 30
/** Context, libraries and leftovers of the allocator. An assumption. */
const CONTEXT_GIB = 1.2
/** Weights and gradients in 16 bits beside weights, mean and variance in 32 (Rajbhandari et al. 2020), or all four in 32 under autocast: as much. */
const STATE_BYTES = 16
/** Products of a layer that adapters stand beside: queries, keys, values, output. Each has rank × (in + out) weights. */
const ADAPTED = 4
/** Bytes kept of a layer per token and value, at 16 bits and with attention that keeps no scores (Korthikanti et al. 2022). */
const KEPT_BYTES = 34
/** Of what a U-Net's layers read and write, what the backward pass needs: each value once of the twice that it is counted, in 16 bits. */
const KEPT_OF_TRAFFIC = 0.5 * 2
/** Under autocast SiLU keeps the 32 bits that norms hand on: 8 bytes of a norm, a SiLU and a convolution for 6. */
const KEPT_UNDER_AUTOCAST = 8 / 6
/** Blocks of a U-Net of which only the input is kept, when checkpointing. */
const CHECKPOINTED_SHARE = 0.15

/** Weights that training moves: all, or those of adapters of such a rank (0 = all). */
export const trainedParameters = ({coreParameters, layers, hidden}: Pick<MediaModel, 'coreParameters' | 'layers' | 'hidden'>, rank: number): number => (rank === 0 ? coreParameters : layers * ADAPTED * 2 * hidden * rank)

function activationBytes(model: MediaModel, {shape, half = false}: Pick<DiffusionTrainDemand, 'shape' | 'half'>, checkpointed: boolean): number {
  const cost = passCost(model, shape)
  if (model.core === 'unet') return cost.elements * KEPT_OF_TRAFFIC * (half ? 1 : KEPT_UNDER_AUTOCAST) * (checkpointed ? CHECKPOINTED_SHARE : 1)
  const values = (cost.imageTokens + cost.textTokens) * model.hidden
  return values * (checkpointed ? 2 * model.layers + KEPT_BYTES : KEPT_BYTES * model.layers)
}

export function trainMemory({model, shape, half, method, rank, cached}: DiffusionTrainDemand, {microBatch, accelerators, checkpointed, sharded}: {readonly microBatch: number; readonly accelerators: number; readonly checkpointed: boolean; readonly sharded: boolean}, availableGib: number): MemoryUse {
  const parts = sharded ? accelerators : 1
  const trained = trainedParameters(model, method === 'full' ? 0 : rank)
  const lines = [
    ...(method === 'lora' ? [{item: 'frozen denoiser', gib: (model.coreParameters * 2) / parts / GIB}] : []),
    {item: method === 'lora' ? 'adapters with gradients and states' : 'denoiser with gradients and states', gib: (trained * STATE_BYTES) / parts / GIB},
    ...(cached ? [] : [{item: 'encoders', gib: (model.auxiliaryParameters * 2) / GIB}]),
    {item: 'activations', gib: (microBatch * activationBytes(model, {shape, ...(half === undefined ? {} : {half})}, checkpointed)) / GIB},
    {item: 'context', gib: CONTEXT_GIB},
  ]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib, lines}
}

import type {AudioModel} from '../../catalog/schema.ts'
import {exactly} from '../../performance/interval.ts'
import type {MemoryLine, MemoryUse} from '../../performance/types.ts'
import {valueBytes, weightBytes, type AudioRun} from './step.ts'
import {windowWork} from './work.ts'

const GIB = 2 ** 30
/** Context, kernels and allocator of a program on the accelerator. An assumption. */
const CONTEXT_GIB = 0.8
/** Values of one layer at work, beside the feed-forward part: what comes in, queries, keys, values, what goes out. */
const LAYER_VALUES = 6

const use = (lines: readonly MemoryLine[], availableGib: number): MemoryUse => ({neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib, lines})

/** GiB of one accelerator that transcribes or generates. */
export function inferenceMemory(model: AudioModel, {windows, seconds, steps, rows, precision}: AudioRun, availableGib: number): MemoryUse {
  const {positions, crossValues, selfValuesPerStep} = windowWork(model, seconds)
  const bytes = valueBytes(precision)
  return use([
    {item: 'weights', gib: (model.parameters * weightBytes(precision)) / GIB},
    {item: 'windows in the encoder', gib: (windows * positions * (LAYER_VALUES * model.encoderHidden + model.encoderIntermediate) * bytes) / GIB},
    {item: 'keys and values', gib: (windows * (crossValues + rows * steps * selfValuesPerStep) * bytes) / GIB},
    {item: 'context', gib: CONTEXT_GIB},
  ].filter(({gib}) => gib > 0), availableGib)
}

/** Weights and gradients in 16 bits, and weights, mean and variance in 32 (Adam; Rajbhandari et al. 2020). */
const TRAINING_BYTES = 16
/** Bytes kept of a layer per position and hidden value, at 16 bits and with attention that keeps no scores (Korthikanti et al. 2022). */
const KEPT_BYTES = 34
/** Logits in 16 bits, and the 32 of the loss and its gradient. */
const LOGIT_BYTES = 10

/** GiB of one accelerator that trains so many windows at a time. `checkpointed`: only what goes into each layer is kept, and one layer made again. */
export function trainingMemory(model: AudioModel, {windows, seconds, tokens, checkpointed}: {readonly windows: number; readonly seconds: number; readonly tokens: number; readonly checkpointed: boolean}, availableGib: number): MemoryUse {
  const {positions} = windowWork(model, seconds)
  const kept = (layers: number, hidden: number, length: number): number => (layers === 0 ? 0 : (checkpointed ? 2 * layers + KEPT_BYTES : KEPT_BYTES * layers) * hidden * length)
  const taught = model.decoder === 'autoregressive' ? tokens : 0
  return use([
    {item: 'weights, gradients and optimizer', gib: (model.parameters * TRAINING_BYTES) / GIB},
    {item: 'activations', gib: (windows * (kept(model.encoderLayers, model.encoderHidden, positions) + kept(model.decoderLayers, model.decoderHidden, taught))) / GIB},
    {item: 'logits', gib: (windows * tokens * model.vocab * model.codebooks * LOGIT_BYTES) / GIB},
    {item: 'context', gib: CONTEXT_GIB},
  ], availableGib)
}

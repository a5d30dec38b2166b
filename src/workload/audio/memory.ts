import type {Accelerator, AudioModel} from '../../catalog/schema.ts'
import {exactly} from '../../performance/interval.ts'
import type {MemoryLine, MemoryUse} from '../../performance/types.ts'
import {audioProgram, type AudioProgram} from './programs.ts'
import {valueBytes, weightBytes, type AudioRun} from './step.ts'
import {windowWork} from './work.ts'

const GIB = 2 ** 30
/** Context, kernels and allocator of a program on the accelerator, or its libraries and the recording in the memory of a processor. Assumptions. */
const CONTEXT_GIB = 0.8
const INTERPRETED_CONTEXT_GIB = 1.2
const GGML_CONTEXT_GIB = 0.15
const contextGib = ({ggml, interpreted}: AudioProgram, onProcessor: boolean): number => (interpreted ? INTERPRETED_CONTEXT_GIB : ggml && onProcessor ? GGML_CONTEXT_GIB : CONTEXT_GIB)
/** Values of one layer at work, beside the feed-forward part: what comes in, queries, keys, values, what goes out. */
const LAYER_VALUES = 6

const use = (lines: readonly MemoryLine[], availableGib: number): MemoryUse => ({neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib, lines})

/** GiB of one accelerator that transcribes or generates. */
export function inferenceMemory(model: AudioModel, {windows, seconds, steps, rows, precision, flash}: AudioRun, {memoryGib: availableGib, formFactor}: Pick<Accelerator, 'memoryGib' | 'formFactor'>, program: string): MemoryUse {
  const {positions, scores, crossValues, selfValuesPerStep} = windowWork(model, seconds)
  const about = audioProgram(program)
  const onProcessor = formFactor === 'cpu'
  // Processors compute in 32 bits whatever weights are stored in; ggml keeps keys and values in 16 everywhere.
  const bytes = onProcessor ? 4 : valueBytes(precision)
  const keptBytes = about.ggml ? 2 : bytes
  const scoreBytes = onProcessor && !flash ? (windows * scores * bytes) / model.encoderLayers : 0
  const encoderBytes = windows * positions * (LAYER_VALUES * model.encoderHidden + model.encoderIntermediate) * bytes + scoreBytes
  const stepBytes = windows * rows * steps * selfValuesPerStep * keptBytes
  return use([
    {item: 'weights', gib: (model.parameters * weightBytes(precision)) / GIB},
    {item: 'keys and values of the encoder', gib: (windows * crossValues * keptBytes) / GIB},
    // What the encoder used is there for the steps of the decoder: allocators of accelerators hold on to it.
    {item: 'windows in the encoder', gib: Math.max(0, encoderBytes - (onProcessor ? 0 : stepBytes)) / GIB},
    {item: 'keys and values of steps', gib: stepBytes / GIB},
    {item: 'context', gib: contextGib(about, onProcessor)},
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

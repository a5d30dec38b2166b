import type {NetworkModel} from '../../catalog/snapshot.ts'
import {exactly} from '../../performance/interval.ts'
import type {MemoryLine, MemoryUse} from '../../performance/types.ts'
import {widthOf} from './factors.ts'
import {patchTokens, type SampleSize} from './shape.ts'
import {activationsOf, valueBytes, type Optimizer, type StepSetting} from './step.ts'

const GIB = 2 ** 30
/** Context, libraries and the allocator's leftovers: an assumption. */
const CONTEXT_GIB = 1.2
/** Of every value that a layer writes, training keeps the convolution's output for the norm and the norm's (in place: the activation's) for the next layer; a little more for masks and indices. */
const SAVED_PER_VALUE = 2.15
/** Inference keeps what the next layers read: of a network, the share of all its values that its widest layers have (residual, input, output). An assumption. */
const LIVE_SHARE = 0.25
/** Bytes of a parameter's states: momentum; two moments. */
const STATE_BYTES: Readonly<Record<Optimizer, number>> = {sgd: 4, adamw: 8, lamb: 8}

/** Bytes of activations that one sample adds on its accelerator. */
export function sampleBytes({model, size, training, precision}: Pick<StepSetting, 'model' | 'size' | 'training' | 'precision'>): number {
  const bytes = valueBytes(precision)
  if (!training) return activationsOf(model, size) * bytes * LIVE_SHARE
  return blockBytes(model, size, bytes) ?? activationsOf(model, size) * bytes * SAVED_PER_VALUE
}

/** Of transformers: 34·h + 5·heads·n bytes of a token and layer in 16 bits (Korthikanti et al. 2022, with masks, attention kept). `undefined` = no transformer. */
function blockBytes({family, layers = 0, decoderLayers = 0, hidden = 0, heads = 0, patch = 1, vocab = 0}: NetworkModel, size: SampleSize, bytes: number): number | undefined {
  const ofBlock = (n: number): number => n * (34 * hidden + 5 * heads * n) * (bytes / 2)
  switch (family) {
    case 'vision-transformer': return layers * ofBlock(patchTokens(size, patch))
    case 'encoder': return layers * ofBlock(size[0] ?? 0)
    case 'encoder-decoder': {
      const [source = 0, target = source] = size
      return layers * ofBlock(source) + 1.5 * decoderLayers * ofBlock(target) + target * vocab * 2 * bytes
    }
    case 'decoder': return layers * 1.5 * ofBlock(size[0] ?? 0) + (size[0] ?? 0) * vocab * 2 * bytes
    default: return undefined
  }
}

/** What does not depend on the batch. */
function staticLines({model, training, precision, optimizer}: Pick<StepSetting, 'model' | 'training' | 'precision' | 'optimizer'>): MemoryLine[] {
  const {parameters} = model
  const gib = (bytes: number): number => (parameters * bytes) / GIB
  if (!training) return [{item: 'weights', gib: gib(valueBytes(precision))}, {item: 'context', gib: CONTEXT_GIB}]
  // Mixed precision keeps weights and gradients in 32 bits and makes copies in 16.
  const copies = widthOf(precision) === '16 bit' || widthOf(precision) === '8 bit' ? 2 : 0
  return [{item: 'weights', gib: gib(4 + copies)}, {item: 'gradients', gib: gib(4)}, {item: 'optimizer states', gib: gib(STATE_BYTES[optimizer])}, {item: 'context', gib: CONTEXT_GIB}]
}

type MemorySetting = Pick<StepSetting, 'model' | 'size' | 'training' | 'precision' | 'optimizer' | 'batch'>

export function memoryOf(setting: MemorySetting, availableGib: number): MemoryUse {
  const lines: MemoryLine[] = [...staticLines(setting), {item: setting.training ? 'saved activations' : 'activations', gib: (setting.batch * sampleBytes(setting)) / GIB}]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib, lines}
}

/** Samples that fit on an accelerator at once; 0 = not even one. */
export function largestBatch(setting: Omit<MemorySetting, 'batch'>, availableGib: number): number {
  const left = availableGib - staticLines(setting).reduce((sum, {gib}) => sum + gib, 0)
  return Math.max(0, Math.floor((left * GIB) / sampleBytes(setting)))
}

/** What nothing makes smaller: inference in 8 bits, training with its states. */
export const leastStaticBytes = ({parameters}: NetworkModel, training: boolean, optimizer: Optimizer): number => parameters * (training ? 8 + STATE_BYTES[optimizer] : 1)

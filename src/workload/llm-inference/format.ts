import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import {isMixture, WEIGHT_BITS} from '../llm/architecture.ts'
import type {Layout} from './layout.ts'

/** How weights, cache and operands are stored and multiplied at a precision under a runtime. */
export interface Format {
  readonly sharedBits: number
  readonly expertBits: number
  /** Embeddings and output head. */
  readonly embeddingBits: number
  readonly kvBytesPerElement: number
  /** Number format of the KV cache, for people. */
  readonly cacheFormat: string
  readonly operandBits: 4 | 8 | 16
  /** Of the shared matrices, where a mixture's 4-bit file leaves them as they were trained. */
  readonly sharedOperandBits: 4 | 8 | 16
  /** 8-bit matrices have a scale per block, not one for all. */
  readonly blockScaled: boolean
}

const FOUR_BIT: ReadonlySet<string> = new Set(['fp4', 'nvfp4', 'mxfp4', 'int4', 'nf4'])
/** Runtimes whose 4-bit and 8-bit files quantise every matrix, embeddings included (GGUF Q4_K_M 4.85, Q8_0 8.5 bits a weight: 4.58 GiB for 8.03 B). */
export const WHOLE_FILE_RUNTIMES: ReadonlySet<string> = new Set(['llama.cpp', 'mlx'])
const WHOLE_FILE_BITS: Readonly<Record<string, number>> = {int4: 4.85, nf4: 4.85, fp4: 4.85, mxfp4: 4.85, int8: 8.5, fp8: 8.5}

/**
 * Whether the KV cache stands in FP8 where nobody sets a flag. All runtimes follow the checkpoint and else keep the model's 16-bit type:
 * - NVFP4 checkpoints come from ModelOpt and state an FP8 cache, which TensorRT-LLM, vLLM (vllm-project/vllm 29980, since 0.13) and SGLang obey;
 * - FP8 checkpoints for TensorRT-LLM come from ModelOpt as well; those of the models' own publishers, which vLLM and SGLang load
 *   (DeepSeek, Qwen, Llama), state none, and weights that a runtime quantises as it loads them leave the cache alone.
 */
const keepsCacheInFp8 = (runtime: string, precision: string): boolean => precision === 'nvfp4' || precision === 'fp4' || (precision === 'fp8' && runtime === 'tensorrt-llm')

/**
 * The usual checkpoints: 8-bit formats quantise every layer but embeddings and head; 4-bit formats do the same in dense models, in mixtures only
 * the routed experts (gpt-oss MXFP4 65 GB, DeepSeek-R1 NVFP4 403 GB, Kimi-K2 INT4 594 GB come out so). Integer formats are weight-only: they multiply in 16 bit.
 */
export function formatOf(model: LanguageModel, {precision, runtime, cacheInFp8 = keepsCacheInFp8(runtime, precision)}: Stored, accelerator: Accelerator): Format {
  // Asked several times in a row for one candidate.
  if (latest === undefined || latest.model !== model || latest.accelerator !== accelerator || latest.precision !== precision || latest.runtime !== runtime || latest.cacheInFp8 !== cacheInFp8) {
    latest = {model, accelerator, precision, runtime, cacheInFp8, format: makeFormat(model, precision, runtime, accelerator, cacheInFp8)}
  }
  return latest.format
}

/** What decides how weights and cache are stored. `cacheInFp8`: as the checkpoint asks, where that is known. */
type Stored = Pick<Layout, 'precision' | 'runtime' | 'cacheInFp8'>

let latest: {readonly model: LanguageModel; readonly accelerator: Accelerator; readonly precision: string; readonly runtime: string; readonly cacheInFp8: boolean; readonly format: Format} | undefined

/** Qwen 3's own 8-bit checkpoints are scaled by blocks, as DeepSeek-V3's and those of all that were trained in 8 bit since. */
const scalesBlocks = ({id, nativeDtype}: LanguageModel): boolean => nativeDtype === 'fp8' || id.startsWith('Qwen/Qwen3')

function makeFormat(model: LanguageModel, precision: string, runtime: string, accelerator: Accelerator, cacheInFp8: boolean): Format {
  const {peakFlops} = accelerator
  if (WHOLE_FILE_RUNTIMES.has(runtime) && WHOLE_FILE_BITS[precision] !== undefined) {
    const bits = WHOLE_FILE_BITS[precision]
    // Prompts are unpacked and multiplied in 16 bit: with 8-bit integers, as the printed rates would allow, Ada and Hopper would be three times as fast as they were.
    return {sharedBits: bits, expertBits: bits, embeddingBits: bits, kvBytesPerElement: 2, cacheFormat: 'fp16', operandBits: 16, sharedOperandBits: 16, blockScaled: false}
  }
  const bits = WEIGHT_BITS[precision] ?? 16
  const sixteenBit = precision === 'fp16' || model.nativeDtype === 'fp16' ? 'fp16' : 'bf16'
  if (bits >= 16) return {sharedBits: bits, expertBits: bits, embeddingBits: bits, kvBytesPerElement: 2, cacheFormat: sixteenBit, operandBits: 16, sharedOperandBits: 16, blockScaled: false}
  const inFp8 = peakFlops.fp8 !== undefined && cacheInFp8
  const kvBytesPerElement = inFp8 ? 1 : 2
  const cacheFormat = inFp8 ? 'fp8' : sixteenBit
  if (!FOUR_BIT.has(precision)) {
    const operandBits = precision === 'fp8' && peakFlops.fp8 !== undefined ? 8 : 16
    return {sharedBits: bits, expertBits: bits, embeddingBits: 16, kvBytesPerElement, cacheFormat, operandBits, sharedOperandBits: operandBits, blockScaled: operandBits === 8 && scalesBlocks(model)}
  }
  let operandBits: Format['operandBits'] = 16
  if ((precision === 'fp4' || precision === 'nvfp4') && peakFlops.fp4 !== undefined) operandBits = 4
  else if (precision === 'mxfp4' && peakFlops.fp4 !== undefined) operandBits = 8
  const sharedBits = isMixture(model) && precision !== 'nf4' ? 16 : bits
  return {sharedBits, expertBits: bits, embeddingBits: 16, kvBytesPerElement, cacheFormat, operandBits, sharedOperandBits: sharedBits === 16 ? 16 : operandBits, blockScaled: false}
}

/**
 * Dense peak of the accelerator for operands of so many bits, FLOP/s; the wider unit where the narrow one is missing. llama.cpp adds 16-bit
 * products up in 16 bit, at half the integer rate: twice what GeForce cards are printed with, which is for 32-bit sums.
 */
export function peakFlopsFor(accelerator: Accelerator, operandBits: 4 | 8 | 16, runtime = ''): number | undefined {
  const {peakFlops} = accelerator
  const narrowSums = runtime === 'llama.cpp' ? (peakFlops.int8 ?? 0) / 2 : 0
  const sixteen = Math.max(peakFlops.bf16 ?? 0, peakFlops.fp16 ?? 0, peakFlops.fp32 ?? 0, narrowSums)
  const best = operandBits === 4 ? (peakFlops.fp4 ?? peakFlops.fp8) : operandBits === 8 ? peakFlops.fp8 : undefined
  return best ?? (sixteen > 0 ? sixteen : undefined)
}

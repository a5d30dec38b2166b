import type {Setting} from '../../accuracy/setting.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import type {Configuration} from '../../performance/types.ts'
import type {Optimizer} from './training.ts'

/** What a training framework does unless told otherwise: read in its recipes and documentation, nothing fitted. */
export interface Conventions {
  /** Runtime of data/software.csv. */
  readonly runtime: string
  readonly adapters: boolean
  readonly rank: number
  readonly zeroStage: Configuration['zeroStage']
  readonly checkpointing: Configuration['checkpointing']
  readonly offload: NonNullable<Configuration['offload']>
  readonly optimizer: Optimizer
  readonly masterWeights: boolean
  readonly chunkedLoss: boolean
  /** No tensor parallelism and no pipeline unless stated. */
  readonly replicated: boolean
  /** The stated micro-batch is a rank's batch, which pipelines split into single sequences. */
  readonly splitsIntoSequences: boolean
  /** Parallel degrees count cores, so many to a chip. */
  readonly coresPerChip: number
}

/** `framework` in a source's words → runtime of data/software.csv. */
export function measuredRuntime(framework: string, kind: string): string {
  if (/maxtext|\bjax\b|t5x|paxml/i.test(framework)) return 'maxtext'
  if (/neuron/i.test(framework)) return 'neuron'
  if (/gaudi|habana/i.test(framework)) return 'gaudi'
  if (/transformers|llm-foundry|composer|litgpt|torchtune|llama-factory|unsloth|axolotl|pytorch/i.test(framework)) return 'pytorch'
  if (/deepspeed/i.test(framework)) return 'deepspeed'
  if (/megatron|nemo|torchtitan|fast-llm|gigatron/i.test(framework)) return 'megatron'
  return kind === 'llm-finetune' ? 'pytorch' : 'megatron'
}

const ZERO_STAGE = {none: 0, states: 1, gradients: 2, full: 3} as const

/** Models below this were trained and tuned without sharding in the recipes of small cards. */
const SMALL_PARAMETERS = 1.5e9

export function conventionsOf({framework, phase, precision, notes, accelerators}: Setting, kind: string, model: LanguageModel): Conventions {
  const adapters = /lora|adapter/i.test(phase)
  const several = (accelerators ?? 1) > 1
  const is = (pattern: RegExp): boolean => pattern.test(framework)
  const litgpt = is(/litgpt/i)
  const torchtune = is(/torchtune/i)
  const transformers = is(/transformers/i)
  // LitGPT's recipes for adapters on small cards run replicated: one and four cards take the same memory and time.
  const recipe = litgpt && notes.perRankDataset === true
  const stated = notes.sharding === undefined ? (/zero-?3|fsdp|full.?shard/i.test(`${framework} ${phase}`) ? 3 : undefined) : ZERO_STAGE[notes.sharding]
  const zeroStage =
    recipe ? (adapters || model.parameters < SMALL_PARAMETERS ? 0 : 3)
    : stated ?? (litgpt || torchtune || is(/torchtitan/i) ? 3 : transformers ? (adapters ? 0 : 3) : undefined)
  const checkpointing =
    notes.checkpointing ?? (
      notes.allOptions === true ? 'full'
      : is(/torchtitan/i) ? 'selective'
      // Megatron-DeepSpeed of that time recomputed whole layers: without it the larger of its published micro-batches would not fit.
      : is(/megatron-deepspeed/i) ? 'full'
      // The published scripts of these set gradient checkpointing, LitGPT's for one card do not.
      : transformers || is(/llama-factory|axolotl|unsloth/i) ? 'full'
      : recipe && (adapters || model.parameters < SMALL_PARAMETERS) ? 'none'
      : litgpt ? (several ? 'full' : 'none')
      : torchtune ? (notes.optionsListed === true ? 'none' : 'full')
      : undefined)
  const offloads = notes.offload ?? (notes.optimizerOffloadOf !== undefined && !adapters && model.id.toLowerCase().includes(notes.optimizerOffloadOf) ? 'optimizer' : 'none')
  return {
    runtime: measuredRuntime(framework, kind),
    adapters,
    rank: /adapter/i.test(phase) ? 1 : transformers ? 64 : 8,
    zeroStage,
    checkpointing,
    offload: offloads,
    // torchtune's recipe for one card keeps 8-bit states for what would not fit otherwise.
    optimizer: notes.optimizer ?? (torchtune && !several && !adapters && model.parameters > 5e9 ? 'adamw-8bit' : 'adamw'),
    masterWeights: !(/bf16-true|bnb/i.test(precision) || litgpt || torchtune),
    chunkedLoss: notes.chunkedLoss === true || notes.allOptions === true || is(/liger|unsloth/i),
    replicated: litgpt || torchtune || transformers || is(/llama-factory|axolotl|unsloth/i),
    splitsIntoSequences: is(/torchtitan/i),
    coresPerChip: is(/neuron/i) ? 2 : 1,
  }
}

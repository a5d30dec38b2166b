import type {Setting} from '../../accuracy/setting.ts'
import type {LanguageModel} from '../../catalog/schema.ts'
import type {Configuration} from '../../performance/types.ts'
import type {Implementation, Optimizer} from './training.ts'

/** What a training framework does unless told otherwise: read in its recipes and documentation, nothing fitted. */
export interface Conventions {
  /** Runtime of data/software.csv. */
  readonly runtime: string
  readonly adapters: boolean
  readonly rank: number
  readonly zeroStage: Configuration['zeroStage']
  /** Sharding is on with one accelerator as well: nothing is saved, its hooks take their time. */
  readonly shardsAlone: boolean
  readonly checkpointing: Configuration['checkpointing']
  readonly offload: NonNullable<Configuration['offload']>
  readonly optimizer: Optimizer
  readonly masterWeights: boolean
  readonly chunkedLoss: boolean
  /** No tensor parallelism and no pipeline unless stated. */
  readonly replicated: boolean
  /** The stated micro-batch is a rank's batch, which pipelines split: into as many parts as they have stages, or into single sequences. */
  readonly pipelineSplits: 'stages' | 'sequences' | undefined
  /** Parallel degrees count cores, so many to a chip. */
  readonly coresPerChip: number
  /** Published FLOP count causal attention in full. */
  readonly countsFullAttention: boolean
  /** Published memory is the allocator's peak, without the context and what libraries hold beside it. */
  readonly countsAllocated: boolean
  readonly implementation: Implementation
}

/** `framework` in a source's words → runtime of data/software.csv. */
export function measuredRuntime(framework: string, tunes: boolean): string {
  if (/maxtext|\bjax\b|t5x|paxml/i.test(framework)) return 'maxtext'
  if (/neuron/i.test(framework)) return 'neuron'
  if (/gaudi|habana/i.test(framework)) return 'gaudi'
  if (/\bmlx\b/i.test(framework)) return 'mlx'
  if (/transformers|llm-foundry|composer|litgpt|torchtune|torchtitan|llama-factory|unsloth|axolotl|pytorch/i.test(framework)) return 'pytorch'
  if (/deepspeed/i.test(framework)) return 'deepspeed'
  if (/megatron|nemo|fast-llm|gigatron/i.test(framework)) return 'megatron'
  return tunes ? 'pytorch' : 'megatron'
}

const ZERO_STAGE = {none: 0, states: 1, gradients: 2, full: 3} as const

/** Containers of this month and later record whole steps as CUDA graphs, mixtures included. */
const RECORDED_SINCE = 26.06
/** "NeMo container 26.04.01" → 26.04. */
const releaseOf = (framework: string): number => Number(/container (\d\d\.\d\d)/i.exec(framework)?.[1] ?? 0)

/** "torchtitan (torch 2.6 dev, 2024-12-23)" → 2024. */
const yearOf = (framework: string): number => Number(/\b(20\d\d)-\d\d/.exec(framework)?.[1] ?? Number.POSITIVE_INFINITY)

/** The attention kernel that a framework of its time used. */
function attentionOf(framework: string, model: LanguageModel): Pick<Implementation, 'attention'> {
  const is = (pattern: RegExp): boolean => pattern.test(framework)
  if (is(/FA3|FlashAttention-?3|FA4/i)) return {attention: 3}
  if (is(/FA2|FlashAttention[ -]?2/i)) return {attention: 2}
  if (is(/megatron-deepspeed/i)) return {attention: 'materialised'}
  // PyTorch's own attention was of the first generation to 2.1, of the second since; llm-foundry took the first by default.
  if (is(/llm-foundry|composer|litgpt|PyTorch (?:1\.|2\.[01]\b)/i)) return {attention: 1}
  return measuredRuntime(framework, true) === 'pytorch' && model.layers > 0 ? {attention: 2} : {}
}

/** Models below this were trained and tuned without sharding in the recipes of small cards. */
const SMALL_PARAMETERS = 1.5e9

export function conventionsOf({framework, phase, precision, notes, accelerators}: Setting, tunes: boolean, model: LanguageModel): Conventions {
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
      // What most tutorials and scripts do, where nobody says.
      : tunes && framework === '' ? 'full'
      : undefined)
  const offloads = notes.offload ?? (notes.optimizerOffloadOf !== undefined && !adapters && model.id.toLowerCase().includes(notes.optimizerOffloadOf) ? 'optimizer' : 'none')
  return {
    runtime: measuredRuntime(framework, tunes),
    adapters,
    // LLaMA-Adapter trains prompts and scales.
    rank: /adapter/i.test(phase) ? 0 : transformers ? 64 : 8,
    zeroStage,
    shardsAlone: transformers && !adapters,
    checkpointing,
    offload: offloads,
    // torchtune's recipe for one card keeps 8-bit states for what would not fit otherwise.
    optimizer: notes.optimizer ?? (torchtune && !several && !adapters && model.parameters > 5e9 ? 'adamw-8bit' : 'adamw'),
    masterWeights: !(/bf16-true|bnb/i.test(precision) || litgpt || torchtune),
    chunkedLoss: notes.chunkedLoss === true || notes.allOptions === true || is(/liger|unsloth/i),
    replicated: litgpt || torchtune || transformers || is(/llama-factory|axolotl|unsloth/i),
    // torchtitan's pipeline_parallel_microbatches defaulted to the number of stages; in 2025 pipeline_parallel_microbatch_size took its place, which defaults to 1.
    pipelineSplits: !is(/torchtitan/i) ? undefined : yearOf(framework) < 2025 ? 'stages' : 'sequences',
    coresPerChip: is(/neuron/i) ? 2 : 1,
    // MaxText counted attention in full until its logs said otherwise, Megatron-LM does; Megatron-Bridge halves it.
    countsFullAttention: notes.causalAttentionFlops !== true && is(/maxtext|megatron-lm/i),
    countsAllocated: litgpt || torchtune,
    implementation: {
      // Where a source states the chunks of some runs, the others had none; schedules without chunks are named or the framework's only ones.
      ...(notes.virtualStages !== undefined ? {virtualStages: notes.virtualStages} : is(/bridge/i) ? {virtualStages: 1} : {}),
      recordedLaunches: releaseOf(framework) >= RECORDED_SINCE,
      compiled: notes.compiled ?? (notes.allOptions === true || is(/unsloth/i)),
      asyncTensorParallel: notes.asyncTensorParallel === true,
      rowwiseScaling: notes.rowwiseScaling === true,
      ...attentionOf(framework, model),
      fusedOptimizer: notes.fusedOptimizer === true || (torchtune && !several && !adapters && notes.optionsListed !== true),
      offloadedActivations: notes.offloadedActivations === true || notes.allOptions === true,
      loadsWhole: litgpt,
      // Since 2025 torchtitan compiles the loss with the model (pytorch/torchtitan 1033): no 32-bit copy of the logits is left.
      fusedLoss: is(/llm-foundry|composer/i) || (is(/torchtitan/i) && notes.compiled === true && yearOf(framework) >= 2025),
      unpacksStepwise: /gptq/i.test(precision),
      wideGradients: is(/deepspeed/i) && !is(/megatron/i) && !adapters,
    },
  }
}

import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {MODEL_COLUMNS} from '../../../src/catalog/parse/models.ts'
import {numberOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

/** The facts carry no date of their own; they were collected on this day. */
const COLLECTED = '2026-11-20'

/** Names people type that no rule derives: release names of the same shape, nicknames, names of local runners. */
const EXTRA_ALIASES: Readonly<Record<string, readonly string[]>> = {
  'huggyllama/llama-7b': ['llama-1-7b', 'decapoda-research/llama-7b-hf'],
  'huggyllama/llama-65b': ['llama-1-65b'],
  'TinyLlama/TinyLlama-1.1B-Chat-v1.0': ['tiny-llama', 'tinyllama', 'tiny-llama-1.1b'],
  'mistralai/Mistral-7B-v0.3': ['mistral-7b', 'mistral-7b-v0.2'],
  'mistralai/Mixtral-8x7B-v0.1': ['mixtral', 'mixtral-8x7b'],
  'mistralai/Mistral-Nemo-Base-2407': ['mistral-nemo-12b'],
  'mistralai/Mistral-Small-24B-Instruct-2501': ['mistral-small'],
  'mistralai/Mistral-Large-Instruct-2407': ['mistral-large-2', 'mistral-large-123b'],
  'Qwen/Qwen3-235B-A22B': ['qwen3-235b'],
  'Qwen/Qwen3-30B-A3B': ['qwen3-30b', 'qwen3-coder-30b-a3b'],
  'Qwen/Qwen3-Coder-480B-A35B-Instruct': ['qwen3-coder', 'qwen3-coder-480b'],
  'Qwen/Qwen2.5-7B': ['qwen2.5-coder-7b'],
  'Qwen/Qwen2.5-32B': ['qwen2.5-coder-32b', 'deepseek-r1-distill-qwen-32b'],
  'Qwen/Qwen2-57B-A14B-Instruct': ['qwen2-57b'],
  'meta-llama/Meta-Llama-3.1-8B': ['deepseek-r1-distill-llama-8b'],
  'meta-llama/Llama-3.3-70B-Instruct': ['deepseek-r1-distill-llama-70b'],
  'meta-llama/Llama-4-Scout-17B-16E-Instruct': ['llama-4-scout'],
  'meta-llama/Llama-4-Maverick-17B-128E-Instruct': ['llama-4-maverick'],
  'deepseek-ai/DeepSeek-V3': ['deepseek-v3-671b', 'deepseek-v3-base', 'deepseek-v3.1'],
  'deepseek-ai/DeepSeek-R1': ['deepseek-r1-671b'],
  'deepseek-ai/DeepSeek-V3.2': ['deepseek-v3.2-exp'],
  'moonshotai/Kimi-K2-Instruct': ['kimi-k2'],
  'moonshotai/Kimi-K2.5': ['kimi-k2-thinking'],
  'MiniMaxAI/MiniMax-M2.5': ['minimax-m2', 'minimax-m2.1'],
  'microsoft/phi-1_5': ['phi-1.5', 'phi-1.5-1.3b'],
  'microsoft/phi-2': ['phi-2-2.7b'],
  'microsoft/Phi-3-mini-4k-instruct': ['phi-3-mini'],
  'microsoft/Phi-3-medium-4k-instruct': ['phi-3-medium'],
  'microsoft/phi-4': ['phi-4-14b'],
  'openai-community/gpt2': ['gpt-2', 'gpt2-124m'],
  'openai-community/gpt2-xl': ['gpt-2-xl', 'gpt2-1.5b'],
  'openai/gpt-3-175b': ['gpt-3', 'gpt3-175b'],
  'bigscience/bloom': ['bloom-176b'],
  'google-bert/bert-base-uncased': ['bert-base'],
  'google-bert/bert-large-uncased': ['bert-large'],
  'EleutherAI/gpt-neox-20b': ['gpt-neox'],
  'EleutherAI/gpt-j-6b': ['gpt-j', 'gptj-6b'],
  'CohereLabs/c4ai-command-r-plus': ['command-r-plus', 'command-r+'],
  'CohereLabs/c4ai-command-r-v01': ['command-r-v01'],
  'CohereLabs/c4ai-command-r-08-2024': ['command-r-08-2024'],
  'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16': ['nemotron-3-nano'],
  'nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8': ['nemotron-3-super'],
  'nvidia/Nemotron-4-340B-Instruct': ['nemotron-4-340b'],
  'databricks/dbrx-base': ['dbrx', 'dbrx-instruct'],
  'xai-org/grok-1': ['grok'],
}

/** `meta-llama/Meta-Llama-3.1-8B` → `llama-3.1-8b`: what is left when owner, prefix and tuning are dropped. */
function shortName(id: string): string {
  let name = id.replace(/^.*\//, '').toLowerCase().replace(/^(?:meta-(?=llama)|nvidia-(?=nemotron)|c4ai-)/, '')
  for (let shorter = name; ; name = shorter) {
    shorter = name.replace(/-(?:instruct|chat|hf|it|base|bf16|fp8|4k|8k|uncased|v1\.0|\d{4})$/, '')
    if (shorter === name) return name
  }
}

/** Why a row cannot be a model of the catalog; `undefined` = it can. */
function reasonToLeaveOut(row: CsvRecord): string | undefined {
  const {cells} = row
  if (!numberOf(row, 'layers')) return 'layer count not found'
  if (!numberOf(row, 'params_total_b')) return 'published parameter total not found'
  if (!numberOf(row, 'params_active_b')) return 'active parameter count not found'
  if (cells['experts'] !== '' && cells['experts_per_token'] === '') return 'experts per token not found, so what one token reads is unknown'
  return undefined
}

/** 6.738 (billions) → 6738000000, free of binary rounding. */
const fromBillions = (billions: number | undefined): number | undefined => (billions === undefined ? undefined : Math.round(billions * 1e9))

export function importPart({from, to, sources}: ImportContext): void {
  const records = readFacts(from, 'hardware/llm_models.csv')
  const rows: CsvCell[][] = []
  const leftOut: CsvCell[][] = []
  const ids = new Set(records.map(record => record.cells['id']!.toLowerCase()))
  const owners = new Map<string, number>()
  for (const record of records) {
    const name = shortName(record.cells['id']!)
    owners.set(name, (owners.get(name) ?? 0) + 1)
  }
  for (const record of records) {
    const {cells} = record
    const id = cells['id']!
    const source = cells['source']!
    const reason = reasonToLeaveOut(record)
    if (reason !== undefined) {
      leftOut.push([id, reason, sources.sourceIdFor(source), COLLECTED])
      continue
    }
    const short = shortName(id)
    const aliases = [...(owners.get(short) === 1 ? [short] : []), ...(EXTRA_ALIASES[id] ?? [])].filter(alias => !ids.has(alias))
    const number = (column: string): number | undefined => numberOf(record, column)
    const value: Record<(typeof MODEL_COLUMNS)[number], CsvCell> = {
      id,
      aliases: [...new Set(aliases)].join('|'),
      family: cells['family']!,
      parameters: fromBillions(number('params_total_b')),
      activeParameters: fromBillions(number('params_active_b')),
      layers: number('layers'),
      hidden: number('hidden'),
      intermediate: number('intermediate'),
      heads: number('heads'),
      kvHeads: number('kv_heads'),
      headDim: number('head_dim'),
      vocab: number('vocab'),
      experts: number('experts'),
      expertsPerToken: number('experts_per_token'),
      sharedExperts: number('shared_experts'),
      moeIntermediate: number('moe_intermediate'),
      firstDenseLayers: number('first_dense_layers'),
      moeLayerStep: number('moe_layer_step'),
      attention: cells['attention']!,
      window: number('window'),
      fullAttentionLayers: number('full_attention_layers'),
      kvLoraRank: number('kv_lora_rank'),
      qLoraRank: number('q_lora_rank'),
      qkRopeHeadDim: number('qk_rope_head_dim'),
      qkNopeHeadDim: number('qk_nope_head_dim'),
      vHeadDim: number('v_head_dim'),
      maxContext: number('max_context'),
      nativeDtype: cells['native_dtype']!,
      tiedEmbeddings: cells['tied_embeddings']!,
      gatedMlp: cells['gated_mlp']!,
      // The facts give the number of learned positions; the estimators only ask whether there are any.
      learnedPositions: (number('learned_positions') ?? 0) > 0 ? 'yes' : 'no',
      visionParameters: fromBillions(number('vision_params_b')),
      note: cells['note']!,
      sourceId: sources.sourceIdFor(source),
      asOf: COLLECTED,
      standing: sources.standingFor(source),
    }
    rows.push(MODEL_COLUMNS.map(column => value[column]))
  }
  writeFileSync(join(to, 'models.csv'), writeCsv(MODEL_COLUMNS, rows))
  writeFileSync(join(to, 'models-left-out.csv'), writeCsv(['id', 'reason', 'sourceId', 'asOf'], leftOut))
}

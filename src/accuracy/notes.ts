/**
 * The only reader of the `notes` column: settings of a run that have no column of their own, each under a name. Whatever
 * else a note says (results, comments, provenance) is not passed on.
 */
export interface NoteFields {
  // Serving.
  /** Accelerators over which a mixture's experts are cut (`moe_tp 8`). */
  readonly expertTensorParallel?: number
  /** Sequences the engine was set up for (`batch_size column 128`). */
  readonly engineBatch?: number
  /** Attention by data parallelism, experts spread over the same accelerators (`DEP8`). */
  readonly dataExpertParallel?: number
  /** Parallel degrees written out (`TP8,PP2`). */
  readonly tensorParallel?: number
  readonly pipelineParallel?: number
  /** Degrees count NeuronCores or TensorCores, so many to a chip. */
  readonly coresPerChip?: number
  /** All requests stand in the queue when the clock starts. */
  readonly queuedAtOnce?: true
  /** Speculative decoding or multi-token prediction was on. */
  readonly speculative?: true
  /** In-flight batching was off: one batch at a time, from prompt to last token. */
  readonly staticBatch?: true
  /** All prompts and all answers are of one length. */
  readonly equalLengths?: true
  // Reinforcement learning.
  /** Environments stepped at once, on all accelerators together. */
  readonly environments?: number
  // Training.
  /** How weights, gradients and states are divided. */
  readonly sharding?: 'none' | 'states' | 'gradients' | 'full'
  readonly checkpointing?: 'none' | 'selective' | 'full'
  /** What the host holds; `optimizerOffloadOf` = only in runs of a model of that size that train all weights. */
  readonly offload?: 'none' | 'optimizer'
  readonly optimizerOffloadOf?: string
  readonly accumulation?: number
  /** The batch is put together from smaller ones, of which nobody says how large. */
  readonly accumulates?: true
  readonly virtualStages?: number
  readonly contextParallel?: number
  readonly tokensPerStep?: number
  readonly slices?: number
  readonly adapterRank?: number
  readonly epochs?: number
  readonly microBatch?: number
  /** Layers are compiled (fused kernels, few launches), or run kernel by kernel. */
  readonly compiled?: boolean
  /** Collectives of tensor parallelism run in pieces beside the matmuls. */
  readonly asyncTensorParallel?: true
  /** One scale per row of an 8-bit matrix instead of one per matrix. */
  readonly rowwiseScaling?: true
  /** Samples are joined to sequences of the full length. */
  readonly packed?: true
  readonly chunkedLoss?: true
  readonly optimizer?: 'adamw-8bit'
  /** Gradients are used as soon as they exist and never stand in memory together. */
  readonly fusedOptimizer?: true
  /** The source lists the options that were on: what is not named was off. */
  readonly optionsListed?: true
  /** Saved activations wait in host memory. */
  readonly offloadedActivations?: true
  /** All options that the source lists elsewhere were on. */
  readonly allOptions?: true
  /** Each rank walks through the whole data set. */
  readonly perRankDataset?: true
  /** Tokens of the longest sample by family of models, lower case. */
  readonly longestSampleTokens?: Readonly<Record<string, number>>
  /** The FLOP that MFU or TFLOP/s were computed with count attention in full, not its causal half. */
  readonly fullAttentionFlops?: true
  readonly causalAttentionFlops?: true
  // Molecular dynamics.
  readonly atoms?: number
  readonly timeStepFs?: number
  readonly cutoffNm?: number
  readonly ensemble?: 'nve' | 'nvt' | 'npt'
  /** Positions are advanced on the host: in all rows, or in those whose title has this word. */
  readonly hostUpdate?: true
  readonly hostUpdateOf?: string
  /** Threads of the host for each accelerator, or of all of them. */
  readonly hostThreads?: number
  readonly allHostCores?: number
  /** Processes, and threads of each. */
  readonly processes?: number
  readonly threadsPerProcess?: number
  /** Steps that a list of pairs is kept. */
  readonly listSteps?: number
  /** The column of accelerators holds cores of a processor. */
  readonly countsCores?: true
  // Images and clips.
  /** Accelerators that share a sequence by heads; the rest form a ring. */
  readonly ulysses?: number
  /** The number of steps stands in a place that is not part of the row. */
  readonly stepsElsewhere?: true
  /** Experts that wait lie in the memory of the host; the host runs the text encoders, where there is one small card. */
  readonly offloadedExperts?: true
  readonly offloadedEncoders?: true
  /** Attention kernels written for Hopper, on Hopper. */
  readonly hopperAttention?: true
  /** Batches for several precisions in one cell. */
  readonly printedBatches?: readonly number[]
  /** Latents and texts were encoded before the run. */
  readonly cachedSamples?: true
  /** Of two sizes of a model, the larger. */
  readonly largeVariant?: boolean
  // Any.
  /** What the source's own table says of the hardware, all of it together. */
  readonly statedSheet?: {readonly fp32Tflops: number; readonly memoryGb: number; readonly bandwidthGbPerSecond: number}
  // Analytics.
  /** The data set as it lies there. */
  readonly storedBytes?: number
  // Trees.
  /** Cores of processors that were used. */
  readonly cores?: number
  // Power.
  /** Where wall power was read. */
  readonly current?: 'ac' | 'dc'
}

interface Rule {
  readonly pattern: RegExp
  readonly read: (found: RegExpExecArray) => NoteFields
}

const number = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''))

/** In order; a later rule does not overrule an earlier one. */
const RULES: readonly Rule[] = [
  // Any.
  {pattern: /spec columns of the same table: ([\d.]+) fp32 TFLOPS, ([\d.]+) GB, ([\d.]+) GB\/s/, read: found => ({statedSheet: {fp32Tflops: number(found[1]), memoryGb: number(found[2]), bandwidthGbPerSecond: number(found[3])}})},
  // Molecular dynamics.
  {pattern: /^(?:about )?([\d,]+) atoms\b/, read: found => ({atoms: number(found[1])})},
  {pattern: /\btime step ([\d.]+) fs\b/, read: found => ({timeStepFs: Number(found[1])})},
  {pattern: /\bcutoff ([\d.]+) (A|nm)\b/, read: found => ({cutoffNm: Number(found[1]) / (found[2] === 'A' ? 10 : 1)})},
  {pattern: /\b(NVE|NVT|NPT)\b/, read: found => ({ensemble: (found[1] ?? '').toLowerCase() as 'nve'})},
  {pattern: /\b(\w+) cases have the update step on CPU\b/, read: found => ({hostUpdateOf: found[1] ?? ''})},
  {pattern: /(?:^|; )update (?:on CPU|not on GPU)\b/, read: () => ({hostUpdate: true})},
  {pattern: /\b(\d+) CPU cores \([\w-]+\) in total\b/, read: found => ({allHostCores: number(found[1])})},
  {pattern: /\b(\d+) MPI ranks x (\d+) threads\b/, read: found => ({processes: number(found[1]), threadsPerProcess: number(found[2])})},
  {pattern: /\bnstlist (\d+)\b/, read: found => ({listSteps: number(found[1])})},
  {pattern: /\b(\d+) threads per GCD\b/, read: found => ({hostThreads: number(found[1])})},
  {pattern: /\bfor CPU rows accelerators = cores used\b/, read: () => ({countsCores: true})},
  // Serving.
  {pattern: /\bmoe_tp (\d+)/, read: found => ({expertTensorParallel: number(found[1])})},
  {pattern: /\bbatch_size column (\d+)/, read: found => ({engineBatch: number(found[1])})},
  {pattern: /\bDEP(\d+)(?=[,:;]|$)/, read: found => ({dataExpertParallel: number(found[1])})},
  {pattern: /(?:^|[,; ])TP(\d+)(?=[,:;]|$)/, read: found => ({tensorParallel: number(found[1])})},
  {pattern: /(?:^|[,; ])PP(\d+)(?=[,:;]|$)/, read: found => ({pipelineParallel: number(found[1])})},
  {pattern: /(?:NeuronCores|TensorCores)[^;]*\((\d+) per chip\)/, read: found => ({coresPerChip: number(found[1])})},
  {pattern: /requests queued at once/, read: () => ({queuedAtOnce: true})},
  {pattern: /speculative|\bMTP\b|eagle/i, read: () => ({speculative: true})},
  {pattern: /in-flight batching off/, read: () => ({staticBatch: true})},
  // The tool's random data set varies lengths only if it is told to (--random-range-ratio, 0 by default).
  {pattern: /\bvllm bench serve, random data\b/, read: () => ({equalLengths: true})},
  // Reinforcement learning.
  {pattern: /^batch (\d+)\b/, read: found => ({environments: number(found[1])})},
  // Training.
  {pattern: /\bSHARD_GRAD_OP\b|\bzero-?2\b/i, read: () => ({sharding: 'gradients'})},
  {pattern: /\bzero-?1\b|\bdistributed optimizer\b/i, read: () => ({sharding: 'states'})},
  {pattern: /\bNO_SHARD\b|\bDDP\b/i, read: () => ({sharding: 'none'})},
  {pattern: /\bFULL_SHARD\b|\bzero-?3\b|\bFSDP\d?\b|\bfully sharded\b/i, read: () => ({sharding: 'full'})},
  {pattern: /(?:activation|gradient) (?:checkpointing|recompute|recomputation) ?= ?(True|False)/i, read: found => ({checkpointing: /true/i.test(found[1] ?? '') ? 'full' : 'none'})},
  {pattern: /\b(?:no|without) (?:AC|activation checkpointing|recomput\w+)\b/i, read: () => ({checkpointing: 'none'})},
  {pattern: /\bselective (?:AC|activation|recomput)|\bper-op SAC\b|\bSAC\b/i, read: () => ({checkpointing: 'selective'})},
  {pattern: /\bfull (?:AC|activation|recomput)|\+AC\b|\b(?:activation|gradient) checkpointing\b|\bfull recompute\b/i, read: () => ({checkpointing: 'full'})},
  {pattern: /\bCPU Adam\w* offload\b|\boptimizer (?:CPU )?offload\b/i, read: () => ({offload: 'optimizer'})},
  {pattern: /\bmemory row of (\d+B) full uses CPU offload\b/, read: found => ({optimizerOffloadOf: (found[1] ?? '').toLowerCase()})},
  {pattern: /\bgrad(?:ient)? accumulation (\d+)/, read: found => ({accumulation: number(found[1])})},
  {pattern: /\bby accumulation\b/, read: () => ({accumulates: true})},
  {pattern: /\bvirtual PP (\d+)/, read: found => ({virtualStages: number(found[1])})},
  {pattern: /\bCP ?(\d+)|\bcontext parallel (\d+)/i, read: found => ({contextParallel: number(found[1] ?? found[2])})},
  {pattern: /\btotal tokens per step ([\d,]+)/, read: found => ({tokensPerStep: number(found[1])})},
  {pattern: /\b(\d+) slice\(s\)/, read: found => ({slices: number(found[1])})},
  {pattern: /\brank (\d+)/, read: found => ({adapterRank: number(found[1])})},
  {pattern: /\bepochs (\d+)|\b(\d+) epochs?\b/, read: found => ({epochs: number(found[1] ?? found[2])})},
  {pattern: /\bmicro[- ]batch (\d+)/, read: found => ({microBatch: number(found[1])})},
  {pattern: /\beager\b/i, read: () => ({compiled: false})},
  {pattern: /\b(?:torch)?compile(?:d| on)?\b|\bthunder\b/i, read: () => ({compiled: true})},
  {pattern: /\basync ?TP\b/i, read: () => ({asyncTensorParallel: true})},
  {pattern: /\browwise\b/i, read: () => ({rowwiseScaling: true})},
  {pattern: /\bpacked\b/i, read: () => ({packed: true})},
  {pattern: /\bchunked ?(?:CE|cross entropy|loss)\b|\bliger\b/i, read: () => ({chunkedLoss: true})},
  {pattern: /\b8-?bit Adam\w*|\bAdamW?8bit\b/i, read: () => ({optimizer: 'adamw-8bit'})},
  {pattern: /\boptimi[sz]er (?:step )?(?:fused )?in(?:to)? backward\b|\bfuse optimizer step\b/i, read: () => ({fusedOptimizer: true})},
  {pattern: /\boptions: /i, read: () => ({optionsListed: true})},
  {pattern: /\bactivation (?:CPU )?offload(?:ing)?(?! ?=)\b/i, read: () => ({offloadedActivations: true})},
  {pattern: /\boptions: (?:q?lora|adapters?); cumulative\b/i, read: () => ({allOptions: true})},
  {pattern: /\brank-local dataset\b/, read: () => ({perRankDataset: true})},
  {pattern: /\blongest Alpaca sample \(([^)]*)\)/, read: found => ({longestSampleTokens: Object.fromEntries([...(found[1] ?? '').matchAll(/([a-z]+)\w* (\d+)/gi)].map(([, family = '', tokens]) => [family.toLowerCase(), number(tokens)]))})},
  {pattern: /not causal-halved/, read: () => ({fullAttentionFlops: true})},
  {pattern: /(?<!not )causal-halved|causal attention FLOPs halved/, read: () => ({causalAttentionFlops: true})},
  // Images and clips.
  {pattern: /\bulysses ?(\d+)/, read: found => ({ulysses: number(found[1])})},
  {pattern: /\blayout ring\d+/, read: () => ({ulysses: 1})},
  {pattern: /diffusion step count per the linked sample|step count of the timed part is not stated/, read: () => ({stepsElsewhere: true})},
  {pattern: /MoE experts offloaded to host/, read: () => ({offloadedExperts: true})},
  {pattern: /FlashAttention-3 on Hopper/, read: () => ({hopperAttention: true})},
  {pattern: /\blatents and texts cached\b/, read: () => ({cachedSamples: true})},
  {pattern: /offload the T5 encoder on one GPU/, read: () => ({offloadedEncoders: true})},
  // Analytics.
  {pattern: /\bon-disk size (\d+) B\b/, read: found => ({storedBytes: number(found[1])})},
  // Trees.
  {pattern: /\bon (\d+) cores? of (?:one socket|two sockets)/, read: found => ({cores: number(found[1])})},
  {pattern: /micro_batch as printed: ([^;]*)/, read: found => ({printedBatches: [...(found[1] ?? '').replaceAll(/\([^)]*\)|FP\d+|TF32/gi, ' ').matchAll(/\d+/g)].map(([text]) => Number(text))})},
  {pattern: /^(Large|Base) model\b/, read: found => ({largeVariant: found[1] === 'Large'})},
  // Power.
  {pattern: /\b(AC|DC) measurement/, read: found => ({current: found[1] === 'DC' ? 'dc' : 'ac'})},
]

export function parseNotes(notes: string): NoteFields {
  let fields: NoteFields = {}
  for (const {pattern, read} of RULES) {
    const found = pattern.exec(notes)
    if (found !== null) fields = {...read(found), ...fields}
  }
  return fields
}

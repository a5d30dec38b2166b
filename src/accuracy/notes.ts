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
  // Training.
  /** How weights, gradients and states are divided. */
  readonly sharding?: 'none' | 'gradients' | 'full'
  readonly checkpointing?: 'none' | 'selective' | 'full'
  readonly offload?: 'none' | 'optimizer'
  readonly accumulation?: number
  readonly virtualStages?: number
  readonly contextParallel?: number
  readonly tokensPerStep?: number
  readonly slices?: number
  readonly adapterRank?: number
  readonly epochs?: number
  readonly microBatch?: number
  /** The FLOP that MFU or TFLOP/s were computed with count attention in full, not its causal half. */
  readonly fullAttentionFlops?: true
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
  // Training.
  {pattern: /\bFULL_SHARD\b|\bzero-?3\b/i, read: () => ({sharding: 'full'})},
  {pattern: /\bSHARD_GRAD_OP\b|\bzero-?2\b/i, read: () => ({sharding: 'gradients'})},
  {pattern: /\bgrad(?:ient)? accumulation (\d+)/, read: found => ({accumulation: number(found[1])})},
  {pattern: /\bvirtual PP (\d+)/, read: found => ({virtualStages: number(found[1])})},
  {pattern: /\bCP ?(\d+)|\bcontext parallel (\d+)/i, read: found => ({contextParallel: number(found[1] ?? found[2])})},
  {pattern: /\btotal tokens per step ([\d,]+)/, read: found => ({tokensPerStep: number(found[1])})},
  {pattern: /\b(\d+) slice\(s\)/, read: found => ({slices: number(found[1])})},
  {pattern: /\brank (\d+)/, read: found => ({adapterRank: number(found[1])})},
  {pattern: /\bepochs (\d+)/, read: found => ({epochs: number(found[1])})},
  {pattern: /not causal-halved/, read: () => ({fullAttentionFlops: true})},
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

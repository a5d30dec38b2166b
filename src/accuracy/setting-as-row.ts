import type {MeasuredRow} from './score.ts'
import type {Setting} from './setting.ts'

/**
 * A setting in the columns of a row, for readers that still take rows. Of the notes stand there only the named fields, in the
 * words that those readers look for. To be removed when the last of them takes a `Setting`.
 */
export function settingAsRow(setting: Setting): MeasuredRow {
  const {notes, parametersBillion, microBatch, globalBatch, inputTokens, outputTokens, sequenceLength, ...same} = setting
  const said = [
    notes.expertTensorParallel === undefined ? '' : `moe_tp ${notes.expertTensorParallel}`,
    notes.engineBatch === undefined ? '' : `batch_size column ${notes.engineBatch}`,
    notes.coresPerChip === undefined ? '' : `NeuronCores (${notes.coresPerChip} per chip)`,
    notes.speculative === true ? 'speculative' : '',
    notes.sharding === 'full' ? 'FULL_SHARD' : '',
    notes.checkpointing === 'full' ? 'activation checkpointing=true' : notes.checkpointing === 'selective' ? 'selective' : notes.checkpointing === 'none' ? 'activation checkpointing=false' : '',
    notes.offload === 'optimizer' ? 'CPU AdamW offload' : '',
    notes.accumulation === undefined ? '' : `grad accumulation ${notes.accumulation}`,
    notes.contextParallel === undefined ? '' : `CP ${notes.contextParallel}`,
    notes.tokensPerStep === undefined ? '' : `total tokens per step ${notes.tokensPerStep}`,
    notes.slices === undefined ? '' : `${notes.slices} slice(s)`,
    notes.adapterRank === undefined ? '' : `rank ${notes.adapterRank}`,
    notes.epochs === undefined ? '' : `epochs ${notes.epochs}`,
    notes.fullAttentionFlops === true ? 'not causal-halved' : '',
  ]
  const columns = {
    ...same, params_b: parametersBillion, micro_batch: microBatch, global_batch: globalBatch, input_len: inputTokens, output_len: outputTokens, seq_len: sequenceLength,
    notes: said.filter(text => text !== '').join('; '),
  }
  return Object.fromEntries(Object.entries(columns).map(([column, value]) => [column, value === undefined ? '' : String(value)]))
}

import * as Args from '@oclif/core/args'
import {resolveModel} from '../../catalog/model-names.ts'
import {RigorCommand} from '../../command.ts'
import {significant} from '../../report/format.ts'
import {renderFacts} from '../../report/list.ts'

export default class ModelsShow extends RigorCommand {
  static override summary = 'Show the shape of a language model and where it came from.'
  static override args = {model: Args.string({ignoreStdin: true, description: 'Its name, such as Llama-3.1-70B; hub names resolve as well.', required: true})}
  static override examples = [
    {description: 'By its short name', command: '<%= config.bin %> models show Llama-3.1-70B'},
    {description: 'By its name on a hub', command: '<%= config.bin %> models show meta-llama/Meta-Llama-3.1-70B-Instruct --json'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(ModelsShow)
    const snapshot = await this.openCatalog(flags)
    const model = resolveModel(args.model, snapshot.models)
    const source = snapshot.sources.find(({id}) => id === model.sourceId)
    const {columns, color} = this.terminal
    this.print(
      renderFacts(
        model.id,
        [
          ['family', model.family],
          ['parameters', `${significant(model.parameters / 1e9, 3)}e9${model.activeParameters < model.parameters ? `, ${significant(model.activeParameters / 1e9, 3)}e9 active per token` : ''}`],
          ['layers', `${model.layers} of width ${model.hidden}, feed-forward ${model.intermediate}${model.gatedMlp ? ' (gated)' : ''}`],
          ['attention', `${model.attention}, ${model.heads} heads, ${model.kvHeads} for keys and values, ${model.headDim} wide${model.window === undefined ? '' : `, window ${model.window}`}`],
          ['experts', model.experts === undefined ? undefined : `${model.experts}, ${model.expertsPerToken ?? '?'} per token${model.sharedExperts ? `, ${model.sharedExperts} shared` : ''}`],
          ['vocabulary', model.vocab],
          ['context', model.maxContext],
          ['published in', model.nativeDtype],
          ['also called', model.aliases.join(', ')],
          ['note', model.note],
          ['source', `${source?.title ?? model.sourceId} (${model.asOf}, ${model.standing})`],
        ],
        columns,
        color,
      ),
    )
    return model
  }
}

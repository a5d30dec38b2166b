import * as Flags from '@oclif/core/flags'
import type {LanguageModel, MediaModel} from '../../catalog/schema.ts'
import {RigorCommand} from '../../command.ts'
import {significant} from '../../report/format.ts'
import {renderList, type Column} from '../../report/list.ts'

export default class ModelsList extends RigorCommand {
  static override summary = 'List the models whose shape is known: language models, or those that make images and clips.'
  static override flags = {
    name: Flags.string({summary: 'Only names that hold this.', helpValue: 'TEXT'}),
    family: Flags.string({summary: 'Only of this family.', helpValue: 'NAME'}),
    media: Flags.boolean({summary: 'Models that make images and clips.', exclusive: ['family', 'moe']}),
    moe: Flags.boolean({summary: 'Only mixtures of experts (--no-moe: only dense ones).', allowNo: true}),
  }
  static override examples = [
    {description: 'All of them', command: '<%= config.bin %> models list'},
    {description: 'Those that make images and clips', command: '<%= config.bin %> models list --media'},
    {description: 'Mixtures of experts', command: '<%= config.bin %> models list --moe'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(ModelsList)
    const {models, mediaModels} = await this.openCatalog(flags)
    const text = flags.name?.toLowerCase()
    const isNamed = ({id, aliases}: Pick<LanguageModel, 'id' | 'aliases'>): boolean => text === undefined || [id, ...aliases].some((name) => name.toLowerCase().includes(text))
    const {columns: width, color} = this.terminal
    if (flags.media) {
      const found = mediaModels.filter(isNamed).toSorted((a, b) => (a.modality === b.modality ? b.coreParameters - a.coreParameters : a.modality < b.modality ? -1 : 1))
      this.print(renderList({columns: MEDIA_COLUMNS, rows: found, total: mediaModels.length, noun: 'models', sorted: 'images before clips, then by parameters', notes: ['A model that is missing can be given inline: rigor kinds show image-generation.'], width, color}))
      return {mediaModels: found}
    }
    const rows = models
      .filter(isNamed)
      .filter(({family}) => flags.family === undefined || family.toLowerCase() === flags.family.toLowerCase())
      .filter(({experts}) => flags.moe === undefined || (experts !== undefined) === flags.moe)
      .toSorted((a, b) => b.parameters - a.parameters || (a.id < b.id ? -1 : 1))
    this.print(renderList({columns: COLUMNS, rows, total: models.length, noun: 'models', sorted: 'by parameters', notes: ['A model that is missing can be given inline: rigor kinds show llm-inference.'], width, color}))
    return {models: rows}
  }
}

const billions = (count: number): string => significant(count / 1e9, 3)

const COLUMNS: readonly Column<LanguageModel>[] = [
  {title: 'model', align: 'left', priority: 0, shrinksTo: 30, cell: ({id}) => id},
  {title: 'parameters (1e9)', align: 'right', priority: 0, cell: ({parameters}) => billions(parameters)},
  {title: 'active (1e9)', align: 'right', priority: 0, cell: ({parameters, activeParameters}) => (activeParameters < parameters ? billions(activeParameters) : '')},
  {title: 'layers', align: 'right', priority: 2, cell: ({layers}) => String(layers)},
  {title: 'hidden', align: 'right', priority: 2, cell: ({hidden}) => String(hidden)},
  {title: 'heads', align: 'right', priority: 2, cell: ({heads, kvHeads}) => `${heads}/${kvHeads}`},
  {title: 'attention', align: 'left', priority: 1, cell: ({attention}) => attention},
  {title: 'context', align: 'right', priority: 1, cell: ({maxContext}) => (maxContext === undefined ? '' : String(maxContext))},
  {title: 'published in', align: 'left', priority: 3, cell: ({nativeDtype}) => nativeDtype},
]

const MEDIA_COLUMNS: readonly Column<MediaModel>[] = [
  {title: 'model', align: 'left', priority: 0, shrinksTo: 30, cell: ({id}) => id},
  {title: 'makes', align: 'left', priority: 0, cell: ({modality}) => (modality === 'image' ? 'images' : 'clips')},
  {title: 'parameters (1e9)', align: 'right', priority: 0, cell: ({coreParameters}) => billions(coreParameters)},
  {title: 'text (1e9)', align: 'right', priority: 2, cell: ({auxiliaryParameters}) => billions(auxiliaryParameters)},
  {title: 'size', align: 'right', priority: 1, cell: ({width, height, frames}) => `${width}x${height}${frames > 1 ? `x${frames}` : ''}`},
  {title: 'steps', align: 'right', priority: 1, cell: ({steps, guidancePasses}) => (guidancePasses > 1 ? `${steps}×${guidancePasses}` : String(steps))},
  {title: 'layers', align: 'right', priority: 2, cell: ({layers}) => String(layers)},
  {title: 'hidden', align: 'right', priority: 3, cell: ({hidden}) => String(hidden)},
]

import * as Flags from '@oclif/core/flags'
import {RigorCommand, toJson} from '../command.ts'
import {renderList, type Column} from '../report/list.ts'
import type {LoadedConfig, SettingOrigin} from '../store/config.ts'

export default class ConfigCommand extends RigorCommand {
  static override summary = 'Show the settings in force and where each one comes from.'
  static override description = "Flags beat RIGOR_ variables, these beat the project's rigor.yaml (the nearest one at or above the working directory), and that beats the user's config.yaml."
  static override flags = {
    origin: Flags.boolean({summary: 'Say where each setting comes from: flag, variable, or file and line.', default: false}),
    schema: Flags.boolean({summary: 'Print the JSON Schema of rigor.yaml, for editors.', default: false, exclusive: ['origin']}),
  }
  static override examples = [
    {description: 'Which setting comes from where', command: '<%= config.bin %> config --origin'},
    {description: 'Completion of rigor.yaml in an editor', command: '<%= config.bin %> config --schema > rigor.schema.json'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(ConfigCommand)
    if (flags.schema) {
      const [{configJsonSchema}, {kinds}, {kindJsonSchema}] = await Promise.all([import('../config/schema.ts'), import('../workload/index.ts'), import('../workload/read.ts')])
      const schema = configJsonSchema(kinds.map(kindJsonSchema))
      this.print(toJson(schema))
      return schema
    }
    const loaded = await this.settings(flags)
    const {projectFile, userFile, paths, unknownVariables} = loaded
    const settings = [...loaded.settings, ...(await storedMeasurements(loaded))]
    const {columns: width, color} = this.terminal
    const columns = flags.origin ? COLUMNS : COLUMNS.slice(0, 2)
    const files = [projectFile, userFile].filter((file) => file !== undefined)
    const notes = files.length === 0 ? [`No rigor.yaml at or above this folder, and no ${paths.config}/config.yaml.`] : [`Files: ${files.join(', ')}.`]
    this.print(renderList({columns, rows: settings, total: settings.length, noun: 'settings', sorted: 'as in the schema', notes, width, color}))
    for (const {name, near} of unknownVariables) this.note(flags, `Nothing reads ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`)
    return {settings, projectFile: projectFile ?? null, userFile: userFile ?? null, paths, unknownVariables}
  }
}

/** Measurements of the user's own store act as a setting does, so they stand among them. */
async function storedMeasurements({paths}: LoadedConfig): Promise<readonly SettingOrigin[]> {
  const {readMeasurements} = await import('../store/measurements.ts')
  const {measurements, hardware, file} = readMeasurements(paths)
  const origin = {level: 'user', where: file} as const
  return [
    ...(measurements.length === 0 ? [] : [{key: 'calibrate: measurements', value: measurements.length, origin}]),
    ...(hardware.length === 0 ? [] : [{key: 'calibrate: accelerators', value: hardware.map(({acceleratorId}) => acceleratorId), origin}]),
  ]
}

const COLUMNS: readonly Column<SettingOrigin>[] = [
  {title: 'setting', align: 'left', priority: 0, cell: ({key}) => key},
  {title: 'value', align: 'left', priority: 0, shrinksTo: 20, cell: ({value}) => (typeof value === 'string' ? value : JSON.stringify(value))},
  {title: 'from', align: 'left', priority: 0, cell: ({origin}) => origin.level},
  {title: 'where', align: 'left', priority: 0, shrinksTo: 20, cell: ({origin}) => origin.where},
]

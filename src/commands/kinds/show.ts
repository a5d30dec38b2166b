import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {stringify} from 'yaml'
import {RigorCommand, toJson} from '../../command.ts'
import {RigorError} from '../../errors.ts'
import {renderList, type Column} from '../../report/list.ts'
import {didYouMean} from '../../text/nearest.ts'
import type {AnyKind} from '../../workload/contract.ts'
import {kinds} from '../../workload/index.ts'
import {kindJsonSchema} from '../../workload/read.ts'

export default class KindsShow extends RigorCommand {
  static override summary = 'Show the fields of a kind of workload, its JSON Schema or an example.'
  static override args = {kind: Args.string({ignoreStdin: true, description: 'Its id, such as llm-inference.', required: true})}
  static override flags = {
    schema: Flags.boolean({summary: 'Print the JSON Schema, for editors.', default: false, exclusive: ['example']}),
    example: Flags.boolean({summary: 'Print a workload to start from, as YAML.', default: false}),
  }
  static override examples = [
    {description: 'A workload to start from', command: '<%= config.bin %> kinds show llm-inference --example > chat.yaml'},
    {description: 'Completion in an editor', command: '<%= config.bin %> kinds show llm-inference --schema > llm-inference.schema.json'},
  ]

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(KindsShow)
    const kind = findKind(args.kind)
    const schema = kindJsonSchema(kind)
    if (flags.schema) {
      this.print(toJson(schema))
      return schema
    }
    if (flags.example) {
      this.print(stringify(kind.example))
      return kind.example
    }
    const {columns: width, color} = this.terminal
    const fields = listFields(schema)
    this.print(`${kind.id} — ${kind.title}\n`)
    this.print(renderList({columns: COLUMNS, rows: fields, total: fields.length, noun: 'fields', sorted: 'as in the schema', notes: ['--schema has the nested ones, --example a workload to start from.'], width, color}))
    return {id: kind.id, title: kind.title, throughputUnit: kind.throughputUnit, example: kind.example, schema}
  }
}

function findKind(id: string): AnyKind {
  const found = kinds.find((kind) => kind.id === id)
  if (found) return found
  const ids = kinds.map((kind) => kind.id)
  throw new RigorError('UNKNOWN_KIND', `"${id}" is not a kind of workload.`, {hint: didYouMean(id, ids) ?? `Known: ${ids.join(', ')}.`})
}

interface Field {
  readonly name: string
  readonly required: boolean
  readonly type: string
  readonly description: string
}

interface PropertySchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly PropertySchema[]
  readonly description?: string
}

function listFields(schema: Record<string, unknown>): readonly Field[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, PropertySchema>>
  const required = new Set((schema['required'] ?? []) as readonly string[])
  return Object.entries(properties).map(([name, property]) => ({name, required: required.has(name), type: typeText(property), description: property.description ?? ''}))
}

function typeText(property: PropertySchema): string {
  if (property.const !== undefined) return JSON.stringify(property.const)
  if (property.enum !== undefined) return property.enum.join(' | ')
  if (property.anyOf !== undefined) return [...new Set(property.anyOf.map(typeText))].join(' | ')
  return [property.type ?? 'any'].flat().join(' | ')
}

const COLUMNS: readonly Column<Field>[] = [
  {title: 'field', align: 'left', priority: 0, cell: ({name}) => name},
  {title: '', align: 'left', priority: 0, cell: ({required}) => (required ? 'required' : '')},
  {title: 'type', align: 'left', priority: 0, shrinksTo: 16, widest: 40, cell: ({type}) => type},
  {title: 'what it says', align: 'left', priority: 1, shrinksTo: 20, cell: ({description}) => description},
]

import fs from 'node:fs'
import path from 'node:path'
import {Plugin} from '@oclif/core/config'
import {MADE, markdownTable} from './markdown.ts'

/** What oclif's manifest says of a command; see scripts/build.ts. */
interface Command {
  readonly id: string
  readonly summary?: string
  readonly description?: string
  readonly args: Readonly<Record<string, Argument>>
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples?: readonly (string | {readonly description: string; readonly command: string})[]
}

interface Argument {
  readonly name: string
  readonly description?: string
  readonly required?: boolean
}

interface Flag {
  readonly name: string
  readonly char?: string
  readonly summary?: string
  readonly description?: string
  readonly helpValue?: string | readonly string[]
  readonly helpGroup?: string
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
  readonly options?: readonly string[]
  readonly hidden?: boolean
}

/** docs/commands.md: every command with its arguments, flags and examples, from the same source as `--help`. */
export async function commandsPage(root: string): Promise<string> {
  const commands = await commandsOf(root)
  const global = Object.values(commands[0]?.flags ?? {}).filter((flag) => flag.helpGroup === 'GLOBAL')
  const contents = markdownTable(['command', 'does'], commands.map(({id, summary}) => [`[\`rigor ${spaced(id)}\`](#rigor-${id.replaceAll(':', '-')})`, summary ?? '']))
  return `${MADE}

# Commands

The same text as \`rigor COMMAND --help\`. Workloads, targets and the answer are described in [architecture.md](architecture.md), errors in [errors.md](errors.md).

${contents}

## Flags of every command

${flagTable(global)}

Under \`--json\` stdout holds one JSON document and nothing else. \`NO_COLOR\` and a pipe switch colours off, \`COLUMNS\` sets the width of a pipe.
No command asks anything, and none opens a network connection.

${commands.map(section).join('\n\n')}
`
}

async function commandsOf(root: string): Promise<readonly Command[]> {
  const packageJson = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {oclif: object}
  const pjson = {...packageJson, oclif: {...packageJson.oclif, commands: {strategy: 'pattern', target: './commands', globPatterns: ['**/*.ts']}}}
  const plugin = new Plugin({root: path.join(root, 'src'), pjson: pjson as never, isRoot: true, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true})
  await plugin.load()
  const found = Object.values(plugin.manifest.commands) as unknown as Command[]
  return found.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

const spaced = (id: string): string => id.replaceAll(':', ' ')

function section(command: Command): string {
  const {id, summary, description, args, flags, examples} = command
  const own = Object.values(flags).filter((flag) => flag.helpGroup !== 'GLOBAL' && flag.hidden !== true)
  const words = Object.values(args).map(({name, required}) => (required === true ? name.toUpperCase() : `[${name.toUpperCase()}]`))
  const parts = [`## rigor ${spaced(id)}`, summary ?? '']
  if (description !== undefined && description !== summary) parts.push(description)
  parts.push(`    rigor ${[spaced(id), ...words, ...(own.length > 0 ? ['[flags]'] : [])].join(' ')}`)
  const described = Object.values(args).filter((argument) => argument.description !== undefined)
  if (described.length > 0) parts.push(markdownTable(['argument', 'is'], described.map(({name, description: text}) => [`\`${name.toUpperCase()}\``, text ?? ''])))
  if (own.length > 0) parts.push(flagTable(own))
  if (examples !== undefined && examples.length > 0) parts.push(`\`\`\`console\n${examples.map(exampleText).join('\n')}\n\`\`\``)
  return parts.filter((part) => part !== '').join('\n\n')
}

function flagTable(flags: readonly Flag[]): string {
  return markdownTable(['flag', 'does'], flags.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((flag) => [flagName(flag), flagText(flag)]))
}

function flagName({name, char, type, helpValue, multiple, options}: Flag): string {
  const shown = typeof helpValue === 'string' ? helpValue : (helpValue?.join(' ') ?? (options === undefined ? name.toUpperCase() : 'WORD'))
  const value = type === 'boolean' ? '' : `=${options === undefined ? shown : 'WORD'}`
  return `\`${char === undefined ? '' : `-${char}, `}--${name}${value}\`${multiple === true ? ' (may be repeated)' : ''}`
}

function flagText({summary, description, options}: Flag): string {
  const words = options === undefined ? '' : ` WORD is ${options.map((option) => `\`${option}\``).join(', ')}.`
  return `${summary ?? description ?? ''}${words}`
}

function exampleText(example: string | {readonly description: string; readonly command: string}): string {
  const named = (text: string): string => text.replaceAll('<%= config.bin %>', 'rigor').replaceAll('<%= command.id %>', '')
  if (typeof example === 'string') return `$ ${named(example)}`
  return `# ${example.description}\n${named(example.command).split('\n').map((line) => `$ ${line}`).join('\n')}`
}

import {styleText} from 'node:util'
import packageJson from '../package.json' with {type: 'json'}
import {runtimeConfig, toJson} from './command.ts'
import {commands} from './commands.ts'
import {RigorError, type ExitCode} from './errors.ts'
import {didYouMean} from './text/nearest.ts'
import {echo, echoBlock} from './text/safe.ts'
import {terminalOf} from './terminal.ts'
import {usageMessage} from './usage-message.ts'

const GREETING = `rigor — rig or cloud? Where to run a GPU workload, and what it takes in time, memory, watts, kWh, CO2 and money.

Three things to try:

  rigor kinds show llm-inference --example > chat.yaml    a workload to start from
  rigor plan chat.yaml                                    where to run it
  rigor catalog list --accelerator h100-sxm-80gb          what that hardware rents for

Everything else: rigor --help
`

/**
 * Runs one command line to its end. Sets `process.exitCode` and never calls `process.exit`, so that a slow reader of
 * stdout still gets every line (oclif's own `execute` gives up on it after ten seconds). Resolves to what parts of rigor
 * the run went through, in words: `bin/run.js` keeps the compiled code of runs that went through something new.
 */
export async function start(argv: readonly string[]): Promise<readonly string[]> {
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const json = options.includes('--json')
  // Read by every library that colours, oclif's help included.
  if (options.includes('--no-color') || process.env['NO_COLOR']) process.env['NO_COLOR'] = process.env['FORCE_COLOR'] = '0'
  process.on('uncaughtException', (error) => {
    report(error, json)
    process.exit()
  })
  try {
    return await dispatch(argv)
  } catch (error) {
    report(error, json)
    return []
  }
}

async function dispatch(argv: readonly string[]): Promise<readonly string[]> {
  if (argv.every((argument) => argument === '--no-color' || argument === '--quiet' || argument === '-q')) {
    process.stdout.write(GREETING)
    return []
  }
  const root = import.meta.dirname // dist or src
  const wanted = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  const subject = findSubject(wanted)
  if (subject.command === undefined || asksForHelp(wanted)) {
    const {showHelp} = await import('./help.ts')
    await showHelp(root, subject.id)
    return ['help']
  }
  const {default: CommandClass} = await subject.command()
  const command = new CommandClass(wanted.slice(subject.words), runtimeConfig(root))
  return command.execute()
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end === -1 ? undefined : end).some((argument) => argument === '--help' || argument === '-h')
}

/** What a command line is about: a command, a topic (id without command), or nothing. */
interface Subject {
  /** `catalog:show`. */
  readonly id: string | undefined
  readonly command: (typeof commands)[string] | undefined
  /** How many words of the command line name it. */
  readonly words: number
}

/** The longest command that the line begins with. ("catlog list" → `did you mean "catalog list"?`) */
function findSubject(argv: readonly string[]): Subject {
  const firstFlag = argv.findIndex((argument) => argument.startsWith('-'))
  const words = firstFlag === -1 ? argv : argv.slice(0, firstFlag)
  if (words.length === 0) return {id: undefined, command: undefined, words: 0}
  for (let length = words.length; length > 0; length--) {
    const id = words.slice(0, length).join(':')
    if (Object.hasOwn(commands, id)) return {id, command: commands[id], words: length}
  }
  const ids = Object.keys(commands).map((id) => id.replaceAll(':', ' '))
  const topics = new Set(ids.filter((id) => id.includes(' ')).map((id) => id.slice(0, id.lastIndexOf(' '))))
  const topic = words.join(' ')
  if (topics.has(topic)) return {id: words.join(':'), command: undefined, words: words.length}
  const written = topics.has(words[0] ?? '') ? words.slice(0, 2).join(' ') : (words[0] ?? '')
  const near = didYouMean(words.slice(0, 2).join(' '), ids) ?? didYouMean(written, [...ids, ...topics])
  throw new RigorError('UNKNOWN_COMMAND', `"${echo(written)}" is not a command of rigor.`, {hint: near ?? 'rigor --help lists the commands.'})
}

/** What a program and what a person get to know about a failure. */
interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly exit: ExitCode
}

function report(error: unknown, json: boolean): void {
  if (isExit(error)) {
    process.exitCode = error.oclif.exit
    return
  }
  const failure = describe(error)
  process.exitCode = failure.exit
  if (json) {
    const {code, message, hint} = failure
    process.stdout.write(`${toJson({error: {code, message, hint: hint ?? null}})}\n`)
    if (failure.exit === 70) process.stderr.write(`${bugReport(error)}\n`)
    return
  }
  if (failure.exit === 70) {
    process.stderr.write(`${bugReport(error)}\n`)
    return
  }
  const {color} = terminalOf(process.stderr, process.env)
  const style = (format: 'bold' | 'red', text: string): string => (color ? styleText(format, text, {validateStream: false}) : text)
  const lines = [`${style('red', 'Error:')} ${echoBlock(failure.message)}`, `${style('bold', 'Code:')} ${failure.code}`]
  if (failure.hint) lines.push(`${style('bold', 'Try this:')} ${echoBlock(failure.hint)}`)
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Asked for by `this.exit()`: nothing to print. */
function isExit(error: unknown): error is {oclif: {exit: number}} {
  return error instanceof Error && 'code' in error && error.code === 'EEXIT' && 'oclif' in error
}

function describe(error: unknown): Failure {
  if (error instanceof RigorError) return {code: error.code, message: error.message, hint: error.hint, exit: error.exit}
  const usage = describeUsage(error)
  if (usage) return usage
  const system = describeSystem(error)
  if (system) return system
  return {code: 'BUG', message: error instanceof Error ? error.message : String(error), hint: `Please report it: ${packageJson.bugs.url}`, exit: 70}
}

interface ParseError extends Error {
  readonly parse?: {readonly input?: {readonly flags?: Readonly<Record<string, unknown>>}}
  readonly flags?: readonly string[]
  readonly args?: readonly (string | {readonly name: string})[]
}

/** oclif's parser, in our words. Its errors carry no code; their shapes tell them apart (a bundler may rename their classes). */
function describeUsage(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof Error) || !('oclif' in thrown)) return undefined
  const error: ParseError = thrown
  const help = 'the same command with --help shows its arguments and flags.'
  const usage = (code: string, message: string, hint: string = help): Failure => ({code, message, hint, exit: 2})
  if (Array.isArray(error.flags)) {
    const unknown = String(error.flags[0])
    const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`)
    return usage('UNKNOWN_FLAG', `"${echo(unknown)}" is not a flag of this command.`, didYouMean(unknown, known))
  }
  if (Array.isArray(error.args)) {
    const missing = error.args.filter((argument) => typeof argument !== 'string').map((argument) => argument.name.toUpperCase())
    if (missing.length > 0) return usage('MISSING_ARGUMENT', `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`)
    return usage('UNEXPECTED_ARGUMENT', `too many arguments: "${error.args.map((argument) => echo(String(argument))).join('", "')}".`)
  }
  const {message, hint} = usageMessage(error.message)
  return usage('BAD_USAGE', message, hint)
}

const SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read or written',
  EPERM: 'may not be read or written',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'lies under something that is not a folder',
  ENOSPC: 'could not be written: the disk is full',
  EROFS: 'lies on a read-only file system',
}

/** A file that is missing or locked is the user's to mend, wherever it surfaced. */
function describeSystem(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const said = SYSTEM_MESSAGES[String(error.code)]
  return said === undefined ? undefined : {code: String(error.code), message: `"${String(error.path)}" ${said}.`, hint: undefined, exit: 2}
}

function bugReport(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${echoBlock(stack)}\n\nThis is a bug in rigor ${packageJson.version} (Node ${process.versions.node}, ${process.platform} ${process.arch}).\nPlease report it with the lines above and the command you ran: ${packageJson.bugs.url}`
}

import {spawn} from 'node:child_process'
import path from 'node:path'

export const ROOT = path.resolve(import.meta.dirname, '..', '..')
export const PROGRAM = path.join(ROOT, 'bin', 'run.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
}

/** Runs the built rigor as a user would, in a process of its own. */
export function rigor(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(process.execPath, [PROGRAM, ...args], options)
}

/** Runs a line of bash in which `rigor` is the built program. */
export function shell(line: string, options: RunOptions = {}): Promise<Outcome> {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
  return run('bash', ['-c', `rigor() { ${quoted(process.execPath)} ${quoted(PROGRAM)} "$@"; }\n${line}`], options)
}

function run(command: string, args: readonly string[], {cwd = ROOT, env = {}, stdin = ''}: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {cwd, env: {...process.env, NODE_ENV: undefined, ...env}, stdio: 'pipe'})
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({code, stdout, stderr}))
    child.stdin.on('error', () => {}) // a program that ends without reading it
    child.stdin.end(stdin)
  })
}

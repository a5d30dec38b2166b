import {spawn, type ChildProcess} from 'node:child_process'
import {existsSync} from 'node:fs'
import path from 'node:path'
import type {Ssh} from './config/schema.ts'
import {DETECT_SCRIPT} from './detect/script.ts'
import {readSections, type Sections} from './detect/sections.ts'
import {sshArguments, sshError} from './detect/ssh.ts'
import {RigorError} from './errors.ts'
import {echo} from './text/safe.ts'

/** The tools of a machine say some ten kilobytes. */
const LONGEST_OUTPUT = 4_000_000
const LONGEST_COMPLAINT = 64_000
const LONGEST_MILLISECONDS = 240_000
/** How ssh ends when it did not get there, and not what it ran. */
const SSH_FAILED = 255

export interface ProbeOptions {
  /** Where to; absent = this machine. */
  readonly ssh?: Ssh | undefined
  /** 32 hexadecimal digits that nobody can guess. */
  readonly nonce: string
  readonly environment?: NodeJS.ProcessEnv
  readonly longestMilliseconds?: number
}

/** Runs the script on this machine or on another and gives what it printed, by section. */
export async function probe({ssh, nonce, environment = process.env, longestMilliseconds = LONGEST_MILLISECONDS}: ProbeOptions): Promise<Sections> {
  const target = ssh === undefined ? undefined : withFiles(ssh)
  // What ssh complains in is told apart by its words: they have to be English.
  const child = target === undefined ? start('sh', ['-s', nonce], environment) : start('ssh', sshArguments(target, nonce), {...environment, LC_ALL: 'C'})
  const {code, stdout, stderr} = await finish(child, target === undefined ? 'sh' : 'ssh', longestMilliseconds)
  const sections = readSections(stdout, nonce)
  if (sections !== undefined) return sections
  if (target !== undefined && code === SSH_FAILED) throw sshError(stderr, target)
  const said = stderr.split('\n').find((line) => line.trim() !== '')
  throw new RigorError('PROBE_FAILED', `${target === undefined ? 'This machine' : target.host} did not run the script to its end (exit ${code ?? 'by a signal'})${said === undefined ? '' : `: ${echo(said.trim(), 200)}`}`, {
    hint: 'It needs a POSIX shell under the name sh, as Linux has; an account that may run one command only is not enough.',
    exit: target === undefined ? 2 : 4,
  })
}

/** Files from the working directory, and there: ssh itself would only warn, and go on without. */
function withFiles(ssh: Ssh): Ssh {
  const absolute = (file: string | undefined, flag: string): string | undefined => {
    if (file === undefined) return undefined
    if (!existsSync(file)) throw new RigorError('FILE_NOT_FOUND', `There is no file ${echo(file, 300)}, which ${flag} names.`, {hint: 'Check the path. It starts at the working directory.'})
    return path.resolve(file)
  }
  return {...ssh, keyFile: absolute(ssh.keyFile, '--ssh-key'), knownHostsFile: absolute(ssh.knownHostsFile, '--ssh-known-hosts')}
}

/** In a group of its own, so that what it started can be ended with it. */
function start(program: string, argv: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(program, [...argv], {env, stdio: ['pipe', 'pipe', 'pipe'], detached: true})
}

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function finish(child: ChildProcess, program: string, longestMilliseconds: number): Promise<Finished> {
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  const interrupted = (signal: NodeJS.Signals): void => {
    stop()
    // As if nobody had listened: the shell that started rigor learns of the signal.
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    process.kill(process.pid, signal)
  }
  return new Promise<Finished>((resolve, reject) => {
    const output: Buffer[] = []
    const complaint: Buffer[] = []
    let [outputBytes, complaintBytes] = [0, 0]
    const fail = (error: RigorError): void => {
      stop()
      reject(error)
    }
    const timer = setTimeout(() => fail(new RigorError('PROBE_TIMEOUT', `The machine did not answer within ${Math.round(longestMilliseconds / 1000)} s.`, {hint: 'Is one of its tools stuck? nvidia-smi is, where a card has fallen off the bus.', exit: 4})), longestMilliseconds)
    process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
    child.stdout?.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length
      if (outputBytes > LONGEST_OUTPUT) fail(new RigorError('TOO_LARGE', 'The machine says more than 4 MB.', {hint: 'One of its tools does not answer as it should.', exit: 4}))
      else output.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      complaintBytes += chunk.length
      if (complaintBytes <= LONGEST_COMPLAINT) complaint.push(chunk)
    })
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'ENOENT' ? new RigorError('PROGRAM_NOT_FOUND', `${program} is not installed here, or not on the PATH.`, {hint: program === 'ssh' ? 'Install an OpenSSH client, or run rigor on the machine itself.' : 'rigor rig detect reads Linux machines; name one with --ssh user@host.', cause}) : cause)
    })
    child.on('close', (code) => resolve({code, stdout: Buffer.concat(output).toString('utf8'), stderr: Buffer.concat(complaint).toString('utf8')}))
    // A program that ends without reading it.
    child.stdin?.on('error', () => {})
    child.stdin?.end(DETECT_SCRIPT)
    child.once('close', () => clearTimeout(timer))
    child.once('error', () => clearTimeout(timer))
  }).finally(() => process.off('SIGINT', interrupted).off('SIGTERM', interrupted))
}

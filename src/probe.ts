import {spawn, type ChildProcess} from 'node:child_process'
import {existsSync} from 'node:fs'
import path from 'node:path'
import type {Ssh} from './config/schema.ts'
import {DETECT_SCRIPT} from './detect/script.ts'
import {readSections, type Answer} from './detect/sections.ts'
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

/** Runs the script on this machine or on another and gives what it printed, by section. Of a machine that takes too long, what it had said by then. */
export async function probe({ssh, nonce, environment = process.env, longestMilliseconds = LONGEST_MILLISECONDS}: ProbeOptions): Promise<Answer> {
  const target = ssh === undefined ? undefined : withFiles(ssh)
  // What ssh complains in is told apart by its words: they have to be English.
  const begin = (): ChildProcess => (target === undefined ? start('sh', ['-s', nonce], environment) : start('ssh', sshArguments(target, nonce), {...environment, LC_ALL: 'C'}))
  const {late, code, stdout, stderr} = await finish(begin, target === undefined ? 'sh' : 'ssh', `\n${nonce} done\n`, longestMilliseconds)
  const answer = readSections(stdout, nonce)
  if (answer.complete || (late && answer.sections.get('system')?.status === '0')) return answer
  if (late) throw new RigorError('PROBE_TIMEOUT', `The machine did not answer within ${Math.round(longestMilliseconds / 1000)} s.`, {hint: 'Not even its shell did: is it under load, or out of memory?', exit: 4})
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

/** In a group of its own, in which the script keeps all that it starts: so that it can be ended with it. */
function start(program: string, argv: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(program, [...argv], {env, stdio: ['pipe', 'pipe', 'pipe'], detached: true})
}

interface Finished {
  /** It was ended as it took too long. */
  readonly late: boolean
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Until the last line, the end of the program or of the time, whichever comes first: a tool that is stuck in the kernel keeps the output open. Nothing of the group stays. */
function finish(begin: () => ChildProcess, program: string, lastLine: string, longestMilliseconds: number): Promise<Finished> {
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  const listen = (how: 'on' | 'off'): void => SIGNALS.forEach((signal) => process[how](signal, interrupted))
  const interrupted = (signal: NodeJS.Signals): void => {
    stop()
    // As if nobody had listened: the shell that started rigor learns of the signal.
    listen('off')
    process.kill(process.pid, signal)
  }
  let timer: NodeJS.Timeout | undefined
  // Before there is anything to end: a signal in between would leave it behind.
  listen('on')
  const child = begin()
  return new Promise<Finished>((resolve, reject) => {
    const output: Buffer[] = []
    const complaint: Buffer[] = []
    let [outputBytes, complaintBytes, recent] = [0, 0, '']
    const settle = (late: boolean, code: number | null): void => resolve({late, code, stdout: Buffer.concat(output).toString('utf8'), stderr: Buffer.concat(complaint).toString('utf8')})
    timer = setTimeout(() => settle(true, null), longestMilliseconds)
    child.stdout?.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length
      if (outputBytes > LONGEST_OUTPUT) return reject(new RigorError('TOO_LARGE', 'The machine says more than 4 MB.', {hint: 'One of its tools does not answer as it should.', exit: 4}))
      output.push(chunk)
      recent += chunk.toString('latin1')
      if (recent.includes(lastLine)) settle(false, null)
      recent = recent.slice(-lastLine.length)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      complaintBytes += chunk.length
      if (complaintBytes <= LONGEST_COMPLAINT) complaint.push(chunk)
    })
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'ENOENT' ? new RigorError('PROGRAM_NOT_FOUND', `${program} is not installed here, or not on the PATH.`, {hint: program === 'ssh' ? 'Install an OpenSSH client, or run rigor on the machine itself.' : 'rigor rig detect reads Linux machines; name one with --ssh user@host.', cause}) : cause)
    })
    child.on('close', (code) => settle(false, code))
    // A program that ends without reading it.
    child.stdin?.on('error', () => {})
    child.stdin?.end(DETECT_SCRIPT)
  }).finally(() => {
    clearTimeout(timer)
    listen('off')
    stop()
    // What no signal reaches shall not keep rigor waiting.
    child.unref()
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
  })
}

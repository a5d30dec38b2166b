import {spawn} from 'node:child_process'
import fs from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {readMachine} from '../../src/detect/read-machine.ts'
import type {SeenMachine} from '../../src/detect/machine.ts'
import {DETECT_SCRIPT} from '../../src/detect/script.ts'
import {readSections, type Answer} from '../../src/detect/sections.ts'

export const MACHINES = ['hgx-h100', 'h100x10-pcie', 'workstation-rtx4090', 'laptop-rtx4090', 'no-gpu'] as const
export type MachineName = (typeof MACHINES)[number]

/** The nonce of the tests; the program takes another one each time. */
export const NONCE = 'c0ffee00c0ffee00c0ffee00c0ffee00'

/** What the script itself asks of a machine beside the tools that it looks for. */
const PLAIN_TOOLS = ['sh', 'cat', 'uname', 'grep', 'basename', 'dirname', 'sleep']

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A recording: `=== PATH` begins a file below bin/ (what a tool prints; `.fails` = with exit 1) or below root/ (what stands under / there). */
export function recording(name: MachineName): ReadonlyMap<string, string> {
  const text = fs.readFileSync(path.join(import.meta.dirname, 'fixtures', `${name}.txt`), 'utf8')
  return new Map(text.split(/^=== /m).slice(1).map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]))
}

export interface LaidOut {
  readonly folder: string
  /** Tools of the machine, and nothing else. */
  readonly path: string
  /** What stands for / there. */
  readonly root: string
}

/** Lays a recording out as programs and files. */
export function layOut(files: ReadonlyMap<string, string>): LaidOut {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'rigor-detect-'))
  const [bin, root, said] = ['bin', 'root', 'said'].map((name) => path.join(folder, name)) as [string, string, string]
  for (const each of [bin, root, said]) fs.mkdirSync(each)
  for (const tool of PLAIN_TOOLS) {
    const real = (process.env['PATH'] ?? '').split(':').concat('/usr/bin', '/bin').map((each) => path.join(each, tool)).find((each) => fs.existsSync(each))
    if (real !== undefined) fs.symlinkSync(real, path.join(bin, tool))
  }
  const tools = new Map<string, string[]>()
  for (const [file, text] of files) {
    if (file.startsWith('root/')) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
      fs.writeFileSync(path.join(folder, file), text)
      continue
    }
    const name = path.basename(file)
    fs.writeFileSync(path.join(said, name), text)
    const tool = name.replace(/\.(?:query|topo|fails)$/, '')
    const answer = `cat ${quoted(path.join(said, name))}`
    const line = name.endsWith('.topo') ? `[ "$1" = topo ] && { ${answer}; exit 0; }` : name.endsWith('.query') ? `case $1 in --query-gpu=*) ${answer}; exit 0 ;; esac` : name.endsWith('.fails') ? `${answer}; exit 1` : `${answer}; exit 0`
    tools.set(tool, [...(tools.get(tool) ?? []), line])
  }
  for (const [tool, lines] of tools) fs.writeFileSync(path.join(bin, tool), `#!/bin/sh\n${lines.join('\n')}\nexit 9\n`, {mode: 0o755})
  return {folder, path: bin, root}
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The script as the program runs it, but on the files of a recording. */
export function runScript({path: bin, root}: LaidOut, shell = 'sh', script = DETECT_SCRIPT): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell, ['-s', NONCE, root], {env: {PATH: bin}, stdio: 'pipe'})
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.on('error', reject).on('close', (code) => resolve({code, stdout, stderr}))
    child.stdin.end(script)
  })
}

export async function answerOf(files: ReadonlyMap<string, string>): Promise<Answer> {
  const laidOut = layOut(files)
  const {code, stdout, stderr} = await runScript(laidOut)
  fs.rmSync(laidOut.folder, {recursive: true})
  const answer = readSections(stdout, NONCE)
  if (!answer.complete || stderr !== '') throw new Error(`the script ended with ${code}: ${stderr}`)
  return answer
}

export const machineOf = async (name: MachineName): Promise<SeenMachine> => readMachine(await answerOf(recording(name)))

/**
 * How long rigor takes, as multiples of an empty Node process measured in between, so that the figures can be compared
 * across machines: `npm run bench [-- --json] [-- --runs 21]`. Exits 1 when a floor is missed.
 */
import {spawn} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {parseArgs} from 'node:util'
import {givenLines, searchedLines} from './batch-lines.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const RIGOR = path.join(ROOT, 'bin', 'run.js')
const EXAMPLE = path.join(ROOT, 'examples', 'chat-70b.yaml')

interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly aim?: number
  readonly floor?: number
  /** Whether less is better. */
  readonly lower: boolean
  readonly detail: string
}

const {values: options} = parseArgs({options: {json: {type: 'boolean', default: false}, runs: {type: 'string', default: '15'}, lines: {type: 'string', default: '20000'}}})
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor-bench-'))
const environment = {...process.env, RIGOR_HOME: home, RIGOR_AS_OF: '2026-11-20', RIGOR_OFFLINE: '1', NO_COLOR: '1', NODE_COMPILE_CACHE: ''}

try {
  const results = await measureAll()
  process.stdout.write(options.json ? `${JSON.stringify({node: process.version, cpu: os.cpus()[0]?.model ?? 'unknown', results}, undefined, 2)}\n` : table(results))
  if (results.some((result) => missesFloor(result))) process.exitCode = 1
} finally {
  fs.rmSync(home, {recursive: true, force: true})
}

async function measureAll(): Promise<readonly Result[]> {
  const commands: Readonly<Record<string, readonly string[]>> = {
    'node -e 0': ['-e', '0'],
    '--version': [RIGOR, '--version'],
    '--help': [RIGOR, '--help'],
    'explain bottleneck': [RIGOR, 'explain', 'bottleneck'],
    'plan chat-70b.yaml': [RIGOR, 'plan', EXAMPLE],
  }
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]))
  const runs = Number(options.runs)
  // Interleaved, so that whatever else the machine does falls on all alike; the first three rounds warm the caches.
  for (let round = -3; round < runs; round++) {
    for (const [name, argv] of Object.entries(commands)) {
      const {milliseconds} = await runNode(argv)
      if (round >= 0) times.get(name)?.push(milliseconds)
    }
  }
  const medians = new Map([...times].map(([name, list]) => [name, median(list)]))
  const nothing = medians.get('node -e 0') ?? Number.NaN
  const bounds: Readonly<Record<string, {aim: number; floor: number}>> = {'--version': {aim: 2.5, floor: 3}, 'plan chat-70b.yaml': {aim: 5, floor: 8}}
  const results: Result[] = [{name: 'node -e 0', value: 1, unit: '×', lower: true, detail: `${nothing.toFixed(1)} ms`}]
  for (const [name, milliseconds] of medians) {
    if (name !== 'node -e 0') results.push({name, value: milliseconds / nothing, unit: '×', ...bounds[name], lower: true, detail: `${milliseconds.toFixed(1)} ms`})
  }
  const peaks: number[] = []
  for (let round = 0; round < 5; round++) peaks.push((await runNode(['--import', path.join(ROOT, 'bench', 'peak.mjs'), RIGOR, 'plan', EXAMPLE])).peakMegabytes)
  results.push({name: 'plan chat-70b.yaml, peak memory', value: median(peaks), unit: 'MB', aim: 130, floor: 180, lower: true, detail: 'resident set'})
  results.push(await draws())
  results.push(await batch('estimate --batch, configuration given', givenLines(Number(options.lines)), {aim: 20_000, floor: 5000}))
  results.push(await batch('estimate --batch, searched', searchedLines(Math.ceil(Number(options.lines) / 40)), {aim: 200, floor: 100}))
  return results
}

/** Seconds of 10,000 draws of a break-even: what ten times as many take more, by nine. */
async function draws(): Promise<Result> {
  const seconds = async (samples: number): Promise<number> => {
    const times: number[] = []
    for (let round = 0; round < 3; round++) times.push((await runNode([RIGOR, 'breakeven', EXAMPLE, '--samples', String(samples), '--json'])).milliseconds / 1000)
    return median(times)
  }
  const [few, many] = [await seconds(10_000), await seconds(100_000)]
  return {name: 'breakeven, 10,000 draws', value: (many - few) / 9, unit: 's', aim: 0.5, floor: 1, lower: true, detail: `${few.toFixed(2)} s with plans and start`}
}

/** Lines per second, the start of the process included. */
async function batch(name: string, lines: readonly string[], bounds: {readonly aim: number; readonly floor: number}): Promise<Result> {
  const file = path.join(home, 'batch.jsonl')
  fs.writeFileSync(file, `${lines.join('\n')}\n`)
  const output = path.join(home, 'batch.out')
  const rates: number[] = []
  let answered = 0
  for (let round = 0; round < 3; round++) {
    const {milliseconds} = await runNode([RIGOR, 'estimate', '--batch', file], output)
    rates.push(lines.length / (milliseconds / 1000))
    answered = fs.readFileSync(output, 'utf8').split('\n').filter((line) => line.includes('"estimate"')).length
  }
  return {name, value: median(rates), unit: '/s', ...bounds, lower: false, detail: `${lines.length} lines, ${answered} with an estimate`}
}

function runNode(argv: readonly string[], output?: string): Promise<{milliseconds: number; peakMegabytes: number}> {
  const out = output === undefined ? 'ignore' : fs.openSync(output, 'w')
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint()
    const child = spawn(process.execPath, [...argv], {cwd: home, env: environment, stdio: ['ignore', out, 'pipe', 'pipe']})
    let complaint = ''
    let peak = ''
    child.stderr?.on('data', (chunk) => (complaint += String(chunk)))
    child.stdio[3]?.on('data', (chunk) => (peak += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => {
      const milliseconds = Number(process.hrtime.bigint() - started) / 1e6
      if (typeof out === 'number') fs.closeSync(out)
      if (code === 0) resolve({milliseconds, peakMegabytes: Number(peak) / 1024})
      else reject(new Error(`node ${argv.join(' ')} ended with ${code}:\n${complaint}`))
    })
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function missesFloor({value, floor, lower}: Result): boolean {
  return floor !== undefined && (lower ? value > floor : value < floor)
}

function table(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const {name, value, unit, aim, floor, lower, detail} = result
    const met = aim === undefined ? '' : missesFloor(result) ? 'MISSED' : (lower ? value <= aim : value >= aim) ? 'aim' : 'floor'
    return [name, `${value >= 1000 ? value.toFixed(0) : value.toFixed(2)} ${unit}`, aim === undefined ? '' : `${lower ? '≤' : '≥'} ${aim}`, floor === undefined ? '' : `${lower ? '≤' : '≥'} ${floor}`, met, detail]
  })
  const all = [['', 'measured', 'aim', 'floor', 'met', ''], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {commands} from '../../src/commands.ts'
import {rigor, ROOT, type Outcome} from '../cli/rigor.ts'

let home = ''
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor compiled '))
})
afterEach(() => fs.rmSync(home, {recursive: true, force: true}))

const explain = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  rigor(['explain', 'bottleneck', ...args], {env: {RIGOR_HOME: home, NO_COLOR: '1', NODE_DISABLE_COMPILE_CACHE: '', NODE_OPTIONS: '', ...env}})

/** Every file below the home, by its path. */
const files = (): string[] => fs.globSync('{,.cache/}**/*.bin*', {cwd: home}).sort()
const only = (): string => {
  expect(files()).toHaveLength(1)
  return path.join(home, files()[0] ?? '')
}
const partsOf = (file: string): string[] => {
  const bytes = fs.readFileSync(file)
  const end = bytes.length - 4
  return JSON.parse(bytes.toString('utf8', end - bytes.readUInt32LE(end), end)) as string[]
}

test('the first run of a command keeps its compiled code for the user alone, the second leaves it as it is', async () => {
  const first = await explain()
  const file = only()
  const before = fs.statSync(file)
  const second = await explain()

  expect(second).toEqual(first)
  expect(path.basename(file)).toBe('explain.bin')
  expect(before.mode & 0o777).toBe(0o600)
  expect(before.size).toBeGreaterThan(50_000)
  expect(fs.statSync(only()).ino).toBe(before.ino)
})

test('a run through something new adds it to what is kept', async () => {
  await explain()
  const before = partsOf(only())
  await explain(['--json'])

  expect(partsOf(only())).toEqual([...before, '--json'])
})

test.for([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ['empty', () => Buffer.alloc(0)],
  ['something else', () => Buffer.from('not compiled code at all, but long enough to have an end')],
  ['damaged in one place', (bytes: Buffer) => Buffer.from(bytes).fill(0, bytes.length / 2, bytes.length / 2 + 512)],
  ['without a list', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length - 4 - bytes.readUInt32LE(bytes.length - 4)), Buffer.from('1\u0001\0\0\0', 'latin1')])],
  ['of another build', (bytes: Buffer) => Buffer.concat([Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), bytes.subarray(8)])],
] as const)('compiled code that is %s costs time and nothing else', async ([, spoil]) => {
  const whole = await explain()
  const file = only()
  const parts = partsOf(file)
  fs.writeFileSync(file, spoil(fs.readFileSync(file)))
  const again = await explain()

  expect(again).toEqual(whole)
  expect(partsOf(only())).toEqual(parts)
  expect(fs.statSync(only()).size).toBeGreaterThan(50_000)
})

test('other V8 flags have a folder of their own', async () => {
  await explain()
  await explain([], {NODE_OPTIONS: '--stack-trace-limit=20'})

  expect(files()).toHaveLength(2)
})

test('nothing is kept of a failed run, where the user says so, or where nothing can be written', async () => {
  const failed = await rigor(['explain', 'no-such-topic'], {env: {RIGOR_HOME: home}})
  const off = await explain([], {NODE_DISABLE_COMPILE_CACHE: '1'})
  const file = path.join(home, 'a-file')
  fs.writeFileSync(file, '')
  const nowhere = await explain([], {RIGOR_HOME: file})

  expect(failed.code).toBe(2)
  expect(off.code).toBe(0)
  expect(nowhere).toEqual(off)
  expect(files()).toEqual([])
})

test('the cache folder is where XDG_CACHE_HOME says, unless that is no whole path', async () => {
  const run = (cache: string): Promise<Outcome> => explain([], {RIGOR_HOME: '', HOME: home, XDG_CACHE_HOME: cache})
  await run(path.join(home, 'elsewhere'))
  await run(path.relative(ROOT, path.join(home, 'relative')))

  expect(files().map((file) => file.split(path.sep).slice(0, 3).join('/'))).toEqual(['.cache/rigor/compiled', 'elsewhere/rigor/compiled'])
})

test('what cannot take its place does not stay behind', async () => {
  await explain()
  const file = only()
  fs.rmSync(file)
  fs.mkdirSync(file)
  const again = await explain()

  expect(again.code).toBe(0)
  expect(files()).toEqual([path.relative(home, file)])
})

test('the built program reads letters beyond ASCII as its sources do', async () => {
  const euros = await rigor(['catalog', 'list', '--max-price', '€3/h', '--limit', '1'])
  const times = await rigor(['estimate', 'examples/finetune-8b.yaml', '--on', '8× h100-sxm-80gb', '--json'])

  expect(euros).toMatchObject({code: 0, stderr: ''})
  expect(JSON.parse(times.stdout)).toMatchObject({targets: [{id: 'h100-sxm-80gb:8'}]})
})

test('every command is registered, and no other', () => {
  const folder = path.join(ROOT, 'src', 'commands')
  const ids = fs.globSync('**/*.ts', {cwd: folder}).map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, ':'))
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'dist', 'oclif.manifest.json'), 'utf8')) as {commands: Record<string, unknown>}

  expect(Object.keys(commands).sort()).toEqual(ids.sort())
  expect(Object.keys(manifest.commands).sort()).toEqual(ids.sort())
})

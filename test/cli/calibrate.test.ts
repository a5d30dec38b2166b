import fs from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeEach, describe, expect, test} from 'vitest'
import {rigor, ROOT} from './rigor.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'rigor calibrate '))
afterAll(() => rm(folder, {recursive: true}))

const home = path.join(folder, 'home')
const store = path.join(home, 'data', 'measurements.json')
const env = {RIGOR_AS_OF: '2026-11-21', NO_COLOR: '1', COLUMNS: '100', RIGOR_HOME: home}
const run = (...args: readonly string[]) => rigor(args, {cwd: folder, env})
const MADE_UP = path.join(ROOT, 'test', 'fixtures', 'measurement', 'made-up-h100-pcie.json')
const TUNE = path.join(ROOT, 'examples', 'finetune-8b.yaml')
const MEASURED = ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--throughput', '60000 tokens/s']

interface Answer {
  readonly status: string
  readonly measurement: {readonly id: string; readonly date: string}
  readonly comparison: {readonly measured: number; readonly predicted: {readonly p10: number; readonly p50: number; readonly p90: number}; readonly ratio: number}
  readonly estimate: {readonly p50: number}
}
const answer = async (...args: readonly string[]): Promise<Answer> => JSON.parse((await run(...args, '--json')).stdout) as Answer

beforeEach(() => rm(home, {recursive: true, force: true}))

describe('calibrate add', () => {
  test('compares, keeps, and changes what is estimated from then on', async () => {
    const {code, stdout, stderr} = await run(...MEASURED)

    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toMatch(/^Measurement m-[0-9a-f]{10}\n/)
    expect(stdout).toMatch(/plain estimate +[\d,]+ tokens\/s ±/)
    expect(stdout).toMatch(/taken to run as +bf16, .*pytorch/)
    expect(stdout).toContain(`kept in ${store}`)
    const {stdout: estimate} = await run('estimate', TUNE, '--on', 'h100-sxm-80gb:8')
    expect(estimate).toMatch(/Pulled ×0\.\d+ by your measurement of 2026-11-21 on h100-sxm-80gb:8\./)
    expect(estimate).toContain('● measured')
  })

  test('twice changes nothing', async () => {
    const first = await answer(...MEASURED)
    const kept = fs.readFileSync(store, 'utf8')
    const second = await answer(...MEASURED, '--note', 'again', '--date', '2026-11-20')

    expect([first.status, second.status]).toEqual(['stored', 'already'])
    expect(second.measurement).toEqual(first.measurement)
    expect(fs.readFileSync(store, 'utf8')).toBe(kept)
  })

  test('--dry-run says the same and keeps nothing', async () => {
    const dry = await answer(...MEASURED, '--dry-run')
    expect(fs.existsSync(store)).toBe(false)

    const {status, ...rest} = await answer(...MEASURED)
    expect([dry.status, status]).toEqual(['dry-run', 'stored'])
    expect({...dry, status}).toEqual({status, ...rest})
    expect(dry.estimate.p50 / 60_000).toBeCloseTo(1, 1)
  })

  test('several at a time lose none', async () => {
    const rates = [58_000, 59_000, 60_000, 61_000]
    await Promise.all(rates.map(rate => run('calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--throughput', `${rate} tokens/s`)))

    expect((JSON.parse(fs.readFileSync(store, 'utf8')) as {measurements: unknown[]}).measurements).toHaveLength(rates.length)
    expect(fs.readdirSync(path.dirname(store))).toEqual(['measurements.json'])
  })

  test('far off: refused, shown by --dry-run, and kept with --force', async () => {
    const far = ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--throughput', '15000 tokens/s']
    const {code, stderr} = await run(...far)

    expect(code).toBe(2)
    expect(stderr).toMatch(/standard deviations off.*\nCode: MEASUREMENT_SURPRISING\nTry this: .*--force/s)
    expect(fs.existsSync(store)).toBe(false)
    expect((await run(...far, '--dry-run')).stdout.replaceAll(/\s+/g, ' ')).toContain('standard deviations off: check unit, count and configuration.')
    expect((await answer(...far, '--force')).status).toBe('stored')
    expect((await run('estimate', TUNE, '--on', 'h100-sxm-80gb:8')).stdout.replaceAll(/\s+/g, ' ')).toContain('standard deviations off: it counts little')
  })

  test('by flags alone, with a duration', async () => {
    const {status, comparison} = await answer('calibrate', 'add', '--kind', 'generic', '--set', 'flops=1e17', '--set', 'bytes=1e12', '--on', 'a100-sxm-80gb:1', '--duration', '3 h')

    expect({status, measured: comparison.measured}).toEqual({status: 'stored', measured: 10_800})
  })

  test.for<[string, string[], string]>([
    ['no figure', ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8'], 'BAD_USAGE'],
    ['no target', ['calibrate', 'add', TUNE, '--throughput', '60000 tokens/s'], 'MISSING_TARGET'],
    ['both figures', [...MEASURED, '--duration', '3h'], 'BAD_USAGE'],
    ['a figure without a unit of its own', ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--duration', '3'], 'BAD_FIELD'],
    ['faster than the roofline', ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--throughput', '600000 tokens/s'], 'MEASUREMENT_IMPOSSIBLE'],
    ['a rate below zero', ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--throughput=-5 tokens/s'], 'BAD_FIELD'],
    ['no time at all', ['calibrate', 'add', TUNE, '--on', 'h100-sxm-80gb:8', '--duration', '0s'], 'BAD_FIELD'],
    ['a month that is none', [...MEASURED, '--date', '2099-13-01'], 'BAD_FIELD'],
    ['a day that is none', [...MEASURED, '--date', 'yesterday'], 'BAD_FIELD'],
    ['a day to come', [...MEASURED, '--date', '2099-01-01'], 'BAD_FIELD'],
    ['a remark that steers the terminal', [...MEASURED, '--note', 'a\u001b[2Jb'], 'BAD_FIELD'],
    ['a processor\'s figures', ['calibrate', 'add', path.join(ROOT, 'test', 'fixtures', 'measurement', 'cpu.json')], 'NO_ACCELERATOR'],
    ['an accelerator\'s figures with a target', ['calibrate', 'add', MADE_UP, '--on', 'h100-pcie-80gb:1'], 'BAD_USAGE'],
    ['an accelerator that it cannot be', ['calibrate', 'add', MADE_UP, '--accelerator', 'l4-24gb'], 'MEASUREMENT_IMPOSSIBLE'],
  ])('%s: exit 2, the cause and the next step, and nothing kept', async ([, args, code]) => {
    const outcome = await run(...args)

    expect({code: outcome.code, stdout: outcome.stdout}).toEqual({code: 2, stdout: ''})
    expect(outcome.stderr).toMatch(new RegExp(`^Error: .+\\nCode: ${code}\\nTry this: .`, 's'))
    expect(outcome.stderr).not.toContain('\u001b')
    expect(fs.existsSync(store)).toBe(false)
  })
})

describe('what measure.py wrote', () => {
  test('is taken in once, by the name that the driver gives the card, and counts for the rig that has it', async () => {
    const {stdout} = await run('calibrate', 'add', MADE_UP)
    const again = JSON.parse((await run('calibrate', 'add', MADE_UP, '--json')).stdout) as {status: string; hardware: {acceleratorId: string}}

    expect(stdout).toMatch(/accelerator +h100-pcie-80gb \("NVIDIA H100 PCIe", 2026-11-01\)/)
    expect(again).toMatchObject({status: 'already', hardware: {acceleratorId: 'h100-pcie-80gb'}})
    const {stdout: estimate} = await run('estimate', TUNE, '--on', 'rig:h100x10-pcie:8')
    expect(estimate.replaceAll(/\s+/g, ' ')).toContain('h100-pcie-80gb as you measured it on 2026-11-01: matmuls ×0.869, memory bandwidth ×0.987, 51 W idle, 310 W at most.')
  })

  test('of a card whose name says nothing is refused until the user names it', async () => {
    const file = path.join(folder, 'odd.json')
    const text = fs.readFileSync(MADE_UP, 'utf8').replace('NVIDIA H100 PCIe', 'Graphics Device')
    await writeFile(file, text)
    const {code, stderr} = await run('calibrate', 'add', file)

    expect(code).toBe(2)
    expect(stderr).toContain('Code: UNKNOWN_ACCELERATOR')
    expect((await run('calibrate', 'add', file, '--accelerator', 'h100-pcie-80gb')).code).toBe(0)
  })
})

describe('list and remove', () => {
  test('show what is there, of the store and of rigor.yaml, and take out of the store', async () => {
    const project = path.join(folder, 'project')
    fs.mkdirSync(project, {recursive: true})
    fs.writeFileSync(path.join(project, 'rigor.yaml'), 'measurements:\n  - {workload: {kind: generic, flops: 1e17, bytes: 1e12}, on: "a100-sxm-80gb:1", duration: 3 h}\n')
    const {measurement} = await answer(...MEASURED)
    await run('calibrate', 'add', MADE_UP)

    const list = await rigor(['calibrate', 'list'], {cwd: project, env})
    expect({code: list.code, stderr: list.stderr}).toEqual({code: 0, stderr: ''})
    for (const text of ['rigor.yaml:2', measurement.id, 'a100-sxm-80gb:1', 'h100-pcie-80gb', '2 measurements', '1 measured accelerators']) expect(list.stdout).toContain(text)
    const doctor = await rigor(['doctor', '--json'], {cwd: project, env})
    expect(doctor.stdout).toContain('of your own in use: 1 in rigor.yaml:1, 1 in ')
    expect((await rigor(['config', '--origin'], {cwd: project, env})).stdout).toContain('calibrate: measurements')

    const json = (await rigor(['calibrate', 'list', '--json'], {cwd: project, env})).stdout
    expect(json).not.toContain(folder)
    expect(JSON.parse(json)).toMatchObject({file: 'measurements.json', measurements: [{where: 'rigor.yaml:2'}, {where: 'measurements.json:1'}]})

    const removed = await run('calibrate', 'remove', measurement.id)
    expect({code: removed.code, stdout: removed.stdout}).toEqual({code: 0, stdout: `${measurement.id} is taken out of ${store}.\n`})
    const {code, stderr} = await run('calibrate', 'remove', measurement.id)
    expect(code).toBe(2)
    expect(stderr).toContain('Code: UNKNOWN_MEASUREMENT')
  })

  test('as JSON name no folder of the user, in mistakes either', async () => {
    fs.mkdirSync(path.dirname(store), {recursive: true})
    fs.writeFileSync(store, '{"schema": "rigor.measurements/1", "hardware": [], "measurements": [\n{"id": "m-0123456789", "workload": {"kind": "generic", "flops": "1e17"}, "on": "a100-sxm-80gb:1", "duration": "3"}]}\n')
    const {stdout} = await run('calibrate', 'list', '--json')

    expect(stdout).not.toContain(folder)
    expect((JSON.parse(stdout) as {measurements: {problem: string}[]}).measurements[0]?.problem).toMatch(/^measurements\.json:2 — .*has no unit/)
    expect((await run('calibrate', 'remove', 'm-0123456789', '--json')).stdout).not.toContain(folder)
  })

  test('a store that cannot be read costs plans a note, and calibrate an error with the place', async () => {
    fs.mkdirSync(path.dirname(store), {recursive: true})
    fs.writeFileSync(store, '{"schema": "rigor.measurements/1",\n "measurements": 3, "hardware": []}\n')

    const plan = await run('plan', TUNE, '--json', '--limit', '1')
    expect(plan.code).toBe(0)
    expect((JSON.parse(plan.stdout) as {notes: string[]}).notes).toContainEqual(expect.stringContaining('Your measurement store is not used: '))
    const list = await run('calibrate', 'list')
    expect(list.code).toBe(2)
    expect(list.stderr).toContain('measurements.json:2')
  })
})

test('without measurements a plan is the same to the byte as before there was such a thing', async () => {
  const before = await rigor(['plan', TUNE, '--json'], {cwd: folder, env})
  await answer(...MEASURED)
  await rm(home, {recursive: true})
  const after = await rigor(['plan', TUNE, '--json'], {cwd: folder, env})

  expect(after).toEqual(before)
})

test('calibrate script prints what there is to run', async () => {
  expect((await run('calibrate', 'script')).stdout).toBe(fs.readFileSync(path.join(ROOT, 'bench', 'hardware', 'measure.py'), 'utf8'))
})

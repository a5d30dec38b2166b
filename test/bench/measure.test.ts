import {spawnSync} from 'node:child_process'
import path from 'node:path'
import {describe, expect, test} from 'vitest'

const FOLDER = path.resolve(import.meta.dirname, '..', '..', 'bench', 'hardware')
const python = (...args: readonly string[]) => spawnSync('python3', ['-B', ...args], {cwd: FOLDER, encoding: 'utf8', timeout: 60_000})
const hasPython = python('--version').status === 0
const hasTorch = hasPython && python('-c', 'import torch').status === 0

describe.skipIf(!hasPython)('bench/hardware/measure.py', () => {
  test('passes its own tests, which need no PyTorch', () => {
    const {status, stderr} = python('-m', 'unittest')

    expect(stderr).toMatch(/Ran \d{2,} tests/)
    expect({status, stderr: status === 0 ? '' : stderr}).toEqual({status: 0, stderr: ''})
  })

  test('says how it is called', () => {
    const {status, stdout} = python('measure.py', '--help')

    expect(status).toBe(0)
    for (const flag of ['--output', '--only', '--quick', '--device', '--cpu']) expect(stdout).toContain(flag)
  })

  test.skipIf(hasTorch)('without PyTorch: exit 2, the cause and the next step, and no JSON', () => {
    const {status, stdout, stderr} = python('measure.py', '--cpu', '--only', 'matmul')

    expect({status, stdout}).toEqual({status: 2, stdout: ''})
    expect(stderr).toMatch(/^Error: PyTorch is not installed .+ Install/m)
  })

  test.skipIf(!hasTorch)('with PyTorch, on the processor: one JSON document on stdout', () => {
    const {status, stdout} = python('measure.py', '--cpu', '--quick', '--only', 'matmul')

    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({schema: 'rigor.measurement/1', complete: true, device: {kind: 'cpu'}})
  })
})

import {describe, expect, test} from 'vitest'
import {rigor, shell} from './rigor.ts'

describe('stdout', () => {
  test('carries one JSON document under --json, and nothing else is said', async () => {
    for (const args of [['kinds', 'list'], ['hardware', 'list'], ['models', 'list'], ['catalog', 'list', '--limit', '3'], ['catalog', 'show', 'aws:p5.48xlarge'], ['catalog', 'sources'], ['explain'], ['doctor'], ['kinds', 'show', 'generic']]) {
      const {code, stdout, stderr} = await rigor([...args, '--json'])

      expect({args, code, stderr}).toEqual({args, code: 0, stderr: ''})
      expect(JSON.parse(stdout)).toBeTypeOf('object')
    }
  })

  test('may be closed early by its reader', async () => {
    const {code, stdout, stderr} = await shell('set -o pipefail; rigor catalog list --all-regions --limit 100000 | head -1')

    expect({code, stderr, lines: stdout.split('\n').length}).toEqual({code: 0, stderr: '', lines: 2})
  })

  test('loses nothing to a slow reader of forty thousand lines', async () => {
    // The JSON of all offers has some two hundred thousand lines; the reader sleeps before it begins.
    const {code, stdout, stderr} = await shell('set -o pipefail; rigor catalog list --json | (sleep 2; wc -l)')
    const {stdout: direct} = await rigor(['catalog', 'list', '--json'])

    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(Number(stdout)).toBe(direct.split('\n').length - 1)
    expect(Number(stdout)).toBeGreaterThan(40_000)
  })
})

describe('colour', () => {
  const codes = /\u001b\[/

  test('is off in a pipe, on when forced, and off again by NO_COLOR or --no-color', async () => {
    const plain = {NO_COLOR: undefined}

    expect((await rigor(['explain', 'target'], {env: plain})).stdout).not.toMatch(codes)
    expect((await rigor(['explain', 'target'], {env: {...plain, FORCE_COLOR: '1'}})).stdout).toMatch(codes)
    expect((await rigor(['explain', 'target'], {env: {NO_COLOR: '1', FORCE_COLOR: '1'}})).stdout).not.toMatch(codes)
    expect((await rigor(['explain', 'target', '--no-color'], {env: {...plain, FORCE_COLOR: '1'}})).stdout).not.toMatch(codes)
  })

  test('help and errors obey NO_COLOR, too', async () => {
    expect((await rigor(['--help'], {env: {NO_COLOR: '1', FORCE_COLOR: '1'}})).stdout).not.toMatch(codes)
    expect((await rigor(['nonsense', '--no-color'], {env: {NO_COLOR: undefined, FORCE_COLOR: '1'}})).stderr).not.toMatch(codes)
  })
})

describe('width', () => {
  test.for([40, 80, 120])('no line of a list is wider than %d columns', async (columns) => {
    for (const args of [['catalog', 'list'], ['hardware', 'list'], ['models', 'list'], ['kinds', 'list'], ['explain'], ['catalog', 'sources']]) {
      const {stdout} = await rigor(args, {env: {COLUMNS: String(columns)}})

      const widest = Math.max(...stdout.split('\n').map((line) => [...line].length))
      expect({args, fits: widest <= columns, widest}).toEqual({args, fits: true, widest})
    }
  })
})

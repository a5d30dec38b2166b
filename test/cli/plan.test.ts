import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {rigor, ROOT} from './rigor.ts'

const EXAMPLES = fs.readdirSync(path.join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'))

let folder = ''
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor-plan-'))
})
afterAll(() => fs.rmSync(folder, {recursive: true}))

function file(name: string, text: string): string {
  const full = path.join(folder, name)
  fs.writeFileSync(full, text)
  return full
}

const CHAT = fs.readFileSync(path.join(ROOT, 'examples', 'chat-70b.yaml'), 'utf8')

describe('rigor plan', () => {
  test.for(EXAMPLES)('answers examples/%s with one document and the same bytes every time', async (name) => {
    const args = ['plan', path.join('examples', name), '--json']
    const first = await rigor(args, {env: {TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8'}})
    const second = await rigor(args, {env: {HOME: folder}})

    expect({code: first.code, stderr: first.stderr}).toEqual({code: 0, stderr: ''})
    expect(JSON.parse(first.stdout)).toMatchObject({schema: 'rigor.plan/1', targets: expect.any(Array)})
    expect(second.stdout === first.stdout).toBe(true)
  })

  test('reads a workload from stdin', async () => {
    const {code, stdout} = await rigor(['plan', '-', '--json', '--limit', '1'], {stdin: CHAT})

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({schema: 'rigor.plan/1'})
  })

  test('ends with 3 and the whole document where nothing is feasible', async () => {
    const impossible = file('impossible.yaml', `${CHAT}\nconstraints: {budget: 0.01 USD}\n`)

    const {code, stdout} = await rigor(['plan', impossible, '--json'])

    const document = JSON.parse(stdout) as {targets: unknown[]; rejected: {reason: string; nearest: string | null}[]; error?: unknown}
    expect(code).toBe(3)
    expect(document.error).toBeUndefined()
    expect(document.targets).toEqual([])
    expect(document.rejected.length).toBeGreaterThan(0)
  })

  test.for([
    ['no workload at all', [], 'MISSING_WORKLOAD'],
    ['a file that is not there', ['examples/chat-7b.yaml'], 'FILE_NOT_FOUND'],
    ['an objective that is none', ['examples/chat-70b.yaml', '--objective', 'beauty'], 'UNKNOWN_NAME'],
  ] as const)('%s ends with 2', async ([, args, code]) => {
    const {code: exit, stdout} = await rigor(['plan', ...args, '--json'])

    expect({exit, error: (JSON.parse(stdout) as {error: unknown}).error}).toEqual({exit: 2, error: {code, message: expect.any(String), hint: expect.any(String)}})
  })

  test('names file and line of a typing mistake, and what was meant', async () => {
    const mistyped = file('mistyped.yaml', CHAT.replace('inputTokens', 'inputToken'))

    const {code, stderr} = await rigor(['plan', mistyped])

    expect(code).toBe(2)
    expect(stderr).toMatch(/mistyped\.yaml:\d+ — "traffic.inputToken"/)
    expect(stderr).toContain('inputTokens')
  })

  test('prints a table that fits 80 columns, and says the answer first', async () => {
    const {code, stdout} = await rigor(['plan', 'examples/chat-70b.yaml'], {env: {COLUMNS: '80'}})

    expect(code).toBe(0)
    expect(stdout).toMatch(/^Run it on /)
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80)
  })
})

describe('rigor estimate --batch', () => {
  test('answers line by line, in order, and ends with 0 even where lines are refused or broken', async () => {
    const lines = [
      {id: 'fits', workload: {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 500, outputTokens: 100, concurrency: 4}}, on: 'h100-sxm-80gb:1'},
      {id: 'too big', workload: {kind: 'llm-inference', model: 'Llama-3.1-405B', precision: 'bf16', traffic: {inputTokens: 500, outputTokens: 100, concurrency: 4}}, on: 'h100-sxm-80gb:1'},
      {id: 'broken', workload: {kind: 'llm-inference', model: 'no such model', traffic: {inputTokens: 500, outputTokens: 100, concurrency: 4}}, on: 'h100-sxm-80gb:1'},
    ]
    const batch = file('batch.jsonl', `${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot json\n`)

    const {code, stdout} = await rigor(['estimate', '--batch', batch])

    const answers = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(code).toBe(0)
    expect(answers.slice(0, 3).map(({id}) => id)).toEqual(['fits', 'too big', 'broken'])
    expect(answers.map((answer) => ['estimate', 'refused', 'error'].filter((key) => key in answer))).toEqual([['estimate'], ['refused'], ['error'], ['error']])
  })
})

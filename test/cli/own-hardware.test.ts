import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {rigor} from './rigor.ts'

const CHAT = '{kind: llm-inference, model: Qwen2.5-32B, precision: fp8, traffic: {inputTokens: 800, outputTokens: 200, concurrency: 4}, slo: {ttft: 10 s, tpot: 400 ms}, schedule: always, constraints: {privacy: own-hardware}}'
const TUNE = '{name: tuning, kind: llm-finetune, model: Llama-3.1-8B, method: full, tokens: 500M, sequenceLength: 4096, globalBatch: 64}'

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rigor-own-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}

const inFolder = (cwd: string) => ({cwd, env: {RIGOR_AS_OF: '2026-11-20', RIGOR_HOME: cwd, COLUMNS: '80', NO_COLOR: '1'}})

describe('own hardware', () => {
  test('advice is an answer: exit 0 though nothing is feasible, and one entry in the report', async () => {
    const folder = folderWith({'rigor.yaml': 'rigs: {desk: {extends: workstation-rtx4090}}', 'chat.yaml': CHAT})

    const table = await rigor(['plan', 'chat.yaml'], inFolder(folder))
    const json = await rigor(['plan', 'chat.yaml', '--json'], inFolder(folder))

    expect([table.code, json.code, table.stderr]).toEqual([0, 0, ''])
    expect(table.stdout).toMatch(/^Nothing feasible\./)
    expect(table.stdout.match(/^Advice {6}buy rtx-a6000-48gb \(about 4,500 USD, 2026-03-01\): in your$/gm)).toHaveLength(1)
    expect(JSON.parse(json.stdout)).toMatchObject({targets: [], advice: [{action: 'buy', accelerator: 'rtx-a6000-48gb', usd: 4500, asOf: '2026-03-01'}]})
  })

  test('work that a rig does otherwise is read from beside rigor.yaml, wherever rigor is started', async () => {
    const folder = folderWith({'rigor.yaml': 'rigs: {lab: {extends: h100x10-pcie, freeIn: 6h, waitingCost: 20 USD/h, displaced: {workload: tune.yaml}}}', 'tune.yaml': TUNE})
    const elsewhere = mkdtempSync(path.join(folder, 'below-'))

    const {code, stdout, stderr} = await rigor(['estimate', path.join(folder, 'tune.yaml'), '--on', 'rig:lab', '--json'], inFolder(elsewhere))

    const {lines} = JSON.parse(stdout).targets[0].cost
    expect([code, stderr]).toEqual([0, ''])
    expect(lines.find(({item}: {item: string}) => item === 'displaced work').how).toMatch(/\(tuning: [\d.]+ USD at \S+, [\d.]+ h of \d+ accelerators here\)$/)
    expect(lines.find(({item}: {item: string}) => item === 'waiting')).toMatchObject({usd: 120, how: '6 h until the rig is free × 20 USD/h'})
  })
})

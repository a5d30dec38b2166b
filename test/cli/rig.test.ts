import {mkdtemp, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {rigor, type Outcome} from './rigor.ts'

/** `rigor rig …` where rigor.yaml describes the rig `lab` so (JSON is YAML). */
async function withLab(lab: unknown, ...args: readonly string[]): Promise<Outcome> {
  const cwd = await mkdtemp(path.join(tmpdir(), 'rigor-rig-'))
  await writeFile(path.join(cwd, 'rigor.yaml'), JSON.stringify({rigs: {lab}}))
  return rigor(['rig', ...args], {cwd})
}

const TWO = {extends: 'dgx-h100', nodes: [{id: 'dgx', count: 2}], site: {whenIdle: 'on'}}
const CHAT = ['--kind', 'llm-inference', '--model', 'Llama-3.1-8B', '--set', 'traffic.concurrency=4']

describe('a workload in flags', () => {
  test('on one of two nodes leaves the other idle: never below idle', async () => {
    const {stdout} = await withLab(TWO, 'power', 'lab', ...CHAT, '--json')
    const {idleWatts, expectedWatts} = JSON.parse(stdout) as Record<string, number>

    expect(expectedWatts).toBeGreaterThan(idleWatts!)
  })

  test('needs its kind: a model alone is told so, not ignored', async () => {
    const {code, stderr} = await withLab(TWO, 'power', 'lab', '--model', 'Llama-3.1-8B')

    expect(code).toBe(2)
    expect(stderr).toContain('Code: MISSING_KIND')
    expect(stderr).toContain('llm-inference')
  })

  test('is not ranked, so there is no objective', async () => {
    expect((await withLab(TWO, 'power', 'lab', ...CHAT, '--objective', 'time')).stderr).toContain('Code: UNKNOWN_FLAG')
  })
})

test('what is not known is null in JSON, inside parts as well', async () => {
  const {stdout} = await withLab({extends: 'h100x10-pcie', price: '340000 USD', nodes: [{id: 'box', acceleratorId: 'h100-nvl-94gb'}]}, 'power', 'lab', '--json')

  expect(JSON.parse(stdout)).toMatchObject({
    nameplateWatts: null, weightKg: null, circuits: null,
    ups: {ratedWatts: null, minutesAtExpected: null, minutesAtPeak: null, carriesPeak: null}, nodes: [{id: 'box', ratedWatts: null, supplies: null}],
  })
})

test.for(['power', 'show'])('rig %s prints nothing of a rig that steers a terminal', async command => {
  const {code, stdout, stderr} = await withLab({extends: 'dgx-h100', nodes: [{id: 'n\u001b]0;pwn\u0007\nx', platform: 'p\u001b[2J'}]}, command, 'lab')

  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).not.toMatch(/[\u001b\u0007]/) // oxlint-disable-line no-control-regex -- the very characters
  expect(stderr).toContain('control or invisible characters')
})

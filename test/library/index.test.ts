import fs from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {parse} from 'yaml'
import {openRigor, RigorError} from '../../src/index.ts'
import {rigor, ROOT} from '../cli/rigor.ts'

const CHAT = parse(fs.readFileSync(path.join(ROOT, 'examples', 'chat-70b.yaml'), 'utf8')) as Record<string, unknown>

test('a program gets the document that the command prints', async () => {
  const library = await openRigor({asOf: '2026-11-20'})

  const plan = await library.plan(CHAT)

  const {stdout} = await rigor(['plan', 'examples/chat-70b.yaml', '--json'])
  expect(JSON.parse(JSON.stringify(plan))).toEqual(JSON.parse(stdout))
})

test('a program estimates given targets, and may leave the rigs out', async () => {
  const library = await openRigor({asOf: '2026-11-20', rigs: []})

  const estimate = (await library.estimate(CHAT, ['h100-sxm-80gb:8', 'lambda:gpu_8x_h100_sxm5'])) as {targets: {id: string}[]}
  const plan = (await library.plan(CHAT, 3)) as {targets: {provider: string}[]}

  expect(estimate.targets).toHaveLength(2)
  expect(plan.targets).toHaveLength(3)
  expect(plan.targets.some(({provider}) => provider === 'rig')).toBe(false)
})

test('a wrong spec is a RigorError', async () => {
  const library = await openRigor({asOf: '2026-11-20'})

  await expect(library.plan({kind: 'llm-inference', model: 'no such model', traffic: {concurrency: 1}})).rejects.toBeInstanceOf(RigorError)
})

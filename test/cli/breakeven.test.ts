import {mkdtemp, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect, test} from 'vitest'
import type {BreakEven} from '../../src/planner/break-even.ts'
import type {PlanDocument} from '../../src/planner/document.ts'
import {rigor} from './rigor.ts'

const DATE = '2026-11-27'
const TUNE = {kind: 'llm-finetune', name: 'tune', model: 'Llama-3.1-8B', method: 'lora', examples: 50_000, sequenceLength: 1024, epochs: 1}
const CHAT = {kind: 'llm-inference', name: 'chat', model: 'Llama-3.1-8B', traffic: {inputTokens: 500, outputTokens: 200, concurrency: 8}}
const PREPAID = [{provider: 'aws', machine: 'p5.48xlarge', usdPerHour: 40, prepaid: true}]

// A rig in every month that is looked at, so that terms are paid over the same time.
test.for([
  ['four runs a month', {...TUNE, schedule: {runsPerMonth: 4}}, undefined],
  ['so many runs that terms pay off', {...TUNE, schedule: {runsPerMonth: 100}}, undefined],
  ['runs where machines are paid already', {...TUNE, schedule: {runsPerMonth: 20}}, PREPAID],
  ['a service around the clock', {...CHAT, schedule: 'always'}, undefined],
  ['a service by the hour', {...CHAT, schedule: {hoursPerMonth: 90}}, undefined],
] as const)('%s: whatever a plan may choose is held against the rig, at the same price', async ([, workload, prices]) => {
  const cwd = await mkdtemp(path.join(tmpdir(), 'rigor-even-'))
  await writeFile(path.join(cwd, 'work.yaml'), JSON.stringify({...workload, horizonMonths: 24}))
  await writeFile(path.join(cwd, 'rigor.yaml'), JSON.stringify({rigs: {lab: {extends: 'dgx-h100', owned: false}}, ...(prices === undefined ? {} : {prices})}))
  const asked = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await rigor([...args, '--as-of', DATE, '--json'], {cwd})).stdout)
  const plan = await asked('plan', 'work.yaml') as PlanDocument
  const found = await asked('breakeven', 'work.yaml', '--rig', 'lab', '--months', '24') as BreakEven
  const usdById = new Map(found.rentals.map(({id, usdInMonth}) => [id, usdInMonth]))
  const eligible = plan.targets.filter(({eligible: may, provider}) => may && provider !== 'rig')

  expect(eligible.length).toBeGreaterThan(20)
  // A plan prints six digits.
  for (const {id, cost} of eligible) expect((usdById.get(id) ?? Number.NaN) / cost.usd!.p50, id).toBeCloseTo(1, 4)
  expect((found.best?.usdInMonth ?? Number.NaN) / Math.min(...eligible.map(({cost}) => cost.usd!.p50))).toBeCloseTo(1, 4)
})

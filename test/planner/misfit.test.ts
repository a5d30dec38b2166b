import {describe, expect, test} from 'vitest'
import type {PlanDocument, RejectedTarget} from '../../src/planner/document.ts'
import {sayHours} from '../../src/planner/say.ts'
import {faultsOf} from './sound.ts'
import {estimate, examples, plan, restricted, rigNamed, workspace, type Spec} from './world.ts'

const few = restricted({machines: ({instanceType}) => ['p5.48xlarge', 'gpu_8x_h100_sxm5', 'gpu_1x_a10', 'gpu_1x_a6000'].includes(instanceType)})
const world = workspace(few, {rigs: [rigNamed('h100x10-pcie'), rigNamed('h100x10-sxm')], rigsAssumed: false})
const chat = examples['chat-70b'] ?? {}
const job: Spec = {...examples['finetune-8b'], schedule: 'once'}
const small: Spec = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 4}, schedule: 'always'}

const withConstraints = (spec: Spec, constraints: Spec): Spec => ({...spec, constraints})
const only = (document: PlanDocument): RejectedTarget => {
  expect(document.targets).toEqual([])
  return document.rejected[0] ?? expect.fail(document.answer)
}

describe('a target that was named and may not be had has its figures all the same', () => {
  test.for([
    ['spot-slo', 'aws:p5.48xlarge@us-east-1:spot', chat, {}],
    ['constraint', 'lambda:gpu_8x_h100_sxm5', job, {purchase: ['spot']}],
    ['constraint', 'lambda:gpu_8x_h100_sxm5', job, {providers: ['aws']}],
    ['constraint', 'lambda:gpu_8x_h100_sxm5', job, {accelerators: ['a100-*']}],
    ['constraint', 'rig:h100x10-pcie', job, {purchase: ['on-demand']}],
    ['constraint', 'rig:h100x10-pcie', job, {minMemoryGib: 100}],
    ['region', 'aws:p5.48xlarge@us-east-1', job, {regions: ['eu-*']}],
    ['region', 'rig:h100x10-pcie', job, {dataResidency: ['US']}],
    ['deadline', 'lambda:gpu_8x_h100_sxm5', job, {deadline: '1 min'}],
    ['budget', 'lambda:gpu_8x_h100_sxm5', job, {budget: '1 USD'}],
  ] as const)('%s: %s', async ([reason, on, spec, constraints]) => {
    const rejected = only(await estimate(withConstraints(spec, constraints), world, on))
    const free = (await estimate(withConstraints(spec, reason === 'spot-slo' ? {tolerateInterruption: true} : {}), world, on)).targets.find(({id}) => id === rejected.estimate?.id)

    expect(rejected.reason).toBe(reason)
    // The very figures that it has where nothing forbids it.
    expect([rejected.estimate?.cost, rejected.estimate?.durationHours, rejected.estimate?.configuration]).toEqual([free?.cost, free?.durationHours, free?.configuration])
    expect(rejected.estimate?.cost.usd?.p50).toBeGreaterThan(0)
  })

  test('a goal that the user has set and it misses', async () => {
    const strict = {...small, slo: {ttft: '1 ms', tpot: '1 ms'}}
    const document = await estimate(strict, world, 'lambda:gpu_1x_a10')
    const rejected = only(document)

    expect(faultsOf(document)).toEqual([])
    expect(rejected.reason).toBe('slo')
    expect(rejected.estimate?.latency?.tpotSeconds.p99.p50).toBeGreaterThan(0.001)
    expect(rejected.estimate?.cost.usd).toEqual((await estimate(small, world, 'lambda:gpu_1x_a10')).targets[0]?.cost.usd)
    expect((await plan(strict, world)).targets).toEqual([])
  })

  test('the whole of a rig, in the way that misses the deadline by least: the one that the refusal tells of', async () => {
    const document = await estimate(withConstraints(examples['nightly-simulation'] ?? {}, {deadline: '1 min'}), world, 'rig:h100x10-sxm')

    expect(document.targets).toEqual([])
    expect(document.rejected.length).toBeGreaterThan(0)
    for (const {reason, detail, estimate: figures} of document.rejected) {
      expect(reason).toBe('deadline')
      expect(detail).toContain(`takes ${sayHours(figures!.durationHours!.p50)}, the deadline is 1 min`)
    }
  })

  test('is no way out: the answer names no budget of a machine that the constraints rule out', async () => {
    const document = await estimate(withConstraints(job, {budget: '1 USD', providers: ['aws']}), world, 'lambda:gpu_8x_h100_sxm5')

    expect(document.answer).not.toMatch(/raise the budget/)
    expect(document.answer).toContain('add lambda to providers')
  })
})

test('an estimate that misses the assumed goal says so first, in the answer and beside its figures', async () => {
  const slow: Spec = {...small, model: 'Qwen2.5-32B', precision: 'int4', traffic: {inputTokens: 4000, outputTokens: 200, concurrency: 4}}
  const document = await estimate(slow, world, 'lambda:gpu_1x_a6000')
  const [target] = document.targets

  expect(document.answer).toMatch(/ USD a month\. But it misses the assumed SLO: .*TTFT is .*, the goal /)
  expect(target?.warnings[0]).toMatch(/^Estimated because it was named, but it misses the assumed SLO: .*TTFT is /)
  expect((await plan(withConstraints(slow, {maxNodes: 1}), world)).targets.map(({id}) => id)).not.toContain(target?.id)
})

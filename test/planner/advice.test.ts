import {describe, expect, test} from 'vitest'
import type {Accelerator} from '../../src/catalog/schema.ts'
import type {PlanDocument} from '../../src/planner/document.ts'
import {catalog, derived, estimate, plan, restricted, rigNamed, workspace, type Spec} from './world.ts'

/** 33 GiB of weights: more than a 24 GB card, and 48 GB are plenty. */
const chat: Spec = {kind: 'llm-inference', model: 'Qwen2.5-32B', precision: 'fp8', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 4}, slo: {ttft: '10 s', tpot: '400 ms'}, schedule: 'always'}
const tune: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'lora', tokens: '100M', sequenceLength: 2048, globalBatch: 8}

const desk = rigNamed('workstation-rtx4090')
const clouds = restricted({machines: ({instanceType}) => ['gpu_1x_a6000', 'gpu_1x_h100_pcie', 'g2-standard-4', 'g6e.xlarge'].includes(instanceType)})
const usdOf = (document: PlanDocument): number => document.targets[0]?.cost.usd?.p50 ?? Number.NaN
const buyOf = (document: PlanDocument) => document.advice.find(({action}) => action === 'buy')

/** What a card costs to run in the desk: the desk with that card as a rig of its own, wear of 4 % of its price a year. */
async function runningUsd(spec: Spec, acceleratorId: string, priceUsd: number): Promise<number> {
  const [node] = desk.nodes
  const rig = {...desk, id: 'changed', nodes: [{...node!, acceleratorId}], wearUsdPerAcceleratorHour: (0.04 * priceUsd) / 8766}
  const world = workspace(clouds, {rigs: [rig], rigsAssumed: false})
  return (await plan(spec, {...world, knownRigs: [rig]})).targets.find(({provider}) => provider === 'rig')?.cost.usd?.p50 ?? Number.NaN
}

const priced = (id: string, price: Partial<NonNullable<Accelerator['price']>> | null) =>
  derived(clouds, {accelerators: catalog.accelerators.map(each => (each.id !== id ? each : price === null ? {...each, price: undefined} : {...each, price: {...each.price!, ...price}}))})

describe('advice to buy a card', () => {
  const world = workspace(clouds, {rigs: [desk], rigsAssumed: false})

  test('names the one that costs least with its use over the horizon, and when it is paid back', async () => {
    const document = await plan(chat, world)
    const running = await runningUsd(chat, 'rtx-a6000-48gb', 4500)
    const advice = buyOf(document)

    expect(advice).toMatchObject({action: 'buy', accelerator: 'rtx-a6000-48gb', usd: 4500, asOf: '2026-03-01'})
    // Price ÷ (what the cloud takes in a month − what the card draws and wears in one).
    const months = Number((4500 / (usdOf(document) - running)).toPrecision(2))
    expect(advice?.reason).toContain(`paid back after ${months} months`)
    expect(4500 + 12 * running).toBeLessThan(12 * usdOf(document))
    // The next larger card with a street price costs more over a year than it saves.
    expect(8500 + 12 * (await runningUsd(chat, 'rtx-pro-6000-blackwell-ws-96gb', 8500))).toBeGreaterThan(4500 + 12 * running)
  })

  test('is not given where the card would not be paid back within the horizon', async () => {
    const document = await plan(chat, world)
    const monthUsd = usdOf(document) - (await runningUsd(chat, 'rtx-a6000-48gb', 4500))
    const months = 4500 / monthUsd

    expect(buyOf(await plan({...chat, horizonMonths: Math.ceil(months)}, world))).toBeDefined()
    expect(buyOf(await plan({...chat, horizonMonths: Math.floor(months)}, world))).toBeUndefined()
  })

  test('is given where nothing else does the work, and only then without a saving', async () => {
    const document = await plan({...chat, constraints: {privacy: 'own-hardware'}}, world)

    expect(document.targets).toEqual([])
    expect(buyOf(document)).toMatchObject({accelerator: 'rtx-a6000-48gb', usd: 4500})
    expect(document.answer).toMatch(/^Nothing feasible\..* Or buy rtx-a6000-48gb for about 4,500 USD\.$/)
    expect(document.considered.candidates).toBe(0)
  })

  test('counts no power where nobody said in which computer', async () => {
    const document = await plan({...chat, constraints: {privacy: 'own-hardware'}}, workspace(clouds, {rigs: [], rigsAssumed: false}))

    expect(buyOf(document)?.reason).toBe('in a computer of your own: its power is not counted; nothing that is yours or can be rented does it')
  })

  test('puts no card into a computer whose accelerator is soldered in', async () => {
    const studio = {...desk, id: 'studio', nodes: [{...desk.nodes[0]!, acceleratorId: 'apple-m3-ultra'}]}

    expect(buyOf(await plan(chat, workspace(clouds, {rigs: [studio], rigsAssumed: false})))).toBeUndefined()
    expect(buyOf(await plan({...chat, constraints: {accelerators: ['rtx-a6000-48gb'], privacy: 'own-hardware'}}, workspace(clouds, {rigs: [studio], rigsAssumed: false})))?.reason).toContain('in a computer of your own')
  })

  test('keeps the budget: the price and a year of use', async () => {
    const running = await runningUsd(chat, 'rtx-a6000-48gb', 4500)
    // 4,500 ÷ 12 a month, and what it draws.
    const enough = 4500 / 12 + running
    const own = {privacy: 'own-hardware'}

    expect(buyOf(await plan({...chat, constraints: {...own, budget: `${enough + 1} USD`}}, world))).toBeDefined()
    expect((await plan({...chat, constraints: {...own, budget: `${enough - 1} USD`}}, world)).advice).toEqual([])
  })

  test('keeps the other constraints', async () => {
    for (const constraints of [{purchase: ['on-demand']}, {providers: ['lambda']}, {minMemoryGib: 100}, {dataResidency: ['US']}]) {
      expect([constraints, buyOf(await plan({...chat, constraints}, world))]).toEqual([constraints, undefined])
    }
  })

  test('is for goals of money; where time counts there is none', async () => {
    expect((await plan({...chat, objective: 'time'}, world)).advice).toEqual([])
  })

  test.for([
    ['no price', null],
    ['a list price', {kind: 'list'}],
    ['an estimate', {kind: 'new estimate'}],
    ['a price older than a year', {asOf: '2025-10'}],
    ['a price nobody read', {sourceId: 'datasheet-unverified-here-or2xr'}],
  ] as const)('leaves out a card with %s', async ([, price]) => {
    const document = await plan(chat, workspace(priced('rtx-a6000-48gb', price), {rigs: [desk], rigsAssumed: false}))

    expect(document.advice.map(({accelerator}) => accelerator)).not.toContain('rtx-a6000-48gb')
  })

  test('for a single run only where the card costs less than the rent', async () => {
    const long: Spec = {...tune, tokens: '20B', schedule: 'once', constraints: {accelerators: ['h100-pcie-80gb', 'rtx-3090-24gb']}}
    const document = await plan(long, world)
    const advice = buyOf(document)

    expect(document.targets[0]?.cost.period).toBe('run')
    expect(advice).toMatchObject({accelerator: 'rtx-3090-24gb', usd: 790})
    expect(790 + (await runningUsd(long, 'rtx-3090-24gb', 790))).toBeLessThan(usdOf(document))
    expect(buyOf(await plan({...long, tokens: '100M'}, world))).toBeUndefined()
  })

  test('is of plans, not of estimates', async () => {
    expect((await estimate(chat, world, 'lambda:gpu_1x_a6000')).advice).toEqual([])
  })
})

describe('advice to commit to a longer term', () => {
  const world = workspace(restricted({machines: ({provider, instanceType}) => provider === 'gcp' && instanceType === 'g2-standard-4'}), {rigs: [], rigsAssumed: false})

  test('says from when it pays off', async () => {
    const document = await plan(chat, world)
    const [winner] = document.targets
    const offers = catalog.offersOf('gcp/g2-standard-4').filter(({region}) => region === winner?.region)
    const price = (purchase: string): number => offers.find(offer => offer.purchase === purchase)!.priceUsdPerHour
    const advice = document.advice.find(({action}) => action === 'commit')

    expect(winner).toMatchObject({purchase: 'committed', nodes: 2})
    // Three years are 26,280 h, all of which are paid; of the one-year term every hour of a month, 730.
    expect(advice?.usd).toBeCloseTo(26_280 * 2 * price('committed-3y'), 6)
    expect(advice?.reason).toContain(`more than ${Math.ceil((26_280 * price('committed-3y')) / (730 * price('committed')))} months`)
  })

  test('is not given where the use fills the term anyway, nor for a single run, nor against the constraints', async () => {
    const commits = async (spec: Spec): Promise<number> => (await plan(spec, world)).advice.filter(({action}) => action === 'commit').length

    expect(await commits({...chat, horizonMonths: 36})).toBe(0)
    expect(await commits({...tune, schedule: 'once'})).toBe(0)
    expect(await commits({...chat, constraints: {purchase: ['on-demand', 'committed']}})).toBe(0)
  })
})

describe('advice to wait for a rig', () => {
  const job: Spec = {...tune, schedule: 'once'}
  const on = (freeInHours?: number) => workspace(clouds, {rigs: [rigNamed('h100x10-pcie', freeInHours === undefined ? {} : {freeInHours})], rigsAssumed: false})

  test('is given where only the wait breaks the deadline and the rig is cheaper, and names the deadline that would do', async () => {
    const free = (await plan(job, on())).targets.find(({provider}) => provider === 'rig')!
    const bounded: Spec = {...job, constraints: {deadline: '24 h'}}
    const document = await plan(bounded, on(30))
    const advice = document.advice.find(({action}) => action === 'wait')

    expect(document.targets[0]?.provider).not.toBe('rig')
    expect(advice).toMatchObject({accelerator: 'h100-pcie-80gb', asOf: null})
    expect(advice?.usd).toBeCloseTo(free.cost.usd!.p50, 6)
    expect(advice?.reason).toContain('is free in 30 h')
    expect((await plan({...bounded, constraints: {deadline: '40 h'}}, on(30))).advice.map(({action}) => action)).not.toContain('wait')
    expect((await plan(bounded, on())).advice.map(({action}) => action)).not.toContain('wait')
  })
})

import {describe, expect, test} from 'vitest'
import type {PlanDocument, PlanTarget} from '../../src/planner/document.ts'
import {examples, plan, restricted, rigNamed, workspace, type Spec} from './world.ts'

/** One cloud machine beside the rig. */
const few = restricted({machines: ({provider, instanceType}) => provider === 'lambda' && instanceType === 'gpu_8x_h100_sxm5'})
const job: Spec = {...examples['finetune-8b'], schedule: 'once'}

const rigOf = (document: PlanDocument): PlanTarget => document.targets.find(({provider}) => provider === 'rig') ?? expect.fail(document.answer)
const on = (changes: Parameters<typeof rigNamed>[1]) => workspace(few, {rigs: [rigNamed('h100x10-pcie', changes)]})

test('a rig is set up once: before a single run, not before each of a month', async () => {
  const hoursOf = async (schedule: unknown, setupHours: number): Promise<number> => rigOf(await plan({...job, schedule}, on({setupHours}))).durationHours!.p50

  expect((await hoursOf('once', 24)) - (await hoursOf('once', 0))).toBeCloseTo(24, 9)
  expect(await hoursOf({runsPerMonth: 4}, 24)).toBeCloseTo(await hoursOf({runsPerMonth: 4}, 0), 9)
})

describe('a rig that is busy', () => {
  test('comes later by the wait and costs what the wait is worth, but draws and wears no more', async () => {
    const free = rigOf(await plan(job, on({})))
    const busy = rigOf(await plan(job, on({freeInHours: 6, waitingUsdPerHour: 2})))

    // 6 h × 2 USD/h
    expect(busy.durationHours!.p50).toBeCloseTo(free.durationHours!.p50 + 6, 9)
    expect(busy.workHours).toEqual(free.workHours)
    expect(busy.energyKwh).toEqual(free.energyKwh)
    expect(busy.cost.usd!.p50).toBeCloseTo(free.cost.usd!.p50 + 12, 9)
    expect(busy.warnings).toContain('The rig is free in 6 h, which is in the time.')
  })

  test('is the dearer one where waiting costs more than the rent', async () => {
    const cheap = await plan(job, on({freeInHours: 6, waitingUsdPerHour: 0.01}))
    const dear = await plan(job, on({freeInHours: 6, waitingUsdPerHour: 10_000}))

    expect(cheap.targets[0]?.provider).toBe('rig')
    expect(dear.targets[0]?.provider).toBe('lambda')
  })

  test('whose wait nobody has put a price on costs no more, and says so', async () => {
    const free = rigOf(await plan(job, on({})))
    const busy = rigOf(await plan(job, on({freeInHours: 6})))

    expect(busy.cost.usd).toEqual(free.cost.usd)
    expect(busy.cost.notCosted).toContainEqual({item: 'waiting', reason: '6 h until the rig is free; nobody said what an hour is worth', usd: null})
  })

  test('may miss the deadline for its wait alone', async () => {
    const needed = rigOf(await plan(job, on({}))).durationHours!.p50
    const bounded: Spec = {...job, constraints: {deadline: `${needed + 5} h`}}

    expect((await plan(bounded, on({freeInHours: 4}))).targets.map(({provider}) => provider)).toContain('rig')
    expect((await plan(bounded, on({freeInHours: 6}))).rejected.find(({provider}) => provider === 'rig')?.reason).toBe('deadline')
  })

  test('serves no later for it: the month of a service has its hours all the same', async () => {
    const chat = examples['chat-70b'] ?? {}
    const free = rigOf(await plan(chat, on({})))
    const busy = rigOf(await plan(chat, on({freeInHours: 6, waitingUsdPerHour: 2})))

    expect(busy.durationHours).toEqual(free.durationHours)
    expect(busy.cost.usd).toEqual(free.cost.usd)
    expect(busy.warnings).toContain('The rig is free in 6 h: the service cannot start before.')
  })
})

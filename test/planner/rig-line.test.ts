import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {PlanDocument, PlanTarget} from '../../src/planner/document.ts'
import {examples, plan, restricted, rigNamed, workspace, type Spec} from './world.ts'

const few = restricted({machines: ({provider, instanceType}) => provider === 'lambda' && instanceType === 'gpu_8x_h100_sxm5'})
const chat: Spec = examples['chat-70b'] ?? {}
const pcie = rigNamed('h100x10-pcie')
const on = (changes: Partial<Rig>, site: Partial<Rig['site']> = {}, options: {skills?: string[]} = {}) => workspace(few, {rigs: [{...pcie, ...changes, site: {...pcie.site, ...site}}], ...options})
const rigOf = (document: PlanDocument): PlanTarget => document.targets.find(({provider}) => provider === 'rig') ?? expect.fail(document.answer)
const refusalOf = (document: PlanDocument) => document.rejected.find(({provider}) => provider === 'rig')

describe('what a plan says of a rig', () => {
  test('marginal and full cost, watts, hours that are free, and whether the site carries it', async () => {
    const {cost, powerWatts, rig} = rigOf(await plan(chat, on({takenHoursPerMonth: 130})))

    expect([cost.basis, cost.alternative?.basis]).toEqual(['marginal', 'full'])
    expect(powerWatts.average?.p50).toBeGreaterThan(1000)
    expect(rig?.freeHoursPerMonth).toBe(600)
    expect(rig?.site?.verdict).toBe('with-changes')
  })

  test('a site that has it all is feasible, one with a household circuit is not as it is', async () => {
    const all = {kind: 'datacentre' as const, circuits: [{volts: 400, phases: 3 as const, amps: 32, count: 2, socket: 'industrial' as const}], coolingCapacityWatts: 20_000, noiseLimitDba: 100}
    expect(rigOf(await plan(chat, on({}, all))).rig?.site).toMatchObject({verdict: 'feasible'})
    const {rig, tradeoffs} = rigOf(await plan(chat, on({}, {...all, circuits: [{volts: 230, phases: 1, amps: 16, count: 1, socket: 'household'}]})))
    expect(rig?.site?.reasons.find(({about}) => about === 'circuits')?.level).toBe('change')
    expect(tradeoffs.find(({topic}) => topic === 'skills')?.text).toContain('electrical work')
  })

  test('asking for more of its time than is free is warned of', async () => {
    expect(rigOf(await plan(chat, on({takenHoursPerMonth: 130}))).warnings).toContain('Takes 30.4 days of the rig a month, of which 25 days are free.')
    expect(rigOf(await plan(chat, on({}))).warnings.join()).not.toContain('of the rig a month')
  })

  test('what is no rig has no such line', async () => {
    expect((await plan(chat, on({}))).targets.find(({provider}) => provider === 'lambda')).not.toHaveProperty('rig')
  })
})

describe('users outside', () => {
  const outside: Spec = {...chat, constraints: {access: 'internet'}}

  test('do not reach a site without a public address', async () => {
    expect(refusalOf(await plan(outside, on({}, {publicAddress: false})))).toMatchObject({reason: 'site', detail: 'nobody outside reaches the site: it has no public address'})
    expect(refusalOf(await plan({...chat, constraints: {access: 'own-network'}}, on({}, {publicAddress: false})))).toBeUndefined()
  })

  test('get their answers over its line: 250 bytes for each token', async () => {
    const tokensPerSecond = rigOf(await plan(outside, on({}, {publicAddress: true}))).throughput.p50!
    expect(refusalOf(await plan(outside, on({}, {publicAddress: true, uplinkBytesPerSecond: tokensPerSecond * 250 * 1.01})))).toBeUndefined()
    // Other configurations are slower, and send less.
    const narrow = rigOf(await plan(outside, on({}, {publicAddress: true, uplinkBytesPerSecond: tokensPerSecond * 250 * 0.99})))
    expect(narrow.throughput.p50).toBeLessThan(tokensPerSecond * 0.99)
    expect(refusalOf(await plan(outside, on({}, {publicAddress: true, uplinkBytesPerSecond: tokensPerSecond * 25})))).toMatchObject({reason: 'site', nearest: expect.stringMatching(/^site.uplink: /) as string})
    // Twice as much at peak.
    const peak = {...outside, traffic: {...(chat['traffic'] as object), peakFactor: 2}}
    expect(refusalOf(await plan(peak, on({}, {publicAddress: true, uplinkBytesPerSecond: tokensPerSecond * 250 * 1.01})))?.reason).toBe('site')
    expect(refusalOf(await plan(peak, on({}, {publicAddress: true, uplinkBytesPerSecond: tokensPerSecond * 250 * 2.01})))).toBeUndefined()
    expect(refusalOf(await plan(chat, on({}, {uplinkBytesPerSecond: 1000})))).toBeUndefined()
  })

  test('a site that does not say is warned of, not refused', async () => {
    expect(rigOf(await plan(outside, on({}))).warnings.join(' ')).toContain('site.publicAddress')
    expect(rigOf(await plan({...chat, constraints: {availability: '99.9%'}}, on({}))).warnings.join(' ')).toContain('site.availability')
  })
})

test('a site that is there less often than asked is refused with both figures', async () => {
  const asked: Spec = {...chat, constraints: {availability: '99.95%'}}

  expect(refusalOf(await plan(asked, on({}, {availabilityShare: 0.995})))).toMatchObject({reason: 'site', detail: 'power and line of the site are there 99.5% of the time, availability is 99.95%', nearest: 'availability: 99.5%'})
  expect(refusalOf(await plan(asked, on({}, {availabilityShare: 0.9995})))).toBeUndefined()
})

describe('skills', () => {
  const skillsOf = ({tradeoffs}: PlanTarget) => tradeoffs.filter(({topic}) => topic === 'skills').map(({sign, text}) => [sign, text])

  test('each target names what it asks for', async () => {
    const {targets} = await plan(chat, on({}))
    expect(skillsOf(targets.find(({provider}) => provider === 'rig')!)).toEqual([['0', 'self-run: asks for linux, cuda']])
    expect(skillsOf(targets.find(({provider}) => provider === 'lambda')!)).toEqual([['0', 'self-run: asks for linux, cuda']])
  })

  test('what the user lacks speaks against it, however it is written', async () => {
    expect(skillsOf(rigOf(await plan(chat, on({}, {}, {skills: ['Linux']}))))).toEqual([['-', 'needs cuda, not among your skills']])
    expect(skillsOf(rigOf(await plan(chat, on({}, {}, {skills: ['Linux', 'CUDA']}))))).toEqual([['0', 'self-run: asks for linux, cuda']])
  })
})

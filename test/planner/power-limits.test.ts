import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {Accelerator} from '../../src/catalog/schema.ts'
import {powerLimitsOf, type PowerLimit, type PowerLimits} from '../../src/planner/power-limits.ts'
import {resolveTarget} from '../../src/planner/resolve.ts'
import {createSession} from '../../src/planner/session.ts'
import {limitsOfRig} from '../../src/rig-limits.ts'
import {createWorkspace, sessionInput, type Workspace} from '../../src/workspace.ts'
import {catalog, derived, errorCode, estimate, read, rigNamed, TODAY, workspace, type Spec} from './world.ts'

const TRAINING: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'full', tokens: '500M', sequenceLength: 4096, globalBatch: 64}
const QLORA: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'qlora', tokens: '10M'}
const CHAT: Spec = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 300, outputTokens: 300, concurrency: 4}}
const PROMPTS: Spec = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 8000, outputTokens: 10, mode: 'offline', requests: 1000}}
const CODE: Spec = {kind: 'generic', reference: {on: 'a100-sxm-80gb', duration: '3 h'}, memoryGib: '10 GiB'}

function worldOf(rig: Rig, snapshot = catalog): Workspace {
  const options = {asOf: TODAY, rigs: [rig], rigsAssumed: false, have: [], prices: [], skills: undefined, allRegions: false, acceptStale: false}
  return createWorkspace(snapshot, {config: {defaults: {}}} as unknown as Workspace['loaded'], [rig], options)
}

async function limitsAt(rig: Rig, spec: Spec, watts?: readonly number[], snapshot = catalog): Promise<PowerLimits> {
  const world = worldOf(rig, snapshot)
  const target = resolveTarget(`rig:${rig.id}`, world.facts, [rig], world.options)
  if (target.kind !== 'rig') throw new Error('no rig')
  const result = powerLimitsOf(createSession(await sessionInput(world, read(spec))), target, watts)
  if (!('limits' in result)) throw new Error(result.detail)
  return result.limits
}

const CASES: readonly [rig: string, name: string, spec: Spec][] = [
  ['h100x10-pcie', 'training', TRAINING], ['h100x10-pcie', 'chat', CHAT], ['h100x10-sxm', 'training', TRAINING], ['workstation-rtx4090', 'qlora', QLORA], ['workstation-rtx4090', 'prompts', PROMPTS],
  ['laptop-rtx4090', 'qlora', QLORA], ['laptop-rtx4090', 'chat', CHAT], ['dgx-h100', 'any code', CODE],
]

describe.for(CASES)('%s, %s', ([id, , spec]) => {
  test('a lower limit is never faster and never draws more; its first row is the estimate', async () => {
    const {limits, target} = await limitsAt(rigNamed(id), spec)
    const {targets: [whole]} = await estimate(spec, workspace(catalog, {rigs: [rigNamed(id)]}), target)

    for (const [index, limit] of limits.entries()) {
      const before = limits[index - 1] ?? limit
      expect(limit.speedShare.p50).toBeLessThanOrEqual(before.speedShare.p50 + 1e-9)
      expect(limit.speedShare.p10).toBeLessThanOrEqual(limit.speedShare.p50)
      expect(limit.speedShare.p90).toBeGreaterThanOrEqual(limit.speedShare.p50)
      expect(limit.acceleratorWatts).toBeLessThanOrEqual(Math.min(before.acceleratorWatts, limit.limitWatts) + 1e-9)
      expect(limit.wallWatts).toBeLessThanOrEqual(before.wallWatts + 1e-9)
    }
    expect(limits[0]!.speedShare).toEqual({p10: 1, p50: 1, p90: 1})
    expect(limits[0]!.throughput.value).toBeCloseTo(whole!.throughput.p50!, 6)
    expect(limits[0]!.energyUsdPerUnit / limits[0]!.wattHoursPerUnit).toBeCloseTo(rigNamed(id).site.tariffUsdPerKwh / 1000, 12)
  })
})

test('energy per unit is least between the boards’ own limit and the lowest', async () => {
  const {limits, best} = await limitsAt(rigNamed('h100x10-pcie'), TRAINING)

  expect(best.energy).not.toBe(limits[0])
  expect(best.energy).not.toBe(limits.at(-1))
  expect(best.energy.wattHoursPerUnit).toBe(Math.min(...limits.map(limit => limit.wattHoursPerUnit)))
})

const FIGURES = [['energy', 'wattHoursPerUnit'], ['marginalCost', 'marginalUsdPerUnit'], ['fullCost', 'fullUsdPerUnit']] as const
const leastOf = (limits: readonly PowerLimit[], figure: (limit: PowerLimit) => number): PowerLimit => limits.reduce((best, each) => (figure(each) < figure(best) * (1 - 1e-4) ? each : best))

test.for(CASES)('best limits of %s, %s: least over p10, p50 and p90 of the speed, never lower than at p50 alone', async ([id, , spec]) => {
  const {limits, best, notes} = await limitsAt(rigNamed(id), spec)

  for (const [name, figure] of FIGURES) {
    const middle = leastOf(limits, limit => limit[figure])
    const expected = leastOf(limits.filter(({limitWatts}) => limitWatts >= middle.limitWatts), limit => limit[figure] * limit.expectedHoursRatio)
    expect(best[name].limitWatts).toBe(expected.limitWatts)
  }
  const passedOver = FIGURES.some(([name, figure]) => leastOf(limits, limit => limit[figure]).limitWatts < best[name].limitWatts)
  expect(notes.some(note => note.startsWith('Best limits weigh'))).toBe(passedOver)
})

test('hours are expected over p10, p50 and p90 of the speed, 3 : 4 : 3', async () => {
  const {limits} = await limitsAt(rigNamed('workstation-rtx4090'), QLORA)

  for (const {expectedHoursRatio, speedShare: {p10, p50, p90}} of limits) expect(expectedHoursRatio).toBeCloseTo((0.3 * p50) / p10 + 0.4 + (0.3 * p50) / p90, 9)
})

test('where less is asked than could be, p10 of the speed takes no more hours until it is less than that', async () => {
  const seldom: Spec = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 300, outputTokens: 300, requestsPerSecond: 0.1}}
  const {limits} = await limitsAt(rigNamed('workstation-rtx4090'), seldom, [450, 270])

  expect(limits[1]!.speedShare.p10).toBeLessThan(0.99)
  expect(limits[1]!.expectedHoursRatio).toBeCloseTo(1, 9)
})

test('decoding, which the memory bounds, is not said to be best at the lowest limit', async () => {
  const {limits, best} = await limitsAt(rigNamed('workstation-rtx4090'), CHAT)

  expect(best.energy.limitWatts).toBe(270)
  expect(limits.find(({limitWatts}) => limitWatts === 225)!.speedShare.p50).toBeLessThan(0.9)
})

test('boards with GDDR draw more here than in estimates, and the answer says so; those with HBM do not', async () => {
  const {limits, notes} = await limitsAt(rigNamed('workstation-rtx4090'), CHAT)
  const {targets: [usual]} = await estimate(CHAT, workspace(catalog, {rigs: [rigNamed('workstation-rtx4090')]}), 'rig:workstation-rtx4090')
  const stacked = await limitsAt(rigNamed('h100x10-pcie'), CHAT)

  expect(limits[0]!.wallWatts).toBeGreaterThan(usual!.powerWatts.average!.p50)
  expect(notes).toContainEqual(expect.stringMatching(new RegExp(`^Boards with GDDR drew more than the power model says: ${Math.round(limits[0]!.acceleratorWatts)} W each at their own limit here, \\d+ W in estimates`)))
  expect(stacked.notes.some(note => note.startsWith('Boards with GDDR'))).toBe(false)
})

describe('what a board is changes what a limit leaves of the speed', () => {
  const at = async (spec: Spec, changes: Partial<Accelerator>): Promise<PowerLimit> => {
    const snapshot = derived(catalog, {accelerators: catalog.accelerators.map(each => (each.id === 'rtx-4090-24gb' ? {...each, ...changes} : each))})
    return (await limitsAt(rigNamed('workstation-rtx4090'), spec, [450, 250], snapshot)).limits[1]!
  }
  const board = catalog.accelerators.find(({id}) => id === 'rtx-4090-24gb')!

  test.for([
    ['more watts at rest', CHAT, {idleWatts: 60}, 'slower'], ['stacked memory', CHAT, {memoryType: 'HBM3'}, 'faster'], ['a board sold with less', QLORA, {powerWatts: 400}, 'faster'],
    ['memory twice as fast, which costs watts, too', CHAT, {memoryBandwidthBytesPerSecond: board.memoryBandwidthBytesPerSecond * 2}, 'slower'],
    ['memory a third as fast, which leaves less to the matmuls', QLORA, {memoryBandwidthBytesPerSecond: board.memoryBandwidthBytesPerSecond / 3}, 'faster'],
  ] as const)('%s', async ([, spec, changes, effect]) => {
    const [before, after] = [await at(spec, {}), await at(spec, changes)]

    expect(effect === 'slower' ? before.speedShare.p50 - after.speedShare.p50 : after.speedShare.p50 - before.speedShare.p50).toBeGreaterThan(0.005)
  })
})

test('the wall, the meter and the hour by hand', async () => {
  const rig = rigNamed('workstation-rtx4090')
  const {limits} = await limitsAt(rig, QLORA)
  const [own] = limits
  const unitsPerHour = (own!.throughput.value * 3600) / 1e6

  // No cooling of its own, off when idle: all watts are energy of use.
  expect(own!.wattHoursPerUnit).toBeCloseTo(own!.wallWatts / unitsPerHour, 9)
  expect(own!.marginalUsdPerUnit).toBeCloseTo(own!.energyUsdPerUnit + 0.012 / unitsPerHour, 9)
  // 4,000 USD over three years of 8,760 hours, nothing left.
  expect(own!.fullUsdPerUnit).toBeCloseTo(own!.marginalUsdPerUnit + 4000 / (3 * 8760) / unitsPerHour, 9)
})

test('prompts slow down more than answers under the same limit', async () => {
  const prompts = await limitsAt(rigNamed('workstation-rtx4090'), PROMPTS, [450, 300, 225])
  const answers = await limitsAt(rigNamed('workstation-rtx4090'), CHAT, [450, 300, 225])
  const training = await limitsAt(rigNamed('workstation-rtx4090'), QLORA, [450, 300, 225])

  for (const index of [1, 2]) {
    expect(prompts.limits[index]!.speedShare.p50).toBeLessThan(answers.limits[index]!.speedShare.p50)
    expect(training.limits[index]!.speedShare.p50).toBeLessThan(answers.limits[index]!.speedShare.p50)
  }
})

test('a limit above what the work wants changes nothing', async () => {
  const light: Spec = {kind: 'generic', bytes: '100 TB', flops: '1e15', memoryGib: '10 GiB', precision: 'bf16'}
  const {limits} = await limitsAt(rigNamed('dgx-h100'), light, [700, 690])

  expect(limits[1]!.speedShare.p50).toBeGreaterThan(0.999)
  expect(limits[1]!.wattHoursPerUnit / limits[0]!.wattHoursPerUnit).toBeGreaterThan(0.99)
})

describe('what moves the best limit', () => {
  const desktop = rigNamed('workstation-rtx4090')
  const at = async (changes: Partial<Rig>): Promise<PowerLimits> => limitsAt({...desktop, ...changes}, QLORA)
  const tariff = (tariffUsdPerKwh: number): Partial<Rig> => ({site: {...desktop.site, tariffUsdPerKwh}})

  test('dear electricity lowers it, cheap electricity raises it; the energy’s own best stays', async () => {
    const [cheap, usual, dear] = [await at(tariff(0.05)), await at({}), await at(tariff(1000))]

    expect(cheap.best.fullCost.limitWatts).toBeGreaterThan(usual.best.fullCost.limitWatts)
    expect(dear.best.fullCost.limitWatts).toBeLessThanOrEqual(usual.best.fullCost.limitWatts)
    expect(dear.best.fullCost.limitWatts).toBe(dear.best.energy.limitWatts)
    expect(new Set([cheap, usual, dear].map(({best}) => best.energy.limitWatts)).size).toBe(1)
  })

  test('dear hours raise it: by what the rig cost, or by what they are worth otherwise', async () => {
    const [usual, dear] = [await at({}), await at({nodes: desktop.nodes.map(node => ({...node, priceUsd: 40_000}))})]
    const wanted = await at({displacedUsdPerHour: 2})

    expect(dear.best.fullCost.limitWatts).toBeGreaterThan(usual.best.fullCost.limitWatts)
    expect(dear.best.marginalCost.limitWatts).toBe(usual.best.marginalCost.limitWatts)
    expect(wanted.best.marginalCost.limitWatts).toBeGreaterThan(usual.best.marginalCost.limitWatts)
  })

  test('a planned rig carries the hour that the work takes, as an owned one does', async () => {
    const [owned, planned] = [await at({owned: true}), await at({owned: false})]

    expect(planned.limits.map(limit => limit.fullUsdPerUnit)).toEqual(owned.limits.map(limit => limit.fullUsdPerUnit))
    expect([owned.owned, planned.owned]).toEqual([true, false])
  })
})

test('the lowest limit is that of the board where it is known; where it is not, half of its own, and the answer says so', async () => {
  const known = await limitsAt(rigNamed('workstation-rtx4090'), QLORA)
  const assumed = await limitsAt(rigNamed('laptop-rtx4090'), QLORA)

  expect([known.limits.at(-1)!.limitWatts, known.notes.join(' ')]).toEqual([150, expect.not.stringContaining('is assumed')])
  expect([assumed.limits.at(-1)!.limitWatts, assumed.notes.join(' ')]).toEqual([75, expect.stringContaining('50 % of its own is assumed')])
})

test('what does not run there has no limits, and neither has what draws nobody knows what', async () => {
  const tpu = {...rigNamed('workstation-rtx4090'), id: 'tpu', nodes: rigNamed('workstation-rtx4090').nodes.map(node => ({...node, acceleratorId: 'tpu-v5e'}))}

  await expect(errorCode(limitsOfRig(worldOf(rigNamed('laptop-rtx4090')), read(TRAINING), rigNamed('laptop-rtx4090')))).resolves.toBe('UNKNOWN_POWER')
  await expect(errorCode(limitsOfRig(worldOf(tpu), read({kind: 'generic', flops: '1e18', memoryGib: '1 GiB', precision: 'bf16'}), tpu))).resolves.toBe('UNKNOWN_POWER')
})

test('where goals of speed are missed the answer says from where on', async () => {
  const spec: Spec = {kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {inputTokens: 3000, outputTokens: 300, concurrency: 8}}
  const {targets: [usual]} = await estimate(spec, workspace(catalog, {rigs: [rigNamed('workstation-rtx4090')]}), 'rig:workstation-rtx4090')
  const goal = Math.ceil(usual!.latency!.tpotSeconds.p99.p50 * 1.1 * 1000)
  const {limits, notes} = await limitsAt(rigNamed('workstation-rtx4090'), {...spec, slo: {tpot: `${goal} ms`}}, [450, 300, 225, 180, 150])
  const [least] = limits.filter(({missesGoal}) => !missesGoal).slice(-1)

  expect(limits.at(-1)!.missesGoal).toBe(true)
  expect(limits[0]!.missesGoal).toBe(false)
  expect(notes).toContainEqual(`Below ${least!.limitWatts} W the workload's goal of speed is missed.`)
})

import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {simulation} from '../../../src/workload/simulation/index.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1): Hardware => hardwareNamed(facts, accelerator, count)
const BASE = {kind: 'simulation', flops: '50 GFLOP', bytes: '20 GB', memoryGib: '60 GiB', timeSteps: '1M', parallelEfficiency: 0.9}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration): Performance {
  const demand = simulation.demand(simulation.spec.parse(spec), facts)
  const result = simulation.perform(demand, hardware, configuration ?? simulation.configurations(demand, hardware, facts)[0] ?? {}, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = simulation.demand(simulation.spec.parse(spec), facts)
  expect(simulation.configurations(demand, hardware, facts)).toEqual([])
  return simulation.refuse(demand, hardware, facts).refusal
}

describe('by hand', () => {
  test('doubles at a 64th make a consumer card slow: 50 GFLOP at 40 % of its fp64 rate, where memory binds an H100', () => {
    const spec = {kind: 'simulation', flops: '50 GFLOP', bytes: '20 GB', timeSteps: 1, kernels: 20}
    const card = facts.accelerator('rtx-4090-24gb')!

    expect(run(spec, on('rtx-4090-24gb')).workSeconds!.p50).toBeCloseTo(50e9 / (card.peakFlops.fp64! * 0.4) + 20 * 5e-6, 9)
    expect(run(spec, on('rtx-4090-24gb')).notes.join(' ')).toMatch(/doubles at 1\/64/)
    const h100 = facts.accelerator('h100-sxm-80gb')!
    expect(run(spec, on('h100-sxm-80gb')).workSeconds!.p50).toBeCloseTo(20e9 / (h100.memoryBandwidthBytesPerSecond * facts.streamShare(h100) * 0.8) + 1e-4, 9)
  })

  test('a twin in real time lasts as long as what it simulates, and keeps the card busy for its share', () => {
    const {workSeconds, load} = run({...BASE, stepTime: '20 ms', realTimeFactor: 1, parallelEfficiency: undefined, memoryGib: '20 GiB'}, on('h100-sxm-80gb'))

    expect(workSeconds!.p50).toBeCloseTo(20e-3 * 1e6, 6)
    expect(load.memoryShare).toBeLessThan(0.5)
  })
})

describe('refusals', () => {
  test('too slow for real time, with what it reaches', () => {
    const demand = simulation.demand(simulation.spec.parse({...BASE, stepTime: '1 ms', realTimeFactor: 1, memoryGib: '20 GiB'}), facts)

    expect(simulation.perform(demand, on('h100-sxm-80gb'), {}, facts)).toMatchObject({feasible: false, refusal: {reason: 'slo', nearest: 'realTimeFactor: 0.12'}})
  })

  test('no doubles, no ray-tracing cores, no display, too little memory, no program', () => {
    expect(refusal({...BASE, memoryGib: '10 GiB'}, on('tpu-v5e'))).toMatchObject({reason: 'software'})
    expect(refusal({...BASE, rendering: 'sensors'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'topology', nearest: 'rendering: none'})
    expect(refusal({...BASE, rendering: 'monitor'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'topology', detail: expect.stringMatching(/no display output/) as string})
    expect(refusal({...BASE, memoryGib: '200 GiB', parallelEfficiency: undefined}, on('h100-sxm-80gb'))).toMatchObject({reason: 'memory'})
    expect(refusal({...BASE, engine: 'isaac-sim', precision: 'fp32'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', detail: expect.stringMatching(/isaac-sim/) as string})
    expect(refusal({...BASE, engine: 'isaac-lab'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'precision fp32'})
  })

  test('what says nothing of the work, or two things', () => {
    expect(simulation.spec.safeParse({kind: 'simulation', timeSteps: 10}).success).toBe(false)
    expect(simulation.spec.safeParse({...BASE, realTimeFactor: 1}).success).toBe(false)
    expect(() => simulation.demand(simulation.spec.parse({...BASE, precision: 'bf16'}), facts)).toThrow(/fp64 or fp32/)
  })
})

describe('every field moves something', () => {
  const figures = (performance: Performance) => ({seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, used: performance.acceleratorsUsed, busy: performance.load.memoryShare})
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }
  const PACED = {...BASE, stepTime: '20 ms', realTimeFactor: 1}

  test.for<[string, Record<string, unknown>, Record<string, unknown>, Moves]>([
    ['flops', BASE, {flops: '500 GFLOP'}, {seconds: 'up', rate: 'down', bound: 'up'}],
    ['bytes', BASE, {bytes: '40 GB'}, {seconds: 'up', rate: 'down', bound: 'up'}],
    ['memoryGib', BASE, {memoryGib: '120 GiB'}, {memory: 'up', seconds: 'same'}],
    ['timeSteps', BASE, {timeSteps: '2M'}, {seconds: 'up', rate: 'same', bound: 'up'}],
    ['kernels', BASE, {kernels: 200}, {seconds: 'up', rate: 'down', bound: 'same'}],
    ['stepTime', PACED, {stepTime: '40 ms'}, {seconds: 'up', rate: 'same', busy: 'down'}],
    ['realTimeFactor', PACED, {realTimeFactor: 2}, {seconds: 'down', rate: 'same', busy: 'up'}],
    ['parallelEfficiency', BASE, {parallelEfficiency: 0.7}, {seconds: 'up', rate: 'down', used: 'same'}],
    ['precision', {...BASE, bytes: '1 GB', flops: '500 GFLOP'}, {precision: 'fp32'}, {seconds: 'down', bound: 'down'}],
    ['configuration.dp', BASE, {configuration: {dp: 2}}, {seconds: 'up', used: 'down', memory: 'up'}],
  ])('%s', ([, spec, changed, moves]) => {
    expect(moved(run(spec, on('h100-sxm-80gb', 4)), run({...spec, ...changed}, on('h100-sxm-80gb', 4)), moves)).toEqual(moves)
  })

  test('rendering decides which hardware can', () => {
    expect(run({...BASE, rendering: 'sensors', memoryGib: '10 GiB'}, on('rtx-4090-24gb')).notes.join(' ')).toMatch(/not counted/)
    expect(simulation.demand(simulation.spec.parse({...BASE, rendering: 'monitor'}), facts).atHand).toBeDefined()
  })

  test('engine decides which program', () => {
    expect(run({...BASE, engine: 'isaac-lab', precision: 'fp32'}, on('h100-sxm-80gb')).configuration.runtime).toBe('isaac-lab')
  })
})

test('laws: ordered intervals, never below the bound, operators are the step, shares within 0 and 1', () => {
  fc.assert(
    fc.property(fc.double({min: 1e6, max: 1e14, noNaN: true}), fc.double({min: 1e6, max: 1e13, noNaN: true}), fc.double({min: 0.5, max: 1, noNaN: true}), fc.constantFrom(1, 2, 4, 8), fc.constantFrom('fp64', 'fp32'), (flops, bytes, parallelEfficiency, dp, precision) => {
      const spec = {kind: 'simulation', flops, bytes, timeSteps: 1000, parallelEfficiency, precision, configuration: {dp}}
      const hardware = on('h100-sxm-80gb', 8)
      const demand = simulation.demand(simulation.spec.parse(spec), facts)
      const {workSeconds, rooflineSeconds, operators, load} = run(spec, hardware)
      expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
      expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
      expect(workSeconds!.p50).toBeGreaterThanOrEqual(simulation.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
      expect((operators.reduce((sum, operator) => sum + operator.seconds, 0) * 1000) / workSeconds!.p50).toBeCloseTo(1, 6)
      for (const share of [load.computeShare, load.memoryShare, load.linkShare]) expect(share >= 0 && share <= 1).toBe(true)
    }),
    {numRuns: 100, seed: 8},
  )
})

import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {frameMemory, frameOn} from '../../../src/workload/graphics/frame.ts'
import {graphics} from '../../../src/workload/graphics/index.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1): Hardware => hardwareNamed(facts, accelerator, count)
const SESSION = {kind: 'graphics', resolution: '4k', playTime: '10 h', framesPerSecond: 30}
const FILM = {kind: 'graphics', resolution: '1080p', frames: '100k'}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration): Performance {
  const demand = graphics.demand(graphics.spec.parse(spec), facts)
  const result = graphics.perform(demand, hardware, configuration ?? graphics.configurations(demand, hardware, facts)[0] ?? {}, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = graphics.demand(graphics.spec.parse(spec), facts)
  expect(graphics.configurations(demand, hardware, facts)).toEqual([])
  return graphics.refuse(demand, hardware, facts).refusal
}

describe('a frame', () => {
  const rtx2080Super = {memoryBandwidthBytesPerSecond: 496e9, peakFlops: {fp32: 11.15e12}}

  test('on the card of the published average takes what was published: 61.4 and 82.8 frames a second at 2160p', () => {
    const card = {...facts.accelerator('rtx-4090-24gb')!, ...rtx2080Super}
    const rate = (detail: 'ultra' | 'medium', pixels = 3840 * 2160): number => 1 / frameOn({pixels, detail, rayTracing: false}, card)!.seconds

    expect(rate('ultra')).toBeCloseTo(61.4, 6)
    expect(rate('medium')).toBeCloseTo(82.8, 6)
    expect(rate('ultra', 1920 * 1080)).toBeCloseTo(4 * 61.4, 6)
  })

  test('on another is held up by what that has less of', () => {
    const card = facts.accelerator('rtx-4090-24gb')!
    const frame = frameOn({pixels: 3840 * 2160, detail: 'ultra', rayTracing: false}, card)!

    expect(frame.seconds).toBeCloseTo(496e9 / 61.4 / card.memoryBandwidthBytesPerSecond, 9)
    expect(frame.computeSeconds).toBeCloseTo(11.15e12 / 61.4 / card.peakFlops.fp32!, 9)
  })

  test('needs memory for its pixels and for what is drawn: 8.29 million pixels × 128 bytes, and 8 GiB', () => {
    expect(frameMemory({pixels: 3840 * 2160, detail: 'ultra', rayTracing: false}).map(({gib}) => gib)).toEqual([(3840 * 2160 * 128) / 2 ** 30, 8])
  })
})

describe('refusals', () => {
  test('an H100 is told all that it lacks', () => {
    const {reason, detail} = refusal({...SESSION, rayTracing: true}, on('h100-pcie-80gb'))

    expect(reason).toBe('software')
    for (const lack of [/no display/, /no RT cores|no ray-tracing cores/, /24 units that write pixels/]) expect(detail).toMatch(lack)
  })

  test('an A100 has no graphics, an A10 streams and has no ray tracing only where it lacks the cores', () => {
    expect(refusal({...SESSION, display: 'stream'}, on('a100-pcie-40gb'))).toMatchObject({reason: 'software', detail: expect.stringMatching(/made for compute/) as string})
    expect(run({...SESSION, display: 'stream'}, on('a10-24gb')).acceleratorsUsed).toBe(1)
  })

  test('too few frames, with the rate that it reaches', () => {
    expect(run({...SESSION, framesPerSecond: 100}, on('rtx-4090-24gb')).throughput.value!.p50).toBeGreaterThan(100)
    const demand = graphics.demand(graphics.spec.parse({...SESSION, framesPerSecond: 200}), facts)
    const result = graphics.perform(demand, on('rtx-4090-24gb'), {}, facts)

    expect(result).toMatchObject({feasible: false, refusal: {reason: 'slo', nearest: 'framesPerSecond: 124'}})
  })

  test('too little memory, a session on two', () => {
    expect(refusal({...SESSION, resolution: '1080p'}, on('rtx-a2000-6gb'))).toMatchObject({reason: 'memory', nearest: 'detail: medium'})
    expect(refusal({...SESSION, configuration: {dp: 2}}, on('rtx-4090-24gb', 2))).toMatchObject({reason: 'topology', nearest: 'dp 1'})
  })

  test('fields that contradict each other', () => {
    expect(graphics.spec.safeParse({...SESSION, frames: 10}).success).toBe(false)
    expect(graphics.spec.safeParse({...FILM, framesPerSecond: 30}).success).toBe(false)
    expect(() => graphics.demand(graphics.spec.parse({...FILM, precision: 'bf16'}), facts)).toThrow(/drawn in fp32/)
    expect(graphics.spec.safeParse({...SESSION, resolution: 'huge'}).success).toBe(false)
  })
})

test('a monitor wants the machine at hand, a stream does not', () => {
  expect(graphics.demand(graphics.spec.parse(SESSION), facts).atHand?.elsewhere).toBe('display: stream')
  expect(graphics.demand(graphics.spec.parse({...SESSION, display: 'stream'}), facts).atHand).toBeUndefined()
})

describe('every field moves something', () => {
  const figures = (performance: Performance) => ({seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, busy: performance.load.memoryShare})
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }

  test.for<[string, Record<string, unknown>, Record<string, unknown>, Moves]>([
    ['resolution', SESSION, {resolution: '1440p'}, {seconds: 'same', rate: 'up', memory: 'down', busy: 'down'}],
    ['playTime', SESSION, {playTime: '20 h'}, {seconds: 'up', rate: 'same', memory: 'same', busy: 'same'}],
    ['framesPerSecond', SESSION, {framesPerSecond: 60}, {seconds: 'same', rate: 'same', busy: 'up'}],
    ['detail', SESSION, {detail: 'medium'}, {rate: 'up', memory: 'down', busy: 'down'}],
    ['rayTracing', SESSION, {rayTracing: true}, {rate: 'down', memory: 'up', busy: 'up'}],
    ['frames', FILM, {frames: '200k'}, {seconds: 'up', rate: 'same', memory: 'same'}],
    ['configuration.dp', FILM, {configuration: {dp: 1}}, {seconds: 'up', rate: 'down'}],
  ])('%s', ([, spec, changed, moves]) => {
    expect(moved(run(spec, on('rtx-4090-24gb', 2)), run({...spec, ...changed}, on('rtx-4090-24gb', 2)), moves)).toEqual(moves)
  })
})

test('laws: ordered intervals, never below the bound, shares within 0 and 1, memory lines add up', () => {
  fc.assert(
    fc.property(fc.integer({min: 320, max: 7680}), fc.integer({min: 1, max: 1e6}), fc.boolean(), fc.constantFrom('medium', 'ultra'), fc.constantFrom('rtx-4090-24gb', 'rtx-5090-32gb', 'l40s-48gb', 'rx-7900-xtx-24gb'), (side, frames, rayTracing, detail, accelerator) => {
      const spec = {kind: 'graphics', resolution: side, frames, rayTracing, detail}
      const hardware = on(accelerator, 2)
      const demand = graphics.demand(graphics.spec.parse(spec), facts)
      const {workSeconds, rooflineSeconds, memory, load, throughput} = run(spec, hardware)
      expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
      expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
      expect(workSeconds!.p50).toBeGreaterThanOrEqual(graphics.lowerBoundSeconds(demand, hardware, facts))
      expect(memory.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
      expect((throughput.value!.p50 * workSeconds!.p50) / frames).toBeCloseTo(1, 9)
      for (const share of [load.computeShare, load.memoryShare]) expect(share >= 0 && share <= 1).toBe(true)
    }),
    {numRuns: 100, seed: 2},
  )
})

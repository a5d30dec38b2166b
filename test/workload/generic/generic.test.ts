import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {generic} from '../../../src/workload/generic/index.ts'
import {speedUp} from '../../../src/workload/generic/performance.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const named = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)

function run(spec: Record<string, unknown>, hardware: Hardware, reference?: Hardware, configuration?: Configuration): Performance {
  const demand = generic.demand(generic.spec.parse({kind: 'generic', ...spec}), facts, reference)
  const result = generic.perform(demand, hardware, configuration ?? generic.configurations(demand, hardware, facts)[0] ?? {}, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

describe('from FLOP and bytes', () => {
  test('the slower of compute at 40 % and memory at 70 % of peak, within a factor of 1.9', () => {
    const {workSeconds, rooflineSeconds, bottleneck, basis, throughput} = run({flops: '100 PFLOP', bytes: '1 TB', precision: 'fp32'}, named('h100-sxm-80gb'))

    expect(workSeconds!.p50).toBeCloseTo(1e17 / (66.9e12 * 0.4), 1)
    expect(workSeconds!.p90 / workSeconds!.p50).toBeCloseTo(1.898, 2)
    expect(rooflineSeconds).toBeCloseTo(1e17 / 66.9e12, 1)
    expect([bottleneck, basis]).toEqual(['compute', 'assumed'])
    expect(throughput.value!.p50).toBeCloseTo(3600 / workSeconds!.p50, 9)
  })

  test('work without FLOP is bound by memory', () => {
    const {workSeconds, bottleneck} = run({bytes: '100 TB'}, named('h100-sxm-80gb'))

    expect(workSeconds!.p50).toBeCloseTo(1e14 / (3.35e12 * 0.7), 3)
    expect(bottleneck).toBe('memory-bandwidth')
  })

  test('one accelerator unless it says how it scales', () => {
    const alone = run({flops: '1 EFLOP'}, named('h100-sxm-80gb', 8))
    const spread = run({flops: '1 EFLOP', parallelEfficiency: 0.9}, named('h100-sxm-80gb', 8))

    expect(alone.acceleratorsUsed).toBe(1)
    expect(alone.notes.join(' ')).toMatch(/7 of 8 accelerators stay idle/)
    expect(spread.acceleratorsUsed).toBe(8)
    // Three doublings of 1.8.
    expect(alone.workSeconds!.p50 / spread.workSeconds!.p50).toBeCloseTo(1.8 ** 3, 9)
  })

  test.for([[1, 0.9, 1], [2, 0.9, 1.8], [8, 1, 8], [16, 0.5, 1], [8, null, 1]] as const)('%d accelerators at %s per doubling are %d times as fast', ([accelerators, efficiency, expected]) => {
    expect(speedUp(accelerators, efficiency)).toBeCloseTo(expected, 9)
  })
})

describe('from a reference', () => {
  test('on the same accelerator it is what was measured', () => {
    const {workSeconds} = run({reference: {on: 'a100-sxm-80gb:1', duration: '3 h'}}, named('a100-sxm-80gb'), named('a100-sxm-80gb'))

    expect(workSeconds!.p50).toBeCloseTo(10_800, 6)
    expect(workSeconds!.p90 / workSeconds!.p10).toBeLessThan(1.2)
  })

  test('with only a duration the interval spans both ratios and says so', () => {
    const {workSeconds, notes, basis} = run({reference: {on: 'a100-sxm-80gb:1', duration: '3 h'}, precision: 'bf16'}, named('h100-sxm-80gb'), named('a100-sxm-80gb'))
    const byCompute = 10_800 * (312 / 989.4)
    const byMemory = 10_800 * (2039 / 3350)

    expect(workSeconds!.p10).toBeLessThan(byCompute)
    expect(workSeconds!.p90).toBeGreaterThan(byMemory)
    expect(workSeconds!.p50).toBeCloseTo(Math.sqrt(byCompute * byMemory), 6)
    expect(notes[0]).toMatch(/unknown, the interval spans both/)
    expect(basis).toBe('computed')
  })

  test('bytes say that it follows memory, FLOP that it follows compute, both the roofline', () => {
    const reference = {reference: {on: 'a100-sxm-80gb:1', duration: '3 h'}, precision: 'bf16'}
    const scaled = (work: Record<string, unknown>): number => run({...reference, ...work}, named('h100-sxm-80gb'), named('a100-sxm-80gb')).workSeconds!.p50 / 10_800

    expect(scaled({bytes: '10 PB'})).toBeCloseTo(2039 / 3350, 9)
    expect(scaled({flops: '1 EFLOP'})).toBeCloseTo(312 / 989.4, 9)
    // 200 FLOP per byte: bound by compute on an A100 (153 FLOP per byte), by memory on an H100 (295).
    expect(scaled({flops: 200e15, bytes: 1e15})).toBeCloseTo(1e15 / 3.35e12 / (200e15 / 312e12), 9)
  })

  test('throughput counts runs', () => {
    expect(run({reference: {on: 'a100-sxm-80gb:1', throughput: '4 runs/h'}}, named('a100-sxm-80gb'), named('a100-sxm-80gb')).workSeconds!.p50).toBeCloseTo(900, 6)
    expect(() => run({reference: {on: 'a100-sxm-80gb:1', throughput: '4 tokens/s'}}, named('a100-sxm-80gb'), named('a100-sxm-80gb'))).toThrow(/counts runs/)
  })

  test('what ran on eight scales to other counts at 90 % per doubling, marked as a default', () => {
    const demand = generic.demand(generic.spec.parse({kind: 'generic', reference: {on: 'a100-sxm-80gb:8', duration: '1 h'}}), facts, named('a100-sxm-80gb', 8))

    expect(demand.assumptions).toContainEqual({field: 'parallelEfficiency', value: '0.9'})
    expect(run({reference: {on: 'a100-sxm-80gb:8', duration: '1 h'}}, named('a100-sxm-80gb', 4), named('a100-sxm-80gb', 8)).workSeconds!.p50).toBeCloseTo(3600 * 1.8, 6)
  })

  test('without hardware behind it the reference is an error with the way to write it', () => {
    expect(() => generic.demand(generic.spec.parse({kind: 'generic', reference: {on: 'my-box', duration: '1 h'}}), facts)).toThrow(/my-box/)
  })
})

describe('refusals', () => {
  const refusal = (spec: Record<string, unknown>, hardware: Hardware) => {
    const demand = generic.demand(generic.spec.parse({kind: 'generic', flops: '1 PFLOP', ...spec}), facts)
    expect(generic.configurations(demand, hardware, facts)).toEqual([])
    return generic.refuse(demand, hardware, facts).refusal
  }

  test('memory, with the number of accelerators that would do', () => {
    expect(refusal({memoryGib: '200 GiB'}, named('h100-sxm-80gb', 8))).toMatchObject({reason: 'memory', detail: 'needs 201 GiB per accelerator, has 79.7', nearest: expect.stringContaining('fits on 3 accelerators') as string})
    expect(refusal({memoryGib: '2000 GiB', parallelEfficiency: 0.9}, named('h100-sxm-80gb', 8)).nearest).toBe('fits on 26 accelerators')
  })

  test('a slice that is too small names the whole accelerator where that does', () => {
    const slice = {...named('h100-sxm-80gb'), acceleratorsPerNode: 1 / 8}

    expect(refusal({memoryGib: '40 GiB'}, slice)).toMatchObject({reason: 'memory', nearest: 'fits on a whole accelerator'})
    expect(refusal({memoryGib: '200 GiB'}, slice).nearest).toMatch(/^fits on \d+ accelerators/)
  })

  test('a precision that the hardware lacks', () => {
    expect(refusal({precision: 'fp8'}, named('a100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'precision fp64 or fp32 or tf32 or bf16 or fp16 or int8'})
  })

  test('several nodes behind an unknown network', () => {
    expect(refusal({parallelEfficiency: 0.9, configuration: {dp: 16}}, {...named('h100-sxm-80gb', 8, 2), network: undefined}).reason).toBe('link-unknown')
  })

  test('what is assumed of the program is said, and is what is counted', () => {
    const {assumptions} = generic.demand(generic.spec.parse({kind: 'generic', flops: '1 PFLOP'}), facts)
    const {loadSeconds, load} = run({flops: '1 PFLOP'}, named('h100-sxm-80gb'))

    expect(assumptions).toContainEqual({field: 'start-up', value: `${loadSeconds} s`})
    expect(assumptions).toContainEqual({field: 'host', value: `${load.hostShare * 100} % busy`})
  })

  test('nothing to compute from', () => {
    expect(generic.spec.safeParse({kind: 'generic', memoryGib: 4}).success).toBe(false)
  })
})

describe('every field moves something', () => {
  const base = {flops: '1 EFLOP', bytes: '100 TB', memoryGib: '100 GiB', parallelEfficiency: 0.9, precision: 'fp32'}
  const figures = (performance: Performance) => ({seconds: performance.workSeconds!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, used: performance.acceleratorsUsed})

  test.for<[string, Record<string, unknown>, Record<string, 'up' | 'down' | 'same'>]>([
    ['flops', {flops: '2 EFLOP'}, {seconds: 'up', memory: 'same', bound: 'up', used: 'same'}],
    ['bytes', {bytes: '1 EB'}, {seconds: 'up', memory: 'same', bound: 'up', used: 'same'}],
    ['memoryGib', {memoryGib: '200 GiB'}, {seconds: 'same', memory: 'up', bound: 'same', used: 'same'}],
    ['parallelEfficiency', {parallelEfficiency: 1}, {seconds: 'down', memory: 'same', bound: 'same', used: 'same'}],
    ['precision', {precision: 'bf16'}, {seconds: 'down', memory: 'same', bound: 'down', used: 'same'}],
    ['configuration.dp', {configuration: {dp: 4}}, {seconds: 'up', memory: 'up', bound: 'up', used: 'down'}],
  ])('%s', ([, changed, moves]) => {
    const [before, after] = [figures(run(base, named('h100-sxm-80gb', 8))), figures(run({...base, ...changed}, named('h100-sxm-80gb', 8)))]

    const seen = Object.fromEntries(Object.keys(moves).map(key => [key, after[key as 'seconds'] === before[key as 'seconds'] ? 'same' : after[key as 'seconds'] > before[key as 'seconds'] ? 'up' : 'down']))
    expect(seen).toEqual(moves)
  })
})

test('laws: ordered intervals, never below the roofline or the bound, more hardware never slower', () => {
  fc.assert(
    fc.property(fc.double({min: 1e12, max: 1e24, noNaN: true}), fc.double({min: 1e9, max: 1e20, noNaN: true}), fc.double({min: 0.5, max: 1, noNaN: true}), fc.constantFrom(1, 2, 4, 8), (flops, bytes, parallelEfficiency, count) => {
      const spec = {flops, bytes, parallelEfficiency}
      const demand = generic.demand(generic.spec.parse({kind: 'generic', ...spec}), facts)
      const hardware = named('h100-sxm-80gb', count)
      const {workSeconds, rooflineSeconds, operators} = run(spec, hardware)
      expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
      expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
      expect(workSeconds!.p50).toBeGreaterThanOrEqual(generic.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
      expect(operators.reduce((sum, operator) => sum + operator.seconds, 0) / workSeconds!.p50).toBeCloseTo(1, 9)
      expect(run(spec, named('h100-sxm-80gb', count), undefined, {dp: count}).workSeconds!.p50).toBeLessThanOrEqual(run(spec, named('h100-sxm-80gb', count), undefined, {dp: 1}).workSeconds!.p50 * (1 + 1e-9))
    }),
    {numRuns: 100, seed: 1},
  )
})

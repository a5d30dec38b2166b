import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {Measurement} from '../../src/config/measurement.ts'
import {RigorError} from '../../src/errors.ts'
import {withOwnMeasurements} from '../../src/own-measurements.ts'
import {estimateTargets} from '../../src/planner/estimate.ts'
import type {Interval} from '../../src/performance/types.ts'
import {resolveTarget} from '../../src/planner/resolve.ts'
import {sessionInput, type Workspace} from '../../src/workspace.ts'
import {measurementId, type StoredMeasurement} from '../../src/store/measurements.ts'
import {estimate, plan, read, restricted, workspace, type Spec} from './world.ts'

const world = workspace(restricted({machines: machine => machine.provider === 'lambda'}))
const ON = 'h100-sxm-80gb:8'
const TUNE: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'full', tokens: '500M', sequenceLength: 4096, globalBatch: 64, configuration: {runtime: 'pytorch', precision: 'bf16', tp: 1, pp: 1}}
const LAYOUT = {runtime: 'vllm', precision: 'bf16', tp: 2, pp: 1, ep: 1}
const CHAT: Spec = {kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 64}, slo: {tpot: '60 ms'}, configuration: LAYOUT}

const empty = {file: '', measurements: [], hardware: [], locate: () => 'measurements.json:1'}

/** A workspace whose rigor.yaml has these measurements. */
function withMeasured(entries: readonly Spec[], stored: readonly Omit<StoredMeasurement, 'id'>[] = []): Workspace {
  const loaded = {config: {defaults: {}, measurements: entries.map(entry => Measurement.parse(entry))}, locate: (at: readonly PropertyKey[]) => `rigor.yaml:${2 + Number(at[1])}`} as unknown as Workspace['loaded']
  const measurements = stored.map(entry => ({id: measurementId(entry), ...entry}))
  return withOwnMeasurements({...world, loaded}, {store: {...empty, measurements}, storeProblem: undefined})
}

async function throughput(spec: Spec, at: Workspace, on = ON): Promise<{p10: number; p50: number; p90: number; confidence: string; warnings: readonly string[]}> {
  const {targets} = await estimate(spec, at, on)
  const [target] = targets
  return {p10: target?.throughput.p10 ?? Number.NaN, p50: target?.throughput.p50 ?? Number.NaN, p90: target?.throughput.p90 ?? Number.NaN, confidence: target?.confidence ?? '', warnings: target?.warnings ?? []}
}

const measured = (spec: Spec, rate: number, more: Spec = {}): Spec => ({workload: spec, on: ON, throughput: `${rate} tokens/s`, date: '2026-11-01', ...more})

function thrown(act: () => unknown): RigorError {
  try {
    act()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a measurement of the very work on the very hardware', async () => {
  const plain = await throughput(TUNE, world)
  const own = withMeasured([measured(TUNE, plain.p50 * 1.2)])
  const after = await throughput(TUNE, own)

  test('moves the estimate there', () => {
    expect(after.p50 / (plain.p50 * 1.2)).toBeCloseTo(1, 1)
    expect(after.p50).toBeLessThan(plain.p50 * 1.2)
  })

  test('narrows the interval to what repeated runs differ by, and no further', () => {
    const sigma = Math.log(after.p90 / after.p10) / (2 * 1.2815515655446)

    expect(sigma).toBeGreaterThanOrEqual(0.05 - 1e-9)
    // The longer side of a lopsided interval shrinks by the same share, and stays the longer one.
    expect(sigma).toBeLessThan(0.065)
  })

  test('is said: as the basis, and in a note with the factor, the day and the place', () => {
    expect(after.confidence).toBe('measured')
    expect(after.warnings).toContainEqual(expect.stringMatching(/^Pulled ×1\.(?:19|20) by your measurement of 2026-11-01 on h100-sxm-80gb:8\.$/))
  })

  test('says less the less a candidate has in common with it', async () => {
    const shift = async (spec: Spec, on: string): Promise<number> => Math.log((await throughput(spec, own, on)).p50 / (await throughput(spec, world, on)).p50)
    const [here, fewer, model, sibling, elsewhere] = [
      await shift(TUNE, ON), await shift(TUNE, 'h100-sxm-80gb:4'), await shift({...TUNE, model: 'Llama-3.2-3B'}, ON), await shift(TUNE, 'h200-sxm-141gb:8'), await shift(TUNE, 'a100-sxm-80gb:8'),
    ]

    expect(here).toBeGreaterThan(fewer)
    expect(fewer).toBeGreaterThan(sibling)
    expect(here).toBeGreaterThan(model)
    expect(sibling).toBeGreaterThan(elsewhere)
    expect(elsewhere).toBeGreaterThan(0)
  })

  test('is no measurement of other hardware', async () => {
    const sibling = await throughput(TUNE, own, 'h200-sxm-141gb:8')

    expect(sibling.confidence).not.toBe('measured')
    expect(sibling.p90 / sibling.p10).toBeGreaterThan(after.p90 / after.p10)
  })

  test('a duration says the same as the throughput that it comes to', async () => {
    const byDuration = withMeasured([{workload: TUNE, on: ON, duration: `${5e8 / (plain.p50 * 1.2)} s`}])

    expect((await throughput(TUNE, byDuration)).p50 / after.p50).toBeCloseTo(1, 3)
  })

  test('in a plan every candidate is pulled, and the notes count the measurements', async () => {
    const {targets, notes} = await plan(TUNE, own)
    const bound = targets.filter(({accelerator, accelerators}) => accelerator === 'h100-sxm-80gb' && accelerators === 8)

    expect(bound.length).toBeGreaterThan(0)
    for (const {warnings} of bound) expect(warnings).toContainEqual(expect.stringContaining('by your measurement of 2026-11-01'))
    expect(notes).toContain('1 own measurement of this kind in use: rigor calibrate list.')
  })
})

describe('what measurements leave alone', () => {
  test('work of other kinds, to the byte', async () => {
    const own = withMeasured([measured(TUNE, 60_000)])

    expect(JSON.stringify(await plan(CHAT, own))).toBe(JSON.stringify(await plan(CHAT, world)))
  })

  test('a workload with a reference of its own, which wins', async () => {
    const spec = {...TUNE, reference: {on: ON, throughput: '50000 tokens/s'}}
    const [with_, without] = [await estimate(spec, withMeasured([measured(TUNE, 90_000)]), ON), await estimate(spec, world, ON)]

    expect(with_.targets).toEqual(without.targets)
    expect(with_.notes).toContain("The workload's reference is used instead of 1 own measurement.")
  })

  test('what no hardware does stays out of reach', async () => {
    // On one card that is busy with the biggest batch: pulled by far, and yet never above its peak.
    const fast = withMeasured([measured(TUNE, 95_000)])
    const {targets} = await estimate(TUNE, fast, 'h200-sxm-141gb:8')
    const hours = targets[0]?.workHours?.p50 ?? 0

    expect(hours * 3600 * 8 * 989.5e12).toBeGreaterThan(6 * 8.03e9 * 5e8)
  })
})

describe('serving under a goal', () => {
  const BENCH: Spec = {kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 256}, configuration: {...LAYOUT, dp: 4}}
  const rate = async (at: Workspace): Promise<number> => (await throughput(BENCH, at)).p50
  const bench = (tokensPerSecond: number): Spec => measured(BENCH, tokensPerSecond)

  test('slower than estimated takes more replicas, and the goal is checked at the measured speed', async () => {
    const plain = await rate(world)
    // At the measured speed the fewest replicas that hold the cache miss this goal by a little, and one more, with fewer sequences each, keeps it.
    const own = withMeasured([bench(plain * 0.5)])
    const fewest = (await estimate({...CHAT, slo: {tpot: '1 s'}}, own, ON)).targets[0]
    const goal = (fewest?.latency?.tpotSeconds.p99.p50 ?? Number.NaN) * 0.97
    const chat = {...CHAT, slo: {tpot: `${goal * 1e3} ms`}}
    const [as] = (await estimate(chat, world, ON)).targets
    const [slower] = (await estimate(chat, own, ON)).targets

    expect(slower?.configuration.dp).toBeGreaterThan(as?.configuration.dp ?? Number.NaN)
    expect(slower?.latency?.tpotSeconds.p99.p50).toBeLessThanOrEqual(goal)
  })

  test('the measured rate comes out where it was measured', async () => {
    const plain = await rate(world)

    expect((await rate(withMeasured([bench(plain * 0.8)]))) / (plain * 0.8)).toBeCloseTo(1, 1)
  })

  test('a measured rate narrows the time of each token and leaves the first one as uncertain as it was, tail and all', async () => {
    const latency = async (at: Workspace) => (await estimate(BENCH, at, ON)).targets[0]?.latency
    const [plain, own] = [await latency(world), await latency(withMeasured([bench((await rate(world)) * 0.8)]))]
    const upper = (interval: Interval | undefined): number => (interval?.p90 ?? Number.NaN) / (interval?.p50 ?? Number.NaN)

    for (const quantile of ['median', 'p99'] as const) {
      expect(upper(own?.ttftSeconds[quantile])).toBeCloseTo(upper(plain?.ttftSeconds[quantile]), 6)
      expect(own?.ttftSeconds[quantile].p50).toBeGreaterThan(plain?.ttftSeconds[quantile].p50 ?? Number.NaN)
      expect(upper(own?.tpotSeconds[quantile])).toBeLessThan(upper(plain?.tpotSeconds[quantile]))
    }
  })

  test('a benchmark is taken to have kept every card busy', async () => {
    const plain = await rate(world)
    const {configuration: _, ...spread} = bench(plain)['workload'] as Record<string, unknown>
    const own = withMeasured([{...bench(plain), workload: spread}])

    expect(own.ownEvidence?.of('llm-inference')[0]?.configuration).toMatchObject({dp: expect.any(Number) as number})
    const {tp = 1, pp = 1, dp = 1} = own.ownEvidence?.of('llm-inference')[0]?.configuration ?? {}
    expect(tp * pp * dp).toBe(8)
  })
})

describe('a measurement that cannot be used', () => {
  test.for<[string, Spec, string, RegExp]>([
    ['an unknown model', {workload: {...TUNE, model: 'Lama-3.1-8B'}, on: ON, throughput: '60000 tokens/s'}, 'UNKNOWN_MODEL', /rigor\.yaml:2/],
    ['an unknown target', {workload: TUNE, on: 'h100-sxn-80gb:8', throughput: '60000 tokens/s'}, 'UNKNOWN_ACCELERATOR', /^rigor\.yaml:2 — /],
    ['another unit', {workload: TUNE, on: ON, throughput: '60000 tokns/s'}, 'BAD_UNIT', /^rigor\.yaml:2 — throughput is in "tokns\/s", and this work is measured in tokens\/s/],
    ['too little memory', {workload: {...TUNE, model: 'Llama-3.1-70B'}, on: 'h100-sxm-80gb:1', throughput: '600 tokens/s'}, 'MEASUREMENT_UNUSABLE', /^rigor\.yaml:2 — by the estimates it could not have run on h100-sxm-80gb:1: /],
    ['faster than the roofline', {workload: TUNE, on: ON, throughput: '600000 tokens/s'}, 'MEASUREMENT_IMPOSSIBLE', /^rigor\.yaml:2 — that is [\d.]+× as fast as h100-sxm-80gb:8 can be/],
    ['a thousand times too slow', {workload: TUNE, on: ON, throughput: '60 tokens/s'}, 'MEASUREMENT_IMPOSSIBLE', /too far apart/],
    ['a reference in it', {workload: {...TUNE, reference: {on: ON, duration: '3 h'}}, on: ON, throughput: '60000 tokens/s'}, 'MEASUREMENT_UNUSABLE', /reference of its own/],
    ['a duration of endless work', {workload: CHAT, on: ON, duration: '3 h'}, 'MEASUREMENT_UNUSABLE', /no duration/],
  ])('%s: in rigor.yaml an error with the place', ([, entry, code, message]) => {
    const error = thrown(() => withMeasured([entry]))

    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.hint).toBeTruthy()
  })

  test('a mistyped figure is one mistake', () => {
    const {error} = Measurement.safeParse({workload: TUNE, on: ON, throughputt: '60000 tokens/s'})

    expect(error?.issues.map(({code}) => code)).toEqual(['unrecognized_keys'])
    expect(Measurement.safeParse({workload: TUNE, on: ON}).error?.issues.map(({message}) => message)).toEqual(['a measurement has exactly one of throughput and duration'])
  })

  test('of a large store only the newest are worked out', async () => {
    const old = {workload: {...TUNE, model: 'Lama-3.1-8B'} as unknown as StoredMeasurement['workload'], on: ON, throughput: '60000 tokens/s', date: '2020-01-01'}
    const recent = Array.from({length: 201}, (_, index) => ({workload: TUNE as StoredMeasurement['workload'], on: ON, throughput: `${60_000 + index} tokens/s`, date: `2026-10-${index === 0 ? '01' : '02'}`}))
    const own = withMeasured([], [old, ...recent])

    expect(own.ownEvidence?.of('llm-finetune')).toHaveLength(200)
    expect(own.ownEvidence?.notes).toEqual(['Of your 202 measurements of this kind the newest 200 are used.'])
    expect(own.ownEvidence?.of('llm-finetune').every(({measurement}) => measurement.measuredOn === '2026-10-02')).toBe(true)
  })

  test('in the store a note, and the others count', async () => {
    const bad = {workload: {...TUNE, model: 'Lama-3.1-8B'} as unknown as StoredMeasurement['workload'], on: ON, throughput: '60000 tokens/s'}
    const good = {workload: TUNE as StoredMeasurement['workload'], on: ON, throughput: '60000 tokens/s'}
    const {notes} = await estimate(TUNE, withMeasured([], [bad, good]), ON)

    expect(notes).toEqual(['1 own measurement of this kind in use: rigor calibrate list.', expect.stringMatching(/^Your measurement m-[0-9a-f]{10} is not used: .*Lama-3\.1-8B/)])
  })
})

describe('what is no measurement of the candidate', () => {
  const BENCH: Spec = {kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 64}, configuration: {...LAYOUT, tp: 8, dp: 1}}

  test('another layout: it moves by less', async () => {
    const own = withMeasured([measured(BENCH, (await throughput(BENCH, world)).p50 * 0.8)])
    const shift = async (configuration: Spec): Promise<number> => Math.log((await throughput({...BENCH, configuration}, own)).p50 / (await throughput({...BENCH, configuration}, world)).p50)
    const [same, other] = [await shift({...LAYOUT, tp: 8, dp: 1}), await shift({...LAYOUT, tp: 2, dp: 4})]

    expect(other / same).toBeGreaterThan(0.2)
    expect(other / same).toBeLessThan(0.8)
    expect((await throughput(BENCH, own)).confidence).toBe('measured')
    expect((await throughput({...BENCH, configuration: {...LAYOUT, tp: 2, dp: 4}}, own)).confidence).toBe('calibrated')
  })

  test.for<[string, Spec, Spec]>([
    ['other traffic', BENCH, {...BENCH, traffic: {inputTokens: 30_000, outputTokens: 200, concurrency: 2}}],
    ['another sequence length', TUNE, {...TUNE, sequenceLength: 1024}],
  ])('%s', async ([, spec, other]) => {
    const own = withMeasured([measured(spec, (await throughput(spec, world)).p50 * 0.8)])

    expect((await throughput(spec, own)).confidence).toBe('measured')
    expect((await throughput(other, own)).confidence).not.toBe('measured')
  })
})

describe('a measurement that is too far off to be believed', async () => {
  const plain = await throughput(TUNE, world)
  const sigma = Math.log(plain.p90 / plain.p10) / (2 * 1.2815515655446)
  const at = (sigmas: number): Promise<Awaited<ReturnType<typeof throughput>>> => throughput(TUNE, withMeasured([measured(TUNE, plain.p50 * Math.exp(-sigmas * sigma))]))

  test('narrows nothing, is no basis, and every estimate that uses it says so', async () => {
    const {p10, p50, p90, confidence, warnings} = await at(6)

    expect([p50 / p10, p90 / p50]).toEqual([expect.closeTo(plain.p50 / plain.p10, 6), expect.closeTo(plain.p90 / plain.p50, 6)])
    expect(confidence).toBe(plain.confidence)
    expect(warnings).toContainEqual(expect.stringMatching(/^Your measurement of 2026-11-01 on h100-sxm-80gb:8 is 0\.\d+× of the estimate for h100-sxm-80gb:8, 6 standard deviations off: it counts little/))
  })

  test('moves the less the further off it is', async () => {
    const [three, four, eight] = [await at(2.95), await at(4), await at(8)]

    expect(three.p50).toBeLessThan(four.p50)
    expect(four.p50).toBeLessThan(eight.p50)
    expect(eight.p50).toBeLessThan(plain.p50)
  })
})

describe('whatever was measured, no operator passes its limit', () => {
  const beyond = async (spec: Spec, at: Workspace, on: string): Promise<number> => {
    const session = await sessionInput(at, read(spec))
    const {targets} = estimateTargets({...session, publishedErrors: () => undefined}, [resolveTarget(on, at.facts, at.knownRigs, at.options)])
    const shares = targets.flatMap(({explanation}) => explanation?.budget.flatMap(({operators}) => operators.map(({achieved, limit}) => (achieved ?? 0) / (limit ?? Number.POSITIVE_INFINITY))) ?? [])
    expect(shares.length).toBeGreaterThan(0)
    return Math.max(...shares)
  }

  test('serving: a rate of eight cards as one replica does not make two of them beat their memory', async () => {
    const chat = {kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 50}}

    expect(await beyond(chat, withMeasured([measured(chat, 12_300)]), ON)).toBeLessThanOrEqual(1 + 1e-6)
  })

  test('what it is held back by stays in the interval, and the basis is not the measurement', async () => {
    const bound = {...CHAT, slo: undefined, configuration: {...LAYOUT, dp: 4}}
    const {p50} = await throughput(bound, world)
    const [reached, held] = [await throughput(bound, withMeasured([measured(bound, p50 * 1.03)])), await throughput(bound, withMeasured([measured(bound, p50 * 1.6)]))]

    expect(held.warnings).toContainEqual(expect.stringMatching(/^Pulled ×1\.\d+ by .*, as far as the hardware goes\.$/))
    expect(held.p90 / held.p50).toBeGreaterThan(reached.p90 / reached.p50)
    expect([reached.confidence, held.confidence]).toEqual(['measured', 'calibrated'])
  })

  test('at any rate, on the target and beside it', async () => {
    const bound = {...CHAT, slo: undefined, configuration: {...LAYOUT, dp: 4}}
    const cases = fc.record({
      spec: fc.constantFrom<Spec>(bound, TUNE), times: fc.double({min: 1.1, max: 4, noNaN: true}), on: fc.constantFrom(ON, 'h100-sxm-80gb:4', 'h200-sxm-141gb:8', 'a100-sxm-80gb:8'),
    })

    await fc.assert(fc.asyncProperty(cases, async ({spec, times, on}) => {
      const {p50} = await throughput(spec, world)
      let at: Workspace
      try {
        at = withMeasured([measured(spec, p50 * times)])
      } catch (error) {
        fc.pre(!(error instanceof RigorError))
        throw error
      }
      const here = on.endsWith(':4') && spec !== TUNE ? {...spec, configuration: {...LAYOUT, dp: 2}} : spec
      expect(await beyond(here, at, on)).toBeLessThanOrEqual(1 + 1e-6)
    }), {numRuns: 25})
  })
})

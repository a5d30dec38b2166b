import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import type {Interval, RefusalReason} from '../../src/performance/types.ts'
import type {Explanation, PlanDocument, PlanTarget, RejectedTarget} from '../../src/planner/document.ts'
import {renderEstimate} from '../../src/report/estimate.ts'
import {displayWidth} from '../../src/report/layout.ts'
import {renderPlan} from '../../src/report/table.ts'
import {rigRun} from './fixtures/targets.ts'
import {printed} from './printed.ts'

const hostile = fc.oneof(
  fc.string({unit: 'grapheme', maxLength: 60}),
  fc.string({unit: 'binary', maxLength: 60}),
  fc.constantFrom('\u001b[31mred\u001b[0m', 'a\r\nb\tc', '日本語の機械', '\u202eright to left', '🚀👩‍👩‍👧‍👦❤\ufe0f', 'x'.repeat(200), ' ', '', '‐'.repeat(90), 'e\u0301'.repeat(50), '\u200b\ufeff'),
)
const amount = fc.double({min: 0, max: 1e12, noNaN: true})
const interval: fc.Arbitrary<Interval> = fc.tuple(amount, amount, amount).map(values => {
  const [p10 = 0, p50 = 0, p90 = 0] = values.toSorted((a, b) => a - b)
  return {p10, p50, p90}
})
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, {nil: null})
const texts = fc.array(hostile, {maxLength: 4})
const count = fc.integer({min: 1, max: 100_000})

const quantiles = fc.record({median: interval, p99: interval})

const bound = fc.constantFrom('compute' as const, 'memory-bandwidth' as const, 'link' as const, 'network' as const, 'host' as const, 'overhead' as const)
const distance = fc.constantFrom('measured' as const, 'accelerator' as const, 'family' as const, 'none' as const)
const explanation: fc.Arbitrary<Explanation> = fc.record({
  budget: fc.array(
    fc.record({
      group: fc.oneof(hostile, fc.constantFrom('step', 'run', 'decode step')),
      operators: fc.array(
        fc.record({name: hostile, seconds: amount, share: fc.double({min: 0, max: 1, noNaN: true}), bound, unit: fc.constantFrom('FLOP/s' as const, 'bytes/s' as const, null), achieved: maybe(amount), limit: maybe(amount)}),
        {maxLength: 60},
      ),
    }),
    {maxLength: 3},
  ),
  limit: maybe(fc.record({per: fc.constantFrom('run' as const, 'throughput-unit' as const), accelerators: count, rooflineSeconds: amount, estimateSeconds: amount, ratio: amount})),
  nearest: maybe(fc.record({distance, accelerator: maybe(hostile), model: maybe(hostile), measurements: count, rows: fc.array(fc.record({accelerator: hostile, model: hostile, measurements: count}), {minLength: 1, maxLength: 5})})),
  knownError: fc.array(
    fc.record({
      kind: hostile, metric: fc.oneof(hostile, fc.constantFrom('tpot', '__proto__')), distance, from: distance, p10: fc.double({min: 0, max: 1, noNaN: true}), p90: fc.double({min: 1, max: 1e6, noNaN: true}), measurements: count,
      published: maybe(fc.record({figure: hostile, mape: amount, mdape: amount, outOfSample: fc.boolean()})),
    }),
    {maxLength: 4},
  ),
})

const target: fc.Arbitrary<PlanTarget> = fc
  .record({
    rank: count,
    id: fc.oneof(hostile, fc.constantFrom('rig', 'rig:lab/node:4', 'aws:p5.48xlarge@us-east-1:spot')),
    provider: hostile,
    service: hostile,
    instanceType: hostile,
    region: maybe(hostile),
    zone: maybe(hostile),
    otherRegions: maybe(fc.record({count: fc.nat(99), maxExtraPercent: fc.double({min: 0, max: 1e4, noNaN: true})})),
    purchase: fc.oneof(hostile, fc.constantFrom('on-demand', 'spot', 'owned', 'reserved-1y')),
    nodes: count,
    accelerator: hostile,
    accelerators: count,
    acceleratorsBilled: count,
    eligible: fc.boolean(),
    ineligibleReason: maybe(fc.constantFrom('stale' as const, 'from-price' as const, 'unverified' as const, 'marketplace' as const)),
    configuration: fc.record({runtime: hostile, precision: hostile, tp: count, batch: count}, {requiredKeys: []}),
    throughput: fc.record({unit: hostile, p10: maybe(amount), p50: maybe(amount), p90: maybe(amount)}),
    durationHours: maybe(interval),
    workHours: maybe(interval),
    latency: maybe(fc.record({ttftSeconds: quantiles, tpotSeconds: quantiles})),
    memoryGib: fc.record({needed: interval, available: fc.double({min: 0.1, max: 1e6, noNaN: true}), lines: fc.array(fc.record({item: hostile, gib: amount}), {maxLength: 4})}),
    powerWatts: fc.record({average: maybe(interval), peak: maybe(interval), accelerators: maybe(interval)}),
    energyKwh: maybe(interval),
    carbonKg: maybe(interval),
    cost: fc.record({
      period: fc.constantFrom('run' as const, 'month' as const),
      basis: fc.constantFrom('rental' as const, 'marginal' as const, 'full' as const),
      usd: maybe(interval),
      alternative: maybe(fc.record({basis: fc.constantFrom('marginal' as const, 'full' as const), usd: interval})),
      perUnit: maybe(fc.record({usd: interval, unit: hostile})),
      lines: fc.array(fc.record({item: hostile, usd: amount, how: hostile}), {maxLength: 3}),
      notCosted: fc.array(fc.record({item: hostile, reason: hostile, usd: maybe(amount)}), {maxLength: 3}),
    }),
    availability: fc.record({state: fc.constantFrom('listed' as const, 'owned' as const, 'planned' as const, 'none' as const), asOf: maybe(hostile)}),
    confidence: fc.constantFrom('measured' as const, 'calibrated' as const, 'computed' as const, 'assumed' as const),
    bottleneck: hostile,
    tradeoffs: fc.array(fc.record({topic: fc.constant('privacy' as const), sign: fc.constantFrom('+' as const, '-' as const, '0' as const), text: hostile}), {maxLength: 3}),
    why: texts,
    warnings: texts,
    operators: fc.array(fc.record({name: hostile, seconds: amount, bound: fc.constantFrom('compute' as const, 'overhead' as const), flops: amount}), {maxLength: 3}),
    explanation,
  })

const rejected: fc.Arbitrary<RejectedTarget> = fc
  .record({id: fc.oneof(hostile, fc.constant('rig:lab')), provider: hostile, reason: fc.constantFrom<RefusalReason>('memory', 'budget', 'slo'), detail: hostile, nearest: maybe(hostile)})
  .chain(entry => fc.option(target, {nil: undefined, freq: 4}).map(found => (found === undefined ? entry : {...entry, estimate: found})))

const plan: fc.Arbitrary<PlanDocument> = fc.record({
  schema: fc.constant('rigor.plan/1' as const),
  workload: fc.constant({kind: 'generic'}),
  understood: fc.record({summary: hostile, assumptions: fc.array(fc.record({field: hostile, value: hostile}), {maxLength: 5})}),
  objective: fc.oneof(hostile, fc.constantFrom('cost', 'time', 'balanced')),
  catalog: fc.record({offers: fc.nat(), asOf: fc.dictionary(hostile, hostile, {maxKeys: 4}), hash: hostile}),
  considered: fc.record({offers: fc.nat(), targets: fc.nat(), candidates: fc.nat()}),
  answer: hostile,
  targets: fc.array(target, {maxLength: 4}),
  feasible: fc.nat(1000),
  rejected: fc.array(rejected, {maxLength: 4}),
  advice: fc.array(fc.record({action: fc.constantFrom('buy' as const, 'commit' as const, 'wait' as const), accelerator: hostile, usd: amount, asOf: maybe(hostile), reason: hostile}), {maxLength: 2}),
  pareto: texts,
  notes: texts,
})

const view = fc.record({
  width: fc.integer({min: 24, max: 160}),
  color: fc.constant(false),
  limit: fc.nat(5),
  allRegions: fc.boolean(),
  have: fc.array(hostile, {maxLength: 2}),
  currency: fc.constantFrom(undefined, {code: 'EUR', perUsd: 0.86, asOf: '2026-10'}),
  verbose: fc.boolean(),
  explain: fc.boolean(),
  today: fc.constantFrom(undefined, '2026-11-20'),
  workloadArgument: fc.option(hostile, {nil: undefined}),
})

// Two cores are shared by many tests; the long run is for whoever changes the layout: RIGOR_RUNS=5000 npx vitest run test/report/any-plan.test.ts
const numRuns = Number(process.env['RIGOR_RUNS'] ?? 200)

test('whatever a plan holds: no line too wide, no byte that steers the terminal, no NaN', () => {
  fc.assert(
    fc.property(plan, view, (document, options) => {
      for (const shown of [renderPlan(document, options), renderEstimate(document, options)]) {
        for (const line of shown.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(options.width)
        // oxlint-disable-next-line no-control-regex -- nothing of the sort may come through
        expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/)
        expect(shown).not.toMatch(/NaN|Infinity|undefined|\bnull\b/)
        expect(shown).not.toMatch(/[ \u00a0]$/m)
      }
    }),
    {numRuns},
  )
})

test('whatever a plan holds: its JSON can be read again and is written the same once more', () => {
  fc.assert(
    fc.property(plan, document => {
      const text = printed(document)

      expect(printed(JSON.parse(text) as PlanDocument)).toBe(text)
    }),
    {numRuns},
  )
})

test('a rig at the end of a long list keeps its line', () => {
  fc.assert(
    fc.property(plan, fc.nat(5), (document, limit) => {
      const withRig = {...document, targets: [...document.targets, {...rigRun, rank: 9999}], rejected: []}

      const shown = renderPlan(withRig, {width: 80, color: false, limit, allRegions: true, have: [], verbose: false})

      expect(shown).toMatch(/^ *9,?999. +rig h100x10-pcie/m)
    }),
    {numRuns: numRuns / 4},
  )
})

import {beforeAll, expect, test} from 'vitest'
import type {CalibrationSpread} from '../../../src/catalog/schema.ts'
import {createCalibration} from '../../../src/performance/calibration.ts'
import {DISTANCES} from '../../../src/performance/distance.ts'
import type {Interval, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {SPREAD_METRICS, type SpreadMetric} from '../../../src/workload/llm-inference/factors.ts'
import {bundledFacts, hardwareNamed, perform} from './fixtures.ts'

/** ln(p90 ÷ p50) of each, told apart by its place: 0.1, 0.2, …; below the median half as much. */
const highLog = (metric: SpreadMetric): number => (SPREAD_METRICS.indexOf(metric) + 1) / 10

let facts: PlanningFacts
beforeAll(async () => {
  const bundled = await bundledFacts()
  const spreads = SPREAD_METRICS.flatMap(metric => DISTANCES.map((distance): CalibrationSpread => ({kind: 'llm-inference', metric, distance, lowLog: -highLog(metric) / 2, highLog: highLog(metric), measurements: 50})))
  const {entries, evidence} = bundled.snapshot.calibration
  facts = {...bundled, calibration: createCalibration(entries, spreads, evidence)}
})

const serve = (model: string, accelerators: number, traffic: Record<string, unknown>, configuration = {runtime: 'vllm', precision: 'fp8', tp: accelerators}): Performance => perform(facts, {model, traffic, slo: {ttft: '100 h', tpot: '1 h'}}, hardwareNamed(facts, 'h100-sxm-80gb', accelerators), configuration)
const spreadOf = ({p50, p90}: Interval | undefined = {p10: Number.NaN, p50: Number.NaN, p90: Number.NaN}): number => Math.log(p90 / p50)

test.for([['Llama-3.1-8B', 1, 'throughput', 'tpot'], ['Qwen3-30B-A3B', 1, 'throughput-mixture', 'tpot-mixture']] as const)('%s: what is read off its interval is that of its sort', ([model, accelerators, throughput, tpot]) => {
  const {throughput: {value}, latency, interTokenSeconds, saturationThroughput, spreadMetrics} = serve(model, accelerators, {concurrency: 8, inputTokens: 1000, outputTokens: 300})

  for (const interval of [value ?? undefined, saturationThroughput]) expect(spreadOf(interval)).toBeCloseTo(highLog(throughput), 9)
  for (const interval of [latency?.tpotSeconds.median, latency?.tpotSeconds.p99, interTokenSeconds]) expect(spreadOf(interval)).toBeCloseTo(highLog(tpot), 9)
  expect(spreadMetrics).toEqual([throughput, tpot, 'ttft'])
})

test.for([
  ['one request at a time', {concurrency: 1, inputTokens: 1000, outputTokens: 300}, 'ttft-alone'],
  ['four, most of whose first token is their own prompt', {concurrency: 4, inputTokens: 8000, outputTokens: 1000}, 'ttft'],
  ['sixty long prompts with short answers, which wait for each other', {concurrency: 60, inputTokens: 6000, outputTokens: 20}, 'ttft-queued'],
  ['some at random', {requestsPerSecond: 0.2, inputTokens: 4000, outputTokens: 300}, 'ttft'],
] as const)('first tokens of %s', ([, traffic, metric]) => {
  const {latency, spreadMetrics} = serve('Llama-3.1-8B', 1, traffic)

  expect(spreadOf(latency?.ttftSeconds.median)).toBeCloseTo(highLog(metric), 9)
  expect(spreadMetrics?.at(-1)).toBe(metric)
})

test('the slowest of a hundred is a wait where the median is not', () => {
  const {latency, spreadMetrics} = serve('Llama-3.1-8B', 1, {requestsPerSecond: 17.6, inputTokens: 4000, outputTokens: 20})

  expect(spreadOf(latency?.ttftSeconds.median)).toBeCloseTo(highLog('ttft'), 9)
  expect(spreadOf(latency?.ttftSeconds.p99)).toBeCloseTo(highLog('ttft-queued'), 9)
  expect(spreadMetrics?.slice(-2)).toEqual(['ttft', 'ttft-queued'])
})

test('no end of a first token\'s interval falls while more requests come', async () => {
  facts = await bundledFacts()
  const at = (requestsPerSecond: number): Interval[] => {
    const {ttftSeconds} = serve('Llama-3.1-8B', 1, {requestsPerSecond, inputTokens: 4000, outputTokens: 20}).latency!
    return [ttftSeconds.median, ttftSeconds.p99]
  }
  const rates = Array.from({length: 180}, (_, index) => 1 + index / 10)
  const found = rates.map(at)

  for (const [index, later] of found.slice(1).entries()) {
    for (const [which, interval] of later.entries()) for (const end of ['p10', 'p50', 'p90'] as const) expect(interval[end]).toBeGreaterThanOrEqual(found[index]![which]![end])
  }
})

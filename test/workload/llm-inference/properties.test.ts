import * as fc from 'fast-check'
import {beforeAll, expect, test} from 'vitest'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {Hardware, Interval, Performance} from '../../../src/performance/types.ts'
import {llmInference} from '../../../src/workload/llm-inference/index.ts'
import {best, bundledFacts, demandOf, hardwareNamed, perform} from './fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const models = ['Llama-3.1-8B', 'Llama-3.1-70B', 'Qwen3-30B-A3B', 'gpt-oss-120b', 'DeepSeek-V3', 'google/gemma-3-27b-it', 'Qwen3.5-397B-A17B']
const accelerators = ['h100-sxm-80gb', 'h200-sxm-141gb', 'b200-sxm-180gb', 'a100-sxm-80gb', 'l40s-48gb', 'mi300x-192gb', 'tpu-v6e', 'rtx-4090-24gb', 't4-16gb', 'apple-m3-ultra', 'trainium2-96gb']

const machine = fc.record({accelerator: fc.constantFrom(...accelerators), count: fc.constantFrom(1, 2, 4, 8), nodes: fc.constantFrom(1, 2)})
const lengths = fc.record({inputTokens: fc.integer({min: 1, max: 16_000}), outputTokens: fc.integer({min: 1, max: 4000})})
const model = fc.constantFrom(...models)

const hardwareOf = ({accelerator, count, nodes}: {accelerator: string; count: number; nodes: number}): Hardware | undefined => {
  try {
    return hardwareNamed(facts, accelerator, count, nodes)
  } catch {
    return undefined
  }
}

const ordered = ({p10, p50, p90}: Interval): boolean => p10 > 0 && p10 <= p50 && p50 <= p90 && Number.isFinite(p90)

function checkSound(performance: Performance): void {
  const {throughput, latency, memory, load, rooflineSeconds, workSeconds} = performance
  const intervals = [throughput.value, workSeconds, performance.saturationThroughput, latency?.ttftSeconds.median, latency?.ttftSeconds.p99, latency?.tpotSeconds.median, latency?.tpotSeconds.p99]
  expect(intervals.filter(interval => interval !== null && interval !== undefined && !ordered(interval))).toEqual([])
  expect(latency?.ttftSeconds.p99.p50).toBeGreaterThanOrEqual((latency?.ttftSeconds.median.p50 ?? 0) * 0.999)
  expect(latency?.tpotSeconds.p99.p50).toBeGreaterThanOrEqual((latency?.tpotSeconds.median.p50 ?? 0) * 0.999)
  expect(memory.lines.reduce((total, line) => total + line.gib, 0)).toBeCloseTo(memory.neededGib.p50, 6)
  expect(memory.neededGib.p50).toBeLessThanOrEqual(memory.availableGib * 1.0001)
  const {work, ...busy} = load
  expect(Object.values({...busy, ...work}).filter(share => !(share >= 0 && share <= 1))).toEqual([])
  const secondsPerUnit = performance.endless ? 1 / (throughput.value?.p50 ?? Number.NaN) : (workSeconds?.p50 ?? Number.NaN)
  expect(secondsPerUnit).toBeGreaterThanOrEqual(rooflineSeconds * 0.999)
}

test('whatever runs has finite ordered intervals, memory lines that sum, shares of 0..1, and is no faster than the roofline or the pruning bound', () => {
  const load = fc.oneof(
    fc.record({concurrency: fc.integer({min: 1, max: 400}), peakFactor: fc.constantFrom(1, 3)}),
    fc.record({requestsPerSecond: fc.double({min: 0.01, max: 30, noNaN: true}), peakFactor: fc.constantFrom(1, 2)}),
    fc.record({mode: fc.constant('offline'), requests: fc.integer({min: 1, max: 100_000})}),
  )
  let ran = 0
  const unexplained: string[] = []
  fc.assert(
    fc.property(model, machine, lengths, load, (name, place, size, traffic) => {
      const hardware = hardwareOf(place)
      if (hardware === undefined) return
      const demand = demandOf(facts, {model: name, traffic: {...size, ...traffic}})
      const bound = llmInference.lowerBoundSeconds(demand, hardware, facts)
      for (const configuration of llmInference.configurations(demand, hardware, facts)) {
        const result = llmInference.perform(demand, hardware, configuration, facts)
        if (!result.feasible) {
          if (result.refusal.detail.length < 10) unexplained.push(result.refusal.reason)
          continue
        }
        ran++
        checkSound(result.performance)
        const seconds = demand.endless ? 1 / (result.performance.throughput.value?.p50 ?? 0) : (result.performance.workSeconds?.p50 ?? 0)
        expect(seconds).toBeGreaterThanOrEqual(bound * 0.999)
      }
    }),
    {numRuns: 400, seed: 7},
  )
  expect(unexplained).toEqual([])
  expect(ran).toBeGreaterThan(300)
})

test('more users never lower the throughput of a fixed configuration', () => {
  fc.assert(
    fc.property(model, fc.constantFrom('h200-sxm-141gb', 'b200-sxm-180gb', 'mi300x-192gb'), lengths, fc.integer({min: 1, max: 500}), fc.integer({min: 1, max: 500}), (name, accelerator, size, users, more) => {
      const hardware = hardwareNamed(facts, accelerator, 8)
      const configuration = {runtime: 'vllm', precision: 'fp8', tp: 8, pp: 1, ep: 1, dp: 1, batch: 0}
      const at = (concurrency: number): number => {
        const result = llmInference.perform(demandOf(facts, {model: name, traffic: {...size, concurrency}}), hardware, {...configuration, batch: concurrency}, facts)
        return result.feasible ? (result.performance.throughput.value?.p50 ?? 0) : Number.POSITIVE_INFINITY
      }
      expect(at(users + more)).toBeGreaterThanOrEqual(at(users) * 0.9999)
    }),
    {numRuns: 300, seed: 11},
  )
})

test('more bandwidth, compute or link never makes a fixed configuration slower', () => {
  const faster = fc.constantFrom('bandwidth', 'compute', 'link')
  fc.assert(
    fc.property(model, lengths, fc.integer({min: 1, max: 200}), faster, fc.double({min: 1, max: 4, noNaN: true}), (name, size, concurrency, part, factor) => {
      const hardware = hardwareNamed(facts, 'h200-sxm-141gb', 8)
      const {accelerator} = hardware
      const better: Hardware =
        part === 'bandwidth' ? {...hardware, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond * factor}}
        : part === 'compute' ? {...hardware, accelerator: {...accelerator, peakFlops: Object.fromEntries(Object.entries(accelerator.peakFlops).map(([key, rate]) => [key, (rate ?? 0) * factor]))}}
        : {...hardware, levels: (hardware.levels ?? []).map(level => ({...level, bytesPerSecond: level.bytesPerSecond * factor}))}
      const spec = {model: name, traffic: {...size, concurrency}}
      const configuration = {runtime: 'vllm', precision: 'fp8', tp: 8, pp: 1, ep: 1, dp: 1, batch: concurrency}
      const before = llmInference.perform(demandOf(facts, spec), hardware, configuration, facts)
      const after = llmInference.perform(demandOf(facts, spec), better, configuration, facts)
      if (!before.feasible || !after.feasible) return
      expect(after.performance.throughput.value?.p50).toBeGreaterThanOrEqual((before.performance.throughput.value?.p50 ?? 0) * 0.9999)
      // A faster engine is asked more often by the same users, so that a first token may wait a little longer; the sum of waits may not.
      const life = ({latency}: Performance): number => (latency?.ttftSeconds.median.p50 ?? 0) + (size.outputTokens - 1) * (latency?.tpotSeconds.median.p50 ?? 0)
      expect(life(after.performance)).toBeLessThanOrEqual(life(before.performance) * 1.0001)
    }),
    {numRuns: 300, seed: 13},
  )
})

test('twice the offline requests take twice as long once the machine is full', () => {
  const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
  const run = (requests: number) => best(facts, {model: 'Llama-3.1-70B', traffic: {inputTokens: 500, outputTokens: 500, mode: 'offline', requests}}, hardware)?.workSeconds?.p50 ?? 0
  expect(run(200_000) / run(100_000)).toBeCloseTo(2, 2)
})

test('replicas: auto are the fewest that keep up and meet the goal at peak', () => {
  const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
  const configuration = {runtime: 'vllm', precision: 'fp8', tp: 1, pp: 1, ep: 1}
  const spec = (replicas: 'auto' | number) => ({model: 'Llama-3.1-8B', traffic: {inputTokens: 2000, outputTokens: 300, requestsPerSecond: 10, peakFactor: 3}, slo: {ttft: '1 s', tpot: '30 ms'}, replicas})
  const auto = perform(facts, spec('auto'), hardware, configuration)
  const fewest = auto.configuration.dp ?? 0
  expect(fewest).toBeGreaterThan(1)
  const fewer = llmInference.perform(demandOf(facts, spec(fewest - 1)), hardware, configuration, facts)
  expect(fewer.feasible).toBe(false)
  expect(perform(facts, spec(fewest), hardware, configuration).latency?.ttftSeconds.p99.p50).toBeLessThanOrEqual(1)
})

test('a given rate is served at exactly that rate, whatever the peak', () => {
  const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
  const at = (peakFactor: number) => best(facts, {model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, requestsPerSecond: 2, peakFactor}}, hardware)
  expect(at(1)?.throughput.value?.p50).toBeCloseTo(400, 9)
  expect(at(4)?.throughput.value?.p50).toBeCloseTo(400, 9)
})

test('a configuration is performed exactly as given', () => {
  const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
  const configuration = {runtime: 'sglang', precision: 'bf16', tp: 4, pp: 1, dp: 2, ep: 1, batch: 64}
  const performance = perform(facts, {model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 50}}, hardware, configuration)
  expect(performance.configuration).toEqual(configuration)
  expect(performance.acceleratorsUsed).toBe(8)
})

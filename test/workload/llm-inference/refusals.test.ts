import {beforeAll, describe, expect, test} from 'vitest'
import {RigorError} from '../../../src/errors.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {Hardware, Refusal} from '../../../src/performance/types.ts'
import {llmInference} from '../../../src/workload/llm-inference/index.ts'
import {best, bundledFacts, demandOf, hardwareNamed} from './fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const chat = {inputTokens: 800, outputTokens: 200, concurrency: 50}

function refusal(spec: Record<string, unknown>, hardware: Hardware): Refusal {
  const demand = demandOf(facts, spec)
  const [first] = llmInference.configurations(demand, hardware, facts)
  const result = first === undefined ? llmInference.refuse(demand, hardware, facts) : llmInference.perform(demand, hardware, first, facts)
  if (result.feasible) throw new Error('it runs')
  return result.refusal
}

test('a laptop runs what no server has room for beside its reserve, unless the server was asked for', () => {
  const laptop = hardwareNamed(facts, 'rtx-4060-laptop-8gb', 1)
  const spec = {model: 'Llama-3.1-8B', precision: 'int4', traffic: {...chat, concurrency: 1}}

  expect(best(facts, spec, laptop)?.configuration).toMatchObject({runtime: 'llama.cpp', precision: 'int4'})
  expect(best(facts, {...spec, configuration: {runtime: 'vllm'}}, laptop)).toBeUndefined()
  // Where the server fits, nothing else is tried.
  const runtimes = (id: string): string[] => [...new Set(llmInference.configurations(demandOf(facts, spec), hardwareNamed(facts, id, 1), facts).map(({runtime}) => runtime ?? ''))]
  expect(runtimes('rtx-3060-12gb')).toEqual(['vllm'])
  expect(runtimes('rtx-4060-laptop-8gb')).toEqual(['llama.cpp'])
  expect(refusal({...spec, traffic: chat}, laptop).detail).toMatch(/^50 requests in flight need room for 50 sequences/)
})

describe('says what is missing and what would do', () => {
  test('405B in bf16 on eight H100', () => {
    const found = refusal({model: 'Llama-3.1-405B', precision: 'bf16', traffic: chat}, hardwareNamed(facts, 'h100-sxm-80gb', 8))
    expect(found.reason).toBe('memory')
    expect(`${found.detail}; ${found.nearest}`).toBe('405B in bf16 needs 756 GiB of weights, 8×80 GB have 637; fits on 2 nodes, or in fp8')
  })

  test('70B on one consumer card', () => {
    const found = refusal({model: 'Llama-3.1-70B', traffic: chat}, hardwareNamed(facts, 'rtx-4090-24gb', 1))
    expect(found).toMatchObject({reason: 'memory', nearest: 'fits on 4 of them'})
    expect(found.detail).toMatch(/^70B in fp8 needs \d+(\.\d+)? GiB of weights, 1×24 GB have 24$/)
  })

  test('weights that would just fit say what else needs room', () => {
    const found = refusal({model: 'Llama-3.1-70B', precision: 'fp8', traffic: chat}, hardwareNamed(facts, 'rtx-4090-24gb', 3))
    expect(found.detail).toMatch(/needs 6\d(\.\d)? GiB of weights, and cache and reserve beside them, 3×24 GB have 72$/)
  })

  test('heads that are filled up weigh as well: 128 on 24 cores are 144, each with keys and values, 80 billion parameters more', () => {
    // 126 layers · 16,384 · 128 · (2 · 16 heads more + 2 · 136 of keys and values more) = 80.3e9 bytes in 8 bit beside 405.9e9.
    const found = refusal({model: 'Llama-3.1-405B', precision: 'fp8', traffic: chat}, hardwareNamed(facts, 'inferentia2-32gb', 12))
    expect(found.detail).toMatch(/needs 45\d GiB of weights, 12×32 GB have 384$/)
  })

  test('an accelerator that nothing serves language models on', () => {
    const {accelerator} = hardwareNamed(facts, 'h100-sxm-80gb', 1)
    const unknown: Hardware = {accelerator: {...accelerator, id: 'odd', name: 'Odd', architecture: 'odd'}, acceleratorsPerNode: 1, nodes: 1, levels: [], network: undefined, host: {}}
    expect(refusal({model: 'Llama-3.1-8B', traffic: chat}, unknown)).toMatchObject({reason: 'software'})
  })

  test('a runtime that this hardware has not', () => {
    const found = refusal({model: 'Llama-3.1-8B', traffic: chat, configuration: {runtime: 'jetstream'}}, hardwareNamed(facts, 'h100-sxm-80gb', 1))
    expect(found).toMatchObject({reason: 'software', detail: 'jetstream does not serve language models on NVIDIA H100 SXM5 80GB'})
    expect(found.nearest).toMatch(/^use /)
  })

  test('a precision that the runtime has not', () => {
    expect(refusal({model: 'Llama-3.1-8B', precision: 'nvfp4', traffic: chat}, hardwareNamed(facts, 'tpu-v5e', 8))).toMatchObject({reason: 'software', detail: expect.stringContaining('has no nvfp4')})
  })

  test('tensor parallelism wider than the machine', () => {
    expect(refusal({model: 'Llama-3.1-8B', traffic: chat, configuration: {tp: 16}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'use tp 8'})
  })

  test.for<[string, Record<string, number>, string, string]>([
    ['DeepSeek-V3', {tp: 1, ep: 8, dp: 1}, 'ep 8 spans 8 replicas of tp 1, 1 make no whole groups', 'use dp 8'],
    ['DeepSeek-V3', {tp: 2, ep: 8, dp: 3}, 'ep 8 spans 4 replicas of tp 2, 3 make no whole groups', 'use dp 4'],
    ['Mixtral-8x7B', {tp: 2, ep: 3}, 'ep 3 does not divide the 8 experts', 'use ep 1'],
    ['DeepSeek-V3', {tp: 8, ep: 6}, 'ep 6 does not divide the 256 experts', 'use ep 2'],
    ['Kimi-K2-Instruct', {tp: 4, ep: 6}, 'tp 4 and ep 6: neither is a multiple of the other', 'use ep 4'],
  ])('%s: experts that cannot be dealt out as stated, %j', ([model, configuration, detail, nearest]) => {
    expect(refusal({model, precision: 'fp8', traffic: chat, configuration}, hardwareNamed(facts, 'h200-sxm-141gb', 8))).toMatchObject({reason: 'topology', detail, nearest})
  })

  test('a link that nobody knows', () => {
    const hardware = {...hardwareNamed(facts, 'h100-sxm-80gb', 8), levels: undefined}
    expect(refusal({model: 'Llama-3.1-70B', precision: 'bf16', traffic: chat, configuration: {tp: 8}}, hardware)).toMatchObject({reason: 'link-unknown'})
  })

  test('a latency goal out of reach, with the one in reach', () => {
    const found = refusal({model: 'Llama-3.1-70B', traffic: chat, slo: {tpot: '1 ms'}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))
    expect(found.reason).toBe('slo')
    expect(found.detail).toMatch(/p99 TPOT is .* ms, the goal 1 ms/)
    expect(found.nearest).toMatch(/relax the goal to tpot/)
  })

  test('more requests a second than the machine can serve, with how many machines can', () => {
    const found = refusal({model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, requestsPerSecond: 5000}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))
    expect(found.reason).toBe('slo')
    expect(found.nearest).toMatch(/^\d+ such machines$/)
  })

  test('a batch whose cache does not fit, with the one that does', () => {
    const found = refusal({model: 'Llama-3.1-8B', traffic: {inputTokens: 30_000, outputTokens: 2000, concurrency: 1}, configuration: {batch: 1000}}, hardwareNamed(facts, 'h100-sxm-80gb', 1))
    expect(found).toMatchObject({reason: 'memory', nearest: expect.stringMatching(/^use batch \d+/)})
  })
})

describe('an assumed goal that is missed is noted, not refused', () => {
  test('a 70B model on a Mac', () => {
    const performance = best(facts, {model: 'Llama-3.1-70B', traffic: {inputTokens: 8000, outputTokens: 200, concurrency: 1}}, hardwareNamed(facts, 'apple-m3-max', 1))
    expect(performance?.notes.join(' ')).toMatch(/assumed latency goal is missed/)
  })
})

describe('accelerators that cannot take part stay idle and are named', () => {
  test('ten cards and 64 heads', () => {
    const performance = best(facts, {model: 'Llama-3.1-70B', precision: 'bf16', traffic: chat, configuration: {tp: 8}}, hardwareNamed(facts, 'h100-pcie-80gb', 10))
    expect(performance?.acceleratorsUsed).toBe(8)
    expect(performance?.notes).toContain('2 of 10 accelerators stay idle (8 divides the 64 heads, 10 does not).')
  })
})

test('a tp that does not divide the heads says which runs, and what stays idle once', () => {
  const performance = best(facts, {model: 'Llama-3.1-8B', precision: 'bf16', traffic: chat, configuration: {tp: 6}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))
  expect(performance?.notes).toEqual(['4 of 8 accelerators stay idle.', 'tp 6 does not divide the 32 attention heads: tp 4 runs.'])
})

describe('experts that can be dealt out', () => {
  const layoutsOf = (configuration: Record<string, number>) => best(facts, {model: 'DeepSeek-V3', precision: 'fp8', traffic: chat, configuration}, hardwareNamed(facts, 'h200-sxm-141gb', 8))

  test.for<[Record<string, number>, number]>([[{tp: 1, ep: 8}, 8], [{tp: 1, ep: 8, dp: 8}, 8], [{tp: 8, ep: 8}, 1], [{tp: 8, ep: 4}, 1], [{tp: 2, ep: 8}, 4]])('%j: %d replicas on all eight', ([configuration, dp]) => {
    expect(layoutsOf(configuration)).toMatchObject({acceleratorsUsed: 8, configuration: {...configuration, dp}})
  })
})

describe('contradictions are errors', () => {
  test.for([
    [{precision: 'bf16', configuration: {precision: 'fp8'}}, 'TWO_PRECISIONS'],
    [{replicas: 2, configuration: {dp: 4}}, 'TWO_REPLICA_COUNTS'],
    [{configuration: {zeroStage: 3}}, 'BAD_CONFIGURATION'],
    [{configuration: {microBatch: 2}}, 'BAD_CONFIGURATION'],
    [{configuration: {ep: 8}}, 'BAD_CONFIGURATION'],
    [{traffic: {...chat, inputTokens: 500_000}}, 'CONTEXT_TOO_LONG'],
    [{model: 'Lama-3.1-70B-x'}, 'UNKNOWN_MODEL'],
  ] as const)('%j', ([change, code]) => {
    const act = () => demandOf(facts, {model: 'Llama-3.1-70B', traffic: chat, ...change})
    expect(act).toThrow(RigorError)
    expect(act).toThrow(expect.objectContaining({code}))
  })

  test.for([
    [{inputTokens: 800, outputTokens: 200}, 'exactly one of concurrency'],
    [{concurrency: 5, requestsPerSecond: 1}, 'exactly one of concurrency'],
    [{mode: 'offline'}, 'needs its number of requests'],
    [{concurrency: 5, requests: 10}, 'goes with mode: offline'],
    [{mode: 'offline', requests: 10, peakFactor: 2}, 'peakFactor goes with'],
    [{concurrency: 5, usres: 10}, 'usres'],
  ] as const)('traffic %j', ([traffic, message]) => {
    expect(() => demandOf(facts, {model: 'Llama-3.1-70B', traffic})).toThrow(message)
  })
})

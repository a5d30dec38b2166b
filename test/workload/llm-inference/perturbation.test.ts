import {beforeAll, describe, expect, test} from 'vitest'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import {QUANTITIES} from '../../../src/workload/llm-inference/factors.ts'
import {InferenceSpec} from '../../../src/workload/llm-inference/schema.ts'
import {llmInference} from '../../../src/workload/llm-inference/index.ts'
import {bundledFacts, demandOf, hardwareNamed} from './fixtures.ts'

/**
 * Every input field is moved once, and the outputs that must follow are named with their direction. A field that moves nothing is a bug.
 */

let facts: PlanningFacts
beforeAll(async () => {
  // Stand-in factors: a new fit of the calibration moves no expectation here.
  facts = {...(await bundledFacts()), calibration: factors('', 0)}
})

const factors = (changed: string, value: number) =>
  createCalibration(
    Object.values(QUANTITIES).map(([quantity, standIn]) => ({
      kind: 'llm-inference', quantity, architecture: '*', runtime: '*', value: quantity === changed ? value : standIn, measurements: 1, sourceId: 'x', asOf: '2026-01-01', standing: 'modelled' as const,
    })),
  )

type Output = 'throughput' | 'saturation' | 'ttft' | 'ttftP99' | 'tpot' | 'tpotP99' | 'memory' | 'weights' | 'cache' | 'load' | 'work' | 'replicas' | 'used' | 'roofline' | 'start'
type Expected = Partial<Record<Output, unknown>>

const line = (performance: Performance, item: string): number => performance.memory.lines.filter(entry => entry.item.startsWith(item)).reduce((total, {gib}) => total + gib, 0)

const OUTPUTS: Readonly<Record<Output, (performance: Performance) => number>> = {
  throughput: ({throughput}) => throughput.value?.p50 ?? 0,
  saturation: ({saturationThroughput}) => saturationThroughput?.p50 ?? 0,
  ttft: ({latency}) => latency?.ttftSeconds.median.p50 ?? 0,
  ttftP99: ({latency}) => latency?.ttftSeconds.p99.p50 ?? 0,
  tpot: ({latency}) => latency?.tpotSeconds.median.p50 ?? 0,
  tpotP99: ({latency}) => latency?.tpotSeconds.p99.p50 ?? 0,
  memory: ({memory}) => memory.neededGib.p50,
  weights: performance => line(performance, 'weights'),
  cache: performance => line(performance, 'KV cache'),
  load: ({load}) => load.computeShare + load.memoryShare + load.linkShare + load.hostShare,
  work: ({workSeconds}) => workSeconds?.p50 ?? 0,
  replicas: ({configuration}) => configuration.dp ?? 0,
  used: ({acceleratorsUsed}) => acceleratorsUsed,
  roofline: performance => performance.rooflineSeconds,
  start: performance => performance.loadSeconds,
}

interface Setting {
  readonly spec: Record<string, unknown>
  readonly hardware: Hardware
  readonly configuration: Configuration
  readonly facts?: PlanningFacts
}

function run({spec, hardware, configuration, facts: own = facts}: Setting): Performance {
  const demand = demandOf(own, spec)
  const result = llmInference.perform(demand, hardware, {...configuration, ...demand.configuration}, own)
  if (!result.feasible) throw new Error(result.refusal.detail)
  return result.performance
}

/** Which way each output went. */
function changes(before: Setting, after: Setting): Record<string, string> {
  const [left, right] = [run(before), run(after)]
  return Object.fromEntries(
    Object.entries(OUTPUTS).map(([output, read]) => {
      const [from, to] = [read(left), read(right)]
      return [output, Math.abs(to - from) <= 1e-9 * Math.max(Math.abs(from), Math.abs(to)) ? 'same' : to > from ? 'up' : 'down']
    }),
  )
}

const MOVES: unknown = expect.stringMatching(/up|down/)

const users = {inputTokens: 1000, outputTokens: 300, concurrency: 32}
const sharded: Configuration = {runtime: 'vllm', precision: 'fp8', tp: 4, pp: 1, ep: 1}
const base = (traffic: Record<string, unknown> = users): Setting => ({spec: {model: 'Llama-3.1-70B', traffic}, hardware: hardwareNamed(facts, 'h100-sxm-80gb', 8), configuration: sharded})

describe('traffic', () => {
  test.for<[string, Record<string, unknown>, Record<string, unknown>, Expected]>([
    ['longer prompts', users, {inputTokens: 4000}, {throughput: 'down', ttft: 'up', tpot: 'up', cache: 'up', saturation: 'down', roofline: 'up'}],
    ['longer answers', users, {outputTokens: 900}, {throughput: 'up', cache: 'up', saturation: MOVES}],
    ['a cached prefix', users, {prefixCacheShare: 0.8}, {throughput: 'up', ttft: 'down', tpot: 'down', saturation: 'up'}],
    ['images', users, {imageTokens: 3000}, {throughput: 'down', ttft: 'up', cache: 'up'}],
    ['more users', users, {concurrency: 48}, {throughput: 'up', tpot: 'up', ttft: 'up', cache: 'up'}],
    ['a higher peak of users', users, {peakFactor: 2}, {throughput: 'same', cache: 'up', ttftP99: 'up', tpotP99: 'up'}],
    ['more requests a second', {inputTokens: 1000, outputTokens: 300, requestsPerSecond: 2}, {requestsPerSecond: 4}, {throughput: 'up', tpot: 'up', load: 'up', roofline: 'down'}],
    ['a higher peak of requests', {inputTokens: 1000, outputTokens: 300, requestsPerSecond: 2}, {peakFactor: 3}, {throughput: 'same', tpotP99: 'up', ttftP99: 'up', cache: 'up'}],
    ['more offline requests', {inputTokens: 1000, outputTokens: 300, mode: 'offline', requests: 5000}, {requests: 10_000}, {work: 'up', roofline: 'up'}],
  ])('%s', ([, traffic, change, expected]) => {
    expect(changes(base(traffic), base({...traffic, ...change}))).toMatchObject(expected)
  })

  test('offline instead of online', () => {
    expect(changes(base(), base({inputTokens: 1000, outputTokens: 300, mode: 'offline', requests: 5000}))).toMatchObject({throughput: 'up', work: 'up'})
  })
})

describe('the rest of the spec', () => {
  const rate = {inputTokens: 1000, outputTokens: 300, requestsPerSecond: 3}
  test.for<[string, Record<string, unknown>, Expected]>([
    ['a larger model', {model: 'Llama-3.1-405B', configuration: {tp: 8}}, {throughput: 'down', tpot: 'up', weights: 'up', start: 'up'}],
    ['a wider format', {precision: 'bf16', configuration: {precision: 'bf16'}}, {throughput: 'down', weights: 'up', tpot: 'up'}],
    ['two replicas', {replicas: 2}, {throughput: 'up', tpot: 'down', replicas: 'up', used: 'up'}],
    ['another runtime', {configuration: {runtime: 'llama.cpp'}}, {start: 'down', memory: MOVES}],
    ['wider tensor parallelism', {configuration: {tp: 8}}, {tpot: 'down', weights: 'down', used: 'up'}],
    ['pipeline stages', {configuration: {pp: 2}}, {weights: 'down', used: 'up', tpot: MOVES, cache: 'down'}],
    ['replicas by configuration', {configuration: {dp: 2}}, {replicas: 'up', used: 'up'}],
    ['drafted tokens', {speculative: {draftTokens: 3, acceptance: 0.7}}, {throughput: 'up', tpot: 'down'}],
    ['prompts on replicas of their own', {disaggregated: true, replicas: 2}, {tpot: 'down', replicas: 'up', used: 'up'}],
    ['a batch limit', {configuration: {batch: 8}}, {throughput: 'down', ttft: 'up', tpot: 'down', cache: 'down'}],
  ])('%s', ([, change, expected]) => {
    const before = base()
    expect(changes(before, {...before, spec: {...before.spec, ...change}})).toMatchObject(expected)
  })

  test('what is drafted costs, what is accepted pays', () => {
    const drafted = (speculative: Record<string, unknown>): Setting => ({...base(), spec: {...base().spec, speculative}})
    expect(changes(drafted({draftTokens: 3, acceptance: 0.5}), drafted({draftTokens: 3, acceptance: 0.8}))).toMatchObject({throughput: 'up', tpot: 'down'})
    // Nothing of what is drafted is right: a pass yields one token as before, and costs more.
    expect(changes(base(), drafted({draftTokens: 8, acceptance: 0}))).toMatchObject({throughput: 'down', tpot: 'up'})
  })

  test('a tight latency goal takes more replicas', () => {
    const before = {...base(rate), configuration: {...sharded, tp: 1, precision: 'fp8'}, spec: {model: 'Llama-3.1-8B', traffic: {...rate, requestsPerSecond: 20}}}
    expect(changes(before, {...before, spec: {...before.spec, slo: {tpot: {median: '7.5 ms'}}}})).toMatchObject({replicas: 'up', tpot: 'down', saturation: MOVES})
    expect(changes(before, {...before, spec: {...before.spec, slo: {ttft: '90 ms'}}})).toMatchObject({replicas: 'up', ttft: 'down'})
  })

  test('expert parallelism wider than tensor parallelism spreads the experts', () => {
    const spec = {model: 'Qwen3-235B-A22B', traffic: users, replicas: 8}
    const hardware = hardwareNamed(facts, 'h200-sxm-141gb', 8)
    const narrow = {spec: {...spec, replicas: 1}, hardware, configuration: {...sharded, tp: 8}}
    expect(changes(narrow, {spec, hardware, configuration: {...sharded, tp: 1, ep: 8}})).toMatchObject({weights: 'up', replicas: 'up', tpot: MOVES})
  })

  test('an API price becomes a line to compare with', () => {
    const {spec} = base()
    const comparisonOf = (more: Record<string, unknown>): unknown => llmInference.demand(llmInference.spec.parse({kind: 'llm-inference', ...spec, ...more}), facts).comparison

    // 1.5 + 0.5 × prompt tokens ÷ output tokens.
    expect(comparisonOf({apiPrice: {inputUsdPerMillion: 0.5, outputUsdPerMillion: 1.5}})).toMatchObject({usdPerUnit: expect.closeTo(1.5 + (0.5 * users.inputTokens) / users.outputTokens, 9) as number})
    expect(comparisonOf({})).toBeUndefined()
  })

  test('a MIG profile stays on the configuration', () => {
    const before = base()
    expect(run({...before, spec: {...before.spec, configuration: {migProfile: '3g.40gb'}}}).configuration.migProfile).toBe('3g.40gb')
  })

  test('every field of the spec is moved here, or belongs to the planner', () => {
    const planner = ['kind', 'name', 'constraints', 'objective', 'schedule', 'horizonMonths', 'reference', 'data']
    const moved = ['model', 'traffic', 'slo', 'replicas', 'speculative', 'disaggregated', 'apiPrice', 'precision', 'configuration']
    expect(Object.keys(InferenceSpec.shape).toSorted()).toEqual([...planner, ...moved].toSorted())
  })
})

describe('the shape of a model', () => {
  const dense = {layers: 32, hidden: 4096, intermediate: 14_336, heads: 32, kvHeads: 8, headDim: 128, vocab: 128_256}
  const mixture = {...dense, layers: 24, experts: 64, expertsPerToken: 4, moeIntermediate: 1024}
  const latent = {...dense, kvLoraRank: 512, qkRopeHeadDim: 64, qkNopeHeadDim: 128, vHeadDim: 128, qLoraRank: 1536}
  test.for<[string, Record<string, unknown>, Record<string, unknown>, Expected]>([
    ['layers', dense, {layers: 48}, {weights: 'up', cache: 'up', tpot: 'up', throughput: 'down'}],
    ['hidden', dense, {hidden: 5120}, {weights: 'up', tpot: 'up'}],
    ['intermediate', dense, {intermediate: 20_000}, {weights: 'up', tpot: 'up'}],
    ['heads', dense, {heads: 64}, {weights: 'up', tpot: 'up'}],
    ['kvHeads', dense, {kvHeads: 32}, {cache: 'up', weights: 'up', tpot: 'up'}],
    ['headDim', dense, {headDim: 256}, {cache: 'up', tpot: 'up'}],
    ['vocab', dense, {vocab: 256_000}, {weights: 'up', tpot: 'up'}],
    ['parameters', dense, {parameters: 12e9}, {weights: 'up', tpot: 'up'}],
    ['gatedMlp', dense, {gatedMlp: false}, {weights: 'down', tpot: 'down'}],
    ['tiedEmbeddings', dense, {tiedEmbeddings: true}, {weights: 'down'}],
    ['window', dense, {window: 256}, {cache: 'down', tpot: 'down'}],
    ['fullAttentionLayers', {...dense, window: 256, fullAttentionLayers: 4}, {fullAttentionLayers: 16}, {cache: 'up', tpot: 'up'}],
    ['attention', {...dense, fullAttentionLayers: 8}, {attention: 'hybrid-linear'}, {cache: 'down'}],
    ['experts', mixture, {experts: 96}, {weights: 'up', tpot: 'up'}],
    ['expertsPerToken', mixture, {expertsPerToken: 16}, {tpot: 'up', throughput: 'down'}],
    ['sharedExperts', mixture, {sharedExperts: 2}, {weights: 'up', tpot: 'up'}],
    ['moeIntermediate', mixture, {moeIntermediate: 1500}, {weights: 'up', tpot: 'up'}],
    ['firstDenseLayers', mixture, {firstDenseLayers: 8}, {weights: 'down'}],
    ['moeLayerStep', mixture, {moeLayerStep: 2}, {weights: 'down'}],
    ['activeParameters', mixture, {activeParameters: 1e9}, {roofline: 'down'}],
    ['kvLoraRank', latent, {kvLoraRank: 1024}, {cache: 'up'}],
    ['qLoraRank', latent, {qLoraRank: 3000}, {weights: 'up'}],
    ['qkRopeHeadDim', latent, {qkRopeHeadDim: 128}, {cache: 'up'}],
    ['qkNopeHeadDim', latent, {qkNopeHeadDim: 256}, {weights: 'up', ttft: 'up'}],
    ['vHeadDim', latent, {vHeadDim: 256}, {weights: 'up', ttft: 'up'}],
    ['nativeDtype', dense, {nativeDtype: 'fp8'}, {weights: 'down', tpot: 'down'}],
    ['learnedPositions', {...dense, maxContext: 100_000}, {learnedPositions: true}, {weights: 'up'}],
  ])('%s', ([, model, change, expected]) => {
    const hardware = hardwareNamed(facts, 'h200-sxm-141gb', 1)
    const configuration = {runtime: 'vllm', tp: 1, pp: 1, ep: 1, dp: 1}
    const setting = (shape: Record<string, unknown>): Setting => ({spec: {model: shape, traffic: {inputTokens: 4000, outputTokens: 300, concurrency: 8}}, hardware, configuration})
    expect(changes(setting(model), setting({...model, ...change}))).toMatchObject(expected)
  })

  test('maxContext refuses longer traffic; a name stands in the summary', () => {
    expect(() => demandOf(facts, {model: {...dense, maxContext: 1000}, traffic: users})).toThrow(/exceed the 1000 tokens/)
    expect(demandOf(facts, {model: {...dense, name: 'ours-8b'}, traffic: users}).summary).toMatch(/^ours-8b/)
  })
})

describe('hardware', () => {
  const accelerator = (change: (before: Hardware['accelerator']) => Partial<Hardware['accelerator']>): ((hardware: Hardware) => Hardware) => hardware => ({...hardware, accelerator: {...hardware.accelerator, ...change(hardware.accelerator)}})
  const network = {kind: 'infiniband', bytesPerSecondPerNode: 400e9, rdma: true, latencySeconds: 5e-6}
  test.for<[string, (hardware: Hardware) => Hardware, Expected]>([
    ['memory bandwidth', accelerator(before => ({memoryBandwidthBytesPerSecond: before.memoryBandwidthBytesPerSecond * 2})), {throughput: 'up', tpot: 'down', roofline: 'down'}],
    ['8-bit rate', accelerator(({peakFlops}) => ({peakFlops: {...peakFlops, fp8: (peakFlops.fp8 ?? 0) * 2}})), {throughput: 'up', ttft: 'down'}],
    ['16-bit rate', accelerator(({peakFlops}) => ({peakFlops: {...peakFlops, bf16: (peakFlops.bf16 ?? 0) * 2}})), {ttft: 'down'}],
    ['link rate', hardware => ({...hardware, levels: (hardware.levels ?? []).map(level => ({...level, bytesPerSecond: level.bytesPerSecond * 4}))}), {throughput: 'up', tpot: 'down'}],
    ['link latency', hardware => ({...hardware, levels: (hardware.levels ?? []).map(level => ({...level, latencySeconds: level.latencySeconds * 4}))}), {throughput: 'down', tpot: 'up'}],
  ])('%s', ([, change, expected]) => {
    const before = base()
    expect(changes(before, {...before, hardware: change(before.hardware)})).toMatchObject(expected)
  })

  test('the architecture and the runtime choose the factors', () => {
    const own = {...facts, calibration: createCalibration([{kind: 'llm-inference', quantity: 'memory-bandwidth', architecture: 'ampere', runtime: '*', value: 0.3, measurements: 1, sourceId: 'x', asOf: '2026-01-01', standing: 'modelled'}])}
    const before = {...base(), facts: own}
    expect(changes(before, {...before, hardware: {...before.hardware, accelerator: {...before.hardware.accelerator, architecture: 'ampere'}}})).toMatchObject({throughput: 'down', tpot: 'up'})
  })

  test('more memory holds more sequences', () => {
    const before = {...base({inputTokens: 20_000, outputTokens: 1000, mode: 'offline', requests: 100_000}), configuration: {...sharded, tp: 2}}
    const {hardware} = before
    expect(changes(before, {...before, hardware: {...hardware, accelerator: {...hardware.accelerator, memoryGib: hardware.accelerator.memoryGib * 2}}})).toMatchObject({throughput: 'up', cache: 'up', work: 'down'})
  })

  test('more accelerators and more nodes hold more replicas', () => {
    const traffic = {inputTokens: 1000, outputTokens: 300, mode: 'offline', requests: 100_000}
    const one = {...base(traffic), hardware: hardwareNamed(facts, 'h100-sxm-80gb', 4)}
    expect(changes(one, {...one, hardware: hardwareNamed(facts, 'h100-sxm-80gb', 8)})).toMatchObject({throughput: 'up', work: 'down', replicas: 'up'})
    expect(changes(one, {...one, hardware: hardwareNamed(facts, 'h100-sxm-80gb', 4, 2)})).toMatchObject({throughput: 'up', work: 'down', replicas: 'up'})
  })

  test('the network carries pipelines that span nodes', () => {
    const spanning = {...base(), hardware: {...hardwareNamed(facts, 'h100-sxm-80gb', 4, 2), network}, configuration: {...sharded, pp: 2}}
    expect(changes(spanning, {...spanning, hardware: {...spanning.hardware, network: {...network, bytesPerSecondPerNode: 1e9, latencySeconds: 1e-3}}})).toMatchObject({throughput: 'down', tpot: 'up'})
  })

  test('a slice of an accelerator has its share of everything', () => {
    const whole: Setting = {spec: {model: 'Llama-3.1-8B', traffic: {...users, concurrency: 2}}, hardware: hardwareNamed(facts, 'h100-sxm-80gb', 1), configuration: {...sharded, tp: 1}}
    expect(changes(whole, {...whole, hardware: {...whole.hardware, acceleratorsPerNode: 0.5}})).toMatchObject({throughput: 'down', tpot: 'up', ttft: 'up', used: 'down', saturation: 'down'})
  })
})

describe('calibration', () => {
  const rate = Object.values(QUANTITIES).map(([quantity]) => quantity)
  const withFactor = (quantity: string, value: number): PlanningFacts => ({...facts, calibration: factors(quantity, value)})
  const mixture = (): Setting => ({...base(), spec: {model: 'Qwen3-235B-A22B', traffic: users}, hardware: hardwareNamed(facts, 'h200-sxm-141gb', 8)})
  const settings: Readonly<Record<string, {setting?: () => Setting; value: number; expected: Expected}>> = {
    compute: {setting: () => ({...base(), spec: {model: 'Llama-3.1-70B', traffic: users}, configuration: {...sharded, precision: 'bf16'}}), value: 0.9, expected: {throughput: 'up', ttft: 'down'}},
    'compute-8bit': {value: 0.9, expected: {throughput: 'up', ttft: 'down'}},
    'compute-4bit': {setting: () => ({...base(), hardware: hardwareNamed(facts, 'b200-sxm-180gb', 8), configuration: {...sharded, precision: 'nvfp4'}}), value: 0.9, expected: {throughput: 'up'}},
    'compute-watts': {setting: () => ({...base({...users, inputTokens: 8000}), hardware: hardwareNamed(facts, 'h100-nvl-94gb', 8)}), value: 2, expected: {throughput: 'down', ttft: 'up'}},
    'block-scaling': {setting: mixture, value: 0.4, expected: {throughput: 'down', ttft: 'up'}},
    'prompt-attention': {setting: () => base({...users, inputTokens: 30_000}), value: 0.2, expected: {throughput: 'down', ttft: 'up'}},
    'memory-bandwidth': {value: 0.95, expected: {throughput: 'up', tpot: 'down'}},
    'kv-bandwidth': {value: 0.95, expected: {throughput: 'up', tpot: 'down'}},
    'memory-bandwidth-8bit': {value: 1, expected: {throughput: 'up', tpot: 'down'}},
    'memory-bandwidth-4bit': {setting: () => ({...base(), hardware: hardwareNamed(facts, 'b200-sxm-180gb', 8), configuration: {...sharded, precision: 'nvfp4'}}), value: 1, expected: {throughput: 'up', tpot: 'down'}},
    'clock-exponent': {setting: () => ({...base({...users, inputTokens: 8000}), hardware: hardwareNamed(facts, 'h100-nvl-94gb', 8)}), value: 0.9, expected: {throughput: 'down', ttft: 'up'}},
    'expert-bandwidth': {setting: mixture, value: 1, expected: {throughput: 'up', tpot: 'down'}},
    'expert-bandwidth-8bit': {setting: mixture, value: 1, expected: {throughput: 'up', tpot: 'down'}},
    'expert-bandwidth-4bit': {setting: () => ({...mixture(), hardware: hardwareNamed(facts, 'b200-sxm-180gb', 8), configuration: {...sharded, precision: 'nvfp4'}}), value: 1, expected: {throughput: 'up', tpot: 'down'}},
    'expert-compute': {setting: mixture, value: 0.9, expected: {throughput: 'up', ttft: 'down'}},
    'matmul-rows': {setting: () => ({...base(), spec: {model: 'Llama-3.1-70B', traffic: {...users, concurrency: 500}}}), value: 500, expected: {throughput: 'down', tpot: 'up'}},
    'routing-spread': {setting: mixture, value: 1, expected: {throughput: 'down', tpot: 'up'}},
    'quantise-layer-seconds': {value: 1e-4, expected: {throughput: 'down', tpot: 'up'}},
    'answer-variance': {setting: () => base({...users, outputTokens: 4000}), value: 2, expected: {throughput: 'down', tpot: 'up', cache: 'up'}},
    lockstep: {setting: () => ({...mixture(), configuration: {...sharded, tp: 1, dp: 8, ep: 8}}), value: 2, expected: {throughput: 'down', tpot: 'up'}},
    'balance-steps': {setting: () => ({...mixture(), configuration: {...sharded, tp: 1, dp: 8, ep: 8}}), value: 100, expected: {throughput: 'down', ttft: 'up'}},
    'queue-exponent': {value: 0.5, expected: {ttft: 'down', tpot: 'up'}},
    'expert-columns': {setting: mixture, value: 500, expected: {throughput: 'down', tpot: 'up'}},
    link: {value: 0.95, expected: {throughput: 'up', tpot: 'down'}},
    'collective-seconds': {value: 1e-4, expected: {throughput: 'down', tpot: 'up'}},
    'layer-seconds': {value: 1e-4, expected: {throughput: 'down', tpot: 'up'}},
    'mixture-layer-seconds': {setting: mixture, value: 3e-4, expected: {throughput: 'down', tpot: 'up'}},
    'launch-layer-seconds': {value: 1e-2, expected: {ttft: 'up', throughput: 'down'}},
    'step-seconds': {value: 1e-2, expected: {throughput: 'down', tpot: 'up'}},
    'sequence-seconds': {value: 1e-3, expected: {throughput: 'down', tpot: 'up'}},
    'request-seconds': {value: 1, expected: {throughput: 'down', ttft: 'up'}},
    'queue-share': {value: 5, expected: {ttft: 'up', tpot: 'down'}},
  }

  test('every factor is moved', () => {
    expect(Object.keys(settings).toSorted()).toEqual(rate.toSorted())
  })

  test.for(Object.keys(settings))('%s', quantity => {
    const found = settings[quantity]
    if (found === undefined) throw new Error(quantity)
    const setting = found.setting?.() ?? base()
    expect(changes({...setting, facts: withFactor('', 0)}, {...setting, facts: withFactor(quantity, found.value)})).toMatchObject(found.expected)
  })
})

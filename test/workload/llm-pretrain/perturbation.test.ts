import {beforeAll, describe, expect, test} from 'vitest'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {llmPretrain} from '../../../src/workload/llm-pretrain/index.ts'
import {best, bundledFacts, hardwareNamed, perform} from '../llm/training-fixtures.ts'

/** Moves every input of the estimator, one at a time, and says which outputs move and which way. A field that moves nothing is a bug. */

const SPEC = {kind: 'llm-pretrain', model: 'Llama-2-7b', tokens: '10B', sequenceLength: 4096, globalBatch: 256, optimizer: 'adamw'}
const CONFIGURATION: Configuration = {runtime: 'megatron', precision: 'bf16', tp: 2, pp: 2, dp: 4, cp: 1, ep: 1, microBatch: 2, checkpointing: 'none', zeroStage: 1, offload: 'none'}
const MIXTURE = {...SPEC, model: 'Mixtral-8x7B-v0.1'}
const ON_32: Configuration = {...CONFIGURATION, tp: 1, pp: 4, dp: 8, ep: 8, microBatch: 1, checkpointing: 'full'}

let facts: PlanningFacts
let two: Hardware
let four: Hardware
beforeAll(async () => {
  facts = await bundledFacts()
  two = hardwareNamed(facts, 'h100-sxm-80gb', 8, 2)
  four = hardwareNamed(facts, 'h100-sxm-80gb', 8, 4)
})

const OUTPUTS = {
  seconds: (performance: Performance) => performance.workSeconds?.p50 ?? Number.NaN,
  rate: (performance: Performance) => performance.throughput.value?.p50 ?? Number.NaN,
  memory: (performance: Performance) => performance.memory.neededGib.p50,
  link: (performance: Performance) => performance.load.linkShare,
  bound: (performance: Performance) => performance.rooflineSeconds,
  checkpoint: (performance: Performance) => performance.checkpointBytes,
} as const
type Output = keyof typeof OUTPUTS
type Moves = Partial<Record<Output, 'up' | 'down' | 'same'>>

function moved(before: Performance, after: Performance, moves: Moves): Record<string, string> {
  const seen: Record<string, string> = {}
  for (const output of Object.keys(moves) as Output[]) {
    const [from, to] = [OUTPUTS[output](before), OUTPUTS[output](after)]
    seen[output] = Math.abs(to - from) <= Math.abs(from) * 1e-9 ? 'same' : to > from ? 'up' : 'down'
  }
  return seen
}

describe('fields of the spec', () => {
  test.for<[string, Record<string, unknown>, Moves]>([
    ['more tokens', {tokens: '20B'}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up', checkpoint: 'same'}],
    ['a larger model', {model: 'Llama-2-13b'}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up', checkpoint: 'up'}],
    ['longer sequences', {sequenceLength: 8192}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up', checkpoint: 'same'}],
    ['a larger batch', {globalBatch: 1024}, {seconds: 'down', rate: 'up', memory: 'same', bound: 'same', checkpoint: 'same'}],
    ['an optimizer with less state', {optimizer: 'adamw-8bit'}, {seconds: 'down', memory: 'down', checkpoint: 'down', bound: 'same'}],
    ['an optimizer with one momentum', {optimizer: 'lion'}, {seconds: 'down', memory: 'down', checkpoint: 'down'}],
    ['an optimizer with factored moments', {optimizer: 'adafactor'}, {memory: 'down', checkpoint: 'down'}],
    ['an optimizer without state', {optimizer: 'sgd'}, {memory: 'down', checkpoint: 'down'}],
    ['muon against lion-like state', {optimizer: 'muon'}, {memory: 'down', checkpoint: 'down'}],
  ])('%s', ([, changed, moves]) => {
    const before = perform(llmPretrain, facts, SPEC, two, CONFIGURATION)
    const after = perform(llmPretrain, facts, {...SPEC, ...changed}, two, CONFIGURATION)

    expect(moved(before, after, moves)).toEqual(moves)
  })

  test('precision decides what is searched', () => {
    const bf16 = best(llmPretrain, facts, SPEC, two)
    const fp8 = best(llmPretrain, facts, {...SPEC, precision: 'fp8'}, two)

    expect(bf16?.configuration.precision).toBe('bf16')
    expect(fp8?.configuration.precision).toBe('fp8')
    expect(fp8?.workSeconds?.p50).toBeLessThan(bf16?.workSeconds?.p50 ?? 0)
  })

  test.for<[string, Configuration]>([
    ['runtime', {runtime: 'pytorch'}], ['precision', {precision: 'fp8'}], ['tp', {tp: 4}], ['pp', {pp: 4}], ['dp', {dp: 2}], ['cp', {cp: 2}], ['microBatch', {microBatch: 1}], ['batch', {batch: 512}],
    ['checkpointing', {checkpointing: 'full'}], ['zeroStage', {zeroStage: 3}], ['offload', {offload: 'optimizer'}],
  ])('configuration.%s of the spec is kept by the search', ([field, configuration]) => {
    const {globalBatch: _, ...open} = SPEC
    const demand = llmPretrain.demand(llmPretrain.spec.parse({...open, configuration}), facts)

    const found = llmPretrain.configurations(demand, two, facts)

    expect(found.length).toBeGreaterThan(0)
    const wanted = configuration[field as keyof Configuration]
    expect(found.every(each => each[field as keyof Configuration] === wanted)).toBe(true)
  })
})

describe('fields of the configuration', () => {
  test.for<[string, Partial<Configuration>, Moves]>([
    ['another runtime', {runtime: 'pytorch'}, {bound: 'same'}],
    // Inputs of matmuls are kept as narrow as they are multiplied.
    ['fp8', {precision: 'fp8'}, {seconds: 'down', bound: 'down', memory: 'down'}],
    ['more tensor parallelism', {tp: 4, dp: 2}, {memory: 'down', link: 'up'}],
    ['more pipeline stages', {pp: 4, dp: 2}, {seconds: 'up', memory: 'down'}],
    ['fewer replicas', {dp: 2}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'same'}],
    ['context parallelism', {cp: 2, dp: 2}, {memory: 'down'}],
    ['a larger micro-batch', {microBatch: 4}, {memory: 'up'}],
    ['a larger step', {batch: 512}, {seconds: 'down', memory: 'same'}],
    ['full recomputation', {checkpointing: 'full'}, {seconds: 'up', memory: 'down', bound: 'same'}],
    ['selective recomputation', {checkpointing: 'selective'}, {seconds: 'up', memory: 'down', bound: 'same'}],
    ['gradients sharded', {zeroStage: 2}, {memory: 'down', link: 'up'}],
    ['weights sharded in a pipeline', {zeroStage: 3}, {seconds: 'same', memory: 'up'}],
    ['weights sharded without one', {zeroStage: 3, pp: 1, dp: 8}, {link: 'up'}],
    ['states kept whole', {zeroStage: 0}, {memory: 'up'}],
    ['states on the host', {offload: 'optimizer'}, {seconds: 'up', memory: 'down'}],
    ['everything on the host', {offload: 'all'}, {seconds: 'up', memory: 'down'}],
  ])('%s', ([, changed, moves]) => {
    const before = perform(llmPretrain, facts, SPEC, two, CONFIGURATION)
    const after = perform(llmPretrain, facts, SPEC, two, {...CONFIGURATION, ...changed})

    expect(moved(before, after, moves)).toEqual(moves)
    expect([OUTPUTS.seconds(after), OUTPUTS.memory(after)]).not.toEqual([OUTPUTS.seconds(before), OUTPUTS.memory(before)])
  })

  test('expert parallelism', () => {
    const before = perform(llmPretrain, facts, MIXTURE, four, {...ON_32, ep: 4})
    const after = perform(llmPretrain, facts, MIXTURE, four, ON_32)

    expect(moved(before, after, {memory: 'down', bound: 'same'})).toEqual({memory: 'down', bound: 'same'})
    expect(OUTPUTS.seconds(after)).not.toBe(OUTPUTS.seconds(before))
  })
})

describe('fields of the hardware', () => {
  const changed = (hardware: Hardware, accelerator: Partial<Hardware['accelerator']>): Hardware => ({...hardware, accelerator: {...hardware.accelerator, ...accelerator}})

  test.for<[string, (hardware: Hardware) => Hardware, Moves]>([
    ['a higher peak', hardware => changed(hardware, {peakFlops: {...hardware.accelerator.peakFlops, bf16: 1.5e15}, sustainedMatmulFlops: {bf16: 1.2e15}}), {seconds: 'down', bound: 'down'}],
    ['a higher sustained rate', hardware => changed(hardware, {sustainedMatmulFlops: {bf16: 900e12}}), {seconds: 'down', bound: 'same'}],
    ['more memory bandwidth', hardware => changed(hardware, {memoryBandwidthBytesPerSecond: 5e12}), {seconds: 'down', bound: 'same'}],
    ['more processors', hardware => changed(hardware, {multiprocessors: 200}), {seconds: 'up'}],
    ['faster links', hardware => ({...hardware, levels: hardware.levels?.map(level => ({...level, bytesPerSecond: level.bytesPerSecond * 2}))}), {seconds: 'down', link: 'down', memory: 'same'}],
    ['slower links', hardware => ({...hardware, levels: hardware.levels?.map(level => ({...level, latencySeconds: 1e-3}))}), {seconds: 'up', link: 'up'}],
    ['a slower network', hardware => ({...hardware, network: {...hardware.network!, bytesPerSecondPerNode: 1e9}}), {seconds: 'up', link: 'up', memory: 'same'}],
    ['a network without RDMA', hardware => ({...hardware, network: {...hardware.network!, rdma: false}}), {seconds: 'up', link: 'up'}],
    ['a network with more latency', hardware => ({...hardware, network: {...hardware.network!, latencySeconds: 1}}), {seconds: 'up'}],
  ])('%s', ([, change, moves]) => {
    const before = perform(llmPretrain, facts, SPEC, two, CONFIGURATION)
    const after = perform(llmPretrain, facts, SPEC, change(two), CONFIGURATION)

    expect(moved(before, after, moves)).toEqual(moves)
  })

  test('the PCIe generation sets the pace of offloading', () => {
    const offloaded: Configuration = {...CONFIGURATION, offload: 'optimizer'}

    const five = perform(llmPretrain, facts, SPEC, two, offloaded)
    const three = perform(llmPretrain, facts, SPEC, changed(two, {pcieGeneration: 3}), offloaded)

    expect(OUTPUTS.seconds(three)).toBeGreaterThan(OUTPUTS.seconds(five))
  })

  test('too little host memory refuses offloading, unknown host memory is said', () => {
    const demand = llmPretrain.demand(llmPretrain.spec.parse(SPEC), facts)
    const offloaded: Configuration = {...CONFIGURATION, offload: 'all'}

    const small = llmPretrain.perform(demand, {...two, host: {memoryGib: 32}}, offloaded, facts)
    const unknown = perform(llmPretrain, facts, SPEC, two, offloaded)

    expect(!small.feasible && small.refusal.detail).toMatch(/host memory per node/)
    expect(unknown.notes.join(' ')).toMatch(/host memory is not known/)
  })
})

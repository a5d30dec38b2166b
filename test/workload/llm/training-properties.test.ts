import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {hardwareOf} from '../../../src/catalog/hardware.ts'
import {peakFlops} from '../../../src/performance/peak.ts'
import type {Configuration, Hardware, Load, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {llmFinetune} from '../../../src/workload/llm-finetune/index.ts'
import {llmPretrain} from '../../../src/workload/llm-pretrain/index.ts'
import {best, bundledFacts, hardwareNamed} from './training-fixtures.ts'

const sharesOf = ({work, ...busy}: Load): readonly number[] => [...Object.values(busy), ...Object.values(work ?? {})]

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const model = fc.constantFrom('Llama-3.2-1B', 'Llama-3.1-8B', 'Llama-3.1-70B', 'Qwen3-30B-A3B', 'Mixtral-8x7B-v0.1', 'DeepSeek-V2-Lite', 'gemma-3-4b-it')
const inline = fc.record(
  {
    layers: fc.integer({min: 1, max: 200}), hidden: fc.integer({min: 1, max: 20_000}), heads: fc.integer({min: 1, max: 128}), intermediate: fc.integer({min: 0, max: 80_000}), vocab: fc.integer({min: 1, max: 300_000}),
    experts: fc.integer({min: 1, max: 512}), expertsPerToken: fc.integer({min: 1, max: 16}), window: fc.integer({min: 1, max: 100_000}), kvLoraRank: fc.integer({min: 1, max: 1024}),
    attention: fc.constantFrom('mha', 'gqa', 'mla', 'swa', 'hybrid-mamba2', 'hybrid-linear'), tiedEmbeddings: fc.boolean(), gatedMlp: fc.boolean(), maxContext: fc.integer({min: 1, max: 1e6}),
  },
  {requiredKeys: ['layers', 'hidden', 'heads']},
)
const part = fc.constantFrom<readonly [string, number, number]>(['h100-sxm-80gb', 8, 1], ['h100-sxm-80gb', 8, 4], ['a100-sxm-40gb', 8, 2], ['rtx-4090-24gb', 1, 1], ['h100-pcie-80gb', 10, 1], ['mi300x-192gb', 8, 1], ['tpu-v5e', 64, 1], ['gb200-186gb', 4, 4])
const pretrain = fc.record({
  kind: fc.constant('llm-pretrain'), model, tokens: fc.integer({min: 1e6, max: 1e12}), sequenceLength: fc.constantFrom(512, 2048, 4096, 32_768), globalBatch: fc.integer({min: 1, max: 2048}),
  optimizer: fc.constantFrom('adamw', 'adamw-8bit', 'adafactor', 'muon', 'lion', 'sgd'),
})
const finetune = fc.record({
  kind: fc.constant('llm-finetune'), model, method: fc.constantFrom('full', 'lora', 'qlora', 'dpo', 'grpo'), examples: fc.integer({min: 100, max: 1e6}), sequenceLength: fc.constantFrom(512, 2048, 8192), globalBatch: fc.integer({min: 1, max: 512}),
})
const hardware = ([accelerator, count, nodes]: readonly [string, number, number]): Hardware => hardwareNamed(facts, accelerator, count, nodes)

/** Every candidate of a spec that runs. */
function candidates(spec: {kind: string}, on: Hardware): {performance: Performance; bound: number}[] {
  const kind = spec.kind === 'llm-pretrain' ? llmPretrain : llmFinetune
  const demand = kind.demand(kind.spec.parse(spec) as never, facts)
  const bound = kind.lowerBoundSeconds(demand, on, facts)
  return kind.configurations(demand, on, facts).flatMap(configuration => {
    const result = kind.perform(demand, on, configuration, facts)
    return result.feasible ? [{performance: result.performance, bound}] : []
  })
}

describe('whatever is asked', () => {
  test('intervals are ordered, times respect the roofline and the bound, memory lines sum and fit', () => {
    fc.assert(
      fc.property(fc.oneof(pretrain, finetune), part, (spec, where) => {
        const on = hardware(where)
        for (const {performance, bound} of candidates(spec, on)) {
          const {workSeconds, throughput, memory, operators, load} = performance
          if (workSeconds === null || throughput.value === null) return false
          expect(workSeconds.p10).toBeLessThanOrEqual(workSeconds.p50)
          expect(workSeconds.p50).toBeLessThanOrEqual(workSeconds.p90)
          expect(throughput.value.p10).toBeLessThanOrEqual(throughput.value.p90)
          expect(workSeconds.p10).toBeGreaterThanOrEqual(performance.rooflineSeconds * (1 - 1e-9))
          expect(workSeconds.p50).toBeGreaterThanOrEqual(bound * (1 - 1e-9))
          expect(memory.lines.reduce((sum, line) => sum + line.gib, 0)).toBeCloseTo(memory.neededGib.p50, 6)
          expect(memory.neededGib.p50).toBeLessThanOrEqual(memory.availableGib)
          expect(operators.every(operator => Number.isFinite(operator.seconds) && operator.seconds >= 0)).toBe(true)
          for (const share of sharesOf(load)) expect(share >= 0 && share <= 1).toBe(true)
          expect(performance.acceleratorsUsed).toBeLessThanOrEqual(on.acceleratorsPerNode * on.nodes)
        }
        return true
      }),
      {numRuns: 150, seed: 7},
    )
  })

  test('a step takes no less than the FLOP of its tokens at dense peak, counted by hand, before anything is held against a bound', () => {
    const where = fc.constantFrom(...facts.snapshot.machines.filter((machine, index) => index % 5 === 0 && facts.accelerator(machine.acceleratorId ?? '') !== undefined))
    let seen = 0
    fc.assert(
      fc.property(fc.oneof(pretrain, finetune), where, fc.constantFrom(1, 4), (spec, machine, nodes) => {
        const on = hardwareOf(machine, facts.accelerator(machine.acceleratorId ?? '')!, nodes)
        const {activeParameters, vocab, hidden, tiedEmbeddings} = facts.languageModel(spec.model)
        // Two FLOP per parameter and token forward and two for the gradient of the inputs, whatever is trained; a look-up costs none.
        const multiplied = activeParameters - (tiedEmbeddings ? 0 : vocab * hidden)
        for (const {performance} of candidates(spec, on)) {
          seen++
          const {configuration: {batch = 0, precision = ''}, operators, acceleratorsUsed} = performance
          const flops = 4 * multiplied * batch * spec.sequenceLength
          const peak = Math.max(peakFlops(on.accelerator, precision) ?? 0, peakFlops(on.accelerator, 'bf16') ?? 0)
          // Published counts of active parameters are rounded.
          expect(operators.reduce((sum, operator) => sum + operator.seconds, 0)).toBeGreaterThanOrEqual((flops / (peak * acceleratorsUsed)) * 0.95)
        }
      }),
      {numRuns: 200, seed: 31},
    )
    expect(seen).toBeGreaterThan(300)
  })

  test('models of any shape give finite figures or a refusal', () => {
    fc.assert(
      fc.property(inline, fc.constantFrom('llm-pretrain', 'llm-finetune'), fc.constantFrom('full', 'lora', 'qlora', 'dpo', 'grpo'), fc.integer({min: 1, max: 1e6}), fc.integer({min: 1, max: 1e5}), part, (shape, kind, method, sequenceLength, globalBatch, where) => {
        const spec = {kind, model: shape, tokens: 1e9, sequenceLength, globalBatch, ...(kind === 'llm-finetune' ? {method} : {})}
        for (const {performance} of candidates(spec, hardware(where))) {
          const figures = [...Object.values(performance.workSeconds!), ...Object.values(performance.throughput.value!), ...Object.values(performance.memory.neededGib), ...sharesOf(performance.load), performance.rooflineSeconds, performance.loadSeconds, performance.checkpointBytes, ...performance.operators.flatMap(({seconds, flops, bytes}) => [seconds, flops ?? 0, bytes ?? 0])]
          expect(figures.filter(figure => !Number.isFinite(figure) || figure < 0)).toEqual([])
          expect(performance.memory.lines.every(line => line.gib > 0)).toBe(true)
        }
      }),
      {numRuns: 400, seed: 13},
    )
  })

  test('where nothing runs there is a refusal with finite figures', () => {
    fc.assert(
      fc.property(fc.oneof(pretrain, finetune), part, (spec, where) => {
        const kind = spec.kind === 'llm-pretrain' ? llmPretrain : llmFinetune
        const demand = kind.demand(kind.spec.parse(spec) as never, facts)
        const on = hardware(where)
        if (kind.configurations(demand, on, facts).length > 0) return
        const {refusal} = kind.refuse(demand, on, facts)
        expect(refusal.detail.length).toBeGreaterThan(10)
        expect(refusal.detail).not.toMatch(/NaN|Infinity|undefined/)
      }),
      {numRuns: 100, seed: 11},
    )
  })
})

describe('more of one thing', () => {
  test('twice the tokens take twice the time', () => {
    fc.assert(
      fc.property(pretrain, part, (spec, where) => {
        const one = best(llmPretrain, facts, spec, hardware(where))
        const two = best(llmPretrain, facts, {...spec, tokens: spec.tokens * 2}, hardware(where))
        expect((two?.workSeconds?.p50 ?? 2) / (one?.workSeconds?.p50 ?? 1)).toBeCloseTo(2, 6)
      }),
      {numRuns: 60, seed: 3},
    )
  })

  test('more bandwidth of memory, links or network never slows a configuration', () => {
    const faster = fc.constantFrom<(hardware: Hardware, factor: number) => Hardware>(
      (on, factor) => ({...on, accelerator: {...on.accelerator, memoryBandwidthBytesPerSecond: on.accelerator.memoryBandwidthBytesPerSecond * factor}}),
      (on, factor) => ({...on, levels: on.levels?.map(level => ({...level, bytesPerSecond: level.bytesPerSecond * factor}))}),
      (on, factor) => ({...on, network: on.network === undefined ? undefined : {...on.network, bytesPerSecondPerNode: on.network.bytesPerSecondPerNode * factor}}),
    )
    fc.assert(
      fc.property(fc.oneof(pretrain, finetune), part, faster, fc.double({min: 1, max: 8, noNaN: true}), (spec, where, change, factor) => {
        const kind = spec.kind === 'llm-pretrain' ? llmPretrain : llmFinetune
        const demand = kind.demand(kind.spec.parse(spec) as never, facts)
        const slow = hardware(where)
        const fast = change(slow, factor)
        for (const configuration of kind.configurations(demand, slow, facts)) {
          const [before, after] = [slow, fast].map(on => kind.perform(demand, on, configuration, facts))
          if (before?.feasible !== true || after?.feasible !== true) continue
          expect(after.performance.workSeconds!.p50).toBeLessThanOrEqual(before.performance.workSeconds!.p50 * (1 + 1e-9))
        }
      }),
      {numRuns: 60, seed: 5},
    )
  })

  test('a larger micro-batch, less recomputation or less sharding never takes less memory', () => {
    const demand = llmPretrain.demand(llmPretrain.spec.parse({kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B', sequenceLength: 512, globalBatch: 64}), facts)
    const on = {...hardwareNamed(facts, 'h100-sxm-80gb', 8), accelerator: {...facts.accelerator('h100-sxm-80gb')!, memoryGib: 1e6}}
    const memory = (configuration: Configuration): number => {
      const result = llmPretrain.perform(demand, on, {runtime: 'megatron', precision: 'bf16', dp: 8, ...configuration}, facts)
      return result.feasible ? result.performance.memory.neededGib.p50 : Number.NaN
    }
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4), fc.constantFrom<0 | 1 | 2>(0, 1, 2), fc.constantFrom('none', 'selective', 'full'), (microBatch, zeroStage, checkpointing) => {
        const base: Configuration = {microBatch, zeroStage, checkpointing: checkpointing}
        expect(memory({...base, microBatch: microBatch * 2})).toBeGreaterThan(memory(base))
        // Stage 3 keeps gathered layers whole: with few weights left that can outweigh the last saving, so it is compared with stage 0.
        expect(memory({...base, zeroStage: (zeroStage + 1) as 1})).toBeLessThanOrEqual(memory({...base, zeroStage: zeroStage === 2 ? 0 : zeroStage}))
        expect(memory({...base, checkpointing: 'full'})).toBeLessThanOrEqual(memory(base))
      }),
    )
  })
})

describe('the search', () => {
  test.for<[string, readonly [string, number, number]]>([
    ['Llama-3.1-8B', ['h100-sxm-80gb', 8, 1]], ['Llama-3.1-70B', ['h100-sxm-80gb', 8, 4]], ['Llama-3.1-8B', ['h100-pcie-80gb', 10, 1]], ['Llama-3.1-70B', ['mi300x-192gb', 8, 2]],
  ])('for %s on %s finds a layout within 5 %% of the best of all that surely fit and leave the batch as it is', ([name, where]) => {
    const on = hardware(where)
    const spec = {kind: 'llm-pretrain', model: name, tokens: '100B', globalBatch: 512, sequenceLength: 4096}
    const demand = llmPretrain.demand(llmPretrain.spec.parse(spec), facts)
    const found = best(llmPretrain, facts, spec, on)!
    const {runtime, precision} = found.configuration
    let brute = Number.POSITIVE_INFINITY
    for (const tp of [1, 2, 4, 8]) for (const pp of [1, 2, 4, 8]) for (const microBatch of [1, 2, 4, 8]) for (const zeroStage of [0, 1, 2, 3] as const) for (const checkpointing of ['none', 'selective', 'full'] as const) {
      const result = llmPretrain.perform(demand, on, {runtime: runtime!, precision: precision!, tp, pp, microBatch, zeroStage, checkpointing}, facts)
      if (!result.feasible || result.performance.memory.neededGib.p90 > result.performance.memory.availableGib) continue
      if (!result.performance.notes.some((note) => note.startsWith('A step takes'))) brute = Math.min(brute, result.performance.workSeconds!.p50)
    }

    expect(found.workSeconds!.p50).toBeLessThanOrEqual(brute * 1.05)
  })
})

import {beforeAll, describe, expect, test} from 'vitest'
import type {Hardware, Refusal} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {AnyKind} from '../../../src/workload/contract.ts'
import {llmFinetune} from '../../../src/workload/llm-finetune/index.ts'
import {llmPretrain} from '../../../src/workload/llm-pretrain/index.ts'
import {best, bundledFacts, hardwareNamed} from './training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

function refusal(kind: AnyKind, spec: Record<string, unknown>, hardware: Hardware): Refusal {
  const demand = kind.demand(kind.spec.parse(spec), facts)
  expect(kind.configurations(demand, hardware, facts)).toEqual([])
  return kind.refuse(demand, hardware, facts).refusal
}
const full70b = {kind: 'llm-finetune', model: 'Llama-3.1-70B', method: 'full', tokens: '10M', configuration: {offload: 'none'}}

describe('memory', () => {
  test('says what is needed, what is there and what would do', () => {
    const {reason, detail, nearest, memory} = refusal(llmFinetune, full70b, hardwareNamed(facts, 'h100-sxm-80gb', 8))

    expect(reason).toBe('memory')
    expect(detail).toMatch(/^needs \d+ GiB per accelerator, has 79\.7$/)
    expect(nearest).toMatch(/method lora/)
    expect(nearest).toMatch(/fits on \d+ nodes/)
    expect(memory!.lines.reduce((sum, line) => sum + line.gib, 0)).toBeCloseTo(memory!.neededGib.p50, 6)
  })

  test('the ways out are computed: what is named does run', () => {
    const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
    const {nearest} = refusal(llmFinetune, full70b, hardware)
    const nodes = Number(/fits on (\d+) nodes/.exec(nearest ?? '')?.[1])

    expect(best(llmFinetune, facts, {...full70b, method: 'lora'}, hardware)).toBeDefined()
    expect(best(llmFinetune, facts, full70b, hardwareNamed(facts, 'h100-sxm-80gb', 8, nodes))).toBeDefined()
    expect(best(llmFinetune, facts, full70b, hardwareNamed(facts, 'h100-sxm-80gb', 8, nodes / 2))).toBeUndefined()
  })

  test('lora that does not fit points to qlora', () => {
    const {nearest} = refusal(llmFinetune, {kind: 'llm-finetune', model: 'Llama-3.1-70B', method: 'lora', tokens: '10M', configuration: {offload: 'none'}}, hardwareNamed(facts, 'h100-sxm-80gb', 1))

    expect(nearest).toMatch(/method qlora/)
  })

  test('a fixed micro-batch that is too large names one that is not', () => {
    const {reason, nearest} = refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B', sequenceLength: 8192, configuration: {tp: 1, microBatch: 64, offload: 'none'}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))

    expect(reason).toBe('memory')
    expect(nearest).toMatch(/^fits with microBatch \d+/)
  })
})

describe('topology and links', () => {
  test('tensor parallelism that does not divide the heads', () => {
    const {reason, detail, nearest} = refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B', configuration: {tp: 10}}, hardwareNamed(facts, 'h100-pcie-80gb', 10))

    expect([reason, detail, nearest]).toEqual(['topology', 'tp 10 does not divide 32 attention heads', 'fits with tp 8'])
  })

  test('more degrees than accelerators', () => {
    expect(refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B', configuration: {tp: 8, pp: 4}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))).toMatchObject({
      reason: 'topology', detail: 'the configuration takes 32 accelerators, the target has 8', nearest: 'fits with tp 2, or on 4 nodes',
    })
  })

  test('ten cards train with ten replicas; tp leaves some idle and says so', () => {
    const hardware = hardwareNamed(facts, 'h100-pcie-80gb', 10)
    const spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'lora', examples: 1000, sequenceLength: 2048, globalBatch: 40}

    const ten = best(llmFinetune, facts, spec, hardware)
    const eight = best(llmFinetune, facts, {...spec, configuration: {tp: 8}}, hardware)

    expect(ten?.acceleratorsUsed).toBe(10)
    expect(eight?.notes.join(' ')).toMatch(/2 of 10 accelerators stay idle/)
  })

  test('a batch that does not divide is rounded up and said', () => {
    const found = best(llmFinetune, facts, {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'lora', examples: 1000, globalBatch: 33, configuration: {tp: 1, dp: 8, microBatch: 2}}, hardwareNamed(facts, 'h100-sxm-80gb', 8))

    expect(found?.notes.join(' ')).toContain('A step takes 48 sequences instead of 33: 8 replicas × 2 × 3.')
  })

  test('an unknown network between nodes refuses what needs several', () => {
    const known = hardwareNamed(facts, 'h100-sxm-80gb', 8, 8)

    expect(refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.1-405B', tokens: '1B', configuration: {offload: 'none'}}, {...known, network: undefined}).reason).toBe('link-unknown')
  })

  test('an unknown link inside the node leaves one accelerator', () => {
    const found = best(llmFinetune, facts, {kind: 'llm-finetune', model: 'Llama-3.2-1B', method: 'lora', examples: 1000}, {...hardwareNamed(facts, 'h100-sxm-80gb', 8), levels: undefined})

    expect(found?.acceleratorsUsed).toBe(1)
  })
})

describe('software', () => {
  test('hardware without a runtime is refused', () => {
    expect(refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.2-1B', tokens: '1B'}, hardwareNamed(facts, 'k80-12gb', 1)).reason).toBe('software')
  })

  test('a precision that the hardware lacks is refused with one that it has', () => {
    const {reason, detail, nearest} = refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.2-1B', tokens: '1B', precision: 'fp8'}, hardwareNamed(facts, 'a100-sxm-80gb', 8))

    expect(reason).toBe('software')
    expect(detail).toMatch(/fp8.*no such units/)
    expect(nearest).toMatch(/bf16/)
  })

  test('cards without bf16 train in fp16 and say what it needs', () => {
    const found = best(llmFinetune, facts, {kind: 'llm-finetune', model: 'Llama-3.2-1B', method: 'lora', examples: 1000}, hardwareNamed(facts, 't4-16gb', 1))

    expect(found?.configuration.precision).toBe('fp16')
    expect(found?.notes.join(' ')).toMatch(/loss scaling/)
  })

  test('a runtime that does not run there is refused with those that do', () => {
    const {detail, nearest} = refusal(llmPretrain, {kind: 'llm-pretrain', model: 'Llama-3.2-1B', tokens: '1B', configuration: {runtime: 'megatron'}}, hardwareNamed(facts, 'tpu-v5e', 8))

    expect(detail).toBe('megatron does not run llm-pretrain on tpu-v5e')
    expect(nearest).toMatch(/maxtext/)
  })

  test('TPUs are trained with JAX, AMD and Trainium with theirs', () => {
    const runtimes = [['tpu-v5p', 64], ['mi300x-192gb', 8], ['trainium2-96gb', 16]].map(([accelerator, count]) => best(llmPretrain, facts, {kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B'}, hardwareNamed(facts, String(accelerator), Number(count)))?.configuration.runtime)

    expect(runtimes[0]).toBe('maxtext')
    expect(runtimes[2]).toBe('neuron')
    expect(runtimes[1]).toBeDefined()
  })
})

describe('contradictions in a spec', () => {
  test.for<[string, AnyKind, Record<string, unknown>, RegExp]>([
    ['two precisions', llmPretrain, {model: 'Llama-3.1-8B', tokens: '1B', precision: 'bf16', configuration: {precision: 'fp8'}}, /Give it once|precision is/],
    ['two batches', llmPretrain, {model: 'Llama-3.1-8B', tokens: '1B', globalBatch: 64, configuration: {batch: 32}}, /globalBatch is 64/],
    ['learned positions exceeded', llmPretrain, {model: 'gpt2', tokens: '1B', sequenceLength: 4096}, /learned positions/],
    ['unknown model', llmFinetune, {model: 'Lama-3.1-8Bx', tokens: '1B'}, /not a model/],
  ])('%s', ([, kind, spec, message]) => {
    expect(() => kind.demand(kind.spec.parse({kind: kind.id, ...spec}), facts)).toThrow(message)
  })

  test.for<[string, Record<string, unknown>]>([
    ['neither tokens nor examples', {model: 'Llama-3.1-8B', method: 'lora'}],
    ['tokens and examples', {model: 'Llama-3.1-8B', method: 'lora', tokens: '1M', examples: 100}],
    ['epochs of tokens', {model: 'Llama-3.1-8B', method: 'lora', tokens: '1M', epochs: 2}],
    ['a rank for full fine-tuning', {model: 'Llama-3.1-8B', method: 'full', tokens: '1M', rank: 8}],
    ['completions without grpo', {model: 'Llama-3.1-8B', method: 'lora', tokens: '1M', completionTokens: 100}],
    ['a completion as long as the sequence', {model: 'Llama-3.1-8B', method: 'grpo', tokens: '1M', sequenceLength: 512, completionTokens: 512}],
    ['embeddings beside all weights', {model: 'Llama-3.1-8B', method: 'full', tokens: '1M', trainEmbeddings: true}],
    ['master weights of adapters', {model: 'Llama-3.1-8B', method: 'qlora', tokens: '1M', masterWeights: false}],
    ['an unknown field', {model: 'Llama-3.1-8B', method: 'lora', tokens: '1M', epoch: 2}],
  ])('%s is refused by the schema', ([, spec]) => {
    expect(llmFinetune.spec.safeParse({kind: 'llm-finetune', ...spec}).success).toBe(false)
  })
})

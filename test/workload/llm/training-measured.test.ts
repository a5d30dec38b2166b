import {beforeAll, describe, expect, test} from 'vitest'
import type {MeasuredRow} from '../../../src/accuracy/score.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {measuredModel} from '../../../src/workload/llm/measured-models.ts'
import {measuredAccelerator, measuredPrecision, measuredRuntime, trainingQuestion} from '../../../src/workload/llm/training-measured.ts'
import {bundledFacts} from './training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const ROW: MeasuredRow = {
  id: 'x--tokens-per-s-per-accelerator', kind: 'llm_pretraining', model: 'Llama 3 8B', phase: 'train_step', framework: 'NVIDIA Megatron-Bridge', accelerator: 'H100 SXM 80GB', accelerators: '8', nodes: '1',
  precision: 'bf16', tp: '1', pp: '1', dp: '8', ep: '1', cp: '1', micro_batch: '1', global_batch: '128', seq_len: '8192', metric: 'tokens_per_s_per_accelerator', value: '12000', unit: 'tokens/s', scope: 'per_accelerator', notes: '',
}
const ask = (changed: Partial<Record<string, string>>, kind: 'llm-pretrain' | 'llm-finetune' = 'llm-pretrain') => trainingQuestion({...ROW, ...changed} as MeasuredRow, kind, facts.languageModel)

describe('how a row is read', () => {
  test('degrees, batch and precision become a configuration', () => {
    const question = ask({precision: 'fp8-cs', tp: '4', pp: '2', dp: '1'})

    expect(question).toMatchObject({answerable: true, configuration: {runtime: 'megatron', precision: 'fp8', tp: 4, pp: 2, dp: 1, microBatch: 1}, work: {sequenceLength: 8192, globalBatch: 128}})
  })

  test.for([
    ['mosaicml llm-foundry / Composer FSDP', 'pytorch'], ['Megatron-DeepSpeed', 'deepspeed'], ['NVIDIA Megatron-Bridge (NeMo container 26.04)', 'megatron'], ['torchtitan (torch 2.6 dev)', 'megatron'],
    ['MaxText (JAX)', 'maxtext'], ['Neuron 2.15.0 torch-neuronx', 'neuron'], ['HF Transformers + PEFT + DeepSpeed (PyTorch 2.0)', 'pytorch'], ['', 'megatron'],
  ] as const)('%s runs as %s', ([framework, runtime]) => {
    expect(measuredRuntime(framework, 'llm-pretrain')).toBe(runtime)
  })

  test.for([['bf16-true', 'bf16'], ['mxfp8', 'fp8'], ['fp8-mx', 'fp8'], ['nvfp4', 'nvfp4'], ['fp16', 'fp16'], ['Autocast:BF16+SR', 'bf16'], ['nf4 (4-bit)', 'bf16']] as const)('precision %s is %s', ([text, precision]) => {
    expect(measuredPrecision(text)).toBe(precision)
  })

  test('MFU that counts whole attention is answered in the same count', () => {
    const causal = ask({metric: 'mfu'})
    const whole = ask({metric: 'mfu', notes: 'MFU counts 6ND + 12LdS attention (full, not causal-halved)'})
    if (!causal.answerable || !whole.answerable) throw new Error('not answerable')
    const performance = {throughput: {unit: 'tokens/s', value: {p10: 1, p50: 1, p90: 1}}} as never
    const hardware = {accelerator: facts.accelerator('h100-sxm-80gb')} as never

    expect(whole.predict(performance, hardware).p50).toBeGreaterThan(causal.predict(performance, hardware).p50 * 1.05)
  })

  test('NeuronCores are two to a chip', () => {
    expect(ask({framework: 'Neuron 2.15.0 torch-neuronx', accelerator: 'AWS Trainium1', accelerators: '512', tp: '32', pp: '8', dp: '4'})).toMatchObject({configuration: {tp: 16}})
  })

  test('a text is fewer tokens in a larger vocabulary', () => {
    const tokens = (model: string): number => {
      const question = ask({framework: 'LitGPT config hub', model, phase: 'lora', micro_batch: '1', accelerators: '1', seq_len: '512', metric: 'time_s', unit: 's'}, 'llm-finetune')
      return question.answerable ? question.work.sequenceLength : Number.NaN
    }

    // 3.17 characters a token in Llama 2's vocabulary, 3.94 in Llama 3's.
    expect(tokens('llama-2-7b')).toBe(180)
    expect(tokens('llama-3-8b')).toBe(Math.round(180 * (3.17 / 3.94)))
  })

  test('slices of a TPU are nodes', () => {
    expect(ask({framework: 'MaxText (JAX)', model: 'MaxText dense 32B', accelerator: 'TPU v5e', accelerators: '512', nodes: '', tp: '', pp: '', dp: '', micro_batch: '', global_batch: '', notes: '2 slice(s) of v5e-256 over DCN'})).toMatchObject({place: {nodes: 2, acceleratorsPerNode: 256}})
  })

  test.for<[string, Partial<Record<string, string>>, 'unanswered' | 'out_of_scope' | 'excluded', RegExp]>([
    ['a figure of other work', {notes: 'not reproducible by 6ND: teacher forward passes and pruning'}, 'excluded', /other work/],
    ['goodput', {metric: 'goodput'}, 'out_of_scope', /not a figure/],
    ['energy', {metric: 'energy_kwh'}, 'out_of_scope', /not a figure/],
    ['a model nobody describes', {model: 'Secret 9B'}, 'unanswered', /shape/],
    ['hours without tokens', {metric: 'gpu_hours', tokens: ''}, 'unanswered', /tokens/],
    ['a step without batch', {metric: 'iteration_time_s', global_batch: '', micro_batch: ''}, 'unanswered', /batch/],
    ['an 8-bit base', {precision: 'int8 base'}, 'unanswered', /8-bit/],
  ])('%s is not answered, and says why', ([, changed, status, reason]) => {
    const question = ask(changed)

    expect(question).toMatchObject({answerable: false, status})
    expect(question.answerable ? '' : question.reason).toMatch(reason)
  })
})

describe('models and parts that no catalog lists', () => {
  test.for([['GPT-style decoder h1024 L24 heads16', 0.355], ['MPT-1B (decoder, GPT-style)', 1.31], ['MPT-30B (decoder)', 29.96], ['MaxText dense 16B', 15.8], ['MaxText dense 128B', 125], ['MaxText dense 1024B', 998], ['Qwen-7B', 7.72], ['DeepSeek-Coder 33B', 33.3], ['GPT3-23B pre-training', 23.0], ['GPT3-46B pre-training', 45.5]] as const)(
    '%s has %d billion parameters',
    ([name, billions]) => {
      expect((measuredModel(name)?.parameters ?? 0) / 1e9).toBeCloseTo(billions, billions > 100 ? -1 : billions > 10 ? 0 : 1)
    },
  )

  test('a name without a shape stays unknown', () => {
    expect(measuredModel('MaxText dense 33B')).toBeUndefined()
  })

  test('export variants have slower links, a capped part a lower clock', () => {
    const {accelerators} = facts.snapshot
    const capped = measuredAccelerator('H100 SXM 96GB HBM2e 500W (Meta Grand Teton)', accelerators)

    expect(measuredAccelerator('H800 SXM 80GB', accelerators)?.linkBytesPerSecond).toBe(200e9)
    expect(capped?.sustainedMatmulFlops.bf16).toBeCloseTo(794.5e12 * Math.cbrt(500 / 700), -9)
    expect(capped?.memoryGib).toBe(94.5)
    expect(measuredAccelerator('GB200 NVL72', accelerators)?.id).toBe('gb200-186gb')
    expect(measuredAccelerator('Abacus 3000', accelerators)).toBeUndefined()
  })
})

import {beforeAll, describe, expect, test} from 'vitest'
import {matchAccelerator} from '../../../src/accuracy/accelerator-label.ts'
import type {MeasuredRow} from '../../../src/accuracy/score.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {predictCase, readMeasurement, type MeasuredCase} from '../../../src/workload/llm-inference/measured.ts'
import {bundledFacts} from './fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const row = (cells: Record<string, string>): MeasuredRow => ({
  kind: 'llm_inference', model: 'meta-llama/Llama-3.1-70B', accelerator: 'H100 SXM 80GB', accelerators: '8', nodes: '1', framework: 'vllm 0.12.0', precision: 'fp8', tp: '8', pp: '1', dp: '1', ep: '1',
  concurrency: '32', input_len: '1024', output_len: '1024', phase: 'serving_fixed_concurrency', metric: 'tpot_ms', value: '10', unit: 'ms', scope: 'per_request', ...cells,
})

function question(cells: Record<string, string>) {
  const reading = readMeasurement(row(cells), facts.snapshot.accelerators)
  if (reading.status !== 'case') throw new Error(`${reading.status}: ${reading.reason}`)
  return reading.case
}

describe('an accelerator is found by the words of its label', () => {
  test.for([
    ['H100 SXM 80GB', 'h100-sxm-80gb'],
    ['H100 PCIe 80GB', 'h100-pcie-80gb'],
    ['GB200 NVL72', 'gb200-186gb'],
    ['GeForce RTX 3080 Ti 12GB', 'rtx-3080-ti-12gb'],
    ['GeForce RTX 3080 10GB', 'rtx-3080-10gb'],
    ['RTX PRO 6000 Blackwell Server Edition', 'rtx-pro-6000-blackwell-server-96gb'],
    ['Instinct MI300X 192GB', 'mi300x-192gb'],
    ['TPU v7x Ironwood', 'tpu-v7'],
    ['M3 Max 40-Core GPU 64GB', 'apple-m3-max'],
    ['GH200 Grace Hopper Superchip 96GB', 'gh200-96gb'],
  ])('%s → %s', ([label, id]) => {
    expect(matchAccelerator(label ?? '', facts.snapshot.accelerators)?.id).toBe(id)
  })

  test.for(['H100', 'Jetson AGX Orin 64G', 'Instinct MI300X 192GB HBM3 (x32), Instinct MI325X 256GB HBM3e (x16)', 'A100 SXM 60GB'])('%s names none', label => {
    expect(matchAccelerator(label, facts.snapshot.accelerators)).toBeUndefined()
  })
})

describe('traps of the sources', () => {
  test('64 accelerators on one node are eight with tp 8 and ep 8', () => {
    const found = question({accelerator: 'B200 SXM 180GB', accelerators: '64', tp: '64', ep: '8', notes: 'moe_tp 8; source tag: source_file=2026-04-06.csv'})
    expect(found.acceleratorsPerNode).toBe(8)
    expect(found.configuration).toMatchObject({tp: 8, ep: 8})
  })

  test('attention by data parallelism spans the experts', () => {
    const found = question({accelerators: '1', tp: '1', dp: '8', ep: '8', notes: 'moe_tp 1; source tag: source_file=2026-03-25.csv'})
    expect(found.configuration).toMatchObject({tp: 1, dp: 8, ep: 8})
    expect(found.acceleratorsPerNode).toBe(8)
  })

  test('NeuronCores are two to a chip', () => {
    const found = question({accelerator: 'AWS Trainium1', accelerators: '16', tp: '32', framework: 'Transformers NeuronX', notes: 'TP degree counts NeuronCores (2 per chip)'})
    expect(found.configuration).toMatchObject({runtime: 'neuron', tp: 16})
  })

  test('llama.cpp splits by layers', () => {
    expect(question({framework: 'llama.cpp (May 2024)', accelerators: '4', tp: '', precision: 'Q4_K_M (4.58 GiB 8B / 39.59 GiB 70B)'}).configuration).toMatchObject({tp: 1, pp: 4, precision: 'int4'})
  })

  test('beam search decodes four sequences of one prompt', () => {
    const {spec} = question({model: 'GPT-J 6B', dataset: 'CNN-DailyMail, input <=1919, output <=128, beam 4', metric: 'samples_per_s', phase: 'offline', tp: ''})
    expect(spec).toMatchObject({traffic: {mode: 'offline', prefixCacheShare: 0.75}})
  })

  test.for([
    [{accelerator: 'CPU INTEL XEON 6980P'}, 'out_of_scope'],
    [{accelerator: '8-GPU node of the InferenceX fleet (SKU to be read from the run config)'}, 'out_of_scope'],
    [{accelerator: 'Jetson AGX Orin 64G'}, 'unanswered'],
    [{metric: 'watts'}, 'out_of_scope'],
    [{notes: 'MTP speculative decoding'}, 'out_of_scope'],
  ] as const)('%j is %s, with a reason', ([cells, status]) => {
    expect(readMeasurement(row(cells), facts.snapshot.accelerators)).toMatchObject({status, reason: expect.stringMatching(/\w{5}/)})
  })
})

describe('what is not known is not a number', () => {
  test.for([
    [{input_len: ''}, 'go in'],
    [{output_len: ''}, 'come out'],
    [{input_len: '', output_len: '', dataset: 'of our own'}, 'go in and come out'],
    [{concurrency: ''}, 'in flight'],
    [{accelerator: 'GB200 NVL72', accelerators: '36', tp: '36'}, '36 accelerators of a rack'],
  ] as const)('%j is unanswered', ([cells, reason]) => {
    expect(readMeasurement(row(cells), facts.snapshot.accelerators)).toMatchObject({status: 'unanswered', reason: expect.stringContaining(reason)})
  })

  test.for([
    [{phase: 'decode_batch1', input_len: '', concurrency: ''}, {inputTokens: 1, outputTokens: 1024}],
    [{phase: 'prefill_batch1', output_len: '', concurrency: '', metric: 'prompt_tokens_per_s'}, {inputTokens: 1024, outputTokens: 1}],
    [{input_len: '', output_len: '609.1', dataset: 'lm-arena-chat'}, {inputTokens: 300, outputTokens: 609}],
  ] as const)('%j says enough', ([cells, traffic]) => {
    expect(question(cells).spec).toMatchObject({traffic})
  })

  test('a figure that the estimate lacks is unanswered, not 0', () => {
    const cells = row({metric: 'ttft_ms'})
    const found = question({metric: 'ttft_ms'})
    expect(predictCase(cells, found, facts)).toMatchObject({status: 'answered'})

    const without: MeasuredCase = {...found, read: performance => found.read({...performance, latency: null, throughput: {unit: '', value: null}})}
    expect(predictCase(cells, without, facts)).toEqual({status: 'unanswered', reason: 'the estimate has no ttft_ms'})
  })
})

import {beforeAll, describe, expect, test} from 'vitest'
import {matchAccelerator} from '../../../src/accuracy/accelerator-label.ts'
import {settingOf, type Setting} from '../../../src/accuracy/setting.ts'
import {MEASUREMENT_COLUMNS, parseMeasurements} from '../../../src/catalog/parse/measured.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {readsCachePerHead} from '../../../src/workload/llm-inference/factors.ts'
import {measuredPerformance, predictMeasurement, readMeasurement} from '../../../src/workload/llm-inference/measured.ts'
import {bundledFacts} from './fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const USUAL: Readonly<Record<string, string>> = {
  id: 'x', kind: 'llm_inference', model: 'meta-llama/Llama-3.1-70B', accelerator: 'H100 SXM 80GB', accelerators: '8', nodes: '1', framework: 'vllm 0.12.0', precision: 'fp8', tp: '8', pp: '1', dp: '1', ep: '1',
  concurrency: '32', input_len: '1024', output_len: '1024', phase: 'serving_fixed_concurrency', metric: 'tpot_ms', value: '10', unit: 'ms', scope: 'per_request',
}

function setting(cells: Record<string, string>): Setting {
  const row = {...USUAL, ...cells}
  const [measurement] = parseMeasurements(`${MEASUREMENT_COLUMNS.join(',')}\n${MEASUREMENT_COLUMNS.map(column => `"${row[column] ?? ''}"`).join(',')}\n`, 'row.csv')
  return settingOf(measurement!)
}

function question(cells: Record<string, string>) {
  const reading = readMeasurement(setting(cells), facts, facts.snapshot.accelerators)
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
    const found = question({accelerator: 'B200 SXM 180GB', accelerators: '64', tp: '64', ep: '8', notes: 'moe_tp 8; batch_size column 32'})
    expect(found.hardware).toMatchObject({acceleratorsPerNode: 8, nodes: 1})
    expect(found.configuration).toMatchObject({tp: 8, ep: 8})
  })

  test('attention by data parallelism spans the experts', () => {
    const found = question({accelerators: '1', tp: '1', dp: '8', ep: '8', notes: 'moe_tp 1; batch_size column 4'})
    expect(found.configuration).toMatchObject({tp: 1, dp: 8, ep: 8})
    expect(found.hardware).toMatchObject({acceleratorsPerNode: 8, nodes: 1})
  })

  test('NeuronCores are two to a chip', () => {
    const found = question({accelerator: 'AWS Trainium1', accelerators: '16', tp: '32', framework: 'Transformers NeuronX', notes: 'TP degree counts NeuronCores (2 per chip)'})
    expect(found.configuration).toMatchObject({runtime: 'neuron', tp: 16})
  })

  test('llama.cpp splits by layers', () => {
    expect(question({framework: 'llama.cpp (May 2024)', accelerators: '4', tp: '', precision: 'Q4_K_M (4.58 GiB 8B / 39.59 GiB 70B)'}).configuration).toMatchObject({tp: 1, pp: 4, precision: 'int4'})
  })

  test('beam search decodes four sequences of one prompt', () => {
    const {demand} = question({model: 'GPT-J 6B', dataset: 'CNN-DailyMail, input <=1919, output <=128, beam 4', metric: 'samples_per_s', phase: 'offline', tp: '', input_len: '', output_len: ''})
    expect(demand).toMatchObject({load: {kind: 'offline'}, cachedTokens: demand.inputTokens * 0.75})
  })

  test('an engine batch below the concurrency tells over how many ranks attention was repeated', () => {
    const found = question({accelerator: 'B200 SXM 180GB', accelerators: '8', tp: '8', ep: '8', concurrency: '96', notes: 'moe_tp 1; batch_size column 12'})
    expect(found.configuration).toMatchObject({tp: 1, dp: 8, ep: 8})
  })

  test('experts that span more than attention repeat it', () => {
    const found = question({accelerator: 'H200 SXM 141GB', accelerators: '2', tp: '2', ep: '1', notes: 'moe_tp 4; batch_size column 32'})
    expect(found.configuration).toMatchObject({tp: 2, dp: 2, ep: 4})
  })

  test('engines that are timed without a server have nothing to receive', () => {
    expect(question({phase: 'prefill_latency', concurrency: '1'}).demand.engineOnly).toBe(true)
    expect(question({}).demand.engineOnly).toBe(false)
  })

  test.for([
    [{phase: 'generate_static_batch', framework: 'Transformers NeuronX'}, true],
    [{phase: 'offline_throughput', framework: 'TensorRT-LLM 0.5'}, true],
    [{phase: 'offline_throughput', framework: 'vllm 0.12.0', notes: 'in-flight batching off'}, true],
    [{phase: 'offline_throughput', framework: 'vllm 0.12.0'}, undefined],
    [{framework: 'TensorRT-LLM 0.5'}, undefined],
  ])('%j runs batch by batch: %s', ([columns, expected]) => {
    expect(question({concurrency: '8', ...(columns as Record<string, string>)}).demand.staticBatch).toBe(expected)
  })

  test('requests of one length are in step with no other: only chance makes them wait', () => {
    const ttft = (notes: string): number => {
      const found = question({concurrency: '64', notes})
      return measuredPerformance(found, [found.configuration], facts).performance?.latency?.ttftSeconds.median.p50 ?? Number.NaN
    }
    expect(question({notes: 'vllm bench serve, random data'}).demand.outOfStep).toBe(true)
    expect(ttft('vllm bench serve, random data')).toBeLessThan(ttft(''))
  })

  test.for(['fp8 weights', 'fp4 weights', 'mxfp4'])('gpt-oss has one checkpoint, in MXFP4, also where it stands among models in %s', precision => {
    expect(question({model: 'gpt-oss-120b', precision}).configuration.precision).toBe('mxfp4')
    expect(question({model: 'Llama-3.3-70B', precision: 'fp8 weights'}).configuration.precision).toBe('fp8')
  })

  test('the version is the engine\'s, not that of what stands beside it', () => {
    expect(question({framework: 'Mango LLMBoost AI Enterprise MLOps Software, ROCm 6.12.12'}).demand.runtimeVersion).toBeUndefined()
    expect(question({framework: 'vLLM 0.4.3+rocm614, PyTorch 2.3.0'}).demand.runtimeVersion).toMatch(/^0\.4\.3/)
    expect(question({framework: 'TensorRT 10.11, CUDA 12.9'}).demand.runtimeVersion).toBe('10.11')
  })

  test('answers to a data set vary in length, those of a benchmark that states two lengths do not', () => {
    const context = (dataset: string): number => {
      const found = question({concurrency: '64', input_len: '500', output_len: '8000', dataset})
      return measuredPerformance(found, [found.configuration], facts).performance?.latency?.tpotSeconds.median.p50 ?? Number.NaN
    }
    expect(context('gpqa')).toBeGreaterThan(1.02 * context(''))
  })

  test('the median gap between tokens is that of a step without prompts, the mean time per token is not', () => {
    const read = (metric: string): number => {
      const found = question({concurrency: '64', input_len: '2000', output_len: '1000', metric})
      const {performance} = measuredPerformance(found, [found.configuration], facts)
      return performance === undefined ? Number.NaN : (found.read(performance)?.p50 ?? Number.NaN)
    }
    expect(read('itl_ms_median')).toBeLessThan(0.98 * read('tpot_ms_median'))
    expect(read('itl_ms')).toBe(read('tpot_ms_median'))
  })

  test.for([
    ['tensorrt-llm', '0.0', 8, true], ['tensorrt-llm', '0.5', 8, true], ['tensorrt-llm', '0.7.1', 8, true],
    ['tensorrt-llm', '0.8.0', 8, false], ['tensorrt-llm', '0.10.0', 8, false], ['tensorrt-llm', '1.0', 8, false], ['tensorrt-llm', '10.2.0', 8, false], ['tensorrt-llm', undefined, 8, false], ['vllm', '0.6.0', 8, false],
    ['tensorrt-llm', '0.9.0', 4, true], ['tensorrt-llm', '0.10.0', 29, true], ['tensorrt-llm', '0.11.0', 4, false], ['tensorrt-llm', '1.0', 4, false], ['tensorrt-llm', undefined, 4, false],
  ] as const)('%s %s reads the cache of %i heads once per query head: %s', ([runtime, version, headsPerGroup, apart]) => {
    expect(readsCachePerHead(runtime, version, headsPerGroup)).toBe(apart)
  })

  test.for([
    ['TensorRT-LLM pre-release 2023-11', 'Llama-2-70b', true],
    ['TensorRT-LLM 0.5', 'Llama-2-70b', true],
    // Each of its heads has keys and values of its own.
    ['TensorRT-LLM 0.5', 'Llama-2-13b', false],
  ] as const)('%s reads the cache of %s once for each of eight query heads: %s', ([framework, model, apart]) => {
    const seconds = (concurrency: string, version: string): number => {
      const found = question({framework: version, model, concurrency, phase: 'offline_throughput', input_len: '128', output_len: '2048', metric: 'output_tokens_per_s', unit: 'tokens/s', scope: 'system', accelerator: 'H200 SXM 141GB', accelerators: '2', tp: '2'})
      return Number(concurrency) / (measuredPerformance(found, [found.configuration], facts).performance?.throughput.value?.p50 ?? Number.NaN)
    }
    const slowdown = seconds('256', framework) / seconds('256', 'TensorRT-LLM 0.8.0')
    if (apart) expect(slowdown).toBeGreaterThan(1.5)
    else expect(slowdown).toBeCloseTo(1, 1)
  })

  test('NVIDIA\'s 8-bit checkpoints ask for an 8-bit cache, others say nothing', () => {
    expect(question({model: 'nvidia/Llama-3.1-8B-Instruct-FP8'}).demand.cacheInFp8).toBe(true)
    expect(question({model: 'meta-llama/Llama-3.1-8B-Instruct'}).demand.cacheInFp8).toBeUndefined()
  })

  test.for([
    ['vllm 0.12.0', '0.12.0'],
    ['trtllm 1.2.0rc6.post3', '1.2.0rc6.post3'],
    ['vLLM 0.11 (ML.ENERGY benchmark v3)', '0.11'],
    ['TensorRT-LLM pre-release 2023-11', '0.0'],
    ['sglang nightly-dev', undefined],
  ])('%s is version %s', ([framework, version]) => {
    expect(question({framework: framework ?? ''}).demand.runtimeVersion).toBe(version)
  })

  test.for([
    ['Qwen/Qwen3-VL-235B-A22B-Instruct-FP8', 'Qwen/Qwen3-235B-A22B'],
    ['Qwen/Qwen3-Omni-30B-A3B-Instruct', 'Qwen/Qwen3-30B-A3B'],
    ['LLaMA 7B', 'meta-llama/Llama-2-7b-hf'],
  ])('%s has the decoder of %s', ([model, id]) => {
    expect(question({model: model ?? '', accelerator: 'B200 SXM 180GB'}).demand.model.id).toBe(id)
  })

  test.for([
    [{accelerator: 'CPU INTEL XEON 6980P'}],
    [{accelerator: '8-GPU node of the InferenceX fleet (SKU to be read from the run config)'}],
    [{accelerator: 'H100 SXM 80GB, A100 SXM 80GB'}],
    [{accelerator: ''}],
    [{accelerator: 'Jetson AGX Orin 64G'}],
    [{metric: 'watts'}],
    [{notes: 'MTP speculative decoding'}],
  ] as const)('%j is unanswered, with a reason', ([cells]) => {
    expect(readMeasurement(setting(cells), facts, facts.snapshot.accelerators)).toMatchObject({status: 'unanswered', reason: expect.stringMatching(/\w{5}/)})
  })
})

describe('what is not known is not a number', () => {
  test.for([
    [{input_len: ''}, 'go in'],
    [{output_len: ''}, 'come out'],
    [{input_len: '', output_len: '', dataset: 'of our own'}, 'go in and come out'],
    [{concurrency: ''}, 'in flight'],
  ] as const)('%j is unanswered', ([cells, reason]) => {
    expect(readMeasurement(setting(cells), facts, facts.snapshot.accelerators)).toMatchObject({status: 'unanswered', reason: expect.stringContaining(reason)})
  })

  test.for([
    [{phase: 'decode_batch1', input_len: '', concurrency: ''}, {inputTokens: 1, outputTokens: 1024}],
    [{phase: 'prefill_batch1', output_len: '', concurrency: '', metric: 'prompt_tokens_per_s'}, {inputTokens: 1024, outputTokens: 1}],
    [{input_len: '', output_len: '609.1', dataset: 'lm-arena-chat'}, {inputTokens: 300, outputTokens: 609}],
  ] as const)('%j says enough', ([cells, traffic]) => {
    expect(question(cells).demand).toMatchObject(traffic)
  })

  test('a figure that the estimate lacks is unanswered, not 0', () => {
    const found = question({metric: 'ttft_ms'})
    const nothing = {throughput: {unit: '', value: null}, latency: null} as Parameters<typeof found.read>[0]

    expect(found.read(nothing)).toBeUndefined()
  })
})

test('a prediction says what it rests on', () => {
  expect(predictMeasurement(setting({}), facts, facts.snapshot.accelerators)).toMatchObject({
    status: 'answered', acceleratorId: 'h100-sxm-80gb', model: 'meta-llama/Meta-Llama-3.1-70B', distance: expect.stringMatching(/^(?:measured|accelerator)$/),
  })
})

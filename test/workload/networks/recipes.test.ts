import {beforeAll, describe, expect, test} from 'vitest'
import type {Setting} from '../../../src/accuracy/setting.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {readNetworkMeasurement, type NetworkCase} from '../../../src/workload/networks/measured.ts'
import {countedShare, runOf, scriptedBatch} from '../../../src/workload/networks/recipes.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

function read(setting: Partial<Setting>, accelerator: string, training: boolean): NetworkCase {
  const {accelerator: found} = hardwareNamed(facts, accelerator, 1, 1)
  const whole = {kind: 'x', model: '', phase: 'train', framework: '', accelerator: found.name, accelerators: 1, nodes: 1, precision: 'amp fp16', metric: 'samples_per_s', unit: 'img/s', scope: 'system', interconnect: '', notes: {}, ...setting} as Setting
  const reading = readNetworkMeasurement(whole, [found], training, facts.network)
  if (reading.status !== 'case') throw new Error(reading.reason)
  return reading.case
}

const LAMBDA = 'PyTorch (NVIDIA NGC DeepLearningExamples), Lambda v2'

describe('batches that scripts set', () => {
  test.for([
    // The largest memory that the card has: 80 GB of an H100 (79.65 GiB), 140 of an H200, 96 of a GH200; none for 24.
    [LAMBDA, 'ResNet-50 v1.5', 79.65, true, 1280], [LAMBDA, 'ResNet-50 v1.5', 140.4, false, 1280], [LAMBDA, 'GNMT v2 (LSTM NMT)', 96, true, 1648], [LAMBDA, 'ResNet-50 v1.5', 24, true, undefined],
    ['NVIDIA DeepLearningExamples PyTorch', 'efficientnet efficientnet-b4', 32, true, 64], ['NVIDIA DeepLearningExamples MxNet', 'RN50v1.5', 16, false, 96],
  ] as const)('%s, %s on %d GiB', ([framework, model, memoryGib, narrow, batch]) => {
    expect(scriptedBatch(runOf(framework, model, '', 'train')!.script!, memoryGib, narrow)).toBe(batch)
  })

  test('hold for a row that states none, and a stated one comes first', () => {
    expect(read({framework: LAMBDA, model: 'ResNet-50 v1.5'}, 'h100-sxm-80gb', true).setting.batch).toBe(1280)
    expect(read({framework: LAMBDA, model: 'ResNet-50 v1.5', microBatch: 64}, 'h100-sxm-80gb', true).setting.batch).toBe(64)
  })
})

test('a rate over 100 counted steps, of which two epochs made 38: 2 × ⌈88641 ÷ (8 × 592)⌉', () => {
  const {script} = runOf(LAMBDA, 'BERT-base SQuAD fine-tune seq 384', 'H200', 'train')!

  expect(countedShare(script!, 8 * 592)).toBeCloseTo(100 / 38, 12)
  expect(countedShare(script!, 592)).toBe(1)
  expect(read({framework: LAMBDA, model: 'BERT-base SQuAD fine-tune seq 384', accelerators: 8, unit: 'sequences/s'}, 'h200-sxm-141gb', true).unitsPerSample).toBeCloseTo(100 / 38, 12)
})

describe('how it was run', () => {
  test.for([
    ['NVIDIA DeepLearningExamples TensorFlow', 'UNet_Medical', 'A100', 'compiled'], ['NVIDIA DeepLearningExamples TensorFlow', 'VNet', 'V100', 'eager'],
    ['NVIDIA DeepLearningExamples TensorFlow', 'resnext101-32x4d', 'V100 SXM 16GB', 'eager'], ['NVIDIA DeepLearningExamples TensorFlow', 'resnext101-32x4d', 'A100 SXM 40GB', 'compiled'],
    ['PyTorch 2.9 Neuron 2.27.0', 'bert-large-uncased  seq 128', 'AWS Trainium1', 'engine'],
  ] as const)('%s, %s on %s: %s', ([framework, model, accelerator, style]) => {
    expect(runOf(framework, model, accelerator, 'train')!.program.style).toBe(style)
  })

  test('a script of one’s own runs as PyTorch does by itself, MLPerf’s entries of that name an engine', () => {
    expect(runOf('PyTorch', 'resnet50', 'A100', 'inference')).toMatchObject({program: {style: 'eager'}, script: {channelsFirst: ['tf32', 'fp16', 'bf16']}})
    expect(runOf('PyTorch', 'resnet50', 'A100', 'offline')?.program.style).toBe('engine')
  })

  test('channels first: TF32 of NVIDIA’s classification, both precisions of Lambda’s, no network that reads', () => {
    const first = (framework: string, model: string, precision: string): boolean | undefined => read({framework, model, precision}, 'a100-sxm-80gb', true).setting.channelsFirst

    expect(first('NVIDIA DeepLearningExamples PyTorch', 'resnet50v1.5', 'tf32')).toBe(true)
    expect(first('NVIDIA DeepLearningExamples PyTorch', 'resnet50v1.5', 'amp fp16')).toBe(false)
    expect(first(LAMBDA, 'ResNet-50 v1.5', 'amp fp16')).toBe(true)
    expect(first(LAMBDA, 'BERT-large SQuAD fine-tune seq 384', 'amp fp16')).toBe(false)
  })

  test.for([['h100-sxm-80gb', 'fp8'], ['a100-sxm-80gb', 'fp16']] as const)('99.9 %% of the accuracy on %s: %s; 99 %%: int8', ([accelerator, precision]) => {
    const queries = {framework: 'TensorRT 10.2.0, CUDA 12.4', phase: 'offline', precision: '', unit: 'samples/s'}

    expect(read({...queries, model: 'BERT-large SQuAD seq<=384 (99.9% accuracy)'}, accelerator, false).setting.precision).toBe(precision)
    expect(read({...queries, model: 'BERT-large SQuAD seq<=384'}, 'h100-sxm-80gb', false).setting.precision).toBe('int8')
  })

  test('pre-training of BERT: steps of 65,536 texts of 128 tokens and 32,768 of 512, with LAMB; fine-tuning a batch each', () => {
    const bert = {framework: 'NVIDIA DeepLearningExamples TensorFlow', model: 'BERT', unit: 'sequences/s'}

    expect(read({...bert, sequenceLength: 128, microBatch: 64}, 'a100-sxm-80gb', true).setting).toMatchObject({optimizer: 'lamb', batch: 64, accumulation: 65_536 / 64})
    expect(read({...bert, sequenceLength: 512, microBatch: 8, accelerators: 8}, 'a100-sxm-80gb', true).setting).toMatchObject({optimizer: 'lamb', batch: 8, accumulation: 32_768 / 64})
    expect(read({...bert, microBatch: 8}, 'a100-sxm-80gb', true).setting).toMatchObject({optimizer: 'adamw', accumulation: 1, size: [384]})
  })

  test('Transformer-XL: NVIDIA compares with clusters of words, Lambda with all 267,735, over 256 tokens', () => {
    const rows = {model: 'Transformer-XL large', unit: 'tok/s', microBatch: 8, metric: 'tokens_per_s'}

    expect(read({...rows, framework: LAMBDA}, 'a100-sxm-80gb', true).setting).toMatchObject({size: [256], model: {vocab: 267_735}})
    expect(read({...rows, framework: 'NVIDIA DeepLearningExamples PyTorch', model: 'Transformer-XL', notes: {largeVariant: true}}, 'a100-sxm-80gb', true).setting).toMatchObject({size: [384], model: {vocab: 37_000}})
  })

  test('a query of eight samples is divided; a reference in PyTorch runs kernel by kernel', () => {
    const query = {model: 'RetinaNet ResNeXt50 800x800', phase: 'multistream', metric: 'latency_ms_p99', precision: 'int8'}

    expect(read({...query, framework: 'TensorRT', accelerators: 2}, 'rtx-4090-24gb', false)).toMatchObject({isLatency: true, setting: {batch: 4}})
    expect(read({...query, framework: 'pytorch v2.7.1', precision: 'fp32'}, 'rtx-4090-24gb', false)).toMatchObject({isLatency: true, setting: {program: {name: 'pytorch', style: 'eager'}}})
  })

  test('Neuron: a batch for each core, four to an Inferentia and two to later chips; texts of 128 tokens', () => {
    const runs = {framework: 'PyTorch 1.13.1 Neuron 2.20.0', phase: 'offline', precision: 'cast', microBatch: 6}

    expect(read({...runs, model: 'BERT base (bert-base-uncased)'}, 'inferentia1-8gb', false).setting).toMatchObject({batch: 24, size: [128]})
    expect(read({...runs, model: 'bert-large-uncased  seq 128'}, 'inferentia2-32gb', false).setting.batch).toBe(12)
  })
})

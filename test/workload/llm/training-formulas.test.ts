import {beforeAll, describe, expect, test} from 'vitest'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {ASSUMED_FACTORS, sustainedFlops, trainingCertainty, trainingFactors, type TrainingFactors} from '../../../src/workload/llm/training-factors.ts'
import {activationBytesPerTokenPerLayer, checkpointBytes, offloadedBytesPerNode, savedBytesPerTokenPerLayer, trainingMemory} from '../../../src/workload/llm/training-memory.ts'
import {attentionFlopsPerTokenForward, averageContext, matmulParameters, modelFlopsPerToken, trainingShape} from '../../../src/workload/llm/training-shape.ts'
import {trainingStep, type TrainingStep} from '../../../src/workload/llm/training-step.ts'
import {linkDomain, type Implementation, optimizerStateBytes, stepLowerBoundSeconds, trainedParameters, weightsPerAccelerator} from '../../../src/workload/llm/training.ts'
import {llmPretrain} from '../../../src/workload/llm-pretrain/index.ts'
import {bundledFacts, hardwareNamed, layout, perform, workOn} from './training-fixtures.ts'

const GIB = 2 ** 30
/** Everything ideal: what is left is the formulas. */
const IDEAL: TrainingFactors = {
  compute: 1, lowPrecisionCompute: 1, software: 1, attention: 1, mixture: 1, memoryBandwidth: 1, link: 1, network: 1, overlap: 0, tensorOverlap: 0,
  layerOverheadSeconds: 0, mixtureOverheadSeconds: 0, shardingOverheadSeconds: 0, stepOverheadSeconds: 0, dequantise: 1, activationMemory: 1, lossBytes: 8, reserveGib: 0, fragmentation: 0, runShare: 1, recurrent: 1, elementwise: 1,
}

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const gib = (lines: readonly {item: string; gib: number}[], item: string): number => lines.find(line => line.item === item)?.gib ?? 0

test('accelerators are awake while they compute, move bytes and exchange over links or the network, not in bubbles nor while the host works', () => {
  const spec = {kind: 'llm-pretrain', model: 'Llama-3.1-70B', tokens: '1B', sequenceLength: 4096, globalBatch: 64}
  const nodes = hardwareNamed(facts, 'h100-sxm-80gb', 8, 8)
  const {operators, load} = perform(llmPretrain, facts, spec, nodes, {runtime: 'megatron', precision: 'bf16', tp: 8, pp: 2, microBatch: 1, zeroStage: 1, checkpointing: 'selective'})
  const seconds = (bounds: readonly string[]): number => operators.filter(({bound}) => bounds.includes(bound)).reduce((total, operator) => total + operator.seconds, 0)
  const awake = ['compute', 'memory-bandwidth', 'link', 'network']

  expect(seconds(['network'])).toBeGreaterThan(0)
  expect(seconds(['overhead'])).toBeGreaterThan(0)
  expect(load.work?.activeShare).toBeCloseTo(seconds(awake) / seconds([...awake, 'host', 'overhead']), 6)
})

describe('FLOP', () => {
  test('a token of Llama-2-7B costs 6 FLOP per parameter it is multiplied with, plus three times its causal attention', () => {
    const shape = trainingShape(facts.languageModel('Llama-2-7b'))
    // 6.738e9 parameters less the input embedding (32,000 × 4,096), which is a look-up.
    const matmul = 6.738e9 - 32_000 * 4096
    // 4 FLOP × 32 heads × 128 × half of 4,096 tokens × 32 layers.
    const attention = 4 * 32 * 128 * 2048 * 32

    expect(matmulParameters(shape)).toBeCloseTo(matmul, -6)
    expect(attentionFlopsPerTokenForward(shape, 4096)).toBe(attention)
    expect(modelFlopsPerToken(shape, 4096, true)).toBeCloseTo(6 * matmul + 3 * attention, -6)
  })

  test('frozen weights need no gradient of their own: 4 instead of 6', () => {
    const shape = trainingShape(facts.languageModel('Llama-2-7b'))

    const saved = modelFlopsPerToken(shape, 4096, true) - modelFlopsPerToken(shape, 4096, false)

    expect(saved).toBeCloseTo(2 * matmulParameters(shape), -3)
  })

  test('a mixture counts the experts a token passes through', () => {
    const shape = trainingShape(facts.languageModel('Mixtral-8x7B-v0.1'))

    // 2 of 8 experts of three matrices 4,096 × 14,336 in 32 layers.
    expect(shape.routedParametersPerToken).toBeCloseTo(2 * 3 * 4096 * 14_336 * 32, -6)
  })

  test.for([[4096, undefined, 2048], [4096, 4096, 2048], [8192, 4096, 3072], [32_768, 1024, 1008]] as const)('a query of %d tokens with window %s sees %d on average', ([length, window, expected]) => {
    expect(averageContext(length, window)).toBe(expected)
  })

  test('the bound is the FLOP at dense peak over all accelerators', () => {
    const work = workOn(facts, 'Llama-2-7b')
    const hardware = hardwareNamed(facts, 'a100-sxm-80gb', 8)

    const seconds = stepLowerBoundSeconds(work, hardware, 'bf16', 64)

    expect(seconds).toBeCloseTo((modelFlopsPerToken(trainingShape(work.model), 4096, true) * 4096 * 64) / (8 * 312e12), 6)
  })
})

describe('memory', () => {
  test('AdamW in mixed precision takes 16 bytes per parameter: 2 weights, 2 gradients, 12 states', () => {
    const work = workOn(facts, 'Llama-2-7b')

    const {lines} = trainingMemory(work, layout(), IDEAL)

    expect((gib(lines, 'weights') * GIB) / 6.738e9).toBeCloseTo(2, 6)
    expect((gib(lines, 'gradients') * GIB) / 6.738e9).toBeCloseTo(2, 6)
    expect((gib(lines, 'optimizer states') * GIB) / 6.738e9).toBeCloseTo(12, 6)
  })

  test.for([
    [0, 2, 2, 12],
    [1, 2, 2, 12 / 8],
    [2, 2, 2 / 8, 12 / 8],
    [3, 2 / 8, 2 / 8, 12 / 8],
  ] as const)('ZeRO stage %d over 8 accelerators leaves %d + %d + %d bytes per parameter', ([zeroStage, weights, gradients, states]) => {
    const {lines} = trainingMemory(workOn(facts, 'Llama-2-7b'), layout({dp: 8, zeroStage}), IDEAL)

    expect((gib(lines, 'weights') * GIB) / 6.738e9).toBeCloseTo(weights, 6)
    expect((gib(lines, 'gradients') * GIB) / 6.738e9).toBeCloseTo(gradients, 6)
    expect((gib(lines, 'optimizer states') * GIB) / 6.738e9).toBeCloseTo(states, 6)
  })

  test.for([
    ['adamw', true, 8], ['adamw', false, 4], ['adamw-8bit', true, 2 * (1 + 4 / 256)], ['adafactor', true, 0.02], ['muon', true, 4], ['lion', true, 4], ['lion', false, 2], ['sgd', true, 0],
  ] as const)('%s with 32-bit weights %s keeps %d bytes of state', ([optimizer, master, expected]) => {
    expect(optimizerStateBytes(optimizer, master)).toBeCloseTo(expected, 9)
  })

  test('a GPT-style layer keeps 32·h bytes per token, full recomputation 2·h', () => {
    const shape = trainingShape(facts.languageModel('gpt2-xl'))

    expect(activationBytesPerTokenPerLayer(shape, 'none') / 1600).toBeCloseTo(32, 1)
    expect(activationBytesPerTokenPerLayer(shape, 'full') / 1600).toBe(2)
  })

  test('Llama-2-7B keeps 2·(4h + 4h of 32-bit norm copies + 3h + h + 4·11,008) bytes per token and layer', () => {
    const shape = trainingShape(facts.languageModel('Llama-2-7b'))

    expect(activationBytesPerTokenPerLayer(shape, 'none')).toBeCloseTo(2 * (12 * 4096 + 4 * 11_008), -2)
    // Attention output and half of the other matmul outputs.
    expect(activationBytesPerTokenPerLayer(shape, 'selective')).toBeCloseTo(2 * (2 * 4096 + 1.5 * 4096 + 4096 + 11_008), -2)
  })

  test('logits take their bytes per token and vocabulary entry, a chunked loss those of 1,024 tokens', () => {
    const plain = trainingMemory(workOn(facts, 'Llama-2-7b'), layout(), IDEAL)
    const chunked = trainingMemory(workOn(facts, 'Llama-2-7b', {chunkedLoss: true}), layout(), IDEAL)

    expect(gib(plain.lines, 'logits and loss') * GIB).toBeCloseTo(4096 * 32_000 * 8, 0)
    expect(gib(chunked.lines, 'logits and loss') * GIB).toBeCloseTo(1024 * 32_000 * 8, 0)
  })

  test('rank 8 on all linear layers of Llama-2-7B trains 19,988,480 parameters', () => {
    expect(trainedParameters(workOn(facts, 'Llama-2-7b', {trains: 'adapters', rank: 8})) / 1000).toBeCloseTo(19_988, -1)
  })

  test.for([[true, 4], [false, 2]] as const)('adapters with 32-bit weights %s have gradients of %d bytes', ([masterWeights, bytes]) => {
    const {lines} = trainingMemory(workOn(facts, 'Llama-2-7b', {trains: 'adapters', rank: 8, masterWeights}), layout(), IDEAL)

    expect((gib(lines, 'gradients') * GIB) / 1e6).toBeCloseTo(19.988 * bytes, 0)
  })

  test("an optimizer that walks through lists needs 4 bytes per parameter once more, where a pass needs less; a fused one does not", () => {
    const temporaries = (runtime: string, changed: Parameters<typeof layout>[0] = {}, sequenceLength = 128) =>
      gib(trainingMemory(workOn(facts, 'Llama-2-7b', {sequenceLength}), layout({runtime, ...changed}), IDEAL).lines, "optimizer's temporaries") * GIB
    const pass = (changed: Parameters<typeof layout>[0] = {}) => trainingMemory(workOn(facts, 'Llama-2-7b', {sequenceLength: 128}), layout({runtime: 'pytorch', ...changed}), IDEAL).lines
      .filter(({item}) => /activations|logits|gathered/.test(item)).reduce((sum, line) => sum + line.gib, 0) * GIB

    expect(temporaries('pytorch') / 6.738e9).toBeCloseTo(4 - pass() / 6.738e9, 6)
    expect(temporaries('pytorch', {}, 65_536)).toBe(0)
    expect(temporaries('megatron')).toBe(0)
    // Shards are updated in groups of 1e9 parameters.
    const sharded = {dp: 4, zeroStage: 3} as const
    expect((temporaries('pytorch', sharded) + pass(sharded)) / 1e9).toBeCloseTo(4, 6)
  })

  test('a 4-bit base takes 4.127 bits per weight, its embeddings 16', () => {
    const {lines} = trainingMemory(workOn(facts, 'Llama-2-7b', {trains: 'adapters', rank: 8, base: 'nf4'}), layout(), IDEAL)

    const embeddings = 2 * 32_000 * 4096
    expect(gib(lines, 'weights (4 bit)') * GIB).toBeCloseTo(((6.738e9 - embeddings) * 4.127) / 8 + embeddings * 2, -3)
  })

  test('trained embeddings take 8 bytes per parameter beside the adapters: copy, gradient and two states in 16 bit', () => {
    const work = (trainsEmbeddings: boolean) => workOn(facts, 'Llama-2-7b', {trains: 'adapters', rank: 8, trainsEmbeddings})
    const embeddings = 2 * 32_000 * 4096

    const {lines} = trainingMemory(work(true), layout(), IDEAL)

    expect(gib(lines, 'trained embeddings') * GIB).toBeCloseTo(8 * embeddings, 0)
    expect(gib(trainingMemory(work(false), layout(), IDEAL).lines, 'trained embeddings')).toBe(0)
    expect(trainedParameters(work(true)) - trainedParameters(work(false))).toBe(embeddings)
  })

  test('the first of four stages holds a quarter of the layers and four micro-batches in flight', () => {
    const work = workOn(facts, 'Llama-2-13b', {sequenceLength: 2048})
    const whole = trainingMemory(work, layout({microBatches: 8}), IDEAL)
    const first = trainingMemory(work, layout({pp: 4, microBatches: 8}), IDEAL)

    expect(gib(first.lines, 'activations')).toBeCloseTo(gib(whole.lines, 'activations'), 6)
    expect(gib(first.lines, 'weights') / gib(whole.lines, 'weights')).toBeCloseTo(0.25, 1)
  })

  test('the frozen copy of DPO takes 2 bytes per parameter more', () => {
    const without = trainingMemory(workOn(facts, 'Llama-2-7b'), layout(), IDEAL).neededGib
    const with_ = trainingMemory(workOn(facts, 'Llama-2-7b', {referenceWeights: true}), layout(), IDEAL).neededGib

    expect(((with_ - without) * GIB) / 6.738e9).toBeCloseTo(2, 6)
  })

  test('offloading moves the states to the host, 16 bytes of a parameter without its weights', () => {
    const work = workOn(facts, 'Llama-2-7b')
    const {lines} = trainingMemory(work, layout({dp: 8, zeroStage: 3, offload: 'optimizer'}), IDEAL)

    expect(gib(lines, 'optimizer states')).toBe(0)
    expect(offloadedBytesPerNode(work, layout({dp: 8, zeroStage: 3, offload: 'optimizer'}), 8) / 6.738e9).toBeCloseTo(16, 3)
  })

  test('a checkpoint holds weights and states: 14 bytes per parameter, or just the adapters', () => {
    expect(checkpointBytes(workOn(facts, 'Llama-2-7b')) / 6.738e9).toBeCloseTo(14, 6)
    expect(checkpointBytes(workOn(facts, 'Llama-2-7b', {trains: 'adapters', rank: 8}))).toBeCloseTo(19_988_480 * 14, -4)
  })

  test('tensor and expert parallelism divide what they spread', () => {
    const dense = trainingShape(facts.languageModel('Llama-2-7b'))
    const mixture = trainingShape(facts.languageModel('Mixtral-8x7B-v0.1'))

    expect(weightsPerAccelerator(dense, layout({tp: 4})).dense).toBeCloseTo(6.738e9 / 4, -6)
    expect(weightsPerAccelerator(mixture, layout({dp: 8, ep: 8})).routed).toBeCloseTo(mixture.routedParameters / 8, -3)
  })
})

describe('time of a step', () => {
  const step = (model: string, accelerator: string, count: number, changed: Parameters<typeof layout>[0], nodes = 1, factors = IDEAL, work = {}) => {
    const found = trainingStep(workOn(facts, model, work), hardwareNamed(facts, accelerator, count, nodes), layout(changed), factors)
    if (found === undefined) throw new Error('a link is unknown')
    return found
  }
  const seconds = (found: ReturnType<typeof step>, name: string): number => found.operators.find(operator => operator.name === name)?.seconds ?? 0

  test('operators sum to the step', () => {
    const found = step('Mixtral-8x7B-v0.1', 'h100-sxm-80gb', 8, {tp: 2, pp: 2, dp: 8, ep: 4, microBatches: 8, zeroStage: 1, checkpointing: 'full'}, 4)

    expect(found.operators.reduce((sum, operator) => sum + operator.seconds, 0)).toBeCloseTo(found.seconds, 9)
    expect(found.operators.every(operator => operator.seconds > 0)).toBe(true)
  })

  test('full recomputation adds a third to the FLOP of layers and a forward pass of time', () => {
    const none = step('Llama-2-7b', 'h100-sxm-80gb', 1, {})
    const full = step('Llama-2-7b', 'h100-sxm-80gb', 1, {checkpointing: 'full'})

    // A forward pass of layers: a third of their matmuls, 1 of 3.5 of attention.
    expect(seconds(full, 'recomputation')).toBeCloseTo(seconds(none, 'matmuls of dense layers') / 3 + seconds(none, 'attention') / 3.5, 9)
  })

  test('frozen weights save the third matmul', () => {
    const all = step('Llama-2-7b', 'h100-sxm-80gb', 1, {})
    const adapters = step('Llama-2-7b', 'h100-sxm-80gb', 1, {}, 1, IDEAL, {trains: 'adapters', rank: 8})

    expect(seconds(adapters, 'matmuls of dense layers') / seconds(all, 'matmuls of dense layers')).toBeCloseTo(2 / 3, 9)
  })

  test('gathering layers costs the host its hooks, once per layer and micro-batch', () => {
    const slow = {...IDEAL, layerOverheadSeconds: 0.05}
    const waits = (zeroStage: 1 | 3, changed: Partial<TrainingFactors>): number => seconds(step('Llama-2-7b', 'h100-sxm-80gb', 8, {dp: 8, zeroStage, microBatches: 4}, 1, {...slow, ...changed}), 'waiting for the host')

    expect(waits(3, {shardingOverheadSeconds: 0.01}) - waits(3, {})).toBeCloseTo(0.01 * 32 * 4, 2)
    expect(waits(1, {shardingOverheadSeconds: 0.01})).toBe(waits(1, {}))
  })

  test('tensor parallelism all-reduces twice per layer and direction', () => {
    const found = step('Llama-2-7b', 'h100-sxm-80gb', 8, {tp: 8})
    // 2·(7/8) of 4,096 × 4,096 × 2 bytes at 450 GB/s, and two latencies per level of a tree of eight.
    const once = (2 * (7 / 8) * 4096 * 4096 * 2) / 450e9 + 2 * 3 * 2e-6

    expect(seconds(found, 'tensor-parallel collectives')).toBeCloseTo(once * 4 * 32, 6)
  })

  test('plain data parallelism reduces all gradients once, stage 3 gathers weights twice and reduces for each micro-batch', () => {
    const plain = step('Llama-2-7b', 'h100-sxm-80gb', 8, {dp: 8, zeroStage: 1, microBatches: 4})
    const sharded = step('Llama-2-7b', 'h100-sxm-80gb', 8, {dp: 8, zeroStage: 3, microBatches: 4})
    const half = ((7 / 8) * 6.738e9 * 2) / 450e9

    expect(seconds(plain, 'data-parallel collectives')).toBeCloseTo(2 * half, 3)
    expect(seconds(sharded, 'data-parallel collectives')).toBeCloseTo(4 * 3 * half, 3)
  })

  test('communication hides behind computation up to the overlap', () => {
    const exposed = step('Llama-2-7b', 'h100-sxm-80gb', 8, {dp: 8, zeroStage: 3})
    const hidden = step('Llama-2-7b', 'h100-sxm-80gb', 8, {dp: 8, zeroStage: 3}, 1, {...IDEAL, overlap: 0.8})

    expect(seconds(hidden, 'data-parallel collectives')).toBeCloseTo(seconds(exposed, 'data-parallel collectives') * 0.2, 6)
  })

  test('a pipeline of 4 idles 3 micro-batches, with eight layers in four interleaved chunks three quarters of one', () => {
    const plain = step('Llama-2-7b', 'h100-sxm-80gb', 4, {pp: 4, microBatches: 8})
    const chunked = step('Llama-2-7b', 'h100-sxm-80gb', 4, {pp: 4, microBatches: 8, runtime: 'megatron'})

    expect(seconds(plain, 'pipeline bubble') / seconds(chunked, 'pipeline bubble')).toBeCloseTo(4, 6)
    expect(seconds(plain, 'pipeline bubble')).toBeGreaterThan(0)
  })

  test('the optimizer moves 30 bytes per parameter (gradient, three 32-bit numbers read and written, weight) at memory bandwidth', () => {
    expect(seconds(step('Llama-2-7b', 'h100-sxm-80gb', 1, {}), 'optimizer')).toBeCloseTo((6.738e9 * 30) / 3.35e12, 4)
  })

  test('muon adds 30 FLOP per parameter and unit of width', () => {
    const adamw = seconds(step('Llama-2-7b', 'h100-sxm-80gb', 1, {}), 'optimizer') - (6.738e9 * 8) / 3.35e12
    const muon = seconds(step('Llama-2-7b', 'h100-sxm-80gb', 1, {}, 1, IDEAL, {optimizer: 'muon'}), 'optimizer')

    expect(muon - adamw).toBeCloseTo((6.738e9 * 30 * 4096) / 794.5e12, 3)
  })

  test('the FLOP of muon are executed, too', () => {
    const [adamw, muon] = (['adamw', 'muon'] as const).map(optimizer => step('Llama-2-7b', 'h100-sxm-80gb', 1, {}, 1, IDEAL, {optimizer}).flopsPerAccelerator) as [number, number]

    expect((muon - adamw) / (6.738e9 * 30 * 4096)).toBeCloseTo(1, 3)
  })

  test('a rollout reads weights and caches for each token it decodes, and does 2 FLOP per parameter for each', () => {
    const samples = {promptTokens: 512, completionTokens: 1024, completionsPerPrompt: 8}
    const [without, with_] = [undefined, samples].map(rollout => step('Llama-2-7b', 'h100-sxm-80gb', 1, {microBatch: 1, microBatches: 8, sequencesPerStep: 8}, 1, IDEAL, {rollout})) as [TrainingStep, TrainingStep]
    const matmul = 6.738e9 - 32_000 * 4096
    // 2 bytes × keys and values × 4,096 × 32 layers per token in a cache, of 512 + 1,024 ÷ 2 tokens on average, for 8 sequences.
    const bytes = 1024 * (2 * 6.738e9 + 8 * 2 * 2 * 4096 * 32 * 1024)

    expect((with_.bytesPerAccelerator - without.bytesPerAccelerator) / bytes).toBeCloseTo(1, 2)
    // Eight completions and their one prompt.
    expect((with_.flopsPerAccelerator - without.flopsPerAccelerator) / (2 * matmul * (8 * 1024 + 512))).toBeCloseTo(1, 1)
    expect(with_.seconds - without.seconds).toBeCloseTo(seconds(with_, 'rollout'), 9)
  })

  test('unpacking 4-bit weights reads 0.516 and writes 2 bytes per weight and pass', () => {
    const found = step('Llama-2-7b', 'h100-sxm-80gb', 1, {}, 1, IDEAL, {trains: 'adapters', rank: 8, base: 'nf4'})

    expect(seconds(found, 'unpacking of 4-bit weights')).toBeCloseTo((6.738e9 * 2.516 * 2) / 3.35e12, 4)
  })

  test('launches of the host bound small models', () => {
    const slow = step('Llama-2-7b', 'h100-sxm-80gb', 1, {}, 1, {...IDEAL, layerOverheadSeconds: 1}, {sequenceLength: 128})

    expect(seconds(slow, 'waiting for the host')).toBeGreaterThan(31)
    expect(slow.seconds).toBeGreaterThan(32)
  })

  test('fp8 speeds the linear layers, not attention', () => {
    const bf16 = step('Llama-2-7b', 'h100-sxm-80gb', 1, {})
    const fp8 = step('Llama-2-7b', 'h100-sxm-80gb', 1, {precision: 'fp8'})

    expect(seconds(fp8, 'attention')).toBe(seconds(bf16, 'attention'))
    expect(seconds(fp8, 'matmuls of dense layers')).toBeLessThan(seconds(bf16, 'matmuls of dense layers') * 0.75)
  })

  test('experts across nodes cost more than inside one', () => {
    const inside = step('Mixtral-8x7B-v0.1', 'h100-sxm-80gb', 8, {dp: 16, ep: 4}, 2)
    const across = step('Mixtral-8x7B-v0.1', 'h100-sxm-80gb', 4, {dp: 8, ep: 8}, 2)

    expect(seconds(across, 'expert exchange')).toBeGreaterThan(seconds(inside, 'expert exchange') * 2)
  })

  test('the ring of context parallelism shortens attention', () => {
    const one = step('Llama-3.1-8B', 'h100-sxm-80gb', 8, {}, 1, IDEAL, {sequenceLength: 131_072})
    const ring = step('Llama-3.1-8B', 'h100-sxm-80gb', 8, {cp: 8}, 1, IDEAL, {sequenceLength: 131_072})

    expect(seconds(ring, 'attention')).toBeCloseTo(seconds(one, 'attention') / 8, 6)
    expect(seconds(ring, 'context ring')).toBeGreaterThan(0)
  })

  test('TCP halves what the network gives', () => {
    const rdma = hardwareNamed(facts, 'h100-sxm-80gb', 8, 2)
    const tcp = {...rdma, network: {...rdma.network!, rdma: false}}
    const ratio = (model: string, degrees: Parameters<typeof layout>[0], operator: string): number => {
      const [fast = 0, slow = 0] = [rdma, tcp].map(hardware => seconds(trainingStep(workOn(facts, model), hardware, layout(degrees), IDEAL)!, operator))
      return slow / fast
    }

    expect(ratio('Llama-2-7b', {dp: 16, zeroStage: 3}, 'data-parallel collectives')).toBeGreaterThan(1.5)
    expect(ratio('DeepSeek-V3', {dp: 16, ep: 16}, 'expert exchange')).toBeGreaterThan(1.5)
  })

  test('nodes of one NVLink rack are one domain', () => {
    expect(linkDomain(hardwareNamed(facts, 'gb200-186gb', 4, 8))).toBe(32)
    expect(linkDomain(hardwareNamed(facts, 'h100-sxm-80gb', 8, 4))).toBe(8)
  })
})

describe('how a runtime does it', () => {
  const seconds = (implementation: Implementation, changed: Parameters<typeof layout>[0] = {}, work = {}): number => {
    const found = trainingStep(workOn(facts, 'Llama-2-7b', {implementation, ...work}), hardwareNamed(facts, 'h100-sxm-80gb', 8), layout(changed), {...IDEAL, layerOverheadSeconds: 0.002, shardingOverheadSeconds: 0.001})
    return found?.seconds ?? Number.NaN
  }
  const memory = (implementation: Implementation, changed: Parameters<typeof layout>[0] = {}, work = {}): number => trainingMemory(workOn(facts, 'Llama-2-7b', {implementation, ...work}), layout(changed), IDEAL).neededGib
  const piped = {pp: 4, dp: 2, microBatches: 8, runtime: 'megatron'} as const
  const qlora = {trains: 'adapters', rank: 8, base: 'nf4'} as const

  test.for<[string, Implementation, Parameters<typeof layout>[0], object, 'faster' | 'slower']>([
    ['more chunks of a stage', {virtualStages: 8}, piped, {}, 'faster'],
    ['recorded launches', {recordedLaunches: true}, {}, {sequenceLength: 128}, 'faster'],
    ['compiled layers', {compiled: true}, {}, {}, 'faster'],
    ['scales per row', {rowwiseScaling: true}, {precision: 'fp8'}, {}, 'slower'],
    ['the first FlashAttention', {attention: 1}, {}, {}, 'slower'],
    ['scores in memory', {attention: 'materialised'}, {}, {}, 'slower'],
    ['unpacking step by step', {unpacksStepwise: true}, {}, qlora, 'slower'],
  ])('%s: %s', ([, implementation, changed, work, direction]) => {
    expect(seconds(implementation, changed, work) < seconds({}, changed, work) ? 'faster' : 'slower').toBe(direction)
  })

  test.for<[string, Implementation, Parameters<typeof layout>[0], object, 'less' | 'more']>([
    // Long sequences: with short ones the optimizer's step is the fullest moment.
    ['compiled layers', {compiled: true}, {}, {sequenceLength: 65_536}, 'less'],
    ['plain 1F1B', {virtualStages: 1}, piped, {}, 'less'],
    ['fused updates', {fusedOptimizer: true}, {}, {}, 'less'],
    ['activations on the host', {offloadedActivations: true}, {}, {sequenceLength: 65_536}, 'less'],
    ['one kernel for the loss', {fusedLoss: true}, {}, {sequenceLength: 65_536}, 'less'],
    ['gradients in 32 bit as well', {wideGradients: true}, {dp: 8, zeroStage: 3}, {}, 'more'],
    ['whole weights on each card first', {loadsWhole: true}, {dp: 8, zeroStage: 3}, {trains: 'adapters', rank: 8}, 'more'],
  ])('%s: %s', ([, implementation, changed, work, direction]) => {
    expect(memory(implementation, changed, work) < memory({}, changed, work) ? 'less' : 'more').toBe(direction)
  })

  test('a device as busy as its host takes the fourth root of two more, before experts the square root', () => {
    const of = (model: string, overheads: Partial<TrainingFactors>) => trainingStep(workOn(facts, model, {sequenceLength: 2048}), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(), {...IDEAL, ...overheads})!
    const total = (model: string, overheads: Partial<TrainingFactors>): number => of(model, overheads).seconds - (of(model, {}).operators.find(({name}) => name === 'optimizer')?.seconds ?? 0)
    const dense = total('Llama-2-7b', {})
    const mixture = total('Mixtral-8x7B-v0.1', {})

    // 32 layers and 1.5 for the ends.
    expect(total('Llama-2-7b', {layerOverheadSeconds: dense / 33.5}) / dense).toBeCloseTo(2 ** 0.25, 6)
    expect(total('Mixtral-8x7B-v0.1', {layerOverheadSeconds: mixture / 33.5}) / mixture).toBeCloseTo(2 ** 0.5, 6)
  })

  test('casting moves four bytes per value of inputs and of gradients of outputs', () => {
    const found = trainingStep(workOn(facts, 'Llama-2-7b'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout({precision: 'fp8'}), IDEAL)!
    const inputs = 4096 + 4096 + 4096 + 11_008 // of queries and keys, of their projection, of gate and up, of down
    const outputs = 3 * 4096 + 4096 + 2 * 11_008 + 4096

    expect(found.operators.find(({name}) => name === 'casting to 8 and 4 bit')?.bytes).toBeCloseTo(4 * (inputs + outputs) * 4096 * 32, -8)
  })

  test('scores that stand in memory are moved by 13 bytes a pass', () => {
    const found = trainingStep(workOn(facts, 'Llama-2-7b', {implementation: {attention: 'materialised'}}), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(), IDEAL)!

    expect(found.operators.find(({name}) => name === 'attention')?.bytes).toBeCloseTo(13 * 32 * 4096 * 4096 * 32 * 3.5, -6)
  })

  test('Megatron keeps 4h + 2·(q + kv) + 2q + 4I bytes, and inputs of matmuls in their own format', () => {
    const shape = trainingShape(facts.languageModel('Llama-2-7b'))
    const always = 4 * 4096 + 2 * 3 * 4096 + 2 * 4096 + 4 * 11_008
    const of = (precision: string, checkpointing: 'none' | 'selective'): number => savedBytesPerTokenPerLayer(shape, {runtime: 'megatron', precision, checkpointing})

    expect(of('bf16', 'none')).toBeCloseTo(always + 2 * (2 * 4096 + 11_008), -2)
    expect(of('fp8', 'none')).toBeCloseTo(always + 4096 + (2 * 4096 + 11_008), -2)
    expect(of('bf16', 'selective')).toBeCloseTo(always, -2)
  })

  test('a stack of single blocks has half of what is not attention in experts', () => {
    const shape = trainingShape(facts.languageModel('NVIDIA-Nemotron-3-Nano-30B-A3B-BF16'))

    // 52 blocks: 6 of attention in its paper, a tenth here; 23 of experts.
    expect(shape.mixtureLayers).toBeCloseTo(23.5, 9)
    expect(shape.recurrentShare * 52).toBeCloseTo(23.5, 9)
  })

  test('layers that do not divide leave room for the head, even ones do not', () => {
    const head = (layers: number): number => {
      const model = {...facts.languageModel('Llama-2-7b'), layers}
      return trainingStep(workOn(facts, 'Llama-2-7b', {model}), hardwareNamed(facts, 'h100-sxm-80gb', 4), layout({pp: 4, microBatches: 8}), IDEAL)?.operators.find(({name}) => name === 'output head and loss')?.seconds ?? Number.NaN
    }

    expect(head(32) / head(30)).toBeCloseTo(4, 9)
  })
})

describe('factors', () => {
  test('the sustained rate is the measured one, else 80 % of peak', () => {
    expect(sustainedFlops(facts.accelerator('h100-sxm-80gb')!, 'bf16')).toBe(794.5e12)
    expect(sustainedFlops(facts.accelerator('a10g-24gb')!, 'bf16')).toBeCloseTo(0.8 * 70e12, -9)
    expect(sustainedFlops(facts.accelerator('a100-sxm-80gb')!, 'fp8')).toBeUndefined()
  })

  test('without any calibration everything is assumed and the spread is wide', () => {
    const nothing = createCalibration([])
    const h100 = facts.accelerator('h100-sxm-80gb')!

    expect(trainingFactors(nothing, 'llm-pretrain', h100, 'megatron').compute).toBe(ASSUMED_FACTORS.compute)
    expect(trainingCertainty(nothing, 'llm-pretrain', h100, 'x')).toMatchObject({basis: 'assumed', distance: 'none'})
    expect(trainingCertainty(nothing, 'llm-pretrain', h100, 'x').time['step-time'].highLog).toBeGreaterThan(0.6)
  })

  test('calibrated hardware is calibrated, other hardware computed and less certain', () => {
    const of = (id: string) => trainingCertainty(facts.calibration, 'llm-pretrain', facts.accelerator(id)!, 'x')

    expect(of('h100-sxm-80gb').basis).toBe('calibrated')
    expect(of('mi300x-192gb').basis).toBe('computed')
    expect(of('mi300x-192gb').time['step-time'].highLog).toBeGreaterThan(of('h100-sxm-80gb').time['step-time'].highLog)
  })

  test('an architecture that nobody measured takes the factors of its vendor', () => {
    const of = (id: string) => trainingFactors(facts.calibration, 'llm-pretrain', facts.accelerator(id)!, 'maxtext').compute

    expect(of('tpu-v3')).not.toBe(of('mi300x-192gb'))
  })
})

import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {AnyKind} from '../../../src/workload/contract.ts'
import {kinds} from '../../../src/workload/index.ts'
import {NETWORK_QUANTITIES, PLAIN, type NetworkFactors} from '../../../src/workload/networks/factors.ts'
import {largestBatch, memoryOf, sampleBytes} from '../../../src/workload/networks/memory.ts'
import {passCost, patchTokens} from '../../../src/workload/networks/shape.ts'
import {clockShare, lowerBoundSecondsPerSample, networkStep, printedRate, type StepSetting} from '../../../src/workload/networks/step.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
const kindOf = (id: string): AnyKind => kinds.find(kind => kind.id === id)!

const SEES = {kind: 'vision-train', model: 'resnet50', samples: '1.28M', epochs: 2, resolution: 224, dataLoading: {place: 'none'}}
const RUNS = {kind: 'vision-inference', model: 'vit-base', samples: '10M', resolution: 224, dataLoading: {place: 'none'}}
const READS = {kind: 'nlp-train', model: 'bert-base', samples: '500k', sequenceLength: 256, epochs: 3}
const EMBEDS = {kind: 'nlp-inference', model: 'bge-large-en', samples: '1M', sequenceLength: 512}
const SPECS = [SEES, RUNS, READS, EMBEDS] as const

type Spec = Readonly<Record<string, unknown>>

function run(spec: Spec, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const kind = kindOf(String(spec['kind']))
  const demand = kind.demand(kind.spec.parse(spec) as never, own)
  const result = kind.perform(demand, hardware, configuration ?? kind.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}
const seconds = (spec: Spec, hardware = on('a100-sxm-80gb'), configuration?: Configuration): number => run(spec, hardware, configuration).workSeconds!.p50

function refusal(spec: Spec, hardware: Hardware) {
  const kind = kindOf(String(spec['kind']))
  const demand = kind.demand(kind.spec.parse(spec) as never, facts)
  expect(kind.configurations(demand, hardware, facts)).toEqual([])
  return kind.refuse(demand, hardware, facts).refusal
}

describe('a pass through a network', () => {
  test('of BERT-large over 384 tokens: 24 × (2·384·(4·1024² + 2·1024·4096) + 4·384²·1024) = 246 GFLOP, by hand', () => {
    const {flops} = passCost(facts.network('bert-large'), [384])

    expect(flops).toBeCloseTo(24 * (768 * 12 * 1024 ** 2 + 4 * 384 ** 2 * 1024), 0)
    expect(flops / 1e9).toBeCloseTo(246.4, 1)
  })

  test.for([
    // Published by the same source at two sizes (multiply-adds, doubled): what it gives at the second follows from the first.
    ['resnet50', 160, 2 * 2.1], ['resnet50', 288, 2 * 6.8], ['convnext_tiny', 384, 2 * 13.14], ['efficientnet_b0', 256, 2 * 0.52],
    ['vit_base_patch16_384', 224, 2 * 17.58], ['vit_large_patch14_clip_336', 224, 2 * 81.08],
  ] as const)('of %s at %d pixels: what is published for that size, within 3 %%', ([model, pixels, gflop]) => {
    expect(passCost(facts.network(model), [pixels, pixels]).flops / 1e9 / gflop).toBeCloseTo(1, 1.5)
  })

  test('of a vision transformer: the square of its tokens is what attention adds', () => {
    const vit = facts.network('vit_base_patch16_224')
    const at = (pixels: number): number => passCost(vit, [pixels, pixels]).flops
    const tokens = (pixels: number): number => patchTokens([pixels, pixels], 16)
    const attention = (pixels: number): number => 4 * 12 * 768 * tokens(pixels) ** 2

    expect(tokens(224)).toBe(197)
    expect((at(448) - attention(448)) / (at(224) - attention(224))).toBeCloseTo(tokens(448) / tokens(224), 9)
  })

  test.for([
    // 54 convolutions with norm and activation, 24 blocks of 16 kernels; joined, a convolution is one and a block seven.
    ['resnet50', [224, 224], 162, 54], ['bert-large', [384], 384, 168], ['transformer-xl-base', [192], 576, 160], ['gnmt', [50, 50], 50 * 5 + 50 * 4, 450],
  ] as const)('of %s: kernels alone and joined', ([name, size, alone, joined]) => {
    expect(passCost(facts.network(name), size)).toMatchObject({kernels: alone, joinedKernels: joined})
  })

  test('of an encoder and decoder counts both texts, and the vocabulary for each token that is written', () => {
    const model = facts.network('transformer-base')
    const more = passCost(model, [32, 33]).flops - passCost(model, [32, 32]).flops
    const [h, i, vocab] = [512, 2048, 37_000]

    // 6 layers: a block of the decoder, queries and outputs of the cross attention, its scores, own attention (33² − 32²); then the vocabulary.
    expect(more).toBeCloseTo(6 * (2 * (4 * h * h + 2 * h * i) + 2 * 2 * h * h + 4 * 32 * h + 4 * h * (33 ** 2 - 32 ** 2)) + 2 * h * vocab, 0)
  })
})

describe('a step by hand', () => {
  const factors: NetworkFactors = {...NETWORK_QUANTITIES, 'compute': 0.5, 'traffic': 4, 'kernel-seconds': 1e-5, 'link': 0.5, 'straggling': 0.02, 'backward': 1, 'streamShare': 0.9}
  const setting = (): StepSetting => ({model: facts.network('resnet50'), size: [224, 224], training: true, optimizer: 'sgd', precision: 'bf16', batch: 64, accumulation: 1, parts: 1, program: PLAIN})

  test('one accelerator: matmuls, values through memory, launches and the optimizer add up', () => {
    const step = networkStep(setting(), on('a100-sxm-80gb'), factors)!
    const [flops, values, parameters] = [2 * 4.11e9, 11.11e6, 25.56e6]

    expect(step.computeSeconds).toBeCloseTo((3 * flops * 64) / (312e12 * 0.5), 9)
    expect(step.memorySeconds).toBeCloseTo((3 * (values * 2 * 4 * 64 + parameters * 2)) / (2039e9 * 0.9), 9)
    expect(step.kernelSeconds).toBeCloseTo(3 * 54 * 3 * 1e-5, 9)
    expect(step.optimizerSeconds).toBeCloseTo((parameters * 20) / (2039e9 * 0.9), 9)
    expect(step.linkSeconds).toBe(0)
    expect(step.seconds).toBeCloseTo(step.computeSeconds + step.memorySeconds + step.kernelSeconds + step.optimizerSeconds, 9)
  })

  test('channels first: half as many values again', () => {
    const [last, first] = [networkStep(setting(), on('a100-sxm-80gb'), factors)!, networkStep({...setting(), channelsFirst: true}, on('a100-sxm-80gb'), {...factors, reordering: 1.5})!]

    expect(first.memorySeconds - last.memorySeconds).toBeCloseTo((3 * 0.5 * 11.11e6 * 2 * 4 * 64) / (2039e9 * 0.9), 9)
    expect(first.computeSeconds).toBe(last.computeSeconds)
  })

  test.for([
    // 989.4 TFLOP/s of an H100 at a watt each take 989 W; of its 700, 3.35 TB/s of stacked memory take 3.35e12 × 8 × 3.9e-12 ÷ 2 = 52. 8 bits take as many.
    ['h100-sxm-80gb', 'bf16', ((700 - 52.26) / 989.4) ** 0.4], ['h100-sxm-80gb', 'int8', ((700 - 52.26) / 989.45) ** 0.4], ['h100-sxm-80gb', 'tf32', ((700 - 52.26) / 989.4) ** 0.4],
    // A GeForce with half the rate in 16 bits has watts to spare, an L4 has not: 121, and 72 less 0.3e12 × 8 × 7.25e-12 ÷ 2 = 8.7.
    ['rtx-4090-24gb', 'fp16', 1], ['l4-24gb', 'fp16', ((72 - 8.7) / 121) ** 0.4],
    // Vector units of 32 bits hold it.
    ['h100-sxm-80gb', 'fp32', 1],
  ] as const)('%s in %s: the clock that its power allows', ([name, precision, share]) => {
    const {accelerator} = on(name)

    expect(clockShare(accelerator, printedRate(accelerator, precision)!, precision, {'watts-per-tflops': 1, 'power-exponent': 0.4})).toBeCloseTo(share, 6)
  })

  test.for([['v100-sxm2-16gb', 'fp32', 'resnet50', 2.25], ['v100-sxm2-16gb', 'fp16', 'resnet50', 1], ['v100-sxm2-16gb', 'fp32', 'nnunet_3d', 1], ['cpu-core-i9-10980xe', 'fp32', 'resnet50', 1]] as const)('%s in %s, %s: at most %d times the printed rate', ([name, precision, network, most]) => {
    const {accelerator} = on(name)
    const model = facts.network(network)
    const step = networkStep({...setting(), model, size: model.reference, precision}, on(name), {...factors, 'compute': 100, 'watts-per-tflops': 0.001})!

    expect(step.flops / step.computeSeconds / printedRate(accelerator, precision)!).toBeCloseTo(most, 6)
    expect(lowerBoundSecondsPerSample(model, model.reference, true, precision, accelerator) * 64).toBeCloseTo(step.computeSeconds, 9)
  })

  test('eight of them: 15 % of the all-reduce shows, and each doubling loses 2 % of a step', () => {
    const alone = networkStep(setting(), on('a100-sxm-80gb'), factors)!
    const step = networkStep({...setting(), parts: 8}, on('a100-sxm-80gb', 8), factors)!
    const reduce = (2 * 7 * 25.56e6 * 4) / 8 / (300e9 * 0.5)

    expect(step.linkSeconds).toBeCloseTo(0.15 * reduce, 5)
    expect(step.stragglingSeconds).toBeCloseTo(alone.seconds * 0.06, 9)
  })

  test('inference is one pass, without optimizer, links and stragglers', () => {
    const step = networkStep({...setting(), training: false, parts: 8}, on('a100-sxm-80gb', 8), factors)!

    expect(step.seconds).toBeCloseTo(step.computeSeconds + step.memorySeconds + step.kernelSeconds, 12)
    expect(step.flops).toBeCloseTo(2 * 4.11e9 * 64, -3)
  })
})

describe('memory', () => {
  test.for([
    // Batches that were run (data/measured): they fitted. The cards are filled in these runs, so that half as much again is not to be expected either.
    ['resnet50', 'fp16', [224, 224], 'rtx-3090-24gb', 512], ['resnet50', 'fp16', [224, 224], 'h100-sxm-80gb', 1280], ['vit_large_patch16_224', 'fp16', [224, 224], 'rtx-3090-24gb', 64],
    ['vgg16', 'fp16', [224, 224], 'rtx-3090-24gb', 384], ['bert-large', 'fp16', [384], 'a100-sxm-80gb', 112], ['bert-large', 'tf32', [384], 'a100-sxm-80gb', 64],
  ] as const)('%s in %s: the batch that was run on %s fits, and not three times as much', ([name, precision, size, accelerator, batch]) => {
    const model = facts.network(name)
    const most = largestBatch({model, size, training: true, precision, optimizer: model.input === 'text' ? 'adamw' : 'sgd'}, on(accelerator).accelerator.memoryGib)

    expect(most).toBeGreaterThanOrEqual(batch * 0.9)
    expect(most).toBeLessThan(batch * 3)
  })

  test('lines add up, and grow by a sample with each sample', () => {
    const setting = {model: facts.network('nnunet_3d'), size: [128, 128, 128], training: true, precision: 'bf16', optimizer: 'sgd', batch: 2} as const
    const [two, three] = [memoryOf(setting, 80), memoryOf({...setting, batch: 3}, 80)]

    expect(two.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(two.neededGib.p50, 9)
    expect(three.neededGib.p50 - two.neededGib.p50).toBeCloseTo(sampleBytes(setting) / 2 ** 30, 9)
  })
})

describe('what cannot be', () => {
  test.for<readonly [name: string, spec: Spec, accelerator: string, reason: string, nearest: RegExp]>([
    ['a sample that is too large', {kind: 'vision-train', model: 'nnunet_3d', volumes: 100, resolution: '512x512x512'}, 'rtx-3090-24gb', 'memory', /^resolution \d+x\d+x\d+$/],
    ['a text that is too long', {...READS, model: 'xlm-roberta-large', sequenceLength: 60_000}, 'rtx-3090-24gb', 'memory', /^sequenceLength \d+$/],
    ['too many samples at once', {...SEES, configuration: {microBatch: 4000}}, 'rtx-3090-24gb', 'memory', /^microBatch \d+$/],
    ['too many at once, run', {...RUNS, configuration: {batch: 1_000_000}}, 'rtx-3090-24gb', 'memory', /^batch \d+$/],
    ['more accelerators than there are', {...SEES, configuration: {dp: 4}}, 'a100-sxm-80gb', 'topology', /^dp 1$/],
    ['a format that the hardware lacks', {...SEES, precision: 'fp8'}, 'v100-sxm2-16gb', 'software', /fp16/],
    ['training in integers', {...SEES, precision: 'int8'}, 'a100-sxm-80gb', 'software', /bf16/],
    ['a program that does not train', {...SEES, configuration: {runtime: 'vllm'}}, 'a100-sxm-80gb', 'software', /pytorch/],
    ['hardware without a program', SEES, 'k80-12gb', 'software', /^$/],
  ])('%s', ([, spec, accelerator, reason, nearest]) => {
    const found = refusal(spec, on(accelerator))

    expect(found.reason).toBe(reason)
    expect(found.nearest ?? '').toMatch(nearest)
  })

  test('the way out of a memory refusal fits', () => {
    const nearest = refusal({kind: 'vision-train', model: 'nnunet_3d', volumes: 100, resolution: '512x512x512'}, on('rtx-3090-24gb')).nearest!

    expect(run({kind: 'vision-train', model: 'nnunet_3d', volumes: 100, resolution: nearest.replace('resolution ', '')}, on('rtx-3090-24gb')).memory.neededGib.p50).toBeLessThanOrEqual(24)
  })

  test.for<readonly [string, Spec, RegExp]>([
    ['a network that reads, for images', {...SEES, model: 'bert-base'}, /reads texts/],
    ['a network that sees, for texts', {...READS, model: 'resnet50'}, /sees images/],
    ['volumes for a network of images', {kind: 'vision-train', model: 'resnet50', volumes: 10}, /not volumes/],
    ['images for a network of volumes', {kind: 'vision-train', model: 'nnunet_3d', samples: 10}, /not images/],
    ['a name that nobody has', {...SEES, model: 'resnet5000'}, /no network/],
    ['three dimensions of an image', {...SEES, resolution: '64x64x64'}, /dimensions/],
    ['less than a patch', {...RUNS, resolution: 8}, /smaller than one patch/],
    ['a mean beyond the longest', {...READS, meanLength: 300}, /sequenceLength 256/],
    ['padding without a mean', {...READS, padding: 'bins'}, /meanLength/],
    ['a text to write, of an encoder', {...READS, targetLength: 10}, /targetLength/],
    ['tensor parallelism', {...SEES, configuration: {tp: 2}}, /tp does not apply/],
    ['micro-batches without training', {...RUNS, configuration: {microBatch: 2}}, /belongs to training/],
    ['checkpointing', {...SEES, configuration: {checkpointing: 'full'}}, /not estimated/],
  ])('%s is an error in words', ([, spec, message]) => {
    const kind = kindOf(String(spec['kind']))

    expect(() => kind.demand(kind.spec.parse(spec) as never, facts)).toThrow(message)
  })

  test.for([
    [{...SEES, frames: 10}, 'exactly one of'], [{kind: 'vision-inference', model: 'resnet50'}, 'exactly one of'], [{...SEES, resolution: 'large'}, 'pixels'], [{...SEES, dataLoading: {bytesPerSample: '100 kB'}}, 'tell something together only'],
  ] as const)('%j is refused when it is read', ([spec, message]) => {
    const read = kindOf(spec.kind).spec.safeParse(spec)

    expect(read.success ? '' : read.error.message).toContain(message)
  })
})

describe('every field moves something, the right way', () => {
  const longer = 1
  const shorter = -1
  test.for<readonly [field: string, spec: Spec, change: Spec, direction: number]>([
    ['samples', SEES, {samples: '2.56M'}, longer], ['epochs', SEES, {epochs: 4}, longer], ['resolution', SEES, {resolution: 288}, longer], ['model', SEES, {model: 'resnet152'}, longer],
    ['precision', SEES, {precision: 'fp32'}, longer], ['compiled', SEES, {compiled: true}, shorter], ['optimizer', SEES, {optimizer: 'lamb', configuration: {batch: 2}}, longer],
    ['configuration.batch', SEES, {configuration: {batch: 4}}, longer], ['configuration.microBatch', SEES, {configuration: {microBatch: 1}}, longer],
    ['resolution of a transformer', RUNS, {resolution: 384}, longer], ['precision of inference', RUNS, {precision: 'fp32'}, longer], ['int8', RUNS, {precision: 'int8'}, shorter], ['compiled inference', RUNS, {compiled: true}, shorter], ['batch of inference', RUNS, {configuration: {batch: 1}}, longer],
    ['dataLoading.readRate', RUNS, {dataLoading: {place: 'none', bytesPerSample: '10 MB', readRate: '100 MB/s'}}, longer],
    ['texts', READS, {samples: '1M'}, longer], ['sequenceLength', READS, {sequenceLength: 512}, longer], ['meanLength', READS, {meanLength: 100}, shorter], ['epochs of texts', READS, {epochs: 6}, longer],
    ['texts to embed', EMBEDS, {samples: '2M'}, longer], ['their mean length', EMBEDS, {meanLength: 200}, shorter],
  ])('%s', ([, spec, change, direction]) => {
    expect(Math.sign(seconds({...spec, ...change}) - seconds(spec))).toBe(direction)
  })

  test('frames count as images do, volumes as patches', () => {
    const {samples, ...rest} = RUNS

    expect(seconds({...rest, frames: samples})).toBe(seconds(RUNS))
    expect(seconds({kind: 'vision-inference', model: 'nnunet_3d', volumes: 200}) / seconds({kind: 'vision-inference', model: 'nnunet_3d', volumes: 100})).toBeCloseTo(2, 6)
  })

  test('padding: full, bins and none, of texts half as long as the longest on average', () => {
    const by = (padding: string): number => seconds({...EMBEDS, meanLength: 256, padding})

    expect(by('full')).toBe(seconds(EMBEDS))
    expect(by('full')).toBeGreaterThan(by('bins'))
    expect(by('bins')).toBeGreaterThan(by('none'))
  })

  test('targetLength: a translation that is twice as long', () => {
    const spec = {kind: 'nlp-inference', model: 'opus-mt', samples: '1M', sequenceLength: 64, targetLength: 64}

    expect(seconds({...spec, targetLength: 128})).toBeGreaterThan(seconds(spec))
  })

  test('dataLoading: a host with few processors holds a fast accelerator up; one that is asked for less does not', () => {
    const host = (vcpus: number): Hardware => ({...on('h100-sxm-80gb'), host: {vcpus}})
    const spec = {...SEES, dataLoading: {place: 'host', perSample: '7 ms'}}

    expect(run(spec, host(8)).bottleneck).toBe('host')
    expect(run(spec, host(8)).throughput.value!.p50).toBeCloseTo(7 / 7e-3, 6)
    expect(seconds(spec, host(8))).toBeGreaterThan(seconds(spec, host(200)))
    expect(seconds({...spec, dataLoading: {place: 'host', perSample: '1 ms'}}, host(8))).toBeLessThan(seconds(spec, host(8)))
    expect(seconds({...spec, dataLoading: {place: 'accelerator'}}, host(8))).toBe(seconds(SEES, host(8)))
  })

  test.for(['memoryBandwidthBytesPerSecond', 'peakFlops'] as const)('of the hardware: less of %s takes longer', field => {
    const whole = on('a100-sxm-80gb')
    const {accelerator} = whole
    const half = field === 'peakFlops' ? Object.fromEntries(Object.entries(accelerator.peakFlops).map(([name, rate]) => [name, rate === undefined ? rate : rate / 2])) : accelerator[field] / 2

    for (const spec of SPECS) expect(seconds(spec, {...whole, accelerator: {...accelerator, [field]: half}})).toBeGreaterThan(seconds(spec, whole))
  })

  test('slower links take longer to train, and change nothing of inference', () => {
    const fast = on('a100-sxm-80gb', 8)
    const slow: Hardware = {...fast, levels: fast.levels!.map(level => ({...level, bytesPerSecond: level.bytesPerSecond / 20}))}

    expect(seconds(READS, slow)).toBeGreaterThan(seconds(READS, fast))
    expect(seconds(EMBEDS, slow)).toBe(seconds(EMBEDS, fast))
  })

  test('eight accelerators are faster than one, and not more than eight times', () => {
    for (const spec of SPECS) {
      const gain = seconds(spec) / seconds(spec, on('a100-sxm-80gb', 8))

      expect(gain).toBeGreaterThan(4)
      expect(gain).toBeLessThan(8.001)
    }
  })

  test.for(Object.keys(NETWORK_QUANTITIES))('factor %s has its say', quantity => {
    const worse = createCalibration([{kind: 'networks', quantity, architecture: '*', runtime: '*', value: ['compute', 'link'].includes(quantity) ? 0.05 : quantity.endsWith('seconds') ? 0.01 : 0.3, measurements: 1, sourceId: 'x', asOf: '2026-11-28', standing: 'modelled'}])
    const architecture = createCalibration(['convolutional', 'resnet50', 'hopper'].map(scope => ({kind: 'networks', quantity, architecture: scope, runtime: '*', value: 0.5, measurements: 1, sourceId: 'x', asOf: '2026-11-28', standing: 'modelled' as const})))
    const own = (calibration: PlanningFacts['calibration']): number => {
      const found = {...facts, calibration}
      const spec = quantity === 'matching-seconds' ? {...SEES, model: 'ssd300', resolution: 300} : {...SEES, compiled: quantity === 'fusion'}
      return run(spec, on('h100-sxm-80gb', 8), undefined, found).workSeconds!.p50
    }
    const none = own(createCalibration([]))

    // A program's own factor is looked up for programs other than PyTorch alone, that of channels first for benchmarks.
    if (quantity === 'program' || quantity === 'reordering') return
    expect([own(worse), own(architecture)].some(each => each !== none)).toBe(true)
  })
})

describe('laws', () => {
  const SPREADS = fc.constantFrom<Spec>(SEES, RUNS, READS, EMBEDS, {kind: 'vision-train', model: 'mask-rcnn', samples: '10k'}, {kind: 'vision-inference', model: 'yolov8n', frames: '1M', precision: 'fp16'}, {kind: 'nlp-train', model: 'gnmt', samples: '1M', sequenceLength: 40}, {kind: 'nlp-inference', model: 't5-base', samples: '10k', sequenceLength: 100, targetLength: 20})
  const PLACES = fc.constantFrom<readonly [string, number]>(['a100-sxm-80gb', 1], ['a100-sxm-80gb', 8], ['rtx-4090-24gb', 2], ['v100-sxm2-16gb', 4], ['h100-sxm-80gb', 8], ['l4-24gb', 1], ['mi300x-192gb', 8], ['cpu-core-i9-10980xe', 1])

  test('intervals are ordered and never below what nothing beats; operators, memory and shares add up', () => {
    fc.assert(fc.property(SPREADS, PLACES, (spec, [accelerator, count]) => {
      const kind = kindOf(String(spec['kind']))
      const hardware = on(accelerator, count)
      const demand = kind.demand(kind.spec.parse(spec) as never, facts)
      const bound = kind.lowerBoundSeconds(demand, hardware, facts)
      for (const configuration of kind.configurations(demand, hardware, facts)) {
        const result = kind.perform(demand, hardware, configuration, facts)
        if (!result.feasible) throw new Error(result.refusal.detail)
        const {workSeconds, rooflineSeconds, operators, memory, load, throughput} = result.performance
        const {p10, p50, p90} = workSeconds!
        const perStep = ((configuration.microBatch ?? configuration.batch!) * configuration.dp!) || 1
        const total = operators.reduce((sum, {seconds: own}) => sum + own, 0)

        expect(p10 <= p50 && p50 <= p90 && p10 >= rooflineSeconds * (1 - 1e-9)).toBe(true)
        expect(rooflineSeconds).toBeGreaterThanOrEqual(bound * (1 - 1e-9))
        expect((total * (demand.workUnits ?? 0)) / perStep / p50).toBeCloseTo(1, 6)
        expect(memory.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
        expect(memory.neededGib.p50).toBeLessThanOrEqual(memory.availableGib)
        for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare, ...Object.values(load.work!)]) expect(share >= 0 && share <= 1).toBe(true)
        expect(throughput.value!.p50 * p50).toBeCloseTo(demand.workUnits, -2)
      }
    }), {numRuns: 60})
  })
})

test('names: however they are written', () => {
  for (const name of ['ResNet-50', 'resnet_50', 'torchvision/resnet50', 'RN50', 'resnet50v1.5']) expect(facts.network(name).id).toBe('resnet50')
  expect(facts.network('BAAI/bge-m3').id).toBe('bge-m3')
  expect(() => facts.network('resnet51')).toThrow(expect.objectContaining({hint: expect.stringContaining('resnet') as unknown}))
})

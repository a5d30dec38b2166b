import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {readResults} from '../../../src/accuracy/rows.ts'
import {writeCsv} from '../../../src/catalog/csv.ts'
import {MEASUREMENT_COLUMNS} from '../../../src/catalog/parse/measured.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {DiffusionTrainDemand} from '../../../src/workload/diffusion-train/demand.ts'
import {diffusionTrain} from '../../../src/workload/diffusion-train/index.ts'
import {readDiffusionTraining} from '../../../src/workload/diffusion-train/measured.ts'
import {trainFactors} from '../../../src/workload/diffusion-train/performance.ts'
import {trainTime, type TrainLayout, type TrainTime} from '../../../src/workload/diffusion-train/step.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
const LORA = {kind: 'diffusion-train', model: 'flux.1-dev', samples: 500, epochs: 40}
const FULL = {kind: 'diffusion-train', model: 'stable-diffusion-2.1', method: 'full', samples: '1M', resolution: '512x512'}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration): Performance {
  const demand = diffusionTrain.demand(diffusionTrain.spec.parse(spec), facts)
  const result = diffusionTrain.perform(demand, hardware, configuration ?? diffusionTrain.configurations(demand, hardware, facts)[0] ?? {}, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = diffusionTrain.demand(diffusionTrain.spec.parse(spec), facts)
  expect(diffusionTrain.configurations(demand, hardware, facts)).toEqual([])
  return diffusionTrain.refuse(demand, hardware, facts).refusal
}

test('MosaicML trained Stable Diffusion 2 at 128.2 images/s on eight A100 40GB with a batch of 2048: within the interval', () => {
  const {p10, p90} = run({...FULL, configuration: {batch: 2048}}, on('a100-sxm-40gb', 8)).throughput.value!

  expect(128.2).toBeGreaterThan(p10)
  expect(128.2).toBeLessThan(p90)
})

describe('by hand', () => {
  test('all 865 million weights of SD 2.1 take 16 bytes each; adapters of FLUX 22 GiB of frozen weights', () => {
    const full = run(FULL, on('a100-sxm-80gb'), {microBatch: 1, batch: 256, dp: 1}).memory.lines
    const lora = run(LORA, on('h100-sxm-80gb')).memory.lines

    expect(full.find(({item}) => item.startsWith('denoiser'))!.gib).toBeCloseTo((865e6 * 16) / 2 ** 30, 6)
    expect(lora.find(({item}) => item.startsWith('frozen'))!.gib).toBeCloseTo((11.9e9 * 2) / 2 ** 30, 6)
    // 57 layers × 4 products × rank 16 × (3072 in + 3072 out), 16 bytes each.
    expect(lora.find(({item}) => item.startsWith('adapters'))!.gib).toBeCloseTo((57 * 4 * 16 * 6144 * 16) / 2 ** 30, 6)
  })

  test('checkpointing adds a forward pass: products take a third more where all weights are trained', () => {
    const of = (checkpointing: 'none' | 'full'): number => run({...FULL, cached: true}, on('a100-sxm-80gb'), {microBatch: 8, batch: 256, dp: 1, checkpointing}).operators[0]!.flops!
    const [plain, again] = [of('none'), of('full')]

    expect(again / plain).toBeGreaterThan(4.5 / 3.5 - 0.01)
    expect(again / plain).toBeLessThan(4 / 3 + 0.01)
  })
})

describe('a step by hand', () => {
  /** Rates of generation as if a forward pass of one image of SD 2.1 at 512 pixels were measured; the speed of training as counted. */
  const demandOf = (changed: Record<string, unknown>): DiffusionTrainDemand => diffusionTrain.demand(diffusionTrain.spec.parse({...FULL, cached: true, ...changed}), facts)
  const LAYOUT: TrainLayout = {precision: 'fp16', microBatch: 8, rounds: 2, accelerators: 1, checkpointed: false, sharded: false}
  const time = (demand: DiffusionTrainDemand, hardware: Hardware, layout: Partial<TrainLayout> = {}, speed = 1): TrainTime =>
    trainTime(demand, hardware, {...LAYOUT, ...layout}, trainFactors(demand, hardware.accelerator, facts), speed)!
  const h100 = (count = 1, nodes = 1): Hardware => on('h100-sxm-80gb', count, nodes)

  test('under autocast values move 39 bytes for 17, and each weight 24 a round; 28 and 26 a step', () => {
    const [autocast, half] = [time(demandOf({}), h100()), time({...demandOf({}), half: true}, h100())]

    expect(autocast.trafficBytes / half.trafficBytes).toBeCloseTo(39 / 17, 9)
    expect(half.optimizerBytes).toBeCloseTo(865e6 * 26, 0)
    expect(autocast.optimizerBytes).toBeCloseTo(865e6 * (28 + 2 * 24), 0)
  })

  test('an image is encoded at a quarter of the sustained rate, half of what its decoding takes', () => {
    const cached = time(demandOf({}), h100())
    const {accelerator} = h100()
    const encoded = time(demandOf({cached: false}), h100())
    const perPixel = facts.mediaModel('sd-2.1').decoderFlopsPerPixel

    expect(cached.encodingSeconds).toBe(0)
    // The text of 77 tokens beside it is small.
    expect(encoded.encodingSeconds / ((16 * 0.5 * perPixel * 512 * 512) / (accelerator.sustainedMatmulFlops.bf16! * 0.25))).toBeCloseTo(1, 0)
  })

  test('gradients of 4 bytes hide behind the backward pass but for 15 %; what is longer than it shows', () => {
    const step = time(demandOf({}), h100(8), {accelerators: 8})
    const ring = (2 * 7 * 865e6 * 4) / 8 / (450e9 * 0.55) + 2 * 3 * 2e-6

    expect(step.exchangeSeconds).toBeCloseTo(0.15 * ring, 6)
    const slow = {...h100(8), levels: [{...h100(8).levels![0]!, bytesPerSecond: 1e9}]}
    const long = (2 * 7 * 865e6 * 4) / 8 / (1e9 * 0.55) + 2 * 3 * 2e-6
    // Two of three passes of one of two rounds.
    expect(time(demandOf({}), slow, {accelerators: 8}).exchangeSeconds).toBeCloseTo(long - (step.denoiserSeconds / 2) * (2 / 3), 6)
  })

  test('a recorded step launches nothing; speed divides all but the exchange', () => {
    const [plain, fast] = [time(demandOf({}), h100(8), {microBatch: 1, accelerators: 8}), time(demandOf({}), h100(8), {microBatch: 1, accelerators: 8}, 2)]

    expect(time({...demandOf({}), recorded: true}, h100(8), {microBatch: 1}).launchSeconds).toBe(0)
    expect(plain.launchSeconds).toBeGreaterThan(0)
    expect([fast.denoiserSeconds, fast.launchSeconds, fast.optimizerSeconds].map(each => each * 2)).toEqual([plain.denoiserSeconds, plain.launchSeconds, plain.optimizerSeconds].map(each => expect.closeTo(each, 9) as number))
    expect(fast.exchangeSeconds).toBeGreaterThanOrEqual(plain.exchangeSeconds)
  })
})

describe('refusals', () => {
  test('memory, software, layout, each with its way out', () => {
    expect(refusal({...LORA, method: 'full'}, on('rtx-4090-24gb'))).toMatchObject({reason: 'memory', nearest: 'method: lora'})
    expect(refusal({...LORA, cached: false, method: 'lora'}, on('rtx-4090-24gb'))).toMatchObject({reason: 'memory', nearest: 'cached: true'})
    expect(refusal({...FULL, configuration: {runtime: 'mlx'}}, on('a100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'configuration.runtime: pytorch'})
    expect(refusal({...FULL, precision: 'bf16'}, on('v100-sxm2-32gb'))).toMatchObject({reason: 'software', nearest: 'precision fp16'})
    expect(refusal({...LORA, configuration: {dp: 8}}, on('h100-sxm-80gb', 4))).toMatchObject({reason: 'topology', nearest: 'dp 4'})
    expect(refusal({...LORA, configuration: {microBatch: 32}}, on('h100-sxm-80gb'))).toMatchObject({reason: 'topology', nearest: 'batch: 32'})
    expect(refusal(LORA, {...on('h100-sxm-80gb', 4), levels: undefined})).toMatchObject({reason: 'link-unknown'})
  })

  test('what makes no sense', () => {
    expect(() => diffusionTrain.demand(diffusionTrain.spec.parse({...FULL, rank: 8}), facts)).toThrow(/rank moves nothing/)
    expect(() => diffusionTrain.demand(diffusionTrain.spec.parse({...FULL, frames: 16}), facts)).toThrow(/makes images/)
    expect(() => diffusionTrain.demand(diffusionTrain.spec.parse({...FULL, precision: 'fp32'}), facts)).toThrow(/16 bits/)
    expect(() => diffusionTrain.demand(diffusionTrain.spec.parse({...FULL, configuration: {tp: 2}}), facts)).toThrow(/tp does not apply/)
  })
})

describe('every field moves something', () => {
  const figures = (performance: Performance) => ({seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, used: performance.acceleratorsUsed})
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }
  const CLIPS = {kind: 'diffusion-train', model: 'wan2.1-1.3b', samples: 1000, configuration: {microBatch: 1}}
  const FIXED = {...FULL, configuration: {microBatch: 8, batch: 256, dp: 4, checkpointing: 'none', zeroStage: 0}}
  const but = (configuration: Record<string, unknown>) => ({configuration: {...FIXED.configuration, ...configuration}})

  test.for<[string, Record<string, unknown>, Record<string, unknown>, Moves]>([
    ['model', LORA, {model: 'sd-1.5'}, {seconds: 'down', memory: 'down', bound: 'down'}],
    ['samples', LORA, {samples: 1000}, {seconds: 'up', rate: 'same', bound: 'up'}],
    ['epochs', LORA, {epochs: 80}, {seconds: 'up', rate: 'same', bound: 'up'}],
    ['method', FIXED, {method: 'lora'}, {seconds: 'down', memory: 'down', bound: 'down'}],
    ['rank', {...LORA, configuration: {microBatch: 1}}, {rank: 128}, {seconds: 'up', memory: 'up', bound: 'same'}],
    ['resolution', FIXED, {resolution: '256x256'}, {seconds: 'down', memory: 'down', bound: 'down'}],
    ['frames', CLIPS, {frames: 33}, {seconds: 'down', memory: 'down', bound: 'down'}],
    ['cached', FIXED, {cached: true}, {seconds: 'down', memory: 'down', bound: 'same'}],
    ['configuration.batch', FIXED, but({batch: 1024}), {seconds: 'down', memory: 'same'}],
    ['configuration.microBatch', FIXED, but({microBatch: 4}), {memory: 'down'}],
    ['configuration.dp', FIXED, but({dp: 2}), {seconds: 'up', used: 'down'}],
    ['configuration.checkpointing', FIXED, but({checkpointing: 'full'}), {seconds: 'up', memory: 'down'}],
    ['configuration.zeroStage', FIXED, but({zeroStage: 3}), {memory: 'down', seconds: 'up'}],
  ])('%s', ([, spec, changed, moves]) => {
    expect(moved(run(spec, on('h100-sxm-80gb', 4)), run({...spec, ...changed}, on('h100-sxm-80gb', 4)), moves)).toEqual(moves)
  })

  test('what the hardware has: a rate, a bandwidth', () => {
    const {accelerator} = on('h100-sxm-80gb')
    const slower = (change: Partial<Hardware['accelerator']>): Hardware => ({...on('h100-sxm-80gb'), accelerator: {...accelerator, ...change}})
    const base = run(LORA, on('h100-sxm-80gb')).workSeconds!.p50

    expect(run(LORA, slower({peakFlops: {...accelerator.peakFlops, bf16: accelerator.peakFlops.bf16! / 2}})).workSeconds!.p50).toBeGreaterThan(base)
    expect(run(LORA, slower({memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond / 2})).workSeconds!.p50).toBeGreaterThan(base)
  })
})

describe('a published rate', () => {
  const ROW = {kind: 'image_generation_training', model: 'Stable Diffusion v2 base (UNet 0.87B)', phase: 'train', framework: 'NVIDIA NeMo', accelerator: 'H100 SXM 80GB', accelerators: '16', nodes: '2', interconnect: '8x ConnectX-7 InfiniBand NDR 400Gb/s', precision: 'fp16', micro_batch: '32', global_batch: '512', dataset: '512x512', metric: 'samples_per_s', unit: 'img/s', scope: 'system', notes: 'latents and texts cached'}
  const read = (changed: Record<string, string>) => {
    const cells = {...ROW, id: 'x', ...changed} as Readonly<Record<string, string>>
    const [row] = readResults(writeCsv(MEASUREMENT_COLUMNS, [MEASUREMENT_COLUMNS.map(column => cells[column] ?? '')]), 'x.csv').rows
    return readDiffusionTraining(row!.setting, facts, facts.snapshot.accelerators)
  }

  test('is a question with its batch, its network and what the program does', () => {
    expect(read({})).toMatchObject({status: 'case', case: {demand: {method: 'full', cached: true, recorded: true, half: true, attention: 'stock', precision: 'fp16', configuration: {batch: 512, microBatch: 32, dp: 16}}, hardware: {acceleratorsPerNode: 8, nodes: 2, network: {bytesPerSecondPerNode: 400e9}}}})
    expect(read({framework: 'MosaicML Composer + diffusers', micro_batch: '', notes: ''})).toMatchObject({case: {demand: {cached: false, recorded: false, half: false, configuration: {microBatch: 4}}}})
  })

  test.for([[{metric: 'time_s'}, /no rate/], [{accelerator: 'Abacus 3000'}, /catalog/], [{model: 'A painter'}, /has no/], [{global_batch: ''}, /batch/]] as const)('%j is not read', ([changed, reason]) => {
    expect(read(changed)).toMatchObject({status: 'unanswered', reason: expect.stringMatching(reason) as string})
  })
})

test('laws: ordered intervals, never below the bound, memory lines and operators add up, shares within 0 and 1', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('flux.1-dev', 'sdxl', 'sd-1.5', 'wan2.1-1.3b', 'sana-1.6b'), fc.constantFrom('h100-sxm-80gb', 'a100-sxm-80gb', 'mi300x-192gb', 'rtx-4090-24gb'), fc.constantFrom(1, 4, 8), fc.constantFrom('lora', 'full'), fc.integer({min: 1, max: 1e6}), fc.boolean(),
      (model, accelerator, count, method, samples, cached) => {
        const hardware = on(accelerator, count)
        const demand = diffusionTrain.demand(diffusionTrain.spec.parse({kind: 'diffusion-train', model, method, samples, cached}), facts)
        for (const configuration of diffusionTrain.configurations(demand, hardware, facts)) {
          const result = diffusionTrain.perform(demand, hardware, configuration, facts)
          if (!result.feasible) throw new Error(result.refusal.detail)
          const {workSeconds, rooflineSeconds, load, memory, operators, configuration: {batch}} = result.performance
          expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
          expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
          expect(workSeconds!.p50).toBeGreaterThanOrEqual(diffusionTrain.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
          expect((operators.reduce((sum, {seconds}) => sum + seconds, 0) * samples) / batch! / workSeconds!.p50).toBeCloseTo(1, 6)
          expect(memory.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
          for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare]) expect(share >= 0 && share <= 1).toBe(true)
        }
      },
    ),
    {numRuns: 60, seed: 5},
  )
})

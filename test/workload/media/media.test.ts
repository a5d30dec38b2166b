import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {imageGeneration} from '../../../src/workload/image-generation/index.ts'
import {MEDIA_QUANTITIES, type MediaFactors} from '../../../src/workload/media/factors.ts'
import {mediaMemory} from '../../../src/workload/media/memory.ts'
import {attentionRate, mediaTime, ulyssesOf, type MediaRun} from '../../../src/workload/media/step.ts'
import {decodeFlops, filledHeads, imageTokensOf, latentFramesOf, passCost} from '../../../src/workload/media/work.ts'
import {videoGeneration} from '../../../src/workload/video-generation/index.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
const IMAGES = {kind: 'image-generation', model: 'flux.1-dev', images: 4096, batch: 4}
const CLIPS = {kind: 'video-generation', model: 'wan2.1-14b', clips: 80, resolution: '832x480', batch: 1}
const kindOf = (spec: Record<string, unknown>) => (spec['kind'] === 'image-generation' ? imageGeneration : videoGeneration)

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const kind = kindOf(spec)
  const demand = kind.demand(kind.spec.parse(spec) as never, own)
  const result = kind.perform(demand, hardware, configuration ?? kind.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const kind = kindOf(spec)
  const demand = kind.demand(kind.spec.parse(spec) as never, facts)
  expect(kind.configurations(demand, hardware, facts)).toEqual([])
  return kind.refuse(demand, hardware, facts).refusal
}

describe('tokens and FLOP of a pass', () => {
  test.for([
    // Latents of 8 pixels, patches of 2; the first frame alone and the others by fours.
    ['flux.1-dev', 1024, 1024, 1, 64 * 64], ['wan2.1-14b', 1280, 720, 81, 21 * 45 * 80], ['wan2.1-14b', 832, 480, 81, 21 * 30 * 52], ['hunyuanvideo', 1280, 720, 129, 33 * 45 * 80],
    // Latents of 16 pixels; of 32 and no patches; tokens of two latent frames.
    ['wan2.2-5b', 1280, 704, 121, 31 * 22 * 40], ['sana-1.6b', 1024, 1024, 1, 32 * 32], ['cogvideox-1.5-5b', 1360, 768, 81, 11 * 48 * 85],
  ] as const)('%s at %d × %d × %d', ([model, width, height, frames, tokens]) => {
    expect(imageTokensOf(facts.mediaModel(model), {width, height, frames})).toBe(tokens)
  })

  test('frames in latents: one stays one', () => {
    expect([1, 2, 5, 81].map(frames => latentFramesOf({latentFrames: 4}, frames))).toEqual([1, 2, 2, 21])
  })

  test('FLUX by hand: 57 layers of width 3072 over 4096 + 512 tokens', () => {
    const {linearFlops, attentionFlops} = passCost(facts.mediaModel('flux.1-dev'), {width: 1024, height: 1024, frames: 1})

    expect(linearFlops).toBeCloseTo(2 * 57 * 12 * 3072 ** 2 * 4608, -3)
    expect(attentionFlops).toBeCloseTo(57 * 4 * 4608 ** 2 * 3072, -3)
  })

  // Computed apart from this project, from the published shapes, at the resolution of each model: TFLOP of a pass.
  test.for([
    ['flux.1-dev', 74.4, 0.01], ['flux.1-schnell', 69.5, 0.01], ['stable-diffusion-3.5-large', 31.1, 0.01], ['stable-diffusion-3.5-medium', 11.4, 0.02], ['pixart-sigma', 6.6, 0.02],
    ['hunyuanvideo', 12_068, 0.01], ['wan2.1-14b', 6523, 0.01], ['wan2.1-1.3b', 283, 0.01], ['wan2.2-a14b', 6523, 0.01], ['wan2.2-5b', 517, 0.01],
  ] as const)('%s takes %d TFLOP', ([name, teraflops, tolerance]) => {
    const model = facts.mediaModel(name)
    const {linearFlops, ofTextFlops, attentionFlops} = passCost(model, model)

    expect(Math.abs((linearFlops + ofTextFlops + attentionFlops) / 1e12 / teraflops - 1)).toBeLessThan(tolerance)
  })

  test('Qwen-Image at the size it was made for: 17,200 TFLOP for an image of 50 steps were estimated, of which the shape explains four fifths', () => {
    const {linearFlops, attentionFlops} = passCost(facts.mediaModel('qwen-image'), {width: 1328, height: 1328, frames: 1})

    expect((linearFlops + attentionFlops) / 1e12 / 172).toBeCloseTo(0.783, 3)
  })

  test('attention grows with the square of the pixels, all else with the pixels; of linear attention all does', () => {
    for (const name of ['pixart-sigma', 'sdxl', 'sana-1.6b']) {
      const model = facts.mediaModel(name)
      const [small, large] = [passCost(model, {width: 512, height: 512, frames: 1}), passCost(model, {width: 1024, height: 1024, frames: 1})]
      expect(large.linearFlops / small.linearFlops).toBeCloseTo(4, 6)
      if (name === 'sana-1.6b') expect(large.attentionFlops / small.attentionFlops).toBeCloseTo(4, 6)
      else expect(large.attentionFlops / small.attentionFlops).toBeGreaterThan(name === 'sdxl' ? 15.9 : 13)
    }
  })

  test('most of a long clip is attention, little of an image', () => {
    const share = (name: string): number => {
      const model = facts.mediaModel(name)
      const {linearFlops, attentionFlops} = passCost(model, model)
      return attentionFlops / (linearFlops + attentionFlops)
    }

    expect(share('hunyuanvideo')).toBeCloseTo(0.866, 2)
    expect(share('sdxl')).toBeCloseTo(0.063, 2)
  })

  test('the decoder of latents of 8 pixels takes 2.47 TFLOP for 512 × 512: its convolutions, added up', () => {
    expect(decodeFlops(facts.mediaModel('sdxl'), {width: 512, height: 512, frames: 1}) / 1e12).toBeCloseTo(2.47, 2)
  })

  test('heads of 72 are filled up to 96, those of 128 stay', () => {
    expect(filledHeads(facts.mediaModel('pixart-sigma'))).toBeCloseTo(96 / 72, 9)
    expect(filledHeads(facts.mediaModel('flux'))).toBe(1)
  })
})

describe('a batch by hand', () => {
  const factors: MediaFactors = {...MEDIA_QUANTITIES, matmul: 0.8, attention: 1, traffic: 1, decoder: 0.05, 'batch-seconds': 0.1, 'launch-seconds': 0, 'parallel-launch-seconds': 0, link: 0.5, streamShare: 0.9}
  const alone: MediaRun = {batch: 2, sharing: 1, ulysses: 1, shardedWeights: false, passesTogether: true, precision: 'bf16', style: 'eager', kernels: 'stock', offloadedBytes: 0, slotBytesPerSecond: 60e9}
  const shape = {width: 1024, height: 1024, frames: 1, steps: 10, guidancePasses: 1}

  test('one accelerator: products, attention, values between them', () => {
    const hardware = on('h100-sxm-80gb')
    const {accelerator} = hardware
    const time = mediaTime(facts.mediaModel('flux'), shape, hardware, alone, factors)!

    expect(time.linearSeconds).toBeCloseTo((10 * 2 * 2 * 57 * 12 * 3072 ** 2 * 4608) / (accelerator.sustainedMatmulFlops.bf16! * 0.8), 6)
    expect(time.attentionSeconds).toBeCloseTo((10 * 2 * 57 * 4 * 4608 ** 2 * 3072) / (0.35 * 989.4e12), 6)
    expect(time.decodeSeconds).toBeCloseTo((2 * 9.43e6 * 1024 ** 2) / (accelerator.sustainedMatmulFlops.bf16! * 0.05), 6)
    expect(time.exchangeSeconds).toBeCloseTo(0, 9)
    expect(time.seconds).toBeCloseTo(10 * time.stepSeconds + time.textSeconds + time.decodeSeconds + time.otherSeconds, 9)
  })

  test('guidance doubles the passes', () => {
    const [once, twice] = [1, 2].map(guidancePasses => mediaTime(facts.mediaModel('flux'), {...shape, guidancePasses}, on('h100-sxm-80gb'), alone, factors)!)

    expect(twice!.linearSeconds / once!.linearSeconds).toBeCloseTo(2, 9)
  })

  test('four that share by heads: a quarter of the work each, four all-to-alls a layer', () => {
    const hardware = on('h100-sxm-80gb', 4)
    const model = facts.mediaModel('flux')
    const [whole, shared] = [mediaTime(model, shape, hardware, alone, factors)!, mediaTime(model, shape, hardware, {...alone, sharing: 4, ulysses: 4}, factors)!]

    expect(shared.linearSeconds / whole.linearSeconds).toBeCloseTo(1 / 4, 9)
    // Each hands three quarters of its part on, 4 times a layer: 2 images × 4608 ÷ 4 tokens of 3072 values of 2 bytes.
    expect(shared.exchangedBytes).toBeCloseTo(10 * 57 * 4 * 0.75 * 2 * (4608 / 4) * 3072 * 2, 0)
    expect(shared.decodeSeconds).toBe(whole.decodeSeconds)
  })

  test('text that does not divide evenly is worked on by all', () => {
    const model = facts.mediaModel('sd3.5-large')
    const hardware = on('h100-sxm-80gb', 8)
    const [whole, shared] = [mediaTime(model, shape, hardware, alone, factors)!, mediaTime(model, shape, hardware, {...alone, sharing: 8, ulysses: 2}, factors)!]

    expect(shared.linearSeconds / whole.linearSeconds).toBeCloseTo((4096 / 8 + 333) / (4096 + 333), 9)
  })

  test('heads decide how many share by heads', () => {
    expect(ulyssesOf(facts.mediaModel('flux'), 8)).toBe(8)
    expect(ulyssesOf(facts.mediaModel('sd3.5-large'), 8)).toBe(2)
    expect(ulyssesOf(facts.mediaModel('wan2.1-1.3b'), 8)).toBe(4)
  })

  test('stock attention is held up by the instructions of Ampere, and by a capped peak', () => {
    const rate = (id: string, kernels: 'stock' | 'native' = 'stock'): number => attentionRate(on(id).accelerator, 'bf16', kernels)!

    expect(rate('a100-sxm-80gb') / 312e12).toBeCloseTo(230 / 312, 6)
    expect(rate('h100-sxm-80gb') / 989.4e12).toBeCloseTo(0.35, 6)
    expect(rate('b200-sxm-180gb') / rate('h100-sxm-80gb')).toBeCloseTo((148 / 132) * 1.06, 6)
    expect(rate('h20-96gb') / 148e12).toBeCloseTo(230 / 312, 6)
    expect(rate('h100-sxm-80gb', 'native')).toBeGreaterThan(2 * rate('h100-sxm-80gb'))
  })
})

describe('memory', () => {
  // Peak GB of one accelerator that Wan's efficiency tables print.
  test.for([
    ['wan2.1-14b', 1280, 720, 81, {sharing: 1}, 69.1], ['wan2.1-1.3b', 832, 480, 81, {sharing: 1, offload: true, encodersOnHost: true}, 8.19], ['wan2.2-a14b', 832, 480, 81, {sharing: 1, offload: true}, 41.3], ['wan2.2-a14b', 1280, 720, 81, {sharing: 1, offload: true}, 59.8],
    ['wan2.2-a14b', 1280, 720, 81, {sharing: 4, shardedWeights: true, weightBits: 32}, 51.7], ['wan2.2-a14b', 832, 480, 81, {sharing: 8, shardedWeights: true, weightBits: 32}, 26.3],
  ] as const)('%s at %d × %d × %d %j takes what was printed', ([model, width, height, frames, layout, printed]) => {
    const {neededGib, lines} = mediaMemory(facts.mediaModel(model), {width, height, frames, steps: 1, guidancePasses: 2}, {sequences: 1, shardedWeights: false, offload: false, weightBits: 16, ...layout}, 80)

    expect(Math.abs((neededGib.p50 * 2 ** 30) / 1e9 / printed - 1)).toBeLessThan(model === 'wan2.1-1.3b' ? 0.21 : 0.09)
    expect(lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(neededGib.p50, 9)
  })
})

describe('models', () => {
  test.for([
    ['FLUX.1-dev', 'black-forest-labs/FLUX.1-dev'], ['black-forest-labs/FLUX.1-dev', 'black-forest-labs/FLUX.1-dev'], ['Wan-AI/Wan2.1-T2V-14B-Diffusers', 'Wan-AI/Wan2.1-T2V-14B'],
    ['sdxl', 'stabilityai/stable-diffusion-xl-base-1.0'], ['SDXL base 1.0', 'stabilityai/stable-diffusion-xl-base-1.0'], ['HunyuanVideo 13B', 'tencent/HunyuanVideo'], ['Wan2.2 T2V-A14B (27B MoE, 14B active per step)', 'Wan-AI/Wan2.2-T2V-A14B'],
  ] as const)('%s is %s', ([name, id]) => {
    expect(facts.mediaModel(name).id).toBe(id)
  })

  test('one that is not there is refused with those that are near', () => {
    expect(() => facts.mediaModel('flux.1-dew')).toThrow(/not a model of images or clips/)
    try {
      facts.mediaModel('flux.1-dew')
    } catch (error) {
      expect((error as {hint?: string}).hint).toMatch(/FLUX\.1-dev/)
    }
  })

  test('an inline shape like FLUX takes about as long as FLUX', () => {
    const inline = run({...IMAGES, steps: 50, guidancePasses: 1, model: {parameters: '11.9B', layers: 57, hidden: 3072, heads: 24, textParameters: '4.9B'}}, on('h100-sxm-80gb'))
    const named = run({...IMAGES, steps: 50}, on('h100-sxm-80gb'))

    expect(inline.workSeconds!.p50 / named.workSeconds!.p50).toBeCloseTo(1, 1)
  })

  test('a model of clips makes no images', () => {
    expect(() => imageGeneration.demand(imageGeneration.spec.parse({...IMAGES, model: 'wan2.1-14b'}), facts)).toThrow(/makes clips/)
    expect(() => videoGeneration.demand(videoGeneration.spec.parse({...CLIPS, model: 'sdxl'}), facts)).toThrow(/makes images/)
  })
})

describe('refusals', () => {
  test('what does not fit names what would', () => {
    expect(refusal({...IMAGES, batch: 1, configuration: {offload: 'none'}}, on('rtx-4090-24gb'))).toMatchObject({reason: 'memory', nearest: 'offload all'})
    expect(refusal({...IMAGES, batch: 512}, on('h100-sxm-80gb'))).toMatchObject({reason: 'memory', nearest: 'batch 1'})
  })

  test('what has no program', () => {
    expect(refusal(IMAGES, on('k80-12gb'))).toMatchObject({reason: 'software'})
    expect(refusal({...IMAGES, precision: 'fp8'}, on('a100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: expect.stringContaining('bf16')})
    expect(refusal({...IMAGES, configuration: {runtime: 'vllm'}}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: expect.stringContaining('diffusers')})
  })

  test('degrees that cannot be', () => {
    expect(refusal({...IMAGES, configuration: {cp: 16, runtime: 'xdit'}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'cp 8'})
    expect(refusal({...IMAGES, configuration: {cp: 2, runtime: 'diffusers'}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'software', nearest: expect.stringContaining('xdit')})
    expect(refusal({...IMAGES, model: 'sdxl', configuration: {cp: 2, runtime: 'xdit'}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: expect.stringContaining('cp 1')})
  })

  test('a link that nobody knows', () => {
    expect(refusal({...IMAGES, configuration: {cp: 2, runtime: 'xdit'}}, {...on('h100-sxm-80gb', 8), levels: undefined})).toMatchObject({reason: 'link-unknown'})
  })

  test('fields that denoisers do not have', () => {
    const demand = (more: Record<string, unknown>) => () => imageGeneration.demand(imageGeneration.spec.parse({...IMAGES, ...more}), facts)

    expect(demand({configuration: {tp: 2}})).toThrow(/configuration.tp does not apply/)
    expect(demand({configuration: {zeroStage: 2}})).toThrow(/zeroStage 2 is of training/)
    expect(demand({configuration: {offload: 'optimizer'}})).toThrow(/offload: optimizer is of training/)
    expect(demand({configuration: {batch: 2}})).toThrow(/batch is 4, configuration.batch is 2/)
    expect(demand({precision: 'fp64'})).toThrow(/fp64/)
  })

  test('an accelerator with a part of a data sheet', () => {
    expect(imageGeneration.readsPartialSheets).not.toBe(true)
  })
})

describe('every field moves something, and the right way', () => {
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const figures = (performance: Performance) => ({
    seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, link: performance.load.linkShare, load: performance.loadSeconds,
  })
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }
  const first = (runtime: string) => (spec: Record<string, unknown>) => ({...spec, configuration: {runtime, ...(spec['configuration'] as object | undefined)}})
  const plain = first('diffusers')

  test.for<[string, Record<string, unknown>, Moves]>([
    ['images', {images: 8192}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up'}],
    ['steps', {steps: 100}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'up'}],
    ['resolution', {resolution: '2048x1024'}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up'}],
    ['guidancePasses', {guidancePasses: 2}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up'}],
    ['batch', {batch: 8}, {seconds: 'down', rate: 'up', memory: 'up', bound: 'same'}],
    ['model', {model: 'pixart-sigma'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down', load: 'down'}],
    ['precision', {precision: 'fp8'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down', load: 'down'}],
    ['precision of stored weights alone', {precision: 'int4'}, {seconds: 'same', memory: 'down', bound: 'same', load: 'down'}],
    ['configuration.dp', {configuration: {dp: 2}}, {seconds: 'up', rate: 'down', memory: 'same', bound: 'up'}],
    ['configuration.offload', {configuration: {offload: 'all'}}, {seconds: 'up', rate: 'down', memory: 'down', bound: 'same'}],
  ])('images: %s', ([, changed, moves]) => {
    expect(moved(run(plain(IMAGES), on('h100-sxm-80gb', 8)), run(plain({...IMAGES, ...changed}), on('h100-sxm-80gb', 8)), moves)).toEqual(moves)
  })

  test.for<[string, Record<string, unknown>, Moves]>([
    ['clips', {clips: 160}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up'}],
    ['frames', {frames: 121}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up'}],
    ['resolution', {resolution: '1280x720'}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up'}],
    ['configuration.cp', {configuration: {cp: 8, dp: 1}}, {seconds: 'up', memory: 'down', link: 'up'}],
    ['configuration.zeroStage', {configuration: {cp: 8, dp: 1, zeroStage: 3}}, {seconds: 'up', memory: 'down', link: 'up'}],
  ])('clips: %s', ([, changed, moves]) => {
    const share = first('xdit')
    expect(moved(run(share({...CLIPS, configuration: {cp: 1}}), on('h100-sxm-80gb', 8)), run(share({...CLIPS, configuration: {cp: 1}, ...changed}), on('h100-sxm-80gb', 8)), moves)).toEqual(moves)
  })

  test('one clip is done sooner by several that share it', () => {
    const one = {...CLIPS, clips: 1}

    expect(run(one, on('h100-sxm-80gb', 8), {runtime: 'xdit', cp: 8, dp: 1}).workSeconds!.p50).toBeLessThan(run(one, on('h100-sxm-80gb', 8), {runtime: 'xdit', cp: 1, dp: 1}).workSeconds!.p50 / 4)
  })

  test('what the hardware has: matmuls, bandwidth, links, slot, memory of the host', () => {
    const eight = on('h100-sxm-80gb', 8)
    const {accelerator} = eight
    const seconds = (hardware: Hardware, configuration: Configuration = {runtime: 'diffusers'}): number => run(plain(IMAGES), hardware, configuration).workSeconds!.p50
    const shared: Configuration = {runtime: 'xdit', cp: 8, dp: 1}

    expect(seconds({...eight, accelerator: {...accelerator, sustainedMatmulFlops: {bf16: 400e12}}})).toBeGreaterThan(seconds(eight))
    expect(seconds({...eight, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: 2e12}})).toBeGreaterThan(seconds(eight))
    expect(run({...IMAGES}, {...eight, levels: [{kind: 'nvswitch', groupSize: 8, bytesPerSecond: 20e9, latencySeconds: 4e-6}]}, shared).workSeconds!.p50).toBeGreaterThan(run(IMAGES, eight, shared).workSeconds!.p50)
    expect(seconds({...eight, accelerator: {...accelerator, pcieGeneration: 3}}, {runtime: 'diffusers', offload: 'all'})).toBeGreaterThan(seconds(eight, {runtime: 'diffusers', offload: 'all'}))
    expect(refusal({...IMAGES, configuration: {offload: 'all'}}, {...eight, host: {memoryGib: 8}})).toMatchObject({reason: 'memory'})
  })
})

test('laws: ordered intervals, never below the roofline or the bound, the parts are the whole', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('flux.1-dev', 'sdxl', 'sana-1.6b', 'sd3.5-medium', 'pixart-sigma', 'hunyuan-dit', 'wan2.1-1.3b', 'cogvideox-2b'), fc.integer({min: 1, max: 500}), fc.constantFrom('512x512', '1024x1024', '1280x720'), fc.integer({min: 1, max: 60}), fc.constantFrom(1, 4, 8),
      fc.constantFrom('h100-sxm-80gb', 'b200-sxm-180gb', 'a100-sxm-80gb', 'l40s-48gb', 'rtx-4090-24gb'), fc.integer({min: 0, max: 20}),
      (name, items, resolution, steps, count, accelerator, pick) => {
        const clips = facts.mediaModel(name).modality === 'video'
        const spec = clips ? {kind: 'video-generation', model: name, clips: items, resolution, steps, frames: 49} : {kind: 'image-generation', model: name, images: items, resolution, steps}
        const kind = kindOf(spec)
        const hardware = on(accelerator, count)
        const demand = kind.demand(kind.spec.parse(spec) as never, facts)
        const configurations = kind.configurations(demand, hardware, facts)
        if (configurations.length === 0) return
        const {workSeconds, rooflineSeconds, operators, memory, throughput, load, configuration} = run(spec, hardware, configurations[pick % configurations.length])
        expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
        expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
        expect(workSeconds!.p50).toBeGreaterThanOrEqual(kind.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
        const rounds = Math.ceil(Math.ceil(items / configuration.dp!) / configuration.batch!)
        expect((operators.reduce((sum, operator) => sum + operator.seconds, 0) * rounds) / workSeconds!.p50).toBeCloseTo(1, 6)
        expect(memory.lines.reduce((sum, line) => sum + line.gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
        expect(memory.neededGib.p50).toBeLessThanOrEqual(memory.availableGib)
        expect(memory.neededGib.p50 * count).toBeGreaterThanOrEqual(demand.minimumTotalMemoryGib * (1 - 1e-9))
        expect((throughput.value!.p50 * workSeconds!.p50) / (items * (clips ? 3600 : 1))).toBeCloseTo(1, 9)
        const {computeShare, memoryShare, linkShare, hostShare, work} = load
        for (const share of [computeShare, memoryShare, linkShare, hostShare, work!.activeShare, work!.flopsShare, work!.bytesShare]) expect(share >= 0 && share <= 1).toBe(true)
      },
    ),
    {numRuns: 200, seed: 7},
  )
})

describe('what was published', () => {
  test('without any calibration, shapes and data sheets alone come near well-known times', () => {
    const bare = {...facts, calibration: createCalibration([])}
    // Seconds of one batch that ML.ENERGY's benchmark reports for Diffusers: FLUX.1-dev, 50 steps, 16 images on H100 176.6; Wan 2.1 14B at 480p 466.8; PixArt-Sigma, 16 images 16.48.
    for (const [spec, published] of [[{...IMAGES, images: 16, batch: 16}, 176.6], [{...CLIPS, clips: 1}, 466.8], [{...IMAGES, model: 'pixart-sigma', images: 16, batch: 16}, 16.48]] as const) {
      const {workSeconds} = run(spec, on('h100-sxm-80gb'), {runtime: 'diffusers', batch: spec.batch}, bare)
      expect(workSeconds!.p50 / published).toBeGreaterThan(0.6)
      expect(workSeconds!.p50 / published).toBeLessThan(1.4)
    }
  })
})

test('every shape names its source', () => {
  expect(facts.snapshot.mediaModels.filter(({shapeSourceId}) => !facts.snapshot.sources.some(({id}) => id === shapeSourceId))).toEqual([])
})

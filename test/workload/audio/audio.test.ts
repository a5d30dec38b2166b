import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {audio} from '../../../src/workload/audio/index.ts'
import {AUDIO_QUANTITIES, factorsOf} from '../../../src/workload/audio/factors.ts'
import {measuredFigure, readAudioMeasurement} from '../../../src/workload/audio/measured.ts'
import {inferenceMemory} from '../../../src/workload/audio/memory.ts'
import {hearAgainShare, longestShare, overlapShare, windowsOf} from '../../../src/workload/audio/programs.ts'
import {audioTime, stepSeconds, stepsOf, tokensPerSecond} from '../../../src/workload/audio/step.ts'
import {decoderParameters, encoderParameters, kernelsOf, windowWork} from '../../../src/workload/audio/work.ts'
import {settingOf} from '../../../src/accuracy/setting.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1): Hardware => hardwareNamed(facts, accelerator, count)
const BASE = {kind: 'audio', model: 'whisper-large-v3', hours: 1000}
const TRAIN = {kind: 'audio', model: 'whisper-small', task: 'finetune', hours: 1000}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration): Performance {
  const demand = audio.demand(audio.spec.parse(spec), facts)
  const result = audio.perform(demand, hardware, configuration ?? audio.configurations(demand, hardware, facts)[0] ?? {}, facts)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = audio.demand(audio.spec.parse(spec), facts)
  expect(audio.configurations(demand, hardware, facts)).toEqual([])
  return audio.refuse(demand, hardware, facts).refusal
}

describe('work, by hand', () => {
  test('a window of Whisper large-v3 is 2.26 TFLOP of encoder, and 0.55 TFLOP of decoder at 150 tokens (counted in the facts from the published architecture)', () => {
    const work = windowWork(facts.audioModel('whisper-large-v3'), 30)

    expect(work.encoderFlops / 1e12).toBeCloseTo(2.26, 2)
    expect((work.crossFlops + 150 * work.stepFlops) / 1e12).toBeCloseTo(0.55, 1)
    // 1500 positions × keys and values × 32 layers × 1280: 246 MB at 16 bits.
    expect(work.crossValues * 2).toBe(1500 * 2 * 32 * 1280 * 2)
  })

  test.for<[string, number]>([
    ['whisper-tiny', 0.039], ['whisper-base', 0.074], ['whisper-small', 0.244], ['whisper-medium', 0.769], ['whisper-large-v2', 1.55], ['whisper-large-v3-turbo', 0.809], ['parakeet-tdt-0.6b-v2', 0.6], ['parakeet-tdt-1.1b', 1.1],
  ])('layers of %s add up to its published %f billion parameters', ([name, billions]) => {
    const model = facts.audioModel(name)
    const cross = model.decoder === 'autoregressive' ? model.decoderLayers * 2 * model.decoderHidden ** 2 : 0

    expect((encoderParameters(model) + decoderParameters(model) + cross) / 1e9 / billions).toBeGreaterThan(0.88)
    expect((encoderParameters(model) + decoderParameters(model) + cross) / 1e9 / billions).toBeLessThan(1.12)
  })

  const bare = (program: string) => ({...factorsOf(quantity => AUDIO_QUANTITIES[quantity], program, 0.9), 'kernel-seconds': 0, 'step-seconds': 0, rowSeconds: 0})
  const RUN = {windows: 16, seconds: 30, steps: 100, rows: 1, precision: 'fp16', flash: true, inFlight: true, times: false} as const

  test('a step of the decoder reads weights once and the keys of each window: bandwidth sets its pace on an H100', () => {
    const h100 = facts.accelerator('h100-sxm-80gb')!
    const model = facts.audioModel('whisper-large-v3')
    const time = audioTime(model, h100, RUN, bare('tensorrt'))!
    // 0.8 billion weights, 16 × 246 MB of the encoder's keys and values, and half of 100 steps' own.
    const bytes = decoderParameters(model) * 2 + 16 * (1500 + 50) * 2 * 32 * 1280 * 2

    expect(time.decoderSeconds / 100).toBeCloseTo(bytes / (h100.memoryBandwidthBytesPerSecond * 0.9 * 0.7), 6)
  })

  test('without flash the scores of 20 heads and 32 layers go through memory seven times', () => {
    const h100 = facts.accelerator('h100-sxm-80gb')!
    const model = facts.audioModel('whisper-large-v3')
    const encoder = (flash: boolean): number => audioTime(model, h100, {...RUN, windows: 1, steps: 0, flash}, bare('tensorrt'))!.encoderSeconds

    expect(encoder(false) - encoder(true)).toBeCloseTo((32 * 20 * 1500 ** 2 * 4 * 7) / (h100.memoryBandwidthBytesPerSecond * 0.9), 6)
  })

  test('32 layers of 21 kernels encode, 32 of 32 and 6 more are a step; three more for each attention that is not one kernel; a transducer takes 25', () => {
    expect(kernelsOf(facts.audioModel('whisper-large-v3'), true)).toEqual({encoder: 672, step: 1030})
    expect(kernelsOf(facts.audioModel('whisper-large-v3'), false)).toEqual({encoder: 768, step: 1222})
    expect(kernelsOf(facts.audioModel('parakeet-tdt-0.6b-v2'), true)).toEqual({encoder: 1680, step: 25})
  })

  test('sums of 16 bits double the rate of a GeForce card, and of no other', () => {
    const model = facts.audioModel('whisper-large-v3')
    const encoder = (accelerator: string, program: string): number => audioTime(model, facts.accelerator(accelerator)!, {...RUN, steps: 0}, {...bare(program), 'layer-values': 0})!.encoderSeconds

    expect(encoder('rtx-4090-24gb', 'pytorch-batches') / encoder('rtx-4090-24gb', 'whisper.cpp')).toBeCloseTo(2, 9)
    expect(encoder('a100-sxm-80gb', 'pytorch-batches') / encoder('a100-sxm-80gb', 'whisper.cpp')).toBeCloseTo(1, 9)
  })

  test('kernels of a compiled step come after its work, those of an interpreter beside it; hosts of 2022 with a display are 2 × 1.05 as fast', () => {
    const card = facts.accelerator('rtx-4090-24gb')!
    const model = facts.audioModel('whisper-tiny')
    const step = (program: string): {work: number; whole: number} => stepSeconds(model, card, {...RUN, windows: 1}, {...factorsOf(quantity => AUDIO_QUANTITIES[quantity], program, 0.9), 'step-seconds': 0, rowSeconds: 0})
    const kernels = (134 * 5e-6) / 2 / 1.05

    expect(step('whisper.cpp').whole).toBeCloseTo(step('whisper.cpp').work + kernels, 9)
    expect(step('pytorch').whole).toBeCloseTo((step('pytorch').work ** 4 + (8 * kernels) ** 4) ** 0.25, 9)
  })

  test('a transducer of transcribe.cpp steps on the host: 7.2 million weights of 32 bits at 100 GB/s, and its operations', () => {
    const card = facts.accelerator('a100-sxm-80gb')!
    const model = facts.audioModel('parakeet-tdt-0.6b-v2')
    const {whole} = stepSeconds(model, card, {...RUN, windows: 1}, factorsOf(quantity => AUDIO_QUANTITIES[quantity], 'transcribe.cpp', 0.9))

    // Two layers of 8 × 640², and 1024 × 640; 25 operations; hosts of 2020.
    expect(decoderParameters(model)).toBe(7_208_960)
    expect(whole).toBeCloseTo((((7_208_960 * 4) / 1e11) + 25 * 5e-6 + 5e-4) * 1.05, 9)
  })

  test('texts: the longest of a batch, tokens of a second, steps of a transducer that jumps', () => {
    expect(longestShare(1)).toBe(1)
    // 0.3 × 0.8 × √(2 ln 24)
    expect(longestShare(24)).toBeCloseTo(1.605, 3)
    expect(stepsOf(facts.audioModel('whisper-small'), 30, 3.6)).toBeCloseTo(108, 9)
    // 3.6 × (1 + 0.1 ln (50,000 ÷ 1,024))
    expect(tokensPerSecond(facts.audioModel('parakeet-tdt-0.6b-v2'))).toBeCloseTo(5, 2)
    expect(tokensPerSecond(facts.audioModel('whisper-small'))).toBe(3.6)
    // (12.5 frames and 3.6 tokens a second) ÷ 2.82
    expect(stepsOf(facts.audioModel('parakeet-tdt-0.6b-v2'), 30, 3.6)).toBeCloseTo(171.3, 1)
  })

  test.for<[number, string, number]>([[7, 'end to end', 1], [30, 'overlapping', 1], [35, 'end to end', 2], [120, 'end to end', 4], [120, 'overlapping', 6], [9000, 'overlapping', 450], [25, 'in order', 1], [35, 'in order', 2], [825, 'in order', 30]])('%d s, %s, are %d windows', ([seconds, how, windows]) => {
    expect(windowsOf(seconds, 30, {overlapping: how === 'overlapping', inOrder: how === 'in order'})).toBeCloseTo(windows, 9)
    expect(overlapShare(30)).toBe(1.5)
    // A window after the other loses half a sentence of 5 s.
    expect(hearAgainShare(30)).toBeCloseTo(30 / 27.5, 9)
  })

  test('rules of times take the host as long again for each row of each window', () => {
    const card = facts.accelerator('a100-sxm-80gb')!
    const model = facts.audioModel('whisper-large-v3')
    const step = (program: string, more: Record<string, unknown>): number => stepSeconds(model, card, {...RUN, windows: 1, rows: 5, ...more}, factorsOf(quantity => AUDIO_QUANTITIES[quantity], program, 0.9)).whole

    // Five rows of 0.5 ms in CTranslate2, five of 0.2 ms in transformers; hosts of 2020.
    expect(step('faster-whisper', {times: true}) - step('faster-whisper', {times: false})).toBeCloseTo(5 * 5e-4 * 1.05, 9)
    expect(step('pytorch', {times: true}) - step('pytorch', {times: false})).toBeCloseTo(5 * 2e-4 * 1.05, 9)
  })

  test('before version 1.5 each of five beams of whisper.cpp takes a step of its own', () => {
    const card = facts.accelerator('a100-sxm-80gb')!
    const model = facts.audioModel('whisper-small')
    const step = (program: string, rows: number): number => stepSeconds(model, card, {...RUN, windows: 1, rows}, bare(program)).work

    expect(step('whisper.cpp', 5) / step('whisper.cpp', 1)).toBeLessThan(1.6)
    expect(step('whisper.cpp before 1.5', 5) / step('whisper.cpp before 1.5', 1)).toBeGreaterThan(5)
  })

  test('pieces of twelve minutes are attended to as a whole: 9,000 positions with each other', () => {
    const model = facts.audioModel('parakeet-tdt-0.6b-v2')
    const extra = windowWork(model, 720, true).encoderFlops - windowWork(model, 720).encoderFlops

    expect(extra).toBe(9000 * 4 * 24 * (9000 - 375) * 1024)
    expect(windowWork(model, 20, true)).toEqual(windowWork(model, 20))
  })

  test('memory of whisper-small on a processor: 32 bits for all but the caches of ggml, scores of one layer, libraries by program', () => {
    const gib = (program: string, precision: string): number[] => inferenceMemory(facts.audioModel('whisper-small'), {...RUN, windows: 1, flash: false, precision}, {memoryGib: 64, formFactor: 'cpu'}, program).lines.map(each => each.gib * 2 ** 30)
    const values = 1500 * (6 * 768 + 3072) * 4 + 12 * 1500 ** 2 * 4
    // Keys and values of the encoder's output and of 100 steps, in 12 layers.
    const [kept, own] = [1500 * 2 * 12 * 768, 100 * 2 * 12 * 768]

    expect(gib('faster-whisper', 'int8')).toEqual([244e6, kept * 4, values, own * 4, 0.8 * 2 ** 30])
    expect(gib('whisper.cpp', 'fp16')).toEqual([488e6, kept * 2, values, own * 2, 0.15 * 2 ** 30])
    // On an accelerator steps take the place of what the encoder used.
    const {lines} = inferenceMemory(facts.audioModel('whisper-small'), {...RUN, windows: 1, rows: 5}, {memoryGib: 64, formFactor: 'pcie'}, 'faster-whisper')
    expect(lines.find(({item}) => item === 'windows in the encoder')!.gib * 2 ** 30).toBe(1500 * (6 * 768 + 3072) * 2 - 5 * own * 2)
    expect(gib('openai-whisper', 'fp32').at(-1)).toBe(1.2 * 2 ** 30)
  })

  test('training holds 16 bytes a parameter, and computes three times the forward pass', () => {
    const {memory, rooflineSeconds} = run(TRAIN, on('h100-sxm-80gb'))
    const {encoderFlops, crossFlops, stepFlops} = windowWork(facts.audioModel('whisper-small'), 30)

    expect(memory.lines.find(({item}) => item.startsWith('weights'))!.gib).toBeCloseTo((0.244e9 * 16) / 2 ** 30, 6)
    expect(rooflineSeconds).toBeCloseTo((3 * (encoderFlops + crossFlops + 108 * stepFlops) * 1000 * 3 * 120) / 989.4e12, -1)
  })
})

describe('measured rows', () => {
  const row = (more: Record<string, unknown>) => settingOf({id: 'x', kind: 'speech_recognition', model: 'Whisper large-v3', phase: 'asr_transcription', framework: 'faster-whisper', accelerator: 'A100 SXM 80GB', accelerators: 1, precision: 'fp16', dataset: '2 minutes of audio, beam 5', metric: 'time_s', unit: 's', scope: 'system', date: '2024', source: 's', notes: '', interconnect: '', tokens: '', ...more} as never)
  const read = (more: Record<string, unknown>) => {
    const reading = readAudioMeasurement(row(more), facts, facts.snapshot.accelerators)
    return reading.status === 'case' ? reading.case : reading.reason
  }

  test('two minutes are four windows; beams are rows; the program is told from its name', () => {
    expect(read({microBatch: 8})).toMatchObject({program: 'faster-whisper', audioSeconds: 120, rounds: 1, run: {windows: 4, rows: 5, steps: 108, flash: false}})
    expect(read({framework: 'whisper.cpp CUDA flash attention', metric: 'decoder_ms', microBatch: 5, dataset: 'one decoder token, batch 5'})).toMatchObject({program: 'whisper.cpp', run: {windows: 1, rows: 5, flash: true}})
    expect(read({framework: 'whisper.cpp CUDA', dataset: '60 seconds of audio'})).toMatchObject({run: {rows: 5}})
  })

  test('transformers takes one window after the other, or a batch of pieces that overlap', () => {
    // 120 s in steps of 27.5 s; 3.6 tokens and 0.4 of times a second.
    expect(read({framework: 'transformers FA2'})).toMatchObject({program: 'pytorch', rounds: 120 / 27.5, run: {windows: 1, steps: 120, times: true}})
    expect(read({framework: 'transformers FA2', microBatch: 4})).toMatchObject({program: 'pytorch', rounds: 1.5, run: {windows: 4, steps: 108, times: false}})
    expect(read({framework: 'willow-inference-server CTranslate2', microBatch: 1})).toMatchObject({program: 'willow', rounds: 1, run: {windows: 6, times: false}})
    expect(read({framework: 'insanely-fast-whisper FA2', microBatch: 4})).toMatchObject({program: 'pytorch', rounds: 1.5, run: {windows: 4, steps: 120, times: true}})
  })

  test('the 13 minutes of faster-whisper are a French talk of 799 s; pieces that the row names go one by one; versions of whisper.cpp are told apart', () => {
    const french = read({dataset: '13 minutes of audio, beam 5', microBatch: 1})
    expect(french).toMatchObject({audioSeconds: 799, rounds: (799 / 30) * (30 / 27.5), run: {rows: 5, times: true}})
    // 30 s of 3,880 tokens in 799 s, and 12 of times.
    expect(typeof french === 'string' ? 0 : french.run.steps).toBeCloseTo((30 * 3880) / 799 + 12, 9)
    expect(read({framework: 'NeMo', model: 'Parakeet TDT 0.6B v3', dataset: '97 minutes of audio, 12-minute pieces', microBatch: 1})).toMatchObject({recordingSeconds: 720, audioSeconds: 5820, rounds: 1, run: {seconds: 720, attendsAll: true, flash: false}})
    // 285 s of each of the 46 are ten windows.
    const kincaid = {dataset: '218.4 minutes of audio (KINCAID46, English), beam 1', microBatch: 56}
    expect(read({...kincaid, framework: 'WhisperX CTranslate2'})).toMatchObject({recordingSeconds: 285, audioSeconds: 13_104, rounds: 1, run: {windows: 10}})
    expect(read({...kincaid, framework: 'WhisperS2T CTranslate2'})).toMatchObject({recordingSeconds: 13_104, run: {windows: 56}})
    expect(read({framework: 'whisper.cpp 1.2'})).toMatchObject({program: 'whisper.cpp before 1.5'})
    expect(read({framework: 'whisper.cpp OpenVINO'})).toMatchObject({program: 'whisper.cpp with OpenVINO'})
  })

  test('clips of a test set are as long as they are; the leaderboard takes as many at a time as its scripts say', () => {
    const short = {metric: 'realtime_factor_x', framework: 'NeMo', model: 'Parakeet TDT 0.6B v2', dataset: 'English short-form test sets of the Open ASR Leaderboard, pooled'}
    expect(read(short)).toMatchObject({program: 'nemo', recordingSeconds: 7, rounds: 1 / 128, run: {windows: 128, seconds: 7}})
    expect(read({...short, dataset: 'English long-form test sets of the Open ASR Leaderboard, pooled'})).toMatchObject({rounds: 1, run: {windows: 1, seconds: 2700}})
    expect(read({...short, model: 'Whisper large-v3', framework: 'transformers'})).toMatchObject({program: 'pytorch-batches', run: {windows: 64, seconds: 30, steps: 25.2}})
    expect(read({metric: 'samples_per_s', framework: 'vllm', precision: 'fp32', dataset: 'LibriSpeech dev; result in MLPerf whisper unit'})).toMatchObject({rounds: 1, run: {windows: 1, precision: 'bf16'}})
    expect(read({framework: 'transcribe.cpp Metal', dataset: '11.0 seconds of audio (jfk), English'})).toMatchObject({run: {windows: 1, steps: 26}})
  })

  test('a step of the decoder is answered where the rate of matmuls is not known, an encoder is not', () => {
    const figure = (metric: string): number | undefined => {
      const found = readAudioMeasurement(row({framework: 'whisper.cpp Metal', accelerator: 'Apple M5 Max', metric, dataset: 'one'}), facts, facts.snapshot.accelerators)
      return found.status === 'case' ? measuredFigure(metric, found.case, factorsOf(quantity => AUDIO_QUANTITIES[quantity], 'whisper.cpp', 0.9)) : undefined
    }
    expect(figure('encoder_ms')).toBeUndefined()
    expect(figure('decoder_ms')).toBeGreaterThan(1)
  })

  test('what cannot be asked says why', () => {
    expect(read({dataset: 'my meetings'})).toMatch(/length of the audio/)
    expect(read({framework: ''})).toMatch(/program/)
    expect(read({model: 'Voxtral 3B'})).toMatch(/shape/)
    expect(read({accelerator: 'Toaster'})).toMatch(/not in the catalog/)
  })
})

describe('refusals', () => {
  test('too little memory, no program, a program that cannot, a task that is not its', () => {
    expect(refusal({...TRAIN, model: 'whisper-large-v3'}, on('rtx-4090-24gb'))).toMatchObject({reason: 'memory'})
    expect(refusal({...BASE, precision: 'fp8'}, on('v100-sxm2-16gb'))).toMatchObject({reason: 'software', nearest: expect.stringMatching(/^precision .*fp16/) as string})
    expect(refusal({...TRAIN, configuration: {runtime: 'faster-whisper'}}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'configuration.runtime: pytorch'})
    expect(refusal({...BASE, model: 'parakeet', configuration: {runtime: 'whisper.cpp'}}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'configuration.runtime: pytorch'})
    expect(refusal({...BASE, configuration: {dp: 4}}, on('h100-sxm-80gb', 2))).toMatchObject({reason: 'topology', nearest: 'dp 2'})
    expect(() => audio.demand(audio.spec.parse({...BASE, task: 'generate'}), facts)).toThrow(/makes text/)
    expect(() => audio.demand(audio.spec.parse({...BASE, model: 'wisper-large-v3'}), facts)).toThrow(/not a model of speech/)
  })

  test('a field that would move nothing is an error', () => {
    for (const [field, value] of [['clipLength', '10 s'], ['epochs', 3]] as const) expect(() => audio.demand(audio.spec.parse({...BASE, [field]: value}), facts)).toThrow(new RegExp(`${field} moves nothing`))
    expect(() => audio.demand(audio.spec.parse({...TRAIN, beams: 5}), facts)).toThrow(/beams moves nothing/)
    expect(() => audio.demand(audio.spec.parse({kind: 'audio', model: 'musicgen-small', hours: 1, tokensPerSecond: 3}), facts)).toThrow(/as many steps whatever is said/)
  })
})

describe('every field moves something', () => {
  const figures = (performance: Performance) => ({seconds: performance.workSeconds!.p50, rate: performance.throughput.value!.p50, memory: performance.memory.neededGib.p50, bound: performance.rooflineSeconds, used: performance.acceleratorsUsed})
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }
  const MUSIC = {kind: 'audio', model: 'musicgen-medium', hours: 10, configuration: {batch: 4}}

  test.for<[string, Record<string, unknown>, Record<string, unknown>, Moves]>([
    ['model', BASE, {model: 'whisper-small'}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'down'}],
    ['hours', BASE, {hours: 2000}, {seconds: 'up', rate: 'same', bound: 'up'}],
    ['tokensPerSecond', BASE, {tokensPerSecond: 6}, {seconds: 'up', rate: 'down', bound: 'up'}],
    ['beams', BASE, {beams: 5}, {seconds: 'up', rate: 'down', memory: 'up'}],
    ['task', TRAIN, {task: 'train'}, {seconds: 'down', bound: 'down'}],
    ['epochs', TRAIN, {epochs: 6}, {seconds: 'up', bound: 'up'}],
    ['clipLength', MUSIC, {clipLength: '10 s'}, {seconds: 'down', memory: 'down'}],
    ['precision', BASE, {precision: 'int8'}, {memory: 'down', seconds: 'down'}],
    ['configuration.batch', {...BASE, configuration: {batch: 4}}, {configuration: {batch: 16}}, {seconds: 'down', memory: 'up', bound: 'same'}],
    ['configuration.dp', {...BASE, configuration: {dp: 2}}, {configuration: {dp: 1}}, {seconds: 'up', used: 'down', memory: 'same'}],
    ['configuration.microBatch', {...TRAIN, configuration: {microBatch: 8}}, {configuration: {microBatch: 4}}, {memory: 'down'}],
    ['configuration.checkpointing', {...TRAIN, configuration: {microBatch: 8, checkpointing: 'none'}}, {configuration: {microBatch: 8, checkpointing: 'full'}}, {memory: 'down', seconds: 'up'}],
    ['configuration.batch of training', {...TRAIN, configuration: {batch: 256}}, {configuration: {batch: 1024}}, {seconds: 'down'}],
  ])('%s', ([, spec, changed, moves]) => {
    expect(moved(run(spec, on('h100-sxm-80gb', 4)), run({...spec, ...changed}, on('h100-sxm-80gb', 4)), moves)).toEqual(moves)
  })

  test('runtime decides the program', () => {
    expect(run({...BASE, configuration: {runtime: 'whisper.cpp'}}, on('h100-sxm-80gb')).configuration).toMatchObject({runtime: 'whisper.cpp', batch: 1})
  })

  test('what the hardware has: a rate, a bandwidth, links', () => {
    const slower = (change: Partial<Hardware['accelerator']>): Hardware => ({...on('h100-sxm-80gb'), accelerator: {...on('h100-sxm-80gb').accelerator, ...change}})
    const {accelerator} = on('h100-sxm-80gb')
    const base = run(BASE, on('h100-sxm-80gb')).workSeconds!.p50

    expect(run(BASE, slower({peakFlops: {...accelerator.peakFlops, fp16: accelerator.peakFlops.fp16! / 2}})).workSeconds!.p50).toBeGreaterThan(base)
    expect(run(BASE, slower({memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond / 2})).workSeconds!.p50).toBeGreaterThan(base)
    expect(refusal(TRAIN, {...on('h100-sxm-80gb', 4), levels: undefined})).toMatchObject({reason: 'link-unknown'})
  })
})

test('laws: ordered intervals, never below the bound, operators and memory lines add up, shares within 0 and 1', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('whisper-tiny', 'whisper-medium', 'whisper-large-v3', 'whisper-large-v3-turbo', 'parakeet', 'musicgen-large'), fc.constantFrom('h100-sxm-80gb', 'rtx-4090-24gb', 'v100-sxm2-16gb', 'mi300x-192gb'), fc.constantFrom(1, 2, 8), fc.double({min: 0.1, max: 1e6, noNaN: true}), fc.boolean(),
      (model, accelerator, count, hours, training) => {
        const spec = {kind: 'audio', model, hours, ...(training ? {task: 'train'} : {})}
        const hardware = on(accelerator, count)
        const demand = audio.demand(audio.spec.parse(spec), facts)
        for (const configuration of audio.configurations(demand, hardware, facts)) {
          const result = audio.perform(demand, hardware, configuration, facts)
          if (!result.feasible) throw new Error(result.refusal.detail)
          const {workSeconds, rooflineSeconds, load, memory} = result.performance
          expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
          expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
          expect(rooflineSeconds).toBeGreaterThanOrEqual(audio.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
          expect(memory.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
          for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare]) expect(share >= 0 && share <= 1).toBe(true)
        }
      },
    ),
    {numRuns: 60, seed: 11},
  )
})

import fs from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {isRate, measurements} from '../../../scripts/calibrate/fit.ts'
import {calibrationOf, parseHeldOut, WAYS} from '../../../src/accuracy/held-out.ts'
import {parseNotes} from '../../../src/accuracy/notes.ts'
import {scopeContext} from '../../../src/accuracy/predict.ts'
import {parseScope} from '../../../src/accuracy/scope.ts'
import {settingOf, type Setting} from '../../../src/accuracy/setting.ts'
import {parseMeasurements, type Measurement} from '../../../src/catalog/parse/measured.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {predictMeasurement as predictFinetuning} from '../../../src/workload/llm-finetune/measured.ts'
import {predictMeasurement as predictPretraining} from '../../../src/workload/llm-pretrain/measured.ts'
import {measuredRuntime} from '../../../src/workload/llm/measured-conventions.ts'
import {measuredModel, sizeInName} from '../../../src/workload/llm/measured-models.ts'
import {measuredAccelerator, networkNamed} from '../../../src/workload/llm/measured-place.ts'
import {measuredPrecision, trainingQuestion} from '../../../src/workload/llm/training-question.ts'
import {bundledFacts} from './training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const DATA = path.resolve(import.meta.dirname, '../../../data/measured')
const rowsOf = (file: string): readonly Measurement[] => parseMeasurements(fs.readFileSync(path.join(DATA, file), 'utf8'), file)

interface Answer {
  readonly row: Measurement
  readonly kind: string
  readonly memory: boolean
  readonly model: string
  readonly acceleratorId: string
  readonly source: string
  /** |predicted ÷ measured − 1| */
  readonly error: number
  readonly inside: boolean
}

const rowsToScore = (file: string, label: string): readonly Measurement[] => rowsOf(file).filter(row => row.kind === label && row.metric !== 'fits' && row.value !== undefined)

/** Answers to rows, by these facts. */
function answers(rows: readonly Measurement[], predict: typeof predictPretraining, by: PlanningFacts): {readonly answered: readonly Answer[]; readonly others: readonly {readonly reason: string}[]} {
  const answered: Answer[] = []
  const others: {reason: string}[] = []
  for (const row of rows) {
    const prediction = predict(settingOf(row), by, by.snapshot.accelerators)
    if (prediction.status !== 'answered') {
      others.push(prediction)
      continue
    }
    const {interval, model = '', acceleratorId = ''} = prediction
    const measured = row.value ?? Number.NaN
    answered.push({row, kind: row.kind, memory: row.metric === 'memory_gib', model, acceleratorId, source: row.source, error: Math.abs(interval.p50 / measured - 1), inside: measured >= interval.p10 && measured <= interval.p90})
  }
  return {answered, others}
}

const PRETRAINING = ['llm-training.csv', 'llm_pretraining', predictPretraining] as const
const FINETUNING = ['llm-finetuning.csv', 'llm_finetuning', predictFinetuning] as const
const middle = (list: readonly Answer[]): number => list.map(({error}) => error).toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN

describe('against published results', () => {
  test.for([PRETRAINING, FINETUNING])('%s: nearly all rows are answered, the others say why', ([file, label, predict]) => {
    const scope = parseScope(fs.readFileSync(path.join(DATA, 'scope.yaml'), 'utf8'), 'scope.yaml', scopeContext(facts.snapshot.accelerators, []))
    const inScope = rowsToScore(file, label).filter(row => scope.outOfScope(settingOf(row)) === undefined && scope.excluded(row.id) === undefined)

    const {answered, others} = answers(inScope, predict, facts)

    expect(answered.length / inScope.length).toBeGreaterThan(0.95)
    expect(others.filter(({reason}) => reason.length < 10)).toEqual([])
  })

  test('predictions that have not seen a model, an accelerator or a source are near, and their intervals hold four of five', {timeout: 60_000}, () => {
    const folds = parseHeldOut(fs.readFileSync(path.join(DATA, 'held-out.json'), 'utf8')).filter(({kinds}) => kinds.includes('llm-pretrain'))
    const {spreads} = facts.snapshot.calibration
    const all = [PRETRAINING, FINETUNING].map(([file, label, predict]) => ({predict, known: answers(rowsToScore(file, label), predict, facts).answered}))
    for (const way of WAYS) {
      const seen: Answer[] = []
      const keyOf = (answer: Answer): string => (way === 'model' ? answer.model : way === 'accelerator' ? answer.acceleratorId : answer.source)
      for (const fold of folds.filter(each => each.way === way)) {
        const without = {...facts, calibration: calibrationOf(fold, spreads)}
        for (const {predict, known} of all) seen.push(...answers(known.filter(answer => fold.held.includes(keyOf(answer))).map(({row}) => row), predict, without).answered)
      }
      const times = seen.filter(({memory}) => !memory)
      const inside = times.filter(answer => answer.inside).length / times.length

      expect(times.length, way).toBeGreaterThan(1000)
      for (const kind of ['llm_pretraining', 'llm_finetuning']) expect(middle(times.filter(answer => answer.kind === kind)), `${kind} steps, ${way}s left out`).toBeLessThan(0.15)
      expect(middle(seen.filter(({memory}) => memory)), `memory, ${way}s left out`).toBeLessThan(0.12)
      expect(inside, way).toBeGreaterThan(0.7)
      expect(inside, way).toBeLessThan(0.92)
    }
  })

  test('what ran is said to fit, what did not is not', () => {
    const asked = [PRETRAINING, FINETUNING, ['memory-fit.csv', 'llm_finetuning', predictFinetuning] as const].flatMap(([file, label, predict]) =>
      rowsOf(file).filter(row => row.kind === label && (row.metric === 'fits' || (row.microBatch !== undefined && row.accelerators !== undefined))).flatMap(row => {
        const prediction = predict({...settingOf(row), metric: 'fits'}, facts, facts.snapshot.accelerators)
        return prediction.status === 'answered' ? [{ran: row.metric !== 'fits' || row.value === 1, fits: prediction.interval.p50 > 0.5}] : []
      }))
    const share = (ran: boolean): number => asked.filter(each => each.ran === ran && each.fits === ran).length / asked.filter(each => each.ran === ran).length

    expect(asked.filter(({ran}) => !ran).length).toBeGreaterThan(4)
    expect(share(true)).toBeGreaterThan(0.95)
    expect(share(false)).toBeGreaterThan(0.95)
  })
})

describe('what the fit reads', () => {
  test('rates are told from times and sizes, by every metric that occurs', () => {
    const metrics = [...new Set(['llm-training', 'llm-finetuning', 'memory-fit'].flatMap(file => measurements(file).map(({metric}) => metric)))]

    expect(metrics.filter(isRate).sort()).toEqual(['mfu', 'model_tflops_per_accelerator', 'samples_per_s', 'tflops_per_accelerator', 'tokens_per_s', 'tokens_per_s_per_accelerator'])
    expect(metrics).toContain('time_s_per_step')
  })

  test('what is excluded as wrong is not fitted to', () => {
    expect(rowsOf('llm-training.csv').map(({id}) => id)).toContain('gpuh-llama4-maverick--gpu-hours')
    expect(measurements('llm-training').map(({id}) => id)).not.toContain('gpuh-llama4-maverick--gpu-hours')
  })
})

const NOTHING: Setting = {
  kind: 'llm_pretraining', model: '', parametersBillion: undefined, phase: '', framework: '', accelerator: '', accelerators: undefined, nodes: undefined, interconnect: '', precision: '', tp: undefined, pp: undefined, dp: undefined,
  ep: undefined, cp: undefined, microBatch: undefined, globalBatch: undefined, concurrency: undefined, inputTokens: undefined, outputTokens: undefined, sequenceLength: undefined, dataset: '', tokens: undefined, metric: '', unit: '',
  scope: '', notes: {},
}
const ROW: Setting = {
  ...NOTHING, model: 'Llama 3 8B', phase: 'train_step', framework: 'NVIDIA Megatron-Bridge', accelerator: 'H100 SXM 80GB', accelerators: 8, nodes: 1, precision: 'bf16', tp: 1, pp: 1, dp: 8, ep: 1, cp: 1, microBatch: 1,
  globalBatch: 128, sequenceLength: 8192, metric: 'tokens_per_s_per_accelerator', unit: 'tokens/s', scope: 'per_accelerator',
}
type Changed = Partial<Omit<Setting, 'notes'>> & {notes?: string}
const ask = ({notes, ...changed}: Changed, kind: 'llm-pretrain' | 'llm-finetune' = 'llm-pretrain') =>
  trainingQuestion({...ROW, ...changed, notes: parseNotes(notes ?? '')}, {id: kind, tunes: kind === 'llm-finetune'}, facts.languageModel)

describe('how a row is read', () => {
  test('degrees, batch and precision become a configuration', () => {
    const question = ask({precision: 'fp8-cs', tp: 4, pp: 2, dp: 1})

    expect(question).toMatchObject({answerable: true, configuration: {runtime: 'megatron', precision: 'fp8', tp: 4, pp: 2, dp: 1, microBatch: 1}, work: {sequenceLength: 8192, globalBatch: 128}})
  })

  test.for([
    ['mosaicml llm-foundry / Composer FSDP', 'pytorch'], ['Megatron-DeepSpeed', 'deepspeed'], ['NVIDIA Megatron-Bridge (NeMo container 26.04)', 'megatron'], ['torchtitan (torch 2.6 dev)', 'pytorch'],
    ['MaxText (JAX)', 'maxtext'], ['Neuron 2.15.0 torch-neuronx', 'neuron'], ['HF Transformers + PEFT + DeepSpeed (PyTorch 2.0)', 'pytorch'], ['', 'megatron'],
  ] as const)('%s runs as %s', ([framework, runtime]) => {
    expect(measuredRuntime(framework, false)).toBe(runtime)
  })

  test.for([
    ['torchtitan (torch 2.6 dev, 2024-12-23)', 8, 4, false],
    ['torchtitan (torch 2025-06-14)', 8, 1, true],
    ['torchtitan (torch 2025-06-14)', 1, 32, true],
    ['NVIDIA Megatron-Bridge', 8, 32, false],
  ] as const)('%s, pp %d: a stated batch of 32 goes through %d at a time; the compiled loss keeps no wide logits: %s', ([framework, pp, microBatch, fusedLoss]) => {
    expect(ask({framework, pp, dp: 8, accelerators: 8 * pp, microBatch: 32, notes: 'compile, float8'})).toMatchObject({configuration: {microBatch}, work: {implementation: {fusedLoss}}})
  })

  test('a batch put together from smaller ones, of which nobody says how large, is made of fours', () => {
    const changed = {framework: '', phase: 'lora_finetuning', accelerators: 1, microBatch: undefined, globalBatch: 128} as const

    expect(ask({...changed, notes: 'batch 128 by accumulation'}, 'llm-finetune')).toMatchObject({configuration: {microBatch: 4}, work: {globalBatch: 128}})
    expect(ask(changed, 'llm-finetune')).not.toMatchObject({configuration: {microBatch: 4}})
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

    expect(whole.predict(performance, hardware, 1).p50).toBeGreaterThan(causal.predict(performance, hardware, 1).p50 * 1.05)
  })

  test('NeuronCores are two to a chip', () => {
    expect(ask({framework: 'Neuron 2.15.0 torch-neuronx', accelerator: 'AWS Trainium1', accelerators: 512, tp: 32, pp: 8, dp: 4})).toMatchObject({configuration: {tp: 16}})
  })

  test('a text is fewer tokens in a larger vocabulary', () => {
    const tokens = (model: string): number => {
      const question = ask({framework: 'LitGPT config hub', model, parametersBillion: undefined, phase: 'lora', microBatch: 1, accelerators: 1, sequenceLength: 512, dataset: 'Alpaca-2k subset (2000 samples)', metric: 'time_s', unit: 's'}, 'llm-finetune')
      return question.answerable ? question.work.sequenceLength : Number.NaN
    }

    // 3.17 characters a token in Llama 2's vocabulary, 3.94 in Llama 3's.
    expect(tokens('llama-2-7b')).toBe(150)
    expect(tokens('llama-3-8b')).toBe(Math.round(150 * (3.17 / 3.94)))
  })

  test.for<[string, string, object]>([
    ['eager FSDP with selective recomputation', 'FSDP2, eager, selective activation checkpointing', {sharding: 'full', compiled: false, checkpointing: 'selective'}],
    ['recomputation switched off', 'FSDP SHARD_GRAD_OP; activation checkpointing=False; grad accumulation 4', {sharding: 'gradients', checkpointing: 'none', accumulation: 4}],
    ['a list of options', 'options: packed+compile+chunkedCE+AC; cumulative', {packed: true, compiled: true, chunkedLoss: true, checkpointing: 'full', optionsListed: true}],
    ['the longest samples', 'sequence = longest Alpaca sample (phi 1044, StableLM 1034, Llama2 1304)', {longestSampleTokens: {phi: 1044, stablelm: 1034, llama: 1304}}],
    ['a virtual pipeline', 'virtual PP 5; FSDP 64', {virtualStages: 5, sharding: 'full'}],
    ['an asynchronous tensor pipeline with scales per row', 'f8-rowwise, async TP, full AC', {rowwiseScaling: true, asyncTensorParallel: true, checkpointing: 'full'}],
    ['nothing', 'rounded hours by a maintainer', {}],
  ])('notes say %s', ([, notes, expected]) => expect(parseNotes(notes)).toEqual(expected))

  test('frameworks count FLOP of attention in full or in half', () => {
    const performance = {throughput: {unit: 'tokens/s', value: {p10: 1, p50: 1, p90: 1}}, configuration: {checkpointing: 'full'}} as never
    const flops = (framework: string, metric = 'model_tflops_per_accelerator'): number => {
      const question = ask({framework, metric})
      return question.answerable ? question.predict(performance, {} as never, 1).p50 : Number.NaN
    }

    // Llama 3 8B at 8,192 tokens: 51.5 GFLOP a token, 6.4 of them attention; recomputation is a third more.
    expect(flops('NVIDIA Megatron-Bridge') * 8e12).toBeCloseTo(51.5e9, -8)
    expect(flops('Megatron-LM core') * 8e12).toBeCloseTo(57.9e9, -8)
    expect(flops('NVIDIA Megatron-Bridge', 'tflops_per_accelerator') / flops('NVIDIA Megatron-Bridge')).toBeCloseTo(4 / 3, 9)
  })

  test('memory is what the source counts: the whole card, or what the allocator holds', () => {
    const performance = {memory: {neededGib: {p10: 8, p50: 10, p90: 12}, availableGib: 80, lines: [{item: 'weights', gib: 8}, {item: 'context, collectives, allocator', gib: 2}]}} as never
    const gib = (framework: string): number => {
      const question = ask({framework, phase: 'lora', metric: 'memory_gib', unit: 'GiB', scope: 'peak_per_accelerator', accelerators: 1}, 'llm-finetune')
      return question.answerable ? question.predict(performance, {} as never, 1).p50 : Number.NaN
    }

    expect(gib('HF Transformers + PEFT')).toBe(10)
    expect(gib('torchtune 0.5')).toBe(8)
  })

  test('hours of a whole run are those of its steps and what stood beside them', () => {
    const performance = {throughput: {unit: 'tokens/s', value: {p10: 1e6, p50: 1e6, p90: 1e6}}} as never
    const question = ask({metric: 'gpu_hours', tokens: 3.6e12, accelerators: 100})
    if (!question.answerable) throw new Error('not answerable')

    // 1e6 seconds of steps on 100 accelerators at four fifths.
    expect(question.predict(performance, {} as never, 0.8).p50).toBeCloseTo((3.6e12 / 1e6) * 100 / 3600 / 0.8, 6)
  })

  test('slices of a TPU are nodes', () => {
    expect(ask({framework: 'MaxText (JAX)', model: 'MaxText dense 32B', accelerator: 'TPU v5e', accelerators: 512, nodes: undefined, tp: undefined, pp: undefined, dp: undefined, microBatch: undefined, globalBatch: undefined, notes: '2 slice(s) of v5e-256 over DCN'})).toMatchObject({place: {slices: 2}})
  })

  test.for<[string, Changed, RegExp]>([
    ['goodput', {metric: 'goodput'}, /not a figure/],
    ['energy', {metric: 'energy_kwh'}, /not a figure/],
    ['a model nobody describes', {model: 'Secret'}, /shape/],
    ['hours without tokens', {metric: 'gpu_hours', tokens: undefined}, /tokens/],
    ['a step without batch', {metric: 'iteration_time_s', globalBatch: undefined, microBatch: undefined}, /batch/],
  ])('%s is not answered, and says why', ([, changed, reason]) => {
    const question = ask(changed)

    expect(question).toMatchObject({answerable: false})
    expect(question.answerable ? '' : question.reason).toMatch(reason)
  })
})

describe('models and parts that no catalog lists', () => {
  test.for([['GPT-style decoder h1024 L24 heads16', 0.355], ['MPT-1B (decoder, GPT-style)', 1.31], ['MPT-30B (decoder)', 29.96], ['MaxText dense 16B', 15.8], ['MaxText dense 128B', 125], ['MaxText dense 1024B', 998], ['Qwen-7B', 7.72], ['DeepSeek-Coder 33B', 33.3], ['GPT3-23B pre-training', 23.0], ['GPT3-46B pre-training', 45.5]] as const)(
    '%s has %d billion parameters',
    ([name, billions]) => {
      expect((measuredModel(name, undefined, facts.languageModel)?.parameters ?? 0) / 1e9).toBeCloseTo(billions, billions > 100 ? -1 : billions > 10 ? 0 : 1)
    },
  )

  test('a name without a shape stays unknown', () => {
    expect(measuredModel('a decoder of our own', undefined, facts.languageModel)).toBeUndefined()
  })

  test.for<[string, number | undefined, number | undefined]>([['GPT-3 6.7B', 6.7, undefined], ['Qwen3-30B-A3B', 30, 3], ['Kimi K2 (MoE 1.04T, 32B active)', 1040, 32], ['MPT-125M', 0.125, undefined], ['OPT', undefined, undefined]])(
    '%s says %d billion parameters, of which %d work',
    ([name, total, active]) => expect(sizeInName(name)).toEqual({total, active}),
  )

  test.for<[string, number | undefined, number]>([['Megatron 8.3B', undefined, 8.3], ['GPT-3 6.7B', undefined, 6.7], ['Sunny Decoder 13B', undefined, 13], ['Unheard Of', 2.5, 2.5]])('%s is built as its family would build it', ([name, stated, billions]) => {
    const model = measuredModel(name, stated, facts.languageModel)!

    expect(model.parameters / 1e9).toBeCloseTo(billions, 6)
    // What its layers and embeddings add up to is what it says.
    const perLayer = (model.gatedMlp ? 3 : 2) * model.hidden * model.intermediate + 2 * model.hidden * model.headDim * (model.heads + model.kvHeads)
    expect((model.layers * perLayer + model.vocab * model.hidden * (model.tiedEmbeddings ? 1 : 2)) / model.parameters).toBeGreaterThan(0.85)
    expect((model.layers * perLayer + model.vocab * model.hidden * (model.tiedEmbeddings ? 1 : 2)) / model.parameters).toBeLessThan(1.15)
  })

  test('a mixture that no catalog lists has its total and its active parameters', () => {
    expect(measuredModel('Sunny 30B-A3B', undefined, facts.languageModel)).toMatchObject({parameters: 30e9, activeParameters: 3e9, experts: 128, expertsPerToken: 8})
  })

  test.for<[string, number, number | undefined]>([
    ['NVLink3 + 4x HDR InfiniBand 200 Gb/s per node', 8, 100e9], ['1600 Gbps RoCE between nodes; NVLink inside', 8, 200e9], ['NVLink + 400/800 Gb/s InfiniBand per GPU', 8, 400e9], ['NVLink + 4x Omni-Path 100 Gb/s', 8, 50e9], ['NVLink', 8, undefined],
  ])('%s between nodes of %d is %d bytes/s', ([interconnect, perNode, expected]) => {
    expect(networkNamed(interconnect, perNode)?.bytesPerSecondPerNode).toBe(expected)
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

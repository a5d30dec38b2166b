import {beforeAll, describe, expect, test} from 'vitest'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {formatOf} from '../../../src/workload/llm-inference/format.ts'
import {weightBytesPerAccelerator, type Layout} from '../../../src/workload/llm-inference/layout.ts'
import {cacheBytes, createServing, decodeStep, expectedTokens, newPassTime, prefill} from '../../../src/workload/llm-inference/serving.ts'
import {closedLoop, meanContext, newSteadyState, openLoop, saturated} from '../../../src/workload/llm-inference/steady-state.ts'
import {expectedDistinctExperts} from '../../../src/workload/llm/architecture.ts'
import {assumedGoalSeconds} from '../../../src/workload/llm-inference/demand.ts'
import {asProgram, overlapsHost, runsAsProgram, type Factors} from '../../../src/workload/llm-inference/factors.ts'
import {loadOf} from '../../../src/workload/llm-inference/breakdown.ts'
import {replicasThatFit} from '../../../src/workload/llm-inference/performance.ts'
import {bundledFacts, hardwareNamed, IDEAL, perform} from './fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => {
  facts = await bundledFacts()
})

const layout = (tp: number, precision = 'bf16', runtime = 'vllm', rest: Partial<Layout> = {}): Layout => ({tp, pp: 1, ep: 1, precision, runtime, ...rest})

function idealServing(model: string, accelerator: string, count: number, how: Layout) {
  const serving = createServing(facts.languageModel(model), hardwareNamed(facts, accelerator, count), how, IDEAL)
  if (serving === undefined) throw new Error('no serving')
  return serving
}

describe('KV cache', () => {
  test('of Llama-3.1-70B takes 2 · 8 heads · 128 · 2 B · 80 layers = 327,680 B a token', () => {
    expect(cacheBytes(idealServing('Llama-3.1-70B', 'h100-sxm-80gb', 1, layout(1)), 1)).toBe(327_680)
  })

  test('is split over tensor parallelism down to one head, then replicated', () => {
    expect(cacheBytes(idealServing('Llama-3.1-70B', 'h100-sxm-80gb', 8, layout(8)), 1)).toBe(40_960)
    expect(cacheBytes(idealServing('Qwen3-235B-A22B', 'h100-sxm-80gb', 8, layout(8)), 1)).toBe(2 * 1 * 128 * 2 * 94)
  })

  test('of DeepSeek-V3 (MLA) is its latent and rotary part, (512 + 64) · 2 B · 61 layers, on every accelerator', () => {
    expect(cacheBytes(idealServing('DeepSeek-V3', 'h200-sxm-141gb', 8, layout(8)), 1)).toBe(70_272)
  })

  test.for([
    ['Llama-3.1-8B', 1, 131_072, 'eight heads on two cores'],
    ['Llama-3.1-8B', 4, 32_768, 'one on each of eight cores'],
    ['Llama-3.1-8B', 8, 2 * 32 * 128 * 2 * 32 / 8, 'one for each query head on 16 cores, which do not divide eight'],
    ['Llama-3.1-8B', 12, 2 * 48 * 128 * 2 * 32 / 12, '48 on 24 cores'],
    ['DeepSeek-V3', 8, 2 * 70_272, 'the latent, on every core'],
  ] as const)('of %s on %i NeuronCore chips: %i B a token (%s)', ([model, chips, bytes]) => {
    expect(cacheBytes(idealServing(model, 'inferentia2-32gb', chips, layout(chips, 'bf16', 'neuron')), 1)).toBe(bytes)
  })

  test('of NeuronCores is there for all of the shape that a request reads: 8,192 for 4,500 tokens', () => {
    const {memory} = perform(facts, {model: 'Llama-3.1-8B', traffic: {concurrency: 1, inputTokens: 4000, outputTokens: 500}}, hardwareNamed(facts, 'inferentia2-32gb', 4), {runtime: 'neuron', precision: 'bf16', tp: 4})
    expect(memory?.lines.find(({item}) => item.startsWith('KV cache'))?.gib).toBeCloseTo(8192 * 32_768 / 2 ** 30, 9)
  })

  test('of gpt-oss-120b grows in 18 layers and stops at 128 tokens in the other 18', () => {
    const perLayer = 2 * 8 * 64 * 2
    expect(cacheBytes(idealServing('gpt-oss-120b', 'h100-sxm-80gb', 1, layout(1, 'mxfp4')), 1000)).toBe(18 * perLayer * 1000 + 18 * perLayer * 128)
  })

  test.for([
    // ModelOpt's checkpoints, which TensorRT-LLM runs, state an FP8 cache; so do all in NVFP4.
    ['fp8', 'tensorrt-llm', 'h100-sxm-80gb', 1, 'fp8'],
    ['nvfp4', 'tensorrt-llm', 'b200-sxm-180gb', 1, 'fp8'],
    ['nvfp4', 'vllm', 'b200-sxm-180gb', 1, 'fp8'],
    // kv-cache-dtype auto.
    ['fp8', 'vllm', 'h100-sxm-80gb', 2, 'bf16'],
    ['fp8', 'sglang', 'h100-sxm-80gb', 2, 'bf16'],
    ['mxfp4', 'vllm', 'b200-sxm-180gb', 2, 'bf16'],
    ['int4', 'tensorrt-llm', 'h100-sxm-80gb', 2, 'bf16'],
    ['bf16', 'tensorrt-llm', 'h100-sxm-80gb', 2, 'bf16'],
    ['fp16', 'vllm', 'h100-sxm-80gb', 2, 'fp16'],
    ['int4', 'llama.cpp', 'rtx-4090-24gb', 2, 'fp16'],
    // No FP8 units.
    ['fp8', 'tensorrt-llm', 'a100-sxm-80gb', 2, 'bf16'],
  ] as const)('beside %s weights under %s on %s takes %d bytes an element: %s', ([precision, runtime, accelerator, bytes, name]) => {
    const format = formatOf(facts.languageModel('Llama-3.1-70B'), {precision, runtime}, hardwareNamed(facts, accelerator, 1).accelerator)
    expect([format.kvBytesPerElement, format.cacheFormat]).toEqual([bytes, name])
  })

  test('left at 16 bit holds half as many sequences, and says so', () => {
    const spec = {model: 'Llama-3.1-70B', precision: 'fp8', traffic: {inputTokens: 1000, outputTokens: 1000, concurrency: 10}}
    const cache = (runtime: string) => perform(facts, spec, hardwareNamed(facts, 'h100-sxm-80gb', 2), {runtime, tp: 2, pp: 1, dp: 1, ep: 1}).memory.lines.find(({item}) => item.startsWith('KV cache'))

    expect(cache('vllm')?.item).toBe('KV cache (bf16) of 10 sequences')
    expect(cache('tensorrt-llm')?.item).toBe('KV cache (fp8) of 10 sequences')
    // 10 sequences · 4 of 8 heads · 2 · 128 · 2 B · 80 layers. Half of what varying answers reserve is held on average, and a tenth of the mean kept spare.
    const tokens = (runtime: string, bytes: number): number => ((cache(runtime)?.gib ?? 0) * 2 ** 30) / 10 / bytes
    const reserved = tokens('tensorrt-llm', 81_920) - 1000
    expect(reserved).toBeGreaterThan(1200)
    expect(tokens('vllm', 163_840) - 1000).toBeCloseTo(reserved / 2 + 100, 6)
  })
})

describe('weights', () => {
  test.for([
    ['Llama-3.1-405B', 'bf16', 'vllm', 811.7e9],
    // All but the routed experts stay at 16 bit: 18 B · 2 + 653 B · 4.5 / 8.
    ['DeepSeek-V3', 'nvfp4', 'vllm', 404e9],
    ['gpt-oss-120b', 'mxfp4', 'vllm', 65.3e9],
    // GGUF quantises the embeddings, too: 4.58 GiB and 39.59 GiB are what llama.cpp lists for Llama 3.
    ['Llama-3.1-8B', 'int4', 'llama.cpp', 4.58 * 2 ** 30],
    ['Llama-3.1-70B', 'int4', 'llama.cpp', 39.59 * 2 ** 30],
  ] as const)('%s in %s under %s take %d bytes', ([model, precision, runtime, bytes]) => {
    const {accelerator} = hardwareNamed(facts, 'h100-sxm-80gb', 1)
    const taken = weightBytesPerAccelerator(facts.languageModel(model), layout(1, precision, runtime), accelerator)
    expect(Math.abs(taken / bytes - 1)).toBeLessThan(0.02)
  })

  test('of 80 layers in 3 stages lie on the fullest: 27 ÷ 80 of them', () => {
    const {accelerator} = hardwareNamed(facts, 'h100-sxm-80gb', 1)
    const model = facts.languageModel('Llama-3.1-70B')
    const whole = weightBytesPerAccelerator(model, layout(1), accelerator)
    expect(weightBytesPerAccelerator(model, layout(1, 'bf16', 'vllm', {pp: 3}), accelerator)).toBeCloseTo((whole * 27) / 80, -3)
  })
})

test('32 tokens that choose 8 of 256 experts each read 256 · (1 − (1 − 1/32)³²) = 163.3 of them', () => {
  expect(expectedDistinctExperts(256, 8, 32)).toBeCloseTo(163.3, 1)
})

describe('decode step', () => {
  test('at batch 1 streams the weights once: (params − embedding) · 2 B ÷ bandwidth, and the cache of 1,000 tokens', () => {
    const serving = idealServing('Llama-3.1-70B', 'h200-sxm-141gb', 8, layout(8))
    const model = facts.languageModel('Llama-3.1-70B')
    const bytes = ((model.parameters - model.vocab * model.hidden) * 2 + 327_680 * 1000) / 8
    const bandwidth = hardwareNamed(facts, 'h200-sxm-141gb', 1).accelerator.memoryBandwidthBytesPerSecond
    const step = decodeStep(serving, 1, 1000, newPassTime())
    expect(step.weights + step.attention).toBeCloseTo(bytes / bandwidth, 6)
  })

  test('at batch 4,096 is bound by compute: 2 FLOP · parameters · batch ÷ peak', () => {
    const serving = idealServing('Llama-3.1-8B', 'h100-sxm-80gb', 1, layout(1))
    const model = facts.languageModel('Llama-3.1-8B')
    const step = decodeStep(serving, 4096, 1, newPassTime())
    expect(step.computeBound).toBe(true)
    expect(step.weights).toBeCloseTo((2 * 4096 * (model.parameters - model.vocab * model.hidden)) / 989.4e12, 6)
  })

  test('reads shared weights and the expected distinct experts, not the active parameters', () => {
    const serving = idealServing('Qwen3-235B-A22B', 'h200-sxm-141gb', 8, layout(8, 'bf16', 'vllm', {ep: 1}))
    const one = decodeStep(serving, 1, 1, newPassTime()).experts
    const many = decodeStep(serving, 64, 1, newPassTime()).experts
    expect(many / one).toBeCloseTo(expectedDistinctExperts(128, 8, 64) / 8, 3)
  })

  test('waits for the accelerator with the most chosen experts where whole experts are spread', () => {
    const experts = (tokens: number, ep: number): number => decodeStep(idealServing('DeepSeek-V3', 'h200-sxm-141gb', 8, layout(8, 'fp8', 'vllm', {ep})), tokens, 1, newPassTime()).experts
    // By trial: 8 (then 64) of 256 experts drawn without and with replacement, dealt to 8 accelerators of 32, the fullest of them against the mean.
    const fullest = (tokens: number): number => {
      let [state, total] = [7, 0]
      const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
      for (let trial = 0; trial < 4000; trial++) {
        const hit = new Set<number>()
        for (let token = 0; token < tokens; token++) {
          const chosen = new Set<number>()
          while (chosen.size < 8) chosen.add(Math.floor(random() * 256))
          for (const expert of chosen) hit.add(expert)
        }
        const perRank = Array.from({length: 8}, () => 0)
        for (const expert of hit) perRank[Math.floor(expert / 32)]!++
        total += Math.max(...perRank) / (hit.size / 8)
      }
      return total / 4000
    }

    expect(experts(1, 8) / experts(1, 1)).toBeCloseTo(fullest(1), 0)
    expect(Math.abs(experts(8, 8) / experts(8, 1) / fullest(8) - 1)).toBeLessThan(0.06)
    expect(experts(4096, 8) / experts(4096, 1)).toBeCloseTo(1, 6)
  })

  test('reaches less of the bandwidth in experts that tensor parallelism cut narrow: 2,048 ÷ 8 = 256 columns of 256 + 64', () => {
    const how = layout(8, 'fp8', 'vllm')
    const hardware = hardwareNamed(facts, 'h200-sxm-141gb', 8)
    const step = (expertColumns: number) => decodeStep(createServing(facts.languageModel('DeepSeek-V3'), hardware, how, {...IDEAL, expertColumns})!, 4, 1, newPassTime())
    expect(step(0).experts / step(64).experts).toBeCloseTo(256 / (256 + 64), 9)
  })

  test('takes two all-reduces a layer of batch · hidden · 2 B: 2 · 7/8 of them over each link', () => {
    const serving = idealServing('Llama-3.1-70B', 'h100-sxm-80gb', 8, layout(8))
    const [level] = hardwareNamed(facts, 'h100-sxm-80gb', 8).levels ?? []
    if (level === undefined) throw new Error('no link')
    const step = decodeStep(serving, 64, 1, newPassTime())
    const one = (2 * (7 / 8) * 64 * 8192 * 2) / level.bytesPerSecond + 2 * 3 * level.latencySeconds
    expect(step.link).toBeCloseTo(2 * 80 * one, 6)
  })

  test('passes the stages of a pipeline one after another', () => {
    const one = decodeStep(idealServing('Llama-3.1-70B', 'h200-sxm-141gb', 8, layout(1)), 1, 100, newPassTime())
    const four = decodeStep(idealServing('Llama-3.1-70B', 'h200-sxm-141gb', 8, layout(1, 'bf16', 'vllm', {pp: 4})), 1, 100, newPassTime())
    expect(four.total).toBeGreaterThan(one.total)
    expect(four.total).toBeLessThan(one.total * 1.05)
  })
})

describe('the host, 1 ms a step and 0.1 ms a sequence', () => {
  const stepOf = (runtime: string, batch: number, factors: Partial<Factors> = {stepSeconds: 1e-3, sequenceSeconds: 1e-4}) =>
    decodeStep(createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1, 'bf16', runtime), {...IDEAL, ...factors})!, batch, 1000, newPassTime())
  const busy = (batch: number): number => stepOf('jetstream', batch, {}).total

  test('works between two steps where nothing is said of overlap', () => {
    expect(stepOf('jetstream', 20).total).toBeCloseTo(busy(20) + 3e-3, 12)
    expect(stepOf('jetstream', 20).host).toBeCloseTo(3e-3, 12)
  })

  test('does so under vLLM before 0.14', () => {
    expect(['0.4.3+rocm614', '0.9.0.2.dev108', '0.11', '0.13.0', '0.14.0', '0.19.1', undefined].map(version => overlapsHost('vllm', version))).toEqual([false, false, false, false, true, true, true])
    expect(overlapsHost('tensorrt-llm', '0.9.0')).toBe(true)
  })

  test.for(['tensorrt-llm', 'sglang', 'vllm'])('prepares the next step beside the accelerator under %s, and is waited for where it takes longer', runtime => {
    expect(busy(20)).toBeGreaterThan(2e-3)
    expect(stepOf(runtime, 20).total).toBeCloseTo(busy(20) + 1e-3, 12)
    expect(busy(400)).toBeLessThan(40e-3)
    expect(stepOf(runtime, 400).total).toBeCloseTo(41e-3, 12)
    expect(stepOf(runtime, 400).host).toBeCloseTo(41e-3 - busy(400), 12)
  })
})

describe('tiles of which 128 rows are lost at most', () => {
  const computing = (rows: number, matmulRows: number): number => decodeStep(createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1), {...IDEAL, matmulRows})!, rows, 0, newPassTime()).computing

  test('are computed whole: 200 rows cost what 328 do', () => {
    expect(computing(200, 128) / computing(200, 0)).toBeCloseTo(1.64, 9)
  })

  test('are at most twice as high as the rows: one row costs two', () => {
    for (const rows of [1, 9, 100]) expect(computing(rows, 128) / computing(rows, 0)).toBeCloseTo(2, 9)
  })

  test('nor does an expert that one token hits cost more than two', () => {
    const experts = (matmulRows: number): number => decodeStep(createServing(facts.languageModel('Mixtral-8x7B'), hardwareNamed(facts, 'apple-m2-ultra', 1), layout(1, 'int4', 'llama.cpp'), {...IDEAL, matmulRows})!, 1, 0, newPassTime()).experts
    expect(experts(128)).toBeLessThanOrEqual(2 * experts(0))
  })
})

describe('a closed loop', () => {
  const shape = {newTokens: 4000, cachedTokens: 0, outputTokens: 1000}
  const loop = (runtime: string, inFlight: number, queueShare: number, outputTokens = 1000) =>
    closedLoop(createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1, 'bf16', runtime), {...IDEAL, queueShare})!, {...shape, outputTokens}, inFlight, newSteadyState())

  test('keeps all in step where prompts go first (SGLang): half of the other 15 prompts stand before one', () => {
    const {ttftMedian, prefillSeconds} = loop('sglang', 16, 1)
    expect(ttftMedian - loop('sglang', 16, 0).ttftMedian).toBeCloseTo(7.5 * prefillSeconds, 9)
  })

  test('has its first requests in step elsewhere, a tenth of a benchmark: a twentieth of the others', () => {
    const {ttftMedian, prefillSeconds} = loop('vllm', 16, 1)
    expect(ttftMedian - loop('vllm', 16, 0).ttftMedian).toBeCloseTo(0.75 * prefillSeconds, 9)
  })

  test('has a step as the median gap between tokens while fewer than ln 2 prompts come in a gap', () => {
    const {gapMedian, stepSeconds, tpotMedian} = loop('vllm', 64, 1)
    expect(gapMedian).toBe(stepSeconds)
    expect(tpotMedian).toBeGreaterThan(1.05 * stepSeconds)
  })

  test('has all but ln 2 of the prompts of a gap in the median one where there are many', () => {
    const {gapMedian, tpotMedian, prefillSeconds} = loop('vllm', 64, 1, 11)
    expect(tpotMedian - gapMedian).toBeCloseTo(Math.LN2 * prefillSeconds, 9)
  })
})

test('answers that vary by their own mean (exponential lengths) are twice as long when met in flight: a token sees all of the mean answer', () => {
  const serving = (answerVariance: number) => createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1), {...IDEAL, answerVariance})!
  const shape = {newTokens: 1000, cachedTokens: 500, outputTokens: 400}
  // Drawn: the token at which an answer in flight is met at random has so many before it on average.
  let [seen, tokens] = [0, 0]
  for (let draw = 0; draw < 20_000; draw++) {
    const length = -400 * Math.log(1 - (draw + 0.5) / 20_000)
    seen += length ** 2 / 2
    tokens += length
  }

  expect(meanContext(serving(0), shape)).toBe(1700)
  expect(meanContext(serving(1), shape)).toBe(1900)
  expect(seen / tokens).toBeCloseTo(400, -1)
})

describe('speculative decoding', () => {
  test.for([
    [{draftTokens: 1, acceptance: 0.5}, 1.5],
    [{draftTokens: 3, acceptance: 0.7}, 1 + 0.7 + 0.49 + 0.343],
    [{draftTokens: 4, acceptance: 0}, 1],
  ] as const)('%j yields %d tokens a pass', ([speculation, tokens]) => {
    expect(expectedTokens(speculation)).toBeCloseTo(tokens, 12)
  })

  test('bound by bandwidth, a pass costs the weights, the cache and what is drafted, and counts for all its tokens', () => {
    const model = facts.languageModel('Llama-3.1-70B')
    const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
    const speculation = {draftTokens: 2, acceptance: 0.6}
    const [plain, drafting] = [createServing(model, hardware, layout(8), IDEAL)!, createServing(model, hardware, layout(8), IDEAL, 1, speculation)!]
    const {body, head} = {body: plain.model.sharedBody, head: plain.model.head}
    const draftBytes = ((body / 80) * plain.format.sharedBits + head * plain.format.embeddingBits) / 8 / 8
    const before = {...decodeStep(plain, 1, 1000, newPassTime())}
    const after = decodeStep(drafting, 1, 1000, newPassTime())
    const latencies = 2 * 2 * plain.allReduceLatencySeconds + 160 * 2 * 8192 * 2 * plain.allReduceSecondsPerByte

    expect(after.total * 1.96).toBeCloseTo(before.total + (2 * draftBytes) / plain.weightBytesPerSecond + latencies, 7)
  })
})

describe('disaggregated serving', () => {
  const shape = {newTokens: 4000, cachedTokens: 0, outputTokens: 300}
  const serving = () => createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1), {...IDEAL, requestSeconds: 0.01})!

  test('tokens come at the pace of their own batch, whatever is prefilled', () => {
    const apart = closedLoop({...serving(), prefillersPerDecoder: 1}, shape, 8, newSteadyState())
    expect(apart.tpotMedian).toBe(apart.stepSeconds)
    expect(closedLoop(serving(), shape, 8, newSteadyState()).tpotMedian).toBeGreaterThan(apart.tpotMedian)
  })

  test('requests live as long as they wait, are prefilled, move and decode (Little)', () => {
    const state = closedLoop({...serving(), prefillersPerDecoder: 0.5, handOverSeconds: 0.05}, shape, 4, newSteadyState())
    const perDecoder = state.requestsPerSecond * 1.5
    expect(perDecoder * (state.ttftMedian + 299 * state.tpotMedian)).toBeCloseTo(6, 1)
  })

  test('never more than the prefillers can take in', () => {
    const state = closedLoop({...serving(), prefillersPerDecoder: 1 / 7}, shape, 400, newSteadyState())
    expect(state.requestsPerSecond * (8 / 7)).toBeLessThanOrEqual((1 / 7) / state.alone.total)
  })

  test('an open loop that the prefillers cannot take in does not keep up', () => {
    const one = serving()
    const {total} = closedLoop(one, shape, 1, newSteadyState()).alone
    expect(openLoop({...one, prefillersPerDecoder: 1}, shape, 0.4 / total, 1000, newSteadyState())).toBe(true)
    expect(openLoop({...one, prefillersPerDecoder: 1}, shape, 0.6 / total, 1000, newSteadyState())).toBe(false)
  })
})

describe('one batch at a time', () => {
  const shape = {newTokens: 4000, cachedTokens: 0, outputTokens: 300}
  const serving = () => ({...createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1), {...IDEAL, requestSeconds: 0.01, stepSeconds: 1e-3, queueShare: 0.3})!, staticBatch: true})
  const batchOf = (sequences: number) => closedLoop(serving(), shape, sequences, newSteadyState())

  test('the first tokens come after all prompts of the batch', () => {
    const state = batchOf(8)
    expect(state.ttftMedian).toBeCloseTo(0.01 + prefill(serving(), 4000, 0, 8, true, newPassTime()).total, 12)
    expect(state.ttftP99).toBe(state.ttftMedian)
  })

  test('no prompt stands between two tokens, and a batch lives as long as its prompts and 299 steps take', () => {
    const state = batchOf(8)
    expect(state.tpotMedian).toBe(state.stepSeconds)
    expect(state.requestsPerSecond * (state.ttftMedian + 299 * state.stepSeconds)).toBeCloseTo(8, 9)
  })

  test('more prompts make the first token later by as much as they take', () => {
    expect((batchOf(16).ttftMedian - 0.011) / (batchOf(8).ttftMedian - 0.011)).toBeCloseTo(2, 2)
  })

  test('a queue of work goes through batch by batch', () => {
    expect(saturated(serving(), shape, 8, newSteadyState()).requestsPerSecond).toBe(batchOf(8).requestsPerSecond)
  })
})

describe('what slows matmuls of a prompt', () => {
  const passOf = (model: string, how: Layout, factors: Partial<Factors>) => prefill(createServing(facts.languageModel(model), hardwareNamed(facts, 'h100-sxm-80gb', 1), how, {...IDEAL, ...factors})!, 8192, 0, 1, true, newPassTime())

  test('attention at half the rate of matmuls takes twice as long, everything else as long as before', () => {
    const [whole, half] = [passOf('Llama-3.1-8B', layout(1), {}), passOf('Llama-3.1-8B', layout(1), {promptAttention: 0.5})]
    expect(half.attention / whole.attention).toBeCloseTo(2, 12)
    expect(half.weights).toBe(whole.weights)
  })

  test.for([['Qwen/Qwen3-8B', 'fp8', true], ['Llama-3.1-8B', 'fp8', false], ['Qwen/Qwen3-8B', 'bf16', false]] as const)('%s in %s: scales by block %s', ([model, precision, slowed]) => {
    const [plain, scaled] = [passOf(model, layout(1, precision), {}), passOf(model, layout(1, precision), {blockScaling: 0.5})]
    if (slowed) expect(scaled.weights / plain.weights).toBeGreaterThan(1.8)
    else expect(scaled.weights).toBe(plain.weights)
  })

  test('a compiled program launches nothing: the host no longer holds a short prompt up', () => {
    const slow = {...IDEAL, launchLayerSeconds: 1e-3}
    const pass = (factors: Factors) => prefill(createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1), factors)!, 16, 0, 1, true, newPassTime()).total
    expect(pass(slow)).toBeCloseTo(32e-3, 9)
    expect(pass(asProgram(slow))).toBe(pass(IDEAL))
    expect([runsAsProgram('tensorrt-llm', '0.9.0'), runsAsProgram('tensorrt-llm', '1.2.0rc6'), runsAsProgram('neuron'), runsAsProgram('vllm', '0.12.0')]).toEqual([true, false, true, false])
  })

  test('an eager runtime launches every step: 32 layers of 1 ms, 1.8 times as many launches where weights are unpacked', () => {
    const step = (runtime: string, precision = 'bf16') => decodeStep(createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h100-sxm-80gb', 1), layout(1, precision, runtime), {...IDEAL, launchLayerSeconds: 1e-3})!, 1, 100, newPassTime())
    expect(step('pytorch').total).toBeCloseTo(32e-3, 9)
    expect(step('pytorch', 'nf4').total).toBeCloseTo(57.6e-3, 9)
    expect(step('vllm').total).toBeLessThan(6e-3)
    const {weights, experts, attention, link, overhead, total} = step('pytorch')
    expect(weights + experts + attention + link + overhead).toBeCloseTo(total, 12)
  })

  test('llama.cpp writes 4.85 bits out as 16 and reads them again for every 512 tokens of a prompt, but not on Metal', () => {
    const weights = (accelerator: string, tokens: number, precision = 'int4') => prefill(createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, accelerator, 1), layout(1, precision, 'llama.cpp'), IDEAL)!, tokens, 0, 1, false, newPassTime()).weights
    const model = facts.languageModel('Llama-3.1-8B')
    const bytes = (model.parameters - 2 * model.vocab * model.hidden) * (4.85 / 8 + 4)
    const {memoryBandwidthBytesPerSecond} = hardwareNamed(facts, 'rtx-4090-24gb', 1).accelerator

    expect(weights('rtx-4090-24gb', 512) - weights('rtx-4090-24gb', 512, 'fp16')).toBeCloseTo(bytes / memoryBandwidthBytesPerSecond, 9)
    expect(weights('rtx-4090-24gb', 1024) - weights('rtx-4090-24gb', 1024, 'fp16')).toBeCloseTo((2 * bytes) / memoryBandwidthBytesPerSecond, 9)
    expect(weights('apple-m3-max', 512)).toBe(weights('apple-m3-max', 512, 'fp16'))
  })

  describe('Neuron', () => {
    const onChips = (chips: number, model: string) => createServing(facts.languageModel(model), hardwareNamed(facts, chips === 16 ? 'trainium1-32gb' : 'inferentia2-32gb', chips), layout(chips, 'bf16', 'neuron'), IDEAL)!

    test('reads the smallest shape that holds the context: 2,048 tokens of 4,096, 1,024 of 2,048, and so on', () => {
      const half = 2048 * 4096 + 1024 * 2048 + 512 * 1024 + 256 * 512 + 128 * 256
      expect(meanContext(onChips(12, 'Llama-3-8B'), {newTokens: 128, cachedTokens: 0, outputTokens: 3968})).toBe(half / 3968)
      expect(meanContext(onChips(12, 'Llama-3-8B'), {newTokens: 4096, cachedTokens: 0, outputTokens: 4096})).toBe(8192)
      expect(meanContext(idealServing('Llama-3-8B', 'h100-sxm-80gb', 1, layout(1)), {newTokens: 128, cachedTokens: 0, outputTokens: 3968})).toBe(2112)
    })

    test('the token in the middle of a long answer takes longer than they do on average: AWS says 8 a 15.22 ms, and 649 a second', () => {
      const state = closedLoop({...onChips(12, 'Llama-3-8B'), staticBatch: true}, {newTokens: 128, cachedTokens: 0, outputTokens: 8064}, 8, newSteadyState())
      expect(state.requestsPerSecond * 8064 * state.tpotMedian / 8).toBeGreaterThan(1.1)
      expect(state.requestsPerSecond * 8064 * state.tpotMedian / 8).toBeLessThan(649 * 15.22e-3 / 8 + 0.05)
    })

    test('fills heads up to as many on each of its two cores a chip, and keeps keys and values of each', () => {
      // Llama 3 8B: 32 heads are 48 on 24 cores, four to a chip, and 32 on 32 cores, two to a chip; 70B: 64 are 72, six to a chip; Falcon's one set is on every core.
      const kept = (chips: number, model: string) => onChips(chips, model).kvBytesPerToken / (facts.languageModel(model).layers * 2 * facts.languageModel(model).headDim * 2)
      expect([kept(12, 'Llama-3-8B'), kept(16, 'Llama-3-8B'), kept(12, 'Llama-3-70B'), kept(12, 'Llama-2-7b')]).toEqual([4, 2, 6, 4])
    })

    test('reads the weights of the heads that it adds, and holds them', () => {
      const model = facts.languageModel('Llama-3-8B')
      const added = (2 * (48 - 32) + 2 * (48 - 8)) * model.hidden * model.headDim * model.layers * 2
      const plain = createServing(model, hardwareNamed(facts, 'inferentia2-32gb', 12), layout(12, 'bf16'), IDEAL)!
      const neuron = onChips(12, 'Llama-3-8B')
      expect((neuron.sharedReadBytes - plain.sharedReadBytes) * 12).toBeCloseTo(added, -1)
      expect((neuron.weightBytes - plain.weightBytes) * 12).toBeCloseTo(added, -1)
    })

    test('compiles prompts for 128 tokens and its doubles', () => {
      const seconds = (tokens: number) => prefill(onChips(12, 'Llama-3-8B'), tokens, 0, 1, true, newPassTime()).total
      expect([seconds(1), seconds(100)]).toEqual([seconds(128), seconds(128)])
      expect(seconds(129)).toBe(seconds(256))
      expect(seconds(256)).toBeGreaterThan(seconds(128))
    })
  })

  test('a checkpoint that asks for an FP8 cache gets one where the runtime would keep 16 bit', () => {
    const bytes = (how: Layout) => createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, 'h200-sxm-141gb', 1), how, IDEAL)!.kvBytesPerToken
    expect(bytes({...layout(1, 'fp8'), cacheInFp8: true}) / bytes(layout(1, 'fp8'))).toBe(0.5)
  })
})

describe('the power limit of a board', () => {
  const rate = (accelerator: string, computeWatts: number): number => createServing(facts.languageModel('Llama-3.1-8B'), hardwareNamed(facts, accelerator, 1), layout(1), {...IDEAL, computeWatts, clockExponent: 0.5})!.sharedFlopsPerSecond

  test('835.5 TFLOP/s at 2 W each on 400 W run at the root of 400 ÷ 1671 of the clock', () => {
    expect(rate('h100-nvl-94gb', 2) / 835.5e12).toBeCloseTo(Math.sqrt(400 / 1671), 2)
  })

  test('the corner is round: where as much is wanted as is allowed, 2^(−1/8) of the clock is left', () => {
    expect(rate('h100-nvl-94gb', 400 / 835.5) / 835.5e12).toBeCloseTo(2 ** -0.125, 9)
  })

  test('a board with room runs at the printed rate', () => {
    expect(rate('h100-sxm-80gb', 0.1) / 989.4e12).toBeCloseTo(1, 4)
  })
})

test('at a measured speed every pass takes that much less', () => {
  const hardware = hardwareNamed(facts, 'h100-sxm-80gb', 8)
  const factors = {...IDEAL, layerSeconds: 20e-6, stepSeconds: 1e-3, sequenceSeconds: 1e-5, collectiveSeconds: 5e-6, launchLayerSeconds: 1e-4, requestSeconds: 0.02, queueShare: 0.1}
  const state = (speed: number) => closedLoop(createServing(facts.languageModel('Llama-3.1-70B'), hardware, layout(8), factors, speed)!, {newTokens: 1000, cachedTokens: 0, outputTokens: 100}, 16, newSteadyState())
  const [plain, faster] = [state(1), state(2.5)]
  for (const key of ['ttftMedian', 'ttftP99', 'tpotMedian', 'tpotP99', 'stepSeconds', 'prefillSeconds'] as const) expect(plain[key] / faster[key]).toBeCloseTo(2.5, 9)
  expect(faster.requestsPerSecond / plain.requestsPerSecond).toBeCloseTo(2.5, 9)
})

test('prefill of 2,048 tokens costs 2 FLOP · parameters a token and 4 · heads · head size · context of attention', () => {
  const serving = idealServing('Llama-3.1-8B', 'h100-sxm-80gb', 1, layout(1))
  const model = facts.languageModel('Llama-3.1-8B')
  const body = model.parameters - 2 * model.vocab * model.hidden
  const flops = 2 * 2048 * body + 2 * model.vocab * model.hidden + 2048 * 4 * 32 * 128 * 32 * 1024
  expect(prefill(serving, 2048, 0, 1, true, newPassTime()).flops).toBeCloseTo(flops, -9)
  expect(prefill(serving, 2048, 0, 1, true, newPassTime()).total).toBeCloseTo(flops / 989.4e12, 4)
})

describe('steady state', () => {
  const shape = {newTokens: 1000, cachedTokens: 0, outputTokens: 200}

  test('of a closed loop: requests in flight ÷ life, life = prefill + 199 steps + the prefills of the others', () => {
    const serving = idealServing('Llama-3.1-8B', 'h100-sxm-80gb', 1, layout(1))
    const state = closedLoop(serving, shape, 16, newSteadyState())
    const life = state.ttftMedian + 199 * state.tpotMedian
    expect(state.requestsPerSecond * life).toBeCloseTo(16, 6)
    expect(life).toBeGreaterThan(199 * state.stepSeconds + 16 * state.prefillSeconds)
  })

  test('of an open loop obeys Little: sequences in flight = rate · time they decode', () => {
    const serving = idealServing('Llama-3.1-8B', 'h100-sxm-80gb', 1, layout(1))
    const state = newSteadyState()
    expect(openLoop(serving, shape, 20, 512, state)).toBe(true)
    expect(state.inFlight).toBeCloseTo(20 * 199 * state.tpotMedian, 1)
  })

  test('of an open loop beyond saturation does not exist', () => {
    const serving = idealServing('Llama-3.1-8B', 'h100-sxm-80gb', 1, layout(1))
    const limit = saturated(serving, shape, 512, newSteadyState()).requestsPerSecond
    expect(openLoop(serving, shape, limit * 1.1, 512, newSteadyState())).toBe(false)
    expect(openLoop(serving, shape, limit * 0.8, 512, newSteadyState())).toBe(true)
  })
})

describe('busy shares of a pipeline', () => {
  const shape = {newTokens: 1, cachedTokens: 0, outputTokens: 10_001}
  const shares = (pp: number, inFlight: number) => {
    const serving = idealServing('Llama-3.1-70B', 'h200-sxm-141gb', pp, layout(1, 'bf16', 'vllm', {pp}))
    const state = closedLoop(serving, shape, inFlight, newSteadyState())
    return {state, load: loadOf(serving, state, state.requestsPerSecond, shape)}
  }

  test('with 64 sequences in 4 stages: 4 microbatches of 16 in a pass, each a quarter of the weights and of 16 caches', () => {
    const {state, load} = shares(4, 64)
    const model = facts.languageModel('Llama-3.1-70B')
    const accelerator = hardwareNamed(facts, 'h200-sxm-141gb', 1).accelerator
    // Mean context 1 + 10,001 ÷ 2; 327,680 B a token.
    const bytes = ((model.parameters - model.vocab * model.hidden) * 2 + 16 * 327_680 * 5001.5) / 4
    const passesPerSecond = (state.requestsPerSecond * 10_000) / 64
    expect(load.memoryShare).toBeCloseTo((4 * passesPerSecond * bytes) / accelerator.memoryBandwidthBytesPerSecond, 3)
  })

  test('all stages are busy once each has a microbatch, and a quarter of the time with one sequence', () => {
    expect(shares(1, 64).load.memoryShare).toBeGreaterThan(0.99)
    expect(shares(4, 64).load.memoryShare).toBeGreaterThan(0.95)
    expect(shares(4, 1).load.memoryShare).toBeCloseTo(0.25, 1)
    // Two in four stages: half of them wait.
    expect(shares(4, 2).load.memoryShare).toBeCloseTo(0.5, 1)
  })

  test('compute follows: FLOP of the tokens a second ÷ four cards', () => {
    const {state, load} = shares(4, 64)
    const model = facts.languageModel('Llama-3.1-70B')
    const perToken = 2 * (model.parameters - model.vocab * model.hidden) + 4 * model.heads * model.headDim * 80 * 5001.5
    expect(load.computeShare).toBeCloseTo((state.requestsPerSecond * 10_000 * perToken) / (4 * 989.4e12), 3)
  })
})

test('the assumed goal is MLPerf’s: 2 s at 294 tokens, 6 s at 9,400', () => {
  expect(assumedGoalSeconds(294)).toEqual({ttft: 2, tpot: 0.2})
  expect(assumedGoalSeconds(9400).ttft).toBe(6)
})

test.for([
  [8, 1, 2, 1, 4],
  [10, 1, 8, 1, 1],
  [10, 1, 4, 1, 2],
  [8, 2, 8, 2, 1],
  [8, 3, 8, 2, 1],
  [8, 2, 4, 3, 1],
  [1, 4, 1, 2, 2],
])('%d accelerators on %d nodes hold, at tp %d and pp %d, %d replicas', ([perNode, nodes, tp, pp, replicas]) => {
  const hardware = {...hardwareNamed(facts, 'h100-pcie-80gb', 1), acceleratorsPerNode: perNode ?? 1, nodes: nodes ?? 1}
  expect(replicasThatFit(hardware, tp ?? 1, pp ?? 1)).toBe(replicas)
})

describe('prompts beside answers', () => {
  const shape = {newTokens: 200, cachedTokens: 0, outputTokens: 400}
  const state = (runtime: string, inFlight: number, prompt = 200) => {
    const serving = idealServing('Llama-3.1-8B', 'h100-sxm-80gb', 1, layout(1, 'bf16', runtime))
    return closedLoop(serving, {...shape, newTokens: prompt}, inFlight, newSteadyState())
  }

  test('a prompt that is multiplied while the weights are read anyway costs the others nothing', () => {
    const {added, step, prefillSeconds} = state('vllm', 8)
    // 200 · 7.5e9 · 2 FLOP at 989 TFLOP/s take 3.0 ms, the 15 GB of weights at 3.35 TB/s 4.5 ms.
    expect(added.weights).toBeLessThan(step.spare)
    expect(prefillSeconds).toBeCloseTo(added.total - added.weights, 12)
  })

  test('a longer one what the reading does not hide', () => {
    const {added, step, prefillSeconds} = state('vllm', 8, 4000)
    expect(prefillSeconds).toBeCloseTo(added.total - step.spare, 12)
  })

  test('in passes of its own all of it', () => {
    const {added, prefillSeconds} = state('sglang', 8)
    expect(prefillSeconds).toBe(added.total)
  })
})

test('what a mixture keeps in 16 bit is multiplied in 16 bit', () => {
  const hardware = hardwareNamed(facts, 'b200-sxm-180gb', 8)
  const serving = createServing(facts.languageModel('DeepSeek-V3'), hardware, layout(8, 'nvfp4'), IDEAL)!
  expect(serving.sharedFlopsPerSecond).toBe(serving.wideFlopsPerSecond)
  const dense = createServing(facts.languageModel('Llama-3.1-70B'), hardware, layout(8, 'nvfp4'), IDEAL)!
  expect(dense.sharedFlopsPerSecond / dense.wideFlopsPerSecond).toBeCloseTo(hardware.accelerator.peakFlops.fp4! / hardware.accelerator.peakFlops.bf16!, 6)
})

describe('what watts follow from', () => {
  const traffic = {inputTokens: 500, outputTokens: 200, concurrency: 16}
  const configuration = {runtime: 'vllm', precision: 'bf16', tp: 8, pp: 1, ep: 1, dp: 1}
  const work = (speculative?: Record<string, number>) =>
    perform(facts, {model: 'Llama-3.1-70B', traffic, ...(speculative === undefined ? {} : {speculative})}, hardwareNamed(facts, 'h100-sxm-80gb', 8), configuration)

  test('a pass of drafts reads weights once for all the tokens it yields', () => {
    const [plain, drafting] = [work(), work({draftTokens: 3, acceptance: 0.8})]
    const perToken = ({load, throughput}: typeof plain): number => load.work!.bytesShare / throughput.value!.p50
    // (1 − 0.8⁴) ÷ 0.2 = 2.95 tokens a pass; prompts are read as before.
    expect(perToken(plain) / perToken(drafting)).toBeGreaterThan(2)
    expect(perToken(plain) / perToken(drafting)).toBeLessThan(2.96)
    expect(drafting.load.work!.activeShare).toBeLessThan(1)
  })

  test('an accelerator is awake while it computes and exchanges and for half of the small kernels, not while launches or the host hold it up', () => {
    const shape = {newTokens: 1, cachedTokens: 500, outputTokens: 200}
    const activeOf = (runtime: string, tp: number, factors: Partial<Factors>): {active: number; step: ReturnType<typeof newPassTime>} => {
      const serving = createServing(facts.languageModel('Llama-3.1-70B'), hardwareNamed(facts, 'h100-sxm-80gb', 8), layout(tp, 'bf16', runtime), {...IDEAL, ...factors})!
      const state = closedLoop(serving, shape, 1, newSteadyState())
      // Of one step: the prompt's token is a two-hundredth of the work.
      return {active: (loadOf(serving, state, 1 / (199 * 1e3), shape).work!.activeShare * 199 * 1e3) / 199, step: state.step}
    }
    const sum = ({weights, attention, link}: ReturnType<typeof newPassTime>): number => weights + attention + link
    const busy = activeOf('vllm', 8, {})
    const [small, host, eager] = [activeOf('vllm', 8, {layerSeconds: 1e-4}), activeOf('vllm', 8, {stepSeconds: 0.01}), activeOf('pytorch', 8, {launchLayerSeconds: 1e-3})]

    expect(busy.step.link).toBeGreaterThan(0)
    expect(busy.active).toBeCloseTo(sum(busy.step), 3)
    expect(small.active - busy.active).toBeCloseTo(0.5 * 80 * 1e-4, 6)
    expect(host.active).toBeCloseTo(busy.active, 9)
    expect(eager.active).toBeCloseTo(busy.active, 9)
  })
})

describe('the lines of the time budget', () => {
  test.for([
    ['Llama-3.1-70B', 'bf16', {tp: 4, pp: 2, ep: 1}, undefined],
    ['DeepSeek-V3', 'fp8', {tp: 1, pp: 1, ep: 8, dp: 8}, undefined],
    ['Llama-3.1-70B', 'bf16', {tp: 8, pp: 1, ep: 1}, {draftTokens: 3, acceptance: 0.8}],
  ] as const)('of %s in %s on %j sum to the median TPOT', ([model, precision, how, speculative]) => {
    const hardware = hardwareNamed(facts, 'h200-sxm-141gb', 8)
    const performance = perform(facts, {model, traffic: {inputTokens: 500, outputTokens: 200, concurrency: 16}, ...(speculative === undefined ? {} : {speculative})}, hardware, {runtime: 'sglang', precision, ...how})
    const sum = performance.operators.filter(({name}) => name.startsWith('decode step')).reduce((total, {seconds}) => total + seconds, 0)
    expect(sum).toBeCloseTo(performance.latency!.tpotSeconds.median.p50, 6)
  })
})

describe('a run of given requests under a goal for the first token', () => {
  const run = (requests: number, ttft: string) =>
    perform(facts, {model: 'Llama-3.1-8B', traffic: {inputTokens: 500, outputTokens: 200, mode: 'offline', requests}, slo: {ttft}}, hardwareNamed(facts, 'h100-sxm-80gb', 1), {runtime: 'vllm', precision: 'bf16', tp: 1, pp: 1, dp: 1})
  const alone = () => perform(facts, {model: 'Llama-3.1-8B', traffic: {inputTokens: 500, outputTokens: 200, concurrency: 1}}, hardwareNamed(facts, 'h100-sxm-80gb', 1), {runtime: 'vllm', precision: 'bf16', tp: 1, pp: 1, dp: 1})

  test('takes a single request as long as it takes by itself', () => {
    const {ttftSeconds, tpotSeconds} = alone().latency!
    const seconds = ttftSeconds.median.p50 + 199 * tpotSeconds.median.p50
    const tight = `${Math.ceil(ttftSeconds.p99.p50 * 1.05e3)} ms`
    for (const goal of [tight, '10 s']) {
      const {p50} = run(1, goal).workSeconds!
      expect(p50 / seconds).toBeGreaterThan(0.9)
      expect(p50 / seconds).toBeLessThan(1.1)
    }
  })

  test('is never slower than one after another, and faster where the goal allows', () => {
    const {ttftSeconds, tpotSeconds} = alone().latency!
    const seconds = ttftSeconds.median.p50 + 199 * tpotSeconds.median.p50
    expect(run(100, `${Math.ceil(ttftSeconds.p99.p50 * 1.05e3)} ms`).workSeconds!.p50).toBeLessThanOrEqual(100 * seconds * 1.001)
    expect(run(100, '2 s').workSeconds!.p50).toBeLessThan(10 * seconds)
  })
})

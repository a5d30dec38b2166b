import type {Accelerator, LanguageModel} from '../../catalog/schema.ts'
import type {Calibration, Spread} from '../../performance/calibration.ts'
import type {Confidence} from '../../performance/types.ts'
import {isMixture} from '../llm/architecture.ts'

/** The kind's name in data/calibration.json. */
const SERVING_KIND = 'llm-inference'

/**
 * What separates hardware as printed from hardware as measured. Few, and each has a physical meaning; values are fitted by
 * scripts/calibrate/llm-inference.ts and stand in data/calibration.json. The ones below stand in where a row is missing.
 */
export interface Factors {
  /** Share of the dense peak that large matmuls of 16-bit, 8-bit and 4-bit operands reach. */
  readonly compute16: number
  readonly compute8: number
  readonly compute4: number
  /** Watts that matmuls at the printed rate draw for each dense 16-bit TFLOP/s of it: a board allowed less lowers its clock. */
  readonly computeWatts: number
  /** By what power of the watts allowed ÷ those wanted the clock falls. */
  readonly clockExponent: number
  /** What one scale per block of an 8-bit matrix leaves of the rate of one scale per matrix: partial sums are scaled between tiles. */
  readonly blockScaling: number
  /** Rate at which a prompt attends to itself ÷ that of 16-bit matmuls: softmax stands between two products. */
  readonly promptAttention: number
  /** Share of the memory bandwidth at which weights stream in. */
  readonly weightBandwidth: number
  /** What unpacking and scaling of 8-bit and 4-bit weights leave of it. */
  readonly weightBandwidth8: number
  readonly weightBandwidth4: number
  /** Share of the memory bandwidth at which attention reads the KV cache. */
  readonly kvBandwidth: number
  /** What routing, gathering and uneven experts leave of the bandwidth and of the matmul rate in a mixture's experts. */
  readonly expertBandwidth: number
  /** What 8-bit and 4-bit experts keep of that bandwidth. */
  readonly expertBandwidth8: number
  readonly expertBandwidth4: number
  readonly expertCompute: number
  /** Rows (tokens) of a matmul at which half of its rate is lost: tiles are computed whole, however few of their rows are filled. */
  readonly matmulRows: number
  /** Tokens of a batch that choose their experts by themselves, as a share: the rest follows the others (topics, repeated words), so that fewer experts are hit. */
  readonly routingSpread: number
  /** Columns of an expert's matrices at which half of those rates is lost: narrow ones (cut by tensor parallelism) are over before a kernel is under way. */
  readonly expertColumns: number
  /** Share of a link's nominal rate that collectives reach. */
  readonly link: number
  /** Seconds of one all-reduce beyond the transfer, on top of the link's own latency. */
  readonly collectiveSeconds: number
  /** Seconds per layer that no roofline explains: launches and small kernels (norms, rotary, routing). */
  readonly layerSeconds: number
  /** The same on top where operands are quantised before each matmul. */
  readonly quantiseLayerSeconds: number
  /** The same for a layer of experts, on top. */
  readonly mixtureLayerSeconds: number
  /** Seconds per layer that the host takes to launch its kernels one by one, beside the accelerator's work: of prompts, and of every step where decoding does not replay captured graphs. */
  readonly launchLayerSeconds: number
  /** Seconds per decode step of host work: scheduling, sampling, output. */
  readonly stepSeconds: number
  /** The same per sequence of the batch. */
  readonly sequenceSeconds: number
  /** Seconds from arrival to the first token that are no work of the accelerator: request handling, tokenising, scheduling. */
  readonly requestSeconds: number
  /**
   * Prefills that stand before one's own because many start together: queueShare · (others in flight)^queueExponent of those that the order of
   * the engine's work leaves so (IN_STEP in steady-state.ts). An exponent of 1 = all of them, ½ = independent users, whose numbers fluctuate as a square root.
   */
  readonly queueShare: number
  readonly queueExponent: number
  /** Squared coefficient of variation of the lengths of real answers: long ones are in flight for longer, so that a token sees a longer context than half of the mean answer. */
  readonly answerVariance: number
  /** Ranks that repeat attention and share experts pass in step: seconds of a pass ÷ those of a rank on its own. */
  readonly lockstep: number
  /** Decode steps that a request waits before such ranks take it in, so that all of them have a prompt at a time (TensorRT-LLM's attention_dp_config). */
  readonly balanceSteps: number
}

/** Quantity in data/calibration.json → stand-in where the table has no row at all, and the start of the fit: round figures near what was found, marked `computed`. */
export const QUANTITIES = {
  compute16: ['compute', 0.6],
  compute8: ['compute-8bit', 0.55],
  compute4: ['compute-4bit', 0.6],
  computeWatts: ['compute-watts', 0.6],
  clockExponent: ['clock-exponent', 0.5],
  blockScaling: ['block-scaling', 0.85],
  promptAttention: ['prompt-attention', 0.6],
  weightBandwidth: ['memory-bandwidth', 0.75],
  weightBandwidth8: ['memory-bandwidth-8bit', 0.8],
  weightBandwidth4: ['memory-bandwidth-4bit', 0.7],
  kvBandwidth: ['kv-bandwidth', 0.75],
  expertBandwidth: ['expert-bandwidth', 0.8],
  expertBandwidth8: ['expert-bandwidth-8bit', 0.8],
  expertBandwidth4: ['expert-bandwidth-4bit', 0.8],
  expertCompute: ['expert-compute', 0.6],
  matmulRows: ['matmul-rows', 64],
  routingSpread: ['routing-spread', 0.4],
  expertColumns: ['expert-columns', 40],
  link: ['link', 0.5],
  collectiveSeconds: ['collective-seconds', 4e-6],
  layerSeconds: ['layer-seconds', 30e-6],
  quantiseLayerSeconds: ['quantise-layer-seconds', 5e-6],
  mixtureLayerSeconds: ['mixture-layer-seconds', 30e-6],
  launchLayerSeconds: ['launch-layer-seconds', 0.5e-3],
  stepSeconds: ['step-seconds', 0.5e-3],
  sequenceSeconds: ['sequence-seconds', 20e-6],
  requestSeconds: ['request-seconds', 50e-3],
  queueShare: ['queue-share', 1],
  queueExponent: ['queue-exponent', 1],
  answerVariance: ['answer-variance', 0.5],
  lockstep: ['lockstep', 1.15],
  balanceSteps: ['balance-steps', 10],
} as const satisfies Partial<Record<keyof Factors, readonly [string, number]>>

export type FactorName = keyof typeof QUANTITIES

const cache = new WeakMap<Calibration, Map<string, Factors>>()

/** A runtime in a version of its own: `vllm@0.11`. */
export const versioned = (runtime: string, version: string | undefined): string => (version === undefined ? runtime : `${runtime}@${version}`)

/** The factors of a runtime (in a version) on an architecture; looked up once per calibration. */
export function factorsOf(calibration: Calibration, accelerator: Pick<Accelerator, 'architecture' | 'vendor'>, runtime: string): Factors {
  let known = cache.get(calibration)
  if (known === undefined) cache.set(calibration, (known = new Map()))
  const key = `${accelerator.architecture} ${runtime}`
  let factors = known.get(key)
  if (factors === undefined) known.set(key, (factors = lookUp(calibration, accelerator, runtime)))
  return factors
}

function lookUp(calibration: Calibration, {architecture, vendor}: Pick<Accelerator, 'architecture' | 'vendor'>, runtime: string): Factors {
  const values: Record<string, number> = {}
  for (const [name, [quantity, standIn]] of Object.entries(QUANTITIES)) {
    values[name] = calibration.lookup(SERVING_KIND, quantity, architecture, runtime, vendor)?.value ?? standIn
  }
  return values as Record<FactorName, number>
}

/** First tokens: of one request alone; of several in flight; and those that are a wait for the most part, for how long nobody knows well. */
export type FirstToken = 'ttft-alone' | 'ttft' | 'ttft-queued'

/** Where measurements lie around the predictions for a model on an accelerator, and what the predictions rest on. */
export interface ServingSpreads {
  readonly throughput: Spread
  readonly tpot: Spread
  readonly firstToken: Readonly<Record<FirstToken, Spread>>
  readonly basis: Confidence
}

/** Names of the spreads in data/calibration.json. Which experts are hit, and how evenly, makes mixtures less sure than dense models. */
export const SPREAD_METRICS = ['throughput', 'throughput-mixture', 'tpot', 'tpot-mixture', 'ttft-alone', 'ttft', 'ttft-queued'] as const
export type SpreadMetric = (typeof SPREAD_METRICS)[number]

export const metricOf = (figure: 'throughput' | 'tpot', model: LanguageModel): SpreadMetric => (isMixture(model) ? `${figure}-mixture` : figure)

const spreadCache = new WeakMap<Calibration, Map<string, ServingSpreads>>()

export function spreadsOf(calibration: Calibration, accelerator: Accelerator, model: LanguageModel): ServingSpreads {
  let known = spreadCache.get(calibration)
  if (known === undefined) spreadCache.set(calibration, (known = new Map()))
  const key = `${accelerator.id} ${model.id}`
  let spreads = known.get(key)
  if (spreads === undefined) {
    const distance = calibration.distance(SERVING_KIND, accelerator, model.id)
    const of = (metric: SpreadMetric): Spread => calibration.spread(SERVING_KIND, metric, distance)
    spreads = {
      throughput: of(metricOf('throughput', model)), tpot: of(metricOf('tpot', model)),
      firstToken: {'ttft-alone': of('ttft-alone'), ttft: of('ttft'), 'ttft-queued': of('ttft-queued')},
      basis: distance === 'none' ? 'computed' : 'calibrated',
    }
    known.set(key, spreads)
  }
  return spreads
}

/** Overheads; everything else of `QUANTITIES` is a share or a size and stays what it is, or a rate, below. */
const SECONDS = ['collectiveSeconds', 'layerSeconds', 'quantiseLayerSeconds', 'mixtureLayerSeconds', 'launchLayerSeconds', 'stepSeconds', 'sequenceSeconds', 'requestSeconds'] as const satisfies readonly FactorName[]
const RATES = ['compute16', 'compute8', 'compute4', 'weightBandwidth', 'kvBandwidth', 'link'] as const satisfies readonly FactorName[]

const scaled = new WeakMap<Factors, Map<number, Factors>>()

/** The same runtime on hardware that does everything `speed` times as fast. */
export function atSpeed(factors: Factors, speed: number): Factors {
  let known = scaled.get(factors)
  if (known === undefined) scaled.set(factors, (known = new Map()))
  let faster = known.get(speed)
  if (faster === undefined) {
    const changed: Partial<Record<FactorName, number>> = {}
    for (const name of RATES) changed[name] = factors[name] * speed
    for (const name of SECONDS) changed[name] = factors[name] / speed
    known.set(speed, (faster = {...factors, ...changed}))
  }
  return faster
}

/** Compiled as a whole, or written in C++: launches cost the host next to nothing. */
const PROGRAMS: ReadonlySet<string> = new Set(['neuron', 'jetstream', 'llama.cpp', 'mlx'])
/** TensorRT-LLM built an engine out of the whole network until 1.0; since then PyTorch launches it. */
export const runsAsProgram = (runtime: string, version = ''): boolean => PROGRAMS.has(runtime) || (runtime === 'tensorrt-llm' && version.startsWith('0.'))

/** Engines whose host prepares the next step while the accelerator is at this one, by default. */
const OVERLAPPED_HOST: ReadonlySet<string> = new Set(['tensorrt-llm', 'sglang', 'vllm'])
/** TensorRT-LLM's overlap scheduler (and the C++ that came before it), SGLang's zero-overhead scheduler, and vLLM's asynchronous one since 0.14 (vllm-project/vllm 27614). */
export const overlapsHost = (runtime: string, version = ''): boolean => OVERLAPPED_HOST.has(runtime) && !(runtime === 'vllm' && /^0\.(?:\d|1[0-3])(?!\d)/.test(version))

/**
 * TensorRT-LLM's decoding read keys and values once per query head, although several share them, until its kernels of January 2024 (0.8), which it
 * announced as 2.4 times the throughput for Llama 70B, whose heads share by eight. Until those that are compiled as they are asked for (0.11), they came
 * for groups of eight alone: `nqpkv_8` in their files' names.
 */
export const readsCachePerHead = (runtime: string, version: string | undefined, headsPerGroup: number): boolean =>
  runtime === 'tensorrt-llm' && version !== undefined && (/^0\.[0-7](?!\d)/.test(version) || (headsPerGroup !== 8 && /^0\.(?:8|9|10)(?!\d)/.test(version)))

/** The same factors but for some; made once for each, so that they can be told apart by identity. */
function changing(change: Partial<Factors>): (factors: Factors) => Factors {
  const known = new WeakMap<Factors, Factors>()
  return factors => {
    let changed = known.get(factors)
    if (changed === undefined) known.set(factors, (changed = {...factors, ...change}))
    return changed
  }
}

/** Prompts run as one program: nothing is launched layer by layer from the host. */
export const asProgram = changing({launchLayerSeconds: 0})

/** Requests that no other is in step with. */
export const outOfStep = changing({queueShare: 0})

/** Answers as long as each other. */
export const ofOneLength = changing({answerVariance: 0})

/** The engine alone, called in its own process. */
export const withoutServer = changing({requestSeconds: 0})

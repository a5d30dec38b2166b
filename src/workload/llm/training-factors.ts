import type {Accelerator} from '../../catalog/schema.ts'
import type {Calibration, Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import {peakFlops} from '../../performance/peak.ts'

/**
 * What the calibration says about training on one architecture with one runtime. Every factor has a meaning in the
 * formulas of docs/models/llm-training.md; nothing here is a share of peak for a whole model.
 */
export interface TrainingFactors {
  /** Rate of large matmuls ÷ the sustained matmul rate (or 0.8 of dense peak where none was measured), by architecture. */
  readonly compute: number
  /** The same for 8-bit and 4-bit formats: scaling and casting eat part of the gain. */
  readonly lowPrecisionCompute: number
  /** What the runtime's kernels reach of that. */
  readonly software: number
  /** Rate of the attention kernel ÷ rate of large matmuls. */
  readonly attention: number
  /** Rate of grouped expert matmuls (with routing and permutation) ÷ rate of large matmuls. */
  readonly mixture: number
  /** Bytes of elementwise work ÷ the formula: what a runtime's kernels read and write more than once. */
  readonly elementwise: number
  /** Bytes that layers with a state move ÷ the formula: their scans are far from fused, backward above all. */
  readonly recurrent: number
  /** Achieved ÷ nominal memory bandwidth of everything that is not a matmul; unfused elementwise kernels count against it. */
  readonly memoryBandwidth: number
  /** Achieved ÷ nominal rate of collectives inside a node and between nodes. */
  readonly link: number
  readonly network: number
  /** Share of data-parallel communication that hides behind computation when there is enough of it. */
  readonly overlap: number
  /** Share of tensor-parallel communication that hides. */
  readonly tensorOverlap: number
  /** Host seconds per layer, forward and backward of one micro-batch: kernels are launched one by one. */
  readonly layerOverheadSeconds: number
  /** The same on top for a layer of experts: routing, sorting, counting tokens. */
  readonly mixtureOverheadSeconds: number
  /** The same on top where weights are gathered layer by layer (stage 3): hooks around each layer gather, free and reduce. */
  readonly shardingOverheadSeconds: number
  /** Host seconds per optimizer step. */
  readonly stepOverheadSeconds: number
  /** Rate at which frozen 4-bit weights are unpacked ÷ memory bandwidth. */
  readonly dequantise: number
  /** Saved activations ÷ the formula. */
  readonly activationMemory: number
  /** Bytes of logits and their gradient per token and vocabulary entry: up to 16-bit logits (2), a 32-bit copy (4) and the gradient in both (2 + 2); fused losses overwrite. */
  readonly lossBytes: number
  /** GiB that context and collectives take. */
  readonly reserveGib: number
  /** Holes that the allocator leaves ÷ memory of activations and logits. */
  readonly fragmentation: number
  /** Hours of steps ÷ published hours of whole runs: failures, restarts, evaluation, ramp-up, and software that was slower at first. */
  readonly runShare: number
}

/** Used where no calibration row exists at all: cautious figures, marked as assumed. */
export const ASSUMED_FACTORS = {
  compute: 0.9,
  'low-precision-compute': 0.75,
  software: 0.9,
  attention: 0.6,
  mixture: 0.5,
  elementwise: 1,
  recurrent: 2,
  'memory-bandwidth': 0.6,
  link: 0.75,
  network: 0.7,
  overlap: 0.8,
  'tensor-overlap': 0.2,
  'mixture-overhead-seconds': 6e-3,
  'layer-overhead-seconds': 2e-3,
  'sharding-overhead-seconds': 4e-3,
  'step-overhead-seconds': 0.02,
  dequantise: 0.25,
  'activation-memory': 1,
  'loss-bytes': 8,
  'reserve-gib': 1.2,
  fragmentation: 0.08,
  'run-share': 0.9,
} as const
export type TrainingQuantity = keyof typeof ASSUMED_FACTORS

const remembered = new WeakMap<Calibration, Map<string, TrainingFactors>>()

/** The factors for a kind, a part and a runtime; looked up once per calibration. */
export function trainingFactors(calibration: Calibration, kind: string, {architecture, vendor}: Pick<Accelerator, 'architecture' | 'vendor'>, runtime: string): TrainingFactors {
  let known = remembered.get(calibration)
  if (known === undefined) remembered.set(calibration, (known = new Map()))
  const key = `${kind} ${architecture} ${vendor} ${runtime}`
  let factors = known.get(key)
  if (factors === undefined) {
    factors = factorsFrom(quantity => calibration.lookup(kind, quantity, architecture, runtime, vendor)?.value ?? ASSUMED_FACTORS[quantity])
    known.set(key, factors)
  }
  return factors
}

export function factorsFrom(value: (quantity: TrainingQuantity) => number): TrainingFactors {
  return {
    compute: value('compute'),
    lowPrecisionCompute: value('low-precision-compute'),
    software: value('software'),
    attention: value('attention'),
    mixture: value('mixture'),
    elementwise: value('elementwise'),
    recurrent: value('recurrent'),
    memoryBandwidth: value('memory-bandwidth'),
    link: value('link'),
    network: value('network'),
    overlap: value('overlap'),
    tensorOverlap: value('tensor-overlap'),
    layerOverheadSeconds: value('layer-overhead-seconds'),
    mixtureOverheadSeconds: value('mixture-overhead-seconds'),
    shardingOverheadSeconds: value('sharding-overhead-seconds'),
    stepOverheadSeconds: value('step-overhead-seconds'),
    dequantise: value('dequantise'),
    activationMemory: value('activation-memory'),
    lossBytes: value('loss-bytes'),
    reserveGib: value('reserve-gib'),
    fragmentation: value('fragmentation'),
    runShare: value('run-share'),
  }
}

/** Names in the calibration of the spreads of step times: one accelerator alone has no links, and nothing sharded, to go wrong. */
export type StepMetric = 'step-time' | 'step-time-alone'
export const stepMetric = (accelerators: number): StepMetric => (accelerators > 1 ? 'step-time' : 'step-time-alone')

/** How sure predictions about a model on a part are. */
export interface TrainingCertainty {
  readonly distance: Distance
  readonly time: Readonly<Record<StepMetric, Spread>>
  readonly memory: Spread
  /** `calibrated` only where the architecture was measured; the vendor's or everybody's figures are computed from, and nothing at all assumed. */
  readonly basis: Confidence
}

export function trainingCertainty(calibration: Calibration, kind: string, accelerator: Pick<Accelerator, 'id' | 'architecture'>, model: string): TrainingCertainty {
  const distance = calibration.distance(kind, accelerator, model)
  return {
    distance,
    time: {'step-time': calibration.spread(kind, 'step-time', distance), 'step-time-alone': calibration.spread(kind, 'step-time-alone', distance)},
    memory: calibration.spread(kind, 'memory', distance),
    basis: distance !== 'none' ? 'calibrated' : calibration.lookup(kind, 'compute', '*', '*') === undefined ? 'assumed' : 'computed',
  }
}

/** Formats whose numbers are 8 or 4 bit wide and need scaling. */
export function isLowPrecision(precision: string): boolean {
  return /^(?:mx|nv)?fp[48]$|^int[48]$/.test(precision)
}

/** Share of dense peak that large matmuls sustain where nobody measured it: the middle of the measured parts (0.71–0.97, data/accelerators.csv). */
const SUSTAINED_SHARE = 0.8

/** Sustained matmul rate: measured (MAMF) where known, else scaled from the bf16 measurement, else `SUSTAINED_SHARE` of peak. */
export function sustainedFlops(accelerator: Accelerator, precision: string): number | undefined {
  const peak = peakFlops(accelerator, precision)
  if (peak === undefined) return undefined
  const measured = accelerator.sustainedMatmulFlops
  if ((precision === 'fp8' || precision === 'mxfp8') && measured.fp8 !== undefined) return Math.min(measured.fp8, peak)
  if (measured.bf16 === undefined || accelerator.peakFlops.bf16 === undefined) return peak * SUSTAINED_SHARE
  return peak * Math.min(1, measured.bf16 / accelerator.peakFlops.bf16)
}

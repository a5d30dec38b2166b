import type {Accelerator} from '../catalog/schema.ts'

/** A prediction: 10th, 50th and 90th percentile of what we expect to be measured, in one unit. p10 ≤ p50 ≤ p90. */
export interface Interval {
  readonly p10: number
  readonly p50: number
  readonly p90: number
}

/** How a figure came about; a sum is as weak as its weakest part (order: strongest first). */
export type Confidence = 'measured' | 'calibrated' | 'computed' | 'assumed'

/** One ring of the topology: groups of `groupSize` neighbouring accelerators that share this link. */
export interface LinkLevel {
  /** nvswitch, nvlink, nvlink-bridge, pcie, ici, efa, infiniband, … */
  readonly kind: string
  /** Accelerators reachable over this level (cumulative, innermost first). */
  readonly groupSize: number
  /** Per accelerator, one direction, before efficiency. */
  readonly bytesPerSecond: number
  readonly latencySeconds: number
}

/** The network between nodes. */
export interface NetworkLink {
  readonly kind: string
  /** Whole node, one direction. */
  readonly bytesPerSecondPerNode: number
  readonly rdma: boolean
  readonly latencySeconds: number
}

/** What an estimator sees of a target: physics only, no price, no provider. */
export interface Hardware {
  readonly accelerator: Accelerator
  /** Usable accelerators of one node; below 1 where the machine holds a slice of one. */
  readonly acceleratorsPerNode: number
  readonly nodes: number
  /** Inside one node, innermost first; the last level spans `acceleratorsPerNode`. Empty for one accelerator. `undefined` = link unknown. */
  readonly levels: readonly LinkLevel[] | undefined
  /** Between nodes; `undefined` = unknown, so several nodes are refused (`link-unknown`). */
  readonly network: NetworkLink | undefined
  readonly host: {readonly vcpus?: number | undefined; readonly memoryGib?: number | undefined; readonly localSsdGb?: number | undefined}
}

export interface MemoryLine {
  readonly item: string
  readonly gib: number
}

/** GiB on the fullest accelerator. `lines` sum to `neededGib.p50`. */
export interface MemoryUse {
  readonly neededGib: Interval
  readonly availableGib: number
  readonly lines: readonly MemoryLine[]
}

/** One line of the time budget (per step, or per decode step and per prefill). */
export interface Operator {
  readonly name: string
  readonly seconds: number
  readonly bound: 'compute' | 'memory-bandwidth' | 'link' | 'network' | 'storage' | 'host' | 'overhead'
  /** FLOP, bytes moved: what the time was computed from. */
  readonly flops?: number
  readonly bytes?: number
}

export interface LatencyQuantile {
  readonly median: Interval
  readonly p99: Interval
}

export interface Latency {
  readonly ttftSeconds: LatencyQuantile
  readonly tpotSeconds: LatencyQuantile
}

/** How busy each part is, 0..1, averaged over the work time and over the accelerators in use. Power is computed from these. */
export interface Load {
  readonly computeShare: number
  readonly memoryShare: number
  readonly linkShare: number
  readonly hostShare: number
  /** What is done while the parts are busy; absent where an estimator does not count it, and then taken from the shares (load.ts). */
  readonly work?: WorkLoad
}

/**
 * What an accelerator does in a second, against its printed rates: energy goes with operations and bytes, not with how long a part is busy
 * with them. Averages over the work time and over the accelerators in use, so that the same work in twice the time has half of each.
 */
export interface WorkLoad {
  /** Share of the time in which an accelerator computes: not waiting for a launch, a link, the host or a slower neighbour. */
  readonly activeShare: number
  /** FLOP of matmuls, whole tiles counted where few rows fill them, ÷ dense peak of their operands. */
  readonly flopsShare: number
  /** Bytes to and from the accelerator's memory ÷ its printed bandwidth. */
  readonly bytesShare: number
  /** The part of `bytesShare` that attention reads of earlier tokens: each byte also goes through its dot products, exponentials and sums. */
  readonly cacheBytesShare: number
  /** Share of the time in matmuls of experts whose numbers the matmul units do not scale themselves: vector units unpack and scale beside them. */
  readonly unpackShare: number
}

export type Bottleneck = 'compute' | 'memory-bandwidth' | 'memory-capacity' | 'link' | 'network' | 'storage' | 'host' | 'overhead' | 'load'

/** How a candidate runs. Absent = does not apply. */
export interface Configuration {
  readonly runtime?: string
  readonly precision?: string
  readonly tp?: number
  readonly pp?: number
  readonly dp?: number
  readonly ep?: number
  readonly cp?: number
  readonly microBatch?: number
  /** Concurrent sequences per replica (serving) or sequences per optimizer step (training). */
  readonly batch?: number
  readonly checkpointing?: 'none' | 'selective' | 'full'
  readonly zeroStage?: 0 | 1 | 2 | 3
  readonly offload?: 'none' | 'optimizer' | 'all'
  readonly migProfile?: string
}

/** What a candidate does. */
export interface Performance {
  readonly configuration: Configuration
  /** The work alone of one run, set-up and load excluded. `null` = unknown; for work without an end (serving) see `endless`. */
  readonly workSeconds: Interval | null
  /** Online serving has no end: hours come from the schedule, and `workSeconds` is null. */
  readonly endless: boolean
  /** Total over replicas and nodes. `value` null = unknown. */
  readonly throughput: {readonly unit: string; readonly value: Interval | null}
  /** Rate at full load, where it differs from `throughput` (serving below saturation). Same unit. */
  readonly saturationThroughput?: Interval
  /**
   * What the hardware in use could take, in the same unit: requests that come at random, as fast as all goals allow (`null` = it meets them at no
   * rate), and with everything queued at once. Online serving only.
   */
  readonly capacity?: {readonly atGoal: Interval | null; readonly saturated: Interval}
  readonly latency: Latency | null
  /** Median gap between two tokens of a stream: what some benchmarks state instead of the mean. */
  readonly interTokenSeconds?: Interval
  readonly memory: MemoryUse
  readonly load: Load
  readonly acceleratorsUsed: number
  /** Start-up of the runtime and loading of weights on a fresh machine, seconds. */
  readonly loadSeconds: number
  /** State to write at a checkpoint and read back after a failure; 0 where nothing is lost. */
  readonly checkpointBytes: number
  /** Weights that every machine has to fetch before it works, packed as they are served; absent = nothing of the kind. */
  readonly weightBytes?: number
  readonly operators: readonly Operator[]
  readonly bottleneck: Bottleneck
  readonly basis: Confidence
  /** Names in the calibration of the spreads that the intervals were read from; absent = all of the kind. */
  readonly spreadMetrics?: readonly string[]
  /** The lower bound that no implementation beats: work ÷ peak rates. Seconds per run (or per output token when endless). */
  readonly rooflineSeconds: number
  /** What was assumed or is worth knowing, one sentence each. */
  readonly notes: readonly string[]
  /** It would run, but nobody would want it unasked: a chat that answers after minutes, a program that has to be ported first. `plan` refuses it so; `estimate`, where the target is named, only says so. */
  readonly refusedUnlessNamed?: Refusal
}

export type RefusalReason =
  | 'memory' | 'software' | 'topology' | 'link-unknown' | 'constraint' | 'deadline' | 'budget' | 'term' | 'region'
  | 'slo' | 'spot-slo' | 'price-unknown' | 'skills' | 'site'

/** A "no" with its reason and the nearest change that would do. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
  readonly nearest: string | null
  /** Where memory was the reason: what it would need. */
  readonly memory?: MemoryUse
  /** Where speed was the reason: asked ÷ given, above 1. */
  readonly missRatio?: number
}

export type PerformResult =
  | {readonly feasible: true; readonly performance: Performance}
  | {readonly feasible: false; readonly refusal: Refusal}

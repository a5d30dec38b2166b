import type {Confidence, Configuration, Interval, MemoryLine, Operator, RefusalReason} from '../performance/types.ts'
import type {CostLine, NotCosted} from '../cost/types.ts'
import type {Distance} from '../performance/distance.ts'
import type {RigLine} from './rig-line.ts'

/** Two places after the point is enough for any ratio shown; JSON carries six significant digits (see `round6`). */
export interface TargetMemory {
  readonly needed: Interval
  readonly available: number
  readonly lines: readonly MemoryLine[]
}

export type IneligibleReason = 'stale' | 'from-price' | 'unverified' | 'marketplace'

export interface TargetCost {
  readonly period: 'run' | 'month'
  readonly basis: 'rental' | 'marginal' | 'full'
  readonly usd: Interval | null
  readonly alternative: {readonly basis: 'marginal' | 'full'; readonly usd: Interval} | null
  readonly perUnit: {readonly usd: Interval; readonly unit: string} | null
  readonly lines: readonly CostLine[]
  readonly notCosted: readonly NotCosted[]
}

/** What distinguishes targets beyond figures; each derived from data fields. */
export interface Tradeoff {
  readonly topic:
    | 'elasticity' | 'newest-hardware' | 'managed' | 'setup' | 'skills' | 'capital' | 'obsolescence' | 'upkeep' | 'noise' | 'privacy' | 'interruption' | 'quota'
  /** + speaks for the target, − against it, 0 neutral. */
  readonly sign: '+' | '-' | '0'
  readonly text: string
}

/** One ranked target: DESIGN §5's `targets[]`. Key order is the order of the JSON document. */
export interface PlanTarget {
  readonly rank: number
  readonly id: string
  readonly provider: string
  readonly service: string
  readonly instanceType: string
  readonly region: string | null
  readonly zone: string | null
  readonly otherRegions: {readonly count: number; readonly maxExtraPercent: number} | null
  /** `null`: bare hardware, which nobody sells. */
  readonly purchase: string | null
  readonly nodes: number
  readonly accelerator: string
  readonly accelerators: number
  readonly acceleratorsBilled: number
  readonly eligible: boolean
  readonly ineligibleReason: IneligibleReason | null
  readonly configuration: Configuration
  readonly throughput: {readonly unit: string; readonly p10: number | null; readonly p50: number | null; readonly p90: number | null}
  /** What the machines in use could take (online serving, where details are shown): at the goals, and with everything queued at once. */
  readonly capacity?: {readonly atGoal: Interval | null; readonly saturated: Interval}
  readonly durationHours: Interval | null
  readonly workHours: Interval | null
  readonly latency: {
    readonly ttftSeconds: {readonly median: Interval; readonly p99: Interval}
    readonly tpotSeconds: {readonly median: Interval; readonly p99: Interval}
  } | null
  readonly memoryGib: TargetMemory
  readonly powerWatts: {readonly average: Interval | null; readonly peak: Interval | null; readonly accelerators: Interval | null}
  readonly energyKwh: Interval | null
  readonly carbonKg: Interval | null
  readonly cost: TargetCost
  readonly availability: {readonly state: 'listed' | 'owned' | 'planned' | 'none'; readonly asOf: string | null}
  readonly confidence: Confidence
  readonly bottleneck: string
  readonly tradeoffs: readonly Tradeoff[]
  /** Why it stands where it stands, one sentence each. */
  readonly why: readonly string[]
  readonly warnings: readonly string[]
  /** Of a rig: its free hours, and whether its site carries it. */
  readonly rig?: RigLine
  /** Time budget, only in `estimate` (and in `plan` for the first). */
  readonly operators?: readonly Operator[]
  /** How far to trust the figures and where the time goes: only in an estimate that is to be explained. */
  readonly explanation?: Explanation
}

export interface Explanation {
  readonly budget: readonly TimeBudget[]
  /** `null` where the estimate or the peak rates are not known. */
  readonly limit: HardwareLimit | null
  /** `null`: nothing near was ever published. */
  readonly nearest: NearestMeasurement | null
  readonly knownError: readonly KnownFigureError[]
}

/** Operators whose seconds add up: of a decode step, of a prefill, of a step of training, of the run. */
export interface TimeBudget {
  readonly group: string
  /** The longest first. */
  readonly operators: readonly OperatorShare[]
}

export interface OperatorShare {
  readonly name: string
  readonly seconds: number
  /** Of the budget. */
  readonly share: number
  readonly bound: Operator['bound']
  /** Of `achieved` and `limit`; all three are `null` where what is computed or moved is not known. */
  readonly unit: 'FLOP/s' | 'bytes/s' | null
  /** Of one accelerator. */
  readonly achieved: number | null
  /** The data sheet's rate of what bounds it. */
  readonly limit: number | null
}

export interface HardwareLimit {
  /** The unit of work that the seconds are of: the whole run, or one unit of throughput where there is no end. */
  readonly per: 'run' | 'throughput-unit'
  /** What no implementation beats with all of `accelerators`, those that stay idle included. */
  readonly accelerators: number
  readonly rooflineSeconds: number
  readonly estimateSeconds: number
  /** estimate ÷ roofline. */
  readonly ratio: number
}

export interface NearestMeasurement {
  readonly distance: Distance
  /** `null` where it is several. */
  readonly accelerator: string | null
  readonly model: string | null
  /** Configurations, over all of `rows`. */
  readonly measurements: number
  readonly rows: readonly {readonly accelerator: string; readonly model: string; readonly measurements: number}[]
}

/** How far measurements lie from predictions that were made without them. */
export interface KnownFigureError {
  /** The workload's kind, or `power`. */
  readonly kind: string
  readonly metric: string
  /** Of the nearest measurement for this figure; `from` = where the residuals are from, a nearer one whose spread was widened if it differs. */
  readonly distance: Distance
  readonly from: Distance
  /** Measured ÷ predicted, 10th and 90th percentile. */
  readonly p10: number
  readonly p90: number
  /** Configurations behind it. */
  readonly measurements: number
  /** Over all published results: what the accuracy tables call the figure, and its errors; `null` where none is recorded. */
  readonly published: PublishedError | null
}

export interface PublishedError {
  readonly figure: string
  /** Mean and median of |predicted ÷ measured − 1|. */
  readonly mape: number
  readonly mdape: number
  /** False: the factors were fitted to these very results. */
  readonly outOfSample: boolean
}

export interface RejectedTarget {
  readonly id: string
  readonly provider: string
  readonly reason: RefusalReason
  readonly detail: string
  readonly nearest: string | null
  /** `estimate`: the figures it would have had. */
  readonly estimate?: Omit<PlanTarget, 'rank'>
}

/**
 * What would serve better than the targets of the plan. `buy`: a card for the user's computer, at a street price.
 * `commit`: a longer term of the machine that won; `usd` is the whole term. `wait`: for a rig that is busy; `usd` is the
 * work's cost there.
 */
export interface Advice {
  readonly action: 'buy' | 'commit' | 'wait'
  readonly accelerator: string
  readonly usd: number
  /** Of the price; `null` where none is listed. */
  readonly asOf: string | null
  readonly reason: string
}

/** `rigor.plan/1`. */
export interface PlanDocument {
  readonly schema: 'rigor.plan/1'
  readonly workload: Readonly<Record<string, unknown>>
  /** How the workload was understood: one clause, and each default that was filled in. */
  readonly understood: {readonly summary: string; readonly assumptions: readonly {readonly field: string; readonly value: string}[]}
  readonly objective: string
  readonly catalog: {readonly offers: number; readonly asOf: Readonly<Record<string, string>>; readonly hash: string}
  readonly considered: {readonly offers: number; readonly targets: number; readonly candidates: number}
  /** The answer as one sentence. */
  readonly answer: string
  readonly targets: readonly PlanTarget[]
  /** Feasible targets before `--limit`. */
  readonly feasible: number
  readonly rejected: readonly RejectedTarget[]
  readonly advice: readonly Advice[]
  /** Ids on the Pareto front of cost, time and energy. */
  readonly pareto: readonly string[]
  /** Price ages, one line per provider, and other things true of the whole plan. */
  readonly notes: readonly string[]
}

/** Several workloads. */
export interface PlansDocument {
  readonly schema: 'rigor.plans/1'
  readonly plans: readonly PlanDocument[]
}

import * as z from 'zod'
import {Purchase, Service} from '../catalog/schema.ts'
import {DISTANCES} from '../performance/distance.ts'
import {REASON_LEVELS, REASON_TOPICS, VERDICTS} from '../power/rig-verdict.ts'

/**
 * The documents that `--json` prints, for whoever reads them: `rigor.plan/1` and `rigor.plans/1`. Strict: a key that is not
 * named here is not printed. Figures are finite and never negative; what is unknown is `null`, never 0 and never absent.
 */

const amount = z.number().nonnegative()
const whole = z.number().int().nonnegative()
const text = z.string()

/** 10th, 50th and 90th percentile of what is expected to be measured. */
const Interval = z
  .strictObject({p10: amount, p50: amount, p90: amount})
  .refine(({p10, p50, p90}) => p10 <= p50 && p50 <= p90, {error: 'p10 ≤ p50 ≤ p90'})
const known = Interval.nullable()

const Quantile = z.strictObject({median: Interval, p99: Interval})
const Confidence = z.enum(['measured', 'calibrated', 'computed', 'assumed'])
const degree = z.number().int().positive()

const Configuration = z.strictObject({
  runtime: text.optional(),
  precision: text.optional(),
  tp: degree.optional(),
  pp: degree.optional(),
  dp: degree.optional(),
  ep: degree.optional(),
  cp: degree.optional(),
  microBatch: degree.optional(),
  batch: degree.optional(),
  checkpointing: z.enum(['none', 'selective', 'full']).optional(),
  zeroStage: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).optional(),
  offload: z.enum(['none', 'optimizer', 'all']).optional(),
  migProfile: text.optional(),
})

const Cost = z.strictObject({
  /** `run` for work that runs once, else `month`. */
  period: z.enum(['run', 'month']),
  basis: z.enum(['rental', 'marginal', 'full']),
  usd: known,
  /** The other basis of a rig. */
  alternative: z.strictObject({basis: z.enum(['marginal', 'full']), usd: Interval}).nullable(),
  perUnit: z.strictObject({usd: Interval, unit: text}).nullable(),
  /** Sum to `usd.p50`. */
  lines: z.array(z.strictObject({item: text, usd: amount, how: text})),
  notCosted: z.array(z.strictObject({item: text, reason: text, usd: amount.nullable()})),
})

const Bound = z.enum(['compute', 'memory-bandwidth', 'link', 'network', 'storage', 'host', 'overhead'])
const Operator = z.strictObject({
  name: text,
  seconds: amount,
  bound: Bound,
  flops: amount.optional(),
  bytes: amount.optional(),
})

const Explanation = z.strictObject({
  /** Where the time goes: `share` is of the group, `achieved` and `limit` (the data sheet's) are rates of one accelerator. */
  budget: z.array(
    z.strictObject({
      group: text,
      operators: z.array(
        z.strictObject({name: text, seconds: amount, share: amount, bound: Bound, unit: z.enum(['FLOP/s', 'bytes/s']).nullable(), achieved: amount.nullable(), limit: amount.nullable()}),
      ),
    }),
  ),
  /** Against the time that no implementation beats: of the whole run, or of one unit of throughput where there is no end. */
  limit: z.strictObject({per: z.enum(['run', 'throughput-unit']), accelerators: z.number().positive(), rooflineSeconds: amount, estimateSeconds: amount, ratio: amount}).nullable(),
  /** `null`: nothing near was ever published. `accelerator` and `model` are `null` where `rows` name several. */
  nearest: z
    .strictObject({
      distance: z.enum(DISTANCES),
      accelerator: text.nullable(),
      model: text.nullable(),
      measurements: whole,
      rows: z.array(z.strictObject({accelerator: text, model: text, measurements: whole})),
    })
    .nullable(),
  /** `p10`, `p90`: measured ÷ predicted, of predictions made without the measurement; `from` another distance than this one's = widened. */
  knownError: z.array(
    z.strictObject({
      kind: text,
      metric: text,
      distance: z.enum(DISTANCES),
      from: z.enum(DISTANCES),
      p10: amount,
      p90: amount,
      measurements: whole,
      /** Over all published results. */
      published: z.strictObject({figure: text, mape: amount, mdape: amount, outOfSample: z.boolean()}).nullable(),
    }),
  ),
})

/** All of a target but its rank: what `estimate --batch` prints, and the figures of a target that was refused. */
const unranked = {
  id: text,
  provider: text,
  service: Service,
  instanceType: text,
  region: text.nullable(),
  zone: text.nullable(),
  otherRegions: z.strictObject({count: whole, maxExtraPercent: amount}).nullable(),
  /** `null`: bare hardware, which is not bought. */
  purchase: Purchase.nullable(),
  nodes: degree,
  accelerator: text,
  /** Used; below 1 where a machine holds a slice of one. */
  accelerators: z.number().positive(),
  acceleratorsBilled: z.number().positive(),
  eligible: z.boolean(),
  ineligibleReason: z.enum(['stale', 'from-price', 'unverified', 'marketplace']).nullable(),
  configuration: Configuration,
  throughput: z.strictObject({unit: text, p10: amount.nullable(), p50: amount.nullable(), p90: amount.nullable()}),
  capacity: z.strictObject({atGoal: Interval.nullable(), saturated: Interval}).optional(),
  durationHours: known,
  workHours: known,
  latency: z.strictObject({ttftSeconds: Quantile, tpotSeconds: Quantile}).nullable(),
  memoryGib: z.strictObject({needed: Interval, available: z.number().positive(), lines: z.array(z.strictObject({item: text, gib: amount}))}),
  powerWatts: z.strictObject({average: known, peak: known, accelerators: known}),
  energyKwh: known,
  carbonKg: known,
  cost: Cost,
  availability: z.strictObject({state: z.enum(['listed', 'owned', 'planned', 'none']), asOf: z.iso.date().nullable()}),
  confidence: Confidence,
  bottleneck: z.enum(['compute', 'memory-bandwidth', 'memory-capacity', 'link', 'network', 'storage', 'host', 'overhead', 'load']),
  tradeoffs: z.array(
    z.strictObject({
      topic: z.enum(['elasticity', 'newest-hardware', 'managed', 'setup', 'skills', 'capital', 'obsolescence', 'upkeep', 'noise', 'privacy', 'interruption', 'quota']),
      sign: z.enum(['+', '-', '0']),
      text,
    }),
  ),
  why: z.array(text),
  warnings: z.array(text),
  /** Of a rig: hours a month that are free, of 730, and whether its site carries it; `null`: its watts are not known. */
  rig: z
    .strictObject({
      freeHoursPerMonth: amount,
      site: z.strictObject({verdict: z.enum(VERDICTS), reasons: z.array(z.strictObject({about: z.enum(REASON_TOPICS), level: z.enum(REASON_LEVELS), text}))}).nullable(),
    })
    .optional(),
  /** Time budget: of the first target of a plan, and of every target of an estimate. */
  operators: z.array(Operator).optional(),
  /** Only of an estimate with `--explain`. */
  explanation: Explanation.optional(),
}

const Target = z.strictObject({rank: degree, ...unranked})
export const UnrankedTarget = z.strictObject(unranked)

const Rejected = z.strictObject({
  /** The bare provider where all its offers fail. */
  id: text,
  provider: text,
  reason: z.enum(['memory', 'software', 'topology', 'link-unknown', 'constraint', 'deadline', 'budget', 'term', 'region', 'slo', 'spot-slo', 'price-unknown', 'skills', 'site']),
  detail: text,
  nearest: text.nullable(),
  estimate: UnrankedTarget.optional(),
})

export const PlanSchema = z.strictObject({
  schema: z.literal('rigor.plan/1'),
  /** As it was written. */
  workload: z.record(text, z.unknown()),
  understood: z.strictObject({summary: text, assumptions: z.array(z.strictObject({field: text, value: text}))}),
  objective: text,
  catalog: z.strictObject({offers: whole, asOf: z.record(text, z.iso.date()), hash: text}),
  considered: z.strictObject({offers: whole, targets: whole, candidates: whole}),
  /** The answer as one sentence. */
  answer: text,
  targets: z.array(Target),
  /** Feasible targets, of which `targets` are the first where a limit was set. */
  feasible: whole,
  rejected: z.array(Rejected),
  /**
   * What would serve better: `buy` a card for the user's computer (`usd` = its street price), `commit` to a longer term of the
   * machine that won (`usd` = the whole term), `wait` for a rig that is busy (`usd` = the work there).
   */
  advice: z.array(z.strictObject({action: z.enum(['buy', 'commit', 'wait']), accelerator: text, usd: amount, asOf: z.iso.date().nullable(), reason: text})),
  /** Ids that nothing beats in cost, time and energy at once. */
  pareto: z.array(text),
  notes: z.array(text),
})

export const PlansSchema = z.strictObject({schema: z.literal('rigor.plans/1'), plans: z.array(PlanSchema)})

/** JSON Schema of `rigor.plan/1`, for editors and other programs. */
export function planJsonSchema(): Record<string, unknown> {
  return {$id: 'rigor/plan.schema.json', title: 'rigor.plan/1', ...(z.toJSONSchema(PlanSchema, {unrepresentable: 'any'}) as Record<string, unknown>)}
}

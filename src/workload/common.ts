import * as z from 'zod'
import {Purchase} from '../catalog/words.ts'
import {RigorError} from '../errors.ts'
import type {Configuration} from '../performance/types.ts'
import type {Assumption} from './contract.ts'
import {count, dataGb, durationSeconds, label, labels, later, lazyShape, memoryGib, money, rate, share, whole, word} from './fields.ts'

/** The fields every kind has (`...commonFields` in its `z.strictObject`). Parsed shapes are in plain units; what is absent is searched. */

/** Number formats a workload may ask for, with the spellings people use. */
export const precision = () =>
  word(['fp64', 'fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'int8', 'fp4', 'mxfp4', 'nvfp4', 'int4', 'nf4'], {
    double: 'fp64', float64: 'fp64', float: 'fp32', float32: 'fp32', bfloat16: 'bf16', half: 'fp16', float16: 'fp16', float8: 'fp8', e4m3: 'fp8', w8a8: 'int8', awq: 'int4', gptq: 'int4', w4a16: 'int4',
  })

const degree = () => whole({maximum: 65_536})
const yesOrNo = (what: string) => z.boolean({error: () => `${what} is true or false`})

/** Any part of a configuration that the user fixes. */
export const ConfigurationFields = z
  .strictObject(lazyShape(() => ({
    runtime: label(60).transform((text) => text.toLowerCase()).optional(),
    precision: precision().optional(),
    tp: degree().optional(),
    pp: degree().optional(),
    dp: degree().optional(),
    ep: degree().optional(),
    cp: degree().optional(),
    microBatch: degree().optional(),
    batch: whole({maximum: 1e7}).optional(),
    checkpointing: word(['none', 'selective', 'full']).optional(),
    zeroStage: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)], {error: () => 'zeroStage is 0, 1, 2 or 3'}).optional(),
    offload: word(['none', 'optimizer', 'all']).optional(),
    migProfile: z.string().regex(/^\d+g\.\d+gb(\+[a-z.]+)?$/, {error: () => 'a MIG profile looks like "1g.10gb" or "3g.40gb"'}).optional(),
  })))
  .transform((fields) => withoutAbsent(fields) as Configuration)

/** The precision of a spec, which may stand in two places; two different ones are an error. */
export function onePrecision({precision, configuration}: {readonly precision?: string | undefined; readonly configuration: Configuration}): string | undefined {
  const inside = configuration.precision
  if (precision !== undefined && inside !== undefined && precision !== inside) {
    throw new RigorError('TWO_PRECISIONS', `precision is ${precision}, configuration.precision is ${inside}.`, {hint: 'Give it once.'})
  }
  return inside ?? precision
}

/** Keys whose value is undefined go: with exact optional properties "absent" and "undefined" are two things. */
export function withoutAbsent<T extends object>(fields: T): {[K in keyof T]: Exclude<T[K], undefined>} {
  const present = {...fields}
  for (const key of Object.keys(present) as (keyof T)[]) if (present[key] === undefined) delete present[key]
  return present as {[K in keyof T]: Exclude<T[K], undefined>}
}

export const Constraints = z
  .strictObject(lazyShape(() => ({
    /** One run, from start to result. */
    deadline: durationSeconds().optional(),
    /** Per run for `once`, per month otherwise. */
    budget: money().optional(),
    providers: labels().optional(),
    regions: labels().optional(),
    purchase: z.union([word(Purchase.options), z.array(word(Purchase.options)).min(1).max(20)]).transform((value) => (typeof value === 'string' ? [value] : value)).optional(),
    maxNodes: whole({maximum: 65_536}).optional(),
    /** Names, names with a number (`h100-sxm-80gb:8`), ranges of memory (`24GB..80GB`): catalog/accelerator-selector.ts. */
    accelerators: labels().optional(),
    /** Of one accelerator. */
    minMemoryGib: memoryGib().optional(),
    /** Countries ("DE"), "EU", or regions. */
    dataResidency: labels().optional(),
    privacy: word(['own-hardware', 'own-account', 'any']).default('any'),
    tolerateInterruption: yesOrNo('tolerateInterruption').optional(),
    /** Who has to reach it: users outside come in over the site's own line and address. */
    access: word(['own-network', 'internet']).optional(),
    /** Share of the hours in which it has to be there; rigs are held against that of their site. */
    availability: share().optional(),
  })))
  .transform(({deadline, ...rest}) => withoutAbsent({...rest, deadlineSeconds: deadline}))
export type Constraints = z.infer<typeof Constraints>

/** When and how often a workload runs; the same shape as the planner's and the cost model's. */
export const ScheduleField = z
  .union(
    [
      word(['once', 'always']),
      z.strictObject(lazyShape(() => ({runsPerMonth: count({maximum: 1e6})}))),
      z.strictObject(lazyShape(() => ({hoursPerMonth: count({maximum: 744})}))),
    ],
    {error: () => 'a schedule is once, always, {runsPerMonth: 20} or {hoursPerMonth: 160}'},
  )
  .transform((value) => {
    if (typeof value === 'string') return {kind: value} as const
    return 'runsPerMonth' in value ? ({kind: 'runs-per-month', runs: value.runsPerMonth} as const) : ({kind: 'hours-per-month', hours: Math.min(value.hoursPerMonth, 730)} as const)
  })
export type ScheduleField = z.infer<typeof ScheduleField>

/** Something that was measured: "8×A100 did 12,300 tokens/s", "it took 3 h on one A100". */
export const Reference = z
  .strictObject(lazyShape(() => ({
    on: label(200),
    duration: durationSeconds().optional(),
    throughput: rate().optional(),
    configuration: ConfigurationFields.optional(),
  })))
  .refine((value) => (value.duration === undefined) !== (value.throughput === undefined), {error: () => 'a reference has exactly one of duration ("3 h") and throughput ("12300 tokens/s")'})
  .transform(({duration, ...rest}) => withoutAbsent({...rest, durationSeconds: duration}))
export type Reference = z.infer<typeof Reference>

/** Per run for `once`, per month otherwise. */
export const DataMovementFields = z
  .strictObject(lazyShape(() => ({
    inputGb: dataGb().default(0),
    /** A provider, `provider@region`, or `site`. */
    inputAt: label(120).nullable().default(null),
    outputGb: dataGb().default(0),
    egressGb: dataGb().default(0),
    storageGb: dataGb().default(0),
  })))
export type DataMovementFields = z.infer<typeof DataMovementFields>

/** Parsed on its own by planner/expression when it is none of the five words. */
const objective = () => label(500).default('cost')

export const commonFields = lazyShape(() => ({
  name: label(120).optional(),
  /** Absent = searched. */
  precision: precision().optional(),
  constraints: Constraints.prefault({}),
  objective: objective(),
  /** Absent = the kind's own: `always` for online serving, `once` for all else. */
  schedule: ScheduleField.optional(),
  horizonMonths: count({maximum: 600}).default(12),
  reference: later(() => Reference).optional(),
  data: DataMovementFields.prefault({}),
  configuration: ConfigurationFields.prefault({}),
}))

/** What the planner may read of any parsed spec. */
export interface CommonSpec {
  readonly kind: string
  readonly name?: string | undefined
  readonly precision?: string | undefined
  readonly constraints: Constraints
  readonly objective: string
  readonly schedule?: ScheduleField | undefined
  readonly horizonMonths: number
  readonly reference?: Reference | undefined
  readonly data: DataMovementFields
  readonly configuration: Configuration
}

/**
 * Collects what a kind's `demand` had to assume. `choose('optimizer', spec.optimizer, 'adamw')` gives the spec's
 * value, or the default and a line for the reader.
 */
export interface AssumptionList {
  choose<T>(field: string, given: T | undefined, fallback: T, printed?: string): T
  add(field: string, value: string): void
  readonly list: readonly Assumption[]
}

export function createAssumptions(): AssumptionList {
  const list: Assumption[] = []
  return {
    choose(field, given, fallback, printed) {
      if (given !== undefined) return given
      list.push({field, value: printed ?? String(fallback)})
      return fallback
    },
    add: (field, value) => void list.push({field, value}),
    list,
  }
}

/** A model given by its shape instead of by name. Names follow the catalog's `LanguageModel`. */
export const InlineModelFields = lazyShape(() => ({
  layers: whole({maximum: 10_000}),
  hidden: whole({maximum: 1e6}),
  intermediate: whole({minimum: 0, maximum: 1e7}).optional(),
  heads: whole({maximum: 1e5}),
  kvHeads: whole({maximum: 1e5}).optional(),
  headDim: whole({maximum: 1e5}).optional(),
  vocab: whole({maximum: 1e8}).optional(),
  parameters: count({maximum: 1e16}).optional(),
  activeParameters: count({maximum: 1e16}).optional(),
  experts: whole({maximum: 1e5}).optional(),
  expertsPerToken: whole({maximum: 1e5}).optional(),
  sharedExperts: whole({minimum: 0, maximum: 1e5}).optional(),
  moeIntermediate: whole({maximum: 1e7}).optional(),
  firstDenseLayers: whole({minimum: 0, maximum: 10_000}).optional(),
  moeLayerStep: whole({maximum: 10_000}).optional(),
  attention: word(['mha', 'gqa', 'mqa', 'mla', 'swa', 'hybrid-mamba2', 'hybrid-linear', 'hybrid-compressed', 'hybrid-linear-mla']).optional(),
  window: whole({maximum: 1e9}).optional(),
  fullAttentionLayers: whole({minimum: 0, maximum: 10_000}).optional(),
  kvLoraRank: whole({maximum: 1e6}).optional(),
  qLoraRank: whole({maximum: 1e6}).optional(),
  qkRopeHeadDim: whole({maximum: 1e5}).optional(),
  qkNopeHeadDim: whole({maximum: 1e5}).optional(),
  vHeadDim: whole({maximum: 1e5}).optional(),
  maxContext: whole({maximum: 1e9}).optional(),
  nativeDtype: precision().optional(),
  tiedEmbeddings: z.boolean().optional(),
  gatedMlp: z.boolean().optional(),
  learnedPositions: z.boolean().optional(),
  name: label(120).optional(),
}))

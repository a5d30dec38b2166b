import type * as z from 'zod'
import type {Accelerator, AudioModel, LanguageModel, MediaModel} from '../catalog/schema.ts'
import type {Configuration, Hardware, PerformResult} from '../performance/types.ts'
import type {Calibration} from '../performance/calibration.ts'
import type {SoftwareTable} from '../catalog/software.ts'
import type {NetworkModel, RuntimeFact} from '../catalog/snapshot.ts'

/** Facts an estimator may look up. All pure data, handed in. */
export interface Facts {
  /** Resolves a catalog name (or an alias of one); throws RigorError UNKNOWN_MODEL with near names. */
  languageModel(name: string): LanguageModel
  /** The same of models of speech and sound. */
  audioModel(name: string): AudioModel
  /** The same of models that make images and clips. */
  mediaModel(name: string): MediaModel
  /** Resolves the name of a network that sees or reads; throws RigorError UNKNOWN_MODEL with near names. */
  network(name: string): NetworkModel
  readonly software: SoftwareTable
  readonly calibration: Calibration
  /** What a plain stream reaches of the accelerator's printed memory bandwidth. */
  streamShare(accelerator: Accelerator): number
  /** Memory reserve, start-up and load rate of a serving or training runtime. */
  runtime(name: string): RuntimeFact | undefined
}

/** A default that the reader of a plan should see: `traffic.inputTokens 800 (default)`. */
export interface Assumption {
  readonly field: string
  readonly value: string
}

/**
 * What a workload asks of hardware, in the estimator's own terms. Each kind extends it; the planner only reads these.
 */
export interface Demand {
  readonly kind: string
  /** One clause for people: "70B chat model, 50 users, 800 in / 200 out". */
  readonly summary: string
  readonly assumptions: readonly Assumption[]
  readonly throughputUnit: string
  /** Unit of work that `cost.perUnit` is per: `{unit: '1M output tokens', perThroughputUnit: 1e6}`. */
  readonly costUnit: {readonly name: string; readonly amount: number}
  /** What the same work costs elsewhere, as the user says: a line to compare with, never a target. */
  readonly comparison?: {readonly label: string; readonly usdPerUnit: number} | undefined
  /** Units of throughput in one run (output tokens, tokens, runs); `null` when endless. */
  readonly workUnits: number | null
  readonly endless: boolean
  /** What a unit of throughput takes on the line to a user outside, where answers are sent as they are made. */
  readonly bytesToUserPerUnit?: number | undefined
  /** The machine has to stand where the user is: why, and what would do away with that. Rented machines are refused. */
  readonly atHand?: {readonly why: string; readonly elsewhere: string}
  /** Lower bound of accelerator memory over ALL accelerators of any feasible candidate, GiB; the planner skips hardware below it. */
  readonly minimumTotalMemoryGib: number
}

/** One workload kind. Adding one = one folder with an `index.ts` that exports this, and one line in `src/workload/index.ts`. */
export interface Kind<Spec = never, D extends Demand = never> {
  readonly id: string
  readonly title: string
  readonly throughputUnit: string
  /** zod schema of the whole spec (common fields included). */
  readonly spec: z.ZodType<Spec>
  /** One example spec, shown by `kinds show` and used by tests. */
  readonly example: Record<string, unknown>
  /** Kinds like `generic` need no row in data/software.csv. */
  readonly needsSoftware: boolean
  /** Independent replicas (serving, offline batches) may span unlike node groups of a rig. */
  readonly independentReplicas: boolean
  /** Estimates depend on `hardware.host` (offloading); for all others machines that differ in it only are one hardware. */
  readonly readsHost?: boolean
  /** Memory, bandwidth and vector rates are all that the kind reads of a data sheet: accelerators of which no more is known will do. */
  readonly readsPartialSheets?: boolean
  /** Machines without an accelerator take part: their processors are then the device that the work runs on. */
  readonly runsOnProcessors?: boolean
  /** The kind turns `reference` into its demand itself (`generic`); for all others the planner scales its estimates by it. */
  readonly readsReference?: boolean
  /** `referenceHardware`: what `spec.reference.on` names, where there is a reference. */
  demand(spec: Spec, facts: Facts, referenceHardware?: Hardware): D
  /** What a practitioner would try on this hardware, most promising first. Cheap: no estimates in here. Honours `spec.configuration` and `spec.precision`. */
  configurations(demand: D, hardware: Hardware, facts: Facts): readonly Configuration[]
  perform(demand: D, hardware: Hardware, configuration: Configuration, facts: Facts): PerformResult
  /** The same demand where a stated goal of speed (an SLO) may be missed: for the figures of a target that misses it. */
  withoutGoal?(demand: D): D
  /**
   * The same demand where everything runs `speed` times as fast as estimated, because the user measured it (`reference`). Kinds with goals have
   * it: whether a goal is met, and by how many replicas, depends on the speed. For all others the planner scales finished estimates.
   */
  atSpeed?(demand: D, speed: number): D
  /** The reason and nearest way out when `configurations` is empty. */
  refuse(demand: D, hardware: Hardware, facts: Facts): PerformResult & {feasible: false}
  /** A time (seconds per run, or per output token when endless) that no configuration on this hardware beats: the roofline that every estimate is held against in the tests. */
  lowerBoundSeconds(demand: D, hardware: Hardware, facts: Facts): number
}

export type AnyKind = Kind<any, any> // oxlint-disable-line typescript/no-explicit-any -- the registry holds kinds of unlike specs

export type {Configuration, Hardware, PerformResult}

import type {Interval} from '../performance/types.ts'
import type {ExchangeRates} from '../units/money.ts'

/**
 * Expressions of objectives ("cost + 2 USD/h * duration") and policies ("cost.perMonth <= 9000 USD"). The compiler,
 * and mathjs with it, loads only when there is one; what is here costs nothing.
 */

/** Every quantity an expression may name, with the unit its value in the scope has. `null` = the kind's own throughput unit. */
export const QUANTITIES: Readonly<Record<string, string | null>> = {
  cost: 'USD',
  'cost.total': 'USD',
  'cost.perMonth': 'USD',
  'cost.perUnit': 'USD',
  duration: 'h',
  energy: 'kWh',
  carbon: 'kg',
  'power.average': 'W',
  'power.peak': 'W',
  throughput: null,
  'latency.ttft.median': 's',
  'latency.ttft.p99': 's',
  'latency.tpot.median': 's',
  'latency.tpot.p99': 's',
  'catalog.age': 'day',
  'target.nodes': '',
}

/** Names that stand for text. */
export const TEXTS: readonly string[] = ['confidence', 'target.provider', 'target.region', 'target.purchase', 'target.accelerator']

/** The same names again for what is compared with: `baseline.cost`. */
export const BASELINE = 'baseline.'

/** Name → value in the unit of `QUANTITIES`, or text. Absent or `null` = unknown. `cost.total` may be left to `cost`. */
export type ExpressionScope = Readonly<Record<string, Interval | number | string | null | undefined>>

export interface ExpressionOptions {
  /** The kind's: "output tokens/s". */
  readonly throughputUnit: string
  /** Currencies an expression may use beside USD. */
  readonly rates: ExchangeRates
  /** Where the expression stands, for errors: `rigor.yaml:12 — policy "budget"`. */
  readonly where?: string
}

/** Smaller is better; `null` = unknown. */
export interface CompiledObjective {
  readonly text: string
  readonly names: readonly string[]
  score(scope: ExpressionScope): number | null
}

/** One comparison inside a policy, with what stood on both sides. */
export interface ComparisonOutcome {
  readonly text: string
  readonly passed: boolean | null
  /** In `unit`; `null` = unknown. */
  readonly actual: number | string | null
  readonly limit: number | string | null
  readonly unit: string | null
}

export interface PolicyOutcome {
  /** `null` = unknown: a quantity it needs is. */
  readonly passed: boolean | null
  readonly comparisons: readonly ComparisonOutcome[]
  /** The names that were unknown. */
  readonly unknown: readonly string[]
}

export interface CompiledPolicy {
  readonly text: string
  readonly names: readonly string[]
  evaluate(scope: ExpressionScope): PolicyOutcome
}

export interface ExpressionCompiler {
  readonly compileObjective: (text: string, options: ExpressionOptions) => CompiledObjective
  readonly compilePolicy: (text: string, options: ExpressionOptions) => CompiledPolicy
}

/** Loads the compiler (and mathjs). */
export async function loadExpressions(): Promise<ExpressionCompiler> {
  return import('./expression-compiler.ts')
}

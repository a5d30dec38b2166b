import type {Schedule} from '../cost/types.ts'
import type {ExchangeRates} from '../units/money.ts'
import type {Estimate} from './evaluate.ts'
import {loadExpressions, type ExpressionScope} from './expression.ts'

/** Figures an objective may look at; `null` = unknown. */
export interface Metrics {
  readonly costUsd: number | null
  readonly hours: number | null
  readonly workHours: number | null
  readonly energyKwh: number | null
  readonly carbonKg: number | null
  readonly perUnitUsd: number | null
}

/** Smaller is better; `null` = unknown, ranks last. */
export type Objective =
  | {readonly kind: 'plain'; readonly text: string; score(metrics: Metrics): number | null}
  | {readonly kind: 'expression'; readonly text: string; score(estimate: Estimate): number | null}

const PLAIN: Readonly<Record<string, (metrics: Metrics) => number | null>> = {
  cost: metrics => metrics.costUsd,
  time: metrics => metrics.hours,
  energy: metrics => metrics.energyKwh,
  carbon: metrics => metrics.carbonKg,
  'cost.perUnit': metrics => metrics.perUnitUsd,
  // Dividing each by the best known, as the definition says, changes no order: it scales every score alike.
  balanced: ({costUsd, workHours, energyKwh}) => (costUsd === null || workHours === null || energyKwh === null ? null : Math.cbrt(costUsd * workHours * energyKwh)),
}

/** One of the five words, or `cost.perUnit`; `undefined` for an expression. */
export function plainObjective(text: string): Objective | undefined {
  const word = text.trim()
  const score = Object.hasOwn(PLAIN, word) ? PLAIN[word] : undefined
  return score === undefined ? undefined : {kind: 'plain', text: word, score}
}

/** One of those words, or an expression: only that loads the expression compiler. Throws RigorError where the text is neither. */
export async function prepareObjective(text: string, throughputUnit: string, rates: ExchangeRates): Promise<Objective> {
  const plain = plainObjective(text)
  if (plain !== undefined) return plain
  const {compileObjective} = await loadExpressions()
  const compiled = compileObjective(text, {throughputUnit, rates, where: 'objective'})
  return {kind: 'expression', text, score: estimate => compiled.score(scopeOf(estimate))}
}

/**
 * What ranks if nobody said so: cost; cost for a unit of work where the hours are given and not the work
 * (`schedule: always` or `hoursPerMonth` for what has an end), since the slowest machine that costs least a month does
 * least in it.
 */
export function unstatedObjective(stated: Objective, schedule: Schedule, endless: boolean): Objective {
  const hoursGiven = !endless && (schedule.kind === 'always' || schedule.kind === 'hours-per-month')
  return hoursGiven && stated.text === 'cost' ? (plainObjective('cost.perUnit') ?? stated) : stated
}

/** An estimate under the names that expressions use (DESIGN §5, units as in `QUANTITIES`). */
export function scopeOf(estimate: Estimate): ExpressionScope {
  const {cost, performance, power, energy, way, nodes} = estimate
  const {latency} = performance
  return {
    cost: cost.usd,
    'cost.total': cost.usd,
    'cost.perMonth': cost.period === 'month' ? cost.usd : null,
    'cost.perUnit': cost.perUnit?.usd ?? null,
    duration: performance.workSeconds === null && !performance.endless ? null : estimate.durationHours,
    energy: energy.kwh,
    carbon: energy.carbonKg,
    'power.average': power.averageWatts,
    'power.peak': power.peakWatts,
    throughput: performance.throughput.value,
    'latency.ttft.median': latency?.ttftSeconds.median ?? null,
    'latency.ttft.p99': latency?.ttftSeconds.p99 ?? null,
    'latency.tpot.median': latency?.tpotSeconds.median ?? null,
    'latency.tpot.p99': latency?.tpotSeconds.p99 ?? null,
    'catalog.age': estimate.priceAgeDays,
    confidence: estimate.confidence,
    'target.provider': way.place.provider,
    'target.region': way.offer?.region ?? null,
    'target.purchase': way.offer?.purchase ?? (way.place.kind === 'rig' ? 'owned' : null),
    'target.accelerator': way.place.accelerator.id,
    'target.nodes': nodes,
  }
}

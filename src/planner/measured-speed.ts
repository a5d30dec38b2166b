import type {Configuration, Hardware, Performance, PerformResult} from '../performance/types.ts'
import type {AnyKind, Demand} from '../workload/contract.ts'
import type {PlanningFacts} from './facts.ts'
import {searchConfigurations} from './search.ts'

/** What was measured, in the unit of the demand: exactly one of the two. */
export interface Measured {
  readonly rate?: number | undefined
  readonly durationSeconds?: number | undefined
}

/** How much faster (above 1) or slower the measurement was than the estimate for it, or why there is no saying. */
export type Comparison =
  | {readonly compared: true; readonly rateFactor: number; readonly plain: Performance}
  | {readonly compared: false; readonly why: 'impossible'; readonly detail: string}
  | {readonly compared: false; readonly why: 'no-such-figure'}

/** Rounds that look for the speed whose estimate is the measurement; each multiplies by what is missing, and few are needed. */
const SPEED_ROUNDS = 12
const SPEED_TOLERANCE = 1e-3

/** Which rate of a service a measured one is held against: what it does at most, or at the load that the workload gives. */
export type RateOf = (performance: Performance) => number | undefined
export const rateAtMost: RateOf = performance => performance.saturationThroughput?.p50 ?? performance.throughput.value?.p50

/** Runs the estimator on the measured hardware, in the measured configuration or else in its fastest, and compares. */
export function compareWithEstimate(kind: AnyKind, demand: Demand, hardware: Hardware, facts: PlanningFacts, measured: Measured, configuration?: Configuration, rateOf: RateOf = rateAtMost): Comparison {
  const missing = (performance: Performance): number | undefined => {
    const predictedRate = rateOf(performance)
    const factor =
      measured.rate !== undefined
        ? predictedRate === undefined ? undefined : measured.rate / predictedRate
        : performance.workSeconds === null || measured.durationSeconds === undefined ? undefined : performance.workSeconds.p50 / measured.durationSeconds
    return factor !== undefined && factor > 0 && Number.isFinite(factor) ? factor : undefined
  }
  // What was measured was measured, whether or not it kept the goal.
  const unbound = kind.withoutGoal?.(demand) ?? demand
  const result = fastest(kind, unbound, hardware, facts, configuration)
  if (!result.feasible) return {compared: false, why: 'impossible', detail: result.refusal.detail}
  let rateFactor = missing(result.performance)
  if (rateFactor === undefined) return {compared: false, why: 'no-such-figure'}
  // A goal holds more requests at a time on faster hardware: there the rate grows by more than the speed.
  for (let round = 0; kind.atSpeed !== undefined && round < SPEED_ROUNDS; round++) {
    const again = fastest(kind, kind.atSpeed(unbound, rateFactor), hardware, facts, configuration)
    const rest = again.feasible ? missing(again.performance) : undefined
    if (rest === undefined || Math.abs(rest - 1) < SPEED_TOLERANCE) break
    rateFactor *= rest
  }
  return {compared: true, rateFactor, plain: result.performance}
}

function fastest(kind: AnyKind, demand: Demand, hardware: Hardware, facts: PlanningFacts, configuration: Configuration | undefined): PerformResult {
  if (configuration !== undefined) return kind.perform(demand, hardware, configuration, facts)
  const {performances, refusal} = searchConfigurations(kind, demand, hardware, facts)
  const [best] = performances.toSorted((a, b) => (a.workSeconds?.p50 ?? 0) - (b.workSeconds?.p50 ?? 0) || (b.saturationThroughput?.p50 ?? 0) - (a.saturationThroughput?.p50 ?? 0))
  return best === undefined ? {feasible: false, refusal: refusal ?? {reason: 'topology', detail: 'no configuration fits', nearest: null}} : {feasible: true, performance: best}
}

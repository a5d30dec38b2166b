import {RigorError} from '../errors.ts'
import {intervalFromSigma, scale} from '../performance/interval.ts'
import type {Configuration, Hardware, Interval, LatencyQuantile, Performance} from '../performance/types.ts'
import type {CommonSpec} from '../workload/common.ts'
import type {AnyKind, Demand} from '../workload/contract.ts'
import {rateIn} from '../workload/fields.ts'
import type {PlanningFacts} from './facts.ts'
import {searchConfigurations} from './search.ts'

/** How much faster (above 1) or slower the user's own measurement was than the estimate for it. */
export interface ReferenceFactor {
  readonly rateFactor: number
  readonly acceleratorId: string
  readonly accelerators: number
}

/**
 * Spread that stays on the hardware that was measured: runs of one job on one machine differ by a few percent, other
 * configurations of it by more. An assumption, on the cautious side of the 2–5 % that repeated MLPerf runs show.
 */
const SAME_HARDWARE_SIGMA_LOG = 0.08

/** Runs the estimator on the reference's hardware and compares. Kinds that read the reference themselves are left alone. */
export function measureReference(kind: AnyKind, demand: Demand, spec: CommonSpec, hardware: Hardware, facts: PlanningFacts): ReferenceFactor | undefined {
  const {reference} = spec
  if (reference === undefined || kind.readsReference === true) return undefined
  const performance = referencePerformance(kind, demand, hardware, facts, reference.configuration)
  const measuredRate = reference.throughput === undefined ? undefined : rateIn(reference.throughput, demand.throughputUnit)
  if (reference.throughput !== undefined && measuredRate === undefined) {
    throw new RigorError('BAD_UNIT', `reference.throughput is in another unit than ${demand.throughputUnit}.`, {hint: `Write it like "12300 ${demand.throughputUnit}".`})
  }
  const predictedRate = performance.saturationThroughput?.p50 ?? performance.throughput.value?.p50
  const rateFactor =
    measuredRate !== undefined
      ? predictedRate === undefined ? undefined : measuredRate / predictedRate
      : performance.workSeconds === null || reference.durationSeconds === undefined ? undefined : performance.workSeconds.p50 / reference.durationSeconds
  if (rateFactor === undefined || !(rateFactor > 0) || !Number.isFinite(rateFactor)) {
    throw new RigorError('REFERENCE_UNUSABLE', `The reference on ${reference.on} cannot be compared: this workload has no ${measuredRate === undefined ? 'duration' : 'throughput'} there.`, {hint: 'Give reference.throughput for work without an end, either for the rest.'})
  }
  return {rateFactor, acceleratorId: hardware.accelerator.id, accelerators: hardware.acceleratorsPerNode * hardware.nodes}
}

function referencePerformance(kind: AnyKind, demand: Demand, hardware: Hardware, facts: PlanningFacts, configuration: Configuration | undefined): Performance {
  if (configuration !== undefined) {
    const result = kind.perform(demand, hardware, configuration, facts)
    if (result.feasible) return result.performance
    throw impossible(result.refusal.detail)
  }
  const {performances, refusal} = searchConfigurations(kind, demand, hardware, facts)
  const [best] = performances.toSorted((a, b) => (a.workSeconds?.p50 ?? 0) - (b.workSeconds?.p50 ?? 0) || (b.saturationThroughput?.p50 ?? 0) - (a.saturationThroughput?.p50 ?? 0))
  if (best === undefined) throw impossible(refusal?.detail ?? 'no configuration fits')
  return best
}

const impossible = (detail: string): RigorError =>
  new RigorError('REFERENCE_IMPOSSIBLE', `By these estimates the reference could not have run: ${detail}.`, {hint: 'Check reference.on, or give reference.configuration as it was measured.'})

/** A performance put right by the user's measurement: rates times the factor, times divided by it. */
export function withReference(performance: Performance, hardware: Hardware, reference: ReferenceFactor): Performance {
  const {rateFactor} = reference
  const same = hardware.accelerator.id === reference.acceleratorId && hardware.acceleratorsPerNode * hardware.nodes === reference.accelerators
  const narrowed = (interval: Interval): Interval => (same ? intervalFromSigma(interval.p50, SAME_HARDWARE_SIGMA_LOG) : interval)
  const faster = (interval: Interval): Interval => narrowed(scale(interval, rateFactor))
  const shorter = (interval: Interval): Interval => narrowed(scale(interval, 1 / rateFactor))
  const quantile = (value: LatencyQuantile): LatencyQuantile => ({median: shorter(value.median), p99: shorter(value.p99)})
  const {value} = performance.throughput
  return {
    ...performance,
    // Endless work runs at the load it is given: only its ceiling moves.
    throughput: {...performance.throughput, value: value === null || performance.endless ? value : faster(value)},
    ...(performance.saturationThroughput === undefined ? {} : {saturationThroughput: faster(performance.saturationThroughput)}),
    workSeconds: performance.workSeconds === null ? null : shorter(performance.workSeconds),
    latency: performance.latency === null ? null : {ttftSeconds: quantile(performance.latency.ttftSeconds), tpotSeconds: quantile(performance.latency.tpotSeconds)},
    rooflineSeconds: Math.min(performance.rooflineSeconds, performance.rooflineSeconds / rateFactor),
    basis: same ? 'measured' : performance.basis,
    notes: [...performance.notes, `Scaled by your measurement: ×${Number(rateFactor.toPrecision(3))} of the plain estimate.`],
  }
}


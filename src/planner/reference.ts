import {RigorError} from '../errors.ts'
import {intervalFromSigma, scale} from '../performance/interval.ts'
import type {Hardware, Interval, LatencyQuantile, Performance} from '../performance/types.ts'
import type {CommonSpec} from '../workload/common.ts'
import type {AnyKind, Demand} from '../workload/contract.ts'
import {rateIn, unitOfRate} from '../workload/fields.ts'
import type {PlanningFacts} from './facts.ts'
import {compareWithEstimate} from './measured-speed.ts'

/** How much faster (above 1) or slower the user's own measurement was than the estimate for it. */
export interface ReferenceFactor {
  readonly rateFactor: number
  readonly acceleratorId: string
  readonly accelerators: number
  /** The estimates were made at the measured speed (`atMeasuredSpeed`): they are not scaled once more. */
  readonly inDemand: boolean
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
  const measuredRate = reference.throughput === undefined ? undefined : rateIn(reference.throughput, demand.throughputUnit)
  if (reference.throughput !== undefined && measuredRate === undefined) {
    throw new RigorError('BAD_UNIT', `reference.throughput is in "${unitOfRate(reference.throughput)}", and this work is measured in ${demand.throughputUnit}.`, {hint: `Write it like "12300 ${demand.throughputUnit}".`})
  }
  const comparison = compareWithEstimate(kind, demand, hardware, facts, {rate: measuredRate, durationSeconds: reference.durationSeconds}, reference.configuration)
  if (!comparison.compared) {
    if (comparison.why === 'impossible') throw impossible(comparison.detail)
    throw new RigorError('REFERENCE_UNUSABLE', `The reference on ${reference.on} cannot be compared: this workload has no ${measuredRate === undefined ? 'duration' : 'throughput'} there.`, {hint: 'Give reference.throughput for work without an end, either for the rest.'})
  }
  const {rateFactor} = comparison
  return {rateFactor, acceleratorId: hardware.accelerator.id, accelerators: hardware.acceleratorsPerNode * hardware.nodes, inDemand: kind.atSpeed !== undefined}
}

/** The demand to plan with: where goals depend on the speed, estimates are made at the measured one, so that goals and replicas are checked against it. */
export function atMeasuredSpeed(kind: AnyKind, demand: Demand, reference: ReferenceFactor | undefined): Demand {
  return reference === undefined || kind.atSpeed === undefined ? demand : kind.atSpeed(demand, reference.rateFactor)
}

const impossible = (detail: string): RigorError =>
  new RigorError('REFERENCE_IMPOSSIBLE', `By these estimates the reference could not have run: ${detail}.`, {hint: 'Check reference.on, or give reference.configuration as it was measured.'})

/** A performance put right by the user's measurement: rates times the factor and times divided by it where the estimate was not made at that speed, and narrower intervals on what was measured and what follows from it. */
export function withReference(performance: Performance, hardware: Hardware, reference: ReferenceFactor): Performance {
  const {rateFactor, inDemand} = reference
  const factor = inDemand ? 1 : rateFactor
  const same = hardware.accelerator.id === reference.acceleratorId && hardware.acceleratorsPerNode * hardware.nodes === reference.accelerators
  const narrowed = (interval: Interval): Interval => (same ? intervalFromSigma(interval.p50, SAME_HARDWARE_SIGMA_LOG) : interval)
  const faster = (interval: Interval): Interval => narrowed(scale(interval, factor))
  const shorter = (interval: Interval): Interval => narrowed(scale(interval, 1 / factor))
  const quantile = ({median, p99}: LatencyQuantile, by: (interval: Interval) => Interval): LatencyQuantile => ({median: by(median), p99: by(p99)})
  // A measured rate says how long tokens take, and not how long requests wait for their first: that moves, and is known no better.
  const waiting = (interval: Interval): Interval => scale(interval, 1 / factor)
  const {value} = performance.throughput
  return {
    ...performance,
    // Endless work runs at the load it is given: only its ceiling moves.
    throughput: {...performance.throughput, value: value === null || performance.endless ? value : faster(value)},
    ...(performance.saturationThroughput === undefined ? {} : {saturationThroughput: faster(performance.saturationThroughput)}),
    workSeconds: performance.workSeconds === null ? null : shorter(performance.workSeconds),
    latency: performance.latency === null ? null : {ttftSeconds: quantile(performance.latency.ttftSeconds, waiting), tpotSeconds: quantile(performance.latency.tpotSeconds, shorter)},
    rooflineSeconds: Math.min(performance.rooflineSeconds, performance.rooflineSeconds / rateFactor),
    basis: same ? 'measured' : performance.basis,
    notes: [...performance.notes, `Scaled by your measurement: ×${Number(rateFactor.toPrecision(3))} of the plain estimate.`],
  }
}


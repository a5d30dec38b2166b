import {exactly, Z90} from '../performance/interval.ts'
import type {Confidence, Interval} from '../performance/types.ts'
import {plainNumber} from './how.ts'
import {HOURS_PER_MONTH} from './period.ts'

export const HOURS_PER_JULIAN_YEAR = 8766
const SECONDS_PER_HOUR = 3600

/**
 * Unexpected stops of any cause per accelerator-year: 419 in 54 days on 16,384 H100 (Llama 3 paper; facility fact
 * `h100_interruption_rate_all`). Passed in by the caller; this is the key to look it up by.
 */
export const HARDWARE_FAILURE_KEY = 'h100_interruption_rate_all'

/**
 * Share of spot machines reclaimed in a month where the provider publishes none: the middle of AWS's bands over all its
 * accelerator machines and regions (666 rows of 2025-06: a quarter below 5 %, median band 15–20 %, 44 % in the open band
 * above 20 %). An assumption, and marked as one.
 */
export const ASSUMED_SPOT_BAND = {lowShare: 0.05, highShare: 0.5, typicalShare: 0.175}

/** AWS's highest band is open ("> 20 %"): its upper end is taken as every second machine a month. An assumption. */
const OPEN_BAND_SHARE = 0.5

/** Bytes per second that one machine writes checkpoints and reads them back at, to storage that outlives it. An assumption: 10 Gb/s less protocol. */
export const CHECKPOINT_BYTES_PER_SECOND = 1e9

export interface CheckpointPlan {
  /** Hours of the whole run: work, checkpoints, repeated work and restarts. */
  readonly totalHours: number
  /** Pieces the work is cut into, a checkpoint between each two. */
  readonly segments: number
}

/** Young's optimum distance between checkpoints, √(2 · δ · MTBF) (Young 1974; Daly 2006 for δ ≪ MTBF). */
export function youngIntervalHours(checkpointHours: number, mtbfHours: number): number {
  return Math.sqrt(2 * checkpointHours * mtbfHours)
}

/**
 * Expected hours of a run cut into `segments` pieces, failures exponential with mean `mtbfHours`:
 * M · e^(R/M) · Σ (e^((τ + δ)/M) − 1) over the pieces, the last without a checkpoint (Daly 2006, eq. 20, exact for
 * failures that may also hit a restart).
 */
export function expectedHours(workHours: number, segments: number, checkpointHours: number, restartHours: number, mtbfHours: number): number {
  const piece = workHours / segments
  const failing = (hours: number): number => Math.expm1(hours / mtbfHours)
  return mtbfHours * Math.exp(restartHours / mtbfHours) * ((segments - 1) * failing(piece + checkpointHours) + failing(piece))
}

/** The number of pieces that makes the expected run shortest: from Young's interval downhill, the expectation being convex in it. */
export function bestCheckpointPlan(workHours: number, checkpointHours: number, restartHours: number, mtbfHours: number): CheckpointPlan {
  const hoursAt = (segments: number): number => expectedHours(workHours, segments, checkpointHours, restartHours, mtbfHours)
  const start = checkpointHours > 0 ? workHours / youngIntervalHours(checkpointHours, mtbfHours) : MAXIMUM_SEGMENTS
  let segments = Math.min(MAXIMUM_SEGMENTS, Math.max(1, Math.round(start)))
  let totalHours = hoursAt(segments)
  for (const step of [1, -1]) {
    for (let next = segments + step; next >= 1 && next <= MAXIMUM_SEGMENTS; next += step) {
      const hours = hoursAt(next)
      if (!(hours < totalHours)) break
      segments = next
      totalHours = hours
    }
  }
  return {totalHours, segments}
}

/** Nobody checkpoints more often than this in one run. */
const MAXIMUM_SEGMENTS = 1_000_000

export interface FailureInput {
  readonly workHours: Interval
  /** Online serving: nothing is repeated, a machine that stops is replaced. */
  readonly endless: boolean
  readonly nodes: number
  readonly accelerators: number
  /** State written at a checkpoint and read back after a stop; 0 = work units are independent and nothing finished is lost. */
  readonly checkpointBytes: number
  /** Set-up and load of a replacement. */
  readonly restartHours: number
  readonly purchase: string
  /** Unexpected stops per accelerator-year (facility fact); `null` = not known: then they are not counted, and that is said. */
  readonly failuresPerAcceleratorYear: number | null
  /** Published share of machines of this type reclaimed in a month; `null` = not published. */
  readonly interruption: {readonly lowShare: number; readonly highShare: number} | null
}

export interface FailureEstimate {
  /** Hours beyond the work: checkpoints, repeated work, restarts. */
  readonly hours: Interval
  /** Mean hours between two stops of the job; `null` = it is not stopped at all. */
  readonly mtbfHours: number | null
  /** Hours of work between checkpoints; `null` where none is written. */
  readonly checkpointEveryHours: number | null
  readonly basis: Confidence
  readonly notes: readonly string[]
}

/** Share reclaimed in a month → stops per hour of one machine, stops being independent: −ln(1 − share) ÷ 730. */
export function stopsPerHour(monthlyShare: number): number {
  return -Math.log1p(-Math.min(monthlyShare, 0.999)) / HOURS_PER_MONTH
}

/**
 * What failures and interruptions add to a run. Every machine of a job has to run, so rates add over accelerators
 * (hardware) and machines (spot). p10: no stop at all, checkpoints only. p50: the expectation. p90: the higher rate, and
 * as many stops as nine of ten runs stay below.
 */
export function estimateFailures(input: FailureInput): FailureEstimate {
  const hardware = (input.accelerators * (input.failuresPerAcceleratorYear ?? 0)) / HOURS_PER_JULIAN_YEAR
  const spot = input.failuresPerAcceleratorYear === null ? withoutHardware(spotRates(input)) : spotRates(input)
  const rates = {low: hardware + spot.low, typical: hardware + spot.typical, high: hardware + spot.high}
  const mtbfHours = rates.typical > 0 ? 1 / rates.typical : null
  if (input.endless) {
    const notes = mtbfHours !== null && spot.typical > 0 ? [...spot.notes, `a machine stops about every ${plainNumber(mtbfHours)} h and is replaced`] : spot.notes
    return {hours: exactly(0), mtbfHours, checkpointEveryHours: null, basis: spot.basis, notes}
  }
  if (mtbfHours === null || input.workHours.p50 <= 0) return {hours: exactly(0), mtbfHours, checkpointEveryHours: null, basis: spot.basis, notes: spot.notes}

  const transferHours = input.checkpointBytes / (CHECKPOINT_BYTES_PER_SECOND * input.nodes) / SECONDS_PER_HOUR
  const restartHours = input.restartHours + transferHours
  if (input.checkpointBytes === 0) return independentUnits(input, rates, restartHours, spot)

  const plan = bestCheckpointPlan(input.workHours.p50, transferHours, restartHours, mtbfHours)
  const every = input.workHours.p50 / plan.segments
  const writing = (work: number): number => Math.max(0, Math.ceil(work / every - 1e-9) - 1) * transferHours
  const p10 = writing(input.workHours.p10)
  const p50 = Math.max(p10, plan.totalHours - input.workHours.p50)
  const high = bestCheckpointPlan(input.workHours.p90, transferHours, restartHours, 1 / rates.high)
  const highEvery = input.workHours.p90 / high.segments
  const unlucky = (high.segments - 1) * transferHours + poissonP90(rates.high * input.workHours.p90) * (highEvery / 2 + restartHours)
  const p90 = Math.max(p50, high.totalHours - input.workHours.p90, unlucky)
  const notes = [...spot.notes]
  if (plan.segments > 1) notes.push(`a checkpoint every ${plainNumber(every)} h (Young/Daly for a stop every ${plainNumber(mtbfHours)} h)`)
  return {hours: {p10, p50, p90}, mtbfHours, checkpointEveryHours: plan.segments > 1 ? every : null, basis: spot.basis, notes}
}

interface Rates {
  readonly low: number
  readonly typical: number
  readonly high: number
}
type SpotRates = Rates & {readonly basis: Confidence; readonly notes: readonly string[]}

/** Nobody knows how often the hardware fails: what follows counts no such stop, says so, and is no more than an assumption. */
function withoutHardware(spot: SpotRates): SpotRates {
  return {...spot, basis: 'assumed', notes: [...spot.notes, 'no failure rate of accelerators is known: unexpected stops are not counted']}
}

const INTERRUPTIBLE: ReadonlySet<string> = new Set(['spot', 'community'])

/** Machines bought so may be taken away. */
export const isInterruptible = (purchase: string): boolean => INTERRUPTIBLE.has(purchase)

function spotRates(input: FailureInput): SpotRates {
  if (!isInterruptible(input.purchase)) return {low: 0, typical: 0, high: 0, basis: 'computed', notes: []}
  const rate = (share: number): number => input.nodes * stopsPerHour(share)
  if (input.interruption === null) {
    const {lowShare, typicalShare, highShare} = ASSUMED_SPOT_BAND
    return {
      low: rate(lowShare),
      typical: rate(typicalShare),
      high: rate(highShare),
      basis: 'assumed',
      notes: [`no published interruption rate: ${Math.round(typicalShare * 100)} % of machines a month assumed (${Math.round(lowShare * 100)}–${Math.round(highShare * 100)} %)`],
    }
  }
  const open = input.interruption.highShare >= 1
  const low = input.interruption.lowShare
  const high = open ? Math.max(low, OPEN_BAND_SHARE) : input.interruption.highShare
  const range = open ? `over ${Math.round(low * 100)}` : `${Math.round(low * 100)}–${Math.round(high * 100)}`
  return {
    low: rate(low),
    typical: rate((low + high) / 2),
    high: rate(high),
    basis: open ? 'assumed' : 'computed',
    notes: [`${range} % of these spot machines are reclaimed in a month (published)`],
  }
}

/** Nothing finished is lost: a stop costs the restart and what was in flight, which is small against it. */
function independentUnits(input: FailureInput, rates: Rates, restartHours: number, spot: SpotRates): FailureEstimate {
  const p50 = rates.typical * input.workHours.p50 * restartHours
  const p90 = Math.max(p50, rates.high * input.workHours.p90 * restartHours, poissonP90(rates.high * input.workHours.p90) * restartHours)
  return {hours: {p10: 0, p50, p90}, mtbfHours: 1 / rates.typical, checkpointEveryHours: null, basis: spot.basis, notes: spot.notes}
}

/** Smallest k with P(N ≤ k) ≥ 0.9 for a Poisson count; the normal approximation where the mean is large. */
export function poissonP90(mean: number): number {
  if (mean > 50) return Math.ceil(mean + Z90 * Math.sqrt(mean))
  let probability = Math.exp(-mean)
  let cumulative = probability
  let count = 0
  while (cumulative < 0.9) {
    count += 1
    probability *= mean / count
    cumulative += probability
  }
  return count
}

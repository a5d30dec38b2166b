/**
 * How own measurements speak of what was not measured. The estimator's error ln(measured ÷ predicted) is taken for a Gaussian
 * process over hardware and work: at each spot its standard deviation is the estimator's own, and the errors of two spots go
 * together the more, the more the spots have in common. Each measurement is then a linear observation of it, and Bayes' rule
 * gives the error expected elsewhere and what spread is left (Rasmussen & Williams 2006, eq. 2.23–2.24).
 */

/** Hardware and work of a candidate, as far as errors go together by it. */
export interface Spot {
  readonly acceleratorId: string
  readonly architecture: string
  /** Below 1 where a machine holds a slice of one. */
  readonly acceleratorsPerNode: number
  readonly nodes: number
  readonly model: string
  /** The rest of the work: traffic, lengths, batch. */
  readonly work: string
  readonly runtime: string
  readonly precision: string
  /** How it runs: degrees of parallelism, 1 where they do not apply, and sequences at a time. */
  readonly tp: number
  readonly pp: number
  readonly dp: number
  readonly batch: number
}

/**
 * Correlations of the estimator's errors, after the published measurements: rows of one source stand for what one user
 * measures, and each is predicted from others of its source (`node scripts/own-measurements.ts --fit`, docs/models/own-measurements.md). The
 * likelihood is flat around its best, so round figures are used, on the low side: a source is often one careful engineer with one
 * set-up, a user's collection less uniform, and too low a correlation only leaves an estimate where it was.
 */
export const CORRELATION = {
  /** Another accelerator of the same architecture: same kernels, another balance of compute, memory and links. Fitted 0.7, few pairs. */
  sameArchitecture: 0.5,
  /** Any other hardware: what is left is the user's way of running things. Fitted 0.2–0.3. */
  elsewhere: 0.1,
  /** Per doubling of the accelerators in a machine, and of the machines: links and scaling come in. Fitted 0.7–0.95. */
  perDoubling: 0.9,
  /** Another model: other shapes of matmul, another share of attention and of memory traffic. Fitted 0.2–0.8. */
  otherModel: 0.5,
  /** The same model with other lengths, batch or load. Fitted 0.8–0.9; lower, since at 0.8 fewer results fall inside the interval than should. */
  otherWork: 0.7,
  /** Fitted 0.8–0.95 where one source compares runtimes. */
  otherRuntime: 0.8,
  /** Fitted 0.8–0.9. */
  otherPrecision: 0.9,
  /** Per doubling of the accelerators that share one copy of the model (tp × pp): links and launches against arithmetic. Fitted 0.7–0.9. */
  perReplicaDoubling: 0.8,
  /** Per doubling of the sequences at a time: from bandwidth to arithmetic. Fitted 0.98 for serving and 0.8 for training, whose batch is part of the work as well. */
  perBatchDoubling: 0.95,
}
export type Correlations = Readonly<typeof CORRELATION>

/** Repeated runs of one job on one machine differ by this (standard deviation of ln): within the 2–5 % of repeated MLPerf runs. No interval gets narrower. */
export const REPEAT_RUN_SIGMA_LOG = 0.05

/** Below this correlation a measurement is taken to say nothing. */
const FELT = 0.05

/**
 * A product of kernels each of which is positive semi-definite (nested equality, equality of one trait, and exp(−|difference|)
 * of a logarithm), so that any set of spots has a valid covariance.
 */
export function correlation(a: Spot, b: Spot, by: Correlations = CORRELATION): number {
  const hardware = a.acceleratorId === b.acceleratorId ? 1 : a.architecture === b.architecture ? by.sameArchitecture : by.elsewhere
  const doublings = between(a.acceleratorsPerNode, b.acceleratorsPerNode) + between(a.nodes, b.nodes)
  const running = by.perReplicaDoubling ** between(a.tp * a.pp, b.tp * b.pp) * by.perBatchDoubling ** between(a.batch, b.batch)
  const model = a.model === b.model ? (a.work === b.work ? 1 : by.otherWork) : by.otherModel * by.otherWork
  return hardware * by.perDoubling ** doublings * running * model * (a.runtime === b.runtime ? 1 : by.otherRuntime) * (a.precision === b.precision ? 1 : by.otherPrecision)
}

/** Doublings from one to the other. */
const between = (one: number, other: number): number => Math.abs(Math.log2(one / other))

export interface Observation {
  readonly spot: Spot
  /** ln(measured ÷ predicted) of the rate. */
  readonly offset: number
  /** The estimator's own at this spot. */
  readonly sigmaLog: number
  /** Standard deviation of the measurement beside that of a repeated run, where it is too far off to be believed; absent or 0 = none. */
  readonly conflictLog?: number
}

/** What the observations say of a spot. */
export interface Belief {
  /** Expected offset ÷ the estimator's sigma there. */
  readonly offsetPerSigma: number
  /** Standard deviation that is left ÷ the estimator's own, 0..1. */
  readonly spreadShare: number
  /** Index of the observation that has most in common with it. */
  readonly nearest: number
  /** How many have anything in common with it. */
  readonly felt: number
  /** Indices of those among them that are too far off to be believed. */
  readonly conflicting: readonly number[]
}

export interface Posterior {
  /** `undefined` = no observation has anything to do with it. */
  at(spot: Spot): Belief | undefined
}

export function createPosterior(observations: readonly Observation[], by: Correlations = CORRELATION): Posterior {
  const lower = cholesky(observations, by)
  const weights = solve(lower, observations.map(({offset}) => offset))
  return {
    at(spot) {
      const shared = observations.map(observation => correlation(spot, observation.spot, by))
      let nearest = 0
      let felt = 0
      const conflicting: number[] = []
      for (const [index, share] of shared.entries()) {
        if (share > (shared[nearest] ?? 0)) nearest = index
        if (share < FELT) continue
        felt++
        if ((observations[index]?.conflictLog ?? 0) > 0) conflicting.push(index)
      }
      if (felt === 0) return undefined
      const covariance = shared.map((share, index) => share * (observations[index]?.sigmaLog ?? 0))
      const explained = forward(lower, covariance).reduce((sum, value) => sum + value * value, 0)
      return {
        offsetPerSigma: covariance.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0),
        spreadShare: Math.sqrt(Math.max(0, 1 - explained)),
        nearest,
        felt,
        conflicting,
      }
    },
  }
}

/** Lower triangle L of the observations' covariance, L·Lᵀ: the estimator's error and, on the diagonal, that of a repeated run. */
function cholesky(observations: readonly Observation[], by: Correlations): Float64Array[] {
  const rows: Float64Array[] = []
  for (const [row, one] of observations.entries()) {
    const values = new Float64Array(row + 1)
    for (let column = 0; column <= row; column++) {
      const other = observations[column]!
      const own = row === column ? REPEAT_RUN_SIGMA_LOG ** 2 + (one.conflictLog ?? 0) ** 2 : 0
      let sum = one.sigmaLog * other.sigmaLog * correlation(one.spot, other.spot, by) + own
      const above = rows[column] ?? values
      for (let index = 0; index < column; index++) sum -= values[index]! * above[index]!
      values[column] = row === column ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / above[column]!
    }
    rows.push(values)
  }
  return rows
}

/** L·x = right. */
function forward(lower: readonly Float64Array[], right: readonly number[]): number[] {
  const x: number[] = []
  for (const [row, values] of lower.entries()) {
    let sum = right[row] ?? 0
    for (let index = 0; index < row; index++) sum -= values[index]! * x[index]!
    x.push(sum / values[row]!)
  }
  return x
}

/** L·Lᵀ·x = right. */
function solve(lower: readonly Float64Array[], right: readonly number[]): number[] {
  const y = forward(lower, right)
  const x = y.slice()
  for (let row = lower.length - 1; row >= 0; row--) {
    let sum = x[row]!
    for (let index = row + 1; index < lower.length; index++) sum -= lower[index]![row]! * x[index]!
    x[row] = sum / lower[row]![row]!
  }
  return x
}

import {RigorError} from '../errors.ts'
import {sliceOf} from '../performance/hardware.ts'
import {scale, Z90} from '../performance/interval.ts'
import {greatestShare} from '../performance/operator-rate.ts'
import type {Configuration, Hardware, Interval, Latency, LatencyQuantile, Performance, PerformResult} from '../performance/types.ts'
import {canonicalJson} from '../text/canonical-json.ts'
import type {CommonSpec} from '../workload/common.ts'
import type {AnyKind, Demand, Facts} from '../workload/contract.ts'
import {rateIn, unitOfRate, type Rate} from '../workload/fields.ts'
import type {PlanningFacts} from './facts.ts'
import {compareWithEstimate, type RateOf} from './measured-speed.ts'
import {createPosterior, REPEAT_RUN_SIGMA_LOG, type Belief, type Spot} from './posterior.ts'
import {searchConfigurations} from './search.ts'

/** One measurement of the user's, with everything it names resolved. */
export interface OwnMeasurement {
  /** For errors and notes: `rigor.yaml:12`, or the id in the store. */
  readonly where: string
  readonly kind: AnyKind
  /** With the names resolved. */
  readonly spec: CommonSpec
  readonly raw: Readonly<Record<string, unknown>>
  /** TARGET as written. */
  readonly on: string
  readonly hardware: Hardware
  readonly throughput?: Rate | undefined
  readonly durationSeconds?: number | undefined
  /** ISO; absent where the user did not say. */
  readonly measuredOn?: string | undefined
}

/** A measurement held against the plain estimate of it. */
export interface Evidence {
  readonly measurement: OwnMeasurement
  readonly spot: Spot
  /** ln(measured ÷ predicted) of the speed. */
  readonly offset: number
  /** The estimator's own there. */
  readonly sigmaLog: number
  /** How much less sure the measurement is taken to be, since it is too far off to be believed; 0 = it is not. */
  readonly conflictLog: number
  readonly configuration: Configuration
  /** What was measured and what the plain estimate says, in one unit. */
  readonly figure: {readonly unit: string; readonly measured: number; readonly predicted: Interval}
}

/** The evidence that a session may draw on, by kind; worked out once per process. */
export interface OwnEvidence {
  of(kindId: string): readonly Evidence[]
  /** What could not be used, and why, one sentence each; complete once `of` was asked. */
  readonly notes: readonly string[]
}

/** Offsets beyond this many of the estimator's standard deviations are more likely a slip of the user's than an error of the estimate. */
const SURPRISING_SIGMAS = 3
/** Slower than this many times: no setting makes up for that, a wrong unit does. */
const SLOWEST_TIMES = 100
/** More of one kind than this would slow planning: the newest count. */
export const MOST_MEASUREMENTS = 200

/** Runs the estimator on what was measured. Throws what makes the measurement unusable. */
export function evidenceOf(measurement: OwnMeasurement, facts: PlanningFacts): Evidence {
  const {kind, spec, hardware, where, on, throughput, durationSeconds} = measurement
  if (spec.reference !== undefined) throw new RigorError('MEASUREMENT_UNUSABLE', `${where} — the workload of a measurement has a reference of its own.`, {hint: 'Leave reference out: the measurement is one.'})
  const demand = kind.demand(spec, facts)
  const rate = throughput === undefined ? undefined : rateIn(throughput, demand.throughputUnit)
  if (throughput !== undefined && rate === undefined) throw new RigorError('BAD_UNIT', `${where} — throughput is in "${unitOfRate(throughput)}", and this work is measured in ${demand.throughputUnit}.`, {hint: `Write it like "12300 ${demand.throughputUnit}".`})
  const configuration = configurationOf(kind, demand, hardware, facts)
  if (!configuration.feasible) {
    throw new RigorError('MEASUREMENT_UNUSABLE', `${where} — by the estimates it could not have run on ${on}: ${configuration.refusal.detail}.`, {hint: 'Check the target and its count, or give the configuration as it ran.'})
  }
  const comparison = compareWithEstimate(kind, demand, hardware, facts, {rate, durationSeconds}, configuration.performance.configuration, rateAtLoad)
  if (!comparison.compared) {
    const detail = comparison.why === 'impossible' ? comparison.detail : `this workload has no ${rate === undefined ? 'duration' : 'throughput'} there`
    throw new RigorError('MEASUREMENT_UNUSABLE', `${where} — it cannot be compared on ${on}: ${detail}.`, {hint: 'Give the throughput of work without an end, either for the rest.'})
  }
  const {plain, rateFactor} = comparison
  const [offset, sigmaLog] = [Math.log(rateFactor), sigmaOf(plain)]
  refuseNonsense(measurement, demand, {rate, durationSeconds}, plain, rateFactor, facts)
  return {
    measurement,
    spot: spotOf(kind, spec, measurement.raw, demand, hardware, plain.configuration, facts),
    offset,
    sigmaLog,
    conflictLog: conflictOf(offset, sigmaLog),
    configuration: plain.configuration,
    figure:
      rate === undefined
        ? {unit: SECONDS, measured: durationSeconds ?? Number.NaN, predicted: plain.workSeconds ?? NO_FIGURE}
        : {unit: demand.throughputUnit, measured: rate, predicted: intervalAtLoad(plain) ?? NO_FIGURE},
  }
}

/** Unit of a measured duration. */
const SECONDS = 's'
const NO_FIGURE: Interval = {p10: Number.NaN, p50: Number.NaN, p90: Number.NaN}

/** A rate that was asked for and not reached by effort says nothing of the speed: there what it does at most counts. */
function intervalAtLoad(performance: Performance): Interval | undefined {
  const {value} = performance.throughput
  const given = value !== null && performance.endless && value.p10 === value.p90
  return given || value === null ? (performance.saturationThroughput ?? value ?? undefined) : value
}

const rateAtLoad: RateOf = performance => intervalAtLoad(performance)?.p50

/** The fastest way to run it there. Who measures a machine keeps all its accelerators busy, unless the workload says otherwise. */
function configurationOf(kind: AnyKind, demand: Demand, hardware: Hardware, facts: PlanningFacts): PerformResult {
  const unbound = kind.withoutGoal?.(demand) ?? demand
  const {performances, refusal} = searchConfigurations(kind, unbound, hardware, facts, true)
  let best: Performance | undefined
  for (const each of performances) {
    const performance = onAll(kind, unbound, hardware, each, facts)
    if (best === undefined || pace(performance) > pace(best)) best = performance
  }
  return best === undefined ? {feasible: false, refusal: refusal ?? {reason: 'topology', detail: 'no configuration fits', nearest: null}} : {feasible: true, performance: best}
}

const pace = (performance: Performance): number => (performance.workSeconds === null ? (rateAtLoad(performance) ?? 0) : 1 / performance.workSeconds.p50)

function onAll(kind: AnyKind, demand: Demand, hardware: Hardware, performance: Performance, facts: PlanningFacts): Performance {
  const total = Math.floor(hardware.acceleratorsPerNode) * hardware.nodes
  const {tp = 1, pp = 1, dp} = performance.configuration
  const most = Math.floor(total / (tp * pp))
  if (!kind.independentReplicas || performance.acceleratorsUsed >= total || most <= (dp ?? 1)) return performance
  const {batch: _, ...rest} = performance.configuration
  const spread = kind.perform(demand, hardware, {...rest, dp: most}, facts)
  return spread.feasible ? spread.performance : performance
}

/** What no hardware does was not measured: the unit, the count or the target is wrong. */
function refuseNonsense({where, on, kind, hardware}: OwnMeasurement, demand: Demand, {rate, durationSeconds}: {readonly rate: number | undefined; readonly durationSeconds: number | undefined}, plain: Performance, rateFactor: number, facts: PlanningFacts): void {
  const bound = kind.lowerBoundSeconds(demand, hardware, facts)
  // By the estimate's own time: units of throughput are per second, hour or day.
  const seconds = rate === undefined ? durationSeconds : plain.workSeconds === null ? 1 / rate : plain.workSeconds.p50 / rateFactor
  const beyondEstimate = Math.log(rateFactor) > Z90 * sigmaOf(plain)
  if (seconds !== undefined && seconds < bound && beyondEstimate) {
    throw new RigorError('MEASUREMENT_IMPOSSIBLE', `${where} — that is ${times(bound / seconds)} as fast as ${on} can be: its arithmetic and its memory bandwidth at their peaks allow no more. The estimate is ${times(1 / rateFactor)} of it.`, {
      hint: `Wrong unit (${demand.throughputUnit}, over all accelerators)? Wrong count or target? Wrong model or precision?`,
    })
  }
  if (rateFactor < 1 / SLOWEST_TIMES) {
    throw new RigorError('MEASUREMENT_IMPOSSIBLE', `${where} — the estimate for ${on} is ${times(1 / rateFactor)} as fast: too far apart to be one job on one machine.`, {
      hint: `Wrong unit (${demand.throughputUnit}, over all accelerators)? Wrong count or target? Was the time of the work alone, or that of a longer job?`,
    })
  }
}

const times = (factor: number): string => `${Number(factor.toPrecision(3))}×`

/** Beyond what is surprising, the measurement's own standard deviation is what makes it that and no more: the further off, the less it counts. */
const conflictOf = (offset: number, sigmaLog: number): number => Math.sqrt(Math.max(0, (offset / SURPRISING_SIGMAS) ** 2 - sigmaLog ** 2))

/** Far off, and yet possible: the user should look at it once more. */
export function surprise({offset, sigmaLog, conflictLog, measurement: {on}}: Evidence): string | undefined {
  return conflictLog === 0 ? undefined : `${times(Math.exp(offset))} of the estimate for ${on}, ${Number((Math.abs(offset) / sigmaLog).toPrecision(2))} standard deviations off`
}

const said = ({measurement: {on, measuredOn}}: Evidence): string => `${measuredOn === undefined ? '' : ` of ${measuredOn}`} on ${on}`

/** The estimator's standard deviation of ln, from the interval of the figure that the work is measured by. */
function sigmaOf(performance: Performance): number {
  const interval = performance.workSeconds ?? intervalAtLoad(performance)
  if (interval === undefined || !(interval.p10 > 0) || !(interval.p90 > interval.p10)) return REPEAT_RUN_SIGMA_LOG
  return Math.max(REPEAT_RUN_SIGMA_LOG, Math.log(interval.p90 / interval.p10) / (2 * Z90))
}

function spotOf(kind: AnyKind, spec: CommonSpec, raw: Readonly<Record<string, unknown>>, demand: Demand, hardware: Hardware, configuration: Configuration, facts: Facts): Spot {
  return {
    acceleratorId: hardware.accelerator.id,
    architecture: hardware.accelerator.architecture,
    acceleratorsPerNode: hardware.acceleratorsPerNode,
    // Replicas that know nothing of each other run as fast on one machine as on many.
    nodes: kind.independentReplicas ? 1 : hardware.nodes,
    model: modelOf(spec, raw, facts),
    work: demand.summary,
    runtime: configuration.runtime ?? '',
    precision: configuration.precision ?? spec.precision ?? '',
    tp: configuration.tp ?? 1,
    pp: configuration.pp ?? 1,
    dp: configuration.dp ?? 1,
    batch: configuration.batch ?? 1,
  }
}

/** What stands for "the same model": its id, its shape, or for work without one the job as it is described. */
function modelOf(spec: CommonSpec, raw: Readonly<Record<string, unknown>>, facts: Facts): string {
  const model = 'model' in spec ? spec.model : undefined
  if (typeof model === 'string') return facts.languageModel(model).id
  if (model !== undefined) return canonicalJson(raw['model'])
  const {name, constraints: _, objective: _objective, schedule: _schedule, data: _data, ...job} = raw
  return typeof name === 'string' ? `name ${name}` : canonicalJson(job)
}

/** What would be estimated for the measured work on the measured hardware with this evidence in use. */
export function figureWith({measurement, configuration, figure}: Evidence, evidence: readonly Evidence[], facts: PlanningFacts): Interval | undefined {
  const {kind, spec, raw, hardware} = measurement
  const demand = kind.demand(spec, facts)
  const result = pulledKind({kind, spec, raw, demand, facts}, evidence).perform(kind.withoutGoal?.(demand) ?? demand, hardware, configuration, facts)
  if (!result.feasible) return undefined
  return figure.unit === SECONDS ? (result.performance.workSeconds ?? undefined) : intervalAtLoad(result.performance)
}

// ---- pulling

export interface PullInput {
  readonly kind: AnyKind
  readonly spec: CommonSpec
  readonly raw: Readonly<Record<string, unknown>>
  readonly demand: Demand
  readonly facts: PlanningFacts
}

const NEGLIGIBLE_SHIFT_LOG = 0.005
const NEGLIGIBLE_NARROWING = 0.02

/** What the measurements make of one sort of candidate. */
interface Pull {
  readonly belief: Belief
  /** The very work on the very hardware that were measured, run the same way. */
  readonly same: boolean
  /** Measured speed ÷ estimated speed, as expected. */
  readonly speed: number
  /** Whose measurements, for the note. */
  readonly by: string
  /** What is to be checked of them, one sentence each. */
  readonly warnings: readonly string[]
}

/** Rounds that look for the highest speed at which no operator passes its limit: the shares go with the speed, so that few are needed. */
const LIMIT_ROUNDS = 4
const LIMIT_TOLERANCE = 1e-9

/**
 * The kind with its estimates pulled towards the user's measurements. Each sort of candidate (hardware, runtime, precision, layout)
 * is looked up once. Where a kind has goals, estimates are made at the expected speed, so that goals and replicas follow it.
 */
export function pulledKind({kind, spec, raw, demand, facts}: PullInput, evidence: readonly Evidence[]): AnyKind {
  if (evidence.length === 0) return kind
  const posterior = createPosterior(evidence)
  const pulls = new Map<string, Pull | null>()
  const atSpeeds = new WeakMap<Demand, Map<number, Demand>>()

  function pullFor(hardware: Hardware, configuration: Configuration, estimate: () => Performance | undefined): Pull | null {
    const {accelerator, acceleratorsPerNode, nodes} = hardware
    const {runtime, precision, tp, pp, dp, batch} = configuration
    const key = [accelerator.id, acceleratorsPerNode, nodes, runtime, precision, tp, pp, dp, batch].join(' ')
    const known = pulls.get(key)
    if (known !== undefined) return known
    const plain = estimate()
    if (plain === undefined) return null
    const spot = spotOf(kind, spec, raw, demand, hardware, plain.configuration, facts)
    const belief = posterior.at(spot)
    const pull = belief === undefined ? null : pullOf(belief, spot, plain, evidence)
    pulls.set(key, pull)
    return pull
  }

  function demandAt(asked: Demand, speed: number): Demand {
    let known = atSpeeds.get(asked)
    if (known === undefined) atSpeeds.set(asked, (known = new Map()))
    const found = known.get(speed)
    if (found !== undefined) return found
    const faster: Demand = kind.atSpeed?.(asked, speed) ?? asked
    known.set(speed, faster)
    return faster
  }

  /** At the expected speed, or as much of it as the hardware has. */
  function performWithin(asked: Demand, hardware: Hardware, configuration: Configuration, own: Facts, pull: Pull): PerformResult {
    let {speed} = pull
    for (let round = 0; ; round++) {
      const faster = kind.perform(demandAt(asked, speed), hardware, configuration, own)
      if (!faster.feasible) return faster
      const share = speed > 1 ? greatestShare(faster.performance, sliceOf(hardware)) : 0
      if (share <= 1 + LIMIT_TOLERANCE || round >= LIMIT_ROUNDS) return {feasible: true, performance: pulled(faster.performance, pull, 1, speed)}
      speed = Math.max(1, speed / share)
    }
  }

  return {
    ...kind,
    perform(asked: Demand, hardware, configuration, own): PerformResult {
      let result: PerformResult | undefined
      const pull = pullFor(hardware, configuration, () => {
        result = kind.perform(asked, hardware, configuration, own)
        if (result.feasible) return result.performance
        // Too slow as estimated: at the measured speed it may not be.
        const excused = result.refusal.reason === 'slo' && kind.atSpeed !== undefined ? kind.withoutGoal?.(asked) : undefined
        const again = excused === undefined ? undefined : kind.perform(excused, hardware, configuration, own)
        return again?.feasible === true ? again.performance : undefined
      })
      if (pull !== null && kind.atSpeed !== undefined) {
        return performWithin(asked, hardware, configuration, own, pull)
      }
      result ??= kind.perform(asked, hardware, configuration, own)
      if (pull === null || !result.feasible) return result
      const {performance} = result
      const factor = pull.speed > 1 && performance.workSeconds !== null ? Math.min(pull.speed, headroom(performance, hardware)) : pull.speed
      return {feasible: true, performance: pulled(performance, pull, factor, factor)}
    },
  }
}

/** `null` where it would change no figure that anybody reads. */
function pullOf(found: Belief, spot: Spot, plain: Performance, evidence: readonly Evidence[]): Pull | null {
  const conflicting = found.conflicting.flatMap(index => evidence[index] ?? [])
  // Where measurements and estimates contradict each other, nobody knows better than before.
  const belief = conflicting.length === 0 ? found : {...found, spreadShare: 1}
  const shift = sigmaOf(plain) * belief.offsetPerSigma
  if (Math.abs(shift) < NEGLIGIBLE_SHIFT_LOG && belief.spreadShare > 1 - NEGLIGIBLE_NARROWING) return null
  const speed = Math.exp(shift)
  const nearest = evidence[belief.nearest]
  const same = conflicting.length === 0 && evidence.some(({spot: other}) => (Object.keys(spot) as (keyof Spot)[]).every(trait => other[trait] === spot[trait]))
  const on = nearest === undefined ? '' : said(nearest)
  const by = belief.felt === 1 ? `your measurement${on}` : `${belief.felt} measurements of yours, the nearest${on}`
  const warnings = conflicting.map(each => `Your measurement${said(each)} is ${surprise(each)}: it counts little, and the intervals stay as wide as without it. Check its unit, count and configuration.`)
  return {belief, same, speed, by, warnings}
}

/** How many times as fast the hardware could be at most, by the whole and by each operator: no measurement makes anything faster than that. A load that is given says nothing of it. */
function headroom(performance: Performance, hardware: Hardware): number {
  const {workSeconds, throughput: {value}, endless, rooflineSeconds} = performance
  const seconds = workSeconds?.p50 ?? (endless && value !== null && value.p10 < value.p90 ? 1 / value.p50 : Number.POSITIVE_INFINITY)
  const whole = rooflineSeconds > 0 ? seconds / rooflineSeconds : Number.POSITIVE_INFINITY
  return Math.max(1, Math.min(whole, 1 / greatestShare(performance, sliceOf(hardware))))
}

/**
 * A performance at `factor` times its speed, with the spread that is left; `speed` is what it has of the measurements in all, `factor` and
 * what the estimate was made at. What only its reader asks for stays lazy.
 */
function pulled(performance: Performance, {belief, same, speed: wanted, by, warnings}: Pull, factor: number, speed: number): Performance {
  const {workSeconds, throughput, endless} = performance
  // What the hardware does not have stays between estimate and measurement, and so in the interval.
  const missing = Math.max(0, Math.log(wanted / speed))
  const note = `Pulled ×${speed.toPrecision(3)} by ${by}${missing > 0 ? ', as far as the hardware goes' : ''}.`
  const narrowed = ({p10, p50, p90}: Interval, by: number): Interval => ({p10: (p50 * by) / narrower(p50 / p10, belief, missing), p50: p50 * by, p90: p50 * by * narrower(p90 / p50, belief, missing)})
  const faster = (interval: Interval): Interval => narrowed(interval, factor)
  const shorter = (interval: Interval): Interval => narrowed(interval, 1 / factor)
  const quantile = ({median, p99}: LatencyQuantile, by: (interval: Interval) => Interval): LatencyQuantile => ({median: by(median), p99: by(p99)})
  // A measured rate says how long tokens take, and not how long requests wait for their first: that moves, and is known no better.
  const waiting = (interval: Interval): Interval => scale(interval, 1 / factor)
  // A load that is given stays as it is.
  const rate = throughput.value === null || (endless && factor !== 1) ? throughput.value : faster(throughput.value)
  const {configuration, load, acceleratorsUsed, loadSeconds, checkpointBytes, weightBytes, refusedUnlessNamed} = performance
  return {
    configuration,
    workSeconds: workSeconds === null ? null : shorter(workSeconds),
    endless,
    throughput: {unit: throughput.unit, value: rate},
    ...('saturationThroughput' in performance ? {get saturationThroughput() { return faster(performance.saturationThroughput!) }} : {}),
    ...('capacity' in performance ? {get capacity() { return capacityAt(performance.capacity!, faster) }} : {}),
    get latency(): Latency | null {
      const {latency} = performance
      return latency === null ? null : {ttftSeconds: quantile(latency.ttftSeconds, waiting), tpotSeconds: quantile(latency.tpotSeconds, shorter)}
    },
    get memory() { return performance.memory },
    load,
    acceleratorsUsed,
    loadSeconds,
    checkpointBytes,
    ...(weightBytes === undefined ? {} : {weightBytes}),
    get operators() { return factor === 1 ? performance.operators : performance.operators.map(operator => ({...operator, seconds: operator.seconds / factor})) },
    get bottleneck() { return performance.bottleneck },
    basis: same && missing === 0 ? 'measured' : performance.basis,
    get rooflineSeconds() { return performance.rooflineSeconds },
    get notes() { return [...performance.notes, note, ...warnings] },
    ...(refusedUnlessNamed === undefined ? {} : {refusedUnlessNamed}),
  }
}

const capacityAt = ({atGoal, saturated}: NonNullable<Performance['capacity']>, faster: (interval: Interval) => Interval): NonNullable<Performance['capacity']> =>
  ({atGoal: atGoal === null ? null : faster(atGoal), saturated: faster(saturated)})

/** A percentile's ratio to the median with the spread that is left and the logarithm of what is missing: never narrower than a repeated run, never wider than it was. */
function narrower(ratio: number, {spreadShare}: Belief, missing: number): number {
  if (!(ratio > 1) || !Number.isFinite(ratio)) return ratio
  const log = Math.log(ratio)
  return Math.exp(Math.min(log, Math.max(log * spreadShare, Z90 * REPEAT_RUN_SIGMA_LOG) + missing))
}

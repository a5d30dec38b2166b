import {ownedBill} from '../cost/owned.ts'
import {totalUsd} from '../cost/line.ts'
import type {PeriodHours} from '../cost/period.ts'
import {ownedPricing, workAmount} from '../cost/pricing.ts'
import {meanTariff} from '../cost/tariff.ts'
import type {CostInput, Owned} from '../cost/types.ts'
import {exactly, weakest} from '../performance/interval.ts'
import type {Confidence, Hardware, Interval, Performance} from '../performance/types.ts'
import {
  ASSUMED_LOWEST_SHARE, atClock, boardRangeOf, CLOCK_SHARES, clockFor, coreWattsRatio, demandAtClock, heldLoadShare, heldRatio, limitsBetween, type BoardRange, type ClockPoint, type SpeedQuantile,
} from '../power/capping.ts'
import {acceleratorLoadShare, estimatePower, overheadShare} from '../power/estimate.ts'
import {powerModelForRig} from '../power/model.ts'
import type {Power, PowerCoefficients, PowerModel} from '../power/types.ts'
import {verdictsOn} from './estimate.ts'
import {displacedUsdPerHour, type Estimate} from './evaluate.ts'
import {isWholeRig, type RigPlace} from './places.ts'
import {rankTargets} from './rank.ts'
import {withReference} from './reference.ts'
import type {Resolved} from './resolve.ts'
import {hardwareAt, type Session} from './session.ts'

/** One limit of the boards, and what becomes of the work. */
export interface PowerLimit {
  /** Of each accelerator. */
  readonly limitWatts: number
  /** ÷ the limit that the boards are sold with. */
  readonly limitShare: number
  /** Core clock ÷ that at the boards' own limit. */
  readonly clockShare: number
  /** With everything queued at once, ÷ that at the boards' own limit; the interval is for what the work draws, and for what of it follows the core's clock. */
  readonly speedShare: Interval
  /** Work done, in the unit of the kind: what is asked for where that is less than could be. */
  readonly throughput: {readonly unit: string; readonly value: number}
  /** The kind states a goal of speed that is not met so. */
  readonly missesGoal: boolean
  /** Of one accelerator at work, and of all nodes at the wall. */
  readonly acceleratorWatts: number
  readonly wallWatts: number
  /** At the meter, of the nodes at work, per unit of work. */
  readonly wattHoursPerUnit: number
  readonly energyUsdPerUnit: number
  /** What use adds: energy above idle, wear, displaced work. */
  readonly marginalUsdPerUnit: number
  /** With capital, upkeep and idle energy of the hours that the work takes. */
  readonly fullUsdPerUnit: number
  /** Hours per unit that are expected over p10, p50 and p90 of the speed ÷ those at p50: best limits weigh the figures above with it. */
  readonly expectedHoursRatio: number
}

export interface PowerLimits {
  readonly target: string
  readonly acceleratorName: string
  readonly acceleratorsUsed: number
  /** "1M output tokens" */
  readonly unit: string
  readonly tariffUsdPerKwh: number
  readonly owned: boolean
  /** The boards' own limit first. */
  readonly limits: readonly PowerLimit[]
  readonly best: BestLimits
  readonly confidence: Confidence
  readonly notes: readonly string[]
}

/** See `bestOf`: a limit that is best at p50 of the speed, and much worse at p10, is passed over. */
export interface BestLimits {
  /** Least Wh at the meter per unit. */
  readonly energy: PowerLimit
  /** Least USD per unit where the hours of the rig are free, and where they are paid for. */
  readonly marginalCost: PowerLimit
  readonly fullCost: PowerLimit
}

export type PowerLimitsResult = {readonly limits: PowerLimits} | {readonly detail: string; readonly nearest: string | null}

/** `data/facility.csv`: the lowest limit that a board accepts, W. */
export const LOWEST_LIMIT_KEY = 'lowest_power_limit_'

/** Every limit worth looking at (or those asked for, W) of the boards of a rig while they do a workload, in the configuration that is best at the limit they are sold with. */
export function powerLimitsOf(session: Session, target: Resolved & {kind: 'rig'}, asked?: readonly number[]): PowerLimitsResult {
  const verdicts = verdictsOn(session, target)
  const entries = verdicts.flatMap(verdict => (verdict.feasible && !isWholeRig(verdict.entry.estimate.way.place) ? [verdict.entry] : []))
  const [best] = rankTargets(entries, session.options.have).ranked
  if (best === undefined) {
    const refused = verdicts.find(verdict => !verdict.feasible)
    return {detail: refused?.refusal.detail ?? 'no group of its nodes does it alone', nearest: refused?.refusal.nearest ?? null}
  }
  const {estimate} = best
  const place = estimate.way.place as RigPlace
  const {facts} = session
  const {snapshot, calibration} = facts
  const model = powerModelForRig({snapshot, calibration, accelerator: place.accelerator, model: session.work.model, rig: place.rig, node: place.node, nodes: estimate.nodes})
  const sweep = sweepOf(session, estimate, place, model, asked)
  return sweep === undefined ? {detail: `how ${place.accelerator.name} and this work draw power is not known`, nearest: `rigor hardware show ${place.accelerator.id}`} : {limits: {target: best.id, ...sweep}}
}

/** What is the same at every limit. */
interface Sweep {
  readonly session: Session
  readonly estimate: Estimate
  readonly place: RigPlace
  readonly model: PowerModel
  readonly coefficients: PowerCoefficients
  readonly range: BoardRange
  readonly overhead: number
  readonly run: (clockShare: number, quantile: SpeedQuantile) => Run | undefined
  readonly points: Readonly<Record<SpeedQuantile, readonly SpeedPoint[]>>
  /** At the boards' own limit. */
  readonly own: SpeedPoint
  readonly restingWatts: number
}

interface SpeedPoint extends ClockPoint {
  readonly speed: number
}

interface Run {
  readonly performance: Performance
  readonly missesGoal: boolean
}

function sweepOf(session: Session, estimate: Estimate, place: RigPlace, model: PowerModel, wanted?: readonly number[]): Omit<PowerLimits, 'target'> | undefined {
  const {coefficients} = model
  const {rig, accelerator} = place
  const range = boardRangeOf(model)
  const overhead = overheadShare(model)
  if (coefficients === null || range === undefined || overhead === null) return undefined
  const hardware = hardwareAt(session, place, estimate.nodes)
  if ('reason' in hardware) return undefined
  const run = runnerOf(session, hardware, estimate.performance)
  const pointsAt = (quantile: SpeedQuantile): SpeedPoint[] => CLOCK_SHARES.flatMap((clockShare): SpeedPoint[] => {
    const ran = run(clockShare, quantile)
    return ran === undefined ? [] : [{clockShare, demand: demandAtClock(ran.performance.load, coefficients, accelerator, clockShare, quantile), speed: speedOf(ran.performance)}]
  })
  const points = {p10: pointsAt('p10'), p50: pointsAt('p50'), p90: pointsAt('p90')}
  const [own] = points.p50
  if (own === undefined || !(own.demand > 0) || !(own.speed > 0)) return undefined
  const sweep: Sweep = {session, estimate, place, model, coefficients, range, overhead, run, points, own, restingWatts: restingWatts(session, place)}
  const known = session.facts.snapshot.facility[LOWEST_LIMIT_KEY + accelerator.id]
  const lowest = Math.min(known ?? Math.round(range.maximumWatts * ASSUMED_LOWEST_SHARE), range.maximumWatts)
  const asked = wanted ?? limitsBetween(lowest, range.maximumWatts)
  const limits = asked.map(limitWatts => limitOf(sweep, limitWatts)).filter(limit => limit !== undefined)
  const [first] = limits
  if (first === undefined) return undefined
  const unheld = asked.filter(watts => !limits.some(({limitWatts}) => limitWatts === watts))
  const {best, passesOver} = bestOf(limits, first)
  return {
    acceleratorName: accelerator.name,
    acceleratorsUsed: estimate.performance.acceleratorsUsed,
    unit: session.demand.costUnit.name,
    tariffUsdPerKwh: meanTariff(rig.site),
    owned: rig.owned,
    limits,
    best,
    confidence: weakest(estimate.confidence, model.basis, coefficients.basis, 'computed'),
    notes: [
      ...(known === undefined ? [`The lowest limit that ${accelerator.name} accepts is not known: ${ASSUMED_LOWEST_SHARE * 100} % of its own is assumed.`] : []),
      ...(unheld.length === 0 ? [] : [`No clock holds this work at ${Math.max(...unheld)} W or less.`]),
      ...(limits.some(({missesGoal}) => missesGoal) ? [`Below ${Math.min(...limits.filter(({missesGoal}) => !missesGoal).map(({limitWatts}) => limitWatts))} W the workload's goal of speed is missed.`] : []),
      ...(passesOver ? ['Best limits weigh p10, p50 and p90 of the speed 3 : 4 : 3; at p50 alone lower ones would be best.'] : []),
      ...(limits.some(({limitShare}) => limitShare <= DEEP_SHARE)
        ? ['At two thirds of the boards’ own limit and less, published speeds were 6 points off such estimates on average, and far lower where an RTX 3090 unpacked weights of 3 bit (docs/rig.md, Power limits).']
        : []),
      ...drawNote(sweep),
      ...(accelerator.formFactor === 'laptop' ? ['Many laptops let nobody set the limit of their accelerator.'] : []),
      ...(sweep.restingWatts > 0 ? [`W at the wall: ${Math.round(sweep.restingWatts)} of them by nodes that the work leaves out; figures per unit count the others.`] : []),
      ...model.notes,
    ],
  }
}

/** Up to here the estimates are off by more than a little (test/power/published-limits.test.ts). */
const DEEP_SHARE = 2 / 3

/** Estimates and plans have the power model as it is; the reader sees both figures. */
function drawNote({coefficients, estimate, own, place: {accelerator}, range: {idleWatts, maximumWatts}, range}: Sweep): readonly string[] {
  if (coreWattsRatio(coefficients, accelerator) === 1) return []
  const watts = (loadShare: number): number => Math.round(idleWatts + (maximumWatts - idleWatts) * loadShare)
  const [here, elsewhere] = [watts(heldLoadShare(own.demand, range, maximumWatts)), watts(acceleratorLoadShare(estimate.performance.load, coefficients))]
  return [`Boards with GDDR drew more than the power model says: ${here} W each at their own limit here, ${elsewhere} W in estimates and plans (docs/rig.md, Power limits).`]
}

/** Less than this makes no limit better than a higher one. */
const NEGLIGIBLE_SHARE = 1e-4

/**
 * The limit that is best at p50 of the speed, or a higher one that takes less over p10, p50 and p90: what lowers a limit must not hang on the middle alone. Never a
 * lower one, in the hope of p90. `passesOver`: some best limit is higher for it.
 */
function bestOf(limits: readonly PowerLimit[], own: PowerLimit): {readonly best: BestLimits; readonly passesOver: boolean} {
  const least = (figure: (limit: PowerLimit) => number, from: readonly PowerLimit[]): PowerLimit => from.reduce((best, each) => (figure(each) < figure(best) * (1 - NEGLIGIBLE_SHARE) ? each : best), own)
  const choose = (figure: (limit: PowerLimit) => number): {readonly middle: PowerLimit; readonly best: PowerLimit} => {
    const middle = least(figure, limits)
    return {middle, best: least(limit => figure(limit) * limit.expectedHoursRatio, limits.filter(({limitWatts}) => limitWatts >= middle.limitWatts))}
  }
  const [energy, marginalCost, fullCost] = [choose(limit => limit.wattHoursPerUnit), choose(limit => limit.marginalUsdPerUnit), choose(limit => limit.fullUsdPerUnit)]
  return {best: {energy: energy.best, marginalCost: marginalCost.best, fullCost: fullCost.best}, passesOver: [energy, marginalCost, fullCost].some(({best, middle}) => best !== middle)}
}

function limitOf(sweep: Sweep, limitWatts: number): PowerLimit | undefined {
  const {session, estimate, place, model, range, overhead, own, restingWatts: resting} = sweep
  const {rig, node} = place
  const middle = heldTo(sweep, limitWatts, 'p50')
  if (middle === undefined) return undefined
  const {performance, missesGoal} = middle
  const loadShare = heldLoadShare(own.demand, range, limitWatts)
  const power = estimatePower(performance, model, {loadShare, limitWatts})
  const pricing = ownedPricing({rig, node, nodes: estimate.nodes, idleWatts: power.idleWatts, acceleratorsUsed: performance.acceleratorsUsed, displacedUsdPerHour: displacedUsdPerHour(rig, performance.acceleratorsUsed)})
  const hoursAt = (run: Run): number => session.demand.costUnit.amount / (workAmount(session.demand.costUnit, session.demand.workUnits, run.performance.throughput).unitsPerHour?.p50 ?? 0)
  const hourly = pricing.kind === 'owned' ? hourlyUsd(session, estimate, pricing, power) : null
  const hoursPerUnit = hoursAt(middle)
  if (!Number.isFinite(hoursPerUnit) || power.averageWatts === null || hourly === null) return undefined
  const slow = heldTo(sweep, limitWatts, 'p10') ?? atLowest(sweep, 'p10') ?? middle
  const fast = heldTo(sweep, limitWatts, 'p90') ?? middle
  const meterKilowatts = (power.averageWatts.p50 * (1 + overhead)) / 1000
  const speed = speedOf(performance) / own.speed
  return {
    limitWatts,
    limitShare: limitWatts / range.maximumWatts,
    clockShare: middle.clockShare,
    speedShare: {p10: Math.min(speed, speedOf(slow.performance) / own.speed), p50: speed, p90: Math.max(speed, speedOf(fast.performance) / own.speed)},
    throughput: {unit: performance.throughput.unit, value: performance.throughput.value?.p50 ?? 0},
    missesGoal,
    acceleratorWatts: range.idleWatts + (range.maximumWatts - range.idleWatts) * loadShare,
    wallWatts: power.averageWatts.p50 + resting,
    wattHoursPerUnit: meterKilowatts * hoursPerUnit * 1000,
    energyUsdPerUnit: meterKilowatts * hoursPerUnit * meanTariff(rig.site),
    marginalUsdPerUnit: hourly.marginal * hoursPerUnit,
    fullUsdPerUnit: hourly.full * hoursPerUnit,
    expectedHoursRatio: WEIGHT.p50 + (WEIGHT.p10 * Math.max(hoursPerUnit, hoursAt(slow)) + WEIGHT.p90 * Math.min(hoursPerUnit, hoursAt(fast))) / hoursPerUnit,
  }
}

/** Of the 10th, 50th and 90th percentile in an expected value (Swanson's rule; Hurst, Brown and Swanson 2000, AAPG Bulletin 84(12)). */
const WEIGHT: Readonly<Record<SpeedQuantile, number>> = {p10: 0.3, p50: 0.4, p90: 0.3}

/** The work under a limit, `undefined` where no clock holds it: p10 draws more than expected and is held harder, p90 less. */
function heldTo({coefficients: {spread}, range, run, points, own}: Sweep, limitWatts: number, quantile: SpeedQuantile): (Run & {readonly clockShare: number}) | undefined {
  const more = {p10: spread.highLog, p50: 0, p90: spread.lowLog}[quantile]
  const clockShare = clockFor(points[quantile], heldRatio(own.demand * Math.exp(more), range, limitWatts))
  const ran = clockShare === undefined ? undefined : run(clockShare, quantile)
  return clockShare === undefined || ran === undefined ? undefined : {...ran, clockShare}
}

function atLowest({run, points}: Sweep, quantile: SpeedQuantile): Run | undefined {
  const lowest = points[quantile].at(-1)
  return lowest === undefined ? undefined : run(lowest.clockShare, quantile)
}

/** The work at a core clock, in the configuration that is best without a limit. */
function runnerOf(session: Session, hardware: Hardware, {configuration}: Performance): Sweep['run'] {
  const {kind, demand, facts, reference} = session
  const excused = kind.withoutGoal?.(demand)
  return (clockShare, quantile) => {
    const slower = atClock(hardware, clockShare, quantile)
    const met = kind.perform(demand, slower, configuration, facts)
    const result = met.feasible || excused === undefined ? met : kind.perform(excused, slower, configuration, facts)
    if (!result.feasible) return undefined
    return {performance: reference === undefined ? result.performance : withReference(result.performance, slower, reference), missesGoal: !met.feasible}
  }
}

/** What the machines could do, where less is asked of them. */
const speedOf = ({capacity, saturationThroughput, throughput}: Performance): number => (capacity?.saturated ?? saturationThroughput ?? throughput.value)?.p50 ?? 0

/** Wall watts of the nodes that the work leaves out, where they stay on. */
function restingWatts({facts}: Session, {rig, node: used}: RigPlace): number {
  if (rig.site.whenIdle === 'off') return 0
  const {snapshot, calibration} = facts
  return rig.nodes.reduce((sum, node) => {
    const accelerator = facts.accelerator(node.acceleratorId)
    if (node.id === used.id || accelerator === undefined) return sum
    const model = powerModelForRig({snapshot, calibration, accelerator, model: '', rig, node, nodes: node.count})
    return sum + (estimatePower(IDLE, model).idleWatts ?? 0)
  }, 0)
}

const IDLE = {basis: 'computed', load: {computeShare: 0, memoryShare: 0, linkShare: 0, hostShare: 0}, acceleratorsUsed: 0} as unknown as Performance

const HOURS = 1
/** One hour in the middle of the work. */
const HOUR_OF_WORK: PeriodHours = {period: 'run', perStart: exactly(HOURS), starts: 1, hours: exactly(HOURS), preparationHours: 0, workHours: exactly(HOURS), how: () => `${HOURS} h`}

/** USD of an hour of work: what use adds, and with the hour's part of capital, upkeep and idle energy. */
function hourlyUsd({work}: Session, {nodes, hours}: Estimate, pricing: Owned, power: Power): {readonly marginal: number; readonly full: number} | null {
  // Also of a rig that would be bought whole: the hour carries an hour of its life, so that slower work costs more.
  const inUse: Owned = {...pricing, owned: true, waitingHours: 0}
  const input: CostInput = {pricing: inUse, nodes, hours, schedule: work.schedule, horizonMonths: work.horizonMonths, data: work.data, diskGb: 0, power, inputEgress: null, work: null, basis: 'computed'}
  const bill = ownedBill(input, inUse, HOUR_OF_WORK)
  return bill === null ? null : {marginal: totalUsd(bill.marginal).p50, full: totalUsd(bill.full).p50}
}

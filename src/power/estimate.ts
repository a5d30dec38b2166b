import {intervalFromSigma, intervalFromSpread, multiply, scale, shift, sum, weakest} from '../performance/interval.ts'
import {workOf} from '../performance/load.ts'
import {preparationHours, type RunHours} from '../performance/run-hours.ts'
import type {Interval, Load, Performance} from '../performance/types.ts'
import type {Energy, Power, PowerCoefficients, PowerModel} from './types.ts'

/**
 * How sharply the power limit sets in: a sum of demands that would just reach the maximum draws 84 % of the range, one of twice as much 98 %. Phases
 * of a step differ, and the limit cuts the hungry ones first. The curve is concave: the same work in less time never takes an accelerator more energy.
 */
const LIMIT_SHARPNESS = 4

/**
 * Part of the host's range that is fans, and grows with the cube of the heat (air moved goes with the speed, its power with the cube); the
 * rest follows `hostShare`. An assumption: 65 of 163 W per accelerator, 6 % of an HGX node at full load. Fans alone take more for the same heat
 * in less time; with the host's idle draw, saved meanwhile, a node takes less as long as that is at least 0.15 of the host's range.
 */
const FAN_SHARE = 0.4

/**
 * Spread of ln(host watts) between server makes: the same job took 5,822 W a node in one make and 7,033 W in another (MLPerf Training v4.0 and
 * v4.1, Llama 2 70B LoRA on 8 nodes of eight H100). With about 4.2 kW of accelerators in both, hosts of 1.4 and 2.5 kW: ln 1.8 ÷ √2.
 */
const HOST_SIGMA_LOG = 0.4

/** Losses of supplies, as shares of their rating, where half load is 96 % efficient: constant and with the square of the current. With them 80 PLUS Titanium is met at 10, 20, 50 and 100 %. */
const SUPPLY_LOSS = {constant: 0.0107, resistive: 0.0404, atHalfLoad: 0.0208}
/** Supplies are bought twice, so that one half may fail: rating ÷ highest load. */
const SUPPLY_RESERVE = 2

const WATT_HOURS_PER_KWH = 1000
const GRAMS_PER_KG = 1000

const clampShare = (share: number): number => Math.min(1, Math.max(0, share))

/** What the work would draw above idle if nothing held it back, ÷ the range idle..maximum. */
function demandOf(load: Load, coefficients: PowerCoefficients): number {
  const work = workOf(load)
  return (
    clampShare(work.activeShare) * coefficients.activeWeight + clampShare(work.flopsShare) * coefficients.flopsWeight + clampShare(work.bytesShare) * coefficients.bytesWeight +
    clampShare(work.cacheBytesShare) * coefficients.cacheBytesWeight + clampShare(work.unpackShare) * coefficients.unpackWeight
  )
}

/** What of a demand the board's limit lets through, both as shares of the range idle..limit. */
export const limitedShare = (demand: number): number => demand / Math.sqrt(Math.sqrt(1 + demand ** LIMIT_SHARPNESS))

/**
 * Share of the range idle..maximum that an accelerator draws. Watts are energy per operation and per byte times their rates, plus what comes with
 * computing at all; near the board's limit clocks and voltage fall, so watts rise ever more slowly and never pass it.
 */
export function acceleratorLoadShare(load: Load, coefficients: PowerCoefficients): number {
  return limitedShare(demandOf(load, coefficients))
}

/** Accelerators that a lower limit than the board's own holds: their share of the range idle..maximum (capping.ts), and that limit. */
export interface HeldBoards {
  readonly loadShare: number
  readonly limitWatts: number
}

function bounded(interval: Interval, low: number, high: number): Interval {
  const clamp = (value: number): number => Math.min(high, Math.max(low, value))
  return {p10: clamp(interval.p10), p50: clamp(interval.p50), p90: clamp(interval.p90)}
}

/** Sum of two figures whose errors have nothing to do with each other: distances from the median in quadrature. */
function independentSum(one: Interval, other: Interval): Interval {
  const p50 = one.p50 + other.p50
  return {p10: p50 - Math.hypot(one.p50 - one.p10, other.p50 - other.p10), p50, p90: p50 + Math.hypot(one.p90 - one.p50, other.p90 - other.p50)}
}

type SupplyModel = Pick<PowerModel, 'supplyEfficiency' | 'supplyCurve'>

/** Watts at the wall for watts behind the supplies. `maximum`: the most that the machines ever draw behind them. */
function wallWatts(watts: number, maximum: number, {supplyEfficiency, supplyCurve}: SupplyModel): number {
  if (supplyCurve !== undefined) return watts / efficiencyAt(watts / supplyCurve.ratedWatts, supplyCurve.points)
  const rating = maximum * SUPPLY_RESERVE
  if (!(rating > 0)) return 0
  const scaled = ((1 / supplyEfficiency - 1) / 2) / SUPPLY_LOSS.atHalfLoad
  return watts + rating * scaled * (SUPPLY_LOSS.constant + SUPPLY_LOSS.resistive * (watts / rating) ** 2)
}

/** Straight lines between the points of a curve; beyond its ends what stands there. Supplies share the load evenly. */
function efficiencyAt(loadShare: number, points: NonNullable<PowerModel['supplyCurve']>['points']): number {
  const next = points.findIndex(point => point.loadShare >= loadShare)
  const [above, below] = [points[next], points[next - 1]]
  if (above === undefined) return points.at(-1)?.efficiency ?? 1
  if (below === undefined) return above.efficiency
  return below.efficiency + ((above.efficiency - below.efficiency) * (loadShare - below.loadShare)) / (above.loadShare - below.loadShare)
}

/** Watts behind the supplies of a machine that draws `wall` watts: the inverse of the above. */
export function supplyOutputWatts(wall: number, maximum: number, supply: SupplyModel): number {
  let watts = wall
  for (let round = 0; round < 20; round++) watts -= wallWatts(watts, maximum, supply) - wall
  return watts
}

/**
 * Watts while the work runs: accelerators in use at their load, the others idle, the host with its fans, and the supplies' losses. The peak lies
 * between the average and everything at its maximum: dense phases (a prefill, a matmul) reach the power limit within milliseconds.
 */
export function estimatePower(performance: Performance, model: PowerModel, held?: HeldBoards): Power {
  const {coefficients, acceleratorIdleWatts: idle, acceleratorMaximumWatts: maximum} = model
  const confidence = weakest(performance.basis, model.basis, coefficients?.basis ?? 'assumed')
  if (coefficients === null || idle === null || maximum === null) return {averageWatts: null, peakWatts: null, idleWatts: null, acceleratorWatts: null, confidence}

  const used = Math.min(performance.acceleratorsUsed, model.acceleratorsPowered)
  const unused = model.acceleratorsPowered - used
  const loadShare = held?.loadShare ?? acceleratorLoadShare(performance.load, coefficients)
  const limit = held?.limitWatts ?? maximum
  const perUsed = bounded(intervalFromSpread(idle + (maximum - idle) * loadShare, coefficients.spread), idle, limit)
  const acceleratorWatts = shift(scale(perUsed, used), idle * unused)
  if (model.hostIdleWatts === null || model.hostMaximumWatts === null) {
    return {averageWatts: null, peakWatts: null, idleWatts: null, acceleratorWatts, confidence}
  }

  const hostRange = model.hostMaximumWatts - model.hostIdleWatts
  // A node without accelerators (storage) has no heat of them.
  const heatShare = used > 0 ? (loadShare * used) / Math.max(model.acceleratorsPowered, used) : 0
  const hostLoad = FAN_SHARE * heatShare ** 3 + (1 - FAN_SHARE) * clampShare(performance.load.hostShare)
  const host = intervalFromSigma(model.hostIdleWatts + hostRange * hostLoad, HOST_SIGMA_LOG)
  const most = maximum * model.acceleratorsPowered + model.hostMaximumWatts
  const wall = (watts: number): number => wallWatts(watts, most, model)
  const together = independentSum(acceleratorWatts, host)
  const idleWatts = wall(idle * model.acceleratorsPowered + model.hostIdleWatts)
  // Readings were of busy nodes: what a node draws doing nothing is known as well as before.
  const known = shift(intervalFromSpread(wall(together.p50) - idleWatts, model.wallSpread), idleWatts)
  const averageWatts: Interval = {p10: Math.min(wall(together.p10), known.p10), p50: wall(together.p50), p90: Math.max(wall(together.p90), known.p90)}
  const expectedPeak = wall(limit * used + idle * unused + Math.max(host.p50, model.hostMaximumWatts))
  const allAtMaximum = wall(limit * used + idle * unused + Math.max(host.p90, model.hostMaximumWatts))
  return {
    averageWatts,
    peakWatts: {p10: averageWatts.p50, p50: Math.max(averageWatts.p50, expectedPeak), p90: Math.max(averageWatts.p90, allAtMaximum)},
    idleWatts,
    acceleratorWatts,
    confidence,
  }
}

/** Watts of unlike groups of machines that share the work (a rig's replicas on its SXM and its PCIe node). One unknown makes the sum unknown. */
export function addPower(parts: readonly Power[]): Power {
  const total = (read: (part: Power) => Interval | null): Interval | null => {
    const known = parts.map(read).filter(part => part !== null)
    return known.length === parts.length && parts.length > 0 ? sum(known) : null
  }
  const idle = parts.map(part => part.idleWatts).filter(watts => watts !== null)
  return {
    averageWatts: total(part => part.averageWatts),
    peakWatts: total(part => part.peakWatts),
    idleWatts: idle.length === parts.length && parts.length > 0 ? idle.reduce((one, other) => one + other, 0) : null,
    acceleratorWatts: total(part => part.acceleratorWatts),
    confidence: weakest(...parts.map(part => part.confidence)),
  }
}

/**
 * Overhead per wall kWh: PUE − 1 where there is one; else what the supply against failures loses, and 1 ÷ COP of all heat, its own included, where
 * the cooling moves it (all electricity becomes heat).
 */
export function overheadShare({pue, coolingCop, upsEfficiency = 1}: Pick<PowerModel, 'pue' | 'coolingCop' | 'upsEfficiency'>): number | null {
  return pue === null ? null : pue - 1 + (1 / upsEfficiency - 1) + (coolingCop === null ? 0 : 1 / upsEfficiency / coolingCop)
}

const UNKNOWN_ENERGY: Energy = {kwh: null, wallKwh: null, overheadKwh: null, carbonKg: null}

/**
 * kWh = (watts at work × hours of work and of what failures repeat + idle watts × hours of set-up, data and loading) × PUE (clouds,
 * rigs whose site has one) or ÷ η of the UPS × (1 + 1/COP) (other rigs); carbon = kWh × gCO2e/kWh. Before the work starts accelerators wait for the network and for disks.
 */
export function estimateEnergy({averageWatts, idleWatts}: Power, hours: RunHours, model: PowerModel): Energy {
  if (averageWatts === null || idleWatts === null) return UNKNOWN_ENERGY
  const working = multiply(averageWatts, sum([hours.work, hours.failures]))
  const wallKwh = scale(shift(working, idleWatts * preparationHours(hours)), 1 / WATT_HOURS_PER_KWH)
  const overhead = overheadShare(model)
  if (overhead === null) return {...UNKNOWN_ENERGY, wallKwh}
  const overheadKwh = scale(wallKwh, overhead)
  const kwh = sum([wallKwh, overheadKwh])
  return {kwh, wallKwh, overheadKwh, carbonKg: model.gramsCo2PerKwh === null ? null : scale(kwh, model.gramsCo2PerKwh / GRAMS_PER_KG)}
}

import {intervalFromSigma, multiply, scale, sum, weakest} from '../performance/interval.ts'
import {runHoursTotal, type RunHours} from '../performance/run-hours.ts'
import type {Interval, Load, Performance} from '../performance/types.ts'
import type {Energy, Power, PowerCoefficients, PowerModel} from './types.ts'

/**
 * Load at which an accelerator counts as running all the time: below it kernels come with gaps, and the floor fades
 * out towards idle. The rows that the coefficients were fitted on lie above it (docs/models/power.md).
 */
const FULL_ACTIVITY_LOAD = 0.05

/**
 * Part of the host's range that follows the accelerators (fans, voltage regulators, switches); the rest follows
 * `hostShare`. From MLPerf Training v4.0 node readings; see docs/models/power.md.
 */
const HOST_FOLLOWS_ACCELERATORS = 0.2

/**
 * Spread of ln(host watts) between server makes: the same job on the same eight accelerators took 5,822 W in one make
 * and 7,033 W in another (MLPerf Training v4.0 and v4.1, Llama 2 70B LoRA on 8 nodes): ln 1.208 ÷ √2.
 */
const HOST_SIGMA_LOG = 0.13

const WATT_HOURS_PER_KWH = 1000
const GRAMS_PER_KG = 1000

const clampShare = (share: number): number => Math.min(1, Math.max(0, share))

/**
 * Share of the range idle..maximum that an accelerator draws: 1 − e^−z. Dynamic power is proportional to work done per
 * second (energy per FLOP, per byte of memory, per byte of link), and the power limit bends it: near the limit clocks
 * and voltage fall, so watts rise ever more slowly and never pass the maximum.
 */
export function acceleratorLoadShare(load: Load, coefficients: PowerCoefficients): number {
  const compute = clampShare(load.computeShare)
  const memory = clampShare(load.memoryShare)
  const link = clampShare(load.linkShare)
  const activity = Math.min(1, (compute + memory + link) / FULL_ACTIVITY_LOAD)
  const exponent =
    activity * coefficients.floor + compute * coefficients.computeWeight + memory * coefficients.memoryWeight + link * coefficients.linkWeight
  return -Math.expm1(-exponent)
}

function bounded(interval: Interval, low: number, high: number): Interval {
  const clamp = (value: number): number => Math.min(high, Math.max(low, value))
  return {p10: clamp(interval.p10), p50: clamp(interval.p50), p90: clamp(interval.p90)}
}

/**
 * Watts while the work runs: accelerators in use at their load, the others idle, the host between idle and full load,
 * all divided by the supplies' efficiency. The peak lies between the average and everything at its maximum: dense
 * phases (a prefill, a matmul) reach the power limit within milliseconds.
 */
export function estimatePower(performance: Performance, model: PowerModel): Power {
  const {coefficients, acceleratorIdleWatts: idle, acceleratorMaximumWatts: maximum} = model
  const confidence = weakest(performance.basis, model.basis, coefficients?.basis ?? 'assumed')
  if (coefficients === null || idle === null || maximum === null) return {averageWatts: null, peakWatts: null, idleWatts: null, acceleratorWatts: null, confidence}

  const used = Math.min(performance.acceleratorsUsed, model.acceleratorsPowered)
  const unused = model.acceleratorsPowered - used
  const loadShare = acceleratorLoadShare(performance.load, coefficients)
  const perUsed = bounded(intervalFromSigma(idle + (maximum - idle) * loadShare, coefficients.sigmaLog), idle, maximum)
  const acceleratorWatts = sum([scale(perUsed, used), scale({p10: idle, p50: idle, p90: idle}, unused)])
  if (model.hostIdleWatts === null || model.hostMaximumWatts === null) {
    return {averageWatts: null, peakWatts: null, idleWatts: null, acceleratorWatts, confidence}
  }

  const hostRange = model.hostMaximumWatts - model.hostIdleWatts
  const hostLoad = HOST_FOLLOWS_ACCELERATORS * loadShare + (1 - HOST_FOLLOWS_ACCELERATORS) * clampShare(performance.load.hostShare)
  const host = intervalFromSigma(model.hostIdleWatts + hostRange * hostLoad, HOST_SIGMA_LOG)
  const averageWatts = scale(sum([acceleratorWatts, host]), 1 / model.supplyEfficiency)
  const allAtMaximum = (maximum * used + idle * unused + Math.max(host.p90, model.hostMaximumWatts)) / model.supplyEfficiency
  const expectedPeak = (maximum * used + idle * unused + Math.max(host.p50, model.hostMaximumWatts)) / model.supplyEfficiency
  return {
    averageWatts,
    peakWatts: {p10: averageWatts.p50, p50: Math.max(averageWatts.p50, expectedPeak), p90: Math.max(averageWatts.p90, allAtMaximum)},
    idleWatts: (idle * model.acceleratorsPowered + model.hostIdleWatts) / model.supplyEfficiency,
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

/** Overhead per wall kWh: PUE − 1 in a data centre, 1 ÷ COP where the site's own cooling moves the heat (all electricity becomes heat). */
export function overheadShare(model: Pick<PowerModel, 'pue' | 'coolingCop'>): number | null {
  return model.pue === null ? null : model.pue - 1 + (model.coolingCop === null ? 0 : 1 / model.coolingCop)
}

const UNKNOWN_ENERGY: Energy = {kwh: null, wallKwh: null, overheadKwh: null, carbonKg: null}

function energyOf(watts: Interval, hours: Interval, model: PowerModel): Energy {
  const wallKwh = scale(multiply(watts, hours), 1 / WATT_HOURS_PER_KWH)
  const overhead = overheadShare(model)
  if (overhead === null) return {...UNKNOWN_ENERGY, wallKwh}
  const overheadKwh = scale(wallKwh, overhead)
  const kwh = sum([wallKwh, overheadKwh])
  return {kwh, wallKwh, overheadKwh, carbonKg: model.gramsCo2PerKwh === null ? null : scale(kwh, model.gramsCo2PerKwh / GRAMS_PER_KG)}
}

/**
 * kWh = wall watts × hours × PUE (clouds) or × (1 + 1/COP) (own premises); carbon = kWh × gCO2e/kWh. All hours of the
 * run count at the work's watts: set-up and loading draw less, so short runs read a little high.
 */
export function estimateEnergy(power: Power, hours: RunHours, model: PowerModel): Energy {
  return power.averageWatts === null ? UNKNOWN_ENERGY : energyOf(power.averageWatts, runHoursTotal(hours), model)
}

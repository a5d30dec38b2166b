import type {Accelerator} from '../catalog/schema.ts'
import {workOf} from '../performance/load.ts'
import type {Hardware, Load} from '../performance/types.ts'
import {limitedShare} from './estimate.ts'
import type {PowerCoefficients, PowerModel} from './types.ts'

/**
 * A board whose power limit is lowered (docs/rig.md, "Power limits"). Its core clock falls until what the work would draw fits:
 *   watts above idle ∝ A · (h + (r − h) · c · V²) + r · (FLOP/s · J/FLOP + …) · V² + byte/s · J/byte       c = clock ÷ that at the board's own limit
 * with V = max(c, 0.86): the voltage falls with the clock down to its floor (dynamic power ∝ f · V²). Memory keeps its clock and its voltage. r = 1 but for boards
 * with GDDR, whose cores drew more than the power model says.
 */

/**
 * Voltage at its floor ÷ that at the clock of the default limit. Read off published clocks and watts: of an RTX PRO 6000 that decodes alone (watts less a fixed
 * part ∝ clock below 0.86 of the highest, and with its cube above), and of an RTX 3090 at prompts (0.87). data/measured-power-limits.csv has the speeds.
 */
const VOLTAGE_FLOOR = 0.86

/** What is known within bounds only, as the 10th, 50th and 90th percentile of the speed have it. */
export type SpeedQuantile = 'p10' | 'p50' | 'p90'

/**
 * `h`: what stays of the watts that come with computing at all when the core's clock falls. GDDR holds its clock and its termination, and with it the
 * controllers: 0.2 (RTX PRO 6000) to 0.5 (RTX 3090) of it; a V100's line runs through its idle watts, so HBM has none.
 */
const HELD_SHARE: Readonly<Record<'stacked' | 'soldered', Readonly<Record<SpeedQuantile, number>>>> = {stacked: {p10: 0, p50: 0, p90: 0}, soldered: {p10: 0.5, p50: 0.3, p90: 0.2}}

/**
 * What the memory gives ÷ what caches and the way to them carry, at the clock of the board's own limit; they run on the core's clock, the memory does not. 0.6 is
 * what an RTX PRO 6000 that decodes one stream tells (its speeds at four published clocks within 0.6 %), and 1 ÷ 1.7, as an H100's second cache gives 1.7 times its
 * memory's bandwidth. Small kernels, which no estimator tells from other launches, follow the clock as well: 0.65 to 0.85 meets the speeds of five published sweeps
 * best, whichever of six is left out. At 0.5 hardly anything follows; at 1 the way is as narrow as the memory, as it is for kernels that unpack what they read.
 */
const MEMORY_OVER_PATH: Readonly<Record<SpeedQuantile, number>> = {p10: 1, p50: 0.7, p90: 0.5}

/**
 * Watts of the core above idle ÷ what energies fitted to boards with HBM say, where memory is GDDR and nobody measured the architecture: 1.2 (A40), 1.3 (Quadro RTX
 * 6000), 1.8 (RTX 3090, RTX 4090 and RTX PRO 6000) at the boards' own limits; their mean in ln is 1.6, 1.5 to 1.7 with any board left out. Energy per operation goes
 * with the square of the voltage, and these boards are sold further up their curve of clock and voltage: 1.26 times the voltage is enough for it.
 */
export const CORE_WATTS_RATIO = 1.6

/** No board runs slower than that; what draws more even so holds no such limit. */
export const LEAST_CLOCK_SHARE = 0.1

/** Bandwidth of a memory behind a way that narrows with the clock, with the power limit's rounded corner: phases differ, and the first of them wait before the mean does. */
function bandwidthShare(clockShare: number, quantile: SpeedQuantile): number {
  const memory = MEMORY_OVER_PATH[quantile]
  return limitedShare(clockShare / memory) / limitedShare(1 / memory)
}

/** The same accelerators at a lower core clock, as estimators see them. */
export function atClock(hardware: Hardware, clockShare: number, quantile: SpeedQuantile = 'p50'): Hardware {
  const {accelerator} = hardware
  if (clockShare === 1) return hardware
  const slowed = <Rates extends Readonly<Record<string, number | undefined>>>(rates: Rates): Rates =>
    Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, rate === undefined ? undefined : rate * clockShare])) as Rates
  return {
    ...hardware,
    accelerator: {
      ...accelerator,
      peakFlops: slowed(accelerator.peakFlops),
      sustainedMatmulFlops: slowed(accelerator.sustainedMatmulFlops),
      memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond * bandwidthShare(clockShare, quantile),
      // What the limit does to the clocks is in the rates: estimators that derive clocks from watts wanted ÷ allowed keep their ratio.
      ...(accelerator.powerWatts === undefined ? {} : {powerWatts: accelerator.powerWatts * clockShare}),
    },
  }
}

const clamp = (share: number): number => Math.max(0, Math.min(1, share))

type BoardMemory = Pick<Accelerator, 'memoryType'>

/** See `CORE_WATTS_RATIO`; 1 where nothing is known against the power model. */
export const coreWattsRatio = ({basis}: PowerCoefficients, {memoryType}: BoardMemory): number =>
  memoryType?.startsWith('GDDR') === true && (basis === 'computed' || basis === 'assumed') ? CORE_WATTS_RATIO : 1

/**
 * What the work would draw above idle at a clock if no limit held it, ÷ the range idle..maximum of the board as it is sold. `load`: as an estimator gives it for
 * `atClock` of the hardware, in shares of the rates at that clock.
 */
export function demandAtClock(load: Load, coefficients: PowerCoefficients, accelerator: BoardMemory, clockShare: number, quantile: SpeedQuantile = 'p50'): number {
  const work = workOf(load)
  const held = HELD_SHARE[accelerator.memoryType?.startsWith('HBM') === true ? 'stacked' : 'soldered'][quantile]
  const ratio = coreWattsRatio(coefficients, accelerator)
  const perOperation = Math.max(VOLTAGE_FLOOR, clockShare) ** 2
  const core = clockShare * perOperation
  const bandwidth = bandwidthShare(clockShare, quantile)
  return (
    clamp(work.activeShare) * coefficients.activeWeight * (held + (ratio - held) * core) +
    clamp(work.flopsShare) * coefficients.flopsWeight * ratio * core +
    clamp(work.bytesShare) * coefficients.bytesWeight * bandwidth +
    clamp(work.cacheBytesShare) * coefficients.cacheBytesWeight * ratio * bandwidth * perOperation +
    clamp(work.unpackShare) * coefficients.unpackWeight * ratio * core
  )
}

/** Both ends of what a board draws, known. */
export interface BoardRange {
  readonly idleWatts: number
  readonly maximumWatts: number
}

export function boardRangeOf({acceleratorIdleWatts: idle, acceleratorMaximumWatts: maximum}: PowerModel): BoardRange | undefined {
  return idle === null || maximum === null || maximum <= idle ? undefined : {idleWatts: idle, maximumWatts: maximum}
}

/** Share of the range idle..maximum that a board draws under a limit, where the work would draw `demand` of that range at the clock of its own limit. */
export function heldLoadShare(demand: number, {idleWatts, maximumWatts}: BoardRange, limitWatts: number): number {
  const room = (limitWatts - idleWatts) / (maximumWatts - idleWatts)
  return room <= 0 ? 0 : limitedShare(demand / room) * room
}

/** What a limit leaves of the watts above idle that the board draws at its own: what the demand has to fall to, ÷ itself. */
export const heldRatio = (demand: number, range: BoardRange, limitWatts: number): number => heldLoadShare(demand, range, limitWatts) / limitedShare(demand)

/** Demand by clock, the highest clock first. */
export interface ClockPoint {
  readonly clockShare: number
  readonly demand: number
}

/** The highest clock at which the demand is down to `ratio` of that at the first point, between two points in a straight line; `undefined` = it draws more at any. */
export function clockFor(points: readonly ClockPoint[], ratio: number): number | undefined {
  const [first] = points
  if (first === undefined) return undefined
  const wanted = first.demand * ratio
  // A limit that changes nothing may round to a hair less.
  if (ratio >= 1 - 1e-9) return first.clockShare
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (point.demand > wanted || before === undefined) continue
    const part = before.demand === point.demand ? 1 : (before.demand - wanted) / (before.demand - point.demand)
    return before.clockShare + (point.clockShare - before.clockShare) * part
  }
  return undefined
}

const CLOCK_STEP = 0.02
/** Clocks at which the demand is looked at. */
export const CLOCK_SHARES: readonly number[] = Array.from({length: Math.round((1 - LEAST_CLOCK_SHARE) / CLOCK_STEP) + 1}, (_, step) => Number((1 - step * CLOCK_STEP).toFixed(2)))

/** Share of a board's limit that stands in for the lowest it accepts, where nobody published that. An assumption. */
export const ASSUMED_LOWEST_SHARE = 0.5
/** Limits are looked at in steps of this share of the board's own, twice as wide where the lowest is less than half of it. */
const STEP_SHARE = 0.05

/** Limits to look at, whole watts: from the board's own down to the lowest. */
export function limitsBetween(lowestWatts: number, maximumWatts: number): readonly number[] {
  const step = STEP_SHARE * (lowestWatts < maximumWatts / 2 ? 2 : 1)
  const limits: number[] = []
  for (let at = 0; maximumWatts * (1 - at * step) > lowestWatts * (1 + STEP_SHARE / 5); at++) limits.push(Math.round(maximumWatts * (1 - at * step)))
  return [...limits, lowestWatts]
}

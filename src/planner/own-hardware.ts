import type {Accelerator} from '../catalog/schema.ts'
import {RigorError} from '../errors.ts'
import {peakFlops} from '../performance/peak.ts'

/** What the user measured of one accelerator with bench/hardware/measure.py. */
export interface OwnHardware {
  readonly acceleratorId: string
  /** ISO. */
  readonly measuredOn: string
  /** Best rate of large matmuls by precision, FLOP/s. */
  readonly matmulFlops: Readonly<Record<string, number>>
  /** Best rate of large reads or copies in its memory, bytes/s. */
  readonly bandwidthBytesPerSecond?: number | undefined
  readonly idleWatts?: number | undefined
  /** The power limit in force, or the highest draw seen where the driver names none. */
  readonly maximumWatts?: number | undefined
}

/** The same accelerator twice: as the estimators see it, and as the power model does. */
export interface OwnView {
  readonly rates: Accelerator
  readonly watts: Accelerator
  readonly note: string
}

/**
 * What a large matmul reaches of dense peak, and how far parts differ in that, where nobody measured the part: the middle of those in
 * data/accelerators.csv, as src/workload/llm/training-factors.ts has it, and half their range (0.71–0.97) ÷ √3, a uniform spread.
 */
const USUAL_MATMUL_SHARE = 0.8
const UNKNOWN_MATMUL_SIGMA_LOG = 0.09
/** The same where the catalog has the best rate that anyone sustained: what a second person gets on a sound card. */
const KNOWN_MATMUL_SIGMA_LOG = 0.04
/** What a large copy reaches of the nominal bandwidth: 0.88–0.95 on parts with HBM and GDDR. From memory, an assumption. */
const USUAL_BANDWIDTH_SHARE = 0.92
const BANDWIDTH_SIGMA_LOG = 0.04
/** How far single cards differ from their kind by cooling, power limits and clocks. An assumption; laptops differ by more, and say so in their limit. */
const CARD_SIGMA_LOG = 0.15
/** Short of this the figures say nothing that their spread does not. */
const NEGLIGIBLE = 0.005
/** Clocks above the rated ones reach this much more than dense peak at most; measured beyond it, the label or the count is wrong. */
const MOST_OF_PEAK = 1.15
/** A card that reaches less was busy with something else, or is another one: no cooling and no limit costs that much. */
const LEAST_OF_PEAK = 0.15

/** Expected offset of this card, where an observation and the expectation it is held against have errors of their own. */
const shrunk = (logRatio: number, expectationSigmaLog: number): number => logRatio * (CARD_SIGMA_LOG ** 2 / (CARD_SIGMA_LOG ** 2 + expectationSigmaLog ** 2))

/** The user's card ÷ the catalog's, as far as the measurement tells them apart; 1 where it says nothing. */
export interface HardwareFactors {
  readonly compute: number
  readonly bandwidth: number
}

export function hardwareFactors(own: OwnHardware, accelerator: Accelerator): HardwareFactors {
  const ratios = Object.entries(own.matmulFlops).flatMap(([precision, flops]) => {
    const peak = peakFlops(accelerator, precision)
    if (peak === undefined || !COUNTS.includes(precision)) return []
    const known = precision === 'bf16' || precision === 'fp8' ? accelerator.sustainedMatmulFlops[precision] : undefined
    return [{log: Math.log(flops / (known ?? peak * USUAL_MATMUL_SHARE)), sigma: known === undefined ? UNKNOWN_MATMUL_SIGMA_LOG : KNOWN_MATMUL_SIGMA_LOG}]
  })
  // The best known expectation decides; several of one sort are averaged.
  const sigma = Math.min(...ratios.map(ratio => ratio.sigma))
  const best = ratios.filter(ratio => ratio.sigma === sigma)
  const compute = best.length === 0 ? 0 : shrunk(best.reduce((sum, {log}) => sum + log, 0) / best.length, sigma)
  const {bandwidthBytesPerSecond: bytes} = own
  const bandwidth = bytes === undefined ? 0 : shrunk(Math.log(bytes / (accelerator.memoryBandwidthBytesPerSecond * USUAL_BANDWIDTH_SHARE)), BANDWIDTH_SIGMA_LOG)
  const settled = (log: number): number => (Math.abs(log) < NEGLIGIBLE ? 1 : Math.exp(log))
  return {compute: settled(compute), bandwidth: settled(bandwidth)}
}

/** Formats whose matmuls run on the same units and clocks as those that language models use: the rest is shown and not drawn on. */
const COUNTS: readonly string[] = ['bf16', 'fp16', 'fp8']

/** What no such card does was not measured on one, or not on one that was free. */
export function refuseImpossibleHardware(own: OwnHardware, accelerator: Accelerator, where: string): void {
  const wrongPart = 'Is it really that accelerator? Name the right one: rigor calibrate add FILE --accelerator NAME'
  const busy = `Was the GPU busy with something else? Is it really ${accelerator.id}?`
  const refuse = (said: string, hint: string): never => {
    throw new RigorError('MEASUREMENT_IMPOSSIBLE', `${where} — ${said}.`, {hint})
  }
  for (const [precision, flops] of Object.entries(own.matmulFlops)) {
    const peak = peakFlops(accelerator, precision)
    if (peak === undefined) continue
    if (flops > peak * MOST_OF_PEAK) refuse(`${tera(flops)} TFLOP/s in ${precision} are more than ${accelerator.id} has at its peak (${tera(peak)})`, wrongPart)
    if (flops < peak * LEAST_OF_PEAK && COUNTS.includes(precision)) refuse(`${tera(flops)} TFLOP/s in ${precision} are less than a sixth of what ${accelerator.id} has (${tera(peak)})`, busy)
  }
  const nominal = accelerator.memoryBandwidthBytesPerSecond
  const {bandwidthBytesPerSecond: bytes = nominal, idleWatts = 0, maximumWatts = Number.POSITIVE_INFINITY} = own
  if (bytes > nominal * MOST_OF_PEAK) refuse(`${tera(bytes)} TB/s of memory bandwidth are more than ${accelerator.id} has (${tera(nominal)})`, wrongPart)
  if (bytes < nominal * LEAST_OF_PEAK) refuse(`${tera(bytes)} TB/s of memory bandwidth are less than a sixth of what ${accelerator.id} has (${tera(nominal)})`, busy)
  if (idleWatts >= maximumWatts) refuse(`${idleWatts} W while idle are no less than the ${maximumWatts} W at most`, busy)
}

const tera = (value: number): string => String(Number((value / 1e12).toPrecision(3)))

/** An accelerator of the catalog with the user's own figures over it. */
export function withOwnHardware(accelerator: Accelerator, own: OwnHardware): OwnView {
  const {compute, bandwidth} = hardwareFactors(own, accelerator)
  const scaled = <Rates extends Readonly<Record<string, number | undefined>>>(rates: Rates): Rates =>
    Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, rate === undefined ? undefined : rate * compute])) as Rates
  const rates: Accelerator = {
    ...accelerator,
    peakFlops: scaled(accelerator.peakFlops),
    sustainedMatmulFlops: scaled(accelerator.sustainedMatmulFlops),
    memoryBandwidthBytesPerSecond: accelerator.memoryBandwidthBytesPerSecond * bandwidth,
    // What the limit does to the clocks is in the measured rate: estimators that derive clocks from the rating must not count it twice.
    ...(accelerator.powerWatts === undefined ? {} : {powerWatts: accelerator.powerWatts * compute}),
  }
  const idleWatts = own.idleWatts ?? accelerator.idleWatts
  const powerWatts = own.maximumWatts ?? accelerator.powerWatts
  const watts: Accelerator = {...accelerator, ...(powerWatts === undefined ? {} : {powerWatts}), ...(idleWatts === undefined ? {} : {idleWatts})}
  const said = [
    ...(compute === 1 ? [] : [`matmuls ×${round(compute)}`]),
    ...(bandwidth === 1 ? [] : [`memory bandwidth ×${round(bandwidth)}`]),
    ...(own.idleWatts === undefined ? [] : [`${round(own.idleWatts)} W idle`]),
    ...(own.maximumWatts === undefined ? [] : [`${round(own.maximumWatts)} W at most`]),
  ]
  return {rates, watts, note: `${accelerator.id} as you measured it on ${own.measuredOn}: ${said.length === 0 ? 'as the catalog has it' : said.join(', ')}.`}
}

const round = (value: number): number => Number(value.toPrecision(3))

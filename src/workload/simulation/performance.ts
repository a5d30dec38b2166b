import {sliceOf, unknownLink} from '../../performance/hardware.ts'
import {divideBy, exactly, intervalFromSpread, scale} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Bottleneck, Configuration, Hardware, Interval, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {SIMULATION, type SimulationDemand} from './demand.ts'

/**
 * What code that nobody measured reaches. Arithmetic: solvers and integrators seldom come near their peak; 40 % is assumed, as for generic jobs.
 * Memory: four fifths of what plain streams reach on this accelerator. A launch takes 5 µs where the next is ready. All assumptions.
 */
const COMPUTE_SHARE = 0.4
const OF_STREAM = 0.8
const LAUNCH_SECONDS = 5e-6
const CONTEXT_GIB = 0.5
const START_SECONDS = 30
const HOST_SHARE = 0.2

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)
const takenOn = ({configuration, parallelEfficiency}: SimulationDemand, hardware: Hardware): number => configuration.dp ?? (parallelEfficiency === null ? 1 : presentOn(hardware))
/** Speed-up of n accelerators when each doubling brings a share of its ideal. */
const gainOf = (accelerators: number, efficiency: number | null): number => (efficiency === null || accelerators <= 1 ? 1 : accelerators ** (1 + Math.log2(efficiency)))

function problemOf(demand: SimulationDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {accelerator} = hardware
  const {engine, precision, rendering} = demand
  if (engine !== undefined) {
    const support = facts.software.runtimesFor(SIMULATION, accelerator.architecture).find(({runtime}) => runtime === engine)
    if (support === undefined) return {reason: 'software', detail: facts.software.whyNot(SIMULATION, accelerator.architecture, engine) ?? `${engine} is not known to run on ${accelerator.name}`, nearest: null}
    if (!support.precisions.includes(precision)) return {reason: 'software', detail: `${engine} does not compute in ${precision} on ${accelerator.name}`, nearest: `precision ${support.precisions.join(' or ')}`}
  }
  if (demand.flops > 0 && peakFlops(accelerator, precision) === undefined) {
    return {reason: 'software', detail: `${accelerator.name} has no ${precision} units`, nearest: precision === 'fp64' && peakFlops(accelerator, 'fp32') !== undefined ? 'precision fp32' : null}
  }
  if (rendering === 'sensors' && !accelerator.rayTracingCores) return {reason: 'topology', detail: `${accelerator.name} has no ray-tracing cores, which sensors are drawn with`, nearest: 'rendering: none'}
  if (rendering === 'monitor' && !accelerator.displayOutput) return {reason: 'topology', detail: `${accelerator.name} has no display output`, nearest: 'rendering: none'}
  const taken = takenOn(demand, hardware)
  const present = presentOn(hardware)
  if (taken > present) return {reason: 'topology', detail: `dp ${taken} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `dp ${present}`}
  const link = unknownLink(hardware, taken)
  if (link !== undefined) return link
  const use = memoryOf(demand, hardware, taken)
  return use.neededGib.p50 <= use.availableGib ? undefined : {reason: 'memory', detail: `needs ${formatGib(use.neededGib.p50)} GiB per accelerator, has ${formatGib(use.availableGib)}`, nearest: demand.parallelEfficiency === null ? 'parallelEfficiency, if it can use several' : null, memory: use}
}

function memoryOf({memoryGib}: SimulationDemand, {accelerator}: Hardware, taken: number): MemoryUse {
  const lines = [...(memoryGib === undefined ? [] : [{item: 'state', gib: memoryGib / taken}]), {item: 'context', gib: CONTEXT_GIB}]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib: accelerator.memoryGib, lines}
}

export function simulationConfigurations(demand: SimulationDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = sliceOf(target)
  if (problemOf(demand, hardware, facts) !== undefined) return []
  return [{...demand.configuration, ...(demand.engine === undefined ? {} : {runtime: demand.engine}), precision: demand.precision, dp: takenOn(demand, hardware)}]
}

export function simulationRefusal(demand: SimulationDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  return no(problemOf(demand, sliceOf(target), facts) ?? {reason: 'topology', detail: 'no way to run it here', nearest: null})
}

/** A step on one accelerator, and the least that it takes. */
function stepOn({flops, bytes, kernels, precision}: SimulationDemand, {accelerator}: Hardware, {streamShare}: Facts): {readonly computeSeconds: number; readonly memorySeconds: number; readonly launchSeconds: number; readonly leastSeconds: number} {
  const peak = peakFlops(accelerator, precision) ?? Number.POSITIVE_INFINITY
  const bandwidth = accelerator.memoryBandwidthBytesPerSecond
  return {
    computeSeconds: flops / (peak * COMPUTE_SHARE), memorySeconds: bytes / (bandwidth * streamShare(accelerator) * OF_STREAM), launchSeconds: kernels * LAUNCH_SECONDS,
    leastSeconds: Math.max(flops / peak, bytes / bandwidth),
  }
}

export function performSimulation(demand: SimulationDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = sliceOf(target)
  const problem = problemOf(demand, hardware, facts)
  if (problem !== undefined) return no(problem)
  const taken = configuration.dp ?? takenOn(demand, hardware)
  const step = stepOn(demand, hardware, facts)
  const gain = gainOf(taken, demand.parallelEfficiency)
  const workSecondsOfStep = Math.max(step.computeSeconds, step.memorySeconds) / gain
  const seconds = workSecondsOfStep + step.launchSeconds
  const least = step.leastSeconds / taken
  const spread = intervalFromSpread(seconds, facts.calibration.spread(SIMULATION, 'step-time', 'none'))
  const perStep: Interval = {...spread, p10: Math.max(spread.p10, least)}
  const {pace, timeSteps} = demand
  const rate = divideBy(1, perStep)
  if (pace !== undefined && rate.p50 < pace.stepsPerSecond) {
    const missRatio = pace.stepsPerSecond / rate.p50
    return no({reason: 'slo', detail: `does ${figure(rate.p50)} steps/s, ${figure(pace.stepsPerSecond)} are wanted`, nearest: `realTimeFactor: ${figure(pace.realTimeFactor / missRatio)}`, missRatio})
  }
  const workSeconds = pace === undefined ? scale(perStep, timeSteps) : exactly(timeSteps / pace.stepsPerSecond)
  const busy = pace === undefined ? 1 : Math.min(1, pace.stepsPerSecond * seconds)
  const bound = step.memorySeconds >= step.computeSeconds ? 'memory-bandwidth' : 'compute'
  const lost = Math.max(0, workSecondsOfStep - Math.max(step.computeSeconds, step.memorySeconds) / taken)
  const operators: readonly Operator[] = [
    {name: 'the step', seconds: workSecondsOfStep - lost, bound, flops: demand.flops / taken, bytes: demand.bytes / taken},
    ...(lost > 0 ? [{name: 'loss of parallel work', seconds: lost, bound: 'link'} as const] : []),
    {name: 'launches', seconds: step.launchSeconds, bound: 'overhead'},
  ]
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, precision: demand.precision, dp: taken},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: rate},
      latency: null,
      memory: memoryOf(demand, hardware, taken),
      load: {
        computeShare: (busy * step.computeSeconds) / taken / seconds, memoryShare: (busy * step.memorySeconds) / taken / seconds,
        linkShare: (busy * lost) / seconds, hostShare: HOST_SHARE,
      },
      acceleratorsUsed: Math.min(taken, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      checkpointBytes: (demand.memoryGib ?? hardware.accelerator.memoryGib * taken) * 2 ** 30,
      operators,
      bottleneck: longest(operators),
      basis: 'assumed',
      spreadMetrics: ['step-time'],
      rooflineSeconds: least * timeSteps,
      notes: notesOn(demand, hardware, taken),
    },
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(2)))

function longest(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((most, each) => (most === undefined || each.seconds > most.seconds ? each : most), undefined)?.bound ?? 'compute'
}

/** Double precision at less than this share of single is there for compatibility: a half on an H100, a 64th on an RTX card. */
const FEW_DOUBLES = 1 / 4

function notesOn({precision, flops, rendering}: SimulationDemand, hardware: Hardware, taken: number): string[] {
  const {accelerator} = hardware
  const {fp64, fp32} = accelerator.peakFlops
  const present = presentOn(hardware)
  return [
    `No measurement of such a code: ${COMPUTE_SHARE * 100} % of the arithmetic peak and ${OF_STREAM * 100} % of a plain stream are assumed, within a factor of 1.9.`,
    ...(precision === 'fp64' && flops > 0 && fp64 !== undefined && fp32 !== undefined && fp64 / fp32 < FEW_DOUBLES ? [`${accelerator.name} does doubles at 1/${Math.round(fp32 / fp64)} of its rate in single precision: ${figure(fp64 / 1e12)} TFLOP/s.`] : []),
    ...(rendering === 'none' ? [] : ['What is drawn takes time of its own, which is not counted.']),
    ...(taken < present ? [`${present - taken} of ${present} accelerators stay idle.`] : []),
  ]
}

export function simulationLowerBoundSeconds(demand: SimulationDemand, target: Hardware, facts: Facts): number {
  const hardware = sliceOf(target)
  if (problemOf(demand, hardware, facts) !== undefined) return Number.POSITIVE_INFINITY
  return (stepOn(demand, hardware, facts).leastSeconds / takenOn(demand, hardware)) * demand.timeSteps
}

import type {RuntimeSupport} from '../../catalog/software.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {memorySort} from '../../catalog/stream-share.ts'
import {sliceOf} from '../../performance/hardware.ts'
import {exactly, intervalFromSpread} from '../../performance/interval.ts'
import type {Configuration, Hardware, Interval, MemoryUse, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {GRAPHICS, type GraphicsDemand} from './demand.ts'
import {frameMemory, frameOn, type Frame} from './frame.ts'

/** A game, a scene or a session starts within a minute, and its processors prepare what is drawn. Assumptions. */
const START_SECONDS = 60
const HOST_SHARE = 0.3

/** Games and renderers of films run on such an engine; what simulates robots draws as well, for who asks for it. */
const GAME_ENGINE = 'game-engine'
/** A100 and A30: the chips of their generation with stacked memory, made without what draws (data/software.csv says so in a note). */
const isComputeOnly = (accelerator: Accelerator): boolean => accelerator.architecture === 'ampere' && memorySort(accelerator) === 'hbm'

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)
const programsFor = ({configuration}: GraphicsDemand, {architecture}: Accelerator, {software}: Facts): readonly RuntimeSupport[] =>
  software.runtimesFor(GRAPHICS, architecture).filter(({runtime}) => (configuration.runtime ?? GAME_ENGINE) === runtime)

/** What the hardware lacks for this, each in a few words; empty = nothing. */
function lacking({work, display}: GraphicsDemand, {name, displayOutput, rayTracingCores}: Accelerator): readonly string[] {
  return [
    ...(display === 'monitor' && !displayOutput ? [`${name} has no display output`] : []),
    ...(work.rayTracing && !rayTracingCores ? [`${name} has no ray-tracing cores`] : []),
  ]
}

/** Why it cannot be drawn here; `undefined` = it can. All reasons at once: one who owns such a card wants to know them. */
function problemOf(demand: GraphicsDemand, {accelerator}: Hardware, facts: Facts): Refusal | undefined {
  const lacks = lacking(demand, accelerator)
  if (isComputeOnly(accelerator) || programsFor(demand, accelerator, facts).length === 0) {
    const why = isComputeOnly(accelerator) ? 'made for compute: it has no graphics' : facts.software.whyNot(GRAPHICS, accelerator.architecture, demand.configuration.runtime ?? GAME_ENGINE)
    const units = accelerator.rasterUnits
    return {reason: 'software', detail: [why ?? `no program is known to draw on ${accelerator.name}`, ...lacks, ...(units === undefined ? [] : [`${units} units that write pixels`])].join('; '), nearest: 'a card with display output and graphics drivers'}
  }
  if (lacks.length > 0) {
    const monitor = demand.display === 'monitor' && !accelerator.displayOutput
    return {reason: 'topology', detail: lacks.join('; '), nearest: monitor && (!demand.work.rayTracing || accelerator.rayTracingCores) ? 'display: stream' : demand.work.rayTracing && !monitor ? 'rayTracing: false' : null}
  }
  if (frameOn(demand.work, accelerator) === undefined) return {reason: 'software', detail: `the 32-bit rate of ${accelerator.name} is not known`, nearest: null}
  const use = memoryOf(demand, accelerator)
  return use.neededGib.p50 <= use.availableGib ? undefined : {reason: 'memory', detail: `needs ${formatGib(use.neededGib.p50)} GiB, has ${formatGib(use.availableGib)}`, nearest: demand.work.detail === 'ultra' ? 'detail: medium' : null, memory: use}
}

function memoryOf({work}: GraphicsDemand, {memoryGib}: Accelerator): MemoryUse {
  const lines = frameMemory(work)
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib: memoryGib, lines}
}

/** A session is drawn by one accelerator; frames of a film by as many as there are, each its own. */
const takenOn = ({session, configuration}: GraphicsDemand, hardware: Hardware): number => configuration.dp ?? (session === null ? presentOn(hardware) : 1)

export function graphicsConfigurations(demand: GraphicsDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = sliceOf(target)
  const dp = takenOn(demand, hardware)
  if (dp > presentOn(hardware) || (demand.session !== null && dp > 1) || problemOf(demand, hardware, facts) !== undefined) return []
  return programsFor(demand, hardware.accelerator, facts).map(({runtime}) => ({...demand.configuration, runtime, precision: 'fp32', dp}))
}

export function graphicsRefusal(demand: GraphicsDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = sliceOf(target)
  const problem = problemOf(demand, hardware, facts)
  if (problem !== undefined) return no(problem)
  return no({reason: 'topology', detail: demand.session === null ? `dp ${demand.configuration.dp ?? 1} on ${presentOn(hardware)} accelerators` : 'a session is drawn by one accelerator', nearest: demand.session === null ? `dp ${presentOn(hardware)}` : 'dp 1'})
}

export function performGraphics(demand: GraphicsDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = sliceOf(target)
  const {accelerator} = hardware
  const problem = problemOf(demand, hardware, facts)
  const frame = frameOn(demand.work, accelerator)
  if (problem !== undefined || frame === undefined) return no(problem ?? {reason: 'software', detail: `${accelerator.name} has no known 32-bit rate`, nearest: null})
  const taken = configuration.dp ?? takenOn(demand, hardware)
  const spread = facts.calibration.spread(GRAPHICS, 'frames', 'none')
  const rate = intervalFromSpread(taken / frame.seconds, spread)
  const {session} = demand
  if (session !== null && rate.p50 < session.framesPerSecond) {
    return no({reason: 'slo', detail: `draws ${figure(rate.p50)} frames/s, ${session.framesPerSecond} are wanted`, nearest: `framesPerSecond: ${Math.floor(rate.p50)}`, missRatio: session.framesPerSecond / rate.p50})
  }
  const workSeconds: Interval = session === null ? {p10: demand.frames / rate.p90, p50: demand.frames / rate.p50, p90: demand.frames / rate.p10} : exactly(session.seconds)
  // Frames that nobody sees are not drawn.
  const busy = session === null ? 1 : Math.min(1, session.framesPerSecond * frame.seconds)
  const bound = frame.memorySeconds >= frame.computeSeconds ? 'memory-bandwidth' : 'compute'
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, precision: 'fp32', dp: taken},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: rate},
      latency: null,
      memory: memoryOf(demand, accelerator),
      load: {computeShare: busy * (frame.computeSeconds / frame.seconds), memoryShare: busy * (frame.memorySeconds / frame.seconds), linkShare: 0, hostShare: HOST_SHARE},
      acceleratorsUsed: Math.min(taken, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      checkpointBytes: 0,
      operators: [{name: 'a frame', seconds: frame.seconds, bound, bytes: frame.bytes, flops: frame.flops}],
      bottleneck: bound,
      basis: 'assumed',
      spreadMetrics: ['frames'],
      rooflineSeconds: roofline(demand, frame, taken),
      notes: notesOn(demand, accelerator, facts),
    },
  }
}

const figure = (value: number): string => String(Number(value.toPrecision(2)))

/** The work per pixel is itself an estimate: nothing is faster than that, within its spread. */
const roofline = ({session, frames}: GraphicsDemand, frame: Frame, taken: number): number => (session === null ? (frames * frame.seconds) / taken / LARGEST_ERROR : 0)
/** p90 of things nobody measured, with room. */
const LARGEST_ERROR = 2

function notesOn({work}: GraphicsDemand, accelerator: Accelerator, facts: Facts): string[] {
  const support = facts.software.runtimesFor(GRAPHICS, accelerator.architecture).find(({runtime}) => runtime === GAME_ENGINE)
  return [
    'From one published average over nine games: bytes and FLOP of a pixel, within a factor of 1.9; no measurement of this card takes part.',
    ...(work.rayTracing ? ['Ray tracing is taken to double the time of a frame; games differ by a factor of two.'] : []),
    ...(support?.status === 'partial' && support.note !== undefined ? [`Support is partial: ${support.note}.`] : []),
  ]
}

export function graphicsLowerBoundSeconds(demand: GraphicsDemand, target: Hardware, facts: Facts): number {
  const hardware = sliceOf(target)
  const frame = frameOn(demand.work, hardware.accelerator)
  if (frame === undefined || problemOf(demand, hardware, facts) !== undefined) return Number.POSITIVE_INFINITY
  return demand.session === null ? roofline(demand, frame, takenOn(demand, hardware)) : demand.session.seconds
}

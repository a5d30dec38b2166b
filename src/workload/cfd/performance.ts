import type {Accelerator} from '../../catalog/schema.ts'
import type {RuntimeSupport} from '../../catalog/software.ts'
import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, exactly, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Bottleneck, Configuration, Hardware, MemoryLine, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatCount, formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import type {CfdDemand, CfdWork} from './demand.ts'
import {CFD, cfdCertainty, cfdFactors, LBM, type CfdFactors} from './factors.ts'
import {finiteVolumeCost, finiteVolumeLowerBoundSeconds, finiteVolumeStep, type SolverPlace} from './finite-volume.ts'
import {cellCost} from './lattice.ts'
import {lbmLowerBoundSeconds, lbmStep} from './step.ts'

/** What each program of data/software.csv solves, and whether its parts may lie on several machines. */
const PROGRAMS: Readonly<Record<string, {readonly method: CfdWork['method']; readonly severalNodes: boolean; readonly name: string; readonly onAccelerators: SolverPlace; readonly licensed?: true}>> = {
  'fluidx3d': {method: 'lbm', severalNodes: false, name: 'FluidX3D', onAccelerators: 'ported'},
  'ansys-fluent': {method: 'finite-volume', severalNodes: true, name: 'Ansys Fluent', onAccelerators: 'ported', licensed: true},
  'openfoam-gpu': {method: 'finite-volume', severalNodes: true, name: 'OpenFOAM', onAccelerators: 'offloaded'},
}
const placeOf = (runtime: string, {formFactor}: Accelerator): SolverPlace => (formFactor === 'cpu' ? 'processors' : PROGRAMS[runtime]!.onAccelerators)

/** Context and buffers of the program on an accelerator, and the start of the program: assumptions, as generic jobs have them. */
const CONTEXT_GIB = 0.5
const START_SECONDS = 30
/** The host launches kernels and hands faces on; it computes nothing. An assumption. */
const HOST_SHARE = 0.05
const GIB = 2 ** 30

/** In lattice-Boltzmann, 16 bits are a way to store; every accelerator that computes in 32 can. */
const arithmetic = ({work, precision}: CfdDemand): string => (work.method === 'lbm' ? 'fp32' : precision)
const modelOf = (work: CfdWork): string => (work.method === 'lbm' ? LBM : work.method)
const memoryBytesOf = (work: CfdWork): number => (work.method === 'lbm' ? cellCost(work.lattice, work.storage).memoryBytes : finiteVolumeCost(work).memoryBytes)

export const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})

/** Programs that solve this way on this architecture, those with full support first. */
function programsFor(demand: CfdDemand, {accelerator}: Hardware, {software}: Facts): readonly RuntimeSupport[] {
  return software.runtimesFor(CFD, accelerator.architecture).filter(({runtime, precisions}) =>
    PROGRAMS[runtime]?.method === demand.work.method && precisions.includes(demand.precision) && (demand.configuration.runtime ?? runtime) === runtime)
}

/** Why no program runs it here; `undefined` = one does. */
function softwareProblem(demand: CfdDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {accelerator} = hardware
  const {runtime} = demand.configuration
  const known = Object.entries(PROGRAMS).flatMap(([id, {method}]) => (method === demand.work.method ? [id] : []))
  if (runtime !== undefined && !known.includes(runtime)) {
    return {reason: 'software', detail: `${runtime} is no ${demand.work.method === 'lbm' ? 'lattice-Boltzmann' : 'finite-volume'} program of the catalog`, nearest: `configuration.runtime: ${known.join(' or ')}`}
  }
  if (programsFor(demand, hardware, facts).length > 0) {
    const needed = arithmetic(demand)
    if (peakFlops(accelerator, needed) !== undefined) return undefined
    return {reason: 'software', detail: `${accelerator.name} has no known ${needed} rate`, nearest: demand.work.method === 'finite-volume' && needed === 'fp64' && peakFlops(accelerator, 'fp32') !== undefined ? 'precision fp32' : null}
  }
  const others = facts.software.runtimesFor(CFD, accelerator.architecture).filter(each => known.includes(each.runtime))
  if (others.length > 0 && runtime === undefined) return {reason: 'software', detail: `${PROGRAMS[others[0]!.runtime]!.name} does not compute in ${demand.precision} on ${accelerator.name}`, nearest: `precision ${others[0]!.precisions.join(' or ')}`}
  return {reason: 'software', detail: facts.software.whyNot(CFD, accelerator.architecture) ?? `no ${demand.work.method} program is known to run on ${accelerator.name}`, nearest: null}
}

/** Bytes/s each way between an accelerator and its host. */
const slotOf = ({levels, accelerator}: Hardware): number | undefined => levels?.find(({kind}) => kind === 'pcie')?.bytesPerSecond ?? pcieX16BytesPerSecond(accelerator.pcieGeneration)

/** Why the grid cannot be cut into so many parts here. */
function layoutProblem(demand: CfdDemand, hardware: Hardware, parts: number, runtime: string): Refusal | undefined {
  const {work} = demand
  const present = presentOn(hardware)
  if (parts > present) return {reason: 'topology', detail: `dp ${parts} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `dp ${present}`}
  const program = PROGRAMS[runtime]!
  if (parts > Math.max(1, Math.floor(hardware.acceleratorsPerNode)) && !program.severalNodes) return {reason: 'topology', detail: `${program.name} cuts a grid over the accelerators of one machine`, nearest: 'one node'}
  const link = unknownLink(hardware, parts)
  if (link !== undefined) return link
  if (parts > 1 && work.method === 'lbm' && slotOf(hardware) === undefined) return {reason: 'link-unknown', detail: 'the rate between accelerator and host is not known', nearest: 'one accelerator'}
  const use = memoryOf(work, hardware, parts)
  if (use.neededGib.p50 <= use.availableGib) return undefined
  const most = Math.floor(((use.availableGib - CONTEXT_GIB) * GIB * parts) / memoryBytesOf(work))
  return {
    reason: 'memory', detail: `needs ${formatGib(use.neededGib.p50)} GiB per accelerator, has ${formatGib(use.availableGib)}`,
    nearest: most > 0 ? `${formatCount(most, 3)} cells are the largest ${work.method === 'lbm' ? 'grid' : 'mesh'} here` : null, memory: use,
  }
}

function memoryOf(work: CfdWork, {accelerator}: Hardware, parts: number): MemoryUse {
  const lines: MemoryLine[] = [{item: work.method === 'lbm' ? 'grid' : 'mesh, fields and matrices', gib: (work.cells / parts) * (memoryBytesOf(work) / GIB)}, {item: 'context', gib: CONTEXT_GIB}]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib: accelerator.memoryGib, lines}
}

/** All accelerators, and halves of that down to one: fewer exchange less. */
function partCounts(present: number): readonly number[] {
  const counts = [present]
  for (let half = Math.floor(present / 2); half >= 1; half = Math.floor(half / 2)) counts.push(half)
  return counts
}

export function cfdConfigurations(demand: CfdDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = socketsJoined(sliceOf(target))
  if (softwareProblem(demand, hardware, facts) !== undefined) return []
  const counts = demand.configuration.dp === undefined ? partCounts(presentOn(hardware)) : [demand.configuration.dp]
  return programsFor(demand, hardware, facts).flatMap(({runtime}) =>
    counts.filter(dp => layoutProblem(demand, hardware, dp, runtime) === undefined).map(dp => ({...demand.configuration, runtime, precision: demand.precision, dp})))
}

export function cfdRefusal(demand: CfdDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = socketsJoined(sliceOf(target))
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const {runtime} = programsFor(demand, hardware, facts)[0]!
  const all = presentOn(hardware)
  const counts = demand.configuration.dp === undefined ? [all, Math.min(all, Math.max(1, Math.floor(hardware.acceleratorsPerNode)))] : [demand.configuration.dp]
  const problems = counts.flatMap(parts => layoutProblem(demand, hardware, parts, runtime) ?? [])
  return no(problems.find(({memory}) => memory !== undefined) ?? problems[0] ?? {reason: 'topology', detail: 'no way to cut the grid here', nearest: null})
}

/** A step in the terms that both methods share. */
interface Step {
  readonly seconds: number
  readonly memorySeconds: number
  readonly computeSeconds: number
  readonly linkSeconds: number
  readonly bytes: number
  readonly flops: number
  readonly operators: readonly Operator[]
}

function stepOf(work: CfdWork, hardware: Hardware, {parts, runtime}: {readonly parts: number; readonly runtime: string}, factors: CfdFactors): Step | undefined {
  const used = (operators: readonly Operator[]): readonly Operator[] => operators.filter(({seconds}) => seconds > 0)
  if (work.method === 'lbm') {
    const slot = slotOf(hardware)
    const step = lbmStep(work, hardware.accelerator, {parts, slotBytesPerSecond: slot}, factors)
    if (step === undefined) return undefined
    const {seconds, memorySeconds, computeSeconds, exchangeSeconds, bytes, flops} = step
    return {
      seconds, memorySeconds, computeSeconds, linkSeconds: exchangeSeconds, bytes, flops,
      operators: used([
        {name: 'cell updates', seconds: step.updateSeconds, bound: memorySeconds >= computeSeconds ? 'memory-bandwidth' : 'compute', bytes, flops},
        {name: 'faces to the neighbours', seconds: exchangeSeconds, bound: 'link', bytes: step.exchangedBytes},
        {name: 'launches', seconds: step.overheadSeconds, bound: 'overhead'},
      ]),
    }
  }
  const step = finiteVolumeStep(work, hardware, {parts, place: placeOf(runtime, hardware.accelerator)}, factors)
  if (step === undefined) return undefined
  const {seconds, pressureSeconds, otherSeconds, computeSeconds, exchangeSeconds, reductionSeconds, bytes, flops} = step
  const memorySeconds = pressureSeconds + otherSeconds
  const bound = memorySeconds >= computeSeconds ? 'memory-bandwidth' : 'compute'
  const stretch = Math.max(1, computeSeconds / memorySeconds)
  const across = parts > hardware.acceleratorsPerNode ? 'network' : 'link'
  const share = pressureSeconds / memorySeconds
  return {
    seconds, memorySeconds, computeSeconds, linkSeconds: exchangeSeconds + reductionSeconds, bytes, flops,
    operators: used([
      {name: 'pressure solver', seconds: pressureSeconds * stretch, bound, bytes: bytes * share, flops: flops * share},
      {name: 'assembly and other equations', seconds: otherSeconds * stretch, bound, bytes: bytes * (1 - share), flops: flops * (1 - share)},
      {name: 'faces to the neighbours', seconds: exchangeSeconds, bound: across, bytes: step.exchangedBytes},
      {name: 'sums over all parts', seconds: reductionSeconds, bound: across},
    ]),
  }
}

export function performCfd(demand: CfdDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = socketsJoined(sliceOf(target))
  const {accelerator} = hardware
  const {work, timeSteps} = demand
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const runtime = configuration.runtime ?? programsFor(demand, hardware, facts)[0]!.runtime
  const parts = configuration.dp ?? presentOn(hardware)
  const problem = layoutProblem(demand, hardware, parts, runtime)
  if (problem !== undefined) return no(problem)
  const factors = cfdFactors(facts, accelerator, runtime)
  const step = stepOf(work, hardware, {parts, runtime}, factors)
  if (step === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: null})
  const {distance, spread, metric, basis} = cfdCertainty(facts.calibration, accelerator, modelOf(work), parts)
  const rooflineSeconds = lowerBound(work, accelerator, parts) * timeSteps
  const workSeconds = timeWithSpread(step.seconds * timeSteps, timeSpread(spread), rooflineSeconds)
  const busy = 1 / step.seconds
  const memory = memoryOf(work, hardware, parts)
  const stateBytes = work.cells * memoryBytesOf(work)
  const slot = slotOf(hardware)
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime, precision: demand.precision, dp: parts},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(demand.workUnits ?? Number.NaN, workSeconds)},
      latency: null,
      memory,
      load: {
        computeShare: Math.min(1, step.computeSeconds * busy),
        memoryShare: Math.min(1, step.memorySeconds * busy),
        linkShare: Math.min(1, step.linkSeconds * busy),
        hostShare: HOST_SHARE,
        work: {
          activeShare: Math.min(1, 1 - step.linkSeconds * busy),
          flopsShare: Math.min(1, (step.flops * busy) / (peakFlops(accelerator, arithmetic(demand)) ?? Number.NaN)),
          bytesShare: Math.min(1, (step.bytes * busy) / accelerator.memoryBandwidthBytesPerSecond),
          cacheBytesShare: 0,
          unpackShare: 0,
        },
      },
      acceleratorsUsed: Math.min(parts, target.acceleratorsPerNode * target.nodes),
      // The first state is made on the host and copied over.
      loadSeconds: START_SECONDS + (slot === undefined ? 0 : stateBytes / parts / slot),
      checkpointBytes: stateBytes,
      operators: step.operators,
      bottleneck: bottleneckOf(step.operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, parts, runtime, facts, distance),
    },
  }
}

const lowerBound = (work: CfdWork, accelerator: Hardware['accelerator'], parts: number): number => (work.method === 'lbm' ? lbmLowerBoundSeconds(work, accelerator, parts) : finiteVolumeLowerBoundSeconds(work, accelerator, parts))

function bottleneckOf(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((longest, each) => (longest === undefined || each.seconds > longest.seconds ? each : longest), undefined)?.bound ?? 'memory-bandwidth'
}

function notesOn({work}: CfdDemand, hardware: Hardware, parts: number, runtime: string, facts: Facts, distance: string): string[] {
  const notes: string[] = []
  const present = presentOn(hardware)
  if (parts < present) notes.push(`${present - parts} of ${present} accelerators stay idle.`)
  if (work.method === 'finite-volume') notes.push('Bytes are counted from a solver\'s arrays and held against a few published runs of one case: within a factor of 1.9.')
  else if (work.storage === 'fp32') notes.push('Stored in 16 bits (precision: fp16) a step moves half as many bytes; whether the flow allows it is for you to say.')
  if (work.method === 'lbm' && distance === 'none') notes.push('No accelerator of this family was measured with this program.')
  if (PROGRAMS[runtime]?.licensed === true) notes.push(`${PROGRAMS[runtime].name} needs a licence, which is not in the cost; configuration: {runtime: openfoam-gpu} is what OpenFOAM would do.`)
  const support = facts.software.runtimesFor(CFD, hardware.accelerator.architecture).find(each => each.runtime === runtime)
  if (support?.status === 'partial' && support.note !== undefined) notes.push(`${PROGRAMS[runtime]?.name ?? runtime}: ${support.note}.`)
  return notes
}

/** No configuration beats all accelerators at printed rates and without exchange. */
export function cfdLowerBoundSeconds(demand: CfdDemand, target: Hardware, facts: Facts): number {
  const hardware = socketsJoined(sliceOf(target))
  if (softwareProblem(demand, hardware, facts) !== undefined) return Number.POSITIVE_INFINITY
  return lowerBound(demand.work, hardware.accelerator, demand.configuration.dp ?? presentOn(hardware)) * demand.timeSteps
}

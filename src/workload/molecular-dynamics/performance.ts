import type {RuntimeSupport} from '../../catalog/software.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, exactly, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatCount, formatGib, formatShare} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import type {MolecularDemand} from './demand.ts'
import {designOf, DESIGNS, mayUseNodes, type EngineDesign} from './engines.ts'
import {MOLECULAR_DYNAMICS, molecularCertainty, molecularFactors} from './factors.ts'
import {modelName, usualHostCores} from './measured.ts'
import {memoryLines} from './memory.ts'
import {linkSort, molecularLowerBoundSeconds, molecularStep, type MolecularStep} from './step.ts'

const START_SECONDS = 30
/** The host launches kernels and writes trajectories; an assumption. */
const HOST_SHARE = 0.05
const THREADS_PER_CORE = 2
const SECONDS_PER_DAY = 86_400
/** Position and velocity in doubles. */
const CHECKPOINT_BYTES = 2 * 3 * 8
/** Launches take so much of a step that sharing an accelerator pays. */
const LAUNCH_BOUND_SHARE = 0.4
/** Beyond it hydrogens have to be made heavier; beyond that no atomistic force field is stable. */
const PLAIN_TIME_STEP_FS = 2.5
const LONGEST_TIME_STEP_FS = 5

const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)
const perNodeOf = ({acceleratorsPerNode}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode))
const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const asOneDevice = (target: Hardware): Hardware => socketsJoined(sliceOf(target))

/** What the program usually computes in comes first in data/software.csv. */
const precisionOn = ({precision}: MolecularDemand, {precisions}: RuntimeSupport): string => precision ?? precisions[0] ?? 'fp32'

/** Why a program cannot compute this work, wherever it runs; `undefined` = it can. */
function designProblem({work: {electrostatics, forceField}, update}: MolecularDemand, {name, electrostatics: known, forceFields, hostListSteps}: EngineDesign): string | undefined {
  if (!forceFields.includes(forceField)) return `${name} has no ${forceField} force field`
  if (forceField !== 'lennard-jones' && !known.includes(electrostatics)) return `${name} has no electrostatics: ${electrostatics}`
  return update === 'host' && hostListSteps === undefined ? `${name} advances positions where it computes forces` : undefined
}

const supportFor = (hardware: Hardware, {software}: Facts): readonly RuntimeSupport[] => software.runtimesFor(MOLECULAR_DYNAMICS, hardware.accelerator.architecture).filter(({runtime}) => designOf(runtime) !== undefined)

/** Programs that compute this work on this architecture, those with full support first. */
function programsFor(demand: MolecularDemand, hardware: Hardware, facts: Facts): readonly RuntimeSupport[] {
  return supportFor(hardware, facts).filter(support =>
    (demand.engine ?? support.runtime) === support.runtime && designProblem(demand, designOf(support.runtime)!) === undefined &&
    (demand.precision === undefined || support.precisions.includes(demand.precision)) && peakFlops(hardware.accelerator, precisionOn(demand, support)) !== undefined)
}

/** Why no program runs it here; `undefined` = one does. */
function softwareProblem(demand: MolecularDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  if (programsFor(demand, hardware, facts).length > 0) return undefined
  const {accelerator} = hardware
  const {engine} = demand
  const able = Object.entries(DESIGNS).flatMap(([id, design]) => (designProblem(demand, design) === undefined ? [id] : []))
  if (engine !== undefined) {
    const problem = designProblem(demand, DESIGNS[engine])
    if (problem !== undefined) return {reason: 'software', detail: problem, nearest: able.length > 0 ? `engine: ${able.join(' or ')}` : null}
  }
  const here = supportFor(hardware, facts)
  const other = here.filter(({runtime}) => able.includes(runtime) && runtime !== engine)
  const own = here.find(({runtime}) => runtime === engine)
  if (engine !== undefined && own === undefined) {
    return {reason: 'software', detail: `${DESIGNS[engine].name} is not known to run on ${accelerator.name}`, nearest: other.length > 0 ? `engine: ${other.map(({runtime}) => runtime).join(' or ')}` : null}
  }
  const wrong = own ?? other[0]
  if (wrong === undefined) return {reason: 'software', detail: facts.software.whyNot(MOLECULAR_DYNAMICS, accelerator.architecture) ?? `no program for this work is known to run on ${accelerator.name}`, nearest: null}
  const wanted = precisionOn(demand, wrong)
  if (wrong.precisions.includes(wanted)) return {reason: 'software', detail: `${accelerator.name} has no known ${wanted} rate`, nearest: wanted === 'fp64' && wrong.precisions.includes('fp32') ? 'precision fp32' : null}
  return {reason: 'software', detail: `${designOf(wrong.runtime)!.name} does not compute in ${wanted} on ${accelerator.name}`, nearest: `precision ${wrong.precisions.join(' or ')}`}
}

/** Accelerators that share a simulation, and simulations side by side. */
interface Split {
  readonly tp: number
  readonly dp: number
}

/** Why the simulations cannot be laid out so here. */
function layoutProblem(demand: MolecularDemand, hardware: Hardware, {tp, dp}: Split, runtime: string): Refusal | undefined {
  const present = presentOn(hardware)
  const perNode = perNodeOf(hardware)
  const design = designOf(runtime)!
  if (tp * dp > present) return {reason: 'topology', detail: `tp ${tp} × dp ${dp} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `tp × dp of ${present} or less`}
  if (dp > demand.simulations) return {reason: 'topology', detail: `dp ${dp} of ${demand.simulations} ${demand.simulations === 1 ? 'simulation' : 'simulations'}`, nearest: `dp ${demand.simulations}`}
  if (tp > perNode && !mayUseNodes(design, hardware.accelerator)) return {reason: 'topology', detail: `${design.name} shares a simulation among the accelerators of one machine`, nearest: `tp ${perNode}`}
  if (tp > perNode && tp % perNode !== 0) return {reason: 'topology', detail: `tp ${tp} over machines of ${perNode}`, nearest: `tp ${perNode * Math.floor(tp / perNode)}`}
  const link = unknownLink(hardware, tp)
  if (link !== undefined) return link
  const use = memoryOf(demand, hardware, tp, design)
  if (use.neededGib.p50 <= use.availableGib) return undefined
  const most = Math.floor(demand.work.atoms * (use.availableGib / use.neededGib.p50))
  return {reason: 'memory', detail: `needs ${formatGib(use.neededGib.p50)} GiB per accelerator, has ${formatGib(use.availableGib)}`, nearest: `about ${formatCount(most, 2)} atoms are the largest system here`, memory: use}
}

function memoryOf({work}: MolecularDemand, {accelerator}: Hardware, tp: number, design: EngineDesign): MemoryUse {
  const lines = memoryLines(work, design, tp)
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib: accelerator.memoryGib, lines}
}

/** All accelerators on one simulation, halves of that down to one each, and as many simulations beside it as there are. */
function splits({configuration, simulations}: MolecularDemand, hardware: Hardware): readonly Split[] {
  const present = presentOn(hardware)
  const shared = configuration.tp === undefined ? halves(Math.max(1, Math.min(present, Math.ceil(present / (configuration.dp ?? 1))))) : [configuration.tp]
  return shared.map(tp => ({tp, dp: configuration.dp ?? Math.max(1, Math.min(simulations, Math.floor(present / tp)))}))
}

function halves(count: number): readonly number[] {
  const found = [count]
  for (let half = Math.floor(count / 2); half >= 1; half = Math.floor(half / 2)) found.push(half)
  return found
}

export function molecularConfigurations(demand: MolecularDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = asOneDevice(target)
  if (softwareProblem(demand, hardware, facts) !== undefined) return []
  const all = splits(demand, hardware)
  return programsFor(demand, hardware, facts).flatMap(support =>
    all.filter(split => layoutProblem(demand, hardware, split, support.runtime) === undefined).map(split => ({...demand.configuration, runtime: support.runtime, precision: precisionOn(demand, support), ...split})))
}

export function molecularRefusal(demand: MolecularDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = asOneDevice(target)
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const problems = programsFor(demand, hardware, facts).flatMap(({runtime}) => splits(demand, hardware).flatMap(split => layoutProblem(demand, hardware, split, runtime) ?? []))
  return no(problems.find(({memory}) => memory !== undefined) ?? problems[0] ?? {reason: 'topology', detail: 'no way to cut the system here', nearest: null})
}

/** Cores for each accelerator, where the host is known. */
const hostCoresOf = ({host: {vcpus}, acceleratorsPerNode, accelerator}: Hardware): number => (vcpus === undefined ? usualHostCores(accelerator) : Math.max(1, vcpus / THREADS_PER_CORE / Math.max(1, acceleratorsPerNode)))

function operatorsOf(step: MolecularStep, hardware: Hardware, tp: number): readonly Operator[] {
  const across = tp > perNodeOf(hardware) ? 'network' : 'link'
  const all: readonly Operator[] = [
    {name: 'pairs', seconds: step.pairSeconds, bound: 'compute', flops: step.flops},
    {name: 'long-range grid', seconds: step.gridSeconds, bound: 'memory-bandwidth'},
    {name: 'integration, constraints, bonds', seconds: step.atomSeconds, bound: 'memory-bandwidth', bytes: step.bytes},
    {name: 'exchange with the neighbours', seconds: step.exchangeSeconds, bound: across, bytes: step.exchangedBytes},
    {name: 'host', seconds: step.hostSeconds, bound: 'host'},
    {name: 'launches and waiting', seconds: step.overheadSeconds, bound: 'overhead'},
  ]
  return all.filter(({seconds}) => seconds > 0)
}

export function performMolecular(demand: MolecularDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = asOneDevice(target)
  const {accelerator} = hardware
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const support = programsFor(demand, hardware, facts).find(({runtime}) => runtime === (configuration.runtime ?? runtime))
  if (support === undefined) return no({reason: 'software', detail: `${configuration.runtime ?? ''} does not compute this on ${accelerator.name}`, nearest: null})
  const {runtime} = support
  const design = designOf(runtime)!
  const precision = precisionOn(demand, support)
  const tp = configuration.tp ?? 1
  const dp = configuration.dp ?? Math.max(1, Math.min(demand.simulations, Math.floor(presentOn(hardware) / tp)))
  const problem = layoutProblem(demand, hardware, {tp, dp}, runtime)
  if (problem !== undefined) return no(problem)
  const factors = molecularFactors(facts, accelerator, runtime, linkSort(hardware, tp))
  const {work, ensemble, update} = demand
  const step = molecularStep(work, hardware, {parts: tp, design, precision, ensemble, update, hostCores: hostCoresOf(hardware)}, factors)
  if (step === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: 'tp 1'})
  const {distance, spread, metric, basis} = molecularCertainty(facts.calibration, accelerator, modelName(runtime, demand.system ?? ''), tp)
  // Simulations run in rounds; the last one may be of few.
  const steps = Math.ceil(demand.simulations / dp) * demand.timeSteps
  const rooflineSeconds = molecularLowerBoundSeconds(work, accelerator, tp, precision) * steps
  const workSeconds = timeWithSpread(step.seconds * steps, timeSpread(spread), rooflineSeconds)
  const busy = 1 / step.seconds
  const share = (seconds: number): number => Math.min(1, Math.max(0, seconds * busy))
  const operators = operatorsOf(step, hardware, tp)
  const sockets = accelerator.formFactor === 'cpu' ? Math.max(1, Math.floor(target.acceleratorsPerNode)) : 1
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime, precision, tp, dp},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy((demand.workUnits ?? Number.NaN) * SECONDS_PER_DAY, workSeconds)},
      latency: null,
      memory: memoryOf(demand, hardware, tp, design),
      load: {
        computeShare: share(step.pairSeconds),
        memoryShare: share(step.gridSeconds + step.atomSeconds),
        linkShare: share(step.exchangeSeconds),
        hostShare: Math.min(1, HOST_SHARE + step.hostSeconds * busy),
        work: {
          activeShare: share(step.pairSeconds + step.gridSeconds + step.atomSeconds),
          flopsShare: Math.min(1, (step.flops * busy) / (peakFlops(accelerator, precision) ?? Number.NaN)),
          bytesShare: Math.min(1, (step.bytes * busy) / accelerator.memoryBandwidthBytesPerSecond),
          cacheBytesShare: 0,
          unpackShare: 0,
        },
      },
      acceleratorsUsed: Math.min(tp * dp * sockets, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      checkpointBytes: work.atoms * CHECKPOINT_BYTES * dp,
      operators,
      bottleneck: bottleneckOf(operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, {tp, dp}, step, support, distance),
    },
  }
}

function bottleneckOf(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((longest, each) => (longest === undefined || each.seconds > longest.seconds ? each : longest), undefined)?.bound ?? 'compute'
}

function notesOn({timeStepFs, work, simulations}: MolecularDemand, hardware: Hardware, {tp, dp}: Split, step: MolecularStep, {runtime, status, note}: RuntimeSupport, distance: string): string[] {
  const notes: string[] = []
  const present = presentOn(hardware)
  const name = designOf(runtime)!.name
  if (tp * dp < present) notes.push(`${present - tp * dp} of ${present} accelerators stay idle.`)
  const waiting = step.overheadSeconds / step.seconds
  if (waiting > LAUNCH_BOUND_SHARE && hardware.accelerator.formFactor !== 'cpu') notes.push(`Launches and waiting take ${formatShare(waiting, 2)} of a step: several simulations side by side on one accelerator would use it better; that is not counted.`)
  if (simulations % dp !== 0) notes.push(`The last round has ${simulations % dp} of ${dp} simulations.`)
  if (work.forceField !== 'lennard-jones' && timeStepFs > LONGEST_TIME_STEP_FS) notes.push(`No atomistic force field is stable at ${formatCount(timeStepFs, 3)} fs a step.`)
  else if (work.forceField !== 'lennard-jones' && timeStepFs > PLAIN_TIME_STEP_FS) notes.push(`${formatCount(timeStepFs, 3)} fs a step needs heavier hydrogens (mass repartitioning) and constrained bonds.`)
  if (work.forceField === 'polarizable') notes.push('Polarizable force fields were measured with one system; times go with how far induced dipoles are converged.')
  if (distance === 'none') notes.push('No accelerator of this family was measured with molecular dynamics.')
  if (status === 'partial' && note !== undefined) notes.push(`${name}: ${note}.`)
  return notes
}

/** No configuration beats all accelerators at printed rates and without exchange, and no simulation is cut finer than the hardware has parts. */
export function molecularLowerBoundSecondsOf(demand: MolecularDemand, target: Hardware, facts: Facts): number {
  const hardware = asOneDevice(target)
  const programs = programsFor(demand, hardware, facts)
  if (programs.length === 0) return Number.POSITIVE_INFINITY
  const {accelerator} = hardware
  const fastest = Math.min(...programs.map(support => molecularLowerBoundSeconds(demand.work, accelerator, presentOn(hardware), precisionOn(demand, support))))
  return fastest * demand.timeSteps * demand.simulations
}

import type {RuntimeSupport} from '../../catalog/software.ts'
import {allReduceSeconds} from '../../performance/collectives.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, intervalFromSpread, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import type {ReinforcementLearningDemand} from './demand.ts'
import {ENGINE_FACTS} from './engines.ts'
import type {EngineId} from './environments.ts'
import {certaintyOf, factorsOf, REINFORCEMENT_LEARNING, type Factors} from './factors.ts'
import {memoryLines} from './memory.ts'
import {BYTES_PER_PARAMETER, LEARNING_PASSES} from './network.ts'
import {matmulPeak, vectorStep, type Layout, type VectorStep, type VectorWork} from './step.ts'

/** Start of a simulator: assets, compilation of kernels. An assumption. */
const START_SECONDS = 90
/** A host launches kernels and little else where the accelerator simulates. An assumption. */
const LAUNCHING_HOST_SHARE = 0.1
const VALUE_BYTES = 4
/** Where nobody says how many threads there are: two on a core of these makers, one on others. */
const TWO_THREADS: ReadonlySet<string> = new Set(['intel', 'amd'])

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const understood = (target: Hardware): Hardware => socketsJoined(sliceOf(target))
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)
const onProcessors = ({accelerator}: Hardware): boolean => accelerator.formFactor === 'cpu'

/** Cores and threads of one machine that may simulate; `undefined` = nobody says how many there are. */
function coresOf({cores: wanted}: ReinforcementLearningDemand, hardware: Hardware): {readonly cores: number; readonly threads: number} | undefined {
  const {accelerator, host} = hardware
  const perCore = onProcessors(hardware) && !TWO_THREADS.has(accelerator.vendor) ? 1 : 2
  const threads = host.vcpus ?? (onProcessors(hardware) ? (accelerator.multiprocessors ?? 0) * perCore : 0)
  const cores = onProcessors(hardware) ? (accelerator.multiprocessors ?? threads / perCore) : threads / perCore
  if (wanted !== undefined) return cores > 0 ? {cores: Math.min(wanted, cores), threads: Math.min(wanted * perCore, threads)} : {cores: wanted, threads: wanted * perCore}
  return cores > 0 ? {cores, threads} : undefined
}

/** What each of the accelerators has to do. */
interface Question {
  readonly work: VectorWork
  readonly layout: Omit<Layout, 'gradientSeconds'>
}

function questionOf(demand: ReinforcementLearningDemand, hardware: Hardware, engine: EngineId, parts: number): Question | undefined {
  const {envs, task, overlapped, learner, simulated, precision} = demand
  const machine = demand.simulator === 'cpu' ? coresOf(demand, hardware) : {cores: 1, threads: 1}
  if (machine === undefined) return undefined
  const sharing = Math.min(parts, Math.max(1, Math.floor(hardware.acceleratorsPerNode)))
  const [cores, threads] = [machine.cores / sharing, Math.max(1, machine.threads / sharing)]
  return {work: {simulated, engine, envs: envs ?? Math.max(1, Math.round(threads)), task, overlapped, learner, precision}, layout: {parts, cores, threads}}
}

function supportOf(engine: EngineId, {accelerator}: Hardware, {software}: Facts): RuntimeSupport | undefined {
  return software.runtimesFor(REINFORCEMENT_LEARNING, accelerator.architecture).find(({runtime}) => runtime === ENGINE_FACTS[engine].runtime)
}

/** Engines that run here. */
function enginesOn({engines, firstEngineOnly}: ReinforcementLearningDemand, hardware: Hardware, facts: Facts): readonly EngineId[] {
  const running = engines.filter(engine => supportOf(engine, hardware, facts) !== undefined && (ENGINE_FACTS[engine].on === 'cpu' || !onProcessors(hardware)))
  return firstEngineOnly ? running.slice(0, 1) : running
}

function engineProblem(demand: ReinforcementLearningDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  if (demand.simulator === 'gpu' && onProcessors(hardware)) return {reason: 'software', detail: 'environments are to be simulated on an accelerator', nearest: demand.environment === undefined || demand.environment.engines.some(id => ENGINE_FACTS[id].on === 'cpu') ? 'simulator: cpu' : null}
  const {accelerator} = hardware
  if (enginesOn(demand, hardware, facts).length > 0) {
    if (demand.task === 'simulate' || matmulPeak(accelerator, demand.precision) > 0) return undefined
    return {reason: 'software', detail: `${accelerator.name} has no known ${demand.precision} rate`, nearest: demand.precision === 'fp32' ? null : 'precision: fp32'}
  }
  const [first] = demand.engines
  const {name, runtime} = ENGINE_FACTS[first!]
  return {reason: 'software', detail: facts.software.whyNot(REINFORCEMENT_LEARNING, accelerator.architecture, runtime) ?? `${name} is not known to run on ${accelerator.name}`, nearest: null}
}

/** Why it cannot be spread over so many accelerators here. */
function layoutProblem(demand: ReinforcementLearningDemand, hardware: Hardware, engine: EngineId, parts: number, facts: Facts): Refusal | undefined {
  const {accelerator, host} = hardware
  const present = presentOn(hardware)
  if (parts > present) return {reason: 'topology', detail: `dp ${parts} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `dp ${present}`}
  const engineFacts = ENGINE_FACTS[engine]
  if (engineFacts.on === 'gpu' && demand.simulated.pictures !== undefined && engineFacts.camera?.tracesRays === true && !accelerator.rayTracingCores) {
    return {reason: 'topology', detail: `${accelerator.name} has no ray-tracing cores, which ${engineFacts.name} draws with`, nearest: null}
  }
  const question = questionOf(demand, hardware, engine, parts)
  if (question === undefined) return {reason: 'topology', detail: 'how many processor cores the host has is not known', nearest: 'cores: 16'}
  const link = demand.task === 'train' ? unknownLink(hardware, parts) : undefined
  if (link !== undefined) return link
  const use = memoryOf(demand, hardware, question.work, factorsHere(demand, hardware, engine, parts, facts), facts)
  if (use.neededGib.p50 > use.availableGib) {
    return {reason: 'memory', detail: `needs ${formatGib(use.neededGib.p50)} GiB per accelerator, has ${formatGib(use.availableGib)}`, nearest: question.work.envs > 1 ? `envs: ${Math.max(1, Math.floor(question.work.envs / 2))}` : null, memory: use}
  }
  if (engineFacts.on === 'cpu' && !onProcessors(hardware) && host.memoryGib !== undefined) {
    const workersGib = question.work.envs * Math.min(parts, Math.max(1, Math.floor(hardware.acceleratorsPerNode))) * engineFacts.workerGib
    if (workersGib > host.memoryGib) return {reason: 'memory', detail: `environments need ${formatGib(workersGib)} GiB of the host, which has ${formatGib(host.memoryGib)}`, nearest: `envs: ${Math.max(1, Math.floor(question.work.envs * (host.memoryGib / workersGib)))}`}
  }
  return undefined
}

const factorsHere = ({body}: ReinforcementLearningDemand, hardware: Hardware, engine: EngineId, parts: number, facts: Facts): Factors =>
  factorsOf(facts, {accelerator: hardware.accelerator, processor: onProcessors(hardware) ? hardware.accelerator : undefined, engine, body, severalNodes: parts > Math.max(1, hardware.acceleratorsPerNode)})

function memoryOf({observations, actions, environment}: ReinforcementLearningDemand, hardware: Hardware, work: VectorWork, factors: Factors, {calibration}: Facts): MemoryUse {
  const facts = ENGINE_FACTS[work.engine]
  const lines = [...memoryLines(work, {observations, actions}, factors), ...(facts.on === 'cpu' && onProcessors(hardware) ? [{item: 'workers', gib: work.envs * facts.workerGib}] : [])]
  const {spread} = certaintyOf(calibration, hardware.accelerator, environment?.id, 'memory')
  return {neededGib: intervalFromSpread(lines.reduce((sum, {gib}) => sum + gib, 0), spread), availableGib: hardware.accelerator.memoryGib, lines}
}

/** All accelerators, and halves of that down to one: fewer wait for each other less, and leave each more cores. */
function partCounts(present: number): readonly number[] {
  const counts = [present]
  for (let half = Math.floor(present / 2); half >= 1; half = Math.floor(half / 2)) counts.push(half)
  return counts
}

export function reinforcementLearningConfigurations(demand: ReinforcementLearningDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = understood(target)
  if (engineProblem(demand, hardware, facts) !== undefined) return []
  const counts = demand.configuration.dp === undefined ? partCounts(presentOn(hardware)) : [demand.configuration.dp]
  return enginesOn(demand, hardware, facts).flatMap(engine =>
    counts.filter(dp => layoutProblem(demand, hardware, engine, dp, facts) === undefined).map(dp => ({...demand.configuration, runtime: ENGINE_FACTS[engine].runtime, precision: demand.precision, dp})))
}

export function reinforcementLearningRefusal(demand: ReinforcementLearningDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = understood(target)
  const problem = engineProblem(demand, hardware, facts)
  if (problem !== undefined) return no(problem)
  const [engine] = enginesOn(demand, hardware, facts)
  const counts = demand.configuration.dp === undefined ? [presentOn(hardware), 1] : [demand.configuration.dp]
  const problems = counts.flatMap(parts => layoutProblem(demand, hardware, engine!, parts, facts) ?? [])
  return no(problems.find(({memory}) => memory !== undefined) ?? problems[0] ?? {reason: 'topology', detail: 'no way to run it here', nearest: null})
}

export function performReinforcementLearning(demand: ReinforcementLearningDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = understood(target)
  const {accelerator} = hardware
  const problem = engineProblem(demand, hardware, facts)
  if (problem !== undefined) return no(problem)
  const engines = enginesOn(demand, hardware, facts)
  const engine = engines.find(id => ENGINE_FACTS[id].runtime === configuration.runtime) ?? engines[0]!
  const parts = configuration.dp ?? presentOn(hardware)
  const misfit = layoutProblem(demand, hardware, engine, parts, facts)
  if (misfit !== undefined) return no(misfit)
  const {work, layout} = questionOf(demand, hardware, engine, parts)!
  const gradientSeconds = demand.task === 'train' ? allReduceSeconds(hardware, parts, 1, VALUE_BYTES * demand.learner.network.parameters) : 0
  if (gradientSeconds === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: null})
  const factors = factorsHere(demand, hardware, engine, parts, facts)
  const step = vectorStep(work, accelerator, {...layout, gradientSeconds}, factors)
  const turns = demand.steps / (work.envs * parts)
  const {distance, spread, metric, basis} = certaintyOf(facts.calibration, accelerator, demand.environment?.id, onProcessors(hardware) ? 'throughput-on-processors' : 'throughput')
  const rooflineSeconds = lowerBound(demand, hardware, parts)
  const workSeconds = timeWithSpread(step.seconds * turns, timeSpread(spread), rooflineSeconds)
  const operators = operatorsOf(demand, work, step, parts > hardware.acceleratorsPerNode)
  const share = (seconds: number): number => Math.min(1, Math.max(0, seconds / step.seconds))
  const simulates = ENGINE_FACTS[engine].on
  const arithmetic = step.flops / matmulPeak(accelerator, demand.precision)
  const moving = simulates === 'gpu' ? step.simulator.bytes / accelerator.memoryBandwidthBytesPerSecond : 0
  const busySeconds = (simulates === 'gpu' ? step.simulator.workSeconds + step.simulator.pictureSeconds : onProcessors(hardware) ? step.simulator.seconds : 0) + (arithmetic > 0 ? arithmetic / factors.matmul : 0)
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime: ENGINE_FACTS[engine].runtime, precision: demand.precision, dp: parts},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(demand.steps, workSeconds)},
      latency: null,
      memory: memoryOf(demand, hardware, work, factors, facts),
      load: {
        computeShare: simulates === 'cpu' && onProcessors(hardware) ? share(busySeconds) : share(arithmetic > 0 ? arithmetic / factors.matmul : 0),
        memoryShare: share(moving),
        linkShare: share(step.reduceSeconds),
        hostShare: simulates === 'cpu' ? share(step.simulator.seconds) : LAUNCHING_HOST_SHARE,
        work: {activeShare: share(busySeconds), flopsShare: share(arithmetic > 0 ? arithmetic : 0), bytesShare: share(moving), cacheBytesShare: 0, unpackShare: 0},
      },
      acceleratorsUsed: Math.min(parts, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      checkpointBytes: demand.task === 'train' ? demand.learner.network.parameters * BYTES_PER_PARAMETER : 0,
      operators,
      bottleneck: longest(operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn({demand, hardware, work, step, operators, parts, engine, distance}, facts),
    },
  }
}

/** Of one step of all environments. What goes on beside something longer takes no time of its own. */
function operatorsOf({task}: ReinforcementLearningDemand, {engine, overlapped, envs, learner: {network, epochs}}: VectorWork, {simulator, inferenceSeconds, learningSeconds, reduceSeconds, seconds}: VectorStep, overNetwork: boolean): readonly Operator[] {
  const onCores = ENGINE_FACTS[engine].on === 'cpu'
  const {floorSeconds, workSeconds, physicsSeconds, pictureSeconds, bytes} = simulator
  const simulating: readonly Operator[] = [
    {name: 'simulator', seconds: physicsSeconds, bound: onCores ? 'host' : floorSeconds > workSeconds ? 'overhead' : 'memory-bandwidth', bytes},
    {name: 'cameras', seconds: pictureSeconds, bound: 'memory-bandwidth'},
  ]
  const learning: readonly Operator[] = [
    {name: 'policy', seconds: inferenceSeconds, bound: 'overhead', flops: task === 'simulate' ? 0 : envs * network.forwardFlops},
    {name: 'learning', seconds: learningSeconds, bound: 'compute', flops: task === 'train' ? envs * epochs * LEARNING_PASSES * network.forwardFlops : 0},
    {name: 'sum of gradients', seconds: reduceSeconds, bound: overNetwork ? 'network' : 'link'},
  ]
  const shown = overlapped ? (simulator.seconds >= seconds ? simulating : learning) : [...simulating, ...learning]
  return shown.filter(each => each.seconds > 0)
}

function longest(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((most, each) => (most === undefined || each.seconds > most.seconds ? each : most), undefined)?.bound ?? 'overhead'
}

interface Told {
  readonly demand: ReinforcementLearningDemand
  readonly hardware: Hardware
  readonly work: VectorWork
  readonly step: VectorStep
  readonly operators: readonly Operator[]
  readonly parts: number
  readonly engine: EngineId
  readonly distance: string
}

function notesOn({demand, hardware, work, step, parts, engine, distance}: Told, facts: Facts): string[] {
  const {simulator, inferenceSeconds, learningSeconds, reduceSeconds} = step
  const [what, seconds] = ([['The simulator', simulator.physicsSeconds], ['Drawing', simulator.pictureSeconds], ['The policy', inferenceSeconds], ['Learning', learningSeconds], ['Waiting for gradients', reduceSeconds]] as const).reduce((most, each) => (each[1] > most[1] ? each : most))
  const percent = Math.round((100 * seconds) / (simulator.seconds + inferenceSeconds + learningSeconds + reduceSeconds))
  const launching = what === 'The simulator' && demand.simulator === 'gpu' && simulator.floorSeconds > simulator.workSeconds
  const notes = [work.overlapped
    ? `${simulator.seconds >= step.seconds ? 'The simulator binds; policy and learning go on beside it' : 'Policy and learning bind; the simulator goes on beside them'}.`
    : `${what} binds: ${percent} % of the time${launching ? ', most of it launches: more environments cost little' : ''}.`]
  const present = presentOn(hardware)
  if (parts < present) notes.push(`${present - parts} of ${present} accelerators stay idle.`)
  if (demand.environment === undefined) notes.push('Nobody measured such an environment: a rate of your own (reference) says more.')
  else if (distance === 'none') notes.push('No accelerator of this family was measured with this kind of work.')
  if (demand.simulator === 'cpu' && !onProcessors(hardware)) notes.push(`${Math.round(coresOf(demand, hardware)?.cores ?? 0)} cores simulate; which processor they belong to is not known here, so that a core counts as one of 2.4 GHz.`)
  if (demand.simulator === 'cpu' && demand.task !== 'simulate' && onProcessors(hardware)) notes.push('The policy is computed on the processors, too.')
  const support = supportOf(engine, hardware, facts)
  if (support?.status === 'partial' && support.note !== undefined) notes.push(`${ENGINE_FACTS[engine].name}: ${support.note}.`)
  return notes
}

/** Arithmetic of acting and learning at the printed rate, and each observation written once; nothing beats that, whatever simulates. */
function lowerBound({task, steps, observations, learner: {network, epochs}, precision}: ReinforcementLearningDemand, {accelerator}: Hardware, parts: number): number {
  const passes = task === 'simulate' ? 0 : 1 + (task === 'train' ? epochs * LEARNING_PASSES : 0)
  const arithmetic = passes === 0 ? 0 : (passes * network.forwardFlops) / matmulPeak(accelerator, precision)
  return (steps / parts) * Math.max(arithmetic, (observations * VALUE_BYTES) / accelerator.memoryBandwidthBytesPerSecond)
}

export function reinforcementLearningLowerBoundSeconds(demand: ReinforcementLearningDemand, target: Hardware, facts: Facts): number {
  const hardware = understood(target)
  if (engineProblem(demand, hardware, facts) !== undefined) return Number.POSITIVE_INFINITY
  return lowerBound(demand, hardware, demand.configuration.dp ?? presentOn(hardware))
}

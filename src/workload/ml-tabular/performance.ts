import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {RuntimeSupport} from '../../catalog/software.ts'
import {allReduceSeconds} from '../../performance/collectives.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, exactly, timeWithSpread} from '../../performance/interval.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatCount, formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import type {TabularDemand} from './demand.ts'
import {ENGINES, engineOf, type Engine, type EngineId} from './engines.ts'
import {TABULAR, tabularCertainty, tabularFactors} from './factors.ts'
import {histogramBytes, tableBytes, treeLowerBoundSeconds, treeTime, unitsKnown, type TreeTime} from './tree.ts'

/** Context and buffers of the program, and its start: assumptions. */
const CONTEXT_GIB = 0.5
const START_SECONDS = 10
/** A table of numbers in 32 bits, from which the bins are made: on the host, or on the processors' own memory beside them. */
const RAW_BYTES = 4
/** Of accelerators the host starts every kernel. An assumption. */
const HOST_SHARE = {processors: 0.05, accelerators: 0.1}
/** Tables of others than those that were measured. */
const OTHER_TABLE = 'other'
const GIB = 2 ** 30

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const isProcessor = ({accelerator}: Hardware): boolean => accelerator.formFactor === 'cpu'
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode)) * nodes

type Program = RuntimeSupport & {readonly engine: Engine; readonly id: EngineId}

/** Programs that run here and were asked for, those with full support first. */
function programsFor({engine, work}: TabularDemand, {accelerator}: Hardware, {software}: Facts): readonly Program[] {
  return software.runtimesFor(TABULAR, accelerator.architecture).flatMap((support): Program[] => {
    const found = engineOf(support.runtime)
    if (found === undefined || !found.algorithms.includes(work.algorithm) || (engine !== undefined && engine !== support.runtime)) return []
    return [{...support, engine: found, id: support.runtime as EngineId}]
  })
}

function softwareProblem(demand: TabularDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {engine, work, configuration: {runtime}} = demand
  const {accelerator} = hardware
  if (runtime !== undefined && engineOf(runtime) === undefined) return {reason: 'software', detail: `${runtime} is no engine of the catalog`, nearest: 'engine: xgboost or lightgbm'}
  if (engine !== undefined && !(ENGINES[engine] as Engine).algorithms.includes(work.algorithm)) return {reason: 'software', detail: `${ENGINES[engine].name} leaves boosting to XGBoost`, nearest: 'engine: xgboost'}
  if (programsFor(demand, hardware, facts).length > 0) return undefined
  const others = facts.software.runtimesFor(TABULAR, accelerator.architecture).flatMap(({runtime: each}) => (engineOf(each)?.algorithms.includes(work.algorithm) === true ? [engineOf(each)!.name] : []))
  const detail = engine === undefined ? (facts.software.whyNot(TABULAR, accelerator.architecture) ?? `no program is known to run on ${accelerator.name}`) : `${ENGINES[engine].name} does not run on ${accelerator.name}`
  return {reason: 'software', detail, nearest: others.length > 0 ? `engine: ${others.join(' or ')}` : 'a machine without an accelerator: trees grow on its processors'}
}

/** Bytes/s each way between an accelerator and its host. */
const slotOf = ({levels, accelerator}: Hardware): number | undefined => levels?.find(({kind}) => kind === 'pcie')?.bytesPerSecond ?? pcieX16BytesPerSecond(accelerator.pcieGeneration)

function layoutProblem(demand: TabularDemand, hardware: Hardware, parts: number): Refusal | undefined {
  const present = presentOn(hardware)
  const things = isProcessor(hardware) ? 'machine' : 'accelerator'
  if (parts > present) return {reason: 'topology', detail: `dp ${parts} on ${present} ${present === 1 ? things : `${things}s`}`, nearest: `dp ${present}`}
  const link = unknownLink(hardware, parts)
  if (link !== undefined) return link
  const use = memoryOf(demand, hardware, parts)
  if (use.neededGib.p50 <= use.availableGib) return undefined
  const {rows} = demand.work
  const fixed = use.lines.reduce((sum, {item, gib}) => sum + (item === TABLE || item === RAW ? 0 : gib), 0)
  const most = Math.floor((rows * (use.availableGib - fixed)) / (use.neededGib.p50 - fixed))
  return {
    reason: 'memory', detail: `needs ${formatGib(use.neededGib.p50)} GiB ${isProcessor(hardware) ? 'on each machine' : 'per accelerator'}, has ${formatGib(use.availableGib)}`,
    nearest: most > 0 ? `${formatCount(most, 3)} rows are the largest table here` : null, memory: use,
  }
}

const TABLE = 'bins, labels and gradients'
const RAW = 'the table as it was read'
function memoryOf({work}: TabularDemand, {accelerator}: Hardware, parts: number): MemoryUse {
  const lines = [
    {item: TABLE, gib: tableBytes(work) / GIB / parts},
    {item: 'histograms', gib: histogramBytes(work) / GIB},
    ...(accelerator.formFactor === 'cpu' ? [{item: RAW, gib: (work.rows * work.features * work.density * RAW_BYTES) / GIB / parts}] : []),
    {item: 'program', gib: CONTEXT_GIB},
  ]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib: accelerator.memoryGib, lines}
}

/** All that are there, and halves of that down to one: fewer exchange less. */
function partCounts({configuration: {dp}}: TabularDemand, hardware: Hardware): readonly number[] {
  if (dp !== undefined) return [dp]
  const present = presentOn(hardware)
  const counts = [present]
  for (let half = Math.floor(present / 2); half >= 1; half = Math.floor(half / 2)) counts.push(half)
  return counts
}

export function tabularConfigurations(demand: TabularDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = socketsJoined(sliceOf(target))
  if (softwareProblem(demand, hardware, facts) !== undefined) return []
  const counts = partCounts(demand, hardware).filter(dp => layoutProblem(demand, hardware, dp) === undefined)
  return programsFor(demand, hardware, facts).flatMap(({id}) => counts.map(dp => ({...demand.configuration, runtime: id, dp})))
}

export function tabularRefusal(demand: TabularDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = socketsJoined(sliceOf(target))
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const problems = partCounts(demand, hardware).flatMap(dp => layoutProblem(demand, hardware, dp) ?? [])
  return no(problems.find(({memory}) => memory !== undefined) ?? problems[0] ?? {reason: 'topology', detail: 'no way to spread the rows here', nearest: null})
}

function operatorsOf({histogramSeconds, serialSeconds, exchangeSeconds, launchSeconds, overheadSeconds, memorySeconds, bytes}: TreeTime, severalNodes: boolean): readonly Operator[] {
  const operators: readonly Operator[] = [
    {name: 'histograms', seconds: histogramSeconds, bound: memorySeconds >= histogramSeconds ? 'memory-bandwidth' : 'compute', bytes},
    {name: 'work that does not divide', seconds: serialSeconds, bound: 'compute'},
    {name: 'sums over all parts', seconds: exchangeSeconds, bound: severalNodes ? 'network' : 'link'},
    {name: 'threads or kernels, started and waited for', seconds: launchSeconds, bound: 'overhead'},
    {name: 'the rest of a tree', seconds: overheadSeconds, bound: 'overhead'},
  ]
  return operators.filter(({seconds}) => seconds > 0)
}

const bottleneckOf = (operators: readonly Operator[]): Bottleneck => operators.reduce<Operator | undefined>((most, each) => (most === undefined || each.seconds > most.seconds ? each : most), undefined)?.bound ?? 'compute'

export function performTabular(demand: TabularDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = socketsJoined(sliceOf(target))
  const {accelerator} = hardware
  const {work} = demand
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const programs = programsFor(demand, hardware, facts)
  const {engine, id, status, note} = programs.find(each => each.id === configuration.runtime) ?? programs[0]!
  const parts = configuration.dp ?? presentOn(hardware)
  const problem = layoutProblem(demand, hardware, parts)
  if (problem !== undefined) return no(problem)
  const time = treeTime(work, {device: accelerator, parts, allReduceSeconds: bytes => allReduceSeconds(hardware, parts, 1, bytes)}, engine, tabularFactors(facts, accelerator, id))
  if (time === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the parts is not known', nearest: null})
  const trees = work.rounds * work.outputs
  const measured = work.algorithm === 'gbdt' && parts === 1
  const {distance, spread, metric, basis} = tabularCertainty(facts.calibration, accelerator, OTHER_TABLE, measured)
  const rooflineSeconds = treeLowerBoundSeconds(work, accelerator, parts) * trees
  const workSeconds = timeWithSpread(time.seconds * trees, spread, rooflineSeconds)
  const operators = operatorsOf(time, parts > Math.max(1, Math.floor(hardware.acceleratorsPerNode)))
  const share = (seconds: number): number => Math.min(1, seconds / time.seconds)
  const slot = slotOf(hardware)
  const bytesEach = (work.rows * work.features * work.density * RAW_BYTES) / parts
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime: id, dp: parts},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(demand.workUnits ?? Number.NaN, workSeconds)},
      latency: null,
      memory: memoryOf(demand, hardware, parts),
      load: {computeShare: share(time.histogramSeconds), memoryShare: share(time.memorySeconds), linkShare: share(time.exchangeSeconds), hostShare: isProcessor(hardware) ? HOST_SHARE.processors : HOST_SHARE.accelerators},
      acceleratorsUsed: Math.min(parts * (isProcessor(hardware) ? Math.max(1, Math.floor(sliceOf(target).acceleratorsPerNode)) : 1), target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS + (isProcessor(hardware) || slot === undefined ? 0 : bytesEach / slot),
      checkpointBytes: 0,
      operators,
      bottleneck: bottleneckOf(operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: [
        ...(parts < presentOn(hardware) ? [`${presentOn(hardware) - parts} of ${presentOn(hardware)} ${isProcessor(hardware) ? 'machines' : 'accelerators'} stay idle.`] : []),
        ...(work.algorithm === 'random-forest' ? ['Nobody\'s forests are among the measurements: entries of histograms are counted as for boosted trees.'] : []),
        ...(parts > 1 ? ['Several accelerators or machines on one table are not among the measurements.'] : []),
        ...(isProcessor(hardware) && (accelerator.multiprocessors ?? 0) > 48 ? ['Beyond some 48 cores, or over two sockets, trees often grow more slowly, not faster: fewer threads may be as quick.'] : []),
        ...(!isProcessor(hardware) && !unitsKnown(accelerator) ? [`How many multiprocessors ${accelerator.name} has is not known: taken from its vector rate.`] : []),
        ...(!isProcessor(hardware) ? ['The processors of a machine with accelerators can grow trees as well; that is not compared here.'] : []),
        ...(measured && distance === 'none' ? ['No accelerator of this family was measured.'] : []),
        ...(status === 'partial' && note !== undefined ? [`${engine.name}: ${note}.`] : []),
      ],
    },
  }
}

/** No configuration beats all parts at printed rates. */
export function tabularLowerBoundSeconds(demand: TabularDemand, target: Hardware, facts: Facts): number {
  const hardware = socketsJoined(sliceOf(target))
  if (softwareProblem(demand, hardware, facts) !== undefined) return Number.POSITIVE_INFINITY
  return treeLowerBoundSeconds(demand.work, hardware.accelerator, demand.configuration.dp ?? presentOn(hardware)) * demand.work.rounds * demand.work.outputs
}

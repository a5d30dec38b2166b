import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {RuntimeSupport} from '../../catalog/software.ts'
import {allToAllSeconds} from '../../performance/collectives.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, exactly, timeWithSpread} from '../../performance/interval.ts'
import type {Bottleneck, Configuration, Hardware, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatCount, formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import type {AnalyticsDemand, Storage} from './demand.ts'
import {ENGINES, engineOf, type Engine, type EngineId} from './engines.ts'
import {ANALYTICS, analyticsCertainty, analyticsFactors, wasMeasured} from './factors.ts'
import {heldBytes, queryLowerBoundSeconds, queryTime, reservedBytes, roomOf, type QueryPlace, type QueryTime} from './query.ts'

/** Bytes/s of one machine from storage, where nobody says: one NVMe disk, a network disk as it comes. Assumptions, printed with the plan. */
const USUAL_STORAGE = {'local-ssd': 2e9, 'network-disk': 250 * 2 ** 20} as const
/** What clients of an object store reach of the machine's network rate. An assumption. */
const OBJECT_STORE_SHARE = 0.5
/** Start of the program: an assumption. */
const START_SECONDS = 10
/** The host of an accelerator plans queries and feeds it. An assumption. */
const HOST_SHARE = {processors: 0.05, accelerators: 0.3}
/** Queries of others than those that were measured. */
const OTHER_QUERIES = 'other'
const GIB = 2 ** 30
const GB = 1e9

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const isProcessor = ({accelerator}: Hardware): boolean => accelerator.formFactor === 'cpu'
const perNode = ({acceleratorsPerNode}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode))
const presentOn = (hardware: Hardware): number => perNode(hardware) * hardware.nodes
const machinesOf = (hardware: Hardware, parts: number): number => Math.ceil(parts / perNode(hardware))

type Program = RuntimeSupport & {readonly engine: Engine; readonly id: EngineId}

/** Engines that run here and were asked for, those with full support first. */
function programsFor({engine, work}: AnalyticsDemand, {accelerator}: Hardware, {software}: Facts): readonly Program[] {
  return software.runtimesFor(ANALYTICS, accelerator.architecture).flatMap((support): Program[] => {
    const found = engineOf(support.runtime)
    if (found === undefined || (engine === undefined ? !found.byDefault : engine !== support.runtime)) return []
    if (work.format === 'native' && !found.native) return []
    return [{...support, engine: found, id: support.runtime as EngineId}]
  })
}

function softwareProblem(demand: AnalyticsDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {runtime} = demand.configuration
  if (runtime !== undefined && demand.engine === undefined) return {reason: 'software', detail: `${runtime} is no engine of the catalog`, nearest: 'engine: duckdb, clickhouse, polars, spark or rapids'}
  if (programsFor(demand, hardware, facts).length > 0) return undefined
  const {engine, work} = demand
  const {accelerator} = hardware
  if (engine !== undefined && work.format === 'native' && !ENGINES[engine].native) return {reason: 'software', detail: `${ENGINES[engine].name} has no tables of its own`, nearest: 'format: parquet'}
  const others = facts.software.runtimesFor(ANALYTICS, accelerator.architecture).flatMap(({runtime: each}) => (engineOf(each)?.byDefault === true ? [engineOf(each)!.name] : []))
  const detail = engine === undefined ? (facts.software.whyNot(ANALYTICS, accelerator.architecture) ?? `no engine is known to run on ${accelerator.name}`) : `${ENGINES[engine].name} does not run on ${accelerator.name}`
  return {reason: 'software', detail, nearest: others.length > 0 ? `engine: ${others.join(' or ')}` : 'a machine without an accelerator: engines run on its processors'}
}

interface StorageHere {
  readonly sort: Storage
  /** Of all machines in use. */
  readonly bytesPerSecond: number
  readonly assumed: boolean
}

/** Where the data lies, and how fast it comes. */
function storageOf({storage, storageBytesPerSecond, work}: AnalyticsDemand, {host, network}: Hardware, machines: number): StorageHere | Refusal {
  const own = host.localSsdGb
  const fits = own !== undefined && own * GB * machines >= work.storedBytes
  if (storage === 'local-ssd' && own !== undefined && !fits) {
    return {reason: 'memory', detail: `${formatCount(work.storedBytes / GB, 3)} GB of data, ${formatCount(own * machines, 3)} GB of local disk`, nearest: 'storage: network-disk or object-storage'}
  }
  // A machine on nobody's network whose disks are not known has one of its own.
  const isAlone = own === undefined && network === undefined
  const sort = storage ?? (fits || isAlone ? 'local-ssd' : 'network-disk')
  const line = sort === 'local-ssd' ? undefined : network?.bytesPerSecondPerNode
  if (storageBytesPerSecond !== undefined) return {sort, bytesPerSecond: Math.min(storageBytesPerSecond, line ?? Number.POSITIVE_INFINITY) * machines, assumed: false}
  if (sort === 'object-storage') {
    if (line === undefined) return {reason: 'link-unknown', detail: 'the rate between the machine and the object store is not known', nearest: 'storageBandwidth'}
    return {sort, bytesPerSecond: line * OBJECT_STORE_SHARE * machines, assumed: true}
  }
  return {sort, bytesPerSecond: Math.min(USUAL_STORAGE[sort], line ?? Number.POSITIVE_INFINITY) * machines, assumed: true}
}
const isRefusal = (value: StorageHere | Refusal): value is Refusal => 'reason' in value

/** Bytes/s each way between an accelerator and its host. */
const slotOf = ({levels, accelerator}: Hardware): number | undefined => levels?.find(({kind}) => kind === 'pcie')?.bytesPerSecond ?? pcieX16BytesPerSecond(accelerator.pcieGeneration)

/** Why so many parts cannot share a query here. */
function layoutProblem(demand: AnalyticsDemand, hardware: Hardware, parts: number, {engine}: Pick<Program, 'engine'>): Refusal | undefined {
  const present = presentOn(hardware)
  const things = isProcessor(hardware) ? 'machine' : 'accelerator'
  if (parts > present) return {reason: 'topology', detail: `dp ${parts} on ${present} ${present === 1 ? things : `${things}s`}`, nearest: `dp ${present}`}
  if (machinesOf(hardware, parts) > 1 && !engine.severalNodes) return {reason: 'topology', detail: `${engine.name} stays in one machine`, nearest: 'one node'}
  if (!isProcessor(hardware) && parts > 1 && !engine.severalAccelerators) return {reason: 'topology', detail: `a query of ${engine.name} stays on one accelerator`, nearest: 'dp 1'}
  const link = unknownLink(hardware, parts)
  if (link !== undefined) return link
  const storage = storageOf(demand, hardware, machinesOf(hardware, parts))
  if (isRefusal(storage)) return storage
  if (!isProcessor(hardware) && slotOf(hardware) === undefined) return {reason: 'link-unknown', detail: 'the rate between accelerator and host is not known', nearest: null}
  const held = heldBytes(demand.work, engine)
  const room = roomOf({device: hardware.accelerator, parts})
  if (engine.spills || held <= room) return undefined
  const memory = memoryOf(demand, hardware, parts, engine)
  return {reason: 'memory', detail: `needs ${formatGib(memory.neededGib.p50)} GiB, has ${formatGib(memory.availableGib)}, and ${engine.name} does not write to disk`, nearest: isProcessor(hardware) ? 'engine: duckdb' : 'engine: rapids', memory}
}

/** What each part holds; of engines that spill, what fits. */
function memoryOf({work}: AnalyticsDemand, {accelerator}: Hardware, parts: number, engine: Engine): MemoryUse {
  const held = heldBytes(work, engine)
  const room = roomOf({device: accelerator, parts})
  const fits = engine.spills ? Math.min(held, room) : held
  const lines = [{item: accelerator.formFactor === 'cpu' ? 'system and program' : 'context and buffers', gib: reservedBytes(accelerator) / GIB}, {item: fits < held ? `working set (${formatGib((held - fits) / GIB)} GiB more is spilled)` : 'working set', gib: fits / GIB / parts}]
  return {neededGib: exactly(lines.reduce((sum, {gib}) => sum + gib, 0)), availableGib: accelerator.memoryGib, lines}
}

/** All that are there, and halves of that down to one: fewer exchange less. */
function partCounts(hardware: Hardware, engine: Engine): readonly number[] {
  const most = isProcessor(hardware) ? (engine.severalNodes ? presentOn(hardware) : 1) : engine.severalAccelerators ? (engine.severalNodes ? presentOn(hardware) : perNode(hardware)) : 1
  const counts = [most]
  for (let half = Math.floor(most / 2); half >= 1; half = Math.floor(half / 2)) counts.push(half)
  return counts
}

const countsFor = ({configuration: {dp}}: AnalyticsDemand, hardware: Hardware, engine: Engine): readonly number[] => (dp === undefined ? partCounts(hardware, engine) : [dp])

export function analyticsConfigurations(demand: AnalyticsDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = socketsJoined(sliceOf(target))
  if (softwareProblem(demand, hardware, facts) !== undefined) return []
  return programsFor(demand, hardware, facts).flatMap(program =>
    countsFor(demand, hardware, program.engine).filter(dp => layoutProblem(demand, hardware, dp, program) === undefined).map(dp => ({...demand.configuration, runtime: program.id, dp})))
}

export function analyticsRefusal(demand: AnalyticsDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = socketsJoined(sliceOf(target))
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const problems = programsFor(demand, hardware, facts).flatMap(program => countsFor(demand, hardware, program.engine).flatMap(dp => layoutProblem(demand, hardware, dp, program) ?? []))
  return no(problems.find(({memory}) => memory !== undefined) ?? problems[0] ?? {reason: 'topology', detail: 'no way to share the queries here', nearest: null})
}

/** Operators of one query; what goes on at once has its part of the time it takes together. */
function operatorsOf(time: QueryTime, onProcessors: boolean): readonly Operator[] {
  const {scanSeconds, probeSeconds, serialSeconds, storageSeconds, transferSeconds, spillSeconds, exchangeSeconds, overheadSeconds, seconds, memorySeconds} = time
  const separate = scanSeconds + probeSeconds + serialSeconds + transferSeconds + storageSeconds
  const share = separate > 0 ? (seconds - spillSeconds - exchangeSeconds - overheadSeconds) / separate : 0
  const scanBound = !onProcessors || memorySeconds >= scanSeconds ? 'memory-bandwidth' : 'compute'
  const operators: readonly Operator[] = [
    {name: 'reading from storage', seconds: storageSeconds * share, bound: 'storage', bytes: time.readBytes},
    {name: 'decoding, filters and sums', seconds: scanSeconds * share, bound: scanBound, bytes: time.memoryBytes},
    {name: 'look-ups in hash tables', seconds: probeSeconds * share, bound: 'memory-bandwidth'},
    {name: 'work that does not divide', seconds: serialSeconds * share, bound: 'compute'},
    {name: 'tables to the accelerator', seconds: transferSeconds * share, bound: 'link'},
    {name: 'spilling', seconds: spillSeconds, bound: onProcessors ? 'storage' : 'link'},
    {name: 'exchange between parts', seconds: exchangeSeconds, bound: 'network'},
    {name: 'planning and threads', seconds: overheadSeconds, bound: 'overhead'},
  ]
  return operators.filter(({seconds: own}) => own > 0)
}

function bottleneckOf(operators: readonly Operator[]): Bottleneck {
  const longest = operators.reduce<Operator | undefined>((most, each) => (most === undefined || each.seconds > most.seconds ? each : most), undefined)
  return longest?.name === 'spilling' ? 'memory-capacity' : (longest?.bound ?? 'memory-bandwidth')
}

export function performAnalytics(demand: AnalyticsDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = socketsJoined(sliceOf(target))
  const {accelerator} = hardware
  const {work} = demand
  const software = softwareProblem(demand, hardware, facts)
  if (software !== undefined) return no(software)
  const programs = programsFor(demand, hardware, facts)
  const program = programs.find(({id}) => id === configuration.runtime) ?? programs[0]!
  const {engine, id} = program
  const parts = configuration.dp ?? countsFor(demand, hardware, engine)[0]!
  const problem = layoutProblem(demand, hardware, parts, program)
  if (problem !== undefined) return no(problem)
  const machines = machinesOf(hardware, parts)
  const storage = storageOf(demand, hardware, machines)
  if (isRefusal(storage)) return no(storage)
  const place: QueryPlace = {
    device: accelerator, parts, manner: engine, storageBytesPerSecond: storage.bytesPerSecond, slotBytesPerSecond: slotOf(hardware),
    hostBytes: hardware.host.memoryGib === undefined ? undefined : hardware.host.memoryGib * GIB * machines,
    exchangeSeconds: bytes => allToAllSeconds(hardware, parts, 1, bytes),
  }
  const time = queryTime(work, place, analyticsFactors(facts, accelerator, id))
  if (time === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the parts is not known', nearest: null})
  const {distance, spread, metric, basis} = analyticsCertainty(facts.calibration, accelerator, OTHER_QUERIES, id, work.cold)
  const rooflineSeconds = queryLowerBoundSeconds(work, accelerator, parts) * work.queries
  const workSeconds = timeWithSpread(time.seconds * work.queries, spread, rooflineSeconds)
  const operators = operatorsOf(time, isProcessor(hardware))
  const busy = (names: readonly Operator['bound'][]): number => Math.min(1, operators.reduce((sum, {bound, seconds}) => sum + (names.includes(bound) ? seconds : 0), 0) / time.seconds)
  // A machine's own disk is empty at first: the data comes over its line, once.
  const line = storage.sort === 'local-ssd' ? hardware.network?.bytesPerSecondPerNode : undefined
  const copySeconds = line === undefined ? 0 : work.storedBytes / (line * machines)
  const distinctBytes = work.storedBytes * Math.min(1, work.readShare * work.queries)
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime: id, dp: parts},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(demand.workUnits ?? Number.NaN, workSeconds)},
      latency: null,
      memory: memoryOf(demand, hardware, parts, engine),
      load: {
        computeShare: busy(['compute']),
        memoryShare: Math.min(1, time.memorySeconds / time.seconds),
        linkShare: busy(['link']),
        hostShare: isProcessor(hardware) ? HOST_SHARE.processors : HOST_SHARE.accelerators,
      },
      acceleratorsUsed: Math.min(parts * (isProcessor(hardware) ? perNode(sliceOf(target)) : 1), target.acceleratorsPerNode * target.nodes),
      // Queries that find their data in memory have to bring it there once.
      loadSeconds: START_SECONDS + copySeconds + (work.cold ? 0 : distinctBytes / storage.bytesPerSecond),
      checkpointBytes: 0,
      operators,
      bottleneck: bottleneckOf(operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, {program, parts, storage, time, distance}, facts),
    },
  }
}

interface Noted {
  readonly program: Program
  readonly parts: number
  readonly storage: StorageHere
  readonly time: QueryTime
  readonly distance: string
}

function notesOn({work, storage: asked}: AnalyticsDemand, hardware: Hardware, {program: {engine, id, status, note}, parts, storage, time}: Noted, facts: Facts): string[] {
  const notes: string[] = []
  const present = presentOn(hardware)
  const rate = `${formatCount(storage.bytesPerSecond / machinesOf(hardware, parts) / GB, 2)} GB/s`
  if (parts < present) notes.push(`${present - parts} of ${present} ${isProcessor(hardware) ? 'machines' : 'accelerators'} stay idle.`)
  if (storage.assumed && time.readBytes > 0) {
    const unknown = asked === undefined && hardware.host.localSsdGb === undefined ? ', as its disks are not known' : ''
    notes.push(`${storage.sort === 'local-ssd' ? 'The local disk' : storage.sort === 'network-disk' ? 'A network disk' : 'The object store'} is taken to give a machine ${rate}${unknown}; storageBandwidth says what it really is.`)
  }
  if (storage.sort === 'local-ssd') notes.push(hardware.network === undefined ? 'The data is taken to lie on the local disk already.' : 'Copying the data to the local disk over the line of the machine is in the time.')
  if (time.storageSeconds > time.seconds / 2) notes.push('Storage is the bound: a faster processor or accelerator would wait for it, too.')
  if (time.spillSeconds > 0.05 * time.seconds) notes.push(isProcessor(hardware) ? 'The working set does not fit into memory, and part of it goes to disk and back.' : 'The working set does not fit on the accelerator, and part of it goes to the host and back, or to disk where the host does not hold it either.')
  if (work.format === 'native') notes.push(`Bringing the data into the format of ${engine.name} is not counted.`)
  if (isProcessor(hardware) && !wasMeasured(facts.calibration, id)) notes.push(`Nobody measured ${engine.name} here: an average engine is assumed.`)
  if (!isProcessor(hardware)) notes.push('Rates of engines on accelerators are assumptions, and what they cannot run on one runs on the host: within a factor of two at best.', "The processors of a machine with accelerators can run queries as well; that is not compared here.")
  if (status === 'partial' && note !== undefined) notes.push(`${engine.name}: ${note}.`)
  return notes
}

/** No configuration beats all parts at printed rates. */
export function analyticsLowerBoundSeconds(demand: AnalyticsDemand, target: Hardware, facts: Facts): number {
  const hardware = socketsJoined(sliceOf(target))
  if (softwareProblem(demand, hardware, facts) !== undefined) return Number.POSITIVE_INFINITY
  return queryLowerBoundSeconds(demand.work, hardware.accelerator, demand.configuration.dp ?? presentOn(hardware)) * demand.work.queries
}

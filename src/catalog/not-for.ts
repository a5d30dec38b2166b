import {groupDigits} from '../units/format.ts'
import type {Rig} from './rig.ts'
import {hostOf, sumOfParts} from './rig-parts.ts'
import type {Accelerator} from './schema.ts'
import type {Snapshot} from './snapshot.ts'

/** What a rig is not the machine for, each with the fact that says so. Only what is known: nothing follows from what nobody said. */
export interface NotFor {
  readonly work: string
  readonly because: string
}

/** Double precision at less than a quarter of single is there for compatibility (data/accelerators.csv: a half on H100, a 64th on RTX cards). */
const FP64_SHARE = 1 / 4
/** Pixels that games at high resolutions ask for: boards that are sold for them have 48 units and more, those for data centres 24. */
const FEW_RASTER_UNITS = 32
/** What a cloud's single machine promises. An assumption: 99.9 % is the usual service level. */
const USUAL_AVAILABILITY_SHARE = 0.999

/** Threads for each accelerator below which a node has few: a part of what clouds put beside the same accelerator in the middle. An assumption. */
const FEW_THREADS_SHARE = 1 / 2
/** A line over which a terabyte takes longer than a night. An assumption. */
const SLOW_LINE_HOURS_PER_TB = 10
const SECONDS_PER_HOUR = 3600

export function notForOf({nodes, site}: Pick<Rig, 'nodes' | 'site'>, {accelerators, machines}: Pick<Snapshot, 'accelerators' | 'machines'>): readonly NotFor[] {
  const own = accelerators.filter(({id}) => nodes.some(node => node.acceleratorId === id && node.acceleratorCount > 0))
  const totalGib = nodes.reduce((sum, node) => sum + node.count * node.acceleratorCount * (own.find(({id}) => id === node.acceleratorId)?.memoryGib ?? 0), 0)
  return [...own.flatMap(graphicsOf), ...own.flatMap(precisionOf), ...slicesOf(own), ...memoryOf(nodes, totalGib), ...nodes.flatMap(node => processorsOf(node, machines)), ...disksOf(nodes), ...siteOf(site)]
}

function graphicsOf({name, displayOutput, rayTracingCores, rasterUnits}: Accelerator): readonly NotFor[] {
  const lacks = [
    ...(displayOutput ? [] : ['no display output']), ...(rayTracingCores ? [] : ['no ray-tracing cores']),
    ...(rasterUnits !== undefined && rasterUnits <= FEW_RASTER_UNITS ? [`${rasterUnits} units that write pixels`] : []),
  ]
  // A board without an output still renders for others, if it has the units.
  return lacks.length === 0 || (rayTracingCores && lacks.length === 1) ? [] : [{work: 'games, graphics and rendering', because: `${name} has ${lacks.join(', ')}`}]
}

function precisionOf({name, peakFlops: {fp64, fp64Tensor, fp32}}: Accelerator): readonly NotFor[] {
  const best = Math.max(fp64 ?? 0, fp64Tensor ?? 0)
  if (fp64 === undefined || fp32 === undefined || best / fp32 >= FP64_SHARE) return []
  return [{work: 'simulation in double precision', because: `${name} does ${Number((best / 1e12).toPrecision(2))} TFLOP/s in 64 bit, ${Math.round(fp32 / best)} times less than in 32`}]
}

function slicesOf(own: readonly Accelerator[]): readonly NotFor[] {
  return own.length === 0 || own.some(({migMaxInstances = 0}) => migMaxInstances > 1) ? [] : [{work: 'many small jobs apart from each other on one accelerator', because: `${own.map(({name}) => name).join(' and ')} cannot be cut into instances (MIG)`}]
}

function memoryOf(nodes: Rig['nodes'], totalGib: number): readonly NotFor[] {
  const largest = Math.floor(totalGib)
  return totalGib > 0 ? [{work: `models that take more than ${largest} GiB with their cache`, because: `${nodes.length > 1 || (nodes[0]?.count ?? 1) > 1 ? 'all nodes together have' : 'its accelerators have'} no more`}] : []
}

/** Where it is known what a node has: two threads a core. */
function processorsOf(node: Rig['nodes'][number], machines: Snapshot['machines']): readonly NotFor[] {
  const cores = sumOfParts((node.parts ?? []).filter(({kind}) => kind === 'processor'), ({cores: each}) => each)
  const threads = node.vcpus ?? (cores === undefined ? undefined : 2 * cores)
  const usual = machines.flatMap(({acceleratorId, acceleratorCount, vcpus}) => (acceleratorId === node.acceleratorId && acceleratorCount >= 1 && vcpus !== undefined ? [vcpus / acceleratorCount] : [])).toSorted((a, b) => a - b)
  const middle = usual[usual.length >> 1]
  if (threads === undefined || middle === undefined || node.acceleratorCount === 0 || threads / node.acceleratorCount >= FEW_THREADS_SHARE * middle) return []
  const figure = (value: number): string => String(Number(value.toPrecision(2)))
  return [{work: 'work that processors prepare or do (decoding images and video, simulators, joins)', because: `${node.id} has ${figure(threads / node.acceleratorCount)} threads for each accelerator, clouds have ${figure(middle)}`}]
}

function disksOf(nodes: Rig['nodes']): readonly NotFor[] {
  const known = nodes.map(node => hostOf(node).localSsdGb)
  if (known.includes(undefined)) return []
  const gb = Math.round(nodes.reduce((sum, node, index) => sum + node.count * (known[index] ?? 0), 0))
  return [{work: `data and checkpoints of more than ${groupDigits(String(gb))} GB`, because: 'its local disks hold no more'}]
}

function siteOf({publicAddress, availabilityShare, uplinkBytesPerSecond, downlinkBytesPerSecond = uplinkBytesPerSecond}: Rig['site']): readonly NotFor[] {
  const slowest = Math.min(uplinkBytesPerSecond, downlinkBytesPerSecond)
  const hours = 1e12 / slowest / SECONDS_PER_HOUR
  return [
    ...(hours > SLOW_LINE_HOURS_PER_TB ? [{work: 'work that brings in or sends out terabytes', because: `one takes ${Math.round(hours)} h over a line of ${Number(((slowest * 8) / 1e6).toPrecision(3))} Mbit/s`}] : []),
    ...(publicAddress === false ? [{work: 'users outside', because: 'its site has no public address'}] : []),
    ...(availabilityShare !== undefined && availabilityShare < USUAL_AVAILABILITY_SHARE ? [{work: 'services that have to be there more often', because: `power and line are there ${Number((availabilityShare * 100).toPrecision(6))} % of the time`}] : []),
  ]
}

import {allReduceSeconds, allToAllSeconds, sendSeconds} from '../../performance/collectives.ts'
import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import type {Hardware} from '../../performance/types.ts'
import {domainsOf} from './domain.ts'
import {gridParts, type EngineDesign} from './engines.ts'
import type {MolecularFactors} from './factors.ts'
import {cacheSeconds, clockHertz, lanesShare, memorySeconds, vectorRate} from './limits.ts'
import {ATOMS_PER_CUBIC_NM, gridPoints, stepCost, type MolecularWork} from './forces.ts'
import type {Ensemble, Update} from './schema.ts'

/** One system on so many equal parts, each on an accelerator (or on the processors of a machine). */
export interface Layout {
  readonly parts: number
  readonly design: EngineDesign
  readonly precision: string
  readonly ensemble: Ensemble
  readonly update: Update
  /** Cores of the host for each part. */
  readonly hostCores: number
  /** Processes that compute, where somebody says how many; more than parts = several share an accelerator. */
  readonly ranks?: number
  /** Steps that a list of pairs is kept, where somebody says it. */
  readonly listSteps?: number
}

/** Where the time of one step goes, on the slowest of the parts. */
export interface MolecularStep {
  readonly seconds: number
  readonly pairSeconds: number
  readonly gridSeconds: number
  readonly atomSeconds: number
  readonly exchangeSeconds: number
  readonly hostSeconds: number
  readonly overheadSeconds: number
  /** Per part. */
  readonly flops: number
  readonly bytes: number
  readonly exchangedBytes: number
}

/** Position (16 bytes, as accelerators align it) out, force (12) back. */
const POSITION_BYTES = 16
const FORCE_BYTES = 12
/** Place in a list, position in doubles, type. */
const NEIGHBOUR_BYTES = 4 + 3 * 8 + 4
/** Forces that are summed over copies, in fixed point. */
const SUMMED_FORCE_BYTES = 24
/** Grid of charges out and of potentials back. */
const GRID_POINT_BYTES = 4 * 2
/** Of a transform there and back. */
const TRANSPOSES = 4
const USUAL_SLOT_GENERATION = 3
/** Handing atoms from domain to domain and sorting them ÷ sorting them: 24 and 11 ms of 152,000 atoms, 45 and 18 of 356,000 (GROMACS's own accounts of STMV on eight and four dies, LUMI's workshop, whose rates are among the measurements). */
const DOMAINS_WORK = 3.3

/** Bytes/s each way between an accelerator and its host. */
export const slotOf = ({levels, accelerator}: Hardware): number =>
  levels?.find(({kind}) => kind === 'pcie')?.bytesPerSecond ?? pcieX16BytesPerSecond(accelerator.pcieGeneration) ?? pcieX16BytesPerSecond(USUAL_SLOT_GENERATION)

/** Slots behind one processor that reach each other without the other one: an assumption, as machines differ. */
const SLOTS_OF_A_PROCESSOR = 2
/** Sort of the links that parts exchange over: what programs reach of them differs by that. */
export function linkSort({accelerator, acceleratorsPerNode, levels}: Hardware, parts: number): string {
  if (accelerator.formFactor === 'cpu') return 'processors'
  if (parts > acceleratorsPerNode) return 'network'
  if (levels?.some(({kind}) => kind === 'pcie') !== true) return 'peer'
  return parts > SLOTS_OF_A_PROCESSOR ? 'pcie-across' : 'pcie'
}

/** Distance to the farthest neighbour of a part: over the network where the parts span machines. */
const farthest = ({acceleratorsPerNode}: Hardware, parts: number): number => (parts > acceleratorsPerNode ? acceleratorsPerNode : Math.max(1, Math.floor(parts / 2)))

/** One time step. `undefined` = a link between the parts is unknown. */
export function molecularStep(work: MolecularWork, hardware: Hardware, layout: Layout, factors: MolecularFactors): MolecularStep | undefined {
  const {accelerator} = hardware
  const {parts, design, precision, ensemble, update} = layout
  const cost = stepCost(work, design.listReachNm)
  // Work beyond what is counted goes into the rate, which is never above the printed one.
  const harder = (work.forceField === 'polarizable' ? factors.polarizable : 1) * (work.electrostatics === 'implicit' ? factors.implicit : 1)
  const flopsPerSecond = vectorRate(accelerator, precision) * Math.min(1, (factors.compute * lanesShare(accelerator, design, precision) * factors.speed) / (factors['engine-pairs'] * harder))
  const bytesPerSecond = 1 / memorySeconds(accelerator, (cost.workingBytes * design.stateValueBytes) / 4 / (design.shares === 'domains' ? parts : 1), {streamShare: factors.streamShare, memoryShare: factors['memory-bandwidth'], cacheShare: factors['cache-rate']}) * factors.speed / factors['engine-memory'] / harder
  const twice = design.singleAtoms && accelerator.formFactor !== 'cpu'
  const fetchedSeconds = twice ? (2 * cost.pairs * NEIGHBOUR_BYTES * cacheSeconds(accelerator, factors['cache-rate'])) / factors.speed * factors['engine-memory'] : 0
  const pairFlops = cost.pairFlops * (twice ? 2 : 1)
  const alone = {pair: pairFlops / flopsPerSecond + fetchedSeconds, grid: cost.gridFlops / flopsPerSecond + cost.gridBytes / bytesPerSecond, atoms: (cost.atomBytes * design.stateValueBytes) / 4 / bytesPerSecond}
  const grids = gridParts(design, accelerator, parts)
  const shares = sharesOf(alone, grids, hardware, layout)
  const forces = shares.pairSeconds + shares.gridSeconds
  const {pairSeconds, gridSeconds} = shares
  const atomSeconds = alone.atoms * (design.shares === 'domains' ? shares.domain : 1)
  const exchange = exchangeOf(work, hardware, layout, factors, grids)
  if (exchange === undefined) return undefined
  const overheadSeconds = (factors['latency-cycles'] / clockHertz(accelerator)) * factors['engine-latency'] * cost.evaluations
  const hostSeconds = hostSecondsOf(work.atoms * shares.domain, hardware, layout, factors)
  const barostat = ensemble === 'npt' ? factors.pressure : 1
  // GROMACS and LAMMPS send while they compute what is their own, unless the host has the positions; copies wait for each other, and NAMD's kernels read what others have.
  const exchangeSeconds = exchange.messageSeconds + (design.sendsMeanwhile && update === 'accelerator' ? Math.max(0, exchange.dataSeconds - forces) : exchange.dataSeconds)
  const total = pairSeconds + gridSeconds + atomSeconds + exchangeSeconds + overheadSeconds + hostSeconds
  return {
    seconds: total * barostat,
    pairSeconds: pairSeconds * barostat, gridSeconds: gridSeconds * barostat, atomSeconds: atomSeconds * barostat,
    exchangeSeconds: exchangeSeconds * barostat, hostSeconds: hostSeconds * barostat, overheadSeconds: overheadSeconds * barostat,
    flops: (pairFlops + cost.gridFlops) / parts,
    bytes: cost.gridBytes / parts + (cost.atomBytes * design.stateValueBytes) / 4 / (design.shares === 'domains' ? parts : 1),
    exchangedBytes: exchange.bytes,
  }
}

interface Shares {
  readonly pairSeconds: number
  readonly gridSeconds: number
  /** Of all atoms, what the fullest part advances. */
  readonly domain: number
}

/**
 * What the slowest part computes. Where a process of its own holds the grid, the others cut the atoms among them: on as many accelerators less one, or, with several
 * processes on each accelerator, on all of them (GROMACS, -npme). Without such processes the parts that hold the grid take fewer pairs, as far as that goes, or
 * as many as the others.
 */
function sharesOf(alone: {readonly pair: number; readonly grid: number}, grids: number, {accelerator}: Hardware, {parts, design, ranks}: Layout): Shares {
  const sideBySide = design.gridBeside && accelerator.formFactor !== 'cpu'
  const gridOfOne = alone.grid / grids
  if (parts === 1 || alone.grid === 0 || grids >= parts || !design.gridProcess || accelerator.formFactor === 'cpu') {
    if (design.evenPairs && accelerator.formFactor !== 'cpu') return {pairSeconds: alone.pair / parts, gridSeconds: gridOfOne, domain: 1 / parts}
    const whole = sideBySide ? Math.hypot(alone.pair, alone.grid) : alone.pair + alone.grid
    const forces = Math.max(whole / parts, gridOfOne)
    const gridSeconds = forces === gridOfOne ? forces : (forces * alone.grid) / (alone.pair + alone.grid)
    return {pairSeconds: forces - gridSeconds, gridSeconds, domain: 1 / parts}
  }
  const withRanks = (count: number): Shares => {
    // Processes are dealt out in turns, and those for the grid come last.
    const beside = Math.floor((count - 1) / parts)
    const each = Math.ceil((count - grids - beside * grids) / (parts - grids))
    const domains = count - grids
    const besideSeconds = (alone.pair * beside) / domains
    const [without, holding] = [(alone.pair * each) / domains, sideBySide ? Math.hypot(besideSeconds, gridOfOne) : besideSeconds + gridOfOne]
    return {...(without > holding ? {pairSeconds: without, gridSeconds: 0} : {pairSeconds: holding - gridOfOne, gridSeconds: gridOfOne}), domain: Math.max(each, beside) / domains}
  }
  if (ranks !== undefined) return withRanks(Math.max(ranks, parts))
  // Nobody says it: the best of one process on each accelerator, one more, and two on each.
  return [parts, parts + 1, 2 * parts].map(withRanks).reduce((best, each) => (each.pairSeconds + each.gridSeconds < best.pairSeconds + best.gridSeconds ? each : best))
}

interface Exchange {
  readonly dataSeconds: number
  readonly messageSeconds: number
  readonly bytes: number
}

function exchangeOf(work: MolecularWork, hardware: Hardware, {parts, design}: Layout, factors: MolecularFactors, grids: number): Exchange | undefined {
  if (parts === 1) return {dataSeconds: 0, messageSeconds: 0, bytes: 0}
  const {atoms, cutoffNm, forceField} = work
  const rate = Math.min(1, factors.exchange)
  const message = factors['message-seconds']
  if (design.shares === 'copies') {
    // All positions to all, all forces summed: a gather and a scatter are half an all-reduce each.
    const bytes = (atoms * (POSITION_BYTES + SUMMED_FORCE_BYTES)) / 2
    const seconds = allReduceSeconds(hardware, parts, 1, bytes, rate)
    return seconds === undefined ? undefined : {dataSeconds: seconds, messageSeconds: 2 * Math.ceil(Math.log2(parts)) * message, bytes: (2 * (parts - 1) * bytes) / parts}
  }
  const {haloAtoms, pulses} = domainsOf(atoms, ATOMS_PER_CUBIC_NM[forceField], parts, cutoffNm + design.listReachNm)
  const atomBytes = ((POSITION_BYTES + FORCE_BYTES) * design.stateValueBytes) / 4
  const haloBytes = haloAtoms * atomBytes
  const halo = sendSeconds(hardware, farthest(hardware, parts), haloBytes, rate)
  if (halo === undefined) return undefined
  const hasGrid = stepCost(work, design.listReachNm).gridBytes > 0
  // To the parts that hold the grid: positions and forces of all atoms that lie with the parts that belong to each, some of them perhaps in other machines.
  const group = Math.ceil(parts / grids)
  const near = Math.min(group, hardware.acceleratorsPerNode)
  const ofGroup = !hasGrid || grids >= parts ? 0 : (atoms / grids / group) * atomBytes
  const toGrid = ofGroup * (group - 1)
  // Where several share it, the grid itself is transposed twice each way, in pieces from each to each.
  const transposed = !hasGrid || grids === 1 ? 0 : (2 * gridPoints(work) * GRID_POINT_BYTES) / grids
  const gridSeconds = (near > 1 ? (sendSeconds(hardware, farthest(hardware, near), ofGroup * (near - 1), rate) ?? 0) : 0) + (group > near ? (sendSeconds(hardware, farthest(hardware, group), ofGroup * (group - near), rate) ?? 0) : 0)
  const transposeSeconds = transposed === 0 ? 0 : (allToAllSeconds(hardware, grids, Math.max(1, Math.floor(parts / grids)), transposed, rate) ?? 0)
  const messages = 2 * pulses + (hasGrid ? 2 * Math.ceil(Math.log2(parts)) : 0) + (transposed === 0 ? 0 : TRANSPOSES * (grids - 1))
  return {dataSeconds: halo + gridSeconds + transposeSeconds, messageSeconds: messages * message, bytes: haloBytes + toGrid + transposed}
}

/**
 * What the host does meanwhile nobody waits for, except sorting atoms into clusters, with several domains handing them to each other before, and the update where it stays
 * there: positions in, forces out, over the slot.
 */
function hostSecondsOf(atoms: number, hardware: Hardware, {design, update, hostCores, parts, listSteps}: Layout, factors: MolecularFactors): number {
  const {hostListSteps} = design
  if (hardware.accelerator.formFactor === 'cpu' || hostListSteps === undefined) return 0
  const coreSeconds = (atoms * 1e-9) / hostCores
  const listed = (coreSeconds * factors['list-nanoseconds'] * (parts > 1 ? DOMAINS_WORK : 1)) / (listSteps ?? (parts > 1 ? hostListSteps.several : hostListSteps.one))
  return update === 'host' ? listed + coreSeconds * factors['host-nanoseconds'] + (atoms * (POSITION_BYTES + FORCE_BYTES)) / slotOf(hardware) : listed
}

/** Seconds of a step that nothing beats: pairs within the cutoff at the printed rate, positions and velocities once at printed bandwidth, no exchange. */
export function molecularLowerBoundSeconds(work: MolecularWork, accelerator: Accelerator, parts: number, precision: string): number {
  const {leastFlops, leastBytes} = stepCost(work, 0)
  return Math.max(leastFlops / (vectorRate(accelerator, precision) * parts), leastBytes / (accelerator.memoryBandwidthBytesPerSecond * parts) / CACHED_AT_MOST)
}
/** What caches serve above the rate of the memory. */
const CACHED_AT_MOST = 20

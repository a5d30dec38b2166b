import type {Accelerator} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import type {Rig, RigNode} from '../catalog/rig.ts'
import {upsEfficiencyOf} from '../catalog/rig-site.ts'
import type {Calibration, Spread} from '../performance/calibration.ts'
import {weakest} from '../performance/interval.ts'
import {peakFlops16} from '../performance/load.ts'
import type {Confidence} from '../performance/types.ts'
import type {PowerCoefficients, PowerModel} from './types.ts'

/** The `kind` of the power rows in data/calibration.json. */
export const POWER_KIND = 'power'

/**
 * Host watts (processors, memory, fans, drives, network) per accelerator where no server of the machine itself is
 * known: the reference servers of data/calibration.json (`host-idle-watts`, `host-maximum-watts`, `host-board-watts`; the `runtime` column
 * holds the class). SXM-like boards: an 8-accelerator HGX node; cards: a 10-slot 4U chassis.
 */
type HostClass = 'board' | 'card'
const CARD_FORM_FACTORS: readonly string[] = ['pcie', 'nvl', 'laptop']

export function hostClassOf(accelerator: Pick<Accelerator, 'formFactor'>): HostClass {
  return CARD_FORM_FACTORS.includes(accelerator.formFactor) ? 'card' : 'board'
}

/** Energies and shares of the model → where nothing is fitted: see docs/models/power.md for the sources of the figures. */
export const POWER_QUANTITIES = {
  /** Share of the range that an accelerator draws because it computes at all. */
  activeShare: ['active-share', 0.4],
  /** Per FLOP with 16-bit operands. */
  picojoulesPerFlop: ['picojoules-per-flop', 1.2],
  /** Per byte from the memory into the multiprocessors. */
  picojoulesPerByte: ['picojoules-per-byte', 80],
  /** On top, per byte that attention reads of earlier tokens. */
  picojoulesPerCacheByte: ['picojoules-per-cache-byte', 60],
  /** Share of the range that unpacking and scaling experts' weights takes. */
  unpackShare: ['unpack-share', 0.5],
} as const satisfies Record<string, readonly [quantity: string, start: number]>

export type PowerFactors = Readonly<Record<keyof typeof POWER_QUANTITIES, number>>

const PICO = 1e-12

/**
 * Factors bound to an accelerator. Where nobody measured its architecture, a matmul at the dense peak takes at least the range that its maker
 * sized the board for: older and smaller chips need more for a FLOP than the ones that were measured.
 */
export function boundCoefficients(
  factors: PowerFactors, accelerator: Accelerator, rangeWatts: number, measured: boolean,
): Pick<PowerCoefficients, 'activeWeight' | 'flopsWeight' | 'bytesWeight' | 'cacheBytesWeight' | 'unpackWeight'> {
  const range = Math.max(rangeWatts, 1e-9)
  const flopsWeight = ((peakFlops16(accelerator) ?? 0) * factors.picojoulesPerFlop * PICO) / range
  const perByte = (accelerator.memoryBandwidthBytesPerSecond * PICO) / range
  return {
    activeWeight: factors.activeShare,
    flopsWeight: measured ? flopsWeight : Math.max(1, flopsWeight),
    bytesWeight: perByte * factors.picojoulesPerByte,
    cacheBytesWeight: perByte * factors.picojoulesPerCacheByte,
    unpackWeight: factors.unpackShare,
  }
}

/** The fitted factors of an architecture, else those over all; `null` where the calibration has none. */
function powerFactors(calibration: Calibration, architecture: string): {readonly factors: PowerFactors; readonly basis: Confidence} | null {
  const values: Partial<Record<keyof PowerFactors, number>> = {}
  let basis: Confidence = 'measured'
  for (const [name, [quantity]] of Object.entries(POWER_QUANTITIES)) {
    const found = calibration.lookup(POWER_KIND, quantity, architecture, '*')
    if (found === undefined) return null
    values[name as keyof PowerFactors] = found.value
    basis = weakest(basis, found.basis)
  }
  return {factors: values as PowerFactors, basis}
}

/** `model`: catalog id of the model that is run, which may have been measured itself; empty where none is. */
export function powerCoefficients(calibration: Calibration, accelerator: Accelerator, rangeWatts: number, model: string): PowerCoefficients | null {
  const found = powerFactors(calibration, accelerator.architecture)
  if (found === null) return null
  const distance = calibration.distance(POWER_KIND, accelerator, model)
  return {
    ...boundCoefficients(found.factors, accelerator, rangeWatts, distance !== 'none'),
    spread: calibration.spread(POWER_KIND, 'accelerator-watts', distance),
    basis: found.basis,
  }
}

/** Idle ÷ maximum watts where the idle draw of an accelerator was not published: the median of those known in the same vendor, else of all. */
export function usualIdleShare(accelerators: readonly Accelerator[], vendor: string): number | null {
  const shareOf = (known: readonly Accelerator[]): number[] =>
    known.flatMap(({idleWatts, powerWatts}) => (idleWatts === undefined || powerWatts === undefined ? [] : [idleWatts / powerWatts])).toSorted((a, b) => a - b)
  const own = shareOf(accelerators.filter(accelerator => accelerator.vendor === vendor))
  const shares = own.length > 0 ? own : shareOf(accelerators)
  if (shares.length === 0) return null
  const middle = shares.length >> 1
  return shares.length % 2 === 1 ? shares[middle]! : (shares[middle - 1]! + shares[middle]!) / 2
}

export interface AcceleratorWatts {
  readonly idle: number | null
  readonly maximum: number | null
  readonly basis: Confidence
  readonly notes: readonly string[]
}

/** A rating that is only remembered weakens the figure; one nobody published leaves it unknown. */
export function acceleratorWatts(accelerator: Accelerator, accelerators: readonly Accelerator[]): AcceleratorWatts {
  const maximum = accelerator.powerWatts
  if (maximum === undefined) {
    return {idle: null, maximum: null, basis: 'assumed', notes: [`${accelerator.name}: its power is not published.`]}
  }
  if (accelerator.idleWatts !== undefined) return {idle: accelerator.idleWatts, maximum, basis: 'computed', notes: []}
  const share = usualIdleShare(accelerators, accelerator.vendor)
  if (share === null) return {idle: null, maximum, basis: 'assumed', notes: [`${accelerator.name}: its idle power is not known.`]}
  return {
    idle: maximum * share,
    maximum,
    basis: 'assumed',
    notes: [`${accelerator.name}: idle power taken as ${Math.round(share * 100)} % of its maximum, the median of the known ones.`],
  }
}

/** Where a provider publishes no PUE: the survey average of data centres (data/energy/pue.csv). */
const AVERAGE_PUE_PROVIDER = '*'

/** Coefficients where both ends of the range are known. */
const coefficientsOf = (calibration: Calibration, accelerator: Accelerator, {idle, maximum}: AcceleratorWatts, model: string): PowerCoefficients | null =>
  idle === null || maximum === null ? null : powerCoefficients(calibration, accelerator, maximum - idle, model)

const wallSpread = (calibration: Calibration, accelerator: Accelerator, model: string): Spread => calibration.spread(POWER_KIND, 'wall-watts', calibration.distance(POWER_KIND, accelerator, model))

/**
 * Host of a board ÷ that of the reference server's: fans, switches, regulators and supplies are built for the heat of the accelerators. An assumption: what a DGX
 * is rated for beside its accelerators (data/servers.csv) is 0.8 times their watts with H100 and with B200; at rest it grows less (145 and about 170 W each, from
 * recalled figures). Hosts of cards are ordinary servers, whatever is plugged in.
 */
function heatScale(calibration: Calibration, {powerWatts}: Accelerator, hostClass: HostClass): number {
  const reference = hostClass === 'board' ? calibration.lookup(POWER_KIND, 'host-board-watts', '*', hostClass) : undefined
  return reference === undefined || powerWatts === undefined ? 1 : powerWatts / reference.value
}

export interface ServerPowerInput {
  readonly accelerators: readonly Accelerator[]
  readonly calibration: Calibration
  readonly accelerator: Accelerator
  readonly acceleratorsPowered: number
  /** Catalog id of the model that is run. */
  readonly model: string
}

/** Accelerators in reference servers, without a building around them. */
export function powerModelForServers({accelerators, calibration, accelerator, acceleratorsPowered, model}: ServerPowerInput): PowerModel {
  const watts = acceleratorWatts(accelerator, accelerators)
  const hostClass = hostClassOf(accelerator)
  const hostIdle = calibration.lookup(POWER_KIND, 'host-idle-watts', '*', hostClass)
  const hostMaximum = calibration.lookup(POWER_KIND, 'host-maximum-watts', '*', hostClass)
  const hostScale = acceleratorsPowered * heatScale(calibration, accelerator, hostClass)
  return {
    acceleratorIdleWatts: watts.idle,
    acceleratorMaximumWatts: watts.maximum,
    coefficients: coefficientsOf(calibration, accelerator, watts, model),
    acceleratorsPowered,
    wallSpread: wallSpread(calibration, accelerator, model),
    hostIdleWatts: hostIdle === undefined ? null : hostIdle.value * hostScale,
    hostMaximumWatts: hostMaximum === undefined ? null : hostMaximum.value * hostScale,
    supplyEfficiency: calibration.lookup(POWER_KIND, 'supply-efficiency', '*', '*')?.value ?? 1,
    pue: 1,
    coolingCop: null,
    gramsCo2PerKwh: null,
    basis: watts.basis,
    notes: watts.notes,
  }
}

export interface CloudPowerInput {
  readonly snapshot: Pick<Snapshot, 'accelerators' | 'pueByProvider' | 'carbonByCountry'>
  readonly calibration: Calibration
  readonly accelerator: Accelerator
  /** Rented over all nodes; a slice of an accelerator counts as its fraction. */
  readonly acceleratorsPowered: number
  /** Catalog id of the model that is run; empty where none is. */
  readonly model: string
  readonly provider: string
  /** ISO country of the region; `undefined` = not known, and so is the carbon. */
  readonly country: string | undefined
}

/**
 * A rented machine: the accelerators rented, and for each of them its part of a reference server's host. PUE is the
 * provider's fleet average, carbon the country's lifecycle factor.
 */
export function powerModelForCloud(input: CloudPowerInput): PowerModel {
  const {snapshot, calibration, accelerator, acceleratorsPowered, model} = input
  const servers = powerModelForServers({accelerators: snapshot.accelerators, calibration, accelerator, acceleratorsPowered, model})
  const notes = [...servers.notes]
  const fleetPue = snapshot.pueByProvider[input.provider]
  const pue = fleetPue ?? snapshot.pueByProvider[AVERAGE_PUE_PROVIDER]
  if (fleetPue === undefined && pue !== undefined) notes.push(`${input.provider} publishes no PUE: the average data centre's ${pue} is assumed.`)
  return {
    ...servers,
    pue: pue ?? null,
    gramsCo2PerKwh: input.country === undefined ? null : (snapshot.carbonByCountry[input.country] ?? null),
    basis: weakest(servers.basis, fleetPue === undefined ? 'assumed' : 'computed'),
    notes,
  }
}

export interface RigPowerInput {
  readonly snapshot: Pick<Snapshot, 'accelerators' | 'carbonByCountry'>
  readonly calibration: Calibration
  readonly accelerator: Accelerator
  /** As above. */
  readonly model: string
  readonly rig: Pick<Rig, 'site' | 'standing'>
  readonly node: Pick<RigNode, 'acceleratorCount' | 'hostIdleWatts' | 'hostMaximumWatts' | 'supplyEfficiency' | 'supplies'>
  /** Nodes of this sort in use; a node is on as a whole, whatever part of it works. */
  readonly nodes: number
}

/** Whole nodes of a rig: the heat is moved by the site's cooling (COP) or just leaves, or the site says its PUE, which holds that already. */
export function powerModelForRig(input: RigPowerInput): PowerModel {
  const {node, nodes, rig} = input
  const watts = acceleratorWatts(input.accelerator, input.snapshot.accelerators)
  return {
    acceleratorIdleWatts: watts.idle,
    acceleratorMaximumWatts: watts.maximum,
    coefficients: coefficientsOf(input.calibration, input.accelerator, watts, input.model),
    acceleratorsPowered: node.acceleratorCount * nodes,
    wallSpread: wallSpread(input.calibration, input.accelerator, input.model),
    hostIdleWatts: node.hostIdleWatts * nodes,
    hostMaximumWatts: node.hostMaximumWatts * nodes,
    supplyEfficiency: node.supplyEfficiency,
    ...(node.supplies?.efficiency === undefined ? {} : {supplyCurve: {ratedWatts: node.supplies.count * node.supplies.ratedWatts * nodes, points: node.supplies.efficiency}}),
    pue: rig.site.pue ?? 1,
    ...upsEfficiencyOf(rig.site),
    coolingCop: rig.site.coolingCop,
    gramsCo2PerKwh: input.snapshot.carbonByCountry[rig.site.country] ?? null,
    basis: weakest(watts.basis, rig.standing === 'read' ? 'computed' : 'assumed'),
    notes: watts.notes,
  }
}

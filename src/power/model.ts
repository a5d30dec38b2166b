import type {Accelerator} from '../catalog/schema.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import type {Rig, RigNode} from '../catalog/rig.ts'
import type {Calibration} from '../performance/calibration.ts'
import {weakest} from '../performance/interval.ts'
import type {Confidence} from '../performance/types.ts'
import type {PowerCoefficients, PowerModel} from './types.ts'

/** The `kind` of the power rows in data/calibration.json. */
export const POWER_KIND = 'power'

/**
 * Host watts (processors, memory, fans, drives, network) per accelerator where no server of the machine itself is
 * known: the reference servers of data/calibration.json (`host-idle-watts`, `host-maximum-watts`; the `runtime` column
 * holds the class). SXM-like boards: an 8-accelerator HGX node; cards: a 10-slot 4U chassis.
 */
type HostClass = 'board' | 'card'
const CARD_FORM_FACTORS: readonly string[] = ['pcie', 'nvl', 'laptop']

export function hostClassOf(accelerator: Pick<Accelerator, 'formFactor'>): HostClass {
  return CARD_FORM_FACTORS.includes(accelerator.formFactor) ? 'card' : 'board'
}

/** The fitted coefficients: of this architecture, else over all of them; `null` where the calibration has none. */
export function powerCoefficients(calibration: Calibration, architecture: string): PowerCoefficients | null {
  const floor = calibration.lookup(POWER_KIND, 'floor', architecture, '*')
  const compute = calibration.lookup(POWER_KIND, 'compute-weight', architecture, '*')
  const memory = calibration.lookup(POWER_KIND, 'memory-weight', architecture, '*')
  const link = calibration.lookup(POWER_KIND, 'link-weight', architecture, '*')
  if (!floor || !compute || !memory || !link) return null
  return {
    floor: floor.value,
    computeWeight: compute.value,
    memoryWeight: memory.value,
    linkWeight: link.value,
    sigmaLog: Math.max(floor.sigmaLog, compute.sigmaLog, memory.sigmaLog, link.sigmaLog),
    basis: weakest(floor.basis, compute.basis, memory.basis, link.basis),
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

interface AcceleratorWatts {
  readonly idle: number | null
  readonly maximum: number | null
  readonly basis: Confidence
  readonly notes: readonly string[]
}

/** A rating that is only remembered weakens the figure; one nobody published leaves it unknown. */
function acceleratorWatts(accelerator: Accelerator, accelerators: readonly Accelerator[]): AcceleratorWatts {
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

/** Supplies of servers: 80 PLUS Titanium at half load (facility fact `psu_titanium_efficiency_50pct`). */
const SUPPLY_EFFICIENCY_KEY = 'psu_titanium_efficiency_50pct'
/** Where a provider publishes no PUE: the survey average of data centres (data/energy/pue.csv). */
const AVERAGE_PUE_PROVIDER = '*'

export interface CloudPowerInput {
  readonly snapshot: Pick<Snapshot, 'accelerators' | 'facility' | 'pueByProvider' | 'carbonByCountry'>
  readonly calibration: Calibration
  readonly accelerator: Accelerator
  /** Rented over all nodes; a slice of an accelerator counts as its fraction. */
  readonly acceleratorsPowered: number
  readonly provider: string
  /** ISO country of the region; `undefined` = not known, and so is the carbon. */
  readonly country: string | undefined
}

/**
 * A rented machine: the accelerators rented, and for each of them its part of a reference server's host. PUE is the
 * provider's fleet average, carbon the country's lifecycle factor.
 */
export function powerModelForCloud(input: CloudPowerInput): PowerModel {
  const {snapshot, calibration, accelerator, acceleratorsPowered} = input
  const watts = acceleratorWatts(accelerator, snapshot.accelerators)
  const hostClass = hostClassOf(accelerator)
  const hostIdle = calibration.lookup(POWER_KIND, 'host-idle-watts', '*', hostClass)
  const hostMaximum = calibration.lookup(POWER_KIND, 'host-maximum-watts', '*', hostClass)
  const notes = [...watts.notes]
  const supply = snapshot.facility[SUPPLY_EFFICIENCY_KEY]
  const fleetPue = snapshot.pueByProvider[input.provider]
  const pue = fleetPue ?? snapshot.pueByProvider[AVERAGE_PUE_PROVIDER]
  if (fleetPue === undefined && pue !== undefined) notes.push(`${input.provider} publishes no PUE: the average data centre's ${pue} is assumed.`)
  return {
    acceleratorIdleWatts: watts.idle,
    acceleratorMaximumWatts: watts.maximum,
    coefficients: powerCoefficients(calibration, accelerator.architecture),
    acceleratorsPowered,
    hostIdleWatts: hostIdle === undefined || supply === undefined ? null : hostIdle.value * acceleratorsPowered,
    hostMaximumWatts: hostMaximum === undefined || supply === undefined ? null : hostMaximum.value * acceleratorsPowered,
    supplyEfficiency: supply ?? 1,
    pue: pue ?? null,
    coolingCop: null,
    gramsCo2PerKwh: input.country === undefined ? null : (snapshot.carbonByCountry[input.country] ?? null),
    basis: weakest(watts.basis, fleetPue === undefined ? 'assumed' : 'computed'),
    notes,
  }
}

export interface RigPowerInput {
  readonly snapshot: Pick<Snapshot, 'accelerators' | 'carbonByCountry'>
  readonly calibration: Calibration
  readonly accelerator: Accelerator
  readonly rig: Pick<Rig, 'site' | 'standing'>
  readonly node: Pick<RigNode, 'acceleratorCount' | 'hostIdleWatts' | 'hostMaximumWatts' | 'supplyEfficiency'>
  /** Nodes of this sort in use; a node is on as a whole, whatever part of it works. */
  readonly nodes: number
}

/** Whole nodes of a rig on own premises: no PUE, the heat is moved by the site's cooling (COP) or just leaves. */
export function powerModelForRig(input: RigPowerInput): PowerModel {
  const {node, nodes, rig} = input
  const watts = acceleratorWatts(input.accelerator, input.snapshot.accelerators)
  return {
    acceleratorIdleWatts: watts.idle,
    acceleratorMaximumWatts: watts.maximum,
    coefficients: powerCoefficients(input.calibration, input.accelerator.architecture),
    acceleratorsPowered: node.acceleratorCount * nodes,
    hostIdleWatts: node.hostIdleWatts * nodes,
    hostMaximumWatts: node.hostMaximumWatts * nodes,
    supplyEfficiency: node.supplyEfficiency,
    pue: 1,
    coolingCop: rig.site.coolingCop,
    gramsCo2PerKwh: input.snapshot.carbonByCountry[rig.site.country] ?? null,
    basis: weakest(watts.basis, rig.standing === 'read' ? 'computed' : 'assumed'),
    notes: watts.notes,
  }
}

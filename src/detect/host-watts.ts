import type {Rig, RigNode} from '../catalog/rig.ts'
import type {Accelerator} from '../catalog/schema.ts'
import type {Calibration} from '../performance/calibration.ts'
import {powerModelForServers} from '../power/model.ts'
import type {SeenMachine} from './machine.ts'

export interface HostWatts {
  readonly idle: number
  readonly maximum: number
  readonly supplyEfficiency: number
  /** Whose figures they are. */
  readonly of: string
}

export interface HostWattsQuestion {
  readonly accelerators: readonly Accelerator[]
  readonly calibration: Calibration
  readonly accelerator: Accelerator | undefined
  readonly count: number
  readonly class: Rig['class']
  /** A node of a built-in rig with the same accelerators, as many. */
  readonly twin: {readonly rig: Rig; readonly node: RigNode} | undefined
  /** A built-in rig of the same class. */
  readonly base: Rig | undefined
}

/**
 * Modelled watts of all but the accelerators: those of the built-in rig with the same accelerators, else those of the reference servers by accelerator, else
 * (laptops, desktops with one card) those of the built-in rig of the class. `undefined` = nothing of the sort is known.
 */
export function modelledHostWatts({accelerators, calibration, accelerator, count, class: sort, twin, base}: HostWattsQuestion): HostWatts | undefined {
  if (twin !== undefined) return wattsOf(twin.node, `the built-in rig ${twin.rig.id}`)
  const [usual] = sort === 'server' ? [] : (base?.nodes ?? [])
  const desk = usual === undefined ? undefined : wattsOf(usual, `the built-in rig ${base!.id}, a ${sort}`)
  if (sort === 'laptop' || accelerator === undefined || count === 0) return desk
  const {hostIdleWatts, hostMaximumWatts, supplyEfficiency} = powerModelForServers({accelerators, calibration, accelerator, acceleratorsPowered: count, model: ''})
  if (hostIdleWatts === null || hostMaximumWatts === null) return desk
  // The reference server of cards has ten of them: one tenth of it is less than a desktop.
  if (desk !== undefined && desk.maximum > hostMaximumWatts) return desk
  return {idle: Math.round(hostIdleWatts), maximum: Math.round(hostMaximumWatts), supplyEfficiency, of: `${count} × the reference server's part for each accelerator`}
}

const wattsOf = ({hostIdleWatts: idle, hostMaximumWatts: maximum, supplyEfficiency}: RigNode, of: string): HostWatts => ({idle, maximum, supplyEfficiency, of})

/** Above this the machine is at work, and what it draws says nothing about its rest. */
const CALM_SHARE = 0.1
const CALM_ACCELERATOR_SHARE = 0.05

export type SeenIdle = {readonly watts: number; readonly how: string} | {readonly watts: undefined; readonly why: string}

/** Idle watts of all but the accelerators, from what the whole machine draws while nothing works. */
export function seenIdleWatts({watts: whole, accelerators, loadShare}: SeenMachine, supplyEfficiency: number): SeenIdle {
  if (whole === undefined) return {watts: undefined, why: 'what the machine draws could not be read'}
  if (loadShare === undefined || loadShare > CALM_SHARE || !accelerators.every(({busyShare}) => busyShare !== undefined && busyShare <= CALM_ACCELERATOR_SHARE)) {
    return {watts: undefined, why: `it drew ${Math.round(whole.watts)} W, but was at work: run this again while it rests`}
  }
  if (accelerators.some(({watts}) => watts === undefined)) return {watts: undefined, why: 'the accelerators do not say what they draw'}
  const drawn = accelerators.reduce((sum, {watts}) => sum + (watts ?? 0), 0)
  // A battery stands behind the supply.
  const efficiency = whole.where === 'battery' ? 1 : supplyEfficiency
  const host = Math.round(whole.watts * efficiency - drawn)
  if (host <= 0) return {watts: undefined, why: `${Math.round(whole.watts)} W of the whole machine are less than the accelerators' ${Math.round(drawn)} W`}
  return {watts: host, how: `${Math.round(whole.watts)} W at rest (${whole.where})${efficiency === 1 ? '' : ` × ${efficiency}`} − ${Math.round(drawn)} W of the accelerators`}
}

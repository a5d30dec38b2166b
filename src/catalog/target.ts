import type {Snapshot} from './snapshot.ts'
import type {Purchase, Service} from './words.ts'

/** Where a workload would run, as TARGET text says it. What is absent is the planner's to choose. */
export type Target = OfferTarget | RigTarget | HardwareTarget

/** `provider[+service]:instanceType[@region[/zone]][:purchase][:xNODES]` */
export interface OfferTarget {
  readonly kind: 'offer'
  readonly provider: string
  readonly service: Service
  /** As the provider writes it. */
  readonly instanceType: string
  /** As the provider writes it; absent = the cheapest eligible one. */
  readonly region?: string
  readonly zone?: string
  /** Absent = on demand. */
  readonly purchase?: Purchase
  readonly nodes: number
}

/** `rig[:NAME[/NODE]][:COUNT]` */
export interface RigTarget {
  readonly kind: 'rig'
  readonly rig: string
  /** One group of like nodes; absent = the whole rig. */
  readonly node?: string
  /** Accelerators to take; absent = all. */
  readonly count?: number
  readonly nodes: number
}

/** `ACCELERATOR[:COUNT][:xNODES]`: bare hardware, no price needed. */
export interface HardwareTarget {
  readonly kind: 'hardware'
  readonly acceleratorId: string
  readonly count: number
  readonly nodes: number
}

/** What of the catalog names are resolved against. `rigs` are those that take part: the config's, or the built-in ones. */
export type TargetView = Pick<Snapshot, 'accelerators' | 'devices' | 'machines' | 'offersOf' | 'rigs'>

/** What is no letter, digit, dot, underscore or dash becomes a dash, so that an id needs no quotes in a shell. */
export function slug(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, '-')
}

/** How names are compared: slugged, in any case. */
export const fold = (text: string): string => slug(text.trim()).toLowerCase()

/** The text of a target: `parseTarget` reads it back to the same. Type, region and zone are slugged; only what is set is written. */
export function formatTarget(target: Target): string {
  switch (target.kind) {
    case 'offer': {
      const place = target.region === undefined ? '' : `@${slug(target.region)}${target.zone === undefined ? '' : `/${slug(target.zone)}`}`
      return `${target.provider}${target.service === 'vm' ? '' : `+${target.service}`}:${slug(target.instanceType)}${place}${target.purchase === undefined ? '' : `:${target.purchase}`}${times(target.nodes)}`
    }
    case 'rig':
      return `rig:${target.rig}${target.node === undefined ? '' : `/${target.node}`}${target.count === undefined ? '' : `:${target.count}`}${times(target.nodes)}`
    case 'hardware':
      return `${target.acceleratorId}${target.count === 1 ? '' : `:${target.count}`}${times(target.nodes)}`
    default:
      return target satisfies never
  }
}

const times = (nodes: number): string => (nodes > 1 ? `:x${nodes}` : '')

/** The canonical id of a priced target: purchase always written, nodes only if more than one, service only if not `vm`. */
export function formatTargetId(offer: {
  readonly provider: string
  readonly service: Service
  readonly instanceType: string
  readonly region: string
  readonly zone?: string | null | undefined
  readonly purchase: Purchase
  readonly nodes: number
}): string {
  const {zone, ...rest} = offer
  return formatTarget({kind: 'offer', ...rest, ...(typeof zone === 'string' && {zone})})
}

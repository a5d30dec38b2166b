import type {SeenMachine} from './machine.ts'

/** What a BMC says of the machine's power in the documents of Redfish (DSP0266; Power, PowerSubsystem and EnvironmentMetrics of DSP0268). */
export interface SeenRedfish {
  readonly watts: SeenMachine['watts']
  readonly supplies: SeenMachine['supplies']
}

export type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {})
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map((each) => fieldsOf(each)) : [])
const positive = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined)

/** Path that a field links to, if it is one of Redfish. Whatever else stands there is not followed. */
export function linkOf(value: unknown): string | undefined {
  const path = fieldsOf(value)['@odata.id']
  return typeof path === 'string' && /^\/redfish\/v1(?:\/[\w.~:%@!$&'()*+,;=-]+)+\/?$/.test(path) && !path.includes('..') ? path : undefined
}
export const membersOf = (document: Fields): readonly string[] => listOf(document['Members']).flatMap((member) => linkOf(member) ?? [])

/** A chassis with the documents that it links to; absent = it links to none. */
export interface ChassisDocuments {
  readonly power: Fields | undefined
  readonly metrics: Fields | undefined
  readonly supplies: readonly Fields[]
}

/**
 * The whole machine is the chassis that draws most: of one with boards of its own the BMC lists those as well, each with a part of it. Supplies are those of the chassis that has most of
 * them, without empty bays.
 */
export function readRedfish(chassis: readonly ChassisDocuments[]): SeenRedfish {
  const watts = chassis.flatMap(({power, metrics}) => [
    ...listOf(power?.['PowerControl']).flatMap(({PowerConsumedWatts}) => positive(PowerConsumedWatts) ?? []),
    ...[positive(fieldsOf(metrics?.['PowerWatts'])['Reading'])].flatMap((each) => each ?? []),
  ])
  const groups = chassis.map(({power, supplies}) => [...supplies, ...(supplies.length > 0 ? [] : listOf(power?.['PowerSupplies']))].filter(({Status}) => fieldsOf(Status)['State'] !== 'Absent'))
  const most = groups.toSorted((a, b) => b.length - a.length)[0] ?? []
  const rated = most.map(({PowerCapacityWatts}) => positive(PowerCapacityWatts))
  return {
    watts: watts.length === 0 ? undefined : {watts: Math.max(...watts), where: 'Redfish'},
    supplies: most.length === 0 ? undefined : {count: most.length, ratedWatts: rated.every((each) => each === rated[0]) ? rated[0] : undefined},
  }
}

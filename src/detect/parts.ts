import {NodePart, RigNode} from '../catalog/rig.ts'
import {isLocal} from './host.ts'
import {labelOf} from './label.ts'
import type {SeenDisk, SeenMachine, Unseen} from './machine.ts'

export interface SeenParts {
  readonly parts: readonly NodePart[]
  readonly unseen: readonly Unseen[]
}

/** As makers write it on the disk: whole gigabytes, three digits of small ones. */
export function gigabytesOf(bytes: number): number {
  const gigabytes = bytes / 1e9
  return gigabytes >= 100 ? Math.round(gigabytes) : Number(gigabytes.toPrecision(3))
}

/** What a node holds beside accelerators and supplies, alike parts together. What they draw none of them says. */
export function partsOf(machine: SeenMachine): SeenParts {
  const {processor, interfaces, fans} = machine
  const {parts: told, unseen} = takenOf([
    ...(processor?.sockets === undefined ? [] : [{kind: 'processor', ...modelOf(processor.model), count: processor.sockets, ...(processor.coresPerSocket !== undefined && {cores: processor.coresPerSocket})} as const]),
    ...alike(disksOf(machine), (disk) => ({kind: 'disk', ...modelOf(disk.model), gb: gigabytesOf(disk.bytes), ...(disk.rotating && {rotating: true})})),
    ...alike(interfaces, ({bitsPerSecond}) => ({kind: 'network', gigabitsPerSecond: bitsPerSecond / 1e9})),
    ...(fans.turning === 0 ? [] : [{kind: 'fan', count: fans.turning} as const]),
  ])
  return {
    parts: told,
    unseen: [
      ...unseen,
      ...(processor !== undefined && processor.sockets === undefined ? [{what: 'how many processors', why: 'their sockets are not told'}] : []),
      ...(told.length > 0 ? [{what: 'watts of the parts', why: 'no part says what it draws: add watts and idleWatts to them'}] : []),
    ],
  }
}

const modelOf = (text: string | undefined): Pick<NodePart, 'model'> => {
  const model = labelOf(text ?? '')
  return model === undefined ? {} : {model}
}

/** Those of virtual machines say that they rotate, whatever lies below them. */
const disksOf = ({disks = [], hypervisor}: SeenMachine): readonly SeenDisk[] => disks.filter((disk) => isLocal(disk) && (hypervisor === undefined || !disk.rotating))

function alike<T>(things: readonly T[], describe: (thing: T) => Omit<NodePart, 'count'>): readonly NodePart[] {
  const groups = Map.groupBy(things.map(describe), (part) => JSON.stringify(part))
  return [...groups.values()].map(([part, ...others]) => {
    const {kind, model, ...rest} = part!
    return {kind, ...(model !== undefined && {model}), count: 1 + others.length, ...rest}
  })
}

/** A machine may tell of more than there can be; a rig file takes no such part. */
function takenOf(told: readonly NodePart[]): SeenParts {
  const taken = told.filter((part) => NodePart.safeParse(part).success)
  const unseen = told.filter((part) => !taken.includes(part)).map(({kind, count}) => ({what: `${count} × ${kind}`, why: 'a rig file takes no such part: left out'}))
  if (RigNode.shape.parts.safeParse(taken).success) return {parts: taken, unseen}
  return {parts: [], unseen: [...unseen, {what: `${taken.length} sorts of parts`, why: 'more than a rig file takes: left out'}]}
}

import type {SeenDisk, SeenInterface, SeenMachine} from './machine.ts'
import {amountOf, jsonOf, numberOf, readRecords} from './sections.ts'

type Processor = SeenMachine['processor']

/** Fields of `lscpu -J`; newer ones nest them under `children`. */
function flatten(entries: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return []
    const {field, data, children} = entry as {field?: unknown; data?: unknown; children?: unknown}
    return [...(typeof field === 'string' && typeof data === 'string' ? [[field.replace(/:$/, ''), data] as const] : []), ...flatten(children)]
  })
}

/** Of what there is at least one. */
function countOf(text: string | undefined): number | undefined {
  const count = numberOf(text)
  return count !== undefined && Number.isInteger(count) && count > 0 ? count : undefined
}

/** `lscpu -J`. */
export function readLscpu(text: string): {readonly processor: Processor; readonly hypervisor: string | undefined} {
  const fields = new Map(flatten((jsonOf(text) as {lscpu?: unknown} | undefined)?.lscpu))
  const threads = countOf(fields.get('CPU(s)'))
  const processor = threads === undefined ? undefined : {model: fields.get('Model name'), sockets: countOf(fields.get('Socket(s)')), coresPerSocket: countOf(fields.get('Core(s) per socket')), threads}
  return {processor, hypervisor: fields.get('Hypervisor vendor') ?? (fields.get('Flags')?.split(' ').includes('hypervisor') === true ? 'a hypervisor' : undefined)}
}

/** The lines `processor`, `model name`, `physical id` and `cpu cores` of /proc/cpuinfo. */
export function readCpuinfo(text: string): Processor {
  const values = (key: string): readonly string[] => [...text.matchAll(new RegExp(`^${key}\\s*: *(.*)$`, 'gm'))].map(([, value]) => value!.trim())
  const threads = values('processor').length
  const sockets = new Set(values('physical id')).size
  return threads === 0 ? undefined : {model: values('model name')[0], sockets: sockets === 0 ? undefined : sockets, coresPerSocket: countOf(values('cpu cores')[0]), threads}
}

/** `MemTotal:  2113421560 kB`: what the kernel has to give, a little less than is plugged in. */
export function readMemoryGib(text: string): number | undefined {
  const kib = amountOf(/^MemTotal:\s*(\d+) kB/m.exec(text)?.[1])
  return kib === undefined ? undefined : Math.round((kib / 2 ** 20) * 10) / 10
}

/** Disks that are no such thing: compressed memory, loops, RAID over others, network, DVDs, floppies. */
const NO_DISK = /^(?:zram|loop|ram|nbd|dm-|md|sr|fd|rbd|drbd)/

/** `lsblk -J -b -d -o NAME,SIZE,ROTA,TYPE,TRAN,MODEL`; older ones write numbers and truths as text. */
export function readLsblk(text: string): readonly SeenDisk[] | undefined {
  const devices = (jsonOf(text) as {blockdevices?: unknown} | undefined)?.blockdevices
  if (!Array.isArray(devices)) return undefined
  return devices.flatMap((device: unknown): SeenDisk[] => {
    if (typeof device !== 'object' || device === null) return []
    const {name, size, rota, type, tran, model} = device as Readonly<Record<string, unknown>>
    const bytes = numberOf(String(size))
    if (typeof name !== 'string' || type !== 'disk' || bytes === undefined || bytes <= 0 || NO_DISK.test(name)) return []
    return [{name, bytes, rotating: rota === true || rota === '1', transport: typeof tran === 'string' ? tran : undefined, model: typeof model === 'string' ? model.trim() : undefined}]
  })
}

/** Attached from elsewhere, or on a string: not the machine's own. */
const FOREIGN: ReadonlySet<string> = new Set(['usb', 'iscsi', 'fc', 'fcoe', 'nbd'])

export const isLocal = ({transport}: SeenDisk): boolean => !FOREIGN.has(transport ?? '')
export const isLocalSsd = (disk: SeenDisk): boolean => !disk.rotating && isLocal(disk)

/** ARPHRD_INFINIBAND: IP over a port that stands under /sys/class/infiniband, too. */
const INFINIBAND_TYPE = '32'

/** /sys/class/net and /sys/class/infiniband. A port that is down has the rate -1, or none. */
export function readNetwork(text: string): readonly SeenInterface[] {
  const links = readRecords(text.replaceAll(/^port=/gm, 'interface=ib:'), 'interface')
  return links.flatMap(({interface: name = '', type, layer, megabits, rate}): SeenInterface[] => {
    if (name.startsWith('ib:')) {
      // "400 Gb/sec (4X NDR)"; with Ethernet as its layer it stands under /sys/class/net, too.
      const gigabits = numberOf(/^([\d.]+) Gb\/sec/.exec(rate ?? '')?.[1])
      return gigabits === undefined || layer !== 'InfiniBand' ? [] : [{name: name.slice(3), kind: 'infiniband', bitsPerSecond: gigabits * 1e9}]
    }
    const speed = numberOf(megabits)
    return speed === undefined || speed <= 0 || type === INFINIBAND_TYPE ? [] : [{name, kind: 'ethernet', bitsPerSecond: speed * 1e6}]
  })
}

/** DMI chassis types (SMBIOS 3.7, table 17) that say what a machine is. */
const CHASSIS: Readonly<Record<string, SeenMachine['chassis']>> = {
  3: 'workstation', 4: 'workstation', 5: 'workstation', 6: 'workstation', 7: 'workstation', 13: 'workstation', 15: 'workstation', 16: 'workstation', 24: 'workstation', 35: 'workstation', 36: 'workstation',
  8: 'laptop', 9: 'laptop', 10: 'laptop', 14: 'laptop', 31: 'laptop', 32: 'laptop',
  17: 'server', 23: 'server', 25: 'server', 28: 'server', 29: 'server',
}

/** What boards say whose maker filled nothing in. */
const FILLER = /^(?:to be filled by o\.?e\.?m\.?|default string|system (?:manufacturer|product name|version)|not (?:specified|applicable)|none|n\/a|o\.?e\.?m\.?|unknown|x+|0+|\.+)$/i

/** /sys/class/dmi/id. */
export function readDmi(text: string): Pick<SeenMachine, 'vendor' | 'product' | 'board' | 'chassis'> {
  const [fields = {}] = readRecords(text, '')
  const said = (key: string): string | undefined => {
    const value = fields[key]?.trim() ?? ''
    return value === '' || FILLER.test(value) ? undefined : value
  }
  return {vendor: said('sys_vendor'), product: said('product_name'), board: said('board_name'), chassis: CHASSIS[fields['chassis_type'] ?? '']}
}

import {echo} from '../text/safe.ts'
import {readAmd} from './amd.ts'
import {readCpuinfo, readDmi, readLscpu, readLsblk, readMemoryGib, readNetwork} from './host.ts'
import type {SeenMachine, Unseen} from './machine.ts'
import {readNvidia, readTopology} from './nvidia.ts'
import {readBatteries, readIpmi, readProcessorsPower, readSensors, readSupplies} from './power.ts'
import {numberOf, readRecords, type Section, type Sections} from './sections.ts'

const NOTHING: Section = {status: 'absent', text: ''}
const VENDORS: Readonly<Record<string, string>> = {'0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel', '0x1da3': 'Habana'}

/** Why a program gave nothing: it is not there, it took too long, or what it said first. */
function whyNot(program: string, {status, text}: Section): string {
  if (status === 'absent') return `${program} is not installed`
  if (status === '124') return `${program} did not answer in time`
  const said = text.split('\n').find((line) => line.trim() !== '')
  return `${program} failed${said === undefined ? '' : `: ${echo(said.trim().replace(/\.$/, ''), 160)}`}`
}

/** The machine behind the output of the script. What a part cannot say becomes an entry of `unseen`, never a figure. */
export function readMachine(sections: Sections): SeenMachine {
  const section = (name: string): Section => sections.get(name) ?? NOTHING
  const text = (name: string): string => section(name).text
  const unseen: Unseen[] = []
  const [system = {}] = readRecords(text('system'), '')

  if (system['kernel'] !== 'Linux') unseen.push({what: 'most of it', why: `this is ${echo(system['kernel'] ?? 'an unknown system', 40)}: rigor reads Linux`})

  const nvidia = readNvidia(section('nvidia').status === '0' ? text('nvidia') : text('nvidia-short'))
  const amd = readAmd(text('amd'))
  const accelerators = [...nvidia, ...amd.accelerators]
  // Two makers in one machine have no matrix in common.
  const links = amd.accelerators.length === 0 ? readTopology(text('nvidia-links'), nvidia.length) : nvidia.length === 0 ? amd.links : undefined
  if (accelerators.length === 0) unseen.push({what: 'accelerators', why: whyNoAccelerators(section)})
  else if (accelerators.length > 1 && links === undefined) unseen.push({what: 'links between the accelerators', why: nvidia.length > 0 ? whyNot('nvidia-smi topo -m', section('nvidia-links')) : 'rocm-smi does not say how they are joined'})

  const {processor: listed, hypervisor} = readLscpu(text('lscpu'))
  const processor = listed ?? readCpuinfo(text('cpuinfo'))
  const threads = processor?.threads
  if (processor === undefined) unseen.push({what: 'processors', why: `${whyNot('lscpu', section('lscpu'))}, and there is no /proc/cpuinfo`})
  const memoryGib = readMemoryGib(text('memory'))
  if (memoryGib === undefined) unseen.push({what: 'memory', why: 'there is no /proc/meminfo'})
  const disks = readLsblk(text('lsblk'))
  if (disks === undefined) unseen.push({what: 'disks', why: whyNot('lsblk', section('lsblk'))})
  const dmi = readDmi(text('dmi'))
  if (dmi.chassis === undefined && dmi.product === undefined) unseen.push({what: 'maker and chassis', why: '/sys/class/dmi/id says nothing (a virtual machine, or not a PC)'})

  const batteries = readBatteries(text('batteries'))
  const watts = readIpmi(text('ipmi')) ?? readSensors(text('sensors')) ?? batteries.watts
  const {watts: processorWatts, unreadable} = readProcessorsPower(text('processors-power'))
  if (watts === undefined) unseen.push({what: 'watts of the machine now', why: whyNoWatts(section('ipmi'), batteries.present, unreadable)})
  const supplies = readSupplies(text('dmidecode'))
  unseen.push(supplies === undefined
    ? {what: 'power supplies', why: `${section('dmidecode').status === 'absent' ? 'dmidecode is not installed' : 'only root may read them'}: add supplies: {count, ratedWatts, needed}`}
    : {what: 'how many of the supplies are needed', why: 'that is a setting of the machine: add needed to supplies'})
  const load = numberOf(system['load']?.split(' ', 1)[0])

  return {
    ...dmi,
    host: system['host'] === '' ? undefined : system['host'],
    hypervisor,
    accelerators,
    links,
    processor,
    memoryGib,
    disks,
    interfaces: readNetwork(text('network')),
    // A laptop may say that it is a notebook only by its battery.
    chassis: dmi.chassis ?? (batteries.present ? 'laptop' : undefined),
    watts,
    processorWatts,
    loadShare: load === undefined || threads === undefined ? undefined : load / threads,
    supplies,
    unseen,
  }
}

function whyNoAccelerators(section: (name: string) => Section): string {
  const counts = new Map<string, number>()
  for (const {vendor = ''} of readRecords(section('display-devices').text, 'vendor')) counts.set(vendor, (counts.get(vendor) ?? 0) + 1)
  const present = [...counts].flatMap(([vendor, count]) => (VENDORS[vendor] === undefined ? [] : [`${count} × ${VENDORS[vendor]}`]))
  const nvidia = section('nvidia').status === 'absent' ? section('nvidia') : section('nvidia-short').status === 'absent' ? section('nvidia') : section('nvidia-short')
  const bus = present.length === 0 ? '' : `; on the bus: ${present.join(', ')}, with no driver that answers`
  return `${whyNot('nvidia-smi', nvidia)}, ${whyNot('rocm-smi', section('amd'))}${bus}`
}

function whyNoWatts(ipmi: Section, battery: boolean, unreadable: boolean): string {
  const reasons = [
    /could not open device|permission denied|no such file/i.test(ipmi.text) ? 'ipmitool finds no controller that it may ask' : whyNot('ipmitool', ipmi),
    'no power meter under /sys/class/hwmon',
    ...(battery ? ['it does not run from its battery'] : []),
    ...(unreadable ? ["the processors' counters are kept to root"] : []),
  ]
  return reasons.join(', ')
}

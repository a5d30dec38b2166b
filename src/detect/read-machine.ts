import {echo} from '../text/safe.ts'
import {readAmd} from './amd.ts'
import {readCpuinfo, readDmi, readLscpu, readLsblk, readMemoryGib, readNetwork} from './host.ts'
import {MOST_ACCELERATORS, type SeenMachine, type Unseen} from './machine.ts'
import {readNvidia, readTopology} from './nvidia.ts'
import {readBatteries, readFans, readIpmi, readProcessorsPower, readSensors, readSupplies} from './power.ts'
import type {SeenRedfish} from './redfish.ts'
import {amountOf, readRecords, type Answer, type Section} from './sections.ts'

const VENDORS: Readonly<Record<string, string>> = {'0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel', '0x1da3': 'Habana'}

const LATE = '124'
const NO_TURN = 'the time was over before its turn'

/** Why a program gave nothing: it is not there, it took too long, or what it said first. */
function whyNot(program: string, {status, text}: Section, said = text.split('\n').find((line) => line.trim() !== '')): string {
  if (status === 'unasked') return `${program} was not asked, as ${NO_TURN}`
  if (status === 'absent') return `${program} is not installed`
  if (status === LATE) return `${program} did not answer in time`
  return `${program} failed${said === undefined ? '' : `: ${echo(said.trim().replace(/\.$/, ''), 160)}`}`
}

/** The same for what stands in files; `undefined` = they were read. */
const whyNotRead = ({status}: Section): string | undefined => (status === 'unasked' ? `not read, as ${NO_TURN}` : status === LATE ? 'reading it took too long' : undefined)

/** The machine behind the answer of the script, and that of its BMC where that was asked. What a part cannot say becomes an entry of `unseen`, never a figure. */
export function readMachine({sections, complete}: Answer, redfish?: SeenRedfish): SeenMachine {
  const section = (name: string): Section => sections.get(name) ?? {status: complete ? 'absent' : 'unasked', text: ''}
  // Half an answer is none.
  const text = (name: string): string => (section(name).status === LATE ? '' : section(name).text)
  const whyUnread = (name: string, otherwise: string): string => whyNotRead(section(name)) ?? otherwise
  const unseen: Unseen[] = []
  const [system = {}] = readRecords(text('system'), '')

  if (system['kernel'] !== 'Linux') unseen.push({what: 'most of it', why: `this is ${echo(system['kernel'] ?? 'an unknown system', 40)}: rigor reads Linux`})

  const nvidia = readNvidia(section('nvidia').status === '0' ? text('nvidia') : text('nvidia-short'))
  const amd = readAmd(text('amd'))
  const told = nvidia.length + amd.accelerators.length
  const accelerators = told > MOST_ACCELERATORS ? [] : [...nvidia, ...amd.accelerators]
  // Two makers in one machine have no matrix in common.
  const links = accelerators.length < told ? undefined : amd.accelerators.length === 0 ? readTopology(text('nvidia-links'), nvidia.length) : nvidia.length === 0 ? amd.links : undefined
  if (accelerators.length < told) unseen.push({what: 'accelerators', why: `their drivers tell of ${told}, more than the ${MOST_ACCELERATORS} that a node may have: none of it is taken`})
  else if (accelerators.length === 0) unseen.push({what: 'accelerators', why: whyNoAccelerators(section)})
  else if (accelerators.length > 1 && links === undefined) unseen.push({what: 'links between the accelerators', why: nvidia.length > 0 ? whyNot('nvidia-smi topo -m', section('nvidia-links')) : 'rocm-smi does not say how they are joined'})

  const {processor: listed, hypervisor} = readLscpu(text('lscpu'))
  const processor = listed ?? readCpuinfo(text('cpuinfo'))
  const threads = processor?.threads
  if (processor === undefined) unseen.push({what: 'processors', why: `${whyNot('lscpu', section('lscpu'))}${section('lscpu').status === 'unasked' ? '' : ', and there is no /proc/cpuinfo'}`})
  const memoryGib = readMemoryGib(text('memory'))
  if (memoryGib === undefined) unseen.push({what: 'memory', why: whyUnread('memory', 'there is no /proc/meminfo')})
  const disks = readLsblk(text('lsblk'))
  if (disks === undefined) unseen.push({what: 'disks', why: whyNot('lsblk', section('lsblk'))})
  const networkUnread = whyNotRead(section('network'))
  if (networkUnread !== undefined) unseen.push({what: 'network', why: networkUnread})
  const dmi = readDmi(text('dmi'))
  if (dmi.chassis === undefined && dmi.product === undefined) unseen.push({what: 'maker and chassis', why: whyUnread('dmi', '/sys/class/dmi/id says nothing (a virtual machine, or not a PC)')})

  const batteries = readBatteries(text('batteries'))
  const watts = redfish?.watts ?? readIpmi(text('ipmi')) ?? readSensors(text('sensors')) ?? batteries.watts
  const {watts: processorWatts, unreadable} = readProcessorsPower(text('processors-power'))
  if (watts === undefined) unseen.push({what: 'watts of the machine now', why: whyNoWatts(section, batteries.present, unreadable)})
  const fans = readFans(text('fans'))
  if (fans.still > 0) unseen.push({what: `${fans.still} of ${fans.turning + fans.still} fans`, why: 'at a standstill, or nothing is plugged in there: left out'})
  else if (fans.turning === 0) unseen.push({what: 'fans', why: whyUnread('fans', 'none under /sys/class/hwmon; those of servers hang on the BMC')})
  const supplies = readSupplies(text('dmidecode')) ?? redfish?.supplies
  unseen.push(supplies === undefined
    ? {what: 'power supplies', why: `${whyNoSupplies(section('dmidecode'))}: add supplies: {count, ratedWatts, needed}`}
    : {what: 'how many of the supplies are needed', why: 'that is a setting of the machine: add needed to supplies'})
  const load = amountOf(system['load']?.split(' ', 1)[0])

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
    fans,
    loadShare: load === undefined || threads === undefined ? undefined : load / threads,
    supplies,
    unseen,
  }
}

function whyNoAccelerators(section: (name: string) => Section): string {
  const counts = new Map<string, number>()
  for (const {vendor = ''} of readRecords(section('display-devices').text, 'vendor')) counts.set(vendor, (counts.get(vendor) ?? 0) + 1)
  const present = [...counts].flatMap(([vendor, count]) => (VENDORS[vendor] === undefined ? [] : [`${count} × ${VENDORS[vendor]}`]))
  const short = section('nvidia-short')
  const nvidia = short.status === 'absent' || short.status === 'unasked' ? section('nvidia') : short
  const bus = present.length === 0 ? '' : `; on the bus: ${present.join(', ')}, with no driver that answers`
  return `${whyNot('nvidia-smi', nvidia)}, ${whyNot('rocm-smi', section('amd'))}${bus}`
}

function whyNoSupplies(section: Section): string {
  if (/permission denied|operation not permitted/i.test(section.text)) return 'only root may read them'
  if (section.status === '0') return 'dmidecode lists none'
  // What it looks for where stands first.
  const said = section.text.split('\n').findLast((line) => line.trim() !== '')
  return whyNot('dmidecode', section, said?.replace(/^# /, ''))
}

function whyNoWatts(section: (name: string) => Section, battery: boolean, unreadable: boolean): string {
  const ipmi = section('ipmi')
  const reasons = [
    /could not open device|permission denied|no such file/i.test(ipmi.text) ? 'ipmitool finds no controller that it may ask' : whyNot('ipmitool', ipmi),
    whyNotRead(section('sensors')) === undefined ? 'no power meter under /sys/class/hwmon' : '/sys/class/hwmon was not read',
    ...(battery ? ['it does not run from its battery'] : []),
    ...(unreadable ? ["the processors' counters are kept to root"] : []),
  ]
  return reasons.join(', ')
}

import {assert, property, string} from 'fast-check'
import {describe, expect, test} from 'vitest'
import {readAmd} from '../../src/detect/amd.ts'
import {isLocalSsd, readCpuinfo, readDmi, readLscpu, readLsblk, readMemoryGib, readNetwork} from '../../src/detect/host.ts'
import {readNvidia, readTopology} from '../../src/detect/nvidia.ts'
import {readBatteries, readFans, readIpmi, readProcessorsPower, readSensors, readSupplies} from '../../src/detect/power.ts'
import {amountOf, numberOf, readSections} from '../../src/detect/sections.ts'
import {recording} from './machines.ts'

const said = (machine: Parameters<typeof recording>[0], tool: string): string => recording(machine).get(`bin/${tool}`) ?? ''

describe('nvidia-smi', () => {
  test('one card per line, units from the header', () => {
    const cards = readNvidia(said('hgx-h100', 'nvidia-smi.query'))

    expect(cards).toHaveLength(8)
    expect(cards[0]).toEqual({name: 'NVIDIA H100 80GB HBM3', memoryBytes: 81_559 * 2 ** 20, limitWatts: 700, defaultLimitWatts: 700, maximumLimitWatts: 700, watts: 71.92, busyShare: 0, pcieGeneration: 5, pcieLanes: 16, mig: false})
  })

  test('what a card does not tell is absent, not zero', () => {
    const [card] = readNvidia('index, memory.total [MiB], power.limit [W], power.draw [W], mig.mode.current, name\n0, [N/A], [Not Supported], [Unknown Error], Enabled, NVIDIA GB10\n')

    expect(card).toMatchObject({name: 'NVIDIA GB10', memoryBytes: undefined, limitWatts: undefined, watts: undefined, busyShare: undefined, mig: true})
  })

  test('a comma in a name moves no column, and lines that are no card are passed over', () => {
    expect(readNvidia('Warning: something\nindex, memory.total [MiB], name\n0, 8192, Odd, "name"\nNo devices\n')).toMatchObject([{name: 'Odd, "name"', memoryBytes: 8192 * 2 ** 20}])
    expect(readNvidia('No devices were found\n')).toEqual([])
  })

  test('the matrix has GPUs only, whatever else stands in the table', () => {
    const matrix = readTopology(said('hgx-h100', 'nvidia-smi.topo'), 8)

    expect(matrix).toHaveLength(8)
    expect(matrix?.[2]).toEqual(['NV18', 'NV18', 'X', 'NV18', 'NV18', 'NV18', 'NV18', 'NV18'])
    expect(readTopology(said('h100x10-pcie', 'nvidia-smi.topo'), 10)?.[8]).toEqual(['SYS', 'SYS', 'SYS', 'SYS', 'SYS', 'SYS', 'SYS', 'SYS', 'X', 'NV12'])
    expect(readTopology(said('workstation-rtx4090', 'nvidia-smi.topo'), 1)).toEqual([['X']])
  })

  test('a matrix of another size, or with words that nobody knows, is none', () => {
    expect(readTopology(said('hgx-h100', 'nvidia-smi.topo'), 4)).toBeUndefined()
    expect(readTopology('\tGPU0\tGPU1\nGPU0\t X \tWARP\nGPU1\tWARP\t X \n', 2)).toBeUndefined()
    expect(readTopology('', 2)).toBeUndefined()
  })
})

test('rocm-smi: names, memory, limit and links', () => {
  const card = (series: string) => ({'VRAM Total Memory (B)': '206141652992', 'Max Graphics Package Power (W)': '750.0', 'Card Series': series})
  const text = `WARNING: something\n${JSON.stringify({card0: card('AMD Instinct MI300X OAM'), card1: card('AMD Instinct MI300X OAM'), system: {'(Topology) Link type between DRM devices 0 and 1': 'XGMI'}})}`

  expect(readAmd(text)).toMatchObject({accelerators: [{name: 'AMD Instinct MI300X OAM', memoryBytes: 206_141_652_992, limitWatts: 750}, {}], links: [['X', 'XGMI'], ['XGMI', 'X']]})
  expect(readAmd('')).toEqual({accelerators: [], links: undefined})
})

describe('the host', () => {
  test.for([['hgx-h100', 'Intel(R) Xeon(R) Platinum 8480+', 2, 56, 224], ['h100x10-pcie', 'AMD EPYC 9354 32-Core Processor', 2, 32, 128]] as const)('lscpu of %s, nested or not', ([machine, model, sockets, coresPerSocket, threads]) => {
    expect(readLscpu(said(machine, 'lscpu'))).toEqual({processor: {model, sockets, coresPerSocket, threads}, hypervisor: undefined})
  })

  test('a virtual machine says so', () => {
    expect(readLscpu('{"lscpu":[{"field":"CPU(s):","data":"8"},{"field":"Hypervisor vendor:","data":"KVM"}]}').hypervisor).toBe('KVM')
    expect(readLscpu('{"lscpu":[{"field":"CPU(s):","data":"8"},{"field":"Flags:","data":"fpu hypervisor lm"}]}').hypervisor).toBe('a hypervisor')
  })

  test('/proc stands in', () => {
    expect(readCpuinfo(recording('no-gpu').get('root/proc/cpuinfo') ?? '')).toEqual({model: 'Intel(R) Xeon(R) CPU E5-2640 v4 @ 2.40GHz', sockets: 2, coresPerSocket: 2, threads: 8})
    expect(readMemoryGib('MemTotal:       131915412 kB\n')).toBe(125.8)
  })

  test('disks: numbers or texts; memory, RAID and DVDs are none', () => {
    expect(readLsblk(said('hgx-h100', 'lsblk'))?.map(({name, bytes}) => [name, bytes])).toEqual([['sda', 480_103_981_056], ['nvme0n1', 3_840_755_982_336], ['nvme1n1', 3_840_755_982_336]])
    expect(readLsblk(said('h100x10-pcie', 'lsblk'))?.map((disk) => [disk.name, disk.rotating, isLocalSsd(disk)])).toEqual([['nvme0n1', false, true], ['sdb', true, false]])
    expect(readLsblk(said('workstation-rtx4090', 'lsblk'))?.map((disk) => [disk.name, isLocalSsd(disk)])).toEqual([['nvme0n1', true], ['sda', false]])
    expect(readLsblk('lsblk: not JSON')).toBeUndefined()
  })

  test('network: cards that are up, and InfiniBand', () => {
    expect(readNetwork('interface=eno1\nstate=up\nmegabits=25000\ninterface=eno2\nstate=down\nmegabits=-1\ninterface=wlan0\nport=mlx5_0\nlayer=InfiniBand\nrate=400 Gb/sec (4X NDR)\nport=mlx5_1\nlayer=Ethernet\nrate=100 Gb/sec (4X EDR)\n')).toEqual([
      {name: 'eno1', kind: 'ethernet', bitsPerSecond: 25e9}, {name: 'mlx5_0', kind: 'infiniband', bitsPerSecond: 400e9},
    ])
  })

  test('IP over InfiniBand is no card of its own', () => {
    expect(readNetwork('interface=ib0\ntype=32\nmegabits=400000\ninterface=eno1\ntype=1\nmegabits=1000\nport=mlx5_0\nlayer=InfiniBand\nrate=400 Gb/sec (4X NDR)\n').map(({name}) => name)).toEqual(['eno1', 'mlx5_0'])
  })

  test('what a maker left blank is not a name', () => {
    expect(readDmi('sys_vendor=To Be Filled By O.E.M.\nproduct_name=System Product Name\nboard_name=X670E\nchassis_type=3')).toEqual({vendor: undefined, product: undefined, board: 'X670E', chassis: 'workstation'})
  })
})

describe('watts', () => {
  test('IPMI', () => {
    expect(readIpmi(said('hgx-h100', 'ipmitool'))).toEqual({watts: 1870, where: 'IPMI'})
    expect(readIpmi('    Instantaneous power reading:    0 Watts\n')).toBeUndefined()
    expect(readIpmi(said('no-gpu', 'ipmitool.fails'))).toBeUndefined()
  })

  test('only the meter of the whole machine counts among the sensors', () => {
    expect(readSensors('monitor=amdgpu\nmicrowatts=23000000\n')).toBeUndefined()
    expect(readSensors('monitor=amdgpu\nmicrowatts=23000000\nmonitor=power_meter\nmicrowatts=412000000\n')).toEqual({watts: 412, where: 'power meter'})
  })

  test('a battery counts while it is used, that of a mouse never', () => {
    expect(readBatteries('supply=BAT0\ntype=Battery\nstatus=Discharging\nvoltage_now=15480000\ncurrent_now=2410000\nsupply=hid\ntype=Battery\nscope=Device\nstatus=Discharging\npower_now=900000\n').watts?.watts).toBeCloseTo(37.31, 2)
    expect(readBatteries('supply=BAT0\ntype=Battery\nstatus=Charging\npower_now=45000000\n')).toEqual({present: true, watts: undefined})
  })

  test('counters of the processors: the difference over the time between', () => {
    expect(readProcessorsPower('uptime=100.00 1.0\nmicrojoules=5000000\nmicrojoules=1000000\nuptime=102.00 1.0\nmicrojoules=105000000\nmicrojoules=61000000\n').watts).toBe(80)
    expect(readProcessorsPower('uptime=100.00 1.0\nmicrojoules=262000000000\nuptime=101.00 1.0\nmicrojoules=1000\n').watts).toBeUndefined()
    expect(readProcessorsPower('uptime=100.00 1.0\nunreadable=1\nuptime=100.00 1.0\nunreadable=1\n')).toEqual({watts: undefined, unreadable: true})
  })

  test('fans that turn, but those of graphics cards', () => {
    expect(readFans('fan=fan1_input\nmonitor=nct6798\nturns=812\nfan=fan2_input\nmonitor=nct6798\nturns=0\nfan=fan1_input\nmonitor=amdgpu\nturns=1400\nfan=fan3_input\nmonitor=nct6798\n')).toEqual({turning: 1, still: 1})
  })

  test('supplies that are plugged in', () => {
    expect(readSupplies(said('hgx-h100', 'dmidecode'))).toEqual({count: 6, ratedWatts: 3000})
    expect(readSupplies('Handle 0x1, DMI type 39\nSystem Power Supply\n\tMax Power Capacity: Unknown\n\tStatus: Present, OK\n\nHandle 0x2, DMI type 39\nSystem Power Supply\n\tStatus: Not Present\n')).toEqual({count: 1, ratedWatts: undefined})
    expect(readSupplies(said('h100x10-pcie', 'dmidecode.fails'))).toBeUndefined()
  })
})

describe('numbers', () => {
  test.for([['0x1F', undefined], ['1e3', undefined], ['0b11', undefined], ['+5', undefined], ['.5', undefined], ['Infinity', undefined], ['9'.repeat(400), undefined], ['', undefined], ['[N/A]', undefined], [' 71.92 ', 71.92], ['700', 700], ['-1', -1]] as const)('"%s"', ([text, value]) => {
    expect(numberOf(text)).toBe(value)
  })

  test('no card draws less than nothing, or has a limit in another notation', () => {
    expect(amountOf('-18.63')).toBeUndefined()
    expect(readNvidia('index, memory.total [MiB], power.limit [W], power.draw [W], name\n0, -5, 0x1F, -18.63, NVIDIA L4\n')).toMatchObject([{memoryBytes: undefined, limitWatts: undefined, watts: undefined}])
    expect(readAmd(JSON.stringify({card0: {'Card Series': 'x', 'Max Graphics Package Power (W)': '0x2EE'}})).accelerators).toMatchObject([{limitWatts: undefined}])
  })
})

describe('sections', () => {
  test('only lines with the nonce part them', () => {
    const {sections, complete} = readSections('motd\nabc begin a\none\nend a 0\nxyz end a 0\ntwo\n\nabc end a 0\nabc begin b\n\nabc end b absent\n\nabc done\nrest', 'abc')

    expect(complete).toBe(true)
    expect([...sections]).toEqual([['a', {status: '0', text: 'one\nend a 0\nxyz end a 0\ntwo'}], ['b', {status: 'absent', text: ''}]])
  })

  test('of an output that was cut off, what was whole by then; what it was cut off in took too long', () => {
    const {sections, complete} = readSections('abc begin a\none\nabc end a 0\nabc begin b\nhalf', 'abc')

    expect(complete).toBe(false)
    expect([...sections]).toEqual([['a', {status: '0', text: 'one'}], ['b', {status: '124', text: ''}]])
    expect(readSections('motd\n', 'abc')).toEqual({sections: new Map(), complete: false})
  })
})

test('nothing that a machine says makes a parser throw', () => {
  const parsers = [readNvidia, (text: string) => readTopology(text, 2), readAmd, readLscpu, readCpuinfo, readMemoryGib, readLsblk, readNetwork, readDmi, readIpmi, readSensors, readFans, readBatteries, readProcessorsPower, readSupplies]
  const odd = ['{"lscpu":[1,null,{"field":1}]}', '{"blockdevices":[null,{"name":1}]}', '{"blockdevices":{}}', '{"card0":null,"card1":[]}', 'null', '[]', '__proto__=1\ntype=Battery']

  for (const parse of parsers) for (const text of odd) expect(() => parse(text)).not.toThrow()
  assert(property(string(), (text) => {
    for (const parse of parsers) parse(text)
  }))
})

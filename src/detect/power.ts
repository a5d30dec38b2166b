import type {SeenMachine, SeenWatts} from './machine.ts'
import {amountOf, numberOf, readRecords} from './sections.ts'

/** `ipmitool dcmi power reading`. Some answer 0 W, or say that the reading is off. */
export function readIpmi(text: string): SeenWatts | undefined {
  const watts = numberOf(/Instantaneous power reading:\s*(\d+) Watts/.exec(text)?.[1])
  return watts === undefined || watts === 0 || /Power reading state is:\s*deactivated/.test(text) ? undefined : {watts, where: 'IPMI'}
}

/** /sys/class/hwmon: only the meter of ACPI measures the whole machine; other monitors measure a part of it. */
export function readSensors(text: string): SeenWatts | undefined {
  const meter = readRecords(text, 'monitor').find(({monitor}) => monitor === 'power_meter')
  const microwatts = numberOf(meter?.['microwatts'])
  return microwatts === undefined || microwatts <= 0 ? undefined : {watts: microwatts / 1e6, where: 'power meter'}
}

/** Drivers of graphics cards, whose fans belong to the cards. */
const GRAPHICS: ReadonlySet<string> = new Set(['amdgpu', 'radeon', 'nouveau', 'i915', 'xe'])

/** Fans under /sys/class/hwmon. One that stands still may as well be a socket with nothing on it. */
export function readFans(text: string): SeenMachine['fans'] {
  const turns = readRecords(text, 'fan').filter(({monitor}) => !GRAPHICS.has(monitor ?? '')).flatMap(({turns}) => amountOf(turns) ?? [])
  const turning = turns.filter((each) => each > 0).length
  return {turning, still: turns.length - turning}
}

/** /sys/class/power_supply: what a laptop that runs from its batteries takes out of them. Those of mice and headsets have another scope. */
export function readBatteries(text: string): {readonly present: boolean; readonly watts: SeenWatts | undefined} {
  const batteries = readRecords(text, 'supply').filter(({type, scope}) => type === 'Battery' && scope !== 'Device')
  const drawn = batteries.filter(({status}) => status === 'Discharging').map((battery) => {
    const [power, volts, amps] = ['power_now', 'voltage_now', 'current_now'].map((key) => numberOf(battery[key]))
    return power !== undefined ? Math.abs(power) / 1e6 : volts !== undefined && amps !== undefined ? Math.abs(volts * amps) / 1e12 : 0
  })
  const watts = drawn.reduce((sum, each) => sum + each, 0)
  return {present: batteries.length > 0, watts: watts > 0 ? {watts, where: 'battery'} : undefined}
}

/** Energy counters of the processors (RAPL), read twice; since 2020 kernels keep them to root. */
export function readProcessorsPower(text: string): {readonly watts: number | undefined; readonly unreadable: boolean} {
  const [before, after] = text.split(/^uptime=/m).slice(1).map((turn) => ({
    seconds: numberOf(turn.split(/\s/, 1)[0]),
    joules: [...turn.matchAll(/^microjoules=(\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value) / 1e6, 0),
  }))
  const seconds = (after?.seconds ?? 0) - (before?.seconds ?? 0)
  const joules = (after?.joules ?? 0) - (before?.joules ?? 0)
  // A counter that ran over in between is no measurement.
  return {watts: seconds > 0.1 && joules > 0 ? joules / seconds : undefined, unreadable: text.includes('unreadable=1')}
}

/** `dmidecode -t 39`: power supplies, those that are plugged in. Root alone may read it. */
export function readSupplies(text: string): SeenMachine['supplies'] {
  const supplies = text.split(/^Handle /m).filter((part) => /^System Power Supply$/m.test(part) && !/Status: .*Not Present/i.test(part))
  const rated = supplies.map((part) => numberOf(/Max Power Capacity: (\d+) W/.exec(part)?.[1]))
  const alike = rated.every((watts) => watts === rated[0])
  return supplies.length === 0 ? undefined : {count: supplies.length, ratedWatts: alike ? rated[0] : undefined}
}

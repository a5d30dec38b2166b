import type {Accelerator} from '../../catalog/schema.ts'

/** Operations a cycle of a core's vector units: two of 256 or 512 bits with multiply and add, or as many again as some sheets count; processors of ARM have 128 bits. */
const WIDTHS = {x86: [32, 64, 128], arm: [16, 32]} as const
const X86: ReadonlySet<string> = new Set(['intel', 'amd'])
/** Parts for desktops clock higher than those for servers: which of the widths a sheet means is told by the clock that is left. */
const USUAL_HERTZ = {desktop: 3.8e9, server: 2.6e9}
const DESKTOP = {cores: 24, bytesPerSecond: 110e9}
const REFERENCE_HERTZ = 2.4e9

/**
 * Speed of one core ÷ that of one of 2.4 GHz, by the clock that a sheet's vector rate is of. Emulators and physics of one environment are scalar code, which wider vectors
 * do not help: rates of EnvPool with one worker on four processors (2.0 to 3.4 GHz) follow the clock within 9 %.
 */
export function coreSpeed({vendor, multiprocessors: cores, peakFlops: {fp32}, memoryBandwidthBytesPerSecond}: Accelerator): number {
  if (cores === undefined || fp32 === undefined) return 1
  const usual = USUAL_HERTZ[cores <= DESKTOP.cores && memoryBandwidthBytesPerSecond <= DESKTOP.bytesPerSecond ? 'desktop' : 'server']
  const away = (hertz: number): number => Math.abs(Math.log(hertz / usual))
  const clocks = WIDTHS[X86.has(vendor) ? 'x86' : 'arm'].map(width => fp32 / cores / width)
  return clocks.reduce((nearest, hertz) => (away(hertz) < away(nearest) ? hertz : nearest)) / REFERENCE_HERTZ
}

import * as z from 'zod'
import {label} from '../workload/fields.ts'

/**
 * What bench/hardware/measure.py writes (`rigor.measurement/1`, docs/own-measurements.md), as far as rigor reads it. Fields that it
 * does not know pass by, so that a newer script can say more.
 */

const positive = () => z.number({error: () => 'expected a number above zero'}).positive().max(1e30)
const amount = () => z.number({error: () => 'expected a number'}).nonnegative().max(1e30)
/** What could not be measured is null. */
const rate = () => positive().nullable()
const list = <T extends z.ZodType>(entry: T) => z.array(entry).max(10_000).default([])

const Spread = z.object({median: amount().nullable(), p10: amount().nullable(), p90: amount().nullable(), repeats: z.number().int().nonnegative()})

export const HardwareMeasurement = z.object({
  schema: z.literal('rigor.measurement/1', {error: () => 'expected schema "rigor.measurement/1", as bench/hardware/measure.py writes it'}),
  measuredAt: z.iso.datetime({error: () => 'expected a time such as 2026-11-01T12:00:00Z'}),
  complete: z.boolean(),
  quick: z.boolean().default(false),
  software: z.object({torch: label(100).nullish(), cuda: label(60).nullish(), hip: label(60).nullish()}).prefault({}),
  device: z.object({
    name: label(200),
    kind: z.enum(['cuda', 'rocm', 'cpu']),
    memoryBytes: positive().nullish(),
    driver: label(100).nullish(),
    powerLimitWatts: positive().nullish(),
    defaultPowerLimitWatts: positive().nullish(),
  }),
  devices: z.number().int().nonnegative(),
  matmul: list(z.object({precision: label(20), m: positive(), n: positive(), k: positive(), flopsPerSecond: rate()})),
  bandwidth: list(z.object({what: label(40), bytes: positive(), bytesPerSecond: rate()})),
  decoder: list(z.object({phase: z.enum(['prefill', 'decode']), batch: positive(), contextTokens: positive(), graph: z.boolean().default(false), tokensPerSecond: rate(), flopsPerSecond: rate(), bytesPerSecond: rate()})),
  power: list(z.object({load: label(40), source: label(40), watts: Spread})),
})
export type HardwareMeasurement = z.infer<typeof HardwareMeasurement>

/** Smaller buffers may lie in a cache: AMD's largest holds 256 MiB, and a copy touches twice its size. */
const SMALLEST_BUFFER_BYTES = 2 ** 28
/** Below this a matmul is over before the machine is full. */
const SMALLEST_MATMUL_SIDE = 2048
const SMALLEST_MATMUL_FLOP = 2 * 4096 ** 3

/** The figures that planning draws on. */
export interface HardwareFigures {
  readonly matmulFlops: Readonly<Record<string, number>>
  readonly bandwidthBytesPerSecond?: number | undefined
  readonly idleWatts?: number | undefined
  readonly maximumWatts?: number | undefined
}

/** The best rates of large matmuls and buffers, the draw while idle, and the limit in force. */
export function hardwareFigures({matmul, bandwidth, power, device}: HardwareMeasurement): HardwareFigures {
  const matmulFlops: Record<string, number> = {}
  for (const {precision, m, n, k, flopsPerSecond} of matmul) {
    if (flopsPerSecond === null || Math.min(m, n, k) < SMALLEST_MATMUL_SIDE || 2 * m * n * k < SMALLEST_MATMUL_FLOP) continue
    matmulFlops[precision] = Math.max(matmulFlops[precision] ?? 0, flopsPerSecond)
  }
  const rates = bandwidth.filter(({what, bytes}) => (what === 'copy' || what === 'read') && bytes >= SMALLEST_BUFFER_BYTES).map(({bytesPerSecond}) => bytesPerSecond ?? 0)
  const wattsAt = (wanted: string): number | undefined => power.find(({load}) => load === wanted)?.watts.median ?? undefined
  const highest = Math.max(...power.map(({watts}) => watts.p90 ?? 0))
  const best = Math.max(...rates)
  return {
    matmulFlops,
    ...(best > 0 ? {bandwidthBytesPerSecond: best} : {}),
    // With a context open a card no longer sleeps; that figure stands in where nothing was read before.
    ...optional('idleWatts', wattsAt('idle') ?? wattsAt('idle-with-context')),
    ...optional('maximumWatts', device.powerLimitWatts ?? (highest > 0 && power.some(({load}) => load === 'compute') ? highest : undefined)),
  }
}

function optional<Name extends string>(name: Name, value: number | null | undefined): {readonly [Key in Name]?: number} {
  return value === undefined || value === null ? {} : ({[name]: value} as {readonly [Key in Name]: number})
}

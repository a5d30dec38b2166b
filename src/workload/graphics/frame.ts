import type {Accelerator} from '../../catalog/schema.ts'
import type {DETAILS} from './schema.ts'

export interface FrameWork {
  readonly pixels: number
  readonly detail: (typeof DETAILS)[number]
  readonly rayTracing: boolean
}

/**
 * What a frame of a game takes for each pixel, from one published average over nine games at 3840 × 2160: 61.4 frames a second at ultra and 82.8 at
 * medium settings on a GeForce RTX 2080 Super (496 GB/s, 11.15 TFLOP/s; tomshardware.com, ASUS ROG Strix RTX 2080 Super review). Its memory and its
 * arithmetic were both busy then; which of them held it up nobody says, so each is counted in full and the longer one decides on other cards.
 */
const PIXELS_2160P = 3840 * 2160
const ANCHOR = {framesPerSecond: {ultra: 61.4, medium: 82.8}, bytesPerSecond: 496e9, flopsPerSecond: 11.15e12} as const

/** Rays, their shading and the filter over them take about as long again as the rest. An assumption: games differ by a factor of two. */
const RAYS_TIMES = 2

/** Frame buffers, and what games keep of textures and geometry at this detail, GiB. An assumption, from what games ask for at 2160p. */
const BUFFER_BYTES_PER_PIXEL = 128
const ASSETS_GIB: Readonly<Record<FrameWork['detail'], number>> = {medium: 4, ultra: 8}
const RAY_STRUCTURES_GIB = 2

export interface Frame {
  readonly seconds: number
  readonly memorySeconds: number
  readonly computeSeconds: number
  readonly bytes: number
  readonly flops: number
}

/** A frame on one accelerator; `undefined` = its rate of 32-bit arithmetic is not known. */
export function frameOn({pixels, detail, rayTracing}: FrameWork, {memoryBandwidthBytesPerSecond, peakFlops: {fp32}}: Accelerator): Frame | undefined {
  if (fp32 === undefined) return undefined
  const perPixel = (rayTracing ? RAYS_TIMES : 1) / ANCHOR.framesPerSecond[detail] / PIXELS_2160P
  const bytes = pixels * perPixel * ANCHOR.bytesPerSecond
  const flops = pixels * perPixel * ANCHOR.flopsPerSecond
  const [memorySeconds, computeSeconds] = [bytes / memoryBandwidthBytesPerSecond, flops / fp32]
  return {seconds: Math.max(memorySeconds, computeSeconds), memorySeconds, computeSeconds, bytes, flops}
}

export function frameMemory({pixels, detail, rayTracing}: FrameWork): readonly {readonly item: string; readonly gib: number}[] {
  return [
    {item: 'frame buffers', gib: (pixels * BUFFER_BYTES_PER_PIXEL) / 2 ** 30},
    {item: 'textures and geometry', gib: ASSETS_GIB[detail]},
    ...(rayTracing ? [{item: 'structures for rays', gib: RAY_STRUCTURES_GIB}] : []),
  ]
}

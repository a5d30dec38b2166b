import type {Accelerator} from '../catalog/schema.ts'
import {peakFlops} from './peak.ts'
import type {Load, WorkLoad} from './types.ts'

/** Rows of a grouped matmul that are computed together, filled or not: the smallest tile of the fused kernels for experts. */
const TILE_ROWS = 16

/** What one accelerator does in one pass through its layers. */
export interface PassWork {
  /** Such passes per second and accelerator. */
  readonly perSecond: number
  /** FLOP of the matmuls that all tokens share, and of the prompt's attention. */
  readonly flops: number
  /** Parameters of the routed experts that are read, over all accelerators their mean (not the fullest one), and tokens that each of them gets. */
  readonly expertParameters: number
  readonly rowsPerExpert: number
  /** Bytes of weights and activations; of the cache and the states of earlier tokens. Means, as above. */
  readonly weightBytes: number
  readonly cacheBytes: number
  /** Seconds in which it computes or exchanges, and those of them in matmuls of experts. Means, as above. */
  readonly activeSeconds: number
  readonly expertSeconds: number
}

export interface WorkPeaks {
  /** Dense, of the operands' width. */
  readonly flopsPerSecond: number
  readonly bytesPerSecond: number
  /** See `unpacksExperts`. */
  readonly unpacks: boolean
}

const clamp = (share: number): number => Math.max(0, Math.min(1, share))

/** FLOP of experts that each get few tokens: a tile is computed whole. */
const expertFlops = ({expertParameters, rowsPerExpert}: PassWork): number => 2 * Math.max(1, Math.ceil(rowsPerExpert / TILE_ROWS)) * TILE_ROWS * expertParameters

/** The work of all sorts of passes together. */
export function workLoadOf(passes: readonly PassWork[], {flopsPerSecond, bytesPerSecond, unpacks}: WorkPeaks): WorkLoad {
  let [flops, bytes, cacheBytes, activeShare, expertShare] = [0, 0, 0, 0, 0]
  for (const pass of passes) {
    flops += pass.perSecond * (pass.flops + (pass.expertParameters > 0 ? expertFlops(pass) : 0))
    bytes += pass.perSecond * (pass.weightBytes + pass.cacheBytes)
    cacheBytes += pass.perSecond * pass.cacheBytes
    activeShare += pass.perSecond * pass.activeSeconds
    expertShare += pass.perSecond * pass.expertSeconds
  }
  return {
    activeShare: clamp(activeShare), flopsShare: clamp(flops / flopsPerSecond), bytesShare: clamp(bytes / bytesPerSecond), cacheBytesShare: clamp(cacheBytes / bytesPerSecond),
    unpackShare: unpacks ? clamp(expertShare) : 0,
  }
}

/**
 * Whether vector units have to work on the experts' weights or partial sums beside the matmul units: 8-bit floats come with a scale per block of
 * 128 × 128 that no unit applies so far (DeepSeek-V3 2024, §3.3.2), 4-bit ones are unpacked where the units do not multiply them.
 */
export function unpacksExperts(weightBits: number, {peakFlops: peaks}: Accelerator): boolean {
  if (weightBits >= 16) return false
  return weightBits >= 8 || peaks.fp4 === undefined
}

/** An estimator that counts only how long parts are busy: rates that large matmuls and streams usually reach of the printed ones. Assumptions. */
const USUAL_FLOPS_SHARE = 0.65
const USUAL_BYTES_SHARE = 0.8
/** Load at which an accelerator counts as computing all the time; below it kernels come with gaps. An assumption. */
const FULL_ACTIVITY_LOAD = 0.05

/** The work behind a load: as counted, else from how busy the parts are. */
export function workOf({work, computeShare, memoryShare, linkShare}: Load): WorkLoad {
  if (work !== undefined) return work
  return {
    activeShare: Math.min(1, (computeShare + memoryShare + linkShare) / FULL_ACTIVITY_LOAD),
    flopsShare: computeShare * USUAL_FLOPS_SHARE,
    bytesShare: memoryShare * USUAL_BYTES_SHARE,
    cacheBytesShare: 0,
    unpackShare: 0,
  }
}

/** Dense peak that `flopsShare` is a share of when operands have 16 bits; half as wide ones do twice as many FLOP at half the energy each. */
export function peakFlops16(accelerator: Accelerator): number | undefined {
  for (const precision of ['bf16', 'fp16', 'fp32']) {
    const peak = peakFlops(accelerator, precision)
    if (peak !== undefined) return peak
  }
  return undefined
}

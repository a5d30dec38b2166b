import type {Accelerator} from '../catalog/schema.ts'
import {peakFlops} from './peak.ts'

/** Share of dense peak that large matmuls sustain where nobody measured it: the middle of the measured parts (0.71–0.97, data/accelerators.csv). */
const SUSTAINED_SHARE = 0.8

/** Sustained matmul rate, FLOP/s: measured where known, else as far below the peak as that of 16 bits is, else `SUSTAINED_SHARE` of peak. `undefined` = the hardware has no such units. */
export function sustainedFlops(accelerator: Accelerator, precision: string): number | undefined {
  const peak = peakFlops(accelerator, precision)
  if (peak === undefined) return undefined
  const {bf16, fp8} = accelerator.sustainedMatmulFlops
  if (precision === 'fp8' && fp8 !== undefined) return Math.min(fp8, peak)
  return bf16 === undefined || accelerator.peakFlops.bf16 === undefined ? peak * SUSTAINED_SHARE : peak * Math.min(1, bf16 / accelerator.peakFlops.bf16)
}

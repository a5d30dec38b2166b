import type {Accelerator} from '../catalog/schema.ts'

/** Dense peak of a precision, FLOP/s: block-scaled formats run at the rate of their width. `undefined` = the hardware has none. */
export function peakFlops(accelerator: Accelerator, precision: string): number | undefined {
  const peaks = accelerator.peakFlops
  switch (precision) {
    case 'bf16': return peaks.bf16
    case 'fp16': return peaks.fp16
    case 'fp8': case 'mxfp8': return peaks.fp8
    case 'fp4': case 'nvfp4': case 'mxfp4': return peaks.fp4
    case 'tf32': return peaks.tf32
    case 'fp32': return peaks.fp32
    case 'fp64': return peaks.fp64
    case 'int8': return peaks.int8
    default: return undefined
  }
}

import * as z from 'zod'
import {commonFields} from '../common.ts'
import {byteCount, flopCount, lazyShape, memoryGib, share} from '../fields.ts'

export const GenericSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('generic'),
    /** Floating-point operations of one run. */
    flops: flopCount().optional(),
    /** Bytes that one run moves between accelerator memory and its processors. */
    bytes: byteCount().optional(),
    /** Accelerator memory of the job; divided over the accelerators where it runs on several. */
    memoryGib: memoryGib().optional(),
    /** Share of the ideal gain that each doubling of the accelerators brings: 0.9 = twice the accelerators, 1.8 times the speed. Absent = one accelerator. */
    parallelEfficiency: share({minimum: 0.5}).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    if (spec.flops === undefined && spec.bytes === undefined && spec.reference === undefined) {
      context.addIssue({code: 'custom', message: 'a generic job needs flops, bytes or a reference ("it took 3 h on one A100")', path: ['flops']})
    }
  })
export type GenericSpec = z.infer<typeof GenericSpec>

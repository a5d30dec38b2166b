import * as z from 'zod'
import {commonFields} from '../common.ts'
import {byteCount, count, flopCount, label, latencySeconds, lazyShape, memoryGib, ratio, share, whole, word} from '../fields.ts'

export const RENDERINGS = ['none', 'sensors', 'monitor'] as const

export const SimulationSpec = z
  .strictObject(lazyShape(() => ({
    kind: z.literal('simulation'),
    /** Floating-point operations of one time step. */
    flops: flopCount().optional(),
    /** Bytes that one time step moves between memory and processors. */
    bytes: byteCount().optional(),
    /** Memory of the whole simulation. */
    memoryGib: memoryGib().optional(),
    timeSteps: count({maximum: 1e15}),
    /** What one step is of simulated time: "2 ms". */
    stepTime: latencySeconds().optional(),
    /** Simulated seconds that have to pass in a real one: 1 for a twin in real time. The run then lasts as long as that takes. */
    realTimeFactor: ratio().optional(),
    /** Kernels that a step launches, one after the other. Absent = 20. */
    kernels: whole({maximum: 1e6}).optional(),
    /** `sensors`: cameras and lidars in the scene are drawn with traced rays. `monitor`: it is shown at the machine. Absent = none. */
    rendering: word(RENDERINGS).optional(),
    /** A program of the catalog (isaac-sim, isaac-lab, mujoco-mjx, …). Absent = a code of your own. */
    engine: label(60).optional(),
    /** Share of the ideal gain that each doubling of the accelerators brings. Absent = one accelerator. */
    parallelEfficiency: share({minimum: 0.5}).optional(),
    ...commonFields,
  })))
  .superRefine((spec, context) => {
    if (spec.flops === undefined && spec.bytes === undefined) context.addIssue({code: 'custom', message: 'a simulation needs flops or bytes of a time step (what it took elsewhere: kind: generic with a reference)', path: ['flops']})
    if (spec.realTimeFactor !== undefined && spec.stepTime === undefined) context.addIssue({code: 'custom', message: 'realTimeFactor needs stepTime, the simulated time of a step', path: ['stepTime']})
  })
export type SimulationSpec = z.infer<typeof SimulationSpec>

import * as z from 'zod'
import {ConfigurationFields} from '../workload/common.ts'
import {durationSeconds, label, rate} from '../workload/fields.ts'

/** What the user measured: rigor.yaml and the user's own store hold it in the same form. */
export const Measurement = z
  .strictObject({
    workload: z.looseObject({kind: z.string()}),
    on: label(200),
    throughput: rate().optional(),
    duration: durationSeconds().optional(),
    /** As it ran, over what the workload says. */
    configuration: ConfigurationFields.optional(),
    date: z.iso.date({error: () => 'expected a date such as 2026-11-01'}).optional(),
    note: label(500).optional(),
  })
  .refine((entry) => (entry.duration === undefined) !== (entry.throughput === undefined), {
    error: () => 'a measurement has exactly one of throughput and duration',
    // A mistyped name leaves its figure missing: one mistake, told once.
    when: ({issues}) => issues.length === 0,
  })
export type Measurement = z.infer<typeof Measurement>

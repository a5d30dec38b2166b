import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, lazyShape, whole} from '../fields.ts'
import {mediaFields} from '../media/fields.ts'

export const VideoGenerationSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('video-generation'),
  /** Clips of one run. */
  clips: count({maximum: 1e12}),
  /** Frames of each clip: 81 are five seconds at 16 a second. Absent = what the model was made for. */
  frames: whole({maximum: 100_000}).optional(),
  ...mediaFields,
  ...commonFields,
})))
export type VideoGenerationSpec = z.infer<typeof VideoGenerationSpec>

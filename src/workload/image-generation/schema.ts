import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, lazyShape} from '../fields.ts'
import {mediaFields} from '../media/fields.ts'

export const ImageGenerationSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('image-generation'),
  /** Images of one run: "50k". */
  images: count({maximum: 1e12}),
  ...mediaFields,
  ...commonFields,
})))
export type ImageGenerationSpec = z.infer<typeof ImageGenerationSpec>

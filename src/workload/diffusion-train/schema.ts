import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, label, later, lazyShape, pixels, whole, word, yesOrNo} from '../fields.ts'
import {InlineMediaModel} from '../media/fields.ts'

export const METHODS = ['lora', 'full'] as const

export const DiffusionTrainSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('diffusion-train'),
  /** A name of the catalog (`rigor models list --media`), or a shape. */
  model: z.union([label(200), later(InlineMediaModel)]),
  /** Images or clips with their texts. */
  samples: count({maximum: 1e12}),
  /** Times that each is seen. Absent = 1. */
  epochs: count({maximum: 1e6}).optional(),
  /** `lora`: low-rank adapters on frozen weights; `full`: all weights of the denoiser. Absent = lora. */
  method: word(METHODS).optional(),
  /** Rank of the adapters. Absent = 16. */
  rank: whole({maximum: 4096}).optional(),
  /** Width and height: "1024x1024". Absent = what the model was made for. */
  resolution: pixels().optional(),
  /** Frames of a clip. Absent = what the model was made for. */
  frames: whole({maximum: 10_000}).optional(),
  /** Latents and texts were encoded beforehand, once. Absent = they are encoded in every step. */
  cached: yesOrNo().optional(),
  ...commonFields,
})))
export type DiffusionTrainSpec = z.infer<typeof DiffusionTrainSpec>

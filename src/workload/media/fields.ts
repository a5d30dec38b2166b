import * as z from 'zod'
import {count, label, later, lazyShape, pixels, whole, word} from '../fields.ts'

export const ATTENTIONS = ['joint', 'cross', 'linear'] as const

/** A diffusion transformer given by its shape instead of by name. Names follow the catalog's `MediaModel`. */
export const InlineMediaModel = () => z.strictObject(lazyShape(() => ({
  /** Of the denoiser. */
  parameters: count({maximum: 1e14}),
  layers: whole({maximum: 10_000}),
  hidden: whole({maximum: 1e6}),
  heads: whole({maximum: 1e5}),
  /** Width of the MLP. Absent = four times `hidden`. */
  intermediate: whole({maximum: 1e7}).optional(),
  gatedMlp: z.boolean().optional(),
  /** `joint`: text tokens stand among those of the image; `cross`: it attends to them; `linear`: its own attention is linear in tokens. Absent = joint. */
  attention: word(ATTENTIONS).optional(),
  textTokens: whole({minimum: 0, maximum: 1e6}).optional(),
  /** Parameters of text encoders and decoder. */
  textParameters: count({maximum: 1e14}).optional(),
  /** Pixels along an edge of one latent, frames of one latent, latents along an edge and in time of one token. */
  latentScale: whole({maximum: 1024}).optional(),
  latentFrames: whole({maximum: 1024}).optional(),
  patch: whole({maximum: 1024}).optional(),
  framePatch: whole({maximum: 1024}).optional(),
  name: label(120).optional(),
})))
export type InlineMediaModel = z.infer<ReturnType<typeof InlineMediaModel>>

/** The fields of both kinds. */
export const mediaFields = lazyShape(() => ({
  /** A name of the catalog (`rigor models list`), or a shape. */
  model: z.union([label(200), later(InlineMediaModel)]),
  /** Denoising steps. Absent = what is usual for the model. */
  steps: whole({maximum: 100_000}).optional(),
  /** Width and height: "1280x720". Absent = what the model was made for. */
  resolution: pixels().optional(),
  /** Passes of the denoiser in a step: 2 with classifier-free guidance, 1 without. Absent = as the model needs. */
  guidancePasses: whole({maximum: 16}).optional(),
  /** How many are made at a time on one group of accelerators. Absent = searched. */
  batch: whole({maximum: 4096}).optional(),
}))

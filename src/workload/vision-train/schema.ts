import * as z from 'zod'
import {commonFields} from '../common.ts'
import {lazyShape} from '../fields.ts'
import {networkFields, trainingFields, visionFields} from '../networks/fields.ts'

export const KIND = 'vision-train'

export const VisionTrainSpec = z
  .strictObject(lazyShape(() => ({kind: z.literal(KIND), ...networkFields, ...visionFields, ...trainingFields, ...commonFields})))
  .refine(({samples, frames, volumes}) => [samples, frames, volumes].filter(each => each !== undefined).length === 1, {error: () => 'exactly one of samples, frames and volumes says how much there is'})
export type VisionTrainSpec = z.infer<typeof VisionTrainSpec>

import * as z from 'zod'
import {commonFields} from '../common.ts'
import {lazyShape} from '../fields.ts'
import {networkFields, trainingFields, textFields} from '../networks/fields.ts'

export const KIND = 'nlp-train'

export const NlpTrainSpec = z
  .strictObject(lazyShape(() => ({kind: z.literal(KIND), ...networkFields, ...textFields, ...trainingFields, ...commonFields})))

export type NlpTrainSpec = z.infer<typeof NlpTrainSpec>

import * as z from 'zod'
import {commonFields} from '../common.ts'
import {lazyShape} from '../fields.ts'
import {networkFields, textFields} from '../networks/fields.ts'

export const KIND = 'nlp-inference'

export const NlpInferenceSpec = z
  .strictObject(lazyShape(() => ({kind: z.literal(KIND), ...networkFields, ...textFields, ...commonFields})))

export type NlpInferenceSpec = z.infer<typeof NlpInferenceSpec>

import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, label, latencySeconds, lazyShape, ratio, whole, word} from '../fields.ts'

export const AUDIO_TASKS = ['transcribe', 'generate', 'train', 'finetune'] as const

export const AudioSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('audio'),
  /** A model of the catalog: whisper-large-v3, parakeet-tdt-0.6b-v2, musicgen-medium, … */
  model: label(),
  /** Absent = transcribe, or generate where the model does that. */
  task: word(AUDIO_TASKS).optional(),
  /** Hours of audio that are read or made in one run. */
  hours: count({maximum: 1e9}),
  /** Text tokens in a second of speech. Absent = 3.6, read English. */
  tokensPerSecond: ratio().optional(),
  /** Hypotheses that a transcription follows at a time. Absent = 1. */
  beams: whole({maximum: 16}).optional(),
  /** Length of a clip that is generated. Absent = what the model was trained on. */
  clipLength: latencySeconds({maximum: 3600}).optional(),
  /** Times that training sees the audio. Absent = 1, or 3 for finetune. */
  epochs: count({maximum: 1e6}).optional(),
  ...commonFields,
})))
export type AudioSpec = z.infer<typeof AudioSpec>

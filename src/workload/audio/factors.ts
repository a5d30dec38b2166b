import type {Accelerator, AudioModel} from '../../catalog/schema.ts'
import {vendorScope, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'

export const AUDIO = 'audio'

/** What the fit may move, each with where it starts and what holds where nothing was measured. Meanings: docs/models/audio.md. */
export const AUDIO_QUANTITIES = {
  /** How one accelerator differs from its family in all it does. */
  'speed': 1,
  /** Achieved ÷ sustained rate of large matmuls, of the encoder. */
  'matmul': 0.5,
  /** Achieved ÷ bandwidth of a plain stream, of a step of the decoder. */
  'stream': 0.7,
  /** What each further beam adds to a step, of its time: a few rows are neither a stream nor a matmul. */
  'row-share': 0.1,
  /** Times that scores of attention go through memory where its kernels keep them there, and values between the products of an encoder's layer. */
  'score-passes': 7,
  'layer-values': 30,
  /** Seconds that the kernels of one layer take to be launched, one after the other, however little they do: some 25 of 5 µs (on a host of 2021). */
  'layer-seconds': 1.25e-4,
  /** Seconds of the host for one window: features of the sound, text from tokens. */
  'window-seconds': 0.002,
} as const
export type AudioQuantity = keyof typeof AUDIO_QUANTITIES
export type AudioFactors = Readonly<Record<AudioQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
}

/** Processors are a family of their own, whatever their maker. */
export const familyOf = ({architecture, formFactor}: Accelerator): string => (formFactor === 'cpu' ? 'processors' : architecture)
/** How programs are named among the factors. */
export const programScope = (program: string): string => `program ${program}`

/** Conformers run in other code than transformers do, by whatever name. */
export const programOf = (runtime: string, {encoder}: AudioModel): string => (encoder === 'conformer' ? `${runtime} conformers` : runtime)

const OF_PROGRAMS: ReadonlySet<AudioQuantity> = new Set(['window-seconds', 'layer-values'])

/** Where factors are looked up, the most specific first: what depends on the program, on who made the hardware, or on its family. */
export function scopesOf(quantity: AudioQuantity, accelerator: Accelerator, program: string): readonly string[] {
  const {id, vendor} = accelerator
  const family = familyOf(accelerator)
  if (quantity === 'speed') return [id]
  if (OF_PROGRAMS.has(quantity)) return [programScope(program), '*']
  if (quantity === 'row-share') return [vendorScope(vendor), '*']
  if (quantity === 'score-passes') return [`${vendor} ${program}`, programScope(program), '*']
  // How fast kernels are launched is the host's, of which nothing is known but what it hosts.
  if (quantity === 'layer-seconds') return [`${id} ${program}`, `${vendor} ${program}`, programScope(program), '*']
  return [`${family} ${program}`, family, vendorScope(vendor), '*']
}

/** Programs that launch kernel by kernel from an interpreter, and make features there, take so many times the seconds of those that are compiled. An assumption. */
const INTERPRETED = /^(?:pytorch|openai-whisper)$/
const INTERPRETER_SLOWNESS = 8

/** Factors as a step takes them, from the values that the calibration has: what compiled programs take. */
export function factorsOf(valueOf: (quantity: AudioQuantity) => number, program: string, streamShare: number): AudioFactors {
  const factors: Record<string, number> = {streamShare}
  for (const quantity of Object.keys(AUDIO_QUANTITIES) as AudioQuantity[]) factors[quantity] = valueOf(quantity) * (quantity.endsWith('-seconds') && INTERPRETED.test(program) ? INTERPRETER_SLOWNESS : 1)
  return factors as AudioFactors
}

export const audioFactors = ({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, accelerator: Accelerator, program: string): AudioFactors =>
  factorsOf(quantity => calibration.lookupIn(AUDIO, quantity, scopesOf(quantity, accelerator, program), '*')?.value ?? AUDIO_QUANTITIES[quantity], program, streamShare(accelerator))

export interface AudioCertainty {
  readonly distance: Distance
  /** Of a rate. */
  readonly spread: Spread
  readonly metric: string
  readonly basis: Confidence
}

/** `measured`: what others measured is of this sort of work; training and generation are not. */
export function audioCertainty(calibration: Calibration, accelerator: Accelerator, model: string, measured: boolean): AudioCertainty {
  const metric = measured ? 'transcription' : 'unmeasured'
  const distance = measured ? calibration.distance(AUDIO, accelerator, model) : 'none'
  return {distance, metric, spread: calibration.spread(AUDIO, metric, distance), basis: !measured ? 'assumed' : distance === 'none' ? 'computed' : 'calibrated'}
}

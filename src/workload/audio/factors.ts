import type {Accelerator, AudioModel} from '../../catalog/schema.ts'
import {vendorScope, type Calibration, type Spread} from '../../performance/calibration.ts'
import type {Distance} from '../../performance/distance.ts'
import type {Confidence} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {audioProgram, codeOf, type FeatureMaker} from './programs.ts'

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
  /** Seconds that a kernel takes however little it does, on a server of 2021: launched, filled and drained. */
  'kernel-seconds': 5e-6,
  /** Seconds of the host between two steps of the decoder: the likeliest of 51,866 tokens, rules of times, beams. */
  'step-seconds': 5e-4,
  /** Seconds of the host for 30 s of sound: its features in compiled code, text from tokens. */
  'window-seconds': 0.01,
} as const
export type AudioQuantity = keyof typeof AUDIO_QUANTITIES
export type AudioFactors = Readonly<Record<AudioQuantity, number>> & {
  /** What a plain stream reaches of the printed memory bandwidth. */
  readonly streamShare: number
  /** Seconds that the host takes to launch a kernel ÷ `kernel-seconds`; 1 = nothing waits for it. */
  readonly launchSlowness: number
  readonly beamsApart: boolean
  /** Of the host between two steps, for each row that goes through the rules of times. */
  readonly rowSeconds: number
  readonly narrowSums: boolean
  readonly transducerOnHost: boolean
  /** Of the host for a recording, however short. */
  readonly recordingSeconds: number
}

/** Processors are a family of their own, whatever their maker. */
export const PROCESSORS = 'processors'
export const familyOf = ({architecture, formFactor}: Accelerator): string => (formFactor === 'cpu' ? PROCESSORS : architecture)
/** How programs are named among the factors. */
export const programScope = (program: string): string => `program ${program}`

const OF_CODE: ReadonlySet<AudioQuantity> = new Set(['layer-values'])
const OF_LIBRARY: ReadonlySet<AudioQuantity> = new Set(['step-seconds', 'window-seconds'])
const CONFORMERS = / conformers$/

/** Where factors are looked up, the most specific first: what depends on the code (a library's, apart for conformers), on who made the hardware, or on its family. */
export function scopesOf(quantity: AudioQuantity, accelerator: Accelerator, code: string): readonly string[] {
  const {id, vendor} = accelerator
  const family = familyOf(accelerator)
  const library = code.replace(CONFORMERS, '')
  if (quantity === 'speed') return [id]
  // What programs do on processors says nothing of what they do on accelerators.
  if (family === PROCESSORS) return [`${family} ${library}`, family, '*']
  if (OF_CODE.has(quantity)) return [programScope(code), '*']
  if (OF_LIBRARY.has(quantity)) return [programScope(library), '*']
  if (quantity === 'row-share') return [vendorScope(vendor), '*']
  if (quantity === 'score-passes') return [`${vendor} ${code}`, programScope(code), '*']
  // How fast kernels are launched is the host's, of which nothing is known but what it hosts.
  if (quantity === 'kernel-seconds') return [`${id} ${library}`, `${vendor} ${library}`, programScope(library), '*']
  return [`${family} ${code}`, family, vendorScope(vendor), '*']
}

/** Programs that launch kernel by kernel from an interpreter take so many times the seconds of compiled ones. An assumption. */
const INTERPRETER_SLOWNESS = 8
/** `window-seconds` that features take, for each recording and for 30 s of it. Assumptions. */
const FEATURE_WORK: Readonly<Record<FeatureMaker, {readonly recording: number; readonly sound: number}>> = {
  accelerator: {recording: 0.02, sound: 0.03},
  files: {recording: 0.2, sound: 0.03},
  compiled: {recording: 0, sound: 1},
  interpreted: {recording: 0, sound: 2.5},
}

/** Factors as a step takes them, from the values that the calibration has: what compiled programs take. */
export function factorsOf(valueOf: (quantity: AudioQuantity) => number, program: string, streamShare: number): AudioFactors {
  const {interpreted, kernelShare, features, stepWork, rowWork, valueWork, beamsApart, narrowSums, transducerOnHost} = audioProgram(program)
  const {recording, sound} = FEATURE_WORK[features]
  const values = Object.fromEntries((Object.keys(AUDIO_QUANTITIES) as AudioQuantity[]).map(quantity => [quantity, valueOf(quantity)])) as Record<AudioQuantity, number>
  return {
    ...values,
    'layer-values': values['layer-values'] * valueWork, 'kernel-seconds': values['kernel-seconds'] * kernelShare, 'step-seconds': values['step-seconds'] * stepWork, rowSeconds: values['step-seconds'] * rowWork,
    'window-seconds': values['window-seconds'] * sound, recordingSeconds: values['window-seconds'] * recording, launchSlowness: interpreted ? INTERPRETER_SLOWNESS : 1, beamsApart, narrowSums, transducerOnHost, streamShare,
  }
}

export const audioFactors = ({calibration, streamShare}: Pick<Facts, 'calibration' | 'streamShare'>, accelerator: Accelerator, program: string, model: AudioModel): AudioFactors =>
  factorsOf(quantity => calibration.lookupIn(AUDIO, quantity, scopesOf(quantity, accelerator, codeOf(program, model)), '*')?.value ?? AUDIO_QUANTITIES[quantity], program, streamShare(accelerator))

export interface AudioCertainty {
  readonly distance: Distance
  /** Of a rate. */
  readonly spread: Spread
  readonly metric: string
  readonly basis: Confidence
}

/** Sorts of programs have spreads of their own: those of ggml were measured most often, transcribe.cpp by one author on one computer; what an interpreter launches depends on its host, of which nothing is known. */
export function spreadMetricOf(program: string, {formFactor}: Pick<Accelerator, 'formFactor'>): string {
  const {library, interpreted} = audioProgram(program)
  if (formFactor === 'cpu') return 'transcription-on-processors'
  return library === 'ggml' ? `transcription-by-${program}` : interpreted ? 'transcription-by-interpreters' : 'transcription'
}

/** `program`: what transcribes; absent = training and generation, which nobody measured. */
export function audioCertainty(calibration: Calibration, accelerator: Accelerator, model: string, program?: string): AudioCertainty {
  const metric = program === undefined ? 'unmeasured' : spreadMetricOf(program, accelerator)
  const distance = program === undefined ? 'none' : calibration.distance(AUDIO, accelerator, model)
  return {distance, metric, spread: calibration.spread(AUDIO, metric, distance), basis: program === undefined ? 'assumed' : distance === 'none' ? 'computed' : 'calibrated'}
}

import type {AudioModel} from '../../catalog/schema.ts'

/** Who makes the features of the sound: kernels on the accelerator (of sound that lies there, or of files that an interpreter reads one by one), compiled code on the host, or an interpreter's arrays there. */
export type FeatureMaker = 'accelerator' | 'files' | 'compiled' | 'interpreted'

/** What a program does with a recording, as its sources say (docs/models/audio.md). */
export interface AudioProgram {
  /** Shares its kernels with others under this name. */
  readonly library: string
  /** Kernels are launched one by one from an interpreter. */
  readonly interpreted: boolean
  /** Kernels that it takes ÷ those of a library that joins none but attention. */
  readonly kernelShare: number
  readonly features: FeatureMaker
  /** A window takes the place of one that has ended; else all of a batch wait for the longest text. */
  readonly inFlight: boolean
  /** Windows that go side by side share 5 s with either neighbour. */
  readonly overlaps: boolean
  /** What runs between two steps of the decoder, in what compiled code takes for it. */
  readonly stepWork: number
  /** Bytes between the products of a layer ÷ those of a program that joins small operations and keeps values in 16 bits. */
  readonly valueWork: number
  /** Products of 16 bits are summed in 16 bits, not 32. */
  readonly narrowSums: boolean
  /** The steps of a transducer run on the host, in 32 bits. */
  readonly transducerOnHost: boolean
}

const COMPILED: AudioProgram = {library: 'other', interpreted: false, kernelShare: 1, features: 'compiled', inFlight: false, overlaps: false, stepWork: 1, valueWork: 1, narrowSums: false, transducerOnHost: false}
/** An interpreter between two steps takes four times what compiled code does, ten times with the processors of logits and the criteria to stop of transformers. Assumptions. */
const INTERPRETED: AudioProgram = {...COMPILED, interpreted: true, stepWork: 4}
const TRANSFORMERS: AudioProgram = {...INTERPRETED, library: 'pytorch', features: 'interpreted', stepWork: 10}

/**
 * Of Whisper's graph in ggml: values of 32 bits that each norm, bias, activation, cast and sum reads and writes, some 300 bytes a position and hidden value, where fused code of 16 bits has 60.
 */
const GGML: AudioProgram = {...COMPILED, library: 'ggml', valueWork: 5, narrowSums: true}

/** CTranslate2, of faster-whisper and others. */
const CTRANSLATE2: AudioProgram = {...COMPILED, library: 'faster-whisper'}

/** Compilers of whole graphs join norms, biases and activations to the products beside them: about half the kernels are left. An assumption. */
const JOINED = 0.5

/** By the name that factors have of them. */
const PROGRAMS: Readonly<Record<string, AudioProgram>> = {
  'whisper.cpp': GGML,
  'transcribe.cpp': {...GGML, transducerOnHost: true},
  'mlx': {...COMPILED, library: 'mlx', features: 'accelerator'},
  'const-me': {...COMPILED, library: 'const-me'},
  'faster-whisper': {...CTRANSLATE2, features: 'interpreted'},
  // The server of Willow cuts long recordings as transformers does; features are torch's.
  'willow': {...CTRANSLATE2, overlaps: true},
  'whisper-s2t': {...CTRANSLATE2, features: 'accelerator'},
  'openai-whisper': {...INTERPRETED, library: 'openai-whisper'},
  'pytorch': {...TRANSFORMERS, overlaps: true},
  // Batches of windows that others have cut.
  'pytorch-batches': TRANSFORMERS,
  'nemo': {...INTERPRETED, library: 'nemo', features: 'files'},
  // The loop over tokens is compiled as well: it runs on the accelerator.
  'whisper-jax': {...COMPILED, library: 'whisper-jax', kernelShare: JOINED, stepWork: 0.1, features: 'interpreted', overlaps: true},
  'tensorrt': {...COMPILED, library: 'tensorrt', kernelShare: JOINED, features: 'accelerator', inFlight: true},
  'vllm': {...COMPILED, library: 'vllm', features: 'interpreted', inFlight: true},
}

export const audioProgram = (name: string): AudioProgram => PROGRAMS[name] ?? {...COMPILED, library: name}

/** Conformers run in other code than transformers do, by whatever name. */
export const codeOf = (program: string, {encoder}: AudioModel): string => (encoder === 'conformer' ? `${audioProgram(program).library} conformers` : audioProgram(program).library)

/** The program that a runtime of data/software.csv is for a model: conformers run in NeMo, on PyTorch. */
export const programOf = (runtime: string, {encoder}: AudioModel): string => (runtime === 'pytorch' && encoder === 'conformer' ? 'nemo' : runtime)

const WINDOW_SECONDS = 30
/** Of a window of 30 s, what a neighbour hears as well: a sixth on either side (the chunks of transformers' pipeline). */
const STRIDE_SECONDS = WINDOW_SECONDS / 6

/** Seconds of a window that its neighbours do not hear. */
const freshSeconds = (windowSeconds: number): number => windowSeconds - 2 * STRIDE_SECONDS * (windowSeconds / WINDOW_SECONDS)

/** Windows of a long recording that overlap ÷ those that do not. */
export const overlapShare = (windowSeconds: number): number => windowSeconds / freshSeconds(windowSeconds)

/** Windows that a recording is cut into: one after the other, or side by side with a part heard twice. */
export function windowsOf(audioSeconds: number, windowSeconds: number, overlapping: boolean): number {
  if (!overlapping || audioSeconds <= windowSeconds) return Math.max(1, Math.ceil(audioSeconds / windowSeconds))
  return 1 + Math.ceil((audioSeconds - windowSeconds) / freshSeconds(windowSeconds))
}

/** Standard deviation of the number of words in windows of speech ÷ their mean. An assumption. */
const SPREAD_OF_TEXTS = 0.3

/** Expected longest of so many texts ÷ their mean: of n values spread normally about √(2 ln n) deviations above it, a fifth less for small n. */
export const longestShare = (windows: number): number => 1 + 0.8 * SPREAD_OF_TEXTS * Math.sqrt(2 * Math.log(Math.max(1, windows)))

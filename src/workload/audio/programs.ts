import type {AudioModel} from '../../catalog/schema.ts'

/** Who makes the features of the sound: kernels on the accelerator (of sound that lies there, or of files that an interpreter reads one by one), compiled code on the host, or an interpreter's arrays there. */
export type FeatureMaker = 'accelerator' | 'files' | 'compiled' | 'interpreted'

/** What a program does with a recording, as its sources say (docs/models/audio.md). */
export interface AudioProgram {
  /** Shares its kernels with others under this name. */
  readonly library: string
  /** Runs the graphs of ggml. */
  readonly ggml: boolean
  /** Kernels are launched one by one from an interpreter. */
  readonly interpreted: boolean
  /** Kernels that it takes ÷ those of a library that joins none but attention. */
  readonly kernelShare: number
  readonly features: FeatureMaker
  /** A window takes the place of one that has ended; else all of a batch wait for the longest text. */
  readonly inFlight: boolean
  /** Windows that go side by side share 5 s with either neighbour. */
  readonly overlaps: boolean
  /** One window after the other is decoded with its times, and the next begins where the last whole sentence ended. */
  readonly inOrder: boolean
  /** Each beam takes a step of its own. */
  readonly beamsApart: boolean
  /** What runs between two steps of the decoder, in `step-seconds`; and for each row by itself where its tokens go through the rules of times. */
  readonly stepWork: number
  readonly rowWork: number
  /** Bytes between the products of a layer ÷ those of a program that joins small operations and keeps values in 16 bits. */
  readonly valueWork: number
  /** Products of 16 bits are summed in 16 bits, not 32. */
  readonly narrowSums: boolean
  /** The steps of a transducer run on the host, in 32 bits. */
  readonly transducerOnHost: boolean
}

/** Rules of times weigh all tokens of each row by itself, and the host waits for the outcome: so do CTranslate2, openai-whisper, transformers and whisper.cpp, which hardly do anything else between two steps. */
const RULES_OF_TIMES = {stepWork: 0.25, rowWork: 1}

const COMPILED: AudioProgram = {library: 'other', ggml: false, interpreted: false, kernelShare: 1, features: 'compiled', inFlight: false, overlaps: false, inOrder: false, beamsApart: false, stepWork: 1, rowWork: 0, valueWork: 1, narrowSums: false, transducerOnHost: false}
/** An interpreter between two steps takes four times what compiled code does, ten times with the processors of logits and the criteria to stop of transformers. Assumptions. */
const INTERPRETED: AudioProgram = {...COMPILED, interpreted: true, stepWork: 4, rowWork: 1}
const TRANSFORMERS: AudioProgram = {...INTERPRETED, library: 'pytorch', features: 'interpreted', inOrder: true, stepWork: 10, rowWork: 0.4}

/**
 * Of Whisper's graph in ggml: values of 32 bits that each norm, bias, activation, cast and sum reads and writes, some 300 bytes a position and hidden value, where fused code of 16 bits has 60.
 */
const GGML: AudioProgram = {...COMPILED, library: 'ggml', ggml: true, valueWork: 5, narrowSums: true}

/** CTranslate2, of faster-whisper and others. */
const CTRANSLATE2: AudioProgram = {...COMPILED, ...RULES_OF_TIMES, library: 'faster-whisper'}

/** Compilers of whole graphs join norms, biases and activations to the products beside them: about half the kernels are left. An assumption. */
const JOINED = 0.5

/** By the name that factors have of them. */
const PROGRAMS: Readonly<Record<string, AudioProgram>> = {
  'whisper.cpp': {...GGML, ...RULES_OF_TIMES, inOrder: true},
  // Beams went together from 1.5 on (November 2023), and products of a block of rows came to processors after it.
  'whisper.cpp before 1.5': {...GGML, ...RULES_OF_TIMES, library: 'ggml-early', inOrder: true, beamsApart: true},
  // The encoder runs in OpenVINO.
  'whisper.cpp with OpenVINO': {...GGML, ...RULES_OF_TIMES, library: 'openvino', inOrder: true},
  'transcribe.cpp': {...GGML, transducerOnHost: true},
  'mlx': {...COMPILED, library: 'mlx', features: 'accelerator', inOrder: true},
  'const-me': {...COMPILED, library: 'const-me', inOrder: true},
  'faster-whisper': {...CTRANSLATE2, features: 'interpreted', inOrder: true},
  // The server of Willow cuts long recordings as transformers does; features are torch's.
  'willow': {...CTRANSLATE2, overlaps: true},
  'whisper-s2t': {...CTRANSLATE2, features: 'accelerator'},
  'openai-whisper': {...INTERPRETED, library: 'openai-whisper', inOrder: true},
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

/** Half of a sentence: a window that is decoded with its times ends where the last whole one does, and what follows is heard again. An assumption. */
const CUT_SENTENCE_SECONDS = 2.5
/** Windows one after the other with their times ÷ those that follow each other end to end. */
export const hearAgainShare = (windowSeconds: number): number => windowSeconds / (windowSeconds - CUT_SENTENCE_SECONDS)

/** Windows that a recording is cut into: end to end, one after the other with their times, or side by side with a part heard twice. */
export function windowsOf(audioSeconds: number, windowSeconds: number, {overlapping, inOrder}: {readonly overlapping: boolean; readonly inOrder: boolean}): number {
  if (inOrder) return Math.max(Math.ceil(audioSeconds / windowSeconds), (audioSeconds / windowSeconds) * hearAgainShare(windowSeconds))
  if (!overlapping || audioSeconds <= windowSeconds) return Math.max(1, Math.ceil(audioSeconds / windowSeconds))
  return 1 + Math.ceil((audioSeconds - windowSeconds) / freshSeconds(windowSeconds))
}

/** Standard deviation of the number of words in windows of speech ÷ their mean. An assumption. */
const SPREAD_OF_TEXTS = 0.3

/** Expected longest of so many texts ÷ their mean: of n values spread normally about √(2 ln n) deviations above it, a fifth less for small n. */
export const longestShare = (windows: number): number => 1 + 0.8 * SPREAD_OF_TEXTS * Math.sqrt(2 * Math.log(Math.max(1, windows)))

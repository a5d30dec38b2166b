import {acceleratorWithName, matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator, AudioModel} from '../../catalog/schema.ts'
import {partOf, severalSockets} from '../../performance/hardware.ts'
import {divideBy, intervalFromSpread} from '../../performance/interval.ts'
import type {Interval} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {AUDIO, audioCertainty, audioFactors, type AudioFactors} from './factors.ts'
import {inferenceMemory} from './memory.ts'
import {audioProgram, windowsOf} from './programs.ts'
import {audioTime, stepSeconds, stepsOf, TIMES_PER_SECOND, tokensPerSecond, type AudioRun} from './step.ts'

/** A published result of transcription, as a question for the estimator. */
export interface AudioCase {
  readonly model: AudioModel
  readonly accelerator: Accelerator
  readonly accelerators: number
  readonly run: AudioRun
  /** Of one recording, and of audio in all. */
  readonly recordingSeconds: number
  readonly audioSeconds: number
  /** Batches that a recording takes; less than one where many recordings fill it. */
  readonly rounds: number
  readonly program: string
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const no = (reason: string): Refused => ({status: 'unanswered', reason})

const METRICS: ReadonlySet<string> = new Set(['time_s', 'realtime_factor_x', 'encoder_ms', 'decoder_ms', 'samples_per_s', 'memory_gib'])

/**
 * What the names of programs in tables mean; the first that fits. `flash`: attention of the encoder keeps no scores. `batch`: windows at a time where the row does not say; `pieces`: those
 * of one recording, whatever the row's batch of recordings; `beams` where the row does not say (whisper.cpp's own program); `times`: decoded even with pieces side by side; `fileByFile`: no batch reaches over two files.
 */
const PROGRAM_NAMES: readonly {readonly pattern: RegExp; readonly program: string; readonly flash: boolean; readonly batch?: number; readonly pieces?: number; readonly beams?: number; readonly times?: boolean; readonly fileByFile?: boolean}[] = [
  {pattern: /whisper\.cpp 1\.[0-4]\b/i, program: 'whisper.cpp before 1.5', flash: false, beams: 5},
  {pattern: /whisper\.cpp.*OpenVINO/i, program: 'whisper.cpp with OpenVINO', flash: false, beams: 5},
  {pattern: /whisper\.cpp.*flash/i, program: 'whisper.cpp', flash: true, beams: 5},
  {pattern: /whisper\.cpp/i, program: 'whisper.cpp', flash: false, beams: 5},
  {pattern: /WhisperS2T CT/i, program: 'whisper-s2t', flash: false, batch: 8},
  {pattern: /WhisperS2T/i, program: 'pytorch-batches', flash: true, batch: 8},
  {pattern: /WhisperX/i, program: 'faster-whisper', flash: false, batch: 8, fileByFile: true},
  {pattern: /CTranslate2 batched/i, program: 'faster-whisper', flash: false, batch: 8},
  {pattern: /transcribe\.cpp/i, program: 'transcribe.cpp', flash: true},
  {pattern: /willow/i, program: 'willow', flash: false, pieces: 64},
  {pattern: /faster-whisper|CT2|CTranslate2/i, program: 'faster-whisper', flash: false},
  {pattern: /BetterTransformer| BT$/, program: 'pytorch', flash: false, batch: 16, times: true},
  {pattern: /insanely|batch\d/i, program: 'pytorch', flash: true, batch: 16, times: true},
  {pattern: /chunked/i, program: 'pytorch', flash: true, batch: 16},
  {pattern: /whisper-jax/i, program: 'whisper-jax', flash: false, batch: 16},
  {pattern: /const-me/i, program: 'const-me', flash: false},
  {pattern: /openai\/whisper/i, program: 'openai-whisper', flash: false},
  {pattern: /mlx/i, program: 'mlx', flash: true},
  {pattern: /tensorrt/i, program: 'tensorrt', flash: true, batch: 64},
  {pattern: /vllm/i, program: 'vllm', flash: true, batch: 64},
  {pattern: /nemo/i, program: 'nemo', flash: true, batch: 128},
  {pattern: /onnx/i, program: 'onnxruntime', flash: false},
  // The pipeline of transformers takes one window after the other unless it is told to take pieces.
  {pattern: /./, program: 'pytorch', flash: true},
]
/**
 * Recordings that everybody times, with Whisper's tokens: Kennedy's sentence of 1961 (22 words), their punctuation and an end; faster-whisper's 13 minutes, a French
 * talk of 799 s (youtu.be/0u7tTptBo9I; the language stands in the project's benchmark), with 1.35 times the tokens that the same text has in English (counted with the vocabulary on a text of 107 words).
 */
const KNOWN_RECORDINGS: readonly {readonly pattern: RegExp; readonly seconds: number; readonly tokens: number}[] = [{pattern: /\bjfk\b/, seconds: 11, tokens: 26}, {pattern: /^13 minutes of audio, beam 5$/, seconds: 799, tokens: 3880}]

/** Where no recording is described. */
const WINDOW_SECONDS = 30
/** Recordings of MLPerf's benchmark on average: ten hours of LibriSpeech in 1633 samples, each padded to a window; its results are tokens a second. */
const MLPERF_SECONDS = 36_000 / 1633
/** Batches of its results with TensorRT-LLM, one after the other (the submitters' configurations: 256 to 360 on H200 and B200, 32 to 64 on H100 NVL and L4). */
const LARGE_BATCH = 320
const SMALL_BATCH = 64
const LARGE_MEMORY_GIB = 100

/**
 * Test sets whose recordings the row does not describe: seconds of one. Sets of ESB (Gandhi et al. 2022) by their hours and clips, as LibriSpeech test-clean 5.4 h in 2,620; all of them 83,000 in 168 h;
 * calls and talks of the leaderboard's long-form table (Earnings-21: 44 in 39 h, Del Rio et al. 2021; Earnings-22: 125 in 119 h).
 */
const TEST_SETS: readonly {readonly pattern: RegExp; readonly seconds: number}[] = [
  {pattern: /long-form test sets/, seconds: 2700},
  {pattern: /Open ASR|seven English sets/, seconds: 7},
  {pattern: /\bAMI\b/, seconds: 2.5},
  {pattern: /Earnings22/, seconds: 7.1},
  {pattern: /GigaSpeech/, seconds: 6.4},
  {pattern: /LibriSpeech test-clean/, seconds: 7.4},
  {pattern: /LibriSpeech test-other/, seconds: 6.5},
  {pattern: /SPGISpeech/, seconds: 9.2},
  {pattern: /TED-LIUM/, seconds: 8.2},
  {pattern: /VoxPopuli/, seconds: 9.6},
]

/**
 * How many at a time the leaderboard's own scripts take: of NeMo 128, 64 in other languages, long recordings one by one; of transformers 64, and 32 long ones, which go on until the
 * longest has ended: half of them at a time.
 */
function batchOfLeaderboard(program: string, dataset: string): number | undefined {
  if (!/Open ASR/.test(dataset)) return undefined
  const long = /long-form/.test(dataset)
  if (program === 'nemo') return long ? 1 : /multilingual/.test(dataset) ? 64 : 128
  return long ? 16 : 64
}

/** "2 hours of audio", "13 minutes of audio, beam 5". */
const AUDIO_LENGTH = /([\d.]+) (second|minute|hour)s? of audio/
const UNIT_SECONDS: Readonly<Record<string, number>> = {second: 1, minute: 60, hour: 3600}

/** Kincaid's recordings of 2018, 46 in 218 minutes: what goes file by file has no more windows at a time than one of them. */
const FILES_OF_SETS: readonly {readonly pattern: RegExp; readonly seconds: number}[] = [{pattern: /\bKINCAID46\b/, seconds: 285}]

/** "97 minutes of audio, 12-minute pieces": those go through one by one. */
const piecesOf = (dataset: string): number | undefined => {
  const minutes = /(\d+)-minute pieces/.exec(dataset)?.[1]
  return minutes === undefined ? undefined : Number(minutes) * 60
}

const THREADS = / \((\d+) threads\)$/

/** The cores of a processor that a program was given threads for; one beyond that finds no core. */
function withThreads(processor: Accelerator, threads: number): Accelerator {
  const {multiprocessors: cores, memoryGib} = processor
  return cores === undefined || threads >= cores ? processor : partOf(processor, {computeShare: threads / cores, bandwidthShare: 1, memoryGib})
}

const groups = new WeakMap<readonly Accelerator[], {readonly whole: readonly Accelerator[]; readonly processors: readonly Accelerator[]}>()

/** Of accelerators with half a data sheet the rate of matmuls is not known; processors have none. */
export function acceleratorOf(label: string, accelerators: readonly Accelerator[], sockets = 1): Accelerator | undefined {
  let known = groups.get(accelerators)
  if (known === undefined) groups.set(accelerators, (known = {whole: accelerators.filter(({partialSheet}) => partialSheet !== true), processors: accelerators.filter(({formFactor}) => formFactor === 'cpu')}))
  if (label.startsWith('CPU ')) {
    const processor = matchAccelerator(label.replace(THREADS, ''), known.processors)
    const threads = THREADS.exec(label)?.[1]
    return processor === undefined || threads === undefined ? processor : withThreads(processor, Number(threads) / sockets)
  }
  // A name that several parts of one chip and one memory have ("V100") is the first's: slot and socket differ little in it.
  return matchAccelerator(label, known.whole) ?? sameInAllForms(label, known.whole)
}

function sameInAllForms(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  const first = acceleratorWithName(label, accelerators)
  const named = accelerators.filter(({aliases}) => aliases.some(alias => alias.toLowerCase() === label.toLowerCase()))
  return named.every(each => each.memoryBandwidthBytesPerSecond === first?.memoryBandwidthBytesPerSecond) ? first : undefined
}

/** Reads a setting, or says why it cannot be asked. */
export function readAudioMeasurement(setting: Setting, facts: Pick<Facts, 'audioModel'>, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: AudioCase} | Refused {
  const {metric, dataset, framework, microBatch} = setting
  if (!METRICS.has(metric)) return no(`"${metric}" is no rate, time or memory of transcription`)
  const found = acceleratorOf(setting.accelerator, accelerators, Math.max(1, setting.accelerators ?? 1))
  if (found === undefined) return no(`${setting.accelerator} is not in the catalog`)
  const model = modelOf(setting.model, facts)
  if (model === undefined) return no(`the shape of ${setting.model} is not known`)
  const length = AUDIO_LENGTH.exec(dataset)
  const steps = metric === 'encoder_ms' || metric === 'decoder_ms'
  const benchmark = metric === 'samples_per_s'
  const set = TEST_SETS.find(({pattern}) => pattern.test(dataset))
  const named = PROGRAM_NAMES.find(({pattern}) => pattern.test(framework))
  if (named === undefined) return no('the program is not stated')
  const {batch, pieces: piecesAtOnce} = named
  // NeMo attends to the whole of what it is given, with scores in memory, unless a script tells it otherwise, as the leaderboard's do.
  const attendsAll = piecesOf(dataset) !== undefined
  const flash = named.flash && !attendsAll
  // A test set is a batch of clips, made ready by the benchmark.
  const program = set !== undefined && named.program === 'pytorch' ? 'pytorch-batches' : named.program
  const window = model.windowSeconds
  const known = KNOWN_RECORDINGS.find(({pattern}) => pattern.test(dataset))
  const file = named.fileByFile === true ? FILES_OF_SETS.find(({pattern}) => pattern.test(dataset))?.seconds : undefined
  const stated = set?.seconds ?? known?.seconds ?? file ?? piecesOf(dataset) ?? (length === null ? undefined : Number(length[1]) * UNIT_SECONDS[length[2]!]!)
  if (stated === undefined && !steps && !benchmark && (metric === 'time_s' || window === undefined)) return no('the length of the audio is not stated')
  const sockets = found.formFactor === 'cpu' ? Math.max(1, setting.accelerators ?? 1) : 1
  const count = sockets > 1 ? 1 : Math.max(1, setting.accelerators ?? 1)
  const beams = Number(/beam (\d+)/.exec(dataset)?.[1] ?? /beam(\d+)/.exec(framework)?.[1] ?? (steps ? 1 : (named.beams ?? 1)))
  const recordingSeconds = benchmark ? MLPERF_SECONDS : (stated ?? window ?? WINDOW_SECONDS)
  // A model with windows of its own hears them whole however short the recording is.
  const seconds = window ?? recordingSeconds
  const {inFlight, overlaps, inOrder: orderly} = audioProgram(program)
  // MLPerf's own program hands vLLM one recording at a time, and runs in bfloat16 whatever the weights that the results name.
  const reference = benchmark && program === 'vllm'
  const together = reference ? 1 : benchmark ? (found.memoryGib > LARGE_MEMORY_GIB ? LARGE_BATCH : SMALL_BATCH) : (batchOfLeaderboard(program, dataset) ?? piecesAtOnce ?? microBatch ?? batch ?? (set === undefined ? 1 : 64))
  const overlapping = overlaps && together > 1
  // The leaderboard's long recordings go on in order, several side by side.
  const inOrder = orderly && window !== undefined && (together === 1 || /long-form test sets/.test(dataset))
  const times = inOrder || named.times === true
  const pieces = windowsOf(recordingSeconds, seconds, {overlapping, inOrder})
  const windows = steps ? 1 : set !== undefined || benchmark ? together : Math.ceil(Math.min(together, pieces) / count)
  const rounds = pieces / windows / count
  const said = known === undefined || window === undefined ? tokensPerSecond(model) : known.tokens / known.seconds
  // What lies in two windows is written twice.
  const tokens = stepsOf(model, (overlapping || inOrder) && pieces > 1 ? seconds : recordingSeconds / pieces, said + (times ? TIMES_PER_SECOND : 0))
  return {
    status: 'case',
    case: {
      model, accelerator: sockets > 1 ? severalSockets(found, sockets) : found, accelerators: count, recordingSeconds, audioSeconds: known?.seconds ?? (length === null ? recordingSeconds : Number(length[1]) * UNIT_SECONDS[length[2]!]!), rounds: set !== undefined || benchmark ? rounds : Math.max(1, rounds), program,
      run: {windows, seconds, steps: tokens, rows: metric === 'decoder_ms' ? Math.max(1, microBatch ?? 1) : beams, precision: reference ? 'bf16' : precisionOf(setting, model, program), flash, attendsAll, inFlight: inFlight && !benchmark, times},
    },
  }
}

function modelOf(name: string, facts: Pick<Facts, 'audioModel'>): AudioModel | undefined {
  try {
    return facts.audioModel(name)
  } catch {
    return undefined
  }
}

/** NeMo's checkpoints are of 32 bits, and stay so but where a script casts them, as the leaderboard's do. */
const precisionOf = ({precision, accelerator, dataset}: Setting, {nativeDtype}: AudioModel, program: string): string => {
  const written = precision.toLowerCase()
  const wide = accelerator.startsWith('CPU') || (program === 'nemo' && !/Open ASR/.test(dataset))
  return written === '' ? (wide ? 'fp32' : nativeDtype) : written
}

/** The figure that a row states: seconds, milliseconds of a part, seconds of audio in a second, tokens in a second. */
export function measuredFigure(metric: string, {model, accelerator, run, rounds, recordingSeconds, audioSeconds}: AudioCase, factors: AudioFactors): number | undefined {
  // The bench of whisper.cpp times one part alone: the encoder, or 256 steps without what the host makes of them.
  if (metric === 'decoder_ms') return (stepSeconds(model, accelerator, {...run, steps: BENCH_STEPS}, {...factors, 'step-seconds': 0, rowSeconds: 0}).whole / run.rows) * 1000
  const time = audioTime(model, accelerator, metric === 'encoder_ms' ? {...run, steps: 0} : run, factors)
  if (time === undefined) return undefined
  if (metric === 'encoder_ms') return time.encoderSeconds * 1000
  const seconds = rounds * time.seconds
  switch (metric) {
    case 'samples_per_s': return run.steps / seconds
    case 'realtime_factor_x': return recordingSeconds / seconds
    default: return (audioSeconds / recordingSeconds) * seconds
  }
}
const BENCH_STEPS = 256

export const isRate = (metric: string): boolean => metric === 'samples_per_s' || metric === 'realtime_factor_x'

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readAudioMeasurement(setting, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const {model, accelerator, program, run} = found
  const {distance, spread} = audioCertainty(facts.calibration, accelerator, model.id, program)
  const about = {distance, model: model.id, acceleratorId: accelerator.id} as const
  if (setting.metric === 'memory_gib') {
    const {neededGib} = inferenceMemory(model, run, accelerator, program)
    return {status: 'answered', interval: intervalFromSpread(neededGib.p50, facts.calibration.spread(AUDIO, 'memory', distance)), ...about}
  }
  const figure = measuredFigure(setting.metric, found, audioFactors(facts, accelerator, program, model))
  if (figure === undefined) return no('a rate of this hardware is not known')
  // The spread is that of a rate; times are the other way round.
  const rate: Interval = intervalFromSpread(isRate(setting.metric) ? figure : 1 / figure, spread)
  return {status: 'answered', interval: isRate(setting.metric) ? rate : divideBy(1, rate), ...about}
}

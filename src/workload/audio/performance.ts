import type {RuntimeSupport} from '../../catalog/software.ts'
import {allReduceSeconds} from '../../performance/collectives.ts'
import {sliceOf, socketsJoined, unknownLink} from '../../performance/hardware.ts'
import {divideBy, timeSpread, timeWithSpread} from '../../performance/interval.ts'
import {peakFlops} from '../../performance/peak.ts'
import {sustainedFlops} from '../../performance/sustained.ts'
import type {Bottleneck, Configuration, Hardware, Load, MemoryUse, Operator, PerformResult, Refusal} from '../../performance/types.ts'
import {formatGib} from '../../units/format.ts'
import type {Facts} from '../contract.ts'
import {isTraining, type AudioDemand} from './demand.ts'
import {AUDIO, audioCertainty, audioFactors} from './factors.ts'
import {inferenceMemory, trainingMemory} from './memory.ts'
import {audioProgram, hearAgainShare, overlapShare, programOf} from './programs.ts'
import {arithmetic, audioLowerBoundSeconds, audioTime, TIMES_PER_SECOND, weightBytes, type AudioRun} from './step.ts'
import {taughtFlops} from './work.ts'

/** What each program of data/software.csv runs, and how. */
const PROGRAMS: Readonly<Record<string, {readonly name: string; readonly whisperOnly: boolean; readonly batches: boolean; readonly trains: boolean; readonly flash: boolean}>> = {
  'faster-whisper': {name: 'faster-whisper', whisperOnly: true, batches: true, trains: false, flash: false},
  'whisper.cpp': {name: 'whisper.cpp', whisperOnly: true, batches: false, trains: false, flash: true},
  'mlx': {name: 'MLX', whisperOnly: true, batches: false, trains: false, flash: true},
  'pytorch': {name: 'PyTorch', whisperOnly: false, batches: true, trains: true, flash: true},
}
/** Windows at a time that programs are run with; more hardly helps and takes memory. */
const BATCHES = [64, 16, 4, 1]
const MICRO_BATCHES = [32, 16, 8, 4, 2, 1]
const TRAINING_BATCH = 256
/** Loading a program and its weights; and the host's part beside that of one accelerator: assumptions. */
const START_SECONDS = 30
const HOST_SHARE = 0.3
/** Share of the sustained rate that training of such models reaches; nobody publishes it. An assumption. */
const TRAINING_SHARE = 0.45
/** Backward passes cost twice the forward; recomputation one more forward. */
const PASSES = 3
const RECOMPUTED = 4
const GRADIENT_BYTES = 2
const STATE_BYTES = 14

const no = (refusal: Refusal): PerformResult & {feasible: false} => ({feasible: false, refusal})
const presentOn = ({acceleratorsPerNode, nodes}: Hardware): number => Math.max(1, Math.floor(acceleratorsPerNode) * nodes)
const takenOn = ({configuration}: AudioDemand, hardware: Hardware): number => configuration.dp ?? presentOn(hardware)
const placeOf = (target: Hardware): Hardware => socketsJoined(sliceOf(target))
const isWhisper = ({model}: AudioDemand): boolean => model.encoder === 'transformer' && model.decoder === 'autoregressive' && model.makes === 'text'

/** 16 bits as the model was trained, where the hardware has them. */
function precisionOn({precision, model, task}: AudioDemand, {accelerator}: Hardware): string {
  if (precision !== undefined) return precision
  if (accelerator.formFactor === 'cpu') return 'fp32'
  if (isTraining(task)) return peakFlops(accelerator, 'bf16') === undefined ? 'fp16' : 'bf16'
  return peakFlops(accelerator, model.nativeDtype) === undefined ? (peakFlops(accelerator, 'fp16') === undefined ? 'fp32' : 'fp16') : model.nativeDtype
}

function programsFor(demand: AudioDemand, {accelerator}: Hardware, {software}: Facts): readonly RuntimeSupport[] {
  return software.runtimesFor(AUDIO, accelerator.architecture).filter(({runtime}) => {
    const program = PROGRAMS[runtime]
    return program !== undefined && (demand.configuration.runtime ?? runtime) === runtime && (!program.whisperOnly || isWhisper(demand)) && (program.trains || !isTraining(demand.task))
  })
}

function softwareProblem(demand: AudioDemand, hardware: Hardware, facts: Facts): Refusal | undefined {
  const {accelerator} = hardware
  const {runtime} = demand.configuration
  const program = runtime === undefined ? undefined : PROGRAMS[runtime]
  if (runtime !== undefined && program === undefined) return {reason: 'software', detail: `${runtime} is no program for sound in the catalog`, nearest: `configuration.runtime: ${Object.keys(PROGRAMS).join(', ')}`}
  if (program?.trains === false && isTraining(demand.task)) return {reason: 'software', detail: `${program.name} does not train`, nearest: 'configuration.runtime: pytorch'}
  if (program?.whisperOnly === true && !isWhisper(demand)) return {reason: 'software', detail: `${program.name} does not run ${demand.model.id}`, nearest: 'configuration.runtime: pytorch'}
  const programs = programsFor(demand, hardware, facts)
  if (programs.length === 0) return {reason: 'software', detail: facts.software.whyNot(AUDIO, accelerator.architecture, runtime) ?? `no program is known to run it on ${accelerator.name}`, nearest: null}
  const precision = precisionOn(demand, hardware)
  if (!programs.some(each => each.precisions.includes(precision))) return {reason: 'software', detail: `nothing runs it in ${precision} on ${accelerator.name}`, nearest: `precision ${[...new Set(programs.flatMap(each => each.precisions))].filter(each => each === 'fp32' || each.endsWith('16')).join(' or ')}`}
  if (sustainedFlops(accelerator, arithmetic(accelerator, precision)) === undefined) return {reason: 'software', detail: `${accelerator.name} has no known ${arithmetic(accelerator, precision)} rate`, nearest: null}
  return undefined
}

/** A batch of one is a recording heard in order, with its times. */
const inOrder = ({model, task}: AudioDemand, windows: number, runtime: string): boolean => windows === 1 && task === 'transcribe' && model.windowSeconds !== undefined && audioProgram(programOf(runtime, model)).inOrder

function runOf(demand: AudioDemand, hardware: Hardware, windows: number, runtime = 'pytorch'): AudioRun {
  const times = inOrder(demand, windows, runtime)
  return {
    flash: PROGRAMS[runtime]?.flash ?? true, inFlight: audioProgram(programOf(runtime, demand.model)).inFlight, times, windows, seconds: demand.windowSeconds,
    steps: demand.steps + (times ? TIMES_PER_SECOND * demand.windowSeconds : 0), rows: demand.rows, precision: precisionOn(demand, hardware),
  }
}

function memoryOf(demand: AudioDemand, hardware: Hardware, windows: number, {checkpointing, runtime}: Pick<Configuration, 'checkpointing' | 'runtime'>): MemoryUse {
  const {accelerator} = hardware
  return isTraining(demand.task)
    ? trainingMemory(demand.model, {windows, seconds: demand.windowSeconds, tokens: demand.steps, checkpointed: checkpointing === 'full'}, accelerator.memoryGib)
    : inferenceMemory(demand.model, runOf(demand, hardware, windows, runtime), accelerator, programOf(runtime ?? 'pytorch', demand.model))
}
const fits = ({neededGib, availableGib}: MemoryUse): boolean => neededGib.p50 <= availableGib

function layoutProblem(demand: AudioDemand, hardware: Hardware): Refusal | undefined {
  const present = presentOn(hardware)
  const taken = takenOn(demand, hardware)
  if (taken > present) return {reason: 'topology', detail: `dp ${taken} on ${present} ${present === 1 ? 'accelerator' : 'accelerators'}`, nearest: `dp ${present}`}
  return isTraining(demand.task) ? unknownLink(hardware, taken) : undefined
}

export function audioConfigurations(demand: AudioDemand, target: Hardware, facts: Facts): readonly Configuration[] {
  const hardware = placeOf(target)
  if (softwareProblem(demand, hardware, facts) !== undefined || layoutProblem(demand, hardware) !== undefined) return []
  const {configuration} = demand
  const precision = precisionOn(demand, hardware)
  const dp = takenOn(demand, hardware)
  return programsFor(demand, hardware, facts).filter(each => each.precisions.includes(precision)).flatMap(({runtime}): Configuration[] => {
    const common = {...configuration, runtime, precision, dp}
    if (isTraining(demand.task)) {
      const sizes = configuration.microBatch === undefined ? MICRO_BATCHES : [configuration.microBatch]
      return (configuration.checkpointing === undefined ? (['none', 'full'] as const) : [configuration.checkpointing]).flatMap(checkpointing => {
        // The largest that fits: smaller ones launch as often for less work.
        const microBatch = sizes.find(each => fits(memoryOf(demand, hardware, each, {checkpointing, runtime})))
        return microBatch === undefined ? [] : [{...common, checkpointing, microBatch, batch: configuration.batch ?? Math.max(TRAINING_BATCH, microBatch * dp)}]
      })
    }
    const sizes = PROGRAMS[runtime]!.batches ? (configuration.batch === undefined ? BATCHES : [configuration.batch]) : [1]
    return sizes.filter(batch => fits(memoryOf(demand, hardware, batch, {runtime}))).map(batch => ({...common, batch}))
  })
}

export function audioRefusal(demand: AudioDemand, target: Hardware, facts: Facts): PerformResult & {feasible: false} {
  const hardware = placeOf(target)
  const problem = softwareProblem(demand, hardware, facts) ?? layoutProblem(demand, hardware)
  if (problem !== undefined) return no(problem)
  const {configuration} = demand
  const asked = isTraining(demand.task) ? configuration.microBatch : configuration.batch
  const least = memoryOf(demand, hardware, asked ?? 1, {...configuration, checkpointing: configuration.checkpointing === 'none' ? 'none' : 'full'})
  return no({
    reason: 'memory', detail: `needs ${formatGib(least.neededGib.p50)} GiB per accelerator, has ${formatGib(least.availableGib)}`, memory: least,
    nearest: asked !== undefined && asked > 1 ? (isTraining(demand.task) ? 'microBatch: 1' : 'batch: 1') : configuration.checkpointing === 'none' ? 'checkpointing: full' : null,
  })
}

/** All windows of the run, in the terms that inference and training share. Seconds are of one accelerator, for its part of the work. */
interface Whole {
  readonly seconds: number
  readonly operators: readonly Operator[]
  readonly load: Load
  readonly checkpointBytes: number
}

function inferenceOf(demand: AudioDemand, hardware: Hardware, configuration: Configuration, facts: Facts): Whole | undefined {
  const {accelerator} = hardware
  const {model, windows} = demand
  const batch = Math.min(configuration.batch ?? 1, Math.max(1, windows))
  const runtime = configuration.runtime ?? 'pytorch'
  const run = runOf(demand, hardware, batch, runtime)
  const program = programOf(runtime, model)
  const time = audioTime(model, accelerator, run, audioFactors(facts, accelerator, program, model))
  if (time === undefined) return undefined
  const heard = run.times ? hearAgainShare(demand.windowSeconds) : batch > 1 && demand.task === 'transcribe' && audioProgram(program).overlaps ? overlapShare(demand.windowSeconds) : 1
  const rounds = (windows * heard) / batch / takenOn(demand, hardware)
  const peak = peakFlops(accelerator, arithmetic(accelerator, run.precision)) ?? Number.NaN
  const part = (seconds: number): number => Math.min(1, seconds / time.seconds)
  const decoderBound = time.decoderFlops / peak > time.decoderBytes / accelerator.memoryBandwidthBytesPerSecond ? 'compute' : 'memory-bandwidth'
  const operators: readonly Operator[] = [
    {name: 'encoder', seconds: time.encoderSeconds, bound: 'compute', flops: time.encoderFlops},
    {name: 'decoder', seconds: time.decoderSeconds, bound: decoderBound, flops: time.decoderFlops, bytes: time.decoderBytes},
    {name: 'launches', seconds: time.launchSeconds, bound: 'overhead'},
    {name: 'sound and text on the host', seconds: time.hostSeconds, bound: 'host'},
  ]
  return {
    seconds: rounds * time.seconds,
    operators: operators.filter(({seconds}) => seconds > 0),
    load: {
      computeShare: part(time.encoderSeconds + (decoderBound === 'compute' ? time.decoderSeconds : 0)), memoryShare: part(time.decoderSeconds), linkShare: 0, hostShare: Math.min(1, HOST_SHARE + part(time.hostSeconds) * (1 - HOST_SHARE)),
      work: {
        activeShare: part(time.encoderSeconds + time.decoderSeconds), flopsShare: Math.min(1, (time.encoderFlops + time.decoderFlops) / peak / time.seconds),
        bytesShare: Math.min(1, time.decoderBytes / accelerator.memoryBandwidthBytesPerSecond / time.seconds), cacheBytesShare: 0, unpackShare: 0,
      },
    },
    checkpointBytes: 0,
  }
}

function trainingOf(demand: AudioDemand, hardware: Hardware, configuration: Configuration): Whole | undefined {
  const {accelerator} = hardware
  const {model, windows, windowSeconds, steps: tokens} = demand
  const dp = takenOn(demand, hardware)
  const {microBatch = 1, batch = TRAINING_BATCH} = configuration
  const rounds = Math.max(1, Math.ceil(batch / dp / microBatch))
  const precision = arithmetic(accelerator, configuration.precision ?? 'bf16')
  const [rate, peak] = [sustainedFlops(accelerator, precision), peakFlops(accelerator, precision)]
  const exchange = allReduceSeconds(hardware, dp, 1, model.parameters * GRADIENT_BYTES)
  if (rate === undefined || peak === undefined || exchange === undefined) return undefined
  const flops = (batch / dp) * taughtFlops(model, windowSeconds, tokens) * (configuration.checkpointing === 'full' ? RECOMPUTED : PASSES)
  const work = (rounds * microBatch * dp) / batch
  const computeSeconds = (flops * work) / (rate * TRAINING_SHARE)
  // The optimizer reads and writes its state; gradients are exchanged behind the last backward pass only in part, so the whole is counted.
  const optimizerBytes = 2 * model.parameters * STATE_BYTES
  const optimizerSeconds = optimizerBytes / accelerator.memoryBandwidthBytesPerSecond
  const seconds = computeSeconds + exchange + optimizerSeconds
  const across = dp > hardware.acceleratorsPerNode ? 'network' : 'link'
  const operators: readonly Operator[] = [
    {name: 'forward and backward', seconds: computeSeconds, bound: 'compute', flops},
    {name: 'gradients', seconds: exchange, bound: across, bytes: model.parameters * GRADIENT_BYTES},
    {name: 'optimizer', seconds: optimizerSeconds, bound: 'memory-bandwidth', bytes: optimizerBytes},
  ]
  return {
    seconds: Math.ceil(windows / batch) * seconds,
    operators: operators.filter(each => each.seconds > 0),
    load: {computeShare: computeSeconds / seconds, memoryShare: optimizerSeconds / seconds, linkShare: exchange / seconds, hostShare: HOST_SHARE},
    checkpointBytes: model.parameters * STATE_BYTES,
  }
}

export function performAudio(demand: AudioDemand, target: Hardware, configuration: Configuration, facts: Facts): PerformResult {
  const hardware = placeOf(target)
  const problem = softwareProblem(demand, hardware, facts) ?? layoutProblem(demand, hardware)
  if (problem !== undefined) return no(problem)
  const training = isTraining(demand.task)
  const {accelerator} = hardware
  const runtime = configuration.runtime ?? programsFor(demand, hardware, facts)[0]!.runtime
  const memory = memoryOf(demand, hardware, (training ? configuration.microBatch : configuration.batch) ?? 1, {...configuration, runtime})
  if (!fits(memory)) return audioRefusal({...demand, configuration}, target, facts)
  const whole = training ? trainingOf(demand, hardware, configuration) : inferenceOf(demand, hardware, {...configuration, runtime}, facts)
  if (whole === undefined) return no({reason: 'link-unknown', detail: 'the speed of a link between the accelerators is not known', nearest: null})
  const {spread, metric, basis} = audioCertainty(facts.calibration, accelerator, demand.model.id, demand.task === 'transcribe' ? programOf(runtime, demand.model) : undefined)
  const rooflineSeconds = lowerBound(demand, hardware)
  const workSeconds = timeWithSpread(whole.seconds, timeSpread(spread), rooflineSeconds)
  const dp = takenOn(demand, hardware)
  return {
    feasible: true,
    performance: {
      configuration: {...configuration, runtime, precision: precisionOn(demand, hardware), dp},
      workSeconds,
      endless: false,
      throughput: {unit: demand.throughputUnit, value: divideBy(demand.workUnits ?? Number.NaN, workSeconds)},
      latency: null,
      memory,
      load: whole.load,
      acceleratorsUsed: Math.min(dp, target.acceleratorsPerNode * target.nodes),
      loadSeconds: START_SECONDS,
      checkpointBytes: whole.checkpointBytes,
      weightBytes: demand.model.parameters * (training ? 2 : weightBytes(precisionOn(demand, hardware))),
      operators: whole.operators,
      bottleneck: longest(whole.operators),
      basis,
      spreadMetrics: [metric],
      rooflineSeconds,
      notes: notesOn(demand, hardware, runtime),
    },
  }
}

function longest(operators: readonly Operator[]): Bottleneck {
  return operators.reduce<Operator | undefined>((most, each) => (most === undefined || each.seconds > most.seconds ? each : most), undefined)?.bound ?? 'compute'
}

function lowerBound(demand: AudioDemand, hardware: Hardware): number {
  const {accelerator} = hardware
  const {model, windows, windowSeconds, steps, rows} = demand
  const precision = precisionOn(demand, hardware)
  const each = isTraining(demand.task)
    ? (PASSES * taughtFlops(model, windowSeconds, steps)) / (peakFlops(accelerator, arithmetic(accelerator, precision)) ?? Number.POSITIVE_INFINITY)
    : audioLowerBoundSeconds(model, accelerator, {seconds: windowSeconds, steps, rows, precision})
  return (each * windows) / takenOn(demand, hardware)
}

function notesOn(demand: AudioDemand, hardware: Hardware, runtime: string): string[] {
  const {task, model, windowSeconds} = demand
  const present = presentOn(hardware)
  const taken = takenOn(demand, hardware)
  return [
    ...(task === 'generate' ? ['No measurement of generated sound: computed only, within a factor of 1.9.'] : []),
    ...(isTraining(task) ? [`No measurement of such training: ${100 * TRAINING_SHARE} % of the sustained rate is assumed, within a factor of 1.9.`] : []),
    ...(task === 'transcribe' && PROGRAMS[runtime]?.batches === true ? [`Windows of ${windowSeconds} s go through side by side${audioProgram(programOf(runtime, model)).overlaps ? ', and a third of each is heard by its neighbours as well' : ''}; a recording that is heard in order, each window after the last, takes a batch of one.`] : []),
    ...(model.note === undefined ? [] : [`${model.id}: ${model.note}.`]),
    ...(taken < present ? [`${present - taken} of ${present} accelerators stay idle.`] : []),
  ]
}

export function audioLowerBound(demand: AudioDemand, target: Hardware, facts: Facts): number {
  const hardware = placeOf(target)
  return softwareProblem(demand, hardware, facts) === undefined ? lowerBound(demand, hardware) : Number.POSITIVE_INFINITY
}

import {matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {Accelerator, MediaModel} from '../../catalog/schema.ts'
import {divideBy, exactly, intervalFromSpread} from '../../performance/interval.ts'
import type {Hardware, Interval, MemoryUse, Performance} from '../../performance/types.ts'
import type {Facts} from '../contract.ts'
import {measuredHardware} from '../llm/measured-place.ts'
import {bitsOf} from './demand.ts'
import {mediaCertainty, mediaFactors, type MediaFactors} from './factors.ts'
import {mediaMemory, offloadedBytes} from './memory.ts'
import {loadOf} from './performance.ts'
import {mediaTime, ulyssesOf, type MediaRun, type Style} from './step.ts'
import type {MediaShape} from './work.ts'

/** A published result of image or clip generation, as a question for the estimator. */
export interface MediaCase {
  readonly model: MediaModel
  readonly shape: MediaShape
  readonly hardware: Hardware
  /** One group of accelerators, and how many work side by side. */
  readonly run: MediaRun
  readonly groups: number
  /** Answered under a limit of time, as requests come. */
  readonly serving: boolean
  /** Weights of the denoiser as they lie in memory; experts and encoders may wait in the host's. */
  readonly storedBits: number
  readonly offload: boolean
  readonly encodersOnHost: boolean
  readonly runtime: string
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const no = (reason: string): Refused => ({status: 'unanswered', reason})

/** Speeds: what is answered, and per what. */
const SPEEDS: ReadonlySet<string> = new Set(['batch_latency_s', 'time_s', 'time_s_per_step', 'samples_per_s', 'queries_per_s', 'latency_ms', 'latency_ms_p90'])
const MEMORY: ReadonlySet<string> = new Set(['memory_gib', 'fits'])
/** A benchmark that says neither how many it makes at a time: enough to fill the accelerator. */
const USUAL_BATCH = 8

/** "480P" and "720P" of the table of a family of models of 16:9 clips; the one with 32 pixels a token cuts 720 to 704. */
const NAMED_SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {'480P': [832, 480], '720P': [1280, 720]}

/** Programs that compile the denoiser, or bring fused kernels of their own; all others launch what the framework has. */
const FUSED = /torch\.compile|TensorRT|shark|TheStage|Neuron|SGL|LightX2V|FastVideo/i
/** What stands behind a name: a size, a list of settings, remarks in brackets. */
const DESCRIBED = / \d+x\d+.*$|,.*$| \(.*$/

/** Reads a setting, or says why it cannot be asked. */
export function readMediaMeasurement(setting: Setting, modality: MediaModel['modality'], facts: Pick<Facts, 'mediaModel'>, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: MediaCase} | Refused {
  const {metric, notes} = setting
  if (!SPEEDS.has(metric) && !MEMORY.has(metric)) return no(`"${metric}" is no rate, time or memory of making images or clips`)
  const accelerator = matchAccelerator(setting.accelerator, accelerators)
  if (accelerator === undefined) return no(`${setting.accelerator} is not in the catalog`)
  const model = facts.mediaModel(setting.model.replace(DESCRIBED, ''))
  if (model.modality !== modality) return no(`${model.id} does not make ${modality === 'image' ? 'images' : 'clips'}`)
  if (notes.stepsElsewhere === true) return no('the number of steps is not stated')
  const shape = shapeOf(setting, model)
  const count = Math.max(1, setting.accelerators ?? 1)
  const nodes = Math.max(1, setting.nodes ?? 1)
  const hardware = measuredHardware({accelerator: setting.accelerator, accelerators: count, nodes, slices: undefined, interconnect: setting.interconnect}, accelerator)
  const sharesAll = setting.cp === undefined && /xDiT/.test(setting.framework)
  const sharing = Math.min(count, setting.cp ?? (sharesAll ? count : 1))
  const sharded = /FSDP/.test(setting.framework)
  const precision = precisionOf(setting, accelerator)
  const encodersOnHost = notes.offloadedEncoders === true && count === 1 && accelerator.memoryGib < SMALL_GIB
  const offload = encodersOnHost || (notes.offloadedExperts === true && !sharded && model.coreCopies > 1)
  const storedBits = sharded ? CHECKPOINT_BITS : bitsOf(precision)
  const style: Style = FUSED.test(setting.framework) ? 'fused' : 'eager'
  return {
    status: 'case',
    case: {
      model, shape, hardware, groups: Math.max(1, Math.floor(count / sharing)), serving: setting.phase === 'server', storedBits, offload, encodersOnHost, runtime: style === 'fused' ? 'tensorrt-llm' : sharing > 1 ? 'xdit' : 'diffusers',
      run: {
        batch: setting.phase === 'singlestream' ? 1 : setting.microBatch ?? (/^(?:samples|queries)/.test(metric) ? USUAL_BATCH : 1), sharing, ulysses: notes.ulysses === undefined || sharing % notes.ulysses !== 0 ? ulyssesOf(model, sharing) : notes.ulysses,
        shardedWeights: sharded && sharing > 1, passesTogether: modality === 'image', precision, style, kernels: style === 'fused' && !/torch\.compile|FastVideo/.test(setting.framework) || (notes.hopperAttention === true && accelerator.architecture === 'hopper') ? 'native' : 'stock', offloadedBytes: offload && !encodersOnHost ? offloadedBytes(model, storedBits) : 0, slotBytesPerSecond: pcieX16BytesPerSecond(accelerator.pcieGeneration),
      },
    },
  }
}

/** Checkpoints that are laid in parts keep the 32 bits that they come with (Wan's, by their size). */
const CHECKPOINT_BITS = 32
/** A card that such a note is about. */
const SMALL_GIB = 32

function shapeOf({model: name, dataset, framework}: Setting, model: MediaModel): MediaShape {
  const text = `${name}, ${dataset}`
  const size = /(\d{2,5})x(\d{2,5})/.exec(text)
  const named = /\b(\d{3,4}P)\b/.exec(text)?.[1]
  const frames = Number(/(\d+) frames/.exec(text)?.[1] ?? model.frames)
  const steps = Number(/(\d+) steps/.exec(text)?.[1] ?? model.steps)
  const [width, height] = size === null ? (NAMED_SIZES[named ?? ''] ?? [model.width, model.height]) : [Number(size[1]), Number(size[2])]
  const token = model.latentScale * model.patch
  return {width: Math.floor(width / token) * token, height: Math.floor(height / token) * token, frames: model.modality === 'image' ? 1 : frames, steps, guidancePasses: /no-CFG/.test(framework) ? 1 : model.guidancePasses}
}

/** MLPerf's entries that name no format run the denoiser in 8 bits where the part has them, as those that name it do. */
function precisionOf({precision, framework}: Setting, accelerator: Accelerator): string {
  if (/fp8/i.test(precision) || /fp8/.test(framework)) return 'fp8'
  if (precision === '' && /TensorRT/.test(framework)) return accelerator.peakFlops.fp8 === undefined ? 'fp16' : 'fp8'
  return /fp16/i.test(precision) ? 'fp16' : 'bf16'
}

const memoryOf = ({model, shape, hardware, run, storedBits, offload, encodersOnHost}: MediaCase): MemoryUse =>
  mediaMemory(model, shape, {sequences: run.batch * (run.passesTogether ? shape.guidancePasses : 1), sharing: run.sharing, shardedWeights: run.shardedWeights, offload, encodersOnHost, weightBits: storedBits}, hardware.accelerator.memoryGib)

/** Images or clips per second of all groups. `undefined` = a rate or a link is not known. */
export function measuredRate({model, shape, hardware, run, groups, serving}: MediaCase, factors: MediaFactors): number | undefined {
  const time = mediaTime(model, shape, hardware, run, factors)
  return time === undefined ? undefined : ((run.batch * groups) / time.seconds) * (serving ? factors.serving : 1)
}

/** How a rate reads in the metric of a row: a rate, or the seconds of one batch or one step. */
export function inMetric({metric}: Setting, {run, shape}: MediaCase, rate: Interval, stepShare: number): Interval {
  switch (metric) {
    case 'samples_per_s': case 'queries_per_s': return rate
    case 'latency_ms': case 'latency_ms_p90': return divideBy(1000 * run.batch, rate)
    case 'time_s_per_step': return divideBy((run.batch * stepShare) / shape.steps, rate)
    default: return divideBy(run.batch, rate)
  }
}

/** The estimator's answer to the setting of a published result. */
export function predictMedia(setting: Setting, kind: string, modality: MediaModel['modality'], facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readMediaMeasurement(setting, modality, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const {hardware: {accelerator}, model, shape, run} = found
  const {distance, spread} = mediaCertainty(facts.calibration, kind, accelerator, model.id, run.sharing)
  const about = {distance, model: model.id, acceleratorId: accelerator.id} as const
  if (MEMORY.has(setting.metric)) {
    const {neededGib, availableGib} = memoryOf(found)
    if (setting.metric === 'fits') return {status: 'answered', interval: exactly(neededGib.p50 <= availableGib ? 1 : 0), ...about}
    return {status: 'answered', interval: intervalFromSpread(neededGib.p50, facts.calibration.spread(kind, 'memory', distance)), ...about}
  }
  const factors = mediaFactors(facts, kind, accelerator, found.runtime)
  const rate = measuredRate(found, factors)
  const time = mediaTime(model, shape, found.hardware, run, factors)
  if (rate === undefined || time === undefined) return no('a rate or a link of this hardware is not known')
  const stepShare = (time.stepSeconds * shape.steps) / time.seconds
  return {status: 'answered', interval: inMetric(setting, found, intervalFromSpread(rate, spread), stepShare), ...about}
}

/** What runs in a row of watts or joules, and how fast. */
export function measuredMedia(setting: Setting, kind: string, modality: MediaModel['modality'], facts: Facts, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: MediaCase; readonly performance: Performance} | Refused {
  const reading = readMediaMeasurement({...setting, metric: 'batch_latency_s'}, modality, facts, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const {hardware: {accelerator}, model, run, groups} = found
  const time = mediaTime(model, found.shape, found.hardware, run, mediaFactors(facts, kind, accelerator, found.runtime))
  if (time === undefined) return no('a rate or a link of this hardware is not known')
  const {spread, metric} = mediaCertainty(facts.calibration, kind, accelerator, model.id, run.sharing)
  const rate = intervalFromSpread((run.batch * groups) / time.seconds, spread)
  return {
    status: 'case', case: found,
    performance: {
      configuration: {}, workSeconds: divideBy(run.batch, rate), endless: false, throughput: {unit: modality === 'image' ? 'images/s' : 'clips/s', value: rate}, latency: null, memory: memoryOf(found),
      load: loadOf(time, accelerator, run.precision), acceleratorsUsed: run.sharing * groups, loadSeconds: 0, checkpointBytes: 0, operators: [], bottleneck: 'compute', basis: 'computed', spreadMetrics: [metric], rooflineSeconds: 0, notes: [],
    },
  }
}

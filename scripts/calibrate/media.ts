/** Fits the factors that `image-generation` and `video-generation` share to data/measured/media.csv and media-mlperf.csv: `node scripts/calibrate/media.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf, type Setting} from '../../src/accuracy/setting.ts'
import {readUnit} from '../../src/accuracy/units.ts'
import type {Prediction} from '../../src/accuracy/score.ts'
import type {Accelerator, MediaModel} from '../../src/catalog/schema.ts'
import {divideBy, exactly} from '../../src/performance/interval.ts'
import {RigorError} from '../../src/errors.ts'
import type {Facts} from '../../src/workload/contract.ts'
import {imageGeneration} from '../../src/workload/image-generation/index.ts'
import {MEDIA_QUANTITIES, scopesOf, spreadMetric, type MediaFactors, type MediaQuantity} from '../../src/workload/media/factors.ts'
import {inMetric, measuredRate, predictMedia, readMediaMeasurement, type MediaCase} from '../../src/workload/media/measured.ts'
import {mediaTime} from '../../src/workload/media/step.ts'
import {videoGeneration} from '../../src/workload/video-generation/index.ts'
import {log, measurements} from './fit.ts'
import type {Scope} from './hierarchy.ts'
import {calibrateRates, type RateQuantity, type RateSample, type Residual} from './rates.ts'

interface Sample extends RateSample {
  readonly found: MediaCase
  readonly streamShare: number
}

/** How far a part may stray from what it lies in, in ln: all, then a vendor and each family within it. Empty = plays no part. */
const TAUS: Readonly<Record<Exclude<MediaQuantity, 'speed'>, readonly number[]>> = {
  'matmul': [0.3, 0.1, 0.15],
  'tuned-matmul': [0.1, 0.05, 0.1],
  'attention': [0.3, 0.1, 0.15],
  'eight-bit': [0.4, 0.2, 0.2],
  'traffic': [0.7, 0.1, 0.2],
  'fusion': [0.6],
  'launch-seconds': [0.7],
  'parallel-launch-seconds': [0.8],
  'link': [0.5, 0.1, 0.2],
  'head-norm-row': [0.5],
  'decoder': [0.7],
  'clip-decoder': [0.7],
  'batch-seconds': [0.8],
  'serving': [0.05],
}
const SPEED_TAU = 0.2
const HIGHEST: Partial<Record<MediaQuantity, number>> = {'matmul': 1, 'tuned-matmul': 1, 'attention': 1.35, 'eight-bit': 1, 'fusion': 1, 'link': 1, 'decoder': 1, 'clip-decoder': 1, 'serving': 1}

/** Which quantities a sample can tell of. */
function concerns(name: MediaQuantity, {model, run, serving}: MediaCase): boolean {
  switch (name) {
    case 'eight-bit': return run.precision === 'fp8' || run.precision === 'int8'
    case 'matmul': return run.style === 'eager'
    case 'tuned-matmul': case 'fusion': return run.style === 'fused'
    case 'parallel-launch-seconds': case 'link': return run.sharing > 1
    case 'serving': return serving
    case 'head-norm-row': return model.qkNorm === 'head'
    case 'decoder': return model.modality === 'image'
    case 'clip-decoder': return model.modality === 'video'
    default: return true
  }
}

const names = Object.keys(MEDIA_QUANTITIES) as MediaQuantity[]
function scopesFor(name: MediaQuantity, {found, accelerator}: Sample): readonly Scope[] {
  if (name === 'speed') return [{key: accelerator.id, tau: SPEED_TAU}]
  if (!concerns(name, found)) return []
  const taus = TAUS[name]
  return scopesOf(accelerator).toReversed().slice(0, taus.length).map((key, index) => ({key, tau: taus[index] ?? 0}))
}
const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({
  name,
  start: MEDIA_QUANTITIES[name],
  ...(HIGHEST[name] === undefined ? {} : {highest: HIGHEST[name]}),
  scopes: sample => scopesFor(name, sample),
}))

const KINDS: Readonly<Record<string, {readonly kind: string; readonly modality: MediaModel['modality']}>> = {
  image_generation: {kind: imageGeneration.id, modality: 'image'},
  video_generation: {kind: videoGeneration.id, modality: 'video'},
}
const SPEED = /^(?:batch_latency_s|time_s|time_s_per_step|samples_per_s|queries_per_s)$/
const isRate = (metric: string): boolean => metric.endsWith('_per_s')

/** What a figure would be as a rate in its own unit: batches, clips or steps per second. */
const asRate = (setting: Setting, prediction: Prediction): Prediction =>
  prediction.status === 'answered' && !isRate(setting.metric) ? {...prediction, interval: divideBy(1, prediction.interval)} : prediction

function factorsOf({streamShare}: Sample, values: readonly number[]): MediaFactors {
  return {...Object.fromEntries(names.map((name, index) => [name, values[index]])), streamShare} as MediaFactors
}

function rateOf(sample: Sample, values: readonly number[]): number | undefined {
  const {setting, found} = sample
  const factors = factorsOf(sample, values)
  const rate = measuredRate(found, factors)
  const time = mediaTime(found.model, found.shape, found.hardware, found.run, factors)
  if (rate === undefined || time === undefined) return undefined
  const {p50} = inMetric(setting, found, exactly(rate), (time.stepSeconds * found.shape.steps) / time.seconds)
  return isRate(setting.metric) ? p50 : 1 / p50
}

const predict = (setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction => {
  const {kind, modality} = KINDS[setting.kind]!
  return asRate(setting, predictMedia(setting, kind, modality, facts, accelerators))
}

await calibrateRates<Sample>({
  kinds: [imageGeneration.id, videoGeneration.id],
  script: 'media.ts',
  quantities,
  samples: (accelerators, facts) => ['media', 'media-mlperf'].flatMap(measurements).flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const known = KINDS[setting.kind]
    const {value, source, id} = measurement
    if (known === undefined || !SPEED.test(setting.metric) || value === undefined || !(value > 0)) return []
    const reading = read(setting, known.modality, facts, accelerators.filter(each => each.partialSheet !== true))
    if (reading?.status !== 'case') return []
    const {case: found} = reading
    const {accelerator} = found.hardware
    return [{setting, measured: isRate(setting.metric) ? value : 1 / value, source, run: id.split('--')[0] ?? id, accelerator, model: found.model.id, metric: spreadMetric(found.run.sharing), found, streamShare: facts.streamShare(accelerator)}]
  }),
  rate: rateOf,
  predict,
  computed: [{metric: 'memory', residuals: (accelerators, facts) => measurements('media').flatMap((measurement): Residual[] => {
    const setting = settingOf(measurement)
    const known = KINDS[setting.kind]
    if (known === undefined || setting.metric !== 'memory_gib' || measurement.value === undefined) return []
    const unit = readUnit(setting.metric, setting.unit)
    const answer = 'problem' in unit ? undefined : predictMedia(setting, known.kind, known.modality, facts, accelerators.filter(each => each.partialSheet !== true))
    return answer?.status === 'answered' && !('problem' in unit) ? [{log: Math.log((measurement.value * unit.perUnit) / answer.interval.p50), source: measurement.source}] : []
  })}],
})

/** A model that the catalog lacks is none to learn from. */
function read(setting: Setting, modality: MediaModel['modality'], facts: Facts, accelerators: readonly Accelerator[]): ReturnType<typeof readMediaMeasurement> | undefined {
  try {
    return readMediaMeasurement(setting, modality, facts, accelerators)
  } catch (error) {
    if (!(error instanceof RigorError) || error.code !== 'UNKNOWN_MODEL') throw error
    log(`left out: ${error.message}`)
    return undefined
  }
}

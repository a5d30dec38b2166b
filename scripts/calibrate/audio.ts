/** Fits the factors of `audio` to data/measured/audio.csv: `node scripts/calibrate/audio.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {AUDIO, AUDIO_QUANTITIES, factorsOf, PROCESSORS, scopesOf, spreadMetricOf, type AudioQuantity} from '../../src/workload/audio/factors.ts'
import {isRate, measuredFigure, predictMeasurement, readAudioMeasurement, type AudioCase} from '../../src/workload/audio/measured.ts'
import {codeOf} from '../../src/workload/audio/programs.ts'
import {measurements} from './fit.ts'
import {calibrateRates, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: AudioCase
  readonly streamShare: number
}

/** How far a part may stray from what it lies in, in ln: all, then a family or a program, then both together. */
const TAUS: Readonly<Record<AudioQuantity, readonly number[]>> = {
  'speed': [0.3],
  'matmul': [0.6, 0.2, 0.4, 0.2],
  'stream': [0.3, 0.2, 0.2, 0.2],
  'row-share': [0.5, 0.5],
  'score-passes': [0.4, 0.3, 0.3],
  'layer-values': [0.5, 0.4],
  'kernel-seconds': [0.5, 0.5, 0.3, 0.3],
  'step-seconds': [0.7, 0.7],
  'window-seconds': [0.7, 0.7],
}
/** Processors are another matter altogether, and so is on them what was tuned for their vectors and what was not. */
const PROCESSORS_TAU = 2
const CODE_ON_PROCESSORS_TAU = 0.8
const HIGHEST: Partial<Record<AudioQuantity, number>> = {'matmul': 1.2, 'stream': 1.2}

const names = Object.keys(AUDIO_QUANTITIES) as AudioQuantity[]
const partsOnly = (metric: string): boolean => metric === 'encoder_ms' || metric === 'decoder_ms'

/** Which quantities a sample can tell of. */
function concerns(name: AudioQuantity, {setting: {metric}, found: {run}}: Sample): boolean {
  if (name === 'stream') return metric !== 'encoder_ms'
  if (name === 'row-share') return run.rows > 1
  if (name === 'score-passes') return metric !== 'decoder_ms' && !run.flash
  if (name === 'layer-values') return metric !== 'decoder_ms'
  return (name !== 'window-seconds' && name !== 'step-seconds') || !partsOnly(metric)
}

const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({
  name,
  start: AUDIO_QUANTITIES[name],
  ...(HIGHEST[name] === undefined ? {} : {highest: HIGHEST[name]}),
  scopes: sample => {
    if (!concerns(name, sample)) return []
    const keys = scopesOf(name, sample.accelerator, codeOf(sample.found.program, sample.found.model)).toReversed()
    return keys.map((key, index) => ({key, tau: key === PROCESSORS ? PROCESSORS_TAU : name === 'matmul' && key.startsWith(PROCESSORS) ? CODE_ON_PROCESSORS_TAU : (TAUS[name][index] ?? TAUS[name].at(-1) ?? 0)}))
  },
}))

await calibrateRates<Sample>({
  kinds: [AUDIO],
  script: 'audio.ts',
  quantities,
  samples: (accelerators, facts) => [...measurements('audio'), ...measurements('audio-mlperf')].flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readAudioMeasurement(setting, facts, accelerators)
    const {value, source, id} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0) || setting.metric === 'memory_gib') return []
    const {case: found} = reading
    return [{setting, measured: value, source, run: id.split('--')[0] ?? id, accelerator: found.accelerator, model: found.model.id, metric: spreadMetricOf(found.program, found.accelerator), isTime: !isRate(setting.metric), found, streamShare: facts.streamShare(found.accelerator)}]
  }),
  rate: ({setting: {metric}, found, streamShare}, values) => measuredFigure(metric, found, factorsOf(name => values[names.indexOf(name)]!, found.program, streamShare)),
  predict: predictMeasurement,
})

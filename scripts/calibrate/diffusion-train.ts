/** Fits the one factor of `diffusion-train` to data/measured/diffusion-training.csv: `node scripts/calibrate/diffusion-train.ts [--check] [--fast] [--rows]`. After media.ts, on whose factors it rests. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {intervalFromSpread} from '../../src/performance/interval.ts'
import type {Configuration} from '../../src/performance/types.ts'
import type {MediaFactors} from '../../src/workload/media/factors.ts'
import {DIFFUSION_TRAIN, DIFFUSION_TRAIN_QUANTITIES, speedScopes, trainSpeed} from '../../src/workload/diffusion-train/factors.ts'
import {measuredModel, measuredPerformance, readDiffusionTraining, type DiffusionTrainCase} from '../../src/workload/diffusion-train/measured.ts'
import {layoutOf, RATE_SPREAD, trainFactors} from '../../src/workload/diffusion-train/performance.ts'
import {trainTime} from '../../src/workload/diffusion-train/step.ts'
import {measurements} from './fit.ts'
import {calibrateRates, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: DiffusionTrainCase
  readonly configuration: Configuration
  readonly media: MediaFactors
}

/** How far the speed may stray, in ln: all, a family, one accelerator within it. */
const TAUS = [0.2, 0.15, 0.1]

await calibrateRates<Sample>({
  kinds: [DIFFUSION_TRAIN],
  script: 'diffusion-train.ts',
  quantities: [{name: 'speed', start: DIFFUSION_TRAIN_QUANTITIES.speed, scopes: ({accelerator}) => speedScopes(accelerator).map((key, index) => ({key, tau: TAUS[index]!}))}],
  samples: (accelerators, facts) => measurements('diffusion-training').flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readDiffusionTraining(setting, facts, accelerators)
    const {value, source, id} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0)) return []
    const {case: found} = reading
    const configuration = measuredPerformance(found, facts)?.configuration
    if (configuration === undefined) return []
    const {demand, hardware: {accelerator}} = found
    return [{setting, measured: value, source, run: id, accelerator, model: measuredModel(demand), metric: RATE_SPREAD, found, configuration, media: trainFactors(demand, accelerator, facts)}]
  }),
  rate: (sample, [speed = DIFFUSION_TRAIN_QUANTITIES.speed]) => rateAt(sample, speed),
  // The calibration at hand has this kind's factors alone: those of generation are the sample's.
  predict: (_setting, {calibration}, _accelerators, sample) => {
    const {accelerator, model} = sample
    const rate = rateAt(sample, trainSpeed(calibration, accelerator))
    if (rate === undefined) return {status: 'unanswered', reason: 'a link is not known'}
    const distance = calibration.distance(DIFFUSION_TRAIN, accelerator, model)
    return {status: 'answered', interval: intervalFromSpread(rate, calibration.spread(DIFFUSION_TRAIN, RATE_SPREAD, distance)), distance, model, acceleratorId: accelerator.id}
  },
})

function rateAt({found: {demand, hardware}, configuration, media}: Sample, speed: number): number | undefined {
  const layout = layoutOf(demand, hardware, configuration)
  const time = trainTime(demand, hardware, layout, media, speed)
  return time === undefined ? undefined : (layout.rounds * layout.microBatch * layout.accelerators) / time.seconds
}

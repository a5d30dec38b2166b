/** Fits the factors of `data-analytics` to data/measured/analytics.csv: `node scripts/calibrate/data-analytics.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {ANALYTICS, ANALYTICS_QUANTITIES, isOfHardware, scopesOf, spreadMetric, type AnalyticsFactors, type AnalyticsQuantity} from '../../src/workload/data-analytics/factors.ts'
import {measuredSeconds, predictMeasurement, readAnalyticsMeasurement, type AnalyticsCase} from '../../src/workload/data-analytics/measured.ts'
import {measurements} from './fit.ts'
import type {Scope} from './hierarchy.ts'
import {calibrateRates, runtimeKey, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: AnalyticsCase
  readonly streamShare: number
}

/** How far the value of all engines may stray from the start, and that of one engine from it, in ln. */
const TAUS: Readonly<Record<Exclude<AnalyticsQuantity, 'speed'>, readonly [all: number, engine: number]>> = {
  'core-rate': [3, 2],
  'parquet-work': [1, 1],
  'serial-share': [2, 1.4],
  'parquet-serial': [1, 1.4],
  'query-overhead-seconds': [2, 3],
  'coordination-seconds': [3, 3],
  'storage-read': [1.4, 1.4],
  'spill': [2, 3],
  'accelerator-rate': [0.7, 0.7],
}
/** The same of a maker's processors and of one sort of them. */
const SPEED_TAUS = [0.3, 0.2]

/** Which quantities a sample can tell of. */
function concerns(name: AnalyticsQuantity, {device, work}: AnalyticsCase): boolean {
  const onProcessors = device.formFactor === 'cpu'
  if (name === 'accelerator-rate') return !onProcessors
  if (name === 'query-overhead-seconds') return true
  if (name.startsWith('parquet-')) return work.format === 'parquet'
  return onProcessors
}

const names = Object.keys(ANALYTICS_QUANTITIES) as AnalyticsQuantity[]
function scopesFor(name: AnalyticsQuantity, {found, accelerator}: Sample): readonly Scope[] {
  if (!concerns(name, found)) return []
  if (isOfHardware(name)) return scopesOf(accelerator).toReversed().slice(1).map((key, index) => ({key, tau: SPEED_TAUS[index] ?? 0}))
  const [all, engine] = TAUS[name as Exclude<AnalyticsQuantity, 'speed'>]
  return [{key: '*', tau: all}, {key: runtimeKey(found.engine), tau: engine}]
}
const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({name, start: ANALYTICS_QUANTITIES[name], scopes: sample => scopesFor(name, sample)}))

await calibrateRates<Sample>({
  kinds: [ANALYTICS],
  script: 'data-analytics.ts',
  quantities,
  samples: (accelerators, {streamShare}) => measurements('analytics').flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readAnalyticsMeasurement(setting, accelerators)
    const {value, source, id} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0)) return []
    const {case: found} = reading
    const {device, work, engine} = found
    return [{setting, measured: value, source, run: id, program: engine, accelerator: device, model: found.model, metric: spreadMetric(device, work.cold), found, streamShare: streamShare(device)}]
  }),
  rate: ({found, streamShare}, values) => measuredSeconds(found, {...Object.fromEntries(names.map((name, index) => [name, values[index]])), streamShare} as AnalyticsFactors),
  predict: predictMeasurement,
})

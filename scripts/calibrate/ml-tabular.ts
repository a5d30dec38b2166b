/** Fits the factors of `ml-tabular` to data/measured/ml-tabular.csv: `node scripts/calibrate/ml-tabular.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {isOfHardware, scopesOf, spreadMetric, TABULAR, TABULAR_QUANTITIES, type TabularFactors, type TabularQuantity} from '../../src/workload/ml-tabular/factors.ts'
import {measuredSeconds, predictMeasurement, readTabularMeasurement, type TabularCase} from '../../src/workload/ml-tabular/measured.ts'
import {measurements} from './fit.ts'
import type {Scope} from './hierarchy.ts'
import {calibrateRates, runtimeKey, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: TabularCase
  readonly streamShare: number
}

/** How far the value of all programs may stray from the start, and that of one program from it, in ln. */
const TAUS: Readonly<Record<Exclude<TabularQuantity, 'speed' | 'gain-of-a-year'>, readonly [all: number, engine: number]>> = {
  'core-rate': [1.5, 1],
  'row-cost': [1, 1],
  'gather-bytes': [1, 1],
  'serial-share': [1, 1],
  'coordination-seconds': [2, 2],
  'tree-overhead-seconds': [1, 1],
  'accelerator-rate': [1.5, 1.5],
  'launch-seconds': [1.5, 1.5],
}
/** The same of a family and of one sort of hardware in it. */
const GAIN_TAU = 0.1
const SPEED_TAUS = [0.2, 0.4, 0.4]

/** Which quantities a sample can tell of. */
function concerns(name: TabularQuantity, {device, cores}: TabularCase): boolean {
  const onProcessors = device.formFactor === 'cpu'
  if (name === 'accelerator-rate' || name === 'launch-seconds') return !onProcessors
  if (name === 'core-rate' || name === 'gather-bytes' || name === 'gain-of-a-year') return onProcessors
  if (name === 'coordination-seconds') return onProcessors
  if (name === 'serial-share') return onProcessors && cores !== 1
  return true
}

const names = Object.keys(TABULAR_QUANTITIES) as TabularQuantity[]
function scopesFor(name: TabularQuantity, {found, accelerator}: Sample): readonly Scope[] {
  if (!concerns(name, found)) return []
  if (isOfHardware(name)) return scopesOf(accelerator).toReversed().slice(1).map((key, index) => ({key, tau: SPEED_TAUS[index] ?? 0}))
  if (name === 'gain-of-a-year') return [{key: '*', tau: GAIN_TAU}]
  const [all, engine] = TAUS[name as Exclude<TabularQuantity, 'speed' | 'gain-of-a-year'>]
  return [{key: '*', tau: all}, {key: runtimeKey(found.engine), tau: engine}]
}
const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({name, start: TABULAR_QUANTITIES[name], scopes: sample => scopesFor(name, sample)}))

await calibrateRates<Sample>({
  kinds: [TABULAR],
  script: 'ml-tabular.ts',
  quantities,
  samples: (accelerators, {streamShare}) => measurements('ml-tabular').flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readTabularMeasurement(setting, accelerators)
    const {value, source, id} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0)) return []
    const {case: found} = reading
    const {device, engine, model} = found
    return [{setting, measured: value, source, run: id, program: engine, accelerator: device, model, metric: spreadMetric(device), found, streamShare: streamShare(device)}]
  }),
  rate: ({found, streamShare}, values) => measuredSeconds(found, {...Object.fromEntries(names.map((name, index) => [name, values[index]])), streamShare} as TabularFactors),
  predict: predictMeasurement,
})

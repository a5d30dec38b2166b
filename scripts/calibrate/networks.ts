/** Fits the factors of networks that see or read to data/measured: `node scripts/calibrate/networks.ts [--check] [--fast] [--rows]`. See rates.ts. */
import type {Measurement} from '../../src/catalog/parse/measured.ts'
import type {NetworkModel} from '../../src/catalog/snapshot.ts'
import {settingOf} from '../../src/accuracy/setting.ts'
import {readUnit} from '../../src/accuracy/units.ts'
import {NETWORK_QUANTITIES, NETWORK_QUANTITY_NAMES, NETWORKS, scopesOf, spreadMetric, type NetworkFactors, type NetworkQuantity} from '../../src/workload/networks/factors.ts'
import {measuredValue, predictNetworks, readNetworkMeasurement, type NetworkCase} from '../../src/workload/networks/measured.ts'
import {sortOf} from '../../src/workload/networks/shape.ts'
import {measurements} from './fit.ts'
import {calibrateRates, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly kind: string
  readonly training: boolean
  readonly found: NetworkCase
  readonly streamShare: number
}

/** `kind` column → kind of work. */
const KINDS: Readonly<Record<string, {readonly kind: string; readonly training: boolean}>> = {
  cv_training: {kind: 'vision-train', training: true}, cv_inference: {kind: 'vision-inference', training: false},
  nlp_training: {kind: 'nlp-train', training: true}, nlp_inference: {kind: 'nlp-inference', training: false},
}

/** How far a part may stray from what it lies in, in ln, outermost first. */
const TAUS: Readonly<Record<NetworkQuantity, readonly number[]>> = {
  'speed': [0.15, 0.1, 0.08],
  'cache': [0.2, 0.15],
  'watts-per-tflops': [0.7, 0.3],
  'power-exponent': [0.6],
  'compute': [0.5, 0.4, 0.4, 0.2, 0.25],
  'family': [0.5, 0.2],
  'network': [0.25],
  'matching-seconds': [0.7, 0.8],
  'traffic': [0.5, 0.4, 0.3],
  'fusion': [0.5, 0.3, 0.6],
  'reordering': [0.4],
  'backward': [0.2, 0.15],
  'backward-traffic': [0.2, 0.15],
  'kernel-seconds': [0.5, 1, 0.4],
  'program': [0.3, 0.25, 0.2],
  'link': [0.5],
  'straggling': [0.7, 0.5, 0.5],
}
/** Networks of convolutions stray farther: libraries have another kernel for each shape of them. */
const TAU_OF_CONVOLUTIONS = 0.4
const tauOf = (name: NetworkQuantity, index: number, model: NetworkModel): number => (name === 'network' && sortOf(model) === 'convolutions' ? TAU_OF_CONVOLUTIONS : (TAUS[name][index] ?? TAUS[name].at(-1)!))
const HIGHEST: Partial<Record<NetworkQuantity, number>> = {'compute': 1, 'fusion': 1, 'link': 1}

const quantities: readonly RateQuantity<Sample>[] = NETWORK_QUANTITY_NAMES.map(name => ({
  name,
  start: NETWORK_QUANTITIES[name],
  ...(HIGHEST[name] === undefined ? {} : {highest: HIGHEST[name]}),
  scopes: ({found: {setting, hardware}}) => scopesOf(name, {...setting, accelerator: hardware.accelerator}).map((key, index) => ({key, tau: tauOf(name, index, setting.model)})),
}))

function sampleOf(measurement: Measurement, accelerators: Parameters<typeof readNetworkMeasurement>[1], facts: Parameters<Parameters<typeof calibrateRates<Sample>>[0]['samples']>[1]): Sample[] {
  const found = KINDS[measurement.kind]
  if (found === undefined) return []
  const setting = settingOf(measurement)
  const reading = readNetworkMeasurement(setting, accelerators, found.training, facts.network)
  const {value, source, id} = measurement
  const unit = readUnit(setting.metric, setting.unit)
  if (reading.status !== 'case' || value === undefined || !(value > 0) || !('perUnit' in unit)) return []
  const {case: asked} = reading
  const {hardware: {accelerator}, setting: {model, parts}} = asked
  return [{setting, measured: value * unit.perUnit, source, run: id.split('--')[0] ?? id, accelerator, model: model.id, metric: spreadMetric(parts, accelerator), ...found, found: asked, streamShare: facts.streamShare(accelerator)}]
}

/** Values of the quantities in their order, as factors: one object, as it is filled millions of times. */
const factors: Record<string, number> = {...NETWORK_QUANTITIES, streamShare: 1}
function factorsOf(values: readonly number[], streamShare: number): NetworkFactors {
  for (const [index, name] of NETWORK_QUANTITY_NAMES.entries()) factors[name] = values[index]!
  factors['streamShare'] = streamShare
  return factors as NetworkFactors
}

await calibrateRates<Sample>({
  kinds: Object.values(KINDS).map(({kind}) => kind),
  sharedName: NETWORKS,
  script: 'networks.ts',
  // A few tables of many networks would else decide for all.
  sourceBalance: 0.6,
  quantities,
  samples: (accelerators, facts) => ['networks-training', 'networks-inference', 'mlperf'].flatMap(file => measurements(file)).flatMap(measurement => sampleOf(measurement, accelerators, facts)),
  rate: ({found, streamShare}, values) => measuredValue(found, factorsOf(values, streamShare)),
  predict: (setting, facts, accelerators, {kind, training}) => predictNetworks(kind, training)(setting, facts, accelerators),
})

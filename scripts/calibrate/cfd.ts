/** Fits the factors of `cfd` to data/measured/cfd.csv: `node scripts/calibrate/cfd.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {CFD, CFD_QUANTITIES, scopesOf, spreadMetric, type CfdFactors, type CfdQuantity} from '../../src/workload/cfd/factors.ts'
import {measuredRate, predictMeasurement, readCfdMeasurement, type CfdCase} from '../../src/workload/cfd/measured.ts'
import {measurements} from './fit.ts'
import type {Scope} from './hierarchy.ts'
import {calibrateRates, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: CfdCase
  readonly streamShare: number
}

/** How far a part may stray from what it lies in, in ln: all, then a vendor and each family within a family. */
const TAUS: Readonly<Record<Exclude<CfdQuantity, 'speed'>, readonly number[]>> = {
  'memory-bandwidth': [0.3, 0.2, 0.4, 0.3],
  'compute': [0.5, 0.5, 0.8, 0.4],
  'packing-fp16s': [0.5, 0.3, 0.4, 0.2],
  'packing-fp16c': [0.5, 0.3, 0.4, 0.2],
  'host-exchange': [1, 0.3, 0.3, 0.2],
  'step-overhead-seconds': [],
}
/** The same of one accelerator in its family. Processors differ more: channels that are filled, and two sorts of compilers. */
const SPEED_TAU = {accelerator: 0.25, processor: 0.6}
const HIGHEST: Partial<Record<CfdQuantity, number>> = {'memory-bandwidth': 1.4, 'compute': 1, 'host-exchange': 1}

/** Which quantities a sample can tell of. */
function concerns(name: CfdQuantity, {work: {storage}, parts}: CfdCase): boolean {
  if (name === 'host-exchange') return parts > 1
  return name.startsWith('packing-') ? name === `packing-${storage}` : true
}

const names = Object.keys(CFD_QUANTITIES) as CfdQuantity[]
function scopesFor(name: CfdQuantity, {found, accelerator}: Sample): readonly Scope[] {
  if (name === 'speed') return [{key: accelerator.id, tau: accelerator.formFactor === 'cpu' ? SPEED_TAU.processor : SPEED_TAU.accelerator}]
  const taus = TAUS[name]
  if (taus.length === 0 || !concerns(name, found)) return []
  const keys = scopesOf(accelerator).toReversed()
  return keys.map((key, index) => ({key, tau: taus[index] ?? taus.at(-1) ?? 0}))
}
const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({
  name,
  start: CFD_QUANTITIES[name],
  ...(HIGHEST[name] === undefined ? {} : {highest: HIGHEST[name]}),
  scopes: sample => scopesFor(name, sample),
}))

const rateOf = ({found, streamShare}: Sample, values: readonly number[]): number => {
  const factors = {...Object.fromEntries(names.map((name, index) => [name, values[index]])), streamShare} as CfdFactors
  return measuredRate(found, () => factors).mlups
}

await calibrateRates<Sample>({
  kinds: [CFD],
  script: 'cfd.ts',
  quantities,
  samples: (accelerators, {streamShare}) => measurements('cfd').flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readCfdMeasurement(setting, accelerators)
    const {value, source, id} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0)) return []
    const {case: found} = reading
    // Unlike accelerators: the slowest is the one that the result tells of.
    const {accelerator} = measuredRate(found, each => ({...CFD_QUANTITIES, streamShare: streamShare(each)}))
    return [{setting, measured: value, source, run: id.split('--')[0] ?? id, accelerator, model: found.model, metric: spreadMetric(found.parts, accelerator), found: {...found, accelerators: [accelerator]}, streamShare: streamShare(accelerator)}]
  }),
  rate: rateOf,
  predict: predictMeasurement,
})

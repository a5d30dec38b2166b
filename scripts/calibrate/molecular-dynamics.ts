/** Fits the factors of `molecular-dynamics` to data/measured/molecular-dynamics.csv: `node scripts/calibrate/molecular-dynamics.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {MOLECULAR_DYNAMICS, MOLECULAR_QUANTITIES, scopesOf, spreadMetric, type MolecularFactors, type MolecularQuantity} from '../../src/workload/molecular-dynamics/factors.ts'
import {measuredRate, predictMeasurement, readMolecularMeasurement, type MolecularCase} from '../../src/workload/molecular-dynamics/measured.ts'
import {linkSort} from '../../src/workload/molecular-dynamics/step.ts'
import {measurements} from './fit.ts'
import type {Scope} from './hierarchy.ts'
import {calibrateRates, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: MolecularCase
  readonly streamShare: number
}

/** How far a part may stray from what it lies in, in ln: all, then what lies within it. */
const TAUS: Readonly<Record<Exclude<MolecularQuantity, 'speed'>, readonly number[]>> = {
  'compute': [0.6, 0.2, 0.3, 0.15],
  'memory-bandwidth': [0.4, 0.2, 0.2, 0.2],
  'cache-rate': [0.6, 0.2, 0.2, 0.2],
  'latency-cycles': [1, 0.15, 0.2, 0.15],
  'engine-latency': [0, 0.4, 0.4],
  'engine-pairs': [0, 0.35, 0.3],
  'engine-memory': [0, 0.35, 0.3],
  'polarizable': [1.5],
  'implicit': [1],
  'pressure': [0.05],
  'exchange': [0.7, 0.4, 0.4, 0.2],
  'message-seconds': [1.5, 0.5, 0.6, 0.6],
  'host-nanoseconds': [0.5],
  'list-nanoseconds': [0.5],
}
/** The same of one accelerator in its family. */
const SPEED_TAU = {accelerator: 0.2, processor: 0.4}
const HIGHEST: Partial<Record<MolecularQuantity, number>> = {'compute': 1, 'exchange': 1, 'memory-bandwidth': 1, 'cache-rate': 1.5}

/** Which quantities a sample can tell of. */
function concerns(name: MolecularQuantity, {work, layout: {parts, ensemble, update, design}, hardware: {accelerator}}: MolecularCase): boolean {
  switch (name) {
    case 'exchange': case 'message-seconds': return parts > 1
    case 'polarizable': return work.forceField === 'polarizable'
    case 'implicit': return work.electrostatics === 'implicit'
    case 'pressure': return ensemble === 'npt'
    case 'list-nanoseconds': return accelerator.formFactor !== 'cpu' && design.hostListSteps !== undefined
    case 'host-nanoseconds': return accelerator.formFactor !== 'cpu' && design.hostListSteps !== undefined && update === 'host'
    default: return true
  }
}

const names = Object.keys(MOLECULAR_QUANTITIES) as MolecularQuantity[]
function scopesFor(name: MolecularQuantity, {found, accelerator}: Sample): readonly Scope[] {
  if (name === 'speed') return [{key: accelerator.id, tau: accelerator.formFactor === 'cpu' ? SPEED_TAU.processor : SPEED_TAU.accelerator}]
  if (!concerns(name, found)) return []
  const taus = TAUS[name]
  // A part that may not stray at all is no part.
  return scopesOf(name, accelerator, found.engine, linkSort(found.hardware, found.layout.parts)).toReversed().map((key, index) => ({key, tau: taus[index] ?? taus.at(-1) ?? 0})).filter(({tau}) => tau > 0)
}
const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({
  name,
  start: MOLECULAR_QUANTITIES[name],
  ...(HIGHEST[name] === undefined ? {} : {highest: HIGHEST[name]}),
  scopes: sample => scopesFor(name, sample),
}))

await calibrateRates<Sample>({
  kinds: [MOLECULAR_DYNAMICS],
  script: 'molecular-dynamics.ts',
  quantities,
  samples: (accelerators, {streamShare}) => measurements('molecular-dynamics').flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readMolecularMeasurement(setting, accelerators)
    const {value, source, id} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0)) return []
    const {case: found} = reading
    const {hardware: {accelerator}, layout: {parts}, model} = found
    return [{setting, measured: value, source, run: id.split('--')[0] ?? id, accelerator, model, metric: spreadMetric(parts, accelerator), found, streamShare: streamShare(accelerator)}]
  }),
  rate: ({found, streamShare}, values) => measuredRate(found, {...Object.fromEntries(names.map((name, index) => [name, values[index]])), streamShare} as MolecularFactors),
  predict: predictMeasurement,
})

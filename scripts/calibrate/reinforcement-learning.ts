/** Fits the factors of `reinforcement-learning` to data/measured/reinforcement-learning.csv: `node scripts/calibrate/reinforcement-learning.ts [--check] [--fast] [--rows]`. See rates.ts. */
import {settingOf} from '../../src/accuracy/setting.ts'
import {REINFORCEMENT_LEARNING, REINFORCEMENT_LEARNING_QUANTITIES, scopesOf, type Factors, type Quantity} from '../../src/workload/reinforcement-learning/factors.ts'
import {coreSpeed} from '../../src/workload/reinforcement-learning/cores.ts'
import {ENGINE_FACTS} from '../../src/workload/reinforcement-learning/engines.ts'
import {measuredFigure, predictMeasurement, readReinforcementLearningMeasurement, type ReinforcementLearningCase} from '../../src/workload/reinforcement-learning/measured.ts'
import {measurements} from './fit.ts'
import {calibrateRates, type RateQuantity, type RateSample} from './rates.ts'

interface Sample extends RateSample {
  readonly found: ReinforcementLearningCase
  readonly fixed: Pick<Factors, 'streamShare' | 'clock'>
}

/** How far a part may stray from what it lies in, in ln: all, then what lies within. */
const TAUS: Readonly<Record<Quantity, readonly number[]>> = {
  'launches': [0.2, 0.4, 0.35],
  'bandwidth': [0.2, 0.2, 0.25],
  'floor': [0.3, 0.4, 0.7],
  'work': [0.3, 0.5, 1],
  'pass': [0.3, 0.7, 0.5],
  'camera': [0.3, 0.7, 0.4],
  'pixels': [0.3, 0.7, 0.3],
  'inference-seconds': [0.5],
  'update-seconds': [0.5],
  'matmul': [0.5],
  'synchronisation-seconds': [0.5, 1],
  'core-speed': [0.2, 0.3],
  'core-work': [0.3, 0.5],
  'worker-speed': [0.2, 0.5],
  'serial': [0.3, 1],
  'second-thread': [0.5, 0.5],
  'scaling': [0.05, 0.05],
  'context-memory': [0.3, 0.3],
  'environment-memory': [0.5, 0.5, 0.5],
  'picture-memory': [0.3, 0.3, 0.3],
}
const HIGHEST: Partial<Record<Quantity, number>> = {bandwidth: 2, matmul: 1, scaling: 1, 'second-thread': 1}

/** Which quantities a sample can tell of. */
function concerns(name: Quantity, {metric, work: {task, engine, simulated}, parts}: ReinforcementLearningCase): boolean {
  const onCores = ENGINE_FACTS[engine].on === 'cpu'
  const draws = simulated.pictures !== undefined && !onCores
  switch (name) {
    case 'context-memory': case 'environment-memory': return metric === 'memory'
    case 'picture-memory': return metric === 'memory' && draws
    case 'core-speed': case 'core-work': case 'worker-speed': case 'serial': return onCores && metric !== 'memory'
    case 'second-thread': case 'scaling': return onCores && metric !== 'memory' && ENGINE_FACTS[engine].on === 'cpu' && engine !== 'for-loop'
    case 'launches': case 'bandwidth': case 'floor': case 'work': return !onCores && metric !== 'memory'
    case 'pass': case 'camera': case 'pixels': return draws && metric !== 'memory'
    case 'inference-seconds': return !onCores && metric !== 'memory' && task !== 'simulate'
    case 'update-seconds': return !onCores && metric !== 'memory' && task === 'train'
    case 'matmul': return !onCores && metric !== 'memory' && task !== 'simulate'
    case 'synchronisation-seconds': return parts > 1 && task === 'train' && metric !== 'memory'
    default: return name satisfies never
  }
}

const names = Object.keys(REINFORCEMENT_LEARNING_QUANTITIES) as Quantity[]
const quantities: readonly RateQuantity<Sample>[] = names.map(name => ({
  name,
  start: REINFORCEMENT_LEARNING_QUANTITIES[name],
  ...(HIGHEST[name] === undefined ? {} : {highest: HIGHEST[name]}),
  scopes: ({found}) => (concerns(name, found) ? scopesOf(name, found.place).toReversed().map((key, index) => ({key, tau: TAUS[name][index] ?? TAUS[name].at(-1) ?? 0})) : []),
}))

await calibrateRates<Sample>({
  kinds: [REINFORCEMENT_LEARNING],
  script: 'reinforcement-learning.ts',
  quantities,
  samples: (accelerators, {streamShare}) => measurements('reinforcement-learning').flatMap((measurement): Sample[] => {
    const setting = settingOf(measurement)
    const reading = readReinforcementLearningMeasurement(setting, accelerators)
    const {value, source, id, unit} = measurement
    if (reading.status !== 'case' || value === undefined || !(value > 0)) return []
    const {case: found} = reading
    return [{
      setting, measured: unit === 'GB' ? value * (1e9 / 2 ** 30) : value, source, run: id.split('--')[0] ?? id, accelerator: found.device, model: found.environment.id, metric: found.metric, found, fixed: {streamShare: streamShare(found.device), clock: found.place.processor === undefined ? 1 : coreSpeed(found.place.processor)},
    }]
  }),
  rate: ({found, fixed}, values) => measuredFigure(found, {...Object.fromEntries(names.map((name, index) => [name, values[index]])), ...fixed} as Factors),
  predict: predictMeasurement,
})

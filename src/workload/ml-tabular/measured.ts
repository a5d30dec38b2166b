import {acceleratorWithName, matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {severalSockets} from '../../performance/hardware.ts'
import {intervalFromSpread} from '../../performance/interval.ts'
import type {Facts} from '../contract.ts'
import {ENGINES, type EngineId} from './engines.ts'
import {BOOSTED_TREES, tabularCertainty, tabularFactors, type TabularFactors} from './factors.ts'
import {treeTime, type TreeWork} from './tree.ts'

/** A published time of training, as a question for the estimator. */
export interface TabularCase {
  readonly work: TreeWork
  readonly device: Accelerator
  readonly cores: number | undefined
  readonly engine: EngineId
  readonly model: string
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const unanswered = (reason: string): Refused => ({status: 'unanswered', reason})

const deviceOf = (label: string, accelerators: readonly Accelerator[]): Accelerator | undefined => acceleratorWithName(label, accelerators) ?? matchAccelerator(label, accelerators)

/** "airline: 10000000 rows x 8 features, 100 rounds, depth 10" (or "512 leaves"). */
const TABLE = /(\d+) rows x (\d+) features, (\d+) rounds, (?:depth (\d+)|(\d+) leaves)/

/** Reads a setting, or says why it cannot be asked. */
export function readTabularMeasurement(setting: Setting, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: TabularCase} | Refused {
  if (setting.metric !== 'train_s') return unanswered(`"${setting.metric}" is no time of training`)
  const engine = (Object.keys(ENGINES) as EngineId[]).find(id => id === setting.framework.toLowerCase().split(' ')[0])
  if (engine === undefined) return unanswered(`${setting.framework} is no engine of the catalog`)
  const table = TABLE.exec(setting.dataset)
  if (table === null) return unanswered('rows, features, rounds and size of the trees are not stated')
  const [, rows, features, rounds, depth, leaves] = table.map(Number)
  const part = deviceOf(setting.accelerator, accelerators)
  if (part === undefined) return unanswered(`${setting.accelerator} is not in the catalog`)
  const {accelerators: sockets = 1} = setting
  const device = part.formFactor === 'cpu' && sockets > 1 ? severalSockets(part, sockets) : part
  const work: TreeWork = {algorithm: 'gbdt', rows: rows!, features: features!, rounds: rounds!, outputs: 1, leaves: table[4] === undefined ? leaves! : 2 ** depth!, bins: 256, density: 1}
  return {status: 'case', case: {work, device, cores: part.formFactor === 'cpu' ? setting.notes.cores : undefined, engine, model: BOOSTED_TREES}}
}

/** Seconds of all trees. */
export function measuredSeconds({work, device, cores, engine}: TabularCase, factors: TabularFactors): number | undefined {
  const tree = treeTime(work, {device, parts: 1, cores, allReduceSeconds: () => 0}, ENGINES[engine], factors)
  return tree === undefined ? undefined : tree.seconds * work.rounds * work.outputs
}

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readTabularMeasurement(setting, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const seconds = measuredSeconds(found, tabularFactors(facts, found.device, found.engine))
  if (seconds === undefined) return unanswered('a link is not known')
  const {distance, spread} = tabularCertainty(facts.calibration, found.device, found.model, true)
  return {status: 'answered', interval: intervalFromSpread(seconds, spread), distance, model: found.model, acceleratorId: found.device.id}
}

import {acceleratorWithName, matchAccelerator} from '../../accuracy/accelerator-label.ts'
import type {Prediction} from '../../accuracy/score.ts'
import type {Setting} from '../../accuracy/setting.ts'
import {pcieX16BytesPerSecond} from '../../catalog/pcie.ts'
import type {Accelerator} from '../../catalog/schema.ts'
import {intervalFromSpread} from '../../performance/interval.ts'
import type {Facts} from '../contract.ts'
import {engineOf, ENGINES, type EngineId} from './engines.ts'
import {analyticsCertainty, analyticsFactors, CLICKBENCH, type AnalyticsFactors} from './factors.ts'
import {heldBytes, queryTime, roomOf, type AnalyticsWork, type Format} from './query.ts'

/** A published time of a set of queries, as a question for the estimator. */
export interface AnalyticsCase {
  readonly work: AnalyticsWork
  readonly device: Accelerator
  readonly engine: EngineId
  readonly model: string
}

type Refused = Exclude<Prediction, {status: 'answered'}>
const unanswered = (reason: string): Refused => ({status: 'unanswered', reason})

const machineOf = (label: string, accelerators: readonly Accelerator[]): Accelerator | undefined => acceleratorWithName(label, accelerators) ?? matchAccelerator(label.replace(/ \(.*\)$/, ''), accelerators)
export const knowsMachine = (label: string, accelerators: readonly Accelerator[]): boolean => machineOf(label, accelerators) !== undefined

/** Names in the results → engines. */
const NAMES: readonly (readonly [pattern: RegExp, engine: EngineId])[] = [
  [/^DuckDB\b/, 'duckdb'], [/^ClickHouse\b/, 'clickhouse'], [/^chDB\b/, 'chdb'], [/^Polars\b/, 'polars-gpu'], [/^Spark \(Comet\)/, 'spark-comet'], [/^Spark\b/, 'spark-rapids'], [/^DataFusion\b/, 'datafusion'],
  [/^Daft\b/, 'daft'], [/^Doris\b/, 'doris'], [/^StarRocks\b/, 'starrocks'], [/^Trino\b/, 'trino'], [/^PostgreSQL\b/, 'postgresql'], [/^Umbra\b/, 'umbra'], [/^Ursa\b/, 'ursa'], [/^Sirius\b/, 'sirius'],
]

/**
 * ClickBench (github.com/ClickHouse/ClickBench): 43 queries over one table of 99,997,497 rows and 105 columns, 74.8 GB as CSV and 14.8 GB as one
 * Parquet file, mostly groups. Its machines have a gp2 volume of 500 GB, which reads 250 MiB/s (the README; AWS's documentation of the volume
 * type, from memory). How much of the file a query reads, and what the largest groups hold, is not published: chosen with sight of the measurements.
 */
const BENCHMARK = {queries: 43, storedBytes: 14_779_976_446, textBytes: 74.8e9, readShare: 0.036, workingSetBytes: 1.2 * 2 ** 30, storageBytesPerSecond: 250 * 2 ** 20}
/** A table of ten GPU generations ago or of today: the slot that the machine of a result has, of an accelerator without a known one. */
const USUAL_SLOT_GENERATION = 4

const CACHES: Readonly<Record<string, boolean>> = {time_s_cold_total: true, time_s_hot_total: false}

/** Reads a setting, or says why it cannot be asked. */
export function readAnalyticsMeasurement(setting: Setting, accelerators: readonly Accelerator[]): {readonly status: 'case'; readonly case: AnalyticsCase} | Refused {
  const {metric, framework, model, notes} = setting
  const cold = Object.hasOwn(CACHES, metric) ? CACHES[metric] : undefined
  if (cold === undefined) return unanswered(`"${metric}" is no time of a set of queries`)
  if (!model.startsWith('ClickBench ')) return unanswered(`the queries of "${model}" are not known`)
  const engine = NAMES.find(([pattern]) => pattern.test(framework))?.[1]
  if (engine === undefined) return unanswered(`${framework} is no engine of the catalog`)
  const device = machineOf(setting.accelerator, accelerators)
  if (device === undefined) return unanswered(`${setting.accelerator} is not in the catalog`)
  const format = formatOf(framework, engine)
  // The text is the same however it is packed.
  const storedBytes = format === 'native' ? (notes.storedBytes ?? BENCHMARK.storedBytes) : BENCHMARK.storedBytes
  const {queries, readShare, workingSetBytes, textBytes} = BENCHMARK
  const work: AnalyticsWork = {storedBytes, queries, readShare, compressionRatio: Math.max(1, textBytes / storedBytes), mix: 'aggregate', format, cold, workingSetBytes}
  const manner = ENGINES[engine]
  if (!manner.spills && heldBytes(work, manner) > roomOf({device, parts: 1})) return unanswered('it does not fit into memory: what a machine does that swaps is not estimated')
  return {status: 'case', case: {work, device, engine, model: CLICKBENCH}}
}

/** "(Parquet, single)", "(DataFrame)": files or frames; otherwise tables of the engine's own, where it has any. */
function formatOf(framework: string, engine: EngineId): Format {
  if (/DataFrame/.test(framework)) return 'memory'
  return /Parquet/.test(framework) || engineOf(engine)?.native !== true ? 'parquet' : 'native'
}

/** Seconds of all queries. */
export function measuredSeconds({work, device, engine}: AnalyticsCase, factors: AnalyticsFactors): number | undefined {
  const one = queryTime(work, {
    device, parts: 1, manner: ENGINES[engine], storageBytesPerSecond: BENCHMARK.storageBytesPerSecond, hostBytes: Number.POSITIVE_INFINITY,
    slotBytesPerSecond: pcieX16BytesPerSecond(device.pcieGeneration) ?? pcieX16BytesPerSecond(USUAL_SLOT_GENERATION), exchangeSeconds: () => 0,
  }, factors)
  return one === undefined ? undefined : one.seconds * work.queries
}

/** The estimator's answer to the setting of a published result. */
export function predictMeasurement(setting: Setting, facts: Facts, accelerators: readonly Accelerator[]): Prediction {
  const reading = readAnalyticsMeasurement(setting, accelerators)
  if (reading.status !== 'case') return reading
  const {case: found} = reading
  const seconds = measuredSeconds(found, analyticsFactors(facts, found.device, found.engine))
  if (seconds === undefined) return unanswered('the slot of the accelerator is not known')
  const {distance, spread} = analyticsCertainty(facts.calibration, found.device, found.model, found.engine, found.work.cold)
  return {status: 'answered', interval: intervalFromSpread(seconds, spread), distance, model: found.model, acceleratorId: found.device.id}
}

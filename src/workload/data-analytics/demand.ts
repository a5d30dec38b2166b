import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount, formatGib} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {engineOf, ENGINE_SPELLINGS, type EngineId} from './engines.ts'
import {ANALYTICS} from './factors.ts'
import type {AnalyticsWork, Mix} from './query.ts'
import type {AnalyticsSpec, STORAGES} from './schema.ts'

export type Storage = (typeof STORAGES)[number]

export interface AnalyticsDemand extends Demand {
  readonly work: AnalyticsWork
  /** `undefined` = those in common use are tried. */
  readonly engine: EngineId | undefined
  /** `undefined` = the machine's own disk where the data fits on it, else a network disk. */
  readonly storage: Storage | undefined
  /** As the user says, of one machine. */
  readonly storageBytesPerSecond: number | undefined
  readonly configuration: Configuration
}

/** Fields of a configuration that queries have no use for: a value there is a mistake, not a wish. */
const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const

/** What queries hold ÷ the values that they read: a running sum nothing, groups and joined tables a part. Assumptions. */
const HELD_SHARE: Readonly<Record<Mix, number>> = {scan: 0.001, aggregate: 0.1, join: 0.3}
const GIB = 2 ** 30
const GB = 1e9

export function analyticsDemand(spec: AnalyticsSpec, _facts: Facts): AnalyticsDemand {
  const {configuration, bytes, queries, storage, storageBandwidth} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to queries.`, {hint: 'It takes runtime, the engine, and dp, the number of accelerators or machines that share a query.'})
  }
  if (onePrecision(spec) !== undefined) throw new RigorError('BAD_PRECISION', 'Queries compute in the types of their columns.', {hint: 'Leave precision out.'})
  const engine = engineAsked(spec)
  const assumptions = createAssumptions()
  const readShare = assumptions.choose('readShare', spec.readShare, 0.1, '10 % of the data set')
  const mix = assumptions.choose('mix', spec.mix, 'aggregate' as const)
  const format = assumptions.choose('format', spec.format, 'parquet' as const)
  const compressionRatio = assumptions.choose('compressionRatio', spec.compressionRatio, 5)
  const cache = assumptions.choose('cache', spec.cache, 'cold' as const, 'cold: what a query reads comes from storage')
  const values = bytes * readShare * compressionRatio
  const workingSetGib = assumptions.choose('workingSetGib', spec.workingSetGib, (values * HELD_SHARE[mix]) / GIB, `${formatGib((values * HELD_SHARE[mix]) / GIB)} GiB (${formatCount(100 * HELD_SHARE[mix], 2)} % of the values read)`)
  if (engine === undefined) assumptions.add('engine', 'searched among those in common use')
  if (storage === undefined && storageBandwidth === undefined) assumptions.add('storage', "the machine's own disk (2 GB/s) where the data fits on it, or where it stands alone and its disks are not known; else a network disk (0.25 GB/s)")
  if (format === 'native') assumptions.add('tables', "already in the engine's own format")
  const work: AnalyticsWork = {storedBytes: bytes, queries, readShare, compressionRatio, mix, format, cold: cache === 'cold', workingSetBytes: workingSetGib * GIB}
  return {
    kind: ANALYTICS,
    summary: `${formatCount(queries, 3)} ${cache} queries (${mix}) over ${sizeText(bytes)} of ${format === 'native' ? 'native tables' : format === 'memory' ? 'frames in memory' : 'Parquet'}, ${formatCount(100 * readShare, 2)} % read by each`,
    assumptions: assumptions.list,
    throughputUnit: 'GB/s',
    costUnit: {name: 'TB read', amount: 1000},
    workUnits: (queries * bytes * readShare) / GB,
    endless: false,
    // What does not fit waits on disk or on the host.
    minimumTotalMemoryGib: 0,
    work, engine, storage, storageBytesPerSecond: storageBandwidth, configuration,
  }
}

/** "2 TB", "14.8 GB". */
const sizeText = (bytes: number): string => (bytes >= 1e12 ? `${formatCount(bytes / 1e12, 3)} TB` : `${formatCount(bytes / GB, 3)} GB`)

function engineAsked({engine, configuration: {runtime}}: AnalyticsSpec): EngineId | undefined {
  if (runtime === undefined) return engine
  const named = ENGINE_SPELLINGS[runtime] ?? runtime
  if (engineOf(named) === undefined) return engine
  if (engine !== undefined && engine !== named) throw new RigorError('BAD_CONFIGURATION', `engine is ${engine}, configuration.runtime is ${runtime}.`, {hint: 'Give one of them.'})
  return named as EngineId
}

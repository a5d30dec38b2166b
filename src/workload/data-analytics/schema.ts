import * as z from 'zod'
import {commonFields} from '../common.ts'
import {bandwidthBytesPerSecond, byteCount, count, lazyShape, memoryGib, ratio, share, word} from '../fields.ts'
import {ENGINE_IDS, ENGINE_SPELLINGS} from './engines.ts'

export const MIXES = ['scan', 'aggregate', 'join'] as const
export const FORMATS = ['parquet', 'native', 'memory'] as const
export const CACHES = ['cold', 'hot'] as const
export const STORAGES = ['local-ssd', 'network-disk', 'object-storage'] as const

export const AnalyticsSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('data-analytics'),
  /** The whole data set as it is stored, compressed: "2 TB". */
  bytes: byteCount({minimum: 1e6}),
  /** Queries of the run, one after the other. */
  queries: count({maximum: 1e9}),
  /** Share of the stored bytes that a query reads: the columns and partitions it needs. Absent = 10 %. */
  readShare: share({above: 0}).optional(),
  /** Memory that a query holds beside what streams by: hash tables, sorts, results. Absent = a share of what it reads, by `mix`. */
  workingSetGib: memoryGib({maximum: 1e6}).optional(),
  /** What queries mostly do: filter and sum (`scan`), group (`aggregate`), join tables (`join`). Absent = aggregate. */
  mix: word(MIXES).optional(),
  /** The program. Absent = those in common use are tried. */
  engine: word(ENGINE_IDS, ENGINE_SPELLINGS).optional(),
  /** How the data lies there: files (`parquet`), the engine's own tables (`native`), or loaded into memory as a whole first (`memory`). Absent = parquet. */
  format: word(FORMATS).optional(),
  /** Values as they are computed with ÷ stored bytes. Absent = 5. */
  compressionRatio: ratio({minimum: 1, maximum: 1000}).optional(),
  /** Whether a query finds what it reads in storage (`cold`) or, as far as it fits, in memory (`hot`). Absent = cold. */
  cache: word(CACHES).optional(),
  /** Where the data lies. Absent = on the machine's own disk where that is large enough, else on a network disk. */
  storage: word(STORAGES).optional(),
  /** What a machine reads from there: "1.2 GB/s". Absent = what is usual, by `storage`. */
  storageBandwidth: bandwidthBytesPerSecond().optional(),
  ...commonFields,
})))
export type AnalyticsSpec = z.infer<typeof AnalyticsSpec>

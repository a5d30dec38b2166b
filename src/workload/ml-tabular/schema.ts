import * as z from 'zod'
import {commonFields} from '../common.ts'
import {count, lazyShape, share, whole, word} from '../fields.ts'
import {ENGINE_IDS} from './engines.ts'

export const ALGORITHMS = ['gbdt', 'random-forest'] as const

export const TabularSpec = z.strictObject(lazyShape(() => ({
  kind: z.literal('ml-tabular'),
  /** Rows of the table that is learned from: "10M". */
  rows: count({minimum: 100, maximum: 1e13}),
  /** Columns; of categories that are spread over columns, those columns. */
  features: whole({maximum: 10_000_000}),
  /** Rounds of boosting, or trees of a forest. */
  rounds: whole({maximum: 1_000_000}),
  /** Boosted trees (`gbdt`) or a forest of independent ones. Absent = gbdt. */
  algorithm: word(ALGORITHMS, {'gradient-boosting': 'gbdt', forest: 'random-forest', rf: 'random-forest'}).optional(),
  /** The program. Absent = all that run there are tried. */
  engine: word(ENGINE_IDS, {cuml: 'rapids', xgb: 'xgboost', lgbm: 'lightgbm'}).optional(),
  /** Leaves of a tree. Absent = as `depth` allows. */
  leaves: whole({minimum: 2, maximum: 1_000_000}).optional(),
  /** Levels of a tree. Absent = as `leaves` needs, else 6. */
  depth: whole({maximum: 32}).optional(),
  /** Steps that a feature's values are sorted into. Absent = 256. */
  bins: whole({minimum: 2, maximum: 65_536}).optional(),
  /** Share of the entries that are there and not zero. Absent = all. */
  density: share({above: 0}).optional(),
  /** Trees of a round: one for each class of more than two. Absent = 1. */
  outputs: whole({maximum: 100_000}).optional(),
  ...commonFields,
})))
export type TabularSpec = z.infer<typeof TabularSpec>

import {RigorError} from '../../errors.ts'
import type {Configuration} from '../../performance/types.ts'
import {formatCount} from '../../units/format.ts'
import {createAssumptions, onePrecision} from '../common.ts'
import type {Demand, Facts} from '../contract.ts'
import {engineOf, type EngineId} from './engines.ts'
import {TABULAR} from './factors.ts'
import type {TabularSpec} from './schema.ts'
import {tableBytes, type TreeWork} from './tree.ts'

export interface TabularDemand extends Demand {
  readonly work: TreeWork
  /** `undefined` = all that run there are tried. */
  readonly engine: EngineId | undefined
  readonly configuration: Configuration
}

/** Fields of a configuration that trees have no use for: a value there is a mistake, not a wish. */
const NOT_HERE = ['tp', 'pp', 'ep', 'cp', 'microBatch', 'batch', 'checkpointing', 'zeroStage', 'offload'] as const

const DEFAULT_DEPTH = 6
const GIB = 2 ** 30

export function tabularDemand(spec: TabularSpec, _facts: Facts): TabularDemand {
  const {configuration, rows, features, rounds} = spec
  for (const field of NOT_HERE) {
    if (configuration[field] !== undefined) throw new RigorError('BAD_CONFIGURATION', `configuration.${field} does not apply to trees.`, {hint: 'It takes runtime, the engine, and dp, the number of accelerators or machines that the rows are spread over.'})
  }
  if (onePrecision(spec) !== undefined) throw new RigorError('BAD_PRECISION', 'Trees add up gradients as their program does.', {hint: 'Leave precision out.'})
  const assumptions = createAssumptions()
  const algorithm = assumptions.choose('algorithm', spec.algorithm, 'gbdt' as const)
  const leaves = leavesOf(spec, () => assumptions.add('depth', String(DEFAULT_DEPTH)))
  const bins = assumptions.choose('bins', spec.bins, 256)
  const density = assumptions.choose('density', spec.density, 1, 'all entries are there')
  const outputs = assumptions.choose('outputs', spec.outputs, 1)
  const engine = engineAsked(spec)
  if (engine === undefined) assumptions.add('engine', 'searched')
  const work: TreeWork = {algorithm, rows, features, rounds, outputs, leaves, bins, density}
  return {
    kind: TABULAR,
    summary: `${algorithm === 'gbdt' ? 'gradient boosting' : 'a random forest'} over ${formatCount(rows, 3)} rows × ${formatCount(features, 3)} features: ${formatCount(rounds * outputs, 3)} trees of ${formatCount(leaves, 3)} leaves`,
    assumptions: assumptions.list,
    throughputUnit: 'rows/s',
    costUnit: {name: '1B rows × trees', amount: 1e9},
    workUnits: rows * rounds * outputs,
    endless: false,
    minimumTotalMemoryGib: tableBytes(work) / GIB,
    work, engine, configuration,
  }
}

function leavesOf({leaves, depth}: TabularSpec, assume: () => void): number {
  if (leaves !== undefined && depth !== undefined && leaves > 2 ** depth) {
    throw new RigorError('BAD_FIELD', `A tree of ${depth} levels has at most ${2 ** depth} leaves, not ${leaves}.`, {hint: 'Give leaves or depth, or fewer leaves.'})
  }
  if (leaves === undefined && depth === undefined) assume()
  return leaves ?? 2 ** (depth ?? DEFAULT_DEPTH)
}

function engineAsked({engine, configuration: {runtime}}: TabularSpec): EngineId | undefined {
  if (runtime === undefined || engineOf(runtime) === undefined) return engine
  if (engine !== undefined && engine !== runtime) throw new RigorError('BAD_CONFIGURATION', `engine is ${engine}, configuration.runtime is ${runtime}.`, {hint: 'Give one of them.'})
  return runtime as EngineId
}

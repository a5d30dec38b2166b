import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {settingOf} from '../../../src/accuracy/setting.ts'
import {parseMeasurements} from '../../../src/catalog/parse/measured.ts'
import {processorOf} from '../../../src/catalog/processors.ts'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {ENGINES} from '../../../src/workload/ml-tabular/engines.ts'
import {gainOf, TABULAR_QUANTITIES, type TabularFactors} from '../../../src/workload/ml-tabular/factors.ts'
import {mlTabular} from '../../../src/workload/ml-tabular/index.ts'
import {readTabularMeasurement} from '../../../src/workload/ml-tabular/measured.ts'
import {histogramBytes, passesOf, tableBytes, treeTime, type TreeWork} from '../../../src/workload/ml-tabular/tree.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)
/** Machines of a cloud without an accelerator. */
function machine(instanceType: string, nodes = 1): Hardware {
  const found = facts.snapshot.machines.find(each => each.provider === 'aws' && each.instanceType === instanceType)!
  return {accelerator: processorOf(found, facts.snapshot.processors)!, acceleratorsPerNode: 1, nodes, levels: [], network: {kind: 'ethernet', bytesPerSecondPerNode: found.networkBytesPerSecond!, rdma: false, latencySeconds: 3e-5}, host: {}}
}
const TREES = {kind: 'ml-tabular', rows: '10M', features: 50, rounds: 200, engine: 'xgboost'}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const demand = mlTabular.demand(mlTabular.spec.parse(spec), own)
  const result = mlTabular.perform(demand, hardware, configuration ?? mlTabular.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = mlTabular.demand(mlTabular.spec.parse(spec), facts)
  expect(mlTabular.configurations(demand, hardware, facts)).toEqual([])
  return mlTabular.refuse(demand, hardware, facts).refusal
}

const WORK: TreeWork = {algorithm: 'gbdt', rows: 1e6, features: 28, rounds: 1, outputs: 1, leaves: 256, bins: 256, density: 1}

describe('a tree by hand', () => {
  const factors: TabularFactors = {
    'speed': 1, 'gain-of-a-year': 1.1, 'core-rate': 2, 'row-cost': 10, 'serial-share': 0.1, 'coordination-seconds': 1e-5, 'tree-overhead-seconds': 1e-3, 'accelerator-rate': 2, 'launch-seconds': 5e-4, 'gather-bytes': 100, 'streamShare': 0.8,
  }
  // 4.5 passes over a million rows of 28 features and what a row costs itself, and 256 histograms of 28 × 256 bins.
  const entries = 1e6 * 4.5 * 38 + 256 * 28 * 256

  test('of two children only the smaller is added up; forests have nothing to subtract from', () => {
    expect(passesOf({algorithm: 'gbdt', leaves: 256})).toBe(4.5)
    expect(passesOf({algorithm: 'gbdt', leaves: 2})).toBe(1)
    expect(passesOf({algorithm: 'random-forest', leaves: 256})).toBe(8)
  })

  test('on processors: entries by core, a part that does not divide, a wait for each level or leaf', () => {
    const device = {...on('cpu-epyc-9654').accelerator, releaseYear: 2022}
    const time = (engine: 'xgboost' | 'lightgbm') => treeTime(WORK, {device, parts: 1, cores: 16, allReduceSeconds: () => 0}, ENGINES[engine], factors)!
    const oneCore = entries / (4e8 * 2 * 1.21)

    expect(gainOf(device, factors)).toBeCloseTo(1.21, 9)
    expect(time('xgboost').histogramSeconds).toBeCloseTo(oneCore / 16, 9)
    expect(time('xgboost').serialSeconds).toBeCloseTo(0.1 * oneCore, 9)
    expect(time('xgboost').launchSeconds).toBeCloseTo(8 * 1e-5 * 4, 12)
    expect(time('lightgbm').launchSeconds).toBeCloseTo(255 * 1e-5 * 4, 12)
    expect(time('xgboost').seconds).toBeCloseTo(oneCore / 16 + 0.1 * oneCore + 3.2e-4 + 1e-3, 9)
    // One core waits for nobody.
    expect(treeTime(WORK, {device, parts: 1, cores: 1, allReduceSeconds: () => 0}, ENGINES.xgboost, factors)!.seconds).toBeCloseTo(oneCore + 8e-5 + 1e-3, 9)
  })

  test('rows that the caches do not hold come from memory each time', () => {
    const {accelerator} = on('cpu-epyc-9654')
    const large = {...WORK, rows: 1e8}
    const time = treeTime(large, {device: accelerator, parts: 1, cores: 96, allReduceSeconds: () => 0}, ENGINES.xgboost, factors)!
    const oneCore = (1e8 * 4.5 * 38 + 256 * 28 * 256) / (4e8 * 2)
    // 96 cores of 4 MiB hold 7.7 % of 100 million rows of 52 bytes; 461 GB/s at 80 %.
    const beyond = 1 - (96 * 4 * 2 ** 20) / (1e8 * 52)

    expect(time.histogramSeconds).toBeCloseTo(oneCore / 96 + (1e8 * 4.5 * beyond * 100) / (461e9 * 0.8), 6)
  })

  test('on an accelerator: entries by multiprocessor, a kernel for each level, sums over several', () => {
    const {accelerator} = on('a100-sxm-80gb')
    const time = treeTime(WORK, {device: accelerator, parts: 4, allReduceSeconds: bytes => bytes / 1e9}, ENGINES.xgboost, factors)!

    expect(time.histogramSeconds).toBeCloseTo(entries / 4 / (108 * 1.3e8 * 2), 9)
    expect(time.launchSeconds).toBeCloseTo(8 * 5e-4, 9)
    // Half of 256 leaves × 28 features × 256 bins × two doubles.
    expect(time.exchangeSeconds).toBeCloseTo((256 * 28 * 256 * 16) / 2 / 1e9, 9)
  })

  test('bytes: a bin for each entry, 24 for each row, two sums for each bin', () => {
    expect(tableBytes(WORK)).toBe(1e6 * (28 + 24))
    expect(tableBytes({...WORK, bins: 512})).toBe(1e6 * (56 + 24))
    expect(tableBytes({...WORK, density: 0.5})).toBe(1e6 * (14 + 24))
    expect(histogramBytes(WORK)).toBe(256 * 28 * 256 * 16)
  })
})

describe('refusals', () => {
  test('a table that does not fit names the largest that does', () => {
    const found = refusal({...TREES, rows: '2B'}, on('h100-sxm-80gb'))

    expect(found).toMatchObject({reason: 'memory', detail: expect.stringContaining('has 79.7')})
    // (79.65 GiB − 0.5 − 0.01 of histograms) ÷ 74 bytes.
    expect(found.nearest).toBe('1.15B rows are the largest table here')
    expect(run({...TREES, rows: '1.14B'}, on('h100-sxm-80gb')).memory.neededGib.p50).toBeLessThan(79.7)
  })

  test('processors keep the table as it was read beside it', () => {
    expect(refusal({...TREES, rows: '1B'}, machine('c7a.4xlarge'))).toMatchObject({reason: 'memory', detail: expect.stringContaining('on each machine')})
  })

  test('what has no program', () => {
    expect(refusal(TREES, on('tpu-v5e'))).toMatchObject({reason: 'software'})
    expect(refusal({...TREES, engine: 'rapids'}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', nearest: 'engine: xgboost'})
    expect(refusal({...TREES, engine: 'rapids', algorithm: 'random-forest'}, machine('c7a.4xlarge'))).toMatchObject({reason: 'software', nearest: expect.stringContaining('XGBoost')})
    expect(refusal({...TREES, engine: undefined, configuration: {runtime: 'vllm'}}, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', detail: 'vllm is no engine of the catalog'})
  })

  test('more parts than there are', () => {
    expect(refusal({...TREES, configuration: {dp: 16}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'dp 8'})
    expect(refusal({...TREES, configuration: {dp: 2}}, {...machine('c7a.4xlarge', 2), network: undefined})).toMatchObject({reason: 'link-unknown', nearest: 'one node'})
  })

  test('what trees do not have', () => {
    const demand = (spec: Record<string, unknown>) => () => mlTabular.demand(mlTabular.spec.parse({...TREES, ...spec}), facts)

    expect(demand({configuration: {tp: 2}})).toThrow(/configuration.tp does not apply/)
    expect(demand({precision: 'fp16'})).toThrow(/add up gradients/)
    expect(demand({leaves: 300, depth: 8})).toThrow(/at most 256 leaves/)
    expect(demand({configuration: {runtime: 'lightgbm'}})).toThrow(/engine is xgboost/)
  })
})

describe('every field moves something, and the right way', () => {
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const figures = ({workSeconds, throughput, memory, rooflineSeconds, load}: Performance) => ({seconds: workSeconds!.p50, rate: throughput.value!.p50, memory: memory.neededGib.p50, bound: rooflineSeconds, link: load.linkShare})
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }
  const CASES: [string, Record<string, unknown>, Moves][] = [
    ['rows', {rows: '20M'}, {seconds: 'up', rate: 'up', memory: 'up', bound: 'up'}],
    ['features', {features: 100}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'up'}],
    ['rounds', {rounds: 400}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up'}],
    ['algorithm', {algorithm: 'random-forest'}, {memory: 'same', bound: 'down'}],
    ['engine', {engine: 'lightgbm'}, {memory: 'same', bound: 'same'}],
    ['leaves', {leaves: 16}, {seconds: 'down', rate: 'up', memory: 'down', bound: 'same'}],
    ['depth', {depth: 10}, {seconds: 'up', rate: 'down', memory: 'up', bound: 'same'}],
    ['bins', {bins: 1024}, {seconds: 'up', memory: 'up', bound: 'up'}],
    ['density', {density: 0.2}, {seconds: 'down', memory: 'down', bound: 'down'}],
    ['outputs', {outputs: 5}, {seconds: 'up', rate: 'same', memory: 'same', bound: 'up'}],
  ]

  test.for(CASES)('on an accelerator: %s', ([, changed, moves]) => {
    expect(moved(run(TREES, on('h100-sxm-80gb')), run({...TREES, ...changed}, on('h100-sxm-80gb')), moves)).toEqual(moves)
  })

  // Of a table of twice the rows less lies in the caches.
  test.for(CASES)('on processors: %s', ([field, changed, moves]) => {
    expect(moved(run(TREES, machine('c7a.8xlarge')), run({...TREES, ...changed}, machine('c7a.8xlarge')), moves)).toEqual(field === 'rows' ? {...moves, rate: 'down'} : moves)
  })

  test('the engine and the algorithm change the time', () => {
    const seconds = (spec: Record<string, unknown>): number => run({...TREES, ...spec}, on('h100-sxm-80gb')).workSeconds!.p50

    expect(seconds({engine: 'lightgbm'})).toBeGreaterThan(seconds({}))
    expect(seconds({algorithm: 'random-forest', engine: 'rapids'})).not.toBe(seconds({}))
  })

  test('configuration.dp and runtime', () => {
    const hardware = on('h100-sxm-80gb', 8)

    expect(moved(run({...TREES, rows: '200M', configuration: {dp: 1}}, hardware), run({...TREES, rows: '200M', configuration: {dp: 8}}, hardware), {seconds: 'down', memory: 'down', bound: 'down', link: 'up'})).toEqual({seconds: 'down', memory: 'down', bound: 'down', link: 'up'})
    expect(run({...TREES, configuration: {dp: 2}}, hardware).notes).toContain('6 of 8 accelerators stay idle.')
    expect(run({...TREES, engine: undefined, configuration: {runtime: 'lightgbm'}}, hardware).configuration.runtime).toBe('lightgbm')
  })

  test('what the hardware has: units, bandwidth, cores, the year of the design, a network', () => {
    const seconds = (hardware: Hardware, spec: Record<string, unknown> = {}): number => run({...TREES, ...spec}, hardware).workSeconds!.p50
    const [accelerator, processors] = [on('h100-sxm-80gb'), machine('c7a.8xlarge')]
    const changed = (hardware: Hardware, part: Partial<Hardware['accelerator']>): Hardware => ({...hardware, accelerator: {...hardware.accelerator, ...part}})

    expect(seconds(changed(accelerator, {multiprocessors: 20}))).toBeGreaterThan(seconds(accelerator))
    expect(seconds(changed(accelerator, {memoryBandwidthBytesPerSecond: 1e10}))).toBeGreaterThan(seconds(accelerator))
    expect(seconds(changed(processors, {multiprocessors: 8}))).toBeGreaterThan(seconds(processors))
    expect(seconds(changed(processors, {releaseYear: 2014}))).toBeGreaterThan(seconds(processors))
    const several = machine('c7a.8xlarge', 4)
    expect(seconds({...several, network: {...several.network!, bytesPerSecondPerNode: 1e7}}, {configuration: {dp: 4}})).toBeGreaterThan(seconds(several, {configuration: {dp: 4}}))
    expect(run(TREES, on('mi300x-192gb')).notes.some(note => note.includes('multiprocessors'))).toBe(true)
  })
})

test('laws: ordered intervals, never below the roofline or the bound, the parts are the whole, less memory for each of more', () => {
  fc.assert(
    fc.property(
      fc.integer({min: 100, max: 1e9}), fc.integer({min: 1, max: 5000}), fc.integer({min: 1, max: 5000}), fc.constantFrom('gbdt', 'random-forest'), fc.constantFrom('xgboost', 'lightgbm', 'rapids', undefined), fc.integer({min: 2, max: 4096}),
      fc.constantFrom(16, 256, 1024), fc.double({min: 0.01, max: 1, noNaN: true}), fc.constantFrom('h100-sxm-80gb', 't4-16gb', 'c7a.large', 'c7a.48xlarge'), fc.constantFrom(1, 2, 8),
      (rows, features, rounds, algorithm, engine, leaves, bins, density, where, count) => {
        const spec = {kind: 'ml-tabular', rows, features, rounds, algorithm, engine, leaves, bins, density}
        const hardware = where.startsWith('c7a') ? machine(where, count) : on(where, count)
        const demand = mlTabular.demand(mlTabular.spec.parse(spec), facts)
        let memoryBefore = 0
        for (const configuration of mlTabular.configurations(demand, hardware, facts)) {
          const {workSeconds, rooflineSeconds, operators, memory, throughput, load} = run(spec, hardware, configuration)
          expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
          expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
          expect(workSeconds!.p50).toBeGreaterThanOrEqual(mlTabular.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
          expect((operators.reduce((sum, {seconds}) => sum + seconds, 0) * rounds) / workSeconds!.p50).toBeCloseTo(1, 6)
          expect(memory.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(memory.neededGib.p50, 9)
          if (configuration.dp === count) memoryBefore = 0
          expect(memory.neededGib.p50).toBeGreaterThanOrEqual(memoryBefore)
          memoryBefore = memory.neededGib.p50
          expect((throughput.value!.p50 * workSeconds!.p50) / (rows * rounds)).toBeCloseTo(1, 9)
          for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare]) expect(share >= 0 && share <= 1).toBe(true)
        }
      },
    ),
    {numRuns: 150, seed: 11},
  )
})

describe('what was published', () => {
  const read = (framework: string, accelerator: string, dataset: string, metric = 'train_s', notes = '') =>
    readTabularMeasurement(settingOf(parseMeasurements(`id,kind,model,params_b,phase,framework,accelerator,accelerators,nodes,interconnect,precision,tp,pp,dp,ep,cp,micro_batch,global_batch,concurrency,input_len,output_len,seq_len,dataset,tokens,metric,value,unit,scope,date,source,notes\nx,ml_tabular,airline,,training,${framework},${accelerator},1,1,,,,,,,,,,,,,,"${dataset}",,${metric},1,s,system,2024,s,"${notes}"\n`, 'x.csv')[0]!), [...facts.snapshot.accelerators, ...facts.snapshot.devices])

  test('a row is a question: engine, hardware, cores and what trees of what table', () => {
    expect(read('LightGBM', 'CPU EPYC 9R14', 'airline: 1000000 rows x 8 features, 100 rounds, 512 leaves', 'train_s', 'on 12 cores of one socket (taskset)')).toMatchObject({
      status: 'case', case: {engine: 'lightgbm', cores: 12, device: {id: 'cpu-epyc-9r14'}, work: {rows: 1e6, features: 8, rounds: 100, leaves: 512}},
    })
    expect(read('XGBoost', 'H100 PCIe 80GB', 'airline: 1000000 rows x 8 features, 100 rounds, depth 10')).toMatchObject({status: 'case', case: {engine: 'xgboost', work: {leaves: 1024}}})
  })

  test('and says why it is none', () => {
    expect(read('CatBoost', 'CPU EPYC 9R14', 'airline: 1000000 rows x 8 features, 100 rounds, depth 10')).toMatchObject({reason: 'CatBoost is no engine of the catalog'})
    expect(read('XGBoost', 'CPU EPYC 9R14', 'airline')).toMatchObject({reason: 'rows, features, rounds and size of the trees are not stated'})
    expect(read('XGBoost', 'CPU Z9', 'airline: 1000000 rows x 8 features, 100 rounds, depth 10')).toMatchObject({reason: 'CPU Z9 is not in the catalog'})
    expect(read('XGBoost', 'CPU EPYC 9R14', 'airline: 1000000 rows x 8 features, 100 rounds, depth 10', 'auc')).toMatchObject({reason: '"auc" is no time of training'})
  })

  // GBM-perf, 2024: 10 million rows, 100 trees of depth 10 (XGBoost). LightGBM's documentation: HIGGS, 500 trees of 255 leaves on 16 cores: 239 s.
  test.for([['h100-pcie-80gb', 1, 3.6], ['l4-24gb', 1, 6.1]] as const)('boosting on %s × %d takes about %d s', ([accelerator, count, seconds]) => {
    const {workSeconds} = run({kind: 'ml-tabular', rows: '10M', features: 8, rounds: 100, depth: 10, engine: 'xgboost'}, on(accelerator, count))

    expect(workSeconds!.p10).toBeLessThan(seconds)
    expect(workSeconds!.p90).toBeGreaterThan(seconds)
  })

  test('without any calibration, an accelerator and a server are within a factor of four of what they did', () => {
    const bare = {...facts, calibration: createCalibration([])}
    const spec = {kind: 'ml-tabular', rows: '10M', features: 8, rounds: 100, depth: 10, engine: 'xgboost'}

    for (const [hardware, seconds] of [[on('h100-pcie-80gb'), 3.6], [on('cpu-epyc-9r14'), 14]] as const) {
      const {workSeconds} = run(spec, hardware, undefined, bare)
      expect(workSeconds!.p50 / seconds).toBeGreaterThan(0.25)
      expect(workSeconds!.p50 / seconds).toBeLessThan(4)
    }
    expect(Object.values(TABULAR_QUANTITIES).every(start => start > 0)).toBe(true)
  })
})

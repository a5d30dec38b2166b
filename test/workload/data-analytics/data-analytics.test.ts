import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {settingOf} from '../../../src/accuracy/setting.ts'
import {processorOf} from '../../../src/catalog/processors.ts'
import {parseMeasurements} from '../../../src/catalog/parse/measured.ts'
import {createCalibration} from '../../../src/performance/calibration.ts'
import type {Configuration, Hardware, Performance} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import {ENGINE_IDS, ENGINES} from '../../../src/workload/data-analytics/engines.ts'
import type {AnalyticsFactors} from '../../../src/workload/data-analytics/factors.ts'
import {dataAnalytics} from '../../../src/workload/data-analytics/index.ts'
import {readAnalyticsMeasurement} from '../../../src/workload/data-analytics/measured.ts'
import {expectedExcess, heldBytes, normalBelow, queryTime, roomOf, shareInLarger, type AnalyticsWork, type QueryPlace} from '../../../src/workload/data-analytics/query.ts'
import {bundledFacts, hardwareNamed} from '../llm/training-fixtures.ts'

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

const on = (accelerator: string, count = 1, nodes = 1, host: Hardware['host'] = {}): Hardware => ({...hardwareNamed(facts, accelerator, count, nodes), host})
/** A machine of a cloud without an accelerator, so many of them. */
function machine(instanceType: string, nodes = 1, own: Partial<Hardware> = {}): Hardware {
  const found = facts.snapshot.machines.find(each => each.provider === 'aws' && each.instanceType === instanceType)!
  const accelerator = processorOf(found, facts.snapshot.processors)!
  return {accelerator, acceleratorsPerNode: 1, nodes, levels: [], network: {kind: 'ethernet', bytesPerSecondPerNode: found.networkBytesPerSecond!, rdma: false, latencySeconds: 3e-5}, host: {vcpus: found.vcpus, memoryGib: found.memoryGib, localSsdGb: found.localSsdGb}, ...own}
}
const QUERIES = {kind: 'data-analytics', bytes: '100 GB', queries: 50, engine: 'duckdb', workingSetGib: 4}

function run(spec: Record<string, unknown>, hardware: Hardware, configuration?: Configuration, own: PlanningFacts = facts): Performance {
  const demand = dataAnalytics.demand(dataAnalytics.spec.parse(spec), own)
  const result = dataAnalytics.perform(demand, hardware, configuration ?? dataAnalytics.configurations(demand, hardware, own)[0] ?? {}, own)
  if (!result.feasible) throw new Error(`refused: ${result.refusal.detail}`)
  return result.performance
}

function refusal(spec: Record<string, unknown>, hardware: Hardware) {
  const demand = dataAnalytics.demand(dataAnalytics.spec.parse(spec), facts)
  expect(dataAnalytics.configurations(demand, hardware, facts)).toEqual([])
  return dataAnalytics.refuse(demand, hardware, facts).refusal
}

describe('sizes that are log-normal', () => {
  test.for([[0, 0.5], [1, 0.841345], [-1.96, 0.024998], [3, 0.99865]] as const)('the normal distribution below %d is %d', ([z, expected]) => {
    expect(normalBelow(z)).toBeCloseTo(expected, 5)
  })

  test('shares and excess are those that a sum over many quantiles gives', () => {
    // 200,000 quantiles of a log-normal with mean 1 and sigma 1.2, by bisection of the same distribution's own formula for e^x.
    const [sigma, room] = [1.2, 2.5]
    const count = 200_000
    let [larger, excess, total] = [0, 0, 0]
    for (let index = 0; index < count; index++) {
      const z = quantile((index + 0.5) / count)
      const size = Math.exp(sigma * z - sigma ** 2 / 2)
      total += size
      if (size > room) larger += size
      excess += Math.max(0, size - room)
    }
    expect(shareInLarger(1, room, sigma)).toBeCloseTo(larger / total, 2)
    expect(expectedExcess(1, room, sigma)).toBeCloseTo(excess / count, 2)
  })

  /** By bisection. */
  function quantile(share: number): number {
    let [low, high] = [-8, 8]
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2
      if (normalBelow(middle) < share) low = middle
      else high = middle
    }
    return low
  }
})

describe('a query by hand', () => {
  const factors: AnalyticsFactors = {
    'speed': 1, 'core-rate': 1, 'parquet-work': 2, 'serial-share': 0.01, 'parquet-serial': 3, 'query-overhead-seconds': 0.5, 'coordination-seconds': 0.01, 'storage-read': 1.5, 'spill': 4, 'accelerator-rate': 0.1, 'streamShare': 0.8,
  }
  const work: AnalyticsWork = {storedBytes: 100e9, queries: 1, readShare: 0.1, compressionRatio: 4, mix: 'aggregate', format: 'parquet', cold: true, workingSetBytes: 0}
  const place = (device: QueryPlace['device'], changed: Partial<QueryPlace> = {}): QueryPlace => ({device, parts: 1, manner: ENGINES.duckdb, storageBytesPerSecond: 1e9, exchangeSeconds: () => 0, ...changed})

  test('on processors: cores divide the work, some of it waits, reading goes on beside it', () => {
    // 10 GB are read, 40 GB of values, 1.25 billion rows.
    const device = {...on('cpu-graviton4-c8g-4xlarge').accelerator, multiprocessors: 16, memoryBandwidthBytesPerSecond: 200e9}
    const time = queryTime(work, place(device), factors)!

    expect(time.scanSeconds).toBeCloseTo((40e9 * 2) / 1e9 / 16, 9)
    expect(time.probeSeconds).toBeCloseTo(1.25e9 / (1e8 * 16), 9)
    expect(time.serialSeconds).toBeCloseTo(0.03 * 80, 9)
    expect(time.storageSeconds).toBeCloseTo(15, 9)
    expect(time.overheadSeconds).toBeCloseTo(0.5 + 0.01 * 4, 9)
    const computing = 5 + 0.78125 + 2.4
    expect(time.seconds).toBeCloseTo((computing ** 1.5 + 15 ** 1.5) ** (2 / 3) + 0.54, 6)
  })

  test('on an accelerator: values pass through memory twice, a table that does not fit comes over the slot, packed', () => {
    const {accelerator} = on('a100-sxm-80gb')
    const time = queryTime({...work, cold: false}, place(accelerator, {slotBytesPerSecond: 31e9, hostBytes: 1e12}), factors)!
    const bandwidth = 2039e9 * 0.8 * 0.1

    // 400 GB of values are more than 80 GiB.
    expect(time.transferSeconds).toBeCloseTo(10e9 / 31e9, 9)
    expect(time.scanSeconds).toBeCloseTo((2 * 40e9) / bandwidth, 9)
    expect(time.probeSeconds).toBeCloseTo((1.25e9 * 64) / bandwidth, 9)
    expect(time.storageSeconds).toBe(0)
    expect(queryTime({...work, cold: false, storedBytes: 10e9}, place(accelerator, {slotBytesPerSecond: 31e9, hostBytes: 1e12}), factors)!.transferSeconds).toBe(0)
  })

  test('a row store passes over all bytes of its table', () => {
    const {accelerator} = on('cpu-epyc-9654')

    expect(queryTime(work, place(accelerator, {manner: ENGINES.postgresql}), factors)!.readBytes).toBeCloseTo(10 * queryTime(work, place(accelerator), factors)!.readBytes, 3)
  })

  test('engines that do not spill hold all columns of a query', () => {
    expect(heldBytes({...work, workingSetBytes: 1e9}, ENGINES['polars-gpu'])).toBe(41e9)
    expect(heldBytes({...work, workingSetBytes: 1e9}, ENGINES.duckdb)).toBe(1e9)
    // A frame in memory is twice the Parquet it was read from.
    expect(heldBytes({...work, format: 'memory'}, ENGINES['polars-gpu'])).toBe(200e9)
    // 32 GiB less 1.5; 4 GiB less a quarter.
    expect(roomOf({device: on('cpu-graviton4-c8g-4xlarge').accelerator, parts: 1}) / 2 ** 30).toBeCloseTo(30.5, 9)
    expect(roomOf({device: on('cpu-epyc-7r13-c6a-large').accelerator, parts: 1}) / 2 ** 30).toBeCloseTo(3, 9)
  })
})

describe('refusals', () => {
  test('an engine of processors on an accelerator, and the other way round', () => {
    expect(refusal(QUERIES, on('h100-sxm-80gb'))).toMatchObject({reason: 'software', detail: 'DuckDB does not run on NVIDIA H100 SXM5 80GB', nearest: expect.stringContaining('RAPIDS')})
    expect(refusal({...QUERIES, engine: 'rapids'}, machine('c7a.4xlarge'))).toMatchObject({reason: 'software', nearest: expect.stringContaining('DuckDB')})
    expect(refusal({...QUERIES, engine: undefined}, on('tpu-v5e'))).toMatchObject({reason: 'software'})
  })

  test('what is no engine, or has no tables of its own', () => {
    expect(refusal({...QUERIES, engine: undefined, configuration: {runtime: 'vllm'}}, machine('c7a.4xlarge'))).toMatchObject({reason: 'software', detail: 'vllm is no engine of the catalog'})
    expect(refusal({...QUERIES, engine: 'polars', format: 'native'}, machine('c7a.4xlarge'))).toMatchObject({reason: 'software', nearest: 'format: parquet'})
  })

  test('an engine that does not spill, and a working set that is too large', () => {
    const found = refusal({...QUERIES, engine: 'polars', workingSetGib: 20}, machine('c7a.4xlarge'))

    // 20 GiB and 50 GB of values, and 1.5 GiB of the system, in 32 GiB.
    expect(found).toMatchObject({reason: 'memory', nearest: 'engine: duckdb'})
    expect(found.detail).toContain('needs 68.1 GiB, has 32')
    expect(found.memory!.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(found.memory!.neededGib.p50, 9)
  })

  test('a local disk that is too small', () => {
    expect(refusal({...QUERIES, storage: 'local-ssd'}, machine('c7a.4xlarge', 1, {host: {localSsdGb: 50}}))).toMatchObject({reason: 'memory', detail: '100 GB of data, 50 GB of local disk', nearest: 'storage: network-disk or object-storage'})
  })

  test('an object store at the end of a line of unknown rate', () => {
    expect(refusal({...QUERIES, storage: 'object-storage'}, machine('c7a.4xlarge', 1, {network: undefined}))).toMatchObject({reason: 'link-unknown', nearest: 'storageBandwidth'})
    expect(run({...QUERIES, storage: 'object-storage', storageBandwidth: '1 GB/s'}, machine('c7a.4xlarge', 1, {network: undefined})).workSeconds!.p50).toBeGreaterThan(0)
  })

  test('engines that stay in one machine, or on one accelerator', () => {
    expect(refusal({...QUERIES, configuration: {dp: 2}}, machine('c7a.4xlarge', 2))).toMatchObject({reason: 'topology', detail: 'DuckDB stays in one machine', nearest: 'one node'})
    expect(refusal({...QUERIES, engine: 'polars', configuration: {dp: 2}}, on('h100-sxm-80gb', 2))).toMatchObject({reason: 'topology', nearest: 'dp 1'})
    expect(refusal({...QUERIES, engine: 'rapids', configuration: {dp: 16}}, on('h100-sxm-80gb', 8))).toMatchObject({reason: 'topology', nearest: 'dp 8'})
  })

  test('what queries do not have', () => {
    const demand = (spec: Record<string, unknown>) => () => dataAnalytics.demand(dataAnalytics.spec.parse({...QUERIES, ...spec}), facts)

    expect(demand({configuration: {tp: 2}})).toThrow(/configuration.tp does not apply/)
    expect(demand({precision: 'fp16'})).toThrow(/types of their columns/)
    expect(demand({configuration: {runtime: 'clickhouse'}})).toThrow(/engine is duckdb/)
    expect(dataAnalytics.spec.safeParse({...QUERIES, engine: 'oracle'}).success).toBe(false)
    expect(dataAnalytics.spec.safeParse({...QUERIES, readShare: 0}).success).toBe(false)
  })
})

describe('every field moves something, and the right way', () => {
  type Moves = Partial<Record<keyof ReturnType<typeof figures>, 'up' | 'down' | 'same'>>
  const figures = ({workSeconds, throughput, memory, rooflineSeconds, loadSeconds}: Performance) => ({seconds: workSeconds!.p50, rate: throughput.value!.p50, memory: memory.neededGib.p50, bound: rooflineSeconds, load: loadSeconds})
  const moved = (before: Performance, after: Performance, moves: Moves): Moves => {
    const [from, to] = [figures(before), figures(after)]
    return Object.fromEntries((Object.keys(moves) as (keyof typeof from)[]).map(key => [key, Math.abs(to[key] - from[key]) <= Math.abs(from[key]) * 1e-9 ? 'same' : to[key] > from[key] ? 'up' : 'down']))
  }

  test.for<[string, Record<string, unknown>, Moves]>([
    ['bytes', {bytes: '200 GB'}, {seconds: 'up', memory: 'same', bound: 'up', load: 'same'}],
    ['queries', {queries: 100}, {seconds: 'up', rate: 'same', bound: 'up', memory: 'same'}],
    ['readShare', {readShare: '20%'}, {seconds: 'up', bound: 'up', memory: 'same'}],
    ['workingSetGib', {workingSetGib: 8}, {seconds: 'up', memory: 'up', bound: 'same'}],
    ['mix: less', {mix: 'scan'}, {seconds: 'down', rate: 'up', bound: 'same'}],
    ['mix: more', {mix: 'join'}, {seconds: 'up', rate: 'down', bound: 'same'}],
    ['engine', {engine: 'spark'}, {seconds: 'up', rate: 'down', bound: 'same'}],
    ['format', {format: 'native'}, {seconds: 'down', rate: 'up', bound: 'same'}],
    ['compressionRatio', {compressionRatio: 10}, {seconds: 'up', rate: 'down', bound: 'same'}],
    ['cache', {cache: 'hot', bytes: '20 GB'}, {seconds: 'down', load: 'up'}],
    ['storage', {storage: 'local-ssd'}, {seconds: 'down', rate: 'up', bound: 'same', load: 'up'}],
    ['storage far away', {storage: 'object-storage'}, {seconds: 'down', rate: 'up'}],
    ['storageBandwidth', {storageBandwidth: '100 MB/s'}, {seconds: 'up', rate: 'down', bound: 'same'}],
    ['configuration.runtime', {engine: undefined, configuration: {runtime: 'trino'}}, {seconds: 'up', rate: 'down', bound: 'same'}],
  ])('%s', ([, changed, moves]) => {
    const hardware = machine('c7a.4xlarge', 1, {host: {}})

    expect(moved(run(QUERIES, hardware), run({...QUERIES, ...changed}, hardware), moves)).toEqual(moves)
  })

  test('configuration.dp: machines of an engine that works over several', () => {
    const spec = {...QUERIES, engine: 'clickhouse'}

    expect(run({...spec, configuration: {dp: 4}}, machine('c7a.4xlarge', 4)).workSeconds!.p50).toBeLessThan(run({...spec, configuration: {dp: 1}}, machine('c7a.4xlarge', 4)).workSeconds!.p50)
    expect(run({...spec, configuration: {dp: 1}}, machine('c7a.4xlarge', 4)).notes).toContain('3 of 4 machines stay idle.')
  })

  test('what processors have: cores, memory, its bandwidth, a disk, a line', () => {
    const plain = machine('c7a.4xlarge')
    const seconds = (hardware: Hardware, spec: Record<string, unknown> = {}): number => run({...QUERIES, ...spec}, hardware).workSeconds!.p50
    const {accelerator} = plain

    expect(seconds({...plain, accelerator: {...accelerator, multiprocessors: 4}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, memoryGib: 8}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: 1e9}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, host: {localSsdGb: 200}})).toBeLessThan(seconds({...plain, host: {localSsdGb: 50}}))
    expect(seconds({...plain, network: {...plain.network!, bytesPerSecondPerNode: 1e8}})).toBeGreaterThan(seconds(plain))
  })

  test('what accelerators have: bandwidth, memory, a slot, a host', () => {
    const spec = {...QUERIES, engine: 'rapids', cache: 'hot', bytes: '40 GB'}
    const plain = on('h100-sxm-80gb', 1, 1, {memoryGib: 200})
    const seconds = (hardware: Hardware): number => run(spec, hardware).workSeconds!.p50
    const {accelerator} = plain

    expect(seconds({...plain, accelerator: {...accelerator, memoryBandwidthBytesPerSecond: 1e12}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, memoryGib: 400}})).toBeLessThan(seconds(plain))
    expect(seconds({...plain, accelerator: {...accelerator, pcieGeneration: 3}})).toBeGreaterThan(seconds(plain))
    expect(seconds({...plain, host: {memoryGib: 16}})).toBeGreaterThan(seconds(plain))
  })
})

test('laws: ordered intervals, never below the roofline or the bound, the parts are the whole', () => {
  fc.assert(
    fc.property(
      fc.integer({min: 1e8, max: 1e13}), fc.integer({min: 1, max: 10_000}), fc.double({min: 0.001, max: 1, noNaN: true}), fc.double({min: 0.01, max: 500, noNaN: true}), fc.constantFrom('scan', 'aggregate', 'join'), fc.constantFrom('cold', 'hot'),
      fc.constantFrom('parquet', 'native', 'memory'), fc.constantFrom(...ENGINE_IDS), fc.constantFrom('c7a.large', 'c7a.48xlarge', 'h100-sxm-80gb', 't4-16gb'), fc.constantFrom(1, 2, 4),
      (bytes, queries, readShare, workingSetGib, mix, cache, format, engine, where, nodes) => {
        const spec = {kind: 'data-analytics', bytes, queries, readShare, workingSetGib, mix, cache, format, engine}
        const hardware = where.startsWith('c7a') ? machine(where, nodes) : on(where, 1, nodes, {memoryGib: 128})
        const demand = dataAnalytics.demand(dataAnalytics.spec.parse(spec), facts)
        for (const configuration of dataAnalytics.configurations(demand, hardware, facts)) {
          const {workSeconds, rooflineSeconds, operators, memory, throughput, load} = run(spec, hardware, configuration)
          expect(workSeconds!.p10 <= workSeconds!.p50 && workSeconds!.p50 <= workSeconds!.p90).toBe(true)
          expect(workSeconds!.p10).toBeGreaterThanOrEqual(rooflineSeconds * (1 - 1e-9))
          expect(workSeconds!.p50).toBeGreaterThanOrEqual(dataAnalytics.lowerBoundSeconds(demand, hardware, facts) * (1 - 1e-9))
          const whole = operators.reduce((sum, {seconds}) => sum + seconds, 0) * queries
          expect(whole / workSeconds!.p50).toBeLessThanOrEqual(1 + 1e-6)
          if (workSeconds!.p50 > rooflineSeconds * (1 + 1e-9)) expect(whole / workSeconds!.p50).toBeCloseTo(1, 6)
          expect(memory.lines.reduce((sum, {gib}) => sum + gib, 0)).toBeCloseTo(memory.neededGib.p50, 6)
          expect(memory.neededGib.p50).toBeLessThanOrEqual(memory.availableGib * (1 + 1e-9))
          expect((throughput.value!.p50 * workSeconds!.p50) / ((queries * bytes * readShare) / 1e9)).toBeCloseTo(1, 9)
          for (const share of [load.computeShare, load.memoryShare, load.linkShare, load.hostShare]) expect(share >= 0 && share <= 1).toBe(true)
        }
      },
    ),
    {numRuns: 150, seed: 7},
  )
})

describe('what was published', () => {
  const row = (framework: string, accelerator: string, metric: string, notes: string, model = 'ClickBench 43 queries, hits table 99,997,497 rows x 105 columns') =>
    settingOf(parseMeasurements(`id,kind,model,params_b,phase,framework,accelerator,accelerators,nodes,interconnect,precision,tp,pp,dp,ep,cp,micro_batch,global_batch,concurrency,input_len,output_len,seq_len,dataset,tokens,metric,value,unit,scope,date,source,notes\nx,data_analytics,"${model}",,sql_analytics,"${framework}",${accelerator},1,1,,,,,,,,,,,,,,,,${metric},1,s,system,2026,s,"${notes}"\n`, 'x.csv')[0]!)
  const read = (...fields: Parameters<typeof row>) => readAnalyticsMeasurement(row(...fields), [...facts.snapshot.accelerators, ...facts.snapshot.devices])

  test('a row is a question: engine, machine, format, cold or hot, and the bytes that lie there', () => {
    expect(read('ClickHouse (2026-08-22)', 'CPU instance c6a.4xlarge', 'time_s_hot_total', 'on-disk size 15269865399 B; tuned=no')).toMatchObject({
      status: 'case', case: {engine: 'clickhouse', device: {multiprocessors: 8, memoryGib: 32}, work: {format: 'native', cold: false, storedBytes: 15_269_865_399, queries: 43}},
    })
    expect(read('DuckDB (Parquet, single) (2026-05-11)', 'CPU instance c6a.metal', 'time_s_cold_total', '')).toMatchObject({status: 'case', case: {engine: 'duckdb', work: {format: 'parquet', cold: true}}})
    expect(read('Sirius (2026-03-09)', 'GH200 96GB (Lambda)', 'time_s_hot_total', '')).toMatchObject({status: 'case', case: {engine: 'sirius'}})
  })

  test('and says why it is none', () => {
    expect(read('Oracle', 'CPU instance c6a.metal', 'time_s_hot_total', '')).toMatchObject({reason: 'Oracle is no engine of the catalog'})
    expect(read('DuckDB', 'CPU instance z9.huge', 'time_s_hot_total', '')).toMatchObject({reason: 'CPU instance z9.huge is not in the catalog'})
    expect(read('DuckDB', 'CPU instance c6a.metal', 'load_s', '')).toMatchObject({reason: '"load_s" is no time of a set of queries'})
    expect(read('DuckDB', 'CPU instance c6a.metal', 'time_s_hot_total', '', 'TPC-H')).toMatchObject({reason: 'the queries of "TPC-H" are not known'})
    expect(read('Polars (DataFrame)', 'CPU instance c6a.xlarge', 'time_s_hot_total', '')).toMatchObject({status: 'unanswered', reason: expect.stringContaining('does not fit')})
  })

  test('without any calibration, an engine on a usual machine is within a factor of four of what one did', () => {
    const bare = {...facts, calibration: createCalibration([])}
    // ClickBench, 43 queries on c6a.4xlarge, hot: DuckDB 32.5 s, ClickHouse 35.8 s of Parquet.
    const {workSeconds} = run({kind: 'data-analytics', bytes: '14.78 GB', queries: 43, readShare: 0.036, engine: 'duckdb', cache: 'hot', workingSetGib: 1.2}, on('cpu-epyc-7r13-c6a-4xlarge'), undefined, bare)

    expect(workSeconds!.p50).toBeGreaterThan(32.5 / 4)
    expect(workSeconds!.p50).toBeLessThan(32.5 * 4)
  })

  test('a fast accelerator behind a slow object store is no faster than processors (mcp-gpu-data-server, issue 5: DuckDB 12 to 33 s, cuDF 53 to 63 s)', () => {
    const spec = {kind: 'data-analytics', bytes: '3 GiB', queries: 1, readShare: 1, mix: 'join', storage: 'object-storage', storageBandwidth: '100 MB/s'}
    const processors = run({...spec, engine: 'duckdb'}, machine('c7a.4xlarge'))
    const accelerator = run({...spec, engine: 'rapids'}, on('rtx-4000-ada-20gb', 1, 1, {memoryGib: 64}))

    expect(processors.bottleneck).toBe('storage')
    expect(accelerator.bottleneck).toBe('storage')
    expect(accelerator.workSeconds!.p50 / processors.workSeconds!.p50).toBeGreaterThan(0.9)
  })
})

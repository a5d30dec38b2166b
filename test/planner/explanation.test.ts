import {beforeAll, describe, expect, test} from 'vitest'
import {splitCalibration} from '../../src/catalog/compiled.ts'
import type {CalibrationTable} from '../../src/catalog/schema.ts'
import type {Hardware, Operator} from '../../src/performance/types.ts'
import type {Explanation, PlanDocument} from '../../src/planner/document.ts'
import {estimateTargets} from '../../src/planner/estimate.ts'
import {budgetsOf} from '../../src/planner/explanation.ts'
import {resolveTarget} from '../../src/planner/resolve.ts'
import type {PublishedErrors} from '../../src/planner/session.ts'
import {planJson} from '../../src/report/json.ts'
import {PlanSchema} from '../../src/report/plan-schema.ts'
import {sessionInput, type Workspace} from '../../src/workspace.ts'
import {catalog, derived, estimate, read, workspace, type Spec} from './world.ts'

const h100 = catalog.accelerators.find(({id}) => id === 'h100-sxm-80gb')!
const nvswitch = {kind: 'nvswitch', groupSize: 8, bytesPerSecond: 450e9, latencySeconds: 1e-6}
const node: Hardware = {
  accelerator: h100, acceleratorsPerNode: 8, nodes: 2, levels: [nvswitch], host: {},
  network: {kind: 'infiniband', bytesPerSecondPerNode: 400e9, rdma: true, latencySeconds: 1e-6},
}
const performance = (operators: readonly Operator[], precision: string, seconds: number | null = null) =>
  ({operators, configuration: {precision}, workSeconds: seconds === null ? null : {p10: seconds, p50: seconds, p90: seconds}})
const only = (operator: Operator, precision: string, hardware: Hardware = node) => budgetsOf(performance([operator], precision), hardware)[0]?.operators[0]

describe('time budgets', () => {
  test('each adds up to one, the longest operator first', () => {
    const budgets = budgetsOf(
      performance(
        [
          {name: 'decode step: host', seconds: 0.002, bound: 'host'},
          {name: 'decode step: weights', seconds: 0.006, bound: 'memory-bandwidth', bytes: 1.5e10},
          {name: 'prefill: matmuls', seconds: 0.05, bound: 'compute', flops: 4e13},
        ],
        'bf16',
      ),
      node,
    )

    // 15 GB in 6 ms are 2.5 TB/s of 3.35; 40 TFLOP in 50 ms are 800 TFLOP/s of 989.4.
    expect(budgets).toEqual([
      {
        group: 'decode step',
        operators: [
          {name: 'weights', seconds: 0.006, share: 0.75, bound: 'memory-bandwidth', unit: 'bytes/s', achieved: 2.5e12, limit: h100.memoryBandwidthBytesPerSecond},
          {name: 'host', seconds: 0.002, share: 0.25, bound: 'host', unit: null, achieved: null, limit: null},
        ],
      },
      {group: 'prefill', operators: [{name: 'matmuls', seconds: 0.05, share: 1, bound: 'compute', unit: 'FLOP/s', achieved: 8e14, limit: h100.peakFlops.bf16}]},
    ])
  })

  test('without a name it is of a step, or of the run where it is as long as that', () => {
    const operators: Operator[] = [{name: 'work', seconds: 30, bound: 'compute'}, {name: 'loss', seconds: 10, bound: 'link'}]

    expect(budgetsOf(performance(operators, 'bf16', 4000), node).map(({group}) => group)).toEqual(['step'])
    expect(budgetsOf(performance(operators, 'bf16', 40), node).map(({group}) => group)).toEqual(['run'])
  })

  test('no time is no share and no rate', () => {
    expect(budgetsOf(performance([{name: 'nothing', seconds: 0, bound: 'compute', flops: 0}], 'bf16'), node)[0]?.operators).toEqual([
      {name: 'nothing', seconds: 0, share: 0, bound: 'compute', unit: null, achieved: null, limit: null},
    ])
    expect(budgetsOf(performance([], 'bf16'), node)).toEqual([])
  })

  test.for<[string, number | undefined]>([
    ['bf16', h100.peakFlops.bf16],
    ['fp8', h100.peakFlops.fp8],
    // Stored in 4 bit, multiplied in 16.
    ['nf4', h100.peakFlops.bf16],
    ['mxfp4', h100.peakFlops.bf16],
  ])('the limit of arithmetic in %s is what the hardware multiplies in', ([precision, limit]) => {
    expect(only({name: 'matmul', seconds: 1, bound: 'compute', flops: 1e14}, precision)?.limit).toBe(limit)
  })

  test('an old card with a token few units for 16 bits multiplies in 32', () => {
    const p40 = catalog.accelerators.find(({id}) => id === 'p40-24gb')!

    expect(only({name: 'matmul', seconds: 1, bound: 'compute', flops: 1e12}, 'int4', {...node, accelerator: p40})?.limit).toBe(p40.peakFlops.fp32)
    expect(p40.peakFlops.fp16).toBeLessThan(p40.peakFlops.fp32!)
  })

  test('the limit of a link is its rate, where there is one; of a network the share of an accelerator', () => {
    const link: Operator = {name: 'ring', seconds: 1, bound: 'link', bytes: 1e11}
    const network: Operator = {name: 'ring', seconds: 1, bound: 'network', bytes: 1e10}

    expect(only(link, 'bf16')).toMatchObject({unit: 'bytes/s', achieved: 1e11, limit: 450e9})
    expect(only(link, 'bf16', {...node, levels: [nvswitch, {...nvswitch, groupSize: 16}]})?.limit).toBeNull()
    expect(only(network, 'bf16')?.limit).toBe(50e9)
    expect(only(network, 'bf16', {...node, network: undefined})?.limit).toBeNull()
  })

  test('where the hardware is several, rates have no limit', () => {
    expect(budgetsOf(performance([{name: 'matmul', seconds: 1, bound: 'compute', flops: 1e14}], 'bf16'), undefined)[0]?.operators[0]).toMatchObject({achieved: 1e14, limit: null})
  })
})

/** A table with measurements of serving on one accelerator, and of training nowhere near. */
const calibration: CalibrationTable = {
  ...catalog.calibration,
  spreads: [
    {kind: 'llm-inference', metric: 'tpot', distance: 'measured', lowLog: Math.log(0.88), highLog: Math.log(1.18), measurements: 80},
    {kind: 'llm-inference', metric: 'tpot', distance: 'accelerator', lowLog: Math.log(0.8), highLog: Math.log(1.25), measurements: 60},
    {kind: 'llm-finetune', metric: 'step-time', distance: 'accelerator', lowLog: -0.1, highLog: 0.2, measurements: 12},
    {kind: 'power', metric: 'accelerator-watts', distance: 'family', lowLog: -0.1, highLog: 0.1, measurements: 5},
  ],
  evidence: [
    {kind: 'llm-inference', accelerator: 'h100-sxm-80gb', architecture: 'hopper', model: 'meta-llama/Meta-Llama-3.1-70B', measurements: 9},
    {kind: 'llm-inference', accelerator: 'h100-sxm-80gb', architecture: 'hopper', model: 'Qwen/Qwen3-32B', measurements: 30},
    {kind: 'power', accelerator: 'h200-sxm-141gb', architecture: 'hopper', model: 'Qwen/Qwen3-32B', measurements: 5},
  ],
}
const published: PublishedErrors = (kind, metric) => (metric === 'tpot' ? {figure: `TPOT of ${kind}`, mape: 0.14, mdape: 0.09, outOfSample: true} : undefined)

const world = workspace(derived(catalog, {calibrationOf: kind => splitCalibration(calibration).get(kind) ?? catalog.calibrationOf('nothing')}))
const chat: Spec = {kind: 'llm-inference', model: 'Llama-3.1-70B', precision: 'fp8', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 50}}
const tune: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'lora', tokens: '100M', sequenceLength: 2048, globalBatch: 8}

async function explain(spec: Spec, on: string, there: Workspace = world): Promise<PlanDocument> {
  return estimateTargets({...(await sessionInput(there, read(spec))), publishedErrors: published}, [resolveTarget(on, there.facts, there.knownRigs, there.options)])
}
const explanationOf = async (spec: Spec, on: string): Promise<Explanation> => (await explain(spec, on)).targets[0]!.explanation!

describe('the nearest measurement', () => {
  test('of the same accelerator and model, whatever the model is called', async () => {
    for (const model of ['Llama-3.1-70B', 'meta-llama/Meta-Llama-3.1-70B-Instruct']) {
      expect((await explanationOf({...chat, model}, 'h100-sxm-80gb:2')).nearest).toEqual({
        distance: 'measured', accelerator: 'h100-sxm-80gb', model: 'meta-llama/Meta-Llama-3.1-70B', measurements: 9,
        rows: [{accelerator: 'h100-sxm-80gb', model: 'meta-llama/Meta-Llama-3.1-70B', measurements: 9}],
      })
    }
  })

  test('of the same accelerator, an inline model being none that was measured', async () => {
    const shape = {layers: 32, hidden: 4096, intermediate: 14336, heads: 32, kvHeads: 8, vocab: 128256}

    expect((await explanationOf({...chat, model: shape}, 'h100-sxm-80gb')).nearest).toMatchObject({distance: 'accelerator', accelerator: 'h100-sxm-80gb', model: null, measurements: 39})
  })

  test('of the architecture; of nothing', async () => {
    expect((await explanationOf(chat, 'h200-sxm-141gb:2')).nearest).toMatchObject({distance: 'family', accelerator: 'h100-sxm-80gb', measurements: 39})
    expect((await explanationOf(chat, 'a100-sxm-80gb:4')).nearest).toBeNull()
    expect((await explanationOf(tune, 'h100-sxm-80gb')).nearest).toBeNull()
    expect((await explanationOf({kind: 'generic', flops: 1e20, memoryGib: 10}, 'h100-sxm-80gb')).nearest).toBeNull()
  })
})

describe('the known error', () => {
  test('is that of the distance, for the figures of the kind and for power, each at its own', async () => {
    const {knownError} = await explanationOf(chat, 'h100-sxm-80gb:2')

    expect(knownError).toMatchObject([
      {kind: 'llm-inference', metric: 'tpot', distance: 'measured', from: 'measured', measurements: 80, published: {figure: 'TPOT of llm-inference', mape: 0.14, mdape: 0.09, outOfSample: true}},
      {kind: 'power', metric: 'accelerator-watts', distance: 'family', from: 'family', measurements: 5, published: null},
    ])
    expect(knownError[0]?.p10).toBeCloseTo(0.88)
    expect(knownError[0]?.p90).toBeCloseTo(1.18)
  })

  test('is widened where only nearer ones are known', async () => {
    const [tpot] = (await explanationOf(chat, 'h200-sxm-141gb:2')).knownError

    expect(tpot).toMatchObject({distance: 'family', from: 'accelerator', measurements: 60})
    expect(tpot?.p90).toBeCloseTo(1.25 ** 1.3)
  })
})

describe('the distance from the hardware limit', () => {
  test('of a service is per output token of all its replicas', async () => {
    const {targets: [target]} = await explain(chat, 'h100-sxm-80gb:2')
    const {limit} = target!.explanation!

    expect(limit).toMatchObject({per: 'throughput-unit', accelerators: 2})
    expect(limit?.estimateSeconds).toBeCloseTo(1 / target!.throughput.p50!, 12)
    expect(limit!.ratio).toBeCloseTo(limit!.estimateSeconds / limit!.rooflineSeconds, 12)
    expect(limit!.ratio).toBeGreaterThan(1)
  })

  test('of a run is of the work alone', async () => {
    const {targets: [target]} = await explain(tune, 'h100-sxm-80gb:8:x2')
    const {limit} = target!.explanation!

    expect(limit).toMatchObject({per: 'run', accelerators: 16})
    expect(limit?.estimateSeconds).toBeCloseTo(target!.workHours!.p50 * 3600, 6)
    expect(limit!.ratio).toBeGreaterThanOrEqual(1)
  })
})

describe('the document', () => {
  let explained: PlanDocument
  beforeAll(async () => {
    explained = await explain(chat, 'h100-sxm-80gb:2')
  })

  test('has the explanation last, keeps to its schema, and is otherwise the same', async () => {
    const printed = planJson(explained)
    const plain = planJson(await estimate(chat, world, 'h100-sxm-80gb:2'))
    const [{explanation: _, ...others}] = printed['targets'] as [Record<string, unknown>]

    expect(PlanSchema.parse(printed)).toEqual(printed)
    expect(Object.keys((printed['targets'] as [object])[0]).at(-1)).toBe('explanation')
    expect({...printed, targets: [others]}).toEqual(plain)
  })

  test('no operator is faster than the hardware, and the operators are those of the performance', () => {
    const [target] = explained.targets
    const {budget} = target!.explanation!

    expect(budget.map(({group}) => group)).toEqual(['decode step', 'prefill'])
    expect(budget.flatMap(({operators}) => operators)).toHaveLength(target!.operators!.length)
    for (const {achieved, limit} of budget.flatMap(({operators}) => operators)) expect(achieved ?? 0).toBeLessThanOrEqual(limit ?? Infinity)
  })

  test('figures of what is refused are explained as well', async () => {
    const {rejected: [entry]} = await explain({...chat, constraints: {budget: '1 USD'}}, 'lambda:gpu_8x_h100_sxm5')

    expect(entry?.estimate?.explanation?.budget.length).toBeGreaterThan(0)
  })
})

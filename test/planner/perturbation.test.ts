import {describe, expect, test} from 'vitest'
import type {Rig} from '../../src/catalog/rig.ts'
import type {PlanDocument} from '../../src/planner/document.ts'
import {leafPaths} from '../../src/text/issues.ts'
import {kinds} from '../../src/workload/index.ts'
import {errorCode, estimate, examples, plan, restricted, rigNamed, workspace, type Spec} from './world.ts'

const few = restricted({
  machines: ({provider, instanceType}) =>
    ['aws/p5.48xlarge', 'aws/p4d.24xlarge', 'aws/g6e.12xlarge', 'gcp/a3-highgpu-8g', 'lambda/gpu_8x_h100_sxm5', 'lambda/gpu_1x_gh200', 'nebius/HGX H100 x8'].includes(`${provider}/${instanceType}`),
})
const world = workspace(few, {rigs: [rigNamed('h100x10-pcie')], acceptStale: true})

const serving: Spec = {kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 50}}
const mixture: Spec = {...serving, model: 'Mixtral-8x7B'}
const tuning: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'full', tokens: '500M', sequenceLength: 4096}
const training: Spec = {kind: 'llm-pretrain', model: 'Llama-2-7b', tokens: '20B', sequenceLength: 8192, globalBatch: 512}
const timed: Spec = examples['nightly-simulation'] ?? {}
const EIGHT = 'h100-sxm-80gb:8'
const LAMBDA = 'lambda:gpu_8x_h100_sxm5'

/** What of a plan may move: figures of its first target, and what it lets in. */
function measure(document: PlanDocument): Readonly<Record<string, number | string | undefined>> {
  const [target] = document.targets
  return {
    targets: document.targets.length,
    winner: target?.id,
    region: target?.region ?? undefined,
    cost: target?.cost.usd?.p50,
    hours: target?.durationHours?.p50,
    work: target?.workHours?.p50,
    energy: target?.energyKwh?.p50,
    carbon: target?.carbonKg?.p50,
    memory: target?.memoryGib.needed.p50,
    throughput: target?.throughput.p50 ?? undefined,
    firstToken: target?.latency?.ttftSeconds.p99.p50,
    accelerators: target?.accelerators,
    spread: (target?.workHours?.p90 ?? 0) / (target?.workHours?.p10 ?? 1),
    period: target?.cost.period,
    runtime: target?.configuration.runtime,
    confidence: target?.confidence,
    rejected: document.rejected.length,
    workload: JSON.stringify(document.workload),
  }
}

/** ↑ grows, ↓ shrinks, = stays, ≠ is another. */
type Direction = '↑' | '↓' | '=' | '≠'

function went(before: number | string | undefined, after: number | string | undefined): Direction {
  if (before === after) return '='
  if (typeof before !== 'number' || typeof after !== 'number') return '≠'
  if (Math.abs(after - before) <= 1e-9 * Math.abs(before)) return '='
  return after > before ? '↑' : '↓'
}

interface Row {
  readonly spec: Spec
  readonly from?: Spec
  readonly to: Spec
  /** Estimates on this target; without it the plan. */
  readonly on?: string
  /** What the rigs' site says, where that is what the field is held against. */
  readonly site?: Partial<Rig['site']>
  readonly moves: Readonly<Record<string, Direction>>
}

const configuration = (value: Spec): Spec => ({configuration: value})
const constraints = (value: Spec): Spec => ({constraints: value})
const data = (value: Spec): Spec => ({data: value})
const measured = (value: Spec): Spec => ({reference: {on: EIGHT, throughput: '60000 tokens/s', ...value}})

const rows: Readonly<Record<string, Row>> = {
  name: {spec: tuning, to: {name: 'other'}, moves: {workload: '≠', cost: '=', targets: '='}},
  precision: {spec: serving, from: {precision: 'fp8'}, to: {precision: 'bf16'}, on: LAMBDA, moves: {memory: '≠', throughput: '↓', accelerators: '↑'}},
  'constraints.deadline': {spec: tuning, from: constraints({deadline: '100 h'}), to: constraints({deadline: '1 h'}), moves: {targets: '↓', cost: '↑', hours: '↓'}},
  'constraints.budget': {spec: tuning, from: constraints({budget: '500 USD'}), to: constraints({budget: '40 USD'}), moves: {targets: '↓', cost: '='}},
  'constraints.providers': {spec: tuning, to: constraints({providers: 'aws'}), moves: {targets: '↓', winner: '≠', cost: '↑'}},
  'constraints.regions': {spec: tuning, from: constraints({providers: 'lambda'}), to: constraints({providers: 'lambda', regions: 'us-west-*'}), moves: {region: '≠'}},
  'constraints.purchase': {spec: tuning, to: constraints({purchase: 'on-demand'}), moves: {targets: '↓', winner: '≠'}},
  'constraints.maxNodes': {spec: tuning, to: constraints({maxNodes: 2}), moves: {targets: '↓'}},
  'constraints.accelerators': {spec: tuning, to: constraints({accelerators: 'h100-sxm-80gb'}), moves: {targets: '↓', winner: '≠'}},
  'constraints.minMemoryGib': {spec: tuning, to: constraints({minMemoryGib: 90}), moves: {targets: '↓', winner: '≠'}},
  'constraints.dataResidency': {spec: tuning, to: constraints({dataResidency: 'US'}), moves: {targets: '↓', winner: '≠'}},
  'constraints.privacy': {spec: tuning, to: constraints({privacy: 'own-hardware'}), moves: {targets: '↓', cost: '='}},
  'constraints.tolerateInterruption': {spec: serving, to: constraints({tolerateInterruption: true}), moves: {targets: '↑'}},
  'constraints.access': {spec: serving, site: {publicAddress: false}, from: constraints({access: 'own-network'}), to: constraints({access: 'internet'}), moves: {targets: '↓', rejected: '↑', winner: '≠'}},
  'constraints.availability': {spec: serving, site: {availabilityShare: 0.99}, from: constraints({availability: 0.98}), to: constraints({availability: 0.999}), moves: {targets: '↓', rejected: '↑', winner: '≠'}},
  objective: {spec: tuning, from: {objective: 'cost'}, to: {objective: 'time'}, moves: {hours: '↓', cost: '↑'}},
  schedule: {spec: tuning, from: {schedule: 'once'}, to: {schedule: 'always'}, on: LAMBDA, moves: {period: '≠', cost: '↑', hours: '=', work: '='}},
  'schedule.runsPerMonth': {spec: tuning, from: {schedule: {runsPerMonth: 4}}, to: {schedule: {runsPerMonth: 8}}, on: LAMBDA, moves: {cost: '↑', hours: '='}},
  'schedule.hoursPerMonth': {spec: serving, from: {schedule: {hoursPerMonth: 100}}, to: {schedule: {hoursPerMonth: 200}}, on: LAMBDA, moves: {cost: '↑', energy: '↑'}},
  horizonMonths: {spec: serving, from: {horizonMonths: 3}, to: {horizonMonths: 12}, moves: {targets: '↑', rejected: '↓'}},
  'reference.on': {spec: tuning, from: measured({on: 'h100-sxm-80gb:4'}), to: measured({}), on: EIGHT, moves: {throughput: '↓', confidence: '≠'}},
  'reference.throughput': {spec: tuning, from: measured({}), to: measured({throughput: '30000 tokens/s'}), on: LAMBDA, moves: {throughput: '↓', hours: '↑', cost: '↑', spread: '='}},
  'reference.duration': {spec: timed, from: {data: {}}, to: {data: {}, reference: {on: 'a100-sxm-80gb', duration: '6 h'}}, on: LAMBDA, moves: {hours: '↑', cost: '↑', throughput: '↓'}},
  'data.inputGb': {spec: tuning, from: data({inputGb: 100, inputAt: 'site'}), to: data({inputGb: 2000, inputAt: 'site'}), on: 'aws:p5.48xlarge', moves: {hours: '↑', work: '=', cost: '↑'}},
  'data.inputAt': {spec: tuning, from: data({inputGb: 2000, inputAt: 'site'}), to: data({inputGb: 2000, inputAt: 'gcp'}), on: 'aws:p5.48xlarge', moves: {hours: '↓', cost: '≠'}},
  'data.outputGb': {spec: tuning, to: data({outputGb: 5000}), on: 'aws:p5.48xlarge', moves: {cost: '↑', work: '='}},
  'data.egressGb': {spec: tuning, to: data({egressGb: 5000}), on: 'aws:p5.48xlarge', moves: {cost: '↑', hours: '='}},
  'data.storageGb': {spec: {...tuning, schedule: {runsPerMonth: 2}}, to: data({storageGb: 5000}), on: 'aws:p5.48xlarge', moves: {cost: '↑', hours: '='}},
  'configuration.runtime': {spec: serving, from: configuration({runtime: 'vllm'}), to: configuration({runtime: 'tensorrt-llm'}), on: EIGHT, moves: {runtime: '≠', throughput: '≠'}},
  'configuration.precision': {spec: serving, from: configuration({precision: 'fp8', tp: 8}), to: configuration({precision: 'bf16', tp: 8}), on: EIGHT, moves: {memory: '↑', throughput: '↓'}},
  'configuration.tp': {spec: serving, from: configuration({tp: 4}), to: configuration({tp: 8}), on: EIGHT, moves: {memory: '↓', throughput: '↑', accelerators: '↑'}},
  'configuration.pp': {spec: training, from: configuration({pp: 2}), to: configuration({pp: 4}), on: EIGHT, moves: {throughput: '↓'}},
  'configuration.dp': {spec: serving, from: configuration({dp: 2, tp: 2}), to: configuration({dp: 4, tp: 2}), on: EIGHT, moves: {accelerators: '↑', throughput: '↑', firstToken: '↓'}},
  'configuration.ep': {spec: mixture, from: configuration({ep: 2, tp: 1}), to: configuration({ep: 4, tp: 1}), on: EIGHT, moves: {memory: '↓', accelerators: '↑'}},
  'configuration.cp': {spec: training, from: configuration({cp: 1, microBatch: 1}), to: configuration({cp: 2, microBatch: 1}), on: EIGHT, moves: {memory: '↓'}},
  'configuration.microBatch': {spec: tuning, from: configuration({microBatch: 1, tp: 2}), to: configuration({microBatch: 2, tp: 2}), on: EIGHT, moves: {memory: '↑', throughput: '↑'}},
  'configuration.batch': {spec: serving, from: configuration({batch: 50, tp: 8}), to: configuration({batch: 200, tp: 8}), on: EIGHT, moves: {memory: '↑'}},
  'configuration.checkpointing': {spec: tuning, from: configuration({checkpointing: 'none', microBatch: 1, zeroStage: 3}), to: configuration({checkpointing: 'full', microBatch: 1, zeroStage: 3}), on: EIGHT, moves: {memory: '↓', throughput: '↓'}},
  'configuration.zeroStage': {spec: tuning, from: configuration({zeroStage: 1, microBatch: 1, tp: 1}), to: configuration({zeroStage: 3, microBatch: 1, tp: 1}), on: EIGHT, moves: {memory: '↓'}},
  'configuration.migProfile': {spec: {kind: 'generic', flops: '1 EFLOP', memoryGib: 4}, from: configuration({migProfile: '3g.40gb'}), to: configuration({migProfile: '1g.10gb'}), on: LAMBDA, moves: {throughput: '↓', hours: '↑', accelerators: '↓'}},
  'configuration.offload': {spec: tuning, from: configuration({offload: 'none', tp: 2, microBatch: 1, zeroStage: 1, checkpointing: 'full'}), to: configuration({offload: 'optimizer', tp: 2, microBatch: 1, zeroStage: 1, checkpointing: 'full'}), on: EIGHT, moves: {memory: '↓', throughput: '↓'}},
  'reference.configuration': {spec: tuning, from: measured({configuration: {offload: 'none'}}), to: measured({configuration: {offload: 'optimizer'}}), on: LAMBDA, moves: {throughput: '↑', hours: '↓'}},
}

describe('every field that all kinds share moves what it should, and that way', () => {
  test.for(Object.entries(rows))('%s', async ([, {spec, from = {}, to, on, site, moves}]) => {
    const there = site === undefined ? world : workspace(few, {rigs: [{...rigNamed('h100x10-pcie'), site: {...rigNamed('h100x10-pcie').site, ...site}}], acceptStale: true})
    const run = async (changes: Spec): Promise<PlanDocument> => (on === undefined ? plan({...spec, ...changes}, there) : estimate({...spec, ...changes}, there, on))

    const [before, after] = [measure(await run(from)), measure(await run(to))]

    expect(before['winner'], 'a target before').toBeDefined()
    expect(after['winner'], 'a target after').toBeDefined()
    const told = Object.fromEntries(Object.entries(moves).map(([figure, expected]) => {
      const direction = went(before[figure], after[figure])
      return [figure, expected === '≠' && direction !== '=' ? '≠' : direction]
    }))
    expect(told).toEqual(moves)
  })

  test('no field is left out', () => {
    const shared = leafPaths(kinds.find(kind => kind.id === 'generic')?.spec ?? expect.fail('no such kind')).filter(field => !['kind', 'flops', 'bytes', 'memoryGib', 'parallelEfficiency'].includes(field))
    const covered = (field: string): boolean => Object.hasOwn(rows, field.startsWith('reference.configuration.') ? 'reference.configuration' : field)

    expect(shared.filter(field => !covered(field))).toEqual([])
  })

  test('what cannot move anything is an error, not silence', async () => {
    expect(await errorCode(plan({...timed, configuration: {tp: 8}}, world))).toBe('BAD_CONFIGURATION')
    expect(await errorCode(plan({...serving, configuration: {zeroStage: 3}}, world))).toBe('BAD_CONFIGURATION')
    expect(await errorCode(plan({...serving, schedule: {runsPerMonth: 3}}, world))).toBe('BAD_SCHEDULE')
    expect((await plan({...serving, constraints: {deadline: '3 h'}}, world)).notes).toContain('A service has no end, so its deadline is left aside.')
  })
})

import * as fc from 'fast-check'
import {beforeAll, describe, expect, test} from 'vitest'
import {bareHardware, hardwareOf, hardwareOfRig} from '../../../src/catalog/hardware.ts'
import type {Configuration, Hardware} from '../../../src/performance/types.ts'
import type {PlanningFacts} from '../../../src/planner/facts.ts'
import type {AnyKind} from '../../../src/workload/contract.ts'
import {llmFinetune} from '../../../src/workload/llm-finetune/index.ts'
import {llmPretrain} from '../../../src/workload/llm-pretrain/index.ts'
import {bundledFacts, hardwareNamed} from './training-fixtures.ts'

/**
 * Follows what a refusal names: reads the sentence as a person would, changes specification and hardware, and asks again
 * through the kind's own door. A word that cannot be read fails the test.
 */

let facts: PlanningFacts
beforeAll(async () => void (facts = await bundledFacts()))

type Spec = Readonly<Record<string, unknown>>
interface Case {
  readonly spec: Spec
  readonly on: Hardware
}

const kindOf = (spec: Spec): AnyKind => (spec['kind'] === 'llm-pretrain' ? llmPretrain : llmFinetune)
const configurationOf = (spec: Spec): Configuration => spec['configuration'] ?? {}
const configured = (spec: Spec, changes: Record<string, unknown>): Spec => ({...spec, configuration: {...configurationOf(spec), ...changes}})

function runs({spec, on}: Case): boolean {
  const kind = kindOf(spec)
  const demand = kind.demand(kind.spec.parse(spec), facts)
  return kind.configurations(demand, on, facts).some(configuration => kind.perform(demand, on, configuration, facts).feasible)
}

/** The ways out of a refusal; `undefined` where it runs, `null` where there is none. */
function nearest({spec, on}: Case): string | null | undefined {
  const kind = kindOf(spec)
  const demand = kind.demand(kind.spec.parse(spec), facts)
  return kind.configurations(demand, on, facts).length > 0 ? undefined : kind.refuse(demand, on, facts).refusal.nearest
}

const withMemory = (on: Hardware, memoryGib: number): Hardware => ({...on, acceleratorsPerNode: Math.max(1, on.acceleratorsPerNode), accelerator: {...on.accelerator, memoryGib}})
const LARGE = (on: Hardware, nodes: number): Hardware => ({...hardwareNamed(facts, 'h100-sxm-80gb', 8, nodes), accelerator: {...on.accelerator, memoryGib: 80}})

/** One clause of a way out → what it means. */
const CLAUSES: readonly (readonly [RegExp, (found: readonly string[], at: Case) => Case])[] = [
  [/^((?:\w+ and )*\w+) searched/, ([, fields = ''], {spec, on}) => ({spec: {...spec, ...(fields.includes('precision') ? {precision: undefined} : {}), configuration: Object.fromEntries(Object.entries(configurationOf(spec)).filter(([field]) => !fields.split(' and ').includes(field)))}, on})],
  [/^on a whole accelerator/, (_, {spec, on}) => ({spec, on: {...on, acceleratorsPerNode: 1, levels: []}})],
  [/^on (\d+) accelerators \(([\w-]+):\1\)/, ([, count, id], {spec, on}) => ({spec, on: bareHardware({...on.accelerator, id: id as never}, Number(count), 1)})],
  [/^on (\d+) nodes of 8 accelerators with 80 GiB/, ([, nodes], {spec, on}) => ({spec, on: LARGE(on, Number(nodes))})],
  [/^on 8 accelerators with 80 GiB/, (_, {spec, on}) => ({spec, on: LARGE(on, 1)})],
  [/^on (\d+) nodes/, ([, nodes], {spec, on}) => ({spec, on: {...on, nodes: Number(nodes)}})],
  [/^on accelerators with (\d+) GiB/, ([, memoryGib], {spec, on}) => ({spec, on: withMemory(on, Number(memoryGib))})],
  [/^adapters \(rank (\d+)\)/, ([, rank], {spec, on}) => ({spec: {...spec, rank: Number(rank)}, on})],
  [/^method (lora|qlora)/, ([, method], {spec, on}) => ({spec: {...spec, method}, on})],
  [/^optimizer ([\w-]+)/, ([, optimizer], {spec, on}) => ({spec: {...spec, optimizer}, on})],
  [/^sequenceLength (\d+)/, ([, length], {spec, on}) => ({spec: {...spec, sequenceLength: Number(length)}, on})],
  [/^offload (\w+) and (\S+) GiB of host memory(?: \(not known here\))?/, ([, offload, memoryGib], {spec, on}) => ({spec: configured(spec, {offload}), on: {...on, host: {...on.host, memoryGib: Number(memoryGib)}}})],
  [/^precision (\w+)/, ([, precision], {spec, on}) => ({spec: configurationOf(spec).precision === undefined ? {...spec, precision} : configured(spec, {precision}), on})],
  [/^(checkpointing|offload|runtime) (\w+)/, ([, field = '', value], {spec, on}) => ({spec: configured(spec, {[field]: value}), on})],
  [/^(microBatch|zeroStage|dp|tp|ep|cp|pp) (\d+)/, ([, field = '', value], {spec, on}) => ({spec: configured(spec, {[field]: Number(value)}), on})],
]

function follow(way: string, start: Case): Case {
  let at = start
  let rest = way.trim()
  while (rest !== '') {
    const clause = rest.replace(/^(?:with|and) /, '')
    const found = CLAUSES.map(([pattern, change]) => ({match: pattern.exec(clause), change})).find(({match}) => match !== null)
    if (found?.match === null || found === undefined) throw new Error(`"${rest}" of "${way}" is not understood`)
    at = found.change(found.match, at)
    rest = clause.slice(found.match[0].length).trim()
  }
  return at
}

const waysIn = (sentence: string): readonly string[] => sentence.replace(/^(?:fits|runs) /, '').split(/, or |, (?=on |with )|(?<!,) or /)

/** Nothing that is known trains there. */
const isSoftware = ({spec, on}: Case): boolean => kindOf(spec).refuse(kindOf(spec).demand(kindOf(spec).spec.parse(spec), facts), on, facts).refusal.reason === 'software'

const failures = (at: Case): readonly string[] => {
  const sentence = nearest(at)
  return sentence === undefined || sentence === null ? [] : waysIn(sentence).filter(way => !runs(follow(way, at)))
}

const FINETUNE = {kind: 'llm-finetune', tokens: '10M', sequenceLength: 2048, globalBatch: 64}
const on = (accelerator: string, count = 1, nodes = 1): Hardware => hardwareNamed(facts, accelerator, count, nodes)

describe('the nearest change', () => {
  test.for<[string, Spec, () => Hardware, RegExp]>([
    ['QLoRA of a 70B on one 24 GB card: four such cards', {...FINETUNE, model: 'Llama-3.1-70B', method: 'qlora'}, () => on('rtx-4090-24gb'), /^fits on 4 accelerators \(rtx-4090-24gb:4\)/],
    ['full fine-tuning of an 8B on a workstation: offloading, if its host were known', {...FINETUNE, model: 'Llama-3.1-8B', method: 'full'}, () => hardwareOfRig(facts.snapshot.rigs.find(rig => rig.id === 'workstation-rtx4090')!, undefined, facts.accelerator('rtx-4090-24gb')!), /with offload all and \d+ GiB of host memory \(not known here\)/],
    ['LoRA of a 70B on one 80 GB card: more cards, or 4 bit', {...FINETUNE, model: 'Llama-3.1-70B', method: 'lora', configuration: {offload: 'none'}}, () => on('h100-sxm-80gb'), /^fits on 2 accelerators \(h100-sxm-80gb:2\), or with method qlora$/],
    ['preference pairs with all weights: adapters keep the method', {...FINETUNE, model: 'Llama-3.1-8B', method: 'dpo', configuration: {offload: 'none'}}, () => on('a100-sxm-40gb'), /with adapters \(rank 16\)/],
    ['a laptop has no more cards', {...FINETUNE, model: 'Llama-3.1-8B', method: 'full', configuration: {offload: 'none'}}, () => ({...on('rtx-4090-24gb'), accelerator: {...facts.accelerator('rtx-4090-24gb')!, formFactor: 'mobile'}}), /^fits with method lora$/],
    ['a slice: first the whole accelerator', {...FINETUNE, model: 'Llama-3.2-1B', method: 'lora'}, () => ({...on('h100-sxm-80gb'), acceleratorsPerNode: 1 / 16}), /^fits on a whole accelerator/],
    ['one field of the configuration too many: that field', {...FINETUNE, model: 'Llama-3.1-8B', method: 'lora', configuration: {checkpointing: 'none', microBatch: 64, tp: 1, dp: 8}}, () => on('h100-sxm-80gb', 8), /^fits with microBatch (?:2|4|8|16)/],
    ['nothing single does: two at once', {...FINETUNE, model: 'Llama-3.1-405B', method: 'lora', configuration: {offload: 'none'}}, () => on('a100-pcie-80gb'), /^fits with method qlora on 4 accelerators/],
    ['nothing does on such cards: what would', {kind: 'llm-pretrain', model: 'Llama-3.1-405B', tokens: '1B', configuration: {offload: 'none'}}, () => on('rtx-4090-24gb'), /^fits on \d+ nodes of 8 accelerators with 80 GiB$/],
    ['4-bit adapters without a runtime for them', {...FINETUNE, model: 'Llama-3.1-8B', method: 'qlora'}, () => on('tpu-v5e', 8), /^runs with method lora$/],
    ['a precision the hardware lacks', {kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B', precision: 'fp8'}, () => on('a100-sxm-80gb', 8), /^runs with precision bf16$/],
    ['a precision it lacks, and too little memory', {...FINETUNE, model: 'Llama-3.1-8B', method: 'full', precision: 'fp8', configuration: {offload: 'none'}}, () => on('a100-sxm-80gb', 1), /^runs with precision bf16 on 2 accelerators/],
  ])('%s', ([, spec, hardware, expected]) => {
    const at = {spec, on: hardware()}

    expect(nearest(at)).toMatch(expected)
    expect(failures(at)).toEqual([])
  })

  test('is the smallest: one node fewer, or the next smaller machine, does not do', () => {
    const spec = {...FINETUNE, model: 'Llama-3.1-70B', method: 'full', configuration: {offload: 'none'}}
    const nodes = Number(/on (\d+) nodes/.exec(nearest({spec, on: on('h100-sxm-80gb', 8)}) ?? '')?.[1])
    const cards = {...FINETUNE, model: 'Llama-3.1-70B', method: 'qlora'}

    expect(runs({spec, on: on('h100-sxm-80gb', 8, nodes)})).toBe(true)
    expect(runs({spec, on: on('h100-sxm-80gb', 8, nodes - 1)})).toBe(false)
    expect(runs({spec: cards, on: on('rtx-4090-24gb', 2)})).toBe(false)
  })

  test('hardware that nothing trains on has no way out', () => {
    expect(nearest({spec: {...FINETUNE, model: 'Llama-3.2-1B', method: 'lora'}, on: on('k80-12gb')})).toBeNull()
  })

  test('a layout that was asked for and does not run names one that does', () => {
    const kind = llmPretrain
    const demand = kind.demand(kind.spec.parse({kind: 'llm-pretrain', model: 'Llama-3.1-8B', tokens: '1B', sequenceLength: 4096}), facts)

    const result = kind.perform(demand, on('h100-sxm-80gb', 8), {runtime: 'megatron', precision: 'bf16', tp: 1, dp: 8, microBatch: 32, checkpointing: 'none', zeroStage: 1}, facts)

    if (result.feasible) expect.fail('it runs')
    expect(result.refusal.nearest).toMatch(/^fits with (?:checkpointing|microBatch)/)
  })
})

const anySpec = fc.oneof(
  fc.record({
    kind: fc.constant('llm-finetune'), model: fc.constantFrom('Llama-3.2-1B', 'Llama-3.1-8B', 'Llama-3.1-70B', 'Llama-3.1-405B', 'Qwen3-30B-A3B'), method: fc.constantFrom('full', 'lora', 'qlora', 'dpo', 'grpo'),
    tokens: fc.constant(1e8), sequenceLength: fc.constantFrom(512, 2048, 16_384), globalBatch: fc.constantFrom(1, 7, 64, 256),
  }),
  fc.record({
    kind: fc.constant('llm-pretrain'), model: fc.constantFrom('Llama-3.2-1B', 'Llama-2-7b', 'Mixtral-8x7B-v0.1', 'DeepSeek-V3'), tokens: fc.constant(1e9), sequenceLength: fc.constantFrom(2048, 8192, 65_536),
    globalBatch: fc.constantFrom(16, 512), optimizer: fc.constantFrom('adamw', 'muon', 'sgd'),
  }),
)
const anyConfiguration = fc.record(
  {
    tp: fc.constantFrom(1, 2, 8, 10), pp: fc.constantFrom(1, 4), dp: fc.constantFrom(1, 8), microBatch: fc.constantFrom(1, 16), checkpointing: fc.constantFrom('none', 'full'), zeroStage: fc.constantFrom(0, 3),
    offload: fc.constantFrom('none', 'optimizer', 'all'), precision: fc.constantFrom('bf16', 'fp8'), runtime: fc.constantFrom('pytorch', 'megatron', 'maxtext'),
  },
  {requiredKeys: []},
)

test('following any way out makes the run possible, whatever was refused on whatever machine', {timeout: 60_000}, () => {
  const {machines, rigs} = facts.snapshot
  const hardware: Hardware[] = machines.filter((_, index) => index % 9 === 0).flatMap(machine => {
    const accelerator = facts.accelerator(machine.acceleratorId ?? '')
    return accelerator === undefined ? [] : [hardwareOf(machine, accelerator, 1), hardwareOf(machine, accelerator, 2)]
  })
  for (const rig of rigs) for (const node of rig.nodes) hardware.push(hardwareOfRig(rig, node.id, facts.accelerator(node.acceleratorId)!))
  let followed = 0
  let unhelped = 0

  fc.assert(
    fc.property(anySpec, fc.oneof(fc.constant({}), anyConfiguration), fc.nat(), (spec, configuration, which) => {
      const at = {spec: {...spec, configuration}, on: hardware[which % hardware.length]!}
      const sentence = nearest(at)
      if (sentence === null && Object.keys(configuration).length === 0 && !isSoftware(at)) unhelped++
      if (sentence === undefined || sentence === null) return
      followed++
      expect(failures(at), sentence).toEqual([])
    }),
    {numRuns: 1000, seed: 23},
  )

  expect(followed).toBeGreaterThan(300)
  // What nothing helps has a batch too small for the machines its model needs.
  expect(unhelped / followed).toBeLessThan(0.01)
})

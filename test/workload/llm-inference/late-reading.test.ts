import {expect, test} from 'vitest'
import type {Configuration, Hardware, PerformResult} from '../../../src/performance/types.ts'
import {llmInference} from '../../../src/workload/llm-inference/index.ts'
import {bundledFacts, demandOf, hardwareNamed} from './fixtures.ts'

const facts = await bundledFacts()

const online = {inputTokens: 800, outputTokens: 200}
const specs = [
  {model: 'Llama-3.1-8B', traffic: {...online, concurrency: 64}},
  {model: 'Llama-3.1-8B', traffic: {...online, requestsPerSecond: 4}},
  {model: 'Llama-3.1-8B', traffic: {mode: 'offline', ...online, requests: 50_000}},
  {model: 'Llama-3.1-8B', traffic: {mode: 'offline', ...online, requests: 50_000}, slo: {tpot: '20 ms'}},
  {model: 'Llama-3.1-70B', traffic: {inputTokens: 4000, outputTokens: 500, concurrency: 600}},
  {model: 'Mixtral-8x7B', traffic: {...online, requestsPerSecond: 20}, slo: {ttft: '1 s', tpot: '30 ms'}},
]
const machines = [hardwareNamed(facts, 'h100-sxm-80gb', 1), hardwareNamed(facts, 'h100-sxm-80gb', 8), hardwareNamed(facts, 'a100-sxm-80gb', 4, 2), hardwareNamed(facts, 'l4-24gb', 1)]

interface Candidate {
  readonly demand: ReturnType<typeof demandOf>
  readonly hardware: Hardware
  readonly configuration: Configuration
}

const candidates: readonly Candidate[] = specs.flatMap(spec => {
  const demand = demandOf(facts, spec)
  return machines.flatMap(hardware => llmInference.configurations(demand, hardware, facts).map(configuration => ({demand, hardware, configuration})))
})

const perform = ({demand, hardware, configuration}: Candidate): PerformResult => llmInference.perform(demand, hardware, configuration, facts)
const subjectOf = (result: PerformResult): object => (result.feasible ? result.performance : result.refusal)
/** By field, so that a getter runs when its turn comes. */
const read = (result: PerformResult, field: string): unknown => structuredClone(Reflect.get(subjectOf(result), field) as unknown)
const readAll = (result: PerformResult): object => Object.fromEntries(Object.keys(subjectOf(result)).map(field => [field, read(result, field)]))

test('what is worked out when it is read is that of its own candidate, whatever was worked out in between', () => {
  const atOnce = candidates.map(candidate => readAll(perform(candidate)))

  const kept = candidates.map(perform)
  const late: Record<string, unknown>[] = kept.map(() => ({}))
  const fields = [...new Set(kept.flatMap(result => Object.keys(subjectOf(result))))]
  // One field of all, from the last to the first and back, then the next.
  for (const [turn, field] of fields.entries()) {
    for (const index of turn % 2 === 0 ? kept.keys() : [...kept.keys()].toReversed()) {
      if (Object.hasOwn(subjectOf(kept[index]!), field)) late[index]![field] = read(kept[index]!, field)
    }
  }

  expect(late).toEqual(atOnce)
  expect(kept.filter(result => result.feasible).length).toBeGreaterThan(30)
  expect(kept.filter(result => !result.feasible).length).toBeGreaterThan(5)
})

test('reading one in the middle of working out another changes neither', () => {
  const atOnce = candidates.map(candidate => readAll(perform(candidate)))

  for (const [index, candidate] of candidates.entries()) {
    const other = (index * 7 + 3) % candidates.length
    const first = perform(candidate)
    const second = perform(candidates[other]!)
    const fields = Object.keys(subjectOf(first))
    const half = fields.length >> 1
    const early = fields.slice(0, half).map(field => [field, read(first, field)] as const)
    expect(readAll(second)).toEqual(atOnce[other])
    expect(Object.fromEntries([...early, ...fields.slice(half).map(field => [field, read(first, field)] as const)])).toEqual(atOnce[index])
  }
})

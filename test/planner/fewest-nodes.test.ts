import {expect, test} from 'vitest'
import {fewestNodes} from '../../src/planner/fewest-nodes.ts'
import {cloudPlaces} from '../../src/planner/places.ts'
import {createSession, nodeCounts} from '../../src/planner/session.ts'
import {sessionInput} from '../../src/workspace.ts'
import {catalog, examples, read, workspace, type Spec} from './world.ts'

const chat = examples['chat-70b'] as Spec
const cases: readonly (readonly [string, Spec])[] = [
  ['the chat example', chat],
  ['a mixture of experts', examples['chat-671b-moe'] as Spec],
  ['requests at a rate that takes several machines', {...chat, traffic: {inputTokens: 800, outputTokens: 200, requestsPerSecond: 60}}],
  ['a tight goal', {...chat, slo: {ttft: '900 ms', tpot: '25 ms'}}],
  ['more nodes than one rack of 72 accelerators holds', {...chat, model: 'Llama-3.1-405B', precision: 'bf16', constraints: {maxNodes: 32}}],
]

test.for(cases)('%s: the fewest nodes of every machine are those that trying every count finds', async ([, spec]) => {
  const world = workspace(catalog)
  const session = async (): Promise<ReturnType<typeof createSession>> => createSession({...(await sessionInput(world, read(spec))), refusesUnasked: true})
  const [quick, thorough] = [await session(), await session()]
  const places = cloudPlaces(quick.facts, false)

  const found = places.map(place => [place.key, fewestNodes(quick, place)])
  const expected = places.map(place => {
    const first = nodeCounts(thorough, place).find(nodes => thorough.search(place, nodes).performances.some(performance => performance.refusedUnlessNamed === undefined))
    return [place.key, first ?? null]
  })

  expect(found).toEqual(expected)
  expect(quick.candidatesSeen()).toBeLessThan(thorough.candidatesSeen() * 0.6)
  expect(expected.filter(([, nodes]) => nodes !== null && Number(nodes) > 1).length).toBeGreaterThan(10)
})

import {describe, expect, test} from 'vitest'
import {estimate, restricted, workspace, type Spec} from './world.ts'

const world = workspace(restricted({machines: machine => machine.provider === 'lambda'}))
const ON = 'h100-sxm-80gb:8'
const LAYOUT = {runtime: 'vllm', precision: 'bf16', tp: 2, pp: 1, ep: 1}

const chat = (spec: Spec = {}): Spec => ({
  kind: 'llm-inference', model: 'Llama-3.1-70B', traffic: {inputTokens: 800, outputTokens: 200, concurrency: 64}, slo: {tpot: '60 ms'}, configuration: LAYOUT, ...spec,
})
const throughput = (tokensPerSecond: number): Spec => ({reference: {on: ON, throughput: `${tokensPerSecond} output tokens/s`, configuration: {...LAYOUT, dp: 4}}})

/** The rate that the plain estimate gives the reference's hardware, as `reference` compares it. */
async function plainRate(): Promise<number> {
  const {targets} = await estimate(chat({traffic: {inputTokens: 800, outputTokens: 200, mode: 'offline', requests: 1e6}, slo: {tpot: '60 ms'}, configuration: {...LAYOUT, dp: 4}}), world, ON)
  return targets[0]?.throughput.p50 ?? Number.NaN
}

describe('a reference of online serving', () => {
  test('on slower hardware than estimated takes more replicas to keep the goal', async () => {
    const rate = await plainRate()
    // At half the speed the fewest replicas that hold the cache miss this goal by a little, and one more, with fewer sequences each, keeps it.
    const fewest = (await estimate(chat({slo: {tpot: '1 s'}, ...throughput(rate * 0.5)}), world, ON)).targets[0]
    const goal = (fewest?.latency?.tpotSeconds.p99.p50 ?? Number.NaN) * 0.97
    const slo = {tpot: `${goal * 1e3} ms`}
    const [as] = (await estimate(chat({slo, ...throughput(rate)}), world, ON)).targets
    const [slower] = (await estimate(chat({slo, ...throughput(rate * 0.5)}), world, ON)).targets

    expect(slower?.configuration.dp).toBeGreaterThan(as?.configuration.dp ?? Number.NaN)
    for (const target of [as, slower]) expect(target?.latency?.tpotSeconds.p99.p50).toBeLessThanOrEqual(goal)
  })

  test('so slow that no number of replicas keeps the goal is refused, by how much it misses at that speed', async () => {
    const {targets, rejected} = await estimate(chat(throughput((await plainRate()) * 0.2)), world, ON)

    expect(targets).toEqual([])
    expect(rejected).toMatchObject([{reason: 'slo', detail: expect.stringContaining('the goal 60 ms')}])
  })

  test('says nothing of how sure the first token is, only of the rate', async () => {
    const upper = async (spec: Spec) => {
      const latency = (await estimate(spec, world, ON)).targets[0]?.latency
      return {first: (latency?.ttftSeconds.p99.p90 ?? 0) / (latency?.ttftSeconds.p99.p50 ?? 0), next: (latency?.tpotSeconds.p99.p90 ?? 0) / (latency?.tpotSeconds.p99.p50 ?? 0)}
    }
    const [plain, referred] = [await upper(chat()), await upper(chat(throughput(await plainRate())))]

    expect(referred.first).toBeCloseTo(plain.first, 6)
    expect(referred.next).toBeLessThan(plain.next)
  })

  test('faster than estimated takes fewer, and its rate comes out where it was measured', async () => {
    const rate = await plainRate()
    const [as] = (await estimate(chat(), world, ON)).targets
    const [faster] = (await estimate(chat(throughput(rate * 1.5)), world, ON)).targets
    expect(faster?.configuration.dp).toBeLessThanOrEqual(as?.configuration.dp ?? Number.NaN)

    const offline = chat({traffic: {inputTokens: 800, outputTokens: 200, mode: 'offline', requests: 1e6}, configuration: {...LAYOUT, dp: 4}, ...throughput(rate * 1.5)})
    const [measured] = (await estimate(offline, world, ON)).targets
    expect((measured?.throughput.p50 ?? Number.NaN) / (rate * 1.5)).toBeCloseTo(1, 2)
    expect(measured?.confidence).toBe('measured')
  })
})

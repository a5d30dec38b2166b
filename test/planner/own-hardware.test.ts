import {describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {hardwareFactors, refuseImpossibleHardware, withOwnHardware, type OwnHardware} from '../../src/planner/own-hardware.ts'
import {catalog, estimate, workspace, type Spec} from './world.ts'

const accelerator = (id: string) => {
  const found = catalog.accelerators.find(each => each.id === id)
  if (found === undefined) throw new Error(`no ${id}`)
  return found
}
const PCIE = accelerator('h100-pcie-80gb')
const SXM = accelerator('h100-sxm-80gb')
const own = (figures: Partial<OwnHardware>): OwnHardware => ({acceleratorId: 'h100-pcie-80gb', measuredOn: '2026-11-01', matmulFlops: {}, ...figures})

describe('how a card differs from its kind', () => {
  test('as expected: not at all', () => {
    const expected = own({matmulFlops: {bf16: 756.5e12 * 0.8}, bandwidthBytesPerSecond: 2039e9 * 0.92})

    expect(hardwareFactors(expected, PCIE)).toEqual({compute: 1, bandwidth: 1})
  })

  test('by the ratio, less what the expectation itself may be wrong by', () => {
    // Half of what 0.8 of peak would be: ln ½ · 0.15² ÷ (0.15² + 0.09²); bandwidth: ln ½ · 0.15² ÷ (0.15² + 0.04²).
    const {compute, bandwidth} = hardwareFactors(own({matmulFlops: {bf16: 756.5e12 * 0.4}, bandwidthBytesPerSecond: 2039e9 * 0.46}), PCIE)

    expect(Math.log(compute)).toBeCloseTo((Math.log(0.5) * 0.0225) / (0.0225 + 0.0081), 10)
    expect(Math.log(bandwidth)).toBeCloseTo((Math.log(0.5) * 0.0225) / (0.0225 + 0.0016), 10)
  })

  test('held against the best rate that was sustained, where the catalog has one, and against nothing weaker then', () => {
    const {compute} = hardwareFactors(own({acceleratorId: SXM.id, matmulFlops: {bf16: 794.5e12 * 0.9, fp16: 1}}), SXM)

    expect(Math.log(compute)).toBeCloseTo((Math.log(0.9) * 0.0225) / (0.0225 + 0.0016), 10)
  })

  test('not by formats that run on other units', () => {
    expect(hardwareFactors(own({matmulFlops: {fp32: 1e12, int8: 1e12}}), PCIE)).toEqual({compute: 1, bandwidth: 1})
  })
})

test.for<[string, Partial<OwnHardware>]>([
  ['more arithmetic than the part has', {matmulFlops: {bf16: 900e12}}],
  ['more bandwidth than the part has', {bandwidthBytesPerSecond: 3e12}],
  ['next to no arithmetic', {matmulFlops: {bf16: 90e12}}],
  ['next to no bandwidth', {bandwidthBytesPerSecond: 2e11}],
])('%s is refused: it was another part, or a busy one', ([, figures]) => {
  expect(() => refuseImpossibleHardware(own(figures), PCIE, 'gpu.json')).toThrow(RigorError)
  expect(() => refuseImpossibleHardware(own(figures), PCIE, 'gpu.json')).toThrow(/^gpu\.json — .+h100-pcie-80gb/)
})

test('more watts while idle than at most are refused', () => {
  expect(() => refuseImpossibleHardware(own({idleWatts: 300, maximumWatts: 250}), PCIE, 'gpu.json')).toThrow(/^gpu\.json — 300 W while idle/)
})

test('power counts once: the limit for the watts, what it does to the clocks in the rates', () => {
  const {rates, watts} = withOwnHardware(PCIE, own({matmulFlops: {bf16: 756.5e12 * 0.6}, idleWatts: 40, maximumWatts: 250}))

  expect(watts).toEqual({...PCIE, powerWatts: 250, idleWatts: 40})
  expect((rates.powerWatts ?? 0) / (rates.peakFlops.bf16 ?? 1)).toBeCloseTo((PCIE.powerWatts ?? 0) / (PCIE.peakFlops.bf16 ?? 1), 20)
})

describe('in estimates', () => {
  const TUNE: Spec = {kind: 'llm-finetune', model: 'Llama-3.1-8B', method: 'lora', tokens: '50M', sequenceLength: 2048, globalBatch: 16}
  const plain = workspace(catalog)
  const slow = own({matmulFlops: {bf16: 756.5e12 * 0.4}, bandwidthBytesPerSecond: 2039e9 * 0.46, idleWatts: 30, maximumWatts: 250})
  const measured = {...plain, facts: createPlanningFacts(catalog, [slow])}

  test.for(['rig:h100x10-pcie:1', 'h100-pcie-80gb:1'])('%s is slower, draws less, and says that it was measured', async on => {
    const [before] = (await estimate(TUNE, plain, on)).targets
    const [after] = (await estimate(TUNE, measured, on)).targets

    expect(after?.throughput.p50).toBeLessThan((before?.throughput.p50 ?? 0) * 0.8)
    expect(after?.powerWatts.accelerators?.p50).toBeLessThan(before?.powerWatts.accelerators?.p50 ?? 0)
    expect(after?.warnings).toContainEqual(expect.stringMatching(/^h100-pcie-80gb as you measured it on 2026-11-01: matmuls ×0\.601, memory bandwidth ×0\.\d+, 30 W idle, 250 W at most\.$/))
  })

  test.for(['h100-sxm-80gb:1', 'lambda:gpu_1x_h100_pcie'])('%s is not the card that was measured', async on => {
    expect((await estimate(TUNE, measured, on)).targets).toEqual((await estimate(TUNE, plain, on)).targets)
  })
})

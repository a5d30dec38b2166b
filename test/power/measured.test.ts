import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {powerSamples} from '../../scripts/calibrate/power-samples.ts'
import {parseCsv} from '../../src/catalog/csv.ts'
import {bareHardware} from '../../src/catalog/hardware.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {searchConfigurations} from '../../src/planner/search.ts'
import {acceleratorLoadShare, estimatePower} from '../../src/power/estimate.ts'
import {powerCoefficients, powerModelForCloud} from '../../src/power/model.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'
import {llmPretrain} from '../../src/workload/llm-pretrain/index.ts'

const root = path.resolve(import.meta.dirname, '../..')
const snapshot = await openSnapshot({packageRoot: root})
const facts = createPlanningFacts(snapshot)
const {samples} = powerSamples(root, facts)

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

describe('serving, accelerators only (ML.ENERGY, H100 and B200)', () => {
  test.for([['hopper', 0.15], ['blackwell-datacenter', 0.2]] as const)('%s is met to within a median error of %d', ([architecture, limit]) => {
    const coefficients = powerCoefficients(facts.calibration, architecture)!
    const errors = samples
      .filter(sample => sample.architecture === architecture)
      .map(sample => (sample.idleWatts + (sample.maximumWatts - sample.idleWatts) * acceleratorLoadShare(sample.predicted, coefficients)) / sample.wattsPerAccelerator - 1)

    expect(errors.length).toBeGreaterThanOrEqual(60)
    expect(median(errors.map(Math.abs))).toBeLessThan(limit)
    // Neither all too high nor all too low.
    expect(Math.abs(median(errors))).toBeLessThan(0.1)
  })

  test('four of five measurements lie between p10 and p90', () => {
    const inside = samples.filter(sample => {
      const coefficients = powerCoefficients(facts.calibration, sample.architecture)!
      const predicted = sample.idleWatts + (sample.maximumWatts - sample.idleWatts) * acceleratorLoadShare(sample.predicted, coefficients)
      return Math.abs(Math.log(predicted / sample.wattsPerAccelerator)) <= 1.2816 * coefficients.sigmaLog
    })

    expect(inside.length / samples.length).toBeGreaterThan(0.75)
  })
})

test('pre-training GPT-3 on 64 nodes of eight H100: the wall is met to within 15 % (MLPerf Training v4.0)', () => {
  const rows = parseCsv(readFileSync(path.join(root, 'data/measured/energy.csv'), 'utf8'), 'energy.csv').map(record => record.cells)
  const measured = rows.filter(row => row['metric'] === 'watts_per_node' && /ac-power.*gpt3/.test(row['id']!)).map(row => Number(row['value']))
  const accelerator = facts.accelerator('h100-sxm-80gb')!
  const spec = llmPretrain.spec.parse({kind: 'llm-pretrain', model: 'openai/gpt-3-175b', tokens: 1.2e9, sequenceLength: 2048, globalBatch: 2048, precision: 'fp8'})
  const {performances} = searchConfigurations(llmPretrain, llmPretrain.demand(spec, facts), bareHardware(accelerator, 8, 64), facts)
  const [fastest] = performances.toSorted((one, other) => one.workSeconds!.p50 - other.workSeconds!.p50)
  const model = powerModelForCloud({snapshot, calibration: facts.calibration, accelerator, acceleratorsPowered: 512, provider: 'aws', country: 'US'})

  const wattsPerNode = estimatePower(fastest!, model).averageWatts!.p50 / 64

  expect(measured).toHaveLength(1)
  expect(wattsPerNode / measured[0]!).toBeGreaterThan(0.85)
  expect(wattsPerNode / measured[0]!).toBeLessThan(1.15)
})

test('an idle eight-accelerator node draws what its reference server does', () => {
  const accelerator = facts.accelerator('h100-sxm-80gb')!
  const model = powerModelForCloud({snapshot, calibration: facts.calibration, accelerator, acceleratorsPowered: 8, provider: 'aws', country: 'US'})

  expect((model.acceleratorIdleWatts! * 8 + model.hostIdleWatts!) / model.supplyEfficiency).toBeCloseTo(1900, -1)
  expect((model.acceleratorMaximumWatts! * 8 + model.hostMaximumWatts!) / model.supplyEfficiency).toBeCloseTo(8400, -1)
})

test('what nobody published stays unknown', () => {
  for (const id of ['tpu-v5e', 'tpu-v6e', 'trainium2-96gb']) {
    const accelerator = facts.accelerator(id)!

    expect(powerModelForCloud({snapshot, calibration: facts.calibration, accelerator, acceleratorsPowered: 8, provider: 'gcp', country: 'US'}).acceleratorMaximumWatts).toBeNull()
  }
})

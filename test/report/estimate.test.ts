import {expect, test} from 'vitest'
import type {PlanDocument} from '../../src/planner/document.ts'
import {type EstimateView, renderEstimate} from '../../src/report/estimate.ts'
import {displayWidth} from '../../src/report/layout.ts'
import {runExplanation, servingExplanation} from './fixtures/explanations.ts'
import {chatPlan, finetunePlan} from './fixtures/plans.ts'

const view: EstimateView = {width: 80, color: false, explain: false, verbose: false, today: '2026-11-20', workloadArgument: 'examples/chat-70b.yaml'}

const [rig, cloud] = finetunePlan.targets
const {rank: _, ...misfit} = cloud!
const estimates: PlanDocument = {
  ...finetunePlan,
  targets: [{...rig!, explanation: runExplanation}],
  rejected: [{id: 'aws:p4d.24xlarge@us-east-1:on-demand', provider: 'aws', reason: 'memory', detail: 'needs 62.4 GiB per accelerator, has 39.4', nearest: 'p4de.24xlarge', estimate: {...misfit, explanation: runExplanation, id: 'aws:p4d.24xlarge@us-east-1:on-demand', memoryGib: {...misfit.memoryGib, available: 39.4}}}],
}

test.for([80, 120] as const)('golden: a rig, and a misfit with its figures, explained, at %d columns', async (width) => {
  await expect(renderEstimate(estimates, {...view, width, explain: true})).toMatchFileSnapshot(`golden/estimate-explain-${width}.txt`)
})

test('golden: serving', async () => {
  await expect(renderEstimate({...chatPlan, rejected: []}, view)).toMatchFileSnapshot('golden/estimate-chat-80.txt')
})

test('says that a misfit does not fit', () => {
  expect(renderEstimate(estimates, {...view, width: 120})).toContain('158 %: does not fit')
})

test('golden: serving, explained', async () => {
  const [first] = chatPlan.targets

  await expect(renderEstimate({...chatPlan, rejected: [], targets: [{...first!, explanation: servingExplanation}]}, {...view, explain: true})).toMatchFileSnapshot('golden/estimate-chat-explain-80.txt')
})

test('what explains an estimate is shown only where it is asked for', () => {
  const plain = {...estimates, targets: [rig!], rejected: estimates.rejected.map(entry => ({...entry, estimate: {...misfit, id: entry.id, memoryGib: entry.estimate!.memoryGib}}))}

  expect(renderEstimate(estimates, view)).toBe(renderEstimate(plain, view))
})

test('unknown figures say so', () => {
  const unknown = {...rig!, durationHours: null, workHours: null, throughput: {unit: 'tokens/s', p10: null, p50: null, p90: null}, energyKwh: null, carbonKg: null, powerWatts: {average: null, peak: null, accelerators: null}, cost: {...rig!.cost, usd: null, perUnit: null, alternative: null, lines: []}}

  const shown = renderEstimate({...finetunePlan, targets: [unknown], rejected: []}, {...view, explain: true})

  for (const label of ['Time', 'Throughput', 'Power', 'Energy', 'Carbon', 'Cost']) expect(shown).toMatch(new RegExp(`^${label} +unknown`, 'm'))
  expect(shown).not.toMatch(/NaN|null|undefined|Infinity/)
})

test.for([24, 40, 60, 80, 120, 200])('no line is wider than %d columns', (width) => {
  for (const line of renderEstimate(estimates, {...view, width, explain: true}).split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width)
})

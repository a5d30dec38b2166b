import {describe, expect, test} from 'vitest'
import type {PlanDocument} from '../../src/planner/document.ts'
import {displayWidth} from '../../src/report/layout.ts'
import {type PlanView, renderPlan, renderPlans} from '../../src/report/table.ts'
import {chatPlan, finetunePlan, impossiblePlan} from './fixtures/plans.ts'

const view: PlanView = {width: 80, color: false, limit: 10, allRegions: false, have: ['lambda', 'oci'], verbose: false, today: '2026-11-20', workloadArgument: 'examples/qlora-70b.yaml'}

const lineWith = (text: string, part: string): string => text.split('\n').find(line => line.includes(part)) ?? ''

describe('golden', () => {
  test.for([
    ['finetune', finetunePlan],
    ['chat', chatPlan],
    ['impossible', impossiblePlan],
  ] as const)('plan %s at 80 and 120 columns', async ([name, plan]) => {
    await expect(renderPlan(plan, view)).toMatchFileSnapshot(`golden/plan-${name}-80.txt`)
    await expect(renderPlan(plan, {...view, width: 120})).toMatchFileSnapshot(`golden/plan-${name}-120.txt`)
  })

  test('in another currency, verbose, at 200 columns', async () => {
    const shown = renderPlan(finetunePlan, {...view, width: 200, verbose: true, currency: {code: 'EUR', perUsd: 0.86, asOf: '2026-10'}})

    await expect(shown).toMatchFileSnapshot('golden/plan-finetune-200-eur.txt')
  })

  test('several workloads', async () => {
    const shown = renderPlans({schema: 'rigor.plans/1', plans: [finetunePlan, impossiblePlan]}, {...view, limit: 2})

    await expect(shown).toMatchFileSnapshot('golden/plans-80.txt')
  })
})

test('the answer comes first', () => {
  expect(renderPlan(finetunePlan, {...view, width: 200}).split('\n')[0]).toBe(finetunePlan.answer)
  expect(renderPlan(impossiblePlan, {...view, width: 200}).split('\n')[0]).toBe(impossiblePlan.answer)
})

test('says how many lines there are in all and how they are sorted', () => {
  expect(renderPlan(finetunePlan, {...view, width: 120})).toContain('10 of 214 (ranked by cost; --limit N for more; --all-regions for each region)')
})

test('counts machines and purchases where the document holds every target', () => {
  const [first, second] = finetunePlan.targets
  const onFourNodes = {...second!, rank: 3, id: `${second!.id}:x4`, nodes: 4}
  const whole: PlanDocument = {...finetunePlan, targets: [first!, second!, onFourNodes], feasible: 3}

  const shown = renderPlan(whole, view)

  expect(shown).toContain('2 of 2 (ranked by cost')
  expect(shown).not.toContain('×4')
})

test('a rig and an account always have a line', () => {
  const shown = renderPlan(finetunePlan, {...view, width: 120, limit: 1, have: ['paperspace', 'oci', 'nowhere']})

  expect(lineWith(shown, 'paperspace H100x8')).toMatch(/^11 /)
  expect(lineWith(shown, '✗ oci')).toContain('no price known')
  expect(lineWith(shown, '✗ nowhere')).toContain('no offer in the catalog')
  expect(lineWith(shown, '✗ rig:laptop')).toContain('too little memory')
})

test('an account whose line is in the table already has no second one', () => {
  const shown = renderPlan(finetunePlan, {...view, have: ['lambda', 'azure']})

  expect(shown).not.toContain('✗ lambda')
  expect(shown.match(/^ *\d+ .*lambda/gm)).toHaveLength(1)
})

test('marks what cannot win, with the reason', () => {
  const shown = renderPlan(finetunePlan, {...view, limit: 20, width: 120})

  expect(lineWith(shown, 'aws p5.48xlarge spot')).toMatch(/^12† /)
  expect(shown).toContain('† price too old to win (--accept-stale lifts this)')
  expect(shown).toContain('¶ marketplace minimum, cannot win')
})

test.for(['cost', 'balanced'])('marks near-ties by %s', (objective) => {
  const shown = renderPlan({...chatPlan, objective}, view)

  expect(lineWith(shown, '2≈  rig')).not.toBe('')
  expect(shown).toContain('≈ within 5 % of the first')
})

test('marks no near-tie where the objective is an expression', () => {
  expect(renderPlan({...chatPlan, objective: 'cost + 2 USD/h * duration'}, view)).not.toContain('≈')
})

test('what is unknown says so', () => {
  expect(lineWith(renderPlan(finetunePlan, {...view, width: 120}), 'tpu-v5p-32')).toContain('unknown')
})

test('without colour no byte steers the terminal, with colour the text is the same', () => {
  const plain = renderPlan(finetunePlan, view)
  const colored = renderPlan(finetunePlan, {...view, color: true})

  expect(plain).not.toContain('\u001b')
  // oxlint-disable-next-line no-control-regex -- the codes of bold, dim, green, yellow, red and their ends
  expect(colored.replaceAll(/\u001b\[(?:1|2|22|31|32|33|39)m/g, '')).toBe(plain)
})

test('the defaults take three lines at most, and the last says where the rest is', () => {
  const assumptions = Array.from({length: 40}, (_, index) => ({field: `field${index}`, value: 'value'}))
  const shown = renderPlan({...finetunePlan, understood: {summary: 'a job', assumptions}}, view)

  const block = shown.split('\n\n')[1]!.split('\n')
  expect(block).toHaveLength(3)
  expect(block[2]).toMatch(/… \(--verbose\)$/)
})

test('a command to copy is never broken inside a word', () => {
  const shown = renderPlan(finetunePlan, {...view, workloadArgument: 'my jobs/llama.yaml'})

  expect(shown).toContain("rigor estimate 'my jobs/llama.yaml' --on rig:h100x10-pcie")
})

test('text that steers a terminal is escaped', () => {
  const hostile = {...finetunePlan, answer: 'Run\u001b[2J it \u202egir\u202c here'}

  const shown = renderPlan(hostile, view)

  expect(shown).toContain(String.raw`Run\u{1b}[2J it \u{202e}gir\u{202c} here`)
})

test.for([24, 40, 60, 80, 100, 120, 160])('no line is wider than %d columns', (width) => {
  for (const plan of [finetunePlan, chatPlan, impossiblePlan]) {
    for (const line of renderPlan(plan, {...view, width, limit: 20}).split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width)
  }
})

test.for([['carbon', 'kg CO2'], ['energy', 'kWh']] as const)('ranked by %s, its figures are in the table at 80 columns', ([objective, unit]) => {
  const head = (document: PlanDocument): string => renderPlan(document, view).split('\n').slice(0, 14).join('\n')

  expect(head({...finetunePlan, objective})).toContain(unit)
  if (objective === 'carbon') expect(head(finetunePlan)).not.toContain(unit)
})

import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import type {Explanation, OperatorShare, PlanTarget} from '../../src/planner/document.ts'
import {barCells, budgetLines, evidenceLines} from '../../src/report/explanation.ts'
import {displayWidth, type Line, paint} from '../../src/report/layout.ts'
import {runExplanation, servingExplanation} from './fixtures/explanations.ts'
import {rigRun, servingTargets} from './fixtures/targets.ts'

const shown = (lines: readonly Line[]): string => paint(lines, false)
const run: PlanTarget = {...rigRun, explanation: runExplanation}
const serving: PlanTarget = {...servingTargets[0]!, explanation: servingExplanation}
const explained = (changes: Partial<Explanation>): PlanTarget => ({...run, explanation: {...runExplanation, ...changes}})
const bars = (text: string): string[] => text.split('\n').map(line => line.trim()).filter(line => /^A[█▓▒░A-Z]*$/.test(line))

test.for<[readonly number[], number, readonly number[]]>([
  [[0.5, 0.3, 0.2], 10, [5, 3, 2]],
  // 5.6, 2.8, 1.2, 0.22, 0.09 of 10: two cells are left over, for .8 and .6.
  [[0.565581, 0.282791, 0.12031, 0.0220155, 0.00930233], 10, [6, 3, 1, 0, 0]],
  // Level remainders: the first of them.
  [[1, 1, 1], 10, [4, 3, 3]],
  [[0, 0], 10, [0, 0]],
  [[], 10, []],
])('a bar of %j over %d cells', ([shares, width, cells]) => {
  expect(barCells(shares, width)).toEqual(cells)
})

test('the cells of any bar add up to its width, and none is off by a whole one', () => {
  fc.assert(fc.property(fc.array(fc.double({min: 1e-9, max: 1, noNaN: true}), {minLength: 1, maxLength: 60}), fc.integer({min: 1, max: 72}), (shares, width) => {
    const cells = barCells(shares, width)

    const total = shares.reduce((sum, share) => sum + share, 0)
    expect(cells.reduce((sum, count) => sum + count, 0)).toBe(width)
    for (const [index, count] of cells.entries()) expect(Math.abs(count - ((shares[index] ?? 0) / total) * width)).toBeLessThan(1 + 1e-9)
  }))
})

test('each budget has a bar, whose letters are those of the operators below it', () => {
  const text = shown(budgetLines(serving, 80))

  // 72 × 0.783069 = 56.4 and 15.6; 72 × 0.773333 = 55.7, 11.8 and 4.6.
  expect(bars(text)).toEqual([`A${'█'.repeat(55)}B${'▓'.repeat(15)}`, `A${'█'.repeat(55)}B${'▓'.repeat(11)}C${'▒'.repeat(3)}`])
  expect(text).toMatch(/^Time goes +prefill: 189 ms$/m)
  expect(text).toMatch(/^ +decode: 30 ms$/m)
  expect(text).toMatch(/^ {2}A weights +23 ms +77 % +memory bandwidth +1\.63 of 2\.04 TB\/s, 80 %$/m)
  expect(text).toMatch(/^ {2}B all-reduce +41 ms +22 % +link +51\.2 GB\/s$/m)
})

test('colours go with what bounds an operator, and say nothing that letters and words do not', () => {
  const lines = budgetLines(serving, 80)

  expect(paint(lines, true)).toContain('\u001b[36mA█')
  // oxlint-disable-next-line no-control-regex -- what paints is taken off
  expect(paint(lines, true).replaceAll(/\u001b\[\d+m/g, '')).toBe(paint(lines, false))
})

test('what fills no cell has no letter', () => {
  const text = shown(budgetLines(run, 40))

  expect(bars(text)).toEqual([`A${'█'.repeat(20)}B${'▓'.repeat(10)}C${'▒'.repeat(4)}D`])
  expect(text).toMatch(/^ {4}step overh…/m)
})

test.for<[string, Partial<Explanation>, RegExp]>([
  ['the distance, and what of it is idle', {}, /^Limit +4\.2× the time that no implementation beats: 83 min at the data sheet's rates, here 5\.9 h; 1\.3× of it because 2 of 10 accelerators stay idle$/],
  ['nothing to gain', {limit: {per: 'run', accelerators: 8, rooflineSeconds: 100, estimateSeconds: 100, ratio: 1}}, /^Limit +nothing left: no implementation takes less than 100 s$/],
  ['a load that asks for no more', {limit: {per: 'throughput-unit', accelerators: 8, rooflineSeconds: 0.1, estimateSeconds: 0.1, ratio: 1}}, /^Limit +nothing left: the load asks for one token every 100 ms$/],
  ['no limit', {limit: null}, /^Limit +unknown: either/],
])('%s', ([, changes, expected]) => {
  expect(shown(evidenceLines(explained(changes), 200)).split('\n')[0]).toMatch(expected)
})

test('of many measurements the most frequent, of one the one', () => {
  const rows = [{accelerator: 'h100-sxm-80gb', model: 'Llama-3.1-8B', measurements: 1}]

  expect(shown(evidenceLines(run, 200))).toMatch(/^Nearest +same accelerator, other models: 1,212 configurations of h100-pcie-80gb with 4 models, most often Llama-3\.1-8B \(1,200\), Qwen2\.5-32B \(8\), Llama-2-7B \(3\)$/m)
  expect(shown(evidenceLines(explained({nearest: {distance: 'measured', accelerator: 'h100-sxm-80gb', model: 'Llama-3.1-8B', measurements: 1, rows}}), 200))).toMatch(/^Nearest +same accelerator and model: 1 configuration of h100-sxm-80gb with Llama-3\.1-8B$/m)
})

test('the known errors, with what is to be known of them', () => {
  const text = shown(evidenceLines(run, 120))

  expect(text).toMatch(/^ +step time +−12 % … \+18 % +1,134 +8\.8 % +23 %$/m)
  expect(text).toMatch(/^ +memory +−20 % … ×2\.5 +20\*$/m)
  expect(text).toMatch(/\* known only nearer to a measurement \(same accelerator and model\), and widened for this/)
  expect(text).not.toContain('factors were fitted to')
})

test('errors on the results that the factors were fitted to are called that', () => {
  const [first] = runExplanation.knownError
  const text = shown(evidenceLines(explained({knownError: [{...first!, published: {...first!.published!, outOfSample: false}}]}), 200))

  expect(text).toContain('the very results that the factors were fitted to')
})

test('where nothing was published it says so', () => {
  const text = shown(evidenceLines(serving, 80))

  expect(text).toMatch(/^Nearest +no published measurement is known for this$/m)
  expect(text).toMatch(/^Known error no published measurement is known for this$/m)
})

const operator = (name: string, seconds: number, bound: OperatorShare['bound']): OperatorShare => ({name, seconds, share: seconds / 36, bound, unit: 'FLOP/s', achieved: 9.876e14, limit: 1.979e15})
const hostile = explained({
  budget: [
    {
      group: `${'日本語'.repeat(40)}\u202e`,
      operators: [operator('x'.repeat(300), 20, 'memory-bandwidth'), operator('🚀👩‍👩‍👧‍👦'.repeat(30), 10, 'compute'), operator('\u001b[31mred\u001b[0m', 5, 'network'), operator('', 1, 'overhead')],
    },
    {group: 'many', operators: Array.from({length: 60}, (_, index) => operator(`operator ${index}`, 0.6, 'host'))},
  ],
  nearest: {distance: 'family', accelerator: null, model: null, measurements: 1e9, rows: [{accelerator: 'y'.repeat(200), model: '模型'.repeat(90), measurements: 1e9 - 1}, {accelerator: '', model: '', measurements: 1}]},
  knownError: [{kind: 'k', metric: 'm'.repeat(200), distance: 'none', from: 'measured', p10: 1e-9, p90: 1e9, measurements: 1e9, published: {figure: 'f'.repeat(200), mape: 1e6, mdape: 1e6, outOfSample: false}}],
})
test.for([24, 40, 80, 100, 120])('whatever is named, no line is wider than %d columns', width => {
  const text = shown([...budgetLines(hostile, width), ...evidenceLines(hostile, width)])

  for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width)
  // oxlint-disable-next-line no-control-regex -- nothing of the sort may come through
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/)
})

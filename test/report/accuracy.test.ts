import {describe, expect, test} from 'vitest'
import {goalsOf} from '../../src/accuracy/goals.ts'
import {BASES, type PredictedRow} from '../../src/accuracy/predict.ts'
import {summarize} from '../../src/accuracy/summary.ts'
import {renderAccuracy, share} from '../../src/report/accuracy.ts'
import {accuracyPlots} from '../../src/report/accuracy-plot.ts'
import {displayWidth} from '../../src/report/layout.ts'
import {answered, unanswered} from '../accuracy/rows.ts'

const near = {model: 'accelerator', accelerator: 'family', source: 'accelerator', all: 'measured'} as const
const rows: readonly PredictedRow[] = [
  {...answered('TPOT', 20, {all: 20, model: 22, accelerator: 25, source: 19}, near), fits: new Map(BASES.map(basis => [basis, true] as const))},
  answered('TPOT', 30, {all: 33, model: 36, accelerator: 21, source: 33}, near),
  answered('TTFT', 400, {all: 380, model: 300, accelerator: 900, source: 410}, near),
  answered('training step', 1_234_567, {all: 1_200_000, model: 1_100_000, accelerator: 1_500_000, source: 1_300_000}, near),
  answered('fits', 0, {all: 0, model: 0, accelerator: 1, source: 0}, near),
  unanswered('TTFT'),
  {...unanswered('TPOT'), status: 'out_of_scope', predicate: 'mixed-devices', reason: 'several sorts of accelerators in one system'},
  {...unanswered('TPOT'), status: 'excluded', reason: 'a typo in the source'},
]

function render(list: readonly PredictedRow[], view: Partial<Parameters<typeof renderAccuracy>[3]> = {}): string {
  // Ids are counted over all tests: here they are counted anew.
  const named = list.map((row, index) => ({...row, configuration: `c${index}`, row: {...row.row, id: `row-${index + 1}`}}))
  const summary = summarize(named, BASES)
  return renderAccuracy(summary, goalsOf(summary, named), named, {subject: 'data/measured', remarks: [{text: 'Out of sample.', warning: false}], verbose: true, width: 80, color: false, ...view})
}
const widest = (text: string): number => Math.max(...text.split('\n').map(displayWidth))

describe('the page', () => {
  test.for([80, 120])('at %d columns', async width => {
    const text = render(rows, {width})

    expect(widest(text)).toBeLessThanOrEqual(width)
    await expect(text).toMatchFileSnapshot(`golden/accuracy-${width}.txt`)
  })

  test.for([24, 33, 60])('fits %d columns', width => {
    expect(widest(render(rows, {width}))).toBeLessThanOrEqual(width)
  })

  test('of nothing says so', () => {
    expect(render([])).toMatch(/^No rows of data\/measured match\.\n/)
  })

  test('text of a file cannot steer the terminal', () => {
    const [row] = rows
    if (row === undefined) throw new Error('no row')
    const hostile = 'x\u001b[2J\u202e"<b>'

    const text = render([{...row, accelerator: hostile, kind: hostile, figure: hostile, row: {...row.row, id: hostile, source: hostile, topic: hostile, metric: hostile, unit: hostile, setting: {...row.row.setting, model: hostile, framework: hostile, phase: hostile}}}], {subject: hostile})

    expect(text).not.toMatch(/[\u001b\u202e]/)
  })
})

test.for([[0.0874, '8.7 %'], [0.21, '21 %'], [12.4, '1,240 %'], [0, '0.0 %'], [0.9968, '99.7 %'], [0.99999, '99.9 %'], [1, '100 %']] as const)('%d is %s', ([value, text]) => {
  expect(share(value)).toBe(text)
})

describe('the plots', () => {
  const plotted = () => accuracyPlots(summarize(rows, BASES), rows, [{id: 'h100-sxm-80gb', architecture: 'hopper'}])

  test('one for each figure that was answered, none for yes and no', () => {
    expect(plotted().map(({name}) => name)).toEqual(['tpot.svg', 'ttft.svg', 'training-step.svg'])
  })

  test('stand alone: no script, no address, light and dark, and a text for who cannot see them', async () => {
    const svg = plotted()[0]?.svg ?? ''

    expect(svg).not.toMatch(/<script|href|url\((?!#field)|https?:(?!\/\/www\.w3\.org\/2000\/svg)/)
    expect(svg).toMatch(/prefers-color-scheme:dark/)
    expect(svg).toMatch(/role="img" aria-label="TPOT: predicted against measured"/)
    await expect(svg).toMatchFileSnapshot('golden/accuracy-tpot.svg')
  })

  test('a point where prediction and measurement agree lies on the line', () => {
    const [plot] = accuracyPlots(summarize([answered('TPOT', 10, {all: 10})], ['all']), [answered('TPOT', 10, {all: 10}), answered('TPOT', 100, {all: 100})], [])
    const svg = plot?.svg ?? ''
    const points = [...svg.matchAll(/class="dots"[^>]*d="([^"]*)"/g)].flatMap(match => [...(match[1] ?? '').matchAll(/M([\d.]+) ([\d.]+)/g)]).map(([, x, y]) => [Number(x) - 66, 462 - Number(y)])

    for (const [along, up] of points) expect(along).toBeCloseTo(up ?? Number.NaN, 1)
    expect(points).toHaveLength(2)
  })

  test('names of a file are text, never markup', () => {
    const hostile = answered('TPOT', 10, {all: 10})
    const [plot] = accuracyPlots(summarize([{...hostile, figure: '../<script>'}], ['all']), [{...hostile, figure: '../<script>', accelerator: '"><script>', row: {...hostile.row, unit: '<ms>'}}], [])

    expect(plot?.name).toBe('script.svg')
    expect(plot?.svg).not.toMatch(/<script|<ms>/)
  })
})

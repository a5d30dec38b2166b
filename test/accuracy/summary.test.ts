import {describe, expect, test} from 'vitest'
import {accuracyDocument} from '../../src/accuracy/document.ts'
import {aimMet, floorMet, goalsOf} from '../../src/accuracy/goals.ts'
import {BASES, type Basis} from '../../src/accuracy/predict.ts'
import {summarize} from '../../src/accuracy/summary.ts'
import {goalStanding, renderAccuracy} from '../../src/report/accuracy.ts'
import {answered, unanswered} from './rows.ts'

const worse = {model: 110, accelerator: 150, source: 120} as const

describe('the figure to quote', () => {
  test('is that of the worst of the three that were left out, never that of the full calibration', () => {
    const {groups} = summarize([answered('TPOT', 100, {all: 300, ...worse})], BASES)

    const figure = groups.find(({by}) => by === 'figure')
    expect(figure).toMatchObject({group: 'TPOT', basis: 'accelerator', rows: 1, answered: 1})
    expect(figure?.scores?.mape).toBeCloseTo(0.5, 12)
    expect(figure?.byBasis.model?.mape).toBeCloseTo(0.1, 12)
  })

  test('is the worst of each statistic for itself, and the aims say the same', () => {
    // By model: one far off; by accelerator: both somewhat; by source: both too little, in wide intervals.
    const rows = [answered('TPOT', 100, {all: 100, model: 200, accelerator: 130, source: 90}), answered('TPOT', 100, {all: 100, model: 101, accelerator: 130, source: 60})]
    const summary = summarize(rows, BASES)
    const goals = new Map(goalsOf(summary, rows).map(({name, value}) => [name, value]))

    const {basis, scores, byBasis} = summary.groups.find(({by}) => by === 'all') ?? {}

    expect(basis).toBe('model')
    expect([scores?.mape, scores?.mdape, scores?.bias]).toEqual([byBasis?.model?.mape, byBasis?.model?.mdape, byBasis?.model?.bias])
    expect([scores?.inside, byBasis?.model?.inside, byBasis?.accelerator?.inside]).toEqual([0, 0.5, 0])
    expect([goals.get('TPOT, MAPE'), goals.get('in p10–p90: llm-inference'), goals.get('90th percentile of all')]).toEqual([scores?.mape, 0, scores?.p90])
  })

  test('is that of the full calibration where nothing was left out', () => {
    expect(summarize([answered('TPOT', 100, {all: 130})], ['all']).groups[0]).toMatchObject({basis: 'all'})
  })

  test('the rows of the document are those that it was made of', () => {
    const rows = [answered('TPOT', 100, {all: 300, ...worse}), unanswered('TPOT')]
    const summary = summarize(rows, BASES)

    const document = accuracyDocument(summary, goalsOf(summary, rows), rows, [])

    expect(document['rows']).toMatchObject([{status: 'answered', reason: null, measured: 100, p50: 150, basis: 'accelerator', byBasis: {model: {p50: 110}, all: {p50: 300}}}, {status: 'unanswered', reason: 'nobody knows', p10: null, p50: null, p90: null}])
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })
})

test('what is withheld, out of scope or excluded takes no part in errors', () => {
  const {groups, topics} = summarize([answered('TPOT', undefined, {all: 1}), {...unanswered('TPOT'), status: 'out_of_scope'}, {...unanswered('TPOT'), status: 'excluded'}, answered('TPOT', 100, {all: 100})], ['all'])

  expect(groups[0]).toMatchObject({rows: 1, answered: 1, coverage: 1})
  expect(topics).toEqual([{topic: 'some', rows: 4, answered: 2, unanswered: 0, out_of_scope: 1, excluded: 1}])
})

test('a figure that nobody answers is listed with its rows', () => {
  const summary = summarize([unanswered('TTFT')], ['all'])

  expect(summary.groups.find(({by}) => by === 'figure')).toMatchObject({group: 'TTFT', rows: 1, answered: 0, coverage: 0, scores: undefined})
  expect(accuracyDocument(summary, [], [], [])['summary']).toContainEqual(expect.objectContaining({by: 'figure', group: 'TTFT', mape: null}))
})

test('each way of leaving out adds to the distance that it makes', () => {
  const row = answered('TPOT', 100, {all: 100, ...worse}, {model: 'accelerator', accelerator: 'family', source: 'accelerator', all: 'measured'})

  const distances = summarize([row], BASES).groups.filter(({by}) => by === 'distance')

  expect(distances.map(({group, rows}) => [group, rows])).toEqual([['accelerator', 2], ['family', 1]])
  expect(distances[0]?.scores?.mape).toBeCloseTo((0.1 + 0.2) / 2, 12)
})

test('without a whole architecture nothing is near: that tells of the intervals, and no other figure', () => {
  const row = answered('TPOT', 100, {all: 100, ...worse, architecture: 400}, {model: 'accelerator', accelerator: 'family', source: 'accelerator', all: 'measured', architecture: 'none'})

  const {groups} = summarize([row], BASES)

  expect(groups.find(({by, group}) => by === 'distance' && group === 'none')).toMatchObject({rows: 1, scores: {mape: 3, inside: 0}})
  for (const {by, basis, scores} of groups.filter(each => each.by !== 'distance' && each.by !== 'kind and distance')) expect([by, basis, scores?.mape]).toEqual([by, 'accelerator', 0.5])
})

test('what ran and is said not to fit is wrong, as is what failed and is said to fit', () => {
  const ran = (fits: boolean) => ({...answered('TPOT', 1, {all: 1}), fits: new Map<Basis, boolean>([['all', fits]])})
  const failed = (p50: number) => answered('fits', 0, {all: p50})

  const {fits} = summarize([ran(true), ran(false), failed(0), failed(0), failed(1), unanswered('fits', 0)], ['all'])

  expect(fits).toEqual([['all', {cases: 6, answered: 5, rightShare: 0.6, ran: 2, ranRightShare: 0.5, failures: 3, failuresRightShare: 2 / 3}]])
})

test('of what fits each share is the worst of the three', () => {
  const fits = (model: boolean, accelerator: boolean, source: boolean) => new Map<Basis, boolean>([['model', model], ['accelerator', accelerator], ['source', source]])
  const rows = [{...answered('TPOT', 1, worse), fits: fits(false, true, true)}, {...answered('TPOT', 1, worse), fits: fits(true, true, true)}, answered('fits', 0, {model: 0, accelerator: 1, source: 0})]

  const summary = summarize(rows, BASES)

  expect(summary.worstFits).toMatchObject({rightShare: 2 / 3, ranRightShare: 0.5, failuresRightShare: 0})
  expect(goalsOf(summary, rows).filter(({name}) => name.startsWith('fits')).map(({value}) => value)).toEqual([2 / 3, 0.5, 0])
})

test('the summary of a document ends with what fits', () => {
  const rows = [answered('fits', 0, {all: 0}), answered('fits', 0, {all: 1})]
  const entries = accuracyDocument(summarize(rows, ['all']), [], rows, [])['summary'] as readonly unknown[]

  expect(entries.at(-1)).toEqual({by: 'figure', group: 'fits', rows: 2, answered: 2, coverage: 1, basis: 'all', inSample: false, rightShare: 0.5, failures: 2, failuresRightShare: 0.5, ran: 0, ranRightShare: null})
})

test('the farthest off, either way, once per configuration', () => {
  const row = (measured: number, p50: number, configuration: string) => ({...answered('TPOT', measured, {all: p50}), configuration})

  const {worst} = summarize([row(100, 110, 'a'), row(100, 300, 'b'), row(100, 20, 'c'), row(100, 280, 'b')], ['all'])

  expect(worst.map(({row: {configuration}, ratio}) => [configuration, ratio])).toEqual([['c', 0.2], ['b', 3], ['a', 1.1]])
})

describe('aims and floors', () => {
  const goal = (p50: number) => {
    const rows = [answered('TPOT', 100, {all: p50})]
    return goalsOf(summarize(rows, ['all']), rows).find(({name}) => name === 'TPOT, MAPE')
  }

  test.for<[number, boolean, boolean]>([[105, true, true], [115, false, true], [150, false, false]])('predicted %d of 100: aim %s, floor %s', ([p50, aim, floor]) => {
    const found = goal(p50)
    if (found === undefined) throw new Error('no such goal')

    expect([aimMet(found), floorMet(found)]).toEqual([aim, floor])
  })

  test('a figure without answers has no value, and its floor is not met', () => {
    const rows = [unanswered('TPOT')]
    const found = goalsOf(summarize(rows, ['all']), rows).find(({name}) => name === 'TPOT, MAPE')
    if (found === undefined) throw new Error('no such goal')

    expect([found.value, aimMet(found), floorMet(found)]).toEqual([undefined, false, false])
  })
})

describe('what is in sample', () => {
  const outside = answered('training step', 100, {all: 101, ...worse})
  const inside = {...answered('TPOT', 100, {all: 101}), kind: 'served', seen: ['model', 'accelerator', 'source'], fits: new Map<Basis, boolean>([['all', true]])} as const
  const rows = [outside, inside]

  test('has groups of its own, on the full calibration, and takes no part in those of the others', () => {
    const {groups, fits, fitsInSample} = summarize(rows, BASES)

    expect(groups.filter(({by}) => by === 'all')).toMatchObject([{rows: 1, answered: 1, basis: 'accelerator', inSample: false}, {rows: 1, answered: 1, basis: 'all', inSample: true}])
    expect(groups.filter(({by}) => by === 'kind').map(({group, inSample}) => [group, inSample])).toEqual([['llm-inference', false], ['served', true]])
    expect(groups.find(({inSample}) => inSample)?.byBasis).toMatchObject({all: {configurations: 1}})
    expect([fits, fitsInSample?.ran]).toEqual([[], 1])
  })

  test('one way that was not left out is enough', () => {
    const partly = {...answered('TPOT', 100, {all: 101, model: 110, accelerator: 120}), seen: ['source'] as const}

    expect(summarize([partly], BASES).groups.find(({by}) => by === 'figure')).toMatchObject({basis: 'all', inSample: true})
  })

  test('leaves the goals that it belongs to unknown, however small its errors', () => {
    const goals = new Map(goalsOf(summarize(rows, BASES), rows).map(goal => [goal.name, goal]))

    for (const name of ['TPOT, MAPE', 'bias of all, either way', '90th percentile of all', 'model left out, MAPE of all', 'in p10–p90: served', 'fits: right']) {
      const goal = goals.get(name)
      if (goal === undefined) throw new Error(`no goal ${name}`)
      expect([name, goal.value, goal.inSample, goalStanding(goal)]).toEqual([name, undefined, true, 'unknown'])
    }
    expect(goals.get('training step, MdAPE')?.value).toBeCloseTo(0.5, 12)
    expect(goals.get('answered, of rows in scope')?.value).toBe(1)
  })

  test('is marked in the document, and its goals are neither met nor missed', () => {
    const summary = summarize(rows, BASES)
    const document = accuracyDocument(summary, goalsOf(summary, rows), rows, [])

    expect(document['outOfSample']).toBe(true)
    expect(document['rows']).toMatchObject([{basis: 'accelerator', inSample: false, p50: 150}, {basis: 'all', inSample: true, p50: 101, byBasis: {model: null, accelerator: null, source: null}}])
    expect(document['goals']).toContainEqual(expect.objectContaining({name: 'TPOT, MAPE', value: null, inSample: true, aimMet: null, floorMet: null}))
    const alone = summarize([inside], BASES)
    expect(accuracyDocument(alone, [], [inside], [])['outOfSample']).toBe(false)
  })

  test('is printed under headings of its own, its goals among the others', () => {
    const summary = summarize(rows, BASES)
    const text = renderAccuracy(summary, goalsOf(summary, rows), rows, {subject: 'data/measured', remarks: [], verbose: true, width: 120, color: false})

    expect(text).toMatch(/^By figure\n(?:.*\n)*?training step(?:.*\n)*?By figure, IN SAMPLE\n(?:.*\n)*?TPOT/m)
    expect(text).toMatch(/^TPOT, MAPE .*unknown/m)
    expect(text).toMatch(/101\.0 .*, in sample$/m)
    expect(text).not.toMatch(/^TPOT, MAPE .*met/m)
  })
})

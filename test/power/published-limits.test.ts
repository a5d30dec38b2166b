import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseCsv} from '../../src/catalog/csv.ts'
import {powerLimitsOf} from '../../src/planner/power-limits.ts'
import {resolveTarget} from '../../src/planner/resolve.ts'
import {createSession} from '../../src/planner/session.ts'
import {createWorkspace, sessionInput} from '../../src/workspace.ts'
import {catalog, read, rigNamed, ROOT, TODAY, type Spec} from '../planner/world.ts'

const rows = parseCsv(readFileSync(path.join(ROOT, 'data/measured-power-limits.csv'), 'utf8'), 'measured-power-limits.csv').map(({cells}) => ({
  id: cells['id']!, acceleratorId: cells['acceleratorId']!, work: cells['work']!, ownLimitWatts: Number(cells['ownLimitWatts']), limitWatts: Number(cells['limitWatts']),
  speedShare: Number(cells['speedShare']), drawWatts: Number(cells['drawWatts']), sourceId: cells['sourceId']!, asOf: cells['asOf']!, standing: cells['standing']!,
}))

/** The nearest that the catalog has to what was run: Qwen3.5-27B for Qwen3.6-27B, 4 bit for 3. */
const serving = (runtime: string, traffic: Spec): Spec => ({kind: 'llm-inference', model: 'Qwen3.5-27B', precision: 'int4', configuration: {runtime}, traffic})
const WORK: Readonly<Record<string, Spec>> = {
  'bert-squad': {kind: 'llm-finetune', model: 'bert-base-uncased', method: 'full', tokens: '100M', sequenceLength: 384, globalBatch: 32},
  'dense-27b-32': serving('vllm', {inputTokens: 300, outputTokens: 200, concurrency: 32}),
  'dense-27b-1': serving('vllm', {inputTokens: 300, outputTokens: 200, concurrency: 1}),
  'prompt-27b': serving('llama.cpp', {inputTokens: 11_000, outputTokens: 2, concurrency: 1}),
  'decode-27b': serving('llama.cpp', {inputTokens: 60, outputTokens: 500, concurrency: 1}),
}

/** One board in the desktop of the built-in rigs. */
async function estimated(acceleratorId: string, work: string, watts: readonly number[]) {
  const desktop = rigNamed('workstation-rtx4090')
  const rig = {...desktop, id: 'one-board', nodes: desktop.nodes.map(node => ({...node, acceleratorId}))}
  const options = {asOf: TODAY, rigs: [rig], rigsAssumed: false, have: [], prices: [], skills: undefined, allRegions: false, acceptStale: false}
  const world = createWorkspace(catalog, {config: {defaults: {}}} as unknown as Parameters<typeof createWorkspace>[1], [rig], options)
  const target = resolveTarget('rig:one-board', world.facts, [rig], options)
  if (target.kind !== 'rig') throw new Error('no rig')
  const result = powerLimitsOf(createSession(await sessionInput(world, read(WORK[work]!))), target, watts)
  if (!('limits' in result)) throw new Error(result.detail)
  return result.limits.limits
}

const compared = (await Promise.all([...Map.groupBy(rows, row => `${row.acceleratorId} ${row.work}`).values()].map(async group => {
  const [first] = group
  const limits = await estimated(first!.acceleratorId, first!.work, [first!.ownLimitWatts, ...group.map(row => row.limitWatts)])
  return group.map(row => ({...row, estimate: limits.find(limit => limit.limitWatts === row.limitWatts)!}))
}))).flat()

const mean = (figures: readonly number[]): number => figures.reduce((sum, figure) => sum + figure, 0) / figures.length
const errorOf = ({estimate, speedShare}: (typeof compared)[number]): number => estimate.speedShare.p50 - speedShare

describe('published speeds under lower limits', () => {
  test('every row is once there, with a source, a date and a share that can be', () => {
    const sourceIds = new Set(parseCsv(readFileSync(path.join(ROOT, 'data/sources.csv'), 'utf8'), 'sources.csv').map(({cells}) => cells['id']))

    expect(new Set(rows.map(({id}) => id)).size).toBe(rows.length)
    expect(rows.filter(row => !sourceIds.has(row.sourceId) || !/^\d{4}-\d{2}-\d{2}$/.test(row.asOf) || row.standing !== 'read')).toEqual([])
    // One of them is faster under a limit than without: within the noise of a run.
    expect(rows.filter(row => !(row.speedShare > 0 && row.speedShare < 1.03) || row.limitWatts >= row.ownLimitWatts || row.drawWatts > row.limitWatts * 1.06)).toEqual([])
  })

  test('are those of the boards of the catalog', () => {
    const own = new Map(catalog.accelerators.map(({id, powerWatts}) => [id, powerWatts]))

    expect(rows.filter(row => own.get(row.acceleratorId) !== row.ownLimitWatts)).toEqual([])
  })

  test('are met to 6 points on average, to 7 above two thirds of the own limit in every row, to 2 there on average', () => {
    const shallow = compared.filter(({estimate}) => estimate.limitShare > 2 / 3)

    expect(mean(compared.map(row => Math.abs(errorOf(row))))).toBeLessThan(0.06)
    expect(shallow.filter(row => Math.abs(errorOf(row)) > 0.07).map(({id}) => id)).toEqual([])
    expect(mean(shallow.map(row => Math.abs(errorOf(row))))).toBeLessThan(0.02)
  })

  test('below two thirds estimates are too fast, by 7 points on average and by 23 at most; most of all where GDDR boards unpack weights', () => {
    const deep = compared.filter(({estimate}) => estimate.limitShare <= 2 / 3)

    expect(mean(deep.map(errorOf))).toBeGreaterThan(0.065)
    expect(mean(deep.map(errorOf))).toBeLessThan(0.075)
    expect(Math.max(...deep.map(errorOf))).toBeLessThan(0.23)
    expect(Math.min(...deep.map(errorOf))).toBeGreaterThan(-0.06)
    expect(deep.filter(row => errorOf(row) > 0.13).map(({acceleratorId}) => acceleratorId).every(id => id.startsWith('rtx-3090') || id.startsWith('rtx-4090'))).toBe(true)
  })

  test('four of five lie between p10 and p90', () => {
    const inside = compared.filter(({estimate: {speedShare: {p10, p90}}, speedShare}) => speedShare >= p10 - 0.005 && speedShare <= p90 + 0.005)

    expect(inside.length / compared.length).toBeGreaterThanOrEqual(0.8)
  })

  test('training of BERT on a board with HBM is met to 7 points down to 40 % of its limit', () => {
    expect(compared.filter(({acceleratorId}) => acceleratorId.startsWith('v100')).filter(row => Math.abs(errorOf(row)) > 0.07).map(({id}) => id)).toEqual([])
  })
})

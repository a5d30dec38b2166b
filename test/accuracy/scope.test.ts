import fs from 'node:fs'
import path from 'node:path'
import {parse as parseYaml} from 'yaml'
import {describe, expect, test} from 'vitest'
import {readerOf} from '../../src/accuracy/readers.ts'
import {readResults} from '../../src/accuracy/rows.ts'
import {parseScope, type ScopeContext} from '../../src/accuracy/scope.ts'
import type {Setting} from '../../src/accuracy/setting.ts'
import {MEASUREMENT_COLUMNS} from '../../src/catalog/parse/measured.ts'

const CONTEXT: ScopeContext = {knowsKind: kind => kind.startsWith('llm_'), knowsAccelerator: label => label.startsWith('H100')}
const FOLDER = path.resolve(import.meta.dirname, '../../data/measured')

function setting(cells: Readonly<Record<string, string>>): Setting {
  const row = {id: 'x', kind: 'llm_inference', model: 'm', accelerator: 'H100 SXM 80GB', metric: 'tpot_ms', unit: 'ms', ...cells} as Readonly<Record<string, string>>
  const [read] = readResults(`${MEASUREMENT_COLUMNS.join(',')}\n${MEASUREMENT_COLUMNS.map(column => `"${row[column] ?? ''}"`).join(',')}\n`, 'x.csv').rows
  if (read === undefined) throw new Error('no row')
  return read.setting
}

const scopeOf = (predicate: string) => parseScope(`schema: rigor.scope/1\noutOfScope:\n  - {name: test, reason: long enough a reason, when: ${predicate}}\nexcluded: []\n`, 'scope.yaml', CONTEXT)

describe('a predicate', () => {
  test.for<[string, Readonly<Record<string, string>>, boolean]>([
    ['{metric: [ttft_ms, tpot_ms]}', {}, true],
    ['{metric: [ttft_ms]}', {}, false],
    ['{accelerators: ["0"]}', {accelerators: '0'}, true],
    ['{accelerators: ["0"]}', {}, false],
    ['{accelerator: {matches: ","}}', {accelerator: 'H100, A100'}, true],
    ['{tokens: {stated: false}}', {}, true],
    ['{tokens: {stated: false}}', {tokens: '1e9'}, false],
    ['{framework: {stated: true}}', {framework: 'vllm'}, true],
    ['{kind: {known: false}}', {kind: 'hpc'}, true],
    ['{accelerator: {known: false}}', {}, false],
    ['{metric: [tpot_ms], tokens: {stated: true}}', {}, false],
    ['{notes: {epochs: {stated: true}}}', {notes: 'epochs 3'}, true],
    ['{notes: {epochs: {stated: false}}}', {notes: 'epochs 3'}, false],
    ['{}', {}, false],
  ])('%s of %j holds: %s', ([predicate, cells, holds]) => {
    expect(scopeOf(predicate).outOfScope(setting(cells)) !== undefined).toBe(holds)
  })

  test.for<[string, string, string]>([
    ['{metrc: [tpot_ms]}', 'UNKNOWN_FIELD', 'did you mean "metric"?'],
    ['{value: ["3"]}', 'UNKNOWN_FIELD', ''],
    ['{id: [x]}', 'UNKNOWN_FIELD', ''],
    ['{source: [x]}', 'UNKNOWN_FIELD', ''],
    ['{notes: {epoch: {stated: true}}}', 'UNKNOWN_FIELD', 'did you mean "epochs"?'],
    ['{metric: tpot_ms}', 'BAD_FIELD', ''],
    ['{metric: {matches: "("}}', 'BAD_FIELD', ''],
    ['{metric: {known: false}}', 'BAD_FIELD', ''],
  ])('%s is refused: %s %s', ([predicate, code, hint]) => {
    expect(() => scopeOf(predicate)).toThrow(expect.objectContaining({code, ...(hint !== '' && {hint: expect.stringContaining(hint) as string})}) as Error)
  })

  test('the first that holds gives the reason', () => {
    const scope = parseScope('schema: rigor.scope/1\noutOfScope:\n  - {name: one, reason: the first of the two, when: {unit: [s]}}\n  - {name: two, reason: the second of the two, when: {unit: [ms]}}\nexcluded: [{ids: [bad, worse], reason: a typo in the source}]\n', 'scope.yaml', CONTEXT)

    expect(scope.outOfScope(setting({}))).toMatchObject({name: 'two', reason: 'the second of the two'})
    expect(scope.excluded('bad')).toBe('a typo in the source')
    expect(scope.excluded('worse')).toBe('a typo in the source')
    expect(scope.excluded('good')).toBeUndefined()
  })
})

describe('data/measured/scope.yaml', () => {
  const text = fs.readFileSync(path.join(FOLDER, 'scope.yaml'), 'utf8')
  const scope = parseScope(text, 'scope.yaml', CONTEXT)
  const rows = fs.readdirSync(FOLDER).filter(name => name.endsWith('.csv')).flatMap(name => readResults(fs.readFileSync(path.join(FOLDER, name), 'utf8'), name).rows)

  test('is short', () => {
    expect(scope.predicates.length).toBeLessThan(34)
    expect(new Set(scope.predicates.map(({name}) => name)).size).toBe(scope.predicates.length)
  })

  const {excluded} = parseYaml(text) as {excluded: readonly {ids: readonly string[]; reason: string}[]}

  test('excludes a handful of runs, each of whose rows there is', () => {
    const ids = excluded.flatMap(entry => entry.ids)

    expect(excluded.length).toBeLessThan(31)
    expect(ids.length).toBeLessThan(rows.length / 90)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter(id => rows.every(row => row.id !== id))).toEqual([])
  })

  test('excludes every run on one B200 that the source\'s own H100 makes in two thirds of the time, and no other', () => {
    const runOf = (id: string): string => id.split('--')[0] ?? id
    const runs = new Map<string, {id: string; setting: Setting; gap?: number | undefined; rate?: number | undefined}>()
    for (const {id, setting, measured} of rows.filter(row => row.topic === 'llm-inference' && /^mle3-/.test(row.id))) {
      const run = runs.get(runOf(id)) ?? {id: runOf(id), setting}
      runs.set(run.id, {...run, ...(setting.metric === 'itl_ms_median' ? {gap: measured} : {rate: measured})})
    }
    const sameWork = ({model, dataset, accelerators, precision, tp, dp, ep, concurrency}: Setting): string => JSON.stringify([model, dataset, accelerators, precision, tp, dp, ep, concurrency])
    const of = (accelerator: string) => [...runs.values()].filter(({setting}) => setting.accelerator.startsWith(accelerator))
    const slow = of('B200').filter(b200 => of('H100').some(h100 => sameWork(h100.setting) === sameWork(b200.setting) && (b200.gap ?? 0) > 1.5 * (h100.gap ?? Infinity) && 1.5 * (b200.rate ?? Infinity) < (h100.rate ?? 0)))

    expect(slow.map(({id}) => id).sort()).toEqual(excluded.filter(({reason}) => reason.includes('one H100')).map(({ids}) => runOf(ids[0] ?? '')).sort())
  })

  test('excludes the tokens/s of every batch that contradict its own latencies by a third, and of no other', () => {
    const runs = Map.groupBy(rows.filter(({setting}) => setting.phase === 'generate_static_batch'), ({id}) => id.split('--')[0] ?? id)
    const contradictory = [...runs.values()].filter(list => {
      const of = (metric: string): number => list.find(({setting}) => setting.metric === metric)?.measured ?? Number.NaN
      const {concurrency = Number.NaN, outputTokens = Number.NaN} = list[0]!.setting
      const seconds = (of('ttft_ms_p50') + (outputTokens - 1) * of('tpot_ms_p50')) / 1000
      return Math.abs(Math.log((of('output_tokens_per_s') * seconds) / (concurrency * outputTokens))) > Math.log(1.33)
    })

    expect(runs.size).toBeGreaterThan(30)
    expect(contradictory.flatMap(list => list.filter(({setting}) => setting.metric === 'output_tokens_per_s').map(({id}) => id)).sort()).toEqual(excluded.filter(({reason}) => reason.includes('of one sequence')).flatMap(({ids}) => ids).sort())
  })

  test.for<[string, Readonly<Record<string, string>>]>([
    ['no-such-kind', {kind: 'recommender_inference'}],
    ['no-such-kind', {kind: 'gnn_training'}],
    ['no-such-kind', {kind: 'hpc_dft'}],
    ['no-such-kind', {kind: 'forecast_training'}],
    ['kind-to-come', {kind: 'image_generation'}],
    ['past-prices', {metric: 'usd', unit: 'USD'}],
    ['time-to-quality', {kind: 'llm_finetuning', phase: 'time_to_train', metric: 'time_s', unit: 's'}],
    ['amount-of-work', {kind: 'llm_pretraining', metric: 'gpu_hours'}],
    ['batch', {kind: 'llm_pretraining', metric: 'iteration_time_s', seq_len: '4096'}],
    ['mixed-devices', {accelerator: 'H100 SXM 80GB, A100 SXM 80GB'}],
    ['no-accelerator', {accelerator: 'CPU only (see notes)'}],
    ['unnamed-device', {accelerator: '80GB GPU'}],
    ['held-by-an-allocator', {accelerator: 'H100 SXM 80GB MIG 1g.10gb', metric: 'memory_gib', unit: 'GiB'}],
    ['one-answer-for-all', {kind: 'llm_serving', model: 'Qwen3-30B-A3B FP8 (MoE 128 experts, top 8)', accelerator: 'H200 MIG 4g.71gb', metric: 'output_tokens_per_s', unit: 'tokens/s'}],
    ['no-data-sheet', {accelerator: 'Abacus 3000'}],
  ])('%s: %j', ([name, cells]) => {
    expect(scope.outOfScope(setting(cells))?.name).toBe(name)
  })

  test.for<[Readonly<Record<string, string>>]>([
    [{}],
    [{kind: 'llm_pretraining', metric: 'gpu_hours', tokens: '2e12'}],
    [{kind: 'llm_finetuning', metric: 'iteration_time_s', micro_batch: '2'}],
    [{kind: 'llm_pretraining', phase: 'training_run', metric: 'watts_per_node', unit: 'W'}],
    [{kind: 'llm_training', phase: 'pretraining_total', metric: 'energy_kwh', tokens: '3e11'}],
  ])('%j is in scope', ([cells]) => {
    expect(scope.outOfScope(setting(cells))).toBeUndefined()
  })

  test('takes less than a twentieth of the bundled rows out', () => {
    const lenient = parseScope(text, 'scope.yaml', {knowsKind: kind => readerOf(kind) !== undefined, knowsAccelerator: () => true})
    const out = rows.filter(row => lenient.outOfScope(row.setting) !== undefined)

    expect(out.length).toBeLessThan(rows.length / 20)
  })
})

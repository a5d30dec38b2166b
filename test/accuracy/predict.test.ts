import fs from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import {WAYS, type HeldOutFold} from '../../src/accuracy/held-out.ts'
import {predictRows, scopeContext, type Basis, type PredictedRow} from '../../src/accuracy/predict.ts'
import {readResults, type ResultRow} from '../../src/accuracy/rows.ts'
import {readUnit} from '../../src/accuracy/units.ts'
import {createScope, parseScope, type Scope} from '../../src/accuracy/scope.ts'
import {MEASUREMENT_COLUMNS} from '../../src/catalog/parse/measured.ts'
import {parseCsv, writeCsv} from '../../src/catalog/csv.ts'
import type {CalibrationTable} from '../../src/catalog/schema.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {createPlanningFacts} from '../../src/planner/facts.ts'
import {openSnapshot} from '../../src/store/snapshot.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FOLDER = path.join(ROOT, 'data/measured')
/** Every so-manieth row: all sorts of them, in a second. */
const STRIDE = 9

let snapshot: Snapshot
let scope: Scope
beforeAll(async () => {
  snapshot = await openSnapshot({packageRoot: ROOT})
  scope = parseScope(fs.readFileSync(path.join(FOLDER, 'scope.yaml'), 'utf8'), 'scope.yaml', scopeContext(snapshot.accelerators, snapshot.devices))
})

const cells = fs.readdirSync(FOLDER).filter(name => name.endsWith('.csv')).flatMap(name => parseCsv(fs.readFileSync(path.join(FOLDER, name), 'utf8'), name).map(record => record.cells)).filter((_, index) => index % STRIDE === 0)
const rowsOf = (list: readonly Readonly<Record<string, string>>[]): readonly ResultRow[] => readResults(writeCsv(MEASUREMENT_COLUMNS, list.map(each => MEASUREMENT_COLUMNS.map(column => each[column] ?? ''))), 'some.csv').rows
const predict = (rows: readonly ResultRow[], {evidence, ...more}: {readonly scope?: Scope; readonly folds?: readonly HeldOutFold[]; readonly evidence?: CalibrationTable['evidence']} = {}): readonly PredictedRow[] =>
  predictRows(rows, {facts: createPlanningFacts(snapshot), accelerators: snapshot.accelerators, devices: snapshot.devices, calibration: {...snapshot.calibration, evidence: evidence ?? snapshot.calibration.evidence}, scope, ...more})
const said = (rows: readonly PredictedRow[]): string => JSON.stringify(rows.map(({status, reason, answers, fits}) => [status, reason, [...answers], [...fits]]))

describe('the mapping is blind', () => {
  test('values blanked, ids, dates and sources shuffled: the predictions are the same, byte for byte', () => {
    // Rows are excluded by id: that is the command's doing, not the mapping's.
    const open = createScope({schema: 'rigor.scope/1', outOfScope: [], excluded: []}, scopeContext(snapshot.accelerators, snapshot.devices))
    const at = (index: number, column: string): string => cells[(index * 7 + 3) % cells.length]?.[column] ?? ''
    const blinded = cells.map((each, index) => ({...each, value: '', id: at(index, 'id'), date: at(index, 'date'), source: at(index, 'source')}))

    const before = said(predict(rowsOf(cells), {scope: open}))

    expect(said(predict(rowsOf(blinded), {scope: open}))).toBe(before)
    expect(before.match(/"answered"/g)?.length).toBeGreaterThan(300)
  })

  test('of the notes only the named fields are seen', () => {
    const talkative = cells.map(each => ({...each, notes: `${each['notes'] ?? ''}; result 123.4 on the author's machine`}))

    expect(said(predict(rowsOf(talkative)))).toBe(said(predict(rowsOf(cells))))
  })
})

const SERVING = {
  id: 'a', kind: 'llm_inference', model: 'meta-llama/Llama-3.1-70B', phase: 'serving_fixed_concurrency', framework: 'vllm 0.12.0', accelerator: 'H100 SXM 80GB', accelerators: '8', nodes: '1', precision: 'fp8', tp: '8', pp: '1', dp: '1', ep: '1',
  concurrency: '32', input_len: '1024', output_len: '1024', metric: 'tpot_ms', unit: 'ms', scope: 'per_request', value: '10', source: 's',
}

describe('the setting matters', () => {
  const TRAINING = {
    id: 'b', kind: 'llm_pretraining', model: 'Llama 3 8B', phase: 'train_step', framework: 'NVIDIA Megatron-Bridge', accelerator: 'H100 SXM 80GB', accelerators: '8', nodes: '1', precision: 'bf16', tp: '1', pp: '1', dp: '8', ep: '1', cp: '1',
    micro_batch: '1', global_batch: '128', seq_len: '8192', metric: 'tokens_per_s_per_accelerator', unit: 'tokens/s', scope: 'per_accelerator', value: '12000', source: 's',
  }
  const middle = (row: Readonly<Record<string, string>>): number | undefined => predict(rowsOf([row]))[0]?.answers.get('all')?.interval.p50

  test.for<[Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    [SERVING, {model: 'meta-llama/Llama-3.1-8B'}], [SERVING, {accelerator: 'A100 SXM 80GB', precision: 'bf16'}], [SERVING, {precision: 'bf16'}], [SERVING, {tp: '4', accelerators: '4'}], [SERVING, {concurrency: '256'}],
    [SERVING, {input_len: '16384'}], [SERVING, {output_len: '64'}], [SERVING, {metric: 'ttft_ms'}],
    [TRAINING, {model: 'Llama 3 70B', tp: '8', dp: '1'}], [TRAINING, {accelerator: 'A100 SXM 80GB'}], [TRAINING, {accelerators: '512', dp: '512', global_batch: '512', nodes: '64'}], [TRAINING, {precision: 'fp8'}], [TRAINING, {tp: '8', dp: '1'}],
    [TRAINING, {global_batch: '8'}], [TRAINING, {seq_len: '2048'}], [TRAINING, {metric: 'iteration_time_s', unit: 's', scope: 'system'}],
  ])('%j with %j is another figure', ([row, changed]) => {
    const [before, after] = [middle(row), middle({...row, ...changed})]

    expect(before).toBeGreaterThan(0)
    expect(after).toBeGreaterThan(0)
    expect(after).not.toBe(before)
  })
})

describe('units', () => {
  const only = (row: Readonly<Record<string, string>>): PredictedRow | undefined => predict(rowsOf([row]))[0]
  const middle = (row: Readonly<Record<string, string>>): number => only(row)?.answers.get('all')?.interval.p50 ?? Number.NaN

  test.for<[Readonly<Record<string, string>>, string, number]>([
    [{metric: 'tpot_ms', unit: 'ms'}, 's', 1000],
    [{metric: 'ttft_ms', unit: 'ms'}, 's', 1000],
    [{metric: 'tpot_s', unit: 's'}, 'ms', 1 / 1000],
    [{metric: 'watts', unit: 'W', scope: 'all_accelerators'}, 'kW', 1000],
    [{metric: 'memory_gib', unit: 'GiB', scope: 'peak_per_accelerator'}, 'GB', 1e9 / 2 ** 30],
    [{metric: 'output_tokens_per_s', unit: 'tokens/s', scope: 'system'}, '', 1],
  ])('%j in %s is the same in other words', ([cells, unit, each]) => {
    expect(middle({...SERVING, ...cells, unit}) * each).toBeCloseTo(middle({...SERVING, ...cells}), 6)
  })

  test.for<[Readonly<Record<string, string>>, string]>([
    [{metric: 'output_tokens_per_s', unit: 'ktokens/s'}, 'unit "ktokens/s" is not one of tokens/s'],
    [{metric: 'tpot_ms', unit: 'tokens/s'}, 'unit "tokens/s" is not one of ms, s'],
    [{metric: 'tpot_ms', unit: 'constructor'}, 'unit "constructor" is not one of ms, s'],
  ])('%j is not answered, and still a configuration that ran', ([cells, reason]) => {
    const row = only({...SERVING, ...cells})

    expect([row?.status, row?.reason, row?.fits.get('all')]).toEqual(['unanswered', reason, true])
  })

  test('every unit of the bundled rows is one', () => {
    expect(cells.filter(each => 'problem' in readUnit(each['metric'] ?? '', each['unit'] ?? '')).map(each => `${each['metric'] ?? ''} ${each['unit'] ?? ''}`)).toEqual([])
  })
})

describe('what becomes of a row', () => {
  test('every row once, in order, answered or with its reason', () => {
    const rows = rowsOf(cells)

    const predicted = predict(rows)

    expect(predicted.map(({row}) => row)).toEqual(rows)
    expect(predicted.filter(({status, reason, answers}) => (status === 'answered') !== (reason === undefined) || (status === 'answered') !== answers.has('all'))).toEqual([])
    expect(predicted.filter(({reason}) => reason !== undefined && reason.length < 8)).toEqual([])
    expect(predicted.filter(({failed}) => failed).map(({row, reason}) => `${row.id}: ${reason ?? ''}`)).toEqual([])
  })

  test('an excluded row keeps its written reason', () => {
    const excluding = createScope({schema: 'rigor.scope/1', outOfScope: [], excluded: [{ids: [cells[0]?.['id'] ?? ''], reason: 'a typo in the source'}]}, scopeContext(snapshot.accelerators, snapshot.devices))

    expect(predict(rowsOf(cells.slice(0, 1)), {scope: excluding})[0]).toMatchObject({status: 'excluded', reason: 'a typo in the source'})
  })

  test('a setting that makes no workload is unanswered, in one line', () => {
    const [row] = predict(rowsOf([{...cells.find(each => each['kind'] === 'llm_inference'), model: 'Llama\u202e-3'}]))

    expect(row).toMatchObject({status: 'unanswered', failed: false})
    expect(row?.reason).not.toContain('\n')
  })

  test('a configuration that ran and is said not to fit counts as such, though its own figure is not answered', () => {
    const [row] = predict(rowsOf([{...SERVING, model: 'meta-llama/Llama-3.1-405B', precision: 'bf16', tp: '1', accelerators: '1'}]))

    expect([row?.status, row?.fits.get('all'), row?.model]).toEqual(['unanswered', false, 'meta-llama/Meta-Llama-3.1-405B'])
  })

  test('a result under two names of one shape is one configuration, whether it is answered or not', () => {
    const named = (model: string, more: Readonly<Record<string, string>> = {}) => ({...SERVING, model, params_b: '671', ...more})

    const twins = predict(rowsOf([named('deepseek-ai/DeepSeek-R1'), named('deepseek-ai/DeepSeek-V3', {params_b: ''}), named('deepseek-ai/DeepSeek-V3', {unit: 'ktokens'}), named('deepseek-ai/DeepSeek-V3', {concurrency: '64'}), named('meta-llama/Llama-3.1-405B')]))

    const [first, ...others] = twins.map(({configuration}) => configuration)
    expect(others.map(each => each === first)).toEqual([true, true, false, false])
    expect(twins.map(({fits}) => fits.size)).toEqual([1, 0, 0, 1, 1])
  })

  test('a configuration that ran is asked once whether it fits', () => {
    const predicted = predict(rowsOf(cells))
    const asked = predicted.filter(({fits}) => fits.size > 0)
    const inScope = predicted.filter(({status, figure}) => (status === 'answered' || status === 'unanswered') && figure !== 'fits')

    expect(asked.length).toBeGreaterThan(200)
    expect(new Set(asked.map(({configuration}) => configuration)).size).toBe(asked.length)
    expect(new Set(inScope.map(({configuration}) => configuration)).size).toBe(asked.length)
    expect(asked.filter(({figure}) => figure === 'fits')).toEqual([])
  })
})

describe('what was left out', () => {
  const TPOT = cells.filter(each => each['kind'] === 'llm_inference' && each['metric'] === 'tpot_ms').slice(0, 20)
  const fold = (way: HeldOutFold['way'], held: readonly string[]): HeldOutFold => ({kinds: ['llm-inference'], way, held, entries: [], evidence: []})

  const middles = ({answers}: PredictedRow, basis: Basis): readonly (number | undefined)[] => [answers.get(basis)?.interval.p50, answers.get('all')?.interval.p50]

  test('each way is predicted without the fold that holds the row’s group; with everything where nothing was fitted to it', () => {
    const rows = rowsOf(TPOT)
    const [first] = predict(rows)
    const held = first?.accelerator ?? ''

    const predicted = predict(rows, {folds: [fold('accelerator', [held]), fold('source', ['nobody'])], evidence: []})

    const own = predicted.filter(({accelerator, status}) => accelerator === held && status === 'answered')
    const others = predicted.filter(({accelerator, status}) => accelerator !== held && status === 'answered')
    expect(own.length * others.length).toBeGreaterThan(0)
    for (const row of own) expect(middles(row, 'accelerator')[0]).not.toBe(middles(row, 'accelerator')[1])
    for (const {answers} of others) expect(answers.get('accelerator')?.interval).toEqual(answers.get('all')?.interval)
    for (const {answers} of [...own, ...others]) expect(answers.get('source')?.interval).toEqual(answers.get('all')?.interval)
  })

  test('a way without folds has no answers, and the row is in sample', () => {
    const predicted = predict(rowsOf(TPOT), {folds: [fold('accelerator', ['nothing']), fold('source', ['nobody'])], evidence: []}).filter(({status}) => status === 'answered')

    expect(predicted.length).toBeGreaterThan(0)
    for (const {answers, fits, seen} of predicted) expect([[...answers.keys()], fits.has('model'), seen]).toEqual([['all', 'accelerator', 'source'], false, ['model']])
  })

  test('a group that no fold holds and the calibration was fitted to is in sample', () => {
    const rows = rowsOf(TPOT)
    const [first] = predict(rows).filter(({status}) => status === 'answered')
    if (first === undefined) throw new Error('no row')
    const folds = [fold('model', ['other']), fold('accelerator', ['other']), fold('source', ['other'])]
    const row = {accelerator: first.accelerator, architecture: 'any', model: 'other', measurements: 1}

    const seenWith = (evidence: CalibrationTable['evidence']) => predict([first.row], {folds, evidence})[0]?.seen

    expect(seenWith([{...row, kind: 'llm-inference'}])).toEqual(['accelerator'])
    expect(seenWith([{...row, kind: 'llm-inference', model: first.model}])).toEqual(['model', 'accelerator'])
    expect(seenWith([{...row, kind: 'llm-pretrain', model: first.model}])).toEqual([])
  })

  test('a fold of other kinds does not make a row look held out', () => {
    const rows = rowsOf(TPOT)
    const [first] = predict(rows)
    const held = {model: [first?.model ?? ''], accelerator: [first?.accelerator ?? ''], source: [first?.row.source ?? '']}

    const predicted = predict(rows, {folds: WAYS.flatMap(way => ['llm-pretrain', 'power'].map(kind => ({...fold(way, held[way]), kinds: [kind]})))})

    for (const {answers, seen, status} of predicted.filter(each => each.status === 'answered' || each.status === 'unanswered')) expect([seen, [...answers.keys()]]).toEqual([WAYS, status === 'answered' ? ['all'] : []])
  })

  test('watts need folds of power and of the speeds that they rest on', () => {
    const watts = rowsOf(cells.filter(each => each['kind'] === 'llm_inference' && each['metric'] === 'joules_per_token'))
    const [first] = predict(watts).filter(({status}) => status === 'answered')
    if (first === undefined) throw new Error('no row')
    const held = {model: first.model, accelerator: first.accelerator, source: first.row.source}
    const foldsOf = (...kinds: readonly string[]): readonly HeldOutFold[] => WAYS.flatMap(way => kinds.map(kind => ({...fold(way, [held[way]]), kinds: [kind], entries: snapshot.calibration.entries.filter(entry => entry.kind === kind)})))
    const asked = (folds: readonly HeldOutFold[]) => predict([first.row], {folds})[0]

    expect(asked(foldsOf('power'))?.seen).toEqual(WAYS)
    expect(asked(foldsOf('llm-inference'))?.seen).toEqual(WAYS)
    expect(asked(foldsOf('power', 'llm-pretrain'))?.seen).toEqual(WAYS)
    expect([asked(foldsOf('power', 'llm-inference'))?.seen, [...(asked(foldsOf('power', 'llm-inference'))?.answers.keys() ?? [])]]).toEqual([[], ['all', ...WAYS]])
  })
})

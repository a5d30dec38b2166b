import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {MEASUREMENT_COLUMNS} from '../../src/catalog/parse/measured.ts'
import {rigor, ROOT, type Outcome} from './rigor.ts'

const env = {RIGOR_AS_OF: '2026-11-21', NO_COLOR: '1'}
const folder = await mkdtemp(path.join(tmpdir(), 'rigor-accuracy-'))
afterAll(() => rm(folder, {recursive: true}))

const SOUND: Readonly<Record<string, string>> = {
  id: 'sound', kind: 'llm_inference', model: 'meta-llama/Llama-3.1-70B', phase: 'serving_fixed_concurrency', framework: 'vllm', accelerator: 'H100 SXM 80GB', accelerators: '8', nodes: '1', precision: 'fp8', tp: '8', pp: '1', dp: '1', ep: '1',
  concurrency: '48', input_len: '1100', output_len: '900', metric: 'tpot_ms', value: '20', unit: 'ms', scope: 'per_request', date: '2026', source: 'mine',
}
const quote = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const line = (cells: Readonly<Record<string, string>>): string => MEASUREMENT_COLUMNS.map(column => quote({...SOUND, ...cells}[column] ?? '')).join(',')
const HEADER = MEASUREMENT_COLUMNS.join(',')

async function fileOf(name: string, ...lines: readonly string[]): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}
const widest = (text: string): number => Math.max(...text.split('\n').map(each => [...each].length))

interface Row {
  readonly id: string
  readonly metric: string
  readonly unit: string
  readonly measured: number | null
  readonly status: string
  readonly reason: string | null
  readonly p10: number | null
  readonly p50: number | null
  readonly p90: number | null
}
const documentOf = ({stdout}: Outcome) => JSON.parse(stdout) as {schema: string; outOfSample: boolean; remarks: string[]; rows: Row[]; summary: Record<string, unknown>[]}

describe('a file of results', () => {
  test('every row once and in order, whatever stands in it', async () => {
    const file = await fileOf(
      'nasty.csv', HEADER,
      line({}), line({id: 'withheld', value: ''}), line({id: 'text', value: 'fast'}), line({id: 'huge', accelerators: '1e30'}), line({id: 'control', model: 'a\u001b[31mb'}), line({id: 'empty', kind: '', metric: ''}),
      line({id: 'recommender', kind: 'recommender_inference'}), line({id: 'nobody', model: 'No Such Model 9B'}), line({id: 'zero', value: '0'}), line({id: 'lines', notes: 'two\nlines, "quoted"'}),
      line({id: 'proto', kind: '__proto__', model: 'constructor', accelerator: 'toString', metric: 'hasOwnProperty'}), line({id: 'memory', metric: 'fits', value: '1', unit: 'bool', scope: 'system'}),
      'ragged,llm_inference', '"open,llm_inference', line({id: 'last'}),
    )

    const outcome = await rigor(['accuracy', '--data', file, '--json'], {env})

    const {schema, outOfSample, rows} = documentOf(outcome)
    expect({code: outcome.code, stderr: outcome.stderr, schema, outOfSample}).toEqual({code: 0, stderr: '', schema: 'rigor.accuracy/1', outOfSample: false})
    expect(rows.map(({id, status}) => [id, status])).toEqual([
      ['sound', 'answered'], ['withheld', 'answered'], ['text', 'excluded'], ['huge', 'excluded'], ['control', 'excluded'], ['empty', 'excluded'], ['recommender', 'out_of_scope'], ['nobody', 'unanswered'], ['zero', 'excluded'], ['lines', 'answered'],
      ['proto', 'out_of_scope'], ['memory', 'answered'], ['ragged', 'excluded'], ['', 'excluded'], ['last', 'answered'],
    ])
    expect(rows.filter(({status, reason, p10, p50, p90}) => (status === 'answered') !== (reason === null) || (status === 'answered') !== (p50 !== null) || (p10 === null) !== (p50 === null) || (p90 === null) !== (p50 === null))).toEqual([])
    expect(rows[0]).toMatchObject({metric: 'tpot_ms', unit: 'ms', measured: 20})
    expect(rows[1]).toEqual({...rows[0], id: 'withheld', measured: null})
    expect(rows[11]?.p50).toBe(1)
  })

  test('on the terminal: in 80 columns, with nothing that steers it', async () => {
    const file = await fileOf('page.csv', HEADER, line({}), line({id: 'hostile\u202e', model: 'x\u202e"<b>', source: 's\u200b'}), line({id: 'out', accelerator: 'Abacus 3000'}))

    const {code, stdout, stderr} = await rigor(['accuracy', '--data', file, '--verbose'], {env: {...env, COLUMNS: '80'}})

    expect({code, stderr, fits: widest(stdout) <= 80}).toEqual({code: 0, stderr: '', fits: true})
    expect(stdout).toMatch(/^3 rows of page\.csv: 2 in scope, 1 of them answered \(50 %\)\.\nPredicted by the full calibration/)
    expect(stdout).not.toMatch(/[\u001b\u202e\u200b]/)
  })

  test('says so where it states settings that the factors were fitted to', async () => {
    const text = await readFile(path.join(ROOT, 'data/measured/llm-finetuning.csv'), 'utf8')
    const file = await fileOf('known.csv', ...text.split('\n').slice(0, 11), line({}).replace(/\n$/, ''))

    const {remarks} = documentOf(await rigor(['accuracy', '--data', file, '--json'], {env}))

    expect(remarks.find(remark => remark.includes('in sample'))).toMatch(/^10 of 11 rows state settings/)
  })

  test.for<[string, readonly string[], string, RegExp]>([
    ['missing.csv', [], 'FILE_NOT_FOUND', /There is no file/],
    ['empty.csv', [''], 'BAD_MEASUREMENT', /is empty/],
    ['rows.csv', [HEADER], 'BAD_MEASUREMENT', /holds no rows/],
    ['column.csv', [HEADER.replace('metric', 'metrics'), ''], 'BAD_MEASUREMENT', /there is no column "metric"\.[\s\S]*Is "metrics" meant to be it\?/],
  ])('%s: exit 2, with the cause and the next step', async ([name, lines, code, said]) => {
    if (lines.length > 0) await fileOf(name, ...lines)

    const outcome = await rigor(['accuracy', '--data', path.join(folder, name)], {env: {...env, COLUMNS: '300'}})

    expect({code: outcome.code, stdout: outcome.stdout}).toEqual({code: 2, stdout: ''})
    expect(outcome.stderr).toMatch(new RegExp(`Code: ${code}\nTry this: `))
    expect(outcome.stderr).toMatch(said)
  })
})

describe('which rows', () => {
  test.for<[readonly string[], string, RegExp]>([
    [['--kind', 'llm-infrence'], 'UNKNOWN_KIND', /did you mean "llm-inference"/],
    [['--metric', 'tpott'], 'UNKNOWN_METRIC', /did you mean "TPOT"/],
    [['--accelerator', 'h100'], 'AMBIGUOUS_ACCELERATOR', /"h100-sxm-80gb"/],
    [['--accelerator', 'h999'], 'UNKNOWN_ACCELERATOR', /./],
    [['--accelerator', '24GB..80GB'], 'BAD_FLAG', /h100-\*/],
    [['--plott'], 'UNKNOWN_FLAG', /did you mean "--plot"/],
  ])('%j is refused', async ([flags, code, said]) => {
    const outcome = await rigor(['accuracy', ...flags], {env})

    expect({code: outcome.code, stdout: outcome.stdout}).toEqual({code: 2, stdout: ''})
    expect(outcome.stderr).toMatch(new RegExp(`Code: ${code}`))
    expect(outcome.stderr).toMatch(said)
  })

  test('kinds, accelerators and metrics are joined by "and", several words of one flag by "or"', async () => {
    const {rows} = documentOf(await rigor(['accuracy', '--json', '--kind', 'llm-inference', '--accelerator', 'h200-*', '--metric', 'tpot_ms,TTFT'], {env})) as unknown as {rows: (Row & {kind: string; accelerator: string; figure: string})[]}

    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter(({kind, accelerator, metric, figure}) => kind !== 'llm-inference' || !accelerator.startsWith('h200-') || (metric !== 'tpot_ms' && figure !== 'TTFT'))).toEqual([])
  })
})

test('what the user measured takes no part', async () => {
  const file = await fileOf('own.csv', HEADER, line({}))
  const home = path.join(folder, 'home')
  await mkdir(home, {recursive: true})
  await writeFile(path.join(home, 'rigor.yaml'), 'measurements:\n  - {workload: {kind: llm-inference, model: Llama-3.1-70B, traffic: {inputTokens: 1100, outputTokens: 900, concurrency: 48}}, on: "h100-sxm-80gb:8", throughput: 9 tokens/s}\n')

  const [here, there] = await Promise.all([rigor(['accuracy', '--data', file, '--json'], {env}), rigor(['accuracy', '--data', file, '--json'], {env, cwd: home})])

  expect(there).toEqual(here)
  expect(here.code).toBe(0)
})

describe('plots', () => {
  test('are drawn into a folder, and stderr says where', async () => {
    const file = await fileOf('plot.csv', HEADER, line({}))
    const to = path.join(folder, 'plots', 'here')

    const {code, stderr} = await rigor(['accuracy', '--data', file, '--plot', to], {env})

    expect({code, stderr}).toEqual({code: 0, stderr: `Plots: ${path.join(to, 'tpot.svg')}\n`})
    expect(await readdir(to)).toEqual(['tpot.svg'])
  })

  test('have a folder of their own where none is named', async () => {
    await fileOf('alone.csv', HEADER, line({}))

    const {code, stdout} = await rigor(['accuracy', '--plot', '--data', 'alone.csv', '--json'], {env, cwd: folder})

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({schema: 'rigor.accuracy/1'})
    expect(await readdir(path.join(folder, 'rigor-accuracy'))).toEqual(['tpot.svg'])
  })

  test('a folder that cannot be is an error, before anything is scored', async () => {
    const file = await fileOf('way.csv', HEADER, line({}))

    for (const [to, said] of [[file, 'way\\.csv" is a file'], [path.join(file, 'x'), 'way\\.csv" is a file'], ['', 'names no folder'], ['/dev/null/x', '"/dev/null" is a file'], ['/proc/x/y', '"/proc/x" (?:cannot be made|may not be written to)']] as const) {
      const {code, stdout, stderr} = await rigor(['accuracy', '--data', file, `--plot=${to}`], {env: {...env, COLUMNS: '400'}})

      expect({to, code, stdout}).toEqual({to, code: 2, stdout: ''})
      expect(stderr).toMatch(new RegExp(`${said}\\.\nCode: BAD_FLAG\nTry this: Name a folder`))
    }
  })
})

test('the bundled results: every figure of merit, in 80 columns', async () => {
  const {code, stdout, stderr} = await rigor(['accuracy'], {env: {...env, COLUMNS: '80'}})

  expect({code, stderr, fits: widest(stdout) <= 80}).toEqual({code: 0, stderr: '', fits: true})
  for (const word of ['MAPE', 'MdAPE', '90th', 'bias', 'p90÷', 'Winkler', 'answered', 'By figure', 'By kind', 'By accelerator', 'By source', 'By distance', 'By topic', 'Out of scope', 'Whether it fits', 'Farthest off', 'Aims']) expect(stdout).toContain(word)
}, 60_000)

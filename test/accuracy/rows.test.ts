import {describe, expect, test} from 'vitest'
import {readResults} from '../../src/accuracy/rows.ts'
import {MEASUREMENT_COLUMNS} from '../../src/catalog/parse/measured.ts'
import {writeCsv} from '../../src/catalog/csv.ts'

const CELLS: Readonly<Record<string, string>> = {
  id: 'one', kind: 'llm_inference', model: 'Llama-3.1-70B', accelerator: 'H100 SXM 80GB', accelerators: '8', tp: '8', concurrency: '32', input_len: '1024', output_len: '1024', metric: 'tpot_ms', value: '20', unit: 'ms', scope: 'per_request', source: 's',
}
const file = (...rows: readonly Readonly<Record<string, string>>[]): string => writeCsv(MEASUREMENT_COLUMNS, rows.map(cells => MEASUREMENT_COLUMNS.map(column => ({...CELLS, ...cells})[column] ?? '')))
const read = (cells: Readonly<Record<string, string>>) => readResults(file(cells), 'mine.csv').rows[0]

test('a row is its setting, its measured figure and where it comes from', () => {
  expect(read({notes: 'moe_tp 8; fast'})).toMatchObject({id: 'one', topic: 'mine', line: 2, metric: 'tpot_ms', unit: 'ms', measured: 20, source: 's', problem: undefined, setting: {tp: 8, concurrency: 32, notes: {expertTensorParallel: 8}}})
})

test('a setting holds neither the value nor who measured it when', () => {
  expect(Object.keys(read({})?.setting ?? {}).filter(key => ['id', 'value', 'date', 'source'].includes(key))).toEqual([])
})

test('what a note says of the result is no part of the setting', () => {
  expect(read({notes: 'not reproducible by 6ND; the card is thought to count only part'})?.setting.notes).toEqual({})
})

test('a withheld value is no problem', () => {
  expect(read({value: ''})).toMatchObject({measured: undefined, problem: undefined})
})

test.for<[Readonly<Record<string, string>>, string]>([
  [{value: 'fast'}, 'value "fast" is not a number'],
  [{value: 'NaN'}, 'value "NaN" is not a number'],
  [{value: '1e400'}, 'value 1e400 is beyond anything measured'],
  [{value: ' '}, 'value " " is not a number'],
  [{value: '-3'}, 'value -3 is negative'],
  [{value: '0'}, 'no relative error is defined for a measured 0'],
  [{metric: 'fits', value: '2'}, 'whether it fits is 1 or 0'],
  [{tp: '0x8'}, 'tp "0x8" is not a number'],
  [{input_len: '1,024'}, 'input_len "1,024" is not a number'],
  [{accelerators: '1e30'}, 'accelerators 1e30 is beyond anything measured'],
  [{concurrency: '0'}, 'concurrency is 0'],
  [{tp: '2.5'}, 'tp 2.5 is not a whole number'],
  [{accelerators: '7.5'}, 'accelerators 7.5 is not a whole number'],
  [{micro_batch: '0.5'}, 'micro_batch 0.5 is not a whole number'],
  [{model: 'a\u001b[31mb'}, 'model holds control characters'],
  [{accelerator: 'a\u0000b'}, 'accelerator holds control characters'],
  [{notes: 'x'.repeat(2001)}, 'notes is longer than 2000 characters'],
  [{kind: ''}, 'the kind of work is not stated'],
  [{metric: ' '}, 'what was measured is not stated'],
])('%j cannot be used: %s', ([cells, problem]) => {
  expect(read(cells)?.problem).toBe(problem)
})

test.for<[Readonly<Record<string, string>>]>([[{ep: '0'}], [{output_len: '609.1'}], [{concurrency: '12.5'}], [{tp: '8.0'}], [{metric: 'fits', value: '0'}], [{notes: 'two\nlines, and "quotes"'}], [{value: '2.0E+1'}], [{tp: ' 8 '}]])('%j is in order', ([cells]) => {
  expect(read(cells)?.problem).toBeUndefined()
})

describe('a file that is broken in places', () => {
  test('every line is one row, in order, and the sound ones are read', () => {
    const [header = '', sound = ''] = file({}).split('\n')
    const text = [header, sound, 'short,llm_inference', '"never closed,llm_inference,x', '"closed"badly,x', sound.replace('one', 'last')].join('\n')

    const {rows} = readResults(text, 'mine.csv')

    expect(rows.map(({line, problem}) => [line, problem])).toEqual([
      [2, undefined], [3, '2 cells, but the header names 31 columns'], [4, 'text after a closing quote'], [5, 'text after a closing quote'], [6, undefined],
    ])
    expect(rows.at(-1)).toMatchObject({id: 'last', measured: 20})
  })

  test('a quote that is never closed takes no other row with it', () => {
    const [header = '', sound = ''] = file({}).split('\n')

    const {rows} = readResults([header, '"open,x', sound].join('\n'), 'mine.csv')

    expect(rows.map(({problem}) => problem)).toEqual(['a quoted cell is never closed', undefined])
  })
})

describe('a file that is no table of results', () => {
  test('is refused when it is empty', () => {
    expect(() => readResults('', 'mine.csv')).toThrow(expect.objectContaining({code: 'BAD_MEASUREMENT', message: 'mine.csv is empty.'}) as Error)
  })

  test('is refused when a column is missing, with the one that may be meant', () => {
    expect(() => readResults(file({}).replace('metric', 'metrics'), 'mine.csv')).toThrow(expect.objectContaining({code: 'BAD_MEASUREMENT', message: 'mine.csv — there is no column "metric".', hint: expect.stringContaining('Is "metrics" meant to be it?') as string}) as Error)
  })

  test('a column that nothing reads is spoken of if it may be a misspelt one', () => {
    expect(readResults(file({}).replace('concurrency', 'concurency').replace('date', 'ward'), 'mine.csv').remarks).toEqual(['Column "concurency" is not read: did you mean "concurrency"?'])
  })
})

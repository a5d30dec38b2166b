import fc from 'fast-check'
import {expect, test} from 'vitest'
import {parseCsv, writeCsv} from '../../src/catalog/csv.ts'

test('reads quoted cells, doubled quotes, line breaks in cells and CRLF', () => {
  const records = parseCsv('a,b\r\n"x, ""y""\nz",2\r\n\r\n3,\n', 'f.csv')

  expect(records.map((record) => [record.line, {...record.cells}])).toEqual([[2, {a: 'x, "y"\nz', b: '2'}], [5, {a: '3', b: ''}]])
})

test.for([
  ['a,b\n1\n', 'f.csv:2 — 1 cells, but the header names 2 columns.'],
  ['a\n"1\n', 'f.csv:2 — a quoted cell is never closed.'],
  ['a\n"1"x\n', 'f.csv:2 — text after a closing quote.'],
  ['', 'f.csv:1 — the file is empty; the first line must name the columns.'],
])('refuses %j', ([text, message]) => {
  expect(() => parseCsv(text!, 'f.csv')).toThrow(message)
})

test('writing and reading is the identity', () => {
  const cell = fc.string({unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é', ';')})
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), {minLength: 1}), (rows) => {
      const read = parseCsv(writeCsv(['first', 'second'], rows), 'f.csv').map((record) => [record.cells['first'], record.cells['second']])
      expect(read).toEqual(rows)
    }),
  )
})

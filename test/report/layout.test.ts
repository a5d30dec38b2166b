import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {type Column, columnLines, cut, displayWidth, fit, fitColumns, paint, wrap} from '../../src/report/layout.ts'

test.for([['abc', 3], ['±20 %', 5], ['日本', 4], ['한국', 4], ['e\u0301', 1], ['🚀', 2], ['❤\ufe0f', 2], ['ｆｕｌｌ', 8], ['●◐○', 3], ['─█░', 3]] as const)('"%s" is %d columns wide', ([text, width]) => {
  expect(displayWidth(text)).toBe(width)
})

test.for([['abcdef', 4, 'abc…'], ['abcd', 4, 'abcd'], ['日本語', 5, '日本…'], ['日本語', 4, '日…'], ['a', 0, '']] as const)('"%s" cut to %d is "%s"', ([text, width, shown]) => {
  expect(cut(text, width)).toBe(shown)
})

test('a cell is exactly as wide as its column', () => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme', maxLength: 30}), fc.integer({min: 1, max: 20}), fc.constantFrom('left' as const, 'right' as const), (text, width, align) => {
      expect(displayWidth(fit(text, width, align))).toBe(width)
    }),
  )
})

describe('wrap', () => {
  const text = (lines: readonly (readonly {text: string}[])[]): string[] => lines.map(line => line.map(span => span.text).join('').replaceAll('\u00a0', ' '))

  test('breaks between words and hangs the rest', () => {
    expect(text(wrap('one two three four', 9, {first: '- ', rest: '  '}))).toEqual(['- one two', '  three', '  four'])
  })

  test('keeps a figure with its unit', () => {
    expect(text(wrap('it costs 41 USD', 12))).toEqual(['it costs', '41 USD'])
  })

  test('breaks a word only where it is longer than a line', () => {
    expect(text(wrap('abcdefghij', 4))).toEqual(['abcd', 'efgh', 'ij'])
  })

  test('says where text was left out', () => {
    expect(text(wrap('one two three four five', 10, {lines: 2, more: '(all)'}))).toEqual(['one two', '… (all)'])
  })

  test('joins spans as they were written', () => {
    expect(text(wrap([{text: 'memory', style: 'red'}, {text: ': too '}, {text: 'small'}], 40))).toEqual(['memory: too small'])
  })

  test('loses no word and exceeds no width', () => {
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'grapheme', minLength: 1, maxLength: 12}), {maxLength: 30}), fc.integer({min: 4, max: 60}), (words, width) => {
        const lines = wrap(words.join(' '), width)

        for (const line of text(lines)) expect(displayWidth(line)).toBeLessThanOrEqual(width)
        const kept = text(lines).join('').replaceAll(/\s/g, '')
        for (const word of words.filter(candidate => /^[\w.-]+$/.test(candidate))) expect(kept).toContain(word)
      }),
    )
  })
})

describe('columns', () => {
  interface Row {readonly name: string; readonly size: number; readonly note: string}
  const columns: Column<Row>[] = [
    {title: 'name', align: 'left', priority: 0, shrinksTo: 4, cell: row => row.name},
    {title: 'size', align: 'right', priority: 1, cell: row => String(row.size)},
    {title: 'note', align: 'left', priority: 2, cell: row => row.note},
  ]
  const rows: Row[] = [{name: 'a', size: 1, note: 'first'}, {name: 'much longer', size: 1000, note: ''}]
  const shown = (width: number): string => {
    const {header, body} = columnLines(fitColumns(columns, rows, width), rows)
    return paint([...header, ...body], false)
  }

  test('are as wide as they need to be', () => {
    expect(shown(80)).toBe('name         size  note\na               1  first\nmuch longer  1000\n')
  })

  test('a flexible column gives way first', () => {
    expect(shown(20)).toBe('name     size  note\na           1  first\nmuch l…  1000\n')
  })

  test('then the column that matters least goes', () => {
    expect(shown(12)).toBe('name    size\na          1\nmuch…   1000\n')
  })
})

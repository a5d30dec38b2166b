import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {parseJson, readJson} from '../../src/text/json.ts'

test('what JSON.parse reads is read the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({maxDepth: 5}), (value) => {
      const text = JSON.stringify(value, null, 1)
      expect(readJson(text).value).toEqual(JSON.parse(text))
    }),
    {seed: 1, numRuns: 500},
  )
})

test('what it refuses is refused', () => {
  const piece = fc.constantFrom('{', '}', '[', ']', '"a"', ':', ',', '1', '-', '0', '1.', '.5', '1e5', 'true', 'nul', '"\\u00e9"', '"\\x"', '"', ' ', '\n', '\u0001', 'NaN')
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 8}), (pieces) => {
      const text = pieces.join('')
      let expected: {readonly value: unknown} | undefined
      try {
        expected = {value: JSON.parse(text)}
      } catch {
        // Left undefined: it has to be refused.
      }
      let read: {readonly value: unknown} | undefined
      try {
        read = {value: parseJson(text, 'a.json')}
      } catch (error) {
        if (!(error instanceof RigorError)) throw error
        // The one thing that is stricter than JSON.parse.
        if (error.code === 'DUPLICATE_KEY') return
      }
      expect(read).toEqual(expected)
    }),
    {seed: 2, numRuns: 5000},
  )
})

test.for([
  ['{"a": 1, "a": 2}', 'DUPLICATE_KEY', 'f:1 — "a" stands twice.'],
  ['{\n"a": {"b": 1,\n "b": 2}}', 'DUPLICATE_KEY', 'f:3 — "b" stands twice.'],
  ['{"\\u0061": 1, "a": 2}', 'DUPLICATE_KEY', 'f:1'],
  ['['.repeat(101), 'TOO_DEEP', 'f:1 — nested more than 100 levels deep.'],
  ['[1, 2', 'BAD_JSON', 'f:1 — expected "," or "]", but the text ends.'],
  ['{"a": 1e999}', 'BAD_JSON', 'ordinary size'],
  ['{"a" 1}', 'BAD_JSON', 'expected ":", not "1}".'],
  ['', 'BAD_JSON', 'expected a value, but the text ends.'],
] as const)('%s is %s', ([text, code, message]) => {
  expect(() => parseJson(text, 'f')).toThrow(expect.objectContaining({code, exit: 2, message: expect.stringContaining(message) as string}))
})

test('__proto__ is a key like any other', () => {
  const value = parseJson('{"__proto__": {"x": 1}}', 'f') as Record<string, unknown>

  expect(Object.keys(value)).toEqual(['__proto__'])
  expect(value['x']).toBeUndefined()
})

import {expect, test} from 'vitest'
import {renderFacts} from '../../src/report/list.ts'

test('what steers a terminal is escaped in labels as in values', () => {
  const text = 'n\u001b]0;pwn\u0007\nx'

  const printed = renderFacts(text, [[text, text], ['short', 1]], 80, false)

  expect(printed).not.toMatch(/[\u001b\u0007]/) // oxlint-disable-line no-control-regex -- the very characters
  expect(printed.split('\n')[2]).toMatch(/^ {2}short +1$/)
  expect(printed.split('\n')[1]).toContain(String.raw`n\u{1b}]0;pwn\u{7}\nx`)
})

import {expect, test} from 'vitest'
import * as z from 'zod'
import {findings} from '../../src/text/issues.ts'

const Thing = z.strictObject({
  size: z.number().positive().max(9).optional(), pieces: z.number().int().optional(), name: z.string().optional(), on: z.boolean().optional(), list: z.array(z.number()).min(1).max(2).optional(),
  sort: z.enum(['small', 'large', 'huge']).optional(), phases: z.literal([1, 3]).optional(), version: z.literal(1).optional(), inner: z.strictObject({}).optional(), own: z.string({error: () => 'a name is text'}).optional(),
  named: z.record(z.string().regex(/^[a-z]+$/, {error: () => 'a name has small letters'}), z.number()).optional(),
})

const said = (value: unknown): readonly string[] => {
  const parsed = Thing.safeParse(value)
  return findings(parsed.error?.issues ?? [], Thing, value, 'a thing').map(({message}) => message)
}

test.for<[unknown, string]>([
  [{size: 0}, 'size: 0 is out of range: expected more than 0'], [{size: 10}, 'size: 10 is out of range: expected at most 9'], [{size: '7'}, 'size: "7" is not a number'], [{size: null}, 'size: nothing is not a number'],
  [{pieces: 8.5}, 'pieces: 8.5 is not a whole number'], [{name: 3}, 'name: 3 is not text'], [{on: 'yes'}, 'on: "yes" is not true or false'], [{list: 3}, 'list: 3 is not a list'], [{inner: []}, 'inner: a list is not a mapping'],
  [{list: []}, 'list: 0 entries: expected at least 1'], [{list: [1, 2, 3]}, 'list: 3 entries: expected at most 2'], [{list: [1, 'b']}, 'list[1]: "b" is not a number'],
  [{sort: 'hug'}, 'sort: "hug" is none of small, large, huge — did you mean "huge"?'], [{phases: 2}, 'phases: 2 is neither 1 nor 3'], [{version: 2}, 'version: 2 is not 1'], [{own: 3}, 'own: a name is text'],
  [{named: {'../x': 1}}, 'named, "../x": a name has small letters'], [{name: {}}, 'name: a mapping is not text'],
])('%j is told as %s', ([value, message]) => {
  expect(said(value)).toEqual([message])
})

test('a value that steers a terminal is shown, not obeyed', () => {
  expect(said({size: '\u001B[2J'})).toEqual([String.raw`size: "\u{1b}[2J" is not a number`])
  expect(said({named: {'\u001B[2J': 1}})).toEqual([String.raw`named, "\u{1b}[2J": a name has small letters`])
})

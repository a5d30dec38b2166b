import fs from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {fromYaml} from '../../src/text/documents.ts'
import {readSimpleYaml} from '../../src/text/simple-yaml.ts'

/** Every path into a value, the value itself first. */
function pathsOf(value: unknown, above: readonly PropertyKey[] = []): readonly (readonly PropertyKey[])[] {
  if (value === null || typeof value !== 'object') return [above]
  return [above, ...Object.entries(value).flatMap(([key, entry]) => pathsOf(entry, [...above, key]))]
}

/** What is read the simple way must be what YAML reads, line by line. */
function agrees(text: string): boolean {
  const simple = readSimpleYaml(text)
  if (simple === undefined) return false
  const [document, other] = fromYaml(text, 'x')
  expect(other).toBeUndefined()
  expect(simple.value).toEqual(document?.value)
  for (const at of pathsOf(simple.value)) expect([at, `x:${simple.lineAt([...at, 'beyond'])}`]).toEqual([at, document?.locate([...at, 'beyond'])])
  for (const at of pathsOf(simple.value)) expect([at, `x:${simple.lineAt(at)}`]).toEqual([at, document?.locate(at)])
  return true
}

const EXAMPLES = path.resolve(import.meta.dirname, '..', '..', 'examples')

describe('the simplest YAML', () => {
  test('is what most examples are written in, and reads the same', () => {
    const texts = fs.readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml')).map((name) => fs.readFileSync(path.join(EXAMPLES, name), 'utf8'))

    expect(texts.filter(agrees).length).toBeGreaterThan(texts.length / 2)
  })

  test.for([
    'kind: generic\n', '\n# a comment\nkind: generic # another\n\nflops: 5\n', 'a:\n  b:\n    c: 1\n  d: 2\ne: 3', 'a: {b: 1, c: x y}\nd: [e, 48h, 2.5]\ng: {}\nh: []', 'a: h100-sxm-80gb:8\nb: 12 tokens/s\nc: 80 GiB\nd: 0', '  a: 1\n  b: 2\n', 'model: meta-llama/Llama-3.1-8B\n',
    'a: e5\nb: 0.50\nc: 1.0', 'a: x # y\nb: 5 # 6\n',
  ])('%j', (text) => {
    expect(agrees(text)).toBe(true)
  })

  test.for([
    '', '# nothing\n', 'a:\n', 'a:\nb: 1\n', 'a: 1\na: 2\n', 'a: 1\n  b: 2\n', 'a:\n  b: 1\n c: 2\n', 'a: "x"\n', '- a\n', 'a: true\n', 'a: null\n', 'a: ~\n', 'a: 1e5\n', 'a: 0x1f\n', 'a: 007\n', 'a: .5\n', 'a: -1\n', 'a: &x 1\n', 'a: {b: 1\n', 'a: {b: [1]}\n', 'a: b: c\n', 'a: x\n  y\n', '---\na: 1\n', 'a: 1\n---\nb: 2\n', 'a:\t1\n', 'a: 1\r\nb: 2\r\n',
    'a: ü\n', 'a: {b}\n', 'a: {b: 1, b: 2}\n', 'a: [x, ]\n', '__proto__: 1\n', 'a:1\n', 'a: x#y\n', 'a: |\n  x\n',
  ])('%j is left to the parser', (text) => {
    expect(readSimpleYaml(text)).toBeUndefined()
  })

  test('whatever it reads, YAML reads to the same values on the same lines', () => {
    const line = fc.tuple(fc.constantFrom('', '  ', '    ', ' ', '   '), fc.constantFrom('a', 'b', 'c1', 'kind', 'e', 'x-y', '- a', '"q"'), fc.constantFrom(':', ': ', ':  ', ' : ', ''), fc.oneof(
      fc.constantFrom('', 'x', '1', '0', '00', '1.5', '1.', '.5', '1e3', '1e', '0o7', '0x1', '12h', '80 GiB', 'a b', 'a  b', 'true', 'Null', '{a: 1}', '{a: 1,b: 2}', '{a:1}', '[a,b]', '[a, b', '[]', '{ }', '[ 1 , 2 ]', '#x', 'x #y', 'x# y', 'a:b', 'a: b', 'a:', '48h # c', '~', '-', '-x', '1-2', '1 2', 'x/y', '5 tokens/s', '2026-11-20', '1:30', 'inf', '.inf', '*a', '!x y', '%x', '@x', '`x', '> x', '?', '=', 'x,', 'x, y', "it's"),
      fc.stringMatching(/^[ -~]{0,8}$/),
    )).map((parts) => parts.join(''))
    let read = 0
    fc.assert(
      fc.property(fc.array(line, {maxLength: 5}), (lines) => {
        if (agrees(lines.join('\n'))) read++
      }),
      {seed: 1, numRuns: 20_000},
    )

    expect(read).toBeGreaterThan(200)
  })

  test('every tree of words, numbers and amounts is read without the parser', () => {
    const scalar = fc.oneof(fc.constantFrom('x', '48h', '80 GiB', '12 tokens/s', 'h100-sxm-80gb:8', 'Llama-3.1-70B'), fc.nat(1e9))
    const {tree} = fc.letrec<{tree: Record<string, unknown>}>((tie) => ({
      tree: fc.dictionary(fc.stringMatching(/^[a-m][a-zA-Z0-9]{1,6}$/).filter((key) => !/^(?:false|null)$/i.test(key)), fc.oneof({depthSize: 'small'}, scalar, fc.array(scalar, {maxLength: 3}), tie('tree')), {minKeys: 1, maxKeys: 4}),
    }))
    const write = (value: unknown, indent: string): string =>
      Object.entries(value as object).map(([key, entry]) => `${indent}${key}:${Array.isArray(entry) ? ` [${entry.join(', ')}]\n` : typeof entry === 'object' ? `\n${write(entry, `${indent}  `)}` : ` ${String(entry)}\n`}`).join('')

    expect(fc.check(fc.property(tree, (value) => agrees(write(value, ''))), {seed: 2, numRuns: 500}).counterexample).toBeNull()
  })
})

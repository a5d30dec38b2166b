import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {completionScript, type CommandShape} from '../../src/completion.ts'
import {rigor, shell} from './rigor.ts'

const COMMANDS: readonly CommandShape[] = [
  {words: ['plan'], summary: "Say where it's best to run.", values: [], flags: [{name: 'limit', char: 'n', summary: 'How many.', takesValue: true, options: []}]},
  {words: ['catalog', 'list'], summary: 'Search.', values: [], flags: [{name: 'purchase', summary: 'Bought so.', takesValue: true, options: ['spot', 'on-demand']}, {name: 'json', summary: 'JSON.', takesValue: false, options: []}]},
  {words: ['explain'], summary: 'Explain.', values: ['target', 'term'], flags: []},
]

describe('bash', () => {
  let script = ''
  beforeAll(() => {
    script = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'rigor-completion-')), 'rigor.bash')
    fs.writeFileSync(script, completionScript('bash', COMMANDS))
  })
  afterAll(() => fs.rmSync(path.dirname(script), {recursive: true}))

  test.for([
    ['the first word', ['rigor', ''], 'plan catalog explain'],
    ['the beginning of a word', ['rigor', 'cat'], 'catalog'],
    ['the second word', ['rigor', 'catalog', ''], 'list'],
    ['flags', ['rigor', 'catalog', 'list', '--'], '--purchase --json --help'],
    ['the values of a flag', ['rigor', 'catalog', 'list', '--purchase', ''], 'spot on-demand'],
    ['flags after a flag', ['rigor', 'catalog', 'list', '--json', '--pu'], '--purchase'],
    ['values of an argument', ['rigor', 'explain', 't'], 'target term'],
    ['files where a flag takes any text', ['rigor', 'plan', '--limit', ''], ''],
    ['files after a command', ['rigor', 'plan', ''], ''],
  ] as const)('completes %s', async ([, words, expected]) => {
    const array = words.map((word) => `'${word}'`).join(' ')
    const {stdout, stderr} = await shell(`source '${script}'; COMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _rigor; echo "\${COMPREPLY[*]}"`)

    expect({stdout: stdout.trim(), stderr}).toEqual({stdout: expected, stderr: ''})
  })
})

test.for(['bash', 'zsh', 'fish'])('the script for %s knows every command of the built rigor and has no syntax error', async (name) => {
  const {code, stdout} = await rigor(['completion', name])

  expect(code).toBe(0)
  for (const word of ['catalog', 'hardware', 'models', 'kinds', 'explain', 'doctor']) expect(stdout).toContain(word)
  const file = path.join(os.tmpdir(), `rigor-completion-${process.pid}.${name}`)
  fs.writeFileSync(file, stdout)
  const check = await shell(`command -v ${name} >/dev/null || exit 0; ${name} -n '${file}'`)
  fs.rmSync(file)
  expect({code: check.code, stderr: check.stderr}).toEqual({code: 0, stderr: ''})
})

test('an unknown shell is refused', async () => {
  const {code, stderr} = await rigor(['completion', 'fsh'])

  expect(code).toBe(2)
  expect(stderr).toContain('"fish"')
})

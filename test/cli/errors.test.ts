import {describe, expect, test} from 'vitest'
import {rigor} from './rigor.ts'

describe('a mistake on the command line', () => {
  test.for([
    ['an unknown command', ['catlog', 'list'], 'UNKNOWN_COMMAND', 'did you mean "catalog list"'],
    ['an unknown word after a topic', ['catalog', 'shwo'], 'UNKNOWN_COMMAND', '"catalog show"'],
    ['an unknown flag', ['catalog', 'list', '--acelerator', 'x'], 'UNKNOWN_FLAG', '"--accelerator"'],
    ['a missing argument', ['hardware', 'show'], 'MISSING_ARGUMENT', '--help'],
    ['an argument too many', ['kinds', 'list', 'all'], 'UNEXPECTED_ARGUMENT', '--help'],
    ['an impossible choice', ['catalog', 'list', '--purchase', 'spott'], 'BAD_USAGE', 'did you mean "spot"?'],
    ['a flag without its value', ['catalog', 'list', '--limit'], 'BAD_USAGE', '--help'],
    ['a number that is none', ['catalog', 'list', '--limit', 'many'], 'BAD_USAGE', '--limit 20'],
    ['a number too small', ['plan', 'examples/chat-70b.yaml', '--limit', '0'], 'BAD_USAGE', 'Error: --limit 0 — expected a whole number of at least 1.'],
    ['a file that is not there', ['plan', 'nothing-like-it-at-all'], 'FILE_NOT_FOUND', 'Nothing in the working directory'],
    ['a folder that is not there', ['plan', 'nowhere/job.yaml'], 'FILE_NOT_FOUND', 'no folder nowhere either'],
    ['an empty value', ['plan', 'examples/chat-70b.yaml', '--objective', ''], 'BAD_FLAG', 'Give objective a value'],
    ['a folder to write in that is not there', ['plan', 'examples/nightly-simulation.yaml', '-o', '/nowhere/plan.json'], 'FILE_NOT_FOUND', 'Make the folder first'],
    ['an unknown region', ['catalog', 'list', '--region', 'us-est-1'], 'UNKNOWN_REGION', 'us-'],
    ['an unknown machine', ['catalog', 'list', '--machine', 'p5.49xlarge'], 'UNKNOWN_MACHINE', 'p5.48xlarge'],
    ['an unknown country', ['catalog', 'list', '--country', 'Germany'], 'UNKNOWN_COUNTRY', 'DE'],
    ['memory without its unit', ['catalog', 'list', '--memory', '24..80'], 'BAD_MEMORY', '24GB..80GB'],
    ['host memory in a unit that is none', ['catalog', 'list', '--min-host-memory', '1TBB'], 'BAD_MEMORY', '1.5 TiB'],
    ['a currency that is none', ['catalog', 'list', '--currency', 'EURO'], 'BAD_FIELD', 'config --schema'],
    ['an unknown model', ['models', 'show', 'Llama-3.1-71B'], 'UNKNOWN_MODEL', '70B'],
    ['an ambiguous accelerator', ['hardware', 'show', 'h100'], 'AMBIGUOUS_ACCELERATOR', 'h100-sxm-80gb'],
    ['an unknown topic', ['explain', 'bottlenek'], 'UNKNOWN_TOPIC', 'bottleneck'],
    ['an unknown kind', ['kinds', 'show', 'llm-inferense'], 'UNKNOWN_KIND', 'llm-inference'],
    ['an unknown provider', ['catalog', 'show', 'asw:p5.48xlarge'], 'UNKNOWN_PROVIDER', 'aws'],
    ['a day that does not exist', ['catalog', 'sources', '--as-of', '2026-02-30'], 'BAD_FIELD', ''],
    ['a catalog that is not there', ['hardware', 'list', '--catalog', '/nowhere'], 'CATALOG_NOT_FOUND', ''],
  ] as const)('%s ends with 2, says its code and what to do next', async ([, args, code, hint]) => {
    const {code: exit, stdout, stderr} = await rigor(args)

    expect({exit, stdout}).toEqual({exit: 2, stdout: ''})
    expect(stderr).toMatch(/^Error: /)
    expect(stderr).toContain(`Code: ${code}`)
    expect(stderr).toContain(hint)
  })

  test.for([
    ['an unknown command', ['catlog', '--json'], 'UNKNOWN_COMMAND'],
    ['an unknown flag', ['kinds', 'list', '--jsn', '--json'], 'UNKNOWN_FLAG'],
    ['an unknown name', ['models', 'show', 'nonsense-9000B', '--json'], 'UNKNOWN_MODEL'],
    ['a missing argument', ['models', 'show', '--json'], 'MISSING_ARGUMENT'],
  ] as const)('%s under --json is one document on stdout and nothing else', async ([, args, code]) => {
    const {code: exit, stdout, stderr} = await rigor(args)

    expect({exit, stderr}).toEqual({exit: 2, stderr: ''})
    expect(JSON.parse(stdout)).toEqual({error: {code, message: expect.any(String), hint: expect.any(String)}})
  })

  test('bytes that steer a terminal do not come back', async () => {
    const {stderr} = await rigor(['explain', 'a\u001b[31mred\u202Eder'])
    const {stdout} = await rigor(['explain', 'a\u001b[31mred\u202Eder', '--json'])

    expect(stderr).not.toMatch(/[\u001b\u202e]/)
    expect(stdout).not.toMatch(/[\u001b\u202e]/)
    expect(stderr).toContain('\\u{1b}')
  })
})

describe('a bug in rigor', () => {
  const env = {NODE_OPTIONS: `--import ${JSON.stringify('data:text/javascript,Array.prototype.toSorted = () => { throw new TypeError("boom") }')}`}

  test('ends with 70, prints the stack and where to report it', async () => {
    const {code, stdout, stderr} = await rigor(['models', 'list'], {env})

    expect({code, stdout}).toEqual({code: 70, stdout: ''})
    expect(stderr).toMatch(/^TypeError: boom\n +at /)
    expect(stderr).toMatch(/This is a bug in rigor .*\nPlease report it .*https:/)
  })

  test('is a JSON error on stdout under --json, the stack on stderr', async () => {
    const {code, stdout, stderr} = await rigor(['models', 'list', '--json'], {env})

    expect(code).toBe(70)
    expect(JSON.parse(stdout)).toEqual({error: {code: 'BUG', message: 'boom', hint: expect.stringContaining('report')}})
    expect(stderr).toContain('TypeError: boom')
  })
})

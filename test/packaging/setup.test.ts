import {spawn} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'

const SCRIPTS = path.resolve(import.meta.dirname, '..', '..', 'scripts')

/** A project in small: the real set-up scripts, and an npm, a build and a program that only write down that they ran. */
let project = ''
const at = (...parts: string[]): string => path.join(project, ...parts)
const write = (file: string, text: string): void => {
  fs.mkdirSync(path.dirname(at(file)), {recursive: true})
  fs.writeFileSync(at(file), text)
}
const log = (): readonly string[] => (fs.existsSync(at('log')) ? fs.readFileSync(at('log'), 'utf8').trim().split('\n') : [])

beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor set-up '))
  for (const script of ['setup.mjs', 'start.mjs', 'test.mjs', 'build.mjs']) fs.cpSync(path.join(SCRIPTS, script), at('scripts', script))
  write('package.json', '{"type": "module"}')
  write('package-lock.json', JSON.stringify({packages: {'': {}, 'node_modules/some': {version: '1.0.0', integrity: 'abc'}, 'node_modules/other-platform': {version: '2.0.0', optional: true}}}))
  write('src/main.ts', 'one')
  write('bin/run.js', `import fs from 'node:fs'
    if (process.argv[2] === 'wait') setInterval(() => {}, 1000)
    process.stdout.write(JSON.stringify({args: process.argv.slice(2), cwd: process.cwd()}) + '\\n')
    process.exitCode = Number(process.env.EXIT ?? 0)`)
  write('scripts/build.ts', `import fs from 'node:fs'
    fs.appendFileSync('log', 'build\\n')
    if (fs.readFileSync('src/main.ts', 'utf8') === 'broken') throw new Error('does not compile')
    await new Promise((resolve) => setTimeout(resolve, 200))
    fs.mkdirSync('dist', {recursive: true})
    fs.writeFileSync('dist/.stamp', process.argv[2])`)
  write('npm-cli.js', `const fs = require('node:fs')
    fs.appendFileSync('log', process.argv.slice(2, 4).join(' ') + '\\n')
    console.log('noise of npm')
    if (process.env.NPM_FAILS) { console.error('no network'); process.exit(1) }
    fs.mkdirSync('node_modules/some', {recursive: true})
    fs.writeFileSync('node_modules/some/package.json', '{}')
    fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({packages: {'node_modules/some': {version: '1.0.0', integrity: 'abc'}}}))`)
  write('npm/package.json', '{}')
  fs.renameSync(at('npm-cli.js'), at('npm', 'npm-cli.js'))
})
afterEach(() => fs.rmSync(project, {recursive: true}))

interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

function start(args: readonly string[] = [], {env = {}, cwd = project, kill}: {env?: Record<string, string>; cwd?: string; kill?: NodeJS.Signals} = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [at('scripts', 'start.mjs'), ...args], {cwd, env: {...process.env, npm_execpath: at('npm', 'npm-cli.js'), npm_lifecycle_event: '', ...env}})
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk)
      if (kill !== undefined) child.kill(kill)
    })
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({code, signal, stdout, stderr}))
  })
}

describe('the first start', () => {
  test('installs, builds and is the program, with nothing but its output on stdout', async () => {
    const {code, stdout, stderr} = await start(['plan', 'a b.yaml', '--json'])

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({args: ['plan', 'a b.yaml', '--json'], cwd: fs.realpathSync(project)})
    expect(log()).toEqual(['ci --include=dev', 'build'])
    expect(stderr).toMatch(/^rigor: installing.*\nrigor: installed in .* s\nrigor: building.*\nrigor: built in .* s\n$/)
  })

  test('takes an installation made by hand for what it is', async () => {
    write('node_modules/some/package.json', '{}')
    write('node_modules/.package-lock.json', JSON.stringify({packages: {'node_modules/some': {version: '1.0.0', integrity: 'abc'}}}))

    await start()

    expect(log()).toEqual(['build'])
  })

  test('completes an installation that left something out', async () => {
    write('node_modules/.package-lock.json', JSON.stringify({packages: {}}))

    await start()

    expect(log()).toEqual(['ci --include=dev', 'build'])
  })

  test('says plainly what failed', async () => {
    const {code, stdout, stderr} = await start([], {env: {NPM_FAILS: '1'}})

    expect({code, stdout}).toEqual({code: 2, stdout: ''})
    expect(stderr).toContain('npm ci failed')
    expect(stderr).toContain('no network')
    expect(stderr).not.toMatch(/\n +at /)
  })
})

describe('a later start', () => {
  beforeEach(async () => {
    await start()
    fs.rmSync(at('log'))
  })

  test('neither installs nor builds, and says nothing', async () => {
    const {stderr} = await start()

    expect({log: log(), stderr}).toEqual({log: [], stderr: ''})
  })

  test('goes by content, not by date', async () => {
    fs.utimesSync(at('src/main.ts'), new Date(), new Date())
    await start()
    expect(log()).toEqual([])

    write('src/main.ts', 'two')
    await start()
    expect(log()).toEqual(['build'])
  })

  test('a catalog compiled from the same data is never older than it', async () => {
    write('data/models.csv', 'a')
    await start()
    write('dist/catalog.jsonl', 'compiled')
    const [earlier, later] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')]
    fs.utimesSync(at('dist', 'catalog.jsonl'), earlier, earlier)
    for (const name of ['', 'models.csv']) fs.utimesSync(at('data', name), later, later)

    await start()

    expect(log()).toEqual(['build'])
    expect(fs.statSync(at('dist', 'catalog.jsonl')).mtimeMs).toBeGreaterThan(later.getTime())
  })

  test('notices a file that is new, moved or gone', async () => {
    write('data/new.csv', '')
    await start()
    fs.renameSync(at('data/new.csv'), at('data/moved.csv'))
    await start()
    fs.rmSync(at('data/moved.csv'))
    await start()

    expect(log()).toEqual(['build', 'build', 'build'])
  })

  test('keeps the old build and says so when the new one fails', async () => {
    write('src/main.ts', 'broken')

    const {code, stderr} = await start()

    expect(code).toBe(2)
    expect(stderr).toContain('does not compile')
    expect(fs.existsSync(at('dist/.stamp'))).toBe(true)
  })

  test('passes on exit codes', async () => {
    expect((await start([], {env: {EXIT: '3'}})).code).toBe(3)
  })

  test('ends by the signal it gets', async () => {
    const {code, signal} = await start(['wait'], {kill: 'SIGTERM'})

    expect({code, signal}).toEqual({code: null, signal: 'SIGTERM'})
  })

  test('runs in the folder the user typed in, not in the one npm moved to', async () => {
    const elsewhere = fs.realpathSync(os.tmpdir())

    const {stdout} = await start([], {env: {npm_lifecycle_event: 'start', INIT_CWD: elsewhere}})

    expect(JSON.parse(stdout)).toEqual({args: [], cwd: elsewhere})
  })
})

describe('several starts at once', () => {
  test('install and build once; all answer', async () => {
    const outcomes = await Promise.all([start(['1']), start(['2']), start(['3'])])

    expect(outcomes.map(({code}) => code)).toEqual([0, 0, 0])
    expect(log()).toEqual(['ci --include=dev', 'build'])
    expect(fs.readdirSync(at('.cache'))).toEqual([])
  })

  test('do not wait for one that was killed', async () => {
    const dead = spawn(process.execPath, ['-e', '0'])
    await new Promise((resolve) => dead.on('close', resolve))
    write('.cache/setup.lock', String(dead.pid))

    const {code, stderr} = await start()

    expect(code).toBe(0)
    expect(stderr).not.toContain('waiting')
  })
})

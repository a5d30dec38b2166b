import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {kinds} from '../src/workload/index.ts'
import {parseWorkload} from '../src/workload/read.ts'
import {readDocuments} from '../src/text/documents.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const PAGES = ['README.md', 'CONTRIBUTING.md', ...fs.globSync('docs/**/*.md', {cwd: ROOT})].map((file) => file.split(path.sep).join('/')).sort()
const read = (page: string): string => fs.readFileSync(path.join(ROOT, page), 'utf8')

/** Text outside of code. */
const proseOf = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')

/** Heading → the anchor that Markdown viewers give it. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '').trim().replaceAll(' ', '-')

function anchorsOf(page: string): ReadonlySet<string> {
  return new Set([...read(page).replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf((match[1] ?? '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))))
}

describe('links', () => {
  test.for(PAGES)('%s links to what there is', (page) => {
    const links = [...proseOf(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^(?:https?|mailto):/.test(link))

    const broken = links.filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
      if (!fs.existsSync(path.join(ROOT, target))) return true
      return anchor !== undefined && !anchorsOf(target).has(anchor)
    })

    expect(broken).toEqual([])
  })
})

describe('files', () => {
  /** `src/…`, `docs/…`: a path in code style, without placeholders. */
  const NAMED = /`((?:src|bin|data|docs|scripts|test|examples|bench)\/[A-Za-z0-9._/*-]*)`/g

  test.for(PAGES)('%s names files that exist', (page) => {
    const missing = [...read(page).matchAll(NAMED)].map((match) => match[1] ?? '').filter((file) => fs.globSync(file.replace(/\/$/, ''), {cwd: ROOT}).length === 0)

    expect(missing).toEqual([])
  })

  test('the folders of architecture.md are those of src/', () => {
    const block = /^ {4}src\/\n((?: {6}.*\n)+)/m.exec(read('docs/architecture.md'))?.[1] ?? ''
    const named = [...block.matchAll(/^ {6}([a-z]+)\/ /gm)].map((match) => match[1] ?? '').sort()
    const folders = fs.readdirSync(path.join(ROOT, 'src'), {withFileTypes: true}).filter((entry) => entry.isDirectory() && fs.readdirSync(path.join(ROOT, 'src', entry.name)).length > 0).map(({name}) => name).sort()

    expect(named).toEqual(folders)
  })

  test('every decision is in the index', () => {
    const decisions = fs.readdirSync(path.join(ROOT, 'docs', 'decisions')).filter((name) => name !== 'README.md')
    const index = read('docs/decisions/README.md')

    expect(decisions.filter((name) => !index.includes(`(${name})`))).toEqual([])
  })
})

describe('what is made', () => {
  test('is what the program says today', () => {
    const {status, stderr} = spawnSync(process.execPath, [path.join(ROOT, 'scripts', 'docs.ts'), '--check'], {cwd: ROOT, encoding: 'utf8'})

    expect(stderr).toBe('')
    expect(status).toBe(0)
  }, 60_000)

  test('fits 80 columns where it shows a run', () => {
    const run = /```console\n(\$ npm -s start[\s\S]*?)```/.exec(read('README.md'))?.[1] ?? ''

    expect(run.split('\n').length).toBeGreaterThan(20)
    expect(run.split('\n').filter((line) => line.length > 80)).toEqual([])
  })
})

describe('commands in the text', () => {
  const commands = new Set(fs.globSync('src/commands/**/*.ts', {cwd: ROOT}).map((file) => file.split(path.sep).slice(2).join(' ').replace(/\.ts$/, '')))

  test.for(['README.md', 'docs/architecture.md', 'docs/data-sources.md', 'docs/models.md'])('%s names commands that exist', (page) => {
    const named = [...read(page).matchAll(/(?:`|^\$ |^ {4})rigor ([a-z]+)(?: ([a-z]+))?/gm)].map((match) => [match[1] ?? '', match[2] ?? ''] as const)

    const unknown = named.filter(([first, second]) => !commands.has(first) && !commands.has(`${first} ${second}`))

    expect(unknown).toEqual([])
  })
})

test.for(fs.globSync('examples/*.yaml', {cwd: ROOT}).sort())('%s parses', (file) => {
  for (const {value, locate} of readDocuments(read(file), file)) expect(() => parseWorkload(value, {kinds, locate})).not.toThrow()
})

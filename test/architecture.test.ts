import fs from 'node:fs'
import path from 'node:path'
import {build} from 'esbuild'
import {describe, expect, test} from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '..')
const SRC = path.join(ROOT, 'src')

/**
 * Which part of src/ may import which others (docs/architecture.md). Imports point one way: workload knows neither money
 * nor watts, power and cost see only a performance, providers see only the catalog and their contract. Everybody may use
 * `errors` and `text` (both are leaves: they know nothing of the product).
 */
const LEAVES = ['errors', 'text']
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  text: ['errors'],
  units: [],
  catalog: ['units', 'performance'], // turns a machine into the hardware that an estimator sees
  performance: ['catalog', 'units'],
  accuracy: ['catalog', 'units', 'performance', 'workload', 'power'], // published watts are read as speeds are
  workload: ['catalog', 'units', 'performance', 'accuracy'], // each kind says how its published measurements are to be read
  power: ['catalog', 'units', 'performance'],
  cost: ['catalog', 'units', 'performance', 'power'],
  planner: ['catalog', 'units', 'performance', 'workload', 'power', 'cost'],
  report: ['catalog', 'units', 'performance', 'power', 'cost', 'planner', 'accuracy', 'detect'], // tables and plots of how far estimates are off
  check: ['catalog', 'units', 'performance', 'power', 'cost', 'planner', 'workload'],
  export: ['catalog', 'units', 'performance', 'power', 'cost', 'planner', 'workload'],
  config: ['catalog', 'units', 'workload'], // what rigor.yaml may hold; opening it is the store's
  detect: ['catalog', 'units', 'performance', 'power', 'accuracy', 'config'], // what a machine's own tools say → a rig file; running them is probe.ts's
  store: ['catalog', 'units', 'workload', 'config', 'planner', 'report'], // plan files hold the document of a plan
  providers: ['catalog', 'units'],
  deploy: ['catalog', 'units', 'providers'],
}

/** Parts that run in a browser as they are: no files, network, clock or randomness. */
const PURE = ['units', 'catalog', 'workload', 'performance', 'power', 'cost', 'planner', 'accuracy', 'text', 'config', 'detect']

const files = fs.globSync('**/*.ts', {cwd: SRC}).map((file) => file.split(path.sep).join('/')).sort()
const sourceOf = new Map(files.map((file) => [file, fs.readFileSync(path.join(SRC, file), 'utf8')]))

/** Source without comments, so that what is said about code is not taken for code. */
function codeOf(file: string): string {
  return (sourceOf.get(file) ?? '').replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[\s;,{(])\/\/[^\n]*/g, '$1')
}

function importsOf(file: string): readonly string[] {
  return [...codeOf(file).matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** The contents of the string literals of a file. */
function textsOf(file: string): readonly string[] {
  return (codeOf(file).match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? []).map((literal) => literal.slice(1, -1))
}

/** `planner/plan.ts` → planner; `command.ts` → undefined: the shell of the program may import everything. */
function partOf(file: string): string | undefined {
  if (file === 'errors.ts') return 'errors'
  const [folder, rest] = file.split('/', 2)
  return rest === undefined || folder === 'commands' ? undefined : folder
}

describe('imports point one way', () => {
  test('every part of src/ has its row in the table', () => {
    const parts = new Set(files.map(partOf).filter((part) => part !== undefined))

    expect([...parts].filter((part) => !(part in MAY_IMPORT))).toEqual([])
  })

  test.for(Object.keys(MAY_IMPORT))('%s imports only what it may', (part) => {
    const allowed = new Set([part, ...(part === 'errors' || part === 'text' ? (MAY_IMPORT[part] ?? []) : [...LEAVES, ...(MAY_IMPORT[part] ?? [])])])

    const wrong = files
      .filter((file) => partOf(file) === part)
      .flatMap((file) =>
        importsOf(file)
          .filter((imported) => imported.startsWith('.'))
          .map((imported) => path.posix.join(path.posix.dirname(file), imported))
          .filter((imported) => !allowed.has(partOf(imported) ?? 'the shell'))
          .map((imported) => `${file} → ${imported}`),
      )

    expect(wrong).toEqual([])
  })
})

describe('the core is pure', () => {
  const pureFiles = files.filter((file) => PURE.includes(partOf(file) ?? ''))

  test('it bundles for a browser', async () => {
    const result = await build({
      absWorkingDir: SRC,
      entryPoints: pureFiles,
      outdir: 'unused',
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      splitting: true,
      logLevel: 'silent',
    })

    expect(result.errors).toEqual([])
  })

  test('it imports nothing of Node and asks neither clock, chance nor environment', () => {
    const impure = /['"]node:|\bprocess\.|\bBuffer\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bfetch\(|\bsetTimeout\b|\bIntl\.|\.toLocale/

    expect(pureFiles.filter((file) => impure.test(codeOf(file)))).toEqual([])
  })
})

describe('a provider or a kind is named in its own folder only', () => {
  const providers = fs.readdirSync(path.join(ROOT, 'data', 'machines')).map((file) => path.basename(file, '.csv'))
  const kinds = fs.readdirSync(path.join(SRC, 'workload'), {withFileTypes: true}).filter((entry) => entry.isDirectory() && fs.existsSync(path.join(SRC, 'workload', entry.name, 'index.ts'))).map(({name}) => name)

  /** Files that may, and why. */
  const ALLOWED: Readonly<Record<string, string>> = {
    'workload/index.ts': 'the registry of kinds',
    'providers/index.ts': 'the registry of providers',
    'glossary.ts': 'text for people: examples',
    'catalog/accelerator-names.ts': 'words that say nothing in the name of an accelerator; some happen to be providers',
    'accuracy/readers.ts': 'the registry of those that read published measurements, by kind',
    'accuracy/energy.ts': 'reads published watts and joules, of serving and of both sorts of training',
    'accuracy/accelerator-label.ts': 'words that say nothing in the label of a measurement',
    'catalog/verify.ts': 'checks of how each provider writes the count of accelerators into its names: data checks, no product logic',
    'workload/llm/training-search.ts': 'shared by the two training kinds, whose order of runtimes differs',
  }

  test.for([
    ['provider', providers, (file: string, id: string) => file.startsWith(`providers/${id}/`)],
    ['kind', kinds, (file: string, id: string) => file.startsWith(`workload/${id}/`)],
  ] as const)('no other file names a %s', ([, ids, owns]) => {
    const key = new RegExp(`(?<=[{,\\n]\\s*)(?:${ids.filter((id) => /^[a-z]+$/.test(id) && id !== 'generic').join('|') || 'nothing'})(?=:)`, 'g')
    const known = new Set<string>(ids)

    const named = files
      .filter((file) => !(file in ALLOWED))
      .flatMap((file) => [...textsOf(file).filter((text) => known.has(text)), ...(codeOf(file).match(key) ?? [])].filter((id) => !owns(file, id)).map((id) => `${file}: ${id}`))

    expect(named).toEqual([])
  })

  test('no leave outlives its file', () => {
    const expected = new Set([...files, 'providers/index.ts'])

    expect(Object.keys(ALLOWED).filter((file) => !expected.has(file))).toEqual([])
  })
})

test('importing a module does nothing but define', () => {
  // What a module does when it is loaded is paid at every start. Top-level calls are the sign of it.
  const acting = files.filter((file) => PURE.includes(partOf(file) ?? '')).filter((file) => /^(?:await |console\.|[a-z]\w*\([^)]*\);?$)/m.test(codeOf(file)))

  expect(acting).toEqual([])
})

// Builds dist/ from src/ and data/: node scripts/build.ts [STAMP]. The new dist takes the old one's place only when it is whole.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import {Plugin as OclifPlugin} from '@oclif/core/config'
import {build, type BuildOptions, type Metafile, type Plugin} from 'esbuild'
import {leanOclif} from './build-lean-oclif.ts'
import {OCLIF_PACKAGE} from '../src/shell.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
/** A name that Node takes for CommonJS in this package of modules. */
const PROGRAM = 'rigor.cjs'
const STAGE = path.join(ROOT, '.cache', `dist-${process.pid}`)

async function main(): Promise<void> {
  fs.rmSync(STAGE, {recursive: true, force: true})
  try {
    const metafiles = [await bundleProgram(), await bundleBeside(), await bundleLibrary()]
    await writeManifest()
    compileCatalog()
    fs.writeFileSync(path.join(STAGE, 'THIRD-PARTY-NOTICES.md'), thirdPartyNotices(metafiles))
    fs.writeFileSync(path.join(STAGE, '.stamp'), process.argv[2] ?? '')
    replaceDist()
  } finally {
    fs.rmSync(STAGE, {recursive: true, force: true})
  }
}

/** How everything is bundled. Not minified: stack traces stay readable. */
const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  plugins: [leanOclif],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions

/**
 * The program is one script, so that bin/run.js can keep the compiled code of all that a command ran, and not only of what
 * V8 compiles at once (docs/decisions/0007). What is imported lazily in src is defined at once and run when it is asked for.
 */
async function bundleProgram(): Promise<Metafile> {
  const {metafile} = await build({
    ...BUNDLING,
    entryPoints: ['src/main.ts'],
    outfile: path.join(STAGE, PROGRAM),
    format: 'cjs',
    plugins: [leanOclif, besideTheProgram],
    define: {'import.meta.dirname': '__dirname'},
    banner: {js: '(function (exports, require, module, __filename, __dirname) {'},
    footer: {js: '})'},
    // vm.Script has no import(); what is left of those asks for modules of Node.
    supported: {'dynamic-import': false},
  })
  const script = inAscii(fs.readFileSync(path.join(STAGE, PROGRAM), 'utf8'))
  fs.writeFileSync(path.join(STAGE, PROGRAM), script)
  fs.writeFileSync(path.join(STAGE, `${PROGRAM}.sha256`), createHash('sha256').update(script).digest('hex'))
  return metafile
}

/** bin/run.js reads bytes as letters, which is quickest; esbuild escapes other letters in texts, but not in regular expressions. */
function inAscii(script: string): string {
  const odd = /\\[^\0-\x7f]/.exec(script)
  if (odd !== null) throw new Error(`${odd[0]} in a regular expression: leave its backslash out`)
  return script.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A large part that few runs need: a file of its own, which the program requires when it comes to that. */
const BESIDE = {source: 'src/planner/mathjs.ts', file: 'mathjs.cjs'} as const

const besideTheProgram: Plugin = {
  name: 'beside-the-program',
  setup({onResolve}) {
    onResolve({filter: /\/mathjs\.ts$/}, () => ({path: `./${BESIDE.file}`, external: true}))
  },
}

async function bundleBeside(): Promise<Metafile> {
  const {metafile} = await build({...BUNDLING, entryPoints: [BESIDE.source], outfile: path.join(STAGE, BESIDE.file), format: 'cjs'})
  return metafile
}

/** The library for other programs: modules, with what is loaded lazily split off. */
async function bundleLibrary(): Promise<Metafile> {
  const {metafile} = await build({
    ...BUNDLING,
    entryPoints: ['src/index.ts'],
    outdir: STAGE,
    splitting: true,
    format: 'esm',
    chunkNames: 'chunks/[name]-[hash]',
    // CommonJS packages inside the bundle ask for Node's own modules with require().
    banner: {js: "import {createRequire as createRequireOf} from 'node:module'; const require = createRequireOf(import.meta.url);"},
  })
  return metafile
}

/** What oclif would find out by loading every command: their flags, arguments and help. */
async function writeManifest(): Promise<void> {
  const plugin = new OclifPlugin({root: path.join(ROOT, 'src'), pjson: OCLIF_PACKAGE as never, isRoot: true, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true})
  await plugin.load()
  fs.writeFileSync(path.join(STAGE, 'oclif.manifest.json'), JSON.stringify(plugin.manifest))
}

/** data/ → dist/catalog.jsonl. */
function compileCatalog(): void {
  const compiler = path.join(ROOT, 'scripts', 'build-catalog.ts')
  if (!fs.existsSync(compiler)) return
  const {status} = spawnSync(process.execPath, [compiler, STAGE], {cwd: ROOT, stdio: 'inherit'})
  if (status !== 0) throw new Error('data/ could not be compiled')
}

/** The licences of the packages that were bundled: taken from what really went in, so that none is forgotten. */
function thirdPartyNotices(metafiles: readonly Metafile[]): string {
  const packages = new Set(metafiles.flatMap(({inputs}) => Object.keys(inputs)).flatMap((input) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  const notices = [...packages].sort().map((folder) => {
    const {name, version, license} = JSON.parse(fs.readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as {name: string; version: string; license?: string}
    const texts = fs.readdirSync(path.join(ROOT, folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort()
    const text = texts.map((file) => fs.readFileSync(path.join(ROOT, folder, file), 'utf8').trim()).join('\n\n')
    return `## ${name} ${version}\n\nLicence: ${license ?? 'see below'}\n\n${text ? `\`\`\`text\n${text.replaceAll('```', "'''")}\n\`\`\`\n` : ''}`
  })
  return `# Third-party notices\n\nrigor's bundle holds code of these packages, under their own licences.\n\n${notices.join('\n')}`
}

function replaceDist(): void {
  const old = `${STAGE}-old`
  if (fs.existsSync(DIST)) fs.renameSync(DIST, old)
  fs.renameSync(STAGE, DIST)
  fs.rmSync(old, {recursive: true, force: true})
}

await main()

// Builds dist/ from src/ and data/: node scripts/build.ts [STAMP]. The new dist takes the old one's place only when it is whole.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {Plugin} from '@oclif/core/config'
import {build, type Metafile} from 'esbuild'
import {leanOclif} from './build-lean-oclif.ts'
import packageJson from '../package.json' with {type: 'json'}

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
const STAGE = path.join(ROOT, '.cache', `dist-${process.pid}`)

async function main(): Promise<void> {
  fs.rmSync(STAGE, {recursive: true, force: true})
  try {
    const metafile = await bundle()
    await writeManifest()
    compileCatalog()
    fs.writeFileSync(path.join(STAGE, 'THIRD-PARTY-NOTICES.md'), thirdPartyNotices(metafile))
    fs.writeFileSync(path.join(STAGE, '.stamp'), process.argv[2] ?? '')
    replaceDist()
  } finally {
    fs.rmSync(STAGE, {recursive: true, force: true})
  }
}

/** One entry for the start, one per command, one for the library; what they share is split off. Not minified: stack traces stay readable. */
async function bundle(): Promise<Metafile> {
  const commands = fs.globSync('src/commands/**/*.ts', {cwd: ROOT})
  const entries = ['src/main.ts', 'src/index.ts', ...commands].filter((file) => fs.existsSync(path.join(ROOT, file)))
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: entries,
    outdir: STAGE,
    outbase: 'src',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [leanOclif],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    // CommonJS packages inside the bundle ask for Node's own modules with require().
    banner: {js: "import {createRequire as createRequireOf} from 'node:module'; const require = createRequireOf(import.meta.url);"},
  })
  return result.metafile
}

/** What oclif would find out by loading every command: their flags, arguments and help. */
async function writeManifest(): Promise<void> {
  const pjson = {...packageJson, oclif: {...packageJson.oclif, commands: {strategy: 'pattern', target: './commands', globPatterns: ['**/*.js']}}}
  const plugin = new Plugin({root: STAGE, pjson: pjson as never, isRoot: true, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true})
  await plugin.load()
  fs.writeFileSync(path.join(STAGE, 'oclif.manifest.json'), JSON.stringify(plugin.manifest))
}

/** data/ → dist/catalog.json. */
function compileCatalog(): void {
  const compiler = path.join(ROOT, 'scripts', 'build-catalog.ts')
  if (!fs.existsSync(compiler)) return
  const {status} = spawnSync(process.execPath, [compiler, STAGE], {cwd: ROOT, stdio: 'inherit'})
  if (status !== 0) throw new Error('data/ could not be compiled')
}

/** The licences of the packages that were bundled: taken from what really went in, so that none is forgotten. */
function thirdPartyNotices(metafile: Metafile): string {
  const packages = new Set(Object.keys(metafile.inputs).flatMap((input) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
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

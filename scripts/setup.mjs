// Brings a clone to the point where rigor can run: packages installed, dist built. Runs before node_modules exist, so it
// uses nothing but Node's own modules and no syntax newer than Node 20.
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const NODE_MODULES = path.join(ROOT, 'node_modules')
const INSTALLED_STAMP = path.join(NODE_MODULES, '.rigor', 'installed')
const BUILT_STAMP = path.join(ROOT, 'dist', '.stamp')
const COMPILED_CATALOG = path.join(ROOT, 'dist', 'catalog.jsonl')
const LOCK = path.join(ROOT, '.cache', 'setup.lock')
const REQUIRED_MAJOR = 24
const WINDOWS = process.platform === 'win32'

/** A failure with a plain explanation: printed without a stack. */
export class SetupError extends Error {}

/** Installs and builds what is missing; a second call finds both done by content and returns at once. */
export async function prepare({build = true} = {}) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new SetupError(`Setting rigor up needs Node 20 or newer; this is ${process.version} (${process.execPath}).`)
  }
  if (isInstalled() && (!build || isBuilt())) {
    if (build) touchCatalog()
    return
  }
  const unlock = await takeLock()
  try {
    if (!isInstalled()) await install()
    if (build && !isBuilt()) await buildAll()
  } finally {
    unlock()
  }
}

/** The Node to run rigor, its build and its tests with: the one of node_modules, else this one if it is new enough. */
export function nodeBinary() {
  const own = path.join(NODE_MODULES, 'node', 'bin', WINDOWS ? 'node.exe' : 'node')
  if (isProgram(own)) return own
  if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) return process.execPath
  throw new SetupError(
    `rigor needs Node ${REQUIRED_MAJOR} or newer; this is ${process.version}, and node_modules holds no newer one ` +
      `(install scripts are switched off).\nRun "npm rebuild node --ignore-scripts=false", or use Node ${REQUIRED_MAJOR}.`,
  )
}

/** Runs a program to its end with the caller's terminal; signals go through to it. Resolves to its exit code or signal. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {stdio: 'inherit', ...options})
    const forward = (signal) => child.kill(signal)
    // Ctrl-C reaches the whole foreground group, the child included: waiting for it is enough.
    const wait = () => {}
    process.on('SIGINT', wait)
    process.on('SIGTERM', forward)
    process.on('SIGHUP', forward)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait)
      process.off('SIGTERM', forward)
      process.off('SIGHUP', forward)
      resolve({code, signal})
    })
  })
}

/** Ends this process the way the child ended. */
export function endLike({code, signal}) {
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code ?? 1
}

/** The `main` of a script: plain words for what the user can mend, a stack for a bug. */
export async function main(body) {
  try {
    await body()
  } catch (error) {
    process.stderr.write(error instanceof SetupError ? `rigor: ${error.message}\n` : `${error.stack}\n`)
    process.exitCode = error instanceof SetupError ? 2 : 70
  }
}

/** The folder the user typed the command in: npm moves to the package root before it runs a script. */
export function userFolder() {
  return process.env.npm_lifecycle_event && process.env.INIT_CWD ? process.env.INIT_CWD : process.cwd()
}

// — install ————————————————————————————————————————————————————————————————————————————————————————————————————————————————

function lockfileText() {
  return fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')
}

function isInstalled() {
  const wanted = lockfileText()
  const digest = sha256(wanted)
  if (readOrEmpty(INSTALLED_STAMP) === digest && isProgramOrNotNeeded()) return true
  if (!holdsAllPackages(wanted)) return false
  nodeBinary() // explains itself where npm ran without install scripts
  writeFile(INSTALLED_STAMP, digest)
  return true
}

/** Cheap guard: a node_modules whose Node has been deleted by hand is not installed. */
function isProgramOrNotNeeded() {
  try {
    nodeBinary()
    return true
  } catch {
    return false
  }
}

/** npm's own record of what lies in node_modules against the lock file: finds a finished `npm ci`, not an `--omit=dev` one. */
function holdsAllPackages(wantedText) {
  let present
  try {
    present = JSON.parse(fs.readFileSync(path.join(NODE_MODULES, '.package-lock.json'), 'utf8')).packages
  } catch {
    return false
  }
  return Object.entries(JSON.parse(wantedText).packages).every(([location, wanted]) => {
    if (location === '') return true
    const found = present[location]
    if (!found) return wanted.optional === true
    return found.version === wanted.version && found.integrity === wanted.integrity && fs.existsSync(path.join(ROOT, location, 'package.json'))
  })
}

async function install() {
  const started = Date.now()
  process.stderr.write('rigor: installing packages (first run only) …\n')
  const {command, args, env} = npmCommand()
  // NODE_ENV=production or omit=dev would leave out what builds rigor; npm -s hands its silence down.
  const options = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  const {code, output} = await capture(command, [...args, ...options], {cwd: ROOT, env, shell: WINDOWS && args.length === 0})
  if (code !== 0) {
    throw new SetupError(`npm ci failed with exit code ${code}:\n${excerpt(output)}\nMend what it names (often the network or a proxy), then run the same command again.`)
  }
  nodeBinary()
  writeFile(INSTALLED_STAMP, sha256(lockfileText()))
  process.stderr.write(`rigor: installed in ${seconds(started)} s\n`)
}

/**
 * npm as the user called it, run by a Node outside node_modules: `npm ci` begins by deleting node_modules, and with it
 * the Node that an earlier install put first on PATH.
 */
function npmCommand() {
  const inside = (folder) => path.resolve(folder).startsWith(NODE_MODULES + path.sep)
  const folders = (process.env.PATH ?? process.env.Path ?? '').split(path.delimiter).filter((folder) => folder && !inside(folder))
  const systemNode = inside(process.execPath)
    ? folders.map((folder) => path.join(folder, WINDOWS ? 'node.exe' : 'node')).find(isProgram)
    : process.execPath
  const env = {...process.env, PATH: folders.join(path.delimiter)}
  delete env.Path
  const npmCli = process.env.npm_execpath
  if (npmCli && path.basename(npmCli) === 'npm-cli.js' && systemNode) return {command: systemNode, args: [npmCli], env}
  return {command: 'npm', args: [], env}
}

// — build ——————————————————————————————————————————————————————————————————————————————————————————————————————————————————

/** Everything the build reads. */
const BUILD_INPUTS = ['src', 'data', 'bin', 'scripts/build.ts', 'scripts/build-catalog.ts', 'scripts/build-lean-oclif.ts', 'package.json', 'package-lock.json']

function isBuilt() {
  return readOrEmpty(BUILT_STAMP) === buildDigest()
}

/**
 * Built by content, so that the compiled catalog holds what data/ does: it must not look older, as it does after a branch has been
 * left and come back to. rigor would read data/ itself then, which takes twice as long.
 */
function touchCatalog() {
  const compiled = fs.statSync(COMPILED_CATALOG, {throwIfNoEntry: false})
  if (!compiled) return
  const isNewer = (name) => fs.statSync(path.join(ROOT, 'data', name)).mtimeMs > compiled.mtimeMs
  if (!fs.readdirSync(path.join(ROOT, 'data'), {recursive: true}).some(isNewer)) return
  const now = new Date()
  try {
    fs.utimesSync(COMPILED_CATALOG, now, now)
  } catch {
    // Somebody else's folder: slow is all it is.
  }
}

/** SHA-256 over path and content of every build input. */
export function buildDigest() {
  const hash = createHash('sha256')
  for (const input of BUILD_INPUTS) addToDigest(hash, input)
  return hash.digest('hex')
}

function addToDigest(hash, relative) {
  const full = path.join(ROOT, relative)
  const found = fs.statSync(full, {throwIfNoEntry: false})
  if (!found) return
  if (!found.isDirectory()) {
    const content = fs.readFileSync(full)
    hash.update(`${relative}\0${content.length}\0`).update(content)
    return
  }
  for (const name of fs.readdirSync(full).sort()) {
    if (!name.startsWith('.') && !/(~|\.swp|\.orig)$/.test(name)) addToDigest(hash, `${relative}/${name}`)
  }
}

async function buildAll() {
  const started = Date.now()
  process.stderr.write('rigor: building …\n')
  const digest = buildDigest()
  const {code, output} = await capture(nodeBinary(), [path.join(ROOT, 'scripts', 'build.ts'), digest], {cwd: ROOT})
  if (code !== 0) throw new SetupError(`the build failed with exit code ${code}:\n${excerpt(output)}`)
  process.stderr.write(`rigor: built in ${seconds(started)} s\n`)
}

// — one at a time ——————————————————————————————————————————————————————————————————————————————————————————————————————————

/** A lock that names its owner, so that one left by a killed process is noticed. Returns the function that frees it. */
async function takeLock() {
  fs.mkdirSync(path.dirname(LOCK), {recursive: true})
  const mine = `${LOCK}.${process.pid}`
  fs.writeFileSync(mine, String(process.pid))
  let told = false
  try {
    for (;;) {
      try {
        fs.linkSync(mine, LOCK) // atomic: the lock appears with its owner's id in it, or not at all
        return () => fs.rmSync(LOCK, {force: true})
      } catch (error) {
        if (error.code !== 'EEXIST') throw error
      }
      const owner = Number(readOrEmpty(LOCK))
      if (owner && !isAlive(owner)) {
        breakLock(owner)
        continue
      }
      if (!told) process.stderr.write(`rigor: waiting for another set-up of this folder (process ${owner || '?'}) …\n`)
      told = true
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } finally {
    fs.rmSync(mine, {force: true})
  }
}

/** Moves a dead owner's lock away; puts it back should another start have taken it in the meantime. */
function breakLock(deadOwner) {
  const aside = `${LOCK}.broken.${process.pid}`
  try {
    fs.renameSync(LOCK, aside)
    if (Number(readOrEmpty(aside)) !== deadOwner) fs.linkSync(aside, LOCK)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    fs.rmSync(aside, {force: true})
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// — small things ———————————————————————————————————————————————————————————————————————————————————————————————————————————

function capture(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {...options, stdio: ['ignore', 'pipe', 'pipe']})
    let output = ''
    const keep = (chunk) => (output += chunk)
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => reject(error.code === 'ENOENT' ? new SetupError(`"${command}" was not found on PATH.`) : error))
    child.on('close', (code, signal) => resolve({code: code ?? `by ${signal}`, output}))
  })
}

/** The beginning of an output says what failed; npm's usage and log lines follow. */
function excerpt(output) {
  const lines = output.trimEnd().split('\n')
  return lines.length <= 40 ? lines.join('\n') : [...lines.slice(0, 40), `… (${lines.length - 40} more lines)`].join('\n')
}

function isProgram(file) {
  return fs.statSync(file, {throwIfNoEntry: false})?.isFile() ?? false
}

function readOrEmpty(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function writeFile(file, text) {
  fs.mkdirSync(path.dirname(file), {recursive: true})
  fs.writeFileSync(file, text)
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex')
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1)
}

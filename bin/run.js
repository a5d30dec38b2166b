#!/usr/bin/env node
// What users start. Node 12 must be able to parse this file, so that an old Node gets a sentence and not a SyntaxError.

const argv = process.argv.slice(2)

// A reader that has seen enough (`rigor … | head -1`) is no failure.
function leaveOnBrokenPipe(error) {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}
process.stdout.on('error', leaveOnBrokenPipe)
process.stderr.on('error', leaveOnBrokenPipe)

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write('rigor needs Node 24 or newer; this is ' + process.version + ' (' + process.execPath + ').\n')
  process.exitCode = 2
} else {
  run()
}

function run() {
  // Importing these would make a module of each, which loads all that they would only load when asked: 5 ms.
  const fs = process.getBuiltinModule('fs')
  const path = process.getBuiltinModule('path')
  const root = path.dirname(import.meta.dirname)
  const program = path.join(root, 'dist', 'rigor.cjs')
  if (argv[0] === '--version' || argv[0] === '-v') {
    const version = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version
    process.stdout.write((argv[1] === '--json' ? JSON.stringify({version: version}) : 'rigor ' + version) + '\n')
  } else if (!fs.existsSync(program)) {
    process.stderr.write('rigor is not built yet: run "npm run build" in ' + root + ', or use "npm -s start -- …".\n')
    process.exitCode = 2
  } else {
    runProgram(fs, path, program)
  }
}

/**
 * Runs dist/rigor.cjs with the code that earlier runs of the same command compiled: without it V8 compiles some thousand
 * functions anew at every start, which takes longer than running them. Node's own compile cache keeps only what is compiled
 * before a module runs. A cache that is missing, cut off, of another build or another V8 is only slow, never wrong.
 */
function runProgram(fs, path, program) {
  const v8 = process.getBuiltinModule('v8')
  const vm = process.getBuiltinModule('vm')
  // Most runs are over before optimised code pays: compiling it took as long on the second core as the whole run on the
  // first, and a process waits for it before it ends. Only a batch of thousands is a tenth faster with V8's own counts.
  if (!argv.some((argument) => argument.startsWith('--batch'))) {
    v8.setFlagsFromString('--invocation-count-for-maglev=2000') // 400
    v8.setFlagsFromString('--invocation-count-for-turbofan=10000') // 3,000
  }
  // V8 trusts what follows the header of compiled code: a damaged sector would end every start with a segmentation fault.
  v8.setFlagsFromString('--verify-snapshot-checksum') // 0.2 ms
  const source = fs.readFileSync(program, 'latin1') // the bundle is ASCII
  const cacheFile = cachePath(fs, path, v8, program)
  const known = cacheFile === undefined ? undefined : readCompiled(fs, cacheFile)
  const script = new vm.Script(source, {filename: program, cachedData: known && known.code})
  const loaded = {exports: {}}
  script.runInThisContext()(loaded.exports, process.getBuiltinModule('module').createRequire(program), loaded, program, path.dirname(program))
  loaded.exports.start(argv).then(finish)

  function finish(parts) {
    const before = known === undefined || script.cachedDataRejected ? [] : known.parts
    if (cacheFile !== undefined && parts.some((part) => !before.includes(part))) {
      writeCompiled(fs, path.dirname(cacheFile), cacheFile, script, [...new Set([...before, ...parts])])
    }
    // Left to itself, Node waits for V8 to finish marking garbage and optimising code: up to 15 ms. A slow reader is waited for.
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit()
  }
}

/** One file per build, V8 (its version and flags) and command, in the user's own cache folder: compiled code must not be anyone else's to write. */
function cachePath(fs, path, v8, program) {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return undefined
  const home = process.env.RIGOR_HOME
  const caches = home ? path.join(home, 'cache') : userCaches(path)
  if (caches === undefined) return undefined
  const digest = fs.readFileSync(program + '.sha256', 'latin1').slice(0, 16)
  const name = /^[a-z]{1,20}$/.test(argv[0] || '') ? argv[0] : 'rigor'
  return path.join(caches, 'compiled', digest + '-' + v8.cachedDataVersionTag().toString(16), name + '.bin')
}

function userCaches(path) {
  try {
    const chosen = process.env.XDG_CACHE_HOME
    // A relative path there is to be ignored, as in src/store/paths.ts.
    return path.join(chosen && path.isAbsolute(chosen) ? chosen : path.join(process.getBuiltinModule('os').homedir(), '.cache'), 'rigor')
  } catch {
    return undefined // A user without a home, as containers have them.
  }
}

/** The compiled code, then the list of what it went through, then the length of that list. */
function readCompiled(fs, file) {
  try {
    const bytes = fs.readFileSync(file)
    const end = bytes.length - 4
    const start = end - bytes.readUInt32LE(end)
    const parts = JSON.parse(bytes.toString('utf8', start, end))
    return Array.isArray(parts) ? {code: bytes.subarray(0, start), parts: parts} : undefined
  } catch {
    return undefined
  }
}

function writeCompiled(fs, folder, file, script, parts) {
  const list = Buffer.from(JSON.stringify(parts))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(list.length)
  // Containers that share a home may share process numbers as well.
  const unfinished = file + '.' + process.pid + '-' + process.hrtime.bigint().toString(36)
  try {
    if (fs.mkdirSync(folder, {recursive: true, mode: 0o700}) !== undefined) removeOld(fs, folder)
    fs.writeFileSync(unfinished, Buffer.concat([script.createCachedData(), list, length]), {mode: 0o600, flag: 'wx'})
    fs.renameSync(unfinished, file)
  } catch {
    // A full or read-only disk, or (on Windows) a reader that has the old file open: the next start is as slow as this one.
    remove(fs, unfinished)
  }
}

function remove(fs, path) {
  try {
    fs.rmSync(path, {recursive: true, force: true})
  } catch {
    // Another process was faster, or it may not be removed: it takes room and does no harm.
  }
}

/** What no build has written to for a month is left over from an earlier one. */
function removeOld(fs, folder) {
  const parent = folder + '/..'
  for (const name of fs.readdirSync(parent)) {
    const other = parent + '/' + name
    const stat = fs.statSync(other, {throwIfNoEntry: false})
    if (stat !== undefined && Date.now() - stat.mtimeMs > 30 * 86400000) remove(fs, other)
  }
}

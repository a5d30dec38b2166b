#!/usr/bin/env node
// What users start. Node 12 must be able to parse this file, so that an old Node gets a sentence and not a SyntaxError.
import fs from 'fs'
import module from 'module'
import os from 'os'
import path from 'path'
import {fileURLToPath} from 'url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
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
} else if (argv[0] === '--version' || argv[0] === '-v') {
  const version = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version
  process.stdout.write((argv[1] === '--json' ? JSON.stringify({version: version}) : 'rigor ' + version) + '\n')
} else if (!fs.existsSync(path.join(root, 'dist', 'main.js'))) {
  process.stderr.write('rigor is not built yet: run "npm run build" in ' + root + ', or use "npm -s start -- …".\n')
  process.exitCode = 2
} else {
  // The user's own cache folder, not the shared temporary one: compiled code must not be anyone else's to write.
  const home = process.env.RIGOR_HOME
  const caches = home ? path.join(home, 'cache') : path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'rigor')
  if (!process.env.NODE_COMPILE_CACHE) module.enableCompileCache(path.join(caches, 'compiled'))
  void import('../dist/main.js').then((main) => main.start(argv))
}

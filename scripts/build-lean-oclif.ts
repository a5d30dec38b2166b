import fs from 'node:fs'
import type {Plugin} from 'esbuild'

/**
 * Packages and Node modules that @oclif/core loads at its top but uses only in rare cases (no manifest, help, debugging, a
 * spinner, a prompt). In the bundle they are loaded when first touched: measured, that is a fifth of the start-up time.
 */
const RARELY_USED = [
  'ansi-escapes', 'clean-stack', 'cli-spinners', 'ejs', 'indent-string', 'lilconfig', 'minimatch', 'tinyglobby', 'supports-color', 'wrap-ansi', 'wordwrap',
  'node:child_process', 'node:fs/promises', 'node:perf_hooks', 'node:readline',
]

const TOP_LEVEL_REQUIRE = new RegExp(`^const (\\w+) = ((?:__importDefault\\()?require\\(["'](?:${RARELY_USED.join('|')})["']\\)\\)?);$`, 'gm')

/** A command asks for these only when it loads its own configuration, fails, or prints by oclif's means; rigor's do none of it. */
const COMMANDS_OWN = /^const (\w+) = ((?:__import(?:Star|Default)\()?require\("\.\/(?:cache|config|errors|ux|help\/util)"\)\)?);$/gm

const LAZY = `const __lazily = (load) => { let loaded; const get = () => (loaded ??= load()); return new Proxy(function () {}, {
  get: (_, key) => get()[key], has: (_, key) => key in get(), apply: (_, self, args) => Reflect.apply(get(), self, args), construct: (_, args) => Reflect.construct(get(), args) }) };\n`

const QUIET_DEBUG = `if (process.env.DEBUG) module.exports = require('./node.js')
else {
  const quiet = () => Object.assign(() => {}, {enabled: false, extend: quiet})
  module.exports = Object.assign(quiet, {enable() {}, disable() {}, enabled: () => false})
}
`

/** The order of the commands in oclif's list; the first localeCompare of a process loads ICU's collation, 6 ms. */
const SLOW_SORT = '.sort((a, b) => a.id.localeCompare(b.id))'
const PLAIN_SORT = '.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))'

/** Defers what @oclif/core seldom needs. Nothing is taken out: a new version that the patterns do not fit is merely slower. */
export const leanOclif: Plugin = {
  name: 'lean-oclif',
  setup(build) {
    build.onLoad({filter: /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/}, ({path}) => {
      const source = fs.readFileSync(path, 'utf8')
      let deferred = source.replace(TOP_LEVEL_REQUIRE, 'const $1 = __lazily(() => $2);').replace(SLOW_SORT, PLAIN_SORT)
      if (/[\\/]lib[\\/]command\.js$/.test(path)) deferred = deferred.replace(COMMANDS_OWN, 'const $1 = __lazily(() => $2);')
      return {contents: deferred.includes('__lazily(') ? LAZY + deferred : deferred, loader: 'js'}
    })
    // Dozens of debug channels are made at every start; without DEBUG none of them ever speaks.
    build.onLoad({filter: /[\\/]node_modules[\\/]debug[\\/]src[\\/]index\.js$/}, () => ({contents: QUIET_DEBUG, loader: 'js'}))
    // Asked at every start whether this is Windows' Linux, only to write it into a user agent that is never sent.
    build.onResolve({filter: /^wsl-utils$/}, () => ({path: 'wsl-utils', namespace: 'lean-oclif'}))
    build.onLoad({filter: /.*/, namespace: 'lean-oclif'}, () => ({contents: 'export const isWsl = false; export const powerShellPath = () => "powershell.exe"', loader: 'js'}))
    // zod carries its error messages in fifty languages; all but English are left out.
    build.onLoad({filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/}, () => ({contents: "export {default as en} from './en.js'", loader: 'js'}))
  },
}

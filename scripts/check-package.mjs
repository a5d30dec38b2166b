// Packs rigor, installs the tarball into an empty prefix and uses it from another folder. One line per check; exits 1 if one fails.
import {execFileSync, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {ROOT, nodeBinary} from './setup.mjs'

const LARGEST_INSTALLED_MEGABYTES = 40
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor package '))
const prefix = path.join(folder, 'prefix')
const elsewhere = path.join(folder, 'some where')
fs.mkdirSync(prefix)
fs.mkdirSync(elsewhere)
let failed = 0

function check(name, body) {
  try {
    body()
    process.stdout.write(`ok   ${name}\n`)
  } catch (error) {
    failed++
    process.stdout.write(`FAIL ${name}\n     ${String(error.message).split('\n').join('\n     ')}\n`)
  }
}

function expect(condition, said) {
  if (!condition) throw new Error(said)
}

/** npm outside node_modules' Node: the tarball is for people with a Node of their own. */
function npm(args, cwd) {
  const result = spawnSync('npm', args, {cwd, encoding: 'utf8', shell: process.platform === 'win32'})
  expect(result.status === 0, `npm ${args[0]}: ${result.stderr}`)
  return result.stdout
}

const program = path.join(prefix, 'node_modules', '.bin', 'rigor')
function rigor(args, {node = nodeBinary(), input = ''} = {}) {
  const env = {...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`, RIGOR_HOME: path.join(folder, 'home'), RIGOR_AS_OF: '2026-11-28', NO_COLOR: '1'}
  delete env.NODE_ENV
  const {status, stdout, stderr} = spawnSync(program, args, {cwd: elsewhere, encoding: 'utf8', env, input, maxBuffer: 1e9})
  return {status, stdout, stderr}
}

function megabytes(at) {
  const stat = fs.lstatSync(at)
  return stat.isDirectory() ? fs.readdirSync(at).reduce((sum, name) => sum + megabytes(path.join(at, name)), 0) : stat.size / 1e6
}

try {
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], ROOT).replace(/^[^[{]*/, ''))
  const files = packed.files.map((file) => file.path)
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'))

  check('the tarball holds what is needed', () => {
    const wanted = ['bin/run.js', 'dist/rigor.cjs', 'dist/rigor.cjs.sha256', 'dist/mathjs.cjs', 'dist/index.js', 'dist/oclif.manifest.json', 'dist/catalog.jsonl', 'dist/THIRD-PARTY-NOTICES.md', 'bench/hardware/measure.py', 'package.json', 'README.md', 'LICENSE', ...Object.values(manifest.bin)]
    const missing = wanted.filter((file) => !files.includes(file))
    expect(missing.length === 0, `missing: ${missing.join(', ')}`)
  })
  check('the tarball holds nothing else', () => {
    const surplus = files.filter((file) => !/^(?:bin\/run\.js|dist\/|bench\/hardware\/measure\.py|data\/|package\.json|README\.md|LICENSE|CHANGELOG\.md)/.test(file))
    expect(surplus.length === 0, `not needed: ${surplus.join(', ')}`)
  })
  npm(['install', '--prefix', prefix, '--no-audit', '--no-fund', '--loglevel=error', path.join(folder, packed.filename)], elsewhere)
  check(`installed, it takes at most ${LARGEST_INSTALLED_MEGABYTES} MB`, () => {
    const size = megabytes(path.join(prefix, 'node_modules'))
    process.stdout.write(`     ${size.toFixed(1)} MB installed, ${(packed.size / 1e6).toFixed(1)} MB packed, ${files.length} files\n`)
    expect(size <= LARGEST_INSTALLED_MEGABYTES, `${size.toFixed(1)} MB`)
  })
  check('its entry can be run and imported', () => {
    const bin = path.join(prefix, 'node_modules', manifest.name, 'bin', 'run.js')
    expect(fs.readFileSync(bin, 'utf8').startsWith('#!/usr/bin/env node\n'), 'no shebang')
    expect((fs.statSync(bin).mode & 0o111) !== 0, 'not executable')
    for (const target of Object.values(manifest.exports ?? {})) {
      const file = typeof target === 'string' ? target : target.default
      expect(fs.existsSync(path.join(prefix, 'node_modules', manifest.name, file)), `exports name ${file}, which is not there`)
    }
  })
  check('it tells its version', () => {
    const {status, stdout} = rigor(['--version'])
    expect(status === 0 && stdout === `rigor ${manifest.version}\n`, stdout)
  })
  for (const example of fs.readdirSync(path.join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'))) {
    check(`it plans ${example} from another folder`, () => {
      fs.copyFileSync(path.join(ROOT, 'examples', example), path.join(elsewhere, example))
      const {status, stdout, stderr} = rigor(['plan', example, '--json'])
      expect(status === 0, `exit ${status}: ${stderr}${stdout.slice(0, 500)}`)
      const document = JSON.parse(stdout)
      expect(document.schema === 'rigor.plan/1' && document.targets.length > 0, 'no target')
    })
  }
  check('it scores its estimates on the published results that come with it', () => {
    const {status, stdout, stderr} = rigor(['accuracy', '--kind', 'llm-finetune', '--json'])
    expect(status === 0, stderr)
    expect(JSON.parse(stdout).rows.some((row) => row.status === 'answered'), 'no row is answered')
  })
  check('a program can use it', () => {
    const script = "const {openRigor} = await import('rigor-cli'); const rigor = await openRigor({asOf: '2026-11-20'}); const {targets} = await rigor.estimate({kind: 'llm-inference', model: 'Llama-3.1-8B', traffic: {concurrency: 4}}, ['h100-sxm-80gb:1']); console.log(targets.length)"
    const {stdout, stderr} = spawnSync(nodeBinary(), ['--input-type=module', '-e', script], {cwd: prefix, encoding: 'utf8'})
    expect(stdout === '1\n', stdout + stderr)
  })
  check('its compiled catalog verifies', () => {
    const {status, stdout, stderr} = rigor(['catalog', 'verify'])
    expect(status === 0, stdout + stderr)
  })
  check('every command answers --help', () => {
    const {commands} = JSON.parse(fs.readFileSync(path.join(prefix, 'node_modules', manifest.name, 'dist', 'oclif.manifest.json'), 'utf8'))
    for (const id of Object.keys(commands)) expect(rigor([...id.split(':'), '--help']).status === 0, id)
  })
  check('no path of this machine is in it', () => {
    const needle = Buffer.from(ROOT)
    const found = files.filter((file) => fs.readFileSync(path.join(prefix, 'node_modules', manifest.name, file)).includes(needle))
    expect(found.length === 0, `${ROOT} stands in ${found.join(', ')}`)
  })
  check('an old Node gets one plain line', () => {
    const old = (process.env.PATH ?? '').split(path.delimiter).map((at) => path.join(at, 'node')).find((node) => fs.existsSync(node) && Number(execFileSync(node, ['-p', 'process.versions.node.split(".")[0]'], {encoding: 'utf8'})) < 24)
    if (old === undefined) {
      process.stdout.write('     (no Node below 24 on PATH: not tried)\n')
      return
    }
    const {status, stdout, stderr} = rigor(['plan', 'chat-70b.yaml'], {node: old})
    expect(status === 2 && stdout === '' && /^rigor needs Node 24 or newer; this is v\d+.*\n$/.test(stderr), `exit ${status}: ${stderr}`)
  })
} finally {
  fs.rmSync(folder, {recursive: true, force: true})
}
if (failed > 0) process.exitCode = 1

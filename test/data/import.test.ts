import {execFileSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect, onTestFinished, test} from 'vitest'

const root = path.join(import.meta.dirname, '..', '..')
/** The raw facts are not part of the project: who has them names their folder. */
const facts = process.env['RIGOR_FACTS']

test.skipIf(facts === undefined)('importing the facts again gives the same bytes', {timeout: 60_000}, () => {
  const to = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor-import-'))
  onTestFinished(() => fs.rmSync(to, {recursive: true}))

  execFileSync(process.execPath, [path.join(root, 'scripts', 'import-facts.ts'), '--from', facts!, '--to', to], {stdio: 'ignore'})

  const written = fs.readdirSync(to, {recursive: true, encoding: 'utf8'}).filter((name) => fs.statSync(path.join(to, name)).isFile())
  expect(written).toContain('offers/aws.csv')
  const changed = written.filter((name) => !fs.readFileSync(path.join(to, name)).equals(fs.readFileSync(path.join(root, 'data', name))))
  expect(changed).toEqual([])
})

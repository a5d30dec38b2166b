import fs from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import packageJson from '../../package.json' with {type: 'json'}
import {rigor, ROOT} from './rigor.ts'

interface Manifest {
  readonly commands: Readonly<Record<string, {readonly summary?: string; readonly examples?: readonly unknown[]; readonly flags: Readonly<Record<string, {readonly summary?: string}>>}>>
}
const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'dist', 'oclif.manifest.json'), 'utf8')) as Manifest
const commands = Object.keys(manifest.commands)

test('rigor alone prints three things to try', async () => {
  const {code, stdout, stderr} = await rigor([])

  expect({code, stderr}).toEqual({code: 0, stderr: ''})
  expect(stdout.split('\n').filter((line) => line.startsWith('  rigor '))).toHaveLength(3)
})

test.for([['--version'], ['-v']])('%s prints the version', async ([flag = '']) => {
  expect(await rigor([flag])).toEqual({code: 0, stdout: `rigor ${packageJson.version}\n`, stderr: ''})
  expect(JSON.parse((await rigor([flag, '--json'])).stdout)).toEqual({version: packageJson.version})
})

test('a topic without a command prints its commands', async () => {
  const {code, stdout} = await rigor(['catalog'])

  expect(code).toBe(0)
  for (const name of ['list', 'show', 'sources', 'verify']) expect(stdout).toContain(`catalog ${name}`)
})

describe('every command', () => {
  test.for(commands)('%s says what it does, by example, and explains its flags', async (id) => {
    const command = manifest.commands[id]
    const {code, stdout, stderr} = await rigor([...id.split(':'), '--help'])

    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toContain('USAGE')
    expect(command?.summary).toMatch(/\.$/)
    expect(command?.examples?.length ?? 0, 'examples').toBeGreaterThan(0)
    expect(stdout).toContain('--json')
    expect(Object.entries(command?.flags ?? {}).filter(([name, flag]) => name !== 'json' && !flag.summary).map(([name]) => name)).toEqual([])
  })
})

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {readTextFile} from '../../src/store/text-file.ts'

let root: string

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor text '))
})
afterEach(() => {
  fs.rmSync(root, {recursive: true})
})

const write = (name: string, content: string | Uint8Array): string => {
  const file = path.join(root, name)
  fs.writeFileSync(file, content)
  return file
}

test('reads UTF-8 of more than one chunk', () => {
  const text = 'wörkload: 🚀\n'.repeat(10_000)

  expect(readTextFile(write('a.yaml', text))).toBe(text)
})

test.for([
  ['nothing there', 'jbo.yaml', 'FILE_NOT_FOUND', 'did you mean "job.yaml"?'],
  ['a folder', '.', 'NOT_A_FILE', 'Name a file in it.'],
  ['a path through a file', 'job.yaml/x', 'FILE_NOT_FOUND', expect.stringContaining('There is no folder')],
  ['bytes that are no text', 'latin1.yaml', 'BAD_ENCODING', 'Save it as UTF-8.'],
  ['more than 10 MB', 'big.yaml', 'TOO_LARGE', 'Split it into several files.'],
] as const)('tells of %s', ([, name, code, hint]) => {
  write('job.yaml', 'kind: plain\n')
  write('latin1.yaml', new Uint8Array([0x6b, 0xff, 0xfe]))
  fs.truncateSync(write('big.yaml', ''), 10_000_001)

  expect(() => readTextFile(path.join(root, name))).toThrow(expect.objectContaining({code, exit: 2, hint}))
})

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {compileCatalog} from '../../src/catalog/compile.ts'
import {openCompiled, readCompiled, writeCompiled} from '../../src/catalog/compiled.ts'
import {coverage} from '../../src/catalog/coverage.ts'
import type {Snapshot} from '../../src/catalog/snapshot.ts'
import {COMPILED_FILE, hashOf, openSnapshot, readCatalogFiles} from '../../src/store/snapshot.ts'

const packageRoot = path.join(import.meta.dirname, '..', '..')
const files = readCatalogFiles(path.join(packageRoot, 'data'))
const compiled = compileCatalog(files, hashOf(files))

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rigor-store-'))
  onTestFinished(() => fs.rmSync(folder, {recursive: true}))
  return folder
}

/** A package of its own whose data is that of this one, with a compiled catalog named after `hash`. */
function packageWith(hash: string): string {
  const folder = temporaryFolder()
  fs.cpSync(path.join(packageRoot, 'data'), path.join(folder, 'data'), {recursive: true, filter: (name) => path.basename(name) !== 'measured'})
  fs.mkdirSync(path.join(folder, 'dist'))
  const stamp = Object.fromEntries([...files].map(([name, text]) => [name, Buffer.byteLength(text)]))
  fs.writeFileSync(path.join(folder, 'dist', COMPILED_FILE), writeCompiled({...compiled, hash}, stamp))
  return folder
}

const inOrder = (rows: readonly object[]): readonly string[] => rows.map(row => JSON.stringify(row)).sort()

test('a compiled catalog opens as what it was made from, every section alike', () => {
  const text = writeCompiled(compiled, {})
  const direct = openCompiled(compiled)
  const reread = openCompiled(readCompiled(Buffer.from(text, 'utf8').toString('latin1'), 'c'))

  expect(reread.hash).toBe(direct.hash)
  for (const table of ['accelerators', 'machines', 'models', 'rigs', 'software', 'billing', 'extras', 'interruptions', 'facility', 'tariffs', 'exchangeRates', 'runtimes', 'sources', 'regions', 'gaps'] as const) {
    expect(reread[table]).toEqual(direct[table])
  }
  expect(reread.calibrationOf('cfd').entries.length).toBeGreaterThan(5)
  for (const kind of ['cfd', 'nothing', 'constructor']) expect(reread.calibrationOf(kind)).toEqual(direct.calibrationOf(kind))
  const table = JSON.parse(files.get('calibration.json')!) as Snapshot['calibration']
  for (const rows of ['entries', 'spreads', 'evidence'] as const) expect(inOrder(reread.calibration[rows])).toEqual(inOrder(table[rows]))
  expect(reread.offersOf('aws/p5.48xlarge')).toEqual(direct.offersOf('aws/p5.48xlarge'))
  expect(reread.offersOf('aws/nothing')).toEqual([])
  expect(reread.offersOf('constructor')).toEqual([])
})

test('the hash depends on paths and contents, not on their order', () => {
  expect(hashOf(new Map([['a', '1'], ['b', '2']]))).toBe(hashOf(new Map([['b', '2'], ['a', '1']])))
  expect(hashOf(new Map([['a', '12']]))).not.toBe(hashOf(new Map([['a', '1'], ['2', '']])))
})

test('the compiled catalog is used while the data is as it was', async () => {
  const root = packageWith('of-the-compiled-one')

  expect((await openSnapshot({packageRoot: root})).hash).toBe('of-the-compiled-one')
})

test('edited data is compiled anew', async () => {
  const root = packageWith('of-the-compiled-one')
  fs.appendFileSync(path.join(root, 'data', 'gaps.csv'), 'aws,something new,,not in the facts\n')

  const snapshot = await openSnapshot({packageRoot: root})

  expect(snapshot.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(snapshot.gaps.at(-1)?.subject).toBe('something new')
})

test('without its data folder the compiled catalog is all there is', async () => {
  const root = packageWith('of-the-compiled-one')
  fs.rmSync(path.join(root, 'data'), {recursive: true})

  expect((await openSnapshot({packageRoot: root})).machines.length).toBeGreaterThan(700)
})

test('a folder named by the user takes the place of the files it holds', async () => {
  const folder = temporaryFolder()
  fs.mkdirSync(path.join(folder, 'offers'))
  fs.writeFileSync(path.join(folder, 'offers', 'lambda.csv'), 'instanceType,service,purchase,priceUsdPerHour,places,flags,sourceId,asOf,standing\ngpu_8x_h100_sxm5,vm,on-demand,20,us-east-1,,mine,2026-11-01,read\n')
  fs.writeFileSync(path.join(folder, 'sources.csv'), 'id,title,address,licence,standing\nmine,my own contract,,,read\n')

  const snapshot = await openSnapshot({packageRoot, catalog: folder})

  expect(snapshot.offersOf('lambda/gpu_8x_h100_sxm5')).toMatchObject([{priceUsdPerHour: 20, country: 'US', sourceId: 'mine'}])
  expect(snapshot.offersOf('aws/p5.48xlarge').length).toBeGreaterThan(3)
  expect(snapshot.sources.find((source) => source.id === 'mine')?.title).toBe('my own contract')
})

test.for([
  ['offers/aws.csv', 'instanceType,service,purchase,priceUsdPerHour,places,flags,sourceId,asOf,standing\np5.48xlarge,vm,on-demand,-1,us-east-1,,x,2026-11-01,read\n', 'offers/aws.csv:2 — priceUsdPerHour "-1" is not a number of at least 0.'],
  ['machines/aws.csv', 'instanceType\np5.48xlarge\n', 'machines/aws.csv:2 — the column "acceleratorCount" is missing.'],
  ['offers/aws.csv', 'garbage\n', 'offers/aws.csv — no row follows the first line.'],
])('bad data in %s leaves its provider out, with file and line, and no other', async ([name, text, message]) => {
  const folder = temporaryFolder()
  fs.mkdirSync(path.dirname(path.join(folder, name!)))
  fs.writeFileSync(path.join(folder, name!), text!)

  const snapshot = await openSnapshot({packageRoot, catalog: folder})

  expect(snapshot.leftOut).toEqual([{provider: 'aws', reason: message}])
  expect(snapshot.machines.some((machine) => machine.provider === 'aws')).toBe(false)
  expect(snapshot.offersOf('lambda/gpu_8x_h100_sxm5').length).toBeGreaterThan(0)
})

test('two broken providers are both left out; bad data that all share is refused with file and line', async () => {
  const folder = temporaryFolder()
  fs.mkdirSync(path.join(folder, 'offers'))
  for (const provider of ['gcp', 'lambda']) fs.writeFileSync(path.join(folder, 'offers', `${provider}.csv`), 'garbage\n\u0000\n')
  const snapshot = await openSnapshot({packageRoot, catalog: folder})
  fs.writeFileSync(path.join(folder, 'accelerators.csv'), 'id\nx\n')

  expect(snapshot.leftOut.map(({provider}) => provider).sort()).toEqual(['gcp', 'lambda'])
  expect(snapshot.offersOf('aws/p5.48xlarge').length).toBeGreaterThan(3)
  await expect(openSnapshot({packageRoot, catalog: folder})).rejects.toThrow('accelerators.csv:2')
})

test.for([
  ['a folder that is not there', 'nowhere', 'There is no catalog at'],
  ['a folder without a catalog file', '.', 'holds no catalog file'],
])('%s is told', async ([, name, message]) => {
  await expect(openSnapshot({packageRoot, catalog: path.join(temporaryFolder(), name!)})).rejects.toThrow(message)
})

test('a file that is no compiled catalog, or was cut off, is refused', async () => {
  const folder = temporaryFolder()
  const file = path.join(folder, 'c.jsonl')
  fs.writeFileSync(file, '{"format": 99}\n')
  await expect(openSnapshot({packageRoot, catalog: file})).rejects.toThrow('this is no compiled catalog')

  fs.writeFileSync(file, writeCompiled(compiled, {}).slice(0, -10))
  await expect(openSnapshot({packageRoot, catalog: file})).rejects.toThrow('cut off')
})

test('coverage counts every offer once and says what is missing', async () => {
  const snapshot = openCompiled(compiled)

  const {providers, gaps} = coverage(snapshot)

  expect(providers.reduce((sum, provider) => sum + provider.offers, 0)).toBe(snapshot.offerCount)
  const aws = providers.find((provider) => provider.provider === 'aws')!
  expect(aws).toMatchObject({newest: '2026-11-09', regions: 24, services: ['sagemaker', 'vm']})
  expect(aws.gaps.some((gap) => gap.startsWith('p6e-gb200'))).toBe(true)
  expect(gaps.length).toBeGreaterThan(0)
})

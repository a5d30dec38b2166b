import fs from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {hardwareFigures, HardwareMeasurement} from '../../src/config/hardware-measurement.ts'

const FIXTURES = path.resolve(import.meta.dirname, '..', 'fixtures', 'measurement')
const fixture = (name: string): Record<string, unknown> => JSON.parse(fs.readFileSync(path.join(FIXTURES, name), 'utf8')) as Record<string, unknown>
const MADE_UP = fixture('made-up-h100-pcie.json')
const figuresWith = (changes: Record<string, unknown>) => hardwareFigures(HardwareMeasurement.parse({...MADE_UP, ...changes}))

test('what the script wrote on a processor is read as such', () => {
  const read = HardwareMeasurement.parse(fixture('cpu.json'))

  expect(read).toMatchObject({complete: true, device: {name: 'CPU', kind: 'cpu'}, power: []})
  expect(read.matmul.length).toBeGreaterThan(0)
  expect(read.decoder.map(({phase}) => phase)).toContain('decode')
})

describe('of all figures planning takes', () => {
  test('the best large matmul of each format, the best large buffer, the draw before the card woke up, and the limit', () => {
    expect(figuresWith({})).toEqual({
      matmulFlops: {fp32: 45e12, tf32: 250e12, fp16: 500e12, bf16: 510e12, fp8: 980e12},
      // The 3,900 GB/s of 16 MiB are the cache's.
      bandwidthBytesPerSecond: 1850e9,
      idleWatts: 51,
      maximumWatts: 310,
    })
  })

  test('the draw with a context open where nothing else was read, and the highest draw where the driver names no limit', () => {
    const power = (MADE_UP['power'] as {load: string}[]).filter(({load}) => load !== 'idle')
    const device = {...(MADE_UP['device'] as object), powerLimitWatts: null}

    expect(figuresWith({power, device})).toMatchObject({idleWatts: 78, maximumWatts: 315.18})
  })

  test('nothing that was not measured', () => {
    expect(figuresWith({matmul: [{precision: 'bf16', m: 8192, n: 8192, k: 8192, flopsPerSecond: null}], bandwidth: [], power: [], device: {name: 'x', kind: 'cuda'}})).toEqual({matmulFlops: {}})
  })
})

test.for<[string, Record<string, unknown>]>([
  ['another schema', {schema: 'rigor.measurement/2'}],
  ['a name that steers the terminal', {device: {name: 'H100\u001b[2J', kind: 'cuda'}}],
  ['a rate below zero', {matmul: [{precision: 'bf16', m: 1, n: 1, k: 1, flopsPerSecond: -1}]}],
  ['a list without end', {bandwidth: Array.from({length: 10_001}, () => ({what: 'copy', bytes: 1, bytesPerSecond: 1}))}],
  ['no device', {device: undefined}],
])('%s is refused', ([, changes]) => {
  expect(HardwareMeasurement.safeParse({...MADE_UP, ...changes}).success).toBe(false)
})

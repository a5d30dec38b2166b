import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {RigorError} from '../../src/errors.ts'
import {changeMeasurements, measurementId, parseStored, readMeasurements, type StoredMeasurement} from '../../src/store/measurements.ts'

let data: string
beforeEach(() => {
  data = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'rigor measurements ')), 'data')
})
afterEach(() => {
  fs.rmSync(path.dirname(data), {recursive: true})
})

const ENTRY: Omit<StoredMeasurement, 'id'> = {workload: {kind: 'generic', flops: '1e18'}, on: 'a100-sxm-80gb:1', duration: '3 h'}
const stored = (entry = ENTRY): StoredMeasurement => ({id: measurementId(entry), ...entry})
const save = (measurements: readonly StoredMeasurement[]): void => changeMeasurements({data}, () => ({measurements, hardware: []}))

describe('the store', () => {
  test('is empty before anything is in it, and reading makes no file', () => {
    expect(readMeasurements({data})).toMatchObject({measurements: [], hardware: []})
    expect(fs.existsSync(data)).toBe(false)
  })

  test('gives back what was put in, the text of quantities as it was written', () => {
    save([stored()])

    expect(readMeasurements({data}).measurements).toEqual([stored()])
    expect(parseStored(readMeasurements({data}), 0)).toMatchObject({on: 'a100-sxm-80gb:1', duration: 10_800})
  })

  test('is written whole: nothing else lies beside it, and a failure leaves the old one', () => {
    save([stored()])
    expect(fs.readdirSync(data)).toEqual(['measurements.json'])

    expect(() => changeMeasurements({data}, () => { throw new Error('no room') })).toThrow(RigorError)
    expect(fs.readdirSync(data)).toEqual(['measurements.json'])
    expect(readMeasurements({data}).measurements).toEqual([stored()])
  })

  test('is changed by one at a time: a lock that somebody holds is waited for, one that was left behind is not', () => {
    save([stored()])
    const lock = path.join(data, 'measurements.json.lock')
    fs.writeFileSync(lock, '')
    fs.utimesSync(lock, new Date(0), new Date(0))

    changeMeasurements({data}, ({measurements, hardware}) => ({measurements: [...measurements, {...stored(), id: 'm-0000000000'}], hardware}))

    expect(readMeasurements({data}).measurements).toHaveLength(2)
    expect(fs.existsSync(lock)).toBe(false)
  })

  test('can always be read again: what would be too large is refused, and taking out of a large one makes it smaller', () => {
    const many = Array.from({length: 30_000}, (_, index): StoredMeasurement => ({...stored(), id: `m-${index.toString(16).padStart(10, '0')}`, note: 'x'.repeat(200)}))
    const large = many.slice(0, Math.floor((9_900_000 / (JSON.stringify(many).length / many.length))))
    save(large)

    save(large.slice(1))
    expect(readMeasurements({data}).measurements).toHaveLength(large.length - 1)
    expect(() => save(many.concat(many))).toThrow(/larger than 10 MB/)
    expect(readMeasurements({data}).measurements).toHaveLength(large.length - 1)
    expect(fs.readdirSync(data)).toEqual(['measurements.json'])
  })

  test("leaves the lock of another alone, and what that other is about to write: held up for too long, it gives way", () => {
    save([stored()])
    const lock = path.join(data, 'measurements.json.lock')

    const held = () => changeMeasurements({data}, () => {
      fs.writeFileSync(lock, 'of another')
      return {measurements: [], hardware: []}
    })

    expect(held).toThrow(/taken over by another process/)
    expect(fs.readFileSync(lock, 'utf8')).toBe('of another')
    expect(readMeasurements({data}).measurements).toEqual([stored()])
    expect(fs.readdirSync(data)).toEqual(['measurements.json', 'measurements.json.lock'])
  })

  test('names file and line of a mistake', () => {
    save([{...stored(), id: 'nonsense'}])

    expect(() => readMeasurements({data})).toThrow(/measurements\.json:\d+ — .*an id looks like/)
  })

  test('an entry of an unknown field is refused when it is used, not before', () => {
    save([stored(), {...stored(), id: 'm-0000000000', bogus: 1} as unknown as StoredMeasurement])

    const store = readMeasurements({data})
    expect(parseStored(store, 0).on).toBe('a100-sxm-80gb:1')
    expect(() => parseStored(store, 1)).toThrow(/bogus/)
  })
})

describe('the id of a measurement', () => {
  test('is that of its content, whatever the order of keys, the day and the remark', () => {
    const again = {duration: '3 h', on: 'a100-sxm-80gb:1', workload: {flops: '1e18', kind: 'generic'}, date: '2026-11-01', note: 'again'}

    expect(measurementId(again)).toBe(measurementId(ENTRY))
    expect(measurementId(ENTRY)).toMatch(/^m-[0-9a-f]{10}$/)
  })

  test('differs where anything measured does', () => {
    const ids = [ENTRY, {...ENTRY, on: 'a100-sxm-80gb:2'}, {...ENTRY, duration: '4 h'}, {...ENTRY, workload: {...ENTRY.workload, flops: '2e18'}}, {...ENTRY, configuration: {precision: 'bf16'}}].map(measurementId)

    expect(new Set(ids).size).toBe(ids.length)
  })
})

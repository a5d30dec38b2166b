import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readerOf} from '../../src/accuracy/readers.ts'
import {parseCsv} from '../../src/catalog/csv.ts'
import {MEASUREMENT_COLUMNS, parseMeasurements} from '../../src/catalog/parse/measured.ts'

const folder = join(import.meta.dirname, '..', '..', 'data')
const files = readdirSync(join(folder, 'measured')).filter(name => name.endsWith('.csv')).sort()
const sourceIds = new Set(parseCsv(readFileSync(join(folder, 'sources.csv'), 'utf8'), 'sources.csv').map(record => record.cells['id']))

describe.for(files)('data/measured/%s', file => {
  const rows = parseMeasurements(readFileSync(join(folder, 'measured', file), 'utf8'), file)

  test('holds rows of kinds that rigor reads, each once; what needs memory may be of any kind', () => {
    expect(file === 'memory-fit.csv' ? [] : rows.filter(row => readerOf(row.kind) === undefined)).toEqual([])
    expect(new Set(rows.map(row => row.id)).size).toBe(rows.length)
  })

  test('every row has a known source, a unit and a scope', () => {
    expect(rows.filter(row => !sourceIds.has(row.source) || row.unit === '' || row.scope === '').map(row => row.id)).toEqual([])
  })

  test('no figure is negative', () => {
    expect(rows.filter(row => row.value === undefined || row.value < 0)).toEqual([])
  })
})

test.for([['energy.csv', 520], ['llm-finetuning.csv', 279], ['llm-inference.csv', 2025], ['llm-training.csv', 1139], ['memory-fit.csv', 70], ['mlperf.csv', 433], ['networks-training.csv', 906], ['networks-inference.csv', 176], ['slices.csv', 198], ['diffusion-training.csv', 26], ['reinforcement-learning.csv', 380]] as const)('%s has its %d rows: none is lost in an import', ([file, rows]) => {
  expect(parseMeasurements(readFileSync(join(folder, 'measured', file), 'utf8'), file)).toHaveLength(rows)
})

test('a figure that is no number is refused with its place', () => {
  const row = MEASUREMENT_COLUMNS.map(column => (column === 'value' ? 'fast' : 'x'.repeat(Number(['id', 'kind', 'model', 'metric'].includes(column))))).join(',')

  expect(() => parseMeasurements(`${MEASUREMENT_COLUMNS.join(',')}\n${row}\n`, 'mine.csv')).toThrow('mine.csv:2')
})

test('a row whose value is withheld can be read', () => {
  const row = MEASUREMENT_COLUMNS.map(column => (['id', 'kind', 'model', 'metric'].includes(column) ? 'x' : '')).join(',')

  expect(parseMeasurements(`${MEASUREMENT_COLUMNS.join(',')}\n${row}\n`, 'mine.csv')[0]?.value).toBeUndefined()
})

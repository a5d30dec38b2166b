import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {parse as parseYaml} from 'yaml'
import {parseMeasurements, type Measurement} from '../../src/catalog/parse/measured.ts'
import type {CalibrationEntry, CalibrationEvidence, CalibrationSpread, CalibrationTable} from '../../src/catalog/schema.ts'

/** What the fits of serving, training and power share: measurements in, data/calibration.json out. The fit itself: hierarchy.ts; folds: held-out.ts. */

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
/** The facts were collected on this day; see data/measured. */
export const AS_OF = '2026-11-20'

export const log = (text: string): void => void process.stderr.write(`${text}\n`)

/** What data/measured/scope.yaml excludes is not fitted to, either. */
const excluded: ReadonlySet<string> = new Set((parseYaml(fs.readFileSync(path.join(root, 'data/measured/scope.yaml'), 'utf8')) as {excluded: {ids: string[]}[]}).excluded.flatMap(({ids}) => ids))

/** The measurements of a file of data/measured. */
export const measurements = (file: string): readonly Measurement[] => parseMeasurements(fs.readFileSync(path.join(root, `data/measured/${file}.csv`), 'utf8'), `${file}.csv`).filter(({id}) => !excluded.has(id))

/** The source most of the rows come from: the one a calibrated figure rests on. */
export function largestSource(rows: readonly {readonly source: string}[]): string {
  const counts = new Map<string, number>()
  for (const {source} of rows) counts.set(source, (counts.get(source) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? ''
}

/** Rates are answered as rates: what takes longer than predicted has a lower one. */
export const isRate = (metric: string): boolean => /per_s(?:_per_accelerator)?$|mfu|tflops/.test(metric)

/** The smallest value up to which lies such a share of all weight. */
export function weightedQuantile(values: readonly {readonly value: number; readonly weight: number}[], share: number): number {
  const sorted = values.toSorted((a, b) => a.value - b.value)
  const wanted = share * sorted.reduce((total, {weight}) => total + weight, 0)
  let sum = 0
  for (const {value, weight} of sorted) if ((sum += weight) >= wanted) return value
  return sorted.at(-1)?.value ?? Number.NaN
}

/** What a fit of some kinds gives. */
export interface FittedKinds {
  readonly entries: readonly CalibrationEntry[]
  readonly spreads: readonly CalibrationSpread[]
  readonly evidence: readonly CalibrationEvidence[]
}

/** Replaces what some kinds have in data/calibration.json; with `--check` only says whether it is what stands there. CALIBRATION_OUT names another file to write. */
export function writeCalibration(kinds: readonly string[], fitted: FittedKinds, script: string): void {
  const file = path.join(root, 'data/calibration.json')
  const before = fs.readFileSync(file, 'utf8')
  const table = JSON.parse(before) as CalibrationTable
  const merged = <T extends {readonly kind: string}>(old: readonly T[], own: readonly T[]): string => {
    const lines = [...old.filter(row => !kinds.includes(row.kind)), ...own].map(row => JSON.stringify(row)).sort()
    return lines.length === 0 ? '[]' : `[\n${lines.map(line => `    ${line}`).join(',\n')}\n  ]`
  }
  const result = `{\n  "schema": "rigor.calibration/1",\n  "entries": ${merged(table.entries, fitted.entries)},\n  "spreads": ${merged(table.spreads, fitted.spreads)},\n  "evidence": ${merged(table.evidence, fitted.evidence)}\n}\n`
  if (!process.argv.includes('--check')) fs.writeFileSync(process.env['CALIBRATION_OUT'] ?? file, result)
  else if (result !== before) throw new Error(`data/calibration.json is not what the measurements give: run scripts/calibrate/${script}`)
}

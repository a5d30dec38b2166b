import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {parse as parseYaml} from 'yaml'
import {parseCsv} from '../../src/catalog/csv.ts'
import {parseMeasurements, type Measurement} from '../../src/catalog/parse/measured.ts'
import type {CalibrationEntry, CalibrationEvidence, CalibrationSpread, CalibrationTable} from '../../src/catalog/schema.ts'
import {Z90} from '../../src/performance/interval.ts'
import type {MeasuredRow} from '../../src/accuracy/score.ts'

/** What the fits of serving and of training share: rows in, a robust loss, one factor at a time, folds, data/calibration.json out. */

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
/** The facts were collected on this day; see data/measured. */
export const AS_OF = '2026-11-20'

export const log = (text: string): void => void process.stderr.write(`${text}\n`)

/** What data/measured/scope.yaml excludes is not fitted to, either. */
const excluded: ReadonlySet<string> = new Set((parseYaml(fs.readFileSync(path.join(root, 'data/measured/scope.yaml'), 'utf8')) as {excluded: {id: string}[]}).excluded.map(({id}) => id))

/** The measurements of a file of data/measured. */
export const measurements = (file: string): readonly Measurement[] => parseMeasurements(fs.readFileSync(path.join(root, `data/measured/${file}.csv`), 'utf8'), `${file}.csv`).filter(({id}) => !excluded.has(id))

/** The source most of the rows come from: the one a calibrated figure rests on. */
export function largestSource(rows: readonly {readonly source: string}[]): string {
  const counts = new Map<string, number>()
  for (const {source} of rows) counts.set(source, (counts.get(source) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? ''
}

/** The rows of a file of data/measured. */
export function measuredRows(file: string): readonly MeasuredRow[] {
  return parseCsv(fs.readFileSync(path.join(root, `data/measured/${file}.csv`), 'utf8'), file).map(({cells}) => cells)
}

/** Rates are answered as rates: what takes longer than predicted has a lower one. */
export const isRate = (metric: string): boolean => /per_s(?:_per_accelerator)?$|mfu|tflops/.test(metric)

const NOISE = 0.2
/** One row is never worse than this: a source that erred does not rule the fit. */
const WORST = 8
/** Near-linear beyond a tenth: medians, not means, are what the fit seeks. */
const robust = (error: number): number => (Math.sqrt(error * error + 0.01) - 0.1) / NOISE

/** Sum over the rows; `errorOf` gives ln(predicted ÷ measured), or `undefined` where a row is not answered. */
export function lossOf<S extends {readonly weight: number}>(samples: readonly S[], errorOf: (sample: S) => number | undefined): number {
  let loss = 0
  for (const sample of samples) loss += sample.weight * Math.min(WORST, robust(errorOf(sample) ?? 0))
  return loss
}

const MOST_STEPS = 6
/** One coordinate of the descent: walks in steps both ways as long as the loss falls. `lossAt` sets the value and gives the loss. */
export function descend(start: number, step: number, lossAt: (value: number) => number): number {
  let best = start
  let lowest = lossAt(best)
  for (const direction of [step, -step]) {
    for (let tries = 0; tries < MOST_STEPS; tries++) {
      const loss = lossAt(best + direction)
      if (loss >= lowest - 1e-6) break
      best += direction
      lowest = loss
    }
  }
  return best
}

/** The value below which this share of the values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Parts the rows are left out in, one after the other. */
const FOLDS = 4
/** FNV-1a: the same text always falls into the same fold. */
const hash = (text: string): number => {
  let value = 2166136261
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16777619) >>> 0
  return value
}

/** For each fold what a fit on the others gives for it: predictions of rows that the fit has not seen. Rows of one group stay together. */
export function heldOut<S extends {readonly group: string}, T>(samples: readonly S[], fitAndPredict: (fitted: readonly S[], held: readonly S[]) => readonly T[]): T[] {
  const results: T[] = []
  for (let fold = 0; fold < FOLDS; fold++) {
    const inFold = (sample: S): boolean => hash(sample.group) % FOLDS === fold
    results.push(...fitAndPredict(samples.filter(sample => !inFold(sample)), samples.filter(inFold)))
    log(`fold ${fold + 1} of ${FOLDS}`)
  }
  return results
}

interface Errors extends ReadonlyArray<{readonly error: number}> {}

/** p10..p90 is to hold 80 % of the rows: the 80th percentile of |error| is 1.28 σ. */
export const sigmaOf = (list: Errors): number => quantile(list.map(({error}) => Math.abs(error)), 0.8) / Z90

export const medianError = (list: Errors): string => `n ${list.length}, median error ${(100 * (Math.exp(quantile(list.map(({error}) => Math.abs(error)), 0.5)) - 1)).toFixed(1)} %`

/** One row of data/calibration.json: a factor, or (with `sigma`) the spread of a prediction. `any`: where nothing was fitted, the source of all. */
export function calibrationRow(
  {kind, quantity, architecture, runtime, value, sigma}: {readonly kind: string; readonly quantity: string; readonly architecture: string; readonly runtime: string; readonly value: number; readonly sigma: number | undefined},
  fitted: readonly {readonly row: MeasuredRow}[], any: readonly {readonly row: MeasuredRow}[] = fitted,
): CalibrationEntry {
  return {
    kind, quantity, architecture, runtime, value: Number(value.toPrecision(4)), ...(sigma === undefined ? {} : {sigmaLog: Number(sigma.toFixed(3))}),
    measurements: fitted.length, sourceId: largestSource((fitted.length > 0 ? fitted : any).map(({row}) => ({source: row['source'] ?? ''}))), asOf: AS_OF, standing: 'modelled',
  }
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

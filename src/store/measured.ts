import fs from 'node:fs'
import path from 'node:path'
import {RigorError} from '../errors.ts'
import {readTextFile} from './text-file.ts'

/** Texts of data/measured, as they are. */
export interface MeasuredTexts {
  /** File name → CSV, in the order of the names. */
  readonly results: ReadonlyMap<string, string>
  readonly scope: string
  /** What was fitted without some groups; absent until `npm run calibrate` has made it. */
  readonly heldOut: string | undefined
}

/** `data/measured/scope.yaml`, as errors name it. */
export const SCOPE_FILE = 'data/measured/scope.yaml'

export function readMeasured(packageRoot: string): MeasuredTexts {
  const folder = path.join(packageRoot, 'data', 'measured')
  if (!fs.existsSync(folder)) throw new RigorError('CATALOG_NOT_FOUND', `${folder} is missing: this rigor came without its published measurements.`, {hint: 'Install it again, or name a file of your own with --data.'})
  const names = fs.readdirSync(folder).filter(name => name.endsWith('.csv')).sort()
  const heldOut = path.join(folder, 'held-out.json')
  return {
    results: new Map(names.map(name => [name, readTextFile(path.join(folder, name))])),
    scope: readTextFile(path.join(folder, 'scope.yaml')),
    heldOut: fs.existsSync(heldOut) ? fs.readFileSync(heldOut, 'utf8') : undefined,
  }
}

/** Where the accuracy stands, as text; absent where nobody has recorded it. */
export function readAccuracyRecord(packageRoot: string, file: string): string | undefined {
  const at = path.join(packageRoot, file)
  return fs.existsSync(at) ? readTextFile(at) : undefined
}

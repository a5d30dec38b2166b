import fs from 'node:fs'
import path from 'node:path'
import type {HeldOutFile, HeldOutFold} from '../../src/accuracy/held-out.ts'
import type {CalibrationEntry, CalibrationEvidence} from '../../src/catalog/schema.ts'
import {root} from './fit.ts'

/**
 * Splits samples into `count` folds of about equal size that keep the samples of one group together: largest groups first, each
 * into the fold that has fewest samples so far. Gives the groups of each fold; without a count every group is a fold of its own.
 */
export function foldsOf<S>(samples: readonly S[], groupOf: (sample: S) => string, count = Number.POSITIVE_INFINITY): readonly (readonly string[])[] {
  const sizes = new Map<string, number>()
  for (const sample of samples) sizes.set(groupOf(sample), (sizes.get(groupOf(sample)) ?? 0) + 1)
  const folds = Array.from({length: Math.min(count, sizes.size)}, () => ({size: 0, groups: [] as string[]}))
  for (const [group, size] of [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
    const smallest = folds.reduce((least, fold) => (fold.size < least.size ? fold : least))
    smallest.size += size
    smallest.groups.push(group)
  }
  return folds.map(({groups}) => groups.sort())
}

export const HELD_OUT_FILE = 'data/measured/held-out.json'

const texts = (values: readonly unknown[]): string[] => values.map(value => JSON.stringify(value))

/** A group of kinds as it stands in the file: what values are of in one line each, folds one to a line. All but `kinds` as JSON already. */
const writtenGroup = (kinds: readonly string[], entries: readonly string[], evidence: readonly string[], folds: readonly string[]): string =>
  `{"kinds":${JSON.stringify(kinds)},\n"entries":[${entries.join(',')}],\n"evidence":[${evidence.join(',')}],\n"folds":[\n${folds.join(',\n')}\n]}`

/** Replaces the folds of some kinds in data/measured/held-out.json; with `--check` only says whether they are what stands there. HELD_OUT_OUT names another file to write. */
export function writeHeldOut(kinds: readonly string[], folds: readonly HeldOutFold[]): void {
  const file = path.join(root, HELD_OUT_FILE)
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{"schema":"rigor.held-out/2","groups":[]}'
  const others = (JSON.parse(before) as HeldOutFile).groups.filter(group => !group.kinds.some(kind => kinds.includes(kind)))
  const entryKey = ({kind, quantity, architecture, runtime}: CalibrationEntry): string => JSON.stringify([kind, quantity, architecture, runtime])
  const evidenceKey = ({kind, accelerator, architecture, model}: CalibrationEvidence): string => JSON.stringify([kind, accelerator, architecture, model])
  const entries = [...new Set(folds.flatMap(fold => fold.entries.map(entryKey)))].sort()
  const evidence = [...new Set(folds.flatMap(fold => fold.evidence.map(evidenceKey)))].sort()
  const own = writtenGroup(kinds, entries, evidence, folds.map(fold => {
    const values = new Map(fold.entries.map(entry => [entryKey(entry), entry.value]))
    const counts = new Map(fold.evidence.map(each => [evidenceKey(each), each.measurements]))
    return JSON.stringify({way: fold.way, held: fold.held, ...(fold.alone === true ? {values: [], measurements: [], alone: true} : {values: entries.map(key => values.get(key) ?? null), measurements: evidence.map(key => counts.get(key) ?? null)})})
  }).sort())
  const written = (group: HeldOutFile['groups'][number]): string => writtenGroup(group.kinds, texts(group.entries), texts(group.evidence), texts(group.folds))
  const groups = [...others.map(written), own].sort()
  const result = `{"schema":"rigor.held-out/2","groups":[\n${groups.join(',\n')}\n]}\n`
  if (!process.argv.includes('--check')) fs.writeFileSync(process.env['HELD_OUT_OUT'] ?? file, result)
  else if (result !== before) throw new Error(`${HELD_OUT_FILE} is not what the measurements give: npm run calibrate`)
}

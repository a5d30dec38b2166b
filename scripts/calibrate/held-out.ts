import fs from 'node:fs'
import path from 'node:path'
import type {HeldOutFile, HeldOutFold} from '../../src/accuracy/held-out.ts'
import {root} from './fit.ts'

/**
 * Splits samples into `count` folds of about equal size that keep the samples of one group together: largest groups first, each
 * into the fold that has fewest samples so far. Gives the groups of each fold.
 */
export function foldsOf<S>(samples: readonly S[], groupOf: (sample: S) => string, count: number): readonly (readonly string[])[] {
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

const FILE = 'data/measured/held-out.json'

/** Replaces the folds of some kinds in data/measured/held-out.json; with `--check` only says whether they are what stands there. HELD_OUT_OUT names another file to write. */
export function writeHeldOut(kinds: readonly string[], folds: readonly HeldOutFold[]): void {
  const file = path.join(root, FILE)
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{"schema":"rigor.held-out/1","folds":[]}'
  const others = (JSON.parse(before) as HeldOutFile).folds.filter(fold => !fold.kinds.some(kind => kinds.includes(kind)))
  const own = folds.map(fold => ({
    kinds: fold.kinds, way: fold.way, held: fold.held,
    entries: fold.entries.map(({kind, quantity, architecture, runtime, value}) => [kind, quantity, architecture, runtime, value]),
    evidence: fold.evidence.map(({kind, accelerator, architecture, model, measurements}) => [kind, accelerator, architecture, model, measurements]),
  }))
  const lines = [...others, ...own].map(fold => JSON.stringify(fold)).sort()
  const result = `{"schema":"rigor.held-out/1","folds":[\n${lines.join(',\n')}\n]}\n`
  if (!process.argv.includes('--check')) fs.writeFileSync(process.env['HELD_OUT_OUT'] ?? file, result)
  else if (result !== before) throw new Error(`${FILE} is not what the measurements give: npm run calibrate`)
}

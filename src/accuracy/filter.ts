import {readAcceleratorSelector} from '../catalog/accelerator-selector.ts'
import type {Accelerator} from '../catalog/schema.ts'
import {RigorError} from '../errors.ts'
import {matchesGlob} from '../text/glob.ts'
import {didYouMean} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'
import {figureOf, SLICE_FIGURES} from './figures.ts'
import {acceleratorOf} from './predict.ts'
import {readerOf, readers} from './readers.ts'
import type {ResultRow} from './rows.ts'

/** Words of the flags `--kind`, `--accelerator` and `--metric`. */
export interface Wanted {
  readonly kinds?: readonly string[] | undefined
  readonly accelerators?: readonly string[] | undefined
  readonly metrics?: readonly string[] | undefined
}

/** The rows that are wanted, in order. A word that no row answers to is an error that names those near it. */
export function selectRows(rows: readonly ResultRow[], {kinds, accelerators, metrics}: Wanted, catalog: readonly Accelerator[]): readonly ResultRow[] {
  const tests: ((row: ResultRow) => boolean)[] = []
  if (kinds !== undefined) {
    const namesOf = ({setting: {kind}}: ResultRow): readonly string[] => [kind, readerOf(kind)?.kind ?? kind]
    const known = [...readers.map(({kind}) => kind), ...rows.flatMap(namesOf)]
    const unknown = unknownOf(kinds, known)
    if (unknown !== undefined) throw new RigorError('UNKNOWN_KIND', `--kind — no row is of the kind "${echo(unknown, 60)}".`, {hint: choices(unknown, known)})
    tests.push(row => namesOf(row).some(name => kinds.some(kind => same(kind, name))))
  }
  if (metrics !== undefined) {
    const namesOf = ({setting: {kind, accelerator}, metric, topic}: ResultRow): readonly string[] => [metric, ...figuresNamed(figureOf(kind, metric, accelerator, topic))]
    const known = rows.flatMap(namesOf)
    const unknown = unknownOf(metrics, known)
    if (unknown !== undefined) throw new RigorError('UNKNOWN_METRIC', `--metric — no row has the metric or figure "${echo(unknown, 60)}".`, {hint: choices(unknown, known)})
    tests.push(row => namesOf(row).some(name => metrics.some(metric => same(metric, name))))
  }
  if (accelerators !== undefined) {
    const selected = accelerators.map(text => acceleratorTest(text, rows, catalog))
    tests.push(row => selected.some(test => test(row)))
  }
  return rows.filter(row => tests.every(test => test(row)))
}

/** What a row takes part in: the ratio of a slice to the whole card takes both. */
const figuresNamed = (figure: string): readonly string[] => (figure === SLICE_FIGURES.slice || figure === SLICE_FIGURES.whole ? [figure, SLICE_FIGURES.ratio] : [figure])

const same = (word: string, name: string): boolean => word.trim().toLowerCase() === name.toLowerCase()
const unknownOf = (words: readonly string[], names: readonly string[]): string | undefined => words.find(word => !names.some(name => same(word, name)))

const MOST_CHOICES = 20

function choices(word: string, names: readonly string[]): string {
  const all = [...new Set(names)].filter(name => name !== '')
  const shown = all.slice(0, MOST_CHOICES).map(name => echo(name, 40))
  return didYouMean(word, all.map(name => echo(name, 60))) ?? `There are ${shown.join(', ')}${all.length > MOST_CHOICES ? ', …' : ''}.`
}

/** A name or pattern of the catalog, or a label as a file writes it. */
function acceleratorTest(text: string, rows: readonly ResultRow[], catalog: readonly Accelerator[]): (row: ResultRow) => boolean {
  const label = text.trim().toLowerCase()
  if (rows.some(({setting}) => setting.accelerator.toLowerCase() === label)) return ({setting}) => setting.accelerator.toLowerCase() === label
  const {name = '*', memoryGib, count} = readAcceleratorSelector(text, catalog, '--accelerator')
  if (memoryGib !== undefined || count !== undefined) throw new RigorError('BAD_FLAG', `--accelerator "${echo(text, 60)}" is not the name of an accelerator.`, {hint: 'Write it like h100-sxm-80gb, or h100-*.'})
  return ({setting}) => {
    const id = acceleratorOf(setting.accelerator, catalog)?.id
    return id !== undefined && matchesGlob(name, id)
  }
}

import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {parseLabels} from '../../../src/catalog/parse/labels.ts'
import {byText, dateOf, FOUND, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

const LABELS = join(import.meta.dirname, '..', '..', '..', 'data', 'labels.csv')
const COLUMNS = ['runtime', 'architecture', 'kinds', 'precisions', 'status', 'minimumVersion', 'note', 'sourceId', 'asOf', 'standing'] as const

const TRAINING = ['llm-pretrain', 'llm-finetune', 'vision-train', 'nlp-train', 'diffusion-train'] as const

/**
 * Where the note of a row takes back what its columns say, for one architecture of several or for some kinds: the note wins,
 * because what cannot run must not win. `*` = every kind.
 */
const TAKEN_BACK: Readonly<Record<string, readonly string[]>> = {
  // "Maxwell only … Kepler dropped long ago", "Kepler unsupported".
  'pytorch kepler': ['*'],
  'llama.cpp kepler': ['*'],
  // The column is of MI100 and everything older; the catalog's parts of it, MI25 and V520, are "unsupported", "dropped".
  'pytorch gcn': ['*'],
  'rocm gcn': ['*'],
  // "inference only", "inference only, small models; vision and nlp".
  'pytorch inferentia1': TRAINING,
  'neuron inferentia1': [...TRAINING, 'llm-inference', 'image-generation', 'audio'],
  // "inference and small fine-tuning".
  'pytorch inferentia2': ['llm-pretrain'],
  'neuron inferentia2': ['llm-pretrain'],
}

/** `data/software.csv`: the facts' support table in our words, by the committed table `data/labels.csv`. */
export function importPart({from, to, sources}: ImportContext): void {
  const labels = parseLabels(readFileSync(LABELS, 'utf8'))
  const idsOf = (record: CsvRecord, field: string, label: string): readonly string[] => {
    const ids = labels.idsOf(field, label)
    if (ids === undefined) throw new Error(`${record.file}:${record.line} — the ${field} "${label}" is not in data/labels.csv`)
    return ids
  }
  const each = (record: CsvRecord, field: string, list: string): readonly string[] =>
    [...new Set(list === '' ? [] : list.split('|').flatMap(label => idsOf(record, field, label)))]
  const rows = readFacts(from, 'hardware/software_support.csv').flatMap(record => {
    const {cells} = record
    const [runtime] = idsOf(record, 'runtime', cells['runtime']!)
    return idsOf(record, 'architecture', cells['architecture']!).flatMap((architecture): CsvCell[][] => {
      const row = (kinds: readonly string[], status: string): CsvCell[] => [
        runtime, architecture, kinds.join('|'), status === 'no' ? '' : each(record, 'precision', cells['precisions']!).join('|'), status,
        cells['min_version']!, cells['note']!, sources.sourceIdFor(cells['source']!), dateOf(record), sources.standingFor(cells['source']!),
      ]
      const kinds = each(record, 'kind', cells['kinds']!)
      const takenBack = TAKEN_BACK[`${runtime!} ${architecture}`] ?? []
      const [runs, doesNot] = [kinds.filter(kind => !takenBack.includes(kind) && !takenBack.includes('*')), kinds.filter(kind => takenBack.includes(kind) || takenBack.includes('*'))]
      return [...(runs.length > 0 ? [row(runs, cells['status']!)] : []), ...(doesNot.length > 0 ? [row(doesNot, 'no')] : [])]
    })
  })
  // Families of data/devices.csv, which the facts know nothing of: what was found runs there.
  for (const {cells, ...record} of readFacts(FOUND, 'software.csv')) {
    for (const architecture of cells['architectures']!.split('|')) {
      rows.push([
        cells['runtime']!, architecture, cells['kinds']!, cells['status'] === 'no' ? '' : cells['precisions']!, cells['status']!, cells['min_version']!, cells['note']!,
        sources.sourceIdFor(cells['source']!), dateOf({cells, ...record}), sources.standingFor(cells['source']!),
      ])
    }
  }
  // The facts list runtimes by use; their order is kept and says which runtime is tried first.
  const order = [...new Set(rows.map(row => String(row[0])))]
  rows.sort((a, b) => order.indexOf(String(a[0])) - order.indexOf(String(b[0])) || byText(String(a[1]), String(b[1])))
  writeFileSync(join(to, 'software.csv'), writeCsv(COLUMNS, rows))
}

import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {writeCsv, type CsvCell, type CsvRecord} from '../../../src/catalog/csv.ts'
import {parseLabels} from '../../../src/catalog/parse/labels.ts'
import {byText, dateOf, readFacts} from '../facts.ts'
import type {ImportContext} from '../part.ts'

const LABELS = join(import.meta.dirname, '..', '..', '..', 'data', 'labels.csv')
const COLUMNS = ['runtime', 'architecture', 'kinds', 'precisions', 'status', 'minimumVersion', 'note', 'sourceId', 'asOf', 'standing'] as const

/**
 * The facts give MI100 and everything older one column. The only parts of it in the catalog are MI25 and V520, which the
 * notes of these rows themselves call unsupported: for them the answer is no.
 */
const ONLY_FOR_MI100 = new Set(['pytorch gcn', 'rocm gcn'])

/** `data/software.csv`: the facts' support table in our words, by the committed table `data/labels.csv`. */
export function importPart({from, to, sources}: ImportContext): void {
  const labels = parseLabels(readFileSync(LABELS, 'utf8'))
  const idsOf = (record: CsvRecord, field: string, label: string): readonly string[] => {
    const ids = labels.idsOf(field, label)
    if (ids === undefined) throw new Error(`${record.file}:${record.line} — the ${field} "${label}" is not in data/labels.csv`)
    return ids
  }
  const each = (record: CsvRecord, field: string, list: string): string =>
    [...new Set(list === '' ? [] : list.split('|').flatMap(label => idsOf(record, field, label)))].join('|')
  const rows = readFacts(from, 'hardware/software_support.csv').flatMap(record => {
    const {cells} = record
    const [runtime] = idsOf(record, 'runtime', cells['runtime']!)
    return idsOf(record, 'architecture', cells['architecture']!).map((architecture): CsvCell[] => [
      runtime,
      architecture,
      each(record, 'kind', cells['kinds']!),
      ONLY_FOR_MI100.has(`${runtime} ${architecture}`) ? '' : each(record, 'precision', cells['precisions']!),
      ONLY_FOR_MI100.has(`${runtime} ${architecture}`) ? 'no' : cells['status']!,
      cells['min_version']!,
      cells['note']!,
      sources.sourceIdFor(cells['source']!),
      dateOf(record),
      sources.standingFor(cells['source']!),
    ])
  })
  // The facts list runtimes by use; their order is kept and says which runtime is tried first.
  const order = [...new Set(rows.map(row => String(row[0])))]
  rows.sort((a, b) => order.indexOf(String(a[0])) - order.indexOf(String(b[0])) || byText(String(a[1]), String(b[1])))
  writeFileSync(join(to, 'software.csv'), writeCsv(COLUMNS, rows))
}

import {SoftwareSupport} from '../schema.ts'
import {listCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

/** `data/software.csv` → what really runs where. One row per runtime and architecture, two where some kinds run and others do not. */
export function parseSoftware(text: string, file = 'software.csv'): readonly SoftwareSupport[] {
  const rows = parseRows(text, file, SoftwareSupport, record => ({
    runtime: textCell(record, 'runtime'),
    architecture: textCell(record, 'architecture'),
    kinds: listCell(record, 'kinds'),
    precisions: listCell(record, 'precisions'),
    status: textCell(record, 'status'),
    minimumVersion: textCell(record, 'minimumVersion'),
    note: textCell(record, 'note'),
    ...provenanceCells(record),
  }))
  return refuseDuplicates(rows, file, row => `${row.runtime} ${row.architecture} ${row.status === 'no'}`)
}

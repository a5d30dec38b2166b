import * as z from 'zod'
import {listCell, parseRows, refuseDuplicates, textCell} from './rows.ts'

const Label = z.strictObject({
  field: z.enum(['architecture', 'kind', 'precision', 'runtime', 'accelerator']),
  label: z.string().min(1),
  ids: z.array(z.string().min(1)).min(1),
})

/** Our ids of a label that others use. */
export interface Labels {
  /** `undefined` = not in the table. */
  idsOf(field: string, label: string): readonly string[] | undefined
  readonly rows: readonly {readonly field: string; readonly label: string; readonly ids: readonly string[]}[]
}

/** `data/labels.csv`: the words of the facts and of published measurements → our ids. */
export function parseLabels(text: string, file = 'labels.csv'): Labels {
  const rows = parseRows(text, file, Label, record => ({field: textCell(record, 'field'), label: textCell(record, 'label'), ids: listCell(record, 'ids')}))
  refuseDuplicates(rows, file, row => `${row.field} ${row.label}`)
  const byLabel = new Map(rows.map(row => [`${row.field} ${row.label}`, row.ids]))
  return {rows, idsOf: (field, label) => byLabel.get(`${field} ${label}`)}
}

import {CalibrationEntry} from '../schema.ts'
import {numberCell, parseRows, provenanceCells, refuseDuplicates, textCell} from './rows.ts'

/** `data/calibration.csv` → efficiency factors. One row per kind, quantity, architecture and runtime. */
export function parseCalibration(text: string, file = 'calibration.csv'): readonly CalibrationEntry[] {
  const rows = parseRows(text, file, CalibrationEntry, record => ({
    kind: textCell(record, 'kind'),
    quantity: textCell(record, 'quantity'),
    architecture: textCell(record, 'architecture'),
    runtime: textCell(record, 'runtime'),
    value: numberCell(record, 'value'),
    sigmaLog: numberCell(record, 'sigmaLog'),
    measurements: numberCell(record, 'measurements'),
    ...provenanceCells(record),
  }))
  return refuseDuplicates(rows, file, row => `${row.kind} ${row.quantity} ${row.architecture} ${row.runtime}`)
}

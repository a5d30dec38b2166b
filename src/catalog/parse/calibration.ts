import {RigorError} from '../../errors.ts'
import {CalibrationTable} from '../schema.ts'
import {refuseDuplicates} from './rows.ts'

/** `data/calibration.json` → factors, spreads of predictions, and what was measured. */
export function parseCalibration(text: string, file = 'calibration.json'): CalibrationTable {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new RigorError('BAD_CATALOG', `${file} — this is not JSON.`, {hint: 'Make it again: npm run calibrate', cause: error})
  }
  const parsed = CalibrationTable.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new RigorError('BAD_CATALOG', `${file} — ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as the schema says'}.`, {hint: 'Make it again: npm run calibrate'})
  }
  const {entries, spreads, evidence} = parsed.data
  refuseDuplicates(entries, file, ({kind, quantity, architecture, runtime}) => `${kind} ${quantity} ${architecture} ${runtime}`)
  refuseDuplicates(spreads, file, ({kind, metric, distance}) => `spread ${kind} ${metric} ${distance}`)
  refuseDuplicates(evidence, file, ({kind, accelerator, model}) => `evidence ${kind} ${accelerator} ${model}`)
  return parsed.data
}

import type {Measurement} from '../catalog/parse/measured.ts'
import {parseNotes, type NoteFields} from './notes.ts'

/**
 * What was measured, without what came out: all that a prediction may see of a row. The value, who measured it and when
 * are not in it, and of the notes only the fields that `parseNotes` names.
 */
export type Setting = Omit<Measurement, 'id' | 'value' | 'date' | 'source' | 'notes'> & {readonly notes: NoteFields}

export function settingOf(measurement: Measurement): Setting {
  const {id: _id, value: _value, date: _date, source: _source, notes, ...setting} = measurement
  return {...setting, notes: parseNotes(notes)}
}

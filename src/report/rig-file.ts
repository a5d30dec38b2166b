import type {RigFile} from '../detect/rig-file.ts'
import {paint} from './layout.ts'
import {entries, joinSections} from './sections.ts'

/** What `rig detect` saw, what it did not and why, and what its reader has to do. */
export function renderDetection({name, seen, unseen, missing}: RigFile, file: string | undefined, {width, color}: {readonly width: number; readonly color: boolean}): string {
  const where = file ?? 'rigor.yaml'
  const next = missing.length > 0
    ? [`incomplete: fill in ${missing.join(', ')} first; rigor refuses the file until then`]
    : [file === undefined ? `put it into rigor.yaml, then: rigor rig power ${name}` : `rigor rig power ${name} --config ${where}`]
  return paint(joinSections([
    entries('Seen', seen.map(({what, value}) => `${what}: ${value}`), width),
    entries('Not seen', unseen.map(({what, why}) => `${what}: ${why}`), width),
    entries('Next', next, width),
  ]), color)
}

import fs from 'node:fs'
import path from 'node:path'
import {RigorError} from '../errors.ts'
import {echo} from '../text/safe.ts'

const inTheWay = (file: string, cause?: unknown): RigorError =>
  new RigorError('FILE_EXISTS', `${echo(file, 300)} is there already; it stays as it is.`, {hint: 'Name another file, or add --force to write over it.', cause})

/** Refuses a name that is taken, before the work whose result would go there. */
export function refuseTaken(file: string, force: boolean): void {
  if (!force && fs.lstatSync(file, {throwIfNoEntry: false}) !== undefined) throw inTheWay(file)
}

/** Writes a file that is not there yet, or with `force` over what is. */
export function writeNewFile(file: string, text: string, force: boolean): void {
  const shown = echo(file, 300)
  try {
    fs.writeFileSync(file, text, {flag: force ? 'w' : 'wx'})
  } catch (cause) {
    switch ((cause as NodeJS.ErrnoException).code) {
      case 'EEXIST':
        throw inTheWay(file, cause)
      case 'ENOENT':
      case 'ENOTDIR':
        throw new RigorError('FILE_NOT_FOUND', `${shown} cannot be written: there is no folder ${echo(path.dirname(file), 300)}.`, {hint: 'Make the folder first, or name another place.', cause})
      case 'EISDIR':
        throw new RigorError('NOT_A_FILE', `${shown} is a folder.`, {hint: 'Name a file in it.', cause})
      default:
        throw cause
    }
  }
}

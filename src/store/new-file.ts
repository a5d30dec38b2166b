import fs from 'node:fs'
import {RigorError} from '../errors.ts'
import {echo} from '../text/safe.ts'
import {writeError} from './text-file.ts'

const inTheWay = (file: string, cause?: unknown): RigorError =>
  new RigorError('FILE_EXISTS', `${echo(file, 300)} is there already; it stays as it is.`, {hint: 'Name another file, or add --force to write over it.', cause})

/** Refuses a name that is taken, before the work whose result would go there. */
export function refuseTaken(file: string, force: boolean): void {
  if (!force && fs.lstatSync(file, {throwIfNoEntry: false}) !== undefined) throw inTheWay(file)
}

/** Writes a file that is not there yet, or with `force` over what is. */
export function writeNewFile(file: string, text: string, force: boolean): void {
  try {
    fs.writeFileSync(file, text, {flag: force ? 'w' : 'wx'})
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EEXIST' ? inTheWay(file, cause) : writeError(cause, file)
  }
}

import fs from 'node:fs'
import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {RigorError} from '../errors.ts'
import {didYouMean} from '../text/nearest.ts'
import {echo} from '../text/safe.ts'

/** Largest file that is read, in bytes. */
export const MAXIMUM_BYTES = 10_000_000

const decode = (bytes: Uint8Array, shown: string): string => {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (cause) {
    throw new RigorError('BAD_ENCODING', `${shown} is not UTF-8 text.`, {hint: 'Save it as UTF-8.', cause})
  }
}

const tooLarge = (shown: string): RigorError => new RigorError('TOO_LARGE', `${shown} is larger than 10 MB.`, {hint: 'Split it into several files.'})

/** The text of a file, with an error that names it and what to do. `shown` = the name the user gave. */
export function readTextFile(file: string, shown: string = file): string {
  const name = echo(shown, 300)
  const handle = openTextFile(file, shown)
  try {
    if (fs.fstatSync(handle).size > MAXIMUM_BYTES) throw tooLarge(name)
    return decode(readUpTo(handle, name), name)
  } finally {
    fs.closeSync(handle)
  }
}

/** A handle on a file of any length, to be read line by line; an error names what cannot be opened, or is a folder. */
export function openTextFile(file: string, shown: string = file): number {
  const name = echo(shown, 300)
  let handle: number
  try {
    handle = fs.openSync(file, 'r')
  } catch (cause) {
    throw openError(cause, file, name)
  }
  if (!fs.fstatSync(handle).isDirectory()) return handle
  fs.closeSync(handle)
  throw new RigorError('NOT_A_FILE', `${name} is a folder.`, {hint: 'Name a file in it.'})
}

/** Everything on stdin. */
export function readStandardInput(): string {
  return decode(readUpTo(0, 'standard input'), 'standard input')
}

/** Pipes and devices have no size: stops as soon as the limit is passed. */
function readUpTo(handle: number, shown: string): Uint8Array {
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    const chunk = new Uint8Array(65_536)
    let length: number
    try {
      length = fs.readSync(handle, chunk)
    } catch (cause) {
      const {code} = cause as NodeJS.ErrnoException
      if (code === 'EOF') break
      if (code === 'EAGAIN') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
        continue
      }
      throw new RigorError('UNREADABLE', `${shown} cannot be read (${echo(String(code))}).`, {hint: 'Name another file, or - for standard input.', cause})
    }
    if (length === 0) break
    total += length
    if (total > MAXIMUM_BYTES) throw tooLarge(shown)
    chunks.push(chunk.subarray(0, length))
  }
  return Buffer.concat(chunks)
}

function openError(cause: unknown, file: string, shown: string): RigorError {
  const {code} = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return new RigorError('FILE_NOT_FOUND', `There is no file ${shown}.`, {hint: nearHint(file), cause})
  if (code === 'EACCES' || code === 'EPERM') return new RigorError('UNREADABLE', `${shown} may not be read.`, {hint: 'Check its permissions.', cause})
  return new RigorError('UNREADABLE', `${shown} cannot be read (${echo(String(code ?? cause))}).`, {hint: 'Name another file, or - for standard input.', cause})
}

/** A name that is near, or else where it was looked for. */
function nearHint(file: string): string {
  const folder = path.dirname(file)
  let names: readonly string[]
  try {
    names = fs.readdirSync(folder).slice(0, 2000).map((name) => echo(name))
  } catch {
    return `There is no folder ${echo(folder, 200)} either. Paths start at the working directory.`
  }
  return didYouMean(path.basename(file), names) ?? `Nothing in ${folder === '.' ? 'the working directory' : echo(folder, 200)} has a name like it. Check the path.`
}

/** Writes a file that the user named, with an error that says why it cannot be. */
export async function writeTextFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw writeError(cause, file)
  }
}

/** What a failed writing is told as: a missing folder, a folder in the place of the file, no right to write. */
export function writeError(cause: unknown, file: string): unknown {
  const shown = echo(file, 300)
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new RigorError('FILE_NOT_FOUND', `${shown} cannot be written: there is no folder ${echo(path.dirname(file), 300)}.`, {hint: 'Make the folder first, or name another place.', cause})
    case 'EISDIR':
      return new RigorError('NOT_A_FILE', `${shown} is a folder.`, {hint: 'Name a file in it.', cause})
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new RigorError('FILE_NOT_WRITABLE', `${shown} may not be written to.`, {hint: 'Name another place.', cause})
    default:
      return cause
  }
}

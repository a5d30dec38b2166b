import fs from 'node:fs'
import path from 'node:path'
import {openCompiled, readCompiled, readCompiledHeader, type AsciiText} from '../catalog/compiled.ts'
import type {LeftOut, Snapshot} from '../catalog/snapshot.ts'
import {RigorError} from '../errors.ts'

/** Made from data/ when rigor is built; see scripts/build-catalog.ts. */
export const COMPILED_FILE = 'catalog.jsonl'

export interface OpenOptions {
  /** Folder that holds data/ and, once built, dist/. */
  readonly packageRoot: string
  /** `--catalog`: a compiled file, or a folder whose files take the place of the bundled ones; its sources and regions are added to them. */
  readonly catalog?: string | undefined
}

/** The bundled catalog, compiled where that is up to date, else data/ itself; or the catalog the user named. Bad data is refused with file and line. */
export async function openSnapshot({packageRoot, catalog}: OpenOptions): Promise<Snapshot> {
  if (catalog !== undefined) return openNamed(catalog, packageRoot)
  return openBundled(packageRoot) ?? openFiles(readCatalogFiles(path.join(packageRoot, 'data')))
}

/** The compiled catalog, unless a data file is newer than it or has another length. */
function openBundled(packageRoot: string): Snapshot | undefined {
  const file = path.join(packageRoot, 'dist', COMPILED_FILE)
  let text: AsciiText
  let compiledAt: number
  try {
    text = asciiText(fs.readFileSync(file))
    compiledAt = fs.statSync(file).mtimeMs
  } catch {
    return undefined
  }
  const {stamp} = readCompiledHeader(text, file)
  for (const [name, length] of Object.entries(stamp)) {
    const data = fs.statSync(path.join(packageRoot, 'data', name), {throwIfNoEntry: false})
    // Without its data folder the compiled file is all there is.
    if (data === undefined) continue
    if (data.size !== length || data.mtimeMs > compiledAt) return undefined
  }
  return openCompiled(readCompiled(text, file))
}

/** Decodes what is asked for: a plan needs a third of the file. */
const asciiText = (bytes: Buffer): AsciiText => ({length: bytes.length, slice: (start, end) => bytes.toString('latin1', start, end)})

async function openNamed(catalog: string, packageRoot: string): Promise<Snapshot> {
  const stat = fs.statSync(catalog, {throwIfNoEntry: false})
  if (stat === undefined) throw new RigorError('CATALOG_NOT_FOUND', `There is no catalog at ${catalog}.`, {hint: 'Name a folder laid out like data/, or a compiled catalog.'})
  if (stat.isFile()) return openCompiled(readCompiled(asciiText(fs.readFileSync(catalog)), catalog))
  return openFiles(catalogFilesWith(catalog, packageRoot))
}

/** The bundled files with those of a folder in their place; sources and regions are joined row by row, since the bundled rows go on citing theirs. */
export function catalogFilesWith(catalog: string, packageRoot: string): ReadonlyMap<string, string> {
  const own = readCatalogFiles(catalog)
  if (own.size === 0) throw new RigorError('CATALOG_NOT_FOUND', `${catalog} holds no catalog file.`, {hint: 'Expected are offers/PROVIDER.csv, machines/PROVIDER.csv, accelerators.csv and so on.'})
  const bundled = path.join(packageRoot, 'data')
  const files = fs.existsSync(bundled) ? readCatalogFiles(bundled) : new Map<string, string>()
  const merged = new Map([...files, ...own])
  for (const [name, keyColumns] of [['sources.csv', 1], ['regions.csv', 2]] as const) {
    const [base, added] = [files.get(name), own.get(name)]
    if (base !== undefined && added !== undefined) merged.set(name, mergeRows(base, added, keyColumns))
  }
  return merged
}

/** Rows of both; where the first columns, which name a row, agree, the added one stays. */
function mergeRows(base: string, added: string, keyColumns: number): string {
  const key = (line: string): string => line.split(',', keyColumns).join(',')
  const [header = '', ...rows] = base.trimEnd().split(/\r?\n/)
  const [addedHeader, ...addedRows] = added.trimEnd().split(/\r?\n/)
  if (addedHeader !== header) return added
  const replaced = new Set(addedRows.map(key))
  return `${[header, ...rows.filter((row) => !replaced.has(key(row))), ...addedRows].join('\n')}\n`
}

/**
 * Compiling loads the schemas and parsers: only here, off the usual path. A provider whose machines or offers cannot be
 * read is left out, and the answers say so (`catalog verify` is strict); anything else that is broken is an error.
 */
async function openFiles(files: ReadonlyMap<string, string>): Promise<Snapshot> {
  const {compileCatalog} = await import('../catalog/compile.ts')
  const readable = new Map(files)
  const leftOut: LeftOut[] = []
  for (;;) {
    try {
      return openCompiled(compileCatalog(readable, hashOf(files)), leftOut)
    } catch (error) {
      const provider = error instanceof RigorError ? PROVIDER_FILE.exec(error.message)?.[1] : undefined
      if (provider === undefined) throw error
      const removed = [readable.delete(`offers/${provider}.csv`), readable.delete(`machines/${provider}.csv`)]
      if (!removed.includes(true)) throw error
      leftOut.push({provider, reason: (error as RigorError).message})
    }
  }
}

/** Messages about a file begin with its path. */
const PROVIDER_FILE = /^(?:offers|machines)\/([a-z0-9-]+)\.csv\b/

/** SHA-256 over the paths and contents, in the order of the paths. */
export function hashOf(files: ReadonlyMap<string, string>): string {
  // Loaded only here: it takes 3 ms, and the compiled catalog brings its hash along.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (const name of [...files.keys()].sort()) hash.update(`${name}\0${files.get(name)!.length}\0`).update(files.get(name)!)
  return hash.digest('hex')
}

const CATALOG_FILE = /^(?:[a-z]+\.csv|(?:stream-bandwidth|media-models|mig-profiles|network-models|audio-models)\.csv|calibration\.json|(?:offers|machines|energy)\/[a-z0-9-]+\.csv|rigs\/[a-z0-9-]+\.yaml)$/

/** The files of a catalog folder by their path in it; measured results and documents are left where they are. */
export function readCatalogFiles(folder: string): ReadonlyMap<string, string> {
  const names = ['', 'energy', 'machines', 'offers', 'rigs'].flatMap((sub) => {
    const at = path.join(folder, sub)
    return fs.existsSync(at) ? fs.readdirSync(at).map((name) => (sub === '' ? name : `${sub}/${name}`)) : []
  })
  return new Map(names.filter((name) => CATALOG_FILE.test(name)).sort().map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]))
}

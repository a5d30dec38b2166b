/**
 * Makes data/ from a folder of raw facts: `node scripts/import-facts.ts --from DIR [--to data]`.
 * Same facts in, same bytes out. Every module in scripts/import/parts exports `importPart`; they run in the order of their names.
 */
import {existsSync, mkdirSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import {parseArgs} from 'node:util'
import type {ImportPart} from './import/part.ts'
import {createSourceRegistry, writeSources, writeSourcesDocument} from './import/sources.ts'

const {values} = parseArgs({options: {from: {type: 'string'}, to: {type: 'string'}}})
if (values.from === undefined || !existsSync(join(values.from, 'prices'))) {
  console.error('Usage: node scripts/import-facts.ts --from DIR [--to data]   (DIR holds prices/, hardware/, energy/, measured/)')
  process.exit(2)
}
const from = resolve(values.from)
const to = resolve(values.to ?? join(import.meta.dirname, '..', 'data'))
mkdirSync(to, {recursive: true})

const sources = createSourceRegistry()
const parts = join(import.meta.dirname, 'import', 'parts')
for (const file of readdirSync(parts).filter((name) => name.endsWith('.ts')).sort()) {
  const part = (await import(pathToFileURL(join(parts, file)).href)) as ImportPart
  const start = performance.now()
  await part.importPart({from, to, sources})
  console.error(`${file.padEnd(24)} ${Math.round(performance.now() - start)} ms`)
}
writeSources(sources, to)
writeSourcesDocument(sources, to)
console.error(`${sources.rows().length} sources`)

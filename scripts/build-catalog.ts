/** Compiles data/ into one file that opens fast: `node scripts/build-catalog.ts [DIR]` writes DIR/catalog.jsonl (default: dist). */
import fs from 'node:fs'
import path from 'node:path'
import {compileCatalog} from '../src/catalog/compile.ts'
import {writeCompiled} from '../src/catalog/compiled.ts'
import {COMPILED_FILE, hashOf, readCatalogFiles} from '../src/store/snapshot.ts'

const root = path.resolve(import.meta.dirname, '..')
const target = path.resolve(process.argv[2] ?? path.join(root, 'dist'))
const files = readCatalogFiles(path.join(root, 'data'))
const stamp = Object.fromEntries([...files].map(([name, text]) => [name, Buffer.byteLength(text)]))
fs.mkdirSync(target, {recursive: true})
fs.writeFileSync(path.join(target, COMPILED_FILE), writeCompiled(compileCatalog(files, hashOf(files)), stamp))

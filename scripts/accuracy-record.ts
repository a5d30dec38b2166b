/**
 * Writes data/measured/accuracy-record.json: where the accuracy of the bundled results stands, so that a test can tell when it gets
 * worse. `node scripts/accuracy-record.ts [--check]`; `--check` writes nothing and exits 1 if the file is not what it would be made to.
 */
import fs from 'node:fs'
import path from 'node:path'
import {recordOf, RECORD_FILE} from './docs/accuracy-record.ts'
import {scoredResults} from './docs/accuracy.ts'

const root = path.resolve(import.meta.dirname, '..')
const file = path.join(root, RECORD_FILE)
const text = recordOf(await scoredResults(root))
if (!process.argv.includes('--check')) fs.writeFileSync(file, text)
else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) {
  process.stderr.write(`${RECORD_FILE} is out of date: run node scripts/accuracy-record.ts, look at the differences, and commit them.\n`)
  process.exitCode = 1
}

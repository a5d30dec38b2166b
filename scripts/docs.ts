/**
 * Writes the parts of the documentation that are made from the program itself: `node scripts/docs.ts [--check]` (`npm run docs`, `npm run docs:check`).
 * `--check` writes nothing and exits 1 if a file is not what it would be made to.
 */
import fs from 'node:fs'
import path from 'node:path'
import {accuracyFiles, accuracyTable, scoredResults} from './docs/accuracy.ts'
import {coverageTable, fileTables, gapTable, planOutput} from './docs/blocks.ts'
import {commandsPage} from './docs/commands.ts'
import {errorsPage} from './docs/errors.ts'
import {schemaFiles} from './docs/schemas.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

/** Repository path → what the file has to hold. */
async function expectedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  files.set('docs/errors.md', errorsPage(ROOT))
  files.set('docs/commands.md', await commandsPage(ROOT))
  for (const [name, text] of schemaFiles()) files.set(`docs/schemas/${name}`, text)
  const scored = await scoredResults(ROOT)
  for (const [file, text] of accuracyFiles(scored)) files.set(file, text)
  files.set('README.md', withBlocks('README.md', {plan: planOutput(ROOT), accuracy: accuracyTable(scored)}))
  files.set('docs/data-sources.md', withBlocks('docs/data-sources.md', {coverage: await coverageTable(ROOT), files: fileTables(ROOT), gaps: gapTable(ROOT)}))
  return files
}

/** A written page with its made blocks (`<!-- made: NAME -->` … `<!-- end: NAME -->`) filled in. */
function withBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  let text = fs.readFileSync(path.join(ROOT, page), 'utf8')
  for (const [name, content] of Object.entries(blocks)) {
    const [begin, end] = [`<!-- made: ${name} -->`, `<!-- end: ${name} -->`]
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`${page} has no block ${begin} … ${end}`)
    text = `${text.slice(0, from + begin.length)}\n${content.trimEnd()}\n${text.slice(to)}`
  }
  return text
}

/** Folders that hold made files only. */
const MADE_FOLDERS = ['docs/schemas', 'docs/accuracy']

/** Files in them that nothing makes any more. */
function orphans(expected: ReadonlyMap<string, string>): readonly string[] {
  const present = MADE_FOLDERS.flatMap((folder) => (fs.existsSync(path.join(ROOT, folder)) ? fs.readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`) : []))
  return present.filter((file) => !expected.has(file))
}

async function main(): Promise<void> {
  const expected = await expectedFiles()
  const current = (file: string): string | undefined => (fs.existsSync(path.join(ROOT, file)) ? fs.readFileSync(path.join(ROOT, file), 'utf8') : undefined)
  const stale = [...expected].filter(([file, text]) => current(file) !== text)
  const gone = orphans(expected)
  if (process.argv.includes('--check')) {
    for (const [file, text] of stale) process.stderr.write(`${file} is out of date${firstDifference(current(file) ?? '', text)}\n`)
    for (const file of gone) process.stderr.write(`${file}: nothing makes it any more\n`)
    if (stale.length + gone.length > 0) {
      process.stderr.write('Run "npm run docs", look at the differences, and commit them.\n')
      process.exitCode = 1
    }
    return
  }
  for (const [file, text] of stale) {
    fs.mkdirSync(path.dirname(path.join(ROOT, file)), {recursive: true})
    fs.writeFileSync(path.join(ROOT, file), text)
    process.stderr.write(`${file} written\n`)
  }
  for (const file of gone) {
    fs.rmSync(path.join(ROOT, file))
    process.stderr.write(`${file} removed\n`)
  }
}

/** ":12: …" of the first line that differs. */
function firstDifference(current: string, wanted: string): string {
  const [before, after] = [current.split('\n'), wanted.split('\n')]
  const line = after.findIndex((text, index) => text !== before[index])
  return line < 0 ? '' : `:${line + 1}\n  is:        ${before[line] ?? '(nothing)'}\n  should be: ${after[line] ?? '(nothing)'}`
}

await main()

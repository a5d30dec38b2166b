import * as Flags from '@oclif/core/flags'
import fs from 'node:fs'
import path from 'node:path'
import {accuracyDocument} from '../accuracy/document.ts'
import {selectRows} from '../accuracy/filter.ts'
import type {Snapshot} from '../catalog/snapshot.ts'
import {RigorCommand} from '../command.ts'
import {RigorError} from '../errors.ts'
import {renderAccuracy} from '../report/accuracy.ts'
import {bundledResults, ownResults, score, type Scored} from '../scoring.ts'
import {echo} from '../text/safe.ts'

/** Where `--plot` alone puts its files. */
const PLOTS = 'rigor-accuracy'

export default class Accuracy extends RigorCommand {
  static override summary = 'Say how far the estimates are from what others measured and published.'
  static override description =
    'Without --data: the published results that come with rigor, each predicted by factors that were fitted without its model, without its accelerator and without its source. What was predicted sees the setting of a row, never its result.'
  static override flags = {
    kind: Flags.string({multiple: true, delimiter: ',', summary: 'Only this kind of work, such as llm-inference.', helpValue: 'KIND'}),
    accelerator: Flags.string({multiple: true, delimiter: ',', summary: 'Only results on this accelerator, such as h100-sxm-80gb or h100-*.', helpValue: 'NAME'}),
    metric: Flags.string({multiple: true, delimiter: ',', summary: 'Only this metric (tpot_ms) or figure (TPOT, "training step").', helpValue: 'NAME'}),
    data: Flags.string({summary: 'Results of your own, or of others: a CSV file with the columns of data/measured.', helpValue: 'FILE.csv'}),
    plot: Flags.string({summary: `Draw what was predicted against what was measured, as SVG files in this folder (${PLOTS} if none is named).`, helpValue: '[DIR]'}),
    verbose: Flags.boolean({char: 'v', summary: 'Every group and every row.', default: false}),
  }
  static override examples = [
    {description: 'All that is known', command: '<%= config.bin %> accuracy'},
    {description: 'Serving on one accelerator', command: '<%= config.bin %> accuracy --kind llm-inference --accelerator h100-sxm-80gb'},
    {description: 'Predicted against measured, drawn', command: '<%= config.bin %> accuracy --plot plots'},
    {description: 'Results of your own', command: '<%= config.bin %> accuracy --data results.csv --json'},
  ]

  async run(): Promise<unknown> {
    this.argv = namePlotFolder(this.argv)
    const {flags} = await this.parse(Accuracy)
    if (flags.plot !== undefined) makePlotFolder(flags.plot)
    const snapshot = await this.openCatalog(flags)
    const subject = flags.data === undefined ? bundledResults(this.packageRoot) : ownResults(flags.data, this.packageRoot)
    const rows = selectRows(subject.rows, {kinds: flags.kind, accelerators: flags.accelerator, metrics: flags.metric}, snapshot.accelerators)
    const scored = this.withProgress(rows.length, flags.quiet, progress => score({...subject, rows}, snapshot, progress))
    const {predicted, summary, goals, remarks} = scored
    const {columns: width, color} = this.terminal
    const name = flags.data === undefined ? 'data/measured' : echo(path.basename(flags.data), 60)
    this.print(renderAccuracy(summary, goals, predicted, {subject: name, remarks, verbose: flags.verbose, width, color}))
    if (flags.plot !== undefined) this.note(flags, await writePlots(flags.plot, scored, snapshot))
    return this.jsonEnabled() ? accuracyDocument(summary, goals, predicted, remarks.map(({text}) => text)) : undefined
  }

  /** Says on a terminal how far the work is: a few seconds for thousands of rows. */
  private withProgress<T>(total: number, quiet: boolean, work: (progress: ((done: number) => void) | undefined) => T): T {
    if (quiet || !process.stderr.isTTY) return work(undefined)
    const result = work(done => void process.stderr.write(`\r${done} of ${total} rows`))
    process.stderr.write('\r\u001b[K')
    return result
  }
}

/** `--plot` may stand alone, which the parser of flags does not know. */
function namePlotFolder(argv: readonly string[]): string[] {
  return argv.flatMap((argument, index) => {
    const next = argv[index + 1]
    return argument === '--plot' && (next === undefined || next.startsWith('-')) ? [argument, PLOTS] : [argument]
  })
}

/** Made before anything is scored: who mistypes it should not wait for a report first. */
function makePlotFolder(folder: string): void {
  const hint = 'Name a folder; it is made if there is none.'
  if (folder.trim() === '') throw new RigorError('BAD_FLAG', '--plot names no folder.', {hint})
  try {
    makeFolder(path.resolve(folder))
    fs.accessSync(folder, fs.constants.W_OK)
  } catch (cause) {
    const {code = '', path: where = folder} = cause as NodeJS.ErrnoException
    throw new RigorError('BAD_FLAG', `--plot — "${echo(where, 200)}" ${FOLDER_PROBLEMS[code] ?? `cannot be made: ${code}`}.`, {hint, cause})
  }
}

const FOLDER_PROBLEMS: Readonly<Record<string, string>> = {
  EEXIST: 'is a file', ENOTDIR: 'is in a file', EACCES: 'may not be written to', EPERM: 'may not be written to', EROFS: 'may not be written to', ENOENT: 'cannot be made', ENAMETOOLONG: 'is too long a name',
}

/** One after the other: Node's recursive way goes round for ever where the system says that a folder is not there which is (/proc, 2026-11). */
function makeFolder(folder: string): void {
  const found = fs.statSync(folder, {throwIfNoEntry: false})
  if (found?.isDirectory() === true) return
  const parent = path.dirname(folder)
  if (found === undefined && parent !== folder) makeFolder(parent)
  fs.mkdirSync(folder)
}

/** Writes the plots and says where. */
async function writePlots(folder: string, {summary, predicted}: Scored, {accelerators}: Snapshot): Promise<string> {
  const {accuracyPlots} = await import('../report/accuracy-plot.ts')
  const plots = accuracyPlots(summary, predicted, accelerators)
  for (const {name, svg} of plots) fs.writeFileSync(path.join(folder, name), svg)
  return plots.length === 0 ? 'No plots: nothing was answered.' : `Plots: ${plots.map(({name}) => echo(path.join(folder, name), 200)).join(', ')}`
}

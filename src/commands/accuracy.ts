import * as Flags from '@oclif/core/flags'
import path from 'node:path'
import {accuracyDocument} from '../accuracy/document.ts'
import {selectRows} from '../accuracy/filter.ts'
import {RigorCommand} from '../command.ts'
import {renderAccuracy} from '../report/accuracy.ts'
import {rounded} from '../report/json.ts'
import {bundledResults, ownResults, score} from '../scoring.ts'
import {echo} from '../text/safe.ts'

export default class Accuracy extends RigorCommand {
  static override summary = 'Say how far the estimates are from what others measured and published.'
  static override description =
    'Without --data: the published results that come with rigor, each predicted by factors that were fitted without its model, without its accelerator and without its source. What was predicted sees the setting of a row, never its result.'
  static override flags = {
    kind: Flags.string({multiple: true, delimiter: ',', summary: 'Only this kind of work, such as llm-inference.', helpValue: 'KIND'}),
    accelerator: Flags.string({multiple: true, delimiter: ',', summary: 'Only results on this accelerator, such as h100-sxm-80gb or h100-*.', helpValue: 'NAME'}),
    metric: Flags.string({multiple: true, delimiter: ',', summary: 'Only this metric (tpot_ms) or figure (TPOT, "training step").', helpValue: 'NAME'}),
    data: Flags.string({summary: 'Results of your own, or of others: a CSV file with the columns of data/measured.', helpValue: 'FILE.csv'}),
    verbose: Flags.boolean({char: 'v', summary: 'Every group and every row.', default: false}),
  }
  static override examples = [
    {description: 'All that is known', command: '<%= config.bin %> accuracy'},
    {description: 'Serving on one accelerator', command: '<%= config.bin %> accuracy --kind llm-inference --accelerator h100-sxm-80gb'},
    {description: 'Results of your own', command: '<%= config.bin %> accuracy --data results.csv --json'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(Accuracy)
    const snapshot = await this.openCatalog(flags)
    const subject = flags.data === undefined ? bundledResults(this.packageRoot, snapshot) : ownResults(flags.data, this.packageRoot)
    const rows = selectRows(subject.rows, {kinds: flags.kind, accelerators: flags.accelerator, metrics: flags.metric}, snapshot.accelerators)
    const {predicted, summary, goals, remarks} = this.withProgress(rows.length, flags.quiet, progress => score({...subject, rows}, snapshot, progress))
    const {columns: width, color} = this.terminal
    const name = flags.data === undefined ? 'data/measured' : echo(path.basename(flags.data), 60)
    this.print(renderAccuracy(summary, goals, predicted, {subject: name, remarks, verbose: flags.verbose, width, color}))
    return this.jsonEnabled() ? rounded(accuracyDocument(summary, goals, predicted, remarks.map(({text}) => text)), 'accuracy') : undefined
  }

  /** Says on a terminal how far the work is: a few seconds for thousands of rows. */
  private withProgress<T>(total: number, quiet: boolean, work: (progress: ((done: number) => void) | undefined) => T): T {
    if (quiet || !process.stderr.isTTY) return work(undefined)
    const result = work(done => void process.stderr.write(`\r${done} of ${total} rows`))
    process.stderr.write('\r\u001b[K')
    return result
  }
}

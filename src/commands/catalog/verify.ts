import fs from 'node:fs'
import path from 'node:path'
import type {CatalogProblem} from '../../catalog/verify.ts'
import {RigorCommand, type CommonFlags} from '../../command.ts'
import {wrap, paint} from '../../report/layout.ts'

export default class CatalogVerify extends RigorCommand {
  static override summary = 'Check every row of the catalog: schema, sources, names, duplicates, prices against each other.'
  static override description = 'Exits 1 if something is wrong. In a clone, or with --catalog DIR, the files themselves are checked; an installed rigor checks its compiled catalog.'
  static override examples = [
    {description: 'The bundled catalog', command: '<%= config.bin %> catalog verify'},
    {description: 'One of your own', command: '<%= config.bin %> catalog verify --catalog ./my-catalog'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(CatalogVerify)
    const {problems, checked} = await this.check(flags, this.today(flags))
    const {columns: width, color} = this.terminal
    const lines = problems.flatMap(({file, at, message}) => wrap(`${file}${at === '' ? '' : `:${at}`} — ${message}`, width, {rest: '    '}))
    this.print(paint([...lines, [{text: problems.length === 0 ? `${checked}: all is well.` : `${checked}: ${problems.length} problems.`, style: problems.length === 0 ? 'green' : 'red'}]], color))
    if (problems.length > 0) process.exitCode = 1
    return {ok: problems.length === 0, checked, problems}
  }

  private async check(flags: CommonFlags, today: string): Promise<{problems: readonly CatalogProblem[]; checked: string}> {
    const {catalogFilesWith, readCatalogFiles} = await import('../../store/snapshot.ts')
    const bundled = path.join(this.packageRoot, 'data')
    const folder = (await this.catalogPath(flags)) ?? bundled
    if (!fs.existsSync(folder) || !fs.statSync(folder).isDirectory()) {
      const {verifySnapshot} = await import('../../catalog/verify-snapshot.ts')
      const snapshot = await this.openCatalog(flags)
      return {problems: verifySnapshot(snapshot), checked: `${snapshot.offerCount} offers of the compiled catalog ${snapshot.hash.slice(0, 12)}`}
    }
    const {verifyCatalog} = await import('../../catalog/verify.ts')
    const own = readCatalogFiles(folder)
    const files = folder === bundled ? own : catalogFilesWith(folder, this.packageRoot)
    return {problems: verifyCatalog(files, {today}), checked: `${own.size} files of ${folder === bundled ? 'data/' : folder}`}
  }
}

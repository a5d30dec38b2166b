import * as Flags from '@oclif/core/flags'
import {coverage, type ProviderCoverage} from '../../catalog/coverage.ts'
import type {Source} from '../../catalog/schema.ts'
import {RigorCommand} from '../../command.ts'
import {age} from '../../report/format.ts'
import {paint, wrap} from '../../report/layout.ts'
import {renderList, type Column} from '../../report/list.ts'

export default class CatalogSources extends RigorCommand {
  static override summary = 'Show what the catalog covers by provider, how old it is, what it lacks and where it came from.'
  static override flags = {
    gaps: Flags.boolean({summary: 'Print every gap instead of how many there are.', default: false}),
    list: Flags.boolean({summary: 'List the sources with address and licence instead.', default: false}),
  }
  static override examples = [
    {description: 'Coverage and age', command: '<%= config.bin %> catalog sources'},
    {description: 'What is missing, and why', command: '<%= config.bin %> catalog sources --gaps'},
    {description: 'Who is to be credited', command: '<%= config.bin %> catalog sources --list'},
  ]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(CatalogSources)
    const snapshot = await this.openCatalog(flags)
    const today = this.today(flags)
    const {columns: width, color} = this.terminal
    if (flags.list) {
      const rows = [...snapshot.sources].sort((a, b) => (a.id < b.id ? -1 : 1))
      this.print(renderList({columns: SOURCE_COLUMNS, rows, total: rows.length, noun: 'sources', sorted: 'by id', width, color}))
      return {sources: rows}
    }
    const covered = coverage(snapshot)
    const rows = [...covered.providers].sort((a, b) => b.offers - a.offers)
    const columns: readonly Column<ProviderCoverage>[] = [...COVERAGE_COLUMNS, {title: 'age of the newest', align: 'right', priority: 1, cell: ({newest}) => (newest === undefined ? '' : age(newest, today))}]
    const notes = [`Catalog ${snapshot.hash.slice(0, 12)}: ${snapshot.accelerators.length} accelerators, ${snapshot.machines.length} machines, ${snapshot.offerCount} offers, ${snapshot.models.length} models, ${snapshot.rigs.length} rigs, ${snapshot.sources.length} sources.`]
    if (!flags.gaps) notes.push('--gaps says what is missing, --list credits the sources.')
    this.print(renderList({columns, rows, total: rows.length, noun: 'providers', sorted: 'by offers', notes, width, color}))
    if (flags.gaps) {
      const groups = [...rows.map(({provider, gaps}) => ({title: provider, gaps})), {title: 'in general', gaps: covered.gaps}].filter(({gaps}) => gaps.length > 0)
      const lines = groups.flatMap(({title, gaps}) => [...wrap([{text: title, style: 'bold'}], width), ...gaps.flatMap((gap) => wrap(gap, width, {first: '  - ', rest: '    '}))])
      this.print(`\n${paint(lines, color)}`)
    }
    return {hash: snapshot.hash, offers: snapshot.offerCount, sources: snapshot.sources.length, ...covered}
  }
}

const COVERAGE_COLUMNS: readonly Column<ProviderCoverage>[] = [
  {title: 'provider', align: 'left', priority: 0, cell: ({provider}) => provider},
  {title: 'offers', align: 'right', priority: 0, cell: ({offers}) => String(offers)},
  {title: 'may not win', align: 'right', priority: 3, cell: ({flaggedOffers}) => (flaggedOffers === 0 ? '' : String(flaggedOffers))},
  {title: 'machines', align: 'right', priority: 1, cell: ({machines}) => String(machines)},
  {title: 'without price', align: 'right', priority: 2, cell: ({machinesWithoutPrice}) => (machinesWithoutPrice === 0 ? '' : String(machinesWithoutPrice))},
  {title: 'regions', align: 'right', priority: 1, cell: ({regions}) => String(regions)},
  {title: 'oldest', align: 'right', priority: 2, cell: ({oldest}) => oldest ?? ''},
  {title: 'newest', align: 'right', priority: 0, cell: ({newest}) => newest ?? ''},
  {title: 'gaps', align: 'right', priority: 1, cell: ({gaps}) => (gaps.length === 0 ? '' : String(gaps.length))},
  {title: 'bought', align: 'left', priority: 4, shrinksTo: 20, cell: ({purchases}) => purchases.join(', ')},
]

const SOURCE_COLUMNS: readonly Column<Source>[] = [
  {title: 'source', align: 'left', priority: 0, shrinksTo: 20, cell: ({id}) => id},
  {title: 'standing', align: 'left', priority: 2, cell: ({standing}) => standing},
  {title: 'licence', align: 'left', priority: 1, widest: 20, shrinksTo: 8, cell: ({licence}) => licence || 'none stated'},
  {title: 'address', align: 'left', priority: 0, shrinksTo: 20, cell: ({address}) => address},
  {title: 'title', align: 'left', priority: 3, shrinksTo: 20, cell: ({title}) => title},
]

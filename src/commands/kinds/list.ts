import {RigorCommand} from '../../command.ts'
import {renderList, type Column} from '../../report/list.ts'
import type {AnyKind} from '../../workload/contract.ts'
import {kinds} from '../../workload/index.ts'

export default class KindsList extends RigorCommand {
  static override summary = 'List the kinds of workload that can be planned.'
  static override examples = [{description: 'All of them', command: '<%= config.bin %> kinds list'}]

  async run(): Promise<unknown> {
    await this.parse(KindsList)
    const {columns: width, color} = this.terminal
    this.print(renderList({columns: COLUMNS, rows: kinds, total: kinds.length, noun: 'kinds', sorted: 'as registered', notes: ['rigor kinds show KIND --example prints a workload to start from.'], width, color}))
    return {kinds: kinds.map(({id, title, throughputUnit}) => ({id, title, throughputUnit}))}
  }
}

const COLUMNS: readonly Column<AnyKind>[] = [
  {title: 'kind', align: 'left', priority: 0, cell: ({id}) => id},
  {title: 'what it is', align: 'left', priority: 0, shrinksTo: 30, cell: ({title}) => title},
  {title: 'throughput in', align: 'left', priority: 1, cell: ({throughputUnit}) => throughputUnit},
]

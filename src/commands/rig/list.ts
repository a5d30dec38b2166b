import type {Rig} from '../../catalog/rig.ts'
import {PlanningCommand} from '../../planning-command.ts'
import {exactFigure} from '../../report/format.ts'
import {renderList, type Column} from '../../report/list.ts'

export default class RigList extends PlanningCommand {
  static override summary = 'List the rigs: yours, and those that are built in.'
  static override examples = [{description: 'All of them', command: '<%= config.bin %> rig list'}]

  async run(): Promise<unknown> {
    const {flags} = await this.parse(RigList)
    const {knownRigs, options} = await this.workspace(flags)
    const taking = new Set(options.rigs.map(({id}) => id))
    const rows = [...knownRigs].sort((a, b) => Number(taking.has(b.id)) - Number(taking.has(a.id)) || (a.id < b.id ? -1 : 1))
    const columns: readonly Column<Rig>[] = [
      {title: 'rig', align: 'left', priority: 0, cell: ({id}) => id},
      {title: 'accelerators', align: 'left', priority: 0, shrinksTo: 18, cell: ({nodes}) => nodes.map(({count, acceleratorCount, acceleratorId}) => `${count * acceleratorCount}× ${acceleratorId}`).join(', ')},
      {title: 'in plans', align: 'left', priority: 1, cell: ({id}) => (taking.has(id) ? 'yes' : 'named')},
      {title: 'owned', align: 'left', priority: 2, cell: ({owned}) => (owned ? 'yes' : 'planned')},
      {title: 'site', align: 'left', priority: 2, cell: ({site}) => [site.kind, site.country].filter((part) => part !== undefined).join(' ')},
      {title: 'USD', align: 'right', priority: 3, cell: ({nodes}) => exactFigure(nodes.reduce((sum, {count, priceUsd}) => sum + count * priceUsd, 0))},
      {title: 'title', align: 'left', priority: 4, shrinksTo: 20, cell: ({title}) => title},
    ]
    const {columns: width, color} = this.terminal
    this.print(renderList({columns, rows, total: rows.length, noun: 'rigs', sorted: 'with those that take part in every plan first', notes: ['rigor rig show NAME, rigor rig power NAME.'], width, color}))
    return {rigs: rows.map((rig) => ({...rig, inPlans: taking.has(rig.id)}))}
  }
}
